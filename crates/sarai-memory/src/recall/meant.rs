//! Whom a question means.

use super::question::Form;
use super::rank::Search;
use crate::fact::{EntityId, EntityKind, Fact, Predicate};
use crate::grammar::Mention;
use crate::memory::{Filter, States, Store, is_called, same};
use crate::text::fold;
use crate::words;

impl<S: Store> Search<'_, '_, S> {
    /// Everybody whom a mention may mean; of homonyms all.
    pub(super) fn subjects(&mut self, mention: &Mention) -> Result<Vec<EntityId>, S::Error> {
        match mention {
            Mention::Owner => Ok(vec![EntityId::OWNER]),
            Mention::Pronoun { .. } => Ok(Vec::new()),
            Mention::Named(name) => {
                let mut found = self.store.named(&fold(name))?;
                if found.is_empty() && name.contains(' ') && !name.ends_with(')') {
                    found = self.store.named(fold(name).split(' ').next().unwrap_or_default())?;
                }
                let mut out = Vec::new();
                for id in found {
                    if self.store.entity(id)?.is_some_and(|entity| entity.kind != EntityKind::Thing) {
                        out.push(id);
                    }
                }
                Ok(out)
            }
            Mention::Relative { of, kin, name, .. } => self.related(of, Predicate::Relative, kin, name.as_deref()),
            Mention::Animal { of, species, name, .. } => self.related(of, Predicate::Pet, species, name.as_deref()),
            Mention::Thing { key, .. } => match self.planner.resolve(mention, false)? {
                Some(id) => Ok(vec![id]),
                None => self.longer_named(key),
            },
        }
    }

    /// "The router", where a "wifi router" is known: things whose name holds all the words.
    fn longer_named(&self, key: &str) -> Result<Vec<EntityId>, S::Error> {
        let words = crate::memory::search_words(key.trim_start_matches("c:"));
        let mut out = Vec::new();
        for fact in self.store.facts(&Filter { predicate: Some(Predicate::KeptIn), ..Filter::default() })? {
            let names = self.store.entity(fact.subject)?.map_or_else(Vec::new, |entity| entity.names);
            let holds = |name: &String| {
                let present = crate::memory::search_words(name);
                words.iter().all(|word| present.contains(word))
            };
            if !words.is_empty() && names.iter().any(holds) && !out.contains(&fact.subject) {
                out.push(fact.subject);
            }
        }
        Ok(out)
    }

    /// To whom somebody was related so, and is no longer.
    pub(super) fn no_longer(&self, base: EntityId, predicate: Predicate, kin: &str) -> Result<Vec<Fact>, S::Error> {
        let mut out = Vec::new();
        for kind in same(kin) {
            let kind = Some(kind.to_owned());
            let (subject, states) = (Some(base), States::All);
            let filter = Filter { subject, predicate: Some(predicate), kind, states, ..Filter::default() };
            let over = |fact: &Fact| fact.retracted.is_none() && fact.to.is_some() && !fact.is_current(self.today);
            out.extend(self.store.facts(&filter)?.into_iter().filter(over));
        }
        Ok(out)
    }

    fn related(
        &mut self,
        of: &Mention,
        predicate: Predicate,
        kin: &str,
        name: Option<&str>,
    ) -> Result<Vec<EntityId>, S::Error> {
        let mut out = Vec::new();
        for base in self.subjects(of)? {
            out.extend(self.planner.candidates(base, predicate, kin)?);
            for member in words::members(kin) {
                out.extend(self.planner.candidates(base, predicate, member)?);
            }
            if out.is_empty() && predicate == Predicate::Relative {
                for group in words::groups(kin) {
                    out.extend(self.planner.candidates(base, predicate, group)?);
                }
            }
            // «Mi ex», «mi antiguo jefe»: who no longer is.
            let names = self.question.form == Form::WhoIs
                || self.question.topics.first().is_none_or(|topic| topic.predicate == Predicate::Name);
            if kin == "ex" && out.is_empty() || self.question.past && (names || out.is_empty()) {
                let over = self.no_longer(base, predicate, if kin == "ex" { "partner" } else { kin })?;
                let over: Vec<EntityId> = over.into_iter().filter_map(|fact| fact.object.entity).collect();
                if !over.is_empty() {
                    out = over;
                }
            }
        }
        out.sort();
        out.dedup();
        if let Some(name) = name {
            let mut called = Vec::new();
            for id in out {
                if self
                    .store
                    .entity(id)?
                    .is_some_and(|e| e.names.is_empty() || e.names.iter().any(|n| is_called(n, name)))
                {
                    called.push(id);
                }
            }
            out = called;
        }
        Ok(out)
    }
}

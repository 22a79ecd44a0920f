//! Who is meant: by name, by relation, by relation and name. Never by likeness.

use super::plan::Planner;
use super::store::{Change, Filter, Store, name_keys, search_words};
use crate::extract::{Act, Manner, Statement};
use crate::fact::{Entity, EntityId, EntityKind, Predicate, Value};
use crate::grammar::Mention;
use crate::text::fold;
use crate::words;
use crate::words::lists::UNIQUE;

/// Relations that are the same for whoever asks.
pub(super) const SAME: &[&[&str]] = &[
    &["partner", "husband", "wife", "boyfriend", "girlfriend", "fiance"],
    &["cousin", "cousin_m", "cousin_f"],
    &["friend", "friend_m", "friend_f", "best_friend"],
    &["child", "son", "daughter"],
    &["twin", "twin_m", "twin_f"],
    &["colleague", "classmate"],
];

impl<S: Store> Planner<'_, S> {
    pub(super) fn set_names(&mut self, id: EntityId, names: Vec<String>) -> Result<(), S::Error> {
        let mut entity = self.entity(id)?.unwrap_or(Entity { id, kind: EntityKind::Person, names: Vec::new() });
        entity.names.clone_from(&names);
        self.entities.insert(id, entity);
        self.outcome.changes.push(Change::SetNames { entity: id, names });
        Ok(())
    }

    fn create(&mut self, kind: EntityKind, name: Option<String>) -> EntityId {
        let id = EntityId(self.ids.entity);
        self.ids.entity += 1;
        let entity = Entity { id, kind, names: name.into_iter().collect() };
        self.entities.insert(id, entity.clone());
        self.outcome.changes.push(Change::AddEntity(entity));
        id
    }

    fn named(&self, key: &str) -> Result<Vec<EntityId>, S::Error> {
        let mut out = self.store.named(key)?;
        for entity in self.entities.values() {
            let has = entity.names.iter().any(|name| name_keys(entity.kind, name).iter().any(|k| k == key));
            out.retain(|id| *id != entity.id || has);
            if has && !out.contains(&entity.id) {
                out.push(entity.id);
            }
        }
        out.sort();
        Ok(out)
    }

    /// Whom a mention means; made up newly if nobody is known and `create` says so.
    pub(crate) fn resolve(&mut self, mention: &Mention, create: bool) -> Result<Option<EntityId>, S::Error> {
        match mention {
            Mention::Owner => Ok(Some(EntityId::OWNER)),
            Mention::Pronoun { .. } => Ok(None),
            Mention::Named(name) => {
                let found = self.named(&fold(name))?;
                match found[..] {
                    [id] => Ok(Some(id)),
                    [] => {
                        // «Ana García», known as Ana; but not another Ana with another surname.
                        let first = fold(name).split_whitespace().next().unwrap_or_default().to_owned();
                        let longer = name.contains(' ') && !name.ends_with(')');
                        let known = if longer { self.named(&first)? } else { Vec::new() };
                        if let [id] = known[..]
                            && self.entity(id)?.is_some_and(|e| e.names.iter().any(|n| !n.contains(' ')))
                        {
                            return Ok(Some(id));
                        }
                        Ok(create.then(|| self.create(EntityKind::Person, Some(name.clone()))))
                    }
                    _ => Ok(None),
                }
            }
            Mention::Relative { of, kin, name, plural } => {
                let Some(base) = self.resolve(of, create)? else { return Ok(None) };
                self.related(base, Predicate::Relative, kin, name.as_deref(), *plural, create)
            }
            Mention::Animal { of, species, name, plural } => {
                let Some(base) = self.resolve(of, create)? else { return Ok(None) };
                self.related(base, Predicate::Pet, species, name.as_deref(), *plural, create)
            }
            Mention::Thing { of, key, text } => {
                let owner = self.resolve(of, create)?.unwrap_or(EntityId::OWNER);
                let tag = if owner == EntityId::OWNER { key.clone() } else { format!("{key} {owner}") };
                let known = self.named(&format!("t:{tag}"))?.first().copied();
                match known.map_or_else(|| self.only_thing(key), |id| Ok(Some(id)))? {
                    Some(id) => Ok(Some(id)),
                    None => {
                        let name = if owner == EntityId::OWNER { text.clone() } else { format!("{text} {owner}") };
                        Ok(create.then(|| self.create(EntityKind::Thing, Some(name))))
                    }
                }
            }
        }
    }

    /// "The keys are in the garage now", where the spare keys are the only ones whose place is known. Without a word of
    /// change they may be others.
    fn only_thing(&self, key: &str) -> Result<Option<EntityId>, S::Error> {
        if !self.changing {
            return Ok(None);
        }
        let words = search_words(key.trim_start_matches("c:"));
        let mut found: Vec<EntityId> = Vec::new();
        for fact in self.facts(&Filter { predicate: Some(Predicate::KeptIn), ..Filter::default() })? {
            let names = self.entity(fact.subject)?.map_or_else(Vec::new, |entity| entity.names);
            let longer = |name: &String| {
                let present = search_words(name);
                // The head stands last in English and first in Spanish.
                let head = [present.first(), present.last()].into_iter().flatten().any(|one| words.contains(one));
                head && words.iter().all(|word| present.contains(word))
            };
            if !words.is_empty() && names.iter().any(longer) && !found.contains(&fact.subject) {
                found.push(fact.subject);
            }
        }
        Ok(found.first().copied().filter(|_| found.len() == 1))
    }

    fn related(
        &mut self,
        base: EntityId,
        predicate: Predicate,
        kin: &'static str,
        name: Option<&str>,
        plural: bool,
        create: bool,
    ) -> Result<Option<EntityId>, S::Error> {
        let candidates = self.candidates(base, predicate, kin)?;
        let mut unnamed = None;
        for id in &candidates {
            let names = self.entity(*id)?.map_or_else(Vec::new, |entity| entity.names);
            match name {
                Some(name) if names.iter().any(|known| is_called(known, name)) => return Ok(Some(*id)),
                _ if names.is_empty() => unnamed = unnamed.or(Some(*id)),
                _ => {}
            }
        }
        match (name, candidates.as_slice(), unnamed) {
            (None, [id], _) => return Ok(Some(*id)),
            (None, _, Some(id)) => return Ok(Some(id)),
            (Some(name), _, Some(id)) if create => {
                self.learn_name(id, name)?;
                return Ok(Some(id));
            }
            _ => {}
        }
        if !create {
            return Ok(None);
        }
        let id = match name.map(|name| self.stranger(base, name)).transpose()?.flatten() {
            Some(id) => id,
            None => {
                let kind = if predicate == Predicate::Pet { EntityKind::Animal } else { EntityKind::Person };
                self.create(kind, name.map(str::to_owned))
            }
        };
        let statement = self.bare(predicate, kin);
        let object = Value { text: name.unwrap_or_default().to_owned(), key: format!("e:{id}"), entity: Some(id) };
        if !plural || predicate == Predicate::Relative {
            if UNIQUE.contains(&kin) && !self.bygone {
                // Two that one message names stand beside each other: «mis mejores amigos son Ana y Luis».
                let new = self.first_new();
                // A girlfriend takes the place of the partner before.
                let kinds = if SAME[0].contains(&kin) { SAME[0] } else { &[kin][..] };
                for kind in kinds {
                    let kind = Some((*kind).to_owned());
                    let filter = Filter { subject: Some(base), predicate: Some(predicate), kind, ..Filter::default() };
                    for fact in self.facts(&filter)?.into_iter().filter(|fact| fact.id < new) {
                        self.give_way(&statement, fact);
                    }
                }
            }
            self.add(&statement, base, object, None, None);
        }
        if let Some(name) = name {
            let statement = self.bare(Predicate::Name, "");
            let object = Value { text: name.to_owned(), key: fold(name), entity: None };
            self.add(&statement, id, object, None, None);
        }
        Ok(Some(id))
    }

    /// Somebody of this name whose relation to the base nobody has told yet.
    fn stranger(&self, base: EntityId, name: &str) -> Result<Option<EntityId>, S::Error> {
        for id in self.named(&fold(name))? {
            let related = self.facts(&Filter { object: Some(id), ..Filter::default() })?;
            if id != EntityId::OWNER && id != base && related.is_empty() {
                return Ok(Some(id));
            }
        }
        Ok(None)
    }

    fn learn_name(&mut self, id: EntityId, name: &str) -> Result<(), S::Error> {
        self.set_names(id, vec![name.to_owned()])?;
        let statement = self.bare(Predicate::Name, "");
        self.add(&statement, id, Value { text: name.to_owned(), key: fold(name), entity: None }, None, None);
        Ok(())
    }

    /// A statement that a mention makes by the way.
    fn bare(&self, predicate: Predicate, kind: &str) -> Statement {
        Statement {
            subject: Mention::Owner,
            predicate,
            kind: kind.to_owned(),
            object: None,
            act: Act::Assert,
            manner: Manner::Plain,
            from: None,
            to: None,
            clause: 0,
            span: self.span(),
            sentence: self.span(),
            language: sarai_types::Language::default(),
        }
    }

    fn span(&self) -> (usize, usize) {
        (0, self.origin.text.len())
    }

    /// Everybody who is this relative of `base`, by what was said or by two steps.
    pub(crate) fn candidates(
        &self,
        base: EntityId,
        predicate: Predicate,
        kin: &str,
    ) -> Result<Vec<EntityId>, S::Error> {
        let mut out = Vec::new();
        let kinds = if predicate == Predicate::Pet && kin == "pet" {
            vec![None]
        } else {
            same(kin).into_iter().map(|k| Some(k.to_owned())).collect()
        };
        for kind in kinds {
            let filter = Filter { subject: Some(base), predicate: Some(predicate), kind, ..Filter::default() };
            out.extend(self.facts(&filter)?.into_iter().filter_map(|fact| fact.object.entity));
        }
        if predicate == Predicate::Relative {
            for (first, second) in words::steps(kin) {
                for middle in self.direct(base, first)? {
                    out.extend(self.direct(middle, second)?);
                }
            }
        }
        out.sort();
        out.dedup();
        out.retain(|id| *id != base);
        Ok(out)
    }

    fn direct(&self, base: EntityId, kin: &str) -> Result<Vec<EntityId>, S::Error> {
        let filter = Filter {
            subject: Some(base),
            predicate: Some(Predicate::Relative),
            kind: Some(kin.to_owned()),
            ..Filter::default()
        };
        Ok(self.facts(&filter)?.into_iter().filter_map(|fact| fact.object.entity).collect())
    }
}

/// The relations that a word for one may stand for.
pub(crate) fn same(kin: &str) -> Vec<&str> {
    // A twin is a brother or sister too.
    match kin {
        "brother" => return vec!["brother", "twin_m"],
        "sister" => return vec!["sister", "twin_f"],
        _ => {}
    }
    SAME.iter().find(|group| group.contains(&kin)).map_or_else(
        || vec![kin],
        |group| {
            // «Mi hija» is not my son; only the general word stands for all.
            let general = group[0] == kin || kin == "friend_m" || kin == "friend_f" || group[0] == "partner";
            if general { group.to_vec() } else { vec![kin, group[0]] }
        },
    )
}

/// «Ana» for Ana García.
pub(crate) fn is_called(known: &str, name: &str) -> bool {
    let (known, name) = (fold(known), fold(name));
    known == name
        || known.split_whitespace().next() == Some(name.as_str())
        || name.split_whitespace().next() == Some(known.as_str())
}

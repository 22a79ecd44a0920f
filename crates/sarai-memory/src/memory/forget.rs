//! Exact forgetting: facts, the messages they came from, and whoever nothing is known of afterwards.
//!
//! Nothing is closed or marked here; it is erased. Of the text only a salted hash stays in the store, by which an import
//! that would bring it back is known.

use super::store::{Change, Filter, States, Store};
use super::{Memory, Origin, Planner};
use crate::enrich::Suggestion;
use crate::extract::Statement;
use crate::fact::{EntityId, EpisodeId, Fact, FactId, Predicate, Source};
use crate::grammar::Mention;
use crate::text::fold;
use crate::time::{Date, Moment};
use std::collections::BTreeSet;

/// Rounds of looking for people of whom nothing else is known.
const ROUNDS_MAX: usize = 8;

/// What to forget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Request {
    Fact(FactId),
    /// A message and all that came from it.
    Episode(EpisodeId),
    /// Everything about somebody.
    Mention(Mention),
    /// Everything about somebody, by name.
    Person(String),
    /// One predicate of somebody.
    Predicate {
        subject: Mention,
        predicate: Predicate,
        kind: Option<String>,
    },
    /// A predicate of everybody.
    Verb(Predicate),
    /// Exactly what this says.
    Statement(Box<Statement>),
    /// Whatever these words are about.
    Words(String),
    Source(Source),
    /// What was recorded from this day on.
    Since(Date),
    Everything,
}

/// What was erased.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Report {
    pub facts: Vec<FactId>,
    pub episodes: Vec<EpisodeId>,
    pub entities: Vec<EntityId>,
    /// The words that must be found nowhere any more, for whoever keeps copies: prompt caches, pending work, backups.
    pub texts: Vec<String>,
}

impl Report {
    pub(super) fn and(mut self, other: Self) -> Self {
        self.facts.extend(other.facts);
        self.episodes.extend(other.episodes);
        self.entities.extend(other.entities);
        self.texts.extend(other.texts);
        self
    }
}

/// What one request erases, while it is being collected.
#[derive(Debug, Default)]
pub(super) struct Doomed {
    pub(super) facts: BTreeSet<FactId>,
    pub(super) episodes: BTreeSet<EpisodeId>,
    pub(super) entities: BTreeSet<EntityId>,
}

impl<S: Store> Memory<S> {
    /// Forgets exactly and completely.
    ///
    /// # Errors
    /// The store failed; nothing was erased.
    pub fn forget(&mut self, request: &Request, at: Moment) -> Result<Report, S::Error> {
        let mut doomed = Doomed::default();
        self.collect(request, at, &mut doomed)?;
        self.spread(&mut doomed)?;
        let mut report = Report::default();
        let mut changes = Vec::new();
        let facts = self.all()?;
        for fact in facts.iter().filter(|fact| doomed.facts.contains(&fact.id)) {
            changes.extend(self.epitaphs(fact)?.into_iter().map(Change::Bury));
            changes.push(Change::EraseFact(fact.id));
            report.facts.push(fact.id);
            report.texts.push(fact.object.text.clone());
        }
        for id in &doomed.episodes {
            if let Some(episode) = self.store.episode(*id)? {
                changes.push(Change::Bury(format!("episode|{}", fold(&episode.text))));
                changes.push(Change::EraseEpisode(*id));
                report.episodes.push(*id);
                report.texts.push(episode.text);
            }
        }
        for id in &doomed.entities {
            changes.push(Change::EraseEntity(*id));
            report.entities.push(*id);
        }
        if doomed.facts.iter().any(|id| {
            facts.iter().any(|f| f.id == *id && f.predicate == Predicate::Name && f.subject == EntityId::OWNER)
        }) {
            changes.push(Change::SetNames { entity: EntityId::OWNER, names: Vec::new() });
        }
        changes.extend(self.nameless(&facts, &doomed)?);
        // Those of a message that goes, go with it.
        let suggested = self.store.suggestions()?.into_iter().filter(|suggestion| concerns(request, suggestion));
        changes.extend(suggested.map(|suggestion| Change::EraseSuggestion(suggestion.id)));
        report.texts.retain(|text| !text.is_empty());
        self.store.apply(&changes)?;
        Ok(report)
    }

    pub(super) fn all(&self) -> Result<Vec<Fact>, S::Error> {
        self.store.facts(&Filter { states: States::All, limit: Some(usize::MAX), ..Filter::default() })
    }

    fn collect(&self, request: &Request, at: Moment, doomed: &mut Doomed) -> Result<(), S::Error> {
        let take = |filter: Filter, doomed: &mut Doomed| -> Result<(), S::Error> {
            let filter = Filter { states: States::All, limit: Some(usize::MAX), ..filter };
            doomed.facts.extend(self.store.facts(&filter)?.into_iter().map(|fact| fact.id));
            Ok(())
        };
        match request {
            Request::Fact(id) => doomed.facts.extend([*id]),
            Request::Episode(id) => {
                doomed.episodes.insert(*id);
                take(Filter { episode: Some(*id), ..Filter::default() }, doomed)?;
            }
            Request::Person(name) => {
                let ids = self.store.named(&fold(name))?;
                self.people(&ids, doomed)?;
            }
            Request::Mention(mention) => {
                let ids = self.meant(mention, at)?;
                self.people(&ids, doomed)?;
                match mention {
                    Mention::Named(name) => self.mentions(name, doomed)?,
                    Mention::Relative { of, kin, name: None, .. } if **of == Mention::Owner => {
                        self.relatives(kin, doomed)?
                    }
                    _ => {}
                }
            }
            Request::Predicate { subject, predicate, kind } => {
                let before = doomed.facts.len();
                for id in self.meant(subject, at)? {
                    for predicate in siblings(*predicate) {
                        take(
                            Filter {
                                subject: Some(id),
                                predicate: Some(*predicate),
                                kind: kind.clone(),
                                ..Filter::default()
                            },
                            doomed,
                        )?;
                    }
                }
                if doomed.facts.len() == before {
                    self.told(subject, *predicate, doomed)?;
                }
            }
            Request::Verb(predicate) => take(Filter { predicate: Some(*predicate), ..Filter::default() }, doomed)?,
            Request::Statement(statement) => self.statement(statement, at, doomed)?,
            Request::Words(text) => self.words(text, doomed)?,
            Request::Source(source) => {
                doomed.facts.extend(self.all()?.iter().filter(|fact| fact.source == *source).map(|fact| fact.id))
            }
            Request::Since(day) => {
                let since = Moment::noon(*day).utc_ms - 43_200_000;
                take(Filter { since_utc_ms: Some(since), ..Filter::default() }, doomed)?;
                let later = self.episodes()?.into_iter().filter(|episode| episode.recorded.utc_ms >= since);
                doomed.episodes.extend(later.map(|episode| episode.id));
            }
            Request::Everything => {
                for fact in self.all()? {
                    doomed.facts.insert(fact.id);
                    doomed.episodes.extend(fact.evidence.episode);
                    doomed.entities.extend(
                        [fact.subject].into_iter().chain(fact.object.entity).filter(|id| *id != EntityId::OWNER),
                    );
                }
                doomed.episodes.extend(self.episodes()?.into_iter().map(|episode| episode.id));
            }
        }
        Ok(())
    }

    fn meant(&self, mention: &Mention, at: Moment) -> Result<Vec<EntityId>, S::Error> {
        if let Mention::Named(name) = mention {
            return self.store.named(&fold(name));
        }
        let origin = Origin { at, source: Source::Said, episode: None, text: "" };
        let mut planner = Planner::new(&self.store, self.store.next_ids()?, origin, &[]);
        if let Some(id) = planner.resolve(mention, false)? {
            return Ok(vec![id]);
        }
        match mention {
            Mention::Relative { of, kin, .. } => match planner.resolve(of, false)? {
                Some(base) => planner.candidates(base, Predicate::Relative, kin),
                None => Ok(Vec::new()),
            },
            Mention::Thing { text, .. } => self.things(text),
            _ => Ok(Vec::new()),
        }
    }

    /// Several at once, so that nobody of the same name among them counts as somebody who stays.
    fn people(&self, ids: &[EntityId], doomed: &mut Doomed) -> Result<(), S::Error> {
        doomed.entities.extend(ids.iter().filter(|id| **id != EntityId::OWNER));
        ids.iter().try_for_each(|id| self.person(*id, doomed))
    }

    /// Everything about somebody: what is said of them, what is said of others with them, and the messages.
    pub(super) fn person(&self, id: EntityId, doomed: &mut Doomed) -> Result<(), S::Error> {
        if id == EntityId::OWNER {
            return Ok(());
        }
        doomed.entities.insert(id);
        for filter in
            [Filter { subject: Some(id), ..Filter::default() }, Filter { object: Some(id), ..Filter::default() }]
        {
            let filter = Filter { states: States::All, limit: Some(usize::MAX), ..filter };
            doomed.facts.extend(self.store.facts(&filter)?.into_iter().map(|fact| fact.id));
        }
        for name in self.store.entity(id)?.map_or_else(Vec::new, |entity| entity.names) {
            self.mentions(&name, doomed)?;
        }
        Ok(())
    }

    fn statement(&self, statement: &Statement, at: Moment, doomed: &mut Doomed) -> Result<(), S::Error> {
        for subject in self.meant(&statement.subject, at)? {
            for predicate in siblings(statement.predicate) {
                let filter = Filter {
                    subject: Some(subject),
                    predicate: Some(*predicate),
                    states: States::All,
                    ..Filter::default()
                };
                for fact in self.store.facts(&filter)? {
                    let same = match statement.object.as_ref() {
                        None => true,
                        Some(object) => match &object.mention {
                            Some(mention) => self.meant(mention, at)?.iter().any(|id| fact.object.entity == Some(*id)),
                            None => {
                                object.key == fact.object.key
                                    || object.key.len() > 3 && fact.object.key.contains(&object.key)
                            }
                        },
                    };
                    if same && (statement.kind.is_empty() || statement.kind == fact.kind) {
                        doomed.facts.insert(fact.id);
                        if let (Some(id), Predicate::Relative | Predicate::Pet) = (fact.object.entity, fact.predicate) {
                            self.person(id, doomed)?;
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// The messages that the doomed facts came from go too. Other facts of such a message stay, without its words.
    fn spread(&self, doomed: &mut Doomed) -> Result<(), S::Error> {
        let facts = self.all()?;
        for _ in 0..ROUNDS_MAX {
            let before = (doomed.facts.len(), doomed.episodes.len(), doomed.entities.len());
            for fact in &facts {
                if doomed.facts.contains(&fact.id) {
                    doomed.episodes.extend(fact.evidence.episode);
                }
            }
            // Somebody of whom nothing is left is gone.
            let mut people: BTreeSet<EntityId> = BTreeSet::new();
            for fact in &facts {
                people.extend([fact.subject].into_iter().chain(fact.object.entity));
            }
            for id in people.into_iter().filter(|id| *id != EntityId::OWNER) {
                let left = facts.iter().any(|fact| {
                    !doomed.facts.contains(&fact.id) && (fact.subject == id || fact.object.entity == Some(id))
                });
                if !left {
                    doomed.entities.insert(id);
                }
            }
            if before == (doomed.facts.len(), doomed.episodes.len(), doomed.entities.len()) {
                break;
            }
        }
        Ok(())
    }

    /// Facts that stay lose the words of a message that goes.
    fn nameless(&self, facts: &[Fact], doomed: &Doomed) -> Result<Vec<Change>, S::Error> {
        let mut out = Vec::new();
        for fact in facts.iter().filter(|fact| !doomed.facts.contains(&fact.id)) {
            if fact.evidence.episode.is_some_and(|id| doomed.episodes.contains(&id)) {
                let mut fact = fact.clone();
                fact.evidence = crate::fact::Evidence::default();
                out.push(Change::EraseFact(fact.id));
                out.push(Change::AddFact(fact));
            }
        }
        // Names that only a doomed fact told.
        for fact in facts.iter().filter(|fact| doomed.facts.contains(&fact.id) && fact.predicate == Predicate::Name) {
            if !doomed.entities.contains(&fact.subject) && fact.subject != EntityId::OWNER {
                out.push(Change::SetNames { entity: fact.subject, names: Vec::new() });
            }
        }
        Ok(out)
    }

    /// The texts whose hashes stay: the triple under each name that its subject has.
    pub(super) fn epitaphs(&self, fact: &Fact) -> Result<Vec<String>, S::Error> {
        let mut subjects = vec![String::new()];
        if fact.subject != EntityId::OWNER {
            subjects = self.store.entity(fact.subject)?.map_or_else(Vec::new, |entity| entity.names);
            for relation in
                self.store.facts(&Filter { object: Some(fact.subject), states: States::All, ..Filter::default() })?
            {
                subjects.push(relation.kind);
            }
        }
        let object = match fact.object.entity {
            Some(_) => fold(&fact.object.text),
            None => fact.object.key.clone(),
        };
        Ok(subjects.into_iter().map(|subject| format!("{}|{}|{object}", fold(&subject), fact.verb())).collect())
    }
}

/// Whether a suggestion says what is to be forgotten, though its message may stay.
fn concerns(request: &Request, suggestion: &Suggestion) -> bool {
    let predicate = match request {
        Request::Predicate { predicate, .. } | Request::Verb(predicate) => *predicate,
        Request::Statement(statement) => statement.predicate,
        Request::Everything => return true,
        Request::Fact(_)
        | Request::Episode(_)
        | Request::Mention(_)
        | Request::Person(_)
        | Request::Words(_)
        | Request::Source(_)
        | Request::Since(_) => return false,
    };
    siblings(predicate).contains(&suggestion.proposal.predicate)
}

/// Predicates that say nearly the same: who forgets where somebody lives forgets the street too.
const fn siblings(predicate: Predicate) -> &'static [Predicate] {
    match predicate {
        Predicate::LivesIn => &[Predicate::LivesIn, Predicate::Address],
        // «El trabajo de Ana» is what she does and where.
        Predicate::Role => &[Predicate::Role, Predicate::WorksAt],
        _ => single(predicate),
    }
}

const fn single(predicate: Predicate) -> &'static [Predicate] {
    let mut at = 0;
    while at < Predicate::ALL.len() {
        if Predicate::ALL[at] as usize == predicate as usize {
            return std::slice::from_ref(&Predicate::ALL[at]);
        }
        at += 1;
    }
    &[]
}

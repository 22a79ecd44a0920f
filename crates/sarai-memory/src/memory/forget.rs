//! Exact forgetting: facts, the messages they came from, and whoever nothing is known of afterwards.
//!
//! Nothing is closed or marked here; it is erased. Of the text only a salted hash stays in the store, by which an import
//! that would bring it back is known.

use super::store::search_words;
use super::store::{Change, Filter, States, Store};
use super::{Memory, Origin, Planner};
use crate::enrich::Suggestion;
use crate::extract::{DOSE, Statement};
use crate::fact::{Entity, EntityId, Episode, EpisodeId, Evidence, Fact, FactId, Predicate, Source};
use crate::grammar::Mention;
use crate::text::fold;
use crate::time::{Date, Moment};
use crate::words::lists::FUNCTION;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};

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
    /// The same, of what is over alone.
    Past {
        subject: Mention,
        predicate: Predicate,
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

/// All that is known, read once for one request.
pub(super) struct Known<'s, S> {
    pub(super) store: &'s S,
    /// Newest first.
    pub(super) facts: Vec<Fact>,
    /// Whoever a fact tells of, the owner aside.
    pub(super) entities: BTreeMap<EntityId, Entity>,
    /// The places of the facts that tell of somebody as what they are to another.
    related: BTreeMap<EntityId, Vec<usize>>,
}

impl<S: Store> Memory<S> {
    /// Forgets exactly and completely.
    ///
    /// # Errors
    /// The store failed; nothing was erased.
    pub fn forget(&mut self, request: &Request, at: Moment) -> Result<Report, S::Error> {
        let known = Known::read(&self.store)?;
        let mut doomed = Doomed::default();
        known.collect(request, at, &mut doomed)?;
        known.spread(&mut doomed);
        let mut changes = known.without(&doomed);
        let mut report = Report::default();
        let facts = known.facts;
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
        // Those of a message that goes, go with it.
        let suggested = self.store.suggestions()?.into_iter().filter(|suggestion| concerns(request, suggestion));
        changes.extend(suggested.map(|suggestion| Change::EraseSuggestion(suggestion.id)));
        report.texts.retain(|text| !text.is_empty());
        self.store.apply(&changes)?;
        Ok(report)
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

impl<'s, S: Store> Known<'s, S> {
    fn read(store: &'s S) -> Result<Self, S::Error> {
        let facts = store.facts(&Filter { states: States::All, limit: Some(usize::MAX), ..Filter::default() })?;
        let (mut entities, mut related) = (BTreeMap::new(), BTreeMap::<_, Vec<usize>>::new());
        for (place, fact) in facts.iter().enumerate() {
            for id in told_of(fact).filter(|id| *id != EntityId::OWNER) {
                if let Entry::Vacant(vacant) = entities.entry(id)
                    && let Some(entity) = store.entity(id)?
                {
                    vacant.insert(entity);
                }
            }
            if let Some(id) = fact.object.entity {
                related.entry(id).or_default().push(place);
            }
        }
        Ok(Self { store, facts, entities, related })
    }

    pub(super) fn names(&self, id: EntityId) -> &[String] {
        self.entities.get(&id).map_or(&[], |entity| &entity.names)
    }

    /// The facts that tell what somebody is to another.
    pub(super) fn relations(&self, id: EntityId) -> impl Iterator<Item = &Fact> {
        self.related.get(&id).into_iter().flatten().map(|place| &self.facts[*place])
    }

    /// Every message that is kept.
    pub(super) fn episodes(&self) -> Result<Vec<Episode>, S::Error> {
        let next = self.store.next_ids()?.episode;
        (1..next).filter_map(|id| self.store.episode(EpisodeId(id)).transpose()).collect()
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
                self.handed_on(*id, doomed)?;
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
                        self.relatives(kin, doomed)?;
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
            Request::Past { subject, predicate } => self.past(subject, *predicate, at, doomed)?,
            Request::Verb(predicate) => take(Filter { predicate: Some(*predicate), ..Filter::default() }, doomed)?,
            Request::Statement(statement) => self.statement(statement, at, doomed)?,
            Request::Words(text) => self.words(text, doomed)?,
            Request::Source(source) => {
                doomed.facts.extend(self.facts.iter().filter(|fact| fact.source == *source).map(|fact| fact.id))
            }
            Request::Since(day) => {
                let since = Moment::noon(*day).utc_ms - 43_200_000;
                take(Filter { since_utc_ms: Some(since), ..Filter::default() }, doomed)?;
                let later = self.episodes()?.into_iter().filter(|episode| episode.recorded.utc_ms >= since);
                doomed.episodes.extend(later.map(|episode| episode.id));
            }
            Request::Everything => {
                doomed.facts.extend(self.facts.iter().map(|fact| fact.id));
                doomed.episodes.extend(self.episodes()?.into_iter().map(|episode| episode.id));
            }
        }
        Ok(())
    }

    /// The facts of later messages that took words of this one over: behind «me lo han subido a 20» stands what it is
    /// taken for.
    fn handed_on(&self, id: EpisodeId, doomed: &mut Doomed) -> Result<(), S::Error> {
        let words_of = |id: EpisodeId| -> Result<Vec<String>, S::Error> {
            Ok(self.store.episode(id)?.map_or_else(Vec::new, |episode| search_words(&episode.text)))
        };
        let gone = words_of(id)?;
        let told = self.facts.iter().filter(|fact| fact.evidence.episode == Some(id));
        let told: Vec<_> = told.map(|fact| (fact.subject, fact.predicate)).collect();
        for fact in self.facts.iter().filter(|fact| told.contains(&(fact.subject, fact.predicate))) {
            let Some(later) = fact.evidence.episode.filter(|later| *later > id) else { continue };
            let mut shared = search_words(&fact.object.text);
            shared.retain(|word| gone.contains(word) && !FUNCTION.contains(&word.as_str()));
            if shared.is_empty() {
                continue;
            }
            let own = words_of(later)?;
            if shared.iter().any(|word| !own.contains(word)) {
                doomed.facts.insert(fact.id);
            }
        }
        Ok(())
    }

    /// What somebody was, had or did, of one predicate.
    fn past(&self, subject: &Mention, predicate: Predicate, at: Moment, doomed: &mut Doomed) -> Result<(), S::Error> {
        let meant = self.meant(subject, at)?;
        let over = |fact: &&Fact| {
            meant.contains(&fact.subject)
                && siblings(predicate).contains(&fact.predicate)
                && (fact.retracted.is_some() || fact.to.is_some_and(|to| to.last() <= at.date()))
        };
        doomed.facts.extend(self.facts.iter().filter(over).map(|fact| fact.id));
        Ok(())
    }

    fn meant(&self, mention: &Mention, at: Moment) -> Result<Vec<EntityId>, S::Error> {
        if let Mention::Named(name) = mention {
            return self.store.named(&fold(name));
        }
        let origin = Origin { at, source: Source::Said, episode: None, text: "" };
        let mut planner = Planner::new(self.store, self.store.next_ids()?, origin, &[]);
        if let Some(id) = planner.resolve(mention, false)? {
            return Ok(vec![id]);
        }
        match mention {
            Mention::Relative { of, kin, .. } => match planner.resolve(of, false)? {
                Some(base) => planner.candidates(base, Predicate::Relative, kin),
                None => Ok(Vec::new()),
            },
            Mention::Thing { text, .. } => Ok(self.things(text)),
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
        for name in self.names(id) {
            self.mentions(name, doomed)?;
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
                                    || fact.is_event() && is_told_by(&fact.object.text, &object.text)
                            }
                        },
                    };
                    let kind = statement.kind.is_empty() || statement.kind == DOSE || statement.kind == fact.kind;
                    if same && kind {
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

    /// The messages that the doomed facts came from go too, and whoever nothing is left of. Other facts of such a message
    /// stay, without its words.
    fn spread(&self, doomed: &mut Doomed) {
        let (gone, stays): (Vec<&Fact>, Vec<&Fact>) =
            self.facts.iter().partition(|fact| doomed.facts.contains(&fact.id));
        doomed.episodes.extend(gone.iter().filter_map(|fact| fact.evidence.episode));
        let left: BTreeSet<EntityId> = stays.into_iter().flat_map(told_of).chain([EntityId::OWNER]).collect();
        doomed.entities.extend(gone.into_iter().flat_map(told_of).filter(|id| !left.contains(id)));
    }

    /// What becomes of the facts that stay: they lose the words of a message that goes, and people the names that only a
    /// doomed fact told.
    fn without(&self, doomed: &Doomed) -> Vec<Change> {
        let mut out = Vec::new();
        for fact in &self.facts {
            if doomed.facts.contains(&fact.id) {
                if fact.predicate == Predicate::Name && !doomed.entities.contains(&fact.subject) {
                    out.push(Change::SetNames { entity: fact.subject, names: Vec::new() });
                }
            } else if fact.evidence.episode.is_some_and(|id| doomed.episodes.contains(&id)) {
                out.push(Change::EraseFact(fact.id));
                out.push(Change::AddFact(Fact { evidence: Evidence::default(), ..fact.clone() }));
            }
        }
        out
    }
}

/// Whoever a fact tells of.
fn told_of(fact: &Fact) -> impl Iterator<Item = EntityId> + use<> {
    [fact.subject].into_iter().chain(fact.object.entity)
}

/// Whether a suggestion says what is to be forgotten, though its message may stay.
fn concerns(request: &Request, suggestion: &Suggestion) -> bool {
    let predicate = match request {
        Request::Predicate { predicate, .. } | Request::Past { predicate, .. } | Request::Verb(predicate) => *predicate,
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

/// Whether all words of an event that is known stand in what was said of it: «la cita del dentista a las 12».
fn is_told_by(known: &str, said: &str) -> bool {
    let words = search_words(said);
    search_words(known).iter().all(|word| words.contains(word))
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::extract::{Message, Speaker};
    use crate::memory::InMemory;

    /// What is left of some messages when the first is forgotten.
    fn without_the_first(said: &[&str]) -> Vec<String> {
        let at = Moment::parse("2026-03-10T10:00:00Z").unwrap();
        let mut memory = Memory::new(InMemory::new());
        for text in said {
            let Ok(_) = memory.say(Message { text, at, speaker: Speaker::Owner, language: None });
        }
        let Ok(_) = memory.forget(&Request::Episode(EpisodeId(1)), at);
        let Ok(left) = memory.store().facts(&Filter { states: States::All, ..Filter::default() });
        left.into_iter().map(|fact| fact.object.text).collect()
    }

    #[test]
    fn with_a_message_goes_what_later_ones_took_over_from_it() {
        for (said, left) in [
            (&["Tomo enalapril 10 mg para la tensión", "Me lo han subido a 20 mg"][..], &[][..]),
            (&["Tomo enalapril 10 mg", "Ahora tomo 5 mg de enalapril"], &["5 mg de enalapril"]),
            (&["Vivo en Lugo", "Me he mudado a Vigo"], &["Vigo"]),
            (&["I like jazz", "I like chess too"], &["chess"]),
        ] {
            assert_eq!(without_the_first(said), left, "{said:?}");
        }
    }
}

//! The memory: what the owner says goes in, questions are answered, and what is forgotten is gone.

mod ask;
mod embed;
mod ended;
mod enrich;
mod forget;
mod plan;
mod resolve;
mod sought;
mod store;
mod transfer;
mod turn;

use sarai_types::Language;

use crate::extract::{Command, Context, Extraction, Keeping, Message, Reason, Skipped, Speaker, extract};
use crate::fact::{EntityId, EntityKind, Episode, EpisodeId, Evidence, Fact, FactId, Predicate, Source, Value};
use crate::recall::{self, Quotation};
use crate::text::{clip, fold};
use crate::time::{Date, Moment, PartialDate};
use crate::words;
pub use ask::Answer;
use ask::Asked;
pub use embed::{PASSAGE_BYTES_MAX, ToEmbed, Unembedded};
pub use forget::{Report, Request};
pub(crate) use plan::{IDLE, Planner};
use plan::{Origin, Outcome};
pub(crate) use resolve::{is_called, same};
pub use store::{Change, Embedded, FACTS_MAX, Filter, InMemory, Near, NextIds, States, Store, name_keys, search_words};
pub use transfer::{Imported, Record};
pub use turn::{Part, Recollection};

/// The longest episode that is kept word by word, in bytes.
pub const EPISODE_BYTES_MAX: usize = 64 * 1024;
/// The longest subject, verb or object that is stored by hand, in bytes.
pub const TERM_BYTES_MAX: usize = 1024;

/// What became of a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    pub language: Language,
    pub episode: Option<EpisodeId>,
    pub stored: Vec<Fact>,
    /// Facts that no longer hold, with their new end.
    pub closed: Vec<Fact>,
    /// Facts that never held.
    pub retracted: Vec<Fact>,
    /// What the message had forgotten, if it asked for that.
    pub erased: Option<Report>,
    pub skipped: Vec<Skipped>,
}

/// Stored by hand: a triple in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Triple {
    /// A name, or empty for the owner.
    pub subject: String,
    /// The name of a predicate, with its kind behind a colon.
    pub verb: String,
    pub object: String,
    /// In per cent.
    pub confidence: u8,
    pub source: Source,
    pub from: Option<PartialDate>,
    pub to: Option<PartialDate>,
    pub language: Language,
}

/// Why a triple is not stored.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TripleError {
    #[error("there is no verb {0:?}")]
    Verb(String),
    #[error("a {0} has 1 to {TERM_BYTES_MAX} bytes without control characters")]
    Term(&'static str),
    #[error("a password, PIN or card number is not kept")]
    Secret,
    #[error("it was forgotten before")]
    Forgotten,
    #[error("there is no suggestion {0}")]
    Suggestion(u64),
    #[error("two people are called so")]
    Ambiguous,
}

/// Why something was not done.
#[derive(Debug, thiserror::Error)]
pub enum MemoryError<E: std::error::Error + 'static> {
    #[error(transparent)]
    Triple(#[from] TripleError),
    #[error("the store failed: {0}")]
    Store(#[source] E),
}

/// The memory of one owner over a store.
#[derive(Debug)]
pub struct Memory<S> {
    store: S,
    context: Context,
    /// The last message, for «olvida lo que acabo de decir».
    last: Option<EpisodeId>,
    /// The last question, if nothing was told since.
    asked: Option<Asked>,
}

impl<S: Store> Memory<S> {
    pub fn new(store: S) -> Self {
        Self { store, context: Context::default(), last: None, asked: None }
    }

    #[must_use]
    pub const fn store(&self) -> &S {
        &self.store
    }

    pub const fn store_mut(&mut self) -> &mut S {
        &mut self.store
    }

    #[must_use]
    pub fn into_store(self) -> S {
        self.store
    }

    /// Forgets what the conversation was about; facts stay. For a new conversation.
    pub fn new_conversation(&mut self) {
        self.context = Context::default();
        self.last = None;
        self.asked = None;
    }

    /// Takes in a message. Everything it changes is stored together or not at all.
    ///
    /// # Errors
    /// The store failed; nothing was changed.
    pub fn say(&mut self, message: Message<'_>) -> Result<Told, S::Error> {
        let extraction = extract(message, &self.context, &|name| self.knows(name));
        if message.speaker != Speaker::Owner {
            return Ok(told(extraction, None, Outcome::default(), None));
        }
        let ids = self.store.next_ids()?;
        let keeps =
            extraction.keeping == Keeping::Episode && extraction.commands.is_empty() && !message.text.trim().is_empty();
        let episode = keeps.then_some(EpisodeId(ids.episode));
        let origin = Origin { at: message.at, source: Source::Said, episode, text: message.text };
        let mut planner = Planner::new(&self.store, ids, origin, &self.context.recent);
        for statement in &extraction.statements {
            planner.take(statement)?;
        }
        let mut outcome = planner.finish();
        if let Some(id) = episode {
            let text = clip(message.text, EPISODE_BYTES_MAX).to_owned();
            let episode = Episode { id, text, language: extraction.language, recorded: message.at };
            outcome.changes.insert(0, Change::AddEpisode(episode));
        }
        self.exhume(&mut outcome)?;
        self.store.apply(&outcome.changes)?;
        let mut report: Option<Report> = None;
        for command in &extraction.commands {
            let done = self.obey(command, message.at)?;
            report = Some(report.map_or_else(|| done.clone(), |known| known.and(done.clone())));
        }
        self.context = extraction.context.clone();
        self.asked = None;
        if report.is_some() {
            // What was forgotten must not come back by «ella» or a correction.
            self.context = Context { language: self.context.language, ..Context::default() };
            self.last = None;
        } else {
            self.last = episode;
        }
        Ok(told(extraction, episode, outcome, report))
    }

    /// What the owner says anew may come in by an import again.
    fn exhume(&self, outcome: &mut Outcome) -> Result<(), S::Error> {
        for fact in outcome.stored.clone() {
            for text in self.epitaphs(&fact)? {
                if self.store.is_buried(&text)? {
                    outcome.changes.push(Change::Exhume(text));
                }
            }
        }
        Ok(())
    }

    /// The seed's `recall`: by any combination of subject, verb and object, newest first.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn recall(
        &self,
        subject: Option<&str>,
        verb: Option<&str>,
        object: Option<&str>,
        states: States,
        limit: usize,
    ) -> Result<Vec<Fact>, S::Error> {
        let subjects: Vec<Option<EntityId>> = match subject {
            None => vec![None],
            Some("") => vec![Some(EntityId::OWNER)],
            Some(name) => {
                let mut found = self.store.named(&fold(name))?;
                found.extend(self.store.named(&format!("t:{}", words::key(name)))?);
                found.into_iter().map(Some).collect()
            }
        };
        let (predicate, kind) = match verb {
            None => (None, None),
            Some(verb) => {
                let (name, kind) =
                    verb.split_once(':').map_or((verb, None), |(name, kind)| (name, Some(kind.to_owned())));
                match Predicate::from_name(name) {
                    Some(predicate) => (Some(predicate), kind),
                    None => return Ok(Vec::new()),
                }
            }
        };
        let mut out = Vec::new();
        for subject in subjects {
            let filter = Filter {
                subject,
                predicate,
                kind: kind.clone(),
                object_key: object.map(words::key),
                states,
                limit: Some(limit),
                ..Filter::default()
            };
            out.extend(self.store.facts(&filter)?);
        }
        out.truncate(limit);
        Ok(out)
    }

    /// Stores a triple by hand, as the seed's `store_svo` did. A value that a predicate can have only one of closes the
    /// one before.
    ///
    /// # Errors
    /// It cannot be meant, or the store failed; nothing was changed.
    pub fn store_triple(&mut self, triple: &Triple, at: Moment) -> Result<FactId, MemoryError<S::Error>> {
        for (name, term) in [("object", &triple.object), ("verb", &triple.verb)] {
            if term.trim().is_empty() || term.len() > TERM_BYTES_MAX || term.chars().any(char::is_control) {
                return Err(TripleError::Term(name).into());
            }
        }
        if triple.subject.len() > TERM_BYTES_MAX || triple.subject.chars().any(char::is_control) {
            return Err(TripleError::Term("subject").into());
        }
        if crate::extract::is_secret(&triple.object) {
            return Err(TripleError::Secret.into());
        }
        let (name, kind) = triple.verb.split_once(':').unwrap_or((&triple.verb, ""));
        let predicate = Predicate::from_name(name).ok_or_else(|| TripleError::Verb(triple.verb.clone()))?;
        let ids = self.store.next_ids().map_err(MemoryError::Store)?;
        let mut changes = Vec::new();
        let mut next_entity = ids.entity;
        let mut entity = |store: &S, name: &str, kind: EntityKind| -> Result<EntityId, S::Error> {
            if name.is_empty() {
                return Ok(EntityId::OWNER);
            }
            let key = name_keys(kind, name).remove(0);
            if let [id] = store.named(&key)?[..] {
                return Ok(id);
            }
            let id = EntityId(next_entity);
            next_entity += 1;
            changes.push(Change::AddEntity(crate::fact::Entity { id, kind, names: vec![name.to_owned()] }));
            Ok(id)
        };
        let thing = if predicate == Predicate::KeptIn { EntityKind::Thing } else { EntityKind::Person };
        let subject = entity(&self.store, triple.subject.trim(), thing).map_err(MemoryError::Store)?;
        let object = if matches!(predicate, Predicate::Relative | Predicate::Pet) {
            let kind = if predicate == Predicate::Pet { EntityKind::Animal } else { EntityKind::Person };
            let id = entity(&self.store, triple.object.trim(), kind).map_err(MemoryError::Store)?;
            Value { text: triple.object.trim().to_owned(), key: format!("e:{id}"), entity: Some(id) }
        } else {
            Value { text: triple.object.trim().to_owned(), key: object_key(predicate, &triple.object), entity: None }
        };
        let fact = Fact {
            id: FactId(ids.fact),
            subject,
            predicate,
            kind: kind.to_owned(),
            object,
            from: triple.from,
            to: triple.to,
            recorded: at,
            retracted: None,
            source: triple.source,
            confidence: triple.confidence.min(100),
            language: triple.language,
            evidence: Evidence::default(),
        };
        if triple.source == Source::Imported {
            for text in self.epitaphs(&fact).map_err(MemoryError::Store)? {
                if self.store.is_buried(&text).map_err(MemoryError::Store)? {
                    return Err(TripleError::Forgotten.into());
                }
            }
        }
        let id = self.put(fact, changes, at).map_err(MemoryError::Store)?;
        Ok(id)
    }

    /// Puts another object into a fact, as the owner writes it: what stood there was a mistake and is erased. Somebody
    /// who is the object gets the name instead.
    ///
    /// # Errors
    /// It cannot be meant, or the store failed; nothing was changed.
    pub fn correct(&mut self, fact: &Fact, object: &str, at: Moment) -> Result<FactId, MemoryError<S::Error>> {
        let object = object.trim();
        if object.is_empty() || object.len() > TERM_BYTES_MAX || object.chars().any(char::is_control) {
            return Err(TripleError::Term("object").into());
        }
        if crate::extract::is_secret(object) {
            return Err(TripleError::Secret.into());
        }
        if let Some(entity) = fact.object.entity {
            let changes = [Change::SetNames { entity, names: vec![object.to_owned()] }];
            self.store.apply(&changes).map_err(MemoryError::Store)?;
            return Ok(fact.id);
        }
        let ids = self.store.next_ids().map_err(MemoryError::Store)?;
        let value = Value { text: object.to_owned(), key: object_key(fact.predicate, object), entity: None };
        let new = Fact {
            id: FactId(ids.fact),
            object: value,
            recorded: at,
            source: Source::Entered,
            confidence: Source::Entered.confidence(),
            // The message says what was a mistake: it is not quoted any more, and goes with the fact.
            evidence: Evidence { episode: fact.evidence.episode, ..Evidence::default() },
            ..fact.clone()
        };
        self.put(new, vec![Change::EraseFact(fact.id)], at).map_err(MemoryError::Store)
    }

    /// Stores one fact, after closing what it displaces. A fact that is known already keeps its id.
    fn put(&mut self, fact: Fact, mut changes: Vec<Change>, at: Moment) -> Result<FactId, S::Error> {
        let filter = Filter {
            subject: Some(fact.subject),
            predicate: Some(fact.predicate),
            kind: Some(fact.kind.clone()),
            ..Filter::default()
        };
        let current = self.store.facts(&filter)?;
        if let Some(known) = current.iter().find(|known| known.object.key == fact.object.key) {
            return Ok(known.id);
        }
        let open = fact.to.is_none_or(|to| to.last() > at.date());
        if open && fact.predicate.arity() == crate::fact::Arity::One {
            let to = fact.from.unwrap_or_else(|| PartialDate::Day(at.date()));
            changes.extend(current.iter().map(|old| Change::Close { fact: old.id, to }));
        }
        if fact.predicate == Predicate::Name {
            changes.push(Change::SetNames { entity: fact.subject, names: vec![fact.object.text.clone()] });
        }
        if fact.source != Source::Imported {
            for text in self.epitaphs(&fact)? {
                if self.store.is_buried(&text)? {
                    changes.push(Change::Exhume(text));
                }
            }
        }
        let id = fact.id;
        changes.push(Change::AddFact(fact));
        self.store.apply(&changes)?;
        Ok(id)
    }

    /// Erases facts and episodes that are older than so many days and say nothing of today any more: what has ended,
    /// what was taken back, appointments that are over, and old messages that no fact rests on.
    ///
    /// # Errors
    /// The store failed; nothing was changed.
    pub fn rotate(&mut self, days: u32, today: Date) -> Result<usize, S::Error> {
        let limit = today.plus_days(-i64::from(days));
        let facts = self.store.facts(&Filter { states: States::All, ..Filter::default() })?;
        let over = |fact: &&Fact| {
            let stale = fact.retracted.map(Moment::date).or_else(|| fact.to.map(PartialDate::last));
            fact.recorded.date() < limit && stale.is_some_and(|day| day < limit)
        };
        let changes: Vec<Change> = facts.iter().filter(over).map(|fact| Change::EraseFact(fact.id)).collect();
        self.store.apply(&changes)?;
        Ok(changes.len())
    }

    /// Erases facts that say the same as an older one.
    ///
    /// # Errors
    /// The store failed; nothing was changed.
    pub fn dedup(&mut self) -> Result<usize, S::Error> {
        let mut facts = self.store.facts(&Filter::default())?;
        facts.reverse();
        let mut seen = std::collections::HashSet::new();
        let repeated = |fact: &&Fact| {
            !seen.insert((fact.subject, fact.predicate, fact.kind.clone(), fact.object.key.clone(), fact.from, fact.to))
        };
        let changes: Vec<Change> = facts.iter().filter(repeated).map(|fact| Change::EraseFact(fact.id)).collect();
        self.store.apply(&changes)?;
        Ok(changes.len())
    }

    /// What is known, as lines for a prompt, of at most so many tokens.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn facts_block(
        &self,
        language: Language,
        today: Date,
        tokens_max: usize,
    ) -> Result<Vec<(FactId, String)>, S::Error> {
        recall::facts_block(&self.store, language, today, tokens_max)
    }

    /// A fact as a sentence; none where there is nothing to say, since nobody has said what somebody is called.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn sentence(&self, fact: &Fact, language: Language, today: Date) -> Result<Option<String>, S::Error> {
        recall::fact_text(&self.store, fact, language, today)
    }

    /// A message as a sentence with its date.
    pub fn quotation(&self, quoted: &Quotation, language: Language, today: Date) -> String {
        recall::quoted_text(&self.store, quoted, language, today)
    }

    /// How an entity is called in a list: empty for the owner.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn label(&self, id: EntityId) -> Result<String, S::Error> {
        if id == EntityId::OWNER {
            return Ok(String::new());
        }
        let entity = self.store.entity(id)?;
        if let Some(name) = entity.as_ref().and_then(|entity| entity.names.first()) {
            return Ok(name.clone());
        }
        let relation =
            self.store.facts(&Filter { object: Some(id), states: States::All, limit: Some(1), ..Filter::default() })?;
        Ok(relation.first().map_or_else(String::new, |fact| fact.kind.clone()))
    }

    fn obey(&mut self, command: &Command, at: Moment) -> Result<Report, S::Error> {
        let request = match command {
            Command::ForgetSubject(mention) => Request::Mention(mention.clone()),
            Command::ForgetPast { subject, predicate } => {
                Request::Past { subject: subject.clone(), predicate: *predicate }
            }
            Command::ForgetPredicate { subject, predicate, kind } => {
                Request::Predicate { subject: subject.clone(), predicate: *predicate, kind: kind.clone() }
            }
            Command::ForgetStatement(statement) => Request::Statement(statement.clone()),
            Command::ForgetText(text) => Request::Words(text.clone()),
            Command::ForgetLast => match self.last {
                Some(id) => Request::Episode(id),
                None => return Ok(Report::default()),
            },
            Command::ForgetEverything => Request::Everything,
        };
        self.forget(&request, at)
    }
}

/// The key of an object that was typed by hand.
fn object_key(predicate: Predicate, text: &str) -> String {
    match predicate {
        Predicate::Name | Predicate::Surname | Predicate::Nickname => fold(text.trim()),
        _ if PartialDate::parse(text.trim()).is_some() => text.trim().to_owned(),
        _ => words::key(text),
    }
}

fn told(extraction: Extraction, episode: Option<EpisodeId>, outcome: Outcome, erased: Option<Report>) -> Told {
    let mut skipped = extraction.skipped;
    skipped.extend(outcome.refused.iter().map(|reason: &Reason| Skipped { reason: *reason, span: (0, 0) }));
    Told {
        language: extraction.language,
        episode,
        stored: outcome.stored,
        closed: outcome.closed,
        retracted: outcome.retracted,
        erased,
        skipped,
    }
}

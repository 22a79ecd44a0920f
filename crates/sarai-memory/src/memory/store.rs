//! What a place for memories must be able to do, and one that keeps them in memory.

use std::collections::{BTreeMap, BTreeSet};
use std::convert::Infallible;

use crate::embedding::Embedding;
use crate::enrich::{ReadTo, Suggestion, SuggestionId, Verdict};
use crate::fact::{Entity, EntityId, EntityKind, Episode, EpisodeId, Fact, FactId, Predicate};
use crate::text::fold;
use crate::time::{Moment, PartialDate};
use crate::words;

/// Which facts are wanted. What is not set does not matter.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Filter {
    pub subject: Option<EntityId>,
    pub predicate: Option<Predicate>,
    pub kind: Option<String>,
    pub object_key: Option<String>,
    pub object: Option<EntityId>,
    pub episode: Option<EpisodeId>,
    /// Recorded at this time or later.
    pub since_utc_ms: Option<i64>,
    pub states: States,
    /// The newest so many; none means [`FACTS_MAX`].
    pub limit: Option<usize>,
}

/// The most facts that one question to a store brings.
pub const FACTS_MAX: usize = 10_000;

/// Whether facts that were taken back or have ended are wanted too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum States {
    /// Neither taken back nor with an end in sight or behind.
    #[default]
    Open,
    /// Whatever was ever stored and not erased.
    All,
}

/// One change. A message makes a list of them, which a store makes wholly or not at all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    AddEpisode(Episode),
    AddEntity(Entity),
    SetNames {
        entity: EntityId,
        names: Vec<String>,
    },
    AddFact(Fact),
    Close {
        fact: FactId,
        to: PartialDate,
    },
    Retract {
        fact: FactId,
        at: Moment,
    },
    EraseFact(FactId),
    EraseEpisode(EpisodeId),
    EraseEntity(EntityId),
    /// Only the salted hash of the text is kept.
    Bury(String),
    /// The owner says it anew.
    Exhume(String),
    Suggest(Suggestion),
    EraseSuggestion(SuggestionId),
    /// Up to here messages were looked through for what a model may be asked.
    ReadTo(ReadTo),
    /// A proposal was judged; only how many there were is kept.
    Judged(Verdict),
    /// From now on vectors are of this model; those of another go.
    EmbedBy(String),
    /// The vectors of a message, by their bytes of it. Those before it have theirs.
    Embed {
        episode: EpisodeId,
        passages: Vec<((usize, usize), Embedding)>,
    },
}

/// How far messages have vectors, and of which model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Embedded {
    pub model: String,
    pub to: EpisodeId,
}

impl Embedded {
    fn none_by(model: String) -> Self {
        Self { model, to: EpisodeId(0) }
    }
}

/// No message has any, and no model is known.
impl Default for Embedded {
    fn default() -> Self {
        Self::none_by(String::new())
    }
}

/// A passage of a message, and how alike it is to what was asked.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Near {
    pub episode: EpisodeId,
    pub span: (usize, usize),
    pub likeness: f32,
}

impl Near {
    /// The most alike first; among equals the newer.
    #[must_use]
    pub fn order(&self, other: &Self) -> std::cmp::Ordering {
        let place = |near: &Self| (near.episode, std::cmp::Reverse(near.span));
        other.likeness.total_cmp(&self.likeness).then(place(other).cmp(&place(self)))
    }
}

/// The next free ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NextIds {
    pub fact: u64,
    pub entity: u64,
    pub episode: u64,
    pub suggestion: u64,
}

/// Keeps facts. There is one writer at a time.
pub trait Store {
    type Error: std::error::Error + Send + Sync + 'static;

    /// # Errors
    /// The store cannot be read.
    fn next_ids(&self) -> Result<NextIds, Self::Error>;

    /// # Errors
    /// The store cannot be read.
    fn entity(&self, id: EntityId) -> Result<Option<Entity>, Self::Error>;

    /// Entities by one of their [`name_keys`].
    ///
    /// # Errors
    /// The store cannot be read.
    fn named(&self, key: &str) -> Result<Vec<EntityId>, Self::Error>;

    /// Newest first.
    ///
    /// # Errors
    /// The store cannot be read.
    fn facts(&self, filter: &Filter) -> Result<Vec<Fact>, Self::Error>;

    /// Facts whose words or episodes whose text hold these folded words, best first; each word may be the beginning of
    /// a longer one.
    ///
    /// # Errors
    /// The store cannot be read.
    fn search_facts(&self, words: &[String], limit: usize) -> Result<Vec<Fact>, Self::Error>;

    /// # Errors
    /// The store cannot be read.
    fn search_episodes(&self, words: &[String], limit: usize) -> Result<Vec<Episode>, Self::Error>;

    /// # Errors
    /// The store cannot be read.
    fn episode(&self, id: EpisodeId) -> Result<Option<Episode>, Self::Error>;

    /// Whether this text was buried.
    ///
    /// # Errors
    /// The store cannot be read.
    fn is_buried(&self, text: &str) -> Result<bool, Self::Error>;

    /// What waits for the owner's word, oldest first.
    ///
    /// # Errors
    /// The store cannot be read.
    fn suggestions(&self) -> Result<Vec<Suggestion>, Self::Error>;

    /// Up to where messages were looked through.
    ///
    /// # Errors
    /// The store cannot be read.
    fn read_to(&self) -> Result<ReadTo, Self::Error>;

    /// How many proposals were judged so, by [`Verdict::name`].
    ///
    /// # Errors
    /// The store cannot be read.
    fn judged(&self) -> Result<BTreeMap<String, u64>, Self::Error>;

    /// # Errors
    /// The store cannot be read.
    fn embedded(&self) -> Result<Embedded, Self::Error>;

    /// The passages that are most alike, in [`Near::order`].
    ///
    /// # Errors
    /// The store cannot be read.
    fn nearest(&self, to: &Embedding, limit: usize) -> Result<Vec<Near>, Self::Error>;

    /// Makes all changes or none.
    ///
    /// # Errors
    /// Nothing was changed.
    fn apply(&mut self, changes: &[Change]) -> Result<(), Self::Error>;
}

/// What an entity is found by: a person's whole name and first name, a thing's key.
#[must_use]
pub fn name_keys(kind: EntityKind, name: &str) -> Vec<String> {
    if kind == EntityKind::Thing {
        return vec![format!("t:{}", words::key(name))];
    }
    let folded = fold(name);
    let first = folded.split_whitespace().next().unwrap_or_default().to_owned();
    let mut keys = vec![folded];
    if first != keys[0] {
        keys.push(first);
    }
    keys
}

/// The words by which a text is found: folded, without endings that only tell number.
#[must_use]
pub fn search_words(text: &str) -> Vec<String> {
    fold(text)
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(|word| if word.len() > 4 { word.strip_suffix('s').unwrap_or(word) } else { word }.to_owned())
        .collect()
}

/// Everything in maps: for tests, for replays, and as the model that other stores are compared with.
#[derive(Debug, Clone, Default)]
pub struct InMemory {
    facts: BTreeMap<FactId, Fact>,
    entities: BTreeMap<EntityId, Entity>,
    episodes: BTreeMap<EpisodeId, Episode>,
    buried: BTreeSet<String>,
    suggestions: BTreeMap<SuggestionId, Suggestion>,
    read_to: ReadTo,
    judged: BTreeMap<String, u64>,
    embedded: Embedded,
    passages: Vec<(EpisodeId, (usize, usize), Embedding)>,
    highest: (u64, u64, u64, u64),
}

impl InMemory {
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn found(words: &[String], text: &str) -> usize {
        let present = search_words(text);
        words.iter().filter(|word| present.iter().any(|p| p.starts_with(word.as_str()))).count()
    }
}

impl Store for InMemory {
    type Error = Infallible;

    fn next_ids(&self) -> Result<NextIds, Infallible> {
        let (fact, entity, episode, suggestion) = self.highest;
        let entity = entity.max(EntityId::OWNER.0) + 1;
        Ok(NextIds { fact: fact + 1, entity, episode: episode + 1, suggestion: suggestion + 1 })
    }

    fn entity(&self, id: EntityId) -> Result<Option<Entity>, Infallible> {
        Ok(self.entities.get(&id).cloned())
    }

    fn named(&self, key: &str) -> Result<Vec<EntityId>, Infallible> {
        let has =
            |entity: &&Entity| entity.names.iter().any(|name| name_keys(entity.kind, name).iter().any(|k| k == key));
        Ok(self.entities.values().filter(has).map(|entity| entity.id).collect())
    }

    fn facts(&self, filter: &Filter) -> Result<Vec<Fact>, Infallible> {
        let fits = |fact: &&Fact| {
            filter.subject.is_none_or(|subject| fact.subject == subject)
                && filter.predicate.is_none_or(|predicate| fact.predicate == predicate)
                && filter.kind.as_ref().is_none_or(|kind| fact.kind == *kind)
                && filter.object_key.as_ref().is_none_or(|key| fact.object.key == *key)
                && filter.object.is_none_or(|object| fact.object.entity == Some(object))
                && filter.episode.is_none_or(|episode| fact.evidence.episode == Some(episode))
                && filter.since_utc_ms.is_none_or(|since| fact.recorded.utc_ms >= since)
                && (filter.states == States::All || (fact.retracted.is_none() && fact.to.is_none()))
        };
        Ok(self.facts.values().rev().filter(fits).take(filter.limit.unwrap_or(FACTS_MAX)).cloned().collect())
    }

    fn search_facts(&self, words: &[String], limit: usize) -> Result<Vec<Fact>, Infallible> {
        let text = |fact: &Fact| format!("{} {} {}", fact.evidence.sentence, fact.object.text, fact.object.key);
        let mut scored: Vec<(usize, &Fact)> = self
            .facts
            .values()
            .map(|fact| (Self::found(words, &text(fact)), fact))
            .filter(|(score, _)| *score > 0)
            .collect();
        scored.sort_by_key(|(score, fact)| (std::cmp::Reverse(*score), std::cmp::Reverse(fact.id)));
        Ok(scored.into_iter().take(limit).map(|(_, fact)| fact.clone()).collect())
    }

    fn search_episodes(&self, words: &[String], limit: usize) -> Result<Vec<Episode>, Infallible> {
        let mut scored: Vec<(usize, &Episode)> = self
            .episodes
            .values()
            .map(|episode| (Self::found(words, &episode.text), episode))
            .filter(|(score, _)| *score > 0)
            .collect();
        scored.sort_by_key(|(score, episode)| (std::cmp::Reverse(*score), std::cmp::Reverse(episode.id)));
        Ok(scored.into_iter().take(limit).map(|(_, episode)| episode.clone()).collect())
    }

    fn episode(&self, id: EpisodeId) -> Result<Option<Episode>, Infallible> {
        Ok(self.episodes.get(&id).cloned())
    }

    fn is_buried(&self, text: &str) -> Result<bool, Infallible> {
        Ok(self.buried.contains(text))
    }

    fn suggestions(&self) -> Result<Vec<Suggestion>, Infallible> {
        Ok(self.suggestions.values().cloned().collect())
    }

    fn read_to(&self) -> Result<ReadTo, Infallible> {
        Ok(self.read_to)
    }

    fn judged(&self) -> Result<BTreeMap<String, u64>, Infallible> {
        Ok(self.judged.clone())
    }

    fn embedded(&self) -> Result<Embedded, Infallible> {
        Ok(self.embedded.clone())
    }

    fn nearest(&self, to: &Embedding, limit: usize) -> Result<Vec<Near>, Infallible> {
        let near = |(episode, span, passage): &(EpisodeId, (usize, usize), Embedding)| {
            Some(Near { episode: *episode, span: *span, likeness: to.likeness(passage.bytes())? })
        };
        let mut found: Vec<Near> = self.passages.iter().filter_map(near).collect();
        found.sort_by(Near::order);
        found.truncate(limit);
        Ok(found)
    }

    fn apply(&mut self, changes: &[Change]) -> Result<(), Infallible> {
        for change in changes {
            match change.clone() {
                Change::AddEpisode(episode) => {
                    self.highest.2 = self.highest.2.max(episode.id.0);
                    self.episodes.insert(episode.id, episode);
                }
                Change::AddEntity(entity) => {
                    self.highest.1 = self.highest.1.max(entity.id.0);
                    self.entities.insert(entity.id, entity);
                }
                Change::SetNames { entity, names } => {
                    let owner = Entity { id: entity, kind: EntityKind::Person, names: Vec::new() };
                    self.entities.entry(entity).or_insert(owner).names = names;
                }
                Change::AddFact(fact) => {
                    self.highest.0 = self.highest.0.max(fact.id.0);
                    self.facts.insert(fact.id, fact);
                }
                Change::Close { fact, to } => drop(self.facts.get_mut(&fact).map(|fact| fact.to = Some(to))),
                Change::Retract { fact, at } => drop(self.facts.get_mut(&fact).map(|fact| fact.retracted = Some(at))),
                Change::EraseFact(id) => drop(self.facts.remove(&id)),
                Change::EraseEpisode(id) => {
                    self.suggestions.retain(|_, suggestion| suggestion.episode != id);
                    self.passages.retain(|(episode, ..)| *episode != id);
                    self.episodes.remove(&id);
                }
                Change::EraseEntity(id) => drop(self.entities.remove(&id)),
                Change::Bury(text) => drop(self.buried.insert(text)),
                Change::Exhume(text) => drop(self.buried.remove(&text)),
                Change::Suggest(suggestion) => {
                    self.highest.3 = self.highest.3.max(suggestion.id.0);
                    self.suggestions.insert(suggestion.id, suggestion);
                }
                Change::EraseSuggestion(id) => drop(self.suggestions.remove(&id)),
                Change::ReadTo(read_to) => self.read_to = read_to,
                Change::EmbedBy(model) => {
                    self.passages.clear();
                    self.embedded = Embedded::none_by(model);
                }
                Change::Embed { episode, passages } => {
                    self.embedded.to = episode;
                    self.passages.extend(passages.into_iter().map(|(span, passage)| (episode, span, passage)));
                }
                Change::Judged(verdict) => *self.judged.entry(verdict.name().to_owned()).or_default() += 1,
            }
        }
        Ok(())
    }
}

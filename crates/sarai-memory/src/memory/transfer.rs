//! Out to a file and in from one. What was forgotten stays forgotten, and an import adds nothing twice.

use std::collections::HashMap;

use super::store::{Change, Filter, States, Store, search_words};
use super::{Memory, Origin, Planner};
use crate::fact::{Arity, Entity, EntityId, Episode, EpisodeId, Evidence, Fact, FactId, Predicate, Source, Value};
use crate::text::fold;
use crate::time::{Moment, PartialDate};

/// One thing that a file holds. Entities stand before the facts about them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Record {
    Entity(Entity),
    Episode(Episode),
    Fact(Box<Fact>),
}

/// What an import did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Imported {
    pub facts: usize,
    pub episodes: usize,
    /// Known already.
    pub known: usize,
    /// Forgotten before, so left out.
    pub forgotten: usize,
}

impl<S: Store> Memory<S> {
    /// Everything that is remembered: entities, messages, facts, each in the order of ids.
    ///
    /// # Errors
    /// The store cannot be read.
    pub fn records(&self) -> Result<Vec<Record>, S::Error> {
        let mut facts =
            self.store.facts(&Filter { states: States::All, limit: Some(usize::MAX), ..Filter::default() })?;
        facts.reverse();
        let mut ids: Vec<EntityId> =
            facts.iter().flat_map(|fact| [Some(fact.subject), fact.object.entity]).flatten().collect();
        ids.sort();
        ids.dedup();
        let mut out = Vec::new();
        for id in ids {
            out.extend(self.store.entity(id)?.map(Record::Entity));
        }
        for id in (1..self.store.next_ids()?.episode).map(EpisodeId) {
            out.extend(self.store.episode(id)?.map(Record::Episode));
        }
        out.extend(facts.into_iter().map(|fact| Record::Fact(Box::new(fact))));
        Ok(out)
    }

    /// Takes records in, all of them or none.
    ///
    /// # Errors
    /// The store failed; nothing was taken in.
    pub fn import(&mut self, records: &[Record], at: Moment) -> Result<Imported, S::Error> {
        let mut done = Imported::default();
        let mut changes = Vec::new();
        let mut ids = self.store.next_ids()?;
        let entities = self.matched(records, &mut changes, &mut ids.entity, at)?;
        let mut episodes: HashMap<EpisodeId, EpisodeId> = HashMap::new();
        let mut taken: Vec<Fact> = Vec::new();
        for record in records {
            match record {
                Record::Entity(_) => {}
                Record::Episode(episode) => {
                    let id = EpisodeId(ids.episode);
                    if self.is_gone(&episode.text)? {
                        done.forgotten += 1;
                    } else if self.has_episode(episode)? {
                        done.known += 1;
                    } else {
                        changes.push(Change::AddEpisode(Episode { id, ..episode.clone() }));
                        episodes.insert(episode.id, id);
                        ids.episode += 1;
                        done.episodes += 1;
                    }
                }
                Record::Fact(fact) => {
                    let Some(fact) = self.adapted(fact, &entities, &episodes, FactId(ids.fact))? else { continue };
                    let mut buried = false;
                    for text in self.epitaphs_of(&fact, records, &entities)? {
                        buried |= self.store.is_buried(&text)?;
                    }
                    if buried {
                        done.forgotten += 1;
                    } else if self.has_fact(&fact)? || taken.iter().any(|known| same(known, &fact)) {
                        done.known += 1;
                    } else {
                        let fact = self.fitted(fact, &mut changes)?;
                        changes.push(Change::AddFact(fact.clone()));
                        taken.push(fact);
                        ids.fact += 1;
                        done.facts += 1;
                    }
                }
            }
        }
        self.store.apply(&changes)?;
        Ok(done)
    }

    /// Which entity of ours each entity of the file is; those that are nobody here are made.
    fn matched(
        &self,
        records: &[Record],
        changes: &mut Vec<Change>,
        next: &mut u64,
        at: Moment,
    ) -> Result<HashMap<EntityId, EntityId>, S::Error> {
        let mut out = HashMap::from([(EntityId::OWNER, EntityId::OWNER)]);
        for record in records {
            let Record::Entity(entity) = record else { continue };
            if entity.id == EntityId::OWNER {
                if self.store.entity(EntityId::OWNER)?.is_none_or(|known| known.names.is_empty())
                    && !entity.names.is_empty()
                {
                    changes.push(Change::SetNames { entity: EntityId::OWNER, names: entity.names.clone() });
                }
                continue;
            }
            let known = match entity.names.first() {
                Some(name) => {
                    let key = super::name_keys(entity.kind, name).remove(0);
                    let found = self.store.named(&key)?;
                    (found.len() == 1).then(|| found[0])
                }
                None => self.unnamed(entity.id, records, &out, at)?,
            };
            let id = known.unwrap_or_else(|| {
                *next += 1;
                let id = EntityId(*next - 1);
                changes.push(Change::AddEntity(Entity { id, ..entity.clone() }));
                id
            });
            out.insert(entity.id, id);
        }
        Ok(out)
    }

    /// Somebody without a name is known by whose what they are.
    fn unnamed(
        &self,
        id: EntityId,
        records: &[Record],
        known: &HashMap<EntityId, EntityId>,
        at: Moment,
    ) -> Result<Option<EntityId>, S::Error> {
        let relation = records.iter().find_map(|record| match record {
            Record::Fact(fact)
                if fact.object.entity == Some(id) && matches!(fact.predicate, Predicate::Relative | Predicate::Pet) =>
            {
                Some(fact)
            }
            _ => None,
        });
        let Some((base, relation)) = relation.and_then(|fact| Some((known.get(&fact.subject)?, fact))) else {
            return Ok(None);
        };
        let origin = Origin { at, source: Source::Imported, episode: None, text: "" };
        let planner = Planner::new(&self.store, self.store.next_ids()?, origin, &[]);
        for candidate in planner.candidates(*base, relation.predicate, &relation.kind)? {
            if self.store.entity(candidate)?.is_some_and(|entity| entity.names.is_empty()) {
                return Ok(Some(candidate));
            }
        }
        Ok(None)
    }

    /// A fact of the file with our ids; none if it speaks of an entity that the file does not have.
    fn adapted(
        &self,
        fact: &Fact,
        entities: &HashMap<EntityId, EntityId>,
        episodes: &HashMap<EpisodeId, EpisodeId>,
        id: FactId,
    ) -> Result<Option<Fact>, S::Error> {
        let Some(subject) = entities.get(&fact.subject).copied() else { return Ok(None) };
        let object = match fact.object.entity {
            Some(other) => match entities.get(&other) {
                Some(mine) => Value { text: fact.object.text.clone(), key: format!("e:{mine}"), entity: Some(*mine) },
                None => return Ok(None),
            },
            None => fact.object.clone(),
        };
        let episode = fact.evidence.episode.and_then(|id| episodes.get(&id).copied());
        let evidence = if self.is_gone(&fact.evidence.sentence)? {
            Evidence::default()
        } else {
            Evidence { episode, ..fact.evidence.clone() }
        };
        Ok(Some(Fact {
            id,
            subject,
            object,
            evidence,
            source: Source::Imported,
            confidence: fact.confidence.min(Source::Imported.confidence()),
            ..fact.clone()
        }))
    }

    fn is_gone(&self, text: &str) -> Result<bool, S::Error> {
        self.store.is_buried(&format!("episode|{}", fold(text)))
    }

    fn has_episode(&self, episode: &Episode) -> Result<bool, S::Error> {
        let words = search_words(&episode.text);
        let found = self.store.search_episodes(&words, 50)?;
        Ok(found.iter().any(|known| known.text == episode.text && known.recorded.utc_ms == episode.recorded.utc_ms))
    }

    fn has_fact(&self, fact: &Fact) -> Result<bool, S::Error> {
        let filter = Filter {
            subject: Some(fact.subject),
            predicate: Some(fact.predicate),
            kind: Some(fact.kind.clone()),
            states: States::All,
            ..Filter::default()
        };
        Ok(self.store.facts(&filter)?.iter().any(|known| same(known, fact)))
    }

    /// Of two values that cannot hold at once the one that was said later holds on.
    fn fitted(&self, fact: Fact, changes: &mut Vec<Change>) -> Result<Fact, S::Error> {
        if fact.predicate.arity() != Arity::One || fact.to.is_some() || fact.retracted.is_some() {
            return Ok(fact);
        }
        let filter = Filter {
            subject: Some(fact.subject),
            predicate: Some(fact.predicate),
            kind: Some(fact.kind.clone()),
            ..Filter::default()
        };
        let mut fact = fact;
        for known in self.store.facts(&filter)? {
            if known.recorded.utc_ms > fact.recorded.utc_ms {
                fact.to = Some(known.from.unwrap_or_else(|| PartialDate::Day(known.recorded.date())));
            } else {
                changes.push(Change::Close {
                    fact: known.id,
                    to: fact.from.unwrap_or_else(|| PartialDate::Day(fact.recorded.date())),
                });
            }
        }
        Ok(fact)
    }

    /// The epitaphs of a fact whose subject may be new: by the names and relations that the file gives it.
    fn epitaphs_of(
        &self,
        fact: &Fact,
        records: &[Record],
        entities: &HashMap<EntityId, EntityId>,
    ) -> Result<Vec<String>, S::Error> {
        let mut out = self.epitaphs(fact)?;
        let object = if fact.object.entity.is_some() { fold(&fact.object.text) } else { fact.object.key.clone() };
        for record in records {
            match record {
                Record::Entity(entity) if entities.get(&entity.id) == Some(&fact.subject) => {
                    out.extend(entity.names.iter().map(|name| format!("{}|{}|{object}", fold(name), fact.verb())));
                }
                Record::Fact(relation)
                    if relation.object.entity.and_then(|id| entities.get(&id)) == Some(&fact.subject) =>
                {
                    out.push(format!("{}|{}|{object}", fold(&relation.kind), fact.verb()));
                }
                _ => {}
            }
        }
        Ok(out)
    }
}

fn same(a: &Fact, b: &Fact) -> bool {
    (a.subject, a.predicate, &a.kind, &a.object.key, a.from) == (b.subject, b.predicate, &b.kind, &b.object.key, b.from)
        && (a.to == b.to || a.recorded.utc_ms == b.recorded.utc_ms)
}

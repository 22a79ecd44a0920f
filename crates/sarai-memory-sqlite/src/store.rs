//! Facts in SQLite: every value is a bound parameter, every list of changes one transaction.

use std::collections::BTreeMap;

use rusqlite::types::Value as SqlValue;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params, params_from_iter};
use sarai_memory::{
    Change, Embedded, Embedding, Entity, EntityId, EntityKind, Episode, EpisodeId, Evidence, FACTS_MAX, Fact, FactId,
    Filter, Moment, Near, NextIds, PartialDate, Predicate, Proposal, ReadTo, Source, States, Store, Suggestion,
    SuggestionId, Value, name_keys, search_words,
};
use sarai_types::Language;

use crate::schema::PREFIX_CHARS;
use crate::{SqliteStore, StoreError, vectors};

const FACT_COLUMNS: &str = "id, subject_id, predicate, kind, object, object_key, object_id, valid_from, valid_to, recorded_ms, \
     recorded_offset, retracted_ms, retracted_offset, source, confidence, language, episode_id, sentence, span_first, \
     span_last";
/// So many matches are looked at for a search, the newest first.
const MATCHES_MAX: usize = 512;
/// So many words are looked for all in one row.
const TOGETHER_MAX: usize = 8;
/// So many words of a question are looked for.
const WORDS_MAX: usize = 32;

impl SqliteStore {
    /// One fact, whatever became of it.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn fact(&self, id: FactId) -> Result<Option<Fact>, StoreError> {
        let query = format!("SELECT {FACT_COLUMNS} FROM entity_memory WHERE id = ?1");
        let row = self.connection.prepare_cached(&query)?.query_row([sql(id.0)], fact).optional()?;
        row.map(|fact| fact.ok_or(StoreError::Row)).transpose()
    }
}

impl Store for SqliteStore {
    type Error = StoreError;

    fn next_ids(&self) -> Result<NextIds, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT seq FROM sqlite_sequence WHERE name = ?1")?;
        let mut next = |table: &str, floor: u64| -> Result<u64, StoreError> {
            let last: Option<i64> = statement.query_row([table], |row| row.get(0)).optional()?;
            Ok(u64::try_from(last.unwrap_or(0)).unwrap_or(0).max(floor) + 1)
        };
        Ok(NextIds {
            fact: next("entity_memory", 0)?,
            entity: next("entity", EntityId::OWNER.0)?,
            episode: next("episode", 0)?,
            suggestion: next("suggestion", 0)?,
        })
    }

    fn entity(&self, id: EntityId) -> Result<Option<Entity>, StoreError> {
        let kind: Option<String> = self
            .connection
            .prepare_cached("SELECT kind FROM entity WHERE id = ?1")?
            .query_row([sql(id.0)], |row| row.get(0))
            .optional()?;
        let Some(kind) = kind else { return Ok(None) };
        let names = names(&self.connection, id)?;
        Ok(Some(Entity { id, kind: EntityKind::from_name(&kind).unwrap_or(EntityKind::Person), names }))
    }

    fn named(&self, key: &str) -> Result<Vec<EntityId>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT entity_id FROM entity_key WHERE key = ?1 ORDER BY entity_id")?;
        let ids = statement.query_map([key], |row| row.get::<_, i64>(0))?;
        ids.map(|id| Ok(EntityId(u64::try_from(id?).unwrap_or(0)))).collect()
    }

    fn facts(&self, filter: &Filter) -> Result<Vec<Fact>, StoreError> {
        let mut query = format!("SELECT {FACT_COLUMNS} FROM entity_memory WHERE 1");
        let mut values: Vec<SqlValue> = Vec::new();
        let mut condition = |column: &str, value: Option<SqlValue>| {
            if let Some(value) = value {
                values.push(value);
                query.push_str(&format!(" AND {column} ?{}", values.len()));
            }
        };
        // Without statistics SQLite takes an index that is in the order of ids before one that finds less, and among equals any.
        // So each condition that shall only filter is marked by a plus: what one person does and how is rare, what a thing is
        // called rarer only than all that the owner does.
        let by_key = filter.object_key.is_some() && filter.subject.is_none_or(|subject| subject == EntityId::OWNER);
        let rare = by_key || filter.subject.is_some() || filter.object.is_some();
        let only_filters =
            |filters: bool, column: &'static str| if filters { format!("+{column}") } else { column.to_owned() };
        condition(&only_filters(by_key, "subject_id ="), filter.subject.map(|id| sql(id.0).into()));
        let by_object = filter.object.is_some() && filter.subject.is_none() && !by_key;
        condition(
            &only_filters(by_object, "predicate ="),
            filter.predicate.map(|predicate| predicate.name().to_owned().into()),
        );
        condition("kind =", filter.kind.clone().map(Into::into));
        condition(&only_filters(!by_key, "object_key ="), filter.object_key.clone().map(Into::into));
        condition("object_id =", filter.object.map(|id| sql(id.0).into()));
        condition("episode_id =", filter.episode.map(|id| sql(id.0).into()));
        condition("recorded_ms >=", filter.since_utc_ms.map(Into::into));
        if filter.states == States::Open {
            query.push_str(" AND retracted_ms IS NULL AND valid_to IS NULL");
        }
        query.push_str(if rare { " ORDER BY +id DESC LIMIT " } else { " ORDER BY id DESC LIMIT " });
        query.push_str(&i64::try_from(filter.limit.unwrap_or(FACTS_MAX)).unwrap_or(i64::MAX).to_string());
        let mut statement = self.connection.prepare_cached(&query)?;
        let rows = statement.query_map(params_from_iter(values), fact)?;
        rows.map(|row| row?.ok_or(StoreError::Row)).collect()
    }

    fn search_facts(&self, words: &[String], limit: usize) -> Result<Vec<Fact>, StoreError> {
        let mut found = Vec::new();
        for (id, score) in self.matching("fact_words", words, limit)? {
            if let Some(fact) = self.fact(FactId(u64::try_from(id).unwrap_or(0)))? {
                found.push((score, fact));
            }
        }
        Ok(found.into_iter().map(|(_, fact)| fact).collect())
    }

    fn search_episodes(&self, words: &[String], limit: usize) -> Result<Vec<Episode>, StoreError> {
        let mut found = Vec::new();
        for (id, _) in self.matching("episode_words", words, limit)? {
            found.extend(self.episode(EpisodeId(u64::try_from(id).unwrap_or(0)))?);
        }
        Ok(found)
    }

    fn episode(&self, id: EpisodeId) -> Result<Option<Episode>, StoreError> {
        let mut statement = self
            .connection
            .prepare_cached("SELECT text, language, recorded_ms, recorded_offset FROM episode WHERE id = ?1")?;
        let row = statement.query_row([sql(id.0)], |row| {
            Ok(Episode {
                id,
                text: row.get(0)?,
                language: Language::from_tag(&row.get::<_, String>(1)?).unwrap_or_default(),
                recorded: Moment::new(row.get(2)?, row.get(3)?),
            })
        });
        Ok(row.optional()?)
    }

    fn is_buried(&self, text: &str) -> Result<bool, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT 1 FROM buried WHERE hash = ?1")?;
        Ok(statement.exists([self.hash(text)])?)
    }

    fn suggestions(&self) -> Result<Vec<Suggestion>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT id, episode_id, subject, verb, object, language, recorded_ms, recorded_offset, sentence_first,
             sentence_last, span_first, span_last FROM suggestion ORDER BY id",
        )?;
        let rows = statement.query_map([], suggestion)?;
        rows.map(|row| row?.ok_or(StoreError::Row)).collect()
    }

    fn read_to(&self) -> Result<ReadTo, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT episode_id, byte FROM read_to")?;
        let row =
            statement.query_row([], |row| Ok(ReadTo { episode: EpisodeId(unsigned(row, 0)?), byte: place(row, 1)? }));
        Ok(row.optional()?.unwrap_or_default())
    }

    fn judged(&self) -> Result<BTreeMap<String, u64>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT verdict, proposals FROM judged")?;
        let rows = statement.query_map([], |row| Ok((row.get(0)?, unsigned(row, 1)?)))?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    fn embedded(&self) -> Result<Embedded, StoreError> {
        vectors::embedded(&self.connection)
    }

    fn nearest(&self, to: &Embedding, limit: usize) -> Result<Vec<Near>, StoreError> {
        vectors::nearest(&self.connection, to, limit)
    }

    fn apply(&mut self, changes: &[Change]) -> Result<(), StoreError> {
        if changes.is_empty() {
            return Ok(());
        }
        let salt = self.salt;
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        for change in changes {
            perform(&transaction, change, &salt)?;
        }
        transaction.commit()?;
        Ok(())
    }
}

impl SqliteStore {
    pub(crate) fn hash(&self, text: &str) -> Vec<u8> {
        hash(&self.salt, text)
    }

    /// Rows of a table of words that hold most of the words, each as the beginning of one; among equals the newest.
    fn matching(&self, table: &str, words: &[String], limit: usize) -> Result<Vec<(i64, usize)>, StoreError> {
        // The words are only letters and digits, so that nothing in them means something to the full text index.
        let words: Vec<&String> =
            words.iter().filter(|word| word.chars().all(char::is_alphanumeric)).take(WORDS_MAX).collect();
        if words.is_empty() {
            return Ok(Vec::new());
        }
        let joined = |how: &str, term: &dyn Fn(&str) -> String| {
            words.iter().map(|word| term(word)).collect::<Vec<_>>().join(how)
        };
        let whole = |word: &str| format!("\"{word}\"");
        let longer = |word: &str| format!("\"{word}\"*");
        // What has an index costs the rows that are read, any longer beginning all that hold it.
        let indexed = |word: &str| longer(&word.chars().take(PREFIX_CHARS).collect::<String>());
        // Rows with all words are wanted first, however old they are. Of many words no row holds all.
        let mut found = Vec::new();
        if words.len() <= TOGETHER_MAX {
            found = self.holding(table, &joined(" AND ", &whole), &words)?;
        }
        if words.len() <= TOGETHER_MAX && found.is_empty() {
            found = self.holding(table, &joined(" AND ", &longer), &words)?;
        }
        if words.len() > 1 {
            found.extend(self.holding(table, &joined(" OR ", &whole), &words)?);
        }
        found.extend(self.holding(table, &joined(" OR ", &indexed), &words)?);
        found.sort_by_key(|(id, score)| (std::cmp::Reverse(*score), std::cmp::Reverse(*id)));
        found.dedup();
        found.truncate(limit);
        Ok(found)
    }

    /// The newest rows that a search finds, with how many of the words they hold, each as the beginning of one.
    fn holding(&self, table: &str, search: &str, words: &[&String]) -> Result<Vec<(i64, usize)>, StoreError> {
        let query =
            format!("SELECT rowid, words FROM {table} WHERE {table} MATCH ?1 ORDER BY rowid DESC LIMIT {MATCHES_MAX}");
        let mut statement = self.connection.prepare_cached(&query)?;
        let rows = statement.query_map([search], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?)))?;
        let mut found = Vec::new();
        for row in rows {
            let (id, text) = row?;
            let present: Vec<&str> = text.split(' ').collect();
            let score = words.iter().filter(|word| present.iter().any(|p| p.starts_with(word.as_str()))).count();
            found.extend((score > 0).then_some((id, score)));
        }
        Ok(found)
    }
}

pub(crate) fn hash(salt: &[u8; 32], text: &str) -> Vec<u8> {
    blake3::keyed_hash(salt, text.as_bytes()).as_bytes().to_vec()
}

/// SQLite's integers are signed; ids are counted from 1 and never reach the sign.
pub(crate) fn sql(id: u64) -> i64 {
    i64::try_from(id).unwrap_or(i64::MAX)
}

fn names(connection: &Connection, id: EntityId) -> Result<Vec<String>, StoreError> {
    let mut statement =
        connection.prepare_cached("SELECT name FROM entity_name WHERE entity_id = ?1 ORDER BY position")?;
    let names = statement.query_map([sql(id.0)], |row| row.get(0))?;
    Ok(names.collect::<Result<_, _>>()?)
}

pub(crate) fn unsigned(row: &Row<'_>, at: usize) -> rusqlite::Result<u64> {
    Ok(u64::try_from(row.get::<_, i64>(at)?).unwrap_or(0))
}

/// A position in bytes.
pub(crate) fn place(row: &Row<'_>, at: usize) -> rusqlite::Result<usize> {
    Ok(usize::try_from(row.get::<_, i64>(at)?).unwrap_or(0))
}

/// A row as a suggestion; none if it is none.
fn suggestion(row: &Row<'_>) -> rusqlite::Result<Option<Suggestion>> {
    let Some(predicate) = Predicate::from_name(&row.get::<_, String>(3)?) else { return Ok(None) };
    Ok(Some(Suggestion {
        id: SuggestionId(unsigned(row, 0)?),
        episode: EpisodeId(unsigned(row, 1)?),
        proposal: Proposal {
            subject: row.get(2)?,
            predicate,
            object: row.get(4)?,
            span: (place(row, 10)?, place(row, 11)?),
        },
        language: Language::from_tag(&row.get::<_, String>(5)?).unwrap_or_default(),
        recorded: Moment::new(row.get(6)?, row.get(7)?),
        sentence: (place(row, 8)?, place(row, 9)?),
    }))
}

/// A row as a fact; none if it is none, such as one that another program wrote.
fn fact(row: &Row<'_>) -> rusqlite::Result<Option<Fact>> {
    let optional = |at: usize| -> rusqlite::Result<Option<u64>> {
        Ok(row.get::<_, Option<i64>>(at)?.and_then(|value| u64::try_from(value).ok()))
    };
    let date = |at: usize| -> rusqlite::Result<Option<PartialDate>> {
        Ok(row.get::<_, Option<String>>(at)?.and_then(|text| PartialDate::parse(&text)))
    };
    let Some(predicate) = Predicate::from_name(&row.get::<_, String>(2)?) else { return Ok(None) };
    let retracted = match (row.get::<_, Option<i64>>(11)?, row.get::<_, Option<i16>>(12)?) {
        (Some(ms), offset) => Some(Moment::new(ms, offset.unwrap_or(0))),
        (None, _) => None,
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of one, held to it")]
    let confidence = (row.get::<_, f64>(14)?.clamp(0.0, 1.0) * 100.0).round() as u8;
    Ok(Some(Fact {
        id: FactId(unsigned(row, 0)?),
        subject: EntityId(unsigned(row, 1)?),
        predicate,
        kind: row.get(3)?,
        object: Value { text: row.get(4)?, key: row.get(5)?, entity: optional(6)?.map(EntityId) },
        from: date(7)?,
        to: date(8)?,
        recorded: Moment::new(row.get(9)?, row.get(10)?),
        retracted,
        source: row.get::<_, Option<String>>(13)?.and_then(|name| Source::from_name(&name)).unwrap_or(Source::Imported),
        confidence,
        language: Language::from_tag(&row.get::<_, String>(15)?).unwrap_or_default(),
        evidence: Evidence {
            episode: optional(16)?.map(EpisodeId),
            sentence: row.get(17)?,
            span: (place(row, 18)?, place(row, 19)?),
        },
    }))
}

/// Performs one change within its transaction.
fn perform(transaction: &Transaction<'_>, change: &Change, salt: &[u8; 32]) -> Result<(), StoreError> {
    let run = |query: &str, values: &[&dyn rusqlite::ToSql]| -> Result<(), StoreError> {
        transaction.prepare_cached(query)?.execute(values)?;
        Ok(())
    };
    match change {
        Change::AddEpisode(episode) => {
            run(
                "INSERT INTO episode (id, text, language, recorded_ms, recorded_offset) VALUES (?1, ?2, ?3, ?4, ?5)",
                params![
                    sql(episode.id.0),
                    episode.text,
                    episode.language.tag(),
                    episode.recorded.utc_ms,
                    episode.recorded.offset_minutes
                ],
            )?;
            let words = search_words(&episode.text).join(" ");
            run("INSERT INTO episode_words(rowid, words) VALUES (?1, ?2)", params![sql(episode.id.0), words])
        }
        Change::AddEntity(entity) => {
            run(
                "INSERT OR IGNORE INTO entity (id, kind) VALUES (?1, ?2)",
                params![sql(entity.id.0), entity.kind.name()],
            )?;
            set_names(transaction, entity.id, &entity.names)
        }
        Change::SetNames { entity, names } => {
            run("INSERT OR IGNORE INTO entity (id, kind) VALUES (?1, 'person')", params![sql(entity.0)])?;
            set_names(transaction, *entity, names)
        }
        Change::AddFact(fact) => add_fact(transaction, fact),
        Change::Close { fact, to } => {
            run("UPDATE entity_memory SET valid_to = ?2 WHERE id = ?1", params![sql(fact.0), to.to_string()])
        }
        Change::Retract { fact, at } => run(
            "UPDATE entity_memory SET retracted_ms = ?2, retracted_offset = ?3 WHERE id = ?1",
            params![sql(fact.0), at.utc_ms, at.offset_minutes],
        ),
        Change::EraseFact(id) => {
            run("DELETE FROM fact_words WHERE rowid = ?1", params![sql(id.0)])?;
            run("DELETE FROM entity_memory WHERE id = ?1", params![sql(id.0)])
        }
        Change::EraseEpisode(id) => {
            run("DELETE FROM episode_words WHERE rowid = ?1", params![sql(id.0)])?;
            run("DELETE FROM suggestion WHERE episode_id = ?1", params![sql(id.0)])?;
            vectors::erase(transaction, *id)?;
            run("DELETE FROM episode WHERE id = ?1", params![sql(id.0)])
        }
        Change::EraseEntity(id) => {
            run("DELETE FROM entity_name WHERE entity_id = ?1", params![sql(id.0)])?;
            run("DELETE FROM entity_key WHERE entity_id = ?1", params![sql(id.0)])?;
            run("DELETE FROM entity WHERE id = ?1", params![sql(id.0)])
        }
        Change::Bury(text) => run("INSERT OR IGNORE INTO buried (hash) VALUES (?1)", params![hash(salt, text)]),
        Change::Exhume(text) => run("DELETE FROM buried WHERE hash = ?1", params![hash(salt, text)]),
        Change::Suggest(suggestion) => suggest(transaction, suggestion),
        Change::EraseSuggestion(id) => run("DELETE FROM suggestion WHERE id = ?1", params![sql(id.0)]),
        Change::ReadTo(ReadTo { episode, byte }) => {
            let query = "INSERT OR REPLACE INTO read_to (id, episode_id, byte) VALUES (1, ?1, ?2)";
            run(query, params![sql(episode.0), position(*byte)])
        }
        Change::EmbedBy(model) => vectors::begin(transaction, model),
        Change::Embed { episode, passages } => vectors::keep(transaction, *episode, passages),
        Change::Judged(verdict) => {
            let query = "INSERT INTO judged (verdict, proposals) VALUES (?1, 1)
                         ON CONFLICT (verdict) DO UPDATE SET proposals = proposals + 1";
            run(query, params![verdict.name()])
        }
    }
}

fn suggest(transaction: &Transaction<'_>, suggestion: &Suggestion) -> Result<(), StoreError> {
    let Suggestion { id, episode, proposal, sentence, language, recorded } = suggestion;
    let query = "INSERT INTO suggestion (id, episode_id, subject, verb, object, language, recorded_ms, recorded_offset,
         sentence_first, sentence_last, span_first, span_last) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12)";
    transaction.prepare_cached(query)?.execute(params![
        sql(id.0),
        sql(episode.0),
        proposal.subject,
        proposal.predicate.name(),
        proposal.object,
        language.tag(),
        recorded.utc_ms,
        recorded.offset_minutes,
        position(sentence.0),
        position(sentence.1),
        position(proposal.span.0),
        position(proposal.span.1),
    ])?;
    Ok(())
}

/// Bytes, as SQLite counts them.
pub(crate) fn position(byte: usize) -> i64 {
    i64::try_from(byte).unwrap_or(i64::MAX)
}

fn set_names(transaction: &Transaction<'_>, id: EntityId, names: &[String]) -> Result<(), StoreError> {
    let kind: String = transaction
        .prepare_cached("SELECT kind FROM entity WHERE id = ?1")?
        .query_row([sql(id.0)], |row| row.get(0))?;
    let kind = EntityKind::from_name(&kind).unwrap_or(EntityKind::Person);
    for table in ["entity_name", "entity_key"] {
        transaction.prepare_cached(&format!("DELETE FROM {table} WHERE entity_id = ?1"))?.execute([sql(id.0)])?;
    }
    for (position, name) in (0_i64..).zip(names) {
        transaction
            .prepare_cached("INSERT INTO entity_name (entity_id, position, name) VALUES (?1, ?2, ?3)")?
            .execute(params![sql(id.0), position, name])?;
        for key in name_keys(kind, name) {
            transaction
                .prepare_cached("INSERT OR IGNORE INTO entity_key (key, entity_id) VALUES (?1, ?2)")?
                .execute(params![key, sql(id.0)])?;
        }
    }
    // The first plan's readers know subjects by their names.
    let label = if id == EntityId::OWNER { "" } else { names.first().map_or("", String::as_str) };
    transaction
        .prepare_cached("UPDATE entity_memory SET subject = ?2 WHERE subject_id = ?1")?
        .execute(params![sql(id.0), label])?;
    Ok(())
}

fn add_fact(transaction: &Transaction<'_>, fact: &Fact) -> Result<(), StoreError> {
    let label = if fact.subject == EntityId::OWNER {
        String::new()
    } else {
        names(transaction, fact.subject)?.into_iter().next().unwrap_or_default()
    };
    transaction
        .prepare_cached(
            "INSERT INTO entity_memory (id, subject, verb, object, timestamp, confidence, source, subject_id, predicate, kind,
             object_key, object_id, valid_from, valid_to, recorded_ms, recorded_offset, retracted_ms, retracted_offset,
             language, episode_id, sentence, span_first, span_last)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22,
             ?23)",
        )?
        .execute(params![
            sql(fact.id.0),
            label,
            fact.verb(),
            fact.object.text,
            Moment::new(fact.recorded.utc_ms, 0).to_string().replace('T', " ").trim_end_matches("+00:00"),
            f64::from(fact.confidence) / 100.0,
            fact.source.name(),
            sql(fact.subject.0),
            fact.predicate.name(),
            fact.kind,
            fact.object.key,
            fact.object.entity.map(|id| sql(id.0)),
            fact.from.map(|date| date.to_string()),
            fact.to.map(|date| date.to_string()),
            fact.recorded.utc_ms,
            fact.recorded.offset_minutes,
            fact.retracted.map(|moment| moment.utc_ms),
            fact.retracted.map(|moment| moment.offset_minutes),
            fact.language.tag(),
            fact.evidence.episode.map(|id| sql(id.0)),
            fact.evidence.sentence,
            position(fact.evidence.span.0),
            position(fact.evidence.span.1),
        ])?;
    let words = search_words(&format!("{} {} {}", fact.evidence.sentence, fact.object.text, fact.object.key)).join(" ");
    transaction
        .prepare_cached("INSERT INTO fact_words(rowid, words) VALUES (?1, ?2)")?
        .execute(params![sql(fact.id.0), words])?;
    Ok(())
}

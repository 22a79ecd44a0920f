//! The tables, and how an older file becomes a current one.
//!
//! Version 1 is the table of the product's first plan. Every later version is one step, made in one transaction; a file
//! of a newer version is not touched.

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use crate::StoreError;

/// The version that this program writes.
pub(crate) const VERSION: i64 = 7;

/// The first plan's table and indexes.
pub(crate) const V1: &str = "
CREATE TABLE entity_memory (
    id INTEGER PRIMARY KEY AUTOINCREMENT,
    subject TEXT NOT NULL,
    verb TEXT NOT NULL,
    object TEXT NOT NULL,
    timestamp DATETIME DEFAULT CURRENT_TIMESTAMP,
    confidence REAL DEFAULT 1.0,
    source TEXT
);
CREATE INDEX idx_svo ON entity_memory(subject, verb, object);
CREATE INDEX idx_timestamp ON entity_memory(timestamp DESC);
CREATE INDEX idx_confidence ON entity_memory(confidence DESC);
";

/// Ids that belong to no language, time, provenance, messages and full text.
const V2: &str = "
ALTER TABLE entity_memory ADD COLUMN subject_id INTEGER NOT NULL DEFAULT 1;
ALTER TABLE entity_memory ADD COLUMN predicate TEXT NOT NULL DEFAULT 'note';
ALTER TABLE entity_memory ADD COLUMN kind TEXT NOT NULL DEFAULT '';
ALTER TABLE entity_memory ADD COLUMN object_key TEXT NOT NULL DEFAULT '';
ALTER TABLE entity_memory ADD COLUMN object_id INTEGER;
ALTER TABLE entity_memory ADD COLUMN valid_from TEXT;
ALTER TABLE entity_memory ADD COLUMN valid_to TEXT;
ALTER TABLE entity_memory ADD COLUMN recorded_ms INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entity_memory ADD COLUMN recorded_offset INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entity_memory ADD COLUMN retracted_ms INTEGER;
ALTER TABLE entity_memory ADD COLUMN retracted_offset INTEGER;
ALTER TABLE entity_memory ADD COLUMN language TEXT NOT NULL DEFAULT 'es';
ALTER TABLE entity_memory ADD COLUMN episode_id INTEGER;
ALTER TABLE entity_memory ADD COLUMN sentence TEXT NOT NULL DEFAULT '';
ALTER TABLE entity_memory ADD COLUMN span_first INTEGER NOT NULL DEFAULT 0;
ALTER TABLE entity_memory ADD COLUMN span_last INTEGER NOT NULL DEFAULT 0;
CREATE INDEX idx_subject ON entity_memory(subject_id, predicate, kind);
CREATE INDEX idx_object_key ON entity_memory(object_key, predicate);
CREATE INDEX idx_object ON entity_memory(object_id) WHERE object_id IS NOT NULL;
CREATE INDEX idx_episode ON entity_memory(episode_id) WHERE episode_id IS NOT NULL;
CREATE INDEX idx_predicate ON entity_memory(predicate);
CREATE TABLE entity (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL);
CREATE TABLE entity_name (entity_id INTEGER NOT NULL, position INTEGER NOT NULL, name TEXT NOT NULL,
    PRIMARY KEY (entity_id, position)) WITHOUT ROWID;
CREATE TABLE entity_key (key TEXT NOT NULL, entity_id INTEGER NOT NULL, PRIMARY KEY (key, entity_id)) WITHOUT ROWID;
CREATE TABLE episode (id INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, language TEXT NOT NULL,
    recorded_ms INTEGER NOT NULL, recorded_offset INTEGER NOT NULL);
CREATE VIRTUAL TABLE fact_words USING fts5(words, tokenize = \"unicode61 remove_diacritics 0\");
CREATE VIRTUAL TABLE episode_words USING fts5(words, tokenize = \"unicode61 remove_diacritics 0\");
INSERT INTO fact_words(fact_words, rank) VALUES ('secure-delete', 1);
INSERT INTO episode_words(episode_words, rank) VALUES ('secure-delete', 1);
";

/// What was forgotten, as salted hashes, and what waits for the owner's word.
const V3: &str = "
CREATE TABLE meta (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
INSERT INTO meta (name, value) VALUES ('salt', randomblob(32));
CREATE TABLE buried (hash BLOB PRIMARY KEY) WITHOUT ROWID;
CREATE TABLE suggestion (id INTEGER PRIMARY KEY AUTOINCREMENT, episode_id INTEGER NOT NULL, subject TEXT NOT NULL,
    verb TEXT NOT NULL, object TEXT NOT NULL, language TEXT NOT NULL, recorded_ms INTEGER NOT NULL,
    recorded_offset INTEGER NOT NULL);
";

/// Where a suggestion stands in its message, up to where messages were looked through, and how proposals were judged.
const V4: &str = "
ALTER TABLE suggestion ADD COLUMN sentence_first INTEGER NOT NULL DEFAULT 0;
ALTER TABLE suggestion ADD COLUMN sentence_last INTEGER NOT NULL DEFAULT 0;
ALTER TABLE suggestion ADD COLUMN span_first INTEGER NOT NULL DEFAULT 0;
ALTER TABLE suggestion ADD COLUMN span_last INTEGER NOT NULL DEFAULT 0;
CREATE INDEX idx_suggestion_episode ON suggestion(episode_id);
CREATE TABLE read_to (id INTEGER PRIMARY KEY CHECK (id = 1), episode_id INTEGER NOT NULL, byte INTEGER NOT NULL);
CREATE TABLE judged (verdict TEXT PRIMARY KEY, proposals INTEGER NOT NULL) WITHOUT ROWID;
";

/// What passages of messages mean, as vectors of one model, and up to which message.
const V5: &str = "
CREATE TABLE embedding (episode_id INTEGER NOT NULL, span_first INTEGER NOT NULL, span_last INTEGER NOT NULL,
    vector BLOB NOT NULL, PRIMARY KEY (episode_id, span_first, span_last)) WITHOUT ROWID;
CREATE TABLE embedded (id INTEGER PRIMARY KEY CHECK (id = 1), model TEXT NOT NULL, episode_id INTEGER NOT NULL);
";

/// The keys of somebody's names, which are made anew with the names.
const V6: &str = "CREATE INDEX idx_entity_key ON entity_key(entity_id);";

/// Beginnings of words have an index of their own: whatever many rows hold is found without reading all of them.
const V7: &str = "
CREATE VIRTUAL TABLE anew USING fts5(words, prefix = '3 4 5', tokenize = \"unicode61 remove_diacritics 0\");
INSERT INTO anew(rowid, words) SELECT rowid, words FROM fact_words;
DROP TABLE fact_words;
ALTER TABLE anew RENAME TO fact_words;
CREATE VIRTUAL TABLE anew USING fts5(words, prefix = '3 4 5', tokenize = \"unicode61 remove_diacritics 0\");
INSERT INTO anew(rowid, words) SELECT rowid, words FROM episode_words;
DROP TABLE episode_words;
ALTER TABLE anew RENAME TO episode_words;
INSERT INTO fact_words(fact_words, rank) VALUES ('secure-delete', 1);
INSERT INTO episode_words(episode_words, rank) VALUES ('secure-delete', 1);
";

/// The longest beginning of a word that has an index.
pub(crate) const PREFIX_CHARS: usize = 5;

/// The version of a file; 0 is an empty one.
pub(crate) fn version(connection: &Connection) -> Result<i64, StoreError> {
    let stamped: i64 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
    if stamped > 0 {
        return Ok(stamped);
    }
    // The first plan stamped nothing.
    let seed: Option<i64> = connection
        .query_row("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'entity_memory'", [], |row| row.get(0))
        .optional()?;
    Ok(seed.unwrap_or(0))
}

/// Brings a file to [`VERSION`]. Either all steps are made or none.
pub(crate) fn migrate(connection: &mut Connection, from: i64) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
    if from < 1 {
        transaction.execute_batch(V1)?;
    }
    if from < 2 {
        transaction.execute_batch(V2)?;
        adopt(&transaction)?;
    }
    if from < 3 {
        transaction.execute_batch(V3)?;
    }
    if from < 4 {
        transaction.execute_batch(V4)?;
    }
    if from < 5 {
        transaction.execute_batch(V5)?;
    }
    if from < 6 {
        transaction.execute_batch(V6)?;
    }
    if from < 7 {
        transaction.execute_batch(V7)?;
    }
    transaction.pragma_update(None, "user_version", VERSION)?;
    transaction.commit()?;
    Ok(())
}

/// Gives the rows of version 1 their ids. Their verbs were words of Spanish; one that is known becomes its predicate,
/// any other row is kept as a note, word by word.
fn adopt(transaction: &Transaction<'_>) -> Result<(), StoreError> {
    let mut rows = transaction.prepare("SELECT id, subject, verb, object, timestamp FROM entity_memory")?;
    let list: Vec<(i64, String, String, String, String)> = rows
        .query_map([], |row| {
            Ok((
                row.get(0)?,
                row.get(1)?,
                row.get(2)?,
                row.get(3)?,
                row.get::<_, Option<String>>(4)?.unwrap_or_default(),
            ))
        })?
        .collect::<Result<_, _>>()?;
    drop(rows);
    for (id, subject, verb, object, timestamp) in list {
        let predicate = predicate_of(&verb);
        let owner = ["yo", "usuario", "user", "i", "me", ""].contains(&sarai_memory::fold(&subject).as_str());
        let text = if predicate == "note" { format!("{subject} {verb} {object}") } else { object };
        let subject_id = if owner || predicate == "note" { 1 } else { named(transaction, &subject)? };
        let label = if subject_id == 1 { String::new() } else { subject };
        let recorded = sarai_memory::Moment::parse(&timestamp.replace(' ', "T")).map_or(0, |moment| moment.utc_ms);
        let words = sarai_memory::search_words(&text).join(" ");
        transaction.execute(
            "UPDATE entity_memory SET subject = ?2, verb = ?3, object = ?4, subject_id = ?5, predicate = ?3, object_key = ?6,
             recorded_ms = ?7, source = 'imported' WHERE id = ?1",
            params![id, label, predicate, text, subject_id, sarai_memory::key(&text), recorded],
        )?;
        transaction.execute("INSERT INTO fact_words(rowid, words) VALUES (?1, ?2)", params![id, words])?;
    }
    Ok(())
}

fn predicate_of(verb: &str) -> &'static str {
    match sarai_memory::fold(verb).as_str() {
        "vive_en" | "vive" | "vivir" | "lives_in" => "lives_in",
        "trabaja_en" | "works_at" => "works_at",
        "se_llama" | "name" => "name",
        "le_gusta" | "me_gusta" | "likes" => "likes",
        _ => "note",
    }
}

fn named(transaction: &Transaction<'_>, name: &str) -> Result<i64, StoreError> {
    let key = sarai_memory::fold(name);
    let known = transaction
        .query_row("SELECT entity_id FROM entity_key WHERE key = ?1", [&key], |row| row.get(0))
        .optional()?;
    if let Some(id) = known {
        return Ok(id);
    }
    // The owner is 1, whether or not anything is known of them.
    transaction.execute("INSERT OR IGNORE INTO sqlite_sequence(name, seq) SELECT 'entity', 1 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = 'entity')", [])?;
    transaction.execute("INSERT INTO entity (kind) VALUES ('person')", [])?;
    let id = transaction.last_insert_rowid();
    transaction.execute("INSERT INTO entity_name (entity_id, position, name) VALUES (?1, 0, ?2)", params![id, name])?;
    transaction.execute("INSERT OR IGNORE INTO entity_key (key, entity_id) VALUES (?1, ?2)", params![key, id])?;
    Ok(id)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_version_becomes_the_current_one() {
        for from in 0..=VERSION {
            let mut connection = Connection::open_in_memory().unwrap();
            for (step, text) in (1..=from).zip([V1, V2, V3, V4, V5, V6, V7]) {
                connection.execute_batch(text).unwrap();
                if step == 1 {
                    let row = "INSERT INTO entity_memory (subject, verb, object) VALUES ('Ana', 'vive_en', 'Lugo')";
                    connection.execute_batch(row).unwrap();
                } else {
                    if step == 2 {
                        let words = "INSERT INTO fact_words (rowid, words) VALUES (1, 'ana vive en lugo')";
                        connection.execute_batch(words).unwrap();
                    }
                    connection.pragma_update(None, "user_version", step).unwrap();
                }
            }
            assert_eq!(version(&connection).unwrap(), from);
            migrate(&mut connection, from).unwrap();
            assert_eq!(version(&connection).unwrap(), VERSION);
            let rows: i64 = connection.query_row("SELECT count(*) FROM entity_memory", [], |row| row.get(0)).unwrap();
            assert_eq!(rows, i64::from(from > 0), "from version {from}");
            let found = "SELECT count(*) FROM fact_words WHERE fact_words MATCH '\"lug\"*'";
            let found: i64 = connection.query_row(found, [], |row| row.get(0)).unwrap();
            assert_eq!(found, i64::from(from > 0), "from version {from}");
            let verdict: String = connection.query_row("PRAGMA integrity_check", [], |row| row.get(0)).unwrap();
            assert_eq!(verdict, "ok");
        }
    }
}

//! The tables. A file of a newer version is not touched.

use rusqlite::{Connection, TransactionBehavior};

use crate::StoreError;

/// The version that this program writes. Version 1 kept the words of facts.
pub(crate) const VERSION: i64 = 2;

const V1: &str = "
CREATE TABLE holder (id INTEGER PRIMARY KEY CHECK (id = 1), epoch INTEGER NOT NULL, boot TEXT NOT NULL,
    until_ms INTEGER NOT NULL);
INSERT INTO holder VALUES (1, 0, '', 0);
CREATE TABLE rule (id TEXT PRIMARY KEY, form TEXT NOT NULL, since_ms INTEGER NOT NULL, made_ms INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE rule_state (rule TEXT PRIMARY KEY, trigger_text TEXT NOT NULL, status TEXT NOT NULL,
    cursor_ms INTEGER NOT NULL, crossed INTEGER NOT NULL, dismissed INTEGER NOT NULL, failing INTEGER NOT NULL)
    WITHOUT ROWID;
CREATE TABLE task (id TEXT PRIMARY KEY, rule TEXT NOT NULL, at_ms INTEGER NOT NULL, subject TEXT NOT NULL,
    missed INTEGER NOT NULL, attempts INTEGER NOT NULL, state TEXT NOT NULL, state_ms INTEGER, detail TEXT NOT NULL,
    opened_ms INTEGER, changed_ms INTEGER NOT NULL) WITHOUT ROWID;
CREATE INDEX task_open ON task(state) WHERE state IN ('held', 'ready', 'running');
CREATE INDEX task_opened ON task(rule, opened_ms);
CREATE TABLE decision (id INTEGER PRIMARY KEY AUTOINCREMENT, at_ms INTEGER NOT NULL, last_ms INTEGER NOT NULL,
    rule TEXT NOT NULL, task TEXT, word TEXT NOT NULL, detail TEXT NOT NULL, times INTEGER NOT NULL);
CREATE INDEX decision_rule ON decision(rule, id);
CREATE TABLE message (id INTEGER PRIMARY KEY AUTOINCREMENT, task TEXT NOT NULL, rule TEXT NOT NULL, kind TEXT NOT NULL,
    at_ms INTEGER NOT NULL, channel TEXT NOT NULL, language TEXT NOT NULL, text TEXT NOT NULL, seen_ms INTEGER,
    dismissed_ms INTEGER, UNIQUE (task, kind));
CREATE INDEX message_unread ON message(id) WHERE seen_ms IS NULL AND dismissed_ms IS NULL;
CREATE TABLE delivery (message INTEGER NOT NULL, channel TEXT NOT NULL, attempts INTEGER NOT NULL, state TEXT NOT NULL,
    next_ms INTEGER NOT NULL, PRIMARY KEY (message, channel)) WITHOUT ROWID;
CREATE INDEX delivery_open ON delivery(next_ms) WHERE state = 'open';
CREATE TABLE letter (id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, about TEXT NOT NULL);
CREATE TABLE tally (rule TEXT NOT NULL, word TEXT NOT NULL, times INTEGER NOT NULL, PRIMARY KEY (rule, word))
    WITHOUT ROWID;
";

pub(crate) fn version(connection: &Connection) -> Result<i64, StoreError> {
    Ok(connection.query_row("PRAGMA user_version", [], |row| row.get(0))?)
}

pub(crate) fn migrate(connection: &mut Connection) -> Result<(), StoreError> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    // Another program may have been faster.
    let found = version(&transaction)?;
    if found > VERSION {
        return Err(StoreError::Newer { found, known: VERSION });
    }
    if found < VERSION {
        if found < 1 {
            transaction.execute_batch(V1)?;
        }
        transaction.pragma_update(None, "user_version", VERSION)?;
    }
    transaction.commit()?;
    Ok(())
}

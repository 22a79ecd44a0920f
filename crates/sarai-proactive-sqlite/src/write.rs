//! What the loop stores, and the letters that others post to it.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{Transaction, TransactionBehavior, params};
use sarai_proactive::agenda::{Decision, Outcome, RuleState, State, Task};
use sarai_proactive::rule::{RuleId, Status};
use serde_json::{Map, Value};

use crate::lease::{Lease, check};
use crate::{ALIKE_MS, Batch, KEPT_DAYS, LETTERS_MAX, Letter, LoopStore, MESSAGE_MAX, NewMessage, StoreError};

impl LoopStore {
    /// Stores what one step changed: all of it or nothing.
    ///
    /// # Errors
    /// [`StoreError::Superseded`]: another loop has taken over, and this one must end. Or the file cannot be written.
    pub fn keep(&mut self, lease: Lease, batch: Batch<'_>) -> Result<(), StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        check(&transaction, lease)?;
        let Batch { at, changes, messages, letter } = batch;
        for (rule, state) in &changes.states {
            put_state(&transaction, rule, state)?;
        }
        for rule in &changes.gone {
            transaction.execute("DELETE FROM rule_state WHERE rule = ?1", [rule.as_str()])?;
        }
        for task in changes.tasks.values() {
            put_task(&transaction, task, at)?;
        }
        for decision in &changes.decisions {
            put_decision(&transaction, decision)?;
        }
        for message in messages {
            put_message(&transaction, message, at)?;
        }
        if let Some(letter) = letter {
            transaction.execute("DELETE FROM letter WHERE id = ?1", [letter])?;
        }
        transaction.commit()?;
        Ok(())
    }

    /// Forgets what ended longer ago than [`KEPT_DAYS`]. Counts stay, and so do messages that nobody has seen.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn prune(&mut self, lease: Lease, now: Timestamp) -> Result<(), StoreError> {
        let before = now.saturating_sub(SignedDuration::from_hours(24 * KEPT_DAYS)).unwrap_or(now).as_millisecond();
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        check(&transaction, lease)?;
        transaction.execute(
            "DELETE FROM task WHERE changed_ms < ?1 AND state NOT IN ('held', 'ready', 'running')",
            [before],
        )?;
        transaction.execute("DELETE FROM decision WHERE last_ms < ?1", [before])?;
        transaction.execute("DELETE FROM delivery WHERE next_ms < ?1", [before])?;
        transaction.execute(
            "DELETE FROM message WHERE at_ms < ?1 AND (seen_ms IS NOT NULL OR dismissed_ms IS NOT NULL)",
            [before],
        )?;
        transaction.commit()?;
        Ok(())
    }

    /// Leaves a letter for the loop.
    ///
    /// # Errors
    /// Too many wait, or the file cannot be written.
    pub fn post(&self, letter: &Letter) -> Result<(), StoreError> {
        let waiting: i64 = self.connection.query_row("SELECT count(*) FROM letter", [], |row| row.get(0))?;
        if usize::try_from(waiting).unwrap_or(0) >= LETTERS_MAX {
            return Err(StoreError::Many("letters"));
        }
        let (kind, about) = letter_row(letter);
        self.connection.execute("INSERT INTO letter (kind, about) VALUES (?1, ?2)", params![kind, about])?;
        Ok(())
    }

    /// The owner saw a message, or put it away unread. The loop hears of it by letter; a second time changes nothing.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn mark(&mut self, message: i64, mark: Mark, now: Timestamp) -> Result<bool, StoreError> {
        let column = match mark {
            Mark::Seen => "seen_ms",
            Mark::Dismissed => "dismissed_ms",
        };
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let marked = transaction.execute(
            &format!("UPDATE message SET {column} = ?2 WHERE id = ?1 AND seen_ms IS NULL AND dismissed_ms IS NULL"),
            params![message, now.as_millisecond()],
        )? > 0;
        if marked {
            let kind = match mark {
                Mark::Seen => "seen",
                Mark::Dismissed => "dismissed",
            };
            transaction.execute(
                "INSERT INTO letter (kind, about) SELECT ?2, task FROM message WHERE id = ?1",
                params![message, kind],
            )?;
        }
        transaction.commit()?;
        Ok(marked)
    }
}

/// What the owner did with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    Seen,
    Dismissed,
}

pub(crate) fn letter_row(letter: &Letter) -> (&'static str, String) {
    match letter {
        Letter::Run(rule) => ("run", rule.to_string()),
        Letter::Seen(task) => ("seen", task.to_string()),
        Letter::Dismissed(task) => ("dismissed", task.to_string()),
        Letter::Webhook(name) => ("webhook", name.clone()),
        Letter::FactAdded { fact, about } => {
            ("fact", about.iter().fold(fact.to_string(), |row, about| row + "\n" + about))
        }
        Letter::SkillUnhealthy(skill) => ("skill", skill.clone()),
        Letter::FileChanged(path) => ("file", path.clone()),
    }
}

fn put_state(transaction: &Transaction<'_>, rule: &RuleId, state: &RuleState) -> Result<(), StoreError> {
    let status = match state.status {
        Status::Active => "active",
        Status::Paused => "paused",
    };
    transaction.prepare_cached("INSERT OR REPLACE INTO rule_state VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)")?.execute(
        params![
            rule.as_str(),
            state.trigger,
            status,
            state.cursor.as_millisecond(),
            state.crossed,
            state.dismissed,
            state.failing
        ],
    )?;
    Ok(())
}

fn put_task(transaction: &Transaction<'_>, task: &Task, at: Timestamp) -> Result<(), StoreError> {
    let (state_ms, detail) = match &task.state {
        State::Held { until: moment } | State::Ready { from: moment } => (Some(moment.as_millisecond()), ""),
        State::Ended(Outcome::Done { detail } | Outcome::Failed { detail }) => (None, detail.as_str()),
        State::Running | State::Ended(Outcome::Unknown | Outcome::Dropped) => (None, ""),
    };
    transaction
        .prepare_cached("INSERT OR REPLACE INTO task VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)")?
        .execute(params![
            task.id.to_string(),
            task.id.rule().as_str(),
            task.id.at().as_millisecond(),
            task.subject,
            task.missed,
            task.attempts,
            task.state.name(),
            state_ms,
            detail,
            task.opened.map(Timestamp::as_millisecond),
            at.as_millisecond()
        ])?;
    Ok(())
}

/// A flood of one kind is one row with a count, so that it cannot fill the disk.
fn put_decision(transaction: &Transaction<'_>, decision: &Decision) -> Result<(), StoreError> {
    let Decision { at, rule, task, what } = decision;
    let (at, word) = (at.as_millisecond(), what.name());
    transaction
        .prepare_cached(
            "INSERT INTO tally VALUES (?1, ?2, 1) ON CONFLICT (rule, word) DO UPDATE SET times = times + 1",
        )?
        .execute(params![rule.as_str(), word])?;
    let alike = transaction
        .prepare_cached(
            "UPDATE decision SET times = times + 1, last_ms = ?3 WHERE word = ?2 AND at_ms BETWEEN ?3 - ?4 AND ?3
             AND word NOT IN ('fired', 'started', 'done', 'failed', 'unknown')
             AND id = (SELECT max(id) FROM decision WHERE rule = ?1)",
        )?
        .execute(params![rule.as_str(), word, at, ALIKE_MS])?;
    if alike > 0 {
        return Ok(());
    }
    let detail: Map<String, Value> =
        what.values().into_iter().map(|(name, value)| (name.to_owned(), Value::String(value))).collect();
    transaction
        .prepare_cached(
            "INSERT INTO decision (at_ms, last_ms, rule, task, word, detail, times) VALUES (?1, ?1, ?2, ?3, ?4, ?5, 1)",
        )?
        .execute(params![
            at,
            rule.as_str(),
            task.as_ref().map(ToString::to_string),
            word,
            Value::Object(detail).to_string()
        ])?;
    Ok(())
}

fn put_message(transaction: &Transaction<'_>, message: &NewMessage, at: Timestamp) -> Result<(), StoreError> {
    let text: String = message.text.chars().take(MESSAGE_MAX).collect();
    let new = transaction
        .prepare_cached(
            "INSERT OR IGNORE INTO message (task, rule, kind, at_ms, channel, language, text)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?
        .execute(params![
            message.task.to_string(),
            message.task.rule().as_str(),
            message.kind.name(),
            at.as_millisecond(),
            message.channel.name(),
            message.language.tag(),
            text
        ])?;
    if new == 0 {
        return Ok(());
    }
    let id = transaction.last_insert_rowid();
    for channel in &message.outside {
        transaction.prepare_cached("INSERT INTO delivery VALUES (?1, ?2, 0, 'open', ?3)")?.execute(params![
            id,
            channel.name(),
            at.as_millisecond()
        ])?;
    }
    Ok(())
}

//! What is stored, as the loop takes it up and as people ask for it.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, Row, params};
use sarai_proactive::agenda::{History, Opened, Outcome, Past, RuleState, State, Task, TaskId};
use sarai_proactive::rule::{Channel, RuleId, Status};
use sarai_proactive::time::Zone;
use sarai_proactive::{Sentence, decided};
use sarai_types::Language;
use serde_json::{Map, Value};

use crate::{Kind, Letter, LoopStore, StoreError};

/// A message as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub id: i64,
    pub task: String,
    pub rule: String,
    pub kind: Kind,
    pub at: Timestamp,
    pub channel: Channel,
    pub language: Language,
    pub text: String,
}

/// A decision as it is stored; several alike are one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DecisionRow {
    pub first: Timestamp,
    pub last: Timestamp,
    pub rule: String,
    pub task: Option<String>,
    pub word: String,
    /// A JSON object of texts.
    pub detail: String,
    pub times: u64,
}

impl DecisionRow {
    /// What the decision depended on.
    #[must_use]
    pub fn values(&self) -> Map<String, Value> {
        match serde_json::from_str(&self.detail) {
            Ok(Value::Object(map)) => map,
            _ => Map::new(),
        }
    }

    /// The decision in a sentence.
    #[must_use]
    pub fn why(&self, home: &Zone) -> Sentence {
        let text = |(name, value): (String, Value)| Some((name, value.as_str()?.to_owned()));
        let values: Vec<(String, String)> = self.values().into_iter().filter_map(text).collect();
        decided::word(&self.word, &values, home)
    }
}

/// A task as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TaskRow {
    pub task: Task,
    /// When it changed last.
    pub changed: Timestamp,
}

/// How often something was decided, ever.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Counted {
    pub rule: String,
    pub word: String,
    pub times: u64,
}

const TASK_COLUMNS: &str = "id, subject, missed, attempts, state, state_ms, detail, opened_ms, changed_ms";
const MESSAGE_COLUMNS: &str = "id, task, rule, kind, at_ms, channel, language, text";

pub(crate) fn moment(ms: i64) -> Option<Timestamp> {
    Timestamp::from_millisecond(ms).ok()
}

impl History for LoopStore {
    /// A file that cannot be read knows everything: what may have been done is not done again.
    fn knows(&self, task: &TaskId) -> bool {
        let known = self
            .connection
            .prepare_cached("SELECT 1 FROM task WHERE id = ?1")
            .and_then(|mut statement| statement.query_row([task.to_string()], |_| Ok(())).optional());
        !matches!(known, Ok(None))
    }
}

impl LoopStore {
    /// What the loop takes up after a restart.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn past(&self, now: Timestamp) -> Result<Past, StoreError> {
        let mut past = Past::default();
        let mut statement = self.connection.prepare_cached("SELECT * FROM rule_state")?;
        let rows = statement.query_map([], |row| {
            let id: String = row.get(0)?;
            let status: String = row.get(2)?;
            let state = RuleState {
                trigger: row.get(1)?,
                status: if status == "paused" { Status::Paused } else { Status::Active },
                cursor: moment(row.get(3)?).unwrap_or(now),
                crossed: row.get(4)?,
                dismissed: row.get(5)?,
                failing: row.get(6)?,
            };
            Ok(id.parse::<RuleId>().ok().map(|id| (id, state)))
        })?;
        for row in rows {
            past.states.extend(row?);
        }
        let query = format!("SELECT {TASK_COLUMNS} FROM task WHERE state IN ('held', 'ready', 'running')");
        let mut statement = self.connection.prepare_cached(&query)?;
        for row in statement.query_map([], task_row)? {
            past.tasks.extend(row?.map(|row| row.task));
        }
        let day_ago = now.saturating_sub(SignedDuration::from_hours(24)).unwrap_or(now).as_millisecond();
        let mut statement = self.connection.prepare_cached(
            "SELECT rule, subject, opened_ms FROM task AS t WHERE opened_ms > ?1
             OR opened_ms = (SELECT max(opened_ms) FROM task WHERE rule = t.rule) ORDER BY opened_ms",
        )?;
        let rows = statement.query_map([day_ago], |row| {
            let rule: String = row.get(0)?;
            let (subject, at) = (row.get(1)?, moment(row.get(2)?));
            Ok(rule.parse().ok().zip(at).map(|(rule, at)| Opened { rule, subject, at }))
        })?;
        for row in rows {
            past.opened.extend(row?);
        }
        Ok(past)
    }

    /// Letters that wait, the oldest first. One that nobody can read is thrown away.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn letters(&self) -> Result<Vec<(i64, Option<Letter>)>, StoreError> {
        let mut statement = self.connection.prepare_cached("SELECT id, kind, about FROM letter ORDER BY id")?;
        let rows = statement.query_map([], |row| {
            let (kind, about): (String, String) = (row.get(1)?, row.get(2)?);
            Ok((row.get(0)?, letter(&kind, about)))
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Messages that the owner has neither seen nor put away, the oldest first, after a message.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn unread(&self, after: i64, limit: usize) -> Result<Vec<Message>, StoreError> {
        let query = format!(
            "SELECT {MESSAGE_COLUMNS} FROM message WHERE seen_ms IS NULL AND dismissed_ms IS NULL AND id > ?1
             ORDER BY id LIMIT ?2"
        );
        self.messages(&query, after, limit)
    }

    /// The newest messages, seen or not, the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn latest(&self, limit: usize) -> Result<Vec<Message>, StoreError> {
        let query = format!("SELECT {MESSAGE_COLUMNS} FROM message WHERE id > ?1 ORDER BY id DESC LIMIT ?2");
        self.messages(&query, 0, limit)
    }

    fn messages(&self, query: &str, after: i64, limit: usize) -> Result<Vec<Message>, StoreError> {
        let mut statement = self.connection.prepare_cached(query)?;
        let rows = statement.query_map(params![after, count(limit)], |row| {
            let [kind, channel, language] = [3, 5, 6].map(|column| row.get::<_, String>(column));
            let channel = channel?;
            Ok(Message {
                id: row.get(0)?,
                task: row.get(1)?,
                rule: row.get(2)?,
                kind: Kind::from_name(&kind?),
                at: moment(row.get(4)?).unwrap_or_default(),
                channel: Channel::ALL.into_iter().find(|known| known.name() == channel).unwrap_or_default(),
                language: Language::from_tag(&language?).unwrap_or_default(),
                text: row.get(7)?,
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The newest decisions, of one rule or of all, the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn decisions(&self, rule: Option<&RuleId>, limit: usize) -> Result<Vec<DecisionRow>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT at_ms, last_ms, rule, task, word, detail, times FROM decision WHERE ?1 IS NULL OR rule = ?1
             ORDER BY id DESC LIMIT ?2",
        )?;
        let rows = statement.query_map(params![rule.map(RuleId::as_str), count(limit)], |row| {
            let times: i64 = row.get(6)?;
            Ok(DecisionRow {
                first: moment(row.get(0)?).unwrap_or_default(),
                last: moment(row.get(1)?).unwrap_or_default(),
                rule: row.get(2)?,
                task: row.get(3)?,
                word: row.get(4)?,
                detail: row.get(5)?,
                times: u64::try_from(times).unwrap_or(0),
            })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// The newest tasks, of one rule or of all, the newest first.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn tasks(&self, rule: Option<&RuleId>, limit: usize) -> Result<Vec<TaskRow>, StoreError> {
        let query = format!(
            "SELECT {TASK_COLUMNS} FROM task WHERE ?1 IS NULL OR rule = ?1 ORDER BY changed_ms DESC, id DESC LIMIT ?2"
        );
        let mut statement = self.connection.prepare_cached(&query)?;
        let rows = statement.query_map(params![rule.map(RuleId::as_str), count(limit)], task_row)?;
        let mut tasks = Vec::new();
        for row in rows {
            tasks.extend(row?);
        }
        Ok(tasks)
    }

    /// How often what was decided, by rule, ever.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn tally(&self) -> Result<Vec<Counted>, StoreError> {
        let mut statement =
            self.connection.prepare_cached("SELECT rule, word, times FROM tally ORDER BY rule, word")?;
        let rows = statement.query_map([], |row| {
            let times: i64 = row.get(2)?;
            Ok(Counted { rule: row.get(0)?, word: row.get(1)?, times: u64::try_from(times).unwrap_or(0) })
        })?;
        Ok(rows.collect::<Result<_, _>>()?)
    }

    /// Up to where each rule was looked at, and what it remembers.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn states(&self, now: Timestamp) -> Result<BTreeMap<RuleId, RuleState>, StoreError> {
        Ok(self.past(now)?.states)
    }
}

fn count(limit: usize) -> i64 {
    i64::try_from(limit).unwrap_or(i64::MAX)
}

fn letter(kind: &str, about: String) -> Option<Letter> {
    match kind {
        "run" => about.parse().ok().map(Letter::Run),
        "seen" => about.parse().ok().map(Letter::Seen),
        "dismissed" => about.parse().ok().map(Letter::Dismissed),
        "webhook" => Some(Letter::Webhook(about)),
        "fact" => {
            let mut lines = about.split('\n');
            let fact = lines.next()?.parse().ok()?;
            Some(Letter::FactAdded { fact, about: lines.map(str::to_owned).collect() })
        }
        "skill" => Some(Letter::SkillUnhealthy(about)),
        "file" => Some(Letter::FileChanged(about)),
        _ => None,
    }
}

/// None for a row that names no task.
fn task_row(row: &Row<'_>) -> rusqlite::Result<Option<TaskRow>> {
    let [id, subject, word, detail] = [0, 1, 4, 6].map(|column| row.get::<_, String>(column));
    let (word, detail) = (word?, detail?);
    let state_ms: Option<i64> = row.get(5)?;
    let opened: Option<i64> = row.get(7)?;
    let changed = moment(row.get(8)?).unwrap_or_default();
    // A moment that is missing has come.
    let at = state_ms.and_then(moment).unwrap_or(changed);
    let state = match word.as_str() {
        "held" => State::Held { until: at },
        "ready" => State::Ready { from: at },
        "running" => State::Running,
        "done" => State::Ended(Outcome::Done { detail }),
        "failed" => State::Ended(Outcome::Failed { detail }),
        "dropped" => State::Ended(Outcome::Dropped),
        _ => State::Ended(Outcome::Unknown),
    };
    let (missed, attempts) = (row.get(2)?, row.get(3)?);
    let subject = subject?;
    let task =
        id?.parse().ok().map(|id| Task { id, subject, missed, attempts, state, opened: opened.and_then(moment) });
    Ok(task.map(|task| TaskRow { task, changed }))
}

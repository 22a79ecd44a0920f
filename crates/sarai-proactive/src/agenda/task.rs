//! One thing to do: its name, where it stands, and how it ended.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;

use crate::rule::RuleId;

/// How often a task is tried before it counts as failed.
pub const ATTEMPTS_MAX: u8 = 3;

/// `rule@moment`: what a rule does for one moment. The same moment is the same task, whatever happened in between.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TaskId {
    rule: RuleId,
    at: Timestamp,
}

/// A text that names no task.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} is no task: its name is a rule's, `@` and a moment, such as `basura@2026-11-30T08:00:00Z`")]
pub struct TaskIdError(String);

impl TaskId {
    #[must_use]
    pub const fn new(rule: RuleId, at: Timestamp) -> Self {
        Self { rule, at }
    }

    #[must_use]
    pub const fn rule(&self) -> &RuleId {
        &self.rule
    }

    /// When it was due, or when what it answers to happened.
    #[must_use]
    pub const fn at(&self) -> Timestamp {
        self.at
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.rule, self.at)
    }
}

impl FromStr for TaskId {
    type Err = TaskIdError;

    fn from_str(text: &str) -> Result<Self, TaskIdError> {
        let wrong = || TaskIdError(text.chars().take(80).collect());
        let (rule, at) = text.split_once('@').ok_or_else(wrong)?;
        Ok(Self { rule: rule.parse().map_err(|_| wrong())?, at: at.parse().map_err(|_| wrong())? })
    }
}

/// Where a task stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Quiet hours: the gate is asked again when they are over.
    Held {
        until: Timestamp,
    },
    /// To be done, not before a moment.
    Ready {
        from: Timestamp,
    },
    /// Somebody is at it. If that one dies, [`crate::rule::AfterCrash`] says what then.
    Running,
    Ended(Outcome),
}

/// How a task ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// What came of it, in words for the log; may be empty.
    Done { detail: String },
    /// Each attempt failed, and this is why the last one did.
    Failed { detail: String },
    /// It was cut off, and nobody knows what it did. It is not done again; the owner is told.
    Unknown,
    /// Its rule was taken away or paused, or the gate closed while it was held.
    Dropped,
}

impl State {
    /// Its word in the store and in logs.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Held { .. } => "held",
            Self::Ready { .. } => "ready",
            Self::Running => "running",
            Self::Ended(outcome) => outcome.name(),
        }
    }
}

impl Outcome {
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Done { .. } => "done",
            Self::Failed { .. } => "failed",
            Self::Unknown => "unknown",
            Self::Dropped => "dropped",
        }
    }
}

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    pub id: TaskId,
    /// What it answers to: a path, the name of a skill, the number of a fact. Empty for a time.
    pub subject: String,
    /// How many earlier moments of its rule it stands for as well.
    pub missed: u32,
    /// How often it was begun.
    pub attempts: u8,
    pub state: State,
    /// When the gate opened for it; none while it is held.
    pub opened: Option<Timestamp>,
}

/// How one attempt ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Attempt {
    Done {
        detail: String,
    },
    /// It may work later: nobody answered, the disk was full.
    Retry {
        detail: String,
    },
    /// It never will: there is no such skill.
    Hopeless {
        detail: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let text = "basura@2026-11-30T08:00:00Z";
        assert_eq!(text.parse::<TaskId>().map(|id| id.to_string()), Ok(text.to_owned()));
        for text in ["", "basura", "basura@", "@2026-11-30T08:00:00Z", "a b@2026-11-30T08:00:00Z", "basura@lunes"] {
            assert!(text.parse::<TaskId>().is_err(), "{text}");
        }
    }
}

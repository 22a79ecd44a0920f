//! What was decided and why: one value for each, countable by its word.

use jiff::Timestamp;

use super::task::{Outcome, TaskId};
use crate::gate::Reason;
use crate::rule::{OnMissed, RuleId};

/// One decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    pub at: Timestamp,
    pub rule: RuleId,
    /// The task that it is about, if there is one.
    pub task: Option<TaskId>,
    pub what: What,
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// The gate opened.
    Fired,
    /// The owner asked for it; the gate was not asked.
    Asked,
    /// Quiet hours: it waits.
    Held {
        until: Timestamp,
    },
    /// The gate stayed closed.
    Closed(Reason),
    /// So many moments are one task with this one: they lay too close together, or one like it waits already.
    Merged {
        count: u32,
    },
    /// So many moments passed while nobody looked.
    Missed {
        first: Timestamp,
        last: Timestamp,
        count: u32,
        then: OnMissed,
    },
    /// This moment had its task before the clock was set back.
    AlreadyDone,
    /// The clock was set back behind the last moment that was looked at; the rule goes on from where the clock is.
    ClockBack {
        from: Timestamp,
    },
    Started {
        attempt: u8,
    },
    /// The attempt failed, and the next one is at this moment.
    Again {
        detail: String,
        at: Timestamp,
    },
    /// The attempt was cut off by a crash, and the task is done again.
    CutOff,
    Ended(Outcome),
    /// The owner put its message away unread.
    Dismissed,
    /// The owner saw its message.
    Seen,
    /// The agenda holds as many tasks as it can.
    Full,
}

impl What {
    /// Its word in logs and metrics; that of a closed gate is the reason's.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Fired => "fired",
            Self::Asked => "asked",
            Self::Held { .. } => "held",
            Self::Closed(reason) => reason.name(),
            Self::Merged { .. } => "merged",
            Self::Missed { .. } => "missed",
            Self::AlreadyDone => "already_done",
            Self::ClockBack { .. } => "clock_back",
            Self::Started { .. } => "started",
            Self::Again { .. } => "again",
            Self::CutOff => "cut_off",
            Self::Ended(outcome) => outcome.name(),
            Self::Dismissed => "put_away",
            Self::Seen => "seen",
            Self::Full => "full",
        }
    }

    /// The values of its word, by name, for logs.
    #[must_use]
    pub fn values(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Fired
            | Self::Asked
            | Self::AlreadyDone
            | Self::CutOff
            | Self::Dismissed
            | Self::Seen
            | Self::Full => Vec::new(),
            Self::Held { until } => vec![("until", until.to_string())],
            Self::Closed(reason) => reason.values(),
            Self::Merged { count } => vec![("count", count.to_string())],
            Self::Missed { first, last, count, then } => vec![
                ("first", first.to_string()),
                ("last", last.to_string()),
                ("count", count.to_string()),
                ("then", then.name().to_owned()),
            ],
            Self::ClockBack { from } => vec![("from", from.to_string())],
            Self::Started { attempt } => vec![("attempt", attempt.to_string())],
            Self::Again { detail, at } => vec![("detail", detail.clone()), ("at", at.to_string())],
            Self::Ended(Outcome::Done { detail } | Outcome::Failed { detail }) => vec![("detail", detail.clone())],
            Self::Ended(Outcome::Unknown | Outcome::Dropped) => Vec::new(),
        }
    }
}

//! What the proactive loop stores: tasks, decisions, messages and the owner's own rules, in one SQLite file.
//!
//! Several programs open the file: the loop, which alone changes tasks; the command line and `serve`, which read, mark
//! messages, change the owner's rules and post [`Letter`]s. The loop writes under a [`Lease`]: whoever claims the file
//! later fences off whoever held it before, so that two loops on one folder never do one thing twice.
//!
//! # Key types
//! - [`LoopStore`]: the file. [`LoopStore::open`] says by [`Opening`] in what state it found things.
//! - [`Batch`]: what one step of the loop stores, in one transaction, with the letter that it answers to.
//! - [`Letter`]: what somebody else wants of the loop. It waits here until its changes are stored.
//! - [`StoreError`]: for the one who can act.

mod delivery;
mod file;
mod lease;
mod read;
mod rules;
mod schema;
mod write;

use jiff::Timestamp;
use sarai_proactive::agenda::{Changes, TaskId};
use sarai_proactive::rule::{Channel, RuleId};
use sarai_types::Language;

pub use delivery::{ATTEMPTS_MAX as DELIVERY_ATTEMPTS_MAX, Delivered, Delivery};
pub use file::{BACKUPS_MAX, LoopStore, Opening};
pub use lease::{Boot, LEASE_MS, Lease};
pub use read::{Counted, DecisionRow, Message, TaskRow};
pub use rules::{json, unjson};
pub use write::Mark;

/// The most letters that wait.
pub const LETTERS_MAX: usize = 1000;
/// The longest text of a message, in characters; the rest is cut off.
pub const MESSAGE_MAX: usize = 4000;
/// For how long ended tasks, decisions and messages are kept.
pub const KEPT_DAYS: i64 = 90;
/// Decisions of one kind of one rule within so long are one row with a count.
const ALIKE_MS: i64 = 3_600_000;

/// Why the store did not do something. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("another program holds the file of the rules")]
    Locked,
    #[error("another loop has taken over")]
    Superseded,
    #[error("the disk is full")]
    Full,
    #[error("the file of the rules is damaged")]
    Damaged,
    #[error("the file of the rules is of version {found}, and this program knows {known}")]
    Newer { found: i64, known: i64 },
    #[error("there are too many: {0}")]
    Many(&'static str),
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error(transparent)]
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged,
            _ => Self::Sqlite(error),
        }
    }
}

/// Why there is a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    /// What a rule says.
    Tell,
    /// What it offers.
    Suggest,
    /// What came of an action, or that it failed or was missed.
    Report,
}

impl Kind {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Tell => "tell",
            Self::Suggest => "suggest",
            Self::Report => "report",
        }
    }

    fn from_name(name: &str) -> Self {
        [Self::Tell, Self::Suggest].into_iter().find(|kind| kind.name() == name).unwrap_or(Self::Report)
    }
}

/// A message for the owner, before it is stored. One task has at most one of each kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewMessage {
    pub task: TaskId,
    pub kind: Kind,
    pub channel: Channel,
    pub language: Language,
    pub text: String,
    /// Ways out of this computer that it takes.
    pub outside: Vec<Channel>,
}

/// What somebody else wants of the loop.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Letter {
    /// The owner wants this rule to act now.
    Run(RuleId),
    /// The owner saw the message of a task, or put it away.
    Seen(TaskId),
    Dismissed(TaskId),
    /// A webhook was called, with the right token.
    Webhook(String),
    FactAdded {
        fact: u64,
        /// The words of rules that stand in it; the fact's own words stay in the memory.
        about: Vec<String>,
    },
    SkillUnhealthy(String),
    FileChanged(String),
}

/// What one step of the loop stores.
#[derive(Debug, Clone, Copy)]
pub struct Batch<'a> {
    pub at: Timestamp,
    pub changes: &'a Changes,
    pub messages: &'a [NewMessage],
    /// The letter that it answers to, which is answered with it.
    pub letter: Option<i64>,
}

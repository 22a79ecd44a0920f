//! Why something did not happen.

use std::fmt;

use crate::Notice;

/// The kinds of failure, by who can act. Mapped once to HTTP (in `sarai-api`) and once to gRPC (in `sarai-proto`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// The request is wrong; the caller can mend it.
    BadRequest,
    /// The prompt and the answer do not fit the context; the caller can shorten them.
    TooLong,
    /// There is no such model, or it is not on this computer.
    ModelNotFound,
    /// There is no such skill, or the owner has not trusted it.
    SkillNotFound,
    /// What the answer must look like cannot be enforced, or the arguments of the tool at this place in the request's
    /// list cannot; the caller can mend it.
    Grammar { tool: Option<usize> },
    /// Too many requests wait already; a place is likely to be free after this time.
    Busy { retry_after_ms: u32 },
    /// The worker is starting, or it died in the middle; trying again helps.
    Unavailable,
    /// The one who asked went away.
    Cancelled,
    /// A defect of ours.
    Internal,
}

/// A failure: its kind, a sentence for the person, and a line for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    pub kind: FailureKind,
    /// What the person reads.
    pub notice: Notice,
    /// What the log says; never shown to a client, never a secret.
    pub detail: String,
}

impl Failure {
    #[must_use]
    pub fn new(kind: FailureKind, notice: Notice, detail: impl Into<String>) -> Self {
        Self { kind, notice, detail: detail.into() }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} ({}): {}", self.kind, self.notice.id, self.detail)
    }
}

impl std::error::Error for Failure {}

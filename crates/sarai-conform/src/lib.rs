//! Whether a skill keeps to skill.v1.
//!
//! [`check`] runs a skill and looks at it from outside: what it says, what it refuses, whether it goes on living, and what
//! it does at signals. It knows the contract alone, so a skill in any language can be held to it, jailed or not.
//!
//! # Key types
//! - [`Check`]: the closed list of what is held. [`Finding`]: what became of one of them.
//! - [`Subject`]: a skill that can be started, signalled and waited for, in a jail or without one.
//! - [`Sample`]: what to ask it. [`Patience`]: how long to wait.
//!
//! # Usage
//! ```no_run
//! # async fn example() {
//! use sarai_conform::{Patience, Sample, Subject, Verdict, check};
//!
//! let mut skill = Subject::new("/run/user/1000/echo/skill.sock".into(), |socket| {
//!     let mut command = tokio::process::Command::new("./echo");
//!     command.env("SARAI_SKILL_SOCKET", socket);
//!     Ok(command)
//! });
//! let findings = check(&mut skill, &Sample::new("hola"), &Patience::default()).await;
//! assert!(findings.iter().all(|finding| finding.verdict != Verdict::Failed));
//! # }
//! ```
//!
//! # Never
//! It judges no answer: whether the words are good is not its business. It never says that something holds which it did
//! not try: then the verdict is [`Verdict::NotTried`], with the reason.

mod answers;
mod bench;
mod borders;
mod life;
mod subject;
mod wire;

use bench::Bench;

use std::path::PathBuf;
use std::time::Duration;

pub use subject::Subject;

/// What is held, in the order in which it is tried.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Check {
    /// It starts and health says SERVING, by the name of the service and by none.
    Serving,
    /// `Describe` has a name, a version by semver.org, a generation, and a JSON object as schema or none.
    Describe,
    /// `Status` has the generation of `Describe`, no call running and no reload error.
    Status,
    /// The beats grow within a second, and again.
    Beats,
    /// `Infer` answers or declines, never with nothing.
    Infer,
    /// A reply carries the generation that the status has.
    Generation,
    /// The pieces of `InferStream`, joined, are the text of its last event, which comes once.
    Stream,
    /// A caller that leaves ends the work.
    Cancel,
    /// A deadline ends the call and the work.
    Deadline,
    /// A text above 1 MiB is INVALID_ARGUMENT, and the largest one does no harm.
    LongText,
    /// Arguments that are no JSON object are INVALID_ARGUMENT or declined.
    Arguments,
    /// Control characters, emoji, right-to-left and empty texts get an outcome.
    StrangeText,
    /// 32 calls at once all get an outcome.
    Concurrency,
    /// A gRPC message above 4 MiB is refused.
    LargeMessage,
    /// Peers that connect and say nothing, or do not read, keep nobody else waiting.
    SlowPeer,
    /// SIGUSR1 takes over the files once more, and loses no call.
    Reload,
    /// Files that are broken are not taken over, and the status says why.
    BrokenReload,
    /// SIGTERM: NOT_SERVING, what is under way is finished, exit code 0.
    Drain,
    /// It starts where a predecessor died and left its socket.
    Restart,
}

impl Check {
    pub const ALL: [Self; 19] = [
        Self::Serving,
        Self::Describe,
        Self::Status,
        Self::Beats,
        Self::Infer,
        Self::Generation,
        Self::Stream,
        Self::Cancel,
        Self::Deadline,
        Self::LongText,
        Self::Arguments,
        Self::StrangeText,
        Self::Concurrency,
        Self::LargeMessage,
        Self::SlowPeer,
        Self::Reload,
        Self::BrokenReload,
        Self::Drain,
        Self::Restart,
    ];

    /// Its name, for programs.
    #[must_use]
    pub const fn id(self) -> &'static str {
        match self {
            Self::Serving => "serving",
            Self::Describe => "describe",
            Self::Status => "status",
            Self::Beats => "beats",
            Self::Infer => "infer",
            Self::Generation => "generation",
            Self::Stream => "stream",
            Self::Cancel => "cancel",
            Self::Deadline => "deadline",
            Self::LongText => "long-text",
            Self::Arguments => "arguments",
            Self::StrangeText => "strange-text",
            Self::Concurrency => "concurrency",
            Self::LargeMessage => "large-message",
            Self::SlowPeer => "slow-peer",
            Self::Reload => "reload",
            Self::BrokenReload => "broken-reload",
            Self::Drain => "drain",
            Self::Restart => "restart",
        }
    }

    /// The name of the sentence that says to a person what is held.
    #[must_use]
    pub const fn sentence(self) -> &'static str {
        match self {
            Self::Serving => "conform-serving",
            Self::Describe => "conform-describe",
            Self::Status => "conform-status",
            Self::Beats => "conform-beats",
            Self::Infer => "conform-infer",
            Self::Generation => "conform-generation",
            Self::Stream => "conform-stream",
            Self::Cancel => "conform-cancel",
            Self::Deadline => "conform-deadline",
            Self::LongText => "conform-long-text",
            Self::Arguments => "conform-arguments",
            Self::StrangeText => "conform-strange-text",
            Self::Concurrency => "conform-concurrency",
            Self::LargeMessage => "conform-large-message",
            Self::SlowPeer => "conform-slow-peer",
            Self::Reload => "conform-reload",
            Self::BrokenReload => "conform-broken-reload",
            Self::Drain => "conform-drain",
            Self::Restart => "conform-restart",
        }
    }

    /// What must hold for this to mean anything.
    const fn needs(self) -> &'static [Self] {
        match self {
            Self::Serving => &[],
            Self::Describe | Self::Infer | Self::LargeMessage | Self::Restart => &[Self::Serving],
            Self::Status => &[Self::Describe],
            Self::Beats => &[Self::Status],
            Self::Generation => &[Self::Infer, Self::Status],
            Self::Stream | Self::LongText | Self::Arguments | Self::StrangeText | Self::Concurrency => &[Self::Infer],
            Self::Cancel => &[Self::Stream, Self::Status],
            Self::Deadline => &[Self::Infer, Self::Status],
            Self::SlowPeer => &[Self::Concurrency],
            Self::Reload => &[Self::Generation, Self::Stream, Self::Concurrency],
            Self::BrokenReload => &[Self::Reload],
            // Work that does not end with its call keeps the process too.
            Self::Drain => &[Self::Cancel],
        }
    }
}

/// What became of a check.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verdict {
    Passed,
    Failed,
    /// It could not be tried; the detail says why.
    NotTried,
}

/// One check of one skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub check: Check,
    pub verdict: Verdict,
    /// What was seen, for the skill's author; empty where there is nothing to say.
    pub detail: String,
}

/// What to ask the skill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sample {
    /// A text that it answers.
    pub text: String,
    /// A text that takes it a while, so that there is something to interrupt. The same as `text` where it is always
    /// fast.
    pub slow_text: String,
    pub breakable: Option<Breakable>,
}

impl Sample {
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { slow_text: text.clone(), text, breakable: None }
    }
}

/// A file that the skill reads at a reload. It is overwritten and put back; give a copy of the skill's folder.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Breakable {
    /// Seen from here, not from inside of a jail.
    pub file: PathBuf,
    /// What the skill must not take over.
    pub content: Vec<u8>,
}

/// How long to wait for what.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Patience {
    /// From the start to SERVING, and from SIGUSR1 to the new generation.
    pub start: Duration,
    /// For an outcome of `Infer`.
    pub answer: Duration,
    /// For work to end that nobody waits for any more, and for a deadline to be noticed.
    pub settle: Duration,
    /// From SIGTERM to the end.
    pub drain: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            start: Duration::from_secs(10),
            answer: Duration::from_secs(30),
            settle: Duration::from_secs(2),
            drain: Duration::from_secs(10),
        }
    }
}

/// Runs a skill through all checks. It is started anew where a check has ended it, and is not running afterwards.
pub async fn check(subject: &mut Subject, sample: &Sample, patience: &Patience) -> Vec<Finding> {
    let mut bench = Bench::new(subject, sample, *patience);
    let mut findings: Vec<Finding> = Vec::with_capacity(Check::ALL.len());
    for check in Check::ALL {
        let missing = |need: &&Check| findings.iter().any(|f| f.check == **need && f.verdict != Verdict::Passed);
        let finding = match check.needs().iter().find(missing) {
            Some(need) => Finding { check, verdict: Verdict::NotTried, detail: format!("{} does not hold", need.id()) },
            None => bench.try_one(check).await,
        };
        findings.push(finding);
    }
    bench.end().await;
    findings
}

//! What the front door asks of the daemon: a closed list.
//!
//! The routes turn a request into one [`Command`] and wait for what comes back; the daemon owns the receiver and
//! performs them. Nothing here knows HTTP.
//!
//! # Key types
//! - [`Command`]: adding a variant means teaching the daemon to perform it.
//! - [`Handle`]: a bounded sender; a full queue is a [`Failure`] of kind `Busy`, never a wait.

use sarai_types::{Failure, FailureKind, Language, ModelId, Notice, SkillName, TurnEvent, TurnRequest};
use tokio::sync::{mpsc, oneshot};

use crate::memory::{MemoryReply, MemoryRequest};
use crate::messages::{LoopAsk, LoopReply};
use crate::upkeep::Upkeep;

/// Commands that wait for the daemon at most.
pub const COMMANDS_MAX: usize = 256;

/// Events of one turn that wait for a slow reader at most; the generation pauses behind them.
pub const TURN_EVENTS_MAX: usize = 64;

/// When to try again while the daemon is behind. Its queue empties as fast as it starts tasks.
const BUSY_RETRY_MS: u32 = 1000;

/// One thing to do.
#[derive(Debug)]
pub enum Command {
    /// Runs one turn. Dropping the receiver of `events` stops the generation within one batch.
    Turn {
        request: Box<TurnRequest>,
        events: mpsc::Sender<Result<TurnEvent, Failure>>,
    },
    /// Turns each text into a vector; no model means the configured one.
    Embed {
        model: Option<ModelId>,
        texts: Vec<String>,
        reply: oneshot::Sender<Result<Embedded, Failure>>,
    },
    /// Lists what a client may name as `model`, the assistant `sarai` included.
    Models {
        reply: oneshot::Sender<Vec<ModelCard>>,
    },
    /// Lets a skill read its files again; the reply is how often it has done so.
    ReloadSkill {
        skill: SkillName,
        reply: oneshot::Sender<Result<u64, Failure>>,
    },
    /// Looks things up in the memory, or changes it. Sentences come in this language.
    Memory {
        request: MemoryRequest,
        language: Language,
        reply: oneshot::Sender<Result<MemoryReply, Failure>>,
    },
    /// Something to look after; the reply is how many bytes that gave back.
    Upkeep {
        upkeep: Upkeep,
        reply: oneshot::Sender<Result<u64, Failure>>,
    },
    /// Something of the proactive loop.
    Loop {
        ask: LoopAsk,
        reply: oneshot::Sender<Result<LoopReply, Failure>>,
    },
    Health {
        reply: oneshot::Sender<Health>,
    },
    /// The metrics in Prometheus's text format 0.0.4.
    Metrics {
        reply: oneshot::Sender<String>,
    },
}

/// Texts as vectors.
#[derive(Debug, Clone, PartialEq)]
pub struct Embedded {
    pub model: ModelId,
    /// One for each text, in their order, all of one length.
    pub vectors: Vec<Vec<f32>>,
    pub prompt_tokens: u32,
}

/// A model that a client may name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelCard {
    pub id: String,
    /// When its file came to this computer, in seconds since 1970.
    pub created: u64,
    /// How many tokens prompt and answer share.
    pub context_tokens: u32,
    pub loaded: Loaded,
}

/// Whether a model answers at once or has to be read from disk first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Loaded {
    Yes,
    No,
}

/// How everything is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Health {
    pub status: Status,
    pub version: String,
    pub components: Vec<Component>,
}

/// How one part is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    pub name: String,
    pub status: Status,
    pub detail: Notice,
    /// How often it was started again since the daemon started.
    pub restarts: u32,
    /// Its resident memory, where it is a process of its own.
    pub resident_bytes: Option<u64>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Ready,
    Starting,
    /// Something does not work and is not coming back by itself soon.
    Degraded,
    Stopping,
}

/// A bounded sender of commands.
#[derive(Debug, Clone)]
pub struct Handle(mpsc::Sender<Command>);

impl Handle {
    /// A handle and the end where the daemon receives.
    #[must_use]
    pub fn channel() -> (Self, mpsc::Receiver<Command>) {
        let (sender, receiver) = mpsc::channel(COMMANDS_MAX);
        (Self(sender), receiver)
    }

    /// Starts a turn; dropping the receiver stops it.
    ///
    /// # Errors
    /// `Busy` when the daemon is behind, `Unavailable` when it is gone.
    pub fn turn(&self, request: TurnRequest) -> Result<mpsc::Receiver<Result<TurnEvent, Failure>>, Failure> {
        let (events, receiver) = mpsc::channel(TURN_EVENTS_MAX);
        self.send(Command::Turn { request: Box::new(request), events })?;
        Ok(receiver)
    }

    /// # Errors
    /// As [`Handle::turn`], or whatever the daemon answers.
    pub async fn embed(&self, model: Option<ModelId>, texts: Vec<String>) -> Result<Embedded, Failure> {
        self.ask(|reply| Command::Embed { model, texts, reply }).await?
    }

    /// # Errors
    /// As [`Handle::turn`], or whatever the daemon answers.
    pub async fn reload_skill(&self, skill: SkillName) -> Result<u64, Failure> {
        self.ask(|reply| Command::ReloadSkill { skill, reply }).await?
    }

    /// # Errors
    /// As [`Handle::turn`], or whatever the daemon answers.
    pub async fn memory(&self, request: MemoryRequest, language: Language) -> Result<MemoryReply, Failure> {
        self.ask(|reply| Command::Memory { request, language, reply }).await?
    }

    /// # Errors
    /// As [`Handle::turn`], or whatever the daemon answers.
    pub async fn upkeep(&self, upkeep: Upkeep) -> Result<u64, Failure> {
        self.ask(|reply| Command::Upkeep { upkeep, reply }).await?
    }

    /// # Errors
    /// As [`Handle::turn`], or whatever the daemon answers.
    pub async fn ask_loop(&self, ask: LoopAsk) -> Result<LoopReply, Failure> {
        self.ask(|reply| Command::Loop { ask, reply }).await?
    }

    /// # Errors
    /// As [`Handle::turn`].
    pub async fn models(&self) -> Result<Vec<ModelCard>, Failure> {
        self.ask(|reply| Command::Models { reply }).await
    }

    /// # Errors
    /// As [`Handle::turn`].
    pub async fn health(&self) -> Result<Health, Failure> {
        self.ask(|reply| Command::Health { reply }).await
    }

    /// # Errors
    /// As [`Handle::turn`].
    pub async fn metrics(&self) -> Result<String, Failure> {
        self.ask(|reply| Command::Metrics { reply }).await
    }

    async fn ask<T>(&self, command: impl FnOnce(oneshot::Sender<T>) -> Command) -> Result<T, Failure> {
        let (reply, receiver) = oneshot::channel();
        self.send(command(reply))?;
        receiver.await.map_err(|_| stopping("the daemon dropped the reply"))
    }

    fn send(&self, command: Command) -> Result<(), Failure> {
        self.0.try_send(command).map_err(|e| match e {
            mpsc::error::TrySendError::Full(_) => {
                let kind = FailureKind::Busy { retry_after_ms: BUSY_RETRY_MS };
                Failure::new(kind, Notice::new("api-busy"), "the daemon's command queue is full")
            }
            mpsc::error::TrySendError::Closed(_) => stopping("the daemon's command queue is closed"),
        })
    }
}

fn stopping(detail: &str) -> Failure {
    Failure::new(FailureKind::Unavailable, Notice::new("api-stopping"), detail)
}

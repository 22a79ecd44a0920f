//! The service's end of the engine: commands in, figures out.

use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use sarai_engine::schedule::{Job, JobId};
use sarai_engine::weights::Layouts;
use sarai_proto::engine::v1 as wire;
use sarai_types::{Drafts, Priority};
use tokio::sync::oneshot;
use tonic::Status;

use crate::answer::Answer;
use crate::embed;
use crate::llama::Pulse;
use crate::measure::Measurement;

/// Commands on their way to the engine. It takes them all between two batches.
pub(crate) const COMMANDS_MAX: usize = 256;
/// A batch with more tokens than this takes long enough to be worth stopping.
const LONG_BATCH: usize = 16;

/// Something for the engine to do.
#[derive(Debug)]
pub(crate) enum Command {
    Generate { job: Job, answer: Box<Answer> },
    Cancel(JobId),
    Embed { request: embed::Request, reply: embed::Reply },
    Measure { request: wire::MeasureRequest, reply: oneshot::Sender<Result<Measurement, Status>> },
    Propose { request: wire::ProposeRequest, reply: oneshot::Sender<Result<wire::ProposeReply, Status>> },
    Forget { reply: oneshot::Sender<()> },
}

/// What the engine is doing and has done, for anybody to read.
#[derive(Debug, Clone, Default)]
pub(crate) struct Counters {
    pub running: u32,
    pub waiting: u32,
    pub cells: u32,
    pub decoded: u64,
    pub prefilled: u64,
    pub cached: u64,
    pub forced: u64,
    pub suffix: DraftCounters,
    pub model: DraftCounters,
    /// What answers took, and would have taken without guesses, where the cost of one token was known.
    pub decode_ms: f64,
    pub plain_ms: f64,
    pub fallbacks: u64,
    pub snapshots: SnapshotCounters,
    pub layouts: Option<Layouts>,
    /// Batch sizes and their milliseconds, once they were measured, and the prompt speed.
    pub batches: Vec<(u32, f64)>,
    pub prefill_tokens_per_second: f64,
}

/// Guessed tokens of one source.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct DraftCounters {
    pub drafted: u64,
    pub accepted: u64,
}

impl DraftCounters {
    pub(crate) fn add(&mut self, drafts: Drafts) {
        self.drafted += u64::from(drafts.drafted);
        self.accepted += u64::from(drafts.accepted);
    }
}

/// The cache on disk.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct SnapshotCounters {
    pub count: u64,
    pub bytes: u64,
    pub restored: u64,
    pub refused: u64,
}

/// What both ends see.
#[derive(Debug, Default)]
pub(crate) struct Shared {
    pub counters: Counters,
    /// The batch that is being decoded.
    pub batch: Option<Batch>,
}

/// A batch under way, for whoever may want to stop it.
#[derive(Debug)]
pub(crate) struct Batch {
    pub jobs: Vec<JobId>,
    pub class: Priority,
    pub tokens: usize,
}

/// The service's end.
#[derive(Debug, Clone)]
pub(crate) struct Handle {
    commands: SyncSender<Command>,
    shared: Arc<Mutex<Shared>>,
    pulse: Pulse,
}

impl Handle {
    /// The two ends, and what they share.
    pub(crate) fn new(pulse: &Pulse) -> (Self, Receiver<Command>, Arc<Mutex<Shared>>) {
        let (commands, receiver) = sync_channel(COMMANDS_MAX);
        let shared = Arc::new(Mutex::new(Shared::default()));
        (Self { commands, shared: Arc::clone(&shared), pulse: pulse.clone() }, receiver, shared)
    }

    /// # Errors
    /// `UNAVAILABLE` when the engine is gone, `RESOURCE_EXHAUSTED` when too many commands wait.
    pub(crate) fn send(&self, command: Command) -> Result<(), Status> {
        let arriving = match &command {
            Command::Generate { job, .. } => Some(job.priority),
            Command::Embed { request, .. } => Some(request.priority),
            Command::Cancel(_) | Command::Measure { .. } | Command::Propose { .. } | Command::Forget { .. } => None,
        };
        self.commands.try_send(command).map_err(|e| match e {
            TrySendError::Full(_) => Status::resource_exhausted("too many commands wait"),
            TrySendError::Disconnected(_) => Status::unavailable("the engine has stopped"),
        })?;
        // Somebody better came: a long batch of a lesser class gives way at once.
        self.stop_batch_if(|_, class| arriving.is_some_and(|p| p < class));
        Ok(())
    }

    /// Ends a job, in the middle of a long batch if need be.
    pub(crate) fn cancel(&self, id: JobId) {
        // If the queue is full the engine still notices that nobody listens, one batch later.
        let _ = self.commands.try_send(Command::Cancel(id));
        self.stop_batch_if(|jobs, _| jobs.contains(&id));
    }

    pub(crate) fn counters(&self) -> Counters {
        self.lock().counters.clone()
    }

    fn stop_batch_if(&self, unwanted: impl Fn(&[JobId], Priority) -> bool) {
        if let Some(batch) = &self.lock().batch
            && batch.tokens > LONG_BATCH
            && unwanted(&batch.jobs, batch.class)
        {
            self.pulse.stop();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

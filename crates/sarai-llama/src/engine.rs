//! The thread that owns the context: takes commands, carries out the scheduler's plans, feeds the answers.
//!
//! # Key types
//! - [`Engine`]: the thread's state. [`Engine::run`] returns when the last [`Handle`] is gone or the worker drains.
//! - [`Handle`]: what the gRPC service holds. It never waits for the engine: a full queue is an answer.

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TryRecvError, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use sarai_engine::schedule::{CacheOp, Job, JobId, Limits, Plan, Rewind, Scheduler, SubmitError};
use sarai_engine::threads::ThreadGovernor;
use sarai_proto::engine::v1 as wire;
use sarai_types::Priority;
use tokio::sync::oneshot;
use tonic::Status;

use crate::answer::{Answer, Step};
use crate::embed::{self, Embedding};
use crate::llama::{Context, ContextOptions, DecodeError, Model, Pulse, Purpose};
use crate::machine;
use crate::measure::{self, Measurement};

/// Commands on their way to the engine. It takes them all between two batches.
const COMMANDS_MAX: usize = 256;
/// Requests for vectors that wait.
const EMBEDDINGS_MAX: usize = 16;
/// While idle, the engine still shows that it lives.
const IDLE_BEAT: Duration = Duration::from_millis(200);
/// A batch with more tokens than this takes long enough to be worth stopping.
const LONG_BATCH: usize = 16;

/// Something for the engine to do.
#[derive(Debug)]
pub(crate) enum Command {
    Generate { job: Job, answer: Box<Answer> },
    Cancel(JobId),
    Embed { texts: Vec<Vec<u32>>, reply: embed::Reply },
    Measure { request: wire::MeasureRequest, reply: oneshot::Sender<Result<Measurement, Status>> },
}

/// What the engine is doing, for anybody to read.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Counters {
    pub running: u32,
    pub waiting: u32,
    pub cells: u32,
    pub decoded: u64,
    pub prefilled: u64,
    pub cached: u64,
}

#[derive(Debug, Default)]
struct Shared {
    counters: Counters,
    /// The jobs in the batch that is being decoded, its class and its length.
    batch: Option<(Vec<JobId>, Priority, usize)>,
}

/// The service's end.
#[derive(Debug, Clone)]
pub(crate) struct Handle {
    commands: SyncSender<Command>,
    shared: Arc<Mutex<Shared>>,
    pulse: Pulse,
}

impl Handle {
    /// # Errors
    /// `UNAVAILABLE` when the engine is gone, `RESOURCE_EXHAUSTED` when too many commands wait.
    pub(crate) fn send(&self, command: Command) -> Result<(), Status> {
        let arriving = match &command {
            Command::Generate { job, .. } => Some(job.priority),
            Command::Cancel(_) | Command::Embed { .. } | Command::Measure { .. } => None,
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
        self.shared.lock().unwrap_or_else(PoisonError::into_inner).counters
    }

    fn stop_batch_if(&self, unwanted: impl Fn(&[JobId], Priority) -> bool) {
        let shared = self.shared.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((jobs, class, len)) = &shared.batch
            && *len > LONG_BATCH
            && unwanted(jobs, *class)
        {
            self.pulse.stop();
        }
    }
}

/// Sizes of the engine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EngineOptions {
    pub context_tokens: u32,
    pub sequences: u32,
    pub threads: u32,
    pub batch_tokens: u32,
    /// See [`Limits::shared_chunk_tokens`].
    pub shared_chunk_tokens: u32,
    /// Logits rows of one batch, for verification and measurement.
    pub outputs: u32,
    /// Jobs that may wait.
    pub waiting: usize,
}

/// The thread's state.
#[derive(Debug)]
pub(crate) struct Engine {
    model: Arc<Model>,
    context: Context,
    scheduler: Scheduler,
    answers: HashMap<JobId, Answer>,
    /// Requests for vectors, of which the first is being read.
    embeddings: VecDeque<(Vec<Vec<u32>>, embed::Reply)>,
    embedding: Option<Embedding>,
    commands: Receiver<Command>,
    shared: Arc<Mutex<Shared>>,
    pulse: Pulse,
    options: EngineOptions,
    governor: ThreadGovernor,
    /// What [`machine::waited_for_cores`] said after the last batch.
    waited: Duration,
}

impl Engine {
    /// # Errors
    /// When the context's memory cannot be reserved.
    pub(crate) fn new(
        model: &Arc<Model>,
        options: EngineOptions,
        pulse: &Pulse,
    ) -> Result<(Self, Handle), crate::llama::ContextError> {
        let context = Context::new(
            model,
            ContextOptions {
                purpose: Purpose::Generate,
                context_tokens: options.context_tokens,
                sequences: options.sequences,
                batch_tokens: options.batch_tokens,
                outputs: options.outputs,
                threads: options.threads,
            },
            pulse,
        )?;
        let limits = Limits {
            sequences: options.sequences,
            context_tokens: context.context_tokens(),
            batch_tokens: options.batch_tokens,
            shared_chunk_tokens: options.shared_chunk_tokens,
            waiting: options.waiting,
            rewind: if model.is_recurrent() { Rewind::Never } else { Rewind::Anywhere },
        };
        let (sender, commands) = sync_channel(COMMANDS_MAX);
        let shared = Arc::new(Mutex::new(Shared::default()));
        let handle = Handle { commands: sender, shared: Arc::clone(&shared), pulse: pulse.clone() };
        let engine = Self {
            model: Arc::clone(model),
            context,
            scheduler: Scheduler::new(limits),
            answers: HashMap::new(),
            embeddings: VecDeque::new(),
            embedding: None,
            commands,
            shared,
            pulse: pulse.clone(),
            options,
            governor: ThreadGovernor::new(options.threads),
            waited: machine::waited_for_cores(),
        };
        Ok((engine, handle))
    }

    /// Cells of the context, which llama.cpp rounds up.
    pub(crate) fn context_tokens(&self) -> u32 {
        self.context.context_tokens()
    }

    /// Works until every handle is gone, or until llama.cpp fails in a way that leaves the context unusable.
    ///
    /// # Errors
    /// llama.cpp's failure. The process should end: its supervisor starts a new one.
    pub(crate) fn run(mut self) -> Result<(), DecodeError> {
        loop {
            self.pulse.beat();
            if self.pulse.is_ending() || !self.take_commands() {
                return Ok(());
            }
            self.drop_abandoned();
            let plan = self.scheduler.plan();
            if let Err(error) = self.perform(&plan) {
                for (_, mut answer) in self.answers.drain() {
                    answer.fail(Status::internal(error.to_string()));
                }
                return Err(error);
            }
            self.publish(None);
            self.embed();
        }
    }

    /// Takes what waits; waits itself only when there is nothing else to do. False when nobody can command any more.
    fn take_commands(&mut self) -> bool {
        let idle = self.answers.is_empty() && self.embedding.is_none() && self.embeddings.is_empty();
        let mut next = if idle {
            match self.commands.recv_timeout(IDLE_BEAT) {
                Ok(command) => Some(command),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return false,
            }
        } else {
            None
        };
        for _ in 0..COMMANDS_MAX {
            let command = match next.take() {
                Some(command) => command,
                None => match self.commands.try_recv() {
                    Ok(command) => command,
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => return false,
                },
            };
            self.obey(command);
        }
        true
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Generate { job, mut answer } => {
                let id = job.id;
                match self.scheduler.submit(job) {
                    Ok(()) => drop(self.answers.insert(id, *answer)),
                    Err(error) => answer.refuse(refusal(error)),
                }
            }
            Command::Cancel(id) => {
                self.scheduler.cancel(id);
                self.answers.remove(&id);
            }
            Command::Embed { texts, reply } => match self.embeddings.len() {
                0..EMBEDDINGS_MAX => self.embeddings.push_back((texts, reply)),
                // A closed receiver only means that nobody waits for the vectors any more.
                _ => drop(reply.send(Err(Status::resource_exhausted("too many requests for vectors wait")))),
            },
            Command::Measure { request, reply } => {
                let result = if self.answers.is_empty() && self.embedding.is_none() {
                    let ops = self.scheduler.clear_idle();
                    self.change_cache(&ops);
                    self.pulse.clear();
                    measure::run(&mut self.context, &self.pulse, &request)
                } else {
                    Err(Status::failed_precondition("the worker is busy; measure when nothing runs"))
                };
                let _ = reply.send(result);
            }
        }
    }

    fn drop_abandoned(&mut self) {
        let gone: Vec<JobId> = self.answers.iter().filter(|(_, a)| a.abandoned()).map(|(id, _)| *id).collect();
        for id in gone {
            self.scheduler.cancel(id);
            self.answers.remove(&id);
        }
    }

    fn perform(&mut self, plan: &Plan) -> Result<(), DecodeError> {
        let now = now();
        self.change_cache(&plan.cache);
        for admitted in &plan.admitted {
            if let Some(answer) = self.answers.get_mut(&admitted.job) {
                answer.start(admitted.prompt_tokens, admitted.cached_tokens, now);
                self.lock().counters.cached += u64::from(admitted.cached_tokens);
            }
        }
        if plan.batch.is_empty() {
            return Ok(());
        }
        self.pulse.clear();
        self.publish(Some(plan));
        let result = self.context.decode(&plan.batch);
        self.govern_threads(now.elapsed());
        match result {
            Ok(()) => {
                self.scheduler.commit();
                self.sample(plan);
                Ok(())
            }
            Err(DecodeError::Stopped) => {
                let ops = self.scheduler.discard();
                self.change_cache(&ops);
                Ok(())
            }
            Err(DecodeError::Full) => {
                self.make_room();
                Ok(())
            }
            Err(error @ DecodeError::Failed(_)) => Err(error),
        }
    }

    /// Gives cores up that others want, and takes them back.
    fn govern_threads(&mut self, computed: Duration) {
        let waited = machine::waited_for_cores();
        let meanwhile = waited.saturating_sub(std::mem::replace(&mut self.waited, waited));
        if let Some(threads) = self.governor.observe(computed, meanwhile) {
            tracing::debug!(threads, "threads");
            self.context.set_threads(threads);
        }
    }

    fn make_room(&mut self) {
        if let Some(ops) = self.scheduler.make_room() {
            self.change_cache(&ops);
            return;
        }
        // The last conversation of all fills the context alone: its answer ends here.
        let ops = self.scheduler.discard();
        self.change_cache(&ops);
        for id in self.scheduler.running_jobs() {
            self.scheduler.cancel(id);
            if let Some(mut answer) = self.answers.remove(&id) {
                answer.out_of_room(now());
            }
        }
    }

    fn sample(&mut self, plan: &Plan) {
        let prefilled = plan.batch.len() - plan.outputs.len();
        {
            let mut shared = self.lock();
            shared.counters.decoded += plan.outputs.len() as u64;
            shared.counters.prefilled += prefilled as u64;
        }
        for output in &plan.outputs {
            let (Some(answer), Some(logits)) = (self.answers.get_mut(&output.job), self.context.logits(output.row))
            else {
                self.scheduler.cancel(output.job);
                if let Some(mut answer) = self.answers.remove(&output.job) {
                    answer.fail(Status::internal("llama.cpp gave no logits"));
                }
                continue;
            };
            let room = self.scheduler.room(output.job);
            match answer.step(&self.model, logits, room, now()) {
                Step::Continue(token) => self.scheduler.advance(output.job, token),
                Step::Finished => {
                    self.scheduler.finish(output.job);
                    self.answers.remove(&output.job);
                }
            }
        }
    }

    fn change_cache(&mut self, ops: &[CacheOp]) {
        for op in ops {
            match *op {
                CacheOp::Truncate { sequence, from } => {
                    let done = self.context.truncate(sequence, from);
                    debug_assert!(done, "the scheduler rewinds only what the model can rewind");
                }
                CacheOp::Share { source, to, tokens } => self.context.share(source, to, tokens),
            }
        }
    }

    /// Reads one batch of the texts that become vectors: one after each batch of the conversations, so that neither waits
    /// for the end of the other.
    fn embed(&mut self) {
        self.pulse.clear();
        let running = self.embedding.take().or_else(|| {
            let (texts, reply) = self.embeddings.pop_front()?;
            Embedding::start(&self.model, self.options.threads, &self.pulse, texts, reply)
        });
        self.embedding = running.and_then(Embedding::step);
    }

    fn publish(&self, plan: Option<&Plan>) {
        let mut shared = self.lock();
        shared.counters.running = self.scheduler.running();
        shared.counters.waiting = self.scheduler.waiting();
        shared.counters.cells = self.scheduler.cells();
        shared.batch = plan.and_then(|plan| {
            let jobs = self.scheduler.in_batch();
            plan.priority.map(|class| (jobs, class, plan.batch.len()))
        });
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// How a scheduler's refusal goes over the wire.
fn refusal(error: SubmitError) -> wire::Refused {
    let (reason, prompt_tokens, context_tokens) = match error {
        SubmitError::Empty => (wire::RefusalReason::Empty, 0, 0),
        SubmitError::TooLong { tokens, context } => (wire::RefusalReason::TooLong, tokens, context),
        SubmitError::QueueFull { .. } => (wire::RefusalReason::QueueFull, 0, 0),
    };
    wire::Refused { reason: reason.into(), prompt_tokens, context_tokens, detail: error.to_string() }
}

#[expect(clippy::disallowed_methods, reason = "the worker is a shell: it measures real time")]
fn now() -> Instant {
    Instant::now()
}

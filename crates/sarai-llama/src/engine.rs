//! The thread that owns the model's cache: takes commands, carries out the scheduler's plans, feeds the answers.
//!
//! # Key types
//! - [`Engine`]: the thread's state. [`Engine::run`] returns when the last [`Handle`] is gone or the worker drains.
//! - [`Handle`]: what the gRPC service holds. It never waits for the engine: a full queue is an answer.
//!
//! # One pass
//! Commands → a snapshot for whoever is next, if one helps → guesses → plan → decode → sample. When nobody wants
//! anything, the [`Chores`] are done, one short piece at a time.

use std::collections::{HashMap, VecDeque};
use std::sync::mpsc::{Receiver, RecvTimeoutError, TryRecvError};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use sarai_engine::schedule::{CacheOp, JobId, Limits, Output, Plan, Rewind, Scheduler, SubmitError};
use sarai_engine::speculate::{Earlier, Luck, Staircase};
use sarai_engine::threads::ThreadGovernor;
use sarai_engine::weights::Layouts;
use sarai_proto::engine::v1 as wire;
use sarai_types::{DRAFT_TOKENS_MAX, Priority};
use tokio::sync::oneshot;
use tonic::Status;

use crate::answer::{Answer, Heard, Step};
use crate::chores::Chores;
use crate::drafter::Drafter;
use crate::embed::{self, Embedding, Reader};
use crate::guess::{Guesses, Place};
use crate::handle::{Batch, COMMANDS_MAX, Command, Handle, Shared};
use crate::llama::{DecodeError, Model, Pair, Pulse};
use crate::machine;
use crate::measure;
use crate::propose::Proposer;

/// Requests for vectors that wait.
const EMBEDDINGS_MAX: usize = 16;
/// While idle, the engine still shows that it lives.
const IDLE_BEAT: Duration = Duration::from_millis(200);
/// Tokens of earlier answers that guesses are looked for in.
const EARLIER_TOKENS: usize = 1 << 16;

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

/// What the engine works with.
#[derive(Debug)]
pub(crate) struct Parts {
    pub model: Arc<Model>,
    pub context: Pair,
    pub chores: Chores,
    pub drafter: Option<Drafter>,
    /// Who reads texts for their vectors; none where its file could not be loaded.
    pub reader: Option<Reader>,
}

/// The thread's state.
#[derive(Debug)]
pub(crate) struct Engine {
    model: Arc<Model>,
    context: Pair,
    scheduler: Scheduler,
    answers: HashMap<JobId, Answer>,
    guesses: Guesses,
    chores: Chores,
    reader: Option<Reader>,
    /// Requests for vectors, of which the first is being read.
    embeddings: VecDeque<(embed::Request, embed::Reply)>,
    embedding: Option<Embedding>,
    /// Guesses for other workers, once one has asked.
    proposer: Option<Proposer>,
    /// Who wants everything forgotten; answered once nothing runs that began before.
    forgets: Vec<oneshot::Sender<()>>,
    commands: Receiver<Command>,
    shared: Arc<Mutex<Shared>>,
    pulse: Pulse,
    options: EngineOptions,
    governor: ThreadGovernor,
    /// What [`machine::waited_for_cores`] said after the last batch.
    waited: Duration,
    /// How long a job runs, as an average that forgets: what a full queue is worth in time.
    job_ms: f64,
}

impl Engine {
    pub(crate) fn new(parts: Parts, options: EngineOptions, pulse: &Pulse) -> (Self, Handle) {
        let Parts { model, context, chores, drafter, reader } = parts;
        let limits = Limits {
            sequences: options.sequences,
            context_tokens: context.context_tokens(),
            batch_tokens: options.batch_tokens,
            shared_chunk_tokens: options.shared_chunk_tokens,
            waiting: options.waiting,
            rewind: if model.is_recurrent() { Rewind::Never } else { Rewind::Anywhere },
        };
        let (handle, commands, shared) = Handle::new(pulse);
        let costs = costs(&chores);
        let mut engine = Self {
            model,
            context,
            scheduler: Scheduler::new(limits),
            answers: HashMap::new(),
            guesses: Guesses { earlier: Earlier::new(EARLIER_TOKENS), luck: Luck::default(), costs, drafter },
            chores,
            reader,
            embeddings: VecDeque::new(),
            embedding: None,
            proposer: None,
            forgets: Vec::new(),
            commands,
            shared,
            pulse: pulse.clone(),
            options,
            governor: ThreadGovernor::new(options.threads),
            waited: machine::waited_for_cores(),
            job_ms: 0.0,
        };
        engine.show_measured();
        (engine, handle)
    }

    /// How the weights lie in memory.
    pub(crate) fn layouts(&self) -> Layouts {
        self.context.layouts()
    }

    /// Works until every handle is gone, or until llama.cpp fails in a way that leaves the context unusable.
    ///
    /// # Errors
    /// llama.cpp's failure. The process should end: its supervisor starts a new one.
    pub(crate) fn run(mut self) -> Result<(), DecodeError> {
        let mut patience = IDLE_BEAT;
        loop {
            self.pulse.beat();
            if self.pulse.is_ending() || !self.take_commands(patience) {
                return Ok(());
            }
            self.drop_abandoned();
            self.restore();
            self.guess();
            let plan = self.scheduler.plan();
            if let Err(error) = self.perform(&plan) {
                for (_, mut answer) in self.answers.drain() {
                    answer.fail(Status::internal(error.to_string()));
                }
                return Err(error);
            }
            self.publish(None);
            self.embed();
            if !self.forgets.is_empty() && self.is_idle() {
                self.forget();
            }
            patience = if self.is_idle() && self.do_chores()? { Duration::ZERO } else { IDLE_BEAT };
        }
    }

    fn is_idle(&self) -> bool {
        self.answers.is_empty() && self.embedding.is_none() && self.embeddings.is_empty()
    }

    /// Takes what waits; waits itself only when there is nothing else to do. False when nobody can command any more.
    fn take_commands(&mut self, patience: Duration) -> bool {
        let mut next = if self.is_idle() {
            match self.commands.recv_timeout(patience) {
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
            self.chores.interrupt(&mut self.context);
            self.obey(command);
        }
        true
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Generate { job, mut answer } => {
                let id = job.id;
                answer.guess_ahead(id.0, &job.prompt, &self.guesses);
                match self.scheduler.submit(job) {
                    Ok(()) => drop(self.answers.insert(id, *answer)),
                    Err(error) => answer.refuse(self.refusal(error)),
                }
            }
            Command::Cancel(id) => self.drop_answer(id),
            Command::Embed { request, reply } => match self.embeddings.len() {
                0..EMBEDDINGS_MAX => self.embeddings.push_back((request, reply)),
                // A closed receiver only means that nobody waits for the vectors any more.
                _ => drop(reply.send(Err(Status::resource_exhausted("too many requests for vectors wait")))),
            },
            Command::Measure { request, reply } => {
                let result = if self.is_idle() {
                    let ops = self.scheduler.clear_idle();
                    self.change_cache(&ops);
                    self.pulse.clear();
                    measure::run(&mut self.context, &self.pulse, &request)
                } else {
                    Err(Status::failed_precondition("the worker is busy; measure when nothing runs"))
                };
                let _ = reply.send(result);
            }
            Command::Forget { reply } => {
                // What nobody works on goes at once; what is running, when it ends.
                self.forgets.push(reply);
                let ops = self.scheduler.clear_idle();
                self.change_cache(&ops);
            }
            Command::Propose { request, reply } => {
                let result = self.propose(&request, || !reply.is_closed());
                let _ = reply.send(result);
            }
        }
    }

    fn propose(
        &mut self,
        request: &wire::ProposeRequest,
        wanted: impl Fn() -> bool,
    ) -> Result<wire::ProposeReply, Status> {
        self.pulse.clear();
        if self.proposer.is_none() {
            self.proposer = Some(Proposer::new(&self.model, &self.options, &self.pulse)?);
        }
        match &mut self.proposer {
            Some(proposer) => proposer.propose(&self.model, request, wanted),
            None => Err(Status::internal("there is no proposer")),
        }
    }

    /// Drops all that was read and said, in memory and on disk.
    fn forget(&mut self) {
        let ops = self.scheduler.clear_idle();
        self.change_cache(&ops);
        self.guesses.earlier.clear();
        self.proposer = None;
        self.chores.forget();
        for reply in self.forgets.drain(..) {
            // Whoever asked may be gone.
            let _ = reply.send(());
        }
    }

    fn drop_abandoned(&mut self) {
        let gone: Vec<JobId> = self.answers.iter().filter(|(_, a)| a.abandoned()).map(|(id, _)| *id).collect();
        for id in gone {
            self.drop_answer(id);
        }
    }

    /// Frees what a job holds at once, whether it runs or waits.
    fn drop_answer(&mut self, id: JobId) {
        let op = self.scheduler.cancel(id);
        self.change_cache(op.as_slice());
        if let Some(answer) = self.answers.remove(&id) {
            self.retire(answer);
        }
    }

    /// Takes a conversation that begins as the next prompt does from disk, if that saves more than it costs.
    fn restore(&mut self) {
        let Some((prompt, held)) = self.scheduler.next_prompt() else { return };
        let Some(snapshot) = self.chores.snapshot_for(prompt, held) else { return };
        let Some((sequence, op)) = self.scheduler.vacate() else { return };
        self.change_cache(&[op]);
        let positions = u32::try_from(snapshot.tokens.len()).unwrap_or(u32::MAX);
        if self.context.restore(sequence, positions, &snapshot.state) {
            self.scheduler.restored(sequence, snapshot.tokens);
        } else {
            self.chores.refuse(snapshot.id);
        }
    }

    /// Lets each answer that is being decoded say how it may go on. Not in a batch with a prompt in it: that one takes
    /// long enough.
    fn guess(&mut self) {
        if self.scheduler.reads_prompts() {
            return;
        }
        let decoding = self.scheduler.decoding();
        let mut place = Place {
            beside: decoding.iter().map(|(_, owed)| u32::try_from(*owed).unwrap_or(u32::MAX)).sum(),
            room: self.options.outputs.saturating_sub(u32::try_from(decoding.len()).unwrap_or(u32::MAX)),
        };
        for (id, _) in decoding {
            let room = place.room.min(DRAFT_TOKENS_MAX.into()).min(self.scheduler.room(id).saturating_sub(1));
            if let Some(answer) = self.answers.get_mut(&id) {
                let guesses = answer.guess(&mut self.guesses, &self.model, Place { room, ..place });
                let count = u32::try_from(guesses.len()).unwrap_or(u32::MAX);
                place = Place { beside: place.beside + count, room: place.room - count };
                self.scheduler.guess(id, guesses);
            }
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
        let took = now.elapsed();
        self.govern_threads(took);
        match result {
            Ok(()) => {
                self.scheduler.commit();
                self.learn(plan, took);
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

    /// A batch in which every token has logits says what such a batch takes now.
    fn learn(&mut self, plan: &Plan, took: Duration) {
        let tokens = u32::try_from(plan.batch.len()).unwrap_or(u32::MAX);
        if let Some(costs) = &mut self.guesses.costs
            && plan.batch.iter().all(|entry| entry.output)
        {
            costs.observe(tokens, took.as_secs_f64() * 1e3);
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
            if let Some(answer) = self.answers.get_mut(&id) {
                answer.out_of_room(now());
            }
            self.drop_answer(id);
        }
    }

    fn sample(&mut self, plan: &Plan) {
        let rows: usize = plan.outputs.iter().map(|o| 1 + o.guesses.len()).sum();
        {
            let mut shared = self.lock();
            shared.counters.decoded += rows as u64;
            shared.counters.prefilled += (plan.batch.len() - rows) as u64;
        }
        // What a batch of one token for each of them would take.
        let alone = u32::try_from(plan.outputs.len()).unwrap_or(u32::MAX);
        let plain_ms = self.guesses.costs.as_ref().map_or(0.0, |costs| costs.ms(alone));
        for output in &plan.outputs {
            match self.hear(output, plain_ms) {
                Some(Ok(Step::Continue)) => {}
                Some(Ok(Step::Finished)) | None => self.drop_answer(output.job),
                Some(Err(status)) => {
                    if let Some(answer) = self.answers.get_mut(&output.job) {
                        answer.fail(status);
                    }
                    self.drop_answer(output.job);
                }
            }
        }
    }

    /// None when the job is gone.
    fn hear(&mut self, output: &Output, plain_ms: f64) -> Option<Result<Step, Status>> {
        let room = self.scheduler.room(output.job);
        let answer = self.answers.get_mut(&output.job)?;
        let rows = (output.row..=output.row + output.guesses.len()).map(|row| self.context.logits(row)).collect();
        let Some(rows) = rows else { return Some(Err(Status::internal("llama.cpp gave no logits"))) };
        let heard = Heard { rows, guesses: &output.guesses, room, plain_ms, now: now() };
        let said = match answer.hear(&self.model, &heard) {
            Ok(said) => said,
            Err(status) => return Some(Err(status)),
        };
        let op = self.scheduler.advance(output.job, &said.tokens, said.right);
        self.change_cache(op.as_slice());
        Some(Ok(said.step))
    }

    /// Counts an answer that is over, and keeps what it taught.
    fn retire(&mut self, answer: Answer) {
        let now = now();
        let (decode_ms, total_ms) = (answer.decode_ms(now), answer.total_ms(now));
        let (decoding, fallbacks) = answer.retire(&mut self.guesses);
        if total_ms > 0.0 {
            self.job_ms = if self.job_ms > 0.0 { 0.8 * self.job_ms + 0.2 * total_ms } else { total_ms };
        }
        let mut shared = self.lock();
        let counters = &mut shared.counters;
        counters.forced += u64::from(decoding.forced_tokens);
        counters.suffix.add(decoding.suffix);
        counters.model.add(decoding.model);
        counters.fallbacks += u64::from(fallbacks);
        if decoding.plain_ms > 0.0 {
            counters.decode_ms += decode_ms;
            counters.plain_ms += decoding.plain_ms;
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
        let running = self.embedding.take().or_else(|| {
            // The first of those that matter most.
            let next = (0..self.embeddings.len()).min_by_key(|at| (self.embeddings[*at].0.priority, *at))?;
            let (request, reply) = self.embeddings.remove(next)?;
            Embedding::start(self.reader.as_ref()?, self.options.threads, &self.pulse, request, reply)
        });
        let Some(running) = running else { return };
        self.pulse.clear();
        self.lock().batch = Some(Batch { jobs: Vec::new(), class: running.priority(), tokens: running.tokens() });
        self.embedding = running.step();
        self.lock().batch = None;
    }

    /// One piece of what can wait. True when there is more of it to do at once.
    fn do_chores(&mut self) -> Result<bool, DecodeError> {
        self.pulse.clear();
        self.lock().batch = Some(Batch { jobs: Vec::new(), class: Priority::Background, tokens: usize::MAX });
        let more = self.chores.step(&mut self.context, &self.scheduler, &self.pulse, now());
        self.lock().batch = None;
        if self.chores.take_news() {
            self.guesses.costs = costs(&self.chores);
            self.show_measured();
        }
        more
    }

    fn show_measured(&mut self) {
        let speeds = self.chores.speeds();
        let layouts = self.context.layouts();
        let mut shared = self.lock();
        shared.counters.layouts = Some(layouts);
        if let Some(speeds) = speeds {
            shared.counters.batches = speeds.points().to_vec();
            shared.counters.prefill_tokens_per_second = speeds.prompt_tokens_per_second();
        }
    }

    fn publish(&self, plan: Option<&Plan>) {
        let mut shared = self.lock();
        shared.counters.running = self.scheduler.running();
        shared.counters.waiting = self.scheduler.waiting();
        shared.counters.cells = self.scheduler.cells();
        shared.counters.snapshots = self.chores.snapshots();
        shared.batch = plan.and_then(|plan| {
            let jobs = self.scheduler.in_batch();
            plan.priority.map(|class| Batch { jobs, class, tokens: plan.batch.len() })
        });
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// How a scheduler's refusal goes over the wire.
    fn refusal(&self, error: SubmitError) -> wire::Refused {
        let detail = error.to_string();
        match error {
            SubmitError::Empty => {
                wire::Refused { reason: wire::RefusalReason::Empty.into(), detail, ..Default::default() }
            }
            SubmitError::TooLong { tokens, context } => wire::Refused {
                reason: wire::RefusalReason::TooLong.into(),
                prompt_tokens: tokens,
                context_tokens: context,
                detail,
                ..Default::default()
            },
            SubmitError::QueueFull { .. } => wire::Refused {
                reason: wire::RefusalReason::QueueFull.into(),
                detail,
                retry_after_ms: self.retry_after_ms(),
                ..Default::default()
            },
        }
    }

    /// When the queue is likely to have moved on by one.
    fn retry_after_ms(&self) -> u32 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "held between a second and ten minutes"
        )]
        let ms = (self.job_ms / f64::from(self.options.sequences)).clamp(1e3, 6e5) as u32;
        ms
    }
}

fn costs(chores: &Chores) -> Option<Staircase> {
    chores.speeds().and_then(|speeds| Staircase::new(speeds.points()))
}

#[expect(clippy::disallowed_methods, reason = "the worker is a shell: it measures real time")]
fn now() -> Instant {
    Instant::now()
}

//! Decides what goes into the next batch: which conversations run, what their cache already holds, who waits.
//!
//! Several conversations share one context of a fixed number of cells. A *sequence* is a place in that context; it keeps
//! the tokens of the last conversation that ran in it, so that the next turn reads only what is new. Nothing here decodes:
//! the worker carries out each [`Plan`] and reports back.
//!
//! # Usage
//! 1. [`Scheduler::submit`] a [`Job`]; [`Scheduler::cancel`] it at any time.
//! 2. Perhaps [`Scheduler::guess`] how those of [`Scheduler::decoding`] go on.
//! 3. [`Scheduler::plan`]: perform the plan's [`CacheOp`]s in order, then decode its entries as one batch.
//! 4. Report the outcome: [`Scheduler::commit`], [`Scheduler::discard`] after an abort, or [`Scheduler::make_room`] when
//!    the context was full.
//! 5. For each output of a committed plan, sample, then [`Scheduler::advance`] and perhaps [`Scheduler::finish`].
//!
//! # Rules
//! - Classes are strict: while anything of a better [`Priority`] runs, a lesser class takes no part in a batch.
//! - Whoever decodes goes into every batch of its class, with its guesses; what remains of the batch is prompt, in equal
//!   shares for all that read one, and stays short while somebody decodes.
//! - Guesses stand in one batch. What turns out wrong is forgotten before the next.
//! - A prompt takes the longest prefix that any sequence holds, running or not: the cells are shared, not copied.
//! - A conversation is overwritten only when no sequence is empty or already a prefix of the prompt; then the one unused
//!   for longest goes.

mod slot;

use std::collections::VecDeque;

use sarai_types::Priority;

use slot::{Running, Slot, Stage};

/// The bounds of one context.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// Conversations at once, at least 1.
    pub sequences: u32,
    /// Cells of the context, shared by all sequences.
    pub context_tokens: u32,
    /// Tokens in one batch at most.
    pub batch_tokens: u32,
    /// Prompt tokens in a batch in which somebody else decodes: the longest pause that reading one prompt may cause in
    /// another conversation.
    pub shared_chunk_tokens: u32,
    /// Jobs that may wait, all classes together.
    pub waiting: usize,
    pub rewind: Rewind,
}

/// Whether a sequence can be taken back to an earlier position.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rewind {
    /// Attention only: every prefix of a sequence can be kept or shared.
    Anywhere,
    /// Models with a recurrent state know only where they are: a conversation goes on from its end, or starts again.
    Never,
}

/// Names a job for as long as it lives. The worker counts them up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct JobId(pub u64);

/// A prompt to continue.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    pub id: JobId,
    /// At least one token.
    pub prompt: Vec<u32>,
    pub priority: Priority,
}

/// Why a job was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SubmitError {
    #[error("the prompt is empty")]
    Empty,
    #[error("the prompt has {tokens} tokens, the context {context}, and one is needed to answer")]
    TooLong { tokens: u32, context: u32 },
    #[error("{waiting} jobs wait already")]
    QueueFull { waiting: usize },
}

/// A change of the cache, to be made before the batch is decoded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CacheOp {
    /// Forget what sequence `sequence` holds from position `from` on.
    Truncate { sequence: u32, from: u32 },
    /// Let `to`, which is empty, share the first `tokens` cells of `source`.
    Share { source: u32, to: u32, tokens: u32 },
}

/// One token of a batch.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Entry {
    pub sequence: u32,
    pub token: u32,
    pub position: u32,
    /// Whether the next token is sampled after this one.
    pub output: bool,
}

/// A job that left the queue in this plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Admitted {
    pub job: JobId,
    pub prompt_tokens: u32,
    /// How many of them were in the cache.
    pub cached_tokens: u32,
}

/// Where a job's next tokens are to be sampled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Output {
    pub job: JobId,
    /// Index into [`Plan::batch`]: the next token is sampled there, and if it is the first guess, the one after it in the
    /// following row, and so on.
    pub row: usize,
    pub guesses: Vec<u32>,
}

/// The next step. Empty when there is nothing to do.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Plan {
    pub cache: Vec<CacheOp>,
    pub admitted: Vec<Admitted>,
    pub batch: Vec<Entry>,
    pub outputs: Vec<Output>,
    /// The class that this batch serves; none when it is empty.
    pub priority: Option<Priority>,
}

/// What a job is before it runs: new, or sent back because the context was full.
#[derive(Debug, Clone)]
struct Waiting {
    job: Job,
    order: u64,
    /// Told once; a job that comes back is not admitted twice.
    announced: bool,
}

/// See the module's head.
#[derive(Debug)]
pub struct Scheduler {
    limits: Limits,
    slots: Vec<Slot>,
    waiting: VecDeque<Waiting>,
    /// How far each sequence gets if the plan in flight is committed.
    in_flight: Vec<(usize, usize)>,
    clock: u64,
    arrivals: u64,
}

impl Scheduler {
    #[must_use]
    pub fn new(limits: Limits) -> Self {
        Self {
            limits,
            slots: (0..limits.sequences.max(1)).map(|_| Slot::default()).collect(),
            waiting: VecDeque::new(),
            in_flight: Vec::new(),
            clock: 0,
            arrivals: 0,
        }
    }

    /// # Errors
    /// When the prompt is empty, can never fit, or too many wait.
    pub fn submit(&mut self, job: Job) -> Result<(), SubmitError> {
        let tokens = count(job.prompt.len());
        if tokens == 0 {
            return Err(SubmitError::Empty);
        }
        if tokens >= self.limits.context_tokens {
            return Err(SubmitError::TooLong { tokens, context: self.limits.context_tokens });
        }
        if self.waiting.len() >= self.limits.waiting {
            return Err(SubmitError::QueueFull { waiting: self.waiting.len() });
        }
        self.arrivals += 1;
        self.enqueue(Waiting { job, order: self.arrivals, announced: false });
        Ok(())
    }

    /// Forgets a job, waiting or running. Its tokens stay in the cache for whoever continues them.
    #[must_use = "unproven guesses must leave the cache"]
    pub fn cancel(&mut self, id: JobId) -> Option<CacheOp> {
        self.waiting.retain(|w| w.job.id != id);
        self.finish(id)
    }

    /// The jobs of the class that is served next which have said something and go on, and how many tokens each owes.
    #[must_use]
    pub fn decoding(&self) -> Vec<(JobId, usize)> {
        let Some(class) = self.class() else { return Vec::new() };
        let job = |slot: &Slot| {
            let running = slot.running.as_ref().filter(|r| r.priority == class && r.stage == Stage::Decoding)?;
            Some((running.id, slot.tokens.len() - slot.cached))
        };
        self.slots.iter().filter_map(job).collect()
    }

    /// Whether somebody of the class that is served next is reading a prompt.
    #[must_use]
    pub fn reads_prompts(&self) -> bool {
        let class = self.class();
        let reads = |r: &Running| Some(r.priority) == class && r.stage == Stage::Reading;
        self.slots.iter().filter_map(|s| s.running.as_ref()).any(reads)
    }

    /// Puts `tokens` behind what a decoding job said, for the next batch. Ignored for models that cannot take a guess
    /// back, and cut to what the context holds.
    pub fn guess(&mut self, id: JobId, mut tokens: Vec<u32>) {
        let room = self.room(id) as usize;
        if self.limits.rewind == Rewind::Anywhere
            && let Some(slot) = self.slot_of(id)
            && slot.running.as_ref().is_some_and(|r| r.stage == Stage::Decoding)
        {
            tokens.truncate(room.saturating_sub(1));
            slot.guesses = tokens;
        }
    }

    /// A running job said `tokens`, of which the first `right` were guessed and stand in the cache. The others go into
    /// the next batch.
    #[must_use = "wrong guesses must leave the cache"]
    pub fn advance(&mut self, id: JobId, tokens: &[u32], right: usize) -> Option<CacheOp> {
        let index = self.slots.iter().position(|s| is(s, id))?;
        let slot = &mut self.slots[index];
        if let Some(running) = &mut slot.running {
            running.stage = Stage::Decoding;
        }
        let right = right.min(slot.unproven);
        slot.tokens.extend_from_slice(tokens);
        slot.cached += right;
        slot.unproven -= right;
        slot.forget_unproven(index)
    }

    /// A running job is done. Its sequence keeps what the cache holds.
    #[must_use = "unproven guesses must leave the cache"]
    pub fn finish(&mut self, id: JobId) -> Option<CacheOp> {
        self.clock += 1;
        let index = self.slots.iter().position(|s| is(s, id))?;
        let slot = &mut self.slots[index];
        slot.running = None;
        slot.tokens.truncate(slot.cached);
        slot.guesses.clear();
        slot.last_used = self.clock;
        slot.forget_unproven(index)
    }

    /// How many tokens a running job may still say before the context is full for it alone.
    #[must_use]
    pub fn room(&self, id: JobId) -> u32 {
        let used = self.slots.iter().find(|s| is(s, id)).map_or(0, |s| count(s.tokens.len()));
        self.limits.context_tokens.saturating_sub(used)
    }

    #[must_use]
    pub fn running(&self) -> u32 {
        count(self.slots.iter().filter(|s| s.running.is_some()).count())
    }

    #[must_use]
    pub fn waiting(&self) -> u32 {
        count(self.waiting.len())
    }

    /// The jobs of the plan in flight.
    #[must_use]
    pub fn in_batch(&self) -> Vec<JobId> {
        self.in_flight.iter().filter_map(|(index, _)| self.slots[*index].running.as_ref()).map(|r| r.id).collect()
    }

    /// Cells in use, counting shared ones once for each sequence.
    #[must_use]
    pub fn cells(&self) -> u32 {
        count(self.slots.iter().map(|s| s.cached).sum())
    }

    /// The next batch. The plan before it was committed, discarded or followed by `make_room`.
    pub fn plan(&mut self) -> Plan {
        let mut plan = Plan::default();
        self.in_flight.clear();
        self.admit(&mut plan);
        let Some(class) = self.class() else { return plan };
        plan.priority = Some(class);

        let mut order: Vec<usize> = (0..self.slots.len())
            .filter(|&i| self.slots[i].running.as_ref().is_some_and(|r| r.priority == class))
            .collect();
        // Those that decode, then prompts, oldest first.
        let stage = |slot: &Slot| slot.running.as_ref().map(|r| (r.stage == Stage::Reading, r.order));
        order.sort_by_key(|&i| stage(&self.slots[i]));
        let reading = order.iter().filter(|&&i| stage(&self.slots[i]).is_some_and(|(reading, _)| reading)).count();
        let (decoding, prompts) = order.split_at(order.len() - reading);
        let mut budget = self.limits.batch_tokens as usize;
        for &index in decoding {
            budget -= self.take(index, budget, &mut plan);
        }
        if !decoding.is_empty() {
            budget = budget.min(self.limits.shared_chunk_tokens as usize);
        }
        for (i, &index) in prompts.iter().enumerate() {
            // What one leaves over, the next may use.
            let share = budget.div_ceil(prompts.len() - i);
            budget -= self.take(index, share, &mut plan);
        }
        // A guess is about the batch that it was made for.
        for (_, slot) in self.slots.iter_mut().enumerate().filter(|(i, _)| self.in_flight.iter().all(|(j, _)| j != i)) {
            slot.guesses.clear();
        }
        plan
    }

    /// The class that the next batch serves.
    fn class(&self) -> Option<Priority> {
        self.slots.iter().filter_map(|s| s.running.as_ref()).map(|r| r.priority).min()
    }

    /// The batch was decoded.
    pub fn commit(&mut self) {
        for (index, cached) in self.in_flight.drain(..) {
            let slot = &mut self.slots[index];
            slot.cached = cached;
            slot.unproven = std::mem::take(&mut slot.guesses).len();
        }
    }

    /// The batch was aborted, and some of it may stand in the cache: it is forgotten, and planned again.
    pub fn discard(&mut self) -> Vec<CacheOp> {
        let touched: Vec<usize> = self.in_flight.drain(..).map(|(index, _)| index).collect();
        let mut ops = Vec::with_capacity(touched.len());
        for index in touched {
            self.slots[index].guesses.clear();
            if self.limits.rewind == Rewind::Never {
                self.slots[index].cached = 0;
            }
            ops.push(CacheOp::Truncate { sequence: count(index), from: count(self.slots[index].cached) });
        }
        ops
    }

    /// The context had no room for the batch: gives up the idle conversation unused for longest or, when none is idle,
    /// sends the job back that matters least. `None` when there is nothing left to give up: the plan is still in flight.
    pub fn make_room(&mut self) -> Option<Vec<CacheOp>> {
        let idle = (0..self.slots.len())
            .filter(|&i| self.slots[i].running.is_none() && self.slots[i].cached > 0)
            .min_by_key(|&i| self.slots[i].last_used);
        let victim = match idle {
            Some(index) => index,
            None => self.send_back_least()?,
        };
        let mut ops = self.discard();
        let slot = &mut self.slots[victim];
        slot.tokens.clear();
        slot.cached = 0;
        ops.push(CacheOp::Truncate { sequence: count(victim), from: 0 });
        Some(ops)
    }

    /// The prompt that is read next, and how many of its tokens the cache holds already. None when there is no sequence
    /// for it: then there is none to put a snapshot into either.
    #[must_use]
    pub fn next_prompt(&self) -> Option<(&[u32], usize)> {
        let next = self.waiting.front().filter(|_| self.slots.iter().any(|s| s.running.is_none()))?;
        let held = self.slots.iter().map(|s| s.offers(&next.job.prompt, self.limits.rewind)).max().unwrap_or(0);
        Some((&next.job.prompt, held))
    }

    /// Empties the sequence that costs least to lose, for a conversation from elsewhere. None when all run.
    pub fn vacate(&mut self) -> Option<(u32, CacheOp)> {
        let index = (0..self.slots.len())
            .filter(|&i| self.slots[i].running.is_none())
            .min_by_key(|&i| (self.slots[i].cached > 0, self.slots[i].last_used))?;
        self.slots[index] = Slot::default();
        Some((count(index), CacheOp::Truncate { sequence: count(index), from: 0 }))
    }

    /// The cache of `sequence`, which was vacated, now holds exactly these tokens.
    pub fn restored(&mut self, sequence: u32, tokens: Vec<u32>) {
        self.clock += 1;
        let now = self.clock;
        if let Some(slot) = self.slots.get_mut(sequence as usize).filter(|s| s.running.is_none()) {
            *slot = Slot { cached: tokens.len(), tokens, last_used: now, ..Slot::default() };
        }
    }

    /// The conversations that nobody works on: their sequences, and what the cache holds of them.
    pub fn idle(&self) -> impl Iterator<Item = (u32, &[u32])> {
        let idle = self.slots.iter().enumerate().filter(|(_, s)| s.running.is_none() && s.cached > 0);
        idle.map(|(index, slot)| (count(index), &slot.tokens[..slot.cached]))
    }

    /// Forgets every idle conversation.
    pub fn clear_idle(&mut self) -> Vec<CacheOp> {
        let mut ops = Vec::new();
        for (index, slot) in self.slots.iter_mut().enumerate().filter(|(_, s)| s.running.is_none()) {
            slot.tokens.clear();
            slot.cached = 0;
            ops.push(CacheOp::Truncate { sequence: count(index), from: 0 });
        }
        ops
    }

    /// The jobs that have a sequence.
    #[must_use]
    pub fn running_jobs(&self) -> Vec<JobId> {
        self.slots.iter().filter_map(|s| s.running.as_ref()).map(|r| r.id).collect()
    }

    fn enqueue(&mut self, waiting: Waiting) {
        let key = (waiting.job.priority, waiting.order);
        let at = self.waiting.partition_point(|w| (w.job.priority, w.order) < key);
        self.waiting.insert(at, waiting);
    }

    fn admit(&mut self, plan: &mut Plan) {
        while let Some(next) = self.waiting.front() {
            let priority = next.job.priority;
            let fits = self.fits_beside_the_running(&next.job);
            let idle = self.slots.iter().any(|s| s.running.is_none());
            if !fits || !(idle || self.yields_to(priority)) {
                break;
            }
            // Whoever yielded is of a lesser class and stands further back.
            if let Some(next) = self.waiting.pop_front() {
                self.place(next, plan);
            }
        }
    }

    /// Whether a job can run without pushing others out of the context soon. A lone job always can.
    fn fits_beside_the_running(&self, job: &Job) -> bool {
        let mut needed = job.prompt.len();
        let mut alone = true;
        for slot in self.slots.iter().filter(|s| s.running.as_ref().is_some_and(|r| r.priority <= job.priority)) {
            alone = false;
            // What it shares with a running conversation costs nothing.
            needed += slot.tokens.len() - slot.shared_prefix(&job.prompt);
        }
        alone || needed < self.limits.context_tokens as usize
    }

    /// Sends back a running job of a lesser class, if there is one, so that `priority` finds a sequence.
    fn yields_to(&mut self, priority: Priority) -> bool {
        let lesser = self.slots.iter().filter_map(|s| s.running.as_ref()).any(|r| r.priority > priority);
        lesser && self.send_back_least().is_some()
    }

    /// Puts the running job that matters least (worst class, then youngest) back into the queue. What the cache holds of
    /// it stays, so that it goes on from there if nobody needs the room. The last job of all is never sent back.
    fn send_back_least(&mut self) -> Option<usize> {
        if self.running() < 2 {
            return None;
        }
        let index = (0..self.slots.len())
            .filter(|&i| self.slots[i].running.is_some())
            .max_by_key(|&i| self.slots[i].running.as_ref().map(|r| (r.priority, r.order)))?;
        self.clock += 1;
        let slot = &mut self.slots[index];
        let running = slot.running.take()?;
        slot.last_used = self.clock;
        slot.guesses.clear();
        let prompt = slot.tokens.clone();
        slot.tokens.truncate(slot.cached);
        let job = Job { id: running.id, prompt, priority: running.priority };
        self.enqueue(Waiting { job, order: running.order, announced: true });
        Some(index)
    }

    /// Gives a job its sequence: the cheapest to overwrite, with the longest prefix that anybody holds.
    fn place(&mut self, next: Waiting, plan: &mut Plan) {
        let Waiting { job, order, announced } = next;
        let held: Vec<usize> = self.slots.iter().map(|s| s.offers(&job.prompt, self.limits.rewind)).collect();
        let Some(target) = (0..self.slots.len())
            .filter(|&i| self.slots[i].running.is_none())
            .min_by_key(|&i| (self.loss(i, held[i]), usize::MAX - held[i], self.slots[i].last_used))
        else {
            return;
        };
        let source = match self.limits.rewind {
            Rewind::Anywhere => (0..self.slots.len()).max_by_key(|&i| (held[i], i == target)).unwrap_or(target),
            Rewind::Never => target,
        };
        let cached = held[source];
        let sequence = count(target);
        if source == target {
            if self.slots[target].cached > cached {
                plan.cache.push(CacheOp::Truncate { sequence, from: count(cached) });
            }
        } else {
            if self.slots[target].cached > 0 {
                plan.cache.push(CacheOp::Truncate { sequence, from: 0 });
            }
            plan.cache.push(CacheOp::Share { source: count(source), to: sequence, tokens: count(cached) });
        }
        if !announced {
            let (prompt_tokens, cached_tokens) = (count(job.prompt.len()), count(cached));
            plan.admitted.push(Admitted { job: job.id, prompt_tokens, cached_tokens });
        }
        let running = Some(Running { id: job.id, priority: job.priority, order, stage: Stage::Reading });
        self.slots[target] = Slot { tokens: job.prompt, cached, running, last_used: self.clock, ..Slot::default() };
    }

    /// How bad it is to overwrite a sequence that holds `held` tokens of the new prompt: 0 when (almost) nothing is lost,
    /// for it is empty or the conversation goes on; 1 when another conversation is.
    fn loss(&self, index: usize, held: usize) -> u8 {
        let slot = &self.slots[index];
        // A last answer may tokenise otherwise when it comes back as text: a small part of a long conversation may
        // differ and it is the same conversation still.
        let lost = slot.cached.saturating_sub(held);
        let continues = held > 0 && lost <= (slot.cached / 8).max(8);
        u8::from(!(slot.cached == 0 || continues))
    }

    /// Puts up to `budget` tokens of a running job into the batch, its guesses last.
    fn take(&mut self, index: usize, budget: usize, plan: &mut Plan) -> usize {
        let slot = &mut self.slots[index];
        let Some(running) = &slot.running else { return 0 };
        let end = slot.tokens.len().min(slot.cached + budget);
        let taken = end - slot.cached;
        slot.guesses.truncate(if end == slot.tokens.len() { budget - taken } else { 0 });
        let last = slot.tokens.len() - 1;
        for (position, &token) in slot.tokens.iter().chain(&slot.guesses).enumerate().skip(slot.cached) {
            if position == end + slot.guesses.len() {
                break;
            }
            if position == last {
                plan.outputs.push(Output { job: running.id, row: plan.batch.len(), guesses: slot.guesses.clone() });
            }
            let (sequence, output) = (count(index), position >= last);
            plan.batch.push(Entry { sequence, token, position: count(position), output });
        }
        if taken > 0 {
            self.in_flight.push((index, end));
        }
        taken + slot.guesses.len()
    }

    fn slot_of(&mut self, id: JobId) -> Option<&mut Slot> {
        self.slots.iter_mut().find(|s| is(s, id))
    }
}

fn is(slot: &Slot, id: JobId) -> bool {
    slot.running.as_ref().is_some_and(|r| r.id == id)
}

/// Token counts are bounded by the context, which is a `u32`.
fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;

//! Measures in idle time what batches take, in each layout that is loaded.
//!
//! # Usage
//! 1. [`Calibration::new`] once a model is loaded and something is not known yet.
//! 2. While nobody wants anything, with all threads: take back the wish to stop, then [`Calibration::step`]: one batch.
//!    Whoever comes may stop it.
//! 3. Before anything else is decoded: [`Calibration::abandon`], which gives its cells back.
//! 4. At [`Progress::Done`]: [`Calibration::measured`].
//!
//! It works in a sequence of its own, behind a short conversation, and touches no other. A batch that was stopped, or
//! during which threads waited for cores, is not counted; after one of the latter it pauses, longer each time.

use std::collections::{BTreeMap, VecDeque};
use std::time::{Duration, Instant};

use sarai_engine::schedule::Entry;
use sarai_engine::weights::{Measured, PROMPT_TOKENS, Speeds};

use crate::llama::{Context, DecodeError, Layout, Pair, Pulse};
use crate::machine;
use crate::measure::{DEPTH, median, now, token};

/// Tokens in the batches that are measured.
const SIZES: [u32; 12] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48, 64];
const ROUNDS: u32 = 3;
/// A prompt takes much longer, and is disturbed less for that.
const PROMPT_ROUNDS: u32 = 2;
/// The share of their time that threads may wait for cores in a batch that counts.
const CROWDED: f64 = 0.05;
/// After a batch that does not count, at first and at last.
const PAUSE_FIRST: Duration = Duration::from_secs(1);
const PAUSE_LAST: Duration = Duration::from_secs(64);
/// Batches in all, for each that is wanted. A computer that is never quiet is not measured.
const TRIES: usize = 6;

/// How it goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Progress {
    /// There is more to measure.
    More,
    /// Nothing was done: it pauses.
    Paused,
    Done,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Batch {
    layout: Layout,
    tokens: u32,
}

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Calibration {
    /// What is still to be timed, once for each round.
    plan: VecDeque<Batch>,
    /// Times that count, in milliseconds.
    times: Vec<(Batch, f64)>,
    /// Where the conversation stands that batches are measured behind.
    behind: Option<Layout>,
    /// The last batch that was computed: the first of its kind has a graph to build.
    warm: Option<Batch>,
    tries: usize,
    pause: Duration,
    paused_until: Option<Instant>,
    threads: u32,
    waited: fn() -> Duration,
}

impl Calibration {
    /// For the layouts that are loaded, computed with this many threads.
    pub(crate) fn new(layouts: &[Layout], threads: u32) -> Self {
        let prompts = |layout| (0..PROMPT_ROUNDS).map(move |_| Batch { layout, tokens: PROMPT_TOKENS });
        let batches =
            |layout| SIZES.into_iter().flat_map(move |tokens| (0..ROUNDS).map(move |_| Batch { layout, tokens }));
        let plan: VecDeque<Batch> = layouts.iter().flat_map(|&l| prompts(l).chain(batches(l))).collect();
        Self {
            tries: plan.len() * TRIES,
            plan,
            times: Vec::new(),
            behind: None,
            warm: None,
            pause: PAUSE_FIRST,
            paused_until: None,
            threads: threads.max(1),
            waited: machine::waited_for_cores,
        }
    }

    /// Computes one batch at most.
    ///
    /// # Errors
    /// [`DecodeError::Failed`], after which the context cannot be used.
    pub(crate) fn step(&mut self, pair: &mut Pair, pulse: &Pulse) -> Result<Progress, DecodeError> {
        let Some(&batch) = self.plan.front() else { return Ok(Progress::Done) };
        if self.paused_until.is_some_and(|until| now() < until) {
            return Ok(Progress::Paused);
        }
        if self.tries == 0 || pair.context(batch.layout).is_none() {
            self.abandon(pair);
            self.plan.retain(|b| self.tries > 0 && b.layout != batch.layout);
            return Ok(self.progress());
        }
        self.tries -= 1;
        if self.behind.is_some_and(|layout| layout != batch.layout) {
            self.abandon(pair);
        }
        let Some(context) = pair.context(batch.layout) else { return Ok(self.progress()) };
        pulse.beat();
        match self.compute(context, batch) {
            Ok(()) => {}
            // Whoever stopped it has work for the engine.
            Err(DecodeError::Stopped) => self.abandon(pair),
            // The conversations fill the cache; some day they will not.
            Err(DecodeError::Full) => {
                self.abandon(pair);
                self.rest();
            }
            Err(error @ DecodeError::Failed(_)) => return Err(error),
        }
        if self.plan.is_empty() {
            self.abandon(pair);
        }
        Ok(self.progress())
    }

    fn progress(&self) -> Progress {
        if self.plan.is_empty() { Progress::Done } else { Progress::More }
    }

    fn rest(&mut self) {
        self.paused_until = Some(now() + self.pause);
        self.pause = (self.pause * 2).min(PAUSE_LAST);
    }

    fn compute(&mut self, context: &mut Context, batch: Batch) -> Result<(), DecodeError> {
        let spare = context.spare();
        if self.behind.is_none() {
            read(context, 0, DEPTH, Rows::None)?;
            (self.behind, self.warm) = (Some(batch.layout), None);
            return Ok(());
        }
        let (start, waited) = (now(), (self.waited)());
        let rows = if batch.tokens == PROMPT_TOKENS { Rows::Last } else { Rows::All };
        read(context, DEPTH, batch.tokens, rows)?;
        let took = start.elapsed();
        let waited = (self.waited)().saturating_sub(waited);
        // A recurrent state is read again from the start.
        if !context.truncate(spare, DEPTH) {
            let _ = context.truncate(spare, 0);
            self.behind = None;
        }
        if waited.as_secs_f64() > CROWDED * took.as_secs_f64() * f64::from(self.threads) {
            self.rest();
        } else if self.warm == Some(batch) || batch.tokens == PROMPT_TOKENS || self.behind.is_none() {
            self.pause = PAUSE_FIRST;
            self.times.push((batch, took.as_secs_f64() * 1e3));
            self.plan.pop_front();
        }
        self.warm = Some(batch);
        Ok(())
    }

    /// Gives its cells back. It goes on where it was, with the next step.
    pub(crate) fn abandon(&mut self, pair: &mut Pair) {
        if let Some(context) = self.behind.take().and_then(|layout| pair.context(layout)) {
            let spare = context.spare();
            // Any model can forget a whole sequence.
            let _ = context.truncate(spare, 0);
        }
        self.warm = None;
    }

    /// What is known so far: a layout all of whose batches were timed.
    pub(crate) fn measured(&self) -> Measured {
        Measured { stored: self.speeds(Layout::Stored), repacked: self.speeds(Layout::Repacked) }
    }

    fn speeds(&self, layout: Layout) -> Option<Speeds> {
        if self.plan.iter().any(|batch| batch.layout == layout) {
            return None;
        }
        let mut times: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
        for (batch, ms) in self.times.iter().filter(|(batch, _)| batch.layout == layout) {
            times.entry(batch.tokens).or_default().push(*ms);
        }
        // Nothing makes a prompt faster than it is.
        let prompt = times.remove(&PROMPT_TOKENS)?.into_iter().min_by(f64::total_cmp)?;
        let points = times.into_iter().map(|(tokens, mut times)| (tokens, median(&mut times))).collect();
        Speeds::new(points, f64::from(PROMPT_TOKENS) / prompt * 1e3)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rows {
    None,
    Last,
    All,
}

/// Reads ordinary tokens into the spare sequence; what of them was read when it fails is forgotten.
fn read(context: &mut Context, from: u32, count: u32, rows: Rows) -> Result<(), DecodeError> {
    let sequence = context.spare();
    let entries: Vec<Entry> = (from..from + count)
        .map(|position| {
            let output = match rows {
                Rows::None => false,
                Rows::Last => position + 1 == from + count,
                Rows::All => true,
            };
            Entry { sequence, token: token(position), position, output }
        })
        .collect();
    let result = context.decode(&entries);
    if result.is_err() {
        let _ = context.truncate(sequence, from);
    }
    result
}

#[cfg(test)]
#[path = "calibrate_tests.rs"]
mod tests;

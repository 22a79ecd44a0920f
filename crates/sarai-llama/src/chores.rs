//! What the engine does when nobody wants anything: measures what batches take, and keeps conversations on disk.
//!
//! A chore is one short piece of work. Whoever comes with a request waits for one piece at most, and long batches of a
//! measurement are stopped like any other.
//!
//! # Usage
//! [`Chores::step`] while the engine is idle, [`Chores::interrupt`] before anything else is done. [`Chores::take_news`]
//! says when more is known than before.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use sarai_engine::schedule::Scheduler;
use sarai_engine::snapshot::SnapshotId;
use sarai_engine::weights::{self, Handover, Layouts, Measured, Policy, Sizes, Speeds};

use crate::calibrate::{Calibration, Progress};
use crate::handle::SnapshotCounters;
use crate::llama::{Context, ContextOptions, DecodeError, Layout, Model, Pair, Pulse, Purpose};
use crate::measure;
use crate::measured::{self, Key};
use crate::store::Store;

/// Cells for measuring: a prompt behind a short conversation.
const TRIAL_TOKENS: u32 = 512;
/// The other layout is loaded to be measured once nobody has said anything for this long: loading holds up whoever comes
/// by about a second.
const TRIAL_QUIET: Duration = Duration::from_secs(30);
/// A conversation is kept once nobody has said anything for this long: most are continued before that, and would only be
/// written again.
const QUIET: Duration = Duration::from_secs(2);

/// What decides which layouts are held, and where what was measured is kept.
#[derive(Debug)]
pub(crate) struct Weights {
    pub path: PathBuf,
    pub policy: Policy,
    pub handover: Handover,
    pub sizes: Sizes,
    /// Bytes that were available before anything was loaded.
    pub available: u64,
    pub known: Measured,
    pub file: Option<(PathBuf, Key)>,
}

/// A conversation from disk.
#[derive(Debug)]
pub(crate) struct Snapshot {
    pub id: SnapshotId,
    pub tokens: Vec<u32>,
    pub state: Vec<u8>,
}

/// The layout that is not held, loaded only to be measured.
#[derive(Debug)]
enum Trial {
    /// Not yet, or interrupted.
    Due,
    Running {
        context: Box<Pair>,
        calibration: Calibration,
    },
    /// Measured, or it cannot be in this run.
    Over,
}

/// See the module's head.
#[derive(Debug)]
pub(crate) struct Chores {
    store: Store,
    weights: Weights,
    /// None when everything that is held was measured, now or earlier.
    calibration: Option<Calibration>,
    trial: Trial,
    /// What is held.
    layouts: Layouts,
    threads: u32,
    idle_since: Option<Instant>,
    news: bool,
}

impl Chores {
    /// `threads` are those that batches are computed with when nobody else wants cores.
    pub(crate) fn new(store: Store, weights: Weights, context: &mut Pair, threads: u32) -> Self {
        let layouts = context.layouts();
        context.set_speeds(&weights.known);
        let held: &[Layout] = match layouts {
            Layouts::Stored => &[Layout::Stored],
            Layouts::Repacked => &[Layout::Repacked],
            Layouts::Both => &[Layout::Stored, Layout::Repacked],
        };
        let unknown = weights.known.speeds(layouts).is_none();
        let calibration = unknown.then(|| Calibration::new(held, threads));
        Self { store, weights, calibration, trial: Trial::Due, layouts, threads, idle_since: None, news: false }
    }

    /// What batches take with what is held, as far as it is known.
    pub(crate) fn speeds(&self) -> Option<Speeds> {
        self.weights.known.speeds(self.layouts)
    }

    /// Whether more is known than when this was asked last.
    pub(crate) fn take_news(&mut self) -> bool {
        std::mem::take(&mut self.news)
    }

    pub(crate) fn snapshots(&self) -> SnapshotCounters {
        self.store.figures()
    }

    /// A conversation on disk that begins as `prompt` does, if it saves enough beyond the `held` tokens in memory.
    pub(crate) fn snapshot_for(&mut self, prompt: &[u32], held: usize) -> Option<Snapshot> {
        let id = self.store.best(prompt, held)?.id;
        let (tokens, state) = self.store.read(id)?;
        Some(Snapshot { id, tokens, state })
    }

    /// Removes all conversations from disk.
    pub(crate) fn forget(&mut self) {
        self.store.clear();
    }

    /// llama.cpp did not take it.
    pub(crate) fn refuse(&mut self, id: SnapshotId) {
        self.store.refuse(id);
    }

    /// Somebody wants something.
    pub(crate) fn interrupt(&mut self, context: &mut Pair) {
        self.idle_since = None;
        if let Some(calibration) = &mut self.calibration {
            calibration.abandon(context);
        }
        if let Trial::Running { .. } = self.trial {
            // Somebody needs the cores, and perhaps the memory.
            self.trial = Trial::Due;
        }
    }

    /// One piece of work. True when there is more to do at once.
    ///
    /// # Errors
    /// llama.cpp's failure, after which the context cannot be used.
    pub(crate) fn step(
        &mut self,
        context: &mut Pair,
        scheduler: &Scheduler,
        pulse: &Pulse,
        now: Instant,
    ) -> Result<bool, DecodeError> {
        let since = *self.idle_since.get_or_insert(now);
        let quiet = now.saturating_duration_since(since);
        if quiet >= QUIET && self.keep_one(context, scheduler) {
            return Ok(true);
        }
        if let Some(calibration) = &mut self.calibration {
            let progress = calibration.step(context, pulse)?;
            if progress == Progress::Done {
                let measured = calibration.measured();
                self.calibration = None;
                self.learn(measured);
                context.set_speeds(&self.weights.known);
            }
            return Ok(progress == Progress::More);
        }
        self.try_out(pulse, quiet >= TRIAL_QUIET)
    }

    /// Keeps one conversation that is worth it.
    fn keep_one(&mut self, context: &Pair, scheduler: &Scheduler) -> bool {
        let Some((sequence, tokens)) = scheduler.idle().find(|(_, tokens)| self.store.wants(tokens)) else {
            return false;
        };
        match context.state(sequence) {
            Some(state) => {
                self.store.write(tokens.to_vec(), state);
                true
            }
            // Not every kind of model can be taken back from disk.
            None => false,
        }
    }

    /// Measures the layout that is not held, so that the next start can choose.
    fn try_out(&mut self, pulse: &Pulse, quiet: bool) -> Result<bool, DecodeError> {
        match &mut self.trial {
            Trial::Due if quiet => self.trial = self.begin_trial(pulse),
            Trial::Due | Trial::Over => return Ok(false),
            Trial::Running { context, calibration } => {
                let progress = calibration.step(context, pulse)?;
                if progress == Progress::Done {
                    let measured = calibration.measured();
                    // Its memory is free again.
                    self.trial = Trial::Over;
                    self.learn(measured);
                }
                return Ok(progress == Progress::More);
            }
        }
        Ok(matches!(self.trial, Trial::Running { .. }))
    }

    fn begin_trial(&self, pulse: &Pulse) -> Trial {
        let Weights { policy, known, sizes, available, file, .. } = &self.weights;
        let wanted = self.layouts == Layouts::Repacked
            && known.repacked.is_some()
            && file.is_some()
            && weights::worth_a_trial(*policy, known, sizes, *available);
        if !wanted {
            return Trial::Over;
        }
        match self.load_trial(pulse) {
            Ok(context) => Trial::Running {
                context: Box::new(Pair::single(Layout::Stored, context)),
                calibration: Calibration::new(&[Layout::Stored], self.threads),
            },
            Err(error) => {
                tracing::warn!("the other layout of the weights is not measured: {error:#}");
                Trial::Over
            }
        }
    }

    fn load_trial(&self, pulse: &Pulse) -> anyhow::Result<Context> {
        let sizes = ContextOptions {
            purpose: Purpose::Generate,
            context_tokens: TRIAL_TOKENS,
            sequences: 1,
            batch_tokens: TRIAL_TOKENS,
            outputs: measure::BATCH_MAX,
            threads: self.threads,
        };
        let model = Model::load(&self.weights.path, Layout::Stored, pulse)?;
        Ok(Context::new(&Arc::new(model), sizes, pulse)?)
    }

    fn learn(&mut self, measured: Measured) {
        self.weights.known = measured.or(std::mem::take(&mut self.weights.known));
        self.news = true;
        if let Some((file, key)) = &self.weights.file
            && let Err(error) = measured::save(file, key, &self.weights.known)
        {
            tracing::warn!(%error, "what was measured cannot be kept, and will be measured again");
        }
        let Weights { policy, known, handover, sizes, available, .. } = &self.weights;
        if let Ok(best) = weights::choose(*policy, known, *handover, sizes, *available)
            && best != self.layouts
        {
            tracing::info!(weights = best.as_str(), "from the next start on");
        }
    }
}

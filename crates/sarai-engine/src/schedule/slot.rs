//! A sequence's books: the conversation that stands in it, and who works on it.

use sarai_types::Priority;

use super::{CacheOp, JobId, Rewind, count};

#[derive(Debug, Clone)]
pub(super) struct Running {
    pub(super) id: JobId,
    pub(super) priority: Priority,
    /// Arrival, for fairness inside a class.
    pub(super) order: u64,
    pub(super) stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stage {
    /// The prompt, or what it was when the job came back.
    Reading,
    /// It has said something.
    Decoding,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Slot {
    /// Every token of the conversation so far; the cache holds the first `cached` of them.
    pub(super) tokens: Vec<u32>,
    pub(super) cached: usize,
    /// What may follow `tokens`, for the next batch only.
    pub(super) guesses: Vec<u32>,
    /// Guesses that a committed batch has left in the cache, behind `cached`.
    pub(super) unproven: usize,
    pub(super) running: Option<Running>,
    /// When it last finished, in plans; the smallest is overwritten first.
    pub(super) last_used: u64,
}

impl Slot {
    pub(super) fn forget_unproven(&mut self, index: usize) -> Option<CacheOp> {
        let left = std::mem::take(&mut self.unproven);
        (left > 0).then(|| CacheOp::Truncate { sequence: count(index), from: count(self.cached) })
    }

    pub(super) fn shared_prefix(&self, prompt: &[u32]) -> usize {
        self.tokens[..self.cached].iter().zip(prompt).take_while(|(a, b)| a == b).count()
    }

    /// How much of `prompt` a new job may take over from here.
    pub(super) fn offers(&self, prompt: &[u32], rewind: Rewind) -> usize {
        // The last token is always read again: without it there are no logits to sample from.
        let held = self.shared_prefix(prompt).min(prompt.len() - 1);
        match rewind {
            Rewind::Anywhere => held,
            Rewind::Never if self.running.is_none() && held == self.cached => held,
            Rewind::Never => 0,
        }
    }
}

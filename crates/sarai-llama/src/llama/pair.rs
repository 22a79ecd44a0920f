//! One cache over one or two layouts of the same weights.
//!
//! A [`Pair`] looks like one context. With two layouts each batch is computed where it is faster by what was measured,
//! and what that side has not seen is handed over to it first: keys and values are the same numbers in both, up to the
//! rounding of the kernels that made them.
//!
//! # Rules
//! - Of each sequence one side holds everything and the other a prefix of it; [`Books`] knows how long that is.
//! - Whoever forgets or shares does so on both sides.
//! - A side that is better for a batch but far behind is first used when what was lost by not using it has grown as
//!   large as what the hand-over costs: then no order of batches can make the choice more than twice as dear as knowing
//!   them all beforehand.
//!
//! # Usage
//! 1. [`Pair::single`] or [`Pair::both`]; [`Pair::set_speeds`] as soon as anything is known.
//! 2. Use it as a context.

use std::time::Duration;

use sarai_engine::schedule::Entry;
use sarai_engine::weights::{Layouts, Measured, Speeds};

use super::{Context, DecodeError, Layout};
use crate::measure::now;

/// Positions handed over at a time: the bytes in between are bounded, and a long text is not held twice.
const CHUNK: u32 = 256;
/// Before anything is measured, batches from this many tokens on are computed as stored.
const LONG: u32 = 32;
/// What a hand-over is taken to cost before the first one, and beside the positions.
const FIRST_MS_PER_POSITION: f64 = 0.02;
const MS_PER_HANDOVER: f64 = 0.3;
/// Shorter ones say nothing about the cost of a position.
const TIMED_POSITIONS: u32 = 16;

/// What a pair needs of a context. Another one stands in for it where only the books are tested.
pub(crate) trait Side {
    fn decode(&mut self, entries: &[Entry]) -> Result<(), DecodeError>;
    fn truncate(&mut self, sequence: u32, from: u32) -> bool;
    fn share(&mut self, source: u32, to: u32, tokens: u32);
    fn clear(&mut self);
    fn state(&self, sequence: u32) -> Option<Vec<u8>>;
    fn restore(&mut self, sequence: u32, positions: u32, bytes: &[u8]) -> bool;
    fn export(&mut self, sequence: u32, from: u32, to: u32, bytes: &mut Vec<u8>) -> bool;
    fn import(&mut self, sequence: u32, bytes: &[u8]) -> bool;
}

impl Side for Context {
    fn decode(&mut self, entries: &[Entry]) -> Result<(), DecodeError> {
        self.decode(entries)
    }

    fn truncate(&mut self, sequence: u32, from: u32) -> bool {
        self.truncate(sequence, from)
    }

    fn share(&mut self, source: u32, to: u32, tokens: u32) {
        self.share(source, to, tokens);
    }

    fn clear(&mut self) {
        self.clear();
    }

    fn state(&self, sequence: u32) -> Option<Vec<u8>> {
        self.state(sequence)
    }

    fn restore(&mut self, sequence: u32, positions: u32, bytes: &[u8]) -> bool {
        self.restore(sequence, positions, bytes)
    }

    fn export(&mut self, sequence: u32, from: u32, to: u32, bytes: &mut Vec<u8>) -> bool {
        self.export(sequence, from, to, bytes)
    }

    fn import(&mut self, sequence: u32, bytes: &[u8]) -> bool {
        self.import(sequence, bytes)
    }
}

/// Index of a side.
const fn index(layout: Layout) -> usize {
    match layout {
        Layout::Stored => 0,
        Layout::Repacked => 1,
    }
}

const fn other(layout: Layout) -> Layout {
    match layout {
        Layout::Stored => Layout::Repacked,
        Layout::Repacked => Layout::Stored,
    }
}

/// How many positions of each sequence each side holds.
#[derive(Debug, Default)]
struct Books(Vec<[u32; 2]>);

impl Books {
    fn held(&self, side: Layout, sequence: u32) -> u32 {
        self.0.get(sequence as usize).map_or(0, |held| held[index(side)])
    }

    /// Of the two the side that holds everything.
    fn ahead(&self, sequence: u32) -> Layout {
        let [stored, repacked] = [Layout::Stored, Layout::Repacked].map(|side| self.held(side, sequence));
        if stored >= repacked { Layout::Stored } else { Layout::Repacked }
    }

    fn set(&mut self, side: Layout, sequence: u32, positions: u32) {
        let sequence = sequence as usize;
        if self.0.len() <= sequence {
            self.0.resize(sequence + 1, [0; 2]);
        }
        self.0[sequence][index(side)] = positions;
    }

    fn truncate(&mut self, sequence: u32, from: u32) {
        for side in [Layout::Stored, Layout::Repacked] {
            self.set(side, sequence, self.held(side, sequence).min(from));
        }
    }

    /// What a side lacks of a batch.
    fn behind(&self, side: Layout, runs: &[Run]) -> u32 {
        runs.iter().map(|run| run.from.saturating_sub(self.held(side, run.sequence))).fold(0, u32::saturating_add)
    }
}

/// The positions that a batch adds to one sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Run {
    sequence: u32,
    from: u32,
    to: u32,
}

fn runs(entries: &[Entry]) -> Vec<Run> {
    let mut runs: Vec<Run> = Vec::new();
    for entry in entries {
        match runs.iter_mut().find(|run| run.sequence == entry.sequence) {
            Some(run) => {
                run.from = run.from.min(entry.position);
                run.to = run.to.max(entry.position + 1);
            }
            None => runs.push(Run { sequence: entry.sequence, from: entry.position, to: entry.position + 1 }),
        }
    }
    runs
}

/// See the module's head. Owned by one thread.
#[derive(Debug)]
pub(crate) struct Pair<S = Context> {
    layout: Layout,
    front: S,
    /// In the other layout, if there is one.
    back: Option<S>,
    /// Kept while there are two sides.
    books: Books,
    /// The side of the last batch, where its logits are.
    last: Layout,
    /// By [`index`].
    speeds: Option<[Speeds; 2]>,
    ms_per_position: f64,
    /// Milliseconds lost on the other side since this one was used last.
    lost: [f64; 2],
    bytes: Vec<u8>,
}

impl Pair {
    pub(crate) fn single(layout: Layout, context: Context) -> Self {
        Self::new(layout, context, None)
    }

    /// Two empty contexts of the same file with the same options, for a model that can [hand
    /// over](super::Model::handover).
    pub(crate) fn both(stored: Context, repacked: Context) -> Self {
        Self::new(Layout::Stored, stored, Some(repacked))
    }

    /// Cells of the cache.
    pub(crate) fn context_tokens(&self) -> u32 {
        self.front.context_tokens()
    }

    /// Computes with this many threads from the next batch on.
    pub(crate) fn set_threads(&mut self, threads: u32) {
        self.sides().for_each(|side| side.set_threads(threads));
    }

    /// See [`Context::logits`].
    pub(crate) fn logits(&self, row: usize) -> Option<&[f32]> {
        self.side_ref(self.last).logits(row)
    }

    /// One layout's context, to measure in its [spare](Context::spare) sequence. The engine's must be left alone there.
    pub(crate) fn context(&mut self, layout: Layout) -> Option<&mut Context> {
        (self.back.is_some() || layout == self.layout).then(|| self.side(layout))
    }
}

impl<S: Side> Pair<S> {
    fn new(layout: Layout, front: S, back: Option<S>) -> Self {
        Self {
            layout,
            front,
            back,
            books: Books::default(),
            last: layout,
            speeds: None,
            ms_per_position: FIRST_MS_PER_POSITION,
            lost: [0.0; 2],
            bytes: Vec::new(),
        }
    }

    pub(crate) fn layouts(&self) -> Layouts {
        match (&self.back, self.layout) {
            (Some(_), _) => Layouts::Both,
            (None, Layout::Stored) => Layouts::Stored,
            (None, Layout::Repacked) => Layouts::Repacked,
        }
    }

    /// Chooses by these speeds from now on, if both sides are among them.
    pub(crate) fn set_speeds(&mut self, measured: &Measured) {
        self.speeds = measured.stored.clone().zip(measured.repacked.clone()).map(|(s, r)| [s, r]);
    }

    /// The side of that layout, or the only one.
    fn side(&mut self, layout: Layout) -> &mut S {
        match &mut self.back {
            Some(back) if layout != self.layout => back,
            _ => &mut self.front,
        }
    }

    fn side_ref(&self, layout: Layout) -> &S {
        match &self.back {
            Some(back) if layout != self.layout => back,
            _ => &self.front,
        }
    }

    fn sides(&mut self) -> impl Iterator<Item = &mut S> {
        std::iter::once(&mut self.front).chain(&mut self.back)
    }

    /// Decodes one batch, where that is faster.
    ///
    /// # Errors
    /// See [`DecodeError`].
    ///
    /// # Panics
    /// As [`Context::decode`].
    pub(crate) fn decode(&mut self, entries: &[Entry]) -> Result<(), DecodeError> {
        if self.back.is_none() {
            return self.front.decode(entries);
        }
        let runs = runs(entries);
        let side = self.choose(u32::try_from(entries.len()).unwrap_or(u32::MAX), &runs);
        let side = match self.bring_up(side, &runs) {
            Ok(()) => side,
            Err(error) if self.books.behind(other(side), &runs) > 0 => return Err(error),
            // The side that has everything can do without.
            Err(_) => other(side),
        };
        self.last = side;
        let result = self.side(side).decode(entries);
        for run in runs {
            if result.is_ok() {
                self.books.set(side, run.sequence, run.to);
            } else {
                // Of a batch that did not come to its end, nothing may stay.
                let held = self.books.held(side, run.sequence);
                let _ = self.side(side).truncate(run.sequence, held);
            }
        }
        result
    }

    /// Where to compute a batch.
    fn choose(&mut self, tokens: u32, runs: &[Run]) -> Layout {
        let Some(speeds) = &self.speeds else {
            return if tokens >= LONG { Layout::Stored } else { Layout::Repacked };
        };
        let ms = [Layout::Stored, Layout::Repacked].map(|side| speeds[index(side)].ms(tokens));
        let better = if ms[0] < ms[1] { Layout::Stored } else { Layout::Repacked };
        let loss = (ms[0] - ms[1]).abs();
        let handover = |behind: u32| match behind {
            0 => 0.0,
            n => MS_PER_HANDOVER + f64::from(n) * self.ms_per_position,
        };
        let [dear, cheap] = [better, other(better)].map(|side| handover(self.books.behind(side, runs)));
        let lost = &mut self.lost[index(better)];
        if *lost + loss + cheap >= dear {
            *lost = 0.0;
            better
        } else {
            *lost += loss;
            other(better)
        }
    }

    /// Hands over what a side lacks of a batch.
    fn bring_up(&mut self, side: Layout, runs: &[Run]) -> Result<(), DecodeError> {
        if self.books.behind(side, runs) == 0 {
            return Ok(());
        }
        let start = now();
        let mut positions = 0;
        for run in runs {
            positions += self.hand_over(side, run.sequence, run.from)?;
        }
        self.learn(positions, start.elapsed());
        Ok(())
    }

    fn learn(&mut self, positions: u32, took: Duration) {
        if positions >= TIMED_POSITIONS {
            let ms = (took.as_secs_f64() * 1e3 - MS_PER_HANDOVER).max(0.0) / f64::from(positions);
            self.ms_per_position += (ms - self.ms_per_position) * 0.3;
            tracing::debug!(positions, ?took, "handed over");
        }
    }

    /// Brings a side up to a position of a sequence; says how many it lacked.
    fn hand_over(&mut self, side: Layout, sequence: u32, to: u32) -> Result<u32, DecodeError> {
        let first = self.books.held(side, sequence);
        let mut from = first;
        while from < to {
            let until = to.min(from + CHUNK);
            let mut bytes = std::mem::take(&mut self.bytes);
            let done = self.side(other(side)).export(sequence, from, until, &mut bytes)
                && self.side(side).import(sequence, &bytes);
            self.bytes = bytes;
            if !done {
                tracing::warn!(sequence, from, until, ?side, "the cache could not be handed over");
                return Err(DecodeError::Full);
            }
            from = until;
            self.books.set(side, sequence, from);
        }
        Ok(to.saturating_sub(first))
    }

    /// See [`Context::truncate`].
    #[must_use]
    pub(crate) fn truncate(&mut self, sequence: u32, from: u32) -> bool {
        self.books.truncate(sequence, from);
        let front = self.front.truncate(sequence, from);
        self.back.as_mut().is_none_or(|back| back.truncate(sequence, from)) && front
    }

    /// Lets `to`, which is empty, share the first `tokens` cells of `source`.
    ///
    /// Shared cells are one set of cells only while both sequences share them on that side. So what a side lacks is
    /// handed over first: later it would be handed over once for each sequence, into cells of its own.
    pub(crate) fn share(&mut self, source: u32, to: u32, tokens: u32) {
        if self.back.is_none() {
            self.front.share(source, to, tokens);
            return;
        }
        let ahead = self.books.ahead(source);
        let tokens = tokens.min(self.books.held(ahead, source));
        // Without room for it, the side that is behind shares what it has.
        let _ = self.bring_up(other(ahead), &[Run { sequence: source, from: tokens, to: tokens }]);
        for side in [Layout::Stored, Layout::Repacked] {
            let held = self.books.held(side, source).min(tokens);
            if held > 0 {
                self.side(side).share(source, to, held);
            }
            self.books.set(side, to, held);
        }
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.sides().for_each(Side::clear);
        self.books = Books::default();
    }

    /// See [`Context::state`].
    pub(crate) fn state(&self, sequence: u32) -> Option<Vec<u8>> {
        self.side_ref(self.books.ahead(sequence)).state(sequence)
    }

    /// See [`Context::restore`]. Of two sides into the stored one: what comes next is the rest of a prompt.
    #[must_use]
    pub(crate) fn restore(&mut self, sequence: u32, positions: u32, bytes: &[u8]) -> bool {
        let done = self.truncate(sequence, 0) && self.side(Layout::Stored).restore(sequence, positions, bytes);
        if done {
            self.books.set(Layout::Stored, sequence, positions);
        }
        done
    }
}

#[cfg(test)]
#[path = "pair_tests.rs"]
mod tests;

//! Passes output through, but not any amount of it.
//!
//! What a program writes goes to somebody's log: a program that floods it must fill neither a disk nor anybody's time.
//! So each of its two streams has an allowance that grows back with time ([`Allowance`]); beyond it output is thrown
//! away, and one line says so.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::event::{PollFd, PollFlags};

use crate::launcher::LogLimit;

/// What a pipe takes without blocking once it says that it takes anything.
const CHUNK: usize = 4096;
/// In which an empty allowance is whole again.
const REFILL_MS: u64 = 60_000;

/// How much may pass now.
#[derive(Debug, Clone)]
pub(crate) struct Allowance {
    most: u64,
    left: u64,
    filled_at_ms: u64,
    /// Whether bytes were thrown away since some last passed.
    flooded: bool,
}

/// What becomes of a chunk.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Verdict {
    /// So many bytes pass; the rest is thrown away.
    pub(crate) pass: usize,
    /// Whether that must be said now.
    pub(crate) say: bool,
}

impl Allowance {
    pub(crate) fn new(limit: LogLimit, now_ms: u64) -> Self {
        Self { most: limit.bytes(), left: limit.bytes(), filled_at_ms: now_ms, flooded: false }
    }

    pub(crate) fn judge(&mut self, now_ms: u64, bytes: usize) -> Verdict {
        let passed_ms = now_ms.saturating_sub(self.filled_at_ms);
        let grown = u128::from(self.most) * u128::from(passed_ms) / u128::from(REFILL_MS);
        if grown > 0 {
            self.left = self.most.min(self.left.saturating_add(u64::try_from(grown).unwrap_or(u64::MAX)));
            self.filled_at_ms = now_ms;
        }
        // A flood is over when a good part has grown back, so that it does not trickle through with a line for each drop.
        if self.flooded && self.left < self.most / 2 {
            return Verdict { pass: 0, say: false };
        }
        let pass = usize::try_from(self.left).unwrap_or(usize::MAX).min(bytes);
        self.left -= pass as u64;
        self.flooded = pass < bytes;
        Verdict { pass, say: self.flooded }
    }

    /// The line that says so.
    pub(crate) fn complaint(&self) -> String {
        format!("\nsarai-jail: more than {} bytes a minute: the rest is thrown away\n", self.most)
    }
}

/// One stream on its way.
#[derive(Debug)]
pub(crate) struct Pump {
    from: Option<OwnedFd>,
    allowance: Allowance,
    /// Read and not yet written: a chunk and a line at most.
    waiting: Vec<u8>,
}

impl Pump {
    pub(crate) fn new(from: OwnedFd, limit: LogLimit, now_ms: u64) -> Self {
        Self { from: Some(from), allowance: Allowance::new(limit, now_ms), waiting: Vec::new() }
    }

    /// Nothing more will come, and nothing waits.
    pub(crate) fn is_done(&self) -> bool {
        self.from.is_none() && self.waiting.is_empty()
    }

    /// Nothing waits to be written.
    pub(crate) fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    /// What to wait for: room in `to`, or something to read. Never both: what is read has a place to go.
    pub(crate) fn wants<'a>(&'a self, to: BorrowedFd<'a>) -> Option<PollFd<'a>> {
        if self.waiting.is_empty() {
            let from = self.from.as_ref()?;
            return Some(PollFd::from_borrowed_fd(from.as_fd(), PollFlags::IN));
        }
        Some(PollFd::from_borrowed_fd(to, PollFlags::OUT))
    }

    /// Does what [`Pump::wants`] waited for. Gives what was read, for whoever listens in.
    pub(crate) fn step(&mut self, to: BorrowedFd<'_>, now_ms: u64) -> Option<Vec<u8>> {
        if self.waiting.is_empty() { self.read(now_ms) } else { self.write(to) }
    }

    fn read(&mut self, now_ms: u64) -> Option<Vec<u8>> {
        let mut chunk = [0; CHUNK];
        let count = match rustix::io::read(self.from.as_ref()?, &mut chunk) {
            Ok(count) if count > 0 => count,
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => return None,
            Ok(_) | Err(_) => {
                self.from = None;
                return None;
            }
        };
        let verdict = self.allowance.judge(now_ms, count);
        self.waiting.extend_from_slice(&chunk[..verdict.pass]);
        if verdict.say {
            self.waiting.extend_from_slice(self.allowance.complaint().as_bytes());
        }
        Some(chunk[..count].to_vec())
    }

    fn write(&mut self, to: BorrowedFd<'_>) -> Option<Vec<u8>> {
        let chunk = &self.waiting[..self.waiting.len().min(CHUNK)];
        match rustix::io::write(to, chunk) {
            Ok(count) => drop(self.waiting.drain(..count)),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            // Nobody reads any more; the program goes on all the same.
            Err(_) => self.waiting.clear(),
        }
        None
    }
}

#[cfg(test)]
mod tests;

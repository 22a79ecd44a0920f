//! The probes of one incarnation: when the next is due, and what an answer or its absence says.

use std::time::Duration;

use crate::{Limits, Moment};

/// A starting child is probed after each eighth of the time that it took so far: one that starts in milliseconds is
/// found within milliseconds, and one that takes a minute is not asked a thousand times.
const START_PROBE_SHARE: u32 = 8;
/// But not more often than this.
const START_PROBE_MIN: Duration = Duration::from_millis(5);

/// Which probe an answer belongs to. Never used twice by one supervisor.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ProbeId(pub(crate) u64);

/// What a probe found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Health {
    /// The health service says SERVING, and the child's own loop has counted to `generation`.
    Serving { generation: u64 },
    /// It answers, and does not serve.
    NotServing,
    /// No answer: refused or broken off.
    Silent,
}

/// What one probe says about the child.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Healthy,
    Missed,
}

/// The probes of one process. At most one is open at a time.
#[derive(Debug, Clone)]
pub(crate) struct Pulse {
    period: Duration,
    deadline: Duration,
    born: Moment,
    open: Option<(ProbeId, Moment)>,
    next_at: Moment,
    /// The last count that the child reported; none before it served for the first time.
    generation: Option<u64>,
}

impl Pulse {
    /// The first probe is due at once.
    pub(crate) const fn new(limits: &Limits, now: Moment) -> Self {
        Self {
            period: limits.health_period,
            deadline: limits.health_deadline,
            born: now,
            open: None,
            next_at: now,
            generation: None,
        }
    }

    /// When an open probe is overdue, or else when the next one is due.
    pub(crate) fn wake_at(&self) -> Moment {
        self.open.map_or(self.next_at, |(_, sent)| sent.after(self.deadline))
    }

    pub(crate) fn is_due(&self, now: Moment) -> bool {
        self.open.is_none() && now >= self.next_at
    }

    /// Notes that `probe` is sent now.
    pub(crate) fn send(&mut self, probe: ProbeId, now: Moment) {
        self.open = Some((probe, now));
        let wait = match self.generation {
            Some(_) => self.period,
            None => (now.since(self.born) / START_PROBE_SHARE).max(START_PROBE_MIN).min(self.period),
        };
        self.next_at = now.after(wait);
    }

    /// Judges an answer; none if it is not the answer to the open probe. One that is late is no answer.
    pub(crate) fn hear(&mut self, probe: ProbeId, health: Health, now: Moment) -> Option<Verdict> {
        let (_, sent) = self.open.take_if(|(open, _)| *open == probe)?;
        let Health::Serving { generation } = health else { return Some(Verdict::Missed) };
        if now > sent.after(self.deadline) {
            return Some(Verdict::Missed);
        }
        let grown = match self.generation.replace(generation) {
            Some(last) => generation > last,
            None => {
                // From here on a whole period lies between two probes: a loop that beats once a period need not have
                // moved between two of the quick ones.
                self.next_at = now.after(self.period);
                true
            }
        };
        Some(if grown { Verdict::Healthy } else { Verdict::Missed })
    }

    /// Closes the open probe if its deadline has come.
    pub(crate) fn give_up(&mut self, now: Moment) -> Option<Verdict> {
        let deadline = self.deadline;
        self.open.take_if(|(_, sent)| now >= sent.after(deadline)).map(|_| Verdict::Missed)
    }
}

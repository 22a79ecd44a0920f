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
    /// The oldest one whose answer still says something, open or given up; none before the first is sent.
    oldest: Option<ProbeId>,
    /// Whether the last deadline was noticed so late that it says nothing of the child.
    overslept: bool,
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
            oldest: None,
            overslept: false,
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
        self.oldest.get_or_insert(probe);
        let wait = match self.generation {
            Some(_) => self.period,
            None => (now.since(self.born) / START_PROBE_SHARE).max(START_PROBE_MIN).min(self.period),
        };
        self.next_at = now.after(wait);
    }

    /// Judges an answer; none if it says nothing new. One that comes after its probe was given up takes the miss back, if
    /// it is a good one: who is slow is alive.
    pub(crate) fn hear(&mut self, probe: ProbeId, health: Health, now: Moment) -> Option<Verdict> {
        self.oldest.filter(|oldest| probe >= *oldest)?;
        self.oldest = Some(ProbeId(probe.0 + 1));
        let is_late = self.open.take_if(|(open, _)| *open == probe).is_none();
        let Health::Serving { generation } = health else { return (!is_late).then_some(Verdict::Missed) };
        let before = self.generation.replace(generation);
        if before.is_some_and(|before| generation <= before) {
            return (!is_late).then_some(Verdict::Missed);
        }
        if is_late || before.is_none() {
            // From here on a whole period lies between two answers that are compared: a loop that beats once a period
            // need not have moved between quick ones.
            self.open = None;
            self.next_at = now.after(self.period);
        }
        Some(Verdict::Healthy)
    }

    /// Closes the open probe if its deadline has come. Where that is noticed a whole deadline late, we were the ones who
    /// hung, and the child is asked anew; but not twice in a row, or a hanging child would never be found.
    pub(crate) fn give_up(&mut self, now: Moment) -> Option<Verdict> {
        let deadline = self.deadline;
        let (_, sent) = self.open.take_if(|(_, sent)| now >= sent.after(deadline))?;
        self.overslept = !self.overslept && now >= sent.after(deadline).after(deadline);
        (!self.overslept).then_some(Verdict::Missed)
    }
}

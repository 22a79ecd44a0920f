//! The state machine.

use std::fmt;

use crate::history::{History, Pause};
use crate::pulse::{Pulse, Verdict};
use crate::{Health, Moment, Policy, ProbeId};

/// Which spawn of the child something is about. Counts from 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Incarnation(u64);

impl fmt::Display for Incarnation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

/// What happened. News of an incarnation or a probe that is over is ignored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Event {
    /// The child shall run from now on. Does not cut a pause short: who wants that drains first.
    Start,
    Spawned(Incarnation),
    /// No process came of it. Counts as a crash.
    SpawnFailed(Incarnation),
    Probed(ProbeId, Health),
    /// The process is gone and has been waited for, for whatever reason.
    Exited(Incarnation),
    /// A child that was left alone after its crashes shall be tried once more now. Its past still counts.
    Retry,
    /// The moment of [`Supervisor::wake_at`] has come. Harmless when it has not.
    Deadline,
    /// The child shall finish what it does, and end.
    Drain,
}

/// What the shell does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Start the process; `Spawned` or `SpawnFailed` follows, then, if it was spawned, one `Exited`.
    Spawn(Incarnation),
    /// Ask for health and generation number; `Probed` follows, late or never if the child hangs.
    Probe(ProbeId),
    /// SIGTERM to the process.
    Terminate(Incarnation),
    /// SIGKILL to its whole process group. Comes again as long as the exit is not reported; without a process it does
    /// nothing.
    Kill(Incarnation, KillReason),
}

/// Why a child is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KillReason {
    /// It did not serve before the start deadline.
    SlowStart,
    /// Two probes in a row were missed, and neither was answered late.
    Hung,
    /// It did not end before the drain deadline.
    SlowDrain,
}

/// Where the child is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// No process, and none wanted.
    Stopped,
    /// Spawned, or about to be, and not yet found healthy.
    Starting { deadline: Moment },
    /// Healthy at every probe since `since`.
    Serving { since: Moment },
    /// The last probe was missed. One more kills.
    Suspect,
    /// SIGKILL was sent and is repeated at `again_at` while the exit is not reported.
    Killing { reason: KillReason, again_at: Moment },
    /// SIGTERM was sent.
    Draining { deadline: Moment },
    /// It crashed and is started again at `until`.
    BackingOff { until: Moment },
    /// It crashed too often: degraded until one more attempt at `until`.
    Quarantined { until: Moment },
}

/// What the last `Start` or `Drain` asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Running,
    Stopped,
}

/// Looks after one child. See the crate's page for how to drive it.
#[derive(Debug, Clone)]
pub struct Supervisor {
    policy: Policy,
    wanted: Wanted,
    state: State,
    incarnation: Incarnation,
    probe: ProbeId,
    /// The probes of a process that starts or serves; none while there is none, or it is on its way out.
    pulse: Option<Pulse>,
    history: History,
}

impl Supervisor {
    /// A supervisor of a child that does not run. The seed spreads the pauses between restarts.
    #[must_use]
    pub const fn new(policy: Policy, seed: u64) -> Self {
        Self {
            policy,
            wanted: Wanted::Stopped,
            state: State::Stopped,
            incarnation: Incarnation(0),
            probe: ProbeId(0),
            pulse: None,
            history: History::new(seed),
        }
    }

    #[must_use]
    pub const fn state(&self) -> &State {
        &self.state
    }

    /// Whether work may be sent to the child. One missed probe does not take it away: it is not yet known to be hung.
    #[must_use]
    pub const fn serving(&self) -> bool {
        matches!(self.state, State::Serving { .. } | State::Suspect)
    }

    /// How often the child was started again after a crash, a hang or a failed spawn. Never shrinks.
    #[must_use]
    pub const fn restarts(&self) -> u32 {
        self.history.total()
    }

    /// When [`Event::Deadline`] is due; none only while the child is stopped.
    #[must_use]
    pub fn wake_at(&self) -> Option<Moment> {
        let pulse = self.pulse.as_ref().map(Pulse::wake_at);
        match self.state {
            State::Stopped => None,
            State::Starting { deadline } => Some(pulse.map_or(deadline, |at| at.min(deadline))),
            State::Serving { .. } | State::Suspect => pulse,
            State::Killing { again_at, .. } => Some(again_at),
            State::Draining { deadline } => Some(deadline),
            State::BackingOff { until } | State::Quarantined { until } => Some(until),
        }
    }

    /// Takes what happened at `now`, and says what to do. Moments must not run backwards.
    pub fn step(&mut self, now: Moment, event: Event) -> Vec<Action> {
        match event {
            Event::Start => self.start(now),
            Event::Drain => self.drain(now),
            Event::Retry => self.retry(now),
            Event::Spawned(incarnation) if incarnation == self.incarnation => self.spawned(now),
            Event::Exited(incarnation) | Event::SpawnFailed(incarnation) if incarnation == self.incarnation => {
                self.exited(now)
            }
            Event::Spawned(_) | Event::Exited(_) | Event::SpawnFailed(_) => Vec::new(),
            Event::Probed(probe, health) => self.probed(now, probe, health),
            Event::Deadline => self.deadline(now),
        }
    }

    fn start(&mut self, now: Moment) -> Vec<Action> {
        self.wanted = Wanted::Running;
        match self.state {
            State::Stopped => self.spawn(now),
            // It runs already, or will: a pause ends by itself, and whoever drains is started anew at its exit.
            State::Starting { .. }
            | State::Serving { .. }
            | State::Suspect
            | State::Killing { .. }
            | State::Draining { .. }
            | State::BackingOff { .. }
            | State::Quarantined { .. } => Vec::new(),
        }
    }

    fn retry(&mut self, now: Moment) -> Vec<Action> {
        match self.state {
            State::Quarantined { .. } => self.restart(now),
            // A pause between restarts is short and ends by itself.
            State::BackingOff { .. }
            | State::Stopped
            | State::Starting { .. }
            | State::Serving { .. }
            | State::Suspect
            | State::Killing { .. }
            | State::Draining { .. } => Vec::new(),
        }
    }

    fn restart(&mut self, now: Moment) -> Vec<Action> {
        self.history.restarted(now, &self.policy);
        self.spawn(now)
    }

    fn drain(&mut self, now: Moment) -> Vec<Action> {
        self.wanted = Wanted::Stopped;
        match self.state {
            State::Stopped | State::Killing { .. } | State::Draining { .. } => Vec::new(),
            State::BackingOff { .. } | State::Quarantined { .. } => {
                self.state = State::Stopped;
                Vec::new()
            }
            State::Starting { .. } | State::Serving { .. } | State::Suspect => {
                self.pulse = None;
                self.state = State::Draining { deadline: now.after(self.policy.limits().drain_deadline) };
                vec![Action::Terminate(self.incarnation)]
            }
        }
    }

    fn spawn(&mut self, now: Moment) -> Vec<Action> {
        self.incarnation = Incarnation(self.incarnation.0 + 1);
        self.state = State::Starting { deadline: now.after(self.policy.limits().start_deadline) };
        vec![Action::Spawn(self.incarnation)]
    }

    fn spawned(&mut self, now: Moment) -> Vec<Action> {
        match self.state {
            State::Starting { .. } => {
                // A second report must not start the probes over.
                self.pulse.get_or_insert_with(|| Pulse::new(self.policy.limits(), now));
                self.probe_if_due(now)
            }
            // The order to end it may have come before there was a process to take it.
            State::Draining { .. } => vec![Action::Terminate(self.incarnation)],
            State::Killing { reason, .. } => vec![Action::Kill(self.incarnation, reason)],
            State::Serving { .. }
            | State::Suspect
            | State::Stopped
            | State::BackingOff { .. }
            | State::Quarantined { .. } => Vec::new(),
        }
    }

    fn exited(&mut self, now: Moment) -> Vec<Action> {
        self.pulse = None;
        match (self.state, self.wanted) {
            // Known already.
            (State::Stopped | State::BackingOff { .. } | State::Quarantined { .. }, _) => Vec::new(),
            (_, Wanted::Stopped) => {
                self.state = State::Stopped;
                Vec::new()
            }
            // It was told to end and wanted again before it did: an order, not a crash.
            (State::Draining { .. }, Wanted::Running) => self.spawn(now),
            (
                State::Starting { .. } | State::Serving { .. } | State::Suspect | State::Killing { .. },
                Wanted::Running,
            ) => {
                self.state = match self.history.crashed(now, &self.policy) {
                    Pause::BackOff { until } => State::BackingOff { until },
                    Pause::Quarantine { until } => State::Quarantined { until },
                };
                Vec::new()
            }
        }
    }

    fn probed(&mut self, now: Moment, probe: ProbeId, health: Health) -> Vec<Action> {
        match self.pulse.as_mut().and_then(|pulse| pulse.hear(probe, health, now)) {
            Some(verdict) => self.judge(now, verdict),
            None => Vec::new(),
        }
    }

    /// Only a child with a pulse is judged, so it starts, serves or is suspect.
    fn judge(&mut self, now: Moment, verdict: Verdict) -> Vec<Action> {
        match (self.state, verdict) {
            (State::Serving { since }, Verdict::Healthy) => {
                if now.since(since) >= self.policy.limits().restarts_period {
                    self.history.forgive();
                }
                Vec::new()
            }
            (_, Verdict::Healthy) => {
                self.state = State::Serving { since: now };
                Vec::new()
            }
            (State::Serving { .. }, Verdict::Missed) => {
                self.state = State::Suspect;
                Vec::new()
            }
            (State::Suspect, Verdict::Missed) => self.kill(now, KillReason::Hung),
            // A starting child may miss what it likes until its deadline.
            (_, Verdict::Missed) => Vec::new(),
        }
    }

    fn deadline(&mut self, now: Moment) -> Vec<Action> {
        match self.state {
            State::Starting { deadline } if now >= deadline => self.kill(now, KillReason::SlowStart),
            State::Draining { deadline } if now >= deadline => self.kill(now, KillReason::SlowDrain),
            State::Killing { reason, again_at } if now >= again_at => self.kill(now, reason),
            State::BackingOff { until } | State::Quarantined { until } if now >= until => self.restart(now),
            State::Starting { .. } | State::Serving { .. } | State::Suspect => {
                let missed = self.pulse.as_mut().and_then(|pulse| pulse.give_up(now));
                let mut actions = missed.map_or_else(Vec::new, |verdict| self.judge(now, verdict));
                actions.append(&mut self.probe_if_due(now));
                actions
            }
            State::Stopped
            | State::Killing { .. }
            | State::Draining { .. }
            | State::BackingOff { .. }
            | State::Quarantined { .. } => Vec::new(),
        }
    }

    fn probe_if_due(&mut self, now: Moment) -> Vec<Action> {
        let Some(pulse) = self.pulse.as_mut().filter(|pulse| pulse.is_due(now)) else { return Vec::new() };
        self.probe = ProbeId(self.probe.0 + 1);
        pulse.send(self.probe, now);
        vec![Action::Probe(self.probe)]
    }

    fn kill(&mut self, now: Moment, reason: KillReason) -> Vec<Action> {
        self.pulse = None;
        self.state = State::Killing { reason, again_at: now.after(self.policy.limits().health_period) };
        vec![Action::Kill(self.incarnation, reason)]
    }
}

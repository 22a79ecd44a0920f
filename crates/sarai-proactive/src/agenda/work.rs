//! Tasks that begin and end.

use jiff::{SignedDuration, Timestamp};

use super::{ATTEMPTS_MAX, Agenda, Attempt, Changes, Outcome, STARTS_MAX, Say, Slot, State, Task, TaskId, What};
use crate::rule::{ActionKind, QuietRule};

/// How long to wait before another attempt, after so many.
const BACKOFF: [SignedDuration; 2] = [SignedDuration::from_mins(1), SignedDuration::from_mins(5)];

/// Nothing that is ready waits longer than a night, unless the clock was set back.
const FAR: SignedDuration = SignedDuration::from_hours(24);

impl Agenda {
    /// Begins what is ready, the most urgent first: every message, and one task at a time of those that take long, so
    /// that no message waits behind them.
    pub(super) fn start(&mut self, now: Timestamp, changes: &mut Changes) {
        let is_long = |agenda: &Self, task: &Task| agenda.slots.get(task.id.rule()).is_some_and(takes_long);
        let mut busy = self.tasks.values().any(|task| task.state == State::Running && is_long(self, task));
        let mut ready: Vec<_> = self
            .tasks
            .values()
            // A clock that was set back may have put the moment far away.
            .filter(|task| match task.state {
                State::Ready { from } => from <= now || from.duration_since(now) > FAR,
                State::Held { .. } | State::Running | State::Ended(_) => false,
            })
            .filter_map(|task| Some((self.slots.get(task.id.rule())?, task)))
            .map(|(slot, task)| (slot.rule.priority, task.id.at(), task.id.clone(), takes_long(slot)))
            .collect();
        ready.sort_unstable();
        for (_, _, id, is_long) in ready {
            if changes.starts.len() >= STARTS_MAX || (is_long && busy) {
                continue;
            }
            // Another attempt, hours after the gate opened, is not for the night either.
            if let Some(until) = self.quiet_until(&id, now) {
                self.put_off(&id, until, now, changes);
                continue;
            }
            busy |= is_long;
            let Some(task) = self.tasks.get_mut(&id) else { continue };
            task.state = State::Running;
            task.attempts = task.attempts.saturating_add(1);
            changes.decide(now, id.rule(), Some(&id), What::Started { attempt: task.attempts });
            changes.tasks.insert(id.clone(), task.clone());
            changes.starts.push(id);
        }
    }

    fn quiet_until(&self, id: &TaskId, now: Timestamp) -> Option<Timestamp> {
        let rule = &self.slots.get(id.rule())?.rule;
        let asked = self.tasks.get(id)?.opened.is_none();
        let respects = rule.quiet == QuietRule::Respect && rule.action.speaks() && !asked;
        self.house.quiet.as_ref().filter(|_| respects)?.end(now)
    }

    fn put_off(&mut self, id: &TaskId, until: Timestamp, now: Timestamp, changes: &mut Changes) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        task.state = State::Ready { from: until };
        changes.decide(now, id.rule(), Some(id), What::Held { until });
        changes.tasks.insert(id.clone(), task.clone());
    }

    pub(super) fn finished(&mut self, id: &TaskId, attempt: Attempt, now: Timestamp, changes: &mut Changes) {
        let Some(task) = self.tasks.get_mut(id).filter(|task| task.state == State::Running) else { return };
        let outcome = match attempt {
            Attempt::Done { detail } => Outcome::Done { detail },
            Attempt::Hopeless { detail } => Outcome::Failed { detail },
            Attempt::Retry { detail } if task.attempts >= ATTEMPTS_MAX => Outcome::Failed { detail },
            Attempt::Retry { detail } => {
                let wait = BACKOFF[usize::from(task.attempts.saturating_sub(1)).min(BACKOFF.len() - 1)];
                let at = now.checked_add(wait).unwrap_or(now);
                task.state = State::Ready { from: at };
                changes.decide(now, id.rule(), Some(id), What::Again { detail, at });
                changes.tasks.insert(id.clone(), task.clone());
                return;
            }
        };
        self.end(id, outcome, now, changes);
    }

    /// A task ends. The first failure of a rule is said, and so is what nobody knows.
    pub(super) fn end(&mut self, id: &TaskId, outcome: Outcome, now: Timestamp, changes: &mut Changes) {
        let Some(task) = self.tasks.get_mut(id) else { return };
        task.state = State::Ended(outcome.clone());
        changes.tasks.insert(id.clone(), task.clone());
        if let Some(slot) = self.slots.get_mut(id.rule()) {
            let fails = match &outcome {
                Outcome::Failed { .. } => true,
                Outcome::Done { .. } => false,
                Outcome::Unknown | Outcome::Dropped => slot.state.failing,
            };
            let say = match &outcome {
                Outcome::Failed { detail } if !slot.state.failing => Some(Say::Failed { detail: detail.clone() }),
                Outcome::Unknown => Some(Say::CutOff),
                Outcome::Failed { .. } | Outcome::Done { .. } | Outcome::Dropped => None,
            };
            changes.says.extend(say.map(|say| (id.clone(), say)));
            if slot.state.failing != fails {
                slot.state.failing = fails;
                changes.states.insert(id.rule().clone(), slot.state.clone());
            }
        }
        changes.decide(now, id.rule(), Some(id), What::Ended(outcome));
    }
}

/// Whether an action does more than say something that is known beforehand.
fn takes_long(slot: &Slot) -> bool {
    match slot.rule.action.kind() {
        ActionKind::Tell | ActionKind::Suggest => false,
        ActionKind::RunSkill
        | ActionKind::Ask
        | ActionKind::FreeMemory
        | ActionKind::RotateLogs
        | ActionKind::Vacuum
        | ActionKind::Backup
        | ActionKind::HealthSweep
        | ActionKind::WarmSkill => true,
    }
}

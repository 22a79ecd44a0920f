//! Times that have come, levels that are crossed, tasks that were held.

use jiff::Timestamp;

use super::{Agenda, Changes, GRACE, Now, OnMissed, Outcome, RuleId, Say, State, TaskId, What};
use crate::gate::{self, CLOCK_TOLERANCE, Verdict, judge};
use crate::rule::{Trigger, Watch};

/// The moments of a rule that have come.
struct Come {
    /// The last one that is not late.
    on_time: Option<Timestamp>,
    /// How many more lay in the same grace.
    merged: u32,
    /// The first, the last and the number of those that are late.
    late: Option<(Timestamp, Timestamp, u32)>,
}

impl Agenda {
    pub(super) fn look_at_times(&mut self, now: Now<'_>, changes: &mut Changes) {
        let active: Vec<RuleId> =
            self.slots.values().filter(|slot| slot.is_active()).map(|slot| slot.rule.id.clone()).collect();
        for rule in active {
            self.follow_clock(&rule, now.at, changes);
            if let Some(come) = self.come(&rule, now.at) {
                self.come_true(&rule, &come, now, changes);
            }
        }
    }

    /// A clock that was set back far takes the rule with it.
    fn follow_clock(&mut self, rule: &RuleId, now: Timestamp, changes: &mut Changes) {
        let Some(slot) = self.slots.get_mut(rule) else { return };
        let cursor = slot.state.cursor;
        if !matches!(slot.rule.trigger, Trigger::Times(_)) || cursor.duration_since(now) <= CLOCK_TOLERANCE {
            return;
        }
        slot.move_to(now);
        changes.states.insert(rule.clone(), slot.state.clone());
        changes.decide(now, rule, None, What::ClockBack { from: cursor });
    }

    /// Moves the cursor over what has come.
    fn come(&mut self, rule: &RuleId, now: Timestamp) -> Option<Come> {
        let slot = self.slots.get_mut(rule)?;
        if slot.next.is_none_or(|next| next > now) {
            return None;
        }
        let Trigger::Times(times) = &slot.rule.trigger else { return None };
        let cursor = slot.state.cursor;
        let due = times.due(cursor, now)?;
        let edge = now.checked_sub(GRACE).unwrap_or(now).max(cursor);
        let on_time = times.due(edge, now);
        let late = if edge > cursor { times.due(cursor, edge) } else { None };
        slot.move_to(due.last);
        Some(Come {
            on_time: on_time.map(|on_time| on_time.last),
            merged: on_time.map_or(0, |on_time| on_time.count - 1),
            late: late.map(|late| (late.first, late.last, late.count)),
        })
    }

    fn come_true(&mut self, rule: &RuleId, come: &Come, now: Now<'_>, changes: &mut Changes) {
        let Some(slot) = self.slots.get(rule) else { return };
        changes.states.insert(rule.clone(), slot.state.clone());
        let then = slot.rule.on_missed;
        if let Some((first, last, count)) = come.late {
            let id = TaskId::new(rule.clone(), last);
            changes.decide(now.at, rule, Some(&id), What::Missed { first, last, count, then });
            if then == OnMissed::Report {
                changes.says.push((id, Say::Missed { first, last, count }));
            }
        }
        if come.merged > 0 {
            changes.decide(now.at, rule, None, What::Merged { count: come.merged });
        }
        let late = come.late.filter(|_| then == OnMissed::RunOnce);
        let moment = match (come.on_time, late) {
            (Some(on_time), late) => Some((on_time, late.map_or(0, |(_, _, count)| count))),
            (None, Some((_, last, count))) => Some((last, count - 1)),
            (None, None) => None,
        };
        let Some((at, missed)) = moment else { return };
        let id = TaskId::new(rule.clone(), at);
        if self.tasks.contains_key(&id) || now.history.knows(&id) {
            return changes.decide(now.at, rule, Some(&id), What::AlreadyDone);
        }
        self.propose(id, "", missed, now, changes);
    }

    /// A level fires when it is crossed, and again only after it was not; so does idleness.
    pub(super) fn look_at_readings(&mut self, now: Now<'_>, changes: &mut Changes) {
        let mut fired = Vec::new();
        for slot in self.slots.values_mut().filter(|slot| slot.is_active()) {
            let crossed = match &slot.rule.trigger {
                Trigger::Watch(Watch::Level(level)) => now.readings.is_crossed(level),
                Trigger::Watch(Watch::Idle { seconds }) => now.readings.is_idle(*seconds),
                Trigger::Watch(
                    Watch::FileChanged { .. }
                    | Watch::SkillUnhealthy { .. }
                    | Watch::Webhook { .. }
                    | Watch::FactAdded { .. },
                )
                | Trigger::Times(_) => None,
            };
            let Some(crossed) = crossed.filter(|crossed| *crossed != slot.state.crossed) else { continue };
            slot.state.crossed = crossed;
            changes.states.insert(slot.rule.id.clone(), slot.state.clone());
            if crossed {
                fired.push(slot.rule.id.clone());
            }
        }
        for rule in fired {
            let id = self.name(&rule, now);
            self.propose(id, "", 0, now, changes);
        }
    }

    /// The gate is asked again for what waited until the quiet hours were over, or whose wait a clock that was set back
    /// has made absurd.
    pub(super) fn look_at_held(&mut self, now: Now<'_>, changes: &mut Changes) {
        let Self { house, slots, tasks, common } = self;
        for task in tasks.values_mut() {
            let State::Held { until } = task.state else { continue };
            let absurd = until.duration_since(now.at).as_hours() > 24;
            let Some(slot) = slots.get_mut(task.id.rule()).filter(|_| until <= now.at || absurd) else { continue };
            let key = gate::key(&slot.rule, &task.subject);
            let verdict = judge(&slot.rule, &slot.memory, &key, house, common, now.at, now.readings);
            let rule = task.id.rule();
            match verdict {
                Verdict::Open => {
                    common.pass(&slot.rule, &mut slot.memory, &key, now.at);
                    task.state = State::Ready { from: now.at };
                    task.opened = Some(now.at);
                    changes.decide(now.at, rule, Some(&task.id), What::Fired);
                }
                Verdict::Quiet { until } => {
                    task.state = State::Held { until };
                    changes.decide(now.at, rule, Some(&task.id), What::Held { until });
                }
                Verdict::Closed(reason) => {
                    task.state = State::Ended(Outcome::Dropped);
                    changes.decide(now.at, rule, Some(&task.id), What::Closed(reason));
                }
            }
            changes.tasks.insert(task.id.clone(), task.clone());
        }
    }
}

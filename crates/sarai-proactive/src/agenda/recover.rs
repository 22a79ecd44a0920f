//! Taking up what is stored, after whatever happened.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::{ATTEMPTS_MAX, Agenda, Changes, Given, Outcome, Past, State, TaskId, What, slot};
use crate::gate::{self, Common, House, Memory};
use crate::rule::{ActionKind, AfterCrash};

impl Agenda {
    /// The agenda as it was stored, with these rules. What was running then was cut off: it is done again or reported,
    /// as its action says.
    #[must_use]
    pub fn restore(house: House, rules: Vec<Given>, past: Past, now: Timestamp) -> (Self, Changes) {
        let Past { mut states, tasks, opened } = past;
        let mut changes = Changes::default();
        let mut slots = BTreeMap::new();
        for Given { rule, since } in rules {
            let id = rule.id.clone();
            let state = states.remove(&id);
            let memory = Memory { dismissed: state.as_ref().map_or(0, |state| state.dismissed), ..Memory::default() };
            let (slot, is_new) = slot(rule, state, memory, since, now);
            if is_new {
                changes.states.insert(id.clone(), slot.state.clone());
            }
            slots.insert(id, slot);
        }
        changes.gone.extend(states.into_keys());
        let tasks = tasks.into_iter().map(|task| (task.id.clone(), task)).collect();
        let mut agenda = Self { house, slots, tasks, common: Common::default() };
        for opened in opened {
            if let Some(slot) = agenda.slots.get_mut(&opened.rule) {
                let key = gate::key(&slot.rule, &opened.subject);
                agenda.common.pass(&slot.rule, &mut slot.memory, &key, opened.at);
            }
        }
        agenda.drop_orphans(now, &mut changes);
        agenda.take_up(now, &mut changes);
        agenda.tasks.retain(|_, task| !matches!(task.state, State::Ended(_)));
        (agenda, changes)
    }

    fn take_up(&mut self, now: Timestamp, changes: &mut Changes) {
        let cut_off: Vec<TaskId> =
            self.tasks.values().filter(|task| task.state == State::Running).map(|task| task.id.clone()).collect();
        for id in cut_off {
            let rule = self.rule(id.rule());
            let after = rule.map(|rule| rule.action.after_crash());
            // A message costs nothing, and is stored together with its end.
            let is_message =
                rule.is_some_and(|rule| matches!(rule.action.kind(), ActionKind::Tell | ActionKind::Suggest));
            let Some(task) = self.tasks.get_mut(&id) else { continue };
            match after {
                Some(AfterCrash::Again) if is_message || task.attempts < ATTEMPTS_MAX => {
                    task.state = State::Ready { from: now };
                    changes.decide(now, id.rule(), Some(&id), What::CutOff);
                    changes.tasks.insert(id.clone(), task.clone());
                }
                // What is cut off each time is not tried for ever.
                Some(AfterCrash::Again | AfterCrash::Report) => self.end(&id, Outcome::Unknown, now, changes),
                None => self.end(&id, Outcome::Dropped, now, changes),
            }
        }
    }
}

//! What is to be done, what was decided, and what must outlive a crash: a state machine over values.
//!
//! Nothing here waits, reads a clock or touches a disk. [`Agenda::step`] takes what the shell saw ([`Now`], an
//! [`Event`]) and returns [`Changes`]. The shell stores them in one transaction and only then performs what
//! [`Changes::starts`] names. A crash at any point between is a crash before or after that transaction:
//! [`Agenda::restore`] takes up what is stored, and each task is done again or reported as its action says.
//!
//! # Key types
//! - [`Agenda`]: one for the whole loop. [`Agenda::wake_at`] says when it wants the next [`Event::Tick`].
//! - [`Task`], [`Decision`]: what is done, and why it is or is not.
//! - [`RuleState`]: what is stored of a rule: up to which moment its times were looked at, and what it remembers.
//! - [`History`]: the port to what is stored of ended tasks, so that no moment is done twice.
//!
//! # What becomes of time that passed unwatched
//! Moments that are late by more than [`GRACE`] are missed, and [`OnMissed`] of their rule says what then; however many
//! there are, they are one task or one report. A clock that is set back a little (up to
//! [`crate::gate::CLOCK_TOLERANCE`]) is waited for; one that is set back further moves each rule to where the clock is,
//! and moments that had their task keep it.

mod decision;
mod due;
mod recover;
mod task;
mod work;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

pub use decision::{Decision, What};
pub use task::{ATTEMPTS_MAX, Attempt, Outcome, State, Task, TaskId, TaskIdError};

use crate::gate::{self, Common, House, Memory, Verdict, judge};
use crate::reading::Readings;
use crate::rule::{OnMissed, Rule, RuleId, Status, Trigger, Watch};

/// A moment that is looked at later than this was missed.
pub const GRACE: SignedDuration = SignedDuration::from_secs(60);
/// The most tasks that wait or run at the same time.
pub const TASKS_MAX: usize = 1000;
/// The most tasks that one step begins.
pub const STARTS_MAX: usize = 20;

/// What the shell knows at the moment of a step.
#[derive(Clone, Copy)]
pub struct Now<'a> {
    pub at: Timestamp,
    pub readings: &'a Readings,
    pub history: &'a dyn History,
}

impl std::fmt::Debug for Now<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Now").field("at", &self.at).field("readings", &self.readings).finish_non_exhaustive()
    }
}

/// What is stored of tasks that have ended.
pub trait History {
    /// Whether there was a task of this name.
    fn knows(&self, task: &TaskId) -> bool;
}

/// What is stored of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RuleState {
    /// The trigger that the rest belongs to, as text: another trigger begins anew.
    pub trigger: String,
    pub status: Status,
    /// All moments up to here were looked at.
    pub cursor: Timestamp,
    /// Whether the level or the idleness that it watches was there last time.
    pub crossed: bool,
    /// How many messages in a row were put away unread.
    pub dismissed: u32,
    /// Whether its last task failed: that is said once.
    pub failing: bool,
}

/// A rule, and since when it counts; none for a rule that was just found in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Given {
    pub rule: Rule,
    pub since: Option<Timestamp>,
}

/// That the gate opened, as far as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opened {
    pub rule: RuleId,
    pub subject: String,
    pub at: Timestamp,
}

/// Everything that is stored.
#[derive(Debug, Clone, Default)]
pub struct Past {
    pub states: BTreeMap<RuleId, RuleState>,
    /// Tasks that have not ended.
    pub tasks: Vec<Task>,
    /// Of the last day; and of each rule the last one, however long ago.
    pub opened: Vec<Opened>,
}

/// Something that was seen from outside.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Happening {
    /// By the path that the rule names.
    FileChanged {
        path: String,
    },
    SkillUnhealthy {
        skill: String,
    },
    /// Its token was right.
    Webhook {
        name: String,
    },
    /// A fact by its number, and what in it the rules' words are looked for in. Only the number is kept.
    FactAdded {
        fact: u64,
        text: String,
    },
}

/// What a step is about.
#[derive(Debug, Clone)]
pub enum Event {
    /// Time passed, and the readings may be new.
    Tick,
    /// These are the rules from now on.
    Rules(Vec<Given>),
    Happened(Happening),
    /// The owner wants a rule to act now.
    Asked(RuleId),
    /// An attempt at a task ended.
    Finished(TaskId, Attempt),
    /// The owner saw a message of a task.
    Seen(TaskId),
    /// The owner put it away unread.
    Dismissed(TaskId),
}

/// What the owner is to be told, besides what actions say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Say {
    /// So many moments of a rule passed while nobody looked.
    Missed { first: Timestamp, last: Timestamp, count: u32 },
    /// A rule fails; said once until it works again.
    Failed { detail: String },
    /// A task was cut off, and nobody knows what it did.
    CutOff,
}

/// What is to be stored together, and what to do after that.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Changes {
    pub states: BTreeMap<RuleId, RuleState>,
    /// Rules that are no more.
    pub gone: Vec<RuleId>,
    /// Each as it is now.
    pub tasks: BTreeMap<TaskId, Task>,
    pub decisions: Vec<Decision>,
    pub says: Vec<(TaskId, Say)>,
    /// To be performed, in this order.
    pub starts: Vec<TaskId>,
}

impl Changes {
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    fn decide(&mut self, at: Timestamp, rule: &RuleId, task: Option<&TaskId>, what: What) {
        self.decisions.push(Decision { at, rule: rule.clone(), task: task.cloned(), what });
    }
}

/// A rule with what is known of it.
#[derive(Debug, Clone)]
struct Slot {
    rule: Rule,
    state: RuleState,
    memory: Memory,
    /// The next moment of its times after the cursor.
    next: Option<Timestamp>,
}

impl Slot {
    fn is_active(&self) -> bool {
        self.rule.status == Status::Active
    }

    fn move_to(&mut self, cursor: Timestamp) {
        self.state.cursor = cursor;
        self.next = next(&self.rule, cursor);
    }
}

fn next(rule: &Rule, after: Timestamp) -> Option<Timestamp> {
    match &rule.trigger {
        Trigger::Times(times) => times.next(after),
        Trigger::Watch(_) => None,
    }
}

/// All rules and all open tasks.
#[derive(Debug, Clone)]
pub struct Agenda {
    house: House,
    slots: BTreeMap<RuleId, Slot>,
    tasks: BTreeMap<TaskId, Task>,
    common: Common,
}

impl Agenda {
    #[must_use]
    pub fn rule(&self, id: &RuleId) -> Option<&Rule> {
        self.slots.get(id).map(|slot| &slot.rule)
    }

    pub fn rules(&self) -> impl Iterator<Item = &Rule> {
        self.slots.values().map(|slot| &slot.rule)
    }

    #[must_use]
    pub const fn house(&self) -> &House {
        &self.house
    }

    /// What holds for all rules from now on.
    pub fn set_house(&mut self, house: House) {
        self.house = house;
    }

    #[must_use]
    pub fn task(&self, id: &TaskId) -> Option<&Task> {
        self.tasks.get(id)
    }

    /// Tasks that have not ended.
    pub fn tasks(&self) -> impl Iterator<Item = &Task> {
        self.tasks.values()
    }

    /// The next moment of a rule, as far as it waits for one.
    #[must_use]
    pub fn next_of(&self, id: &RuleId) -> Option<Timestamp> {
        self.slots.get(id).filter(|slot| slot.is_active())?.next
    }

    /// When the next [`Event::Tick`] is wanted at the latest; readings that are watched may want it earlier.
    #[must_use]
    pub fn wake_at(&self, now: Timestamp) -> Option<Timestamp> {
        let times = self.slots.values().filter(|slot| slot.is_active()).filter_map(|slot| slot.next);
        let tasks = self.tasks.values().filter_map(|task| match task.state {
            State::Held { until } => Some(until),
            State::Ready { from } => Some(from).filter(|from| *from > now),
            State::Running | State::Ended(_) => None,
        });
        times.chain(tasks).min()
    }

    /// One step. What comes back is to be stored before anything of it is performed.
    pub fn step(&mut self, now: Now<'_>, event: Event) -> Changes {
        let mut changes = Changes::default();
        self.common.forget(now.at);
        for slot in self.slots.values_mut() {
            slot.memory.passed.forget(now.at);
        }
        match event {
            Event::Tick => {}
            Event::Rules(given) => self.take_rules(given, now.at, &mut changes),
            Event::Happened(happening) => self.happened(&happening, now, &mut changes),
            Event::Asked(rule) => self.asked(&rule, now, &mut changes),
            Event::Finished(task, attempt) => self.finished(&task, attempt, now.at, &mut changes),
            Event::Seen(task) => self.heard(&task, What::Seen, now.at, &mut changes),
            Event::Dismissed(task) => self.heard(&task, What::Dismissed, now.at, &mut changes),
        }
        self.look_at_times(now, &mut changes);
        self.look_at_readings(now, &mut changes);
        self.look_at_held(now, &mut changes);
        self.start(now.at, &mut changes);
        self.tasks.retain(|_, task| !matches!(task.state, State::Ended(_)));
        changes
    }

    /// Something fires a rule: the gate is asked, and the task made, held or not made.
    fn propose(&mut self, id: TaskId, subject: &str, missed: u32, now: Now<'_>, changes: &mut Changes) {
        let Some(slot) = self.slots.get_mut(id.rule()) else { return };
        let decide = |changes: &mut Changes, what| changes.decide(now.at, id.rule(), Some(&id), what);
        if self.tasks.len() >= TASKS_MAX {
            return decide(changes, What::Full);
        }
        let key = gate::key(&slot.rule, subject);
        let (state, opened, what) =
            match judge(&slot.rule, &slot.memory, &key, &self.house, &self.common, now.at, now.readings) {
                Verdict::Open => {
                    self.common.pass(&slot.rule, &mut slot.memory, &key, now.at);
                    (State::Ready { from: now.at }, Some(now.at), What::Fired)
                }
                Verdict::Quiet { until } => {
                    let waits = |task: &Task| {
                        matches!(task.state, State::Held { .. })
                            && task.id.rule() == id.rule()
                            && task.subject == subject
                    };
                    if self.tasks.values().any(waits) {
                        return decide(changes, What::Merged { count: 1 + missed });
                    }
                    (State::Held { until }, None, What::Held { until })
                }
                Verdict::Closed(reason) => return decide(changes, What::Closed(reason)),
            };
        decide(changes, what);
        let task = Task { id: id.clone(), subject: subject.to_owned(), missed, attempts: 0, state, opened };
        changes.tasks.insert(id.clone(), task.clone());
        self.tasks.insert(id, task);
    }

    /// A name for what happens now, which no other task has.
    fn name(&self, rule: &RuleId, now: Now<'_>) -> TaskId {
        let mut id = TaskId::new(rule.clone(), now.at);
        while self.tasks.contains_key(&id) || now.history.knows(&id) {
            let later = id.at().checked_add(SignedDuration::from_millis(1)).unwrap_or_else(|_| id.at());
            id = TaskId::new(rule.clone(), later);
        }
        id
    }

    fn happened(&mut self, happening: &Happening, now: Now<'_>, changes: &mut Changes) {
        let fired: Vec<(RuleId, String)> = self
            .slots
            .values()
            .filter(|slot| slot.is_active())
            .filter_map(|slot| match &slot.rule.trigger {
                Trigger::Watch(watch) => Some((slot.rule.id.clone(), subject(watch, happening)?)),
                Trigger::Times(_) => None,
            })
            .collect();
        for (rule, subject) in fired {
            let id = self.name(&rule, now);
            self.propose(id, &subject, 0, now, changes);
        }
    }

    fn asked(&mut self, rule: &RuleId, now: Now<'_>, changes: &mut Changes) {
        if !self.slots.contains_key(rule) || self.tasks.len() >= TASKS_MAX {
            return;
        }
        let id = self.name(rule, now);
        changes.decide(now.at, rule, Some(&id), What::Asked);
        let state = State::Ready { from: now.at };
        let task = Task { id: id.clone(), subject: String::new(), missed: 0, attempts: 0, state, opened: None };
        changes.tasks.insert(id.clone(), task.clone());
        self.tasks.insert(id, task);
    }

    /// The owner's answer to a message lowers or restores the rule's rate.
    fn heard(&mut self, task: &TaskId, what: What, now: Timestamp, changes: &mut Changes) {
        let Some(slot) = self.slots.get_mut(task.rule()) else { return };
        let dismissed = if what == What::Dismissed { slot.memory.dismissed.saturating_add(1) } else { 0 };
        slot.memory.dismissed = dismissed;
        slot.state.dismissed = dismissed;
        changes.states.insert(task.rule().clone(), slot.state.clone());
        changes.decide(now, task.rule(), Some(task), what);
    }

    /// The owner's new list of rules takes the place of the old one.
    fn take_rules(&mut self, given: Vec<Given>, now: Timestamp, changes: &mut Changes) {
        let mut before = std::mem::take(&mut self.slots);
        for Given { rule, since } in given {
            let id = rule.id.clone();
            let known = before.remove(&id);
            let (state, memory) = match known {
                Some(slot) => (Some(slot.state), slot.memory),
                None => (None, Memory::default()),
            };
            let (slot, is_new) = slot(rule, state, memory, since, now);
            if is_new {
                changes.states.insert(id.clone(), slot.state.clone());
            }
            self.slots.insert(id, slot);
        }
        changes.gone.extend(before.into_keys());
        self.drop_orphans(now, changes);
    }

    /// Tasks that nobody wants any more. One that runs ends by itself.
    fn drop_orphans(&mut self, now: Timestamp, changes: &mut Changes) {
        for task in self.tasks.values_mut().filter(|task| task.state != State::Running) {
            if self.slots.get(task.id.rule()).is_some_and(Slot::is_active) {
                continue;
            }
            task.state = State::Ended(Outcome::Dropped);
            changes.decide(now, task.id.rule(), Some(&task.id), What::Ended(Outcome::Dropped));
            changes.tasks.insert(task.id.clone(), task.clone());
        }
        self.tasks.retain(|_, task| !matches!(task.state, State::Ended(_)));
    }
}

/// A rule takes its place, with what was stored of it as far as it still fits. Says whether there is something to store.
fn slot(
    rule: Rule,
    state: Option<RuleState>,
    memory: Memory,
    since: Option<Timestamp>,
    now: Timestamp,
) -> (Slot, bool) {
    let trigger = crate::form::trigger_text(&rule.trigger);
    let fits = state.filter(|state| state.trigger == trigger);
    let (mut state, mut is_new) = match fits {
        Some(state) => (state, false),
        None => {
            let cursor = since.unwrap_or(now);
            let dismissed = memory.dismissed;
            let fresh = RuleState { trigger, status: rule.status, cursor, crossed: false, dismissed, failing: false };
            (fresh, true)
        }
    };
    if state.status != rule.status {
        // What passed during a pause is not made up for.
        state.status = rule.status;
        state.cursor = state.cursor.max(since.unwrap_or(now));
        is_new = true;
    }
    let next = next(&rule, state.cursor);
    (Slot { rule, state, memory, next }, is_new)
}

/// What a happening is to a watch, if it is what that waits for.
fn subject(watch: &Watch, happening: &Happening) -> Option<String> {
    match (watch, happening) {
        (Watch::FileChanged { path }, Happening::FileChanged { path: changed }) => {
            (path == changed).then(|| path.clone())
        }
        (Watch::SkillUnhealthy { skill }, Happening::SkillUnhealthy { skill: ill }) => {
            skill.as_ref().is_none_or(|skill| skill == ill).then(|| ill.clone())
        }
        (Watch::Webhook { name }, Happening::Webhook { name: called }) => (name == called).then(|| name.clone()),
        (Watch::FactAdded { .. }, Happening::FactAdded { fact, text }) => {
            watch.waits_for_fact(text).then(|| fact.to_string())
        }
        (
            Watch::FileChanged { .. } | Watch::SkillUnhealthy { .. } | Watch::Webhook { .. } | Watch::FactAdded { .. },
            _,
        )
        | (Watch::Level(_) | Watch::Idle { .. }, _) => None,
    }
}

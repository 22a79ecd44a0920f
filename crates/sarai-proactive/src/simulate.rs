//! Plays rules through a stretch of time that never was: sleeps, clock changes, crashes, failures.
//!
//! The same [`Agenda`] runs here as in the loop, over a store that is a few maps, so that what a rule would have done in a
//! week is known in a moment.
//!
//! # Key types
//! - [`Incident`]: what happens in that time, and when.
//! - [`simulate`]: rules and incidents in, a [`Timeline`] out.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::agenda::{
    Agenda, Attempt, Changes, Decision, Event, Given, Happening, History, Now, Opened, Outcome, Past, RuleState, Say,
    State, Task, TaskId,
};
use crate::gate::House;
use crate::reading::{Capacity, Readings};
use crate::rule::{ActionKind, Resource, Rule, RuleId, Trigger};

/// The longest time that is played.
pub const SPAN_MAX: SignedDuration = SignedDuration::from_hours(24 * 800);
/// The most decisions and messages that a timeline holds.
pub const ENTRIES_MAX: usize = 100_000;
/// The most incidents.
pub const INCIDENTS_MAX: usize = 10_000;
/// How long an action takes that does more than say something.
const WORK: SignedDuration = SignedDuration::from_secs(2);
/// How long it takes until a loop that was killed is there again.
const RESTART: SignedDuration = SignedDuration::from_secs(1);

/// What happens. Its moments are true time; what the clock shows may differ after [`Incident::Clock`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Incident {
    Measured {
        resource: Resource,
        capacity: Capacity,
    },
    Idle {
        seconds: u32,
    },
    Happened(Happening),
    /// The computer is off or asleep until then.
    Sleep {
        until: Timestamp,
    },
    /// Somebody sets the clock.
    Clock {
        to: Timestamp,
    },
    /// The loop is killed, and starts again a second later.
    Crash(CrashPoint),
    /// The owner wants a rule to act now.
    Asked(RuleId),
    /// The owner sees the last message of a rule, or puts it away.
    Seen(RuleId),
    Dismissed(RuleId),
    /// The next attempts of a rule fail.
    Fails {
        rule: RuleId,
        times: u32,
    },
}

/// Where in its work the loop is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrashPoint {
    /// Between two steps.
    Between,
    /// In the next step that changes something, before that is stored.
    BeforeStore,
    /// After it is stored, before anything is performed.
    AfterStore,
    /// After it is performed, before that is stored.
    AfterWork,
}

/// What was decided, done or said.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// True time. The decision's own is what the clock showed.
    pub real: Timestamp,
    pub what: Entered,
}

#[derive(Debug, Clone, PartialEq)]
pub enum Entered {
    Decided(Decision),
    /// An action took effect: a message was there to be read, a skill ran.
    Acted(TaskId),
    Told(TaskId, Say),
    /// The loop was killed.
    Killed,
}

/// Everything that came of it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Timeline {
    pub entries: Vec<Entry>,
    /// Whether it was longer than [`ENTRIES_MAX`] and ends early.
    pub truncated: bool,
    /// Tasks that had not ended when the time was over.
    pub open: Vec<Task>,
}

/// What a loop stores.
#[derive(Debug, Clone, Default)]
struct Store {
    states: BTreeMap<RuleId, RuleState>,
    tasks: BTreeMap<TaskId, Task>,
}

impl History for Store {
    fn knows(&self, task: &TaskId) -> bool {
        self.tasks.contains_key(task)
    }
}

impl Store {
    fn keep(&mut self, changes: &Changes) {
        self.states.extend(changes.states.clone());
        for gone in &changes.gone {
            self.states.remove(gone);
        }
        self.tasks.extend(changes.tasks.clone());
    }

    fn past(&self) -> Past {
        let opened = self.tasks.values().filter_map(|task| {
            Some(Opened { rule: task.id.rule().clone(), subject: task.subject.clone(), at: task.opened? })
        });
        let open = self.tasks.values().filter(|task| !matches!(task.state, State::Ended(_)));
        Past { states: self.states.clone(), tasks: open.cloned().collect(), opened: opened.collect() }
    }
}

struct World {
    rules: Vec<Given>,
    house: House,
    agenda: Agenda,
    store: Store,
    readings: Readings,
    /// True time.
    real: Timestamp,
    /// What the clock shows beyond true time.
    offset: SignedDuration,
    working: VecDeque<(Timestamp, TaskId)>,
    crash: Option<CrashPoint>,
    failures: BTreeMap<RuleId, u32>,
    /// The task whose message came last, by rule.
    last: BTreeMap<RuleId, TaskId>,
    timeline: Timeline,
}

/// Plays from one moment to another. The incidents are in the order of their moments.
#[must_use]
pub fn simulate(
    house: &House,
    rules: &[Rule],
    from: Timestamp,
    until: Timestamp,
    incidents: &[(Timestamp, Incident)],
) -> Timeline {
    let rules: Vec<Given> = rules.iter().map(|rule| Given { rule: rule.clone(), since: Some(from) }).collect();
    let (agenda, changes) = Agenda::restore(house.clone(), rules.clone(), Past::default(), from);
    let mut world = World {
        rules,
        house: house.clone(),
        agenda,
        store: Store::default(),
        readings: Readings::default(),
        real: from,
        offset: SignedDuration::ZERO,
        working: VecDeque::new(),
        crash: None,
        failures: BTreeMap::new(),
        last: BTreeMap::new(),
        timeline: Timeline::default(),
    };
    world.store.keep(&changes);
    let mut incidents: VecDeque<_> = incidents.iter().take(INCIDENTS_MAX).cloned().collect();
    while world.real < until && !world.timeline.truncated {
        let next = world.next(incidents.front().map(|(at, _)| *at), until);
        world.real = next;
        while let Some((_, incident)) = incidents.pop_front_if(|(at, _)| *at <= next) {
            world.incident(incident);
        }
        world.finish();
        world.step(Event::Tick);
    }
    world.timeline.open = world.agenda.tasks().cloned().collect();
    world.timeline
}

impl World {
    fn wall(&self) -> Timestamp {
        self.real.saturating_add(self.offset).unwrap_or(self.real)
    }

    /// The next moment at which something happens.
    fn next(&self, incident: Option<Timestamp>, until: Timestamp) -> Timestamp {
        let wake = self.agenda.wake_at(self.wall()).and_then(|at| at.saturating_sub(self.offset).ok());
        let done = self.working.iter().map(|(at, _)| *at).min();
        let soonest = self.real.saturating_add(SignedDuration::from_millis(1)).unwrap_or(until);
        [incident, wake, done].into_iter().flatten().min().unwrap_or(until).clamp(soonest, until.max(soonest))
    }

    fn enter(&mut self, what: Entered) {
        if self.timeline.entries.len() >= ENTRIES_MAX {
            self.timeline.truncated = true;
        } else {
            self.timeline.entries.push(Entry { real: self.real, what });
        }
    }

    fn incident(&mut self, incident: Incident) {
        match incident {
            Incident::Measured { resource: Resource::Memory, capacity } => self.readings.memory = Some(capacity),
            Incident::Measured { resource: Resource::Disk { path }, capacity } => {
                self.readings.disks.insert(path, capacity);
            }
            Incident::Idle { seconds } => self.readings.idle_seconds = Some(seconds),
            Incident::Happened(happening) => self.step(Event::Happened(happening)),
            Incident::Asked(rule) => self.step(Event::Asked(rule)),
            Incident::Sleep { until } => self.real = self.real.max(until),
            Incident::Clock { to } => self.offset = to.duration_since(self.real),
            Incident::Crash(CrashPoint::Between) => self.kill(),
            Incident::Crash(point) => self.crash = Some(point),
            Incident::Seen(rule) => {
                if let Some(task) = self.last.get(&rule).cloned() {
                    self.step(Event::Seen(task));
                }
            }
            Incident::Dismissed(rule) => {
                if let Some(task) = self.last.get(&rule).cloned() {
                    self.step(Event::Dismissed(task));
                }
            }
            Incident::Fails { rule, times } => {
                self.failures.insert(rule, times);
            }
        }
    }

    fn is_killed_at(&mut self, point: CrashPoint) -> bool {
        if self.crash == Some(point) {
            self.crash = None;
            self.kill();
            return true;
        }
        false
    }

    /// All that was not stored is lost.
    fn kill(&mut self) {
        self.enter(Entered::Killed);
        self.working.clear();
        self.real = self.real.saturating_add(RESTART).unwrap_or(self.real);
        let (agenda, changes) = Agenda::restore(self.house.clone(), self.rules.clone(), self.store.past(), self.wall());
        self.agenda = agenda;
        self.keep(&changes);
        // A loop that starts looks at once.
        self.step(Event::Tick);
    }

    fn keep(&mut self, changes: &Changes) {
        self.store.keep(changes);
        for decision in changes.decisions.clone() {
            self.enter(Entered::Decided(decision));
        }
        for (task, say) in changes.says.clone() {
            self.enter(Entered::Told(task, say));
        }
    }

    fn step(&mut self, event: Event) {
        let now = Now { at: self.wall(), readings: &self.readings, history: &self.store };
        let changes = self.agenda.step(now, event.clone());
        if changes.is_empty() {
            return;
        }
        if self.is_killed_at(CrashPoint::BeforeStore) {
            // What came from outside waits in the store until its changes are stored.
            return match event {
                Event::Tick | Event::Finished(..) | Event::Rules(_) => {}
                Event::Happened(_) | Event::Asked(_) | Event::Seen(_) | Event::Dismissed(_) => self.step(event),
            };
        }
        self.keep(&changes);
        if self.is_killed_at(CrashPoint::AfterStore) {
            return;
        }
        for task in changes.starts {
            self.begin(task);
        }
    }

    fn begin(&mut self, task: TaskId) {
        if self.is_message(&task) {
            self.end(task);
        } else {
            self.working.push_back((self.real.saturating_add(WORK).unwrap_or(self.real), task));
        }
    }

    fn finish(&mut self) {
        while let Some(at) = self.working.iter().position(|(at, _)| *at <= self.real) {
            if let Some((_, task)) = self.working.remove(at) {
                let stays = self.failures.get(task.rule()).is_some_and(|times| *times > 0);
                if !stays {
                    self.enter(Entered::Acted(task.clone()));
                }
                if self.is_killed_at(CrashPoint::AfterWork) {
                    return;
                }
                self.end(task);
            }
        }
    }

    fn end(&mut self, task: TaskId) {
        let failure = self.failures.get_mut(task.rule()).filter(|times| **times > 0);
        let attempt = match failure {
            Some(times) => {
                *times -= 1;
                Attempt::Retry { detail: "simulated".to_owned() }
            }
            None => Attempt::Done { detail: String::new() },
        };
        self.step(Event::Finished(task.clone(), attempt));
        let stored = self.store.tasks.get(&task).map(|task| &task.state);
        if !matches!(stored, Some(State::Ended(Outcome::Done { .. }))) {
            return;
        }
        if self.is_message(&task) {
            self.enter(Entered::Acted(task.clone()));
        }
        self.last.insert(task.rule().clone(), task);
    }

    /// A message is stored together with the end of its task; any other action takes effect before that.
    fn is_message(&self, task: &TaskId) -> bool {
        match self.agenda.rule(task.rule()).map(|rule| rule.action.kind()) {
            Some(ActionKind::Tell | ActionKind::Suggest) => true,
            Some(
                ActionKind::RunSkill
                | ActionKind::Ask
                | ActionKind::FreeMemory
                | ActionKind::RotateLogs
                | ActionKind::Vacuum
                | ActionKind::Backup
                | ActionKind::HealthSweep
                | ActionKind::WarmSkill,
            )
            | None => false,
        }
    }
}

/// The moments of all rules in a stretch, for whoever wants to compare.
#[must_use]
pub fn moments(rules: &[Rule], from: Timestamp, until: Timestamp) -> BTreeSet<(RuleId, Timestamp)> {
    let mut out = BTreeSet::new();
    for rule in rules {
        let Trigger::Times(times) = &rule.trigger else { continue };
        let mut at = from;
        while let Some(next) = times.next(at).filter(|next| *next <= until && out.len() < ENTRIES_MAX) {
            out.insert((rule.id.clone(), next));
            at = next;
        }
    }
    out
}

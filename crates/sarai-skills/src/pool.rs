//! Decides which models and skills are loaded, within a budget of memory.
//!
//! A [`Pool`] gives leases. Whoever wants to use a child asks for one by its name, and gets exactly one answer: granted,
//! or refused with a reason. A child that is not loaded is started when there is room; where there is none, the least
//! recently used child that nobody uses makes room. A child with a lease on it is never stopped, and neither is a pinned
//! one.
//!
//! Nothing here waits, reads a clock or touches a process: [`Pool::step`] takes the time and an [`Event`] and returns the
//! [`Action`]s that the shell performs. The same times and events give the same actions.
//!
//! # Key types
//! - [`ChildName`], [`ChildSpec`]: who can be loaded, and what is known of it in advance.
//! - [`Event`]: what happened. [`Action`]: what to do about it. Both are closed lists.
//! - [`Refusal`]: why not, and when to ask again.
//! - [`Predictor`]: what is likely to be wanted next, so that it can be loaded in time.
//!
//! # How room is made
//! What a child takes is its estimate until it was measured, and what was measured from then on, also the next time. The
//! first request that cannot be served has the next claim on memory: the least recently used children are set aside for
//! it, idle ones first, and a busy one among them takes no new leases until it was stopped. Requests behind it may
//! start what fits beside that claim. So a request is served after finitely many returns of leases, however busy the
//! others are.
//!
//! # Never
//! A start beyond the budget. If a child grows beyond what it was counted for, idle children go until all fits again.
//! Never more than [`Pool::WAITING_MAX`] requests waiting, and none beyond its patience.

mod predict;
mod room;

use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use sarai_types::{ModelId, Notice, SkillName};

pub use predict::{Hour, Predictor};

/// Somebody who can be loaded.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ChildName {
    Model(ModelId),
    Skill(SkillName),
}

impl fmt::Display for ChildName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Model(id) => id.fmt(f),
            Self::Skill(name) => name.fmt(f),
        }
    }
}

/// Whether a child may be stopped to make room.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stay {
    /// Once loaded it stays.
    Pinned,
    /// It goes when somebody else needs the room, or when nobody used it for this long.
    While { idle_max: Duration },
}

/// What is known of a child before it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ChildSpec {
    /// What it will take of memory: weights, copies of them, caches and buffers; for a skill the limit of its jail.
    pub estimate_bytes: u64,
    pub stay: Stay,
    /// How many leases there may be on it at once, at least 1.
    pub leases_max: u32,
}

/// Names a lease from its request to its end. The shell never uses one twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct LeaseId(pub u64);

/// The time, as a step needs it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Now {
    /// Since an origin of the shell's choice; never runs backwards.
    pub uptime: Duration,
    /// Of the person's day.
    pub hour: Hour,
}

/// What happened. News of a child that is in no state to have any is ignored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// There is such a child, or it is another now than it was.
    Known(ChildName, ChildSpec),
    /// There is no such child any more. It is stopped as soon as nobody uses it.
    Gone(ChildName),
    /// Somebody wants to use a child, and waits until `patience`.
    Asked { lease: LeaseId, child: ChildName, patience: Duration },
    /// Somebody does not use it any more, or does not wait any longer.
    Returned(LeaseId),
    /// The router expects that a child is wanted soon.
    Expected(ChildName),
    /// A child serves.
    Started(ChildName),
    /// A child will not serve: it did not start, or it was given up.
    Failed(ChildName),
    /// A child's processes are gone, as was asked or by themselves.
    Stopped(ChildName),
    /// What a child takes now.
    Measured(ChildName, u64),
    /// How much there is for all children.
    Budget(u64),
    /// The moment of [`Pool::wake_at`] has come. Harmless when it has not.
    Deadline,
}

/// What the shell does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// `Started`, `Failed` or `Stopped` follows.
    Start(ChildName),
    /// Let it finish, and end it. `Stopped` follows; whatever comes before that is ignored.
    Stop(ChildName),
    Grant(LeaseId),
    Refuse(LeaseId, Refusal),
    /// The child ended under a lease that was granted. The lease is over; it need not be returned.
    Revoke(LeaseId),
}

/// Why a lease was not granted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    /// There is no child of that name.
    Unknown,
    /// It will not fit as long as the budget and the pinned children are what they are.
    TooBig { needs_bytes: u64, free_bytes: u64 },
    /// The others kept what it would take for as long as the request was willing to wait.
    Busy,
    /// More requests wait than are kept.
    Crowded,
    /// It did not start.
    Failed,
}

impl Refusal {
    /// When it makes sense to ask again; never by itself if none.
    #[must_use]
    pub const fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::Unknown | Self::TooBig { .. } => None,
            Self::Busy => Some(Duration::from_secs(5)),
            Self::Crowded => Some(Duration::from_secs(1)),
            Self::Failed => Some(Duration::from_secs(30)),
        }
    }

    /// The sentence for a person.
    #[must_use]
    pub fn notice(&self, child: &ChildName) -> Notice {
        let notice = match self {
            Self::Unknown => Notice::new("skills-pool-unknown"),
            Self::TooBig { needs_bytes, free_bytes } => {
                let mb = |bytes: u64| bytes.div_ceil(1_000_000);
                Notice::new("skills-pool-too-big").arg("needs", mb(*needs_bytes)).arg("free", free_bytes / 1_000_000)
            }
            Self::Busy => Notice::new("skills-pool-busy"),
            Self::Crowded => Notice::new("skills-pool-crowded"),
            Self::Failed => Notice::new("skills-pool-failed"),
        };
        notice.arg("child", child)
    }
}

/// Where a child is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChildState {
    Absent,
    Starting,
    Ready,
    Stopping,
}

#[derive(Debug, Clone)]
struct Child {
    spec: ChildSpec,
    state: ChildState,
    /// What it takes, or took when it was last measured.
    measured_bytes: Option<u64>,
    /// When a lease on it was granted or returned, or it was started.
    used_at: Duration,
    /// Somebody had a lease on it since it was started.
    used: bool,
    gone: bool,
}

impl Child {
    fn needs_bytes(&self) -> u64 {
        self.measured_bytes.unwrap_or(self.spec.estimate_bytes)
    }

    /// What it counts for now.
    fn takes_bytes(&self) -> u64 {
        match self.state {
            ChildState::Absent => 0,
            ChildState::Starting | ChildState::Ready | ChildState::Stopping => self.needs_bytes(),
        }
    }
}

#[derive(Debug, Clone)]
struct Waiting {
    lease: LeaseId,
    child: ChildName,
    until: Duration,
}

/// All children and all leases. See the module's page for how to drive it.
#[derive(Debug, Clone)]
pub struct Pool {
    budget_bytes: u64,
    children: BTreeMap<ChildName, Child>,
    leases: BTreeMap<LeaseId, ChildName>,
    /// Oldest first.
    waiting: Vec<Waiting>,
    predictor: Predictor,
}

impl Pool {
    /// Requests that may wait at once.
    pub const WAITING_MAX: usize = 256;
    /// Children that may be known at once; more are unknown.
    pub const CHILDREN_MAX: usize = 512;

    #[must_use]
    pub const fn new(budget_bytes: u64, predictor: Predictor) -> Self {
        Self { budget_bytes, children: BTreeMap::new(), leases: BTreeMap::new(), waiting: Vec::new(), predictor }
    }

    #[must_use]
    pub const fn budget_bytes(&self) -> u64 {
        self.budget_bytes
    }

    /// What all children take now: measured where it was, estimated where not.
    #[must_use]
    pub fn used_bytes(&self) -> u64 {
        self.children.values().fold(0, |sum, child| sum.saturating_add(child.takes_bytes()))
    }

    /// Where a child is; none if there is no such child.
    #[must_use]
    pub fn state(&self, child: &ChildName) -> Option<ChildState> {
        self.children.get(child).map(|child| child.state)
    }

    /// How many leases there are on a child.
    #[must_use]
    pub fn leases(&self, child: &ChildName) -> usize {
        self.leases.values().filter(|name| *name == child).count()
    }

    /// How many requests wait.
    #[must_use]
    pub fn waiting(&self) -> usize {
        self.waiting.len()
    }

    #[must_use]
    pub const fn predictor(&self) -> &Predictor {
        &self.predictor
    }

    /// When [`Event::Deadline`] is due; none while there is nothing to wait for.
    #[must_use]
    pub fn wake_at(&self) -> Option<Duration> {
        let patience = self.waiting.iter().map(|waiting| waiting.until);
        let idle = self.children.iter().filter_map(|(name, child)| self.unload_at(name, child));
        patience.chain(idle).min()
    }

    /// Takes what happened, and says what to do.
    pub fn step(&mut self, now: Now, event: Event) -> Vec<Action> {
        let mut actions = Vec::new();
        match event {
            Event::Known(name, spec) => self.known(name, spec, now),
            Event::Gone(name) => self.gone(&name, &mut actions),
            Event::Asked { lease, child, patience } => {
                self.asked(Waiting { lease, child, until: patience }, now, &mut actions)
            }
            Event::Returned(lease) => self.returned(lease, now),
            Event::Expected(name) => self.prefetch(&name, now, &mut actions),
            Event::Started(name) => self.started(&name),
            Event::Failed(name) => self.failed(&name, &mut actions),
            Event::Stopped(name) => self.stopped(&name, &mut actions),
            Event::Measured(name, bytes) => self.measured(&name, bytes),
            Event::Budget(bytes) => self.budget_bytes = bytes,
            Event::Deadline => self.expire(now, &mut actions),
        }
        self.settle(now, &mut actions);
        actions
    }

    fn known(&mut self, name: ChildName, spec: ChildSpec, now: Now) {
        let spec = ChildSpec { leases_max: spec.leases_max.max(1), ..spec };
        let is_full = self.children.len() >= Self::CHILDREN_MAX;
        match self.children.get_mut(&name) {
            Some(child) => {
                if child.spec.estimate_bytes != spec.estimate_bytes {
                    child.measured_bytes = child.measured_bytes.filter(|_| child.state != ChildState::Absent);
                }
                (child.spec, child.gone) = (spec, false);
            }
            None if is_full => {}
            None => {
                let state = ChildState::Absent;
                let child = Child { spec, state, measured_bytes: None, used_at: now.uptime, used: false, gone: false };
                self.children.insert(name, child);
            }
        }
    }

    fn gone(&mut self, name: &ChildName, actions: &mut Vec<Action>) {
        let Some(child) = self.children.get_mut(name) else { return };
        child.gone = true;
        self.refuse_all(name, &Refusal::Unknown, actions);
    }

    fn asked(&mut self, request: Waiting, now: Now, actions: &mut Vec<Action>) {
        let is_taken = |lease| self.waiting.iter().any(|waiting| waiting.lease == lease);
        if self.leases.contains_key(&request.lease) || is_taken(request.lease) {
            return;
        }
        let refusal = match self.children.get(&request.child) {
            Some(child) if !child.gone => self.hopeless(child).or_else(|| {
                let is_crowded = self.waiting.len() >= Self::WAITING_MAX;
                is_crowded.then_some(Refusal::Crowded)
            }),
            Some(_) | None => Some(Refusal::Unknown),
        };
        if let Some(refusal) = refusal {
            actions.push(Action::Refuse(request.lease, refusal));
            return;
        }
        self.predictor.learn(now.hour, &request.child);
        self.waiting.push(request);
    }

    /// Why a child can never be started as things are; none if it can.
    fn hopeless(&self, child: &Child) -> Option<Refusal> {
        if child.state != ChildState::Absent {
            return None;
        }
        let pinned = self.children.values().filter(|other| other.spec.stay == Stay::Pinned);
        let pinned_bytes = pinned.fold(0_u64, |sum, other| sum.saturating_add(other.takes_bytes()));
        let free_bytes = self.budget_bytes.saturating_sub(pinned_bytes);
        let needs_bytes = child.needs_bytes();
        (needs_bytes > free_bytes).then_some(Refusal::TooBig { needs_bytes, free_bytes })
    }

    fn returned(&mut self, lease: LeaseId, now: Now) {
        self.waiting.retain(|waiting| waiting.lease != lease);
        let Some(name) = self.leases.remove(&lease) else { return };
        if let Some(child) = self.children.get_mut(&name) {
            child.used_at = now.uptime;
        }
    }

    fn started(&mut self, name: &ChildName) {
        if let Some(child) = self.children.get_mut(name)
            && child.state == ChildState::Starting
        {
            child.state = ChildState::Ready;
        }
    }

    fn failed(&mut self, name: &ChildName, actions: &mut Vec<Action>) {
        let Some(child) = self.children.get_mut(name) else { return };
        match child.state {
            ChildState::Absent | ChildState::Stopping => {}
            ChildState::Starting | ChildState::Ready => {
                child.state = ChildState::Absent;
                self.revoke_all(name, actions);
                self.refuse_all(name, &Refusal::Failed, actions);
                self.forget_if_gone(name);
            }
        }
    }

    /// Requests that wait stay: a child that ended by itself is started again for them.
    fn stopped(&mut self, name: &ChildName, actions: &mut Vec<Action>) {
        let Some(child) = self.children.get_mut(name) else { return };
        child.state = ChildState::Absent;
        self.revoke_all(name, actions);
        self.forget_if_gone(name);
    }

    fn measured(&mut self, name: &ChildName, bytes: u64) {
        if let Some(child) = self.children.get_mut(name)
            && matches!(child.state, ChildState::Starting | ChildState::Ready)
        {
            child.measured_bytes = Some(bytes);
        }
    }

    fn expire(&mut self, now: Now, actions: &mut Vec<Action>) {
        let is_over = |waiting: &Waiting| waiting.until <= now.uptime;
        let over: Vec<LeaseId> = self.waiting.iter().filter(|w| is_over(w)).map(|w| w.lease).collect();
        self.waiting.retain(|waiting| !is_over(waiting));
        actions.extend(over.into_iter().map(|lease| Action::Refuse(lease, Refusal::Busy)));
        let idle =
            self.children.iter().filter(|(name, child)| self.unload_at(name, child).is_some_and(|at| at <= now.uptime));
        let idle: Vec<ChildName> = idle.map(|(name, _)| name.clone()).collect();
        idle.iter().for_each(|name| self.stop(name, actions));
    }

    /// When a child was idle for long enough; none if that does not count for it now.
    fn unload_at(&self, name: &ChildName, child: &Child) -> Option<Duration> {
        match child.spec.stay {
            Stay::While { idle_max } if child.state == ChildState::Ready && !self.is_busy(name) => {
                Some(child.used_at.saturating_add(idle_max))
            }
            Stay::While { .. } | Stay::Pinned => None,
        }
    }

    fn revoke_all(&mut self, name: &ChildName, actions: &mut Vec<Action>) {
        self.leases.retain(|lease, child| {
            if child == name {
                actions.push(Action::Revoke(*lease));
            }
            child != name
        });
    }

    fn refuse_all(&mut self, name: &ChildName, refusal: &Refusal, actions: &mut Vec<Action>) {
        self.waiting.retain(|waiting| {
            if waiting.child == *name {
                actions.push(Action::Refuse(waiting.lease, refusal.clone()));
            }
            waiting.child != *name
        });
    }

    fn forget_if_gone(&mut self, name: &ChildName) {
        if self.children.get(name).is_some_and(|child| child.gone && child.state == ChildState::Absent) {
            self.children.remove(name);
        }
    }
}

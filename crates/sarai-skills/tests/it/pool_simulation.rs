//! Simulated computers: people who ask and return as it was drawn, children that start, end and grow, and the promises
//! of the pool checked after each step.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use proptest::prelude::*;
use sarai_skills::{
    Action, ChildName, ChildSpec, ChildState, Event, Hour, LeaseId, Now, Pool, Predictor, Refusal, Stay,
};

const CHILDREN: usize = 6;
const BUDGET: u64 = 100;
const PATIENCE: u64 = 500;

/// Something that a person or a child does.
#[derive(Debug, Clone)]
enum Deed {
    Ask(usize),
    Return(prop::sample::Index),
    Finish(prop::sample::Index),
    Fail(prop::sample::Index),
    Crash(prop::sample::Index),
    /// A child is measured at this share, of 100, of what it was counted for.
    Measure(usize, u64),
    Expect(usize),
    Forget(usize),
    Wait(u64),
}

fn any_deed() -> impl Strategy<Value = Deed> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        6 => (0..CHILDREN).prop_map(Deed::Ask),
        6 => index().prop_map(Deed::Return),
        8 => index().prop_map(Deed::Finish),
        1 => index().prop_map(Deed::Fail),
        1 => index().prop_map(Deed::Crash),
        2 => (0..CHILDREN, 30..=100_u64).prop_map(|(child, share)| Deed::Measure(child, share)),
        1 => (0..CHILDREN).prop_map(Deed::Expect),
        1 => (0..CHILDREN).prop_map(Deed::Forget),
        2 => (1..200_u64).prop_map(Deed::Wait),
    ]
}

fn any_spec() -> impl Strategy<Value = ChildSpec> {
    (5..=70_u64, prop::bool::weighted(0.15), 1..4_u32, 50..400_u64).prop_map(|(bytes, pinned, leases_max, idle)| {
        let idle_max = Duration::from_secs(idle);
        let stay = if pinned { Stay::Pinned } else { Stay::While { idle_max } };
        ChildSpec { estimate_bytes: bytes, stay, leases_max }
    })
}

fn name(child: usize) -> ChildName {
    ChildName::Skill(format!("s{child}").parse().unwrap())
}

/// What became of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Fate {
    Waits,
    Granted,
    Over,
}

struct World {
    pool: Pool,
    specs: Vec<ChildSpec>,
    second: u64,
    leases: BTreeMap<LeaseId, (ChildName, Fate)>,
    /// What the shell has running or on its way, by what it was last told.
    running: BTreeMap<ChildName, ChildState>,
    /// The least that each was counted for so far. A child that grows is another story.
    counted: BTreeMap<ChildName, u64>,
    /// Forgotten in this very step, so that it may be stopped though it is pinned.
    leaving: Option<ChildName>,
    log: Vec<Action>,
}

impl World {
    fn new(specs: Vec<ChildSpec>) -> Self {
        let mut world = Self {
            pool: Pool::new(BUDGET, Predictor::new()),
            second: 0,
            leases: BTreeMap::new(),
            running: BTreeMap::new(),
            counted: BTreeMap::new(),
            leaving: None,
            log: Vec::new(),
            specs,
        };
        for child in 0..world.specs.len() {
            world.know(child);
        }
        world
    }

    fn know(&mut self, child: usize) {
        self.counted.entry(name(child)).or_insert(self.specs[child].estimate_bytes);
        self.step(Event::Known(name(child), self.specs[child]));
    }

    fn held(&self) -> Vec<LeaseId> {
        self.leases.iter().filter(|(_, (_, fate))| *fate == Fate::Granted).map(|(id, _)| *id).collect()
    }

    fn busy(&self) -> BTreeSet<&ChildName> {
        self.leases.values().filter(|(_, fate)| *fate == Fate::Granted).map(|(child, _)| child).collect()
    }

    fn in_state(&self, wanted: &[ChildState]) -> Vec<ChildName> {
        self.running.iter().filter(|(_, state)| wanted.contains(state)).map(|(name, _)| name.clone()).collect()
    }

    fn step(&mut self, event: Event) {
        self.second += 1;
        let hour = Hour::new(u8::try_from(self.second / 3600 % 24).unwrap()).unwrap();
        let now = Now { uptime: Duration::from_secs(self.second), hour };
        let actions = self.pool.step(now, event);
        for action in &actions {
            self.perform(action);
        }
        self.log.extend(actions);
        self.check();
    }

    fn perform(&mut self, action: &Action) {
        match action {
            Action::Start(child) => {
                let before = self.running.insert(child.clone(), ChildState::Starting);
                assert_eq!(before, None, "{child} is started while it runs");
            }
            Action::Stop(child) => {
                assert!(!self.busy().contains(child), "{child} is stopped while it is used");
                let child_is_pinned = self.specs.iter().enumerate().any(|(i, spec)| {
                    name(i) == *child && spec.stay == Stay::Pinned && self.pool.state(child).is_some()
                });
                assert!(!child_is_pinned || self.leaving.as_ref() == Some(child), "{child} is pinned and stopped");
                let before = self.running.insert(child.clone(), ChildState::Stopping);
                assert!(matches!(before, Some(ChildState::Starting | ChildState::Ready)), "{child} was {before:?}");
            }
            Action::Grant(lease) => {
                let (child, fate) = self.leases.get_mut(lease).expect("a lease that nobody asked for");
                assert_eq!(*fate, Fate::Waits, "{lease:?} is answered twice");
                assert_eq!(self.running.get(child), Some(&ChildState::Ready), "{child} does not serve");
                *fate = Fate::Granted;
            }
            Action::Refuse(lease, refusal) => {
                let (_, fate) = self.leases.get_mut(lease).expect("a lease that nobody asked for");
                assert_eq!(*fate, Fate::Waits, "{lease:?} is answered twice: {refusal:?}");
                *fate = Fate::Over;
            }
            Action::Revoke(lease) => {
                let (_, fate) = self.leases.get_mut(lease).expect("a lease that nobody asked for");
                assert_eq!(*fate, Fate::Granted, "{lease:?} was not granted");
                *fate = Fate::Over;
            }
        }
    }

    fn check(&self) {
        let used: u64 = self.pool.used_bytes();
        assert!(used <= BUDGET, "{used} of {BUDGET} bytes");
        for (child, state) in &self.running {
            assert_eq!(self.pool.state(child), Some(*state), "{child}");
        }
        let waiting = self.leases.values().filter(|(_, fate)| *fate == Fate::Waits).count();
        assert_eq!(self.pool.waiting(), waiting, "a request is lost");
        for child in 0..self.specs.len() {
            let held = self.leases.values().filter(|(n, fate)| *n == name(child) && *fate == Fate::Granted).count();
            assert_eq!(self.pool.leases(&name(child)), held, "a lease is lost");
            assert!(held <= self.specs[child].leases_max as usize, "too many leases on s{child}");
        }
    }

    fn ask(&mut self, child: usize, patience: u64) -> LeaseId {
        let lease = LeaseId(self.leases.len() as u64);
        self.leases.insert(lease, (name(child), Fate::Waits));
        let patience = Duration::from_secs(self.second + patience);
        self.step(Event::Asked { lease, child: name(child), patience });
        lease
    }

    fn give_back(&mut self, lease: LeaseId) {
        self.leases.get_mut(&lease).unwrap().1 = Fate::Over;
        self.step(Event::Returned(lease));
    }

    /// What a child was told to do is done.
    fn finish(&mut self, child: ChildName) {
        match self.running.get(&child) {
            Some(ChildState::Starting) => {
                self.running.insert(child.clone(), ChildState::Ready);
                self.step(Event::Started(child));
            }
            Some(ChildState::Stopping) => {
                self.running.remove(&child);
                self.step(Event::Stopped(child));
            }
            Some(ChildState::Ready | ChildState::Absent) | None => {}
        }
    }

    fn act(&mut self, deed: Deed) {
        use ChildState::{Ready, Starting, Stopping};
        match deed {
            Deed::Ask(child) => {
                self.ask(child, PATIENCE);
            }
            Deed::Return(index) => {
                let held = self.held();
                if !held.is_empty() {
                    self.give_back(*index.get(&held));
                }
            }
            Deed::Finish(index) => {
                let moving = self.in_state(&[Starting, Stopping]);
                if !moving.is_empty() {
                    self.finish(index.get(&moving).clone());
                }
            }
            Deed::Fail(index) => {
                let starting = self.in_state(&[Starting]);
                if !starting.is_empty() {
                    let child = index.get(&starting).clone();
                    self.running.remove(&child);
                    self.step(Event::Failed(child));
                }
            }
            Deed::Crash(index) => {
                let ready = self.in_state(&[Ready]);
                if !ready.is_empty() {
                    let child = index.get(&ready).clone();
                    self.running.remove(&child);
                    self.step(Event::Stopped(child));
                }
            }
            Deed::Measure(child, share) => {
                let child = name(child);
                if matches!(self.running.get(&child), Some(Starting | Ready))
                    && let Some(counted) = self.counted.get_mut(&child)
                {
                    *counted = (*counted * share / 100).max(1);
                    let bytes = *counted;
                    self.step(Event::Measured(child, bytes));
                }
            }
            Deed::Expect(child) => self.step(Event::Expected(name(child))),
            Deed::Forget(child) => {
                self.leaving = Some(name(child));
                self.step(Event::Gone(name(child)));
                self.leaving = None;
                self.know(child);
            }
            Deed::Wait(seconds) => {
                self.second += seconds;
                self.step(Event::Deadline);
            }
        }
    }

    /// Everybody returns what they have and every child does what it was told, until nothing moves.
    fn calm_down(&mut self) {
        for _ in 0..2_000 {
            let moving = self.in_state(&[ChildState::Starting, ChildState::Stopping]);
            let held = self.held();
            match (moving.first(), held.first()) {
                (Some(child), _) => self.finish(child.clone()),
                (None, Some(lease)) => self.give_back(*lease),
                (None, None) => return,
            }
        }
        panic!("it never calms down");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn promises_hold_in_every_world(
        specs in prop::collection::vec(any_spec(), CHILDREN),
        deeds in prop::collection::vec(any_deed(), 1..200),
    ) {
        let mut world = World::new(specs);
        for deed in deeds {
            world.act(deed);
        }
        // Whatever happened: once everybody returns what they have, nobody is left waiting.
        world.calm_down();
        prop_assert_eq!(world.pool.waiting(), 0);
        // And whoever asks now, and could ever fit, is served.
        for child in 0..CHILDREN {
            let lease = world.ask(child, 1_000_000);
            world.calm_down();
            let refused = world.log.iter().find_map(|action| match action {
                Action::Refuse(id, refusal) if *id == lease => Some(refusal.clone()),
                _ => None,
            });
            let granted = world.log.contains(&Action::Grant(lease));
            prop_assert!(granted || matches!(refused, Some(Refusal::TooBig { .. })), "{refused:?}");
        }
    }

    /// Two people who never leave a child alone do not keep a third one out.
    #[test]
    fn nobody_starves_beside_a_child_that_is_always_in_use(rounds in 3..20_usize) {
        let spec = ChildSpec { estimate_bytes: 60, stay: Stay::While { idle_max: Duration::from_secs(50) }, leases_max: 2 };
        let mut world = World::new(vec![spec, spec]);
        let mut last = world.ask(0, PATIENCE);
        world.finish(name(0));
        let third = world.ask(1, 1_000_000);
        for _ in 0..rounds {
            let next = world.ask(0, 1_000_000);
            if world.leases[&last].1 == Fate::Granted {
                world.give_back(last);
            }
            last = next;
            for child in [0, 1] {
                world.finish(name(child));
            }
        }
        prop_assert!(world.log.contains(&Action::Grant(third)));
    }

    #[test]
    fn the_same_story_has_the_same_end(
        specs in prop::collection::vec(any_spec(), CHILDREN),
        deeds in prop::collection::vec(any_deed(), 1..60),
    ) {
        let tell = || {
            let mut world = World::new(specs.clone());
            deeds.iter().cloned().for_each(|deed| world.act(deed));
            world.log
        };
        prop_assert_eq!(tell(), tell());
    }
}

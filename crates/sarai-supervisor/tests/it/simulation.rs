//! Simulated worlds: children that live as they were drawn, a clock that jumps from event to event, and the promises
//! of the supervisor checked after each step.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, VecDeque};
use std::time::Duration;

use proptest::prelude::*;
use sarai_supervisor::{Action, Event, Health, Incarnation, Limits, Moment, Policy, State, Supervisor};

const START_DEADLINE: u64 = 400;
const PERIOD: u64 = 100;
const DEADLINE: u64 = 60;
const RESTARTS_MAX: u32 = 3;
const RESTARTS_PERIOD: u64 = 1_000;
const DRAIN_DEADLINE: u64 = 150;
/// When everything is told to end.
const END: u64 = 30_000;
/// A world of that length never needs more steps; more means that the supervisor asks to be woken for nothing.
const STEPS_MAX: usize = 20_000;

fn policy() -> Policy {
    let ms = Duration::from_millis;
    Policy::new(Limits {
        start_deadline: ms(START_DEADLINE),
        health_period: ms(PERIOD),
        health_deadline: ms(DEADLINE),
        restarts_max: RESTARTS_MAX,
        restarts_period: ms(RESTARTS_PERIOD),
        backoff_first: ms(10),
        backoff_max: ms(200),
        quarantine_first: ms(RESTARTS_PERIOD),
        quarantine_max: ms(4_000),
        drain_deadline: ms(DRAIN_DEADLINE),
    })
    .unwrap()
}

/// How one incarnation lives. Times are in milliseconds since its spawn was asked for, latencies since the order.
#[derive(Debug, Clone)]
struct Life {
    spawned_after: u64,
    spawns: bool,
    serves_at: u64,
    crashes_at: Option<u64>,
    hangs_at: Option<u64>,
    answer_latencies: Vec<u64>,
    terminate_latency: Option<u64>,
    kill_latency: u64,
}

fn any_life() -> impl Strategy<Value = Life> {
    (
        0..450_u64,
        prop::bool::weighted(0.9),
        0..500_u64,
        prop::option::of(0..3_000_u64),
        prop::option::of(0..3_000_u64),
        prop::collection::vec(0..=DEADLINE + 5, 1..5),
        prop::option::of(0..300_u64),
        0..250_u64,
    )
        .prop_map(
            |(
                spawned_after,
                spawns,
                serves_at,
                crashes_at,
                hangs_at,
                answer_latencies,
                terminate_latency,
                kill_latency,
            )| {
                Life {
                    spawned_after,
                    spawns,
                    serves_at,
                    crashes_at,
                    hangs_at,
                    answer_latencies,
                    terminate_latency,
                    kill_latency,
                }
            },
        )
}

fn good_life() -> impl Strategy<Value = Life> {
    (0..50_u64, 0..250_u64, prop::collection::vec(0..=DEADLINE, 1..5), 0..DRAIN_DEADLINE).prop_map(
        |(spawned_after, serves_at, answer_latencies, terminate_latency)| Life {
            spawned_after,
            spawns: true,
            serves_at,
            crashes_at: None,
            hangs_at: None,
            answer_latencies,
            terminate_latency: Some(terminate_latency),
            kill_latency: 0,
        },
    )
}

/// A process, from the order to spawn it until its exit is reported.
#[derive(Debug)]
struct Process {
    incarnation: Incarnation,
    life: Life,
    ordered_at: u64,
    answers: usize,
    exits_at: Option<u64>,
    /// Since when it hangs although the supervisor believes in it; it must be ended in time.
    hung_while_serving_at: Option<u64>,
}

#[derive(Debug)]
struct World {
    supervisor: Supervisor,
    /// Time, order of insertion, event.
    news: BinaryHeap<Reverse<(u64, usize)>>,
    events: Vec<Event>,
    lives: VecDeque<Life>,
    process: Option<Process>,
    restarts: Vec<u64>,
    kills: usize,
}

impl World {
    fn new(lives: Vec<Life>, orders: Vec<(u64, Event)>, seed: u64) -> Self {
        let mut world = Self {
            supervisor: Supervisor::new(policy(), seed),
            news: BinaryHeap::new(),
            events: Vec::new(),
            lives: lives.into(),
            process: None,
            restarts: Vec::new(),
            kills: 0,
        };
        for (at, order) in orders {
            world.schedule(at, order);
        }
        world.schedule(END, Event::Drain);
        world
    }

    fn schedule(&mut self, at: u64, event: Event) {
        self.news.push(Reverse((at, self.events.len())));
        self.events.push(event);
    }

    /// Runs until nothing is left to happen. The supervisor is woken `lateness` after the moment it asked for.
    fn run(&mut self, lateness: u64) {
        let mut now = 0;
        for _ in 0..STEPS_MAX {
            let wake = self.supervisor.wake_at().map(|at| at.as_millis().saturating_add(lateness).max(now));
            let next = self.news.peek().map(|Reverse((at, _))| *at);
            let event = match (next, wake) {
                (None, None) => return,
                (Some(at), wake) if wake.is_none_or(|wake| at <= wake) => {
                    let Reverse((at, index)) = self.news.pop().unwrap();
                    now = at;
                    self.events[index]
                }
                (_, wake) => {
                    now = wake.unwrap();
                    Event::Deadline
                }
            };
            self.step(now, event, lateness);
        }
        panic!("still busy after {STEPS_MAX} steps: {self:?}");
    }

    fn step(&mut self, now: u64, event: Event, lateness: u64) {
        if let (Event::Exited(incarnation) | Event::SpawnFailed(incarnation), Some(process)) = (event, &self.process)
            && process.incarnation == incarnation
        {
            self.process = None;
        }
        self.note_hang(now);
        let restarts_before = self.supervisor.restarts();
        let actions = self.supervisor.step(Moment::from_millis(now), event);
        // What somebody asked for is no restart of the supervisor's own.
        if self.supervisor.restarts() > restarts_before && event != Event::Retry {
            self.restarts.push(now);
        }
        for action in actions {
            self.perform(now, action);
        }
        self.check(now, lateness);
    }

    fn perform(&mut self, now: u64, action: Action) {
        match action {
            Action::Spawn(incarnation) => self.spawn(now, incarnation),
            Action::Probe(probe) => {
                let process = self.process.as_mut().expect("only a living child is probed");
                let latencies = &process.life.answer_latencies;
                let at = now + latencies[process.answers % latencies.len()];
                process.answers += 1;
                let age = at - process.ordered_at;
                if process.life.hangs_at.is_some_and(|hangs| age >= hangs) {
                    return;
                }
                let health = if age >= process.life.serves_at {
                    // The loop beats exactly once a period.
                    Health::Serving { generation: at / PERIOD }
                } else {
                    Health::NotServing
                };
                self.schedule(at, Event::Probed(probe, health));
            }
            Action::Terminate(_) => {
                let latency = self.process.as_ref().and_then(|p| p.life.terminate_latency);
                if let Some(latency) = latency {
                    self.exit_at(now + latency);
                }
            }
            Action::Kill(..) => {
                self.kills += 1;
                let process = self.process.as_mut().expect("only a living child is killed");
                process.hung_while_serving_at = None;
                let at = now + process.life.kill_latency;
                self.exit_at(at);
            }
        }
    }

    fn spawn(&mut self, now: u64, incarnation: Incarnation) {
        assert!(self.process.is_none(), "two children at once: {:?}", self.process);
        let life = self.lives.pop_front().unwrap();
        self.lives.push_back(life.clone());
        let spawned_at = now + life.spawned_after;
        let event = if life.spawns { Event::Spawned(incarnation) } else { Event::SpawnFailed(incarnation) };
        self.schedule(spawned_at, event);
        let crashes_at = life.crashes_at.filter(|_| life.spawns).map(|after| spawned_at + after);
        self.process = Some(Process {
            incarnation,
            life,
            ordered_at: now,
            answers: 0,
            exits_at: None,
            hung_while_serving_at: None,
        });
        if let Some(at) = crashes_at {
            self.exit_at(at);
        }
    }

    /// Lets the process exit at that time, or earlier if it was to already. There must be a process to signal.
    fn exit_at(&mut self, at: u64) {
        let Some(process) = &mut self.process else { return };
        let spawned_at = process.ordered_at + process.life.spawned_after;
        if !process.life.spawns || at < spawned_at || process.exits_at.is_some_and(|earlier| earlier <= at) {
            return;
        }
        process.exits_at = Some(at);
        let incarnation = process.incarnation;
        // The later exit of the same process that may be on its way already is then old news.
        self.schedule(at, Event::Exited(incarnation));
    }

    fn note_hang(&mut self, now: u64) {
        let Some(process) = &mut self.process else { return };
        let hangs_at = process.life.hangs_at.map(|after| process.ordered_at + after);
        if process.hung_while_serving_at.is_none() && self.supervisor.serving() && hangs_at.is_some_and(|at| at <= now)
        {
            process.hung_while_serving_at = hangs_at;
        }
        if !self.supervisor.serving() {
            process.hung_while_serving_at = None;
        }
    }

    fn check(&self, now: u64, lateness: u64) {
        let state = self.supervisor.state();
        assert_eq!(self.supervisor.wake_at().is_none(), *state == State::Stopped, "wakes while pending: {self:?}");
        if let Some(hung_at) = self.process.as_ref().and_then(|p| p.hung_while_serving_at)
            && self.supervisor.serving()
        {
            let bound = 2 * PERIOD + DEADLINE + 4 * lateness;
            assert!(now <= hung_at + bound, "hangs since {hung_at}, not killed at {now}: {self:?}");
        }
        let recent = self.restarts.iter().filter(|&&at| now - at < RESTARTS_PERIOD).count();
        assert!(recent <= RESTARTS_MAX as usize, "{recent} restarts in a period: {:?}", self.restarts);
    }
}

fn orders() -> impl Strategy<Value = Vec<(u64, Event)>> {
    let order = prop_oneof![5 => Just(Event::Start), 4 => Just(Event::Drain), 2 => Just(Event::Retry)];
    prop::collection::vec((0..END, order), 0..12).prop_map(|mut orders| {
        orders.push((0, Event::Start));
        orders
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_the_children_do_the_promises_hold(
        lives in prop::collection::vec(any_life(), 1..6), orders in orders(), seed: u64, lateness in 0..20_u64,
    ) {
        let mut world = World::new(lives, orders, seed);
        world.run(lateness);
        prop_assert_eq!(world.supervisor.state(), &State::Stopped);
        prop_assert!(world.process.is_none(), "left behind: {:?}", world.process);
    }

    /// As long as it answers before the second miss.
    #[test]
    fn a_child_that_is_slow_is_never_killed(
        mut life in good_life(), latency in 0..PERIOD + DEADLINE, orders in orders(),
    ) {
        life.answer_latencies = vec![latency];
        let mut world = World::new(vec![life], orders, 1);
        world.run(0);
        prop_assert_eq!((world.kills, world.restarts.len()), (0, 0));
    }

    #[test]
    fn a_child_that_works_is_never_killed(life in good_life(), orders in orders(), lateness in 0..20_u64) {
        let mut world = World::new(vec![life], orders, 1);
        world.run(lateness);
        prop_assert_eq!((world.kills, world.restarts.len()), (0, 0));
        prop_assert_eq!(world.supervisor.state(), &State::Stopped);
    }

    /// News in an order that no world has: nothing panics, and a spawn still waits for the exit before it.
    #[test]
    fn nonsense_never_spawns_twice(script in prop::collection::vec((0..300_u64, 0..9_u8, 0..3_usize), 1..200)) {
        let mut supervisor = Supervisor::new(policy(), 1);
        let (mut spawns, mut probes, mut now) = (Vec::new(), Vec::new(), 0);
        let mut over = 0;
        for (wait, kind, back) in script {
            now += wait;
            let spawn = spawns.iter().rev().nth(back).copied();
            let probe = probes.iter().rev().nth(back).copied();
            let event = match (kind, spawn, probe) {
                (0, _, _) => Event::Start,
                (1, _, _) => Event::Drain,
                (2, Some(spawn), _) => Event::Spawned(spawn),
                (3, Some(spawn), _) => Event::Exited(spawn),
                (4, Some(spawn), _) => Event::SpawnFailed(spawn),
                (5, _, Some(probe)) => Event::Probed(probe, Health::Serving { generation: now }),
                (6, _, Some(probe)) => Event::Probed(probe, Health::Silent),
                (7, _, _) => Event::Retry,
                _ => Event::Deadline,
            };
            if let Event::Exited(spawn) | Event::SpawnFailed(spawn) = event
                && Some(&spawn) == spawns.last()
            {
                over = spawns.len();
            }
            for action in supervisor.step(Moment::from_millis(now), event) {
                match action {
                    Action::Spawn(incarnation) => {
                        prop_assert_eq!(over, spawns.len(), "spawned before the exit");
                        spawns.push(incarnation);
                    }
                    Action::Probe(probe) => probes.push(probe),
                    Action::Terminate(incarnation) | Action::Kill(incarnation, _) => {
                        prop_assert_eq!(Some(&incarnation), spawns.last());
                    }
                }
            }
        }
    }
}

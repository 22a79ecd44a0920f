//! Short stories of a pool: what happens, and what it does about it.

use std::time::Duration;

use sarai_skills::{Action, ChildName, ChildSpec, Event, Hour, LeaseId, Now, Pool, Predictor, Stay};

const MB: u64 = 1_000_000;
const IDLE: Duration = Duration::from_secs(60);

fn skill(name: &str) -> ChildName {
    ChildName::Skill(name.parse().expect("a letter is a name"))
}

fn spec(mb: u64) -> ChildSpec {
    ChildSpec { estimate_bytes: mb * MB, stay: Stay::While { idle_max: IDLE }, leases_max: 2 }
}

/// A pool whose children are called after letters, told in a few words a step.
struct Story {
    pool: Pool,
    second: u64,
}

impl Story {
    fn new(budget_mb: u64, children: &[(&str, ChildSpec)]) -> Self {
        let mut story = Self { pool: Pool::new(budget_mb * MB, Predictor::new()), second: 0 };
        for (name, spec) in children {
            story.step(Event::Known(skill(name), *spec));
        }
        story
    }

    fn step(&mut self, event: Event) -> Vec<String> {
        self.second += 1;
        let now = Now { uptime: Duration::from_secs(self.second), hour: Hour::new(9).unwrap() };
        let words = self.pool.step(now, event).into_iter().map(|action| match action {
            Action::Start(child) => format!("start {child}"),
            Action::Stop(child) => format!("stop {child}"),
            Action::Grant(LeaseId(id)) => format!("grant {id}"),
            Action::Revoke(LeaseId(id)) => format!("revoke {id}"),
            Action::Refuse(LeaseId(id), refusal) => format!("refuse {id}: {refusal:?}"),
        });
        words.collect()
    }

    fn ask(&mut self, id: u64, child: &str) -> Vec<String> {
        self.step(Event::Asked { lease: LeaseId(id), child: skill(child), patience: Duration::from_secs(1000) })
    }

    fn started(&mut self, child: &str) -> Vec<String> {
        self.step(Event::Started(skill(child)))
    }

    fn stopped(&mut self, child: &str) -> Vec<String> {
        self.step(Event::Stopped(skill(child)))
    }

    fn give_back(&mut self, id: u64) -> Vec<String> {
        self.step(Event::Returned(LeaseId(id)))
    }
}

const NOTHING: [&str; 0] = [];

#[test]
fn a_child_is_started_once_and_shared() {
    let mut story = Story::new(100, &[("a", spec(60))]);
    assert_eq!(story.ask(1, "a"), ["start a"]);
    assert_eq!(story.ask(2, "a"), NOTHING);
    assert_eq!(story.started("a"), ["grant 1", "grant 2"]);
    assert_eq!(story.ask(3, "a"), NOTHING, "two leases are all it takes");
    assert_eq!(story.ask(3, "a"), NOTHING, "the same request twice is one");
    assert_eq!(story.give_back(1), ["grant 3"]);
    assert_eq!(story.give_back(1), NOTHING, "a lease ends once");
    assert_eq!(story.pool.used_bytes(), 60 * MB);
}

#[test]
fn the_least_recently_used_idle_child_makes_room() {
    let mut story = Story::new(100, &[("a", spec(40)), ("b", spec(40)), ("c", spec(40))]);
    for (id, child) in [(1, "a"), (2, "b")] {
        story.ask(id, child);
        story.started(child);
        story.give_back(id);
    }
    // `a` was used later than `b`, so `b` goes.
    assert_eq!(story.ask(3, "a"), ["grant 3"]);
    story.give_back(3);
    assert_eq!(story.ask(4, "c"), ["stop b"]);
    assert_eq!(story.started("b"), NOTHING, "what is said of a child on its way out is too late");
    assert_eq!(story.stopped("b"), ["start c"]);
    assert_eq!(story.started("c"), ["grant 4"]);
}

#[test]
fn a_busy_child_is_waited_for_and_takes_nothing_new_meanwhile() {
    let mut story = Story::new(100, &[("a", spec(80)), ("b", spec(80)), ("s", spec(10))]);
    story.ask(1, "a");
    story.started("a");
    assert_eq!(story.ask(2, "b"), NOTHING);
    assert_eq!(story.ask(3, "a"), NOTHING, "b was first");
    assert_eq!(story.ask(4, "s"), ["start s"], "what fits beside the claim starts");
    assert_eq!(story.started("s"), ["grant 4"]);
    assert_eq!(story.give_back(1), ["stop a"]);
    assert_eq!(story.stopped("a"), ["start b"]);
    assert_eq!(story.started("b"), ["grant 2"]);
    assert_eq!(story.give_back(2), ["stop b"]);
    assert_eq!(story.stopped("b"), ["start a"]);
    assert_eq!(story.started("a"), ["grant 3"]);
}

#[test]
fn what_is_pinned_stays_and_what_never_fits_is_refused() {
    let pinned = ChildSpec { stay: Stay::Pinned, ..spec(60) };
    let mut story = Story::new(100, &[("p", pinned), ("a", spec(50)), ("huge", spec(101))]);
    assert_eq!(story.ask(1, "huge"), ["refuse 1: TooBig { needs_bytes: 101000000, free_bytes: 100000000 }"]);
    story.ask(2, "p");
    story.started("p");
    story.give_back(2);
    assert_eq!(story.ask(3, "a"), ["refuse 3: TooBig { needs_bytes: 50000000, free_bytes: 40000000 }"]);
    story.second = 10_000;
    assert_eq!(story.step(Event::Deadline), NOTHING);
    assert_eq!(story.ask(4, "nobody"), ["refuse 4: Unknown"]);
}

#[test]
fn estimates_give_way_to_measurements_and_growth_costs_the_idle() {
    let mut story = Story::new(100, &[("a", spec(90)), ("b", spec(40)), ("c", spec(10))]);
    story.ask(1, "a");
    story.started("a");
    assert_eq!(story.ask(2, "b"), NOTHING);
    assert_eq!(story.step(Event::Measured(skill("a"), 50 * MB)), ["start b"]);
    story.started("b");
    assert_eq!(story.ask(3, "c"), ["start c"]);
    story.started("c");
    story.give_back(3);
    assert_eq!(story.step(Event::Measured(skill("a"), 55 * MB)), ["stop c"]);
    story.stopped("c");
    // Those in use are never ended for it; the one that was used longest ago takes nothing new.
    assert_eq!(story.step(Event::Measured(skill("a"), 90 * MB)), NOTHING);
    assert_eq!(story.ask(4, "b"), ["grant 4"]);
    assert_eq!(story.ask(5, "a"), NOTHING);
    // Nobody has `a` now, but somebody waits for it, so it is the other one that has to go.
    assert_eq!(story.give_back(1), ["grant 5"]);
    assert_eq!(story.give_back(2), NOTHING);
    assert_eq!(story.give_back(4), ["stop b"]);
    assert_eq!(story.stopped("b"), NOTHING);
    assert_eq!(story.pool.used_bytes(), 90 * MB);
}

#[test]
fn failures_and_crashes_are_answered() {
    let mut story = Story::new(100, &[("a", spec(40))]);
    story.ask(1, "a");
    story.ask(2, "a");
    assert_eq!(story.step(Event::Failed(skill("a"))), ["refuse 1: Failed", "refuse 2: Failed"]);
    assert_eq!(story.ask(3, "a"), ["start a"]);
    story.started("a");
    story.ask(4, "a");
    story.ask(5, "a");
    // It ended by itself: who used it knows, who waits gets the next one.
    assert_eq!(story.stopped("a"), ["revoke 3", "revoke 4", "start a"]);
    assert_eq!(story.give_back(3), NOTHING);
    assert_eq!(story.started("a"), ["grant 5"]);
    assert_eq!(story.step(Event::Failed(skill("a"))), ["revoke 5"]);
}

#[test]
fn a_child_that_is_gone_serves_those_who_have_it() {
    let mut story = Story::new(100, &[("a", spec(40))]);
    story.ask(1, "a");
    story.started("a");
    story.ask(2, "a");
    story.ask(3, "a");
    assert_eq!(story.step(Event::Gone(skill("a"))), ["refuse 3: Unknown"]);
    assert_eq!(story.ask(4, "a"), ["refuse 4: Unknown"]);
    assert_eq!(story.give_back(1), NOTHING);
    assert_eq!(story.give_back(2), ["stop a"]);
    assert_eq!(story.stopped("a"), NOTHING);
    assert_eq!(story.pool.state(&skill("a")), None);
    // It comes back.
    story.step(Event::Known(skill("a"), spec(20)));
    assert_eq!(story.ask(5, "a"), ["start a"]);
}

#[test]
fn patience_and_idleness_end() {
    let mut story = Story::new(100, &[("a", spec(80)), ("b", spec(80))]);
    story.ask(1, "a");
    story.started("a");
    let patience = Duration::from_secs(100);
    story.step(Event::Asked { lease: LeaseId(2), child: skill("b"), patience });
    assert_eq!(story.pool.wake_at(), Some(patience));
    story.second = 98;
    assert_eq!(story.step(Event::Deadline), NOTHING);
    assert_eq!(story.step(Event::Deadline), ["refuse 2: Busy"]);
    story.give_back(1);
    let idle_at = story.pool.wake_at().unwrap();
    assert_eq!(idle_at, Duration::from_secs(101) + IDLE);
    story.second = idle_at.as_secs() - 1;
    assert_eq!(story.step(Event::Deadline), ["stop a"]);
    assert_eq!(story.pool.wake_at(), None);
}

#[test]
fn too_many_who_wait_are_refused() {
    let mut story = Story::new(100, &[("a", spec(80))]);
    for id in 0..Pool::WAITING_MAX as u64 {
        story.ask(id, "a");
    }
    assert_eq!(story.ask(9999, "a"), ["refuse 9999: Crowded"]);
    assert_eq!(story.pool.waiting(), Pool::WAITING_MAX);
}

#[test]
fn what_is_expected_is_loaded_only_into_free_memory() {
    let mut story = Story::new(100, &[("a", spec(40)), ("b", spec(40)), ("c", spec(40)), ("d", spec(90))]);
    assert_eq!(story.step(Event::Expected(skill("a"))), ["start a"]);
    assert_eq!(story.step(Event::Expected(skill("b"))), ["start b"]);
    assert_eq!(story.step(Event::Expected(skill("c"))), NOTHING);
    story.started("a");
    assert_eq!(story.ask(1, "a"), ["grant 1"]);
    story.give_back(1);
    // What was loaded on a guess goes before what somebody used, even while it starts.
    assert_eq!(story.ask(2, "c"), ["stop b"]);
    assert_eq!(story.step(Event::Expected(skill("b"))), NOTHING);
}

#[test]
fn habits_load_what_comes_next() {
    let mut story = Story::new(100, &[("a", spec(10)), ("b", spec(10))]);
    let mut id = 0;
    let mut use_it = |story: &mut Story, child: &str| {
        id += 1;
        let mut said = story.ask(id, child);
        said.extend(story.started(child));
        said.extend(story.give_back(id));
        said
    };
    for _ in 0..3 {
        use_it(&mut story, "a");
        use_it(&mut story, "b");
    }
    for child in ["a", "b"] {
        story.stopped(child);
    }
    assert_eq!(use_it(&mut story, "a"), ["start a", "grant 7", "start b"]);
}

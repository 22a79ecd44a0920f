//! Stories: one line for each event, with the time, what the supervisor does and where the child is then.

use std::time::Duration;

use sarai_supervisor::{Action, Event, Health, Incarnation, Limits, Moment, Policy, ProbeId, State, Supervisor};

/// Probes each 100 ms with 50 ms to answer, two restarts a second, pauses of 20 to 80 ms.
fn policy() -> Policy {
    let ms = Duration::from_millis;
    Policy::new(Limits {
        start_deadline: ms(500),
        health_period: ms(100),
        health_deadline: ms(50),
        restarts_max: 2,
        restarts_period: ms(1_000),
        backoff_first: ms(20),
        backoff_max: ms(80),
        quarantine_first: ms(2_000),
        quarantine_max: ms(3_000),
        drain_deadline: ms(200),
    })
    .unwrap()
}

/// What the story has seen so far, so that it can name probes and incarnations.
#[derive(Default)]
struct Seen {
    spawns: Vec<Incarnation>,
    probes: Vec<ProbeId>,
}

impl Seen {
    /// `start`, `drain`, `retry`, `deadline`, `spawned N`, `spawn-failed N`, `exited N`, `serving PROBE GENERATION`,
    /// `not-serving PROBE`, `silent PROBE`. Spawns and probes count from 1 in the order in which they were asked for.
    fn event(&self, words: &[&str]) -> Event {
        let number = |n: usize| words[n].parse::<usize>().unwrap();
        let spawn = || self.spawns[number(1) - 1];
        let probe = || self.probes[number(1) - 1];
        match words[0] {
            "start" => Event::Start,
            "drain" => Event::Drain,
            "retry" => Event::Retry,
            "deadline" => Event::Deadline,
            "spawned" => Event::Spawned(spawn()),
            "spawn-failed" => Event::SpawnFailed(spawn()),
            "exited" => Event::Exited(spawn()),
            "serving" => Event::Probed(probe(), Health::Serving { generation: number(2) as u64 }),
            "not-serving" => Event::Probed(probe(), Health::NotServing),
            "silent" => Event::Probed(probe(), Health::Silent),
            other => panic!("no such event: {other}"),
        }
    }

    fn action(&mut self, action: Action) -> String {
        match action {
            Action::Spawn(incarnation) => {
                self.spawns.push(incarnation);
                format!("spawn {incarnation}")
            }
            Action::Probe(probe) => {
                self.probes.push(probe);
                format!("probe {}", self.probes.len())
            }
            Action::Terminate(incarnation) => format!("terminate {incarnation}"),
            Action::Kill(incarnation, reason) => format!("kill {incarnation} {reason:?}"),
        }
    }
}

fn state(state: &State) -> String {
    match state {
        State::Stopped => "stopped".to_owned(),
        State::Starting { deadline } => format!("starting until {}", deadline.as_millis()),
        State::Serving { since } => format!("serving since {}", since.as_millis()),
        State::Suspect => "suspect".to_owned(),
        State::Killing { again_at, .. } => format!("killing, again at {}", again_at.as_millis()),
        State::Draining { deadline } => format!("draining until {}", deadline.as_millis()),
        State::BackingOff { until } => format!("backing off until {}", until.as_millis()),
        State::Quarantined { until } => format!("quarantined until {}", until.as_millis()),
    }
}

/// Each line is `TIME EVENT -> ACTIONS | STATE`; the left half is told, the right half is compared.
fn check(story: &str) {
    let mut supervisor = Supervisor::new(policy(), 1);
    let mut seen = Seen::default();
    let mut told = String::new();
    for line in story.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let (left, _) = line.split_once("->").unwrap();
        let words: Vec<&str> = left.split_whitespace().collect();
        let now = Moment::from_millis(words[0].parse().unwrap());
        let event = seen.event(&words[1..]);
        let actions: Vec<String> = supervisor.step(now, event).into_iter().map(|a| seen.action(a)).collect();
        let actions = if actions.is_empty() { "nothing".to_owned() } else { actions.join(", ") };
        told += &format!("{} -> {actions} | {}\n", words.join(" "), state(supervisor.state()));
    }
    let expected: String = story.lines().map(str::trim).filter(|l| !l.is_empty()).map(|l| format!("{l}\n")).collect();
    assert_eq!(told, expected, "\ntold:\n{told}");
}

#[test]
fn a_child_starts_serves_and_is_drained() {
    check(
        "
        0 start -> spawn 1 | starting until 500
        2 start -> nothing | starting until 500
        4 spawned 1 -> probe 1 | starting until 500
        5 silent 1 -> nothing | starting until 500
        8 deadline -> nothing | starting until 500
        9 deadline -> probe 2 | starting until 500
        10 not-serving 2 -> nothing | starting until 500
        14 deadline -> probe 3 | starting until 500
        15 serving 3 7 -> nothing | serving since 15
        60 deadline -> nothing | serving since 15
        115 deadline -> probe 4 | serving since 15
        120 serving 4 8 -> nothing | serving since 15
        130 drain -> terminate 1 | draining until 330
        140 drain -> nothing | draining until 330
        150 exited 1 -> nothing | stopped
        ",
    );
}

#[test]
fn a_child_whose_loop_stands_still_is_killed_after_two_periods() {
    check(
        "
        0 start -> spawn 1 | starting until 500
        0 spawned 1 -> probe 1 | starting until 500
        0 serving 1 7 -> nothing | serving since 0
        100 deadline -> probe 2 | serving since 0
        101 serving 2 7 -> nothing | suspect
        200 deadline -> probe 3 | suspect
        201 serving 3 7 -> kill 1 Hung | killing, again at 301
        202 exited 1 -> nothing | backing off until 217
        ",
    );
}

#[test]
fn a_stopped_child_never_answers_and_is_killed_until_it_is_gone() {
    check(
        "
        0 start -> spawn 1 | starting until 500
        0 spawned 1 -> probe 1 | starting until 500
        0 serving 1 7 -> nothing | serving since 0
        100 deadline -> probe 2 | serving since 0
        150 deadline -> nothing | suspect
        200 deadline -> probe 3 | suspect
        250 deadline -> kill 1 Hung | killing, again at 350
        250 start -> nothing | killing, again at 350
        350 deadline -> kill 1 Hung | killing, again at 450
        360 serving 3 8 -> nothing | killing, again at 450
        360 exited 1 -> nothing | backing off until 375
        ",
    );
}

#[test]
fn one_missed_probe_is_forgiven_and_what_is_over_says_nothing() {
    check(
        "
        0 start -> spawn 1 | starting until 500
        0 spawned 1 -> probe 1 | starting until 500
        0 serving 1 7 -> nothing | serving since 0
        100 deadline -> probe 2 | serving since 0
        150 deadline -> nothing | suspect
        151 silent 2 -> nothing | suspect
        200 deadline -> probe 3 | suspect
        201 serving 2 9 -> nothing | suspect
        202 serving 3 9 -> nothing | serving since 202
        300 deadline -> probe 4 | serving since 202
        310 not-serving 4 -> nothing | suspect
        400 deadline -> probe 5 | suspect
        401 serving 5 12 -> nothing | serving since 401
        ",
    );
}

#[test]
fn a_child_that_answers_late_is_slow_and_not_dead() {
    check(
        "
        0 start -> spawn 1 | starting until 500
        0 spawned 1 -> probe 1 | starting until 500
        0 serving 1 7 -> nothing | serving since 0
        100 deadline -> probe 2 | serving since 0
        150 deadline -> nothing | suspect
        180 serving 2 8 -> nothing | serving since 180
        280 deadline -> probe 3 | serving since 180
        330 deadline -> nothing | suspect
        380 deadline -> probe 4 | suspect
        400 serving 3 8 -> nothing | suspect
        430 deadline -> kill 1 Hung | killing, again at 530
        ",
    );
}

#[test]
fn a_supervisor_that_overslept_gives_the_child_its_full_time() {
    check(
        "
        0 start -> spawn 1 | starting until 500
        0 spawned 1 -> probe 1 | starting until 500
        0 serving 1 7 -> nothing | serving since 0
        100 deadline -> probe 2 | serving since 0
        9000 deadline -> probe 3 | serving since 0
        9040 serving 3 8 -> nothing | serving since 0
        ",
    );
}

#[test]
fn a_supervisor_that_oversleeps_again_and_again_still_finds_a_child_that_hangs() {
    check(
        "
        0 start -> spawn 1 | starting until 500
        0 spawned 1 -> probe 1 | starting until 500
        0 serving 1 7 -> nothing | serving since 0
        100 deadline -> probe 2 | serving since 0
        200 deadline -> probe 3 | serving since 0
        300 deadline -> probe 4 | suspect
        400 deadline -> probe 5 | suspect
        499 deadline -> kill 1 Hung | killing, again at 599
        ",
    );
}

#[test]
fn a_child_that_never_serves_is_killed_at_its_start_deadline() {
    check(
        "
        0 start -> spawn 1 | starting until 500
        0 spawned 1 -> probe 1 | starting until 500
        50 deadline -> probe 2 | starting until 500
        60 not-serving 2 -> nothing | starting until 500
        500 deadline -> kill 1 SlowStart | killing, again at 600
        ",
    );
}

#[test]
fn a_spawn_that_takes_too_long_is_killed_as_soon_as_there_is_a_process() {
    check(
        "
        0 start -> spawn 1 | starting until 500
        500 deadline -> kill 1 SlowStart | killing, again at 600
        550 spawned 1 -> kill 1 SlowStart | killing, again at 600
        551 exited 1 -> nothing | backing off until 566
        ",
    );
}

#[test]
fn a_crash_loop_is_quarantined_and_then_tried_once() {
    check(
        "
        0 start -> spawn 1 | starting until 500
        0 spawn-failed 1 -> nothing | backing off until 15
        15 deadline -> spawn 2 | starting until 515
        16 spawned 2 -> probe 1 | starting until 515
        17 exited 2 -> nothing | backing off until 51
        51 deadline -> spawn 3 | starting until 551
        51 spawned 3 -> probe 2 | starting until 551
        51 serving 2 1 -> nothing | serving since 51
        58 exited 3 -> nothing | quarantined until 2058
        59 start -> nothing | quarantined until 2058
        2058 deadline -> spawn 4 | starting until 2558
        2059 spawn-failed 4 -> nothing | quarantined until 5059
        5059 deadline -> spawn 5 | starting until 5559
        5060 spawn-failed 5 -> nothing | quarantined until 8060
        5061 drain -> nothing | stopped
        5062 start -> spawn 6 | starting until 5562
        5063 spawn-failed 6 -> nothing | quarantined until 8063
        ",
    );
}

#[test]
fn a_child_that_was_left_alone_is_tried_again_when_somebody_asks() {
    check(
        "
        0 retry -> nothing | stopped
        0 start -> spawn 1 | starting until 500
        0 retry -> nothing | starting until 500
        0 spawn-failed 1 -> nothing | backing off until 15
        1 retry -> nothing | backing off until 15
        15 deadline -> spawn 2 | starting until 515
        15 spawn-failed 2 -> nothing | backing off until 49
        49 deadline -> spawn 3 | starting until 549
        49 spawn-failed 3 -> nothing | quarantined until 2049
        60 retry -> spawn 4 | starting until 560
        61 spawn-failed 4 -> nothing | quarantined until 3061
        ",
    );
}

#[test]
fn a_long_healthy_run_forgives() {
    let mut lines = String::from(
        "
        0 start -> spawn 1 | starting until 500
        0 spawn-failed 1 -> nothing | backing off until 15
        15 deadline -> spawn 2 | starting until 515
        15 spawn-failed 2 -> nothing | backing off until 49
        49 deadline -> spawn 3 | starting until 549
        49 spawn-failed 3 -> nothing | quarantined until 2049
        2055 deadline -> spawn 4 | starting until 2555
        2055 spawned 4 -> probe 1 | starting until 2555
        2055 serving 1 1 -> nothing | serving since 2055
        ",
    );
    for n in 1..=10 {
        let (time, probe) = (2_055 + 100 * n, n + 1);
        lines += &format!("{time} deadline -> probe {probe} | serving since 2055\n");
        lines += &format!("{time} serving {probe} {probe} -> nothing | serving since 2055\n");
    }
    // The first pause again, and not another quarantine.
    check(&(lines + "3060 exited 4 -> nothing | backing off until 3079\n"));
}

#[test]
fn a_child_that_ignores_the_drain_is_killed() {
    check(
        "
        0 start -> spawn 1 | starting until 500
        0 spawned 1 -> probe 1 | starting until 500
        0 serving 1 1 -> nothing | serving since 0
        10 drain -> terminate 1 | draining until 210
        100 deadline -> nothing | draining until 210
        210 deadline -> kill 1 SlowDrain | killing, again at 310
        211 exited 1 -> nothing | stopped
        211 exited 1 -> nothing | stopped
        ",
    );
}

#[test]
fn wanted_again_while_draining_is_spawned_at_the_exit_and_is_no_restart() {
    check(
        "
        0 start -> spawn 1 | starting until 500
        1 drain -> terminate 1 | draining until 201
        2 spawned 1 -> terminate 1 | draining until 201
        3 start -> nothing | draining until 201
        4 exited 1 -> spawn 2 | starting until 504
        5 exited 1 -> nothing | starting until 504
        6 spawned 1 -> nothing | starting until 504
        7 spawned 2 -> probe 1 | starting until 504
        8 spawned 2 -> nothing | starting until 504
        ",
    );
}

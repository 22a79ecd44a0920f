//! The agenda over time that never was: named cases, and random weeks.

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use proptest::prelude::*;

use super::*;
use crate::form::{Field, read};
use crate::gate::House;
use crate::reading::Capacity;
use crate::rule::{QuietHours, Resource};
use crate::simulate::{CrashPoint, Entered, Incident, Timeline, moments, simulate};
use crate::time::Zone;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn madrid() -> Zone {
    "Europe/Madrid".parse().unwrap()
}

fn house() -> House {
    House { quiet: QuietHours::read("23:00-07:00", madrid()).ok(), ..House::new(madrid()) }
}

/// `name; at=0 9 * * *; tell=x`
fn rule(text: &str) -> Rule {
    let mut parts = text.split("; ");
    let id = parts.next().unwrap().parse().unwrap();
    let fields: Vec<(String, Field)> = parts
        .map(|part| part.split_once('=').unwrap())
        .map(|(key, value)| (key.to_owned(), Field::Text(value.to_owned())))
        .collect();
    read(id, &fields, &madrid()).unwrap()
}

/// What happened, a line each: the clock's hour and minute, the rule, the word.
fn lines(timeline: &Timeline) -> Vec<String> {
    let line = |entry: &crate::simulate::Entry| match &entry.what {
        Entered::Decided(decision) => {
            let wall = madrid().wall(decision.at).strftime("%d %H:%M").to_string();
            format!("{wall} {} {}", decision.rule, decision.what.name())
        }
        Entered::Acted(task) => format!("acted {}", task.rule()),
        Entered::Told(task, say) => {
            let say = match say {
                Say::Missed { count, .. } => format!("missed {count}"),
                Say::Failed { .. } => "failed".to_owned(),
                Say::CutOff => "cut off".to_owned(),
            };
            format!("told {} {say}", task.rule())
        }
        Entered::Killed => "killed".to_owned(),
    };
    timeline.entries.iter().map(line).filter(|line| !line.ends_with(" started")).collect()
}

fn play(rules: &[&str], from: &str, until: &str, incidents: &[(&str, Incident)]) -> Vec<String> {
    let rules: Vec<Rule> = rules.iter().map(|text| rule(text)).collect();
    let incidents: Vec<_> = incidents.iter().map(|(when, incident)| (at(when), incident.clone())).collect();
    lines(&simulate(&house(), &rules, at(from), at(until), &incidents))
}

#[test]
fn a_reminder_comes_once() {
    let lines = play(&["b; at=0 9 * * MON; tell=x"], "2026-11-29T12:00:00Z", "2026-12-01T12:00:00Z", &[]);
    assert_eq!(lines, ["30 09:00 b fired", "30 09:00 b done", "acted b"]);
}

#[test]
fn what_was_slept_through_is_as_the_rule_says() {
    let rules = [
        "once; at=0 9 * * *; tell=x",
        "report; at=0 * * * *; tell=x; on_missed=report",
        "skip; at=0 10 * * *; tell=x; on_missed=skip",
    ];
    let sleep = [("2026-11-27T07:30:00Z", Incident::Sleep { until: at("2026-11-29T11:30:00Z") })];
    assert_eq!(
        play(&rules, "2026-11-27T07:10:00Z", "2026-11-29T11:40:00Z", &sleep),
        [
            "29 12:30 once missed",
            "29 12:30 once fired",
            "29 12:30 report missed",
            "29 12:30 skip missed",
            "told report missed 52",
            "29 12:30 once done",
            "acted once",
        ]
    );
}

#[test]
fn the_hour_that_the_clock_skips_and_the_one_that_it_repeats() {
    let rules = ["gap; at=30 2 * * *; tell=x", "hourly; at=@hourly; backup=true"];
    let spring = play(&rules[..1], "2026-03-28T12:00:00Z", "2026-03-29T12:00:00Z", &[]);
    assert_eq!(spring, ["29 03:00 gap fired", "29 03:00 gap done", "acted gap"]);
    let autumn = play(&rules[..1], "2026-10-24T12:00:00Z", "2026-10-25T12:00:00Z", &[]);
    assert_eq!(autumn, ["25 02:30 gap fired", "25 02:30 gap done", "acted gap"]);
    let hours = play(&rules[1..], "2026-10-24T23:30:00Z", "2026-10-25T02:30:00Z", &[]);
    assert_eq!(hours.iter().filter(|line| line.ends_with("fired")).count(), 3);
}

#[test]
fn a_clock_that_is_set_back() {
    let rules = ["b; at=0 * * * *; tell=x"];
    // A little: nothing comes twice.
    let little = [("2026-11-27T10:10:00Z", Incident::Clock { to: at("2026-11-27T09:50:00Z") })];
    let lines = play(&rules, "2026-11-27T09:30:00Z", "2026-11-27T10:50:00Z", &little);
    assert_eq!(lines, ["27 11:00 b fired", "27 11:00 b done", "acted b"]);
    // By a year: it goes on from there.
    let year = [("2026-11-27T10:10:00Z", Incident::Clock { to: at("2025-11-27T10:10:00Z") })];
    let lines = play(&rules, "2026-11-27T09:30:00Z", "2026-11-27T11:30:00Z", &year);
    assert_eq!(lines[3..], ["27 11:10 b clock_back", "27 12:00 b fired", "27 12:00 b done", "acted b"]);
    // Two hours ahead and back again: no moment has two tasks.
    let there_and_back = [
        ("2026-11-27T09:40:00Z", Incident::Clock { to: at("2026-11-27T12:00:30Z") }),
        ("2026-11-27T09:41:00Z", Incident::Clock { to: at("2026-11-27T09:41:00Z") }),
    ];
    let lines = play(&rules, "2026-11-27T09:30:00Z", "2026-11-27T12:30:00Z", &there_and_back);
    assert_eq!(lines.iter().filter(|line| line.starts_with("acted")).count(), 3);
    assert!(lines.contains(&"27 13:00 b already_done".to_owned()), "{lines:?}");
}

#[test]
fn what_was_cut_off_is_done_again_or_reported() {
    let rules = ["backup; at=0 9 * * *; backup=true", "skill; at=0 10 * * *; run_skill=sql"];
    let crashes = [
        ("2026-11-27T07:59:00Z", Incident::Crash(CrashPoint::AfterWork)),
        ("2026-11-27T08:59:00Z", Incident::Crash(CrashPoint::AfterWork)),
    ];
    assert_eq!(
        play(&rules, "2026-11-27T07:30:00Z", "2026-11-27T09:30:00Z", &crashes),
        [
            "27 09:00 backup fired",
            "acted backup",
            "killed",
            "27 09:00 backup cut_off",
            "acted backup",
            "27 09:00 backup done",
            "27 10:00 skill fired",
            "acted skill",
            "killed",
            "27 10:00 skill unknown",
            "told skill cut off",
        ]
    );
}

#[test]
fn failures_are_tried_again_and_said_once() {
    let rules = ["ask; at=0 * * * *; ask=x; per_hour=unlimited; per_day=unlimited"];
    let fails = [("2026-11-27T08:30:00Z", Incident::Fails { rule: "ask".parse().unwrap(), times: 7 })];
    let lines = play(&rules, "2026-11-27T08:30:00Z", "2026-11-27T11:30:00Z", &fails);
    let count = |word: &str| lines.iter().filter(|line| line.ends_with(word)).count();
    assert_eq!((count(" again"), count("ask failed"), count("done")), (5, 3, 1), "{lines:#?}");
    assert_eq!(lines.iter().filter(|line| line.starts_with("told")).count(), 1);
}

#[test]
fn quiet_hours_hold_one_of_a_kind() {
    let changed = Incident::Happened(Happening::FileChanged { path: "a".to_owned() });
    let night = [("2026-11-27T22:30:00Z", changed.clone()), ("2026-11-27T23:30:00Z", changed)];
    assert_eq!(
        play(&["f; when=file changed a; tell=x"], "2026-11-27T22:00:00Z", "2026-11-28T12:00:00Z", &night),
        ["27 23:30 f held", "28 00:30 f merged", "28 07:00 f fired", "28 07:00 f done", "acted f",]
    );
}

#[test]
fn a_level_fires_when_it_is_crossed() {
    let memory = |free_bytes| Incident::Measured {
        resource: Resource::Memory,
        capacity: Capacity { free_bytes, total_bytes: 1000 },
    };
    let measured = [
        ("2026-11-27T10:00:00Z", memory(200)),
        ("2026-11-27T10:01:00Z", memory(199)),
        ("2026-11-27T10:02:00Z", memory(50)),
        ("2026-11-27T10:02:30Z", Incident::Crash(CrashPoint::Between)),
        ("2026-11-27T10:03:00Z", memory(500)),
        ("2026-11-27T10:04:00Z", memory(100)),
    ];
    let rules = ["m; when=memory used > 80%; free_memory=true", "t; when=memory used > 80%; tell=x"];
    assert_eq!(
        play(&rules, "2026-11-27T09:00:00Z", "2026-11-27T11:00:00Z", &measured),
        [
            "27 11:01 m fired",
            "27 11:01 t fired",
            "27 11:01 t done",
            "acted t",
            "acted m",
            "27 11:01 m done",
            "killed",
            "27 11:04 m fired",
            "27 11:04 t repeat",
            "acted m",
            "27 11:04 m done",
        ]
    );
}

#[test]
fn a_paused_rule_makes_up_for_nothing() {
    let readings = Readings::default();
    let nobody = Nobody;
    let now = |text: &str| Now { at: at(text), readings: &readings, history: &nobody };
    let given = |text: &str, since: &str| Event::Rules(vec![Given { rule: rule(text), since: Some(at(since)) }]);
    let (mut agenda, _) = Agenda::restore(house(), Vec::new(), Past::default(), at("2026-11-27T08:00:00Z"));
    agenda.step(now("2026-11-27T08:00:00Z"), given("b; at=0 * * * *; tell=x; status=paused", "2026-11-27T08:00:00Z"));
    assert_eq!(agenda.wake_at(at("2026-11-27T08:00:00Z")), None);
    assert_eq!(agenda.step(now("2026-11-27T12:30:00Z"), Event::Tick), Changes::default());
    let changes = agenda.step(now("2026-11-27T12:30:00Z"), given("b; at=0 * * * *; tell=x", "2026-11-27T12:30:00Z"));
    assert_eq!((changes.starts.len(), changes.states.len()), (0, 1));
    assert_eq!(agenda.wake_at(at("2026-11-27T12:30:00Z")), Some(at("2026-11-27T13:00:00Z")));
}

#[test]
fn a_rule_that_was_made_while_nobody_ran_keeps_its_word() {
    let given = Given { rule: rule("b; at=2026-11-27T10:20; tell=x"), since: Some(at("2026-11-27T09:00:00Z")) };
    let now = at("2026-11-27T09:40:00Z");
    let (mut agenda, _) = Agenda::restore(house(), vec![given], Past::default(), now);
    let readings = Readings::default();
    let changes = agenda.step(Now { at: now, readings: &readings, history: &Nobody }, Event::Tick);
    assert_eq!(changes.starts.len(), 1);
}

/// A flood of events is bounded by the agenda, and each is decided.
#[test]
fn a_flood() {
    let mut text = "w; when=webhook x; ask=y; repeat=allowed; quiet=exempt".to_owned();
    text.push_str("; per_hour=unlimited; per_day=unlimited");
    let readings = Readings::default();
    let now = Now { at: at("2026-11-27T09:40:00Z"), readings: &readings, history: &Nobody };
    let given = Given { rule: rule(&text), since: None };
    let mut house = house();
    house.budget = crate::rule::Budget::UNLIMITED;
    let (mut agenda, _) = Agenda::restore(house, vec![given], Past::default(), now.at);
    let mut words: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..2000 {
        let changes = agenda.step(now, Event::Happened(Happening::Webhook { name: "x".to_owned() }));
        for decision in changes.decisions {
            *words.entry(decision.what.name()).or_default() += 1;
        }
    }
    assert_eq!((words["fired"], words["full"], words["started"]), (TASKS_MAX, 2000 - TASKS_MAX, 1));
}

struct Nobody;

impl History for Nobody {
    fn knows(&self, _: &TaskId) -> bool {
        false
    }
}

const RULES: [&str; 10] = [
    "basura; at=0 9 * * MON,THU; tell=x",
    "agua; at=every 2h from 2026-10-20T08:00; tell=x; on_missed=report",
    "gap; at=30 2 * * *; tell=x; on_missed=skip",
    "copia; at=0 3 * * *; backup=true; on_missed=run_once",
    "resumen; at=15 */3 * * *; ask=x; on_missed=run_once; per_hour=unlimited; per_day=unlimited",
    "skill; at=45 */5 * * *; run_skill=sql",
    "logs; at=@weekly; rotate_logs=30; on_missed=report",
    "vez; at=2026-10-25T12:00; tell=x",
    "minuto; at=*/10 * * * *; vacuum=true",
    "lima; at=0 0 * * *; zone=America/Lima; suggest=x; quiet=exempt; repeat=allowed",
];

fn span() -> (Timestamp, Timestamp) {
    // A week with a clock change in it.
    (at("2026-10-21T06:07:08Z"), at("2026-10-28T06:07:08Z"))
}

/// What may happen, as small numbers that shrink well.
fn incidents(clock: bool) -> impl Strategy<Value = Vec<(Timestamp, Incident)>> {
    let one = (0_u32..7 * 24 * 60, 0..if clock { 8 } else { 6 }, 1_u32..3000);
    proptest::collection::vec(one, 0..14).prop_map(|mut list| {
        list.sort_unstable();
        let moment = |minutes: u32| span().0 + SignedDuration::from_mins(i64::from(minutes));
        let incident = |(minute, kind, amount): (u32, i32, u32)| {
            let real = moment(minute);
            let by = SignedDuration::from_mins(i64::from(amount));
            let incident = match kind {
                0 => Incident::Sleep { until: real + by },
                1 => Incident::Crash(CrashPoint::Between),
                2 => Incident::Crash(CrashPoint::BeforeStore),
                3 => Incident::Crash(CrashPoint::AfterStore),
                4 => Incident::Crash(CrashPoint::AfterWork),
                5 => {
                    let rule = RULES[amount as usize % 10].split(';').next().unwrap();
                    Incident::Fails { rule: rule.parse().unwrap(), times: amount % 5 }
                }
                6 => Incident::Clock { to: real - by },
                _ => Incident::Clock { to: real + by },
            };
            (real, incident)
        };
        list.into_iter().map(incident).collect()
    })
}

/// What may be asked of any timeline.
fn hold(rules: &[Rule], timeline: &Timeline) -> Result<(), TestCaseError> {
    let mut fired: BTreeMap<&TaskId, u32> = BTreeMap::new();
    let mut acted: BTreeMap<&TaskId, u32> = BTreeMap::new();
    let mut again = BTreeSet::new();
    let mut ended: BTreeMap<&TaskId, Vec<&Outcome>> = BTreeMap::new();
    let mut told = BTreeSet::new();
    for entry in &timeline.entries {
        match &entry.what {
            Entered::Acted(task) => *acted.entry(task).or_default() += 1,
            Entered::Told(task, _) => drop(told.insert(task)),
            Entered::Killed => {}
            Entered::Decided(decision) => {
                let Some(task) = &decision.task else { continue };
                match &decision.what {
                    What::Fired => *fired.entry(task).or_default() += 1,
                    What::CutOff => drop(again.insert(task)),
                    What::Ended(outcome) => ended.entry(task).or_default().push(outcome),
                    What::Started { .. } => {
                        let rule = rules.iter().find(|rule| rule.id == *task.rule()).unwrap();
                        let quiet = house().quiet.unwrap().end(decision.at).is_some();
                        prop_assert!(rule.action.tokens_max() == 0 || !quiet, "tokens in quiet hours: {task}");
                    }
                    _ => {}
                }
            }
        }
    }
    let open: BTreeSet<&TaskId> = timeline.open.iter().map(|task| &task.id).collect();
    for (task, times) in &fired {
        prop_assert_eq!(*times, 1, "{} fired more than once", task);
        let outcomes = ended.get(task).map_or(&[][..], Vec::as_slice);
        prop_assert_eq!(outcomes.len() + usize::from(open.contains(task)), 1, "{} has no one end", task);
        let times = acted.get(task).copied().unwrap_or(0);
        match outcomes.first() {
            Some(Outcome::Done { .. }) => {
                prop_assert!(times == 1 || (times > 1 && again.contains(task)), "{} acted {} times", task, times);
            }
            Some(Outcome::Unknown) => {
                prop_assert!(told.contains(task), "{} is not reported", task);
                prop_assert!(times <= 1 || again.contains(task), "{} acted {} times", task, times);
            }
            Some(Outcome::Failed { .. } | Outcome::Dropped) | None => {}
        }
    }
    for (task, times) in &acted {
        let rule = rules.iter().find(|rule| rule.id == *task.rule()).unwrap();
        let is_once = matches!(rule.action.kind(), crate::rule::ActionKind::Tell | crate::rule::ActionKind::RunSkill);
        prop_assert!(!is_once || *times == 1, "{} acted {} times", task, times);
        prop_assert!(fired.contains_key(task), "{} acted behind a closed gate", task);
    }
    Ok(())
}

type Stretch = (Timestamp, Timestamp);

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, ..ProptestConfig::default() })]

    /// Every due action exactly once or reported, whatever sleeps, crashes and fails.
    #[test]
    fn each_moment_once(incidents in incidents(false)) {
        let rules = RULES.map(rule).to_vec();
        let (from, until) = span();
        let timeline = simulate(&house(), &rules, from, until, &incidents);
        prop_assert!(!timeline.truncated);
        hold(&rules, &timeline)?;
        let mut decided: BTreeMap<RuleId, (BTreeSet<Timestamp>, Vec<Stretch>)> = BTreeMap::new();
        let mut counts: BTreeMap<RuleId, usize> = BTreeMap::new();
        for entry in &timeline.entries {
            let Entered::Decided(decision) = &entry.what else { continue };
            let of_rule = decided.entry(decision.rule.clone()).or_default();
            match (&decision.what, &decision.task) {
                (What::Missed { first, last, count, .. }, _) => {
                    of_rule.1.push((*first, *last));
                    *counts.entry(decision.rule.clone()).or_default() += *count as usize;
                }
                (What::Merged { count }, None) => *counts.entry(decision.rule.clone()).or_default() += *count as usize,
                (What::Fired | What::Closed(_) | What::Held { .. } | What::Merged { .. }, Some(task)) => drop(of_rule.0.insert(task.at())),
                _ => {}
            }
        }
        let looked_until = timeline.entries.last().map_or(from, |entry| entry.real);
        for (rule, moment) in moments(&rules, from, looked_until) {
            let (once, missed) = &decided[&rule];
            let is_missed = missed.iter().any(|(first, last)| (*first..=*last).contains(&moment));
            // Two moments in one grace are one task.
            let is_merged = counts.get(&rule).is_some_and(|count| *count > 0) && moment > looked_until - GRACE;
            prop_assert!(once.contains(&moment) || is_missed || is_merged, "{} {} is lost", rule, moment);
        }
    }

    /// The same, where the clock is set as well: no moment has two tasks.
    #[test]
    fn whatever_the_clock_says(incidents in incidents(true)) {
        let rules = RULES.map(rule).to_vec();
        let (from, until) = span();
        let timeline = simulate(&house(), &rules, from, until, &incidents);
        prop_assert!(!timeline.truncated);
        hold(&rules, &timeline)?;
    }

    /// Nothing makes a burst: however long it slept, a rule acts once.
    #[test]
    fn no_burst(hours in 1_i64..24 * 700) {
        let rules = RULES.map(rule).to_vec();
        let from = at("2026-10-21T06:07:08Z");
        let wake = from + SignedDuration::from_hours(hours);
        let sleep = [(from + SignedDuration::from_secs(1), Incident::Sleep { until: wake })];
        let timeline = simulate(&house(), &rules, from, wake + SignedDuration::from_secs(30), &sleep);
        let mut acted: BTreeMap<RuleId, u32> = BTreeMap::new();
        for entry in &timeline.entries {
            if let Entered::Acted(task) = &entry.what {
                *acted.entry(task.rule().clone()).or_default() += 1;
            }
        }
        prop_assert!(acted.values().all(|times| *times == 1), "{:?}", acted);
    }
}

/// Of a fact only the number is kept, whatever its words are.
#[test]
fn a_fact_is_known_by_its_number() {
    for (about, text, expected) in [
        (None, "Tu prima vive en Zarzalejo", Some("7")),
        (Some("Prima"), "Tu prima vive en Zarzalejo", Some("7")),
        (Some("tía"), "Tu prima vive en Zarzalejo", None),
    ] {
        let watch = Watch::FactAdded { about: about.map(str::to_owned) };
        let happening = Happening::FactAdded { fact: 7, text: text.to_owned() };
        assert_eq!(subject(&watch, &happening).as_deref(), expected, "{about:?}");
    }
}

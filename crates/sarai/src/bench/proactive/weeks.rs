//! Simulated weeks, and an auditor.
//!
//! The auditor takes each moment from the rules' own times and asks the timeline what became of it. It may be done once
//! (again after a crash if its action allows that), reported to the owner or in the log as missed, closed out by the
//! gate with a reason, joined with another one that waited, or still open at the end. Anything else is lost or doubled.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use jiff::{SignedDuration, Timestamp};
use sarai_config::{RulesFile, SourceFile};
use sarai_proactive::Capacity;
use sarai_proactive::agenda::{GRACE, TaskId, What};
use sarai_proactive::gate::House;
use sarai_proactive::rule::{AfterCrash, QuietHours, Resource, Rule, RuleId};
use sarai_proactive::simulate::{CrashPoint, Entered, Incident, Timeline, moments, simulate};
use sarai_proactive::time::Zone;
use serde::Serialize;

/// Any number does, as long as it stays.
const SEED: u64 = 0x00c0_ffee;
/// Incidents of each kind in a week.
const INCIDENTS: u64 = 40;
/// What memory is measured to be, a thousand of it; the rule fires beyond 800.
const MEMORY: u64 = 1000;
const SHORT: u64 = 800;

const RULES: &str = include_str!("rules.yaml");

#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(super) struct Weeks {
    pub(super) weeks: u32,
    /// Moments at which a rule was due.
    pub(super) moments: u64,
    /// Done once.
    pub(super) once: u64,
    /// In the log as missed, and told where the rule wants that.
    pub(super) reported: u64,
    /// The gate stayed closed, with a reason.
    pub(super) gated: u64,
    /// One task with another moment.
    pub(super) joined: u64,
    /// Failed after all attempts, dropped, or open at the end.
    pub(super) unfinished: u64,
    pub(super) lost: u64,
    pub(super) doubled: u64,
    /// Times at which memory became short while the loop could see it.
    pub(super) crossings: u64,
    pub(super) crossings_acted: u64,
    pub(super) model_starts_in_quiet_hours: u64,
    pub(super) repeats_within_a_day: u64,
    pub(super) crashes: u64,
}

/// A generator of the same numbers for the same seed (SplitMix64; Steele, Lea and Flood, 2014).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % limit.max(1)
    }
}

pub(super) fn play(count: u32) -> Result<Weeks> {
    let zone: Zone = "Europe/Madrid".parse()?;
    let file = SourceFile { path: "rules.yaml".into(), text: RULES.to_owned() };
    let file = RulesFile::read(&file, &zone)?;
    let mut random = Random(SEED);
    let mut total = Weeks { weeks: count, ..Weeks::default() };
    for week in 0..count {
        // Every other week has a night on which the clocks change.
        let begin = if week % 2 == 0 { "2026-10-22T06:07:08Z" } else { "2026-11-19T06:07:08Z" };
        let from: Timestamp = begin.parse()?;
        let until = from + SignedDuration::from_hours(7 * 24);
        let incidents = incidents(&mut random, from, &file.rules);
        let timeline = simulate(&file.house, &file.rules, from, until, &incidents);
        audit(&file, &timeline, &incidents, from, &mut total);
    }
    Ok(total)
}

fn incidents(random: &mut Random, from: Timestamp, rules: &[Rule]) -> Vec<(Timestamp, Incident)> {
    let mut all = Vec::new();
    for _ in 0..INCIDENTS {
        let at = from + SignedDuration::from_secs(i64::try_from(random.below(7 * 24 * 3600)).unwrap_or(0));
        let by = SignedDuration::from_mins(i64::try_from(random.below(300)).unwrap_or(0));
        let incident = match random.below(12) {
            0 => Incident::Sleep { until: at + by.saturating_mul(4) },
            1 => Incident::Clock { to: at - by },
            2 => Incident::Clock { to: at + by },
            3 => Incident::Crash(CrashPoint::Between),
            4 => Incident::Crash(CrashPoint::BeforeStore),
            5 => Incident::Crash(CrashPoint::AfterStore),
            6 => Incident::Crash(CrashPoint::AfterWork),
            7 => {
                let rule = usize::try_from(random.below(rules.len() as u64)).ok().and_then(|at| rules.get(at));
                let Some(rule) = rule else { continue };
                Incident::Fails { rule: rule.id.clone(), times: u32::try_from(random.below(5)).unwrap_or(0) }
            }
            _ => {
                let capacity = Capacity { free_bytes: random.below(MEMORY / 2), total_bytes: MEMORY };
                Incident::Measured { resource: Resource::Memory, capacity }
            }
        };
        all.push((at, incident));
    }
    all.sort_by_key(|(at, _)| *at);
    // What sleeps does not crash, and nobody sets its clock; only memory may be another when it wakes.
    let mut awake = from;
    all.retain(|(at, incident)| {
        let happens = *at > awake || matches!(incident, Incident::Measured { .. });
        if let (Incident::Sleep { until }, true) = (incident, happens) {
            awake = *until;
        }
        happens
    });
    all
}

/// What a timeline says of one rule's moments.
#[derive(Default)]
struct Seen<'a> {
    fired: BTreeMap<&'a TaskId, u32>,
    acted: BTreeMap<&'a TaskId, u32>,
    again: BTreeSet<&'a TaskId>,
    gated: BTreeSet<(RuleId, Timestamp)>,
    joined: BTreeSet<(RuleId, Timestamp)>,
    missed: Vec<(RuleId, Timestamp, Timestamp)>,
    /// Where the clock went back, by rule: moments before it may come again.
    back: BTreeMap<RuleId, Vec<(Timestamp, Timestamp)>>,
}

fn look(timeline: &Timeline) -> Seen<'_> {
    let mut seen = Seen::default();
    for entry in &timeline.entries {
        match &entry.what {
            Entered::Acted(task) => *seen.acted.entry(task).or_default() += 1,
            Entered::Told(..) | Entered::Killed => {}
            Entered::Decided(decision) => match (&decision.what, &decision.task) {
                (What::Fired, Some(task)) => *seen.fired.entry(task).or_default() += 1,
                (What::CutOff, Some(task)) => drop(seen.again.insert(task)),
                (What::Closed(_) | What::Held { .. }, Some(task)) => {
                    seen.gated.insert((decision.rule.clone(), task.at()));
                }
                (What::Merged { .. } | What::AlreadyDone, Some(task)) => {
                    seen.joined.insert((decision.rule.clone(), task.at()));
                }
                (What::Missed { first, last, .. }, _) => seen.missed.push((decision.rule.clone(), *first, *last)),
                (What::ClockBack { from }, _) => {
                    seen.back.entry(decision.rule.clone()).or_default().push((decision.at, *from));
                }
                _ => {}
            },
        }
    }
    seen
}

fn audit(
    file: &RulesFile,
    timeline: &Timeline,
    incidents: &[(Timestamp, Incident)],
    from: Timestamp,
    total: &mut Weeks,
) {
    let seen = look(timeline);
    let shown = |entry: &sarai_proactive::simulate::Entry| match &entry.what {
        Entered::Decided(decision) => Some(decision.at),
        Entered::Acted(_) | Entered::Told(..) | Entered::Killed => None,
    };
    // What the clock showed last: nobody was asked about later moments.
    let looked_until = timeline.entries.iter().rev().find_map(shown).unwrap_or(from);
    for (rule, moment) in moments(&file.rules, from, looked_until - GRACE) {
        total.moments += 1;
        let task = TaskId::new(rule.clone(), moment);
        let is_missed = seen.missed.iter().any(|(of, first, last)| *of == rule && (*first..=*last).contains(&moment));
        // A clock that jumped and came back: this rule was moved, and its moment lies in the stretch that was skipped.
        let is_skipped =
            seen.back.get(&rule).is_some_and(|back| back.iter().any(|(to, from)| (*to..=*from).contains(&moment)));
        if seen.acted.contains_key(&task) {
            total.once += 1;
        } else if seen.fired.contains_key(&task) {
            total.unfinished += 1;
        } else if is_missed {
            total.reported += 1;
        } else if seen.joined.contains(&(rule.clone(), moment)) || is_skipped {
            total.joined += 1;
        } else if seen.gated.contains(&(rule, moment)) {
            total.gated += 1;
        } else {
            total.lost += 1;
        }
    }
    for (task, times) in &seen.acted {
        let after = file.rules.iter().find(|rule| rule.id == *task.rule()).map(|rule| rule.action.after_crash());
        let may_repeat = after == Some(AfterCrash::Again) && seen.again.contains(task);
        total.doubled += u64::from(*times > 1 && !may_repeat);
    }
    total.doubled += seen.fired.values().map(|times| u64::from(times.saturating_sub(1))).sum::<u64>();
    total.crashes += timeline.entries.iter().filter(|entry| entry.what == Entered::Killed).count() as u64;
    crossings(timeline, incidents, from, total);
    gate(&file.house, &file.rules, timeline, total);
}

/// How often memory became short, as somebody sees it who is awake, and how often that fired the rule.
fn crossings(timeline: &Timeline, incidents: &[(Timestamp, Incident)], from: Timestamp, total: &mut Weeks) {
    let (mut awake, mut short) = (from, false);
    let mut at_wake = None;
    for (at, incident) in incidents {
        if let Some(used) = at_wake.filter(|_| *at > awake) {
            total.crossings += u64::from(used && !short);
            (short, at_wake) = (used, None);
        }
        match incident {
            Incident::Sleep { until } => awake = awake.max(*until),
            Incident::Measured { resource: Resource::Memory, capacity } => {
                let used = MEMORY - capacity.free_bytes > SHORT;
                if *at <= awake && *at > from {
                    at_wake = Some(used);
                } else {
                    total.crossings += u64::from(used && !short);
                    short = used;
                }
            }
            _ => {}
        }
    }
    // Who sleeps beyond the end sees nothing any more.
    if let Some(used) = at_wake.filter(|_| awake < from + SignedDuration::from_hours(7 * 24)) {
        total.crossings += u64::from(used && !short);
    }
    let fired = timeline.entries.iter().filter(|entry| match &entry.what {
        Entered::Decided(decision) => decision.rule.as_str() == "memory" && decision.what == What::Fired,
        Entered::Acted(_) | Entered::Told(..) | Entered::Killed => false,
    });
    total.crossings_acted += fired.count() as u64;
}

/// What must never come through the gate.
fn gate(house: &House, rules: &[Rule], timeline: &Timeline, total: &mut Weeks) {
    let quiet = |at: Timestamp| house.quiet.as_ref().and_then(|quiet: &QuietHours| quiet.end(at)).is_some();
    let mut said: BTreeMap<RuleId, Timestamp> = BTreeMap::new();
    for entry in &timeline.entries {
        let Entered::Decided(decision) = &entry.what else { continue };
        let Some(rule) = rules.iter().find(|rule| rule.id == decision.rule) else { continue };
        match &decision.what {
            What::Started { .. } => {
                total.model_starts_in_quiet_hours += u64::from(rule.action.tokens_max() > 0 && quiet(decision.at));
            }
            What::Fired if matches!(rule.repeat, sarai_proactive::rule::Repeat::Suppressed { .. }) => {
                let last = said.insert(rule.id.clone(), decision.at);
                let is_repeat = last.is_some_and(|last| {
                    let ago = decision.at.duration_since(last);
                    ago < SignedDuration::from_hours(24) && ago >= -SignedDuration::from_hours(1)
                });
                total.repeats_within_a_day += u64::from(is_repeat);
            }
            _ => {}
        }
    }
}

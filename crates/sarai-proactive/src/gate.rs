//! The gate that stands between a trigger and an action, and its reasons.
//!
//! In this order: conditions → budget per hour and day → quiet hours → the same thing said within a day → the owner's
//! dismissals. It is arithmetic over what is remembered; no model runs before it has opened.
//!
//! # Key types
//! - [`House`]: what holds for all rules. [`Memory`] and [`Common`]: what is remembered of one rule, and of all.
//! - [`judge`]: a rule, its memory and the readings in; a [`Verdict`] with its reason out.

use std::collections::{BTreeMap, VecDeque};

use jiff::{SignedDuration, Timestamp};

use crate::agenda::Opened;
use crate::reading::Readings;
use crate::rule::{Budget, Dismissals, QuietHours, QuietRule, Repeat, Rule};
use crate::time::Zone;

/// A clock that is set back by no more than this only waits until it has caught up.
pub const CLOCK_TOLERANCE: SignedDuration = SignedDuration::from_hours(1);

const HOUR: SignedDuration = SignedDuration::from_hours(1);
const DAY: SignedDuration = SignedDuration::from_hours(24);
const REPEAT_WINDOW: SignedDuration = SignedDuration::from_hours(Repeat::WINDOW_HOURS);
/// The pause after the first message that was put away unread.
const DISMISSED_PAUSE_FIRST: SignedDuration = SignedDuration::from_hours(1);
/// The longest pause.
const DISMISSED_PAUSE_MAX: SignedDuration = SignedDuration::from_hours(24 * 30);
/// The most different things that are remembered to have been said; the oldest is forgotten first.
const KEYS_MAX: usize = 1000;

/// What holds for all rules together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct House {
    /// Where the owner is.
    pub zone: Zone,
    pub quiet: Option<QuietHours>,
    /// For all offers together. A promise takes nothing from it.
    pub budget: Budget,
}

impl House {
    /// Offers of all rules together.
    pub const BUDGET: Budget = Budget { per_hour: Some(6), per_day: Some(40) };

    #[must_use]
    pub const fn new(zone: Zone) -> Self {
        Self { zone, quiet: None, budget: Self::BUDGET }
    }
}

/// The moments at which something was let through, as far as a budget needs them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Passed(VecDeque<Timestamp>);

impl Passed {
    pub(crate) fn add(&mut self, at: Timestamp) {
        if self.0.len() == usize::from(Budget::MAX) {
            self.0.pop_front();
        }
        self.0.push_back(at);
    }

    fn within(&self, now: Timestamp, window: SignedDuration) -> usize {
        self.0.iter().filter(|at| is_recent(**at, now, window)).count()
    }

    pub(crate) fn forget(&mut self, now: Timestamp) {
        self.0.retain(|at| is_recent(*at, now, DAY));
    }
}

/// What is remembered of a rule.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Memory {
    pub(crate) passed: Passed,
    /// When it last acted.
    pub last: Option<Timestamp>,
    /// How many messages in a row were put away unread.
    pub dismissed: u32,
}

/// What is remembered of all rules together.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Common {
    pub(crate) offers: Passed,
    /// When each thing was said last, by its key.
    pub(crate) said: BTreeMap<String, Timestamp>,
}

impl Common {
    /// The gate opened for a rule, under a key.
    pub(crate) fn pass(&mut self, rule: &Rule, memory: &mut Memory, key: &str, at: Timestamp) {
        if rule.budget != Budget::UNLIMITED {
            memory.passed.add(at);
        }
        memory.last = Some(memory.last.map_or(at, |last| last.max(at)));
        if is_offer(rule) {
            self.offers.add(at);
        }
        if self.said.len() >= KEYS_MAX
            && let Some(oldest) = self.said.iter().min_by_key(|(_, at)| **at).map(|(key, _)| key.clone())
        {
            self.said.remove(&oldest);
        }
        self.said.insert(key.to_owned(), at);
    }

    /// Takes up that the gate opened for a rule, as far as it matters to `rule`.
    pub fn remember(&mut self, rule: &Rule, memory: &mut Memory, opened: &Opened) {
        if opened.rule == rule.id {
            self.pass(rule, memory, &key(rule, &opened.subject), opened.at);
        }
    }

    pub(crate) fn forget(&mut self, now: Timestamp) {
        self.offers.forget(now);
        self.said.retain(|_, at| is_recent(*at, now, REPEAT_WINDOW));
    }
}

/// Under which key a rule says something: its own, or its name with what happened.
#[must_use]
pub fn key(rule: &Rule, subject: &str) -> String {
    match &rule.repeat {
        Repeat::Suppressed { key: Some(key) } => key.clone(),
        Repeat::Suppressed { key: None } | Repeat::Allowed => format!("{}:{subject}", rule.id),
    }
}

/// Which budget is used up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Scope {
    Rule,
    /// That of all rules together.
    House,
}

impl Scope {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Rule => "rule",
            Self::House => "all",
        }
    }
}

/// Why the gate stayed closed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reason {
    /// A condition does not hold, as it is written in the rule.
    Condition(String),
    /// A condition that nobody could measure.
    Unmeasured(String),
    BudgetHour {
        scope: Scope,
        limit: u16,
    },
    BudgetDay {
        scope: Scope,
        limit: u16,
    },
    /// The same was said within a day.
    Repeat {
        key: String,
        last: Timestamp,
    },
    /// The owner put so many messages in a row away; it pauses until then.
    Dismissed {
        count: u32,
        until: Timestamp,
    },
}

impl Reason {
    /// Its word in logs and metrics.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Condition(_) => "condition",
            Self::Unmeasured(_) => "unmeasured",
            Self::BudgetHour { .. } => "budget_hour",
            Self::BudgetDay { .. } => "budget_day",
            Self::Repeat { .. } => "repeat",
            Self::Dismissed { .. } => "dismissed",
        }
    }

    /// The values of its word, by name, for logs.
    #[must_use]
    pub fn values(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Condition(condition) | Self::Unmeasured(condition) => vec![("condition", condition.clone())],
            Self::BudgetHour { scope, limit } | Self::BudgetDay { scope, limit } => {
                vec![("scope", scope.name().to_owned()), ("limit", limit.to_string())]
            }
            Self::Repeat { key, last } => vec![("key", key.clone()), ("last", last.to_string())],
            Self::Dismissed { count, until } => vec![("count", count.to_string()), ("until", until.to_string())],
        }
    }
}

/// What the gate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    Open,
    /// Not in quiet hours. Asked again when they are over.
    Quiet {
        until: Timestamp,
    },
    Closed(Reason),
}

/// Whether a rule may act now.
#[must_use]
pub fn judge(
    rule: &Rule,
    memory: &Memory,
    key: &str,
    house: &House,
    common: &Common,
    now: Timestamp,
    readings: &Readings,
) -> Verdict {
    let closed = conditions(rule, house, now, readings).or_else(|| budget(rule, memory, house, &common.offers, now));
    if let Some(reason) = closed {
        return Verdict::Closed(reason);
    }
    if rule.quiet == QuietRule::Respect
        && rule.action.speaks()
        && let Some(until) = house.quiet.as_ref().and_then(|quiet| quiet.end(now))
    {
        return Verdict::Quiet { until };
    }
    match repeated(rule, common, key, now).or_else(|| dismissed(rule, memory, now)) {
        Some(reason) => Verdict::Closed(reason),
        None => Verdict::Open,
    }
}

fn conditions(rule: &Rule, house: &House, now: Timestamp, readings: &Readings) -> Option<Reason> {
    rule.conditions.iter().find_map(|condition| match readings.holds(condition, now, &house.zone) {
        Some(true) => None,
        Some(false) => Some(Reason::Condition(condition.to_string())),
        None => Some(Reason::Unmeasured(condition.to_string())),
    })
}

fn budget(rule: &Rule, memory: &Memory, house: &House, offers: &Passed, now: Timestamp) -> Option<Reason> {
    let used_up = |budget: Budget, passed: &Passed, scope: Scope| {
        let over = |limit: &u16, window| passed.within(now, window) >= usize::from(*limit);
        let hour = budget.per_hour.filter(|limit| over(limit, HOUR)).map(|limit| Reason::BudgetHour { scope, limit });
        hour.or_else(|| budget.per_day.filter(|limit| over(limit, DAY)).map(|limit| Reason::BudgetDay { scope, limit }))
    };
    used_up(rule.budget, &memory.passed, Scope::Rule)
        .or_else(|| if is_offer(rule) { used_up(house.budget, offers, Scope::House) } else { None })
}

/// Whether it counts in the budget of all rules: what the owner hears without having named the time.
#[must_use]
pub fn is_offer(rule: &Rule) -> bool {
    rule.action.speaks() && !rule.is_promise()
}

fn repeated(rule: &Rule, common: &Common, key: &str, now: Timestamp) -> Option<Reason> {
    match rule.repeat {
        Repeat::Allowed => None,
        Repeat::Suppressed { .. } => {
            let last = common.said.get(key).copied().filter(|last| is_recent(*last, now, REPEAT_WINDOW))?;
            Some(Reason::Repeat { key: key.to_owned(), last })
        }
    }
}

fn dismissed(rule: &Rule, memory: &Memory, now: Timestamp) -> Option<Reason> {
    match rule.dismissals {
        Dismissals::Ignore => None,
        Dismissals::LowerRate => {
            let pause = pause(memory.dismissed)?;
            let last = memory.last.filter(|last| is_recent(*last, now, pause))?;
            Some(Reason::Dismissed { count: memory.dismissed, until: last.checked_add(pause).unwrap_or(last) })
        }
    }
}

/// How long a rule keeps quiet after so many dismissals in a row.
#[must_use]
pub fn pause(dismissed: u32) -> Option<SignedDuration> {
    let doublings = dismissed.checked_sub(1)?.min(16);
    Some(DISMISSED_PAUSE_FIRST.saturating_mul(1 << doublings).min(DISMISSED_PAUSE_MAX))
}

/// Whether something lies in the window that ends now. A moment that has not come yet is the trace of a clock that was
/// set back since: it counts as far ahead as the window reaches back.
fn is_recent(at: Timestamp, now: Timestamp, window: SignedDuration) -> bool {
    now.duration_since(at).abs() < window
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::rule::{Action, Trigger};

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn offer() -> Rule {
        let trigger = Trigger::Watch("file changed notes.txt".parse().unwrap());
        Rule::new("notes".parse().unwrap(), trigger, Action::Tell { text: "cambió".to_owned() })
    }

    fn house() -> House {
        let zone: Zone = "Europe/Madrid".parse().unwrap();
        House { quiet: QuietHours::read("22:30-07:30", zone.clone()).ok(), ..House::new(zone) }
    }

    fn check(rule: &Rule, memory: &Memory, common: &Common, now: &str) -> Verdict {
        judge(rule, memory, "k", &house(), common, at(now), &Readings::default())
    }

    fn name(verdict: &Verdict) -> &'static str {
        match verdict {
            Verdict::Open => "open",
            Verdict::Quiet { .. } => "quiet",
            Verdict::Closed(reason) => reason.name(),
        }
    }

    /// Everything speaks against it; what is asked first says why.
    #[test]
    fn the_order() {
        let mut rule = offer();
        rule.conditions = vec!["on mon".parse().unwrap()];
        let night = "2026-11-27T23:00:00+01:00";
        let mut memory = Memory { dismissed: 2, ..Memory::default() };
        let mut common = Common::default();
        for _ in 0..4 {
            common.pass(&rule, &mut memory, "k", at("2026-11-27T22:55:00+01:00"));
        }
        let mut seen = Vec::new();
        let mut look = |rule: &Rule, memory: &Memory, now: &str| {
            seen.push(name(&check(rule, memory, &common, now)));
        };
        look(&rule, &memory, night);
        rule.conditions = vec!["memory used > 1%".parse().unwrap()];
        look(&rule, &memory, night);
        rule.conditions.clear();
        look(&rule, &memory, night);
        rule.budget = Budget::UNLIMITED;
        look(&rule, &memory, night);
        rule.quiet = QuietRule::Exempt;
        look(&rule, &memory, night);
        rule.repeat = Repeat::Allowed;
        look(&rule, &memory, night);
        rule.dismissals = Dismissals::Ignore;
        look(&rule, &memory, night);
        assert_eq!(seen, ["condition", "unmeasured", "budget_hour", "quiet", "repeat", "dismissed", "open"]);
    }

    #[test]
    fn budgets_at_their_boundary() {
        let mut rule = offer();
        rule.repeat = Repeat::Allowed;
        rule.budget = Budget { per_hour: Some(2), per_day: Some(3) };
        let mut memory = Memory::default();
        let look = |memory: &mut Memory, now: &str, expected: &str| {
            let verdict = check(&rule, memory, &Common::default(), now);
            assert_eq!(name(&verdict), expected, "{now}");
            if verdict == Verdict::Open {
                Common::default().pass(&rule, memory, "k", at(now));
            }
        };
        look(&mut memory, "2026-11-27T10:00:00Z", "open");
        look(&mut memory, "2026-11-27T10:00:01Z", "open");
        look(&mut memory, "2026-11-27T10:59:59Z", "budget_hour");
        look(&mut memory, "2026-11-27T11:00:00Z", "open");
        look(&mut memory, "2026-11-27T18:00:00Z", "budget_day");
        look(&mut memory, "2026-11-28T10:00:00Z", "open");
    }

    #[test]
    fn the_budget_of_all_is_for_offers_alone() {
        let mut common = Common::default();
        for n in 0..6 {
            common.pass(&offer(), &mut Memory::default(), &n.to_string(), at("2026-11-27T10:00:00Z"));
        }
        let now = "2026-11-27T10:30:00Z";
        let closed = Verdict::Closed(Reason::BudgetHour { scope: Scope::House, limit: 6 });
        assert_eq!(check(&offer(), &Memory::default(), &common, now), closed);
        let mut silent = offer();
        silent.action = Action::FreeMemory;
        assert_eq!(check(&silent, &Memory::default(), &common, now), Verdict::Open);
    }

    #[test]
    fn dismissals_double_the_pause() {
        let mut rule = offer();
        rule.repeat = Repeat::Allowed;
        for (dismissed, open_after_hours) in [(0, 0), (1, 1), (2, 2), (5, 16), (30, 720)] {
            let memory = Memory { dismissed, last: Some(at("2026-11-27T08:00:00Z")), ..Memory::default() };
            let look = |seconds: i64| {
                let now = at("2026-11-27T08:00:00Z") + SignedDuration::from_secs(open_after_hours * 3600 + seconds);
                let house = House::new(Zone::UTC);
                judge(&rule, &memory, "k", &house, &Common::default(), now, &Readings::default()) == Verdict::Open
            };
            assert!(look(0), "{dismissed}");
            assert_eq!(look(-1), dismissed == 0, "{dismissed}");
        }
    }

    #[test]
    fn what_a_wrong_clock_remembered_counts_for_nothing() {
        let mut memory = Memory { dismissed: 9, ..Memory::default() };
        let mut common = Common::default();
        for _ in 0..30 {
            common.pass(&offer(), &mut memory, "k", at("2027-11-27T10:00:00Z"));
        }
        assert_eq!(check(&offer(), &memory, &common, "2026-11-27T10:00:00Z"), Verdict::Open);
        common.pass(&offer(), &mut Memory::default(), "k", at("2026-11-27T10:20:00Z"));
        let verdict = check(&offer(), &Memory::default(), &common, "2026-11-27T10:00:00Z");
        assert_eq!(name(&verdict), "repeat");
    }
}

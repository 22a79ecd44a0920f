//! All rules as everybody sees them: those of the file, and those that the owner made in words.

use std::fmt::Display;

use jiff::Timestamp;
use sarai_types::Notice;

use crate::agenda::Given;
use crate::gate::House;
use crate::rule::{Rule, RuleId, Status, Trigger};

/// Where a rule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Origin {
    /// It comes with the program.
    Builtin,
    /// `rules.yaml`.
    File,
    /// The owner made it in words.
    Words { since: Timestamp, made: Timestamp },
}

impl Origin {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::File => "file",
            Self::Words { .. } => "words",
        }
    }
}

/// A rule that the owner made in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OwnRule {
    pub rule: Rule,
    /// Since when it counts: when it was made, or went on after a pause.
    pub since: Timestamp,
    pub made: Timestamp,
}

/// A rule, and where it comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Known {
    pub rule: Rule,
    pub origin: Origin,
}

impl Known {
    /// When its time comes next; none for one that waits for something else, rests, or is over.
    #[must_use]
    pub fn next(&self, now: Timestamp) -> Option<Timestamp> {
        match (&self.rule.trigger, self.rule.status) {
            (Trigger::Times(times), Status::Active) => times.next(now),
            (Trigger::Times(_), Status::Paused) | (Trigger::Watch(_), _) => None,
        }
    }
}

/// What holds for all rules, and the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rulebook {
    pub house: House,
    /// By name.
    pub rules: Vec<Known>,
}

impl Rulebook {
    /// Both kinds together. Where two have one name, the file's counts.
    #[must_use]
    pub fn new(house: House, file: Vec<Known>, own: Vec<OwnRule>) -> Self {
        let mut rules = file;
        for OwnRule { rule, since, made } in own {
            if !rules.iter().any(|known| known.rule.id == rule.id) {
                rules.push(Known { rule, origin: Origin::Words { since, made } });
            }
        }
        rules.sort_by(|a, b| a.rule.id.cmp(&b.rule.id));
        Self { house, rules }
    }

    #[must_use]
    pub fn find(&self, id: &RuleId) -> Option<&Known> {
        self.rules.iter().find(|known| known.rule.id == *id)
    }

    /// Why a rule that the owner did not make in words is not changed like one: it stands in the file, or there is none.
    #[must_use]
    pub fn not_in_words(&self, rule: &str, file: impl Display) -> Notice {
        let origin = rule.parse().ok().and_then(|id| self.find(&id)).map(|known| known.origin);
        let id = match origin {
            Some(Origin::File) => "rules-in-file",
            Some(Origin::Builtin) => "rules-builtin",
            Some(Origin::Words { .. }) | None => return Notice::new("rules-unknown").arg("rule", rule),
        };
        Notice::new(id).arg("rule", rule).arg("file", file)
    }

    /// As the agenda wants them.
    #[must_use]
    pub fn given(&self) -> Vec<Given> {
        let given = |known: &Known| Given {
            rule: known.rule.clone(),
            since: match known.origin {
                Origin::Builtin | Origin::File => None,
                Origin::Words { since, .. } => Some(since),
            },
        };
        self.rules.iter().map(given).collect()
    }
}

//! Rules as data: what is watched, what must hold, what is done, and how it is kept in bounds.

mod action;
mod amount;
mod condition;
mod id;
mod limits;
mod trigger;

pub use action::{Action, ActionKind, AfterCrash, Channel};
pub use amount::{Amount, AmountError, Level, Resource, Side};
pub use condition::{Condition, Weekdays};
pub use id::{IdError, RuleId};
pub use limits::{Budget, Dismissals, OnMissed, Priority, QuietHours, QuietHoursError, QuietRule, Repeat};
pub use trigger::{Trigger, Watch, WatchError};

use sarai_types::Language;

/// The most rules that one person has.
pub const RULES_MAX: usize = 500;
/// The longest text of a rule: what it says, asks or was made from, in characters.
pub const TEXT_MAX: usize = 1000;
/// The most conditions of one rule.
pub const CONDITIONS_MAX: usize = 8;

/// One thing that SARAi does unasked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rule {
    pub id: RuleId,
    pub trigger: Trigger,
    /// All must hold.
    pub conditions: Vec<Condition>,
    pub action: Action,
    pub channel: Channel,
    pub priority: Priority,
    pub on_missed: OnMissed,
    pub budget: Budget,
    pub quiet: QuietRule,
    pub repeat: Repeat,
    pub dismissals: Dismissals,
    pub status: Status,
    /// The language of its owner's words, and so of what it says.
    pub language: Option<Language>,
    /// What it was made from, if it was made from words.
    pub words: Option<String>,
}

/// Whether a rule acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Status {
    #[default]
    Active,
    Paused,
}

impl Rule {
    /// A rule with the defaults of its kind. A message at a time that the owner named, or a skill's run, is a promise: it
    /// comes in quiet hours too, it takes from nobody's budget, and putting it away does not make it rarer. What nobody
    /// hears needs no budget either. All else is an offer, which has to earn its place.
    #[must_use]
    pub fn new(id: RuleId, trigger: Trigger, action: Action) -> Self {
        let promise = is_promise(&trigger, &action);
        let is_time = matches!(trigger, Trigger::Times(_));
        let speaks = action.speaks();
        Self {
            id,
            conditions: Vec::new(),
            channel: Channel::Everywhere,
            priority: Priority::default(),
            on_missed: if is_time && speaks { OnMissed::RunOnce } else { OnMissed::Skip },
            budget: if promise || !speaks { Budget::UNLIMITED } else { Budget::default() },
            quiet: if promise { QuietRule::Exempt } else { QuietRule::Respect },
            repeat: if is_time || !speaks { Repeat::Allowed } else { Repeat::default() },
            dismissals: if promise { Dismissals::Ignore } else { Dismissals::LowerRate },
            status: Status::Active,
            language: None,
            words: None,
            trigger,
            action,
        }
    }

    /// Whether it was promised for times that the owner named.
    #[must_use]
    pub const fn is_promise(&self) -> bool {
        is_promise(&self.trigger, &self.action)
    }
}

const fn is_promise(trigger: &Trigger, action: &Action) -> bool {
    matches!((trigger, action), (Trigger::Times(_), Action::Tell { .. } | Action::RunSkill { .. }))
}

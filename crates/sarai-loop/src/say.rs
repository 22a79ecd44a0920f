//! What the owner reads, in the language of the rule.

use jiff::SignedDuration;
use jiff::Timestamp;
use sarai_messages::Messages;
use sarai_proactive::agenda::{GRACE, Say, Task};
use sarai_proactive::mention::mention;
use sarai_proactive::rule::{Action, Level, Rule, Trigger, Watch};
use sarai_proactive::time::Zone;
use sarai_proactive::{Sentence, decided, say};
use sarai_proactive_sqlite::{Kind, NewMessage};
use sarai_types::{Language, Notice};

fn render(sentence: &Sentence, language: Language) -> String {
    let messages = Messages::new(language);
    sentence.text(&|notice: &Notice| messages.text(notice))
}

pub(crate) fn message(rule: &Rule, task: &Task, kind: Kind, text: String, language: Language) -> NewMessage {
    NewMessage { task: task.id.clone(), kind, channel: rule.channel, language, text, outside: Vec::new() }
}

/// What a rule says when its time has come; a time that has passed is named.
pub(crate) fn reminder(rule: &Rule, task: &Task, now: Timestamp, home: &Zone, language: Language) -> String {
    let text = match &rule.action {
        Action::Tell { text } | Action::Suggest { text } if !text.trim().is_empty() => text.clone(),
        Action::Tell { .. }
        | Action::Suggest { .. }
        | Action::RunSkill { .. }
        | Action::Ask { .. }
        | Action::FreeMemory
        | Action::RotateLogs { .. }
        | Action::Vacuum
        | Action::Backup
        | Action::HealthSweep
        | Action::WarmSkill { .. } => plain(rule, task, home, language),
    };
    let is_late = matches!(rule.trigger, Trigger::Times(_))
        && task.opened.is_some()
        && now.duration_since(task.id.at()) > GRACE + SignedDuration::from_secs(1);
    if !is_late {
        return text;
    }
    let late = Sentence::new(Notice::new("rules-say-late").arg("text", text).arg("missed", task.missed));
    render(&late.with("at", say::moment(task.id.at(), home)), language)
}

/// The trigger itself, for a rule without words of its own.
fn plain(rule: &Rule, task: &Task, home: &Zone, language: Language) -> String {
    let sentence: Sentence = match &rule.trigger {
        Trigger::Times(_) => Sentence::new(Notice::new("rules-say-time")).with("at", say::moment(task.id.at(), home)),
        Trigger::Watch(Watch::Level(level)) => {
            Sentence::new(Notice::new("rules-say-level")).with("what", say::level(level))
        }
        Trigger::Watch(Watch::Idle { .. }) => Notice::new("rules-say-idle").into(),
        Trigger::Watch(Watch::FileChanged { .. }) => Notice::new("rules-say-file").arg("path", &task.subject).into(),
        Trigger::Watch(Watch::SkillUnhealthy { .. }) => {
            Notice::new("rules-say-skill").arg("skill", &task.subject).into()
        }
        Trigger::Watch(Watch::Webhook { name }) => Notice::new("rules-say-webhook").arg("name", name).into(),
        Trigger::Watch(Watch::FactAdded { .. }) => {
            Notice::new("rules-say-fact").arg("fact", mention(&task.subject)).into()
        }
    };
    render(&sentence, language)
}

/// What the agenda itself has to say of a rule.
pub(crate) fn told(rule: &Rule, what: &Say, home: &Zone, language: Language) -> String {
    render(&decided::told(what, say::action(&rule.action), home), language)
}

/// Memory was given back, and it is not enough.
pub(crate) fn still_short(level: &Level, freed_bytes: u64, language: Language) -> String {
    let notice = Notice::new("rules-say-short").arg("mb", freed_bytes / 1_000_000);
    render(&Sentence::new(notice).with("what", say::level(level)), language)
}

/// A sentence of the loop's own.
pub(crate) fn notice(notice: Notice, language: Language) -> String {
    render(&notice.into(), language)
}

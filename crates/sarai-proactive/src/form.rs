//! A rule as keys with texts: how it stands in a rules file, in the store and in `--json`.
//!
//! One form for all three, so that what one shows another one reads. [`write`] leaves out what is the default of its
//! kind; [`read`] of that gives the same rule.
//!
//! ```yaml
//! at: "0 9 * * MON"       # or `when: memory used > 80%`
//! if: on mon-fri
//! tell: sacar la basura   # the action is its own key
//! ```

use std::str::FromStr;

use jiff::Timestamp;
use sarai_types::{Language, Notice};

use crate::rule::{
    Action, ActionKind, Budget, CONDITIONS_MAX, Channel, Condition, Dismissals, OnMissed, Priority, QuietRule, Repeat,
    Rule, RuleId, Status, TEXT_MAX, Trigger, Watch,
};
use crate::time::{Schedule, Times, TimesError, Zone};

/// How alike an unknown key must be to a known one for that to be offered, 0 to 1.
const NEAR: f64 = 0.7;
const UNLIMITED: &str = "unlimited";
/// Every key besides those of the actions.
const KEYS: [&str; 19] = [
    "at",
    "when",
    "zone",
    "from",
    "until",
    "if",
    "arguments",
    "tokens_max",
    "channel",
    "priority",
    "on_missed",
    "per_hour",
    "per_day",
    "quiet",
    "repeat",
    "dismissals",
    "status",
    "language",
    "words",
];

/// What stands behind a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Field {
    Text(String),
    List(Vec<String>),
}

/// What is wrong with a key: the key, and the sentence that says what would be right. The sentence wants two more values:
/// `key`, and the `place` where that stands.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{key}: {}", notice.id)]
pub struct FormError {
    pub key: String,
    pub notice: Notice,
}

/// The fields of one rule, each taken once.
struct Fields<'a>(&'a [(String, Field)]);

impl<'a> Fields<'a> {
    fn list(&self, key: &str) -> Vec<&'a str> {
        match self.0.iter().find(|(name, _)| name == key) {
            Some((_, Field::Text(text))) => vec![text.as_str()],
            Some((_, Field::List(items))) => items.iter().map(String::as_str).collect(),
            None => Vec::new(),
        }
    }

    fn text(&self, key: &'static str) -> Result<Option<&'a str>, FormError> {
        match self.0.iter().find(|(name, _)| name == key) {
            Some((_, Field::Text(text))) if text.chars().count() <= TEXT_MAX => Ok(Some(text)),
            Some((_, Field::Text(_))) => Err(error(key, Notice::new("rules-form-too-long").arg("max", TEXT_MAX))),
            Some((_, Field::List(_))) => Err(error(key, Notice::new("rules-form-one"))),
            None => Ok(None),
        }
    }

    /// One of a few words.
    fn choice<T: Copy>(&self, key: &'static str, choices: &[(&'static str, T)]) -> Result<Option<T>, FormError> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        match choices.iter().find(|(name, _)| *name == text.trim()) {
            Some((_, value)) => Ok(Some(*value)),
            None => {
                let words: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
                let notice =
                    Notice::new("rules-form-choice").arg("value", short(text)).arg("choices", words.join(", "));
                Err(error(key, notice))
            }
        }
    }

    fn number(&self, key: &'static str, min: u32, max: u32) -> Result<Option<u32>, FormError> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        match text.trim().parse().ok().filter(|number| (min..=max).contains(number)) {
            Some(number) => Ok(Some(number)),
            None => {
                let notice = Notice::new("rules-form-number").arg("value", short(text)).arg("min", min).arg("max", max);
                Err(error(key, notice))
            }
        }
    }

    fn limit(&self, key: &'static str) -> Result<Option<Option<u16>>, FormError> {
        if self.text(key)?.map(str::trim) == Some(UNLIMITED) {
            return Ok(Some(None));
        }
        let number = self.number(key, 1, u32::from(Budget::MAX))?;
        Ok(number.map(|number| u16::try_from(number).ok()))
    }

    fn moment(&self, key: &'static str) -> Result<Option<Timestamp>, FormError> {
        let Some(text) = self.text(key)? else { return Ok(None) };
        let wrong = |_| error(key, Notice::new("rules-form-moment").arg("value", short(text)));
        text.trim().parse().map(Some).map_err(wrong)
    }
}

impl FormError {
    /// The sentence for a person.
    #[must_use]
    pub fn notice(&self, place: impl ToString) -> Notice {
        self.notice.clone().arg("key", &self.key).arg("place", place)
    }
}

fn error(key: &str, notice: Notice) -> FormError {
    FormError { key: key.to_owned(), notice }
}

fn short(text: &str) -> String {
    text.chars().take(80).collect()
}

/// The rule that some fields mean.
///
/// # Errors
/// The first key that is unknown or has a value that means nothing.
pub fn read(id: RuleId, fields: &[(String, Field)], home: &Zone) -> Result<Rule, FormError> {
    let actions = ActionKind::ALL.map(ActionKind::name);
    for (key, _) in fields {
        if !KEYS.contains(&key.as_str()) && !actions.contains(&key.as_str()) {
            return Err(unknown(key, &actions));
        }
    }
    let fields = Fields(fields);
    let mut rule = Rule::new(id, trigger(&fields, home)?, action(&fields)?);
    rule.conditions = conditions(&fields)?;
    rule.channel = fields.choice("channel", &Channel::ALL.map(|c| (c.name(), c)))?.unwrap_or(rule.channel);
    if let Some(priority) = fields.number("priority", u32::from(Priority::MIN), u32::from(Priority::MAX))? {
        rule.priority = u8::try_from(priority).ok().and_then(Priority::new).unwrap_or_default();
    }
    rule.on_missed = fields.choice("on_missed", &OnMissed::ALL.map(|m| (m.name(), m)))?.unwrap_or(rule.on_missed);
    rule.budget.per_hour = fields.limit("per_hour")?.unwrap_or(rule.budget.per_hour);
    rule.budget.per_day = fields.limit("per_day")?.unwrap_or(rule.budget.per_day);
    rule.quiet = fields.choice("quiet", &QUIET)?.unwrap_or(rule.quiet);
    rule.dismissals = fields.choice("dismissals", &DISMISSALS)?.unwrap_or(rule.dismissals);
    rule.status = fields.choice("status", &STATUS)?.unwrap_or(rule.status);
    rule.language = fields.choice("language", &Language::ALL.map(|l| (l.tag(), l)))?;
    rule.repeat = repeat(&fields)?.unwrap_or(rule.repeat);
    rule.words = fields.text("words")?.map(str::to_owned);
    Ok(rule)
}

const QUIET: [(&str, QuietRule); 2] = [("respect", QuietRule::Respect), ("exempt", QuietRule::Exempt)];
const DISMISSALS: [(&str, Dismissals); 2] = [("lower_rate", Dismissals::LowerRate), ("ignore", Dismissals::Ignore)];
const STATUS: [(&str, Status); 2] = [("active", Status::Active), ("paused", Status::Paused)];
const REPEAT_ALLOWED: &str = "allowed";
const REPEAT_SUPPRESSED: &str = "suppressed";
const REPEAT_BY_KEY: &str = "suppressed by ";

fn name_of<T: PartialEq + Copy>(choices: &[(&'static str, T)], value: T) -> &'static str {
    choices.iter().find(|(_, known)| *known == value).map_or("", |(name, _)| name)
}

fn unknown(key: &str, actions: &[&str]) -> FormError {
    let likeness = |known: &&str| strsim::jaro_winkler(known, key);
    let nearest = KEYS.iter().chain(actions).copied().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
    let notice = match nearest.filter(|known| likeness(known) >= NEAR) {
        Some(nearest) => Notice::new("rules-form-unknown-nearest").arg("nearest", nearest),
        None => Notice::new("rules-form-unknown"),
    };
    error(&short(key), notice)
}

fn trigger(fields: &Fields<'_>, home: &Zone) -> Result<Trigger, FormError> {
    let at = fields.list("at");
    let when = fields.text("when")?;
    match (at.is_empty(), when) {
        (true, Some(when)) => {
            let wrong = |_| error("when", Notice::new("rules-form-watch").arg("value", short(when)));
            when.parse::<Watch>().map(Trigger::Watch).map_err(wrong)
        }
        (false, None) => Ok(Trigger::Times(times(fields, &at, home)?)),
        (true, None) => Err(error("at", Notice::new("rules-form-no-trigger"))),
        (false, Some(_)) => Err(error("when", Notice::new("rules-form-two-triggers"))),
    }
}

/// The zone of a name.
///
/// # Errors
/// There is none; perhaps another one was meant.
pub fn zone(name: &str) -> Result<Zone, FormError> {
    Zone::from_str(name.trim()).map_err(|wrong| {
        let notice = match wrong.nearest {
            Some(nearest) => Notice::new("rules-form-zone-nearest").arg("nearest", nearest),
            None => Notice::new("rules-form-zone"),
        };
        error("zone", notice.arg("zone", short(name)))
    })
}

/// How often all offers together may be made: a number, or `unlimited`.
///
/// # Errors
/// It is neither.
pub fn limit(key: &'static str, field: &Field) -> Result<Option<u16>, FormError> {
    let fields = [(key.to_owned(), field.clone())];
    Ok(Fields(&fields).limit(key)?.flatten())
}

fn times(fields: &Fields<'_>, at: &[&str], home: &Zone) -> Result<Times, FormError> {
    let zone = fields.text("zone")?.map_or_else(|| Ok(home.clone()), zone)?;
    let wrong = |text: &str, reason: &TimesError| {
        let id = match reason {
            TimesError::Window => return error("until", Notice::new("rules-form-window")),
            TimesError::Never => return error("at", Notice::new("rules-form-never")),
            TimesError::Count(_) => return error("at", Notice::new("rules-form-too-many-times")),
            TimesError::Cron(_) | TimesError::Interval(_) | TimesError::Moment(_) => "rules-form-times",
        };
        error("at", Notice::new(id).arg("value", short(text)).arg("detail", reason))
    };
    let read = |text: &&str| Schedule::from_str(text).map_err(|reason| wrong(text, &reason));
    let schedules = at.iter().map(read).collect::<Result<Vec<_>, _>>()?;
    Times::new(schedules, zone, fields.moment("from")?, fields.moment("until")?)
        .map_err(|reason| wrong(&at.join("; "), &reason))
}

fn conditions(fields: &Fields<'_>) -> Result<Vec<Condition>, FormError> {
    let texts = fields.list("if");
    if texts.len() > CONDITIONS_MAX {
        return Err(error("if", Notice::new("rules-form-too-many-conditions").arg("max", CONDITIONS_MAX)));
    }
    let read = |text: &&str| {
        let wrong = |_| error("if", Notice::new("rules-form-condition").arg("value", short(text)));
        text.parse().map_err(wrong)
    };
    texts.iter().map(read).collect()
}

fn action(fields: &Fields<'_>) -> Result<Action, FormError> {
    let named: Vec<ActionKind> =
        ActionKind::ALL.into_iter().filter(|kind| fields.0.iter().any(|(key, _)| key == kind.name())).collect();
    let [kind] = named[..] else {
        let actions = ActionKind::ALL.map(ActionKind::name).join(", ");
        return Err(match named.get(1) {
            Some(second) => error(second.name(), Notice::new("rules-form-two-actions").arg("actions", actions)),
            None => error("tell", Notice::new("rules-form-no-action").arg("actions", actions)),
        });
    };
    let key = kind.name();
    let text = fields.text(key)?.unwrap_or_default().to_owned();
    let needed = |text: String| {
        if text.trim().is_empty() { Err(error(key, Notice::new("rules-form-empty"))) } else { Ok(text) }
    };
    let plain = |action: Action| fields.choice(key, &[("true", ())]).map(|_| action);
    Ok(match kind {
        ActionKind::Tell => Action::Tell { text },
        ActionKind::Suggest => Action::Suggest { text: needed(text)? },
        ActionKind::RunSkill => {
            let arguments = fields.text("arguments")?.unwrap_or_default().to_owned();
            Action::RunSkill { skill: needed(text)?, arguments }
        }
        ActionKind::Ask => {
            let tokens_max = fields.number("tokens_max", 1, Action::TOKENS_MAX)?.unwrap_or(Action::TOKENS_DEFAULT);
            Action::Ask { prompt: needed(text)?, tokens_max }
        }
        ActionKind::RotateLogs => {
            let days =
                fields.number(key, 1, u32::from(LOG_DAYS_MAX))?.unwrap_or_else(|| u32::from(Action::LOG_DAYS_DEFAULT));
            Action::RotateLogs { days: u16::try_from(days).unwrap_or(Action::LOG_DAYS_DEFAULT) }
        }
        ActionKind::WarmSkill => Action::WarmSkill { skill: needed(text)? },
        ActionKind::FreeMemory => plain(Action::FreeMemory)?,
        ActionKind::Vacuum => plain(Action::Vacuum)?,
        ActionKind::Backup => plain(Action::Backup)?,
        ActionKind::HealthSweep => plain(Action::HealthSweep)?,
    })
}

/// The longest that logs are kept.
const LOG_DAYS_MAX: u16 = 3650;

fn repeat(fields: &Fields<'_>) -> Result<Option<Repeat>, FormError> {
    let Some(text) = fields.text("repeat")?.map(str::trim) else { return Ok(None) };
    let key = text.strip_prefix(REPEAT_BY_KEY).map(str::trim);
    match (text, key) {
        (REPEAT_ALLOWED, _) => Ok(Some(Repeat::Allowed)),
        (REPEAT_SUPPRESSED, _) => Ok(Some(Repeat::Suppressed { key: None })),
        (_, Some(key)) if (1..=Repeat::KEY_MAX).contains(&key.chars().count()) => {
            Ok(Some(Repeat::Suppressed { key: Some(key.to_owned()) }))
        }
        _ => {
            let choices = format!("{REPEAT_ALLOWED}, {REPEAT_SUPPRESSED}, {REPEAT_BY_KEY}KEY");
            Err(error("repeat", Notice::new("rules-form-choice").arg("value", short(text)).arg("choices", choices)))
        }
    }
}

/// A trigger as one text, for comparing and for logs.
#[must_use]
pub fn trigger_text(trigger: &Trigger) -> String {
    match trigger {
        Trigger::Watch(watch) => watch.to_string(),
        Trigger::Times(times) => {
            let schedules: Vec<String> = times.schedules().iter().map(ToString::to_string).collect();
            let bound = |name: &str, at: Option<Timestamp>| at.map_or(String::new(), |at| format!(" {name} {at}"));
            let window = bound("from", times.from()) + &bound("until", times.until());
            format!("{} in {}{window}", schedules.join("; "), times.zone())
        }
    }
}

/// The fields of a rule, in the order of a rules file. What is the default of its kind is left out.
#[must_use]
pub fn write(rule: &Rule) -> Vec<(&'static str, Field)> {
    let default = Rule::new(rule.id.clone(), rule.trigger.clone(), rule.action.clone());
    let mut out: Vec<(&'static str, Field)> = Vec::new();
    let mut put = |key, text: Option<String>| out.extend(text.map(|text| (key, Field::Text(text))));
    let list = |items: Vec<String>| match <[String; 1]>::try_from(items) {
        Ok([one]) => Field::Text(one),
        Err(items) => Field::List(items),
    };
    let mut lists: Vec<(&'static str, Field)> = Vec::new();
    match &rule.trigger {
        Trigger::Watch(watch) => put("when", Some(watch.to_string())),
        Trigger::Times(times) => {
            lists.push(("at", list(times.schedules().iter().map(ToString::to_string).collect())));
            put("zone", Some(times.zone().to_string()));
            put("from", times.from().map(|at| at.to_string()));
            put("until", times.until().map(|at| at.to_string()));
        }
    }
    if !rule.conditions.is_empty() {
        lists.push(("if", list(rule.conditions.iter().map(ToString::to_string).collect())));
    }
    let key = rule.action.kind().name();
    match &rule.action {
        Action::Tell { text } | Action::Suggest { text } => put(key, Some(text.clone())),
        Action::RunSkill { skill, arguments } => {
            put(key, Some(skill.clone()));
            put("arguments", Some(arguments.clone()).filter(|arguments| !arguments.is_empty()));
        }
        Action::Ask { prompt, tokens_max } => {
            put(key, Some(prompt.clone()));
            put("tokens_max", (*tokens_max != Action::TOKENS_DEFAULT).then(|| tokens_max.to_string()));
        }
        Action::RotateLogs { days } => put(key, Some(days.to_string())),
        Action::WarmSkill { skill } => put(key, Some(skill.clone())),
        Action::FreeMemory | Action::Vacuum | Action::Backup | Action::HealthSweep => put(key, Some("true".to_owned())),
    }
    let limit = |limit: Option<u16>| limit.map_or_else(|| UNLIMITED.to_owned(), |limit| limit.to_string());
    put("channel", (rule.channel != default.channel).then(|| rule.channel.name().to_owned()));
    put("priority", (rule.priority != default.priority).then(|| rule.priority.to_string()));
    put("on_missed", (rule.on_missed != default.on_missed).then(|| rule.on_missed.name().to_owned()));
    put("per_hour", (rule.budget.per_hour != default.budget.per_hour).then(|| limit(rule.budget.per_hour)));
    put("per_day", (rule.budget.per_day != default.budget.per_day).then(|| limit(rule.budget.per_day)));
    put("quiet", (rule.quiet != default.quiet).then(|| name_of(&QUIET, rule.quiet).to_owned()));
    put("repeat", (rule.repeat != default.repeat).then(|| repeat_text(&rule.repeat)));
    put(
        "dismissals",
        (rule.dismissals != default.dismissals).then(|| name_of(&DISMISSALS, rule.dismissals).to_owned()),
    );
    put("status", (rule.status != default.status).then(|| name_of(&STATUS, rule.status).to_owned()));
    put("language", rule.language.map(|language| language.tag().to_owned()));
    put("words", rule.words.clone());
    lists.extend(out);
    lists
}

fn repeat_text(repeat: &Repeat) -> String {
    match repeat {
        Repeat::Allowed => REPEAT_ALLOWED.to_owned(),
        Repeat::Suppressed { key: None } => REPEAT_SUPPRESSED.to_owned(),
        Repeat::Suppressed { key: Some(key) } => format!("{REPEAT_BY_KEY}{key}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(pairs: &[(&str, &str)]) -> Vec<(String, Field)> {
        let field = |text: &str| match text.split_once('|') {
            Some(_) => Field::List(text.split('|').map(str::to_owned).collect()),
            None => Field::Text(text.to_owned()),
        };
        pairs.iter().map(|(key, text)| ((*key).to_owned(), field(text))).collect()
    }

    fn check(pairs: &[(&str, &str)]) -> Result<Rule, FormError> {
        read("r".parse().unwrap(), &fields(pairs), &"Europe/Madrid".parse().unwrap())
    }

    #[test]
    fn there_and_back() {
        for pairs in [
            &[("at", "0 9 * * MON"), ("tell", "sacar la basura"), ("language", "es")][..],
            &[
                ("at", "@daily|2026-12-01T12:00"),
                ("zone", "America/Lima"),
                ("backup", "true"),
                ("on_missed", "run_once"),
            ],
            &[("when", "memory used > 80%"), ("free_memory", "true"), ("per_hour", "3"), ("priority", "1")],
            &[("when", "disk free < 5GB on /home"), ("tell", ""), ("if", "on mon-fri|between 09:00 and 18:00")],
            &[
                ("at", "every 2h from 2026-11-27T10:00"),
                ("run_skill", "sql"),
                ("arguments", "a=1"),
                ("quiet", "respect"),
            ],
            &[("at", "@weekly"), ("ask", "resume la semana"), ("tokens_max", "100"), ("channel", "email")],
            &[("at", "@daily"), ("rotate_logs", "14"), ("status", "paused"), ("until", "2027-01-01T00:00:00Z")],
            &[
                ("when", "idle 30m"),
                ("suggest", "un descanso"),
                ("repeat", "suppressed by pausa"),
                ("dismissals", "ignore"),
            ],
            &[("when", "file changed ~/a b.txt"), ("warm_skill", "sql")],
        ] {
            let rule = check(pairs).unwrap();
            let written: Vec<(String, Field)> =
                write(&rule).into_iter().map(|(key, field)| (key.to_owned(), field)).collect();
            assert_eq!(read(rule.id.clone(), &written, &Zone::UTC).as_ref(), Ok(&rule));
        }
    }

    #[test]
    fn each_mistake_names_its_key() {
        for (pairs, key, id) in [
            (&[("tell", "x")][..], "at", "rules-form-no-trigger"),
            (&[("at", "@daily")], "tell", "rules-form-no-action"),
            (&[("at", "@daily"), ("when", "idle 3m"), ("tell", "x")], "when", "rules-form-two-triggers"),
            (&[("at", "@daily"), ("tell", "x"), ("vacuum", "true")], "vacuum", "rules-form-two-actions"),
            (&[("at", "@daily"), ("tel", "x")], "tel", "rules-form-unknown-nearest"),
            (&[("at", "@daily"), ("qqqq", "x")], "qqqq", "rules-form-unknown"),
            (&[("at", "0 9 30 2 *"), ("tell", "x")], "at", "rules-form-times"),
            (&[("at", "2026-02-30T09:00"), ("tell", "x")], "at", "rules-form-times"),
            (&[("at", "@daily"), ("zone", "Europa/Madrid"), ("tell", "x")], "zone", "rules-form-zone-nearest"),
            (&[("at", "@daily"), ("zone", "qqq"), ("tell", "x")], "zone", "rules-form-zone"),
            (&[("at", "@daily"), ("until", "mañana"), ("tell", "x")], "until", "rules-form-moment"),
            (&[("when", "rain"), ("tell", "x")], "when", "rules-form-watch"),
            (&[("at", "@daily"), ("if", "on lunes"), ("tell", "x")], "if", "rules-form-condition"),
            (&[("at", "@daily"), ("suggest", " ")], "suggest", "rules-form-empty"),
            (&[("at", "@daily"), ("vacuum", "no")], "vacuum", "rules-form-choice"),
            (&[("at", "@daily"), ("ask", "x"), ("tokens_max", "4001")], "tokens_max", "rules-form-number"),
            (&[("at", "@daily"), ("tell", "x"), ("priority", "11")], "priority", "rules-form-number"),
            (&[("at", "@daily"), ("tell", "x"), ("per_day", "0")], "per_day", "rules-form-number"),
            (&[("at", "@daily"), ("tell", "x"), ("channel", "paloma")], "channel", "rules-form-choice"),
            (&[("at", "@daily"), ("tell", "x"), ("repeat", "suppressed by ")], "repeat", "rules-form-choice"),
            (&[("at", "@daily"), ("tell", "a|b")], "tell", "rules-form-one"),
        ] {
            let error = check(pairs).unwrap_err();
            assert_eq!((error.key.as_str(), error.notice.id), (key, id));
        }
        let long = "x".repeat(TEXT_MAX + 1);
        assert_eq!(check(&[("at", "@daily"), ("tell", &long)]).unwrap_err().notice.id, "rules-form-too-long");
    }
}

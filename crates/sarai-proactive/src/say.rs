//! Rules as sentences: what is read back to the owner before a rule counts, and in lists.

use jiff::Timestamp;
use jiff::civil::{Date, Time, Weekday};
use sarai_types::Notice;

use crate::rule::{Action, Amount, Channel, Condition, Level, Resource, Rule, Side, Trigger, Watch, Weekdays};
use crate::sentence::Sentence;
use crate::time::{Cron, CronShape, DayShape, Interval, Schedule, Step, Times, Zone};

/// The most times of day that are listed one by one.
const LISTED_MAX: usize = 8;

/// A rule in a sentence: when, on what condition, and what then. Times of another zone than the owner's name it.
#[must_use]
pub fn rule(rule: &Rule, home: &Zone) -> Sentence {
    let sentence = Sentence::new(Notice::new("rules-said"))
        .with("when", trigger(&rule.trigger, home))
        .with("what", action(&rule.action));
    let conditions: Vec<Sentence> = rule.conditions.iter().map(condition).collect();
    let only_if = (!conditions.is_empty())
        .then(|| Sentence::new(Notice::new("rules-only-if")).with_list("conditions", conditions));
    let channel = match rule.channel {
        Channel::Everywhere => None,
        channel => Some(Notice::new("rules-by-channel").arg("channel", channel.name()).into()),
    };
    sentence.with_optional("if", only_if).with_optional("channel", channel)
}

/// When a rule looks up.
#[must_use]
pub fn trigger(trigger: &Trigger, home: &Zone) -> Sentence {
    match trigger {
        Trigger::Times(at) => times(at, home),
        Trigger::Watch(what) => watch(what),
    }
}

fn times(times: &Times, home: &Zone) -> Sentence {
    let zone = times.zone();
    let list: Vec<Sentence> = merged(times.schedules()).into_iter().map(|schedule| self::schedule(&schedule)).collect();
    let from = times.from().map(|from| Sentence::new(Notice::new("rules-from")).with("date", bound(from, zone)));
    let until = times.until().map(|until| Sentence::new(Notice::new("rules-until")).with("date", bound(until, zone)));
    let elsewhere = (zone != home).then(|| Notice::new("rules-in-zone").arg("zone", zone).into());
    Sentence::new(Notice::new("rules-times"))
        .with_list("schedules", list)
        .with_optional("from", from)
        .with_optional("until", until)
        .with_optional("zone", elsewhere)
}

/// One end of a stretch: only its day, if it is the beginning or the end of one.
fn bound(at: Timestamp, zone: &Zone) -> Sentence {
    let wall = zone.wall(at);
    if wall.time() == Time::midnight() || wall.time() == jiff::civil::time(23, 59, 59, 0) {
        return date(wall.date());
    }
    moment(at, zone)
}

/// A moment as the wall shows it.
#[must_use]
pub fn moment(at: Timestamp, zone: &Zone) -> Sentence {
    let wall = zone.wall(at);
    Sentence::new(Notice::new("rules-moment")).with("time", clock(wall.time())).with("date", date(wall.date()))
}

fn date(date: Date) -> Sentence {
    Sentence::new(Notice::new("rules-date").arg("day", date.day()).arg("year", year(date)))
        .with("weekday", weekday(date.weekday()))
        .with("month", month(date.month()))
}

/// Four digits, which no plural rule touches.
fn year(date: Date) -> String {
    format!("{:04}", date.year())
}

/// «las 9:00», «la 1:00».
fn clock(time: Time) -> Sentence {
    let shown = digits(time);
    let notice = if time.hour() == 1 { Notice::new("rules-clock-one") } else { Notice::new("rules-clock") };
    notice.arg("time", shown).into()
}

fn digits(time: Time) -> String {
    if time.second() == 0 { time.strftime("%-H:%M").to_string() } else { time.strftime("%-H:%M:%S").to_string() }
}

fn weekday(day: Weekday) -> Sentence {
    let name = Weekdays::new([day]).map(|day| day.to_string()).unwrap_or_default();
    Notice::new("rules-weekday").arg("day", name).into()
}

fn month(month: i8) -> Sentence {
    // A word, so that it selects by name and not by plural.
    Notice::new("rules-month").arg("month", format!("m{month}")).into()
}

/// What is to be said of a schedule: cron expressions that differ only in their times are said as one.
enum Said {
    Days { days: DayShape, times: Vec<Time> },
    Cron(Cron),
    Every(Interval),
    Once(jiff::civil::DateTime),
}

fn merged(schedules: &[Schedule]) -> Vec<Said> {
    let mut said: Vec<Said> = Vec::new();
    for schedule in schedules {
        match schedule {
            Schedule::Every(interval) => said.push(Said::Every(*interval)),
            Schedule::Once(wall) => said.push(Said::Once(*wall)),
            Schedule::Cron(cron) => match cron.shape() {
                Some(CronShape { days, times: new }) => {
                    let same = said.iter_mut().find_map(|said| match said {
                        Said::Days { days: known, times } if *known == days => Some(times),
                        Said::Days { .. } | Said::Cron(_) | Said::Every(_) | Said::Once(_) => None,
                    });
                    match same {
                        Some(times) => times.extend(new),
                        None => said.push(Said::Days { days, times: new }),
                    }
                }
                None => said.push(Said::Cron(cron.clone())),
            },
        }
    }
    said
}

fn schedule(said: &Said) -> Sentence {
    match said {
        Said::Cron(cron) => Notice::new("rules-cron").arg("cron", cron).into(),
        Said::Every(interval) => every(interval),
        Said::Once(wall) => {
            Sentence::new(Notice::new("rules-once")).with("time", clock(wall.time())).with("date", date(wall.date()))
        }
        Said::Days { days, times } => {
            let mut times = times.clone();
            times.sort_unstable();
            let at = if times.len() > LISTED_MAX { steps(&times) } else { None };
            let at = at.unwrap_or_else(|| {
                let list = times.iter().map(|time| clock(*time)).collect();
                Sentence::new(Notice::new("rules-at")).with_list("times", list)
            });
            days_of(days).with("at", at)
        }
    }
}

/// Many times at one distance.
fn steps(times: &[Time]) -> Option<Sentence> {
    let (first, last) = (times.first()?, times.last()?);
    let minutes = |time: &Time| i64::from(time.hour()) * 60 + i64::from(time.minute());
    let step = minutes(times.get(1)?) - minutes(first);
    let even = times.windows(2).all(|pair| minutes(&pair[1]) - minutes(&pair[0]) == step);
    even.then(|| {
        Sentence::new(Notice::new("rules-steps").arg("minutes", step))
            .with("from", clock(*first))
            .with("to", clock(*last))
    })
}

fn days_of(days: &DayShape) -> Sentence {
    match days {
        DayShape::Week(days) if *days == Weekdays::ALL => Notice::new("rules-each-day").into(),
        DayShape::Week(days) if *days == Weekdays::WORKDAYS => Notice::new("rules-each-workday").into(),
        DayShape::Week(days) if *days == Weekdays::WEEKEND => Notice::new("rules-each-weekend").into(),
        DayShape::Week(days) => {
            Sentence::new(Notice::new("rules-each-week")).with_list("days", days.days().map(weekday).collect())
        }
        DayShape::Month(days) => {
            let list = days.iter().map(|day| Notice::new("rules-day-number").arg("day", day).into()).collect();
            Sentence::new(Notice::new("rules-each-month").arg("n", days.len())).with_list("days", list)
        }
        DayShape::MonthEnd => Notice::new("rules-each-month-end").into(),
        DayShape::Nth(nths) => {
            let list = nths.iter().map(|(nth, day)| {
                let nth = nth.map_or_else(|| "last".to_owned(), |nth| format!("n{nth}"));
                Sentence::new(Notice::new("rules-nth").arg("nth", nth)).with("day", weekday(*day))
            });
            Sentence::new(Notice::new("rules-each-nth")).with_list("days", list.collect())
        }
        DayShape::Year { day, month: of } => {
            Sentence::new(Notice::new("rules-each-year").arg("day", day)).with("month", month(*of))
        }
    }
}

fn every(interval: &Interval) -> Sentence {
    let start = interval.start();
    let step = match interval.step() {
        Step::Seconds(n) => return span(n, start),
        Step::Days(n) if n % 7 == 0 => {
            Sentence::new(Notice::new("rules-every-weeks").arg("n", n / 7)).with("day", weekday(start.weekday()))
        }
        Step::Days(n) => Notice::new("rules-every-days").arg("n", n).into(),
        Step::Months(n) if n % 12 == 0 => {
            Sentence::new(Notice::new("rules-every-years").arg("n", n / 12).arg("day", start.day()))
                .with("month", month(start.month()))
        }
        Step::Months(n) => Notice::new("rules-every-months").arg("n", n).arg("day", start.day()).into(),
    };
    Sentence::new(Notice::new("rules-series"))
        .with("every", step)
        .with("time", clock(start.time()))
        .with("date", date(start.date()))
}

fn span(seconds: u32, start: jiff::civil::DateTime) -> Sentence {
    Sentence::new(Notice::new("rules-span"))
        .with("time", clock(start.time()))
        .with("length", length(seconds, Form::Each))
        .with("date", date(start.date()))
}

/// «cada hora», but «una hora».
#[derive(Debug, Clone, Copy)]
enum Form {
    Each,
    Plain,
}

fn length(seconds: u32, form: Form) -> Sentence {
    let notice = match seconds {
        n if n.is_multiple_of(3600) => Notice::new("rules-hours").arg("n", n / 3600),
        n if n.is_multiple_of(60) => Notice::new("rules-minutes").arg("n", n / 60),
        n => Notice::new("rules-seconds").arg("n", n),
    };
    let form = match form {
        Form::Each => "each",
        Form::Plain => "plain",
    };
    notice.arg("form", form).into()
}

/// What happens.
#[must_use]
pub fn watch(watch: &Watch) -> Sentence {
    match watch {
        Watch::Level(at) => Sentence::new(Notice::new("rules-when")).with("what", level(at)),
        Watch::Idle { seconds } => {
            Sentence::new(Notice::new("rules-when-idle")).with("length", length(*seconds, Form::Plain))
        }
        Watch::FileChanged { path } => Notice::new("rules-when-file").arg("path", path).into(),
        Watch::SkillUnhealthy { skill: Some(skill) } => Notice::new("rules-when-skill").arg("skill", skill).into(),
        Watch::SkillUnhealthy { skill: None } => Notice::new("rules-when-any-skill").into(),
        Watch::Webhook { name } => Notice::new("rules-when-webhook").arg("name", name).into(),
        Watch::FactAdded { about: Some(about) } => Notice::new("rules-when-fact-about").arg("about", about).into(),
        Watch::FactAdded { about: None } => Notice::new("rules-when-fact").into(),
    }
}

/// A level, such as «quedan menos de 5 GB de disco».
#[must_use]
pub fn level(level: &Level) -> Sentence {
    let amount = match level.amount {
        Amount::PerMille(_) => level.amount.to_string().replace('%', "\u{a0}%"),
        Amount::Bytes(_) => {
            let text = level.amount.to_string();
            let at = text.find(|c: char| !c.is_ascii_digit()).unwrap_or(text.len());
            format!("{}\u{a0}{}", &text[..at], &text[at..])
        }
    };
    let notice = match (&level.resource, level.side) {
        (Resource::Memory, Side::UsedAbove) => Notice::new("rules-memory-above"),
        (Resource::Memory, Side::FreeBelow) => Notice::new("rules-memory-below"),
        (Resource::Disk { .. }, Side::UsedAbove) => Notice::new("rules-disk-above"),
        (Resource::Disk { .. }, Side::FreeBelow) => Notice::new("rules-disk-below"),
    };
    let place = match &level.resource {
        Resource::Disk { path: Some(path) } => Some(Notice::new("rules-on-path").arg("path", path).into()),
        Resource::Disk { path: None } => None,
        Resource::Memory => return Sentence::new(notice.arg("amount", amount)),
    };
    Sentence::new(notice.arg("amount", amount)).with_optional("place", place)
}

fn condition(condition: &Condition) -> Sentence {
    match condition {
        Condition::Level(at) => level(at),
        Condition::Idle { seconds } => {
            Sentence::new(Notice::new("rules-idle")).with("length", length(*seconds, Form::Plain))
        }
        Condition::Between { from, to } => {
            Sentence::new(Notice::new("rules-between")).with("from", clock(*from)).with("to", clock(*to))
        }
        Condition::On(days) => {
            Sentence::new(Notice::new("rules-on-days")).with_list("days", days.days().map(weekday).collect())
        }
    }
}

/// What is done, as a promise.
#[must_use]
pub fn action(action: &Action) -> Sentence {
    let notice = match action {
        Action::Tell { text } if text.is_empty() => Notice::new("rules-do-tell"),
        Action::Tell { text } => Notice::new("rules-do-tell-text").arg("text", text),
        Action::Suggest { text } => Notice::new("rules-do-suggest").arg("text", text),
        Action::RunSkill { skill, arguments } if arguments.is_empty() => {
            Notice::new("rules-do-skill").arg("skill", skill)
        }
        Action::RunSkill { skill, arguments } => {
            Notice::new("rules-do-skill-with").arg("skill", skill).arg("arguments", arguments)
        }
        Action::Ask { prompt, tokens_max } => {
            Notice::new("rules-do-ask").arg("prompt", prompt).arg("tokens", tokens_max)
        }
        Action::FreeMemory => Notice::new("rules-do-free-memory"),
        Action::RotateLogs { days } => Notice::new("rules-do-rotate-logs").arg("days", days),
        Action::Vacuum => Notice::new("rules-do-vacuum"),
        Action::Backup => Notice::new("rules-do-backup"),
        Action::HealthSweep => Notice::new("rules-do-health-sweep"),
        Action::WarmSkill { skill } => Notice::new("rules-do-warm-skill").arg("skill", skill),
    };
    notice.into()
}

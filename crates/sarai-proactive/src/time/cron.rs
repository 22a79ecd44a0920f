//! Cron expressions: five fields or six, names, `L`, `W` and `#`, and the words `@daily` and its like.
//!
//! `[second] minute hour day-of-month month day-of-week`. A field is `*`, or a list of values, ranges and steps
//! (`1,5-10,*/15,20-50/10`); ranges may wrap around (`FRI-MON`, `22-2`). Days of the month know `L` (the last), `L-3`,
//! `15W` (the weekday nearest to the 15th) and `LW`; days of the week know `MON#2` (the second Monday) and `FRIL` (the
//! last Friday), and count Sunday as 0 and 7. If days of both kinds are given, either is enough, as in every cron.
//!
//! An expression that no day ever matches, such as 30 February, is refused when it is read. That is why this is our own
//! reader and not a library's: a rule that never fires must be found when it is made, evaluation must not be able to
//! fail later, not even at a gap of a whole day, and the same arithmetic must serve the intervals beside it.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, Weekday};

use super::Zone;
use crate::rule::Weekdays;

/// The longest expression, in bytes.
const TEXT_MAX: usize = 200;
/// So many days are looked at for the next one that matches. The rarest is 29 February on one day of the week, which
/// is 40 years apart around a year 2100.
const DAYS_MAX: u32 = 41 * 366;
/// From this day on is looked whether an expression ever matches. Any day would do.
const FIRST_DAY: Date = jiff::civil::date(2000, 1, 1);
/// The most times of day that are said one by one.
const SAID_MAX: usize = 100;
/// Clock changes that one search may cross. Zones have about two in a year; the search looks 40 years ahead.
const CHANGES_MAX: u32 = 200;

const MONTHS: [&str; 12] = ["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"];
const WEEKDAYS: [&str; 7] = ["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"];

/// Why a text is not a cron expression.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CronError {
    #[error("a cron expression has 5 or 6 fields, not {0}")]
    Fields(usize),
    #[error("{field}: {value:?} is not what stands there")]
    Value { field: &'static str, value: String },
    #[error("{field}: {value} is not between {min} and {max}")]
    Range { field: &'static str, value: u32, min: u32, max: u32 },
    #[error("no day ever matches this expression")]
    Never,
    #[error("{0:?} is none of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually")]
    Word(String),
}

/// A cron expression that matches now and then.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cron {
    text: String,
    seconds: u64,
    minutes: u64,
    hours: Hours,
    month_days: Option<MonthDays>,
    months: u64,
    weekdays: Option<WeekDays>,
}

/// An expression as a person would say it: days, and times of day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CronShape {
    pub days: DayShape,
    pub times: Vec<Time>,
}

/// The days of an expression, where they are simple.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DayShape {
    Week(Weekdays),
    /// Days of each month.
    Month(Vec<u32>),
    MonthEnd,
    /// Such as the second Monday; none is the last.
    Nth(Vec<(Option<u8>, Weekday)>),
    Year {
        day: u32,
        month: i8,
    },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Hours {
    /// Each hour that passes.
    Any,
    Set(u64),
}

/// Bits by day of the month, 1 to 31.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct MonthDays {
    days: u64,
    /// By how many days before the last.
    before_last: u64,
    nearest_weekday: u64,
    last_weekday: u64,
}

/// Bits by day of the week, Sunday is 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
struct WeekDays {
    days: u64,
    /// By which of the month, first is 0.
    nth: [u64; 5],
    last: u64,
}

impl Cron {
    /// The first match after a moment; none only at the end of time.
    #[must_use]
    pub fn next(&self, after: Timestamp, zone: &Zone) -> Option<Timestamp> {
        match self.hours {
            Hours::Any => self.next_elapsed(after, zone),
            Hours::Set(_) => {
                let mut wall = zone.wall(after);
                loop {
                    wall = self.next_wall(wall)?;
                    // In the second pass of an overlap, what the wall shows next was already due in the first.
                    if let Some(moment) = zone.moment(wall).filter(|moment| *moment > after) {
                        return Some(moment);
                    }
                }
            }
        }
    }

    /// The same for an expression of every hour: from one clock change to the next, with the offset between them.
    fn next_elapsed(&self, mut after: Timestamp, zone: &Zone) -> Option<Timestamp> {
        let zone = zone.time_zone();
        for _ in 0..CHANGES_MAX {
            let offset = zone.to_offset(after);
            let wall = self.next_wall(offset.to_datetime(after))?;
            let moment = offset.to_timestamp(wall).ok()?;
            let Some(change) = zone.following(after).next().map(|change| change.timestamp()) else {
                return Some(moment);
            };
            if moment < change {
                return Some(moment);
            }
            let resumed = zone.to_offset(change).to_datetime(change);
            // Swallowed by a gap, or just at the change.
            let skipped = wall < resumed;
            if skipped || self.matches(resumed) {
                return Some(change);
            }
            after = change;
        }
        None
    }

    fn next_wall(&self, after: DateTime) -> Option<DateTime> {
        let mut date = after.date();
        let mut from = Some(after.time());
        for _ in 0..DAYS_MAX {
            if self.matches_day(date)
                && let Some(time) = self.next_time(from)
            {
                return Some(date.to_datetime(time));
            }
            date = date.tomorrow().ok()?;
            from = None;
        }
        None
    }

    /// The first time of day that matches, after `after` if there is one.
    fn next_time(&self, after: Option<Time>) -> Option<Time> {
        let Some(after) = after else {
            return time(first(self.hour_bits(), 0)?, first(self.minutes, 0)?, first(self.seconds, 0)?);
        };
        let [hour, minute, second] =
            [after.hour(), after.minute(), after.second()].map(|n| u32::from(n.unsigned_abs()));
        if has(self.hour_bits(), hour) {
            if has(self.minutes, minute)
                && let Some(second) = first(self.seconds, second + 1)
            {
                return time(hour, minute, second);
            }
            if let Some(minute) = first(self.minutes, minute + 1) {
                return time(hour, minute, first(self.seconds, 0)?);
            }
        }
        time(first(self.hour_bits(), hour + 1)?, first(self.minutes, 0)?, first(self.seconds, 0)?)
    }

    /// The expression as it would be said; none if it is beyond words.
    #[must_use]
    pub fn shape(&self) -> Option<CronShape> {
        let Hours::Set(hours) = self.hours else { return None };
        let every_month = self.months == MONTH.bits("*").ok()?;
        let weekday = |bit: u32| Weekday::from_sunday_zero_offset(i8::try_from(bit).ok()?).ok();
        let days = match (&self.month_days, &self.weekdays) {
            (None, None) if every_month => DayShape::Week(Weekdays::ALL),
            (None, Some(days)) if every_month && days.last == 0 && days.nth == [0; 5] => {
                DayShape::Week(Weekdays::new(bits(days.days, 0..8).map(|bit| bit % 7).filter_map(weekday))?)
            }
            (None, Some(days)) if every_month && days.days == 0 => {
                let nth = (1..).zip(&days.nth).map(|(n, bits)| (Some(n), *bits)).chain([(None, days.last)]);
                DayShape::Nth(
                    nth.flat_map(|(nth, set)| bits(set, 0..7).filter_map(weekday).map(move |day| (nth, day))).collect(),
                )
            }
            (Some(MonthDays { days, before_last: 0, nearest_weekday: 0, last_weekday: 0 }), None) => {
                let days: Vec<u32> = bits(*days, 1..32).collect();
                match (&days[..], every_month, self.months.count_ones()) {
                    (_, true, _) => DayShape::Month(days),
                    ([day], false, 1) => {
                        DayShape::Year { day: *day, month: i8::try_from(self.months.trailing_zeros()).ok()? }
                    }
                    _ => return None,
                }
            }
            (Some(MonthDays { days: 0, before_last: 1, nearest_weekday: 0, last_weekday: 0 }), None) if every_month => {
                DayShape::MonthEnd
            }
            _ => return None,
        };
        let hours = bits(hours, 0..24);
        let times = hours.flat_map(|hour| bits(self.minutes, 0..60).map(move |minute| (hour, minute)));
        let times = times
            .flat_map(|(hour, minute)| bits(self.seconds, 0..60).filter_map(move |second| time(hour, minute, second)));
        let times: Vec<Time> = times.take(SAID_MAX + 1).collect();
        (times.len() <= SAID_MAX).then_some(CronShape { days, times })
    }

    const fn hour_bits(&self) -> u64 {
        match self.hours {
            Hours::Any => u64::MAX >> 40,
            Hours::Set(bits) => bits,
        }
    }

    fn matches(&self, wall: DateTime) -> bool {
        let [hour, minute, second] = [wall.hour(), wall.minute(), wall.second()].map(|n| u32::from(n.unsigned_abs()));
        self.matches_day(wall.date())
            && has(self.hour_bits(), hour)
            && has(self.minutes, minute)
            && has(self.seconds, second)
            && wall.subsec_nanosecond() == 0
    }

    fn matches_day(&self, date: Date) -> bool {
        has(self.months, u32::from(date.month().unsigned_abs()))
            && match (&self.month_days, &self.weekdays) {
                (None, None) => true,
                (Some(days), None) => days.matches(date),
                (None, Some(days)) => days.matches(date),
                (Some(of_month), Some(of_week)) => of_month.matches(date) || of_week.matches(date),
            }
    }

    fn ever_matches(&self) -> bool {
        let mut date = FIRST_DAY;
        (0..DAYS_MAX).any(|_| {
            let matches = self.matches_day(date);
            date = date.tomorrow().unwrap_or(date);
            matches
        })
    }
}

impl MonthDays {
    fn matches(&self, date: Date) -> bool {
        let day = u32::from(date.day().unsigned_abs());
        let last = u32::from(date.days_in_month().unsigned_abs());
        has(self.days, day)
            || has(self.before_last, last - day)
            || self.last_weekday != 0 && date == weekday_near(date.last_of_month())
            || (1..=last).any(|wanted| {
                has(self.nearest_weekday, wanted)
                    && i8::try_from(wanted).is_ok_and(|wanted| {
                        date.with().day(wanted).build().is_ok_and(|near| date == weekday_near(near))
                    })
            })
    }
}

/// The weekday of the same month that is nearest to a date.
fn weekday_near(date: Date) -> Date {
    let shifted = |days: i64| date.checked_add(jiff::Span::new().days(days)).unwrap_or(date);
    match date.weekday() {
        Weekday::Saturday if date.day() == 1 => shifted(2),
        Weekday::Saturday => shifted(-1),
        Weekday::Sunday if date.day() == date.days_in_month() => shifted(-2),
        Weekday::Sunday => shifted(1),
        _ => date,
    }
}

impl WeekDays {
    fn matches(&self, date: Date) -> bool {
        let weekday = u32::from(date.weekday().to_sunday_zero_offset().unsigned_abs());
        let day = date.day().unsigned_abs();
        let nth = usize::from((day - 1) / 7);
        has(self.days, weekday)
            || self.nth.get(nth).is_some_and(|bits| has(*bits, weekday))
            || has(self.last, weekday) && day + 7 > date.days_in_month().unsigned_abs()
    }
}

fn bits(set: u64, values: std::ops::Range<u32>) -> impl Iterator<Item = u32> {
    values.filter(move |value| has(set, *value))
}

const fn has(bits: u64, value: u32) -> bool {
    value < 64 && bits >> value & 1 == 1
}

/// The first value that is set, from `from` on.
const fn first(bits: u64, from: u32) -> Option<u32> {
    if from >= 64 {
        return None;
    }
    let rest = bits >> from;
    if rest == 0 { None } else { Some(from + rest.trailing_zeros()) }
}

fn time(hour: u32, minute: u32, second: u32) -> Option<Time> {
    let [hour, minute, second] = [hour, minute, second].map(|n| i8::try_from(n).ok());
    Time::new(hour?, minute?, second?, 0).ok()
}

/// What values a field has, for its reader.
struct Field {
    name: &'static str,
    min: u32,
    max: u32,
    /// Values by name, the first is `min`.
    names: &'static [&'static str],
}

const SECOND: Field = Field { name: "second", min: 0, max: 59, names: &[] };
const MINUTE: Field = Field { name: "minute", min: 0, max: 59, names: &[] };
const HOUR: Field = Field { name: "hour", min: 0, max: 23, names: &[] };
const MONTH_DAY: Field = Field { name: "day of the month", min: 1, max: 31, names: &[] };
const MONTH: Field = Field { name: "month", min: 1, max: 12, names: &MONTHS };
const WEEKDAY: Field = Field { name: "day of the week", min: 0, max: 7, names: &WEEKDAYS };

impl Field {
    fn wrong(&self, value: &str) -> CronError {
        CronError::Value { field: self.name, value: value.to_owned() }
    }

    fn value(&self, text: &str) -> Result<u32, CronError> {
        if let Some(at) = self.names.iter().position(|name| name.eq_ignore_ascii_case(text)) {
            return Ok(self.min + u32::try_from(at).unwrap_or(0));
        }
        if text.is_empty() || text.len() > 4 || !text.bytes().all(|b| b.is_ascii_digit()) {
            return Err(self.wrong(text));
        }
        let value = text.parse().map_err(|_| self.wrong(text))?;
        if (self.min..=self.max).contains(&value) {
            Ok(value)
        } else {
            Err(CronError::Range { field: self.name, value, min: self.min, max: self.max })
        }
    }

    /// The bits of one item of the list: `*`, `5`, `1-5`, `*/15`, `10-50/20`, `5/10`.
    fn item(&self, text: &str) -> Result<u64, CronError> {
        let (range, step) = match text.split_once('/') {
            Some((range, step)) => {
                let step: u32 = step.parse().ok().filter(|step| *step >= 1).ok_or_else(|| self.wrong(text))?;
                (range, Some(step))
            }
            None => (text, None),
        };
        // Sunday is both ends of the week; a step over all days counts it once.
        let top = if self.max == 7 { 6 } else { self.max };
        let (low, high) = match range.split_once('-') {
            None if matches!(range, "*" | "?") => (self.min, top),
            None => {
                let value = self.value(range)?;
                (value, if step.is_some() { top.max(value) } else { value })
            }
            Some((low, high)) => (self.value(low)?, self.value(high)?),
        };
        let span = self.max + 1 - self.min - u32::from(self.max == 7);
        let high = if high < low { high + span } else { high };
        let step = usize::try_from(step.unwrap_or(1)).unwrap_or(usize::MAX);
        let values = (low..=high).step_by(step).map(|value| (value - self.min) % span + self.min);
        Ok(values.fold(0, |bits, value| bits | 1 << value))
    }

    fn bits(&self, text: &str) -> Result<u64, CronError> {
        text.split(',').try_fold(0, |bits, item| Ok(bits | self.item(item)?))
    }
}

fn is_any(text: &str) -> bool {
    matches!(text, "*" | "?")
}

fn month_days(text: &str) -> Result<Option<MonthDays>, CronError> {
    if is_any(text) {
        return Ok(None);
    }
    let mut days = MonthDays::default();
    for item in text.split(',') {
        let upper = item.to_ascii_uppercase();
        if upper == "L" {
            days.before_last |= 1;
        } else if upper == "LW" {
            days.last_weekday = 1;
        } else if let Some(before) = upper.strip_prefix("L-") {
            let before: u32 = before.parse().ok().filter(|n| *n <= 30).ok_or_else(|| MONTH_DAY.wrong(item))?;
            days.before_last |= 1 << before;
        } else if let Some(day) = upper.strip_suffix('W') {
            days.nearest_weekday |= 1 << MONTH_DAY.value(day)?;
        } else {
            days.days |= MONTH_DAY.item(item)?;
        }
    }
    Ok(Some(days))
}

fn week_days(text: &str) -> Result<Option<WeekDays>, CronError> {
    if is_any(text) {
        return Ok(None);
    }
    let mut days = WeekDays::default();
    for item in text.split(',') {
        if let Some((day, nth)) = item.split_once('#') {
            let bit = 1 << (WEEKDAY.value(day)? % 7);
            match nth.parse::<usize>() {
                Ok(nth @ 1..=5) => days.nth[nth - 1] |= bit,
                Err(_) if nth.eq_ignore_ascii_case("L") => days.last |= bit,
                Ok(_) | Err(_) => return Err(WEEKDAY.wrong(item)),
            }
        } else if let Some(day) = item.strip_suffix(['L', 'l']).filter(|day| !day.is_empty()) {
            days.last |= 1 << (WEEKDAY.value(day)? % 7);
        } else {
            days.days |= WEEKDAY.item(item)?;
        }
    }
    Ok(Some(days))
}

impl FromStr for Cron {
    type Err = CronError;

    fn from_str(text: &str) -> Result<Self, CronError> {
        let text = text.trim();
        if text.len() > TEXT_MAX {
            return Err(CronError::Fields(text.split_whitespace().count()));
        }
        let expression = match text {
            "@hourly" => "0 * * * *",
            "@daily" | "@midnight" => "0 0 * * *",
            "@weekly" => "0 0 * * 0",
            "@monthly" => "0 0 1 * *",
            "@yearly" | "@annually" => "0 0 1 1 *",
            word if word.starts_with('@') => return Err(CronError::Word(word.to_owned())),
            expression => expression,
        };
        let fields: Vec<&str> = expression.split_whitespace().collect();
        let (second, fields) = match fields[..] {
            [minute, hour, day, month, weekday] => ("0", [minute, hour, day, month, weekday]),
            [second, minute, hour, day, month, weekday] => (second, [minute, hour, day, month, weekday]),
            _ => return Err(CronError::Fields(fields.len())),
        };
        let [minute, hour, day, month, weekday] = fields;
        let cron = Self {
            text: text.split_whitespace().collect::<Vec<_>>().join(" "),
            seconds: SECOND.bits(second)?,
            minutes: MINUTE.bits(minute)?,
            hours: if is_any(hour) { Hours::Any } else { Hours::Set(HOUR.bits(hour)?) },
            month_days: month_days(day)?,
            months: MONTH.bits(month)?,
            weekdays: week_days(weekday)?,
        };
        if cron.ever_matches() { Ok(cron) } else { Err(CronError::Never) }
    }
}

impl fmt::Display for Cron {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

#[cfg(test)]
mod tests;

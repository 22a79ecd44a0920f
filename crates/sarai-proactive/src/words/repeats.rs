//! What recurs becomes cron expressions where they can say it, and intervals where they cannot.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time, Weekday};
use sarai_types::Notice;

use super::build::{Builder, Refusal, add, impossible};
use super::clock::{Clock, Meant, Shift};
use super::day::{Day, EdgeOf, Month};
use super::lexicon::{Edge, Nth, Part, Which};
use super::reader::Length;
use crate::rule::{Condition, Weekdays};
use crate::time::{Interval, Schedule, Step};

const DAY_MINUTES: u32 = 24 * 60;
const HOUR_SECONDS: u32 = 60 * 60;
const NAMES: [&str; 7] = ["MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"];
/// How far is looked for the first date of a recurrence, in months. A day that exists at all comes within so many.
const MONTHS_AHEAD: i32 = 12;

/// The days of a cron expression: `day-of-month month day-of-week`.
struct CronDays {
    month_days: String,
    months: String,
    weekdays: String,
}

fn weekdays_field(days: Weekdays) -> String {
    if days == Weekdays::ALL {
        return "*".to_owned();
    }
    if days == Weekdays::WORKDAYS {
        return "MON-FRI".to_owned();
    }
    let names = days.days().filter_map(|day| NAMES.get(usize::from(day.to_monday_zero_offset().unsigned_abs())));
    names.copied().collect::<Vec<_>>().join(",")
}

/// The same days, each one later.
fn next_days(days: Weekdays) -> Weekdays {
    Weekdays::new(days.days().map(Weekday::next)).unwrap_or(days)
}

/// `1,2,3` as `1-3`, `0,15,30,45` as they are.
fn numbers(values: &[u32]) -> String {
    let consecutive = values.len() > 2 && values.windows(2).all(|pair| pair[1] == pair[0] + 1);
    match (values.first(), values.last()) {
        (Some(first), Some(last)) if consecutive => format!("{first}-{last}"),
        _ => values.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
    }
}

/// Cron expressions for some minutes of the day, as few as the fields allow.
fn expressions(minutes: &[u32], days: &CronDays) -> Result<Vec<Schedule>, Refusal> {
    let mut hours_of: BTreeMap<u32, Vec<u32>> = BTreeMap::new();
    for minute in minutes {
        hours_of.entry(minute % 60).or_default().push(minute / 60);
    }
    let mut minutes_of: BTreeMap<Vec<u32>, Vec<u32>> = BTreeMap::new();
    for (minute, mut hours) in hours_of {
        hours.sort_unstable();
        hours.dedup();
        minutes_of.entry(hours).or_default().push(minute);
    }
    let CronDays { month_days, months, weekdays } = days;
    let mut schedules = Vec::new();
    for (hours, minutes) in minutes_of {
        let text = format!("{} {} {month_days} {months} {weekdays}", numbers(&minutes), numbers(&hours));
        match text.parse() {
            Ok(cron) => schedules.push(Schedule::Cron(cron)),
            Err(_) => return impossible(Notice::new("rules-no-such-date")),
        }
    }
    Ok(schedules)
}

fn minute_of(time: Time) -> u32 {
    u32::from(time.hour().unsigned_abs()) * 60 + u32::from(time.minute().unsigned_abs())
}

impl Builder<'_> {
    fn weekdays(&self, days: Weekdays) -> Result<Weekdays, Refusal> {
        let Some(except) = self.when.except else { return Ok(days) };
        let left = days.days().filter(|day| !except.has(*day));
        Weekdays::new(left).map_or_else(|| impossible(Notice::new("rules-window-empty")), Ok)
    }

    pub(super) fn weekly(
        &mut self,
        days: Weekdays,
        weeks: u32,
        from: Option<Timestamp>,
    ) -> Result<Vec<Schedule>, Refusal> {
        let days = self.weekdays(days)?;
        let times = self.times()?;
        if weeks > 1 {
            return self.each_so_many_weeks(days, weeks, &times, from);
        }
        let mut schedules = Vec::new();
        // Midnight of each day is the beginning of the next; of a named one, either.
        for shift in [Shift::SameDay, Shift::NextDay] {
            let minutes: Vec<u32> =
                times.iter().filter(|meant| meant.day == shift).map(|meant| minute_of(meant.time)).collect();
            if minutes.is_empty() {
                continue;
            }
            let named = days != Weekdays::ALL && shift == Shift::NextDay;
            let later = named && self.picks.choose(2, || Notice::new("rules-which-midnight")) == 1;
            let days = if later { next_days(days) } else { days };
            let fields =
                CronDays { month_days: "*".to_owned(), months: "*".to_owned(), weekdays: weekdays_field(days) };
            schedules.extend(expressions(&minutes, &fields)?);
        }
        Ok(schedules)
    }

    fn each_so_many_weeks(
        &mut self,
        days: Weekdays,
        weeks: u32,
        times: &[Meant],
        from: Option<Timestamp>,
    ) -> Result<Vec<Schedule>, Refusal> {
        let step = Step::Days(weeks.saturating_mul(7));
        let start = self.start_of(from);
        let Some(first) = times.iter().map(|meant| meant.time).min() else { return Ok(Vec::new()) };
        // The first day that comes begins the first week of the series.
        let base = self
            .dates_from(start.date())
            .find(|date| days.has(date.weekday()) && self.is_from(date.to_datetime(first), start));
        let Some(base) = base else { return impossible(Notice::new("rules-past")) };
        let mut schedules = Vec::new();
        for date in self.dates_from(base).take(7).filter(|date| days.has(date.weekday())) {
            for meant in times {
                schedules.push(interval(step, date.to_datetime(meant.time))?);
            }
        }
        Ok(schedules)
    }

    /// Where a series begins to be looked for.
    fn start_of(&self, from: Option<Timestamp>) -> DateTime {
        from.map_or_else(|| self.wall(), |from| self.zone.wall(from.max(self.now)))
    }

    fn is_from(&self, at: DateTime, start: DateTime) -> bool {
        at >= start && self.is_ahead(at)
    }

    fn dates_from(&self, date: Date) -> impl Iterator<Item = Date> + use<> {
        std::iter::successors(Some(date), |date| date.tomorrow().ok()).take(370)
    }

    pub(super) fn interval(&mut self, length: Length, from: Option<Timestamp>) -> Result<Vec<Schedule>, Refusal> {
        if length.is_exact() {
            return self.elapsed(length.seconds, from);
        }
        let step = match length {
            Length { months: 0, seconds: 0, days } => Step::Days(days),
            Length { days: 0, seconds: 0, months } => Step::Months(months),
            Length { .. } => return Err(Refusal::Beyond(Notice::new("rules-how-often"))),
        };
        // The series begins today, or where it was said to; what is over already counts as its first time.
        let anchor = match from {
            Some(from) => self.zone.wall(from).date(),
            None => match self.when.days.clone().first() {
                Some(day) => {
                    let noon = Meant { time: jiff::civil::time(23, 59, 59, 0), day: Shift::SameDay };
                    self.dates(day, &[noon])?.first().copied().unwrap_or_else(|| self.today())
                }
                None => self.today(),
            },
        };
        let times = self.times()?;
        times.into_iter().map(|meant| interval(step, anchor.to_datetime(meant.time))).collect()
    }

    /// Hours, minutes and seconds: counted from now, or through a window of each day.
    fn elapsed(&mut self, seconds: u32, from: Option<Timestamp>) -> Result<Vec<Schedule>, Refusal> {
        let limited = self.when.recurrences.iter().find_map(|recurrence| match recurrence {
            super::recur::Recurrence::Weekly { days, weeks: 1 } if *days != Weekdays::ALL => Some(*days),
            _ => None,
        });
        let is_part = self.when.part.is_some() && self.when.clocks.is_empty() && from.is_none();
        if is_part || self.when.window.is_some() || limited.is_some() || self.when.except.is_some() {
            return self.in_window(seconds, limited.unwrap_or(Weekdays::ALL));
        }
        let step = Step::Seconds(seconds);
        // «cada hora» is said of full hours.
        if seconds == HOUR_SECONDS && from.is_none() && self.when.clocks.is_empty() {
            return self.in_window(seconds, Weekdays::ALL);
        }
        let start = match (from, self.when.clocks.first().copied()) {
            (Some(from), _) => self.zone.wall(from),
            (None, Some(clock)) => self.today().to_datetime(self.meant(clock)?.time),
            (None, None) => {
                let wait = jiff::SignedDuration::from_secs(i64::from(seconds));
                self.now.checked_add(wait).map_or_else(|_| self.wall(), |at| self.zone.wall(at))
            }
        };
        Ok(vec![interval(step, start)?])
    }

    fn in_window(&mut self, seconds: u32, days: Weekdays) -> Result<Vec<Schedule>, Refusal> {
        let days = self.weekdays(days)?;
        if !seconds.is_multiple_of(60) {
            return Err(Refusal::Beyond(Notice::new("rules-too-uneven")));
        }
        let hour = |hour: i8| u32::from(hour.unsigned_abs()) * 60;
        let (from, to) = match (self.when.window, self.when.part) {
            (Some(window), _) => self.window(window)?,
            (None, Some(part)) => {
                let (_, end, usual) = super::clock::part_hours(part, self.language);
                (hour(usual), hour(end).min(DAY_MINUTES - 1))
            }
            (None, None) => (0, DAY_MINUTES - 1),
        };
        let step = usize::try_from(seconds / 60).unwrap_or(usize::MAX).max(1);
        let minutes: Vec<u32> = (from..=to).step_by(step).collect();
        let mut schedules = Vec::new();
        for (days, minutes) in [
            (days, minutes.iter().copied().filter(|minute| *minute < DAY_MINUTES).collect::<Vec<_>>()),
            (
                next_days(days),
                minutes.iter().filter(|minute| **minute >= DAY_MINUTES).map(|minute| minute - DAY_MINUTES).collect(),
            ),
        ] {
            let fields =
                CronDays { month_days: "*".to_owned(), months: "*".to_owned(), weekdays: weekdays_field(days) };
            schedules.extend(expressions(&minutes, &fields)?);
        }
        Ok(schedules)
    }

    /// A window in minutes of the day; its end is past midnight if it is earlier than its beginning.
    pub(super) fn window(&mut self, (from, to): (Clock, Clock)) -> Result<(u32, u32), Refusal> {
        let wrong =
            |clock: Clock| Notice::new("rules-no-such-time").arg("time", format!("{}:{:02}", clock.hour, clock.minute));
        let minutes = |clock: Clock| clock.hour * 60 + clock.minute;
        for clock in [from, to] {
            if clock.hour > 24 || clock.minute > 59 {
                return impossible(wrong(clock));
            }
        }
        let half_day = 12 * 60;
        let second = if to.is_open() { None } else { Some(self.closed(to)?) };
        let first = if from.is_open() {
            // «de 4 a 6 de la tarde», "from 9 to 5": the half that makes a window of the day.
            let early = minutes(from);
            if matches!(self.when.part, Some(Part::Evening | Part::Night)) && early < half_day {
                return Ok((early + half_day, self.night_end(to, early + half_day)?));
            }
            match second {
                Some(second) if early + half_day < second && from.hour < 7 => early + half_day,
                Some(_) => early,
                None if from.hour < 7 => early + half_day,
                None => early,
            }
        } else {
            self.closed(from)?
        };
        let second = second.unwrap_or_else(|| {
            let early = minutes(to);
            if early <= first && early + half_day > first && early + half_day < DAY_MINUTES {
                early + half_day
            } else {
                early
            }
        });
        Ok((first, if second < first { second + DAY_MINUTES } else { second }))
    }

    /// The end of a window that begins in the evening: «cada noche de 10 a 2».
    fn night_end(&mut self, to: Clock, first: u32) -> Result<u32, Refusal> {
        let end = if to.is_open() { to.hour * 60 + to.minute } else { self.closed(to)? };
        let later = [end, end + DAY_MINUTES / 2, end + DAY_MINUTES];
        Ok(later.into_iter().find(|end| *end > first).unwrap_or(end))
    }

    /// The same as a condition of the clock on the wall.
    pub(super) fn between(&mut self, window: (Clock, Clock)) -> Result<Condition, Refusal> {
        let (from, to) = self.window(window)?;
        let time = |minutes: u32| {
            let minutes = minutes % DAY_MINUTES;
            let [hour, minute] = [minutes / 60, minutes % 60].map(|n| i8::try_from(n).unwrap_or(0));
            Time::new(hour, minute, 0, 0).unwrap_or_default()
        };
        Ok(Condition::Between { from: time(from), to: time(to) })
    }

    fn closed(&mut self, clock: Clock) -> Result<u32, Refusal> {
        if clock.hour == 24 {
            return Ok(DAY_MINUTES);
        }
        let meant = self.meant(clock)?;
        Ok(minute_of(meant.time) + if meant.day == Shift::NextDay { DAY_MINUTES } else { 0 })
    }

    /// Days of the month or the year that come again.
    pub(super) fn dated(
        &mut self,
        days: &[Day],
        months: u32,
        from: Option<Timestamp>,
    ) -> Result<Vec<Schedule>, Refusal> {
        let times = self.times()?;
        let mut schedules = Vec::new();
        for day in days {
            for schedule in self.one_dated(day, months, &times, from)? {
                schedules.push(schedule);
            }
        }
        Ok(schedules)
    }

    fn one_dated(
        &mut self,
        day: &Day,
        months: u32,
        times: &[Meant],
        from: Option<Timestamp>,
    ) -> Result<Vec<Schedule>, Refusal> {
        let minutes: Vec<u32> = times.iter().map(|meant| minute_of(meant.time)).collect();
        let cron = |month_days: String, month: Option<i8>, weekdays: String| {
            let months = month.map_or_else(|| "*".to_owned(), |month| month.to_string());
            expressions(&minutes, &CronDays { month_days, months, weekdays })
        };
        let yearly = |month: &Month| match month {
            Month::Named(month) => Some(*month),
            Month::Unsaid | Month::Of(_) => None,
        };
        let each = if months.is_multiple_of(12) { 1 } else { months };
        match day {
            Day::Numbered { days, month, .. } => {
                if let Some(month) = yearly(month) {
                    self.check_date(days, month)?;
                    let leap = (&days[..], month) == (&[29], 2);
                    if leap && self.picks.choose(2, || Notice::new("rules-which-leap")) == 0 {
                        return cron(edge_field(Edge::End).to_owned(), Some(month), "*".to_owned());
                    }
                    return cron(numbers(days), Some(month), "*".to_owned());
                }
                if let Some(wrong) = days.iter().find(|day| !(1..=31).contains(*day)) {
                    return impossible(Notice::new("rules-no-such-day").arg("day", wrong));
                }
                if months > 1 {
                    return self.each_so_many_months(days, months, times, from);
                }
                let short = days.iter().find(|day| **day > 28).copied();
                if let Some(day) = short
                    && self.picks.choose(2, || Notice::new("rules-which-short-month").arg("day", day)) == 0
                {
                    return self.each_so_many_months(days, 1, times, from);
                }
                cron(numbers(days), None, "*".to_owned())
            }
            Day::Numeric { first, second, .. } => {
                let (day, month) = (*first, i8::try_from(*second).unwrap_or(0));
                self.check_date(&[day], month)?;
                cron(day.to_string(), Some(month), "*".to_owned())
            }
            Day::Nth { nths, days, month } if each == 1 => {
                let field = nths.iter().flat_map(|nth| {
                    let suffix = match nth {
                        Nth::Number(n) => format!("#{n}"),
                        Nth::Last => "#L".to_owned(),
                    };
                    let names = days
                        .days()
                        .filter_map(|day| NAMES.get(usize::from(day.to_monday_zero_offset().unsigned_abs())));
                    names.map(move |name| format!("{name}{suffix}")).collect::<Vec<_>>()
                });
                cron("*".to_owned(), yearly(month), field.collect::<Vec<_>>().join(","))
            }
            Day::Edge { edge, of: EdgeOf::Month(month) } if each == 1 => {
                cron(edge_field(*edge).to_owned(), yearly(month), "*".to_owned())
            }
            Day::Edge { edge, of: EdgeOf::Year(Which::Every | Which::Plain) } => {
                let (day, month) = year_edge(*edge);
                cron(day.to_string(), Some(month), "*".to_owned())
            }
            Day::Nth { .. } | Day::Edge { .. } => Err(Refusal::Beyond(Notice::new("rules-how-often"))),
            other => self.yearly_from(other, months, times),
        }
    }

    /// Any other day with «cada año» or «cada tres meses»: from its first time on.
    fn yearly_from(&mut self, day: &Day, months: u32, times: &[Meant]) -> Result<Vec<Schedule>, Refusal> {
        let dates = self.dates(day, times)?;
        let mut schedules = Vec::new();
        for date in dates {
            for meant in times {
                schedules.push(interval(Step::Months(months), date.to_datetime(meant.time))?);
            }
        }
        Ok(schedules)
    }

    fn each_so_many_months(
        &mut self,
        days: &[u32],
        months: u32,
        times: &[Meant],
        from: Option<Timestamp>,
    ) -> Result<Vec<Schedule>, Refusal> {
        let start = self.start_of(from);
        let mut schedules = Vec::new();
        for day in days {
            let day = i8::try_from(*day).unwrap_or(0);
            for meant in times {
                let mut month = start.date().first_of_month();
                let mut found = None;
                for _ in 0..=MONTHS_AHEAD {
                    // The first one has the day itself, so that shorter months later only clip it.
                    if let Ok(date) = month.with().day(day).build()
                        && self.is_from(date.to_datetime(meant.time), start)
                    {
                        found = Some(date);
                        break;
                    }
                    month = add(month.to_datetime(Time::midnight()), Length { months: 1, ..Length::default() })
                        .map_or(month, DateTime::date);
                }
                let Some(date) = found else { return impossible(Notice::new("rules-no-such-day").arg("day", day)) };
                // A shorter month may come before the first that has the day.
                let date = self.earlier_clipped(date, months, start, meant.time);
                schedules.push(interval(Step::Months(months), date)?);
            }
        }
        Ok(schedules)
    }

    /// Moves the start of a monthly series back to an earlier month that has the day, if a clipped month lies between:
    /// on 5 April «el 31 de cada mes» begins on 30 April, as the second time of a series from 31 March.
    fn earlier_clipped(&self, date: Date, months: u32, start: DateTime, time: Time) -> DateTime {
        let first = date.to_datetime(time);
        let back = |count: i32| date.checked_sub(jiff::Span::new().months(count)).ok();
        let is_skipped =
            back(1).is_some_and(|clipped| clipped.day() < date.day() && self.is_from(clipped.to_datetime(time), start));
        if months != 1 || !is_skipped {
            return first;
        }
        let full = (2..=3).filter_map(back).find(|earlier| earlier.day() == date.day());
        full.map_or(first, |earlier| earlier.to_datetime(time))
    }

    fn check_date(&self, days: &[u32], month: i8) -> Result<(), Refusal> {
        for day in days {
            // 2028 is a leap year: the 29th of February exists now and then.
            let exists = i8::try_from(*day).is_ok_and(|day| Date::new(2028, month, day).is_ok());
            if !exists {
                return impossible(no_such_date(*day, month));
            }
        }
        Ok(())
    }
}

pub(super) fn no_such_date(day: u32, month: i8) -> Notice {
    if (1..=12).contains(&month) {
        Notice::new("rules-no-such-day-of-month").arg("day", day).arg("month", format!("m{month}"))
    } else {
        Notice::new("rules-no-such-date")
    }
}

fn interval(step: Step, start: DateTime) -> Result<Schedule, Refusal> {
    Interval::new(step, start)
        .map_or_else(|_| Err(Refusal::Beyond(Notice::new("rules-how-often"))), |interval| Ok(Schedule::Every(interval)))
}

const fn edge_field(edge: Edge) -> &'static str {
    match edge {
        Edge::Start => "1",
        Edge::Middle => "15",
        Edge::End => "L",
        Edge::FirstWorkday => "1W",
        Edge::LastWorkday => "LW",
    }
}

pub(super) const fn year_edge(edge: Edge) -> (i8, i8) {
    match edge {
        Edge::Start | Edge::FirstWorkday => (1, 1),
        Edge::Middle => (1, 7),
        Edge::End | Edge::LastWorkday => (31, 12),
    }
}

//! Days to dates: which one is meant, seen from today.

use jiff::civil::{Date, Weekday};
use sarai_types::{Language, Notice};

use super::build::{Builder, Refusal, add, impossible, past};
use super::clock::Meant;
use super::day::{Day, EdgeOf, Month};
use super::lexicon::{Edge, Nth, Which};
use super::reader::Length;
use super::repeats::{no_such_date, year_edge};

/// Where English is written with the day first, and where with the month, by the beginnings of zones.
const DAY_FIRST: &[&str] = &["Europe/London", "Europe/Dublin", "Australia/", "Pacific/Auckland"];
const MONTH_FIRST: &[&str] = &[
    "America/New_York",
    "America/Detroit",
    "America/Kentucky/",
    "America/Indiana/",
    "America/Chicago",
    "America/Menominee",
    "America/North_Dakota/",
    "America/Denver",
    "America/Boise",
    "America/Phoenix",
    "America/Los_Angeles",
    "America/Anchorage",
    "Pacific/Honolulu",
];
/// How many years ahead a date without a year is looked for: 29 February may be eight away.
const YEARS_AHEAD: i16 = 9;

fn plus_days(date: Date, days: i32) -> Result<Date, Refusal> {
    date.checked_add(jiff::Span::new().days(days)).map_or_else(|_| past(), Ok)
}

fn weekday_name(day: Weekday) -> &'static str {
    match day {
        Weekday::Monday => "mon",
        Weekday::Tuesday => "tue",
        Weekday::Wednesday => "wed",
        Weekday::Thursday => "thu",
        Weekday::Friday => "fri",
        Weekday::Saturday => "sat",
        Weekday::Sunday => "sun",
    }
}

impl Builder<'_> {
    /// The dates of a day. The times of day decide whether today is still to come.
    pub(super) fn dates(&mut self, day: &Day, times: &[Meant]) -> Result<Vec<Date>, Refusal> {
        let today = self.today();
        match day {
            Day::Past => past(),
            Day::Relative(days) => Ok(vec![plus_days(today, *days)?]),
            Day::Weekday { days, which } => days.days().map(|day| self.weekday_date(day, *which, times)).collect(),
            Day::OfWeek { day, which } => self.date_of_week(*day, *which),
            Day::Weekend(which) => Ok(vec![self.weekend(*which, times)?]),
            Day::Numbered { days, month, year, weekday } => {
                days.iter().map(|day| self.numbered(*day, *month, *year, *weekday, times)).collect()
            }
            Day::Numeric { first, second, year } => {
                let (day, month) = self.numeric(*first, *second)?;
                let month = i8::try_from(month).unwrap_or(0);
                Ok(vec![self.numbered(day, Month::Named(month), *year, None, times)?])
            }
            Day::Nth { nths, days, month } => {
                let mut dates = Vec::new();
                for nth in nths {
                    for day in days.days() {
                        dates.push(self.nth_date(*nth, day, *month, times)?);
                    }
                }
                Ok(dates)
            }
            Day::Edge { edge, of } => Ok(vec![self.edge_date(*edge, *of, times)?]),
            Day::Month(which) => Ok(vec![self.month_start(*which)?]),
            Day::Year(_) => Date::new(today.year() + 1, 1, 1).map_or_else(|_| past(), |date| Ok(vec![date])),
            Day::Before(length, base) => {
                let base = self.dates(base, times)?;
                let back = jiff::Span::new().try_months(length.months).and_then(|span| span.try_days(length.days));
                let back = back.map_err(|_| Refusal::Impossible(Notice::new("rules-past")))?;
                base.into_iter().map(|date| date.checked_sub(back).map_or_else(|_| past(), Ok)).collect()
            }
            Day::After(length, base) => {
                let base = self.dates(base, times)?;
                let later = base.into_iter().map(|date| add(date.to_datetime(jiff::civil::Time::midnight()), *length));
                later.map(|date| date.map_or_else(past, |date| Ok(date.date()))).collect()
            }
        }
    }

    fn any_ahead(&self, date: Date, times: &[Meant]) -> bool {
        times.iter().any(|meant| self.is_ahead(date.to_datetime(meant.time)))
    }

    fn weekday_date(&mut self, day: Weekday, which: Which, times: &[Meant]) -> Result<Date, Refusal> {
        let today = self.today();
        let wait = i32::from(today.weekday().until(day).unsigned_abs());
        // So many days until the next one that is not today.
        let coming = if wait == 0 { 7 } else { wait };
        match which {
            Which::This | Which::Plain if wait == 0 => {
                // Without a time of its own, today means later today.
                let is_today =
                    self.any_ahead(today, times) || self.when.clocks.is_empty() && self.times_are_ahead_today();
                if !is_today {
                    return plus_days(today, 7);
                }
                let asked = which == Which::Plain;
                let later = asked
                    && self.picks.choose(2, || Notice::new("rules-which-today-or-next").arg("day", weekday_name(day)))
                        == 1;
                plus_days(today, if later { 7 } else { 0 })
            }
            Which::Next if self.language == Language::English => {
                // "next Friday" on a Wednesday is this week's to some and next week's to others.
                let in_this_week = today.weekday().to_monday_zero_offset() < day.to_monday_zero_offset();
                let later = in_this_week
                    && self.picks.choose(2, || Notice::new("rules-which-next").arg("day", weekday_name(day))) == 1;
                plus_days(today, if later { coming + 7 } else { coming })
            }
            Which::Last => past(),
            Which::Plain | Which::This | Which::Next | Which::Every => plus_days(today, coming),
        }
    }

    fn times_are_ahead_today(&self) -> bool {
        let latest = if self.when.part.is_some() { 20 } else { 21 };
        jiff::civil::Time::new(latest, 0, 0, 0).is_ok_and(|time| self.is_ahead(self.today().to_datetime(time)))
    }

    fn monday(&self, which: Which) -> Result<Date, Refusal> {
        let today = self.today();
        let back = i32::from(today.weekday().to_monday_zero_offset());
        plus_days(today, if which == Which::Next { 7 - back } else { -back })
    }

    fn date_of_week(&mut self, day: Option<Weekday>, which: Which) -> Result<Vec<Date>, Refusal> {
        let monday = self.monday(which)?;
        match (day, which) {
            (Some(day), _) => Ok(vec![plus_days(monday, i32::from(day.to_monday_zero_offset()))?]),
            // «la semana que viene» begins on its Monday.
            (None, Which::Next) => Ok(vec![monday]),
            (None, _) => {
                let today = self.today();
                let left = 6 - i32::from(today.weekday().to_monday_zero_offset());
                if left < 1 {
                    return past();
                }
                let days = usize::try_from(left.min(5)).unwrap_or(1);
                let pick = self.picks.choose(days, || Notice::new("rules-which-day"));
                Ok(vec![plus_days(today, i32::try_from(pick).unwrap_or(0) + 1)?])
            }
        }
    }

    fn weekend(&mut self, which: Which, times: &[Meant]) -> Result<Date, Refusal> {
        let today = self.today();
        if matches!(today.weekday(), Weekday::Saturday | Weekday::Sunday)
            && which != Which::Next
            && self.any_ahead(today, times)
        {
            return Ok(today);
        }
        if today.weekday() == Weekday::Saturday && which == Which::This {
            return plus_days(today, 1);
        }
        let wait = i32::from(today.weekday().until(Weekday::Saturday).unsigned_abs());
        let coming = if wait == 0 { 7 } else { wait };
        let asked = which == Which::Next && coming < 6;
        let later = asked && self.picks.choose(2, || Notice::new("rules-which-weekend")) == 1;
        plus_days(today, if later { coming + 7 } else { coming })
    }

    /// Which of two numbers is the day. In Spanish the first; in English where the owner lives tells, or nothing does.
    fn numeric(&mut self, first: u32, second: u32) -> Result<(u32, u32), Refusal> {
        let is_month = |n: u32| (1..=12).contains(&n);
        let zone = self.zone.name();
        let is_in = |zones: &[&str]| zones.iter().any(|name| zone.starts_with(name));
        match (self.language, is_month(first), is_month(second)) {
            (Language::English, _, true) if is_in(DAY_FIRST) => Ok((first, second)),
            (Language::English, true, _) if is_in(MONTH_FIRST) => Ok((second, first)),
            (Language::Spanish, _, true) | (Language::English, false, true) => Ok((first, second)),
            (Language::English, true, false) => Ok((second, first)),
            (Language::English, true, true) if first == second => Ok((first, second)),
            (Language::English, true, true) => {
                let pick = self
                    .picks
                    .choose(2, || Notice::new("rules-which-month-first").arg("first", first).arg("second", second));
                Ok(if pick == 0 { (second, first) } else { (first, second) })
            }
            (Language::Spanish, _, false) | (Language::English, false, false) => {
                impossible(Notice::new("rules-no-such-date"))
            }
        }
    }

    fn numbered(
        &mut self,
        day: u32,
        month: Month,
        year: Option<i16>,
        weekday: Option<Weekday>,
        times: &[Meant],
    ) -> Result<Date, Refusal> {
        let wrong = || Notice::new("rules-no-such-day").arg("day", day);
        let Some(number) = i8::try_from(day).ok().filter(|day| (1..=31).contains(day)) else {
            return impossible(wrong());
        };
        let today = self.today();
        let date = match (month, year) {
            (Month::Named(month), Some(year)) => match Date::new(year, month, number) {
                Ok(date) => date,
                Err(_) => return impossible(no_such_date(day, month)),
            },
            (Month::Named(month), None) => {
                if Date::new(2028, month, number).is_err() {
                    return impossible(no_such_date(day, month));
                }
                let years = today.year()..today.year() + YEARS_AHEAD;
                let dates = years.filter_map(|year| Date::new(year, month, number).ok());
                match dates.into_iter().find(|date| *date >= today) {
                    Some(date) => date,
                    None => return past(),
                }
            }
            (Month::Of(Which::Next), _) => {
                let first = self.month_start(Which::Next)?;
                match first.with().day(number).build() {
                    Ok(date) => date,
                    Err(_) => return impossible(no_such_date(day, first.month())),
                }
            }
            (Month::Of(Which::This), _) => match today.with().day(number).build() {
                Ok(date) => date,
                Err(_) => return impossible(no_such_date(day, today.month())),
            },
            (Month::Unsaid | Month::Of(_), _) => {
                let mut first = today.first_of_month();
                let mut found = None;
                for _ in 0..3 {
                    let date = first.with().day(number).build().ok();
                    found = date.filter(|date| *date > today || *date == today && self.any_ahead(*date, times));
                    if found.is_some() {
                        break;
                    }
                    first = plus_months(first, 1)?;
                }
                match found {
                    Some(date) => date,
                    None => return impossible(wrong()),
                }
            }
        };
        match weekday.filter(|weekday| *weekday != date.weekday()) {
            Some(said) => impossible(
                Notice::new("rules-weekday-mismatch")
                    .arg("said", weekday_name(said))
                    .arg("is", weekday_name(date.weekday()))
                    .arg("date", date),
            ),
            None => Ok(date),
        }
    }

    fn month_start(&self, which: Which) -> Result<Date, Refusal> {
        let first = self.today().first_of_month();
        if which == Which::Next { plus_months(first, 1) } else { Ok(first) }
    }

    fn nth_date(&mut self, nth: Nth, day: Weekday, month: Month, times: &[Meant]) -> Result<Date, Refusal> {
        let of = |first: Date| match nth {
            Nth::Number(n) => first.nth_weekday_of_month(i8::try_from(n).unwrap_or(0), day).ok(),
            Nth::Last => first.nth_weekday_of_month(-1, day).ok(),
        };
        let today = self.today();
        let ahead = |date: &Date| *date > today || *date == today && self.any_ahead(*date, times);
        let found = match month {
            Month::Of(Which::Next) => of(self.month_start(Which::Next)?),
            Month::Of(Which::This) => return of(today.first_of_month()).filter(ahead).map_or_else(past, Ok),
            Month::Named(month) => {
                let years = today.year()..today.year() + YEARS_AHEAD;
                years.filter_map(|year| of(Date::new(year, month, 1).ok()?)).find(ahead)
            }
            Month::Unsaid | Month::Of(_) => {
                let firsts = (0..6).filter_map(|n| plus_months(today.first_of_month(), n).ok());
                firsts.filter_map(of).find(ahead)
            }
        };
        found.map_or_else(|| impossible(Notice::new("rules-no-such-date")), Ok)
    }

    fn edge_date(&mut self, edge: Edge, of: EdgeOf, times: &[Meant]) -> Result<Date, Refusal> {
        let today = self.today();
        let ahead = |date: &Date| *date > today || *date == today && self.any_ahead(*date, times);
        let of_month = |first: Date| match edge {
            Edge::Start => first,
            Edge::Middle => first.with().day(15).build().unwrap_or(first),
            Edge::End => first.last_of_month(),
            Edge::FirstWorkday => workday(first, Date::tomorrow),
            Edge::LastWorkday => workday(first.last_of_month(), Date::yesterday),
        };
        let found = match of {
            EdgeOf::Month(Month::Named(month)) => {
                let years = today.year()..today.year() + YEARS_AHEAD;
                years.filter_map(|year| Date::new(year, month, 1).ok()).map(of_month).find(ahead)
            }
            EdgeOf::Month(Month::Of(Which::Next)) => Some(of_month(self.month_start(Which::Next)?)),
            EdgeOf::Month(_) => {
                let firsts = (0..3).filter_map(|n| plus_months(today.first_of_month(), n).ok());
                firsts.map(of_month).find(ahead)
            }
            EdgeOf::Year(which) => {
                let (day, month) = year_edge(edge);
                let skip = i16::from(which == Which::Next);
                let years = today.year() + skip..today.year() + skip + 2;
                years.filter_map(|year| Date::new(year, month, day).ok()).find(ahead)
            }
            EdgeOf::Week(which) => {
                let monday = self.monday(which)?;
                let day = match edge {
                    Edge::Start | Edge::FirstWorkday => 0,
                    Edge::Middle => 2,
                    Edge::End | Edge::LastWorkday => 4,
                };
                [day, day + 7].into_iter().filter_map(|days| plus_days(monday, days).ok()).find(ahead)
            }
        };
        found.map_or_else(past, Ok)
    }
}

/// The day itself or the next one in some direction that is no weekend.
fn workday(date: Date, step: fn(Date) -> Result<Date, jiff::Error>) -> Date {
    let days = std::iter::successors(Some(date), |date| step(*date).ok());
    days.take(3).find(|date| !matches!(date.weekday(), Weekday::Saturday | Weekday::Sunday)).unwrap_or(date)
}

fn plus_months(first: Date, months: u32) -> Result<Date, Refusal> {
    let later = add(first.to_datetime(jiff::civil::Time::midnight()), Length { months, ..Length::default() });
    later.map_or_else(past, |later| Ok(later.date()))
}

//! The civil calendar, by the algorithms of Howard Hinnant's "chrono-compatible low-level date algorithms".

use std::fmt;

/// A day of the proleptic Gregorian calendar.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Date {
    year: i32,
    month: u8,
    day: u8,
}

impl Date {
    /// Years that people speak about. Outside, nothing is a date.
    pub const YEARS: std::ops::RangeInclusive<i32> = 1000..=9999;

    #[must_use]
    pub fn new(year: i32, month: u8, day: u8) -> Option<Self> {
        let known = Self::YEARS.contains(&year) && (1..=12).contains(&month);
        (known && day >= 1 && day <= days_in(year, month)).then_some(Self { year, month, day })
    }

    /// Days since 1970-01-01.
    #[must_use]
    pub fn days(self) -> i64 {
        let year = i64::from(self.year) - i64::from(self.month <= 2);
        let era = year.div_euclid(400);
        let of_era = year.rem_euclid(400);
        let month = (i64::from(self.month) + 9) % 12;
        let of_year = (153 * month + 2) / 5 + i64::from(self.day) - 1;
        era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
    }

    /// The day so many days after 1970-01-01, held to [`Date::YEARS`].
    #[must_use]
    pub fn from_days(days: i64) -> Self {
        let days = days.clamp(-354_285, 2_932_896) + 719_468;
        let era = days.div_euclid(146_097);
        let of_era = days.rem_euclid(146_097);
        let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
        let of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let shifted = (5 * of_year + 2) / 153;
        let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
        let year = era * 400 + year_of_era + i64::from(month <= 2);
        let narrow = |value: i64| u8::try_from(value).unwrap_or(1);
        Self {
            year: i32::try_from(year).unwrap_or(1970),
            month: narrow(month),
            day: narrow(of_year - (153 * shifted + 2) / 5 + 1),
        }
    }

    #[must_use]
    pub const fn year(self) -> i32 {
        self.year
    }

    #[must_use]
    pub const fn month(self) -> u8 {
        self.month
    }

    #[must_use]
    pub const fn day(self) -> u8 {
        self.day
    }

    #[must_use]
    pub fn plus_days(self, days: i64) -> Self {
        Self::from_days(self.days() + days)
    }

    /// 0 is Monday.
    #[must_use]
    pub fn weekday(self) -> u8 {
        u8::try_from((self.days() + 3).rem_euclid(7)).unwrap_or(0)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:04}-{:02}-{:02}", self.year, self.month, self.day)
    }
}

fn days_in(year: i32, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// A year, a month of it, or a day of that.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum PartialDate {
    Year(i32),
    Month(i32, u8),
    Day(Date),
}

impl PartialDate {
    #[must_use]
    pub fn first(self) -> Date {
        match self {
            Self::Year(year) => Date { year, month: 1, day: 1 },
            Self::Month(year, month) => Date { year, month, day: 1 },
            Self::Day(date) => date,
        }
    }

    #[must_use]
    pub fn last(self) -> Date {
        match self {
            Self::Year(year) => Date { year, month: 12, day: 31 },
            Self::Month(year, month) => Date { year, month, day: days_in(year, month) },
            Self::Day(date) => date,
        }
    }

    /// Reads what [`fmt::Display`] writes.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.split('-');
        let year: i32 = parts.next()?.parse().ok()?;
        let month: Option<u8> = parts.next().map(str::parse).transpose().ok()?;
        let day: Option<u8> = parts.next().map(str::parse).transpose().ok()?;
        if parts.next().is_some() || !Date::YEARS.contains(&year) {
            return None;
        }
        match (month, day) {
            (None, _) => Some(Self::Year(year)),
            (Some(month), None) => (1..=12).contains(&month).then_some(Self::Month(year, month)),
            (Some(month), Some(day)) => Date::new(year, month, day).map(Self::Day),
        }
    }
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Year(year) => write!(f, "{year:04}"),
            Self::Month(year, month) => write!(f, "{year:04}-{month:02}"),
            Self::Day(date) => date.fmt(f),
        }
    }
}

/// An instant, and how far the clocks on the owner's wall are from UTC then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Moment {
    /// Milliseconds since 1970-01-01T00:00:00Z.
    pub utc_ms: i64,
    pub offset_minutes: i16,
}

impl Moment {
    #[must_use]
    pub const fn new(utc_ms: i64, offset_minutes: i16) -> Self {
        Self { utc_ms, offset_minutes }
    }

    /// Noon UTC of a day; for tests and for facts whose day alone is known.
    #[must_use]
    pub fn noon(date: Date) -> Self {
        Self { utc_ms: date.days() * 86_400_000 + 43_200_000, offset_minutes: 0 }
    }

    /// The day on the owner's calendar.
    #[must_use]
    pub fn date(self) -> Date {
        Date::from_days((self.utc_ms.saturating_add(i64::from(self.offset_minutes) * 60_000)).div_euclid(86_400_000))
    }

    /// Reads RFC 3339 (`2026-11-27T10:00:00+01:00`, seconds and zone optional, `Z` known), or a day alone, which is its
    /// noon.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let (day, rest) = text.split_at_checked(10)?;
        let PartialDate::Day(date) = PartialDate::parse(day)? else { return None };
        if rest.is_empty() {
            return Some(Self::noon(date));
        }
        let rest = rest.strip_prefix(['T', 't', ' '])?;
        let zone_at = rest.find(['Z', 'z', '+', '-']).unwrap_or(rest.len());
        let (clock, zone) = rest.split_at(zone_at);
        let mut parts = clock.trim().splitn(3, ':');
        let hour: i64 = parts.next()?.parse().ok()?;
        let minute: i64 = parts.next()?.parse().ok()?;
        let second: f64 = parts.next().map_or(Some(0.0), |s| s.parse().ok())?;
        if !(0..24).contains(&hour) || !(0..60).contains(&minute) || !(0.0..61.0).contains(&second) {
            return None;
        }
        let offset = zone_minutes(zone)?;
        #[expect(clippy::cast_possible_truncation, reason = "under 61,000")]
        let local = date.days() * 86_400_000 + (hour * 60 + minute) * 60_000 + (second * 1000.0) as i64;
        Some(Self { utc_ms: local - i64::from(offset) * 60_000, offset_minutes: offset })
    }
}

fn zone_minutes(zone: &str) -> Option<i16> {
    if zone.is_empty() || zone.eq_ignore_ascii_case("z") {
        return Some(0);
    }
    let sign = if zone.starts_with('-') { -1 } else { 1 };
    let digits: String = zone[1..].chars().filter(|c| *c != ':').collect();
    if digits.len() != 4 {
        return None;
    }
    let value: i16 = digits.parse().ok()?;
    (value / 100 <= 14 && value % 100 < 60).then_some(sign * (value / 100 * 60 + value % 100))
}

impl fmt::Display for Moment {
    /// RFC 3339 with seconds.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let local = self.utc_ms + i64::from(self.offset_minutes) * 60_000;
        let second = local.rem_euclid(86_400_000) / 1000;
        let (sign, offset) =
            if self.offset_minutes < 0 { ('-', -self.offset_minutes) } else { ('+', self.offset_minutes) };
        write!(f, "{}T{:02}:{:02}:{:02}", self.date(), second / 3600, second / 60 % 60, second % 60)?;
        write!(f, "{sign}{:02}:{:02}", offset / 60, offset % 60)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_and_back() {
        for (date, days, weekday) in [((1970, 1, 1), 0, 3), ((2026, 11, 27), 20_784, 4), ((2000, 2, 29), 11_016, 1)] {
            let date = Date::new(date.0, date.1, date.2).unwrap();
            assert_eq!((date.days(), date.weekday()), (days, weekday), "{date}");
            assert_eq!(Date::from_days(days), date);
        }
        assert_eq!(Date::new(2025, 2, 29), None);
        assert_eq!(Date::new(2025, 13, 1), None);
        assert!(Date::from_days(i64::MIN) < Date::from_days(i64::MAX));
    }

    #[test]
    fn moments_as_text() {
        for (text, day, again) in [
            ("2026-11-27T23:30:00+01:00", "2026-11-27", "2026-11-27T23:30:00+01:00"),
            ("2026-11-27T23:30:00Z", "2026-11-27", "2026-11-27T23:30:00+00:00"),
            ("2026-11-27T23:30-0430", "2026-11-27", "2026-11-27T23:30:00-04:30"),
            ("2026-11-27", "2026-11-27", "2026-11-27T12:00:00+00:00"),
        ] {
            let moment = Moment::parse(text).unwrap();
            assert_eq!((moment.date().to_string(), moment.to_string()), (day.to_owned(), again.to_owned()));
        }
        for text in ["", "ayer", "2026-13-01", "2026-11-27T25:00", "2026-11-27T10:00+99:00", "2026-11-27Ñ"] {
            assert_eq!(Moment::parse(text), None, "{text:?}");
        }
    }
}

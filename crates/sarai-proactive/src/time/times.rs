//! All the times of one rule: up to sixteen schedules in one zone, perhaps between two moments.

use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use super::{Cron, CronError, Interval, IntervalError, Zone};

/// The most schedules that one rule has.
const SCHEDULES_MAX: usize = 16;
/// The most times that [`Times::upcoming`] gives.
pub const NEXT_MAX: usize = 100;

/// One way to say when.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Schedule {
    Cron(Cron),
    Every(Interval),
    /// Once, when the wall shows this.
    Once(DateTime),
}

/// Why these are no times.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TimesError {
    #[error(transparent)]
    Cron(#[from] CronError),
    #[error(transparent)]
    Interval(#[from] IntervalError),
    #[error("{0:?} is no date with a time, such as 2026-05-03T10:00")]
    Moment(String),
    #[error("a rule has 1 to {SCHEDULES_MAX} schedules, not {0}")]
    Count(usize),
    #[error("the end is not after the beginning")]
    Window,
    #[error("it never fires: nothing lies between its beginning and its end")]
    Never,
}

/// When a rule is due.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Times {
    schedules: Vec<Schedule>,
    zone: Zone,
    from: Option<Timestamp>,
    until: Option<Timestamp>,
}

/// The times in a stretch of time, as far as a caller needs them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    pub first: Timestamp,
    pub last: Timestamp,
    /// At most [`Due::COUNT_MAX`].
    pub count: u32,
}

impl Due {
    /// More are not counted.
    pub const COUNT_MAX: u32 = 1000;
}

impl Times {
    /// # Errors
    /// Too few or too many schedules, or an empty window.
    pub fn new(
        schedules: Vec<Schedule>,
        zone: Zone,
        from: Option<Timestamp>,
        until: Option<Timestamp>,
    ) -> Result<Self, TimesError> {
        if !(1..=SCHEDULES_MAX).contains(&schedules.len()) {
            return Err(TimesError::Count(schedules.len()));
        }
        if from.zip(until).is_some_and(|(from, until)| from > until) {
            return Err(TimesError::Window);
        }
        let times = Self { schedules, zone, from, until };
        if times.next(Timestamp::MIN).is_none() { Err(TimesError::Never) } else { Ok(times) }
    }

    #[must_use]
    pub fn schedules(&self) -> &[Schedule] {
        &self.schedules
    }

    #[must_use]
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// Nothing is due before this.
    #[must_use]
    pub const fn from(&self) -> Option<Timestamp> {
        self.from
    }

    /// Nothing is due after this.
    #[must_use]
    pub const fn until(&self) -> Option<Timestamp> {
        self.until
    }

    /// The first time after a moment.
    #[must_use]
    pub fn next(&self, after: Timestamp) -> Option<Timestamp> {
        let just_before = |at: Timestamp| at.checked_sub(SignedDuration::from_nanos(1)).unwrap_or(at);
        let after = self.from.map_or(after, |from| after.max(just_before(from)));
        let next = self.schedules.iter().filter_map(|schedule| schedule.next(after, &self.zone)).min()?;
        self.until.is_none_or(|until| next <= until).then_some(next)
    }

    /// The next times after a moment, at most [`NEXT_MAX`].
    #[must_use]
    pub fn upcoming(&self, after: Timestamp, count: usize) -> Vec<Timestamp> {
        std::iter::successors(self.next(after), |at| self.next(*at)).take(count.min(NEXT_MAX)).collect()
    }

    /// What is due after one moment and up to another, the second included. The last is found without walking through
    /// all of them, so that a year asleep costs no more than a minute.
    #[must_use]
    pub fn due(&self, after: Timestamp, until: Timestamp) -> Option<Due> {
        let first = self.next(after).filter(|at| *at <= until)?;
        let (mut count, mut last) = (1, first);
        while let Some(at) = self.next(last).filter(|at| *at <= until) {
            last = at;
            count += 1;
            if count == Due::COUNT_MAX {
                return Some(Due { first, last: self.last(last, until), count });
            }
        }
        Some(Due { first, last, count })
    }

    /// The last time up to `until`, given one of them.
    fn last(&self, mut low: Timestamp, until: Timestamp) -> Timestamp {
        let mut high = until.as_second() + 1;
        while let Some(next) = self.next(low).filter(|at| *at <= until) {
            low = next;
            let middle = low.as_second() + (high - low.as_second()) / 2;
            match Timestamp::from_second(middle).ok().and_then(|middle| self.next(middle)).filter(|at| *at <= until) {
                Some(later) => low = later.max(low),
                None => high = middle,
            }
        }
        low
    }
}

impl Schedule {
    #[must_use]
    pub fn next(&self, after: Timestamp, zone: &Zone) -> Option<Timestamp> {
        match self {
            Self::Cron(cron) => cron.next(after, zone),
            Self::Every(interval) => interval.next(after, zone),
            Self::Once(wall) => zone.moment(*wall).filter(|at| *at > after),
        }
    }
}

impl fmt::Display for Schedule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cron(cron) => cron.fmt(f),
            Self::Every(interval) => interval.fmt(f),
            Self::Once(wall) => wall.fmt(f),
        }
    }
}

impl FromStr for Schedule {
    type Err = TimesError;

    /// A cron expression, `every … from …`, or a date with a time.
    fn from_str(text: &str) -> Result<Self, TimesError> {
        let text = text.trim();
        if text.starts_with("every ") {
            return Ok(Self::Every(text.parse()?));
        }
        let is_date =
            text.len() >= 8 && text.as_bytes()[..4].iter().all(u8::is_ascii_digit) && text[4..].starts_with('-');
        if is_date {
            return match text.parse() {
                Ok(wall) => Ok(Self::Once(wall)),
                Err(_) => Err(TimesError::Moment(text.chars().take(80).collect())),
            };
        }
        Ok(Self::Cron(text.parse()?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(schedules: &[&str], from: Option<&str>, until: Option<&str>) -> Result<Times, TimesError> {
        let schedules = schedules.iter().map(|text| text.parse()).collect::<Result<_, _>>()?;
        let moment = |text: Option<&str>| text.map(|text| text.parse().unwrap());
        Times::new(schedules, "Europe/Madrid".parse().unwrap(), moment(from), moment(until))
    }

    #[test]
    fn several_schedules_and_a_window() {
        let times = times(
            &["0 9 * * MON", "30 18 * * THU", "2026-12-01T12:00"],
            Some("2026-11-30T08:00:00Z"),
            Some("2026-12-07T07:59:59Z"),
        )
        .unwrap();
        let expected = ["2026-11-30T08:00:00Z", "2026-12-01T11:00:00Z", "2026-12-03T17:30:00Z"];
        assert_eq!(times.upcoming(Timestamp::UNIX_EPOCH, 9), expected.map(|at| at.parse().unwrap()));
    }

    #[test]
    fn refused() {
        assert_eq!(times(&[], None, None), Err(TimesError::Count(0)));
        assert_eq!(times(&["0 9 * * *"; 17], None, None), Err(TimesError::Count(17)));
        assert_eq!(
            times(&["@daily"], Some("2026-12-07T00:00:00Z"), Some("2026-12-01T00:00:00Z")),
            Err(TimesError::Window)
        );
        assert_eq!(
            times(&["0 0 1 * *"], Some("2026-12-07T00:00:00Z"), Some("2026-12-08T00:00:00Z")),
            Err(TimesError::Never)
        );
        for text in ["2026-02-30T10:00", "2026-05-03T25:00", "2026-05-03 10"] {
            assert_eq!(times(&[text], None, None).is_ok(), text.ends_with(" 10"), "{text}");
        }
    }

    #[test]
    fn a_stretch_of_time() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let every_second = times(&["* * * * * *"], None, None).unwrap();
        let due = every_second.due(at("2020-01-01T00:00:00Z"), at("2026-01-01T00:00:00.5Z")).unwrap();
        assert_eq!((due.last, due.count), (at("2026-01-01T00:00:00Z"), Due::COUNT_MAX));

        let of_january = times(&["* * * 1 *"], None, None).unwrap();
        let due = of_january.due(at("2020-06-01T00:00:00Z"), at("2026-06-01T00:00:00Z")).unwrap();
        assert_eq!(due.last, at("2026-01-31T22:59:00Z"));

        let daily = times(&["0 9 * * *"], None, None).unwrap();
        let due = daily.due(at("2026-11-01T08:00:00Z"), at("2026-11-04T08:00:00Z")).unwrap();
        assert_eq!((due.first, due.last, due.count), (at("2026-11-02T08:00:00Z"), at("2026-11-04T08:00:00Z"), 3));
        assert_eq!(daily.due(at("2026-11-01T08:00:00Z"), at("2026-11-02T07:59:59Z")), None);
    }
}

//! Intervals that do not drift: each time is counted from the start, not from the one before.

use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::{Span, Timestamp};

use super::Zone;

/// The longest step: 50 years of days, or of months.
const DAYS_MAX: u32 = 50 * 366;
const MONTHS_MAX: u32 = 50 * 12;
const SECONDS_MAX: u32 = 50 * 366 * 86_400;

/// The distance from one time to the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Elapsed time, which knows no clock changes. At least a second.
    Seconds(u32),
    /// Days on the calendar, at the same time on the wall.
    Days(u32),
    /// Months on the calendar. A day that a month does not have is its last: 31 January, 28 February, 31 March.
    Months(u32),
}

/// Why this is no interval.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IntervalError {
    #[error("an interval is between a second and 50 years")]
    Step,
    #[error("{0:?} is not an interval: write `every 90m from 2026-05-01T09:00`, with s, m, h, d, w, mo or y")]
    Text(String),
}

/// `every 2w from 2026-05-01T17:00`. The start is what the wall shows in the rule's zone, and is the first time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Interval {
    step: Step,
    start: DateTime,
}

impl Interval {
    /// # Errors
    /// [`IntervalError::Step`].
    pub fn new(step: Step, start: DateTime) -> Result<Self, IntervalError> {
        let fits = match step {
            Step::Seconds(n) => (1..=SECONDS_MAX).contains(&n),
            Step::Days(n) => (1..=DAYS_MAX).contains(&n),
            Step::Months(n) => (1..=MONTHS_MAX).contains(&n),
        };
        if fits { Ok(Self { step, start }) } else { Err(IntervalError::Step) }
    }

    #[must_use]
    pub const fn step(&self) -> Step {
        self.step
    }

    #[must_use]
    pub const fn start(&self) -> DateTime {
        self.start
    }

    /// The first time after a moment.
    #[must_use]
    pub fn next(&self, after: Timestamp, zone: &Zone) -> Option<Timestamp> {
        if let Step::Seconds(seconds) = self.step {
            let start = zone.moment(self.start)?;
            let passed = after.as_second().saturating_sub(start.as_second());
            let count = if after < start { 0 } else { passed / i64::from(seconds) + 1 };
            return Timestamp::new(
                start.as_second().checked_add(count.checked_mul(i64::from(seconds))?)?,
                start.subsec_nanosecond(),
            )
            .ok();
        }
        // The number of steps up to the moment by the calendar, or one less because of the time of day; then forward.
        let wall = zone.wall(after);
        let days = (wall.date() - self.start.date()).get_days();
        let passed = match self.step {
            Step::Seconds(_) => 0,
            Step::Days(n) => i64::from(days) / i64::from(n),
            Step::Months(n) => {
                let months = (i64::from(wall.year()) - i64::from(self.start.year())) * 12 + i64::from(wall.month())
                    - i64::from(self.start.month());
                months / i64::from(n)
            }
        };
        let first = (passed - 1).max(0);
        (first..first + 4).find_map(|count| zone.moment(self.nth(count)?).filter(|moment| *moment > after))
    }

    fn nth(&self, count: i64) -> Option<DateTime> {
        let span = match self.step {
            Step::Seconds(_) => return None,
            Step::Days(n) => Span::new().try_days(count.checked_mul(i64::from(n))?),
            Step::Months(n) => Span::new().try_months(count.checked_mul(i64::from(n))?),
        };
        self.start.checked_add(span.ok()?).ok()
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Seconds(n) if n.is_multiple_of(3600) => write!(f, "{}h", n / 3600),
            Self::Seconds(n) if n.is_multiple_of(60) => write!(f, "{}m", n / 60),
            Self::Seconds(n) => write!(f, "{n}s"),
            Self::Days(n) if n.is_multiple_of(7) => write!(f, "{}w", n / 7),
            Self::Days(n) => write!(f, "{n}d"),
            Self::Months(n) if n.is_multiple_of(12) => write!(f, "{}y", n / 12),
            Self::Months(n) => write!(f, "{n}mo"),
        }
    }
}

impl FromStr for Step {
    type Err = IntervalError;

    fn from_str(text: &str) -> Result<Self, IntervalError> {
        let wrong = || IntervalError::Text(text.chars().take(80).collect());
        let at = text.find(|c: char| !c.is_ascii_digit()).ok_or_else(wrong)?;
        let (digits, unit) = text.split_at(at);
        let count: u32 = digits.parse().map_err(|_| wrong())?;
        let times = |factor: u32| count.checked_mul(factor).ok_or_else(wrong);
        match unit {
            "s" => Ok(Self::Seconds(count)),
            "m" => Ok(Self::Seconds(times(60)?)),
            "h" => Ok(Self::Seconds(times(3600)?)),
            "d" => Ok(Self::Days(count)),
            "w" => Ok(Self::Days(times(7)?)),
            "mo" => Ok(Self::Months(count)),
            "y" => Ok(Self::Months(times(12)?)),
            _ => Err(wrong()),
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "every {} from {}", self.step, self.start)
    }
}

impl FromStr for Interval {
    type Err = IntervalError;

    fn from_str(text: &str) -> Result<Self, IntervalError> {
        let wrong = || IntervalError::Text(text.chars().take(80).collect());
        let words: Vec<&str> = text.split_whitespace().collect();
        let [every, step, from, start] = words[..] else { return Err(wrong()) };
        if every != "every" || from != "from" {
            return Err(wrong());
        }
        Self::new(step.parse()?, start.parse().map_err(|_| wrong())?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times() {
        for (interval, after, expected) in [
            (
                "every 2w from 2026-11-27T17:00",
                "2026-11-27T00:00:00Z",
                &["2026-11-27T16:00:00Z", "2026-12-11T16:00:00Z"][..],
            ),
            (
                "every 90m from 2026-11-27T09:00",
                "2026-11-27T08:00:00Z",
                &["2026-11-27T09:30:00Z", "2026-11-27T11:00:00Z"],
            ),
            // A day is a day on the calendar, an hour is an hour that passes.
            (
                "every 1d from 2026-03-28T09:00",
                "2026-03-28T07:00:00Z",
                &["2026-03-28T08:00:00Z", "2026-03-29T07:00:00Z"],
            ),
            (
                "every 24h from 2026-03-28T09:00",
                "2026-03-28T07:00:00Z",
                &["2026-03-28T08:00:00Z", "2026-03-29T08:00:00Z"],
            ),
            (
                "every 1mo from 2026-01-31T09:00",
                "2026-02-01T00:00:00Z",
                &["2026-02-28T08:00:00Z", "2026-03-31T07:00:00Z"],
            ),
            (
                "every 1y from 2028-02-29T09:00",
                "2028-03-01T00:00:00Z",
                &["2029-02-28T08:00:00Z", "2030-02-28T08:00:00Z"],
            ),
            (
                "every 15d from 2020-01-01T09:00",
                "2026-11-27T09:00:00Z",
                &["2026-12-10T08:00:00Z", "2026-12-25T08:00:00Z"],
            ),
            // In the gap and in the overlap.
            (
                "every 1d from 2026-03-28T02:30",
                "2026-03-28T12:00:00Z",
                &["2026-03-29T01:00:00Z", "2026-03-30T00:30:00Z"],
            ),
            (
                "every 1d from 2026-10-24T02:30",
                "2026-10-24T12:00:00Z",
                &["2026-10-25T00:30:00Z", "2026-10-26T01:30:00Z"],
            ),
            ("every 1s from 2026-11-27T09:00", "2020-01-01T00:00:00Z", &["2026-11-27T08:00:00Z"]),
        ] {
            let zone: Zone = "Europe/Madrid".parse().unwrap();
            let interval: Interval = interval.parse().unwrap();
            let mut at: Timestamp = after.parse().unwrap();
            for expected in expected {
                at = interval.next(at, &zone).unwrap();
                assert_eq!(at, expected.parse().unwrap(), "{interval}");
            }
        }
    }

    #[test]
    fn text_there_and_back() {
        for text in ["30s", "90m", "36h", "15d", "2w", "5mo", "3y"] {
            let text = format!("every {text} from 2026-05-01T09:00:00");
            assert_eq!(text.parse::<Interval>().unwrap().to_string(), text);
        }
        for text in [
            "every 0s from 2026-05-01T09:00",
            "every 51y from 2026-05-01T09:00",
            "every 5x from 2026-05-01T09:00",
            "every 2w",
            "every -1d from 2026-05-01T09:00",
            "every 99999999999d from 2026-05-01T09:00",
            "",
        ] {
            assert!(text.parse::<Interval>().is_err(), "{text}");
        }
    }

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

        /// The times after a moment are those of the whole series, none left out and none twice.
        #[test]
        fn no_time_is_lost(step in 0..3, n in 1..40_u32, skip in 0..50_usize, offset in 0..86_400_i64) {
            let zone: Zone = "Europe/Madrid".parse().unwrap();
            let step = [Step::Seconds(n * 977), Step::Days(n), Step::Months(n)][usize::try_from(step).unwrap()];
            let interval = Interval::new(step, "2026-01-31T02:30:00".parse().unwrap()).unwrap();
            let mut series = vec![interval.next(Timestamp::UNIX_EPOCH, &zone).unwrap()];
            for _ in 0..51 {
                series.push(interval.next(series[series.len() - 1], &zone).unwrap());
            }
            proptest::prop_assert!(series.windows(2).all(|pair| pair[0] < pair[1]));
            let after = Timestamp::from_second(series[skip].as_second() + offset).unwrap();
            let expected = series.iter().copied().find(|at| *at > after);
            if let Some(expected) = expected {
                proptest::prop_assert_eq!(interval.next(after, &zone), Some(expected));
            }
        }
    }
}

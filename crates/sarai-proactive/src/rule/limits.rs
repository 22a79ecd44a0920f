//! What keeps a rule in bounds.

use std::fmt;
use std::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{DateTime, Time};

use crate::time::Zone;

/// 1 (most urgent) to 10. Among tasks that are due together, a smaller number goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Priority(u8);

impl Priority {
    pub const MIN: u8 = 1;
    pub const MAX: u8 = 10;

    #[must_use]
    pub const fn new(value: u8) -> Option<Self> {
        if Self::MIN <= value && value <= Self::MAX { Some(Self(value)) } else { None }
    }

    #[must_use]
    pub const fn get(self) -> u8 {
        self.0
    }
}

impl Default for Priority {
    fn default() -> Self {
        Self(5)
    }
}

impl fmt::Display for Priority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// What becomes of times that passed while nobody looked: the computer was off or asleep.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum OnMissed {
    /// Once, as soon as possible, however many were missed.
    RunOnce,
    /// Only the log knows.
    Skip,
    /// The owner is told that it did not happen.
    Report,
}

impl OnMissed {
    pub const ALL: [Self; 3] = [Self::RunOnce, Self::Skip, Self::Report];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::RunOnce => "run_once",
            Self::Skip => "skip",
            Self::Report => "report",
        }
    }
}

/// How often a rule may act. None is no limit of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Budget {
    pub per_hour: Option<u16>,
    pub per_day: Option<u16>,
}

impl Budget {
    pub const UNLIMITED: Self = Self { per_hour: None, per_day: None };
    /// The most that either may say.
    pub const MAX: u16 = 1000;
}

impl Default for Budget {
    fn default() -> Self {
        Self { per_hour: Some(4), per_day: Some(24) }
    }
}

/// Whether a rule speaks in quiet hours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum QuietRule {
    /// It waits until they are over.
    Respect,
    Exempt,
}

/// Whether a rule says the same thing again within a day.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Repeat {
    Allowed,
    /// Not within [`Repeat::WINDOW_HOURS`] after it was said. Things are the same if they have the same key; without a
    /// key of its own, a rule's key is its name and what happened (which file, which disk).
    Suppressed {
        key: Option<String>,
    },
}

impl Repeat {
    pub const WINDOW_HOURS: i64 = 24;
    /// The longest key, in characters.
    pub const KEY_MAX: usize = 100;
}

impl Default for Repeat {
    fn default() -> Self {
        Self::Suppressed { key: None }
    }
}

/// What it means that the owner puts a message of the rule away unread.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Dismissals {
    /// Each one in a row doubles the pause until the next message.
    LowerRate,
    Ignore,
}

/// The hours in which nobody is disturbed: `22:30-07:30`, by the clock of one zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QuietHours {
    from: Time,
    to: Time,
    zone: Zone,
}

/// These are no hours.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0:?} are no hours: write `22:30-07:30`")]
pub struct QuietHoursError(pub String);

impl QuietHours {
    #[must_use]
    pub fn new(from: Time, to: Time, zone: Zone) -> Option<Self> {
        (from != to).then_some(Self { from, to, zone })
    }

    /// # Errors
    /// If the text is not two different times of day.
    pub fn read(text: &str, zone: Zone) -> Result<Self, QuietHoursError> {
        let wrong = || QuietHoursError(text.chars().take(40).collect());
        let (from, to) = text.split_once('-').ok_or_else(wrong)?;
        let [from, to] = [from, to].map(|time| Time::from_str(time.trim()).map_err(|_| wrong()));
        Self::new(from?, to?, zone).ok_or_else(wrong)
    }

    /// When the quiet ends in which a moment lies; none if it lies in no quiet.
    #[must_use]
    pub fn end(&self, at: Timestamp) -> Option<Timestamp> {
        let wall = self.zone.wall(at);
        let (date, time) = (wall.date(), wall.time());
        let end: DateTime = if self.from < self.to {
            (self.from..self.to).contains(&time).then(|| date.to_datetime(self.to))?
        } else if time >= self.from {
            date.tomorrow().ok()?.to_datetime(self.to)
        } else {
            (time < self.to).then(|| date.to_datetime(self.to))?
        };
        // In the second pass of an overlap the end may have been; then it is over.
        self.zone.moment(end).filter(|end| *end > at)
    }
}

impl fmt::Display for QuietHours {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.from.strftime("%H:%M"), self.to.strftime("%H:%M"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quiet_hours() {
        for (hours, at, expected) in [
            ("22:30-07:30", "2026-11-26T22:29:59+01:00", None),
            ("22:30-07:30", "2026-11-26T22:30:00+01:00", Some("2026-11-27T07:30:00+01:00")),
            ("22:30-07:30", "2026-11-27T03:00:00+01:00", Some("2026-11-27T07:30:00+01:00")),
            ("22:30-07:30", "2026-11-27T07:30:00+01:00", None),
            ("14:00-16:00", "2026-11-27T15:00:00+01:00", Some("2026-11-27T16:00:00+01:00")),
            ("14:00-16:00", "2026-11-27T16:00:00+01:00", None),
            // The night of a clock change.
            ("22:30-07:30", "2026-03-28T23:00:00+01:00", Some("2026-03-29T07:30:00+02:00")),
            ("01:00-02:30", "2026-10-25T02:15:00+02:00", Some("2026-10-25T02:30:00+02:00")),
            ("01:00-02:30", "2026-10-25T02:15:00+01:00", None),
        ] {
            let quiet = QuietHours::read(hours, "Europe/Madrid".parse().unwrap()).unwrap();
            let expected = expected.map(|end| end.parse().unwrap());
            assert_eq!(quiet.end(at.parse().unwrap()), expected, "{hours} {at}");
        }
        for text in ["", "22:30", "22:30-22:30", "25:00-07:00", "nine-ten"] {
            assert!(QuietHours::read(text, Zone::UTC).is_err(), "{text}");
        }
    }
}

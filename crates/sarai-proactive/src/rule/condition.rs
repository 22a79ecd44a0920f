//! What must hold at the moment when a rule would act.

use std::fmt;
use std::str::FromStr;

use jiff::civil::{Time, Weekday};

use super::amount::{Level, Resource};
use super::trigger::{WatchError, duration, duration_text};

/// One condition. It knows nothing but the readings that the shell took and the clock on the wall.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Condition {
    Level(Level),
    /// The owner has not touched the computer for so many seconds.
    Idle {
        seconds: u32,
    },
    /// Between two times of day, the first included; over midnight if the second is earlier.
    Between {
        from: Time,
        to: Time,
    },
    On(Weekdays),
}

/// Some days of the week, at least one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Weekdays(u8);

impl Weekdays {
    pub const WORKDAYS: Self = Self(0b001_1111);
    pub const WEEKEND: Self = Self(0b110_0000);
    pub const ALL: Self = Self(0b111_1111);
    const NAMES: [&'static str; 7] = ["mon", "tue", "wed", "thu", "fri", "sat", "sun"];

    /// None if there are no days.
    #[must_use]
    pub fn new(days: impl IntoIterator<Item = Weekday>) -> Option<Self> {
        let bits = days.into_iter().fold(0, |bits, day| bits | Self::bit(day));
        (bits != 0).then_some(Self(bits))
    }

    const fn bit(day: Weekday) -> u8 {
        1 << day.to_monday_zero_offset()
    }

    #[must_use]
    pub const fn has(self, day: Weekday) -> bool {
        self.0 & Self::bit(day) != 0
    }

    /// From Monday on.
    pub fn days(self) -> impl Iterator<Item = Weekday> {
        (0..7).filter_map(|n| Weekday::from_monday_zero_offset(n).ok()).filter(move |day| self.has(*day))
    }

    #[must_use]
    pub const fn count(self) -> u32 {
        self.0.count_ones()
    }

    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }
}

impl fmt::Display for Weekdays {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = (0..).zip(Self::NAMES).filter(|(n, _)| self.0 >> n & 1 == 1).map(|(_, name)| name);
        f.write_str(&names.collect::<Vec<_>>().join(","))
    }
}

impl FromStr for Weekdays {
    type Err = WatchError;

    /// `mon,wed`, `mon-fri`.
    fn from_str(text: &str) -> Result<Self, WatchError> {
        let wrong = || WatchError(text.chars().take(80).collect());
        let day = |name: &str| Self::NAMES.iter().position(|known| known.eq_ignore_ascii_case(name.trim()));
        let mut bits = 0_u8;
        for item in text.split(',') {
            let (from, to) = item.split_once('-').unwrap_or((item, item));
            let (from, to) = day(from).zip(day(to)).ok_or_else(wrong)?;
            let to = if to < from { to + 7 } else { to };
            bits = (from..=to).fold(bits, |bits, n| bits | 1 << (n % 7));
        }
        Ok(Self(bits))
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Level(level) => level.fmt(f),
            Self::Idle { seconds } => write!(f, "idle {}", duration_text(*seconds)),
            Self::Between { from, to } => write!(f, "between {} and {}", from.strftime("%H:%M"), to.strftime("%H:%M")),
            Self::On(days) => write!(f, "on {days}"),
        }
    }
}

impl FromStr for Condition {
    type Err = WatchError;

    fn from_str(text: &str) -> Result<Self, WatchError> {
        let wrong = || WatchError(text.chars().take(80).collect());
        let text = text.trim();
        if let Some(days) = text.strip_prefix("on ") {
            return Ok(Self::On(days.parse()?));
        }
        if let Some(wait) = text.strip_prefix("idle ") {
            return Ok(Self::Idle { seconds: duration(wait).ok_or_else(wrong)? });
        }
        if let Some(window) = text.strip_prefix("between ") {
            let (from, to) = window.split_once(" and ").ok_or_else(wrong)?;
            let [from, to] = [from, to].map(|time| time.trim().parse::<Time>().map_err(|_| wrong()));
            return Ok(Self::Between { from: from?, to: to? });
        }
        text.parse().map(Self::Level).map_err(|_| wrong())
    }
}

impl Condition {
    /// What has to be measured for it.
    #[must_use]
    pub const fn resource(&self) -> Option<&Resource> {
        match self {
            Self::Level(level) => Some(&level.resource),
            Self::Idle { .. } | Self::Between { .. } | Self::On(_) => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_there_and_back() {
        for text in ["memory used > 80%", "idle 30m", "between 22:00 and 07:30", "on mon,tue,sun"] {
            assert_eq!(text.parse::<Condition>().unwrap().to_string(), text);
        }
        assert_eq!("mon-fri".parse(), Ok(Weekdays::WORKDAYS));
        assert_eq!("sat-mon".parse::<Weekdays>().unwrap().to_string(), "mon,sat,sun");
        for text in ["", "on ", "on lunes", "idle", "idle x", "between 9 and", "between 25:00 and 07:00"] {
            assert!(text.parse::<Condition>().is_err(), "{text}");
        }
    }
}

//! Thresholds: how much of a resource is used or free.

use std::fmt;
use std::str::FromStr;

/// A share or a number of bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Amount {
    /// In tenths of a percent, 1 to 999.
    PerMille(u16),
    /// At least one.
    Bytes(u64),
}

/// Why a text is no amount or no level.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AmountError {
    #[error("{0:?} is not an amount: write `80%`, `5GB` or `512MiB`")]
    Amount(String),
    #[error("{0:?} is not a level: write `memory used > 80%` or `disk free < 5GB on /home`")]
    Level(String),
}

const UNITS: [(&str, u64); 9] = [
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("KiB", 1 << 10),
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("KB", 1000),
    ("B", 1),
];

impl Amount {
    /// Whether `part` of `total` is more than this.
    #[must_use]
    pub fn is_exceeded_by(self, part: u64, total: u64) -> bool {
        match self {
            Self::PerMille(share) => u128::from(part) * 1000 > u128::from(total) * u128::from(share),
            Self::Bytes(bytes) => part > bytes,
        }
    }

    /// Whether `part` of `total` is less than this.
    #[must_use]
    pub fn is_missed_by(self, part: u64, total: u64) -> bool {
        match self {
            Self::PerMille(share) => u128::from(part) * 1000 < u128::from(total) * u128::from(share),
            Self::Bytes(bytes) => part < bytes,
        }
    }
}

impl fmt::Display for Amount {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::PerMille(share) if share.is_multiple_of(10) => write!(f, "{}%", share / 10),
            Self::PerMille(share) => write!(f, "{}.{}%", share / 10, share % 10),
            Self::Bytes(bytes) => {
                // Decimal units first, as people write them; both kinds are exact.
                let units = UNITS[4..].iter().take(3).chain(&UNITS[..4]).chain(&UNITS[7..]);
                let (name, factor) =
                    units.copied().find(|(_, factor)| bytes.is_multiple_of(*factor)).unwrap_or(("B", 1));
                write!(f, "{}{name}", bytes / factor)
            }
        }
    }
}

impl FromStr for Amount {
    type Err = AmountError;

    /// `80%`, `12.5 %`, `5GB`, `1.5 GiB`.
    fn from_str(text: &str) -> Result<Self, AmountError> {
        let wrong = || AmountError::Amount(text.chars().take(40).collect());
        let text = text.trim();
        let at = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).ok_or_else(wrong)?;
        let (number, unit) = text.split_at(at);
        // In thousandths, so that no float decides about bytes.
        let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
        if fraction.len() > 3 {
            return Err(wrong());
        }
        let thousandths = format!("{whole}{fraction:0<3}").parse::<u64>().map_err(|_| wrong())?;
        let unit = unit.trim();
        if unit == "%" {
            let share = thousandths / 100;
            return match u16::try_from(share) {
                Ok(share @ 1..=999) if thousandths.is_multiple_of(100) => Ok(Self::PerMille(share)),
                Ok(_) | Err(_) => Err(wrong()),
            };
        }
        let (_, factor) = UNITS.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit)).ok_or_else(wrong)?;
        let bytes = u128::from(thousandths) * u128::from(*factor) / 1000;
        u64::try_from(bytes).ok().filter(|bytes| *bytes > 0).map(Self::Bytes).ok_or_else(wrong)
    }
}

/// What is measured.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Resource {
    /// Main memory.
    Memory,
    /// The file system that holds this path; none stands for the one of SARAi's own state.
    Disk { path: Option<String> },
}

/// Which side of the amount counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Side {
    UsedAbove,
    FreeBelow,
}

/// `memory used > 80%`, `disk free < 5GB on /home`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Level {
    pub resource: Resource,
    pub side: Side,
    pub amount: Amount,
}

impl Level {
    /// Whether the level is crossed, strictly: exactly at the threshold it is not.
    #[must_use]
    pub fn is_crossed(&self, free_bytes: u64, total_bytes: u64) -> bool {
        match self.side {
            Side::UsedAbove => self.amount.is_exceeded_by(total_bytes.saturating_sub(free_bytes), total_bytes),
            Side::FreeBelow => self.amount.is_missed_by(free_bytes, total_bytes),
        }
    }
}

impl fmt::Display for Level {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = match self.resource {
            Resource::Memory => "memory",
            Resource::Disk { .. } => "disk",
        };
        let side = match self.side {
            Side::UsedAbove => "used >",
            Side::FreeBelow => "free <",
        };
        write!(f, "{name} {side} {}", self.amount)?;
        match &self.resource {
            Resource::Disk { path: Some(path) } => write!(f, " on {path}"),
            Resource::Disk { path: None } | Resource::Memory => Ok(()),
        }
    }
}

impl FromStr for Level {
    type Err = AmountError;

    fn from_str(text: &str) -> Result<Self, AmountError> {
        let wrong = || AmountError::Level(text.chars().take(80).collect());
        let (name, rest) = text.trim().split_once(' ').ok_or_else(wrong)?;
        let rest = rest.trim_start();
        let side = |word: &str, sign: char| rest.strip_prefix(word)?.trim_start().strip_prefix(sign);
        let (side, rest) = match (side("used", '>'), side("free", '<')) {
            (Some(rest), _) => (Side::UsedAbove, rest),
            (None, Some(rest)) => (Side::FreeBelow, rest),
            (None, None) => return Err(wrong()),
        };
        let (amount, path) = match rest.split_once(" on ") {
            Some((amount, path)) => (amount, Some(path.trim().to_owned()).filter(|path| !path.is_empty())),
            None => (rest, None),
        };
        let resource = match (name, path) {
            ("memory", None) => Resource::Memory,
            ("disk", path) => Resource::Disk { path },
            _ => return Err(wrong()),
        };
        Ok(Self { resource, side, amount: amount.parse()? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_there_and_back() {
        for text in [
            "memory used > 80%",
            "disk free < 5GB on /home/ana maria",
            "disk free < 12.5%",
            "memory free < 512MiB",
            "memory used > 1500MB",
            "disk free < 1KB",
            "memory used > 1023B",
        ] {
            assert_eq!(text.parse::<Level>().map(|level| level.to_string()), Ok(text.to_owned()));
        }
        assert_eq!("1.5 gib".parse(), Ok(Amount::Bytes(3 << 29)));
        for text in [
            "memory used > 0%",
            "memory used > 100%",
            "memory used < 80%",
            "memory used > 80",
            "cpu used > 80%",
            "memory used > 5XB",
            "disk free < 99999999999999TB",
            "memory used > 1% on /",
            "disk free < 0B",
            "",
        ] {
            assert!(text.parse::<Level>().is_err(), "{text}");
        }
    }

    #[test]
    fn crossings_are_strict() {
        for (level, free, total, expected) in [
            ("memory used > 80%", 200, 1000, false),
            ("memory used > 80%", 199, 1000, true),
            ("memory used > 10GB", 6_000_000_000, 16_000_000_000, false),
            ("memory used > 10GB", 5_999_999_999, 16_000_000_000, true),
            ("disk free < 10%", 100, 1000, false),
            ("disk free < 10%", 99, 1000, true),
            ("disk free < 5GB", 5_000_000_000, u64::MAX, false),
            ("disk free < 5GB", 4_999_999_999, u64::MAX, true),
        ] {
            assert_eq!(level.parse::<Level>().unwrap().is_crossed(free, total), expected, "{level} {free}/{total}");
        }
    }
}

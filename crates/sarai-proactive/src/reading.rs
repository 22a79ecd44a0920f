//! What the shell measured just before a step: the only things that conditions and watches know of the computer.

use std::collections::BTreeMap;

use crate::rule::{Condition, Level, Resource};
use crate::time::Zone;
use jiff::Timestamp;

/// How full something is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Capacity {
    pub free_bytes: u64,
    pub total_bytes: u64,
}

/// What was measured. What is missing could not be measured, and nothing that depends on it holds.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Readings {
    pub memory: Option<Capacity>,
    /// By the path that a rule names; none stands for the file system of SARAi's own state.
    pub disks: BTreeMap<Option<String>, Capacity>,
    /// For how long the owner has not touched the computer.
    pub idle_seconds: Option<u32>,
}

impl Readings {
    #[must_use]
    pub fn capacity(&self, resource: &Resource) -> Option<Capacity> {
        match resource {
            Resource::Memory => self.memory,
            Resource::Disk { path } => self.disks.get(path).copied(),
        }
    }

    /// Whether a level is crossed; none if nobody could measure it.
    #[must_use]
    pub fn is_crossed(&self, level: &Level) -> Option<bool> {
        self.capacity(&level.resource).map(|capacity| level.is_crossed(capacity.free_bytes, capacity.total_bytes))
    }

    /// Whether the owner has been away for so long; none if nobody knows.
    #[must_use]
    pub fn is_idle(&self, seconds: u32) -> Option<bool> {
        self.idle_seconds.map(|idle| idle >= seconds)
    }

    /// Whether a condition holds, by the clock on the wall of a zone; none if it could not be measured.
    #[must_use]
    pub fn holds(&self, condition: &Condition, at: Timestamp, zone: &Zone) -> Option<bool> {
        match condition {
            Condition::Level(level) => self.is_crossed(level),
            Condition::Idle { seconds } => self.is_idle(*seconds),
            Condition::Between { from, to } => {
                let time = zone.wall(at).time();
                Some(if from <= to { (*from..*to).contains(&time) } else { time >= *from || time < *to })
            }
            Condition::On(days) => Some(days.has(zone.wall(at).weekday())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn conditions() {
        let zone: Zone = "Europe/Madrid".parse().unwrap();
        let readings = Readings {
            memory: Some(Capacity { free_bytes: 100, total_bytes: 1000 }),
            idle_seconds: Some(1800),
            ..Readings::default()
        };
        for (condition, at, expected) in [
            ("memory used > 80%", "2026-11-27T10:00:00Z", Some(true)),
            ("memory used > 95%", "2026-11-27T10:00:00Z", Some(false)),
            ("disk free < 5GB", "2026-11-27T10:00:00Z", None),
            ("idle 30m", "2026-11-27T10:00:00Z", Some(true)),
            ("idle 31m", "2026-11-27T10:00:00Z", Some(false)),
            ("between 11:00 and 12:00", "2026-11-27T10:00:00Z", Some(true)),
            ("between 11:00 and 12:00", "2026-11-27T11:00:00Z", Some(false)),
            ("between 22:00 and 07:30", "2026-11-27T22:30:00Z", Some(true)),
            ("between 22:00 and 07:30", "2026-11-27T07:30:00Z", Some(false)),
            ("on fri", "2026-11-26T23:30:00Z", Some(true)),
            ("on thu", "2026-11-26T23:30:00Z", Some(false)),
        ] {
            let condition = condition.parse().unwrap();
            assert_eq!(readings.holds(&condition, at.parse().unwrap(), &zone), expected, "{condition} {at}");
        }
    }
}

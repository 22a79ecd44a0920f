//! Time zones by their IANA names, from the table that is compiled in: the same rules on every computer, no file read.

use std::fmt;
use std::str::FromStr;

use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, TimeZone, TimeZoneDatabase};
use jiff::{SignedDuration, Timestamp};

/// How alike a name must be to be offered instead, 0 to 1.
const NEAR: f64 = 0.7;

/// A zone with a name, such as `Europe/Madrid`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// There is no such zone.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone {name:?}")]
pub struct ZoneError {
    pub name: String,
    /// What may have been meant.
    pub nearest: Option<String>,
}

impl Zone {
    pub const UTC: Self = Self(TimeZone::UTC);

    #[must_use]
    pub fn name(&self) -> &str {
        self.0.iana_name().unwrap_or("UTC")
    }

    #[must_use]
    pub const fn time_zone(&self) -> &TimeZone {
        &self.0
    }

    /// The zone that is named after a city, in small letters: `buenos aires`.
    #[must_use]
    pub fn of_city(city: &str) -> Option<Self> {
        let named = |known: &str| {
            known.rsplit('/').next().is_some_and(|last| last.replace('_', " ").eq_ignore_ascii_case(city))
        };
        let database = TimeZoneDatabase::bundled();
        let name = database.available().find(|known| known.as_str().contains('/') && named(known.as_str()))?;
        name.as_str().parse().ok()
    }

    /// A moment for programs, RFC 3339 with the offset that holds then: `2026-11-30T09:00:00+01:00`.
    #[must_use]
    pub fn rfc3339(&self, at: Timestamp) -> String {
        at.to_zoned(self.time_zone().clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string()
    }

    /// What a clock on the wall shows.
    #[must_use]
    pub fn wall(&self, at: Timestamp) -> DateTime {
        self.0.to_datetime(at)
    }

    /// When the wall shows this: the first time if it does so twice, and the end of the gap if it never does. None only
    /// at the ends of time, in the years ±9999.
    #[must_use]
    pub fn moment(&self, wall: DateTime) -> Option<Timestamp> {
        match self.0.to_ambiguous_timestamp(wall).offset() {
            AmbiguousOffset::Unambiguous { offset } | AmbiguousOffset::Fold { before: offset, .. } => {
                offset.to_timestamp(wall).ok()
            }
            AmbiguousOffset::Gap { before, .. } => {
                let inside = before.to_timestamp(wall).ok()?.checked_add(SignedDuration::from_nanos(1)).ok()?;
                self.0.preceding(inside).next().map(|transition| transition.timestamp())
            }
        }
    }
}

impl FromStr for Zone {
    type Err = ZoneError;

    fn from_str(name: &str) -> Result<Self, ZoneError> {
        let database = TimeZoneDatabase::bundled();
        if let Ok(zone) = database.get(name)
            && zone.iana_name().is_some()
        {
            return Ok(Self(zone));
        }
        let likeness = |known: &str| {
            let city = known.rsplit('/').next().unwrap_or(known);
            let [known, city, name] = [known, city, name].map(str::to_lowercase);
            strsim::jaro_winkler(&known, &name).max(strsim::jaro_winkler(&city, &name))
        };
        let nearest = database
            .available()
            .map(|known| (likeness(known.as_str()), known))
            .filter(|(likeness, _)| *likeness >= NEAR)
            .max_by(|(a, _), (b, _)| a.total_cmp(b))
            .map(|(_, known)| known.to_string());
        Err(ZoneError { name: name.chars().take(80).collect(), nearest })
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (name, expected) in [
            ("Europe/Madrid", Ok("Europe/Madrid")),
            ("europe/madrid", Ok("Europe/Madrid")),
            ("UTC", Ok("UTC")),
            ("Europa/Madrid", Err(Some("Europe/Madrid"))),
            ("Madird", Err(Some("Europe/Madrid"))),
            ("", Err(None)),
            ("../../etc/passwd", Err(None)),
        ] {
            let found = name.parse::<Zone>();
            match (&found, expected) {
                (Ok(zone), Ok(expected)) => assert_eq!(zone.name(), expected),
                (Err(error), Err(nearest)) => assert_eq!(error.nearest.as_deref(), nearest, "{name}"),
                _ => panic!("{name:?}: {found:?}"),
            }
        }
    }

    #[test]
    fn times_that_do_not_exist_or_exist_twice() {
        for (zone, wall, expected) in [
            ("Europe/Madrid", "2026-03-29T01:59:59", "2026-03-29T00:59:59Z"),
            ("Europe/Madrid", "2026-03-29T02:00:00", "2026-03-29T01:00:00Z"),
            ("Europe/Madrid", "2026-03-29T02:30:00", "2026-03-29T01:00:00Z"),
            ("Europe/Madrid", "2026-03-29T02:59:59", "2026-03-29T01:00:00Z"),
            ("Europe/Madrid", "2026-03-29T03:00:00", "2026-03-29T01:00:00Z"),
            ("Europe/Madrid", "2026-10-25T02:30:00", "2026-10-25T00:30:00Z"),
            ("Europe/Madrid", "2026-10-25T03:00:00", "2026-10-25T02:00:00Z"),
            ("America/New_York", "2026-03-08T02:15:00", "2026-03-08T07:00:00Z"),
            // Half an hour.
            ("Australia/Lord_Howe", "2026-10-04T02:15:00", "2026-10-03T15:30:00Z"),
            // A whole day.
            ("Pacific/Apia", "2011-12-30T09:00:00", "2011-12-30T10:00:00Z"),
        ] {
            let zone: Zone = zone.parse().unwrap();
            assert_eq!(zone.moment(wall.parse().unwrap()), Some(expected.parse().unwrap()), "{zone} {wall}");
        }
    }
}

//! Sizes and times as a manifest writes them: a whole number and a unit, which is never left out.

use std::time::Duration;

/// Units and how many of the base unit they hold; the first that divides a value is the one it is printed in.
type Units = &'static [(&'static str, u64)];

const SIZE_UNITS: Units = &[
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
    ("kB", 1000),
    ("KiB", 1 << 10),
    ("B", 1),
];
const TIME_UNITS: Units = &[("min", 60_000), ("s", 1000), ("ms", 1)];

/// Reads `64 MB`, `64mb`, `512 KiB`.
pub(crate) fn size(text: &str) -> Option<u64> {
    quantity(text, SIZE_UNITS)
}

/// Reads `5 s`, `250ms`, `2 min`.
pub(crate) fn time(text: &str) -> Option<Duration> {
    quantity(text, TIME_UNITS).map(Duration::from_millis)
}

pub(crate) fn size_text(bytes: u64) -> String {
    quantity_text(bytes, SIZE_UNITS)
}

pub(crate) fn time_text(time: Duration) -> String {
    quantity_text(u64::try_from(time.as_millis()).unwrap_or(u64::MAX), TIME_UNITS)
}

fn quantity(text: &str, units: Units) -> Option<u64> {
    let text = text.trim();
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let (_, factor) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim_start()))?;
    digits.parse::<u64>().ok()?.checked_mul(*factor)
}

fn quantity_text(value: u64, units: Units) -> String {
    let exact = units.iter().find(|(_, factor)| value != 0 && value.is_multiple_of(*factor));
    let (name, factor) = exact.unwrap_or(&units[units.len() - 1]);
    format!("{} {name}", value / factor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantities_at_their_boundary() {
        for (text, expect) in [
            ("64 MB", Some(64_000_000)),
            (" 64mb ", Some(64_000_000)),
            ("512 KiB", Some(524_288)),
            ("0 B", Some(0)),
            ("64", None),
            ("MB", None),
            ("", None),
            ("1.5 MB", None),
            ("-1 MB", None),
            ("64 MBs", None),
            ("99999999999999999999 B", None),
            ("18446744073709551615 GB", None),
        ] {
            assert_eq!(size(text), expect, "{text:?}");
        }
        assert_eq!(time("2 min"), Some(Duration::from_secs(120)));
        assert_eq!(time("250ms"), Some(Duration::from_millis(250)));
        assert_eq!(time("250"), None);
    }

    #[test]
    fn what_is_printed_is_read_again() {
        for bytes in [0, 1, 999, 1000, 1024, 64_000_000, 1 << 30, u64::MAX] {
            assert_eq!(size(&size_text(bytes)), Some(bytes));
        }
        for ms in [0, 1, 1000, 1500, 60_000] {
            let wait = Duration::from_millis(ms);
            assert_eq!(time(&time_text(wait)), Some(wait));
        }
    }
}

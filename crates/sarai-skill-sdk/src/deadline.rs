//! When a call is over, by what its caller says.

use std::time::Duration;

use tonic::metadata::MetadataMap;

use crate::limits::CALL_TIME_MAX;

const HEADER: &str = "grpc-timeout";
/// Digits of the header, by gRPC's description of its protocol.
const DIGITS_MAX: usize = 8;
/// How much earlier than its caller a skill gives up, so that its word arrives before the caller's own clock runs out.
const MARGIN_MAX: Duration = Duration::from_millis(5);

/// How long a call may take. A caller that names no time, or one that cannot be read, has [`CALL_TIME_MAX`].
pub(crate) fn time_of(metadata: &MetadataMap) -> Duration {
    let asked = metadata.get(HEADER).and_then(|value| value.to_str().ok()).and_then(parse);
    asked.map_or(CALL_TIME_MAX, |time| time - (time / 10).min(MARGIN_MAX)).min(CALL_TIME_MAX)
}

/// `grpc-timeout`: one to eight digits and a unit, by gRPC's PROTOCOL-HTTP2.
fn parse(value: &str) -> Option<Duration> {
    let unit = value.chars().next_back()?;
    let digits = value.strip_suffix(unit)?;
    if digits.is_empty() || digits.len() > DIGITS_MAX || !digits.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let count: u64 = digits.parse().ok()?;
    match unit {
        'H' => Some(Duration::from_secs(count * 3600)),
        'M' => Some(Duration::from_secs(count * 60)),
        'S' => Some(Duration::from_secs(count)),
        'm' => Some(Duration::from_millis(count)),
        'u' => Some(Duration::from_micros(count)),
        'n' => Some(Duration::from_nanos(count)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers() {
        for (value, expect) in [
            ("1H", Some(Duration::from_secs(3600))),
            ("99999999H", Some(Duration::from_secs(99_999_999 * 3600))),
            ("2M", Some(Duration::from_secs(120))),
            ("3S", Some(Duration::from_secs(3))),
            ("0m", Some(Duration::ZERO)),
            ("007u", Some(Duration::from_micros(7))),
            ("5n", Some(Duration::from_nanos(5))),
            ("", None),
            ("S", None),
            ("123456789S", None),
            ("-1S", None),
            ("+1S", None),
            ("1.5S", None),
            ("1s", None),
            ("1ñ", None),
        ] {
            assert_eq!(parse(value), expect, "{value}");
        }
    }

    #[test]
    fn the_time_is_bounded_and_a_little_shorter() {
        let time = |value: &'static str| {
            let mut metadata = MetadataMap::new();
            metadata.insert(HEADER, value.parse().unwrap());
            time_of(&metadata)
        };
        assert_eq!(time_of(&MetadataMap::new()), CALL_TIME_MAX);
        assert_eq!(time("1H"), CALL_TIME_MAX);
        assert_eq!(time("soon"), CALL_TIME_MAX);
        assert_eq!(time("1S"), Duration::from_millis(995));
        assert_eq!(time("10m"), Duration::from_millis(9));
        assert_eq!(time("0n"), Duration::ZERO);
    }
}

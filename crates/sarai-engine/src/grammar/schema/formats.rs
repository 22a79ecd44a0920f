//! Formats of texts: those that are enforced, and how.

/// How a format is enforced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    /// llguidance's own expression is exact enough.
    Known,
    /// By this expression, which matches the whole text.
    Pattern(&'static str),
}

/// A day of the calendar, leap years counted; there is no year 0.
macro_rules! day {
    () => {
        concat!(
            "(?:(?:[0-9]{3}[1-9]|[0-9]{2}[1-9][0-9]|[0-9][1-9][0-9]{2}|[1-9][0-9]{3})-",
            "(?:(?:0[13578]|1[02])-(?:0[1-9]|[12][0-9]|3[01])|(?:0[469]|11)-(?:0[1-9]|[12][0-9]|30)|",
            "02-(?:0[1-9]|1[0-9]|2[0-8]))|",
            "(?:[0-9]{2}(?:0[48]|[2468][048]|[13579][26])|(?:0[48]|[2468][048]|[13579][26])00)-02-29)"
        )
    };
}

/// A time with its zone, as RFC 3339 has it; leap seconds are left out, because most programs cannot read them.
macro_rules! clock {
    () => {
        "(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\\.[0-9]{1,9})?(?:Z|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
    };
}

pub(super) fn format(name: &str) -> Option<Format> {
    Some(match name {
        "date" => Format::Pattern(concat!("^", day!(), "$")),
        "time" => Format::Pattern(concat!("^", clock!(), "$")),
        "date-time" => Format::Pattern(concat!("^", day!(), "T", clock!(), "$")),
        "duration" | "email" | "hostname" | "ipv4" | "ipv6" | "uuid" | "uri" => Format::Known,
        _ => return None,
    })
}

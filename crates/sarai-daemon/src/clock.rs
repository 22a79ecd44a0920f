//! The only place in the daemon that reads the wall clock.

use jiff::Zoned;
use jiff::tz::TimeZone;
use sarai_memory::Moment;
use sarai_proactive::time::Zone;
use sarai_types::Language;

const DAYS: [&str; 7] = ["lunes", "martes", "miércoles", "jueves", "viernes", "sábado", "domingo"];
/// Milliseconds since 1970; 0 for a clock before that.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the daemon is the shell that reads the clock")]
pub(crate) fn unix_ms() -> u64 {
    u64::try_from(jiff::Timestamp::now().as_millisecond()).unwrap_or(0)
}

/// Now, in whole milliseconds.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the daemon is the shell that reads the clock")]
pub(crate) fn now() -> jiff::Timestamp {
    let now = jiff::Timestamp::now();
    jiff::Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// The time where the computer is, in words.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the daemon is the shell that reads the clock")]
pub(crate) fn local_time(language: Language) -> String {
    in_words(&Zoned::now(), language)
}

/// The zone of this computer; UTC if it has none with a name.
#[must_use]
pub(crate) fn home() -> Zone {
    TimeZone::system().iana_name().and_then(|name| name.parse().ok()).unwrap_or(Zone::UTC)
}

/// Now, as the memory writes it down.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the daemon is the shell that reads the clock")]
pub(crate) fn moment() -> Moment {
    let now = Zoned::now();
    let offset_minutes = i16::try_from(now.offset().seconds() / 60).unwrap_or_default();
    Moment::new(now.timestamp().as_millisecond(), offset_minutes)
}

/// The hour where the computer is, 0 to 23.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the daemon is the shell that reads the clock")]
pub(crate) fn local_hour() -> u8 {
    Zoned::now().hour().unsigned_abs()
}

fn in_words(now: &Zoned, language: Language) -> String {
    let zone = now.time_zone().iana_name().map_or_else(|| now.strftime("UTC%:z").to_string(), str::to_owned);
    match language {
        Language::English => format!("{} ({zone})", now.strftime("%A %-d %B %Y, %H:%M")),
        Language::Spanish => {
            let name = |names: &[&'static str], one_based: i8| {
                usize::try_from(one_based - 1).ok().and_then(|i| names.get(i)).copied().unwrap_or_default()
            };
            let day = name(&DAYS, now.weekday().to_monday_one_offset());
            let month = name(&language.months(), now.month());
            format!("{day} {} de {month} de {}, {} ({zone})", now.day(), now.year(), now.strftime("%H:%M"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_in_both_languages() {
        let now: Zoned = "2026-11-22T14:05:00+01:00[Europe/Madrid]".parse().unwrap();
        assert_eq!(in_words(&now, Language::English), "Sunday 22 November 2026, 14:05 (Europe/Madrid)");
        assert_eq!(in_words(&now, Language::Spanish), "domingo 22 de noviembre de 2026, 14:05 (Europe/Madrid)");
    }
}

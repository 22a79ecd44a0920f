//! The only place of the loop that reads clocks.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rustix::time::{ClockId, clock_gettime};
use sarai_proactive::time::Zone;
use sarai_proactive_sqlite::Boot;

/// Now, in whole milliseconds, as the store keeps it.
#[must_use]
#[expect(clippy::disallowed_methods, reason = "the loop is the shell that reads the clock")]
pub fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// The zone of this computer; UTC if it has none with a name.
#[must_use]
pub fn home() -> Zone {
    TimeZone::system().iana_name().and_then(|name| name.parse().ok()).unwrap_or(Zone::UTC)
}

/// How long ago the computer was started, by a clock that nobody can set.
#[must_use]
pub fn boot() -> Boot {
    let id = fs_err::read_to_string("/proc/sys/kernel/random/boot_id").unwrap_or_default();
    let up = clock_gettime(ClockId::Boottime);
    let ms = u64::try_from(up.tv_sec).unwrap_or(0) * 1000 + u64::try_from(up.tv_nsec).unwrap_or(0) / 1_000_000;
    Boot { id: id.trim().to_owned(), ms }
}

//! When: zones, cron, intervals and single moments, all pure.
//!
//! # What a wall-clock time means when the clock is changed
//! - A time that does not exist (the gap of spring) comes at the first moment that does: 02:30 becomes 03:00. Several
//!   times of one rule in one gap become one.
//! - A time that exists twice (the overlap of autumn) comes once, the first time.
//! - A cron whose hour field is `*` means every hour that passes, so it goes on through the repeated hour; a gap takes
//!   nothing from it.
//! - An interval in hours, minutes or seconds counts elapsed time and knows no clock changes; one in days, weeks or
//!   months keeps the time on the wall.

mod cron;
mod interval;
mod times;
mod zone;

pub use cron::{Cron, CronError, CronShape, DayShape};
pub use interval::{Interval, IntervalError, Step};
pub use times::{Due, NEXT_MAX, Schedule, Times, TimesError};
pub use zone::{Zone, ZoneError};

//! How patient the supervisor is.

use std::time::Duration;

/// The shortest and the longest that any of the times may be.
const TIME_MIN: Duration = Duration::from_millis(1);
const TIME_MAX: Duration = Duration::from_secs(24 * 60 * 60);
/// The most restarts in a period that anybody may ask for; it also bounds the memory of one supervisor.
const RESTARTS_MAX: u32 = 100;

/// The times and counts of a [`Policy`], not yet checked. Each time is between a millisecond and a day.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// From spawn to the first healthy answer. 2 minutes, for a large model on a slow disk.
    pub start_deadline: Duration,
    /// From one probe to the next. 1 second. A healthy child's generation number grows at least this often.
    pub health_period: Duration,
    /// From a probe to its answer, at most `health_period`. 1 second.
    pub health_deadline: Duration,
    /// How many restarts there may be in any `restarts_period`, 1 to 100. 5.
    pub restarts_max: u32,
    /// See `restarts_max`. So long must a child also be healthy without a miss until its past is forgiven. 30 seconds.
    pub restarts_period: Duration,
    /// The pause before the first restart; each one after it is twice as long. 100 milliseconds.
    pub backoff_first: Duration,
    /// The longest pause between two restarts. 10 seconds.
    pub backoff_max: Duration,
    /// The first quarantine of a child that dies too often, at least `restarts_period`. 30 seconds. After it comes one
    /// attempt, and if that dies too, a quarantine twice as long.
    pub quarantine_first: Duration,
    /// The longest quarantine. 10 minutes.
    pub quarantine_max: Duration,
    /// From SIGTERM to SIGKILL. 10 seconds.
    pub drain_deadline: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            start_deadline: Duration::from_secs(120),
            health_period: Duration::from_secs(1),
            health_deadline: Duration::from_secs(1),
            restarts_max: 5,
            restarts_period: Duration::from_secs(30),
            backoff_first: Duration::from_millis(100),
            backoff_max: Duration::from_secs(10),
            quarantine_first: Duration::from_secs(30),
            quarantine_max: Duration::from_secs(600),
            drain_deadline: Duration::from_secs(10),
        }
    }
}

/// Why limits are not a policy.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PolicyError {
    #[error("{name} is between {TIME_MIN:?} and {TIME_MAX:?}, not {value:?}")]
    Time { name: &'static str, value: Duration },
    #[error("restarts_max is between 1 and {RESTARTS_MAX}, not {0}")]
    Restarts(u32),
    #[error("{shorter} is not longer than {longer}")]
    Order { shorter: &'static str, longer: &'static str },
}

/// Limits that were checked and make sense together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Policy(Limits);

impl Policy {
    /// # Errors
    /// The first limit that is out of its range, or the first two that contradict each other.
    pub fn new(limits: Limits) -> Result<Self, PolicyError> {
        let l = &limits;
        for (name, value) in [
            ("start_deadline", l.start_deadline),
            ("health_period", l.health_period),
            ("health_deadline", l.health_deadline),
            ("restarts_period", l.restarts_period),
            ("backoff_first", l.backoff_first),
            ("backoff_max", l.backoff_max),
            ("quarantine_first", l.quarantine_first),
            ("quarantine_max", l.quarantine_max),
            ("drain_deadline", l.drain_deadline),
        ] {
            if !(TIME_MIN..=TIME_MAX).contains(&value) {
                return Err(PolicyError::Time { name, value });
            }
        }
        if !(1..=RESTARTS_MAX).contains(&l.restarts_max) {
            return Err(PolicyError::Restarts(l.restarts_max));
        }
        for (shorter, short, longer, long) in [
            ("health_deadline", l.health_deadline, "health_period", l.health_period),
            ("backoff_first", l.backoff_first, "backoff_max", l.backoff_max),
            ("quarantine_first", l.quarantine_first, "quarantine_max", l.quarantine_max),
            ("restarts_period", l.restarts_period, "quarantine_first", l.quarantine_first),
        ] {
            if short > long {
                return Err(PolicyError::Order { shorter, longer });
            }
        }
        Ok(Self(limits))
    }

    #[must_use]
    pub const fn limits(&self) -> &Limits {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_at_their_boundary() {
        let check = |change: fn(&mut Limits)| {
            let mut limits = Limits::default();
            change(&mut limits);
            Policy::new(limits).map(|_| ()).map_err(|e| e.to_string())
        };
        assert_eq!(Policy::new(Limits::default()), Ok(Policy::default()));
        assert_eq!(check(|l| l.start_deadline = TIME_MIN), Ok(()));
        assert_eq!(check(|l| l.health_deadline = l.health_period), Ok(()));
        for (change, expected) in [
            (
                (|l| l.start_deadline = Duration::ZERO) as fn(&mut Limits),
                "start_deadline is between 1ms and 86400s, not 0ns",
            ),
            (
                |l| l.drain_deadline = Duration::MAX,
                "drain_deadline is between 1ms and 86400s, not 18446744073709551615.999999999s",
            ),
            (|l| l.restarts_max = 0, "restarts_max is between 1 and 100, not 0"),
            (|l| l.restarts_max = 101, "restarts_max is between 1 and 100, not 101"),
            (|l| l.health_period = TIME_MIN, "health_deadline is not longer than health_period"),
            (|l| l.backoff_max = TIME_MIN, "backoff_first is not longer than backoff_max"),
            (|l| l.quarantine_max = TIME_MIN, "quarantine_first is not longer than quarantine_max"),
            (|l| l.restarts_period = TIME_MAX, "restarts_period is not longer than quarantine_first"),
        ] {
            assert_eq!(check(change), Err(expected.to_owned()));
        }
    }
}

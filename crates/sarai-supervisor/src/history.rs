//! What the child did before, and how long to wait because of it.

use std::collections::VecDeque;
use std::time::Duration;

use crate::{Moment, Policy};

/// What follows a crash.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Pause {
    BackOff { until: Moment },
    Quarantine { until: Moment },
}

/// The restarts of a child. A quarantined child stays on probation until it is forgiven: its next crash is another,
/// longer quarantine.
#[derive(Debug, Clone)]
pub(crate) struct History {
    /// When it was restarted within the last period; `restarts_max` entries at most.
    recent: VecDeque<Moment>,
    total: u32,
    /// Crashes and quarantines since it was last forgiven.
    crashes: u32,
    quarantines: u32,
    jitter: SplitMix64,
}

impl History {
    pub(crate) const fn new(seed: u64) -> Self {
        Self { recent: VecDeque::new(), total: 0, crashes: 0, quarantines: 0, jitter: SplitMix64(seed) }
    }

    /// All restarts since the supervisor was made.
    pub(crate) const fn total(&self) -> u32 {
        self.total
    }

    pub(crate) fn crashed(&mut self, now: Moment, policy: &Policy) -> Pause {
        let limits = policy.limits();
        while self.recent.front().is_some_and(|&at| now.since(at) >= limits.restarts_period) {
            self.recent.pop_front();
        }
        let crash_loop = self.recent.len() >= limits.restarts_max as usize;
        if crash_loop || self.quarantines > 0 {
            let wait = doubled(limits.quarantine_first, self.quarantines, limits.quarantine_max);
            self.quarantines = self.quarantines.saturating_add(1);
            return Pause::Quarantine { until: now.after(wait) };
        }
        let wait = doubled(limits.backoff_first, self.crashes, limits.backoff_max);
        self.crashes = self.crashes.saturating_add(1);
        // Half of the pause is fixed and half is drawn, so that children felled by one cause do not return as one.
        Pause::BackOff { until: now.after(wait / 2 + wait.mul_f64(self.jitter.next_unit() / 2.0)) }
    }

    pub(crate) fn restarted(&mut self, now: Moment, policy: &Policy) {
        // After a quarantine, which is at least as long as the period, whatever is still here is out of date.
        if self.recent.len() >= policy.limits().restarts_max as usize {
            self.recent.pop_front();
        }
        self.recent.push_back(now);
        self.total = self.total.saturating_add(1);
    }

    /// Forgets the growth of pauses. The restarts of the last period still count: they bound the intensity.
    pub(crate) const fn forgive(&mut self) {
        self.crashes = 0;
        self.quarantines = 0;
    }
}

/// `first` doubled `times` times, at most `max`.
fn doubled(first: Duration, times: u32, max: Duration) -> Duration {
    first.saturating_mul(2_u32.saturating_pow(times)).min(max)
}

/// Steele, Lea and Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014: one addition and a mix, and
/// every seed is a good one. Enough to spread restarts; not for secrets.
#[derive(Debug, Clone)]
struct SplitMix64(u64);

impl SplitMix64 {
    fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in 0 (inclusive) to 1 (exclusive), with the 53 bits that an `f64` holds.
    fn next_unit(&mut self) -> f64 {
        (self.next_u64() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Limits;

    #[test]
    fn the_generator_gives_the_published_numbers() {
        let mut random = SplitMix64(1_234_567);
        let drawn: Vec<u64> = (0..3).map(|_| random.next_u64()).collect();
        assert_eq!(drawn, [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423]);
    }

    #[test]
    fn pauses_double_up_to_their_limit_and_start_over_when_forgiven() {
        let policy = Policy::new(Limits {
            backoff_first: Duration::from_millis(100),
            backoff_max: Duration::from_millis(500),
            ..Limits::default()
        })
        .unwrap();
        let mut history = History::new(7);
        let mut pause = |forgive: bool| {
            if forgive {
                history.forgive();
            }
            match history.crashed(Moment::from_millis(0), &policy) {
                Pause::BackOff { until } => until.as_millis(),
                Pause::Quarantine { until } => panic!("no restart, yet quarantined until {until:?}"),
            }
        };
        for (forgive, shortest, longest) in [
            (false, 50, 100),
            (false, 100, 200),
            (false, 200, 400),
            (false, 250, 500),
            (false, 250, 500),
            (true, 50, 100),
        ] {
            let waited = pause(forgive);
            assert!((shortest..=longest).contains(&waited), "{waited} is not in {shortest}..={longest}");
        }
    }

    #[test]
    fn pauses_differ_between_seeds() {
        let pauses = |seed| History::new(seed).crashed(Moment::from_millis(0), &Policy::default());
        assert_eq!(pauses(1), pauses(1));
        assert!((2..20).any(|seed| pauses(seed) != pauses(1)), "the seed draws the pause");
    }
}

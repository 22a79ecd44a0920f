//! Decides how many threads to compute with while other programs want the same cores.
//!
//! All threads of a batch meet several hundred times for each token, and each meeting waits for the last. One thread that
//! the kernel keeps waiting for a core therefore holds up all of them: beside one busy program, two threads on two cores
//! can be tens of times slower than one. So when threads wait for cores, there is one fewer; when the cores seem free
//! again, there is one more, tried less and less often while that turns out wrong.
//!
//! Nothing here reads a clock or asks the kernel: [`ThreadGovernor::observe`] takes how long was computed and how long
//! the threads stood in the run queue meanwhile.

use std::time::Duration;

/// Judged in windows of at least this much computing.
pub const WINDOW: Duration = Duration::from_millis(200);
/// The share of their time that threads may wait for a core before there are too many.
const CROWDED: f64 = 0.12;
/// Below this the cores are free.
const FREE: f64 = 0.03;
/// How long the cores must be free before one more thread is tried, at first and at last.
const PROBE_FIRST: Duration = Duration::from_secs(1);
const PROBE_LAST: Duration = Duration::from_secs(32);

/// Between one thread and as many as there are cores.
#[derive(Debug, Clone)]
pub struct ThreadGovernor {
    max: u32,
    threads: u32,
    computed: Duration,
    waited: Duration,
    /// How long the cores have been free with the threads that there are.
    free_for: Duration,
    probe_after: Duration,
    /// The last change was one thread more.
    probing: bool,
}

impl ThreadGovernor {
    /// Begins with all of them; at least one.
    #[must_use]
    pub fn new(max: u32) -> Self {
        let max = max.max(1);
        Self {
            max,
            threads: max,
            computed: Duration::ZERO,
            waited: Duration::ZERO,
            free_for: Duration::ZERO,
            probe_after: PROBE_FIRST,
            probing: false,
        }
    }

    #[must_use]
    pub const fn threads(&self) -> u32 {
        self.threads
    }

    /// Takes how long a batch took, and how long all threads together waited for cores meanwhile. Returns a new number
    /// of threads when it changes.
    pub fn observe(&mut self, computed: Duration, waited: Duration) -> Option<u32> {
        self.computed += computed;
        self.waited += waited;
        if self.computed < WINDOW {
            return None;
        }
        let share = self.waited.as_secs_f64() / (self.computed.as_secs_f64() * f64::from(self.threads));
        let window = std::mem::take(&mut self.computed);
        self.waited = Duration::ZERO;
        let before = self.threads;
        if share > CROWDED {
            self.free_for = Duration::ZERO;
            if self.threads > 1 {
                self.threads -= 1;
                if self.probing {
                    self.probe_after = (self.probe_after * 2).min(PROBE_LAST);
                }
                self.probing = false;
            }
        } else if share < FREE {
            self.free_for += window;
            if self.threads == self.max {
                self.probe_after = PROBE_FIRST;
            } else if self.free_for >= self.probe_after {
                self.threads += 1;
                self.probing = true;
                self.free_for = Duration::ZERO;
            }
        } else {
            self.free_for = Duration::ZERO;
        }
        (self.threads != before).then_some(self.threads)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const BATCH: Duration = Duration::from_millis(40);

    /// Computes for a while beside `busy` other threads on `cores` cores, each of which takes its fair share.
    fn compute(governor: &mut ThreadGovernor, cores: u32, busy: u32, for_secs: u64) -> Vec<u32> {
        let mut seen = vec![governor.threads()];
        for _ in 0..for_secs * 25 {
            let wanted = governor.threads() + busy;
            let starved = f64::from(wanted.saturating_sub(cores)) / f64::from(wanted);
            let waited = BATCH.mul_f64(starved * f64::from(governor.threads()));
            seen.extend(governor.observe(BATCH, waited));
        }
        seen
    }

    #[test]
    fn alone_it_keeps_all_cores() {
        let mut governor = ThreadGovernor::new(4);
        assert_eq!(compute(&mut governor, 4, 0, 60), [4]);
    }

    #[test]
    fn beside_others_it_gives_way_and_comes_back() {
        let mut governor = ThreadGovernor::new(4);
        compute(&mut governor, 4, 2, 5);
        assert!(governor.threads() <= 2, "{governor:?}");
        compute(&mut governor, 4, 0, 60);
        assert_eq!(governor.threads(), 4);
    }

    #[test]
    fn one_thread_is_always_left() {
        let mut governor = ThreadGovernor::new(2);
        compute(&mut governor, 2, 16, 10);
        assert_eq!(governor.threads(), 1);
        assert_eq!(ThreadGovernor::new(0).threads(), 1);
    }

    #[test]
    fn it_tries_less_and_less_often_while_that_is_wrong() {
        let mut governor = ThreadGovernor::new(2);
        let tries = |seen: Vec<u32>| seen.iter().filter(|&&n| n == 2).count();
        compute(&mut governor, 2, 1, 60);
        assert!(tries(compute(&mut governor, 2, 1, 60)) <= 3);
    }

    #[test]
    fn a_short_disturbance_does_not_count() {
        let mut governor = ThreadGovernor::new(2);
        assert_eq!(governor.observe(WINDOW / 2, WINDOW / 2), None);
        assert_eq!(governor.observe(WINDOW * 10, Duration::ZERO), None);
        assert_eq!(governor.threads(), 2);
    }
}

//! Counts failed attempts to come in.

use std::sync::{Mutex, PoisonError};

/// Wrong credentials within one window before the answer is to wait.
const FAILURES_MAX: u32 = 20;

/// How long failures count, in seconds.
const WINDOW_S: u64 = 60;

#[derive(Debug, Default)]
struct Window {
    since: u64,
    failures: u32,
}

/// Failures of all peers together: behind a proxy or on loopback they cannot be told apart.
#[derive(Debug, Default)]
pub(super) struct Attempts(Mutex<Window>);

impl Attempts {
    /// Counts one failure. `now` is in seconds.
    ///
    /// # Errors
    /// In how many seconds the window ends, when there were too many.
    pub(super) fn failed(&self, now: u64) -> Result<(), u64> {
        let mut window = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if now.abs_diff(window.since) >= WINDOW_S {
            *window = Window { since: now, failures: 0 };
        }
        if window.failures == FAILURES_MAX {
            return Err((window.since + WINDOW_S).saturating_sub(now).max(1));
        }
        window.failures += 1;
        if window.failures == FAILURES_MAX {
            tracing::warn!(failures = FAILURES_MAX, window_s = WINDOW_S, "many wrong credentials");
        }
        Ok(())
    }
}

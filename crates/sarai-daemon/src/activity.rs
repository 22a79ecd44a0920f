//! Whether anybody wants something of the model now, and since when nobody does: for what only a quiet computer should
//! do, and for a model that may rest.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

/// How much is under way.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Under {
    open: usize,
    /// So that what begins and ends between two looks is seen.
    begun: u64,
    /// When something ended last; at first, the start.
    ended: Instant,
}

/// Counts what is under way. A cheap handle.
#[derive(Debug, Clone)]
pub(crate) struct Activity(watch::Sender<Under>);

/// Something under way, until it is dropped.
#[derive(Debug)]
pub(crate) struct Busy(Activity);

impl Default for Activity {
    fn default() -> Self {
        Self(watch::Sender::new(Under { open: 0, begun: 0, ended: Instant::now() }))
    }
}

impl Activity {
    /// For how long nothing has been under way; none while something is.
    pub(crate) fn quiet(&self) -> Option<Duration> {
        let under = *self.0.borrow();
        (under.open == 0).then(|| under.ended.elapsed())
    }

    #[must_use]
    pub(crate) fn begin(&self) -> Busy {
        self.0.send_modify(|under| {
            under.open += 1;
            under.begun += 1;
        });
        Busy(self.clone())
    }

    /// Returns when something begins, or is under way already.
    pub(crate) async fn until_busy(&self) {
        let mut seen = self.0.subscribe();
        let begun = seen.borrow_and_update().begun;
        // The sender lives as long as this handle.
        drop(seen.wait_for(|under| under.open > 0 || under.begun != begun).await);
    }

    /// Returns when nothing has been under way for so long.
    pub(crate) async fn until_quiet(&self, long: Duration) {
        let mut seen = self.0.subscribe();
        loop {
            drop(seen.wait_for(|under| under.open == 0).await);
            tokio::select! {
                () = tokio::time::sleep(long) => return,
                _ = seen.changed() => {}
            }
        }
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.0.send_modify(|under| {
            under.open -= 1;
            under.ended = Instant::now();
        });
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::sleep;

    use super::*;

    const LONG: Duration = Duration::from_secs(30);

    #[tokio::test(start_paused = true)]
    async fn quiet_begins_when_the_last_has_ended() {
        let activity = Activity::default();
        let begun = Instant::now();
        let other = activity.clone();
        tokio::spawn(async move {
            let first = other.begin();
            sleep(Duration::from_secs(10)).await;
            let second = other.begin();
            drop(first);
            sleep(Duration::from_secs(10)).await;
            drop(second);
            sleep(Duration::from_secs(20)).await;
            // Over before anybody looks.
            drop(other.begin());
        });
        tokio::task::yield_now().await;
        assert_eq!(activity.quiet(), None);
        activity.until_quiet(LONG).await;
        assert_eq!(begun.elapsed(), Duration::from_secs(70));
        assert_eq!(activity.quiet(), Some(LONG));
    }

    #[tokio::test(start_paused = true)]
    async fn what_begins_and_ends_at_once_is_seen() {
        let activity = Activity::default();
        let waits = tokio::spawn({
            let activity = activity.clone();
            async move { activity.until_busy().await }
        });
        tokio::task::yield_now().await;
        drop(activity.begin());
        tokio::time::timeout(LONG, waits).await.unwrap().unwrap();
        let _open = activity.begin();
        tokio::time::timeout(LONG, activity.until_busy()).await.unwrap();
    }
}

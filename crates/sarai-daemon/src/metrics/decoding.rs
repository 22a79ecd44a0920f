//! How answers are decoded: guesses, grammars and the cache on disk.
//!
//! What a worker counts begins at zero with each of its processes; [`Followed`] makes a counter of it that never falls.

use std::sync::{Mutex, PoisonError};

use prometheus::{Gauge, IntCounter, IntCounterVec, IntGauge, Opts, Registry};
use sarai_proto::engine::v1::{Drafts64, StatusReply};
use sarai_types::{Form, TurnSummary};

use super::register;

#[derive(Debug)]
pub(super) struct DecodingMetrics {
    acceptance_rate: Gauge,
    speedup: Gauge,
    fallbacks: Followed,
    drafted: [Followed; 2],
    accepted: [Followed; 2],
    forced: Followed,
    incomplete: IntCounter,
    snapshots: IntGauge,
    snapshot_bytes: IntGauge,
    restored: Followed,
    refused: Followed,
}

/// A counter of the process that follows one of a worker.
#[derive(Debug)]
struct Followed {
    counter: IntCounter,
    /// What was seen last: how often the worker had been started again, and its own count.
    seen: Mutex<(u32, u64)>,
}

impl Followed {
    fn new(counter: IntCounter) -> Self {
        Self { counter, seen: Mutex::new((0, 0)) }
    }

    /// What two scrapes at once saw may arrive in any order: of one process, the higher count is the later one.
    fn follow(&self, restarts: u32, count: u64) {
        let mut seen = self.seen.lock().unwrap_or_else(PoisonError::into_inner);
        let before = match seen.0.cmp(&restarts) {
            std::cmp::Ordering::Less => 0,
            std::cmp::Ordering::Equal => seen.1,
            std::cmp::Ordering::Greater => return,
        };
        self.counter.inc_by(count.saturating_sub(before));
        *seen = (restarts, count.max(before));
    }
}

impl DecodingMetrics {
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let counter = |name, help| register(registry, IntCounter::new(name, help)?);
        let followed = |name, help| counter(name, help).map(Followed::new);
        let gauge = |name, help| register(registry, Gauge::new(name, help)?);
        let whole = |name, help| register(registry, IntGauge::new(name, help)?);
        let by_source = |name, help| {
            let both = register(registry, IntCounterVec::new(Opts::new(name, help), &["source"])?)?;
            Ok::<_, prometheus::Error>(
                ["suffix", "model"].map(|source| Followed::new(both.with_label_values(&[source]))),
            )
        };
        Ok(Self {
            acceptance_rate: gauge(
                "sarai_speculative_acceptance_rate",
                "Share of the guessed tokens that were right since the model was started; 0 before the first guess.",
            )?,
            speedup: gauge(
                "sarai_speculative_speedup",
                "How many times longer one batch for each token would have taken; 1 while that is not known.",
            )?,
            fallbacks: followed(
                "sarai_speculative_fallback_total",
                "Times that guessing was given up: it did not pay, or the draft model failed.",
            )?,
            drafted: by_source("sarai_speculative_drafted_tokens_total", "Tokens that were guessed, by source.")?,
            accepted: by_source(
                "sarai_speculative_accepted_tokens_total",
                "Guessed tokens that were right, by source.",
            )?,
            forced: followed("sarai_grammar_forced_tokens_total", "Tokens that a grammar left no choice about.")?,
            incomplete: counter(
                "sarai_grammar_incomplete_answers_total",
                "Answers that ended inside the structure that they were held to.",
            )?,
            snapshots: whole("sarai_prefix_cache_snapshots", "Conversations in the cache on disk.")?,
            snapshot_bytes: whole("sarai_prefix_cache_bytes", "Disk that the cache takes.")?,
            restored: followed("sarai_prefix_cache_restored_total", "Conversations that came back from the cache.")?,
            refused: followed(
                "sarai_prefix_cache_refused_total",
                "Entries of the cache that were damaged, or made by something else.",
            )?,
        })
    }

    pub(super) fn answered(&self, summary: &TurnSummary) {
        match summary.decoding.form {
            Form::Incomplete => self.incomplete.inc(),
            Form::Free | Form::Complete => {}
        }
    }

    /// Takes over what the worker says, which was started again so many times.
    #[expect(clippy::cast_precision_loss, reason = "shares, for which a float is exact enough")]
    pub(super) fn follow(&self, restarts: u32, status: &StatusReply) {
        let [suffix, model] = [status.suffix.unwrap_or_default(), status.model.unwrap_or_default()];
        let (drafted, accepted) = (suffix.drafted + model.drafted, suffix.accepted + model.accepted);
        self.acceptance_rate.set(if drafted == 0 { 0.0 } else { accepted as f64 / drafted as f64 });
        let measured = status.plain_ms > 0.0 && status.decode_ms > 0.0;
        self.speedup.set(if measured { status.plain_ms / status.decode_ms } else { 1.0 });
        for (at, Drafts64 { drafted, accepted }) in [suffix, model].into_iter().enumerate() {
            self.drafted[at].follow(restarts, drafted);
            self.accepted[at].follow(restarts, accepted);
        }
        self.fallbacks.follow(restarts, status.fallbacks);
        self.forced.follow(restarts, status.tokens_forced);
        self.snapshots.set(i64::try_from(status.snapshots).unwrap_or(i64::MAX));
        self.snapshot_bytes.set(i64::try_from(status.snapshot_bytes).unwrap_or(i64::MAX));
        self.restored.follow(restarts, status.snapshots_restored);
        self.refused.follow(restarts, status.snapshots_refused);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_followed_counter_never_falls() {
        let followed = Followed::new(IntCounter::new("a_total", "A.").unwrap());
        for (restarts, count, total) in [
            (0, 3, 3),
            (0, 3, 3),
            (0, 5, 5),
            // An older view that arrives late.
            (0, 4, 5),
            // A new process begins at zero.
            (1, 2, 7),
            (0, 9, 7),
            (3, 0, 7),
            (3, 1, 8),
        ] {
            followed.follow(restarts, count);
            assert_eq!(followed.counter.get(), total, "after {count} of {restarts}");
        }
    }
}

//! What the memory holds and does.

use std::time::Duration;

use prometheus::{Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, Opts, Registry};
use sarai_memory::Verdict;
use sarai_types::{MemoryPart, Recollection};

use super::register;

/// Seconds that the memory takes of a turn: it is not to be felt.
const TURN_BUCKETS: &[f64] = &[0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 3.0];

#[derive(Debug)]
pub(super) struct MemoryMetrics {
    /// The seed's names.
    size_mb: Gauge,
    recall_rate: Gauge,
    facts: IntCounterVec,
    answered: IntCounter,
    failed: IntCounter,
    sentences: IntCounter,
    proposals: IntCounterVec,
    turn: Histogram,
}

/// What is read when somebody looks.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct MemorySize {
    pub(crate) file_bytes: u64,
    /// As `sarai bench memory` measured it last.
    pub(crate) recall_rate: Option<f64>,
}

impl MemoryMetrics {
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let gauge = |name, help| register(registry, Gauge::new(name, help)?);
        let counter = |name, help| register(registry, IntCounter::new(name, help)?);
        let turn = HistogramOpts::new("sarai_memory_turn_seconds", "What the memory takes of a turn.");
        Ok(Self {
            size_mb: gauge("sarai_entity_memory_size_mb", "Size of the memory's file, in 10^6 bytes.")?,
            recall_rate: gauge("sarai_entity_recall_rate", "Share of facts recalled when it was measured last.")?,
            facts: register(
                registry,
                IntCounterVec::new(
                    Opts::new("sarai_memory_facts_total", "Facts by what became of them: stored, ended, erased."),
                    &["change"],
                )?,
            )?,
            answered: counter("sarai_memory_answers_total", "Turns that the memory answered without a model.")?,
            failed: counter("sarai_memory_failures_total", "Turns that went on without the memory.")?,
            sentences: counter(
                "sarai_memory_sentences_read_total",
                "Sentences that a model was asked about when idle.",
            )?,
            proposals: register(
                registry,
                IntCounterVec::new(
                    Opts::new(
                        "sarai_memory_proposals_total",
                        "What a model read when nothing else ran: kept, suggested, or why it was refused.",
                    ),
                    &["verdict"],
                )?,
            )?,
            turn: register(registry, Histogram::with_opts(turn.buckets(TURN_BUCKETS.to_vec()))?)?,
        })
    }

    pub(super) fn took_part(&self, recollection: &Recollection, took: Duration) {
        self.turn.observe(took.as_secs_f64());
        let share = &recollection.share;
        let count = |change, facts: usize| self.facts.with_label_values(&[change]).inc_by(facts as u64);
        count("stored", share.stored.len());
        count("ended", share.ended.len());
        self.facts.with_label_values(&["erased"]).inc_by(u64::from(share.erased));
        match recollection.part {
            MemoryPart::Reply(_) => self.answered.inc(),
            MemoryPart::Help(_) | MemoryPart::Hints(_) | MemoryPart::Unknown(_) | MemoryPart::None => {}
        }
        if share.trouble.is_some() {
            self.failed.inc();
        }
    }

    pub(super) fn judged(&self, verdicts: &[Verdict]) {
        self.sentences.inc();
        for verdict in verdicts {
            self.proposals.with_label_values(&[verdict.name()]).inc();
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "a gauge in megabytes")]
    pub(super) fn size(&self, size: MemorySize) {
        self.size_mb.set(size.file_bytes as f64 / 1e6);
        if let Some(rate) = size.recall_rate {
            self.recall_rate.set(rate);
        }
    }
}

//! What Prometheus reads. Names stay the same once published.

mod decoding;
mod memory;
mod skills;

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use prometheus::{
    Encoder, Gauge, Histogram, HistogramOpts, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};
use sarai_memory::Verdict;
use sarai_proto::engine::v1::StatusReply;
use sarai_sandbox::Report;
use sarai_types::{FailureKind, Recollection, SkillName, TurnSummary};

use decoding::DecodingMetrics;
use memory::MemoryMetrics;
pub(crate) use memory::MemorySize;
pub(crate) use skills::Chosen;
use skills::SkillMetrics;

/// Seconds to the first token: from a warm cache to a long prompt on a slow computer.
const FIRST_TOKEN_BUCKETS: &[f64] = &[0.05, 0.1, 0.2, 0.35, 0.5, 0.75, 1.0, 2.0, 5.0, 10.0, 30.0, 60.0, 120.0];
const SPEED_BUCKETS: &[f64] = &[1.0, 2.0, 4.0, 6.0, 8.0, 12.0, 16.0, 24.0, 32.0, 48.0, 64.0, 128.0, 256.0];

/// All metrics of `serve`. A clone is the same metrics.
#[derive(Debug, Clone)]
pub(crate) struct Metrics(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    registry: Registry,
    /// The seed's name, which has neither prefix nor unit.
    requests: IntCounter,
    turns: IntCounterVec,
    first_token: Histogram,
    speed: Histogram,
    prompt_tokens: IntCounter,
    cached_tokens: IntCounter,
    completion_tokens: IntCounter,
    running: IntGauge,
    waiting: IntGauge,
    context_used: IntGauge,
    restarts: IntGaugeVec,
    up: IntGaugeVec,
    resident: IntGaugeVec,
    ram_gb: Gauge,
    generation: IntGauge,
    decoding: DecodingMetrics,
    skills: SkillMetrics,
    memory: MemoryMetrics,
    writing: Mutex<()>,
}

/// How a turn ended, for its counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Answered,
    Failed(FailureKind),
    /// The client went away.
    Abandoned,
}

impl Outcome {
    const fn label(self) -> &'static str {
        match self {
            Self::Answered => "answered",
            Self::Abandoned | Self::Failed(FailureKind::Cancelled) => "abandoned",
            Self::Failed(
                FailureKind::BadRequest
                | FailureKind::TooLong
                | FailureKind::ModelNotFound
                | FailureKind::SkillNotFound
                | FailureKind::Grammar { .. },
            ) => "refused",
            Self::Failed(FailureKind::Busy { .. }) => "busy",
            Self::Failed(FailureKind::Unavailable) => "unavailable",
            Self::Failed(FailureKind::Internal) => "internal",
        }
    }
}

/// How a child is, for its gauges.
#[derive(Debug, Clone)]
pub(crate) struct ChildFigures {
    pub name: String,
    pub serving: bool,
    pub restarts: u32,
    pub resident_bytes: u64,
    /// What holds of its jail.
    pub report: Option<Report>,
}

/// How the engine is, for its gauges.
#[derive(Debug, Clone, Copy)]
pub(crate) struct EngineFigures<'a> {
    /// How often its worker was started again.
    pub restarts: u32,
    pub status: &'a StatusReply,
}

impl Metrics {
    /// # Errors
    /// Two metrics with one name, which a test would have found.
    pub(crate) fn new() -> prometheus::Result<Self> {
        let registry = Registry::new();
        let counter = |name, help| register(&registry, IntCounter::new(name, help)?);
        let gauge = |name, help| register(&registry, IntGauge::new(name, help)?);
        let by_child = |name, help| register(&registry, IntGaugeVec::new(Opts::new(name, help), &["child"])?);
        let histogram = |name, help, buckets: &[f64]| {
            register(&registry, Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets.to_vec()))?)
        };
        let inner = Inner {
            requests: counter("total_requests", "Turns that were asked for.")?,
            turns: register(
                &registry,
                IntCounterVec::new(Opts::new("sarai_turns_total", "Turns by how they ended."), &["outcome"])?,
            )?,
            first_token: histogram(
                "sarai_time_to_first_token_seconds",
                "From the request to the first token, the wait in the queue included.",
                FIRST_TOKEN_BUCKETS,
            )?,
            speed: histogram("sarai_tokens_per_second", "Decoding speed of each answer.", SPEED_BUCKETS)?,
            prompt_tokens: counter("sarai_prompt_tokens_total", "Tokens of all prompts.")?,
            cached_tokens: counter("sarai_prompt_tokens_cached_total", "Prompt tokens that were in the cache.")?,
            completion_tokens: counter("sarai_completion_tokens_total", "Tokens of all answers.")?,
            running: gauge("sarai_generations_running", "Generations that run now.")?,
            waiting: gauge("sarai_queue_depth", "Generations that wait for a place.")?,
            context_used: gauge("sarai_context_tokens_used", "Tokens that the model's cache holds.")?,
            restarts: by_child("sarai_supervisor_restarts", "How often a child was started again.")?,
            up: by_child("sarai_child_up", "1 while a child serves.")?,
            resident: by_child("sarai_child_resident_bytes", "Proportional set size of a child.")?,
            ram_gb: register(
                &registry,
                Gauge::new("sarai_ram_gb", "Memory of all processes together, in 10^9 bytes.")?,
            )?,
            generation: gauge("sarai_config_generation", "How many configurations were taken over since the start.")?,
            decoding: DecodingMetrics::new(&registry)?,
            skills: SkillMetrics::new(&registry)?,
            memory: MemoryMetrics::new(&registry)?,
            writing: Mutex::default(),
            registry,
        };
        Ok(Self(Arc::new(inner)))
    }

    pub(crate) fn asked(&self) {
        self.0.requests.inc();
    }

    pub(crate) fn ended(&self, outcome: Outcome) {
        self.0.turns.with_label_values(&[outcome.label()]).inc();
    }

    pub(crate) fn answered(&self, summary: &TurnSummary) {
        let (usage, timings) = (summary.usage, summary.timings);
        self.0.first_token.observe((timings.queued_ms + timings.prefill_ms) / 1e3);
        if usage.completion_tokens > 1 && timings.decode_ms > 0.0 {
            self.0.speed.observe(f64::from(usage.completion_tokens - 1) / (timings.decode_ms / 1e3));
        }
        self.0.prompt_tokens.inc_by(u64::from(usage.prompt_tokens));
        self.0.cached_tokens.inc_by(u64::from(usage.cached_tokens));
        self.0.completion_tokens.inc_by(u64::from(usage.completion_tokens));
        self.0.decoding.answered(summary);
    }

    /// The memory had its part in a turn.
    pub(crate) fn remembered(&self, recollection: &Recollection, took: Duration) {
        self.0.memory.took_part(recollection, took);
    }

    /// What a model read in one sentence was judged.
    pub(crate) fn judged(&self, verdicts: &[Verdict]) {
        self.0.memory.judged(verdicts);
    }

    pub(crate) fn memory_size(&self, size: MemorySize) {
        self.0.memory.size(size);
    }

    /// Somebody was chosen to answer.
    pub(crate) fn routed(&self, chosen: Chosen) {
        self.0.skills.routed(chosen);
    }

    /// A skill has answered, or failed to.
    pub(crate) fn skill_answered(&self, skill: &SkillName, took: Duration) {
        self.0.skills.answered(skill, took);
    }

    pub(crate) fn configured(&self) {
        self.0.generation.inc();
    }

    /// Sets what only now can be known, and writes everything in text format 0.0.4.
    #[must_use]
    pub(crate) fn text(&self, children: &[ChildFigures], engine: Option<EngineFigures<'_>>) -> String {
        let m = &self.0;
        // One at a time: children that are gone are gone from the text, so it begins with none.
        let _writing = m.writing.lock().unwrap_or_else(PoisonError::into_inner);
        for gauges in [&m.up, &m.restarts, &m.resident] {
            gauges.reset();
        }
        m.skills.no_jails();
        for child in children {
            let label = &[child.name.as_str()];
            m.up.with_label_values(label).set(i64::from(child.serving));
            m.restarts.with_label_values(label).set(i64::from(child.restarts));
            m.resident.with_label_values(label).set(i64::try_from(child.resident_bytes).unwrap_or(i64::MAX));
            if let Some(report) = &child.report {
                m.skills.jailed(&child.name, report);
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a gauge in gigabytes")]
        m.ram_gb.set(children.iter().map(|c| c.resident_bytes).sum::<u64>() as f64 / 1e9);
        let now = |figure: fn(&StatusReply) -> u32| i64::from(engine.map_or(0, |engine| figure(engine.status)));
        m.running.set(now(|status| status.running));
        m.waiting.set(now(|status| status.waiting));
        m.context_used.set(now(|status| status.context_tokens_used));
        if let Some(engine) = engine {
            m.decoding.follow(engine.restarts, engine.status);
        }
        let mut text = Vec::new();
        match TextEncoder::new().encode(&m.registry.gather(), &mut text) {
            Ok(()) => String::from_utf8(text).unwrap_or_default(),
            Err(error) => {
                tracing::error!(%error, "metrics cannot be written");
                String::new()
            }
        }
    }
}

fn register<M: prometheus::core::Collector + Clone + 'static>(registry: &Registry, metric: M) -> prometheus::Result<M> {
    registry.register(Box::new(metric.clone()))?;
    Ok(metric)
}

#[cfg(test)]
mod tests {
    use sarai_proto::engine::v1::Drafts64;
    use sarai_types::{Decoding, FinishReason, Form, Timings, Usage};

    use super::*;

    #[test]
    fn the_seeds_names_are_there() {
        let metrics = Metrics::new().unwrap();
        metrics.asked();
        metrics.ended(Outcome::Answered);
        metrics.answered(&TurnSummary {
            model: "x".parse().unwrap(),
            reason: FinishReason::Length,
            usage: Usage::default(),
            timings: Timings::default(),
            decoding: Decoding { form: Form::Incomplete, ..Decoding::default() },
            grammar: None,
            skill: None,
            memory: Box::default(),
        });
        let child = ChildFigures {
            name: "model x".to_owned(),
            serving: true,
            restarts: 2,
            resident_bytes: 3_000_000_000,
            report: None,
        };
        let status = StatusReply {
            waiting: 4,
            suffix: Some(Drafts64 { drafted: 6, accepted: 5 }),
            model: Some(Drafts64 { drafted: 4, accepted: 1 }),
            tokens_forced: 7,
            plain_ms: 30.0,
            decode_ms: 20.0,
            fallbacks: 3,
            snapshots: 2,
            snapshot_bytes: 9000,
            snapshots_restored: 1,
            snapshots_refused: 8,
            ..StatusReply::default()
        };
        let text = metrics.text(&[child], Some(EngineFigures { restarts: 2, status: &status }));
        for line in [
            "total_requests 1",
            "sarai_turns_total{outcome=\"answered\"} 1",
            "sarai_ram_gb 3",
            "sarai_queue_depth 4",
            "sarai_supervisor_restarts{child=\"model x\"} 2",
            "sarai_child_up{child=\"model x\"} 1",
            "sarai_speculative_acceptance_rate 0.6",
            "sarai_speculative_speedup 1.5",
            "sarai_speculative_fallback_total 3",
            "sarai_speculative_drafted_tokens_total{source=\"suffix\"} 6",
            "sarai_speculative_accepted_tokens_total{source=\"model\"} 1",
            "sarai_grammar_forced_tokens_total 7",
            "sarai_grammar_incomplete_answers_total 1",
            "sarai_prefix_cache_snapshots 2",
            "sarai_prefix_cache_bytes 9000",
            "sarai_prefix_cache_restored_total 1",
            "sarai_prefix_cache_refused_total 8",
        ] {
            assert!(text.lines().any(|l| l == line), "{line} is missing in\n{text}");
        }
    }

    /// What `promtool check metrics` looks for.
    #[test]
    fn names_end_as_their_kind_does() {
        let status = StatusReply::default();
        let text = Metrics::new().unwrap().text(&[], Some(EngineFigures { restarts: 0, status: &status }));
        let types: Vec<_> = text.lines().filter_map(|line| line.strip_prefix("# TYPE ")?.split_once(' ')).collect();
        assert!(types.len() > 15, "{text}");
        for (name, kind) in types {
            // The seed's own name.
            if name != "total_requests" {
                assert_eq!(name.ends_with("_total"), kind == "counter", "{name} is a {kind}");
            }
        }
    }
}

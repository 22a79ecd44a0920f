//! Which skills are asked, how long they take, and what holds of the jails.

use std::time::Duration;

use prometheus::{Gauge, HistogramOpts, HistogramVec, IntCounterVec, IntGaugeVec, Opts, Registry};
use sarai_sandbox::{Report, State};
use sarai_types::SkillName;

use super::register;

/// Seconds: from a lookup to a model's whole answer.
const LATENCY_BUCKETS: &[f64] =
    &[0.001, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 120.0];

#[derive(Debug)]
pub(super) struct SkillMetrics {
    /// The seed's names, without prefix.
    requests: IntCounterVec,
    latency: HistogramVec,
    routed: IntCounterVec,
    hit_rate: Gauge,
    layers: IntGaugeVec,
}

/// Who was chosen for a question that a skill might have answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Chosen {
    Skill,
    Model,
}

impl SkillMetrics {
    pub(super) fn new(registry: &Registry) -> prometheus::Result<Self> {
        let counter = |name, help, label| register(registry, IntCounterVec::new(Opts::new(name, help), &[label])?);
        let latency = HistogramOpts::new("skill_latency_seconds", "From asking a skill to the end of its answer.");
        Ok(Self {
            requests: counter("skill_requests_total", "Questions that a skill was asked.", "skill")?,
            latency: register(registry, HistogramVec::new(latency.buckets(LATENCY_BUCKETS.to_vec()), &["skill"])?)?,
            routed: counter(
                "sarai_skill_routings_total",
                "Questions by who was chosen to answer: skill, model.",
                "by",
            )?,
            hit_rate: register(
                registry,
                Gauge::new("sarai_skill_hit_rate", "Share of the routed questions that a skill was chosen for.")?,
            )?,
            layers: register(
                registry,
                IntGaugeVec::new(
                    Opts::new("sarai_sandbox_layer", "1 while a layer of a jail holds, 0 where it does not."),
                    &["child", "layer"],
                )?,
            )?,
        })
    }

    pub(super) fn routed(&self, chosen: Chosen) {
        let [skill, model] = ["skill", "model"].map(|by| self.routed.with_label_values(&[by]));
        match chosen {
            Chosen::Skill => skill.inc(),
            Chosen::Model => model.inc(),
        }
        #[expect(clippy::cast_precision_loss, reason = "a share")]
        self.hit_rate.set(skill.get() as f64 / (skill.get() + model.get()).max(1) as f64);
    }

    pub(super) fn answered(&self, skill: &SkillName, took: Duration) {
        self.requests.with_label_values(&[skill.as_str()]).inc();
        self.latency.with_label_values(&[skill.as_str()]).observe(took.as_secs_f64());
    }

    /// Forgets whose jails there were.
    pub(super) fn no_jails(&self) {
        self.layers.reset();
    }

    /// A layer that has nothing to hold is not counted.
    pub(super) fn jailed(&self, child: &str, report: &Report) {
        for (layer, state) in report.effective.layers() {
            let held = match state {
                State::Held => 1,
                State::NotHeld(_) => 0,
                State::NotApplicable(_) => continue,
            };
            self.layers.with_label_values(&[child, layer.name()]).set(held);
        }
    }
}

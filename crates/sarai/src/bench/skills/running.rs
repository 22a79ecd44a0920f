//! A skill that runs for the benchmark, and what its calls cost.

use std::process::Stdio;
use std::time::Duration;

use anyhow::{Context as _, Result};
use rustix::process::{Pid, Signal, kill_process};
use sarai_daemon::skills::{Launch, SkillChannel, TrialHost, TrialWords};
use sarai_messages::Messages;
use sarai_sandbox::{Backend, Launcher};
use sarai_skills::{Granted, Skill};
use sarai_types::Language;
use serde::Serialize;
use tokio::process::Child;

use crate::bench::own::tree_of;
use crate::bench::statistics::percentile;
use crate::bench::table::{self, Table};
use crate::bench::{ms_between, now};
use crate::ending::Told;
use crate::terminal;

/// Between two questions whether it serves.
const POLL: Duration = Duration::from_millis(1);
const START_MAX: Duration = Duration::from_secs(30);
const END_MAX: Duration = Duration::from_secs(15);
/// Before its memory is read.
const SETTLE: Duration = Duration::from_secs(1);
const CALLS: usize = 2000;
/// Of those that the skill works on.
const ANSWERS: usize = 200;

/// A skill that serves.
pub(super) struct Running {
    child: Child,
    channel: SkillChannel,
    _host: TrialHost,
}

impl Running {
    /// Spawns it and waits until it serves.
    pub(super) async fn start(launch: &Launch, skill: &Skill<Granted>, words: TrialWords<'_>) -> Result<Self> {
        let host = launch.trial_host(skill, words)?;
        let mut command = launch.command()?;
        // It says that it serves, each time.
        command.stdout(Stdio::null()).stderr(Stdio::null()).kill_on_drop(true);
        let child = command.spawn()?;
        let channel = SkillChannel::at(launch.socket());
        let serving = async {
            while !channel.serves().await {
                tokio::time::sleep(POLL).await;
            }
        };
        tokio::time::timeout(START_MAX, serving).await.context("the skill does not come up")?;
        Ok(Self { child, channel, _host: host })
    }

    /// Lets it end, and waits for it.
    pub(super) async fn end(mut self) -> Result<()> {
        let pid = self.child.id().and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        if let Some(pid) = pid {
            kill_process(pid, Signal::TERM)?;
        }
        tokio::time::timeout(END_MAX, self.child.wait()).await.context("the skill does not end")??;
        Ok(())
    }
}

/// What a skill takes while it does nothing, and what asking it costs.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Calls {
    /// Of the skill's own process, and of all of its jail with the launcher. None where an engine runs them: they are no
    /// children of the launcher then.
    skill_bytes: Option<u64>,
    jail_bytes: Option<u64>,
    health_ms: Percentiles,
    /// A call that does nothing but come and go.
    call_ms: Percentiles,
    /// A question that the skill works on; a model that it asks says fixed words.
    answer_ms: Percentiles,
}

/// What a skill is asked, and what it hears from the model.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Sample<'a> {
    pub(crate) text: &'a str,
    pub(crate) language: Language,
    pub(crate) says: &'a str,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Percentiles {
    p50: Option<f64>,
    p99: Option<f64>,
}

impl Percentiles {
    fn of(samples: &[f64]) -> Self {
        Self { p50: percentile(samples, 50.0), p99: percentile(samples, 99.0) }
    }
}

/// # Errors
/// The skill does not come up, or does not answer.
pub(super) async fn calls(
    skill: &Skill<Granted>,
    launcher: &Launcher,
    backend: Backend,
    sample: Sample<'_>,
) -> Result<Calls> {
    let scratch = tempfile::tempdir()?;
    let launch = Launch::new(skill, launcher.clone(), backend, scratch.path()).map_err(Told::failed)?;
    let running = Running::start(&launch, skill, TrialWords::Fixed(sample.says)).await?;
    tokio::time::sleep(SETTLE).await;
    let tree = running.child.id().map(tree_of).unwrap_or_default();
    let is_below = backend != Backend::Docker;
    let jail_bytes = is_below.then(|| tree.iter().map(|process| process.resident_bytes).sum());
    let skill_bytes = tree.last().map(|process| process.resident_bytes).filter(|_| is_below);
    let (mut health, mut call) = (Vec::with_capacity(CALLS), Vec::with_capacity(CALLS));
    for _ in 0..CALLS {
        let begun = now();
        anyhow::ensure!(running.channel.serves().await, "the skill stopped serving");
        health.push(ms_between(begun, now()));
        let begun = now();
        running.channel.generation().await.context("the skill does not answer")?;
        call.push(ms_between(begun, now()));
    }
    let mut answer = Vec::with_capacity(ANSWERS);
    for _ in 0..ANSWERS {
        let begun = now();
        anyhow::ensure!(running.channel.answers(sample.text, sample.language).await, "the skill does not answer");
        answer.push(ms_between(begun, now()));
    }
    running.end().await?;
    let [health_ms, call_ms, answer_ms] = [health, call, answer].map(|samples| Percentiles::of(&samples));
    Ok(Calls { skill_bytes, jail_bytes, health_ms, call_ms, answer_ms })
}

impl Calls {
    pub(super) fn table(&self, messages: Messages) -> Table {
        let language = messages.language();
        let mut table = Table::new(messages, &["bench-column-figure", "bench-column-p50", "bench-column-p99"]);
        let rows = [
            ("bench-row-health", self.health_ms),
            ("bench-row-call", self.call_ms),
            ("bench-row-answer", self.answer_ms),
        ];
        for (id, Percentiles { p50, p99 }) in rows {
            table.row(id, [p50, p99].map(|figure| table::hundredths(figure, language)));
        }
        for (id, bytes) in [("bench-row-skill-memory", self.skill_bytes), ("bench-row-jail-memory", self.jail_bytes)] {
            let size = bytes.map_or_else(table::nothing, |bytes| terminal::size(bytes, language));
            table.row(id, [size, table::nothing()]);
        }
        table
    }
}

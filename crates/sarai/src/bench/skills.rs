//! `sarai bench skills`: what a skill in its jail costs, and what becomes of calls while skills are killed.
//!
//! Three parts, each of which can be left out by naming the others:
//! - `starts`: from spawning the launcher to health SERVING, by back end, on a quiet computer and while a busy program has
//!   every core. Docker or Podman is measured where one answers.
//! - `calls`: a skill that serves: its memory, its health, what a call costs that does nothing, and one of its own examples.
//! - `faults`: a `serve` of the benchmark's own, four skills, many calls at once, while skills are killed and stopped at
//!   random. Each call asks for a number of its own, so that an answer to another call would be seen.

mod faults;
mod running;

use std::time::Duration;

use anyhow::Result;
use clap::ValueEnum;
use sarai_daemon::skills::{Launch, TrialWords};
use sarai_messages::Messages;
use sarai_sandbox::{Backend, Launcher};
use sarai_skills::{Granted, Skill};
use sarai_types::{Language, Notice};
use serde::Serialize;

use self::faults::Faults;
pub(crate) use self::running::Sample;
use self::running::{Calls, Running};
use super::statistics::percentile;
use super::table::{self, Table};
use super::{CommonArgs, Figures, Measured, MeasuredModel, now, picked};
use crate::commands::skill::{self, test as skill_test};
use crate::ending::Told;
use crate::shell::Shell;

/// The skill that is measured: the one that every installation has.
const SKILL: &str = "sql";
/// Between two starts, so that what one leaves to the kernel is not the next one's.
const BREATH: Duration = Duration::from_millis(20);

#[derive(Debug, clap::Args)]
pub(super) struct SkillsArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    #[arg(
        long = "part",
        value_name = "starts|calls|faults",
        help = "bench-help-part",
        value_enum,
        hide_possible_values = true
    )]
    parts: Vec<Part>,
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    #[arg(value_name = "bench-value-count", help = "bench-help-starts")]
    starts: u32,
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    #[arg(value_name = "bench-value-count", help = "bench-help-calls")]
    calls: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Part {
    Starts,
    Calls,
    Faults,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Outcome {
    starts: Vec<Starts>,
    calls: Option<Calls>,
    faults: Option<Faults>,
}

/// The starts of one back end.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Starts {
    backend: &'static str,
    /// Whether a busy program had every core.
    busy: bool,
    ms: Vec<f64>,
    p50: Option<f64>,
    p95: Option<f64>,
    p99: Option<f64>,
}

/// # Errors
/// The skill is not there, a jail cannot be made, or the benchmark's own `serve` does not come up.
pub(super) async fn run(args: &SkillsArgs, shell: &Shell) -> Result<Measured<Outcome>> {
    let skill = measured_skill(shell)?;
    let launcher =
        Launcher::find().map_err(|error| Told::failed(Notice::new("cli-jail-failed").arg("detail", error)))?;
    let mut outcome = Outcome { starts: Vec::new(), calls: None, faults: None };
    if picked(&args.parts, &Part::Starts) {
        outcome.starts = starts(&skill, &launcher, args.starts, shell).await?;
    }
    if picked(&args.parts, &Part::Calls) {
        let text = skill_test::sample(&skill, shell.language());
        let sample = Sample { text: &text, language: shell.language(), says: &shell.say("cli-skill-test-words") };
        outcome.calls = Some(running::calls(&skill, &launcher, Backend::Local, sample).await?);
    }
    let mut model = MeasuredModel::none();
    if picked(&args.parts, &Part::Faults) {
        shell.tell(&Notice::new("bench-own-serve"));
        let (served, faults) = faults::run(args.common.model.as_ref(), args.calls, &skill, shell).await?;
        model = MeasuredModel::look(&served, shell);
        outcome.faults = Some(faults);
    }
    Ok(Measured { model, result: outcome })
}

/// Any skill: its starts and its calls.
///
/// # Errors
/// A jail cannot be made, or the skill does not come up or answer.
pub(super) async fn of_one(
    skill: &Skill<Granted>,
    backend: Backend,
    starts: u32,
    sample: Sample<'_>,
) -> Result<Outcome> {
    let launcher =
        Launcher::find().map_err(|error| Told::failed(Notice::new("cli-jail-failed").arg("detail", error)))?;
    let starts = vec![of_backend(skill, &launcher, backend, starts).await?];
    let calls = running::calls(skill, &launcher, backend, sample).await?;
    Ok(Outcome { starts, calls: Some(calls), faults: None })
}

fn measured_skill(shell: &Shell) -> Result<Skill<Granted>> {
    Ok(skill::granted(&skill::places(shell)?, &SKILL.parse()?)?)
}

async fn starts(skill: &Skill<Granted>, launcher: &Launcher, count: u32, shell: &Shell) -> Result<Vec<Starts>> {
    let scratch = tempfile::tempdir()?;
    let mut all = vec![of_backend(skill, launcher, Backend::Local, count).await?];
    let load = Load::on_every_core();
    all.push(Starts { busy: true, ..of_backend(skill, launcher, Backend::Local, count).await? });
    drop(load);
    match launcher.examine(Backend::Docker, scratch.path()) {
        Ok(_) => all.push(of_backend(skill, launcher, Backend::Docker, count).await?),
        Err(error) => shell.tell(&Notice::new("bench-no-engine").arg("detail", error)),
    }
    Ok(all)
}

async fn of_backend(skill: &Skill<Granted>, launcher: &Launcher, backend: Backend, count: u32) -> Result<Starts> {
    let scratch = tempfile::tempdir()?;
    let launch = Launch::new(skill, launcher.clone(), backend, scratch.path()).map_err(Told::failed)?;
    let mut ms = Vec::new();
    // The first one reads the program from disk; it does not count.
    for _ in 0..=count {
        let begun = now();
        let running = Running::start(&launch, skill, TrialWords::None).await?;
        ms.push(super::ms_between(begun, now()));
        running.end().await?;
        tokio::time::sleep(BREATH).await;
    }
    ms.remove(0);
    let [p50, p95, p99] = [50.0, 95.0, 99.0].map(|percent| percentile(&ms, percent));
    Ok(Starts { backend: backend.name(), busy: false, ms, p50, p95, p99 })
}

/// Keeps every core busy until it is dropped.
struct Load(std::sync::Arc<std::sync::atomic::AtomicBool>);

impl Load {
    fn on_every_core() -> Self {
        use std::sync::atomic::Ordering;
        let stop = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
        for _ in 0..std::thread::available_parallelism().map_or(1, std::num::NonZero::get) {
            let stop = std::sync::Arc::clone(&stop);
            std::thread::spawn(move || {
                while !stop.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            });
        }
        Self(stop)
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.0.store(true, std::sync::atomic::Ordering::Relaxed);
    }
}

impl Figures for Outcome {
    fn tables(&self, messages: Messages) -> Vec<Table> {
        let language = messages.language();
        let mut tables = Vec::new();
        if !self.starts.is_empty() {
            tables.push(starts_table(&self.starts, messages));
        }
        tables.extend(self.calls.as_ref().map(|calls| calls.table(messages)));
        tables.extend(self.faults.as_ref().map(|faults| faults.table(messages, language)));
        tables
    }
}

fn starts_table(starts: &[Starts], messages: Messages) -> Table {
    let language: Language = messages.language();
    let headings =
        ["bench-column-backend", "bench-column-count", "bench-column-p50", "bench-column-p95", "bench-column-p99"];
    let mut table = Table::new(messages, &headings);
    for Starts { backend, busy, ms, p50, p95, p99 } in starts {
        let name = if *busy { format!("{backend}, {}", messages.get("bench-busy")) } else { (*backend).to_owned() };
        let figures = [p50, p95, p99].map(|figure| table::number(*figure, language));
        table.figures([name, ms.len().to_string()].into_iter().chain(figures));
    }
    table
}

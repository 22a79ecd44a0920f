//! `sarai bench proactive`: whether the loop keeps its word, and what it costs.
//!
//! Two parts:
//! - weeks that never were ([`weeks`]): ten rules and a level, with sleeps, clocks that are set, a night on which they
//!   change, failures and crashes at random points. An auditor who does not know the agenda counts.
//! - a loop of the benchmark's own ([`process`]): how long it is gone after `kill -9` and after it was stopped, what it
//!   takes of memory, and of the processor while nothing is due.

mod process;
mod weeks;

use anyhow::Result;
use sarai_messages::Messages;
use serde::Serialize;

use self::process::Process;
use self::weeks::Weeks;
use super::table::{self, Table};
use super::{CommonArgs, Figures, Measured, MeasuredModel};
use crate::shell::Shell;

#[derive(Debug, clap::Args)]
pub(super) struct ProactiveArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// How many weeks are played.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    #[arg(value_name = "bench-value-count", help = "bench-help-weeks")]
    weeks: u32,
    /// How often the loop is killed; it is stopped a quarter as often.
    #[arg(long, default_value_t = 40, value_parser = clap::value_parser!(u32).range(4..=1000))]
    #[arg(value_name = "bench-value-count", help = "bench-help-kills")]
    kills: u32,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Outcome {
    weeks: Weeks,
    process: Process,
}

/// # Errors
/// The benchmark's own loop does not come up, or does not come back.
pub(super) async fn run(args: &ProactiveArgs, shell: &Shell) -> Result<Measured<Outcome>> {
    let weeks = weeks::play(args.weeks)?;
    let process = process::measure(args.kills, shell).await?;
    let model = MeasuredModel { id: "-".to_owned(), file_bytes: None };
    Ok(Measured { model, result: Outcome { weeks, process } })
}

impl Figures for Outcome {
    fn tables(&self, messages: Messages) -> Vec<Table> {
        let language = messages.language();
        let mut kept = Table::new(messages, &["bench-proactive-weeks", "bench-column-count"]);
        let weeks = &self.weeks;
        for (id, count) in [
            ("bench-proactive-moments", weeks.moments),
            ("bench-proactive-once", weeks.once),
            ("bench-proactive-reported", weeks.reported),
            ("bench-proactive-gated", weeks.gated),
            ("bench-proactive-joined", weeks.joined),
            ("bench-proactive-lost", weeks.lost),
            ("bench-proactive-doubled", weeks.doubled),
            ("bench-proactive-crossings", weeks.crossings),
            ("bench-proactive-crossings-acted", weeks.crossings_acted),
            ("bench-proactive-quiet", weeks.model_starts_in_quiet_hours),
            ("bench-proactive-repeats", weeks.repeats_within_a_day),
            ("bench-proactive-crashes", weeks.crashes),
        ] {
            kept.row(id, [table::count(usize::try_from(count).ok())]);
        }
        let mut costs = Table::new(messages, &["bench-proactive-process", "bench-column-figure"]);
        let process = &self.process;
        let ms = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |ms| format!("{ms:.0} ms"));
        costs.row("bench-proactive-killed", [ms(process.killed_p99)]);
        costs.row("bench-proactive-stopped", [ms(process.stopped_p99)]);
        costs.row("bench-proactive-resident", [crate::terminal::size(process.resident_bytes, language)]);
        costs.row("bench-proactive-cpu", [format!("{:.3} %", process.idle_cpu_percent)]);
        vec![kept, costs]
    }
}

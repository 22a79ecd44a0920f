//! `sarai bench`: how fast it is here, in figures that another computer or another server can be held against.
//!
//! One harness for all scenarios. Requests are greedy unless a scenario says otherwise, with a fixed length and the
//! prompts under `bench/prompts`; times are the client's but where it says. Nothing here fails because a figure is bad:
//! a benchmark reports, it does not judge.
//!
//! # Modules
//! - [`decode`]: a worker of its own, without `serve`. [`chat`], [`load`]: a running `serve`. [`speculative`],
//!   [`grammar`], [`restart`], [`mixed`]: a `serve` of their own, which forgets when they want it to. All but `decode`
//!   also ask another OpenAI-compatible server in the same run (llama.cpp's, for instance). [`skills`]: jails, what they
//!   cost and what they survive. [`routing`], [`memory`]: how often they are right, without a model.
//! - `server`: one request, asked and timed. `own`, `alone`: a `serve`, and a worker, of the benchmark's own. `script`,
//!   `corpus`: what is asked. `conform`: whether JSON is what a schema allows. `statistics`, `machine`, `table`, `plot`:
//!   their names.
//!
//! # The JSON
//! `--json` prints one object. Fields may be added; none changes its meaning. Times are milliseconds, sizes bytes. An
//! *interval* is `{median, low, high}` with the ends of a 95 % bootstrap; it is `null` where nothing was measured.
//! ```text
//! schema        "sarai.bench/1"
//! scenario      "decode" | "chat" | "load" | "speculative" | "grammar" | "restart" | "mixed" | "skills" |
//!               "routing" | "memory" | "proactive"
//! started_at    RFC 3339, UTC
//! version       of SARAi
//! machine       {cpu, cores, kernel, memory_bytes, load_average_before}
//! model         {id, file_bytes}
//! result        by scenario:
//!   decode      {build, threads, context_tokens, rounds, start_ms,
//!                batches: [{tokens, median_ms, ratio}], prompt: {tokens, tokens_per_second},
//!                decode_tokens_per_second: interval,
//!                first_token_cold: {prompt_tokens, cached_tokens, ms: interval}, first_token_warm: the same,
//!                resident_bytes: {loaded, after}}
//!   chat        {rounds, max_tokens, turns: [{server, conversation, round, turn, first_token_ms, total_ms,
//!                tokens_per_second, prompt_tokens, cached_tokens, completion_tokens,
//!                worker_ms: {queued, prefill, decode} or null for theirs}],
//!                ours: {model, first_token_cold, first_token_warm, tokens_per_second: intervals},
//!                theirs: the same or null, ratio: the same three intervals, ours over theirs, or null,
//!                components: [{name, resident_bytes}]}
//!   load        {clients, max_tokens, ours: {model, seconds, requests, errors, requests_per_second,
//!                tokens_per_second, first_token_ms: {p50, p90, p99}}, theirs: the same or null,
//!                components: as above}
//!   speculative {rounds, prompts, answers: [{server, policy, round, prompt, class, temperature, completion_tokens,
//!                total_ms, tokens_per_second, decoding: guesses or null}],
//!                plain: [{class, tokens_per_second: interval}],
//!                policies: [{policy, overall: gain, classes: [{class, ratio, ratio_total, guesses}],
//!                worst: {prompt, ratio} or null, guesses, greedy: {answers, same, tokens_compared, near_ties,
//!                divergences: [{prompt, round, byte, token, logprob_gap, near_tie, plain, other}]}}],
//!                search: [{class or null for all, best, best_ratio, auto_ratio, share}],
//!                theirs: {model, classes: [{class, ratio, ratio_total, guesses}]} or null}
//!                where gain is {ratio: interval, ratio_total}, the speed of decoding over plain's, and guesses is
//!                {batches, forced, suffix: {drafted, accepted}, model: the same}; theirs is auto over the other
//!   grammar     {rounds, schemas, max_tokens, answers: [{mode, round, task, kind, total_ms, first_token_ms,
//!                ms_per_token, completion_tokens, forced_tokens, verdict, complete, fault}],
//!                modes: [{mode, model, answers, valid, cut, invalid, refused, total_ms: interval,
//!                ms_per_token: interval, completion_tokens, forced_share}], mask_overhead: interval,
//!                speedup: {total: interval, per_token: interval} or null}
//!                where mode is "held" | "masked" | "free" | "theirs", verdict "valid" | "cut" | "invalid" | "refused",
//!                mask_overhead masked over free in time for each token, and speedup their time over ours
//!   restart     {rounds, turns: [{cold, warm, after_restart, ready_ms, theirs}], cold, warm, after_restart, ready_ms,
//!                speedup: intervals, prompt_tokens, cached_tokens, theirs: {model, cold, speedup: intervals} or null}
//!                where a first token is {ms, prompt_tokens, cached_tokens}, and speedup cold over after_restart
//!   mixed       {rounds, actions_per_hour: [number],
//!                questions: [{server, company, round, first_token_ms, queued_ms, tokens_per_second}],
//!                work: [{server, company, round, priority, jobs, tokens, seconds, refused}],
//!                ours: [{company, model, first_token_ms, queued_ms, tokens_per_second: intervals, slowdown,
//!                background_tokens_per_second, task_tokens_per_second}], theirs: the same or null}
//!                where company is "alone" | "rules" | "background" | "both"
//!   skills      {starts: [{backend, busy, ms: [ms], p50, p95, p99}],
//!                calls: {skill_bytes, jail_bytes, health_ms: {p50, p99}, call_ms: {p50, p99},
//!                answer_ms: {p50, p99}} or null,
//!                faults: {calls, answered, failed, lost, wrong, kills, killed_ms: [ms], stopped_ms: [ms], left_over}
//!                or null}
//!   memory      {sets: [{set, system: "memory" | "search" | "model", recall, stale, leak, abstention, junk: {hits, of,
//!                low, high}}], facts, file_bytes, times: [{what: "subject" | "object" | "words" | "question" | "turn"
//!                | "model", p50_ms, p99_ms}]}
//!   routing     {threshold, parts: [{part: "dev" | "test", requests, accuracy: interval, false_fires, mistaken, missed,
//!                skills: [{skill, precision, recall}], confusion: [{wanted, chosen, count}]}],
//!                mistakes: [{language, text, wanted, chosen, score}]}
//!                where a skill is null for "none", and the mistakes are those of the part "dev"
//!   proactive   {weeks: {weeks, moments, once, reported, gated, joined, unfinished, lost, doubled, crossings,
//!                crossings_acted, model_starts_in_quiet_hours, repeats_within_a_day, crashes},
//!                process: {killed_ms: [ms], stopped_ms: [ms], killed_p99, stopped_p99, resident_bytes,
//!                idle_cpu_percent}}
//! ```
//! `server` is `ours` or `theirs`. Cold is the first turn of a conversation, warm is every later one. A ratio is taken
//! between the same turns of the same round, and its median reported. The resident size is the proportional set size.

pub(crate) mod alone;
mod chat;
mod conform;
mod corpus;
mod decode;
mod grammar;
mod load;
mod machine;
mod memory;
mod mixed;
mod own;
pub(crate) mod plot;
mod proactive;
mod restart;
mod routing;
mod script;
mod server;
mod skills;
mod speculative;
pub(crate) mod statistics;
pub(crate) mod table;

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use anyhow::Result;
use clap::Subcommand;
use sarai_messages::Messages;
use sarai_sandbox::Backend;
use sarai_skills::{Granted, Skill};
use sarai_types::{ModelId, Notice};
use serde::Serialize;

use crate::cli::{Format, JsonFlag};
use crate::ending::Told;
use crate::shell::Shell;
use crate::terminal;
use machine::Machine;
use plot::Plot;
pub(crate) use server::ms_between;
pub(crate) use skills::Sample;

const SCHEMA: &str = "sarai.bench/1";

#[derive(Debug, clap::Args)]
#[command(arg_required_else_help = true)]
pub(crate) struct BenchArgs {
    #[command(subcommand)]
    scenario: Scenario,
}

#[derive(Debug, Subcommand)]
enum Scenario {
    #[command(about = "bench-about-decode")]
    Decode(decode::DecodeArgs),
    #[command(about = "bench-about-chat")]
    Chat(chat::ChatArgs),
    #[command(about = "bench-about-load")]
    Load(load::LoadArgs),
    #[command(about = "bench-about-speculative")]
    Speculative(speculative::SpeculativeArgs),
    #[command(about = "bench-about-grammar")]
    Grammar(grammar::GrammarArgs),
    #[command(about = "bench-about-restart")]
    Restart(restart::RestartArgs),
    #[command(about = "bench-about-mixed")]
    Mixed(mixed::MixedArgs),
    #[command(about = "bench-about-skills")]
    Skills(skills::SkillsArgs),
    #[command(about = "bench-about-routing")]
    Routing(routing::RoutingArgs),
    #[command(about = "bench-about-memory")]
    Memory(memory::MemoryArgs),
    #[command(about = "bench-about-proactive")]
    Proactive(proactive::ProactiveArgs),
}

/// What every scenario understands.
#[derive(Debug, clap::Args)]
struct CommonArgs {
    #[arg(long, value_name = "bench-value-model", help = "bench-help-model")]
    model: Option<ModelId>,
    /// `60` or `60s`.
    #[arg(long, value_name = "bench-value-duration", help = "bench-help-duration", value_parser = seconds)]
    duration: Option<Duration>,
    #[command(flatten)]
    json: JsonFlag,
}

/// A picture beside the figures.
#[derive(Debug, Clone, clap::Args)]
struct SvgArg {
    #[arg(long, value_name = "bench-value-file", help = "bench-help-svg")]
    svg: Option<PathBuf>,
}

/// Runs a scenario and prints what came of it.
///
/// # Errors
/// What stands in the way: no memory, no model, no server, a request that fails.
pub(crate) async fn run(args: BenchArgs, shell: &Shell) -> Result<()> {
    let (started_at, machine) = (timestamp(), Machine::look());
    let messages = shell.messages;
    match args.scenario {
        Scenario::Decode(args) => {
            let (format, report) = (args.common.json.format(), decode::run(&args, shell, &started_at).await?);
            print(format, &Report::new("decode", &started_at, &machine, &report.model, &report.result), messages)
        }
        Scenario::Chat(args) => {
            let (format, report) = (args.common.json.format(), chat::run(&args, shell, &started_at).await?);
            print(format, &Report::new("chat", &started_at, &machine, &report.model, &report.result), messages)
        }
        Scenario::Load(args) => {
            let (format, report) = (args.common.json.format(), load::run(&args, shell).await?);
            print(format, &Report::new("load", &started_at, &machine, &report.model, &report.result), messages)
        }
        Scenario::Speculative(args) => {
            let report = stoppable(speculative::run(&args, shell)).await?;
            let report = Report::new("speculative", &started_at, &machine, &report.model, &report.result);
            draw(&args.svg, &report, messages)?;
            print(args.common.json.format(), &report, messages)
        }
        Scenario::Grammar(args) => {
            let report = stoppable(grammar::run(&args, shell)).await?;
            let report = Report::new("grammar", &started_at, &machine, &report.model, &report.result);
            draw(&args.svg, &report, messages)?;
            print(args.common.json.format(), &report, messages)
        }
        Scenario::Restart(args) => {
            let report = stoppable(restart::run(&args, shell, &started_at)).await?;
            let report = Report::new("restart", &started_at, &machine, &report.model, &report.result);
            draw(&args.svg, &report, messages)?;
            print(args.common.json.format(), &report, messages)
        }
        Scenario::Mixed(args) => {
            let report = stoppable(mixed::run(&args, shell, &started_at)).await?;
            let report = Report::new("mixed", &started_at, &machine, &report.model, &report.result);
            draw(&args.svg, &report, messages)?;
            print(args.common.json.format(), &report, messages)
        }
        Scenario::Proactive(args) => {
            let report = stoppable(proactive::run(&args, shell)).await?;
            let report = Report::new("proactive", &started_at, &machine, &report.model, &report.result);
            print(args.common.json.format(), &report, messages)
        }
        Scenario::Skills(args) => {
            let report = stoppable(skills::run(&args, shell)).await?;
            let report = Report::new("skills", &started_at, &machine, &report.model, &report.result);
            print(args.common.json.format(), &report, messages)
        }
        Scenario::Memory(args) => {
            let report = memory::run(&args, shell).await?;
            let report = Report::new("memory", &started_at, &machine, &report.model, &report.result);
            print(args.json.format(), &report, messages)
        }
        Scenario::Routing(args) => {
            let report = routing::run(&args)?;
            let report = Report::new("routing", &started_at, &machine, &report.model, &report.result);
            print(args.json.format(), &report, messages)
        }
    }
}

/// A file of labelled cases that somebody wrote.
fn read_cases(file: &Path) -> std::io::Result<String> {
    // None is much larger than this.
    const BYTES_MAX: u64 = 4 << 20;
    let bytes = fs_err::metadata(file)?.len();
    if bytes > BYTES_MAX {
        return Err(std::io::Error::other(format!("{bytes} > {BYTES_MAX}")));
    }
    fs_err::read_to_string(file)
}

/// Measures one skill and prints what came of it, as `sarai bench skills` does.
///
/// # Errors
/// A jail cannot be made, or the skill does not come up or answer.
pub(crate) async fn of_skill(
    skill: &Skill<Granted>,
    backend: Backend,
    starts: u32,
    sample: Sample<'_>,
    format: Format,
    shell: &Shell,
) -> Result<()> {
    let (started_at, machine) = (timestamp(), Machine::look());
    let result = stoppable(skills::of_one(skill, backend, starts, sample)).await?;
    let model = MeasuredModel { id: skill.name().to_string(), file_bytes: None };
    print(format, &Report::new("skills", &started_at, &machine, &model, &result), shell.messages)
}

/// Ends with Ctrl-C too, which drops what the scenario started.
async fn stoppable<T>(scenario: impl Future<Output = Result<T>>) -> Result<T> {
    tokio::select! {
        result = scenario => result,
        _ = tokio::signal::ctrl_c() => Err(Told::failed(Notice::new("bench-stopped")).into()),
    }
}

/// The model that was measured.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
struct MeasuredModel {
    id: String,
    /// None for a file that is not on this computer any more.
    file_bytes: Option<u64>,
}

impl MeasuredModel {
    /// The model with this name, as the models folder has it.
    fn look(id: &str, shell: &Shell) -> Self {
        let file = id.parse().ok().and_then(|id| shell.library().ok()?.find(&id).ok());
        Self { id: id.to_owned(), file_bytes: file.and_then(|file| Some(fs_err::metadata(file).ok()?.len())) }
    }

    /// Where none takes part.
    fn none() -> Self {
        Self { id: "-".to_owned(), file_bytes: None }
    }
}

/// What a scenario gives back.
#[derive(Debug)]
struct Measured<R> {
    model: MeasuredModel,
    result: R,
}

/// What a person reads of a scenario's result.
trait Figures: Serialize {
    /// Tables, each with a row of headings.
    fn tables(&self, messages: Messages) -> Vec<table::Table>;

    /// The same as a picture, where there is one.
    fn plot(&self, _messages: Messages) -> Option<Plot> {
        None
    }
}

#[derive(Debug, Serialize)]
struct Report<'a, R> {
    schema: &'static str,
    scenario: &'static str,
    started_at: &'a str,
    version: &'static str,
    machine: &'a Machine,
    model: &'a MeasuredModel,
    result: &'a R,
}

impl<'a, R: Figures> Report<'a, R> {
    fn new(
        scenario: &'static str,
        started_at: &'a str,
        machine: &'a Machine,
        model: &'a MeasuredModel,
        result: &'a R,
    ) -> Self {
        Self { schema: SCHEMA, scenario, started_at, version: env!("CARGO_PKG_VERSION"), machine, model, result }
    }
}

fn print<R: Figures>(format: Format, report: &Report<'_, R>, messages: Messages) -> Result<()> {
    match format {
        Format::Json => terminal::line(serde_json::to_string_pretty(report)?)?,
        Format::Text => {
            terminal::line(messages.text(&heading(report, messages)))?;
            for table in report.result.tables(messages) {
                terminal::line(format!("\n{}", terminal::table(&table.rows()).trim_end()))?;
            }
        }
    }
    Ok(())
}

/// Draws the picture into the file that was asked for.
fn draw<R: Figures>(args: &SvgArg, report: &Report<'_, R>, messages: Messages) -> Result<()> {
    if let (Some(file), Some(plot)) = (&args.svg, report.result.plot(messages)) {
        let plot = Plot { subtitle: messages.text(&heading(report, messages)), ..plot };
        fs_err::write(file, plot.svg())?;
    }
    Ok(())
}

fn heading<R>(report: &Report<'_, R>, messages: Messages) -> Notice {
    let load = report.machine.load_average_before.unwrap_or_default();
    Notice::new("bench-heading")
        .arg("model", &report.model.id)
        .arg("cpu", &report.machine.cpu)
        .arg("cores", report.machine.cores)
        .arg("kernel", &report.machine.kernel)
        .arg("load", terminal::rounded(load, messages.language()))
        .arg("date", report.started_at)
}

/// Whether another round begins: there is one left, and time for it. The first one always begins.
fn goes_on(rounds_done: u32, rounds: u32, start: Instant, duration: Option<Duration>) -> bool {
    rounds_done == 0
        || (rounds_done < rounds && duration.is_none_or(|most| now().saturating_duration_since(start) < most))
}

/// Whether something was asked for: all is, where nothing was named.
fn picked<T: PartialEq>(named: &[T], one: &T) -> bool {
    named.is_empty() || named.contains(one)
}

/// Reads a number of seconds, 1 to 3600, with or without an `s` behind it.
fn seconds(text: &str) -> Result<Duration, &'static str> {
    match text.strip_suffix('s').unwrap_or(text).parse() {
        Ok(number @ 1..=3600) => Ok(Duration::from_secs(number)),
        Ok(_) | Err(_) => Err("not 1 to 3600 seconds"),
    }
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
pub(crate) fn now() -> Instant {
    Instant::now()
}

#[expect(clippy::disallowed_methods, reason = "a report says when it was made")]
fn timestamp() -> String {
    jiff::Timestamp::now().strftime("%Y-%m-%dT%H:%M:%SZ").to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_at_their_boundary() {
        for (text, expected) in [
            ("60", Some(60)),
            ("60s", Some(60)),
            ("3600", Some(3600)),
            ("0", None),
            ("3601s", None),
            ("1m", None),
            ("-1", None),
            ("", None),
            ("99999999999999999999", None),
        ] {
            assert_eq!(seconds(text).ok(), expected.map(Duration::from_secs), "{text:?}");
        }
    }
}

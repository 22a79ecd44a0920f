//! `sarai bench grammar`: answers held to JSON schemas, end to end, and what holding them costs.
//!
//! Every task is asked in three ways of a `serve` of the benchmark's own: held to its schema as a person gets it, held
//! to it without guessing ahead, and free. The second against the third is the cost of the mask for each token; the
//! first is what is compared with another server, which gets the same words and the same `response_format`. The schema
//! stands in the question too, so that every model knows it.
//!
//! An answer counts as valid when it is JSON that the schema allows, by a check of the benchmark's own. One that was cut
//! because its tokens were used up is neither: it is counted apart.

use std::fmt::Display;

use anyhow::Result;
use sarai_api::client::AnswerFormat;
use sarai_messages::Messages;
use sarai_types::{FinishReason, Form, Message, Notice, Role, Speculation};
use serde::Serialize;

use super::conform;
use super::corpus::{self, SchemaTask};
use super::own::OwnServe;
use super::plot::{Body, Panel, Plot};
use super::server::{AgainstArgs, Answer, Question, Server};
use super::statistics::{Interval, median_interval};
use super::table::{self, Table};
use super::{CommonArgs, Figures, Measured, MeasuredModel, SvgArg, goes_on, now, picked};
use crate::ending::Told;
use crate::shell::Shell;

/// Tokens of an answer; the longest that the schemas invite are half of it.
const ANSWER_TOKENS: u32 = 320;
/// Tasks between two changes of the way in which they are asked: short enough that a computer that gets slower falls
/// on all ways.
const CHUNK: usize = 6;
const WARM_UP: &str = "Say yes.";
const WARM_UP_TOKENS: u32 = 8;

#[derive(Debug, clap::Args)]
pub(super) struct GrammarArgs {
    #[command(flatten)]
    pub(super) common: CommonArgs,
    /// How often each schema is asked for.
    #[arg(long, default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..=50))]
    #[arg(value_name = "bench-value-rounds", help = "bench-help-rounds")]
    rounds: u32,
    /// Only these schemas, by their names.
    #[arg(long = "schema", value_delimiter = ',')]
    #[arg(value_name = "bench-value-schemas", help = "bench-help-schemas")]
    schemas: Vec<String>,
    #[command(flatten)]
    pub(super) svg: SvgArg,
    #[command(flatten)]
    against: AgainstArgs,
}

/// In which way a task is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Mode {
    /// Held to the schema, as a person gets it.
    Held,
    /// Held to the schema, one token at a time.
    Masked,
    /// Only asked nicely, one token at a time.
    Free,
    /// Held to the schema by the other server.
    Theirs,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Outcome {
    rounds: u32,
    schemas: usize,
    max_tokens: u32,
    answers: Vec<Sample>,
    modes: Vec<ModeSummary>,
    /// Milliseconds for each token: masked over free, by task.
    mask_overhead: Option<Interval>,
    /// Another server's time over ours, by task.
    speedup: Option<Speedup>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Sample {
    mode: Mode,
    round: u32,
    task: String,
    kind: String,
    total_ms: f64,
    first_token_ms: f64,
    /// After the first one.
    ms_per_token: Option<f64>,
    completion_tokens: u32,
    /// Of them, those that the grammar left no choice about.
    forced_tokens: u32,
    verdict: Verdict,
    /// What the server says of the answer's form, where it says it.
    complete: Option<bool>,
    /// What is wrong with it.
    fault: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Verdict {
    Valid,
    /// Its tokens were used up.
    Cut,
    Invalid,
    /// The server did not answer at all.
    Refused,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct ModeSummary {
    mode: Mode,
    model: String,
    answers: usize,
    valid: usize,
    cut: usize,
    invalid: usize,
    refused: usize,
    total_ms: Option<Interval>,
    ms_per_token: Option<Interval>,
    completion_tokens: u64,
    /// Share of all tokens, 0 to 1.
    forced_share: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
struct Speedup {
    total: Option<Interval>,
    per_token: Option<Interval>,
}

/// # Errors
/// Its own `serve` does not come up. A request that fails is a figure, not an error: a grammar that a server refuses or
/// falls over is what is to be seen.
pub(super) async fn run(args: &GrammarArgs, shell: &Shell) -> Result<Measured<Outcome>> {
    let theirs = Server::theirs(&args.against).await?;
    let tasks: Vec<SchemaTask> =
        corpus::schemas()?.into_iter().filter(|task| picked(&args.schemas, &task.name)).collect();
    if tasks.is_empty() {
        let names: Vec<String> = corpus::schemas()?.into_iter().map(|task| task.name).collect();
        return Err(Told::failed(Notice::new("bench-no-schema").arg("names", names.join(", "))).into());
    }
    shell.tell(&Notice::new("bench-own-serve"));
    let own = OwnServe::start(shell, args.common.model.as_ref()).await?;
    let model = own.server().await?.model;
    let mut modes = vec![Mode::Held, Mode::Masked, Mode::Free];
    modes.extend(theirs.as_ref().map(|_| Mode::Theirs));
    let mut bench = Bench { shell, own, theirs, samples: Vec::new() };
    let (begun, mut round) = (now(), 0);
    while goes_on(round, args.rounds, begun, args.common.duration) {
        round += 1;
        for (at, chunk) in tasks.chunks(CHUNK).enumerate() {
            let notice = Notice::new("bench-schemas").arg("round", round).arg("rounds", args.rounds);
            shell.tell(&notice.arg("from", at * CHUNK + 1).arg("to", at * CHUNK + chunk.len()).arg("all", tasks.len()));
            for turn in 0..modes.len() {
                let mode = modes[(turn + at + round as usize) % modes.len()];
                bench.ask_chunk(mode, chunk, round).await?;
            }
        }
    }
    let result = bench.outcome(&modes, &model, round, tasks.len());
    Ok(Measured { model: MeasuredModel::look(&model, shell), result })
}

struct Bench<'a> {
    shell: &'a Shell,
    own: OwnServe<'a>,
    theirs: Option<Server>,
    samples: Vec<Sample>,
}

impl Bench<'_> {
    async fn ask_chunk(&mut self, mode: Mode, tasks: &[SchemaTask], round: u32) -> Result<()> {
        let server = match (mode, &self.theirs) {
            (Mode::Held | Mode::Masked | Mode::Free, _) => {
                // An answer of another mode would be guessed whole from memory.
                self.own.forget().await?;
                let server = self.own.server().await?;
                let warm_up = Question::greedy(vec![Message::new(Role::User, WARM_UP)], WARM_UP_TOKENS);
                server.ask(warm_up).await.map_err(|e| Told::failed(e.notice()))?;
                server
            }
            (Mode::Theirs, Some(theirs)) => theirs.clone(),
            (Mode::Theirs, None) => return Ok(()),
        };
        for task in tasks {
            let sample = match server.ask(question(mode, task)).await {
                Ok(answer) => Sample::new(mode, round, task, &answer),
                Err(error) => {
                    tracing::debug!(%error, task = task.name, "a task failed");
                    Sample::refused(mode, round, task, error)
                }
            };
            if matches!(sample.verdict, Verdict::Invalid | Verdict::Refused) && mode != Mode::Free {
                let fault = sample.fault.clone().unwrap_or_default();
                self.shell.tell(&Notice::new("bench-not-valid").arg("schema", &task.name).arg("fault", fault));
            }
            self.samples.push(sample);
        }
        Ok(())
    }

    fn outcome(self, modes: &[Mode], model: &str, rounds: u32, schemas: usize) -> Outcome {
        let Self { samples, theirs, .. } = self;
        let model_of = |mode: Mode| match (mode, &theirs) {
            (Mode::Theirs, Some(theirs)) => theirs.model.clone(),
            _ => model.to_owned(),
        };
        let per_token = |s: &Sample| s.ms_per_token;
        let total = |s: &Sample| Some(s.total_ms);
        Outcome {
            rounds,
            schemas,
            max_tokens: ANSWER_TOKENS,
            modes: modes.iter().map(|mode| summary(*mode, model_of(*mode), &samples)).collect(),
            mask_overhead: quotients(&samples, Mode::Masked, Mode::Free, per_token),
            speedup: theirs.is_some().then(|| Speedup {
                total: quotients(&samples, Mode::Theirs, Mode::Held, total),
                per_token: quotients(&samples, Mode::Theirs, Mode::Held, per_token),
            }),
            answers: samples,
        }
    }
}

fn question(mode: Mode, task: &SchemaTask) -> Question {
    let text = format!("{}\n\nJSON Schema: {}", task.ask, task.schema);
    let held = Some(AnswerFormat::JsonSchema(task.schema.clone()));
    let (format, speculation) = match mode {
        Mode::Held => (held, Some(Speculation::Auto)),
        Mode::Masked => (held, Some(Speculation::Off)),
        Mode::Free => (None, Some(Speculation::Off)),
        Mode::Theirs => (held, None),
    };
    Question { format, speculation, ..Question::greedy(vec![Message::new(Role::User, text)], ANSWER_TOKENS) }
}

impl Sample {
    fn new(mode: Mode, round: u32, task: &SchemaTask, answer: &Answer) -> Self {
        let checked = conform::answer(&answer.text, &task.schema);
        let verdict = match (&checked, answer.reason) {
            (Ok(()), _) => Verdict::Valid,
            (Err(_), Some(FinishReason::Length)) => Verdict::Cut,
            (Err(_), _) => Verdict::Invalid,
        };
        let complete = answer.decoding.and_then(|d| match d.form {
            Form::Free => None,
            Form::Complete => Some(true),
            Form::Incomplete => Some(false),
        });
        Self {
            mode,
            round,
            task: task.name.clone(),
            kind: task.kind.clone(),
            total_ms: answer.total_ms,
            first_token_ms: answer.first_token_ms,
            ms_per_token: answer.decode_pace().map(|pace| 1e3 / pace),
            completion_tokens: answer.usage.map_or(0, |u| u.completion_tokens),
            forced_tokens: answer.decoding.map_or(0, |d| d.forced_tokens),
            verdict,
            complete,
            fault: checked.err().map(|fault| fault.to_string()),
        }
    }

    fn refused(mode: Mode, round: u32, task: &SchemaTask, why: impl Display) -> Self {
        Self {
            mode,
            round,
            task: task.name.clone(),
            kind: task.kind.clone(),
            total_ms: f64::NAN,
            first_token_ms: f64::NAN,
            ms_per_token: None,
            completion_tokens: 0,
            forced_tokens: 0,
            verdict: Verdict::Refused,
            complete: None,
            fault: Some(why.to_string()),
        }
    }
}

fn summary(mode: Mode, model: String, samples: &[Sample]) -> ModeSummary {
    let of_mode: Vec<&Sample> = samples.iter().filter(|s| s.mode == mode).collect();
    let count = |verdict| of_mode.iter().filter(|s| s.verdict == verdict).count();
    let sum = |tokens: fn(&Sample) -> u32| of_mode.iter().map(|s| u64::from(tokens(s))).sum::<u64>();
    let all = sum(|s| s.completion_tokens);
    let total: Vec<f64> = of_mode.iter().map(|s| s.total_ms).filter(|ms| ms.is_finite()).collect();
    #[expect(clippy::cast_precision_loss, reason = "a benchmark answers far fewer than 2^52 tokens")]
    let forced_share = sum(|s| s.forced_tokens) as f64 / all.max(1) as f64;
    ModeSummary {
        mode,
        model,
        answers: of_mode.len(),
        valid: count(Verdict::Valid),
        cut: count(Verdict::Cut),
        invalid: count(Verdict::Invalid),
        refused: count(Verdict::Refused),
        total_ms: median_interval(&total),
        ms_per_token: median_interval(&of_mode.iter().filter_map(|s| s.ms_per_token).collect::<Vec<_>>()),
        completion_tokens: all,
        forced_share,
    }
}

/// One mode's figure over another's, between the same task in the same round.
fn quotients(samples: &[Sample], over: Mode, under: Mode, of: fn(&Sample) -> Option<f64>) -> Option<Interval> {
    let twin = |one: &Sample| samples.iter().find(|s| s.mode == under && s.task == one.task && s.round == one.round);
    let quotient = |one: &Sample| Some(of(one)? / of(twin(one)?)?);
    let quotients: Vec<f64> = samples.iter().filter(|s| s.mode == over).filter_map(quotient).collect();
    let whole: Vec<f64> = quotients.into_iter().filter(|q| q.is_finite()).collect();
    median_interval(&whole)
}

impl Figures for Outcome {
    fn tables(&self, messages: Messages) -> Vec<Table> {
        let language = messages.language();
        let headings = [
            "bench-column-mode",
            "bench-column-valid",
            "bench-column-cut",
            "bench-column-invalid",
            "bench-column-refused",
            "bench-column-total",
            "bench-column-per-token",
            "bench-column-forced-share",
        ];
        let mut modes = Table::new(messages, &headings);
        for m in &self.modes {
            let counts = [format!("{} / {}", m.valid, m.answers)];
            let counts = counts.into_iter().chain([m.cut, m.invalid, m.refused].map(|n| n.to_string()));
            let times = [m.total_ms, m.ms_per_token].map(|interval| table::interval(interval, language));
            let share = table::number(Some(100.0 * m.forced_share), language);
            modes.row(mode_id(m.mode), counts.chain(times).chain([share]));
        }
        let mut ratios = Table::new(messages, &["bench-column-what", "bench-column-ratio"]);
        ratios.row("bench-row-mask", [table::ratio(self.mask_overhead, language)]);
        if let Some(speedup) = self.speedup {
            ratios.row("bench-row-speedup-total", [table::ratio(speedup.total, language)]);
            ratios.row("bench-row-speedup-token", [table::ratio(speedup.per_token, language)]);
        }
        vec![modes, ratios]
    }

    fn plot(&self, messages: Messages) -> Option<Plot> {
        let labels: Vec<String> = self.modes.iter().map(|m| messages.get(mode_id(m.mode))).collect();
        let panel = |title: &str, unit: &str, of: fn(&ModeSummary) -> Option<Interval>| Panel {
            title: messages.get(title),
            mark: None,
            body: Body::Bars {
                labels: labels.clone(),
                series: vec![(messages.get(unit), self.modes.iter().map(of).collect())],
            },
        };
        let panels = vec![
            panel("bench-plot-total", "bench-column-ms", |m| m.total_ms),
            panel("bench-plot-per-token", "bench-column-ms", |m| m.ms_per_token),
        ];
        Some(Plot { title: messages.get("bench-title-grammar"), panels, ..Plot::default() })
    }
}

const fn mode_id(mode: Mode) -> &'static str {
    match mode {
        Mode::Held => "bench-row-held",
        Mode::Masked => "bench-row-masked",
        Mode::Free => "bench-row-free",
        Mode::Theirs => "bench-row-theirs",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(text: &str, reason: FinishReason) -> Answer {
        Answer {
            text: text.to_owned(),
            reason: Some(reason),
            tokens: Vec::new(),
            first_token_ms: 100.0,
            total_ms: 1000.0,
            tokens_per_second: Some(20.0),
            usage: None,
            timings: None,
            decoding: None,
        }
    }

    fn task() -> SchemaTask {
        corpus::schemas().unwrap().into_iter().find(|task| task.name == "language").unwrap()
    }

    #[test]
    fn a_cut_answer_is_not_an_invalid_one() {
        let whole = r#"{"language": "galician", "sure": true}"#;
        for (text, reason, expected) in [
            (whole, FinishReason::Stop, Verdict::Valid),
            (whole, FinishReason::Length, Verdict::Valid),
            (&whole[..20], FinishReason::Length, Verdict::Cut),
            (&whole[..20], FinishReason::Stop, Verdict::Invalid),
            ("Galician, I think.", FinishReason::Stop, Verdict::Invalid),
            (r#"{"language": "klingon", "sure": true}"#, FinishReason::Stop, Verdict::Invalid),
        ] {
            let sample = Sample::new(Mode::Held, 1, &task(), &answer(text, reason));
            assert_eq!(sample.verdict, expected, "{text:?} {reason:?}");
            assert_eq!(sample.fault.is_none(), expected == Verdict::Valid);
        }
    }

    #[test]
    fn only_the_held_modes_ask_for_a_form() {
        for (mode, held) in [(Mode::Held, true), (Mode::Masked, true), (Mode::Free, false), (Mode::Theirs, true)] {
            let question = question(mode, &task());
            assert_eq!(question.format.is_some(), held);
            assert!(question.messages[0].text.contains(r#""enum":["galician""#));
        }
        assert_eq!(question(Mode::Theirs, &task()).speculation, None, "another server does not know the field");
    }

    #[test]
    fn modes_are_compared_task_by_task() {
        let sample = |mode, task: &str, total_ms| {
            let whole = Sample::new(mode, 1, &self::task(), &answer("{}", FinishReason::Stop));
            Sample { task: task.to_owned(), total_ms, ..whole }
        };
        let samples = [
            sample(Mode::Held, "a", 100.0),
            sample(Mode::Theirs, "a", 300.0),
            sample(Mode::Theirs, "b", 900.0),
            Sample::refused(Mode::Theirs, 1, &task(), "500"),
        ];
        let total = quotients(&samples, Mode::Theirs, Mode::Held, |s| Some(s.total_ms)).unwrap();
        assert_eq!(total, Interval { median: 3.0, low: 3.0, high: 3.0 });
        let theirs = summary(Mode::Theirs, "m".to_owned(), &samples);
        assert_eq!((theirs.answers, theirs.refused, theirs.invalid), (3, 1, 2));
        assert_eq!(theirs.total_ms.unwrap().median, 600.0);
    }
}

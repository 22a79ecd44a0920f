//! `sarai model bench`: what batches of n tokens take, and what guessing ahead would gain by that.
//!
//! A worker of its own for each layout of the weights is started and timed. Beside the two that can be measured stands
//! `both`, each batch where it is faster. Guesses are held against each: ones that cost nothing (from what was said
//! before) and, where a draft model is given, its own; for several shares of right guesses, the length that pays best.
//!
//! With `--staircase FILE` nothing is started and no model is needed: the times come from the file, which may be of
//! another computer. It is one object:
//!
//! ```json
//! {"target": [[1, 165.3], [2, 209.7]], "draft": [[1, 13.9]], "draft_call_ms": 1.0,
//!  "name": "…", "note": "where the figures come from", "estimate": true}
//! ```
//!
//! Points are a number of tokens and its milliseconds; one of each list is for 1 token. Only `target` must be there;
//! `draft_call_ms` is what asking the draft model takes beside its tokens, 1 if it is not said. An estimate for the pair
//! of SOLAR 10.7B and Qwen2.5 0.5B on six cores lies in `models/staircases`.
//!
//! # The JSON
//! ```text
//! source    "measured" | "file"
//! name      the model's id, or the file's name for it
//! note      of the file, or null
//! estimate  whether the file says that its figures are estimated
//! draft     {name, points: [[tokens, ms]], call_ms} or null
//! targets   [{layout: "stored" | "repacked" | "both" | "given", points: [[tokens, ms]], prompt_tokens_per_second,
//!           plain_tokens_per_second, start_ms, resident_bytes,
//!           forecasts: [{source: "free" | "model", acceptance, draft_tokens, speedup, tokens_per_second,
//!                        by_length: [[tokens, speedup]]}]}]
//! ```
//! What was not measured is null. `draft_tokens` is 0, and `speedup` 1, where guessing does not pay.

use std::io::Read;
use std::path::{Path, PathBuf};

use anyhow::Result;
use sarai_engine::speculate::{Staircase, forecast};
use sarai_engine::weights::{Layouts, Measured, Policy, Speeds};
use sarai_messages::Messages;
use sarai_proto::engine::v1::MeasureRequest;
use sarai_types::{DRAFT_TOKENS_MAX, ModelId, Notice};
use serde::{Deserialize, Serialize};

use crate::bench::alone::{self, Alone, Plan, told};
use crate::bench::plot::{Body, Panel, Plot};
use crate::bench::table::{self, Table};
use crate::bench::{ms_between, now};
use crate::cli::{Format, JsonFlag};
use crate::ending::Told;
use crate::shell::Shell;
use crate::terminal;

/// The n of T(n).
const BATCHES: [u32; 11] = [1, 2, 3, 4, 6, 8, 12, 16, 24, 32, 48];
/// Tokens of the prompt that is timed.
const PROMPT_TOKENS: u32 = 400;
/// Shares of right guesses that are reported: a story, a chat, code, a copy.
const ACCEPTANCES: [f64; 4] = [0.5, 0.7, 0.9, 0.97];
/// A call over a socket of the same computer.
const CALL_MS: f64 = 1.0;
/// A file of a few points is far shorter.
const FILE_BYTES_MAX: u64 = 1 << 20;
const POINTS_MAX: usize = 1000;

#[derive(Debug, clap::Args)]
pub(crate) struct BenchArgs {
    #[arg(value_name = "bench-value-model", help = "bench-help-model")]
    model: Option<ModelId>,
    #[arg(long, value_name = "bench-value-model", help = "bench-help-draft", conflicts_with = "staircase")]
    draft: Option<ModelId>,
    #[arg(long, value_name = "bench-value-file", help = "bench-help-staircase", conflicts_with = "model")]
    staircase: Option<PathBuf>,
    /// How often each batch is timed.
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=15))]
    #[arg(value_name = "bench-value-rounds", help = "bench-help-rounds")]
    rounds: u32,
    #[arg(long, value_name = "bench-value-file", help = "bench-help-svg")]
    svg: Option<PathBuf>,
    #[command(flatten)]
    json: JsonFlag,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct Report {
    source: &'static str,
    name: String,
    note: Option<String>,
    estimate: bool,
    draft: Option<DraftModel>,
    targets: Vec<Target>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
struct DraftModel {
    name: String,
    points: Vec<(u32, f64)>,
    call_ms: f64,
}

/// One way to hold the weights.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Target {
    layout: &'static str,
    points: Vec<(u32, f64)>,
    prompt_tokens_per_second: Option<f64>,
    plain_tokens_per_second: f64,
    start_ms: Option<f64>,
    resident_bytes: Option<u64>,
    forecasts: Vec<Expected>,
}

/// What the controller would conclude.
#[derive(Debug, Clone, PartialEq, Serialize)]
struct Expected {
    source: Source,
    acceptance: f64,
    draft_tokens: u32,
    speedup: f64,
    tokens_per_second: f64,
    by_length: Vec<(u32, f64)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Source {
    /// From what was said before, or forced by a grammar.
    Free,
    Model,
}

/// What a worker took.
#[derive(Debug, Clone, PartialEq)]
struct Timing {
    points: Vec<(u32, f64)>,
    prompt_tokens_per_second: f64,
    start_ms: f64,
    resident_bytes: u64,
}

/// Why a file of a staircase cannot be used.
#[derive(Debug)]
enum FileFault {
    Unreadable(std::io::Error),
    NotOne(serde_json::Error),
    /// The list has no point for one token, or too many points, or a number that cannot be a time.
    Points(&'static str),
}

/// # Errors
/// The model is not here or does not fit, its worker falls, or the file is no staircase.
pub(super) async fn run(args: &BenchArgs, shell: &Shell) -> Result<()> {
    let report = match &args.staircase {
        Some(file) => from_file(file).map_err(|fault| Told::failed(fault.notice(file)))?,
        None => measured(args, shell).await?,
    };
    if let Some(file) = &args.svg {
        fs_err::write(file, report.plot(shell.messages).svg())?;
    }
    match args.json.format() {
        Format::Json => terminal::line(serde_json::to_string_pretty(&report)?)?,
        Format::Text => {
            terminal::line(report.heading(shell))?;
            for table in report.tables(shell.messages) {
                terminal::line(format!("\n{}", terminal::table(&table.rows()).trim_end()))?;
            }
        }
    }
    Ok(())
}

/// One worker after the other: together they would disturb each other.
async fn measured(args: &BenchArgs, shell: &Shell) -> Result<Report> {
    let plan = alone::plan(args.model.clone(), shell)?;
    let draft_plan = args.draft.clone().map(|draft| alone::plan(Some(draft), shell)).transpose()?;
    let name = plan.spec.model.to_string();
    let stored = time(args, shell, &plan, Layouts::Stored).await?;
    let repacked = time(args, shell, &plan, Layouts::Repacked).await?;
    let draft = match &draft_plan {
        Some(plan) => {
            let points = time(args, shell, plan, Layouts::Repacked).await?.points;
            Some(DraftModel { name: plan.spec.model.to_string(), points, call_ms: CALL_MS })
        }
        None => None,
    };
    let both = both(&stored, &repacked);
    let timed = [("stored", &stored), ("repacked", &repacked)].into_iter().map(|(layout, timing)| {
        let of_worker = Some((timing.start_ms, timing.resident_bytes));
        Target::new(layout, timing.points.clone(), Some(timing.prompt_tokens_per_second), of_worker, draft.as_ref())
    });
    let both = both.map(|(points, prompt)| Target::new("both", points, Some(prompt), None, draft.as_ref()));
    let targets: Option<Vec<Target>> = timed.chain(both).collect();
    let targets = targets.ok_or_else(|| anyhow::anyhow!("the worker measured no batch of one token"))?;
    Ok(Report { source: "measured", name, note: None, estimate: false, draft, targets })
}

async fn time(args: &BenchArgs, shell: &Shell, plan: &Plan, layouts: Layouts) -> Result<Timing> {
    let mut spec = plan.spec.clone();
    spec.options.weights = Policy::Always(layouts);
    let notice = Notice::new("bench-timing").arg("model", &spec.model).arg("layout", layouts.as_str());
    shell.tell(&notice);
    let start = now();
    let work = async |alone: &Alone| {
        alone.until_serving().await?;
        let start_ms = ms_between(start, now());
        let context_tokens = alone.worker.facts().await.map_err(told)?.context_tokens;
        let request = MeasureRequest {
            batch_sizes: BATCHES.to_vec(),
            rounds: args.rounds,
            prefill_tokens: PROMPT_TOKENS.min(context_tokens / 2),
        };
        let reply = alone.worker.measure(request).await.map_err(told)?;
        Ok(Timing {
            points: reply.batches.iter().map(|b| (b.batch_size, b.median_ms)).collect(),
            prompt_tokens_per_second: reply.prefill_tokens_per_second,
            start_ms,
            resident_bytes: alone.worker.status().await.map_err(told)?.resident_bytes,
        })
    };
    Alone::start(spec).with(work).await
}

/// Each batch where it is faster, and prompts too.
fn both(stored: &Timing, repacked: &Timing) -> Option<(Vec<(u32, f64)>, f64)> {
    let speeds = |timing: &Timing| Speeds::new(timing.points.clone(), timing.prompt_tokens_per_second);
    let speeds = Measured { stored: speeds(stored), repacked: speeds(repacked) }.speeds(Layouts::Both)?;
    Some((speeds.points().to_vec(), speeds.prompt_tokens_per_second()))
}

fn from_file(file: &Path) -> Result<Report, FileFault> {
    let mut text = String::new();
    let opened = fs_err::File::open(file).map_err(FileFault::Unreadable)?;
    opened.take(FILE_BYTES_MAX).read_to_string(&mut text).map_err(FileFault::Unreadable)?;
    let name = file.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
    from_text(&text, name)
}

fn from_text(text: &str, file_name: String) -> Result<Report, FileFault> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        target: Vec<(u32, f64)>,
        draft: Option<Vec<(u32, f64)>>,
        draft_call_ms: Option<f64>,
        name: Option<String>,
        note: Option<String>,
        #[serde(default)]
        estimate: bool,
    }
    let file: File = serde_json::from_str(text).map_err(FileFault::NotOne)?;
    let call_ms = file.draft_call_ms.unwrap_or(CALL_MS);
    if !(call_ms.is_finite() && call_ms >= 0.0) {
        return Err(FileFault::Points("draft_call_ms"));
    }
    let draft = match file.draft {
        None => None,
        Some(points) => Some(DraftModel { name: "draft".to_owned(), points: sane("draft", points)?, call_ms }),
    };
    let points = sane("target", file.target)?;
    let target = Target::new("given", points, None, None, draft.as_ref()).ok_or(FileFault::Points("target"))?;
    Ok(Report {
        source: "file",
        name: file.name.unwrap_or(file_name),
        note: file.note,
        estimate: file.estimate,
        draft,
        targets: vec![target],
    })
}

/// Points as they are, if each can be a measurement and one is for one token. A list with a wrong number in it is
/// refused whole: the rest would be somebody's typing too.
fn sane(name: &'static str, points: Vec<(u32, f64)>) -> Result<Vec<(u32, f64)>, FileFault> {
    let whole = points.len() <= POINTS_MAX
        && points.iter().any(|(tokens, _)| *tokens == 1)
        && points.iter().all(|(tokens, ms)| *tokens > 0 && ms.is_finite() && *ms > 0.0);
    if whole { Ok(points) } else { Err(FileFault::Points(name)) }
}

impl FileFault {
    fn notice(&self, file: &Path) -> Notice {
        let file = file.display();
        match self {
            Self::Unreadable(cause) => Notice::new("bench-staircase-unreadable").arg("file", file).arg("cause", cause),
            Self::NotOne(cause) => Notice::new("bench-staircase-shape").arg("file", file).arg("cause", cause),
            Self::Points(name) => Notice::new("bench-staircase-points").arg("file", file).arg("name", name),
        }
    }
}

impl Target {
    /// None without a point for one token. `of_worker` is the milliseconds of its start and its resident bytes.
    fn new(
        layout: &'static str,
        points: Vec<(u32, f64)>,
        prompt_tokens_per_second: Option<f64>,
        of_worker: Option<(f64, u64)>,
        draft: Option<&DraftModel>,
    ) -> Option<Self> {
        let stairs = Staircase::new(&points)?;
        let of_draft = match draft {
            Some(draft) => Some((Staircase::new(&draft.points)?, draft.call_ms)),
            None => None,
        };
        let expected = |source, draft, acceptance| {
            let found = forecast(&stairs, draft, acceptance, DRAFT_TOKENS_MAX.into());
            Expected {
                source,
                acceptance,
                draft_tokens: found.best_tokens,
                speedup: found.speedup,
                tokens_per_second: found.tokens_per_s,
                by_length: found.by_length,
            }
        };
        let free = ACCEPTANCES.iter().map(|acceptance| expected(Source::Free, None, *acceptance));
        let model = of_draft.iter().flat_map(|(draft, call_ms)| {
            ACCEPTANCES.iter().map(|acceptance| expected(Source::Model, Some((draft, *call_ms)), *acceptance))
        });
        let (start_ms, resident_bytes) = of_worker.unzip();
        Some(Self {
            layout,
            prompt_tokens_per_second,
            plain_tokens_per_second: 1e3 / stairs.ms(1),
            start_ms,
            resident_bytes,
            forecasts: free.chain(model).collect(),
            points,
        })
    }

    fn ms(&self, tokens: u32) -> Option<f64> {
        self.points.iter().find(|(n, _)| *n == tokens).map(|(_, ms)| *ms)
    }
}

impl Report {
    fn heading(&self, shell: &Shell) -> String {
        let name = terminal::plain(&self.name);
        let heading = match (self.source, self.estimate) {
            ("file", true) => Notice::new("bench-model-estimate"),
            ("file", false) => Notice::new("bench-model-given"),
            _ => Notice::new("bench-model-measured"),
        };
        let heading = shell.text(&heading.arg("name", name));
        match &self.note {
            Some(note) => format!("{heading}\n{}", terminal::plain(note)),
            None => heading,
        }
    }

    fn tables(&self, messages: Messages) -> Vec<Table> {
        let mut tables = vec![self.staircase(messages)];
        tables.extend((self.source == "measured").then(|| self.layouts(messages)));
        tables.push(self.conclusions(messages));
        tables
    }

    /// One row for each size, one pair of columns for each layout.
    fn staircase(&self, messages: Messages) -> Table {
        let language = messages.language();
        let mut sizes: Vec<u32> = self.targets.iter().flat_map(|t| &t.points).map(|(tokens, _)| *tokens).collect();
        sizes.sort_unstable();
        sizes.dedup();
        let mut table = Table::new(messages, &["bench-column-batch"]);
        let headings = self.targets.iter().flat_map(|t| [format!("{} (ms)", t.layout), "T(n)/T(1)".to_owned()]);
        table.add_headings(headings);
        for tokens in sizes {
            let cells = self.targets.iter().flat_map(|t| {
                let ms = t.ms(tokens);
                let ratio = ms.zip(t.ms(1)).map(|(ms, one)| ms / one);
                [table::number(ms, language), table::number(ratio, language)]
            });
            table.figures(std::iter::once(tokens.to_string()).chain(cells));
        }
        table
    }

    fn layouts(&self, messages: Messages) -> Table {
        let language = messages.language();
        let headings =
            ["bench-column-layout", "bench-row-decode", "bench-row-prompt", "bench-row-start", "bench-column-resident"];
        let mut table = Table::new(messages, &headings);
        for t in &self.targets {
            let speeds = [Some(t.plain_tokens_per_second), t.prompt_tokens_per_second, t.start_ms];
            let resident = t.resident_bytes.map_or_else(table::nothing, |bytes| terminal::size(bytes, language));
            let cells = speeds.map(|value| table::number(value, language)).into_iter().chain([resident]);
            table.figures(std::iter::once(t.layout.to_owned()).chain(cells));
        }
        table
    }

    fn conclusions(&self, messages: Messages) -> Table {
        let language = messages.language();
        let headings = [
            "bench-column-layout",
            "bench-column-source",
            "bench-column-acceptance",
            "bench-column-best-length",
            "bench-column-speedup",
            "bench-row-tokens",
        ];
        let mut table = Table::new(messages, &headings);
        for target in &self.targets {
            for e in &target.forecasts {
                let source = match e.source {
                    Source::Free => messages.get("bench-source-free"),
                    Source::Model => messages.get("bench-source-model"),
                };
                let [acceptance, speedup] = [e.acceptance, e.speedup].map(|v| table::hundredths(Some(v), language));
                let pace = table::number(Some(e.tokens_per_second), language);
                let length = e.draft_tokens.to_string();
                table.figures([target.layout.to_owned(), source, acceptance, length, speedup, pace]);
            }
        }
        table
    }

    fn plot(&self, messages: Messages) -> Plot {
        let points = |points: &[(u32, f64)]| points.iter().map(|(n, value)| (f64::from(*n), *value)).collect();
        let staircase = Panel {
            title: messages.get("bench-plot-staircase"),
            mark: None,
            body: Body::Lines {
                x: messages.get("bench-column-batch"),
                series: self.targets.iter().map(|t| (t.layout.to_owned(), points(&t.points))).collect(),
            },
        };
        let gains = self.targets.iter().flat_map(|target| {
            [Source::Free, Source::Model].into_iter().filter_map(|source| {
                let of_source: Vec<&Expected> = target.forecasts.iter().filter(|e| e.source == source).collect();
                let id = match source {
                    Source::Free => "bench-source-free",
                    Source::Model => "bench-source-model",
                };
                (!of_source.is_empty()).then(|| Panel {
                    title: format!("{}: {}, {}", messages.get("bench-plot-gain"), target.layout, messages.get(id)),
                    mark: Some(1.0),
                    body: Body::Lines {
                        x: messages.get("bench-column-draft-length"),
                        series: of_source.iter().map(|e| (e.acceptance.to_string(), points(&e.by_length))).collect(),
                    },
                })
            })
        });
        let panels = std::iter::once(staircase).chain(gains).collect();
        Plot {
            title: messages.get("bench-title-model"),
            subtitle: match self.estimate {
                true => format!("{} ({})", self.name, messages.get("bench-plot-estimate")),
                false => self.name.clone(),
            },
            panels,
        }
    }
}

#[cfg(test)]
mod tests {
    use sarai_types::Language;

    use super::*;

    const SEED: &str = include_str!("../../../../../models/staircases/solar-10.7b-qwen2.5-0.5b-6-cores.json");

    #[test]
    fn the_example_of_the_seeds_pair_is_an_estimate_that_can_be_simulated() {
        let report = from_text(SEED, String::new()).unwrap();
        assert!(report.estimate && report.note.as_ref().is_some_and(|note| note.contains("estimate")));
        let target = &report.targets[0];
        let expected = |source, acceptance: f64| {
            let found = target.forecasts.iter().find(|e| e.source == source && e.acceptance == acceptance);
            found.unwrap().clone()
        };
        assert_eq!(target.forecasts.len(), 2 * ACCEPTANCES.len());
        // A free guess is never worth less than the same guess of a model.
        for acceptance in ACCEPTANCES {
            assert!(expected(Source::Free, acceptance).speedup >= expected(Source::Model, acceptance).speedup);
        }
        let copy = expected(Source::Free, 0.97);
        assert!(copy.draft_tokens > 4 && copy.speedup > 1.5, "{copy:?}");
        assert!((target.plain_tokens_per_second - 1e3 / 165.3).abs() < 1e-9);
        assert_eq!(report.tables(Messages::new(Language::Spanish)).len(), 2);
        assert!(report.plot(Messages::new(Language::English)).svg().contains("<polyline"));
    }

    #[test]
    fn a_file_that_is_no_staircase_is_refused_with_its_place() {
        for (text, id) in [
            ("", "bench-staircase-shape"),
            ("{}", "bench-staircase-shape"),
            (r#"{"target": [[1, 30]], "stairs": 1}"#, "bench-staircase-shape"),
            (r#"{"target": [[-1, 30]]}"#, "bench-staircase-shape"),
            (r#"{"target": []}"#, "bench-staircase-points"),
            (r#"{"target": [[2, 30]]}"#, "bench-staircase-points"),
            (r#"{"target": [[1, 30], [2, 0]]}"#, "bench-staircase-points"),
            (r#"{"target": [[1, 30], [0, 4]]}"#, "bench-staircase-points"),
            (r#"{"target": [[1, 30]], "draft": [[4, 9]]}"#, "bench-staircase-points"),
            (r#"{"target": [[1, 30]], "draft_call_ms": -1}"#, "bench-staircase-points"),
        ] {
            let fault = from_text(text, String::new()).unwrap_err();
            assert_eq!(fault.notice(Path::new("f")).id, id, "{text}");
        }
        let least = from_text(r#"{"target": [[1, 30]]}"#, "f.json".to_owned()).unwrap();
        assert_eq!((least.name.as_str(), least.estimate, least.targets.len()), ("f.json", false, 1));
        assert!(from_file(Path::new("/nowhere/f.json")).is_err());
    }

    #[test]
    fn both_layouts_together_are_the_better_of_each() {
        let timing = |points: &[(u32, f64)], prompt_tokens_per_second| Timing {
            points: points.to_vec(),
            prompt_tokens_per_second,
            start_ms: 0.0,
            resident_bytes: 0,
        };
        let stored = timing(&[(1, 41.0), (16, 160.0)], 248.0);
        let repacked = timing(&[(1, 32.0), (16, 260.0)], 153.0);
        assert_eq!(both(&stored, &repacked), Some((vec![(1, 32.0), (16, 160.0)], 248.0)));
        assert_eq!(both(&stored, &timing(&[], 1.0)), None);
    }
}

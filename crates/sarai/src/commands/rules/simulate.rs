//! `sarai rules simulate`: what rules would do in a stretch of time, with sleeps, clock changes, crashes and failures.
//!
//! The rules are those of `--rules FILE`, or else of the owner's file. Nothing is stored and nobody is told.
//!
//! # Events: one JSON object a line
//! `at` is true time; with `tz` a time without an offset is by that zone's wall.
//!
//! ```json
//! {"at": "2026-11-27T10:00", "event": "memory", "free_bytes": 100, "total_bytes": 1000}
//! {"at": "2026-11-27T10:00", "event": "disk", "path": "/home", "free_bytes": 100, "total_bytes": 1000}
//! {"at": "2026-11-27T10:00", "event": "idle", "seconds": 1800}
//! {"at": "2026-11-27T10:00", "event": "file_changed", "path": "~/notes.txt"}
//! {"at": "2026-11-27T10:00", "event": "skill_unhealthy", "skill": "sql"}
//! {"at": "2026-11-27T10:00", "event": "webhook", "name": "deploy"}
//! {"at": "2026-11-27T10:00", "event": "fact_added", "text": "Marta vive en Lugo"}
//! {"at": "2026-11-27T10:00", "event": "sleep", "until": "2026-11-28T09:00"}
//! {"at": "2026-11-27T10:00", "event": "clock", "to": "2025-11-27T10:00"}
//! {"at": "2026-11-27T10:00", "event": "crash", "point": "between"}
//! {"at": "2026-11-27T10:00", "event": "run", "rule": "backup"}
//! {"at": "2026-11-27T10:00", "event": "seen", "rule": "disk"}
//! {"at": "2026-11-27T10:00", "event": "dismissed", "rule": "disk"}
//! {"at": "2026-11-27T10:00", "event": "fails", "rule": "backup", "times": 2}
//! ```
//!
//! `point` is `between` two steps, `before_store` of the next step, `after_store` of it, or `after_work` of the next
//! action that takes time.
//!
//! # Output
//! `{"from", "until", "zone", "rules", "entries", "counts", "open", "truncated"}`. An entry is `{"at", "real", "kind",
//! "rule", "task", "word", "detail", "why"}`: `at` is what the clock showed, `real` true time; `kind` is `decided`,
//! `acted` (an action took effect), `told` (the owner is told that something was missed, fails or was cut off) or
//! `killed`. `counts` has, by rule and word, how often.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use jiff::Timestamp;
use sarai_config::{RulesFile, SourceFile};
use sarai_proactive::agenda::{Happening, Say, TaskId};
use sarai_proactive::decided;
use sarai_proactive::rule::{Resource, Rule};
use sarai_proactive::simulate::{
    CrashPoint, ENTRIES_MAX, Entered, Entry, INCIDENTS_MAX, Incident, SPAN_MAX, Timeline, simulate,
};
use sarai_proactive::time::Zone;
use sarai_proactive::{Capacity, say};
use sarai_types::Notice;
use serde::Deserialize;
use serde_json::{Value, json};

use super::{moments, shown};
use crate::cli::{Format, JsonFlag};
use crate::ending::{Exit, Told};
use crate::input::open;
use crate::shell::Shell;
use crate::terminal;

/// The largest file of events, in bytes.
const EVENTS_BYTES_MAX: u64 = 16 << 20;

#[derive(Debug, clap::Args)]
pub(crate) struct SimulateArgs {
    #[arg(long, value_name = "cli-value-time", help = "cli-help-rules-from")]
    from: String,
    #[arg(long, value_name = "cli-value-time", help = "cli-help-rules-to")]
    to: String,
    #[arg(long, value_name = "cli-value-zone", help = "cli-help-rules-tz")]
    tz: Option<String>,
    #[arg(long, value_name = "cli-value-file", help = "cli-help-rules-events")]
    events: Option<PathBuf>,
    #[arg(long, value_name = "cli-value-file", help = "cli-help-rules-file")]
    rules: Option<PathBuf>,
    #[command(flatten)]
    json: JsonFlag,
}

/// One line of the file of events.
#[derive(Debug, Deserialize)]
struct Line {
    at: String,
    #[serde(flatten)]
    what: What,
}

#[derive(Debug, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
enum What {
    Memory { free_bytes: u64, total_bytes: u64 },
    Disk { path: Option<String>, free_bytes: u64, total_bytes: u64 },
    Idle { seconds: u32 },
    FileChanged { path: String },
    SkillUnhealthy { skill: String },
    Webhook { name: String },
    FactAdded { text: String },
    Sleep { until: String },
    Clock { to: String },
    Crash { point: Option<Point> },
    Run { rule: String },
    Seen { rule: String },
    Dismissed { rule: String },
    Fails { rule: String, times: u32 },
}

#[derive(Debug, Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Point {
    Between,
    BeforeStore,
    AfterStore,
    AfterWork,
}

pub(super) fn run(args: &SimulateArgs, shell: &Shell) -> anyhow::Result<()> {
    let home = moments::zone(args.tz.as_deref())?;
    let file = rules_file(args, &home, shell)?;
    let mut house = file.house;
    if args.tz.is_some() {
        house.zone = home;
    }
    let zone = house.zone.clone();
    let from = moments::moment(&args.from, &zone)?;
    let until = moments::moment(&args.to, &zone)?;
    if until <= from || until.duration_since(from) > SPAN_MAX {
        let notice = Notice::new("cli-rules-span").arg("days", SPAN_MAX.as_hours() / 24);
        return Err(Told::new(Exit::Usage, vec![notice]).into());
    }
    let incidents = incidents(args, &zone)?;
    let timeline = simulate(&house, &file.rules, from, until, &incidents);
    match args.json.format() {
        Format::Json => terminal::line(body(&timeline, &file.rules, from, until, &zone, shell))?,
        Format::Text => {
            for entry in &timeline.entries {
                terminal::line(terminal::plain(&line(entry, &file.rules, &zone, shell)))?;
            }
        }
    }
    if timeline.truncated {
        shell.tell(&Notice::new("cli-rules-truncated").arg("max", ENTRIES_MAX));
    }
    Ok(())
}

fn rules_file(args: &SimulateArgs, home: &Zone, shell: &Shell) -> anyhow::Result<RulesFile> {
    let bad = |errors: sarai_config::ConfigErrors| {
        Told::new(Exit::BadConfig, errors.iter().map(sarai_config::ConfigError::notice).collect())
    };
    let Some(path) = &args.rules else {
        return Ok(RulesFile::of(&shell.folders, home).map_err(bad)?);
    };
    if !path.exists() {
        return Err(Told::failed(Notice::new("cli-file-missing").arg("file", path.display())).into());
    }
    let source = SourceFile::read(path).map_err(|error| Told::new(Exit::BadConfig, vec![error.notice()]))?;
    Ok(RulesFile::read(&source, home).map_err(bad)?)
}

fn incidents(args: &SimulateArgs, zone: &Zone) -> anyhow::Result<Vec<(Timestamp, Incident)>> {
    let Some(path) = &args.events else { return Ok(Vec::new()) };
    let mut text = String::new();
    open(path)?.take(EVENTS_BYTES_MAX).read_to_string(&mut text)?;
    let mut incidents = Vec::new();
    for (number, line) in (1_usize..).zip(text.lines()) {
        if line.trim().is_empty() {
            continue;
        }
        let wrong =
            |detail: String| Told::failed(Notice::new("cli-rules-event").arg("line", number).arg("detail", detail));
        let Line { at, what } = serde_json::from_str(line).map_err(|error| wrong(error.to_string()))?;
        let moment = |text: &str| moments::moment(text, zone).map_err(|_| wrong(text.to_owned()));
        incidents.push((moment(&at)?, incident(what, &moment, &wrong)?));
        if incidents.len() > INCIDENTS_MAX {
            return Err(Told::failed(Notice::new("cli-rules-events-many").arg("max", INCIDENTS_MAX)).into());
        }
    }
    incidents.sort_by_key(|(at, _)| *at);
    Ok(incidents)
}

fn incident(
    what: What,
    moment: &dyn Fn(&str) -> Result<Timestamp, Told>,
    wrong: &dyn Fn(String) -> Told,
) -> Result<Incident, Told> {
    let rule = |text: String| text.parse().map_err(|_| wrong(text));
    Ok(match what {
        What::Memory { free_bytes, total_bytes } => {
            Incident::Measured { resource: Resource::Memory, capacity: Capacity { free_bytes, total_bytes } }
        }
        What::Disk { path, free_bytes, total_bytes } => {
            Incident::Measured { resource: Resource::Disk { path }, capacity: Capacity { free_bytes, total_bytes } }
        }
        What::Idle { seconds } => Incident::Idle { seconds },
        What::FileChanged { path } => Incident::Happened(Happening::FileChanged { path }),
        What::SkillUnhealthy { skill } => Incident::Happened(Happening::SkillUnhealthy { skill }),
        What::Webhook { name } => Incident::Happened(Happening::Webhook { name }),
        What::FactAdded { text } => {
            // Another text is another fact.
            let fact = text.bytes().fold(7, |number: u64, byte| number.wrapping_mul(31).wrapping_add(u64::from(byte)));
            Incident::Happened(Happening::FactAdded { fact, text })
        }
        What::Sleep { until } => Incident::Sleep { until: moment(&until)? },
        What::Clock { to } => Incident::Clock { to: moment(&to)? },
        What::Crash { point } => Incident::Crash(match point.unwrap_or(Point::Between) {
            Point::Between => CrashPoint::Between,
            Point::BeforeStore => CrashPoint::BeforeStore,
            Point::AfterStore => CrashPoint::AfterStore,
            Point::AfterWork => CrashPoint::AfterWork,
        }),
        What::Run { rule: name } => Incident::Asked(rule(name)?),
        What::Seen { rule: name } => Incident::Seen(rule(name)?),
        What::Dismissed { rule: name } => Incident::Dismissed(rule(name)?),
        What::Fails { rule: name, times } => Incident::Fails { rule: rule(name)?, times },
    })
}

/// The parts of an entry that every kind has.
struct Parts {
    at: Timestamp,
    kind: &'static str,
    rule: Option<String>,
    task: Option<String>,
    word: &'static str,
    detail: Value,
    why: String,
}

fn parts(entry: &Entry, rules: &[Rule], zone: &Zone, shell: &Shell) -> Parts {
    let of_task = |task: &TaskId| (Some(task.rule().to_string()), Some(task.to_string()));
    match &entry.what {
        Entered::Decided(decision) => Parts {
            at: decision.at,
            kind: "decided",
            rule: Some(decision.rule.to_string()),
            task: decision.task.as_ref().map(ToString::to_string),
            word: decision.what.name(),
            detail: decision.what.values().into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect(),
            why: shown::render(&decided::decision(decision, zone), shell.messages),
        },
        Entered::Acted(task) => {
            let (rule, task) = of_task(task);
            let (detail, why) = (json!({}), shell.say("cli-rules-acted"));
            Parts { at: entry.real, kind: "acted", rule, task, word: "acted", detail, why }
        }
        Entered::Told(task, what) => {
            let known = rules.iter().find(|rule| rule.id == *task.rule());
            let word = match what {
                Say::Missed { .. } => "missed",
                Say::Failed { .. } => "failed",
                Say::CutOff => "unknown",
            };
            let why = known.map(|rule| decided::told(what, say::action(&rule.action), zone));
            let why = why.map_or_else(String::new, |why| shown::render(&why, shell.messages));
            let (rule, task) = of_task(task);
            Parts { at: entry.real, kind: "told", rule, task, word, detail: json!({}), why }
        }
        Entered::Killed => {
            let (detail, why) = (json!({}), shell.say("cli-rules-killed"));
            Parts { at: entry.real, kind: "killed", rule: None, task: None, word: "killed", detail, why }
        }
    }
}

fn line(entry: &Entry, rules: &[Rule], zone: &Zone, shell: &Shell) -> String {
    let Parts { at, rule, why, .. } = parts(entry, rules, zone, shell);
    let wall = zone.wall(at).strftime("%Y-%m-%d %H:%M:%S");
    match rule {
        Some(rule) => format!("{wall} {rule}: {why}"),
        None => format!("{wall} {why}"),
    }
}

fn body(timeline: &Timeline, rules: &[Rule], from: Timestamp, until: Timestamp, zone: &Zone, shell: &Shell) -> Value {
    let mut counts: BTreeMap<String, BTreeMap<&'static str, u64>> = BTreeMap::new();
    let mut entries = Vec::new();
    for entry in &timeline.entries {
        let Parts { at, kind, rule, task, word, detail, why } = parts(entry, rules, zone, shell);
        if let Some(rule) = rule.clone().filter(|_| kind != "told") {
            *counts.entry(rule).or_default().entry(word).or_default() += 1;
        }
        entries.push(json!({
            "at": zone.rfc3339(at), "real": zone.rfc3339(entry.real), "kind": kind, "rule": rule,
            "task": task, "word": word, "detail": detail, "why": why,
        }));
    }
    let open: Vec<Value> =
        timeline.open.iter().map(|task| json!({"task": task.id.to_string(), "state": task.state.name()})).collect();
    json!({
        "from": zone.rfc3339(from), "until": zone.rfc3339(until), "zone": zone.name(),
        "rules": rules.len(), "entries": entries, "counts": counts, "open": open, "truncated": timeline.truncated,
    })
}

//! `sarai rules log` and `sarai rules explain`: what was decided, and why.

use sarai_loop::{clock, readings};
use sarai_proactive::agenda::{Outcome, State, TaskId};
use sarai_proactive::decided;
use sarai_proactive::gate::{Common, Memory, Verdict, judge, key};
use sarai_proactive::rule::{Rule, RuleId, Status};
use sarai_proactive::time::Zone;
use sarai_proactive_sqlite::{DecisionRow, TaskRow};
use sarai_types::Notice;
use serde_json::{Value, json};

use super::{book, name, refused, shown, store, unknown};
use crate::cli::{Format, JsonFlag};
use crate::shell::Shell;
use crate::terminal;

/// So many decisions are shown of one rule.
const EXPLAINED: usize = 20;

#[derive(Debug, clap::Args)]
pub(crate) struct LogArgs {
    #[arg(value_name = "cli-value-rule", help = "cli-help-rules-log")]
    rule: Option<String>,
    #[arg(long, value_name = "N", default_value_t = 50, help = "cli-help-rules-limit")]
    limit: usize,
    #[command(flatten)]
    json: JsonFlag,
}

#[derive(Debug, clap::Args)]
pub(crate) struct ExplainArgs {
    #[arg(value_name = "cli-value-rule", help = "cli-help-rules-explain")]
    id: String,
    #[command(flatten)]
    json: JsonFlag,
}

pub(super) fn log(args: &LogArgs, shell: &Shell) -> anyhow::Result<()> {
    let store = store(shell)?;
    let rule = args.rule.as_deref().map(name).transpose()?;
    let zone = book(shell, &store)?.house.zone;
    let decisions = store.decisions(rule.as_ref(), args.limit).map_err(refused)?;
    match args.json.format() {
        Format::Json => {
            let rows: Vec<Value> = decisions.iter().map(|decision| row(decision, &zone, shell)).collect();
            terminal::line(Value::Array(rows))?;
        }
        Format::Text if decisions.is_empty() => shell.tell(&Notice::new("cli-rules-log-empty")),
        Format::Text => decisions.iter().rev().try_for_each(|decision| tell(decision, &zone, shell))?,
    }
    Ok(())
}

fn why(decision: &DecisionRow, zone: &Zone, shell: &Shell) -> String {
    shown::render(&decision.why(zone), shell.messages)
}

fn row(decision: &DecisionRow, zone: &Zone, shell: &Shell) -> Value {
    json!({
        "at": zone.rfc3339(decision.first),
        "last": zone.rfc3339(decision.last),
        "rule": decision.rule,
        "task": decision.task,
        "word": decision.word,
        "detail": decision.values(),
        "times": decision.times,
        "why": why(decision, zone, shell),
    })
}

fn tell(decision: &DecisionRow, zone: &Zone, shell: &Shell) -> std::io::Result<()> {
    let times = if decision.times > 1 { format!(" (×{})", decision.times) } else { String::new() };
    let at = zone.wall(decision.last).strftime("%Y-%m-%d %H:%M:%S");
    let line = format!("{at} {}: {}{times}", decision.rule, why(decision, zone, shell));
    terminal::line(terminal::plain(&line))
}

/// A task for programs.
pub(super) fn task(row: &TaskRow, zone: &Zone) -> Value {
    let detail = match &row.task.state {
        State::Ended(Outcome::Done { detail } | Outcome::Failed { detail }) => Some(detail.clone()),
        State::Ended(Outcome::Unknown | Outcome::Dropped)
        | State::Held { .. }
        | State::Ready { .. }
        | State::Running => None,
    };
    json!({
        "id": row.task.id.to_string(),
        "due": zone.rfc3339(row.task.id.at()),
        "changed": zone.rfc3339(row.changed),
        "state": row.task.state.name(),
        "detail": detail,
        "attempts": row.task.attempts,
        "missed": row.task.missed,
        "subject": row.task.subject,
    })
}

pub(super) fn run(args: &ExplainArgs, shell: &Shell) -> anyhow::Result<()> {
    let store = store(shell)?;
    let book = book(shell, &store)?;
    // A task's name begins with its rule's.
    let task_id = args.id.parse::<TaskId>().ok();
    let id: RuleId = match &task_id {
        Some(task) => task.rule().clone(),
        None => name(&args.id)?,
    };
    let zone = book.house.zone.clone();
    let known = book.find(&id);
    let mut decisions =
        store.decisions(Some(&id), if task_id.is_some() { 10_000 } else { EXPLAINED }).map_err(refused)?;
    if let Some(task) = task_id.as_ref().map(ToString::to_string) {
        decisions.retain(|decision| decision.task.as_deref() == Some(task.as_str()));
    }
    if known.is_none() && decisions.is_empty() {
        return Err(unknown(&args.id).into());
    }
    let tasks = store.tasks(Some(&id), EXPLAINED).map_err(refused)?;
    let now = known.map(|known| verdict(&known.rule, &store, &book.house, shell)).transpose()?;
    match args.json.format() {
        Format::Json => {
            let decisions: Vec<Value> = decisions.iter().map(|decision| row(decision, &zone, shell)).collect();
            let tasks: Vec<Value> = tasks.iter().map(|row| task(row, &zone)).collect();
            terminal::line(json!({
                "rule": known.map(|known| shown::keys(&known.rule)),
                "sentence": known.map(|known| shown::sentence(&known.rule, &zone, shell)),
                "now": now.as_ref().map(|(word, _)| word),
                "why": now.as_ref().map(|(_, why)| why),
                "decisions": decisions,
                "tasks": tasks,
            }))?;
        }
        Format::Text => {
            if let Some(known) = known {
                terminal::line(terminal::plain(&shown::sentence(&known.rule, &zone, shell)))?;
            }
            if let Some((_, why)) = &now {
                terminal::line(format!("{} {why}", shell.say("cli-rules-now")))?;
            }
            decisions.iter().rev().try_for_each(|decision| tell(decision, &zone, shell))?;
        }
    }
    Ok(())
}

/// What the gate would say if the rule fired now.
fn verdict(
    rule: &Rule,
    store: &sarai_proactive_sqlite::LoopStore,
    house: &sarai_proactive::gate::House,
    shell: &Shell,
) -> anyhow::Result<(&'static str, String)> {
    if rule.status == Status::Paused {
        return Ok(("paused", shell.say("cli-rules-gate-paused")));
    }
    let now = clock::now();
    let past = store.past(now).map_err(refused)?;
    let (mut memory, mut common) = (Memory::default(), Common::default());
    memory.dismissed = past.states.get(&rule.id).map_or(0, |state| state.dismissed);
    for opened in past.opened {
        common.remember(rule, &mut memory, &opened);
    }
    let measured = readings(std::iter::once(rule), &shell.folders, now);
    let verdict = judge(rule, &memory, &key(rule, ""), house, &common, now, &measured);
    Ok(match verdict {
        Verdict::Open => ("open", shell.say("cli-rules-gate-open")),
        Verdict::Quiet { until } => {
            let values = [("until".to_owned(), until.to_string())];
            ("held", shown::render(&decided::word("held", &values, &house.zone), shell.messages))
        }
        Verdict::Closed(reason) => {
            let values: Vec<(String, String)> =
                reason.values().into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
            (reason.name(), shown::render(&decided::word(reason.name(), &values, &house.zone), shell.messages))
        }
    })
}

//! `sarai rules list`: every rule, when it is next due, and how it went last.

use sarai_loop::clock;
use sarai_proactive::rule::{Status, Trigger};
use sarai_proactive::time::Zone;
use sarai_proactive::{Known, decided};
use sarai_proactive_sqlite::{LoopStore, TaskRow};
use serde_json::{Value, json};

use super::{book, moments, refused, shown, store};
use crate::cli::{Format, JsonFlag};
use crate::shell::Shell;
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct ListArgs {
    #[command(flatten)]
    json: JsonFlag,
}

pub(super) fn run(args: ListArgs, shell: &Shell) -> anyhow::Result<()> {
    let store = store(shell)?;
    let book = book(shell, &store)?;
    let zone = book.house.zone.clone();
    let rows = book.rules.iter().map(|known| row(known, &store)).collect::<anyhow::Result<Vec<_>>>()?;
    match args.json.format() {
        Format::Json => {
            let rows: Vec<Value> = rows.iter().map(|row| row.json(&zone, shell)).collect();
            terminal::line(Value::Array(rows))?;
        }
        Format::Text => rows.iter().try_for_each(|row| row.tell(&zone, shell))?,
    }
    Ok(())
}

struct Row<'a> {
    known: &'a Known,
    next: Option<jiff::Timestamp>,
    last: Option<TaskRow>,
}

fn row<'a>(known: &'a Known, store: &LoopStore) -> anyhow::Result<Row<'a>> {
    let last = store.tasks(Some(&known.rule.id), 1).map_err(refused)?.pop();
    Ok(Row { known, next: known.next(clock::now()), last })
}

impl Row<'_> {
    fn json(&self, zone: &Zone, shell: &Shell) -> Value {
        let last = self.last.as_ref().map(|last| super::explain::task(last, zone));
        json!({
            "rule": shown::keys(&self.known.rule),
            "sentence": shown::sentence(&self.known.rule, zone, shell),
            "origin": self.known.origin.name(),
            "next": self.next.map(|at| zone.rfc3339(at)),
            "last": last,
        })
    }

    fn tell(&self, zone: &Zone, shell: &Shell) -> std::io::Result<()> {
        let rule = &self.known.rule;
        let paused = if rule.status == Status::Paused { shell.say("cli-rules-is-paused") } else { String::new() };
        terminal::line(terminal::plain(&format!("{} {paused}", rule.id)).trim_end())?;
        terminal::line(terminal::plain(&format!("  {}", shown::sentence(rule, zone, shell))))?;
        if let Some(next) = self.next {
            terminal::line(format!("  {} {}", shell.say("cli-rules-next"), moments::short(next, zone)))?;
        }
        if self.next.is_none() && rule.status == Status::Active && matches!(rule.trigger, Trigger::Times(_)) {
            terminal::line(format!("  {}", shell.say("cli-rules-is-over")))?;
        }
        if let Some(last) = &self.last {
            let state = shown::render(&decided::state(&last.task.state), shell.messages);
            let at = moments::short(last.changed, zone);
            terminal::line(terminal::plain(&format!("  {} {at}: {state}", shell.say("cli-rules-last"))))?;
        }
        Ok(())
    }
}

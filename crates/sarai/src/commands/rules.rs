//! `sarai rules`: what SARAi does unasked.
//!
//! # JSON, which does not change
//! - `parse`: `{"kind": "rule", "sentence", "rule", "next"}`, `{"kind": "ambiguous", "what", "choices": [{"sentence",
//!   "rule", "next"}]}`, `{"kind": "not_a_rule", "why", "nearest"}` (the nearest rule, or null) or `{"kind":
//!   "impossible", "why"}`. `rule` has the keys of a rules file and its `id`; `next` has up to five moments.
//! - `simulate`: see [`simulate`].
//! - `list`: an array of `{"rule", "sentence", "origin", "next", "last"}`; `origin` is `builtin`, `file` or `words`.
//! - `log`: an array of `{"at", "last", "rule", "task", "word", "detail", "times", "why"}`, the newest first.
//! - `explain`: `{"rule", "sentence", "now", "why", "decisions", "tasks"}`; `now` is the word that the gate would say now.
//! - `edit`: `{"sentence", "rule", "next", "changed"}`.
//! - `hook`: `{"url", "token"}`.
//! - `add`: as `parse`, with `"added": true` or `false`.

mod add;
mod change;
mod edit;
mod explain;
mod hook;
mod list;
mod moments;
mod parse;
mod shown;
mod simulate;

use sarai_config::RulesFile;
use sarai_loop::{clock, door, store_notice};
use sarai_proactive::Rulebook;
use sarai_proactive::rule::RuleId;
use sarai_proactive_sqlite::{LoopStore, Opening, StoreError};
use sarai_types::Notice;

use crate::ending::{Exit, Told};
use crate::shell::{Shell, wait_for};

#[derive(Debug, clap::Subcommand)]
pub(crate) enum RulesCommand {
    #[command(about = "cli-about-rules-list")]
    List(list::ListArgs),
    #[command(about = "cli-about-rules-add")]
    Add(add::AddArgs),
    #[command(about = "cli-about-rules-edit")]
    Edit(edit::EditArgs),
    #[command(about = "cli-about-rules-pause")]
    Pause(change::NameArgs),
    #[command(about = "cli-about-rules-resume")]
    Resume(change::NameArgs),
    #[command(about = "cli-about-rules-remove")]
    Remove(change::NameArgs),
    #[command(about = "cli-about-rules-run")]
    Run(change::NameArgs),
    #[command(about = "cli-about-rules-log")]
    Log(explain::LogArgs),
    #[command(about = "cli-about-rules-explain")]
    Explain(explain::ExplainArgs),
    #[command(about = "cli-about-rules-hook")]
    Hook(hook::HookArgs),
    #[command(about = "cli-about-rules-parse")]
    Parse(parse::ParseArgs),
    #[command(about = "cli-about-rules-simulate")]
    Simulate(simulate::SimulateArgs),
}

pub(crate) fn run(command: RulesCommand, shell: &Shell) -> anyhow::Result<()> {
    match command {
        RulesCommand::List(args) => list::run(args, shell),
        RulesCommand::Add(args) => add::run(&args, shell),
        RulesCommand::Edit(args) => edit::run(&args, shell),
        RulesCommand::Pause(args) => change::pause(&args, shell),
        RulesCommand::Resume(args) => change::resume(&args, shell),
        RulesCommand::Remove(args) => change::remove(&args, shell),
        RulesCommand::Run(args) => change::run(&args, shell),
        RulesCommand::Log(args) => explain::log(&args, shell),
        RulesCommand::Explain(args) => explain::run(&args, shell),
        RulesCommand::Hook(args) => hook::run(&args, shell),
        RulesCommand::Parse(args) => parse::run(&args, shell),
        RulesCommand::Simulate(args) => simulate::run(&args, shell),
    }
}

/// The loop's store, opened with a word about damage.
fn store(shell: &Shell) -> anyhow::Result<LoopStore> {
    shell.folders.create().map_err(|e| Told::failed(e.notice()))?;
    let (store, opening) = LoopStore::open(&shell.folders.db()).map_err(refused)?;
    match opening {
        Opening::Created | Opening::Healthy => {}
        Opening::Restored { set_aside, .. } => {
            shell.tell(&Notice::new("cli-rules-restored").arg("file", set_aside.display()));
        }
        Opening::Lost { set_aside } => shell.tell(&Notice::new("cli-rules-lost").arg("file", set_aside.display())),
    }
    Ok(store)
}

fn refused(error: StoreError) -> anyhow::Error {
    Told::failed(store_notice(&error)).into()
}

/// All rules as they count now.
fn book(shell: &Shell, store: &LoopStore) -> anyhow::Result<Rulebook> {
    let home = clock::home();
    let file = RulesFile::of(&shell.folders, &home)
        .map_err(|errors| Told::new(Exit::BadConfig, errors.iter().map(sarai_config::ConfigError::notice).collect()))?;
    Ok(file.with(store.own_rules().map_err(refused)?))
}

/// A name that some rule has.
fn name(text: &str) -> Result<RuleId, Told> {
    text.parse().map_err(|_| unknown(text))
}

fn unknown(text: &str) -> Told {
    Told::failed(Notice::new("rules-unknown").arg("rule", text))
}

/// Wakes the loop after a change; says so where nobody is there to be woken.
fn wake(shell: &Shell) -> anyhow::Result<()> {
    let path = door::path(&shell.folders).map_err(|e| Told::failed(e.notice()))?;
    let woken = wait_for(async { Ok(door::ask(&path).await) })?;
    if woken.is_err() {
        shell.tell(&Notice::new("cli-rules-asleep"));
    }
    Ok(())
}

//! `sarai model`: what can be had, what is here, and how it comes and goes.
//!
//! With `--json`:
//! - `list`: an array of `{id, title, state, bytes, total_bytes, languages, good_for, checked, default, path}`, where
//!   `state` is `absent`, `partial` or `ready`, and the catalogue's facts are `null` for a file of the person's own.
//! - `info`: one such object, with `licence`, `terms`, `header` and `memory` besides; both are `null` for a model that
//!   is not here.
//! - `pull`: `{path, bytes, sha256}`.
//! - `bench`: see [`bench`].

mod bench;
pub(super) mod pull;
mod show;

use sarai_models::State;
use sarai_types::{ModelId, Notice};

use crate::cli::JsonFlag;
use crate::ending::Told;
use crate::shell::{Shell, wait_for};
use crate::terminal;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum ModelCommand {
    #[command(about = "cli-about-model-list")]
    List {
        #[command(flatten)]
        json: JsonFlag,
    },
    #[command(about = "cli-about-model-pull")]
    Pull {
        #[arg(value_name = "cli-value-model-or-file", help = "cli-help-model-pull")]
        what: Option<std::path::PathBuf>,
        #[command(flatten)]
        json: JsonFlag,
    },
    #[command(about = "cli-about-model-rm")]
    Rm {
        #[arg(value_name = "cli-value-model", help = "cli-help-model-id")]
        id: ModelId,
    },
    #[command(about = "cli-about-model-info")]
    Info {
        #[arg(value_name = "cli-value-model", help = "cli-help-model-id")]
        id: ModelId,
        #[command(flatten)]
        json: JsonFlag,
    },
    #[command(about = "bench-about-model")]
    Bench(bench::BenchArgs),
}

pub(crate) fn run(command: ModelCommand, shell: &Shell) -> anyhow::Result<()> {
    match command {
        ModelCommand::List { json } => show::list(json.format(), shell),
        ModelCommand::Pull { what, json } => pull::run(what.as_deref(), json.format(), shell),
        ModelCommand::Rm { id } => remove(&id, shell),
        ModelCommand::Info { id, json } => show::info(&id, json.format(), shell),
        ModelCommand::Bench(args) => wait_for(bench::run(&args, shell)),
    }
}

fn remove(id: &ModelId, shell: &Shell) -> anyhow::Result<()> {
    let removed = shell.library()?.remove(id).map_err(|e| Told::failed(e.notice()))?;
    let freed = terminal::size(removed.bytes, shell.language());
    shell.tell(&Notice::new("cli-model-removed").arg("model", id).arg("freed", freed));
    Ok(())
}

/// The stable word of a state, and its bytes.
const fn state_word(state: State) -> (&'static str, u64) {
    match state {
        State::Absent => ("absent", 0),
        State::Partial { bytes } => ("partial", bytes),
        State::Ready { bytes } => ("ready", bytes),
    }
}

//! `sarai rules pause|resume|remove|run`.

use sarai_loop::clock;
use sarai_proactive::rule::Status;
use sarai_proactive_sqlite::Letter;
use sarai_types::Notice;

use super::{book, name, refused, store, unknown, wake};
use crate::ending::Told;
use crate::shell::Shell;

#[derive(Debug, clap::Args)]
pub(crate) struct NameArgs {
    #[arg(value_name = "cli-value-rule", help = "cli-help-rules-name")]
    rule: String,
}

pub(super) fn pause(args: &NameArgs, shell: &Shell) -> anyhow::Result<()> {
    set(args, Status::Paused, "cli-rules-paused", shell)
}

pub(super) fn resume(args: &NameArgs, shell: &Shell) -> anyhow::Result<()> {
    set(args, Status::Active, "cli-rules-resumed", shell)
}

fn set(args: &NameArgs, status: Status, done: &'static str, shell: &Shell) -> anyhow::Result<()> {
    let store = store(shell)?;
    let id = name(&args.rule)?;
    if !store.set_status(&id, status, clock::now()).map_err(refused)? {
        return Err(not_in_words(args, shell)?.into());
    }
    shell.tell(&Notice::new(done).arg("rule", id));
    wake(shell)
}

pub(super) fn remove(args: &NameArgs, shell: &Shell) -> anyhow::Result<()> {
    let store = store(shell)?;
    let id = name(&args.rule)?;
    if !store.remove_rule(&id, clock::now()).map_err(refused)? {
        return Err(not_in_words(args, shell)?.into());
    }
    shell.tell(&Notice::new("cli-rules-removed").arg("rule", id));
    wake(shell)
}

pub(super) fn run(args: &NameArgs, shell: &Shell) -> anyhow::Result<()> {
    let store = store(shell)?;
    let id = name(&args.rule)?;
    if book(shell, &store)?.find(&id).is_none() {
        return Err(unknown(&args.rule).into());
    }
    store.post(&Letter::Run(id.clone())).map_err(refused)?;
    shell.tell(&Notice::new("cli-rules-asked").arg("rule", id));
    wake(shell)
}

/// A rule of the file is changed in the file.
fn not_in_words(args: &NameArgs, shell: &Shell) -> anyhow::Result<Told> {
    let book = book(shell, &store(shell)?)?;
    Ok(Told::failed(book.not_in_words(&args.rule, shell.folders.rules_file().display())))
}

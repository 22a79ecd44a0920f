//! `sarai completion`: what a shell needs to complete our command line, in the person's language.

use std::io::Write;

use clap::{CommandFactory, ValueEnum};
use sarai_messages::Messages;

use crate::cli::Cli;
use crate::help;

#[derive(Debug, clap::Args)]
pub(crate) struct CompletionArgs {
    #[arg(value_name = "cli-value-shell", help = "cli-help-completion-shell", hide_possible_values = true)]
    shell: Shell,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Shell {
    Bash,
    Zsh,
    Fish,
}

pub(crate) fn run(args: &CompletionArgs, messages: Messages) -> anyhow::Result<()> {
    let shell = match args.shell {
        Shell::Bash => clap_complete::Shell::Bash,
        Shell::Zsh => clap_complete::Shell::Zsh,
        Shell::Fish => clap_complete::Shell::Fish,
    };
    // The generator panics when it cannot write, so it writes where it always can.
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut help::localised(Cli::command(), messages), "sarai", &mut script);
    std::io::stdout().lock().write_all(&script)?;
    Ok(())
}

//! One file for each command.

pub(crate) mod ask;
pub(crate) mod chat;
pub(crate) mod completion;
pub(crate) mod config;
pub(crate) mod doctor;
pub(crate) mod grammar;
pub(crate) mod jail;
pub(crate) mod loop_;
pub(crate) mod memory;
pub(crate) mod model;
pub(crate) mod onboard;
pub(crate) mod pair;
pub(crate) mod rules;
pub(crate) mod serve;
pub(crate) mod service;
pub(crate) mod skill;
pub(crate) mod status;
pub(crate) mod uninstall;
pub(crate) mod up;

use sarai_messages::Messages;

use crate::bench;
use crate::cli::{Cli, Command};
use crate::shell::{Shell, wait_for};

/// Does what is asked.
///
/// # Errors
/// How it ended, if not well.
pub(crate) fn run(cli: Cli, messages: Messages) -> anyhow::Result<()> {
    let Cli { settings, command } = cli;
    let shell = move || Shell::new(messages, settings);
    match command {
        // It is asked for while a person's shell starts, perhaps without a home.
        Command::Completion(args) => completion::run(&args, messages),
        // These need nothing of the person's.
        Command::Grammar(command) => grammar::run(command),
        Command::Memory(command) => memory::run(command, shell),
        Command::Onboard(args) => onboard::run(&args, shell()?),
        Command::Service(command) => service::run(command, &shell()?),
        Command::Uninstall(args) => uninstall::run(&args, &shell()?),
        Command::Up => up::run(&shell()?),
        Command::Serve(args) => serve::run(&args, &shell()?),
        Command::Loop(args) => loop_::run(&args, &shell()?),
        Command::Rules(command) => rules::run(command, &shell()?),
        Command::Pair => pair::run(&shell()?),
        Command::Chat(args) => chat::run(args, &shell()?),
        Command::Ask(args) => ask::run(args, &shell()?),
        Command::Model(command) => model::run(command, &shell()?),
        Command::Skill(command) => skill::run(command, &shell()?),
        Command::Jail(command) => jail::run(command, &shell()?),
        Command::Status(args) => status::run(&args, &shell()?),
        Command::Doctor(args) => doctor::run(&args, &shell()?),
        Command::Config(command) => config::run(command, &shell()?),
        Command::Bench(args) => {
            let shell = shell()?;
            wait_for(bench::run(args, &shell))
        }
    }
}

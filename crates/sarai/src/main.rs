//! `sarai`: the command line.
//!
//! Reads what is asked, runs it, and says how it ended: data on standard output, sentences on standard error, and an
//! exit code of [`ending::Exit`].

mod answer;
mod bench;
mod cli;
mod commands;
mod ending;
mod help;
mod input;
mod logs;
mod shell;
mod terminal;
mod worker;

use std::process::ExitCode;

use sarai_messages::Messages;

fn main() -> ExitCode {
    let messages = Messages::new(shell::language()).in_letters(terminal::letters());
    let ended = match help::parse(messages) {
        Ok(Some(cli)) => commands::run(cli, messages),
        // It was a question about the program itself, and is answered.
        Ok(None) => Ok(()),
        Err(error) => Err(error),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => ending::report(messages, &error),
    }
}

//! How a command ends when it did not do what it was asked.
//!
//! Errors that the program knows carry their own sentence and become a [`Told`]; anything else is a surprise, which is
//! said with its causes. A reader that closed the pipe early is neither: it has what it wanted.

use std::fmt;
use std::io::{self, ErrorKind};
use std::process::ExitCode;

use sarai_messages::Messages;
use sarai_types::Notice;

use crate::terminal;

/// Exit codes, besides 0. Scripts rely on them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Exit {
    Failed = 1,
    Usage = 2,
    /// The config is wrong; nothing was started.
    BadConfig = 64,
}

/// The end of a command, with what the person reads about it.
#[derive(Debug)]
pub(crate) struct Told {
    exit: Exit,
    /// Empty where everything was said already.
    notices: Vec<Notice>,
}

impl Told {
    pub(crate) fn failed(notice: Notice) -> Self {
        Self { exit: Exit::Failed, notices: vec![notice] }
    }

    /// Failed, and the output says so.
    pub(crate) const fn silent() -> Self {
        Self { exit: Exit::Failed, notices: Vec::new() }
    }

    /// The same end, once its sentences have been said.
    pub(crate) const fn said(&self) -> Self {
        Self { exit: self.exit, notices: Vec::new() }
    }

    pub(crate) fn notices(&self) -> &[Notice] {
        &self.notices
    }

    pub(crate) const fn new(exit: Exit, notices: Vec<Notice>) -> Self {
        Self { exit, notices }
    }
}

/// The exit code of a program that was run for the person, and is this one's too. Everything was said by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct PassedOn(pub(crate) u8);

impl fmt::Display for PassedOn {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "it ended with {}", self.0)
    }
}

impl std::error::Error for PassedOn {}

impl fmt::Display for Told {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.notices.iter().map(|notice| notice.id).collect();
        write!(f, "{:?}: {}", self.exit, ids.join(", "))
    }
}

impl std::error::Error for Told {}

/// Tells the person why it ended, and gives the exit code.
pub(crate) fn report(messages: Messages, error: &anyhow::Error) -> ExitCode {
    if let Some(PassedOn(code)) = error.downcast_ref() {
        return ExitCode::from(*code);
    }
    let told = match error.downcast_ref::<Told>() {
        Some(told) => told,
        None if is_broken_pipe(error) => return ExitCode::SUCCESS,
        None => &Told::failed(Notice::new("cli-unexpected").arg("cause", format!("{error:#}"))),
    };
    for notice in &told.notices {
        terminal::sentence(&messages.text(notice));
    }
    ExitCode::from(told.exit as u8)
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kinds = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()).map(io::Error::kind);
    kinds.into_iter().any(|kind| kind == ErrorKind::BrokenPipe)
}

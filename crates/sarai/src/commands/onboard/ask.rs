//! Who answers the questions: a person at a terminal, or nobody, for whom the defaults are the answers.

use std::io::BufRead;

use sarai_types::Notice;

use crate::ending::Told;
use crate::input::{answer, yes_or_no};
use crate::shell::Shell;
use crate::terminal;

pub(super) enum Asker<R> {
    Person(R),
    Nobody,
}

impl<R: BufRead> Asker<R> {
    /// Says what a question is about; to a person only.
    pub(super) fn show(&self, text: &str) {
        match self {
            Self::Person(_) => terminal::decorated(text),
            Self::Nobody => {}
        }
    }

    /// The answer to a question, asked again until it makes sense. An empty line means the default, whose text `shown`
    /// is.
    ///
    /// # Errors
    /// The person has left, or the terminal breaks.
    pub(super) fn ask<T>(
        &mut self,
        question: &str,
        (default, shown): (T, &str),
        shell: &Shell,
        read: impl Fn(&str) -> Result<T, Notice>,
    ) -> anyhow::Result<T> {
        let Self::Person(input) = self else { return Ok(default) };
        loop {
            terminal::prompt(&format!("{question} [{shown}]:"));
            let Some(line) = answer(input)? else {
                // The line on which nothing was typed.
                terminal::sentence("");
                return Err(Told::failed(Notice::new("setup-left")).into());
            };
            if line.is_empty() {
                return Ok(default);
            }
            match read(&line) {
                Ok(value) => return Ok(value),
                Err(notice) => shell.tell(&notice),
            }
        }
    }

    /// # Errors
    /// As [`Asker::ask`].
    pub(super) fn ask_yes(&mut self, question: &'static str, default: bool, shell: &Shell) -> anyhow::Result<bool> {
        let shown = shell.say(if default { "cli-yes" } else { "cli-no" });
        let read = |line: &str| yes_or_no(line).ok_or_else(|| Notice::new("setup-yes-or-no"));
        self.ask(&shell.say(question), (default, &shown), shell, read)
    }
}

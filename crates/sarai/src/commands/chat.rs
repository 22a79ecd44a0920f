//! `sarai chat`: a conversation in the terminal.
//!
//! On a terminal: line editing, answers as they come, commands that start with `/`; Ctrl-C stops the answer under way,
//! and leaves at an empty prompt. From a pipe: one question a line, the answers on standard output, and nothing else.
//!
//! The program must be running; this starts nothing.

mod command;
mod news;
mod prompt;
mod talk;

use std::io::{self, IsTerminal};
use std::path::Path;

use sarai_types::{ModelId, Notice};

use self::command::Command;
use self::prompt::{Pipe, Prompt, Typed};
use self::talk::Talk;
use crate::answer::{self, unanswered};
use crate::ending::Told;
use crate::shell::{Shell, wait_for};
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct ChatArgs {
    #[arg(long, value_name = "cli-value-model", help = "cli-help-ask-model")]
    model: Option<ModelId>,
}

pub(crate) fn run(args: ChatArgs, shell: &Shell) -> anyhow::Result<()> {
    let client = shell.client()?;
    wait_for(async { Ok(answer::ready(&client, shell).await?) })?;
    let mut talk = Talk::new(shell, client, args.model);
    if io::stdin().is_terminal() { converse(&mut talk, shell) } else { answer_lines(&mut talk) }
}

/// Each line is a question; the first one that gets no answer ends it.
fn answer_lines(talk: &mut Talk<'_>) -> anyhow::Result<()> {
    let mut pipe = Pipe::new(io::stdin().lock());
    while let Some(question) = pipe.next_line()? {
        if !question.trim().is_empty() {
            wait_for(talk.answer(&question))?;
        }
    }
    Ok(())
}

fn converse(talk: &mut Talk<'_>, shell: &Shell) -> anyhow::Result<()> {
    shell.tell(&Notice::new("chat-welcome"));
    let mut prompt = Prompt::open(shell.folders.chat_history())?;
    // A terminal that cannot write above the line goes without.
    if let Ok(printer) = prompt.printer() {
        news::follow(shell.client()?, shell.messages, printer);
    }
    loop {
        let typed = match prompt.read()? {
            Typed::Text(text) => text,
            Typed::Nothing => continue,
            Typed::Leave => break,
        };
        match Command::read(&typed) {
            Some(Command::Quit) => break,
            Some(command) => perform(&command, talk, shell)?,
            None => ask(talk, &typed, shell)?,
        }
    }
    prompt.keep_history().map_err(|e| Told::failed(e.notice()))?;
    shell.tell(&Notice::new("chat-bye"));
    Ok(())
}

/// A question without an answer is no reason to leave; a terminal that is gone is.
fn ask(talk: &mut Talk<'_>, question: &str, shell: &Shell) -> anyhow::Result<()> {
    match wait_for(talk.answer_until_interrupted(question)) {
        Ok(()) => Ok(()),
        Err(error) => match error.downcast::<Told>() {
            Ok(told) => {
                told.notices().iter().for_each(|notice| shell.tell(notice));
                Ok(())
            }
            Err(error) => Err(error),
        },
    }
}

fn perform(command: &Command, talk: &mut Talk<'_>, shell: &Shell) -> anyhow::Result<()> {
    match command {
        Command::Help => terminal::sentence(&shell.say("chat-help")),
        Command::New => {
            talk.forget();
            shell.tell(&Notice::new("chat-new"));
        }
        Command::Models => models(talk, shell)?,
        Command::Model(name) => choose(name, talk, shell)?,
        Command::Save(None) => shell.tell(&Notice::new("chat-save-where")),
        Command::Save(Some(file)) => save(file, talk, shell),
        Command::Stats => shell.tell(&talk.stats()),
        Command::Unknown(name) => shell.tell(&Notice::new("chat-unknown").arg("command", name)),
        // The loop has seen it.
        Command::Quit => {}
    }
    Ok(())
}

/// The models that would answer, the chosen one marked.
fn models(talk: &Talk<'_>, shell: &Shell) -> anyhow::Result<()> {
    match wait_for(talk.models())? {
        Ok(names) => {
            for name in names {
                let mark = if name == talk.model() { "*" } else { " " };
                terminal::sentence(&format!("{mark} {name}"));
            }
        }
        Err(error) => unanswered(&error).notices().iter().for_each(|notice| shell.tell(notice)),
    }
    Ok(())
}

fn choose(name: &str, talk: &mut Talk<'_>, shell: &Shell) -> anyhow::Result<()> {
    match wait_for(talk.models())? {
        Ok(names) if names.iter().any(|known| known == name) => {
            talk.choose(name);
            shell.tell(&Notice::new("chat-model-chosen").arg("model", name));
        }
        Ok(names) => {
            let notice = Notice::new("chat-model-unknown").arg("model", name).arg("models", names.join(", "));
            shell.tell(&notice);
        }
        Err(error) => unanswered(&error).notices().iter().for_each(|notice| shell.tell(notice)),
    }
    Ok(())
}

fn save(file: &Path, talk: &Talk<'_>, shell: &Shell) {
    shell.tell(&match talk.save(file) {
        Ok(()) => Notice::new("chat-saved").arg("file", file.display()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            Notice::new("chat-save-exists").arg("file", file.display())
        }
        Err(error) => Notice::new("chat-save-failed").arg("file", file.display()).arg("cause", error.kind()),
    });
}

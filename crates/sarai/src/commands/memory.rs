//! `sarai memory`: what is remembered of the owner.
//!
//! The running program is asked; where none runs, the file is opened here and the same is done to it. With `--json` each
//! prints the reply of `POST /v1/memory`, whose shapes are stable.

mod replay;

use std::io::{BufRead as _, Write as _};
use std::path::{Path, PathBuf};

use fs_err::os::unix::fs::OpenOptionsExt as _;
use sarai_api::client::ClientError;
use sarai_api::memory::{
    AddBody, FactBody, ForgetBody, ImportedBody, MemoryReply, MemoryRequest, RecallBody, StatsBody,
};
use sarai_daemon::memory::{FOLDER, drop_copies, perform, trouble};
use sarai_memory::{Memory, Moment};
use sarai_memory_sqlite::{SqliteStore, lines};
use sarai_types::Notice;

use crate::answer::unanswered;
use crate::cli::{Format, JsonFlag};
use crate::ending::{Exit, Told};
use crate::input::open;
use crate::shell::{Shell, wait_for};
use crate::terminal;

/// The largest import that the running program takes, in bytes; escaped, it must fit a request.
const IMPORT_BYTES_MAX: usize = 4 << 20;

#[derive(Debug, clap::Subcommand)]
pub(crate) enum MemoryCommand {
    #[command(about = "cli-about-memory-recall")]
    Recall(RecallArgs),
    #[command(about = "cli-about-memory-show")]
    Show {
        #[arg(value_name = "N", help = "cli-help-memory-id")]
        id: u64,
        #[command(flatten)]
        json: JsonFlag,
    },
    #[command(about = "cli-about-memory-add")]
    Add(AddArgs),
    #[command(about = "cli-about-memory-forget")]
    Forget(ForgetArgs),
    #[command(about = "cli-about-memory-suggestions")]
    Suggestions {
        #[command(flatten)]
        json: JsonFlag,
    },
    #[command(about = "cli-about-memory-accept")]
    Accept {
        #[arg(value_name = "N", help = "cli-help-memory-suggestion")]
        id: u64,
        #[command(flatten)]
        json: JsonFlag,
    },
    #[command(about = "cli-about-memory-drop")]
    Drop {
        #[arg(value_name = "N", help = "cli-help-memory-suggestion")]
        id: u64,
        #[command(flatten)]
        json: JsonFlag,
    },
    #[command(about = "cli-about-memory-export")]
    Export {
        #[arg(value_name = "cli-value-file", help = "cli-help-memory-export")]
        file: Option<PathBuf>,
    },
    #[command(about = "cli-about-memory-import")]
    Import {
        #[arg(value_name = "cli-value-file", help = "cli-help-memory-import")]
        file: PathBuf,
        #[arg(long, help = "cli-help-memory-skip-bad")]
        skip_bad: bool,
        #[command(flatten)]
        json: JsonFlag,
    },
    #[command(about = "cli-about-memory-vacuum")]
    Vacuum {
        #[command(flatten)]
        json: JsonFlag,
    },
    #[command(about = "cli-about-memory-backup")]
    Backup {
        #[command(flatten)]
        json: JsonFlag,
    },
    #[command(about = "cli-about-memory-stats")]
    Stats {
        #[command(flatten)]
        json: JsonFlag,
    },
    #[command(about = "cli-about-memory-replay")]
    Replay(replay::ReplayArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct RecallArgs {
    #[arg(value_name = "cli-value-text", help = "cli-help-memory-question")]
    text: Vec<String>,
    #[arg(long, value_name = "cli-value-name", help = "cli-help-memory-subject")]
    subject: Option<String>,
    #[arg(long, value_name = "cli-value-name", help = "cli-help-memory-verb")]
    verb: Option<String>,
    #[arg(long, value_name = "cli-value-text", help = "cli-help-memory-object")]
    object: Option<String>,
    #[arg(long, value_name = "cli-value-text", help = "cli-help-memory-words")]
    words: Option<String>,
    #[arg(long, help = "cli-help-memory-past")]
    past: bool,
    #[arg(long, value_name = "N", help = "cli-help-memory-limit")]
    limit: Option<u32>,
    #[command(flatten)]
    json: JsonFlag,
}

#[derive(Debug, clap::Args)]
pub(crate) struct AddArgs {
    #[arg(value_name = "cli-value-name", help = "cli-help-memory-verb")]
    verb: String,
    #[arg(value_name = "cli-value-text", help = "cli-help-memory-object")]
    object: String,
    #[arg(long, value_name = "cli-value-name", default_value = "", help = "cli-help-memory-subject")]
    subject: String,
    #[arg(long, value_name = "cli-value-date", help = "cli-help-memory-from")]
    from: Option<String>,
    #[arg(long, value_name = "cli-value-date", help = "cli-help-memory-to")]
    to: Option<String>,
    #[command(flatten)]
    json: JsonFlag,
}

#[derive(Debug, clap::Args)]
#[group(id = "what", multiple = false)]
pub(crate) struct ForgetArgs {
    #[arg(value_name = "N", help = "cli-help-memory-id", group = "what")]
    id: Option<u64>,
    #[arg(long, value_name = "cli-value-name", help = "cli-help-memory-person", group = "what")]
    person: Option<String>,
    #[arg(long, value_name = "cli-value-name", help = "cli-help-memory-verb", group = "what")]
    verb: Option<String>,
    #[arg(long, value_name = "cli-value-text", help = "cli-help-memory-words", group = "what")]
    words: Option<String>,
    #[arg(long, value_name = "cli-value-name", help = "cli-help-memory-source", group = "what")]
    source: Option<String>,
    #[arg(long, value_name = "cli-value-date", help = "cli-help-memory-since", group = "what")]
    since: Option<String>,
    #[arg(long, help = "cli-help-memory-everything", group = "what")]
    everything: bool,
    #[arg(long, help = "cli-help-yes")]
    yes: bool,
    #[command(flatten)]
    json: JsonFlag,
}

pub(crate) fn run(command: MemoryCommand, shell: impl FnOnce() -> Result<Shell, Told>) -> anyhow::Result<()> {
    if let MemoryCommand::Replay(args) = &command {
        return replay::run(args);
    }
    let shell = shell()?;
    match command {
        MemoryCommand::Recall(args) => {
            let format = args.json.format();
            tell(&ask(&recall(args)?, &shell)?, format, &shell)
        }
        MemoryCommand::Show { id, json } => tell(&ask(&MemoryRequest::Show { id }, &shell)?, json.format(), &shell),
        MemoryCommand::Add(AddArgs { verb, object, subject, from, to, json }) => {
            let request = MemoryRequest::Add(AddBody { subject, verb, object, from, to });
            tell(&ask(&request, &shell)?, json.format(), &shell)
        }
        MemoryCommand::Forget(args) => {
            let format = args.json.format();
            tell(&ask(&MemoryRequest::Forget(forget(args)?), &shell)?, format, &shell)
        }
        MemoryCommand::Suggestions { json } => {
            tell(&ask(&MemoryRequest::Suggestions {}, &shell)?, json.format(), &shell)
        }
        MemoryCommand::Accept { id, json } => tell(&ask(&MemoryRequest::Accept { id }, &shell)?, json.format(), &shell),
        MemoryCommand::Drop { id, json } => tell(&ask(&MemoryRequest::Drop { id }, &shell)?, json.format(), &shell),
        MemoryCommand::Export { file } => export(file, &shell),
        MemoryCommand::Import { file, skip_bad, json } => import(&file, skip_bad, json.format(), &shell),
        MemoryCommand::Vacuum { json } => tell(&ask(&MemoryRequest::Vacuum {}, &shell)?, json.format(), &shell),
        MemoryCommand::Backup { json } => tell(&ask(&MemoryRequest::Backup {}, &shell)?, json.format(), &shell),
        MemoryCommand::Stats { json } => tell(&ask(&MemoryRequest::Stats {}, &shell)?, json.format(), &shell),
        MemoryCommand::Replay(_) => Ok(()),
    }
}

fn recall(args: RecallArgs) -> anyhow::Result<MemoryRequest> {
    let RecallArgs { text, subject, verb, object, words, past, limit, json: _ } = args;
    let text = text.join(" ");
    let wanted = RecallBody { subject, verb, object, words, past, limit };
    match (text.trim().is_empty(), wanted == RecallBody::default()) {
        (false, true) => Ok(MemoryRequest::Ask { text }),
        (true, false) => Ok(MemoryRequest::Recall(wanted)),
        // Nothing at all lists what holds now.
        (true, true) => Ok(MemoryRequest::Recall(wanted)),
        (false, false) => Err(Told::failed(Notice::new("memory-asks-nothing")).into()),
    }
}

fn forget(args: ForgetArgs) -> anyhow::Result<ForgetBody> {
    let ForgetArgs { id, person, verb, words, source, since, everything, yes, json: _ } = args;
    if everything {
        // It cannot be taken back, and it is one word away from anything else.
        return if yes {
            Ok(ForgetBody::Everything {})
        } else {
            Err(Told::failed(Notice::new("memory-confirm-everything")).into())
        };
    }
    let named = [
        id.map(ForgetBody::Fact),
        person.map(ForgetBody::Person),
        verb.map(ForgetBody::Verb),
        words.map(ForgetBody::Words),
        source.map(ForgetBody::Source),
        since.map(ForgetBody::Since),
    ];
    named.into_iter().flatten().next().ok_or_else(|| Told::failed(Notice::new("memory-forget-what")).into())
}

/// Has the running program do it, or does it here where none runs.
fn ask(request: &MemoryRequest, shell: &Shell) -> anyhow::Result<MemoryReply> {
    let client = shell.client()?;
    wait_for(async {
        match client.memory(request).await {
            Ok(reply) => Ok(reply),
            Err(ClientError::NotRunning { .. }) => here(request, shell),
            Err(error) => Err(unanswered(&error).into()),
        }
    })
}

fn here(request: &MemoryRequest, shell: &Shell) -> anyhow::Result<MemoryReply> {
    shell.folders.create().map_err(|error| Told::failed(error.notice()))?;
    let folder = shell.folders.db().join(FOLDER);
    let (store, _) = SqliteStore::open(&folder).map_err(|error| Told::failed(trouble(&error)))?;
    let done = perform(&mut Memory::new(store), request, shell.language(), here_and_now());
    let reply = done.map_err(|failure| Told::failed(failure.notice))?;
    if matches!(reply, MemoryReply::Forgotten { .. }) {
        drop_copies(&shell.folders);
    }
    Ok(reply)
}

fn tell(reply: &MemoryReply, format: Format, shell: &Shell) -> anyhow::Result<()> {
    if format == Format::Json {
        terminal::line(serde_json::to_string(reply)?)?;
        return Ok(());
    }
    match reply {
        MemoryReply::Facts(facts) if facts.is_empty() => shell.tell(&Notice::new("memory-nothing")),
        MemoryReply::Facts(facts) => {
            for fact in facts {
                terminal::line(row(fact))?;
            }
        }
        MemoryReply::Answer { text, hints, .. } => answered(text, hints, shell)?,
        MemoryReply::Shown { fact, message } => {
            terminal::line(row(fact))?;
            if let Some(text) = message {
                let notice = Notice::new("memory-message").arg("recorded", &fact.recorded).arg("text", text);
                terminal::line(terminal::plain(&shell.text(&notice)))?;
            }
        }
        MemoryReply::Added { id } => shell.tell(&Notice::new("memory-added").arg("id", id)),
        MemoryReply::Forgotten { facts, messages } => {
            shell.tell(&Notice::new("memory-forgotten").arg("facts", facts).arg("messages", messages));
        }
        MemoryReply::Suggestions(list) if list.is_empty() => shell.tell(&Notice::new("memory-no-suggestions")),
        MemoryReply::Suggestions(list) => {
            for suggestion in list {
                let notice =
                    Notice::new("memory-suggestion").arg("text", &suggestion.text).arg("words", &suggestion.sentence);
                terminal::line(terminal::plain(&format!("{:>5}  {}", suggestion.id, shell.text(&notice))))?;
            }
        }
        MemoryReply::Dropped { id } => shell.tell(&Notice::new("memory-dropped").arg("id", id)),
        MemoryReply::Stats(figures) => stats(figures, shell)?,
        MemoryReply::Vacuumed { freed_bytes } => {
            shell.tell(&Notice::new("memory-vacuumed").arg("freed", freed_bytes / 1000));
        }
        MemoryReply::BackedUp { file } => shell.tell(&Notice::new("memory-backed-up").arg("file", file)),
        MemoryReply::Exported { lines, .. } => lines.iter().try_for_each(terminal::line)?,
        MemoryReply::Imported(done) => imported(done, shell),
    }
    Ok(())
}

fn answered(text: &str, hints: &[String], shell: &Shell) -> anyhow::Result<()> {
    terminal::line(terminal::plain(text))?;
    if !hints.is_empty() {
        terminal::line(shell.say("memory-hints"))?;
    }
    for hint in hints {
        terminal::line(format!("  {}", terminal::plain(hint)))?;
    }
    Ok(())
}

fn stats(stats: &StatsBody, shell: &Shell) -> anyhow::Result<()> {
    let size = terminal::rounded(bytes(stats.file_bytes) / 1e6, shell.language());
    let notice = Notice::new("memory-stats")
        .arg("facts", stats.facts)
        .arg("entities", stats.entities)
        .arg("messages", stats.messages)
        .arg("forgotten", stats.forgotten)
        .arg("size", size);
    terminal::line(shell.text(&notice))?;
    if stats.proposed > 0 {
        let reasons: Vec<String> = stats.refused.iter().map(|(reason, count)| format!("{reason} {count}")).collect();
        let notice = Notice::new("memory-stats-proposals")
            .arg("proposed", stats.proposed)
            .arg("kept", stats.kept)
            .arg("suggested", stats.suggested)
            .arg("refused", stats.refused.values().sum::<u64>())
            .arg("reasons", if reasons.is_empty() { "–".to_owned() } else { reasons.join(", ") })
            .arg("waiting", stats.suggestions);
        terminal::line(shell.text(&notice))?;
    }
    Ok(())
}

#[expect(clippy::cast_precision_loss, reason = "megabytes with one decimal")]
const fn bytes(number: u64) -> f64 {
    number as f64
}

/// One fact on one line: its number, how it is said, and since and until when.
fn row(fact: &FactBody) -> String {
    let span = match (&fact.from, &fact.to) {
        (None, None) => String::new(),
        (from, to) => {
            let side = |date: &Option<String>| date.clone().unwrap_or_default();
            format!("  [{}..{}]", side(from), side(to))
        }
    };
    terminal::plain(&format!("{:>5}  {}{span}", fact.id, fact.text))
}

fn imported(done: &ImportedBody, shell: &Shell) {
    for bad in &done.bad {
        shell.tell(&Notice::new("memory-import-bad").arg("line", bad.line).arg("why", &bad.why));
    }
    let notice = Notice::new("memory-imported")
        .arg("facts", done.facts)
        .arg("messages", done.messages)
        .arg("known", done.known)
        .arg("forgotten", done.forgotten);
    shell.tell(&notice);
}

/// Into a new file for the owner alone, or to standard output.
fn export(file: Option<PathBuf>, shell: &Shell) -> anyhow::Result<()> {
    let mut out: Box<dyn std::io::Write> = match file {
        Some(file) => Box::new(fs_err::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?),
        None => Box::new(std::io::stdout().lock()),
    };
    let mut from = Some(0);
    while let Some(next) = from {
        let MemoryReply::Exported { lines, next } = ask(&MemoryRequest::Export { from: next }, shell)? else { break };
        for line in lines {
            writeln!(out, "{line}")?;
        }
        from = next;
    }
    Ok(out.flush()?)
}

/// All lines are looked at before the first is taken in.
fn import(file: &Path, skip_bad: bool, format: Format, shell: &Shell) -> anyhow::Result<()> {
    let lines: Vec<String> = open(file)?.lines().collect::<Result<_, _>>()?;
    let numbered = (1_u64..).zip(&lines).filter(|(_, line)| !line.trim().is_empty());
    let bad: Vec<_> = numbered.filter_map(|(number, line)| Some((number, lines::read(line).err()?))).collect();
    if !bad.is_empty() && !skip_bad {
        let mut notices: Vec<Notice> = bad
            .iter()
            .map(|(number, why)| Notice::new("memory-import-bad").arg("line", number).arg("why", why.to_string()))
            .collect();
        notices.push(Notice::new("memory-import-refused"));
        return Err(Told::new(Exit::Failed, notices).into());
    }
    // All of it is one request, since facts name the people and messages of other lines by number.
    let bytes: usize = lines.iter().map(String::len).sum();
    if bytes > IMPORT_BYTES_MAX && wait_for(async { Ok(shell.client()?.health().await.is_ok()) })? {
        return Err(Told::failed(Notice::new("memory-import-large").arg("max", IMPORT_BYTES_MAX >> 20)).into());
    }
    tell(&ask(&MemoryRequest::Import { lines, skip_bad }, shell)?, format, shell)
}

#[expect(clippy::disallowed_methods, reason = "a step that does not say when it is, is now")]
fn here_and_now() -> Moment {
    let now = jiff::Zoned::now();
    Moment::new(now.timestamp().as_millisecond(), i16::try_from(now.offset().seconds() / 60).unwrap_or_default())
}

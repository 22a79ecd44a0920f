//! `sarai onboard`: asks what a new owner has to decide, writes it down, and brings the model.
//!
//! Each question has a default, which is what counts already; `--yes` takes all of them. Nothing is written before the
//! last answer, so whoever leaves half-way has changed nothing, and asking again with the same answers changes nothing
//! either.
//!
//! # Modules
//! - `ask`: who answers.
//! - `model`: which model suits the memory that is there.
//! - `now`: what the files say, and how they come to say something else.

mod ask;
mod model;
mod now;

use std::io::{self, BufRead, BufReader, IsTerminal, Stdin};
use std::path::{Path, PathBuf};

use sarai_config::{Config, Folders, Switch, Target, Url};
use sarai_daemon::serve::SOCKET;
use sarai_models::State;
use sarai_proactive::rule::QuietHours;
use sarai_proactive::time::Zone;
use sarai_types::{Language, ModelId, Notice};

use self::ask::Asker;
use self::model::Chosen;
use self::now::{Now, Setting};
use crate::commands::model::pull;
use crate::commands::service;
use crate::commands::skill;
use crate::ending::{Exit, Told};
use crate::shell::Shell;
use crate::terminal;

#[derive(Debug, clap::Args)]
pub(crate) struct OnboardArgs {
    #[arg(long, help = "setup-help-onboard-yes")]
    yes: bool,
}

/// What the owner wants.
struct Answers {
    settings: Vec<Setting>,
    quiet_hours: String,
    model: Chosen,
    fetch: bool,
    at_login: bool,
}

/// Where the config keeps an address.
type AddressOf = fn(&Config) -> &Target;

/// The channels that an address turns on, with what is asked for it.
const ADDRESSES: [(&str, &str, AddressOf); 3] = [
    ("channels.ntfy", "setup-ntfy", |config| &config.channels.ntfy),
    ("channels.webhook", "setup-webhook", |config| &config.channels.webhook),
    ("channels.slack", "setup-slack", |config| &config.channels.slack),
];

pub(crate) fn run(args: &OnboardArgs, mut shell: Shell) -> anyhow::Result<()> {
    let stdin = io::stdin();
    let mut asker: Asker<BufReader<Stdin>> = match (args.yes, stdin.is_terminal()) {
        (true, _) => Asker::Nobody,
        (false, true) => Asker::Person(BufReader::new(stdin)),
        (false, false) => return Err(Told::failed(Notice::new("setup-nobody")).into()),
    };
    let language = language(&mut asker, &Now::read(&shell.folders)?, &shell)?;
    if let Asker::Person(_) = asker {
        shell.messages = shell.messages.in_language(language);
    }
    go_on(&mut asker, language, &mut shell).map_err(|error| match error.downcast_ref::<Told>() {
        // In the language that was chosen just now.
        Some(told) => {
            told.notices().iter().for_each(|notice| shell.tell(notice));
            told.said().into()
        }
        None => error,
    })
}

fn go_on<R: BufRead>(asker: &mut Asker<R>, language: Language, shell: &mut Shell) -> anyhow::Result<()> {
    let elsewhere = place(asker, shell)?;
    if let Some(home) = &elsewhere {
        shell.folders = Folders::under(home);
    }
    let now = Now::read(&shell.folders)?;
    let service = service::installed(shell)?.is_some();
    let answers = questions(asker, language, &now, service, shell)?;

    shell.folders.create().map_err(|error| Told::failed(error.notice()))?;
    let written = now.write(&answers.settings, &answers.quiet_hours)?;
    for file in &written {
        shell.tell(&Notice::new("setup-written").arg("file", file.display()));
    }
    if let Some(home) = &elsewhere {
        shell.tell(
            &Notice::new("setup-elsewhere").arg("line", format!("export SARAI_HOME={}", service::for_shell(home))),
        );
    }
    let fetched = fetch(&answers, shell);
    if answers.at_login != service {
        if answers.at_login {
            service::install(None, elsewhere.as_deref(), shell)?
        } else {
            service::uninstall(shell)?;
        }
    }
    fetched?;
    let is_new = !written.is_empty() || answers.at_login != service;
    farewell(is_new, &answers, shell);
    Ok(())
}

fn questions<R: BufRead>(
    asker: &mut Asker<R>,
    language: Language,
    now: &Now,
    service: bool,
    shell: &Shell,
) -> anyhow::Result<Answers> {
    let config = now.config();
    let configured = config.model.default.clone().set();
    let model = model::ask(asker, configured, config.runtime.n_ctx.get(), shell)?;
    let is_here = matches!(model.state, State::Ready { .. });
    let fetch = !is_here && asker.ask_yes("setup-fetch", true, shell)?;
    asker.show("");
    let memory = asker.ask_yes("setup-memory", config.phoenix.entity_memory_skill == Switch::On, shell)?;
    asker.show("");
    let quiet_hours = quiet_hours(asker, now, shell)?;
    asker.show(&format!("\n{}", shell.say("setup-channels")));
    let desktop = asker.ask_yes("setup-desktop", config.channels.desktop == Switch::On, shell)?;
    let mut settings: Vec<Setting> = vec![
        ("language", language.tag().to_owned()),
        ("model.default", model.id.to_string()),
        ("phoenix.entity_memory_skill", memory.to_string()),
        ("channels.desktop", desktop.to_string()),
    ];
    for (key, question, current) in ADDRESSES {
        settings.push((key, address(asker, question, current(config), shell)?));
    }
    asker.show("");
    let at_login = asker.ask_yes("setup-login", service, shell)?;
    asker.show("");
    Ok(Answers { settings, quiet_hours, model, fetch, at_login })
}

fn language<R: BufRead>(asker: &mut Asker<R>, now: &Now, shell: &Shell) -> anyhow::Result<Language> {
    let default = now.config().language.set().unwrap_or_else(|| shell.language());
    let read = |line: &str| match line {
        "1" => Ok(Language::Spanish),
        "2" => Ok(Language::English),
        tag => Language::from_tag(tag).ok_or_else(|| Notice::new("setup-choose").arg("count", 2)),
    };
    let number = match default {
        Language::Spanish => "1",
        Language::English => "2",
    };
    // Each language under its own name, for whoever cannot read the other.
    asker.show(&shell.messages.shown("Idioma / Language\n  1  Español\n  2  English"));
    asker.ask("1, 2", (default, number), shell, read)
}

/// Where everything lives, if not where it does by itself.
fn place<R: BufRead>(asker: &mut Asker<R>, shell: &Shell) -> anyhow::Result<Option<PathBuf>> {
    let folders = &shell.folders;
    asker.show(&format!("\n{}", shell.say("setup-place")));
    for (id, path) in [
        ("setup-place-config", &folders.config),
        ("setup-place-models", &folders.models),
        ("setup-place-state", &folders.state),
    ] {
        asker.show(&terminal::plain(&format!("  {} {}", shell.say(id), path.display())));
    }
    let home = skill::home(shell);
    let read = |line: &str| {
        let path = match line.strip_prefix("~/") {
            Some(rest) => home.join(rest),
            None => PathBuf::from(line),
        };
        if !path.is_absolute() {
            return Err(Notice::new("setup-place-relative").arg("path", line));
        }
        fits(&Folders::under(&path)).map(|()| Some(path))
    };
    let chosen = asker.ask(&shell.say("setup-place-question"), (None, &shell.say("setup-place-here")), shell, read)?;
    if chosen.is_none() {
        fits(folders).map_err(Told::failed)?;
    }
    Ok(chosen)
}

/// Whether SARAi can live there.
fn fits(folders: &Folders) -> Result<(), Notice> {
    folders.examine().and_then(|()| folders.socket(SOCKET)).map(|_| ()).map_err(|error| error.notice())
}

fn quiet_hours<R: BufRead>(asker: &mut Asker<R>, now: &Now, shell: &Shell) -> anyhow::Result<String> {
    let none = shell.say("cli-no");
    let shown = if now.quiet_hours.is_empty() { none } else { now.quiet_hours.clone() };
    let read = |line: &str| match crate::input::yes_or_no(line) {
        Some(false) => Ok(String::new()),
        Some(true) | None => match QuietHours::read(&two_digits(line), Zone::UTC) {
            Ok(hours) => Ok(hours.to_string()),
            Err(_) => Err(Notice::new("setup-quiet-wrong").arg("value", line)),
        },
    };
    asker.ask(&shell.say("setup-quiet"), (now.quiet_hours.clone(), &shown), shell, read)
}

/// `6:30` as `06:30`.
fn two_digits(hours: &str) -> String {
    let pad = |time: &str| if time.find(':') == Some(1) { format!("0{time}") } else { time.to_owned() };
    hours.split('-').map(|time| pad(time.trim())).collect::<Vec<_>>().join("-")
}

/// An address, or `none`.
fn address<R: BufRead>(
    asker: &mut Asker<R>,
    question: &'static str,
    current: &Target,
    shell: &Shell,
) -> anyhow::Result<String> {
    let shown = match current {
        Target::None => shell.say("cli-no"),
        Target::Url(url) => url.as_str().to_owned(),
    };
    let read = |line: &str| match (crate::input::yes_or_no(line), Url::parse(line)) {
        (Some(false), _) => Ok("none".to_owned()),
        (_, Some(url)) => Ok(url.as_str().to_owned()),
        (_, None) => Err(Notice::new("setup-address-wrong").arg("value", line)),
    };
    asker.ask(&shell.say(question), (current.to_string(), &shown), shell, read)
}

/// Brings the model, if it is wanted now.
///
/// # Errors
/// Why it did not come, and how to go on.
fn fetch(answers: &Answers, shell: &Shell) -> Result<(), Told> {
    if !answers.fetch {
        return Ok(());
    }
    let id: &ModelId = &answers.model.id;
    let size = terminal::size(answers.model.bytes, shell.language());
    shell.tell(&Notice::new("setup-fetching").arg("model", id).arg("size", size));
    pull::bring(id, shell).map_err(|told| {
        let mut notices = told.notices().to_vec();
        notices.push(Notice::new("setup-not-fetched").arg("model", id).arg("program", program()));
        Told::new(Exit::Failed, notices)
    })
}

fn farewell(is_new: bool, answers: &Answers, shell: &Shell) {
    let later = !answers.fetch && !matches!(answers.model.state, State::Ready { .. });
    shell.tell(&Notice::new(if is_new { "setup-done" } else { "setup-nothing-new" }));
    let next = match (later, answers.at_login) {
        (true, _) => Notice::new("setup-next-fetch").arg("model", &answers.model.id),
        (false, true) => Notice::new("setup-next-runs"),
        (false, false) => Notice::new("setup-next"),
    };
    shell.tell(&next.arg("program", program()));
}

/// This program, as the person called it.
fn program() -> String {
    let called = std::env::args_os().next().map(PathBuf::from).unwrap_or_else(|| PathBuf::from("sarai"));
    let plain = |c: char| c.is_alphanumeric() || matches!(c, '/' | '.' | '_' | '-');
    let text = called.display().to_string();
    if text.chars().all(plain) { text } else { service::for_shell(Path::new(&called)) }
}

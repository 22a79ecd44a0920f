//! `sarai skill`: the skills that there are, what they may do, and asking them.
//!
//! What may run is decided by files of the owner's, so most of this needs nothing that runs: `list`, `show`, `trust`,
//! `route`, `test`, `bench`, `image` and `new` work with what lies on disk. `run` and `reload` ask the running program.

mod bench;
mod image;
mod list;
mod new;
mod route;
pub(crate) mod test;
mod trust;

use std::path::PathBuf;

use sarai_api::ASSISTANT;
use sarai_api::client::ChatRequest;
use sarai_daemon::skills::{Listed, SkillPlaces, Standing};
use sarai_skills::{Granted, Skill};
use sarai_types::{Message, Notice, Role, SkillName, SkillWish};

use super::ask;
use crate::answer::unanswered;
use crate::cli::JsonFlag;
use crate::ending::Told;
use crate::shell::{Shell, wait_for};
use crate::terminal;
use crate::worker::this_program;

/// Beside the program, where the skills that come with it lie.
const BUILT_IN: &str = "skills";

#[derive(Debug, clap::Subcommand)]
pub(crate) enum SkillCommand {
    #[command(about = "cli-about-skill-list")]
    List(JsonFlag),
    #[command(about = "cli-about-skill-show")]
    Show(list::ShowArgs),
    #[command(about = "cli-about-skill-run")]
    Run(RunArgs),
    #[command(about = "cli-about-skill-route")]
    Route(route::RouteArgs),
    #[command(about = "cli-about-skill-reload")]
    Reload(NameArg),
    #[command(about = "cli-about-skill-trust")]
    Trust(trust::TrustArgs),
    #[command(about = "cli-about-skill-test")]
    Test(test::TestArgs),
    #[command(about = "cli-about-skill-bench")]
    Bench(bench::BenchArgs),
    #[command(about = "cli-about-skill-image")]
    Image(image::ImageArgs),
    #[command(about = "cli-about-skill-new")]
    New(new::NewArgs),
}

#[derive(Debug, clap::Args)]
pub(crate) struct NameArg {
    #[arg(value_name = "cli-value-skill", help = "cli-help-skill-name")]
    name: SkillName,
}

#[derive(Debug, clap::Args)]
pub(crate) struct RunArgs {
    #[command(flatten)]
    skill: NameArg,
    #[arg(value_name = "cli-value-text", help = "cli-help-ask-text")]
    text: Vec<String>,
    #[arg(long, value_name = "JSON", help = "cli-help-skill-arguments", default_value = "", hide_default_value = true)]
    arguments: String,
    #[command(flatten)]
    json: JsonFlag,
}

pub(crate) fn run(command: SkillCommand, shell: &Shell) -> anyhow::Result<()> {
    match command {
        SkillCommand::List(json) => list::list(json.format(), shell),
        SkillCommand::Show(args) => list::show(&args, shell),
        SkillCommand::Run(args) => ask_skill(args, shell),
        SkillCommand::Route(args) => route::run(&args, shell),
        SkillCommand::Reload(NameArg { name }) => reload(&name, shell),
        SkillCommand::Trust(args) => trust::run(&args, shell),
        SkillCommand::Test(args) => test::run(&args, shell),
        SkillCommand::Bench(args) => bench::run(&args, shell),
        SkillCommand::Image(args) => image::run(&args, shell),
        SkillCommand::New(args) => new::run(&args, shell),
    }
}

fn ask_skill(args: RunArgs, shell: &Shell) -> anyhow::Result<()> {
    let RunArgs { skill: NameArg { name }, text, arguments, json } = args;
    if !arguments.is_empty() && serde_json::from_str::<serde_json::Map<_, _>>(&arguments).is_err() {
        return Err(Told::failed(Notice::new("cli-skill-arguments")).into());
    }
    let request = ChatRequest {
        model: ASSISTANT.to_owned(),
        messages: vec![Message::new(Role::User, text.join(" "))],
        skill: SkillWish::Named { name, arguments },
        ..ChatRequest::default()
    };
    ask::answer(&request, json.format(), shell)
}

fn reload(name: &SkillName, shell: &Shell) -> anyhow::Result<()> {
    let client = shell.client()?;
    let generation = wait_for(async { Ok(client.reload_skill(name).await.map_err(|error| unanswered(&error))?) })?;
    let notice = Notice::new("cli-skill-reloaded").arg("skill", name).arg("generation", generation);
    Ok(terminal::line(shell.text(&notice))?)
}

/// Where skills lie, with the folder that the person works in: its own skills count here.
pub(crate) fn places(shell: &Shell) -> Result<SkillPlaces, Told> {
    let config = shell.config()?;
    Ok(SkillPlaces {
        folders: shell.folders.clone(),
        home: home(shell),
        built_in: built_in(),
        project: std::env::current_dir().ok(),
        databases: config.skills.databases.as_slice().to_vec(),
    })
}

/// The skills that came with the program, if any did.
pub(crate) fn built_in() -> Option<PathBuf> {
    this_program().ok().map(|program| program.with_file_name(BUILT_IN)).filter(|folder| folder.is_dir())
}

/// What `~` is.
pub(crate) fn home(shell: &Shell) -> PathBuf {
    let home = std::env::var_os("HOME").map(PathBuf::from).filter(|home| home.is_absolute());
    home.unwrap_or_else(|| shell.folders.state.clone())
}

/// A skill by its name that the owner lets run.
///
/// # Errors
/// There is none, or it waits for consent.
pub(crate) fn granted(places: &SkillPlaces, name: &SkillName) -> Result<Skill<Granted>, Told> {
    match find(places, name)?.standing {
        Standing::Granted(skill) => Ok(skill),
        Standing::Asks(_) | Standing::Refused(_) => {
            Err(Told::failed(Notice::new("daemon-skill-untrusted").arg("skill", name)))
        }
    }
}

/// A skill by its name.
///
/// # Errors
/// There is none.
pub(crate) fn find(places: &SkillPlaces, name: &SkillName) -> Result<Listed, Told> {
    let unknown = || Told::failed(Notice::new("daemon-skill-unknown").arg("skill", name));
    places.read().skills.remove(name).ok_or_else(unknown)
}

//! `sarai skill image`: a skill as a container image of its own, made from nothing and pulled from nowhere.
//!
//! The image holds the skill's folder and what its program is linked with. `--run` starts it as strictly as an engine can
//! hold the jail's policy, asks its health (grpc.health.v1) until it says SERVING, and keeps it until it is interrupted;
//! with `--probe` it ends as soon as it has served. `draft`, which is no skill to be asked but the engine's guesser, can
//! be made and run in the same way; and `serve`, the assistant itself, can be made for others to run (`deploy/compose`).
//!
//! `--json` prints a line for the image, `{"image", "engine", "bytes"}`, and with `--run` one more when it serves:
//! `{"container", "serving_ms", "socket"}`.

mod draft;
mod root;
mod serve;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use sarai_daemon::skills::{Launch, SkillChannel, TrialWords};
use sarai_sandbox::{
    Access, Backend, CheckedPolicy, Containers, JailName, Launcher, Mount, Policy, ProgramImage, Root,
};
use sarai_sandbox::{Container, SandboxError};
use sarai_skills::{Granted, SKILL_INSIDE, Skill, View};
use sarai_types::{ModelId, Notice};
use serde_json::json;
use tokio::signal::unix::{SignalKind, signal};

use super::{NameArg, granted, places};
use crate::bench::{ms_between, now};
use crate::cli::{Format, JsonFlag};
use crate::ending::Told;
use crate::shell::{Shell, wait_for};
use crate::terminal;

/// What all images are named after.
const REPOSITORY: &str = "saraiskill";
/// Between two looks at whether it serves, and whether it still runs.
const POLL: Duration = Duration::from_millis(2);
const WATCH: Duration = Duration::from_millis(500);
/// An engine takes its time, whatever the skill's own deadline is.
const START_MAX: Duration = Duration::from_secs(60);

#[derive(Debug, clap::Args)]
pub(crate) struct ImageArgs {
    #[command(flatten)]
    skill: NameArg,
    #[arg(long, help = "cli-help-skill-image-run")]
    run: bool,
    #[arg(long, help = "cli-help-skill-image-probe", requires = "run")]
    probe: bool,
    #[arg(long, value_name = "bench-value-model", help = "cli-help-skill-image-model")]
    model: Option<ModelId>,
    #[command(flatten)]
    json: JsonFlag,
}

/// What an image is made of, and held to when it runs.
struct Packed {
    skill: Skill<Granted>,
    launch: Launch,
    /// What it sees besides what the manifest says.
    mounts: Vec<Mount>,
    /// By which health knows it.
    service: &'static str,
}

pub(super) fn run(args: &ImageArgs, shell: &Shell) -> Result<()> {
    let scratch = tempfile::tempdir()?;
    if args.skill.name.as_str() == serve::NAME {
        if args.run {
            return Err(Told::failed(Notice::new("cli-skill-image-serve")).into());
        }
        give(serve::image()?, args.json.format(), shell)?;
        return Ok(());
    }
    let packed = Packed::of(args, scratch.path(), shell)?;
    let (containers, name) = give(packed.image()?, args.json.format(), shell)?;
    if !args.run {
        return Ok(());
    }
    wait_for(keep(&packed, &containers, &name, args, shell))
}

/// Gives an engine the image, and says so.
fn give(image: ProgramImage, format: Format, shell: &Shell) -> Result<(Containers, String)> {
    let none = |error: SandboxError| Told::failed(Notice::new("cli-skill-image-engine").arg("detail", error));
    let containers = Containers::find().map_err(none)?;
    let (name, bytes) = (image.name.clone(), image.files.bytes() as u64);
    containers.import(image).map_err(|error| failed(&name, &error))?;
    let made = Notice::new("cli-skill-image-made")
        .arg("image", &name)
        .arg("size", terminal::size(bytes, shell.language()))
        .arg("engine", containers.engine());
    terminal::line(match format {
        Format::Json => json!({"image": name, "engine": containers.engine(), "bytes": bytes}).to_string(),
        Format::Text => shell.text(&made),
    })?;
    Ok((containers, name))
}

/// Runs the image until it is interrupted, or has served once.
async fn keep(packed: &Packed, containers: &Containers, image: &str, args: &ImageArgs, shell: &Shell) -> Result<()> {
    let engine = |error: SandboxError| failed(image, &error);
    let [mut interrupted, mut terminated] =
        [SignalKind::interrupt(), SignalKind::terminate()].map(signal).map(|signal| signal.ok());
    // Nobody's model is asked from here.
    let _host = packed.launch.trial_host(&packed.skill, TrialWords::None)?;
    let begun = now();
    let name = JailName::new(&format!("image-{}", packed.skill.name()))?;
    let container = containers.run(image, &name, &packed.policy()?).map_err(engine)?;
    let socket = packed.launch.socket();
    let served = tokio::time::timeout(START_MAX, until_serving(&container, &socket, packed.service)).await;
    if !matches!(served, Ok(Ok(true))) {
        let detail = container.words().unwrap_or_default();
        let detail = detail.lines().last().unwrap_or_default().to_owned();
        let notice = Notice::new("cli-skill-image-silent").arg("image", image).arg("detail", detail);
        return Err(Told::failed(notice).into());
    }
    let ms = ms_between(begun, now());
    let serves = Notice::new("cli-skill-image-serves")
        .arg("image", image)
        .arg("ms", terminal::rounded(ms, shell.language()))
        .arg("socket", socket.display());
    terminal::line(match args.json.format() {
        Format::Json => json!({"container": container.id(), "serving_ms": ms, "socket": socket}).to_string(),
        Format::Text => shell.text(&serves),
    })?;
    if !args.probe {
        if args.json.format() == Format::Text {
            terminal::sentence(&shell.say("cli-skill-image-until"));
        }
        tokio::select! {
            _ = heard(&mut interrupted) => {}
            _ = heard(&mut terminated) => {}
            ended = until_ended(&container) => {
                ended.map_err(engine)?;
                return Err(Told::failed(Notice::new("cli-skill-image-ended").arg("image", image)).into());
            }
        }
    }
    Ok(container.stop().map_err(engine)?)
}

fn failed(image: &str, error: &SandboxError) -> Told {
    Told::failed(Notice::new("cli-skill-image-failed").arg("image", image).arg("detail", error))
}

async fn heard(signal: &mut Option<tokio::signal::unix::Signal>) {
    match signal {
        Some(signal) => drop(signal.recv().await),
        None => std::future::pending().await,
    }
}

/// False if its program ends before.
async fn until_serving(container: &Container<'_>, socket: &Path, service: &str) -> Result<bool, SandboxError> {
    let channel = SkillChannel::at(socket.to_owned());
    let mut looked = now();
    loop {
        if channel.serves_as(service).await {
            return Ok(true);
        }
        tokio::time::sleep(POLL).await;
        if looked.elapsed() >= WATCH {
            looked = now();
            if !container.runs()? {
                return Ok(false);
            }
        }
    }
}

async fn until_ended(container: &Container<'_>) -> Result<(), SandboxError> {
    while container.runs()? {
        tokio::time::sleep(WATCH).await;
    }
    Ok(())
}

impl Packed {
    fn of(args: &ImageArgs, scratch: &Path, shell: &Shell) -> Result<Self> {
        let name = &args.skill.name;
        let (places, mounts, service) = if name.as_str() == draft::NAME {
            let places = draft::places(&scratch.join("draft"), shell)?;
            (places, draft::mounts(args, shell)?, draft::SERVICE)
        } else {
            (places(shell)?, Vec::new(), SkillChannel::SERVICE)
        };
        let skill = granted(&places, name)?;
        if skill.process().is_none() {
            return Err(Told::failed(Notice::new("cli-skill-image-prompt").arg("skill", name)).into());
        }
        let launcher =
            Launcher::find().map_err(|error| Told::failed(Notice::new("cli-jail-failed").arg("detail", error)))?;
        let launch = Launch::new(&skill, launcher, Backend::Docker, &scratch.join("run")).map_err(Told::failed)?;
        Ok(Self { skill, launch, mounts, service })
    }

    /// As it is built, whoever will run it.
    fn image(&self) -> Result<ProgramImage> {
        let Some(process) = self.skill.process() else { anyhow::bail!("no program") };
        let policy = self.launch.policy();
        Ok(ProgramImage {
            name: format!("{REPOSITORY}.{}:v{}", self.skill.name(), self.skill.version()),
            files: root::files(&self.skill, process)?,
            entrypoint: self.skill.command(View::Jailed),
            working_dir: policy.working_dir.display().to_string(),
            environment: policy.environment.clone(),
        })
    }

    /// The jail's, but that the skill's folder and the programs that it needs are the image's own.
    fn policy(&self) -> Result<CheckedPolicy> {
        let policy = Policy::clone(self.launch.policy());
        let is_own = |mount: &Mount| mount.target == Path::new(SKILL_INSIDE);
        let mounts = policy.mounts.into_iter().filter(|mount| !is_own(mount)).chain(self.mounts.clone()).collect();
        Ok(Policy { root: Root::Empty, mounts, ..policy }.checked()?)
    }
}

/// A file that is only read.
fn read_only(source: PathBuf, target: &str) -> Mount {
    Mount { source, target: PathBuf::from(target), access: Access::ReadOnly }
}

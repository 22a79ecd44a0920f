//! The skills that are installed: which suits a question, and the processes that answer.
//!
//! A skill's process is started when it is first asked, kept while it is used, and ended when it is not, as the pool
//! decides. What lies on disk is read again when it changes; a skill that the owner has not trusted is listed and never
//! run.
//!
//! # Modules
//! - `shelf`: what lies on disk, read into a [`Table`]. `keeper`: the task that owns the processes.
//! - `survey`: what the owner's databases hold, for the router.
//! - `launch`: how one is started. `process`: one that runs. `host`: what a skill may ask of the model.

mod channel;
mod host;
mod keeper;
mod launch;
mod process;
mod shelf;
mod survey;

use std::path::PathBuf;
use std::sync::Arc;

use futures_util::{Stream, StreamExt as _, TryStreamExt as _, stream};
use sarai_api::{Component, Status};
use sarai_config::{Config, SkillRuntime};
use sarai_sandbox::{Backend, Launcher, SandboxError};
use sarai_skills::{Granted, Skill};
use sarai_supervisor::State;
use sarai_types::{
    ChosenSkill, Failure, FailureKind, Language, Notice, Priority, SkillCall, SkillKind, SkillName, SkillWish,
};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::brain::Brain;
use crate::metrics::{ChildFigures, Chosen, Metrics};
use crate::resident;

pub use channel::SkillChannel;
use keeper::{Ask, Keeper, Lease};
pub use launch::{Launch, TrialHost, TrialWords};
pub(crate) use process::Hearing;
use process::SkillProcess;
use shelf::{Entry, Table};
pub use shelf::{Listed, Reading, SkillPlaces, Standing, TrustError};
pub use survey::survey;

/// Requests to the keeper that wait at most.
const ASKS_MAX: usize = 256;

/// Who makes the skills' jails.
#[must_use]
pub const fn backend(config: &Config) -> Backend {
    match config.phoenix.skill_runtime {
        SkillRuntime::Local => Backend::Local,
        SkillRuntime::Docker => Backend::Docker,
        SkillRuntime::Disabled => Backend::Disabled,
    }
}

/// What decides which skills there are, and how they run.
#[derive(Debug, Clone)]
pub(crate) struct SkillsSpec {
    pub(crate) places: SkillPlaces,
    /// Who makes jails, or why nobody does.
    pub(crate) launcher: Result<Launcher, SandboxError>,
    pub(crate) backend: Backend,
    /// What all skills together may take.
    pub(crate) memory_bytes: u64,
    /// The language of a question that does not tell.
    pub(crate) language: Language,
}

impl SkillsSpec {
    fn folder_of(&self, skill: &SkillName) -> PathBuf {
        self.places.folders.run().join("s").join(skill.as_str())
    }
}

/// A process that is kept.
#[derive(Debug, Clone)]
struct Running {
    name: SkillName,
    process: SkillProcess,
}

/// The skills. A cheap handle.
#[derive(Debug, Clone)]
pub(crate) struct Skills {
    table: watch::Receiver<Arc<Table>>,
    running: watch::Receiver<Vec<Running>>,
    asks: mpsc::Sender<Ask>,
    language: Language,
    metrics: Metrics,
}

/// Keeps the skills going until it is drained.
#[derive(Debug)]
pub(crate) struct SkillsKeeper {
    skills: Skills,
    drain: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl SkillsKeeper {
    pub(crate) fn start(spec: SkillsSpec, brain: watch::Receiver<Brain>, metrics: Metrics) -> Self {
        let (publish, table) = watch::channel(Arc::default());
        let (show, running) = watch::channel(Vec::new());
        let (asks, asked) = mpsc::channel(ASKS_MAX);
        let (drain, drained) = oneshot::channel();
        let language = spec.language;
        let keeper = Keeper::new(spec, brain, publish, show, asks.downgrade());
        let task = tokio::spawn(keeper.run(asked, drained));
        Self { skills: Skills { table, running, asks, language, metrics }, drain, task }
    }

    #[must_use]
    pub(crate) fn handle(&self) -> Skills {
        self.skills.clone()
    }

    /// Ends all processes. Returns when they are gone.
    pub(crate) async fn drain(self) {
        // The keeper runs until it is told to stop, here.
        let _ = self.drain.send(());
        let _ = self.task.await;
    }
}

impl Skills {
    /// The skill that is to answer; none leaves it to the model.
    ///
    /// # Errors
    /// One was named that is not there, or that the owner has not trusted.
    pub(crate) fn choose(&self, text: &str, wish: &SkillWish) -> Result<Option<ChosenSkill>, Failure> {
        let table = self.table.borrow().clone();
        let chosen = match wish {
            SkillWish::None => None,
            SkillWish::Named { name, .. } => Some((name.clone(), vec![Notice::new("skills-route-named")])),
            SkillWish::Auto => {
                let chosen = table.route(text, self.language);
                self.metrics.routed(if chosen.is_some() { Chosen::Skill } else { Chosen::Model });
                chosen
            }
        };
        let Some((name, reasons)) = chosen else { return Ok(None) };
        let kind = self.granted(&table, &name)?.kind();
        Ok(Some(ChosenSkill { name, reasons, kind }))
    }

    /// Asks a skill's process, and starts it if need be. Dropping the stream ends the call.
    pub(crate) fn call(&self, call: SkillCall, priority: Priority) -> Hearing {
        let timed = Timed { metrics: self.metrics.clone(), skill: call.skill.clone(), begun: Instant::now() };
        let skills = self.clone();
        let opened = async move {
            let lease = skills.lease(&call.skill).await?;
            let hearing = lease.process().call(call, priority).await?;
            Ok::<_, Failure>(held(hearing, lease))
        };
        Box::pin(held(stream::once(opened).try_flatten(), timed))
    }

    /// Lets a skill read its files again. Returns how often it has done so.
    ///
    /// # Errors
    /// There is no such process, or it finds something wrong with its files.
    pub(crate) async fn reload(&self, skill: &SkillName) -> Result<u64, Failure> {
        let table = self.table.borrow().clone();
        match self.granted(&table, skill)?.kind() {
            SkillKind::Process => self.lease(skill).await?.process().reload().await,
            SkillKind::Prompt { .. } => {
                let notice = Notice::new("daemon-skill-prompt-reload").arg("skill", skill);
                Err(Failure::new(FailureKind::BadRequest, notice, "a prompt skill"))
            }
        }
    }

    /// Ends the processes that nobody uses. Returns how many bytes of memory they took.
    ///
    /// # Errors
    /// The program is stopping.
    pub(crate) async fn rest(&self) -> Result<u64, Failure> {
        let (reply, freed) = oneshot::channel();
        self.asks.send(Ask::Free { reply }).await.map_err(|_| stopping())?;
        freed.await.map_err(|_| stopping())
    }

    /// Tries those once more that were left alone after their crashes. Returns how many.
    pub(crate) fn revive(&self) -> usize {
        self.running.borrow().iter().filter(|running| running.process.retry().ask()).count()
    }

    /// Starts a skill before it is asked for.
    ///
    /// # Errors
    /// There is no such skill, or it does not start.
    pub(crate) async fn warm(&self, skill: &SkillName) -> Result<(), Failure> {
        let table = self.table.borrow().clone();
        match self.granted(&table, skill)?.kind() {
            // The lease ends at once; the process stays as long as any that is idle.
            SkillKind::Process => self.lease(skill).await.map(drop),
            SkillKind::Prompt { .. } => Ok(()),
        }
    }

    /// How each process is. Part of the list, never of the whole's standing: answers do not need it.
    pub(crate) fn components(&self) -> Vec<Component> {
        let component = |running: &Running| {
            let seen = running.process.seen();
            let (status, detail) = match seen.state {
                State::Serving { .. } | State::Suspect => (Status::Ready, "daemon-health-skill"),
                State::Quarantined { .. } => (Status::Degraded, "daemon-skill-crashes"),
                State::Stopped | State::Draining { .. } => (Status::Stopping, "daemon-stopping"),
                State::Starting { .. } | State::Killing { .. } | State::BackingOff { .. } => {
                    (Status::Starting, "daemon-health-skill-starting")
                }
            };
            Component {
                name: format!("skill {}", running.name),
                status,
                detail: Notice::new(detail).arg("skill", &running.name),
                restarts: seen.restarts,
                resident_bytes: seen.pid.map(resident::tree_bytes),
            }
        };
        self.running.borrow().iter().map(component).collect()
    }

    /// The same for metrics, by the skills' names.
    pub(crate) fn figures(&self) -> Vec<ChildFigures> {
        let figures = |running: &Running| {
            let seen = running.process.seen();
            ChildFigures {
                name: running.name.to_string(),
                serving: seen.serving,
                restarts: seen.restarts,
                resident_bytes: seen.pid.map_or(0, resident::tree_bytes),
                report: running.process.report(),
            }
        };
        self.running.borrow().iter().map(figures).collect()
    }

    fn granted<'a>(&self, table: &'a Table, skill: &SkillName) -> Result<&'a Skill<Granted>, Failure> {
        match table.get(skill) {
            Some(Entry::Granted(granted)) => Ok(granted),
            Some(Entry::Untrusted) => Err(missing(skill, "daemon-skill-untrusted")),
            None => Err(missing(skill, "daemon-skill-unknown")),
        }
    }

    async fn lease(&self, skill: &SkillName) -> Result<Lease, Failure> {
        let (reply, answer) = oneshot::channel();
        let ask = Ask::Lease { skill: skill.clone(), reply };
        self.asks.send(ask).await.map_err(|_| stopping())?;
        answer.await.map_err(|_| stopping())?
    }
}

fn stopping() -> Failure {
    Failure::new(FailureKind::Unavailable, Notice::new("daemon-stopping"), "the keeper is gone")
}

/// Counts a call when it is over, however it ended.
struct Timed {
    metrics: Metrics,
    skill: SkillName,
    begun: Instant,
}

impl Drop for Timed {
    fn drop(&mut self) {
        self.metrics.skill_answered(&self.skill, self.begun.elapsed());
    }
}

/// The same stream, which holds something until it is dropped.
fn held<T>(stream: impl Stream<Item = T>, guard: impl Send) -> impl Stream<Item = T> {
    stream.map(move |item| {
        let _held = &guard;
        item
    })
}

fn missing(skill: &SkillName, notice: &'static str) -> Failure {
    Failure::new(FailureKind::SkillNotFound, Notice::new(notice).arg("skill", skill), format!("{skill}: {notice}"))
}

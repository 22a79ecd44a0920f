//! The model that answers: finds its file, sees that it fits, keeps its worker going.
//!
//! While the file is missing or does not fit, the program runs all the same and says what to do; the model is started
//! as soon as that is mended. A model that nobody has asked for a while can be put to rest, which gives its memory back;
//! whoever asks next wakes it up and waits until it is loaded. Who may ask, and who else may answer, is `pool`'s to say.

use std::convert::Infallible;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sarai_config::{Draft, Embedding, FolderError, Folders, Runtime, Switch, Weights, Whole, own_folder};
use sarai_engine::weights::{Layouts, Policy};
use sarai_sandbox::{JailName, Launcher, SandboxError};
use sarai_types::{Failure, FailureKind, Language, ModelId, Notice};
use tokio::sync::{Notify, mpsc, oneshot, watch};
use tokio::task::JoinHandle;
use tokio_stream::StreamExt as _;

use crate::child::Child;
use crate::drafter::{Drafter, DrafterKeeper};
use crate::memory::Remembrance;
use crate::resident;
use crate::room::{self, Found, Named, Reserved};
use crate::token;
use crate::worker::{CacheSpec, Worker, WorkerJail, WorkerOptions, WorkerSpec};

/// How often a file that is missing is looked for.
const RETRY: Duration = Duration::from_secs(2);

/// Who answers now.
#[derive(Debug, Clone)]
pub(crate) enum Brain {
    /// Nobody yet: the file is being looked at, which takes seconds the first time.
    Checking,
    Up(Worker),
    /// Nobody, to give memory back. Whoever rings is answered by the next worker.
    Resting {
        /// As it was.
        worker: Worker,
        bell: Arc<Notify>,
    },
    /// Nobody, and what the owner can do about it.
    Waiting(Notice),
}

/// The worker that answers; a model that rests is woken up and waited for.
///
/// # Errors
/// There is none, and what can be done about it.
pub(crate) async fn awake(mut brain: watch::Receiver<Brain>) -> Result<Worker, Failure> {
    let bell = match &*brain.borrow() {
        Brain::Resting { bell, .. } => Some(Arc::clone(bell)),
        Brain::Up(_) | Brain::Checking | Brain::Waiting(_) => None,
    };
    if let Some(bell) = bell {
        bell.notify_one();
        // A keeper that is gone wakes nobody up; what there was says so below.
        let _ = brain.wait_for(|brain| matches!(brain, Brain::Up(_) | Brain::Waiting(_))).await;
        let mut woken = answering(&brain.borrow())?;
        woken.until_settled().await;
    }
    answering(&brain.borrow())
}

fn answering(brain: &Brain) -> Result<Worker, Failure> {
    let none = |notice| Err(Failure::new(FailureKind::Unavailable, notice, "there is no model yet"));
    match brain {
        Brain::Up(worker) => Ok(worker.clone()),
        Brain::Checking => none(Notice::new("daemon-model-checking")),
        Brain::Waiting(notice) => none(notice.clone()),
        Brain::Resting { .. } => none(Notice::new("daemon-stopping")),
    }
}

/// Asks the keeper to put the models to rest.
#[derive(Debug, Clone)]
pub(crate) struct Bed(mpsc::Sender<oneshot::Sender<Option<u64>>>);

impl Bed {
    /// Ends the models' processes; says how many bytes they took. None where there was nothing to end.
    pub(crate) async fn rest(&self) -> Option<u64> {
        let (reply, freed) = oneshot::channel();
        // A keeper that is stopping has nothing to give.
        self.0.try_send(reply).ok()?;
        freed.await.ok().flatten()
    }
}

/// What decides which model answers, and how.
#[derive(Debug, Clone)]
pub(crate) struct BrainSpec {
    pub program: PathBuf,
    /// None means the catalogue's own default.
    pub(crate) model: Option<ModelId>,
    pub(crate) draft: Draft,
    pub(crate) embedding: Embedding,
    pub runtime: Runtime,
    pub folders: Folders,
    /// Who jails the workers, or why nobody does; none runs them as they are.
    pub launcher: Option<Result<Launcher, SandboxError>>,
    /// The language whose fixed prompt is read before the first question.
    pub language: Language,
    /// What is known of the owner stands in that prompt.
    pub memory: Remembrance,
    /// What models that somebody named take.
    pub(crate) reserved: Arc<Reserved>,
}

impl BrainSpec {
    /// None lets each worker count the processors itself.
    pub(crate) fn threads(&self) -> Option<u32> {
        self.runtime.threads.set().map(Whole::get)
    }

    /// A worker's socket, in a folder of its own: a jail shows all of it.
    pub(crate) fn socket(&self, part: WorkerPart) -> Result<PathBuf, Notice> {
        let name = part.name();
        let socket =
            self.folders.socket(&format!("{name}/{name}.sock")).map_err(|error: FolderError| error.notice())?;
        own_folder(&self.folders.run().join(name)).map_err(|error| error.notice())?;
        Ok(socket)
    }

    pub(crate) fn jail(&self, part: WorkerPart) -> Result<Option<WorkerJail>, Notice> {
        let Some(launcher) = self.launcher.clone() else { return Ok(None) };
        let launcher = launcher.map_err(|error| Notice::new("daemon-model-no-jail").arg("detail", error))?;
        let name = JailName::new(&part.name()).map_err(|_| Notice::new("daemon-internal"))?;
        Ok(Some(WorkerJail { launcher, name, report: self.folders.run().join(part.name()).join("jail.toml") }))
    }

    /// Where workers keep what they measured of this computer.
    pub(crate) fn measured_file(&self) -> PathBuf {
        self.folders.kv().join("measured.json")
    }
}

/// The workers that there may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum WorkerPart {
    /// The one that answers by default.
    Model,
    /// The one that guesses.
    Draft,
    /// One that answers because somebody named its model: the first, the second and so on.
    Named(usize),
}

impl WorkerPart {
    fn name(self) -> String {
        match self {
            Self::Model => "model".to_owned(),
            Self::Draft => "draft".to_owned(),
            Self::Named(seat) => format!("model-{seat}"),
        }
    }
}

/// Keeps the brain going until it is drained.
#[derive(Debug)]
pub(crate) struct BrainKeeper {
    brain: watch::Receiver<Brain>,
    drafter: watch::Receiver<Drafter>,
    bed: Bed,
    drain: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl BrainKeeper {
    #[must_use]
    pub(crate) fn start(spec: BrainSpec) -> Self {
        let (publish, brain) = watch::channel(Brain::Checking);
        let (publish_drafter, drafter) = watch::channel(match spec.draft {
            Draft::None => Drafter::Unwanted,
            Draft::Auto | Draft::Is(_) => Drafter::Waiting(Notice::new("daemon-draft-waits")),
        });
        let (drain, drained) = oneshot::channel();
        // One at a time: whoever comes meanwhile wants the same.
        let (rest, rests) = mpsc::channel(1);
        let keeper = Keeper { spec, publish, publish_drafter };
        Self { brain, drafter, bed: Bed(rest), drain, task: tokio::spawn(keeper.run(rests, drained)) }
    }

    #[must_use]
    pub(crate) fn bed(&self) -> Bed {
        self.bed.clone()
    }

    #[must_use]
    pub(crate) fn watch_drafter(&self) -> watch::Receiver<Drafter> {
        self.drafter.clone()
    }

    #[must_use]
    pub(crate) fn watch(&self) -> watch::Receiver<Brain> {
        self.brain.clone()
    }

    /// Ends the worker. Returns when it is gone.
    pub(crate) async fn drain(self) {
        // The keeper runs until it is told to stop, here.
        let _ = self.drain.send(());
        let _ = self.task.await;
    }
}

struct Keeper {
    spec: BrainSpec,
    publish: watch::Sender<Brain>,
    publish_drafter: watch::Sender<Drafter>,
}

/// The processes that are up.
struct Running {
    worker: Worker,
    child: Child,
    drafter: Option<DrafterKeeper>,
    /// Ends with the worker, at the latest.
    warming: JoinHandle<()>,
}

impl Running {
    async fn drain(self) {
        // The worker lets finish what it was asked for, and nobody waits for this any more.
        self.warming.abort();
        self.child.drain().await;
        if let Some(drafter) = self.drafter {
            drafter.drain().await;
        }
    }
}

impl Keeper {
    async fn run(self, mut rests: mpsc::Receiver<oneshot::Sender<Option<u64>>>, drained: oneshot::Receiver<()>) {
        tokio::pin!(drained);
        loop {
            let running = tokio::select! {
                // A keeper that is dropped counts as drained.
                _ = &mut drained => return,
                running = self.bring_up() => running,
                never = nothing_to_give(&mut rests) => match never {},
            };
            let reply = tokio::select! {
                _ = &mut drained => return running.drain().await,
                reply = until_rest(&mut rests, &running.worker) => reply,
            };
            let (worker, bell) = (running.worker.clone(), Arc::new(Notify::new()));
            let freed_bytes = worker.seen().pid.map_or(0, resident::tree_bytes);
            tracing::info!(freed_bytes, "the model rests");
            self.publish.send_replace(Brain::Resting { worker, bell: Arc::clone(&bell) });
            running.drain().await;
            let _ = reply.send(Some(freed_bytes));
            tokio::select! {
                _ = &mut drained => return,
                () = bell.notified() => {}
                never = nothing_to_give(&mut rests) => match never {},
            }
        }
    }

    /// Tries until there is a worker. What stands in the way may be mended meanwhile.
    async fn bring_up(&self) -> Running {
        loop {
            match start(&self.spec).await {
                Ok((worker, child, draft_socket)) => {
                    let warming = tokio::spawn(warm(worker.clone(), self.spec.language, self.spec.memory.clone()));
                    self.publish.send_replace(Brain::Up(worker.clone()));
                    let draft = |socket| {
                        DrafterKeeper::start(self.spec.clone(), worker.clone(), socket, self.publish_drafter.clone())
                    };
                    let drafter = draft_socket.map(draft);
                    return Running { worker, child, drafter, warming };
                }
                Err(notice) => {
                    let is_known = matches!(&*self.publish.borrow(), Brain::Waiting(before) if *before == notice);
                    if !is_known {
                        tracing::warn!(reason = notice.id, "the model cannot be started");
                        self.publish.send_replace(Brain::Waiting(notice));
                    }
                }
            }
            tokio::time::sleep(RETRY).await;
        }
    }
}

/// Returns when somebody wants the memory of a model that serves.
async fn until_rest(
    rests: &mut mpsc::Receiver<oneshot::Sender<Option<u64>>>,
    worker: &Worker,
) -> oneshot::Sender<Option<u64>> {
    loop {
        match rests.recv().await {
            Some(reply) if worker.seen().serving => return reply,
            Some(reply) => drop(reply.send(None)),
            None => std::future::pending().await,
        }
    }
}

/// While nothing is loaded.
async fn nothing_to_give(rests: &mut mpsc::Receiver<oneshot::Sender<Option<u64>>>) -> Infallible {
    loop {
        match rests.recv().await {
            Some(reply) => drop(reply.send(None)),
            None => std::future::pending().await,
        }
    }
}

/// Lets each incarnation of the worker read the fixed prompt before somebody asks, and again after it had to forget
/// everything. Anything that a person wants goes before it.
pub(crate) async fn warm(mut worker: Worker, language: Language, mut memory: Remembrance) {
    let (asked, remembered) = (worker.clone(), memory.clone());
    while worker.until_serving().await {
        let incarnation = async {
            read_ahead(&asked, language, &remembered).await;
            worker.until_down().await
        };
        tokio::select! {
            lives_on = incarnation => if !lives_on { return },
            // What it holds may hold what was erased. One that is not up holds nothing.
            true = memory.until_erased() => {
                if let Err(failure) = asked.forget().await {
                    tracing::warn!(%failure, "the model's caches were not dropped");
                }
            }
        }
    }
}

async fn read_ahead(worker: &Worker, language: Language, memory: &Remembrance) {
    let known = memory.known(language).await;
    match worker.generate(&sarai_agent::warm_up(language, &known)).await {
        Ok(mut events) => while let Some(Ok(_)) = events.next().await {},
        Err(failure) => tracing::debug!(%failure, "the fixed prompt was not read in advance"),
    }
}

/// The worker of the model that answers, and where the one that guesses is to listen if one is wanted.
async fn start(spec: &BrainSpec) -> Result<(Worker, Child, Option<PathBuf>), Notice> {
    let looking = spec.clone();
    // The first look at a file sums all of it, which takes seconds.
    let found = tokio::task::spawn_blocking(move || room::find(&looking)).await;
    let Found { model, file, memory_bytes, vectors } = found.map_err(|_| Notice::new("daemon-internal"))??;
    let draft_socket = match spec.draft {
        Draft::None => None,
        Draft::Auto | Draft::Is(_) => Some(spec.socket(WorkerPart::Draft)?),
    };
    let runtime = &spec.runtime;
    let cache = CacheSpec { folder: spec.folders.kv(), bytes_max: runtime.prefix_cache_bytes.bytes() };
    let worker = WorkerSpec {
        program: spec.program.clone(),
        model,
        file,
        socket: spec.socket(WorkerPart::Model)?,
        context_tokens: runtime.n_ctx.get(),
        sequences: runtime.sequences.get(),
        threads: spec.threads(),
        options: WorkerOptions {
            weights: policy(runtime.weights),
            memory_bytes: Some(memory_bytes),
            cache: (runtime.prefix_cache == Switch::On).then_some(cache),
            measured: Some(spec.measured_file()),
            draft_socket: draft_socket.clone(),
            vectors,
        },
        jail: spec.jail(WorkerPart::Model)?,
    };
    let (worker, child) = Worker::start(worker, seed()?);
    Ok((worker, child, draft_socket))
}

/// The worker of a model that somebody named. It guesses nothing and keeps no cache on disk: it is a guest.
pub(crate) fn start_named(
    spec: &BrainSpec,
    model: &ModelId,
    named: Named,
    seat: usize,
) -> Result<(Worker, Child), Notice> {
    let part = WorkerPart::Named(seat);
    let worker = WorkerSpec {
        program: spec.program.clone(),
        model: model.clone(),
        file: named.file,
        socket: spec.socket(part)?,
        context_tokens: spec.runtime.n_ctx.get(),
        sequences: spec.runtime.sequences.get(),
        threads: spec.threads(),
        options: WorkerOptions {
            weights: policy(spec.runtime.weights),
            memory_bytes: Some(named.bytes),
            measured: Some(spec.measured_file()),
            ..WorkerOptions::default()
        },
        jail: spec.jail(part)?,
    };
    Ok(Worker::start(worker, seed()?))
}

/// For the pauses between restarts.
pub(crate) fn seed() -> Result<u64, Notice> {
    let mut seed = [0; 8];
    token::random(&mut seed).map_err(|_| Notice::new("daemon-internal"))?;
    Ok(u64::from_ne_bytes(seed))
}

const fn policy(weights: Weights) -> Policy {
    match weights {
        Weights::Auto => Policy::Auto,
        Weights::Stored => Policy::Always(Layouts::Stored),
        Weights::Repacked => Policy::Always(Layouts::Repacked),
        Weights::Both => Policy::Always(Layouts::Both),
    }
}

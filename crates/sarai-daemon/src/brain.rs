//! The model that answers: finds its file, sees that it fits, keeps its worker going.
//!
//! While the file is missing or does not fit, the program runs all the same and says what to do; the model is started
//! as soon as that is mended.

use std::path::PathBuf;
use std::time::Duration;

use sarai_config::{FolderError, Folders, Runtime, Whole};
use sarai_models::{Catalog, Fit, Library, LoadPlan, MemoryEstimate, Role, WeightLayout, estimate, fits};
use sarai_types::{Language, ModelId, Notice};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use tokio_stream::StreamExt as _;

use crate::child::Child;
use crate::token;
use crate::worker::{Worker, WorkerSpec};

/// How often a file that is missing is looked for.
const RETRY: Duration = Duration::from_secs(2);
/// Left to the rest of the system when the budget is `auto`.
const HEADROOM: u64 = 300_000_000;

/// Who answers now.
#[derive(Debug, Clone)]
pub(crate) enum Brain {
    /// Nobody yet: the file is being looked at, which takes seconds the first time.
    Checking,
    Up(Worker),
    /// Nobody, and what the owner can do about it.
    Waiting(Notice),
}

/// What decides which model answers, and how.
#[derive(Debug, Clone)]
pub(crate) struct BrainSpec {
    pub program: PathBuf,
    /// None means the catalogue's own default.
    pub(crate) model: Option<ModelId>,
    pub runtime: Runtime,
    pub folders: Folders,
    /// The language whose fixed prompt is read before the first question.
    pub language: Language,
}

/// Keeps the brain going until it is drained.
#[derive(Debug)]
pub(crate) struct BrainKeeper {
    brain: watch::Receiver<Brain>,
    drain: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl BrainKeeper {
    #[must_use]
    pub(crate) fn start(spec: BrainSpec) -> Self {
        let (publish, brain) = watch::channel(Brain::Checking);
        let (drain, drained) = oneshot::channel();
        Self { brain, drain, task: tokio::spawn(keep(spec, publish, drained)) }
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

async fn keep(spec: BrainSpec, publish: watch::Sender<Brain>, drained: oneshot::Receiver<()>) {
    tokio::pin!(drained);
    let child = loop {
        let started = tokio::select! {
            _ = &mut drained => return,
            started = start(&spec) => started,
        };
        match started {
            Ok((worker, child)) => {
                // Ends with the worker, or with the program.
                tokio::spawn(warm(worker.clone(), spec.language));
                publish.send_replace(Brain::Up(worker));
                break child;
            }
            Err(notice) => {
                let news = match &*publish.borrow() {
                    Brain::Waiting(before) => *before != notice,
                    Brain::Checking | Brain::Up(_) => true,
                };
                if news {
                    tracing::warn!(reason = notice.id, "the model cannot be started");
                    publish.send_replace(Brain::Waiting(notice));
                }
            }
        }
        tokio::select! {
            _ = &mut drained => return,
            () = tokio::time::sleep(RETRY) => {}
        }
    };
    // A keeper that is dropped counts as drained.
    let _ = drained.await;
    child.drain().await;
}

/// Lets each incarnation of the worker read the fixed prompt before somebody asks. Anything that a person wants goes
/// before it.
async fn warm(mut worker: Worker, language: Language) {
    while worker.until_serving().await {
        match worker.generate(&sarai_agent::warm_up(language)).await {
            Ok(mut events) => while let Some(Ok(_)) = events.next().await {},
            Err(failure) => tracing::debug!(%failure, "the fixed prompt was not read in advance"),
        }
        if !worker.until_down().await {
            return;
        }
    }
}

async fn start(spec: &BrainSpec) -> Result<(Worker, Child), Notice> {
    let (looking, runtime, folders) = (spec.clone(), spec.runtime.clone(), spec.folders.clone());
    // The first look at a file sums all of it, which takes seconds.
    let found = tokio::task::spawn_blocking(move || find(&looking)).await;
    let (model, file) = found.map_err(|_| Notice::new("daemon-internal"))??;
    let socket = folders.socket("model.sock").map_err(|e: FolderError| e.notice())?;
    let worker = WorkerSpec {
        program: spec.program.clone(),
        model,
        file,
        socket,
        context_tokens: runtime.n_ctx.get(),
        sequences: runtime.sequences.get(),
        threads: runtime.threads.set().map(Whole::get),
    };
    let mut seed = [0; 8];
    token::random(&mut seed).map_err(|_| Notice::new("daemon-internal"))?;
    Ok(Worker::start(worker, u64::from_ne_bytes(seed)))
}

/// The model's name and file, once it is whole and fits into memory.
fn find(spec: &BrainSpec) -> Result<(ModelId, PathBuf), Notice> {
    let catalog = Catalog::builtin().with_user_file(&spec.folders.config.join("models.toml"));
    let catalog = catalog.map_err(|e| e.notice())?;
    let model = match &spec.model {
        Some(model) => model.clone(),
        None => catalog.for_role(Role::Chat).map(|e| e.id.clone()).ok_or_else(|| Notice::new("daemon-no-default"))?,
    };
    let library = Library::new(spec.folders.models.clone(), catalog);
    let (file, header) = library.verified(&model, &mut |_| {}).map_err(|e| e.notice())?;
    let bytes = fs_err::metadata(&file).map_err(|_| Notice::new("daemon-internal"))?.len();
    let needed = estimate(&header, bytes, &LoadPlan::new(spec.runtime.n_ctx.get(), WeightLayout::Once));
    fit(&spec.runtime, &model, &needed)?;
    Ok((model, file))
}

fn fit(runtime: &Runtime, model: &ModelId, needed: &MemoryEstimate) -> Result<(), Notice> {
    let available = sarai_models::available().map_err(|_| Notice::new("daemon-internal"))?;
    let allowed = match runtime.ram_budget.set() {
        Some(budget) => budget.bytes().min(available),
        None => available.saturating_sub(HEADROOM),
    };
    let gigabytes = |bytes: u64| format!("{}.{}", bytes / 1_000_000_000, bytes / 100_000_000 % 10);
    match fits(needed, allowed) {
        Fit::Fits => Ok(()),
        Fit::TooBig { .. } => Err(Notice::new("daemon-model-too-large")
            .arg("model", model)
            .arg("needed", gigabytes(needed.total()))
            .arg("available", gigabytes(allowed))),
    }
}

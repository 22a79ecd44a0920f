//! A worker of the benchmark's own, without `serve` before it.
//!
//! # Usage
//! 1. [`plan`]: which model, whether it is whole, whether it fits.
//! 2. [`Alone::start`].
//! 3. [`Alone::with`]: [`Alone::until_serving`], the work, and the end of the worker.

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::Result;
use sarai_config::Weights;
use sarai_daemon::child::Child;
use sarai_daemon::worker::{Worker, WorkerOptions, WorkerSpec};
use sarai_engine::weights::{Layouts, Policy};
use sarai_models::{Fit, LoadPlan, WeightLayout, estimate, fits};
use sarai_types::{Failure, ModelId, Notice};

use crate::ending::Told;
use crate::shell::{Shell, default_model};
use crate::{terminal, worker};

/// A model of many gigabytes on a slow disk takes minutes to read.
const START_DEADLINE: Duration = Duration::from_secs(15 * 60);
/// Only spreads the pauses between restarts, and a worker that falls here is not started again.
const SUPERVISOR_SEED: u64 = 0;

/// What to start, and how long its file is.
#[derive(Debug, Clone)]
pub(crate) struct Plan {
    pub(crate) spec: WorkerSpec,
    pub(crate) file_bytes: u64,
}

/// A running worker.
#[derive(Debug)]
pub(crate) struct Alone {
    pub(crate) worker: Worker,
    child: Child,
    socket: PathBuf,
}

/// A worker for this model, or for the one that answers by default.
///
/// # Errors
/// The model is not here, not whole, or does not fit.
pub(crate) fn plan(model: Option<ModelId>, shell: &Shell) -> Result<Plan> {
    shell.folders.create().map_err(|e| Told::failed(e.notice()))?;
    let (config, library) = (shell.config()?, shell.library()?);
    let model = match model {
        Some(model) => model,
        None => default_model(&config, library.catalog())?,
    };
    let (file, header) = library.verified(&model, &mut |_| {}).map_err(|e| Told::failed(e.notice()))?;
    let file_bytes = fs_err::metadata(&file)?.len();
    let plan = LoadPlan::new(config.runtime.n_ctx.get(), WeightLayout::Once);
    if let Fit::TooBig { needed, available } = fits(&estimate(&header, file_bytes, &plan), sarai_models::available()?) {
        let notice = Notice::new("bench-no-memory")
            .arg("model", &model)
            .arg("needed", terminal::size(needed, shell.language()))
            .arg("available", terminal::size(available, shell.language()));
        return Err(Told::failed(notice).into());
    }
    let spec = WorkerSpec {
        program: worker::program()?,
        model,
        file,
        socket: socket(shell)?,
        context_tokens: config.runtime.n_ctx.get(),
        sequences: config.runtime.sequences.get(),
        threads: config.runtime.threads.set().map(sarai_config::Whole::get),
        options: WorkerOptions { weights: weights(config.runtime.weights), ..WorkerOptions::default() },
        // What a jail costs, the measurements of skills say.
        jail: None,
    };
    Ok(Plan { spec, file_bytes })
}

/// As the config says it.
const fn weights(wanted: Weights) -> Policy {
    match wanted {
        Weights::Auto => Policy::Auto,
        Weights::Stored => Policy::Always(Layouts::Stored),
        Weights::Repacked => Policy::Always(Layouts::Repacked),
        Weights::Both => Policy::Always(Layouts::Both),
    }
}

/// Of this process alone, so that two benchmarks do not talk to the same worker.
fn socket(shell: &Shell) -> Result<PathBuf> {
    let name = format!("bench-{}.sock", std::process::id());
    Ok(shell.folders.socket(&name).map_err(|e| Told::failed(e.notice()))?)
}

impl Alone {
    pub(crate) fn start(spec: WorkerSpec) -> Self {
        let socket = spec.socket.clone();
        let (worker, child) = Worker::start(spec, SUPERVISOR_SEED);
        Self { worker, child, socket }
    }

    /// # Errors
    /// It falls while it loads, which it would do again, or takes too long.
    pub(crate) async fn until_serving(&self) -> Result<()> {
        let mut seen = self.child.watch();
        let settled = seen.wait_for(|seen| seen.serving || seen.restarts > 0);
        let settled = tokio::time::timeout(START_DEADLINE, settled).await;
        let serves = settled.is_ok_and(|seen| seen.is_ok_and(|seen| seen.serving));
        if serves {
            return Ok(());
        }
        Err(Told::failed(Notice::new("bench-worker-fell").arg("model", self.worker.model())).into())
    }

    /// Does something with the worker and ends it, whatever happened, also when somebody presses Ctrl-C.
    ///
    /// # Errors
    /// What the work fails with, or that it was stopped.
    pub(crate) async fn with<T>(self, work: impl AsyncFnOnce(&Self) -> Result<T>) -> Result<T> {
        let result = tokio::select! {
            result = work(&self) => result,
            _ = tokio::signal::ctrl_c() => Err(Told::failed(Notice::new("bench-stopped")).into()),
        };
        self.child.drain().await;
        remove(&self.socket);
        result
    }
}

/// A worker that drained has removed it already.
fn remove(socket: &Path) {
    let _ = fs_err::remove_file(socket);
}

/// The worker's failure, for the person.
pub(crate) fn told(failure: Failure) -> anyhow::Error {
    tracing::debug!(%failure, "the worker failed");
    Told::failed(failure.notice).into()
}

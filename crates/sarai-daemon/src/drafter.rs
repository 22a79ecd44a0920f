//! The model that guesses ahead, where the owner wants one.
//!
//! It is started once the model that answers serves, and only if it fits beside it. Whatever happens to it, answers are
//! the same and go on without it; so nothing here ever makes the whole program unwell.

use std::path::PathBuf;
use std::time::Duration;

use sarai_types::Notice;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use crate::brain::{self, BrainSpec, WorkerPart};
use crate::child::Child;
use crate::room;
use crate::worker::{Worker, WorkerOptions, WorkerSpec};

/// How often a file that is missing is looked for. Nobody waits for it.
const RETRY: Duration = Duration::from_secs(10);

/// Who guesses now.
#[derive(Debug, Clone)]
pub(crate) enum Drafter {
    /// The owner wants nobody to.
    Unwanted,
    /// Nobody yet, and why.
    Waiting(Notice),
    Up(Worker),
}

/// Keeps the drafter going until it is drained.
#[derive(Debug)]
pub(crate) struct DrafterKeeper {
    drain: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl DrafterKeeper {
    /// `answers` is the worker of the model that answers; the drafter listens on `socket`.
    #[must_use]
    pub(crate) fn start(spec: BrainSpec, answers: Worker, socket: PathBuf, publish: watch::Sender<Drafter>) -> Self {
        let (drain, drained) = oneshot::channel();
        Self { drain, task: tokio::spawn(keep(spec, answers, socket, publish, drained)) }
    }

    /// Ends the worker. Returns when it is gone.
    pub(crate) async fn drain(self) {
        // The keeper runs until it is told to stop, here.
        let _ = self.drain.send(());
        let _ = self.task.await;
    }
}

async fn keep(
    spec: BrainSpec,
    answers: Worker,
    socket: PathBuf,
    publish: watch::Sender<Drafter>,
    drained: oneshot::Receiver<()>,
) {
    tokio::pin!(drained);
    let started = tokio::select! {
        _ = &mut drained => return,
        started = start(&spec, answers, socket, &publish) => started,
    };
    let Some((worker, child)) = started else { return };
    publish.send_replace(Drafter::Up(worker.clone()));
    let mut memory = spec.memory;
    loop {
        tokio::select! {
            // A keeper that is dropped counts as drained.
            _ = &mut drained => break,
            true = memory.until_erased() => drop(worker.forget().await),
        }
    }
    child.drain().await;
    publish.send_replace(Drafter::Waiting(Notice::new("daemon-draft-waits")));
}

/// Tries until it can be started; none when the model that answers is gone for good.
async fn start(
    spec: &BrainSpec,
    mut answers: Worker,
    socket: PathBuf,
    publish: &watch::Sender<Drafter>,
) -> Option<(Worker, Child)> {
    loop {
        if !answers.until_serving().await {
            return None;
        }
        let looking = spec.clone();
        let found = tokio::task::spawn_blocking(move || room::find_drafter(&looking)).await;
        match found.unwrap_or_else(|_| Err(Notice::new("daemon-internal"))) {
            Ok((model, file)) => {
                let worker = WorkerSpec {
                    program: spec.program.clone(),
                    model,
                    file,
                    socket,
                    context_tokens: spec.runtime.n_ctx.get(),
                    sequences: spec.runtime.sequences.get(),
                    threads: spec.threads(),
                    options: WorkerOptions { measured: Some(spec.measured_file()), ..WorkerOptions::default() },
                    jail: None,
                };
                let ready = spec.jail(WorkerPart::Draft).and_then(|jail| Ok((jail, brain::seed()?)));
                match ready {
                    Ok((jail, seed)) => return Some(Worker::start(WorkerSpec { jail, ..worker }, seed)),
                    Err(notice) => drop(publish.send_replace(Drafter::Waiting(notice))),
                }
                return None;
            }
            Err(notice) => {
                let before = publish.send_replace(Drafter::Waiting(notice.clone()));
                if !matches!(before, Drafter::Waiting(before) if before == notice) {
                    tracing::warn!(reason = notice.id, "the draft model cannot be started");
                }
            }
        }
        tokio::time::sleep(RETRY).await;
    }
}

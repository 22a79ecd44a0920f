//! Gives what the owner said its vectors, while nothing else runs, where `model.embedding` names a model for them.

use std::time::Duration;

use sarai_memory::{EpisodeId, ToEmbed};
use sarai_types::{Failure, FailureKind, ModelId, Priority};
use tokio::sync::watch;
use tokio::time::sleep;

use super::Remembrance;
use crate::activity::Activity;
use crate::brain::Brain;
use crate::worker::Worker;

/// Nobody has wanted anything for so long. Such a model reads a message in milliseconds.
const QUIET: Duration = Duration::from_secs(3);
/// Between two looks for a message in a stretch without one.
const STEP: Duration = Duration::from_millis(100);
/// How long to wait for a model or a file that is not there.
const RETRY: Duration = Duration::from_secs(10);
/// A message that fails so often in a row is left behind, so that it does not keep those behind it from theirs.
const TRIES_MAX: u32 = 3;

/// What it needs.
pub(crate) struct Embedder {
    pub(crate) memory: Remembrance,
    pub(crate) brain: watch::Receiver<Brain>,
    pub(crate) activity: Activity,
}

impl Embedder {
    /// Goes on until it is aborted, or there is no memory.
    pub(super) async fn run(self) {
        let mut failed: Option<(EpisodeId, u32)> = None;
        loop {
            if self.activity.quiet().is_none_or(|quiet| quiet < QUIET) {
                self.activity.until_quiet(QUIET).await;
            }
            let Some((worker, model)) = self.reader() else {
                sleep(RETRY).await;
                continue;
            };
            let Some(wanted) = self.memory.unembedded(&model).await else { return };
            let asked = match wanted {
                ToEmbed::Found(asked) => asked,
                ToEmbed::More => {
                    sleep(STEP).await;
                    continue;
                }
                // Only what the owner says next can change that.
                ToEmbed::Nothing => {
                    self.activity.until_busy().await;
                    continue;
                }
            };
            let vectors = tokio::select! {
                () = self.activity.until_busy() => continue,
                vectors = read(&worker, asked.texts.clone()) => vectors,
            };
            let tries = 1 + failed.filter(|(episode, _)| *episode == asked.episode).map_or(0, |(_, tries)| tries);
            let vectors = match vectors {
                Err(failure) if tries < TRIES_MAX => {
                    tracing::debug!(%failure, "a message has no vectors yet");
                    failed = Some((asked.episode, tries));
                    sleep(RETRY).await;
                    continue;
                }
                Err(failure) => {
                    tracing::warn!(%failure, "a message is left without vectors");
                    Vec::new()
                }
                Ok(vectors) => vectors,
            };
            if !self.memory.embed(asked, vectors).await {
                sleep(RETRY).await;
            }
        }
    }

    /// The worker, while it is awake, and the model in it that is there for vectors.
    fn reader(&self) -> Option<(Worker, ModelId)> {
        match &*self.brain.borrow() {
            Brain::Up(worker) => Some((worker.clone(), worker.vectors_alone()?.clone())),
            // Vectors are no reason to wake one up.
            Brain::Checking | Brain::Resting { .. } | Brain::Waiting(_) => None,
        }
    }
}

/// The vectors of the texts; an empty one for a text that is too long for the model.
async fn read(worker: &Worker, texts: Vec<String>) -> Result<Vec<Vec<f32>>, Failure> {
    let mut out = Vec::new();
    for text in texts {
        match worker.embed(vec![text], Priority::Background).await {
            Ok((vectors, _)) => out.extend(vectors),
            Err(failure) if matches!(failure.kind, FailureKind::TooLong | FailureKind::BadRequest) => {
                out.push(Vec::new());
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(out)
}

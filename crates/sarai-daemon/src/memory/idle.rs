//! Reads again, while nothing else runs, what the owner said and the grammar did not understand.
//!
//! One sentence at a time, at the lowest priority, and at most a tenth of the time. Whatever begins meanwhile ends it
//! within one batch; the sentence is asked about again later. What comes of an answer is [`sarai_memory`]'s to decide.

use std::time::Duration;

use sarai_memory::Looked;
use sarai_types::{Failure, FailureKind, FinishReason, Generation, GenerationEvent, Notice};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep};
use tokio_stream::StreamExt as _;

use super::{Embedder, Remembrance};
use crate::activity::Activity;
use crate::brain::Brain;
use crate::metrics::Metrics;

/// Nobody has wanted anything for so long: the person reads, or is gone.
const QUIET: Duration = Duration::from_secs(30);
/// So many times as long as a question took, nothing is asked.
const REST_SHARE: u32 = 9;
/// And at least so long.
const REST_MIN: Duration = Duration::from_secs(5);
/// Between two looks for a sentence in messages that have none.
const STEP: Duration = Duration::from_secs(1);
/// How long to leave a model alone that does not answer.
const RETRY: Duration = Duration::from_secs(60);

/// What reading again needs.
pub(crate) struct Idle {
    pub(crate) memory: Remembrance,
    pub(crate) brain: watch::Receiver<Brain>,
    pub(crate) activity: Activity,
    pub(crate) metrics: Metrics,
}

/// Keeps what reads in idle time going until it is drained.
pub(crate) struct IdleKeeper(Vec<JoinHandle<()>>);

impl IdleKeeper {
    #[must_use]
    pub(crate) fn start(idle: Option<Idle>, embedder: Option<Embedder>) -> Self {
        let idle = idle.map(|idle| tokio::spawn(idle.run()));
        Self(idle.into_iter().chain(embedder.map(|embedder| tokio::spawn(embedder.run()))).collect())
    }

    /// Ends it where it stands.
    pub(crate) async fn drain(self) {
        for task in self.0 {
            task.abort();
            let _ = task.await;
        }
    }
}

impl Idle {
    /// Goes on until it is aborted, or there is no memory.
    async fn run(self) {
        loop {
            self.activity.until_quiet(QUIET).await;
            let Some(looked) = self.memory.look().await else { return };
            let asked = match looked {
                Looked::Found(asked) => asked,
                Looked::More => {
                    sleep(STEP).await;
                    continue;
                }
                // Only what the owner says next can change that.
                Looked::Nothing => {
                    self.activity.until_busy().await;
                    continue;
                }
            };
            let begun = Instant::now();
            let answer = tokio::select! {
                () = self.activity.until_busy() => continue,
                answer = answer(&self.brain, &asked.question) => answer,
            };
            match answer {
                Ok(answer) => {
                    let verdicts = self.memory.judge(*asked, answer).await;
                    self.metrics.judged(&verdicts);
                    sleep((begun.elapsed() * REST_SHARE).max(REST_MIN)).await;
                }
                Err(failure) => {
                    tracing::debug!(%failure, "a message was not read again");
                    sleep(RETRY).await;
                }
            }
        }
    }
}

/// What the model says; empty where it cannot say it in the form that is asked for.
async fn answer(brain: &watch::Receiver<Brain>, question: &Generation) -> Result<String, Failure> {
    let away = |detail| Failure::new(FailureKind::Unavailable, Notice::new("daemon-model-checking"), detail);
    let worker = match &*brain.borrow() {
        Brain::Up(worker) => worker.clone(),
        // Reading again is no reason to wake one up.
        Brain::Checking | Brain::Resting { .. } | Brain::Waiting(_) => return Err(away("there is no model")),
    };
    let mut said = String::new();
    let mut events = worker.generate(question).await?;
    while let Some(event) = events.next().await {
        match event {
            Ok(GenerationEvent::Started { .. }) => {}
            Ok(GenerationEvent::Text { text, .. }) => said.push_str(&text),
            Ok(GenerationEvent::Finished { reason: FinishReason::Stop, .. }) => return Ok(said),
            Ok(GenerationEvent::Finished { .. }) => return Ok(String::new()),
            Err(failure) => {
                return match failure.kind {
                    // It will be no better the next time.
                    FailureKind::Grammar { .. } | FailureKind::TooLong | FailureKind::BadRequest => Ok(String::new()),
                    _ => Err(failure),
                };
            }
        }
    }
    Err(away("the answer has no end"))
}

//! Performs the effects of one turn. What happens next is the agent's to decide.

use std::collections::VecDeque;

use sarai_agent::{Effect, Event, Grammars, ModelFacts, Turn};
use sarai_types::{Failure, FailureKind, GenerationEvent, ModelId, Notice, TurnEvent, TurnRequest};
use tokio::sync::mpsc;
use tokio_stream::{Stream, StreamExt};

use crate::metrics::{Metrics, Outcome};
use crate::worker::{Facts, Worker};

/// Where a turn's events go.
pub(crate) type Events = mpsc::Sender<Result<TurnEvent, Failure>>;

type Answers = Box<dyn Stream<Item = Result<GenerationEvent, Failure>> + Send + Unpin>;

/// Runs a turn to its end, whatever that is, and counts it.
pub(crate) async fn run(worker: Worker, request: TurnRequest, grammars: Grammars, events: Events, metrics: Metrics) {
    metrics.asked();
    let facts = match facts(&worker, request.model.as_ref(), grammars).await {
        Ok(facts) => facts,
        Err(failure) => {
            metrics.ended(Outcome::Failed(failure.kind));
            // Nobody listening is no reason to do anything else.
            let _ = events.send(Err(failure)).await;
            return;
        }
    };
    let performer = Performer { worker, events, answers: None, outcome: Outcome::Abandoned, metrics };
    performer.run(Turn::new(request, facts)).await;
}

/// The facts of the one model that is served.
async fn facts(worker: &Worker, wanted: Option<&ModelId>, grammars: Grammars) -> Result<ModelFacts, Failure> {
    if let Some(wanted) = wanted.filter(|w| *w != worker.model()) {
        let notice = Notice::new("daemon-model-not-served").arg("model", wanted).arg("served", worker.model());
        return Err(Failure::new(FailureKind::ModelNotFound, notice, "not the configured model"));
    }
    let Facts { tool_format, thinking, .. } = worker.facts().await?;
    Ok(ModelFacts { id: worker.model().clone(), tool_format, thinking, grammars })
}

struct Performer {
    worker: Worker,
    events: Events,
    answers: Option<Answers>,
    outcome: Outcome,
    metrics: Metrics,
}

impl Performer {
    async fn run(mut self, mut turn: Turn) {
        let mut event = Event::Begin;
        loop {
            let mut effects = VecDeque::from(turn.step(event));
            while let Some(effect) = effects.pop_front() {
                if let Some(consequence) = self.perform(effect).await {
                    effects.extend(turn.step(consequence));
                }
            }
            if turn.done() {
                break;
            }
            event = self.next().await;
        }
        self.metrics.ended(self.outcome);
    }

    async fn perform(&mut self, effect: Effect) -> Option<Event> {
        match effect {
            Effect::Generate(generation) => match self.worker.generate(&generation).await {
                Ok(answers) => {
                    self.answers = Some(Box::new(answers));
                    None
                }
                Err(failure) => Some(Event::Failed(failure)),
            },
            Effect::Emit(event) => {
                if let TurnEvent::Finished(summary) = &event {
                    self.outcome = Outcome::Answered;
                    self.metrics.answered(summary);
                }
                self.events.send(Ok(event)).await.is_err().then_some(Event::ClientGone)
            }
            Effect::Fail(failure) => {
                tracing::warn!(%failure, "a turn failed");
                self.outcome = Outcome::Failed(failure.kind);
                self.events.send(Err(failure)).await.is_err().then_some(Event::ClientGone)
            }
            Effect::StopGeneration => {
                self.answers = None;
                None
            }
        }
    }

    async fn next(&mut self) -> Event {
        let Some(answers) = &mut self.answers else {
            // The turn waits for a generation that nobody opened: it must not wait for ever.
            return Event::Failed(lost("no generation is open"));
        };
        tokio::select! {
            () = self.events.closed() => Event::ClientGone,
            answer = answers.next() => match answer {
                Some(Ok(event)) => Event::Generation(event),
                Some(Err(failure)) => Event::Failed(failure),
                None => Event::Failed(lost("the worker's stream ended without an end")),
            },
        }
    }
}

fn lost(detail: &str) -> Failure {
    Failure::new(FailureKind::Internal, Notice::new("daemon-internal"), detail)
}

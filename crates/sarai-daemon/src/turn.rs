//! Performs the effects of one turn. What happens next is the agent's to decide.

use std::collections::VecDeque;

use sarai_agent::{Effect, Event, Grammars, ModelFacts, Turn};
use sarai_types::{Failure, FailureKind, GenerationEvent, Notice, Priority, TurnEvent, TurnRequest};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_stream::{Stream, StreamExt};

use crate::arrange::Arranger;
use crate::memory::Remembrance;
use crate::metrics::{Metrics, Outcome};
use crate::pool::Lease;
use crate::skills::{Hearing, Skills};
use crate::worker::{Facts, Worker};

/// Where a turn's events go.
pub(crate) type Events = mpsc::Sender<Result<TurnEvent, Failure>>;

type Answers = Box<dyn Stream<Item = Result<GenerationEvent, Failure>> + Send + Unpin>;

/// Who may answer.
#[derive(Debug)]
pub(crate) struct Answerers {
    pub(crate) lease: Lease,
    pub(crate) skills: Skills,
    pub(crate) memory: Remembrance,
    pub(crate) arranger: Arranger,
    /// Whether answers may be held to a grammar.
    pub(crate) grammars: Grammars,
}

/// Runs a turn to its end, whatever that is, and counts it.
pub(crate) async fn run(answerers: Answerers, request: TurnRequest, events: Events, metrics: Metrics) {
    metrics.asked();
    let Answerers { lease, skills, memory, arranger, grammars } = answerers;
    let facts = match facts(lease.worker(), grammars).await {
        Ok(facts) => facts,
        Err(failure) => {
            metrics.ended(Outcome::Failed(failure.kind));
            // Nobody listening is no reason to do anything else.
            let _ = events.send(Err(failure)).await;
            return;
        }
    };
    let priority = request.priority;
    let open = Open::Nothing;
    let outcome = Outcome::Abandoned;
    let performer = Performer { lease, skills, memory, arranger, priority, events, open, outcome, metrics };
    performer.run(Turn::new(request, facts)).await;
}

async fn facts(worker: &Worker, grammars: Grammars) -> Result<ModelFacts, Failure> {
    let Facts { tool_format, thinking, .. } = worker.facts().await?;
    Ok(ModelFacts { id: worker.model().clone(), tool_format, thinking, grammars })
}

/// What the turn listens to.
enum Open {
    Nothing,
    Generation(Answers),
    Call(Hearing),
}

struct Performer {
    lease: Lease,
    skills: Skills,
    memory: Remembrance,
    arranger: Arranger,
    priority: Priority,
    events: Events,
    open: Open,
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
            Effect::Arrange(said) => Some(Event::Arranged(self.arranger.arrange(&said).await)),
            Effect::Recall(said) => {
                let asked = Instant::now();
                let recollection = self.memory.turn(said, self.lease.worker()).await;
                self.metrics.remembered(&recollection, asked.elapsed());
                self.arranger.learnt(&recollection.share.stored).await;
                Some(Event::Recalled(Box::new(recollection)))
            }
            Effect::Route { text, wish } => Some(match self.skills.choose(&text, &wish) {
                Ok(chosen) => Event::Routed(chosen),
                Err(failure) => Event::Failed(failure),
            }),
            Effect::CallSkill(call) => {
                self.open = Open::Call(self.skills.call(call, self.priority));
                None
            }
            Effect::Generate(generation) => match self.lease.worker().generate(&generation).await {
                Ok(answers) => {
                    self.open = Open::Generation(Box::new(answers));
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
            Effect::Stop => {
                self.open = Open::Nothing;
                None
            }
        }
    }

    async fn next(&mut self) -> Event {
        let heard = async {
            match &mut self.open {
                Open::Generation(answers) => Some(answers.next().await?.map(Event::Generation)),
                Open::Call(hearing) => Some(hearing.next().await?.map(|(event, usage)| Event::Skill { event, usage })),
                // The turn waits for what nobody opened: it must not wait for ever.
                Open::Nothing => None,
            }
        };
        tokio::select! {
            () = self.events.closed() => Event::ClientGone,
            heard = heard => match heard {
                Some(Ok(event)) => event,
                Some(Err(failure)) => Event::Failed(failure),
                None => Event::Failed(lost("nothing is open, or it ended without an end")),
            },
        }
    }
}

fn lost(detail: &str) -> Failure {
    Failure::new(FailureKind::Internal, Notice::new("daemon-internal"), detail)
}

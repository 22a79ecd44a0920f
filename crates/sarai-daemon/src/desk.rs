//! Performs what the front door asks for.
//!
//! One task receives every [`Command`]; what takes time goes on in tasks of its own, each owned here and drained at the
//! end.

use std::collections::HashMap;
use std::time::Duration;

use sarai_agent::Grammars;
use sarai_api::memory::{MemoryReply, MemoryRequest};
use sarai_api::{
    ASSISTANT, Command, Component, Embedded, Health, Loaded, LoopAsk, LoopReply, MessageBody, ModelCard, Status, Upkeep,
};
use sarai_messages::Messages;
use sarai_proactive::mention::{facts, told};
use sarai_proto::engine::v1::StatusReply;
use sarai_supervisor::State;
use sarai_types::{Failure, FailureKind, Language, ModelId, Notice, Priority};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;

use crate::activity::Activity;
use crate::arrange::Arranger;
use crate::brain::Brain;
use crate::drafter::Drafter;
use crate::listen::Stop;
use crate::loop_view::LoopView;
use crate::memory::Remembrance;
use crate::metrics::{ChildFigures, EngineFigures, Metrics, Outcome};
use crate::pool::Pool;
use crate::resident;
use crate::skills::Skills;
use crate::turn::{self, Answerers};
use crate::worker::{self, Worker};

/// Turns and requests for vectors at once; the next is told to come back later. How everything is can always be asked.
const TASKS_MAX: usize = 256;
/// How long a worker may take to say how it is.
const STATUS_TIMEOUT: Duration = Duration::from_millis(500);

/// Everything that a command may need.
#[derive(Debug, Clone)]
pub(crate) struct Desk {
    pub brain: watch::Receiver<Brain>,
    pub pool: Pool,
    pub drafter: watch::Receiver<Drafter>,
    pub skills: Skills,
    pub memory: Remembrance,
    pub loop_view: LoopView,
    pub arranger: Arranger,
    /// Whether answers may be held to a grammar.
    pub grammars: Grammars,
    pub metrics: Metrics,
    pub activity: Activity,
    pub stop: watch::Receiver<Stop>,
    /// When the program started, in seconds since 1970.
    pub started: u64,
}

impl Desk {
    /// Performs commands until every handle is gone, then waits for what is still under way.
    pub(crate) async fn run(self, mut commands: mpsc::Receiver<Command>) {
        let mut tasks = JoinSet::new();
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) if tasks.len() < TASKS_MAX => drop(tasks.spawn(self.clone().perform(command))),
                    Some(command) => self.perform_when_full(command).await,
                    None => break,
                },
                Some(_) = tasks.join_next(), if !tasks.is_empty() => {}
            }
        }
        while tasks.join_next().await.is_some() {}
    }

    /// Too much is under way: only what is short is done.
    async fn perform_when_full(&self, command: Command) {
        let (kind, notice) = worker::busy(worker::BUSY_RETRY_MS);
        let busy = || Failure::new(kind, notice.clone(), "too many tasks");
        match command {
            Command::Turn { events, .. } => {
                self.metrics.asked();
                self.metrics.ended(Outcome::Failed(kind));
                drop(events.try_send(Err(busy())));
            }
            Command::Embed { reply, .. } => drop(reply.send(Err(busy()))),
            Command::ReloadSkill { reply, .. } => drop(reply.send(Err(busy()))),
            Command::Memory { reply, .. } => drop(reply.send(Err(busy()))),
            Command::Upkeep { reply, .. } => drop(reply.send(Err(busy()))),
            Command::Loop { reply, .. } => drop(reply.send(Err(busy()))),
            short @ (Command::Models { .. } | Command::Health { .. } | Command::Metrics { .. }) => {
                self.clone().perform(short).await;
            }
        }
    }

    /// Whoever asked may be gone when the answer is ready; that is no fault.
    async fn perform(self, command: Command) {
        let _busy = wants_the_model(&command).then(|| self.activity.begin());
        if is_a_persons(&command) {
            self.loop_view.owner_asks();
        }
        match command {
            Command::Turn { request, events } => match self.pool.lease(request.model.as_ref()).await {
                Ok(lease) => {
                    let answerers = Answerers {
                        lease,
                        skills: self.skills,
                        memory: self.memory,
                        arranger: self.arranger,
                        grammars: self.grammars,
                    };
                    turn::run(answerers, *request, events, self.metrics).await;
                }
                Err(failure) => {
                    self.metrics.asked();
                    self.metrics.ended(Outcome::Failed(failure.kind));
                    drop(events.send(Err(failure)).await);
                }
            },
            Command::Embed { model, texts, reply } => drop(reply.send(self.embed(model, texts).await)),
            Command::ReloadSkill { skill, reply } => drop(reply.send(self.skills.reload(&skill).await)),
            Command::Memory { request, language, reply } => {
                drop(reply.send(self.memory.request(request, language).await));
            }
            Command::Upkeep { upkeep, reply } => drop(reply.send(self.upkeep(upkeep).await)),
            Command::Loop { ask, reply } => drop(reply.send(self.ask_loop(ask).await)),
            Command::Models { reply } => drop(reply.send(self.models().await)),
            Command::Health { reply } => drop(reply.send(self.health().await)),
            Command::Metrics { reply } => drop(reply.send(self.metrics_text().await)),
        }
    }

    /// Nobody waits for messages of a program that ends.
    async fn ask_loop(&self, ask: LoopAsk) -> Result<LoopReply, Failure> {
        let mut stop = self.stop.clone();
        let answer = tokio::select! {
            answer = self.loop_view.perform(ask) => answer?,
            _ = stop.wait_for(|stop| matches!(stop, Stop::Now)) => return Err(unavailable(Notice::new("daemon-stopping"))),
        };
        match answer {
            LoopReply::Messages(messages) => Ok(LoopReply::Messages(self.worded(messages).await)),
            other @ (LoopReply::Done(_) | LoopReply::Rules(_)) => Ok(other),
        }
    }

    /// Messages with the words of the facts that they name, which are the memory's.
    async fn worded(&self, mut messages: Vec<MessageBody>) -> Vec<MessageBody> {
        for message in &mut messages {
            let language = Language::from_tag(&message.language).unwrap_or_default();
            let messages = Messages::new(language);
            let mut words = HashMap::new();
            for id in facts(&message.text) {
                let said = match self.memory.request(MemoryRequest::Show { id }, language).await {
                    Ok(MemoryReply::Shown { fact, .. }) => fact.text,
                    // A memory that cannot be asked just now has not forgotten.
                    Err(failure) if failure.kind != FailureKind::BadRequest => messages.text(&failure.notice),
                    Ok(_) | Err(_) => messages.get("rules-say-forgotten"),
                };
                words.insert(id, said);
            }
            message.text = told(&message.text, &|id| words.get(&id).cloned().unwrap_or_default());
        }
        messages
    }

    async fn upkeep(&self, upkeep: Upkeep) -> Result<u64, Failure> {
        match upkeep {
            Upkeep::PruneCaches => {
                let mut freed = match self.model().filter(|worker| worker.seen().serving) {
                    Some(worker) => worker.prune().await?,
                    None => 0,
                };
                for worker in self.pool.named() {
                    // One that goes meanwhile gives back more than its caches.
                    freed += worker.prune().await.unwrap_or(0);
                }
                Ok(freed)
            }
            Upkeep::RestSkills => self.skills.rest().await,
            Upkeep::RestModels { idle } if self.activity.quiet().is_some_and(|quiet| quiet >= idle) => {
                Ok(self.pool.rest().await)
            }
            Upkeep::RestModels { .. } => Ok(0),
            Upkeep::WarmSkill(skill) => self.skills.warm(&skill).await.map(|()| 0),
            Upkeep::Revive => Ok(self.revive()),
        }
    }

    /// Tries once more whatever was left alone after its crashes; says how many parts that are.
    fn revive(&self) -> u64 {
        let drafter = match &*self.drafter.borrow() {
            Drafter::Up(worker) => Some(worker.clone()),
            Drafter::Unwanted | Drafter::Waiting(_) => None,
        };
        let models = self.model().into_iter().chain(drafter).chain(self.pool.named());
        let models = models.filter(|worker| worker.retry().ask()).count();
        u64::try_from(models + self.skills.revive()).unwrap_or(u64::MAX)
    }

    /// The model that answers, awake or not.
    fn model(&self) -> Option<Worker> {
        match &*self.brain.borrow() {
            Brain::Up(worker) | Brain::Resting { worker, .. } => Some(worker.clone()),
            Brain::Checking | Brain::Waiting(_) => None,
        }
    }

    async fn embed(&self, model: Option<ModelId>, texts: Vec<String>) -> Result<Embedded, Failure> {
        let lease = self.pool.lease(None).await?;
        let worker = lease.worker();
        let served = worker.vectors()?;
        if let Some(model) = model.filter(|model| model != served) {
            let notice = Notice::new("daemon-vectors-not-served").arg("model", model).arg("served", served);
            return Err(Failure::new(FailureKind::ModelNotFound, notice, "not the configured model"));
        }
        let (vectors, prompt_tokens) = worker.embed(texts, Priority::Task).await?;
        Ok(Embedded { model: served.clone(), vectors, prompt_tokens })
    }

    /// The default model under both its names, then the one for vectors, then those that can be named.
    async fn models(&self) -> Vec<ModelCard> {
        let mut cards = Vec::new();
        if let Some(worker) = self.model() {
            let ids = [ASSISTANT.to_owned(), worker.model().to_string()];
            let ids = ids.into_iter().chain(worker.vectors_alone().map(ModelId::to_string));
            let card = self.card(&worker).await;
            cards.extend(ids.map(|id| ModelCard { id, ..card.clone() }));
        }
        for worker in self.pool.named() {
            cards.push(self.card(&worker).await);
        }
        let resting = self.pool.nameable().await;
        let context_tokens = self.pool.context_tokens();
        cards.extend(resting.into_iter().map(|id| ModelCard {
            id: id.to_string(),
            created: self.started,
            context_tokens,
            loaded: Loaded::No,
        }));
        cards
    }

    async fn card(&self, worker: &Worker) -> ModelCard {
        let facts = worker.facts().await.ok();
        ModelCard {
            id: worker.model().to_string(),
            created: self.started,
            context_tokens: facts.map_or(0, |facts| facts.context_tokens),
            loaded: if worker.seen().serving { Loaded::Yes } else { Loaded::No },
        }
    }

    async fn health(&self) -> Health {
        // All at once: each may hang and be waited for, and whoever asks takes a late answer for our own hanging.
        let (model, drafter, loop_, memory) = tokio::join!(
            self.model_component(),
            self.drafter_component(),
            self.loop_view.component(),
            self.memory.component()
        );
        let serve = Component {
            name: "serve".to_owned(),
            status: self.own_status(),
            detail: Notice::new("daemon-health-serve"),
            restarts: 0,
            resident_bytes: resident::own_bytes(),
        };
        let status = match (serve.status, model.status) {
            (Status::Stopping, _) => Status::Stopping,
            (_, status) => status,
        };
        let mut components = vec![serve, model];
        components.extend(drafter);
        for worker in self.pool.named() {
            components.push(self.worker_component("model", "daemon-health-named", &worker).await);
        }
        components.extend(loop_);
        components.extend(self.skills.components());
        components.extend(memory);
        Health { status, version: env!("CARGO_PKG_VERSION").to_owned(), components }
    }

    async fn model_component(&self) -> Component {
        let brain = self.brain.borrow().clone();
        match brain {
            Brain::Up(worker) => self.worker_component("model", "daemon-health-ready", &worker).await,
            Brain::Resting { worker, .. } => Component {
                name: format!("model {}", worker.model()),
                status: Status::Ready,
                detail: Notice::new("daemon-health-resting").arg("model", worker.model()),
                restarts: worker.seen().restarts,
                resident_bytes: None,
            },
            Brain::Checking => no_model(Status::Starting, Notice::new("daemon-model-checking")),
            Brain::Waiting(notice) => no_model(Status::Degraded, notice),
        }
    }

    /// Part of the list, never of the whole's standing: answers do not need it.
    async fn drafter_component(&self) -> Option<Component> {
        let drafter = self.drafter.borrow().clone();
        match drafter {
            Drafter::Unwanted => None,
            Drafter::Waiting(detail) => {
                let (name, status) = ("draft".to_owned(), Status::Degraded);
                Some(Component { name, status, detail, restarts: 0, resident_bytes: None })
            }
            Drafter::Up(worker) => Some(self.worker_component("draft", "daemon-health-draft", &worker).await),
        }
    }

    async fn worker_component(&self, part: &str, ready: &'static str, worker: &Worker) -> Component {
        let seen = worker.seen();
        let (status, detail) = match seen.state {
            State::Serving { .. } | State::Suspect => (Status::Ready, ready),
            State::Starting { .. } => (Status::Starting, "daemon-model-loading"),
            State::Killing { .. } | State::BackingOff { .. } => (Status::Starting, "daemon-model-restarting"),
            State::Quarantined { .. } => (Status::Degraded, "daemon-model-crashes"),
            State::Stopped | State::Draining { .. } => (Status::Stopping, "daemon-stopping"),
        };
        let detail = worker.no_jail(seen.state).unwrap_or_else(|| Notice::new(detail).arg("model", worker.model()));
        Component {
            name: format!("{part} {}", worker.model()),
            status,
            detail,
            restarts: seen.restarts,
            resident_bytes: self.status_of(worker).await.map(|s| s.resident_bytes),
        }
    }

    fn own_status(&self) -> Status {
        match *self.stop.borrow() {
            Stop::NotYet => Status::Ready,
            Stop::Now => Status::Stopping,
        }
    }

    async fn metrics_text(&self) -> String {
        let serve = ChildFigures {
            name: "serve".to_owned(),
            serving: true,
            restarts: 0,
            resident_bytes: resident::own_bytes().unwrap_or_default(),
            report: None,
        };
        let mut children = vec![serve];
        let mut engine = None;
        if let Some(worker) = self.model() {
            let (figures, status) = self.child_figures("model", &worker).await;
            children.push(figures);
            engine = status.map(|status| (worker.seen().restarts, status));
        }
        let drafter = self.drafter.borrow().clone();
        if let Drafter::Up(worker) = drafter {
            children.push(self.child_figures("draft", &worker).await.0);
        }
        for worker in self.pool.named() {
            children.push(self.child_figures(&format!("model {}", worker.model()), &worker).await.0);
        }
        children.extend(self.skills.figures());
        if let Some(size) = self.memory.size().await {
            self.metrics.memory_size(size);
        }
        let own = self
            .metrics
            .text(&children, engine.as_ref().map(|(restarts, status)| EngineFigures { restarts: *restarts, status }));
        own + &self.loop_view.metrics().await
    }

    async fn child_figures(&self, name: &str, worker: &Worker) -> (ChildFigures, Option<StatusReply>) {
        let status = self.status_of(worker).await;
        let seen = worker.seen();
        let figures = ChildFigures {
            name: name.to_owned(),
            serving: seen.serving,
            restarts: seen.restarts,
            resident_bytes: status.as_ref().map_or(0, |status| status.resident_bytes),
            report: worker.report(),
        };
        (figures, status)
    }

    async fn status_of(&self, worker: &Worker) -> Option<StatusReply> {
        if !worker.seen().serving {
            return None;
        }
        tokio::time::timeout(STATUS_TIMEOUT, worker.status()).await.ok()?.ok()
    }
}

/// Whether somebody waits for the model, or for what would have it.
const fn wants_the_model(command: &Command) -> bool {
    match command {
        Command::Turn { .. } | Command::Embed { .. } => true,
        Command::ReloadSkill { .. }
        | Command::Memory { .. }
        | Command::Upkeep { .. }
        | Command::Loop { .. }
        | Command::Models { .. }
        | Command::Health { .. }
        | Command::Metrics { .. } => false,
    }
}

/// Whether a person waits for the answer, and so is there.
fn is_a_persons(command: &Command) -> bool {
    matches!(command, Command::Turn { request, .. } if request.priority == Priority::Interactive)
}

fn unavailable(notice: Notice) -> Failure {
    Failure::new(FailureKind::Unavailable, notice, "there is no model yet")
}

fn no_model(status: Status, detail: Notice) -> Component {
    Component { name: "model".to_owned(), status, detail, restarts: 0, resident_bytes: None }
}

//! A model worker from the daemon's side: how it is started, asked and listened to.
//!
//! # Key types
//! - [`WorkerSpec`]: what to start. [`Worker::start`] supervises it.
//! - [`Worker`]: a cheap handle; it goes on working when the process behind it is replaced.

mod spec;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use hyper_util::rt::TokioIo;
use sarai_engine::grammar::Thinking;
use sarai_engine::tools::ToolFormat;
use sarai_proto::WireError;
use sarai_proto::engine::v1::{self as wire, engine_client::EngineClient};
use sarai_sandbox::{Backend, Launcher, Report};
use sarai_supervisor::{Health, Limits, Policy, State};
use sarai_types::{
    Failure, FailureKind, FinishReason, Generation, GenerationEvent, ModelId, Notice, Priority, SEQUENCE_TEXT_MAX,
    TokenText,
};
use tokio::net::UnixStream;
use tokio::sync::{OnceCell, watch};
use tokio_stream::{Stream, StreamExt};
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status};
use tonic_health::pb::HealthCheckRequest;
use tonic_health::pb::health_check_response::ServingStatus;
use tonic_health::pb::health_client::HealthClient;

use crate::child::{Child, ChildSpec, Retry, Seen};
use crate::thinking;

pub use spec::{CacheSpec, Vectors, WorkerJail, WorkerOptions, WorkerSpec};

/// The health name of engine.v1.
const SERVICE: &str = "sarai.engine.v1.Engine";
/// A model of many gigabytes on a slow disk takes minutes to read.
const START_DEADLINE: Duration = Duration::from_secs(15 * 60);
/// When to try again where the worker does not say it.
pub(crate) const BUSY_RETRY_MS: u32 = 2000;

/// What does not change while the model is the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub name: String,
    pub context_tokens: u32,
    pub threads: u32,
    pub build: String,
    pub tool_format: ToolFormat,
    /// How it marks what it says to itself.
    pub thinking: Thinking,
}

/// A supervised worker.
#[derive(Debug, Clone)]
pub struct Worker {
    model: ModelId,
    channel: Channel,
    seen: watch::Receiver<Seen>,
    retry: Retry,
    facts: Arc<OnceCell<Facts>>,
    vectors: Vectors,
    /// What its jail's launcher says; none without a jail.
    report: Option<Arc<Path>>,
}

impl Worker {
    /// Starts the process and keeps it going.
    #[must_use]
    pub fn start(spec: WorkerSpec, seed: u64) -> (Self, Child) {
        let channel = connect(spec.socket.clone());
        let policy = Policy::new(Limits { start_deadline: START_DEADLINE, ..Limits::default() }).unwrap_or_default();
        let probed = channel.clone();
        let jail = spec.jail.as_ref().map(|_| Backend::Local);
        let (model, report) = (spec.model.clone(), spec.jail.as_ref().map(|jail| jail.report.as_path().into()));
        let vectors = spec.options.vectors.clone();
        let child = Child::start(
            ChildSpec {
                name: format!("model {model}"),
                policy,
                command: Box::new(move || spec.command()),
                probe: Box::new(move || Box::pin(probe(probed.clone()))),
                log: |line| tracing::info!(target: "sarai_llama", "{line}"),
                jail,
            },
            seed,
        );
        let (seen, retry) = (child.watch(), child.retry());
        let worker = Self { model, channel, seen, retry, facts: Arc::default(), vectors, report };
        (worker, child)
    }

    #[must_use]
    pub const fn model(&self) -> &ModelId {
        &self.model
    }

    /// Which model [`Worker::embed`] asks.
    ///
    /// # Errors
    /// `Unavailable` where it cannot be had.
    pub(crate) fn vectors(&self) -> Result<&ModelId, Failure> {
        match &self.vectors {
            Vectors::Answering => Ok(&self.model),
            Vectors::Own { model, .. } => Ok(model),
            Vectors::Missing(notice) => {
                Err(Failure::new(FailureKind::Unavailable, notice.clone(), "no model for vectors"))
            }
        }
    }

    /// The model that is there for vectors alone, if there is one.
    pub(crate) const fn vectors_alone(&self) -> Option<&ModelId> {
        match &self.vectors {
            Vectors::Own { model, .. } => Some(model),
            Vectors::Answering | Vectors::Missing(_) => None,
        }
    }

    #[must_use]
    pub fn seen(&self) -> Seen {
        *self.seen.borrow()
    }

    pub(crate) const fn retry(&self) -> &Retry {
        &self.retry
    }

    /// Waits until the worker serves; false when it is being stopped instead.
    pub async fn until_serving(&mut self) -> bool {
        self.seen.wait_for(|seen| seen.serving).await.is_ok()
    }

    /// Waits until the worker serves, or is left alone after its crashes.
    pub(crate) async fn until_settled(&mut self) {
        let settled = |seen: &Seen| seen.serving || matches!(seen.state, State::Quarantined { .. });
        // A supervisor that is gone settles nothing any more.
        let _ = self.seen.wait_for(settled).await;
    }

    /// Waits until the worker no longer serves; false when its supervisor is gone.
    pub async fn until_down(&mut self) -> bool {
        self.seen.wait_for(|seen| !seen.serving).await.is_ok()
    }

    /// # Errors
    /// `Unavailable` while the worker starts or is down.
    pub async fn facts(&self) -> Result<Facts, Failure> {
        if let Some(known) = self.facts.get() {
            return Ok(known.clone());
        }
        self.check_serving()?;
        let ask = || async {
            let reply = self.client().describe(wire::DescribeRequest {}).await.map_err(|s| self.failed(&s))?;
            let d = reply.into_inner();
            Ok::<_, Failure>(Facts {
                name: d.model_name,
                context_tokens: d.context_tokens,
                threads: d.threads,
                build: d.build,
                tool_format: ToolFormat::detect(&d.chat_template),
                thinking: thinking::of_template(&d.chat_template),
            })
        };
        self.facts.get_or_try_init(ask).await.cloned()
    }

    /// Starts a generation. Dropping the stream ends it within one batch.
    ///
    /// # Errors
    /// `Unavailable` while the worker starts or is down.
    pub async fn generate(
        &self,
        generation: &Generation,
    ) -> Result<impl Stream<Item = Result<GenerationEvent, Failure>> + Unpin + use<>, Failure> {
        self.check_serving()?;
        let request = wire::GenerateRequest::from(generation);
        let stream = self.client().generate(request).await.map_err(|s| self.failed(&s))?.into_inner();
        let worker = self.clone();
        Ok(Box::pin(stream.map(move |event| worker.event(event))))
    }

    /// # Errors
    /// `TooLong` for a text that does not fit, `Unavailable` while the worker is down.
    pub async fn embed(&self, texts: Vec<String>, priority: Priority) -> Result<(Vec<Vec<f32>>, u32), Failure> {
        self.check_serving()?;
        let request = wire::EmbedRequest { texts, priority: wire::Priority::from(priority).into() };
        let reply = self.client().embed(request).await.map_err(|s| self.failed(&s))?.into_inner();
        Ok((reply.embeddings.into_iter().map(|e| e.values).collect(), reply.prompt_tokens))
    }

    /// # Errors
    /// As [`Worker::facts`].
    pub async fn status(&self) -> Result<wire::StatusReply, Failure> {
        self.client()
            .status(wire::StatusRequest { memory: true })
            .await
            .map(tonic::Response::into_inner)
            .map_err(|s| self.failed(&s))
    }

    /// Times batches and a prompt; refused while anything runs.
    ///
    /// # Errors
    /// As [`Worker::facts`], and `Busy`.
    pub async fn measure(&self, request: wire::MeasureRequest) -> Result<wire::MeasureReply, Failure> {
        self.client().measure(request).await.map(tonic::Response::into_inner).map_err(|s| self.failed(&s))
    }

    /// Drops what it has read and said so far, in memory and on disk. Waits for what is running.
    ///
    /// # Errors
    /// As [`Worker::facts`].
    pub(crate) async fn forget(&self) -> Result<(), Failure> {
        self.client().forget(wire::ForgetRequest {}).await.map(drop).map_err(|s| self.failed(&s))
    }

    /// Drops what it keeps only to save time; says how many bytes that gave back.
    ///
    /// # Errors
    /// As [`Worker::facts`].
    pub(crate) async fn prune(&self) -> Result<u64, Failure> {
        self.check_serving()?;
        let reply = self.client().prune(wire::PruneRequest {}).await.map_err(|s| self.failed(&s))?;
        Ok(reply.into_inner().freed_bytes)
    }

    fn client(&self) -> EngineClient<Channel> {
        EngineClient::new(self.channel.clone()).max_decoding_message_size(2 * SEQUENCE_TEXT_MAX)
    }

    /// A request to a worker that is not up would wait for the socket; saying so at once is better.
    pub(crate) fn check_serving(&self) -> Result<(), Failure> {
        let seen = self.seen();
        if seen.serving {
            return Ok(());
        }
        if let Some(notice) = self.no_jail(seen.state) {
            return Err(Failure::new(FailureKind::Unavailable, notice, "its jail cannot be made"));
        }
        let notice = match seen.state {
            State::Starting { .. } | State::Serving { .. } | State::Suspect => Notice::new("daemon-model-loading"),
            State::Quarantined { .. } => Notice::new("daemon-model-crashes"),
            State::Stopped | State::Draining { .. } => Notice::new("daemon-stopping"),
            State::Killing { .. } | State::BackingOff { .. } => Notice::new("daemon-model-restarting"),
        };
        Err(Failure::new(FailureKind::Unavailable, notice.arg("model", &self.model), format!("{:?}", seen.state)))
    }

    /// Why its jail cannot be made, where that is what keeps it from coming up.
    pub(crate) fn no_jail(&self, state: State) -> Option<Notice> {
        match state {
            State::Quarantined { .. } | State::BackingOff { .. } => {}
            State::Starting { .. }
            | State::Serving { .. }
            | State::Suspect
            | State::Killing { .. }
            | State::Draining { .. }
            | State::Stopped => return None,
        }
        let error = self.report()?.error?;
        Some(Notice::new("daemon-model-no-jail").arg("detail", error))
    }

    /// What holds of its jail, as far as it was written down.
    pub(crate) fn report(&self) -> Option<Report> {
        Launcher::read_report(self.report.as_deref()?).ok().flatten()
    }

    fn event(&self, event: Result<wire::GenerateEvent, Status>) -> Result<GenerationEvent, Failure> {
        use wire::generate_event::Event;
        let broken = |detail: String| Failure::new(FailureKind::Internal, Notice::new("daemon-internal"), detail);
        match event.map_err(|s| self.failed(&s))?.event {
            Some(Event::Started(s)) => {
                Ok(GenerationEvent::Started { prompt_tokens: s.prompt_tokens, cached_tokens: s.cached_tokens })
            }
            Some(Event::Text(t)) => {
                let tokens = t.tokens.into_iter().map(TokenText::try_from).collect::<Result<_, WireError>>();
                Ok(GenerationEvent::Text { text: t.text, tokens: tokens.map_err(|e| broken(e.to_string()))? })
            }
            Some(Event::Finished(f)) => {
                let (reason, usage, timings, decoding): (FinishReason, _, _, _) =
                    f.try_into().map_err(|e: WireError| broken(e.to_string()))?;
                Ok(GenerationEvent::Finished { reason, usage, timings, decoding })
            }
            Some(Event::Refused(r)) => Err(refused(&r)),
            None => Err(broken("an event without content".into())),
        }
    }

    /// A broken call, as the person should read it: the process is gone, or will be.
    fn failed(&self, status: &Status) -> Failure {
        let (kind, notice) = match status.code() {
            Code::InvalidArgument => (FailureKind::BadRequest, Notice::new("daemon-request-refused")),
            Code::OutOfRange => (FailureKind::TooLong, Notice::new("daemon-text-too-long")),
            Code::ResourceExhausted | Code::FailedPrecondition => busy(BUSY_RETRY_MS),
            Code::NotFound => (FailureKind::Unavailable, Notice::new("daemon-vectors-not-loaded")),
            Code::Internal | Code::Unimplemented => (FailureKind::Internal, Notice::new("daemon-internal")),
            Code::Cancelled => (FailureKind::Cancelled, Notice::new("daemon-cancelled")),
            _ => (FailureKind::Unavailable, Notice::new("daemon-model-died").arg("model", &self.model)),
        };
        Failure::new(kind, notice, format!("{:?}: {}", status.code(), status.message()))
    }
}

/// Kind and sentence of a request that has no place now. A second is the least that it makes sense to wait.
pub(crate) fn busy(retry_after_ms: u32) -> (FailureKind, Notice) {
    let seconds = retry_after_ms.div_ceil(1000).max(1);
    (FailureKind::Busy { retry_after_ms }, Notice::new("daemon-busy").arg("seconds", seconds))
}

fn refused(r: &wire::Refused) -> Failure {
    let (kind, notice) = match wire::RefusalReason::try_from(r.reason) {
        Ok(wire::RefusalReason::TooLong) => (
            FailureKind::TooLong,
            Notice::new("daemon-prompt-too-long").arg("tokens", r.prompt_tokens).arg("max", r.context_tokens),
        ),
        Ok(wire::RefusalReason::Empty) => (FailureKind::BadRequest, Notice::new("daemon-prompt-empty")),
        Ok(wire::RefusalReason::Template) => {
            (FailureKind::BadRequest, Notice::new("daemon-template").arg("detail", &r.detail))
        }
        Ok(wire::RefusalReason::QueueFull) => busy(r.retry_after_ms),
        Ok(wire::RefusalReason::Grammar) => {
            (FailureKind::Grammar { tool: None }, Notice::new("daemon-grammar").arg("detail", &r.detail))
        }
        Ok(wire::RefusalReason::Unspecified) | Err(_) => (FailureKind::Internal, Notice::new("daemon-internal")),
    };
    Failure::new(kind, notice, &r.detail)
}

/// A channel that connects when it is used, and again after the worker was replaced.
pub(crate) fn connect(socket: PathBuf) -> Channel {
    let connector = tower::service_fn(move |_| {
        let socket = socket.clone();
        async move { UnixStream::connect(socket).await.map(TokioIo::new) }
    });
    // The address is never looked up: the connector knows where to go.
    Endpoint::from_static("http://worker.local").connect_with_connector_lazy(connector)
}

/// Healthy is: health says SERVING, and the engine's own loop has moved on.
async fn probe(channel: Channel) -> Health {
    let check = HealthCheckRequest { service: SERVICE.to_owned() };
    let mut health = HealthClient::new(channel.clone());
    let mut engine = EngineClient::new(channel);
    let serving = match health.check(check).await {
        Ok(reply) => reply.into_inner().status == i32::from(ServingStatus::Serving),
        Err(_) => return Health::Silent,
    };
    match engine.status(wire::StatusRequest { memory: false }).await {
        Ok(reply) if serving => Health::Serving { generation: reply.into_inner().generation },
        Ok(_) => Health::NotServing,
        Err(_) => Health::Silent,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_says_who_can_act() {
        let told = |reason: wire::RefusalReason, retry_after_ms| {
            let detail = "#/items: `contains`".to_owned();
            let failure =
                refused(&wire::Refused { reason: reason.into(), detail, retry_after_ms, ..Default::default() });
            (failure.kind, sarai_messages::text(sarai_types::Language::English, &failure.notice))
        };
        let busy = |retry_after_ms, wait: &str| {
            (FailureKind::Busy { retry_after_ms }, format!("Too many requests wait already. Try again in {wait}."))
        };
        assert_eq!(told(wire::RefusalReason::QueueFull, 0), busy(0, "1 second"));
        assert_eq!(told(wire::RefusalReason::QueueFull, 4200), busy(4200, "5 seconds"));
        let (kind, sentence) = told(wire::RefusalReason::Grammar, 0);
        assert_eq!(kind, FailureKind::Grammar { tool: None });
        assert!(sentence.contains("#/items: `contains`"), "{sentence}");
    }
}

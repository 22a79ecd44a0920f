//! engine.v1 over gRPC: checks what comes in, hands it to the engine's thread, streams what comes out.
//!
//! The service is up before the model is: until then every call answers `UNAVAILABLE`, and health says `NOT_SERVING`.

use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::task::{Context, Poll};
use std::time::Instant;

use sarai_engine::grammar::Constraint;
use sarai_engine::schedule::{Job, JobId};
use sarai_engine::template::TemplateError;
use sarai_engine::weights::Layouts;
use sarai_proto::engine::v1::{self as wire, engine_server::Engine as EngineService};
use sarai_types::{Generation, Grammar, Prompt};
use tokio::sync::{mpsc, oneshot};
use tokio_stream::Stream;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Request, Response, Status};

use crate::answer::{Answer, AnswerOptions};
use crate::embed::{self, Reader};
use crate::forms::Forms;
use crate::handle::{Command, DraftCounters, Handle};
use crate::llama::{self, Pulse};
use crate::machine;
use crate::prompt::{self, Rendered, Tokenizer};

/// Texts of one embedding request.
const EMBED_TEXTS_MAX: usize = 2048;

/// A worker whose model is loaded.
#[derive(Debug)]
pub(crate) struct Ready {
    pub handle: Handle,
    pub tokenizer: Tokenizer,
    pub description: wire::DescribeReply,
    pub forms: Forms,
    pub reader: Option<Reader>,
}

/// The gRPC service.
#[derive(Debug, Clone)]
pub(crate) struct Service {
    ready: Arc<OnceLock<Ready>>,
    pulse: Pulse,
    jobs: Arc<AtomicU64>,
}

impl Service {
    pub(crate) fn new(ready: Arc<OnceLock<Ready>>, pulse: Pulse) -> Self {
        Self { ready, pulse, jobs: Arc::default() }
    }

    fn ready(&self) -> Result<&Ready, Status> {
        self.ready.get().ok_or_else(|| Status::unavailable("the model is being loaded"))
    }

    /// Does what takes a while away from the threads that serve.
    async fn work<T: Send + 'static>(&self, work: impl FnOnce(&Ready) -> T + Send + 'static) -> Result<T, Status> {
        let ready = Arc::clone(&self.ready);
        let unavailable = || Status::unavailable("the model is being loaded");
        let work = move || ready.get().map(work).ok_or_else(unavailable);
        tokio::task::spawn_blocking(work).await.map_err(|e| Status::internal(e.to_string()))?
    }

    async fn render(&self, prompt: Prompt) -> Result<Result<Rendered, TemplateError>, Status> {
        self.work(move |ready| ready.tokenizer.render(&prompt)).await
    }

    /// What is read of a text for its vector.
    async fn read(&self, text: String) -> Result<Result<Vec<u32>, Status>, Status> {
        let none = || Status::not_found("the model for vectors could not be loaded; the log says why");
        self.work(move |ready| {
            let reader = ready.reader.as_ref().ok_or_else(none)?;
            let tokens = match reader.tokens(&text) {
                Some(tokens) => tokens,
                None => ready.tokenizer.render(&Prompt::Text(text)).map_err(invalid)?.tokens,
            };
            let (count, max) = (tokens.len(), reader.text_tokens_max());
            if tokens.is_empty() || count > max as usize {
                return Err(Status::out_of_range(format!(
                    "a text has {count} tokens; it may have between 1 and {max}"
                )));
            }
            Ok(tokens)
        })
        .await
    }

    /// What the model reads, and what holds its answer to a form; or why not.
    async fn prepare(
        &self,
        prompt: Prompt,
        grammar: Option<Grammar>,
    ) -> Result<Result<Prepared, wire::Refused>, Status> {
        self.work(move |ready| {
            let context_tokens = ready.description.context_tokens;
            let rendered = ready.tokenizer.render(&prompt).map_err(|e| prompt::refusal(&e, context_tokens))?;
            let compiled = grammar
                .map(|grammar| ready.forms.constraint(&ready.tokenizer, &grammar, &rendered.thinking))
                .transpose();
            let constraint = compiled.map_err(|error| wire::Refused {
                reason: wire::RefusalReason::Grammar.into(),
                detail: error.to_string(),
                ..Default::default()
            })?;
            Ok(Prepared { tokens: rendered.tokens, constraint })
        })
        .await
    }
}

/// A request that can be submitted.
#[derive(Debug)]
struct Prepared {
    tokens: Vec<u32>,
    constraint: Option<Constraint>,
}

#[tonic::async_trait]
impl EngineService for Service {
    async fn describe(&self, _: Request<wire::DescribeRequest>) -> Result<Response<wire::DescribeReply>, Status> {
        let ready = self.ready()?;
        let counters = ready.handle.counters();
        let batches = counters.batches.into_iter();
        Ok(Response::new(wire::DescribeReply {
            batches: batches.map(|(batch_size, median_ms)| wire::BatchTime { batch_size, median_ms }).collect(),
            prefill_tokens_per_second: counters.prefill_tokens_per_second,
            weights: weights(counters.layouts).into(),
            ..ready.description.clone()
        }))
    }

    async fn tokenize(&self, request: Request<wire::TokenizeRequest>) -> Result<Response<wire::TokenizeReply>, Status> {
        let prompt = match request.into_inner().prompt {
            Some(wire::tokenize_request::Prompt::Text(text)) => Prompt::Text(text),
            Some(wire::tokenize_request::Prompt::Chat(chat)) => Prompt::Chat(chat.try_into().map_err(invalid)?),
            None => return Err(Status::invalid_argument("prompt is missing")),
        };
        let Rendered { tokens, .. } = self.render(prompt).await?.map_err(invalid)?;
        Ok(Response::new(wire::TokenizeReply { tokens }))
    }

    type GenerateStream = Answering;

    async fn generate(&self, request: Request<wire::GenerateRequest>) -> Result<Response<Answering>, Status> {
        let submitted = now();
        let generation = Generation::try_from(request.into_inner()).map_err(invalid)?;
        let Ready { handle, description, .. } = self.ready()?;
        let (events, receiver) = mpsc::channel(description.context_tokens as usize + 8);
        let id = JobId(self.jobs.fetch_add(1, Ordering::Relaxed));
        let seed = match generation.sampling.seed {
            Some(seed) => seed,
            None => machine::random_seed().map_err(|e| Status::internal(e.to_string()))?,
        };
        let mut options = AnswerOptions {
            sampling: generation.sampling,
            seed,
            max_tokens: generation.max_tokens,
            stop: generation.stop,
            logprobs: generation.logprobs,
            constraint: None,
            speculation: generation.speculation,
        };
        match self.prepare(generation.prompt, generation.grammar).await? {
            Ok(Prepared { tokens, constraint }) => {
                options.constraint = constraint;
                let answer = Box::new(Answer::new(options, events, submitted));
                let job = Job { id, prompt: tokens, priority: generation.priority };
                handle.send(Command::Generate { job, answer })?;
            }
            Err(refused) => Answer::new(options, events, submitted).refuse(refused),
        }
        let guard = CancelOnDrop { handle: handle.clone(), id };
        Ok(Response::new(Answering { events: ReceiverStream::new(receiver), _guard: guard }))
    }

    async fn embed(&self, request: Request<wire::EmbedRequest>) -> Result<Response<wire::EmbedReply>, Status> {
        let wire::EmbedRequest { texts, priority } = request.into_inner();
        let priority = sarai_proto::priority(priority).map_err(invalid)?;
        if texts.is_empty() || texts.len() > EMBED_TEXTS_MAX {
            return Err(Status::invalid_argument(format!("between 1 and {EMBED_TEXTS_MAX} texts")));
        }
        let mut prompts = Vec::with_capacity(texts.len());
        let mut prompt_tokens = 0;
        for text in texts {
            let tokens = self.read(text).await??;
            let count = u32::try_from(tokens.len()).unwrap_or(u32::MAX);
            prompt_tokens += count;
            prompts.push(tokens);
        }
        let (reply, result) = oneshot::channel();
        self.ready()?.handle.send(Command::Embed { request: embed::Request { texts: prompts, priority }, reply })?;
        let vectors = result.await.map_err(|_| Status::unavailable("the engine has stopped"))??;
        let embeddings = vectors.into_iter().map(|values| wire::Embedding { values }).collect();
        Ok(Response::new(wire::EmbedReply { embeddings, prompt_tokens }))
    }

    async fn status(&self, request: Request<wire::StatusRequest>) -> Result<Response<wire::StatusReply>, Status> {
        let counters = self.ready.get().map(|r| r.handle.counters()).unwrap_or_default();
        let drafts = |d: DraftCounters| Some(wire::Drafts64 { drafted: d.drafted, accepted: d.accepted });
        Ok(Response::new(wire::StatusReply {
            generation: self.pulse.beats(),
            running: counters.running,
            waiting: counters.waiting,
            context_tokens_used: counters.cells,
            resident_bytes: if request.into_inner().memory { machine::resident_bytes() } else { 0 },
            tokens_decoded: counters.decoded,
            tokens_prefilled: counters.prefilled,
            tokens_cached: counters.cached,
            tokens_forced: counters.forced,
            suffix: drafts(counters.suffix),
            model: drafts(counters.model),
            plain_ms: counters.plain_ms,
            decode_ms: counters.decode_ms,
            fallbacks: counters.fallbacks,
            snapshots: counters.snapshots.count,
            snapshot_bytes: counters.snapshots.bytes,
            snapshots_restored: counters.snapshots.restored,
            snapshots_refused: counters.snapshots.refused,
        }))
    }

    async fn propose(&self, request: Request<wire::ProposeRequest>) -> Result<Response<wire::ProposeReply>, Status> {
        let (reply, result) = oneshot::channel();
        self.ready()?.handle.send(Command::Propose { request: request.into_inner(), reply })?;
        Ok(Response::new(result.await.map_err(|_| Status::unavailable("the engine has stopped"))??))
    }

    async fn forget(&self, _: Request<wire::ForgetRequest>) -> Result<Response<wire::ForgetReply>, Status> {
        let (reply, done) = oneshot::channel();
        let ready = self.ready()?;
        ready.handle.send(Command::Forget { reply })?;
        // A schema may name what is to be forgotten.
        ready.forms.forget();
        done.await.map_err(|_| Status::unavailable("the engine has stopped"))?;
        Ok(Response::new(wire::ForgetReply {}))
    }

    async fn prune(&self, _: Request<wire::PruneRequest>) -> Result<Response<wire::PruneReply>, Status> {
        let pruned = self.work(|ready| {
            let before = machine::resident_bytes();
            ready.forms.clear();
            llama::trim_heap();
            before.saturating_sub(machine::resident_bytes())
        });
        Ok(Response::new(wire::PruneReply { freed_bytes: pruned.await? }))
    }

    async fn measure(&self, request: Request<wire::MeasureRequest>) -> Result<Response<wire::MeasureReply>, Status> {
        let (reply, result) = oneshot::channel();
        self.ready()?.handle.send(Command::Measure { request: request.into_inner(), reply })?;
        let measured = result.await.map_err(|_| Status::unavailable("the engine has stopped"))??;
        let batches = measured.batches.into_iter();
        Ok(Response::new(wire::MeasureReply {
            batches: batches.map(|(batch_size, median_ms)| wire::BatchTime { batch_size, median_ms }).collect(),
            prefill_tokens_per_second: measured.prefill_tokens_per_second,
        }))
    }
}

const fn weights(layouts: Option<Layouts>) -> wire::Weights {
    match layouts {
        Some(Layouts::Stored) => wire::Weights::Stored,
        Some(Layouts::Repacked) => wire::Weights::Repacked,
        Some(Layouts::Both) => wire::Weights::Both,
        None => wire::Weights::Unspecified,
    }
}

fn invalid(error: impl std::fmt::Display) -> Status {
    Status::invalid_argument(error.to_string())
}

/// The events of one generation. Dropped by the client, it ends the generation.
#[derive(Debug)]
pub(crate) struct Answering {
    events: ReceiverStream<Result<wire::GenerateEvent, Status>>,
    _guard: CancelOnDrop,
}

impl Stream for Answering {
    type Item = Result<wire::GenerateEvent, Status>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.events).poll_next(context)
    }
}

#[derive(Debug)]
struct CancelOnDrop {
    handle: Handle,
    id: JobId,
}

impl Drop for CancelOnDrop {
    fn drop(&mut self) {
        self.handle.cancel(self.id);
    }
}

#[expect(clippy::disallowed_methods, reason = "the worker is a shell: it measures real time")]
fn now() -> Instant {
    Instant::now()
}

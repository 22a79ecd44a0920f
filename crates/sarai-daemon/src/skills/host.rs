//! `host.v1`: words of the model for a skill that was granted them.
//!
//! Each skill has a socket and a budget of its own. What it generates for an open call has the call's priority and counts
//! for it; what it generates for nobody is served last.

use std::collections::{HashMap, VecDeque};
use std::path::Path;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sarai_proto::host::v1::host_server::{Host, HostServer};
use sarai_proto::host::v1::{self as wire, RefusalReason};
use sarai_skills::Generate;
use sarai_types::{
    Conversation, Failure, FailureKind, FinishReason, GRAMMAR_BYTES_MAX, Generation, GenerationEvent, Grammar,
    GrammarKind, Message, Priority, Prompt, Role, SEQUENCE_TEXT_MAX, Sampling, Speculation, Usage,
};
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tokio_stream::wrappers::UnixListenerStream;
use tokio_stream::{Stream, StreamExt as _};
use tonic::{Request, Response, Status};

use crate::brain::{self, Brain};
use crate::listen;

/// Messages in one request at most.
const MESSAGES_MAX: usize = 64;
/// The span that a budget is counted over.
const BUDGET_SPAN: Duration = Duration::from_secs(60);
/// Generations of one skill at once; the next is told to come back.
const OPEN_MAX: usize = 4;
const BUSY_RETRY_MS: u32 = 1000;
/// Between two words of a script: long enough to be interrupted, and no longer than a small model takes.
const SCRIPT_PACE: Duration = Duration::from_millis(2);

/// Whose words a skill gets.
#[derive(Debug, Clone)]
pub(super) enum Speaker {
    Model(watch::Receiver<Brain>),
    /// The same words each time, for a skill that is tried out where no model is. They cost nobody anything, so no budget
    /// counts them.
    Script(Arc<str>),
}

/// What is open between a turn and a skill, by the id that the skill was given.
#[derive(Debug, Clone, Default)]
pub(super) struct OpenCalls(Arc<Mutex<HashMap<String, OpenCall>>>);

#[derive(Debug, Clone, Copy)]
struct OpenCall {
    priority: Priority,
    usage: Usage,
}

/// One open call; it is closed when this is dropped.
#[derive(Debug)]
pub(super) struct CallGuard {
    calls: OpenCalls,
    id: String,
}

impl OpenCalls {
    pub(super) fn open(&self, id: String, priority: Priority) -> CallGuard {
        self.lock().insert(id.clone(), OpenCall { priority, usage: Usage::default() });
        CallGuard { calls: self.clone(), id }
    }

    fn priority(&self, id: &str) -> Priority {
        self.lock().get(id).map_or(Priority::Background, |call| call.priority)
    }

    fn add(&self, id: &str, more: Usage) {
        if let Some(OpenCall { usage, .. }) = self.lock().get_mut(id) {
            usage.prompt_tokens = usage.prompt_tokens.saturating_add(more.prompt_tokens);
            usage.cached_tokens = usage.cached_tokens.saturating_add(more.cached_tokens);
            usage.completion_tokens = usage.completion_tokens.saturating_add(more.completion_tokens);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, OpenCall>> {
        // Figures, whole after each step: a panic elsewhere leaves nothing half done here.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl CallGuard {
    /// What the model has done for this call so far.
    pub(super) fn usage(&self) -> Usage {
        self.calls.lock().get(&self.id).map_or_else(Usage::default, |call| call.usage)
    }
}

impl Drop for CallGuard {
    fn drop(&mut self) {
        self.calls.lock().remove(&self.id);
    }
}

/// A skill's socket, served until it is dropped.
#[derive(Debug)]
pub(super) struct HostSocket(JoinHandle<()>);

impl HostSocket {
    /// # Errors
    /// The path cannot be used.
    pub(super) fn serve(path: &Path, grant: Generate, speaker: Speaker, calls: OpenCalls) -> std::io::Result<Self> {
        let listener = UnixListenerStream::new(listen::unix_in_own_folder(path)?);
        let service = HostService { grant, speaker, calls, begun: Mutex::default(), open: Arc::default() };
        let server = HostServer::new(service).max_decoding_message_size(2 * SEQUENCE_TEXT_MAX);
        let serving = tonic::transport::Server::builder()
            .concurrency_limit_per_connection(2 * OPEN_MAX)
            .add_service(server)
            .serve_with_incoming(listener);
        Ok(Self(tokio::spawn(async move {
            if let Err(error) = serving.await {
                tracing::warn!(%error, "a skill's host socket failed");
            }
        })))
    }
}

impl Drop for HostSocket {
    fn drop(&mut self) {
        self.0.abort();
    }
}

struct HostService {
    grant: Generate,
    speaker: Speaker,
    calls: OpenCalls,
    /// When the generations of the last minute began, oldest first.
    begun: Mutex<VecDeque<Instant>>,
    /// One count for each that is open.
    open: Arc<()>,
}

type Events = Pin<Box<dyn Stream<Item = Result<wire::GenerateEvent, Status>> + Send>>;

#[tonic::async_trait]
impl Host for HostService {
    type GenerateStream = Events;

    async fn generate(&self, request: Request<wire::GenerateRequest>) -> Result<Response<Events>, Status> {
        let request = request.into_inner();
        let call = request.call.clone();
        let generation = generation(request, self.grant, self.calls.priority(&call))?;
        let brain = match &self.speaker {
            Speaker::Script(words) => return Ok(Response::new(recite(words, generation.max_tokens))),
            Speaker::Model(brain) => brain,
        };
        if let Err(refused) = self.spend() {
            return Ok(Response::new(Box::pin(tokio_stream::once(Ok(refused)))));
        }
        let answers = match brain::awake(brain.clone()).await {
            Ok(worker) => worker.generate(&generation).await,
            Err(failure) => Err(failure),
        };
        let answers = match answers {
            Ok(answers) => answers,
            Err(failure) => return Ok(Response::new(Box::pin(tokio_stream::once(Ok(refusal(&failure)))))),
        };
        let (calls, open) = (self.calls.clone(), Arc::clone(&self.open));
        let events = answers.filter_map(move |answer| {
            // Counted as open for as long as somebody listens.
            let _counted = &open;
            match answer {
                Ok(GenerationEvent::Started { .. }) => None,
                Ok(GenerationEvent::Text { text, .. }) if text.is_empty() => None,
                Ok(GenerationEvent::Text { text, .. }) => Some(event(wire::generate_event::Event::Text(text))),
                Ok(GenerationEvent::Finished { reason, usage, .. }) => {
                    calls.add(&call, usage);
                    Some(event(wire::generate_event::Event::Finished(wire::Finished {
                        prompt_tokens: usage.prompt_tokens,
                        completion_tokens: usage.completion_tokens,
                        complete: reason != FinishReason::Length,
                    })))
                }
                Err(failure) => Some(refusal(&failure)),
            }
            .map(Ok)
        });
        Ok(Response::new(Box::pin(events)))
    }
}

impl HostService {
    /// Takes one generation out of the budget, or says when there is one again.
    fn spend(&self) -> Result<(), wire::GenerateEvent> {
        // One count is the service's own.
        if Arc::strong_count(&self.open) > OPEN_MAX {
            return Err(refused(RefusalReason::Busy, "too many generations of this skill are open", BUSY_RETRY_MS));
        }
        let now = Instant::now();
        let mut begun = self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        while begun.front().is_some_and(|at| now.duration_since(*at) >= BUDGET_SPAN) {
            begun.pop_front();
        }
        let allowed = usize::try_from(self.grant.calls_per_minute).unwrap_or(usize::MAX);
        match begun.front() {
            Some(oldest) if begun.len() >= allowed => {
                let wait = BUDGET_SPAN.saturating_sub(now.duration_since(*oldest));
                let wait = u32::try_from(wait.as_millis()).unwrap_or(u32::MAX).max(1);
                Err(refused(RefusalReason::OverBudget, "more generations a minute than the manifest grants", wait))
            }
            Some(_) | None => {
                begun.push_back(now);
                Ok(())
            }
        }
    }
}

/// Says fixed words as a model would: one after the other, and no more than were asked for.
fn recite(words: &str, max_tokens: Option<u32>) -> Events {
    let pieces: Vec<String> = words.split_inclusive(' ').map(str::to_owned).collect();
    let room = max_tokens.and_then(|most| usize::try_from(most).ok()).unwrap_or(usize::MAX);
    let said = pieces.len().min(room);
    let finished = event(wire::generate_event::Event::Finished(wire::Finished {
        prompt_tokens: 1,
        completion_tokens: u32::try_from(said).unwrap_or(u32::MAX),
        complete: said == pieces.len(),
    }));
    let pieces = pieces.into_iter().take(said).map(|piece| event(wire::generate_event::Event::Text(piece)));
    let paced = tokio_stream::iter(pieces).then(|piece| async {
        tokio::time::sleep(SCRIPT_PACE).await;
        Ok(piece)
    });
    Box::pin(paced.chain(tokio_stream::once(Ok(finished))))
}

/// What the model is asked, within the grant.
fn generation(request: wire::GenerateRequest, grant: Generate, priority: Priority) -> Result<Generation, Status> {
    let wire::GenerateRequest { messages, grammar, max_tokens, temperature, seed, call: _ } = request;
    if messages.is_empty() || messages.len() > MESSAGES_MAX {
        return Err(Status::invalid_argument(format!("between 1 and {MESSAGES_MAX} messages, not {}", messages.len())));
    }
    if messages.iter().map(|message| message.text.len()).sum::<usize>() > SEQUENCE_TEXT_MAX {
        return Err(Status::invalid_argument(format!("the messages have more than {SEQUENCE_TEXT_MAX} bytes")));
    }
    let messages = messages.into_iter().map(message).collect::<Result<_, _>>()?;
    let sampling = Sampling { temperature, seed, ..Sampling::default() }
        .checked()
        .map_err(|error| Status::invalid_argument(error.to_string()))?;
    let max_tokens = if max_tokens == 0 { grant.tokens_per_call } else { max_tokens.min(grant.tokens_per_call) };
    Ok(Generation {
        prompt: Prompt::Chat(Conversation { messages, tools: Vec::new() }),
        sampling,
        max_tokens: Some(max_tokens),
        stop: Vec::new(),
        logprobs: None,
        priority,
        grammar: grammar.map(self::grammar).transpose()?,
        speculation: Speculation::Auto,
    })
}

fn message(message: wire::Message) -> Result<Message, Status> {
    let role = match wire::Role::try_from(message.role) {
        Ok(wire::Role::System) => Role::System,
        Ok(wire::Role::User) => Role::User,
        Ok(wire::Role::Assistant) => Role::Assistant,
        Ok(wire::Role::Unspecified) | Err(_) => return Err(Status::invalid_argument("a message without a role")),
    };
    Ok(Message::new(role, message.text))
}

fn grammar(grammar: wire::Grammar) -> Result<Grammar, Status> {
    let kind = match wire::GrammarKind::try_from(grammar.kind) {
        Ok(wire::GrammarKind::JsonSchema) => GrammarKind::JsonSchema,
        Ok(wire::GrammarKind::Gbnf) => GrammarKind::Gbnf,
        Ok(wire::GrammarKind::Lark) => GrammarKind::Lark,
        Ok(wire::GrammarKind::Regex) => GrammarKind::Regex,
        Ok(wire::GrammarKind::Unspecified) | Err(_) => {
            return Err(Status::invalid_argument("a grammar without a kind"));
        }
    };
    if grammar.source.len() > GRAMMAR_BYTES_MAX {
        return Err(Status::invalid_argument(format!("the grammar has more than {GRAMMAR_BYTES_MAX} bytes")));
    }
    Ok(Grammar { kind, source: grammar.source })
}

const fn event(event: wire::generate_event::Event) -> wire::GenerateEvent {
    wire::GenerateEvent { event: Some(event) }
}

fn refused(reason: RefusalReason, detail: &str, retry_after_ms: u32) -> wire::GenerateEvent {
    event(wire::generate_event::Event::Refused(wire::Refused {
        reason: reason.into(),
        detail: detail.to_owned(),
        retry_after_ms,
    }))
}

fn refusal(failure: &Failure) -> wire::GenerateEvent {
    let (reason, wait) = match failure.kind {
        FailureKind::TooLong => (RefusalReason::TooLong, 0),
        FailureKind::Grammar { .. } => (RefusalReason::Grammar, 0),
        FailureKind::Busy { retry_after_ms } => (RefusalReason::Busy, retry_after_ms),
        FailureKind::Unavailable
        | FailureKind::Cancelled
        | FailureKind::Internal
        | FailureKind::BadRequest
        | FailureKind::ModelNotFound
        | FailureKind::SkillNotFound => (RefusalReason::Unavailable, 0),
    };
    refused(reason, &failure.detail, wait)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn service(calls_per_minute: u32) -> HostService {
        let (_, brain) = watch::channel(Brain::Checking);
        let grant = Generate { tokens_per_call: 100, calls_per_minute };
        let speaker = Speaker::Model(brain);
        HostService { grant, speaker, calls: OpenCalls::default(), begun: Mutex::default(), open: Arc::default() }
    }

    fn request() -> wire::GenerateRequest {
        wire::GenerateRequest {
            messages: vec![wire::Message { role: wire::Role::User.into(), text: "Hola".to_owned() }],
            ..wire::GenerateRequest::default()
        }
    }

    #[test]
    fn no_more_tokens_than_granted() {
        let grant = Generate { tokens_per_call: 100, calls_per_minute: 1 };
        for (asked, given) in [(0, 100), (1, 1), (100, 100), (5000, 100)] {
            let request = wire::GenerateRequest { max_tokens: asked, ..request() };
            assert_eq!(generation(request, grant, Priority::Task).unwrap().max_tokens, Some(given), "{asked}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused() {
        let grant = Generate { tokens_per_call: 100, calls_per_minute: 1 };
        let message = |role: i32| wire::Message { role, text: String::new() };
        let grammar = |kind| Some(wire::Grammar { kind, source: "a".repeat(GRAMMAR_BYTES_MAX + 1) });
        for wrong in [
            wire::GenerateRequest { messages: Vec::new(), ..request() },
            wire::GenerateRequest { messages: vec![message(0)], ..request() },
            wire::GenerateRequest { messages: vec![message(9)], ..request() },
            wire::GenerateRequest { messages: vec![message(2); MESSAGES_MAX + 1], ..request() },
            wire::GenerateRequest { temperature: f32::NAN, ..request() },
            wire::GenerateRequest { temperature: 2.5, ..request() },
            wire::GenerateRequest { grammar: grammar(0), ..request() },
            wire::GenerateRequest { grammar: grammar(1), ..request() },
        ] {
            let shown = format!("{:.200}", format!("{wrong:?}"));
            assert!(generation(wrong, grant, Priority::Task).is_err(), "{shown}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_budget_is_counted_over_a_minute() {
        let service = service(2);
        assert!(service.spend().is_ok());
        tokio::time::advance(Duration::from_secs(20)).await;
        assert!(service.spend().is_ok());
        let wire::generate_event::Event::Refused(refused) = service.spend().unwrap_err().event.unwrap() else {
            panic!("not refused");
        };
        assert_eq!((refused.reason(), refused.retry_after_ms), (RefusalReason::OverBudget, 40_000));
        tokio::time::advance(Duration::from_secs(40)).await;
        assert!(service.spend().is_ok(), "the first is a minute old");
        assert!(service.spend().is_err());
    }

    /// What a script says, and whether it came to its end.
    async fn recited(words: &str, max_tokens: Option<u32>) -> (String, bool) {
        use wire::generate_event::Event;
        let (mut said, mut complete) = (String::new(), None);
        let mut events = recite(words, max_tokens);
        while let Some(event) = events.next().await {
            assert!(complete.is_none(), "nothing comes after the end");
            match event.unwrap().event.unwrap() {
                Event::Text(text) => said.push_str(&text),
                Event::Finished(finished) => complete = Some(finished.complete),
                Event::Refused(refused) => panic!("{refused:?}"),
            }
        }
        (said, complete.unwrap())
    }

    #[tokio::test(start_paused = true)]
    async fn a_script_is_said_word_by_word_and_cut_where_a_model_would_be() {
        let words = "SELECT 1 AS n";
        for (most, said, complete) in
            [(None, words, true), (Some(4), words, true), (Some(3), "SELECT 1 AS ", false), (Some(0), "", false)]
        {
            assert_eq!(recited(words, most).await, (said.to_owned(), complete), "{most:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_script_is_no_budgets_business_but_asks_for_sense() {
        let service = HostService { speaker: Speaker::Script("Hola".into()), ..service(1) };
        for _ in 0..2 * OPEN_MAX {
            let mut events = service.generate(Request::new(request())).await.unwrap().into_inner();
            let event = events.next().await.unwrap().unwrap().event;
            assert_eq!(event, Some(wire::generate_event::Event::Text("Hola".to_owned())));
        }
        let senseless = wire::GenerateRequest { messages: Vec::new(), ..request() };
        assert!(service.generate(Request::new(senseless)).await.is_err());
    }

    #[test]
    fn a_call_lends_its_priority_and_takes_the_figures() {
        let calls = OpenCalls::default();
        let guard = calls.open("a".to_owned(), Priority::Interactive);
        assert_eq!((calls.priority("a"), calls.priority("b")), (Priority::Interactive, Priority::Background));
        let usage = Usage { prompt_tokens: 5, cached_tokens: 3, completion_tokens: 2 };
        calls.add("a", usage);
        calls.add("b", usage);
        calls.add("a", usage);
        assert_eq!(guard.usage(), Usage { prompt_tokens: 10, cached_tokens: 6, completion_tokens: 4 });
        drop(guard);
        assert_eq!(calls.priority("a"), Priority::Background);
    }
}

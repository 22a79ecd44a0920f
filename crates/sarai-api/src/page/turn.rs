//! One question, and its answer while it is written.
//!
//! The reply is a stream of server-sent events:
//! - `text` `{"delta"}`: what the model wrote, as it wrote it; the browser keeps it.
//! - `block` `{"index", "html"}`: a top-level block of the answer that is new or has changed. An empty `html` means
//!   that the block is gone.
//! - `done` `{"model", "reason", "usage", "timings"}`, or `error`, an OpenAI error object: the last event.
//!
//! Closing the stream drops the receiver of the turn's events, which stops the generation.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream::{self, Stream};
use sarai_types::{
    Failure, FailureKind, FinishReason, Language, MemoryWish, Message, Notice, Persona, Priority, Role,
    SEQUENCE_TEXT_MAX, Sampling, SkillWish, ToolChoice, TurnEvent, TurnRequest, TurnSummary,
};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};

use super::markdown::Canvas;
use crate::body::Body;
use crate::error::{Problem, language_of};
use crate::memory::MemoryFigures;
use crate::state::Door;

/// The longest conversation, in messages.
pub(super) const MESSAGES_MAX: usize = 512;

/// How often an answer is drawn at most while it is short.
const DRAW_INTERVAL: Duration = Duration::from_millis(50);

/// Each time an answer has grown by this many bytes it is drawn less often by one more interval: the model needs the
/// CPU more than the picture does.
const DRAW_STEP_BYTES: usize = 8 << 10;

/// How often a comment keeps the connection alive while a long question is read.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

#[derive(Debug, Deserialize)]
pub(super) struct TurnBody {
    messages: Vec<MessageBody>,
    /// False: what is remembered is not used here, and nothing is remembered.
    #[serde(default = "wanted")]
    memory: bool,
}

const fn wanted() -> bool {
    true
}

#[derive(Debug, Deserialize)]
struct MessageBody {
    role: String,
    content: String,
}

/// Starts a turn of the assistant.
pub(super) async fn answer(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    Body(body): Body<TurnBody>,
) -> Result<Sse<impl Stream<Item = Result<Event, Infallible>>>, Problem> {
    let language = language_of(&headers, &door);
    let request = TurnRequest {
        id: door.ambient.turn_id(),
        persona: Persona::Assistant,
        model: None,
        messages: conversation(body.messages)?,
        tools: Vec::new(),
        tool_choice: ToolChoice::None,
        sampling: Sampling::default(),
        max_tokens: None,
        stop: Vec::new(),
        logprobs: None,
        priority: Priority::Interactive,
        grammar: None,
        speculation: door.speculation,
        skill: SkillWish::Auto,
        memory: if body.memory { MemoryWish::On } else { MemoryWish::Off },
        language,
        local_time: (door.ambient.local_time)(language),
    };
    let answer = Answer::new(door.handle.turn(request)?, language);
    let events = stream::unfold(answer, |mut answer| async move {
        let event = answer.next().await?;
        Some((Ok(event), answer))
    });
    Ok(Sse::new(events).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)))
}

/// Questions and answers, checked: bounded, no other role, a question last.
fn conversation(bodies: Vec<MessageBody>) -> Result<Vec<Message>, Problem> {
    if bodies.len() > MESSAGES_MAX {
        let notice = Notice::new("page-error-messages").arg("count", bodies.len()).arg("max", MESSAGES_MAX);
        return Err(Problem::invalid("messages", notice));
    }
    let bytes: usize = bodies.iter().map(|message| message.content.len()).sum();
    if bytes > SEQUENCE_TEXT_MAX {
        let notice = Notice::new("api-text-too-long").arg("len", bytes).arg("max", SEQUENCE_TEXT_MAX);
        return Err(Failure::new(FailureKind::TooLong, notice, "the conversation's text is over the limit").into());
    }
    let mut messages = Vec::with_capacity(bodies.len());
    for (at, body) in bodies.into_iter().enumerate() {
        let role = match body.role.as_str() {
            "user" => Role::User,
            "assistant" => Role::Assistant,
            _ => return Err(Problem::invalid(format!("messages[{at}].role"), Notice::new("page-error-roles"))),
        };
        messages.push(Message::new(role, body.content));
    }
    match messages.last() {
        Some(Message { role: Role::User, .. }) => Ok(messages),
        Some(_) | None => Err(Problem::invalid("messages", Notice::new("page-error-roles"))),
    }
}

/// An answer on its way to a browser.
#[derive(Debug)]
struct Answer {
    events: mpsc::Receiver<Result<TurnEvent, Failure>>,
    language: Language,
    text: String,
    canvas: Canvas,
    drawn_at: Option<Instant>,
    /// When the text that is not drawn yet is to be drawn.
    due: Option<Instant>,
    /// What is ready to be sent. One step adds at most the answer's blocks and one more.
    ready: VecDeque<Event>,
    phase: Phase,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    Writing,
    /// The last event is in `ready`.
    Over,
}

impl Answer {
    fn new(events: mpsc::Receiver<Result<TurnEvent, Failure>>, language: Language) -> Self {
        let (text, canvas) = (String::new(), Canvas::default());
        Self {
            events,
            language,
            text,
            canvas,
            drawn_at: None,
            due: None,
            ready: VecDeque::new(),
            phase: Phase::Writing,
        }
    }

    /// The next event, none after the last.
    async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(event);
            }
            if self.phase == Phase::Over {
                return None;
            }
            let due = self.due;
            tokio::select! {
                event = self.events.recv() => self.take(event),
                () = sleep_until(due.unwrap_or_else(Instant::now)), if due.is_some() => {
                    self.due = None;
                    self.drawn_at = Some(Instant::now());
                    let updates = self.canvas.grow(&self.text);
                    self.ready.extend(updates.into_iter().map(|update| sse("block", &update)));
                }
            }
        }
    }

    fn take(&mut self, event: Option<Result<TurnEvent, Failure>>) {
        match event {
            Some(Ok(TurnEvent::Text { text, .. })) => {
                self.text.push_str(&text);
                self.ready.push_back(sse("text", &Delta { delta: &text }));
                // The first words are drawn at once.
                let due = self.drawn_at.map_or_else(Instant::now, |at| at + draw_interval(self.text.len()));
                self.due.get_or_insert(due);
            }
            // The page shows no thoughts; it offers no tools, so a model that calls one has nobody to call.
            Some(Ok(TurnEvent::Started { .. } | TurnEvent::Thought { .. } | TurnEvent::ToolCall(_))) => {}
            Some(Ok(TurnEvent::Finished(summary))) => self.end(sse("done", &Done::new(summary, self.language))),
            Some(Err(failure)) => self.fail(failure),
            None => {
                let notice = Notice::new("page-error-broken");
                self.fail(Failure::new(FailureKind::Unavailable, notice, "the turn ended without an end"));
            }
        }
    }

    fn fail(&mut self, failure: Failure) {
        tracing::warn!(%failure, "an answer on the page broke off");
        self.end(sse("error", &Problem::from(failure).object(self.language).error));
    }

    fn end(&mut self, last: Event) {
        let updates = self.canvas.finish(&self.text);
        self.ready.extend(updates.into_iter().map(|update| sse("block", &update)));
        self.ready.push_back(last);
        self.phase = Phase::Over;
    }
}

/// How long a picture of an answer of so many bytes stands at least.
fn draw_interval(bytes: usize) -> Duration {
    DRAW_INTERVAL.saturating_mul(u32::try_from(bytes / DRAW_STEP_BYTES).unwrap_or(u32::MAX).saturating_add(1))
}

/// One event; what is sent here are plain structs, which always become JSON.
fn sse(name: &'static str, data: &impl Serialize) -> Event {
    Event::default().event(name).json_data(data).unwrap_or_default()
}

#[derive(Debug, Serialize)]
struct Delta<'a> {
    delta: &'a str,
}

#[derive(Debug, Serialize)]
struct Done {
    model: String,
    /// The skill that answered; null for the model alone.
    skill: Option<String>,
    memory: MemoryFigures,
    /// `stop`, `length` or `tool_calls`.
    reason: &'static str,
    usage: UsageBody,
    timings: TimingsBody,
}

#[derive(Debug, Serialize)]
struct UsageBody {
    prompt_tokens: u32,
    cached_tokens: u32,
    completion_tokens: u32,
}

#[derive(Debug, Serialize)]
struct TimingsBody {
    queued_ms: f64,
    prefill_ms: f64,
    decode_ms: f64,
}

impl Done {
    fn new(summary: TurnSummary, language: Language) -> Self {
        let TurnSummary { model, reason, usage, timings, decoding: _, grammar: _, skill, memory } = summary;
        Self {
            model: model.to_string(),
            skill: skill.map(|skill| skill.name.to_string()),
            memory: MemoryFigures::new(&memory, language),
            reason: match reason {
                FinishReason::Stop => "stop",
                FinishReason::Length => "length",
                FinishReason::ToolCalls => "tool_calls",
            },
            usage: UsageBody {
                prompt_tokens: usage.prompt_tokens,
                cached_tokens: usage.cached_tokens,
                completion_tokens: usage.completion_tokens,
            },
            timings: TimingsBody {
                queued_ms: timings.queued_ms,
                prefill_ms: timings.prefill_ms,
                decode_ms: timings.decode_ms,
            },
        }
    }
}

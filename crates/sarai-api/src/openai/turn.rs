//! One turn between the daemon and a client, whatever shape the answer has.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream;
use sarai_types::{
    Failure, FailureKind, FinishReason, ModelId, Notice, Timings, TokenText, ToolCall, TurnEvent, TurnSummary, Usage,
};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::error::Problem;

/// How long a stream stays silent at most; clients and proxies give up on one that says nothing.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

pub(super) type Events = mpsc::Receiver<Result<TurnEvent, Failure>>;

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) text: String,
    pub(super) tokens: Vec<TokenText>,
    pub(super) tool_calls: Vec<ToolCall>,
    pub(super) summary: TurnSummary,
}

/// Waits for the whole answer. Its length is bounded by the model's context.
pub(super) async fn collect(mut events: Events) -> Result<Answer, Problem> {
    let (mut text, mut tokens, mut tool_calls) = (String::new(), Vec::new(), Vec::new());
    while let Some(event) = events.recv().await {
        match event? {
            TurnEvent::Started { .. } => {}
            TurnEvent::Text { text: more, tokens: chosen } => {
                text.push_str(&more);
                tokens.extend(chosen);
            }
            TurnEvent::ToolCall(call) => tool_calls.push(call),
            TurnEvent::Finished(summary) => return Ok(Answer { text, tokens, tool_calls, summary }),
        }
    }
    Err(broken_off().into())
}

/// Streams the answer: `write` turns each event into what the client reads. A failure that comes soon becomes a status;
/// after that it is given to `write`, and ends the stream, as does [`TurnEvent::Finished`].
pub(super) async fn stream<W>(mut events: Events, mut write: W) -> Result<axum::response::Response, Problem>
where
    W: FnMut(Result<TurnEvent, Failure>) -> Vec<Event> + Send + 'static,
{
    let mut ready = VecDeque::new();
    let mut open = true;
    // While the prompt waits or is long, the client must hear that it was understood.
    if let Ok(first) = tokio::time::timeout(KEEP_ALIVE, events.recv()).await {
        let event = first.unwrap_or_else(|| Err(broken_off()))?;
        open = !matches!(event, TurnEvent::Finished(_));
        ready.extend(write(Ok(event)));
    }
    let body =
        stream::unfold((events, write, ready, open), |(mut events, mut write, mut ready, mut open)| async move {
            loop {
                if let Some(event) = ready.pop_front() {
                    return Some((Ok::<_, Infallible>(event), (events, write, ready, open)));
                }
                if !open {
                    return None;
                }
                let event = events.recv().await.unwrap_or_else(|| Err(broken_off()));
                open = !matches!(event, Ok(TurnEvent::Finished(_)) | Err(_));
                ready.extend(write(event));
            }
        });
    Ok(Sse::new(body).keep_alive(KeepAlive::new().interval(KEEP_ALIVE)).into_response())
}

fn broken_off() -> Failure {
    Failure::new(FailureKind::Unavailable, Notice::new("api-broken-off"), "the events ended without a last one")
}

/// Serialises what is ours; it holds no maps with keys that JSON lacks, so it cannot fail.
pub(super) fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

/// The word for why an answer ended.
pub(super) const fn reason(reason: FinishReason) -> &'static str {
    match reason {
        FinishReason::Stop => "stop",
        FinishReason::Length => "length",
        FinishReason::ToolCalls => "tool_calls",
    }
}

/// What SARAi says beyond OpenAI's API, beside `usage`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct Extension {
    /// The model that answered.
    pub(crate) model: String,
    pub(crate) timings: TimingsBody,
}

/// How long it took, in milliseconds.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct TimingsBody {
    /// Before the first batch.
    pub(crate) queued_ms: f64,
    /// From the first batch to the first token.
    pub(crate) prefill_ms: f64,
    /// From the first token to the last.
    pub(crate) decode_ms: f64,
}

impl Extension {
    pub(super) fn new(model: &ModelId, timings: Timings) -> Self {
        let Timings { queued_ms, prefill_ms, decode_ms } = timings;
        Self { model: model.to_string(), timings: TimingsBody { queued_ms, prefill_ms, decode_ms } }
    }
}

/// Token counts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct UsageBody {
    pub(crate) prompt_tokens: u32,
    #[serde(default)]
    pub(crate) completion_tokens: u32,
    pub(crate) total_tokens: u32,
    #[serde(default)]
    pub(crate) prompt_tokens_details: Option<CachedTokens>,
}

/// How much of a prompt did not have to be read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct CachedTokens {
    #[serde(default)]
    pub(crate) cached_tokens: u32,
}

impl From<Usage> for UsageBody {
    fn from(usage: Usage) -> Self {
        Self {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            total_tokens: usage.prompt_tokens.saturating_add(usage.completion_tokens),
            prompt_tokens_details: Some(CachedTokens { cached_tokens: usage.cached_tokens }),
        }
    }
}

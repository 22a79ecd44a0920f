//! What the proactive loop has to say to the owner, and what comes in for it.
//!
//! Messages are kept until somebody has seen them. `GET /v1/messages` waits for news if it is asked to, and
//! `GET /v1/messages/stream` goes on doing so, as server-sent events: `message` with one message each. Two marks end a
//! message: `seen`, and `dismissed` for one that was put away unread, which makes its rule speak less often.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, RawQuery, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream::{self, Stream};
use sarai_types::{Failure, FailureKind, Language, Notice};
use serde::{Deserialize, Serialize};

use crate::auth::hooks;
use crate::error::{ErrorBody, Problem};
use crate::rules::{RulesReply, RulesRequest};
use crate::state::Door;

/// The longest that a request waits for news.
const WAIT_MAX: Duration = Duration::from_secs(55);
/// How often a comment keeps a stream alive.
const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// What is asked of the loop's store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoopAsk {
    /// Messages after this one that nobody has seen; with none, wait so long for one.
    Unread {
        after: i64,
        wait: Duration,
    },
    Mark {
        id: i64,
        mark: MessageMark,
    },
    /// A webhook was called, by somebody who may.
    Hook {
        name: String,
    },
    /// Something of the rules. Sentences come in this language.
    Rules {
        request: RulesRequest,
        language: Language,
    },
}

/// What the owner did with a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MessageMark {
    Seen,
    Dismissed,
}

/// What comes back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LoopReply {
    Messages(Vec<MessageBody>),
    /// Whether anything changed.
    Done(bool),
    Rules(RulesReply),
}

/// A message, the oldest first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MessageBody {
    pub id: i64,
    /// The rule that says it.
    pub rule: String,
    /// `tell`, `suggest`, or `report` for what failed or was missed.
    pub kind: String,
    /// RFC 3339.
    pub at: String,
    /// `es` or `en`.
    pub language: String,
    pub text: String,
}

/// Messages that nobody has seen.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct MessagesBody {
    pub(crate) data: Vec<MessageBody>,
}

/// Whether anything changed.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct MarkedBody {
    pub(crate) changed: bool,
}

/// `after=7&wait=30`: only messages after this one, and for how many seconds to wait for one, at most 55.
fn query(text: &str) -> Result<(i64, u32), Problem> {
    let (mut after, mut wait) = (0, 0);
    for (name, value) in text.split('&').filter_map(|pair| pair.split_once('=')) {
        let wrong = |field: &'static str| Problem::invalid(field, Notice::new("api-messages-number"));
        match name {
            "after" => after = value.parse().map_err(|_| wrong("after"))?,
            "wait" => wait = value.parse().map_err(|_| wrong("wait"))?,
            _ => {}
        }
    }
    Ok((after, wait))
}

pub(crate) fn routes() -> Router<Arc<Door>> {
    Router::new()
        .route("/v1/messages", get(unread))
        .route("/v1/messages/stream", get(follow))
        .route("/v1/messages/{id}/seen", post(seen))
        .route("/v1/messages/{id}/dismissed", post(dismissed))
        .route("/v1/hooks/{name}", post(hook))
}

/// Messages that nobody has seen, the oldest first.
#[utoipa::path(get, path = "/v1/messages",
    params(("after" = Option<i64>, Query), ("wait" = Option<u32>, Query)),
    responses((status = 200, body = MessagesBody), (status = 503, body = ErrorBody)))]
pub(crate) async fn unread(
    State(door): State<Arc<Door>>,
    RawQuery(text): RawQuery,
) -> Result<Json<MessagesBody>, Problem> {
    let (after, wait) = query(&text.unwrap_or_default())?;
    let wait = Duration::from_secs(u64::from(wait)).min(WAIT_MAX);
    Ok(Json(MessagesBody { data: messages(&door, after, wait).await? }))
}

/// The same as server-sent events, as they come.
#[utoipa::path(get, path = "/v1/messages/stream", responses((status = 200), (status = 503, body = ErrorBody)))]
pub(crate) async fn follow(State(door): State<Arc<Door>>) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let waiting = stream::unfold((door, 0, Vec::new().into_iter()), |(door, mut after, mut ready)| async move {
        loop {
            if let Some(message) = ready.next() {
                let message: MessageBody = message;
                after = message.id;
                let event = Event::default().event("message").json_data(&message).unwrap_or_default();
                return Some((Ok(event), (door, after, ready)));
            }
            // A daemon that stops ends the stream; the browser comes back by itself.
            ready = messages(&door, after, WAIT_MAX).await.ok()?.into_iter();
        }
    });
    Sse::new(waiting).keep_alive(KeepAlive::new().interval(KEEP_ALIVE))
}

/// The owner saw a message.
#[utoipa::path(post, path = "/v1/messages/{id}/seen", params(("id" = i64, Path)), responses(
    (status = 200, body = MarkedBody), (status = 503, body = ErrorBody)))]
pub(crate) async fn seen(State(door): State<Arc<Door>>, Path(id): Path<i64>) -> Result<Json<MarkedBody>, Problem> {
    change(&door, LoopAsk::Mark { id, mark: MessageMark::Seen }).await
}

/// The owner put a message away unread.
#[utoipa::path(post, path = "/v1/messages/{id}/dismissed", params(("id" = i64, Path)), responses(
    (status = 200, body = MarkedBody), (status = 503, body = ErrorBody)))]
pub(crate) async fn dismissed(State(door): State<Arc<Door>>, Path(id): Path<i64>) -> Result<Json<MarkedBody>, Problem> {
    change(&door, LoopAsk::Mark { id, mark: MessageMark::Dismissed }).await
}

/// Tells the rules that wait for this webhook. It takes the token of this webhook alone too: `sarai rules hook`.
#[utoipa::path(post, path = "/v1/hooks/{name}", params(("name" = String, Path)), responses(
    (status = 200, body = MarkedBody), (status = 400, body = ErrorBody), (status = 429, body = ErrorBody)))]
pub(crate) async fn hook(State(door): State<Arc<Door>>, Path(name): Path<String>) -> Result<Json<MarkedBody>, Problem> {
    if !hooks::is_name(&name) {
        return Err(Problem::invalid("name", Notice::new("api-hook-name").arg("max", hooks::NAME_MAX)));
    }
    change(&door, LoopAsk::Hook { name }).await
}

async fn messages(door: &Door, after: i64, wait: Duration) -> Result<Vec<MessageBody>, Failure> {
    match door.handle.ask_loop(LoopAsk::Unread { after, wait }).await? {
        LoopReply::Messages(messages) => Ok(messages),
        LoopReply::Done(_) | LoopReply::Rules(_) => Err(strange()),
    }
}

async fn change(door: &Door, ask: LoopAsk) -> Result<Json<MarkedBody>, Problem> {
    match door.handle.ask_loop(ask).await? {
        LoopReply::Done(changed) => Ok(Json(MarkedBody { changed })),
        LoopReply::Messages(_) | LoopReply::Rules(_) => Err(strange().into()),
    }
}

pub(crate) fn strange() -> Failure {
    Failure::new(FailureKind::Internal, Notice::new("api-internal"), "the daemon answered another question")
}

//! Words of the model, asked of the daemon over host.v1.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use hyper_util::rt::TokioIo;
use sarai_proto::host::v1::{self as wire, host_client::HostClient};
use sarai_types::{Grammar, GrammarKind};
use tokio::net::UnixStream;
use tokio::time::Instant;
use tonic::transport::{Channel, Endpoint};
use tonic::{Code, Status, Streaming};

use crate::limits::{GENERATED_BYTES_MAX, MESSAGE_BYTES_MAX};

/// Why the model says nothing, or no more.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// The manifest does not ask for it, or the owner did not allow it.
    #[error("the skill is not granted words of the model")]
    NotGranted,
    #[error("the skill has used up its budget; again in {retry_after_ms} ms")]
    OverBudget { retry_after_ms: u32 },
    #[error("the model is busy; again in {retry_after_ms} ms")]
    Busy { retry_after_ms: u32 },
    /// No model is loaded, or the daemon is gone.
    #[error("the model is not there: {0}")]
    Unavailable(String),
    #[error("the prompt is too long: {0}")]
    TooLong(String),
    #[error("the grammar was refused: {0}")]
    Grammar(String),
    /// Of the call that it was for.
    #[error("the deadline has passed")]
    Deadline,
    /// The daemon did something that its contract does not have.
    #[error("the host broke off: {0}")]
    Broken(String),
}

/// Who says a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum HostRole {
    System,
    User,
    Assistant,
}

/// One message of a conversation with the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostMessage {
    pub role: HostRole,
    pub text: String,
}

impl HostMessage {
    #[must_use]
    pub fn new(role: HostRole, text: impl Into<String>) -> Self {
        Self { role, text: text.into() }
    }
}

/// What to ask of the model.
#[derive(Debug, Clone, PartialEq)]
pub struct Generate {
    /// Oldest first. Nothing stands before them.
    pub messages: Vec<HostMessage>,
    /// What the answer must look like; none leaves it free.
    pub grammar: Option<Grammar>,
    /// None takes all that the grant gives.
    pub max_tokens: Option<u32>,
    /// 0 is greedy.
    pub temperature: f32,
    pub seed: Option<u64>,
}

impl Generate {
    /// A free, greedy answer to a user's message after a system message.
    #[must_use]
    pub fn new(system: impl Into<String>, user: impl Into<String>) -> Self {
        Self {
            messages: vec![HostMessage::new(HostRole::System, system), HostMessage::new(HostRole::User, user)],
            grammar: None,
            max_tokens: None,
            temperature: 0.0,
            seed: None,
        }
    }
}

/// All that the model said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Generated {
    pub text: String,
    pub prompt_tokens: u32,
    pub completion_tokens: u32,
    pub end: End,
}

/// Why the model stopped.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum End {
    /// It had no more to say.
    Complete,
    /// It had said `max_tokens`; with a grammar, the text may not be in its language.
    CutOff,
}

/// The way to the daemon. Made at the first use, because most skills need none.
#[derive(Debug)]
pub(crate) struct Link {
    socket: PathBuf,
    channel: OnceLock<Channel>,
}

impl Link {
    pub(crate) const fn new(socket: PathBuf) -> Self {
        Self { socket, channel: OnceLock::new() }
    }

    fn client(&self) -> HostClient<Channel> {
        let channel = self.channel.get_or_init(|| connect(self.socket.clone()));
        HostClient::new(channel.clone()).max_decoding_message_size(MESSAGE_BYTES_MAX)
    }
}

/// A channel that connects when it is used, and again after the other side was replaced.
pub(crate) fn connect(socket: PathBuf) -> Channel {
    let connector = tower::service_fn(move |_| {
        let socket = socket.clone();
        async move { UnixStream::connect(socket).await.map(TokioIo::new) }
    });
    // The address is never looked up: the connector knows where to go.
    Endpoint::from_static("http://host.local").connect_with_connector_lazy(connector)
}

/// The model, for one call: the daemon hears for which, and until when.
#[derive(Debug, Clone)]
pub struct Host {
    link: Option<Arc<Link>>,
    call_id: String,
    deadline: Instant,
}

impl Host {
    pub(crate) const fn new(link: Option<Arc<Link>>, call_id: String, deadline: Instant) -> Self {
        Self { link, call_id, deadline }
    }

    #[cfg(test)]
    pub(crate) fn none() -> Self {
        Self::new(None, String::new(), Instant::now())
    }

    /// Whether the daemon gave this skill a way to ask at all.
    #[must_use]
    pub const fn is_granted(&self) -> bool {
        self.link.is_some()
    }

    /// Begins a generation. Dropping it ends the model's work within one batch.
    ///
    /// # Errors
    /// Any [`HostError`]; a refusal of the daemon comes with the first [`Generation::next`].
    pub async fn generate(&self, generate: Generate) -> Result<Generation, HostError> {
        let link = self.link.as_ref().ok_or(HostError::NotGranted)?;
        let message = |m: HostMessage| wire::Message {
            role: match m.role {
                HostRole::System => wire::Role::System,
                HostRole::User => wire::Role::User,
                HostRole::Assistant => wire::Role::Assistant,
            }
            .into(),
            text: m.text,
        };
        let mut request = tonic::Request::new(wire::GenerateRequest {
            messages: generate.messages.into_iter().map(message).collect(),
            grammar: generate.grammar.map(grammar),
            max_tokens: generate.max_tokens.unwrap_or(0),
            temperature: generate.temperature,
            seed: generate.seed,
            call: self.call_id.clone(),
        });
        request.set_timeout(self.deadline.saturating_duration_since(Instant::now()));
        let stream = link.client().generate(request).await.map_err(|s| broken(&s))?.into_inner();
        Ok(Generation { stream, said_bytes: 0, finished: None })
    }
}

fn grammar(grammar: Grammar) -> wire::Grammar {
    let kind = match grammar.kind {
        GrammarKind::JsonSchema => wire::GrammarKind::JsonSchema,
        GrammarKind::Gbnf => wire::GrammarKind::Gbnf,
        GrammarKind::Lark => wire::GrammarKind::Lark,
        GrammarKind::Regex => wire::GrammarKind::Regex,
    };
    wire::Grammar { kind: kind.into(), source: grammar.source }
}

/// What the model says, piece by piece.
#[derive(Debug)]
pub struct Generation {
    stream: Streaming<wire::GenerateEvent>,
    said_bytes: usize,
    finished: Option<wire::Finished>,
}

impl Generation {
    /// The next piece; none when the model has finished.
    ///
    /// # Errors
    /// Any [`HostError`]. Nothing comes after it.
    pub async fn next(&mut self) -> Result<Option<String>, HostError> {
        use wire::generate_event::Event;
        if self.finished.is_some() {
            return Ok(None);
        }
        let event = self.stream.message().await.map_err(|s| broken(&s))?;
        match event.map(|e| e.event) {
            Some(Some(Event::Text(text))) => {
                self.said_bytes += text.len();
                if self.said_bytes > GENERATED_BYTES_MAX {
                    return Err(HostError::Broken(format!("it said more than {GENERATED_BYTES_MAX} bytes")));
                }
                Ok(Some(text))
            }
            Some(Some(Event::Finished(finished))) => {
                self.finished = Some(finished);
                Ok(None)
            }
            Some(Some(Event::Refused(refused))) => Err(refusal(refused)),
            Some(None) => Err(HostError::Broken("an event without content".into())),
            None => Err(HostError::Broken("it ended without a last word".into())),
        }
    }

    /// All of it.
    ///
    /// # Errors
    /// Any [`HostError`].
    pub async fn collect(mut self) -> Result<Generated, HostError> {
        let mut text = String::new();
        while let Some(piece) = self.next().await? {
            text.push_str(&piece);
        }
        let finished = self.finished.unwrap_or_default();
        let end = if finished.complete { End::Complete } else { End::CutOff };
        let wire::Finished { prompt_tokens, completion_tokens, .. } = finished;
        Ok(Generated { text, prompt_tokens, completion_tokens, end })
    }
}

fn refusal(refused: wire::Refused) -> HostError {
    let wire::Refused { reason, detail, retry_after_ms } = refused;
    match wire::RefusalReason::try_from(reason) {
        Ok(wire::RefusalReason::OverBudget) => HostError::OverBudget { retry_after_ms },
        Ok(wire::RefusalReason::Busy) => HostError::Busy { retry_after_ms },
        Ok(wire::RefusalReason::Unavailable) => HostError::Unavailable(detail),
        Ok(wire::RefusalReason::TooLong) => HostError::TooLong(detail),
        Ok(wire::RefusalReason::Grammar) => HostError::Grammar(detail),
        Ok(wire::RefusalReason::Unspecified) | Err(_) => HostError::Broken(format!("refusal {reason}: {detail}")),
    }
}

fn broken(status: &Status) -> HostError {
    let text = status.message().to_owned();
    match status.code() {
        Code::PermissionDenied => HostError::NotGranted,
        Code::Unavailable => HostError::Unavailable(text),
        Code::DeadlineExceeded | Code::Cancelled => HostError::Deadline,
        code => HostError::Broken(format!("{code:?}: {text}")),
    }
}

//! `POST /v1/chat/completions`: what goes out, whole or in chunks.

use axum::response::sse::Event;
use sarai_types::{Candidate, Failure, Language, TokenText, ToolCall, TurnEvent, TurnSummary};
use serde::{Deserialize, Serialize};

use super::turn::{Answer, Extension, UsageBody, json, reason};
use crate::error::Problem;

/// What every object of one answer repeats.
#[derive(Debug, Clone)]
pub(super) struct Head {
    pub(super) id: String,
    /// Seconds since 1970.
    pub(super) created: u64,
    /// As the client named it.
    pub(super) model: String,
}

/// A whole answer.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct Completion {
    id: String,
    object: &'static str,
    created: u64,
    model: String,
    choices: Vec<CompletionChoice>,
    usage: UsageBody,
    sarai: Extension,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CompletionChoice {
    index: u32,
    message: CompletionMessage,
    logprobs: Option<Logprobs>,
    finish_reason: &'static str,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CompletionMessage {
    role: &'static str,
    /// Null when the answer is tool calls alone.
    content: Option<String>,
    refusal: Option<String>,
    /// What the model said to itself before it answered.
    #[serde(skip_serializing_if = "Option::is_none")]
    reasoning_content: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    tool_calls: Vec<ToolCallBody>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct ToolCallBody {
    id: String,
    r#type: &'static str,
    function: CalledBody,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct CalledBody {
    name: String,
    /// A JSON object, as text.
    arguments: String,
}

impl Completion {
    pub(super) fn new(head: Head, answer: Answer, language: Language) -> Self {
        let Answer { thought, text, tokens, tool_calls, summary } = answer;
        let message = CompletionMessage {
            role: "assistant",
            content: (tool_calls.is_empty() || !text.is_empty()).then_some(text),
            refusal: None,
            reasoning_content: (!thought.is_empty()).then_some(thought),
            tool_calls: tool_calls
                .into_iter()
                .map(|call| ToolCallBody {
                    id: call.id,
                    r#type: "function",
                    function: CalledBody { name: call.name, arguments: call.arguments },
                })
                .collect(),
        };
        Self {
            id: head.id,
            object: "chat.completion",
            created: head.created,
            model: head.model,
            choices: vec![CompletionChoice {
                index: 0,
                message,
                logprobs: Logprobs::of(&tokens),
                finish_reason: reason(summary.reason),
            }],
            sarai: Extension::new(&summary, language),
            usage: UsageBody::from(&summary),
        }
    }
}

/// A piece of an answer. The client of this crate reads it too, from any server.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct Chunk {
    #[serde(default)]
    pub(crate) id: String,
    #[serde(default)]
    pub(crate) object: String,
    #[serde(default)]
    pub(crate) created: u64,
    #[serde(default)]
    pub(crate) model: String,
    /// One, or none beside `usage`.
    #[serde(default)]
    pub(crate) choices: Vec<ChunkChoice>,
    /// Null but in the last chunk; not there unless asked for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) usage: Option<Option<UsageBody>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) sarai: Option<Extension>,
}

#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct ChunkChoice {
    #[serde(default)]
    pub(crate) index: u32,
    #[serde(default)]
    pub(crate) delta: Delta,
    #[serde(default)]
    pub(crate) logprobs: Option<Logprobs>,
    #[serde(default)]
    pub(crate) finish_reason: Option<String>,
}

#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct Delta {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) role: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) content: Option<String>,
    /// What the model says to itself before it answers.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) reasoning_content: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tool_calls: Option<Vec<ToolCallDelta>>,
}

#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct ToolCallDelta {
    #[serde(default)]
    pub(crate) index: usize,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) r#type: Option<String>,
    #[serde(default)]
    pub(crate) function: FunctionDelta,
}

#[derive(Debug, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct FunctionDelta {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) arguments: Option<String>,
}

/// How likely each token was.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct Logprobs {
    pub(crate) content: Vec<TokenLogprob>,
}

#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct TokenLogprob {
    #[serde(flatten)]
    chosen: TokenCandidate,
    /// Likeliest first.
    #[serde(default)]
    top_logprobs: Vec<TokenCandidate>,
}

#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
struct TokenCandidate {
    /// Bytes that are no whole character read as U+FFFD here.
    token: String,
    logprob: f32,
    #[serde(default)]
    bytes: Option<Vec<u8>>,
}

impl Logprobs {
    fn of(tokens: &[TokenText]) -> Option<Self> {
        let content = tokens
            .iter()
            .map(|token| TokenLogprob {
                chosen: TokenCandidate::of(&token.chosen),
                top_logprobs: token.top.iter().map(TokenCandidate::of).collect(),
            })
            .collect();
        (!tokens.is_empty()).then_some(Self { content })
    }
}

impl TokenCandidate {
    fn of(candidate: &Candidate) -> Self {
        Self {
            token: String::from_utf8_lossy(&candidate.bytes).into_owned(),
            logprob: candidate.logprob,
            bytes: Some(candidate.bytes.clone()),
        }
    }
}

impl From<TokenLogprob> for TokenText {
    fn from(token: TokenLogprob) -> Self {
        Self { chosen: token.chosen.into(), top: token.top_logprobs.into_iter().map(Into::into).collect() }
    }
}

impl From<TokenCandidate> for Candidate {
    fn from(candidate: TokenCandidate) -> Self {
        let TokenCandidate { token, logprob, bytes } = candidate;
        Self { bytes: bytes.unwrap_or_else(|| token.into_bytes()), logprob }
    }
}

/// Whether the last chunk holds the token counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum UsageChunk {
    Sent,
    Omitted,
}

/// Turns the events of a turn into server-sent events.
#[derive(Debug)]
pub(super) struct ChunkWriter {
    head: Head,
    usage: UsageChunk,
    language: Language,
    /// Calls written so far, which is the next one's index.
    tool_calls: usize,
}

impl ChunkWriter {
    pub(super) const fn new(head: Head, usage: UsageChunk, language: Language) -> Self {
        Self { head, usage, language, tool_calls: 0 }
    }

    pub(super) fn write(&mut self, event: Result<TurnEvent, Failure>) -> Vec<Event> {
        match event {
            Ok(TurnEvent::Started { .. }) => {
                let delta =
                    Delta { role: Some("assistant".to_owned()), content: Some(String::new()), ..Delta::default() };
                vec![self.choice(delta, None, None)]
            }
            Ok(TurnEvent::Text { text, tokens }) => {
                let delta = Delta { content: Some(text), ..Delta::default() };
                vec![self.choice(delta, Logprobs::of(&tokens), None)]
            }
            Ok(TurnEvent::Thought { text }) => {
                let delta = Delta { reasoning_content: Some(text), ..Delta::default() };
                vec![self.choice(delta, None, None)]
            }
            Ok(TurnEvent::ToolCall(call)) => vec![self.tool_call(call)],
            Ok(TurnEvent::Finished(summary)) => self.finish(&summary),
            Err(failure) => vec![Event::default().data(json(&Problem::from(failure).object(self.language)))],
        }
    }

    fn tool_call(&mut self, call: ToolCall) -> Event {
        let delta = ToolCallDelta {
            index: self.tool_calls,
            id: Some(call.id),
            r#type: Some("function".to_owned()),
            function: FunctionDelta { name: Some(call.name), arguments: Some(call.arguments) },
        };
        self.tool_calls += 1;
        self.choice(Delta { tool_calls: Some(vec![delta]), ..Delta::default() }, None, None)
    }

    fn finish(&self, summary: &TurnSummary) -> Vec<Event> {
        let mut events = vec![self.choice(Delta::default(), None, Some(reason(summary.reason).to_owned()))];
        if self.usage == UsageChunk::Sent {
            let chunk = Chunk {
                usage: Some(Some(summary.into())),
                sarai: Some(Extension::new(summary, self.language)),
                ..self.chunk(Vec::new())
            };
            events.push(Event::default().data(json(&chunk)));
        }
        events.push(Event::default().data("[DONE]"));
        events
    }

    fn choice(&self, delta: Delta, logprobs: Option<Logprobs>, finish_reason: Option<String>) -> Event {
        let choice = ChunkChoice { index: 0, delta, logprobs, finish_reason };
        Event::default().data(json(&self.chunk(vec![choice])))
    }

    fn chunk(&self, choices: Vec<ChunkChoice>) -> Chunk {
        let Head { id, created, model } = self.head.clone();
        Chunk {
            id,
            object: "chat.completion.chunk".to_owned(),
            created,
            model,
            choices,
            usage: (self.usage == UsageChunk::Sent).then_some(None),
            sarai: None,
        }
    }
}

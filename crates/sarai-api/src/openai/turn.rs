//! One turn between the daemon and a client, whatever shape the answer has.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::time::Duration;

use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::stream;
use sarai_types::{
    Decoding, Drafts, Failure, FailureKind, FinishReason, Form, GrammarKind, Language, Notice, SkillAnswer, Timings,
    TokenText, ToolCall, TurnEvent, TurnSummary,
};
use serde::{Deserialize, Serialize};
use tokio::sync::mpsc;

use crate::error::Problem;
use crate::memory::MemoryFigures;

/// How long a stream stays silent at most; clients and proxies give up on one that says nothing.
const KEEP_ALIVE: Duration = Duration::from_secs(10);

pub(super) type Events = mpsc::Receiver<Result<TurnEvent, Failure>>;

/// A whole answer.
#[derive(Debug)]
pub(super) struct Answer {
    /// What the model said to itself before; empty if nothing.
    pub(super) thought: String,
    pub(super) text: String,
    pub(super) tokens: Vec<TokenText>,
    pub(super) tool_calls: Vec<ToolCall>,
    pub(super) summary: TurnSummary,
}

/// Waits for the whole answer. Its length is bounded by the model's context.
pub(super) async fn collect(mut events: Events) -> Result<Answer, Problem> {
    let (mut thought, mut text, mut tokens, mut tool_calls) = (String::new(), String::new(), Vec::new(), Vec::new());
    while let Some(event) = events.recv().await {
        match event? {
            TurnEvent::Started { .. } => {}
            TurnEvent::Thought { text: more } => thought.push_str(&more),
            TurnEvent::Text { text: more, tokens: chosen } => {
                text.push_str(&more);
                tokens.extend(chosen);
            }
            TurnEvent::ToolCall(call) => tool_calls.push(call),
            TurnEvent::Finished(summary) => return Ok(Answer { thought, text, tokens, tool_calls, summary }),
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
    #[serde(default)]
    pub(crate) speculation: SpeculationBody,
    /// Null for an answer that was held to no grammar.
    #[serde(default)]
    pub(crate) grammar: Option<GrammarFigures>,
    /// Null where the model answered alone.
    #[serde(default)]
    pub(crate) skill: Option<SkillFigures>,
    #[serde(default)]
    pub(crate) memory: MemoryFigures,
}

/// The skill that answered.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct SkillFigures {
    pub(crate) name: String,
    /// Why this one, in the client's language, the weightiest reason first.
    pub(crate) reasons: Vec<String>,
    /// What it found, for programs: a JSON value; null where it gives none.
    #[schema(value_type = Option<Object>)]
    #[serde(default)]
    pub(crate) data: Option<serde_json::Value>,
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

/// What guessing ahead gave.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct SpeculationBody {
    /// Where most of the guesses that were right came from: `suffix` or `model`; null if none was.
    #[serde(default)]
    pub(crate) source: Option<String>,
    /// Tokens that were guessed, from all sources.
    pub(crate) drafted: u32,
    pub(crate) accepted: u32,
    /// How many times longer one batch for each token would have taken, by the measured cost of one; null while that is
    /// not known.
    #[serde(default)]
    pub(crate) speedup: Option<f64>,
    /// Batches after the prompt was read.
    #[serde(default)]
    pub(crate) batches: u32,
    /// Guessed from what was said before.
    #[serde(default)]
    pub(crate) suffix: DraftsBody,
    /// Guessed by the draft model.
    #[serde(default)]
    pub(crate) model: DraftsBody,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct DraftsBody {
    pub(crate) drafted: u32,
    pub(crate) accepted: u32,
}

/// What the answer was held to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct GrammarFigures {
    /// `json-schema`, `gbnf`, `lark` (also for the form of tool calls) or `regex`.
    pub(crate) kind: String,
    /// Tokens that it left no choice about.
    pub(crate) forced_tokens: u32,
    /// False where the answer ended inside a structure.
    pub(crate) complete: bool,
}

impl Extension {
    pub(super) fn new(summary: &TurnSummary, language: Language) -> Self {
        let Timings { queued_ms, prefill_ms, decode_ms } = summary.timings;
        let decoding = &summary.decoding;
        let grammar = summary.grammar.map(|kind| GrammarFigures {
            kind: kind.as_str().to_owned(),
            forced_tokens: decoding.forced_tokens,
            complete: decoding.form == Form::Complete,
        });
        Self {
            model: summary.model.to_string(),
            timings: TimingsBody { queued_ms, prefill_ms, decode_ms },
            speculation: SpeculationBody {
                source: source(decoding).map(str::to_owned),
                drafted: decoding.suffix.drafted.saturating_add(decoding.model.drafted),
                accepted: decoding.suffix.accepted.saturating_add(decoding.model.accepted),
                speedup: (decoding.plain_ms > 0.0 && decode_ms > 0.0).then(|| decoding.plain_ms / decode_ms),
                batches: decoding.batches,
                suffix: decoding.suffix.into(),
                model: decoding.model.into(),
            },
            grammar,
            skill: summary.skill.as_ref().map(|skill| SkillFigures::new(skill, language)),
            memory: MemoryFigures::new(&summary.memory, language),
        }
    }

    /// The figures that it was made of.
    pub(crate) fn decoding(&self) -> Decoding {
        let drafts = |d: DraftsBody| Drafts { drafted: d.drafted, accepted: d.accepted };
        Decoding {
            batches: self.speculation.batches,
            forced_tokens: self.grammar.as_ref().map_or(0, |grammar| grammar.forced_tokens),
            suffix: drafts(self.speculation.suffix),
            model: drafts(self.speculation.model),
            plain_ms: self.speculation.speedup.map_or(0.0, |speedup| speedup * self.timings.decode_ms),
            form: match &self.grammar {
                None => Form::Free,
                Some(grammar) if grammar.complete => Form::Complete,
                Some(_) => Form::Incomplete,
            },
        }
    }

    /// What the answer was held to; none for a kind that this version does not know.
    pub(crate) fn grammar_kind(&self) -> Option<GrammarKind> {
        let word = &self.grammar.as_ref()?.kind;
        GrammarKind::ALL.into_iter().find(|kind| kind.as_str() == word)
    }
}

impl SkillFigures {
    fn new(skill: &SkillAnswer, language: Language) -> Self {
        Self {
            name: skill.name.to_string(),
            reasons: skill.reasons.iter().map(|reason| sarai_messages::text(language, reason)).collect(),
            // A skill that gives something else gives nothing to a program.
            data: serde_json::from_str(&skill.data).ok(),
        }
    }
}

const fn source(decoding: &Decoding) -> Option<&'static str> {
    match (decoding.suffix.accepted, decoding.model.accepted) {
        (0, 0) => None,
        (suffix, model) if suffix >= model => Some("suffix"),
        (_, _) => Some("model"),
    }
}

impl From<Drafts> for DraftsBody {
    fn from(drafts: Drafts) -> Self {
        Self { drafted: drafts.drafted, accepted: drafts.accepted }
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
    #[serde(default)]
    pub(crate) completion_tokens_details: Option<GuessedTokens>,
}

/// How much of a prompt did not have to be read again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct CachedTokens {
    #[serde(default)]
    pub(crate) cached_tokens: u32,
}

/// How many tokens were guessed ahead, by OpenAI's names. A guess that was wrong costs time and no token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct GuessedTokens {
    #[serde(default)]
    pub(crate) accepted_prediction_tokens: u32,
    #[serde(default)]
    pub(crate) rejected_prediction_tokens: u32,
}

impl From<&TurnSummary> for UsageBody {
    fn from(summary: &TurnSummary) -> Self {
        let (usage, decoding) = (summary.usage, &summary.decoding);
        let wrong = |drafts: Drafts| drafts.drafted.saturating_sub(drafts.accepted);
        Self {
            prompt_tokens: usage.prompt_tokens,
            completion_tokens: usage.completion_tokens,
            total_tokens: usage.prompt_tokens.saturating_add(usage.completion_tokens),
            prompt_tokens_details: Some(CachedTokens { cached_tokens: usage.cached_tokens }),
            completion_tokens_details: Some(GuessedTokens {
                accepted_prediction_tokens: decoding.suffix.accepted.saturating_add(decoding.model.accepted),
                rejected_prediction_tokens: wrong(decoding.suffix).saturating_add(wrong(decoding.model)),
            }),
        }
    }
}

//! One request to a model, and what comes back.

use crate::{Conversation, Priority, Sampling};

/// The longest text a prompt may have, in bytes. Longer is refused before it is tokenised.
pub const SEQUENCE_TEXT_MAX: usize = 4 << 20;

/// What the model continues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// Rendered with the model's own chat template.
    Chat(Conversation),
    /// Continued as it stands; control tokens in it are plain text.
    Text(String),
}

/// One request to a model.
#[derive(Debug, Clone, PartialEq)]
pub struct Generation {
    pub prompt: Prompt,
    pub sampling: Sampling,
    /// Tokens at most; none means what the context still holds.
    pub max_tokens: Option<u32>,
    /// Texts that end the answer; they are not part of it. At most 16, none empty.
    pub stop: Vec<String>,
    /// How many alternatives to report with each token; none reports no probabilities.
    pub logprobs: Option<u8>,
    pub priority: Priority,
}

/// A token and how likely it was.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// The token's own bytes, which need not be whole characters.
    pub bytes: Vec<u8>,
    /// Natural logarithm of the probability before temperature and truncation.
    pub logprob: f32,
}

/// A chosen token with its alternatives, likeliest first.
#[derive(Debug, Clone, PartialEq)]
pub struct TokenText {
    pub chosen: Candidate,
    pub top: Vec<Candidate>,
}

/// Why a generation ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FinishReason {
    /// The model ended, or a stop text was reached.
    Stop,
    /// `max_tokens`, or the context, was used up.
    Length,
    /// The answer is one or more tool calls.
    ToolCalls,
}

/// Token counts of one generation.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Usage {
    pub prompt_tokens: u32,
    /// How many of the prompt's tokens did not have to be read again.
    pub cached_tokens: u32,
    pub completion_tokens: u32,
}

/// How long it took, in the worker's own clock.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Timings {
    /// Time in the queue before the first batch.
    pub queued_ms: f64,
    /// From the first batch to the first token.
    pub prefill_ms: f64,
    /// From the first token to the last.
    pub decode_ms: f64,
}

/// What comes back, in this order: one `Started`, any number of `Text`, one `Finished`. Instead of any of them a
/// [`crate::Failure`] may end it.
#[derive(Debug, Clone, PartialEq)]
pub enum GenerationEvent {
    Started {
        prompt_tokens: u32,
        cached_tokens: u32,
    },
    /// Whole characters only. `tokens` is empty unless probabilities were asked for.
    Text {
        text: String,
        tokens: Vec<TokenText>,
    },
    Finished {
        reason: FinishReason,
        usage: Usage,
        timings: Timings,
    },
}

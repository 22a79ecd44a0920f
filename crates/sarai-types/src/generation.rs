//! One request to a model, and what comes back.

use std::fmt;
use std::str::FromStr;

use crate::{Conversation, Priority, Sampling};

/// The longest text a prompt may have, in bytes. Longer is refused before it is tokenised.
pub const SEQUENCE_TEXT_MAX: usize = 4 << 20;

/// The longest text that a model for vectors reads, in tokens. It reads one at once, and llama.cpp makes room for a row of
/// the vocabulary for each token.
pub const VECTOR_TOKENS_MAX: u32 = 512;

/// What the model continues.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Prompt {
    /// Rendered with the model's own chat template.
    Chat(Conversation),
    /// Continued as it stands; control tokens in it are plain text.
    Text(String),
}

/// The longest source of a grammar, in bytes.
pub const GRAMMAR_BYTES_MAX: usize = 1 << 20;

/// The language that a grammar is written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrammarKind {
    /// JSON Schema, draft 2020-12: the answer is a JSON value that the schema allows.
    JsonSchema,
    /// llama.cpp's grammar language.
    Gbnf,
    /// llguidance's dialect of Lark.
    Lark,
    /// One regular expression for the whole answer, in the syntax of Rust's `regex`.
    Regex,
}

impl GrammarKind {
    pub const ALL: [Self; 4] = [Self::JsonSchema, Self::Gbnf, Self::Lark, Self::Regex];

    /// The word for it on the command line and in requests.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::JsonSchema => "json-schema",
            Self::Gbnf => "gbnf",
            Self::Lark => "lark",
            Self::Regex => "regex",
        }
    }
}

/// What an answer must look like. Its source is compiled by the worker, which may refuse it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grammar {
    pub kind: GrammarKind,
    /// At most [`GRAMMAR_BYTES_MAX`] bytes.
    pub source: String,
}

/// The longest draft that one batch verifies.
pub const DRAFT_TOKENS_MAX: u8 = 63;

/// How many tokens are guessed ahead of each batch. Guesses change how long an answer takes, not what it says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Speculation {
    /// As many as the measured costs and the luck so far make worth while; often none.
    #[default]
    Auto,
    Off,
    /// 5, 4, 2 or none by the share that was right in the last ten batches, whatever they cost. For comparison.
    Acceptance,
    /// Always this many, if there are guesses: 1 to [`DRAFT_TOKENS_MAX`]. For comparison.
    Fixed(u8),
}

impl fmt::Display for Speculation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Off => f.write_str("off"),
            Self::Acceptance => f.write_str("acceptance"),
            Self::Fixed(k) => write!(f, "fixed:{k}"),
        }
    }
}

/// Not one of `auto`, `off`, `acceptance`, `fixed:1` to `fixed:63`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("speculation is auto, off, acceptance, or fixed:1 to fixed:{DRAFT_TOKENS_MAX}")]
pub struct SpeculationError;

impl FromStr for Speculation {
    type Err = SpeculationError;

    fn from_str(text: &str) -> Result<Self, SpeculationError> {
        match text {
            "auto" => Ok(Self::Auto),
            "off" => Ok(Self::Off),
            "acceptance" => Ok(Self::Acceptance),
            _ => {
                let k = text.strip_prefix("fixed:").and_then(|k| k.parse().ok()).ok_or(SpeculationError)?;
                (1..=DRAFT_TOKENS_MAX).contains(&k).then_some(Self::Fixed(k)).ok_or(SpeculationError)
            }
        }
    }
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
    pub grammar: Option<Grammar>,
    pub speculation: Speculation,
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

/// Tokens that one source guessed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Drafts {
    pub drafted: u32,
    /// How many of them the model would have said itself.
    pub accepted: u32,
}

/// Whether an answer that was held to a grammar is whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Form {
    /// There was no grammar.
    #[default]
    Free,
    Complete,
    /// It ended inside a structure, for lack of tokens or at a stop text.
    Incomplete,
}

/// How an answer was decoded.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Decoding {
    /// Batches after the prompt was read.
    pub batches: u32,
    /// Tokens that the grammar left no choice about; the model was not asked for them.
    pub forced_tokens: u32,
    /// Guessed from what was said before.
    pub suffix: Drafts,
    /// Guessed by the draft model.
    pub model: Drafts,
    /// What one batch for each token would have taken, by the measured cost of one; 0 when that is not known yet.
    pub plain_ms: f64,
    pub form: Form,
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
        decoding: Decoding,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn speculation_is_read_as_it_is_written() {
        for policy in [Speculation::Auto, Speculation::Off, Speculation::Acceptance, Speculation::Fixed(63)] {
            assert_eq!(policy.to_string().parse(), Ok(policy));
        }
        for wrong in ["", "on", "fixed", "fixed:", "fixed:0", "fixed:64", "fixed:-1"] {
            assert_eq!(wrong.parse::<Speculation>(), Err(SpeculationError), "{wrong}");
        }
    }
}

//! The vocabulary that every other crate speaks.
//!
//! Values only: nothing here reads a clock, a file or a socket, and nothing is serialisable. Text from outside becomes
//! one of these types in the crate that stands at that rim (`sarai-config`, `sarai-api`, `sarai-proto`).
//!
//! # Key types
//! - [`Message`], [`Conversation`]: what was said, and by whom.
//! - [`Generation`]: one request to a model; [`GenerationEvent`]: what comes back, in order.
//! - [`TurnRequest`], [`TurnEvent`]: the same for a whole turn of the assistant, which may be more than one generation.
//! - [`SkillCall`], [`SkillEvent`]: a request to a skill and what it sends back.
//! - [`Said`], [`Recollection`]: what a turn tells the memory, and what comes back.
//! - [`Notice`]: a sentence for a person, by name, rendered in their language at the rim.
//! - [`Failure`]: why something did not happen, for the one who can act.

mod failure;
mod generation;
mod ids;
mod language;
mod letters;
mod memory;
mod message;
mod notice;
mod sampling;
mod skill;
mod turn;

pub use failure::{Failure, FailureKind};
pub use generation::{
    Candidate, DRAFT_TOKENS_MAX, Decoding, Drafts, FinishReason, Form, GRAMMAR_BYTES_MAX, Generation, GenerationEvent,
    Grammar, GrammarKind, Prompt, SEQUENCE_TEXT_MAX, Speculation, SpeculationError, Timings, TokenText, Usage,
    VECTOR_TOKENS_MAX,
};
pub use ids::{IdError, ModelId, TurnId};
pub use language::Language;
pub use letters::{is_combining, without_accent};
pub use memory::{FactLine, FactRole, MemoryPart, MemoryShare, MemoryWish, Recollection, Said};
pub use message::{Conversation, Message, Role, Strictness, ToolCall, ToolChoice, ToolSpec};
pub use notice::Notice;
pub use sampling::{Penalties, Sampling, SamplingError};
pub use skill::{ChosenSkill, SkillCall, SkillEvent, SkillKind, SkillName, SkillNameError, SkillWish};
pub use turn::{Persona, Priority, SkillAnswer, TurnEvent, TurnRequest, TurnSummary};

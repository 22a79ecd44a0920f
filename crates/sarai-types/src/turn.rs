//! A turn of the assistant: one question, its answer.

use crate::{
    Decoding, FinishReason, Grammar, GrammarKind, Language, MemoryShare, MemoryWish, Message, ModelId, Notice,
    Sampling, SkillName, SkillWish, Speculation, Timings, TokenText, ToolCall, ToolChoice, ToolSpec, TurnId, Usage,
};

/// Who goes first when not everybody can. The order of the variants is the order of service.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum Priority {
    /// A person waits.
    #[default]
    Interactive,
    /// A task with a deadline.
    Task,
    /// Nobody waits.
    Background,
}

/// Who answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Persona {
    /// SARAi: its own system text stands before what the client sends.
    #[default]
    Assistant,
    /// The model alone: exactly the messages that the client sends.
    Model,
}

/// What a client asks for, checked.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnRequest {
    pub id: TurnId,
    pub persona: Persona,
    /// The model to answer; none means the configured one.
    pub model: Option<ModelId>,
    /// Oldest first, never empty.
    pub messages: Vec<Message>,
    pub tools: Vec<ToolSpec>,
    pub tool_choice: ToolChoice,
    pub sampling: Sampling,
    pub max_tokens: Option<u32>,
    pub stop: Vec<String>,
    pub logprobs: Option<u8>,
    pub priority: Priority,
    /// What the answer must look like. Tool calls have a form of their own, so not together with tools.
    pub grammar: Option<Grammar>,
    pub speculation: Speculation,
    /// Who of the assistant's skills may answer. A client's own tools or form leave no room for one.
    pub skill: SkillWish,
    /// Tools or a form of the client's own leave no room for the memory either.
    pub memory: MemoryWish,
    /// The language of notices, and of the assistant where the person's own cannot be told.
    pub language: Language,
    /// The time where the person is, in words such as "Sunday 22 November 2026, 14:05 (Europe/Madrid)".
    pub local_time: String,
}

/// Figures of a whole turn.
#[derive(Debug, Clone, PartialEq)]
pub struct TurnSummary {
    pub model: ModelId,
    pub reason: FinishReason,
    pub usage: Usage,
    pub timings: Timings,
    pub decoding: Decoding,
    /// What the answer was held to, whoever asked for it.
    pub grammar: Option<GrammarKind>,
    /// Who answered, where it was not the model alone.
    pub skill: Option<SkillAnswer>,
    pub memory: Box<MemoryShare>,
}

/// What a client learns of the skill that answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkillAnswer {
    pub name: SkillName,
    /// Why this one, the weightiest reason first.
    pub reasons: Vec<Notice>,
    /// What it found, for programs: JSON as text, or empty.
    pub data: String,
}

/// What a client receives, in this order: one `Started`, any number of `Thought`, `Text` and `ToolCall`, then
/// `Finished`. Instead of any of them a [`crate::Failure`] may end it.
#[derive(Debug, Clone, PartialEq)]
pub enum TurnEvent {
    Started {
        model: ModelId,
        prompt_tokens: u32,
        cached_tokens: u32,
    },
    /// What a model that thinks before it answers says to itself. Not part of the answer.
    Thought {
        text: String,
    },
    Text {
        text: String,
        tokens: Vec<TokenText>,
    },
    ToolCall(ToolCall),
    Finished(TurnSummary),
}

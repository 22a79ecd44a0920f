//! What a turn and the memory say to each other.

use crate::{Language, Notice};

/// Whether a turn may use what is remembered of the owner, and add to it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MemoryWish {
    #[default]
    On,
    /// Nothing is looked up and nothing is kept.
    Off,
}

/// What the owner said, for the memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub text: String,
    /// The first message of the conversation, by which its turns are known to belong together.
    pub opening: String,
    /// The language of the owner, where the words do not tell.
    pub language: Language,
}

/// What the memory gives to a turn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Recollection {
    /// What is known of the owner, a fact a line. It stays the same as long as it can, because all that follows it in a
    /// prompt is read again when it changes.
    pub known: String,
    pub part: MemoryPart,
    pub share: MemoryShare,
}

/// What the memory does in a turn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum MemoryPart {
    #[default]
    None,
    /// This is the whole answer.
    Reply(String),
    /// What may help to answer, as sentences.
    Help(String),
    /// What was said before with words of the question, or to nearly the same effect: it may answer, or not.
    Hints(String),
    /// It was asked for what only the owner can have told, and nobody did. The sentence says so.
    Unknown(String),
}

/// What a client learns of the memory's part in a turn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct MemoryShare {
    /// The facts that the answer rests on; those that were only at hand come behind those that were asked for.
    pub used: Vec<FactLine>,
    pub stored: Vec<FactLine>,
    /// Facts that no longer hold, or never did.
    pub ended: Vec<FactLine>,
    /// How many facts and messages were erased, because the owner wished it.
    pub erased: u32,
    /// Why nothing could be looked up or kept.
    pub trouble: Option<Notice>,
}

/// A fact as a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FactLine {
    pub id: u64,
    pub text: String,
    pub role: FactRole,
}

/// Why a fact is in a turn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum FactRole {
    /// The message was about it.
    #[default]
    Asked,
    /// It stood among what is known of the owner.
    Known,
    /// It is no fact but a message of the owner's that says what was asked; the number is the message's.
    Said,
}

impl FactRole {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Known => "known",
            Self::Said => "said",
        }
    }
}

//! What a model may be asked of a message that the grammar did not understand, and what its answer is worth.
//!
//! A small model invents, so it decides nothing here. It is asked about one sentence of the owner's own words at a time,
//! and can only say who of those that stand in it, one of a closed list of predicates, and which of its words. What it
//! says is then checked as if a stranger had written it, because the sentence may have been made to mislead it.
//!
//! # Key types
//! - [`Unread`]: a sentence that is worth a model's time, and what to ask of it.
//! - [`Proposal`]: what a model says of it, once it stands in the sentence. [`Refusal`] says why not.
//! - [`Suggestion`]: a proposal that waits for the owner.
//!
//! # How to use it
//! 1. [`crate::Memory::look`] for the next sentence, while nothing else runs.
//! 2. Have a model answer its question; hand its words to [`crate::Memory::judge`].
//! 3. [`crate::Memory::accept`] or [`crate::Memory::dismiss`] what it suggests, as the owner says.

mod ask;
mod judge;
mod sentence;

use sarai_types::{Generation, Language};

use crate::fact::{EpisodeId, Predicate};
use crate::time::Moment;
pub(crate) use ask::question;
pub(crate) use judge::{cued, proposals, statement};
pub(crate) use sentence::{reading_at, unread};

/// Suggestions that wait for the owner at most; nobody decides about more, so no model is asked for more.
pub const SUGGESTIONS_MAX: usize = 100;

/// A sentence that says something of the owner or their people, and that the grammar did not understand.
#[derive(Debug, Clone, PartialEq)]
pub struct Unread {
    pub episode: EpisodeId,
    /// Where the sentence stands, in bytes of the message.
    pub sentence: (usize, usize),
    pub question: Generation,
}

/// Up to where messages were read: all before this one, and of this one what stands before the byte.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ReadTo {
    pub episode: EpisodeId,
    pub byte: usize,
}

impl Default for ReadTo {
    fn default() -> Self {
        Self { episode: EpisodeId(1), byte: 0 }
    }
}

/// What came of looking for a sentence.
#[derive(Debug, Clone, PartialEq)]
pub enum Looked {
    Found(Box<Unread>),
    /// There are more messages to look at; this much took long enough.
    More,
    /// All was read, or as many suggestions wait as may.
    Nothing,
}

/// One triple that a model read in a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proposal {
    /// As it stands in the sentence; empty for the owner.
    pub subject: String,
    pub predicate: Predicate,
    /// As it stands in the sentence.
    pub object: String,
    /// Where the object stands, in bytes of the message.
    pub span: (usize, usize),
}

/// Names a suggestion, by the order in which they were made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SuggestionId(pub u64);

/// A proposal that only the owner can make a fact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Suggestion {
    pub id: SuggestionId,
    pub episode: EpisodeId,
    pub proposal: Proposal,
    /// Where the sentence stands, in bytes of the message.
    pub sentence: (usize, usize),
    pub language: Language,
    /// When the owner said it.
    pub recorded: Moment,
}

/// What became of a proposal.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Verdict {
    /// It is a fact now.
    Kept,
    /// The owner decides.
    Suggested,
    Refused(Refusal),
}

/// Why a proposal is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Refusal {
    /// The answer is no list of triples.
    Malformed,
    /// No predicate that a model may propose.
    Predicate,
    /// The sentence names nobody so.
    Subject,
    /// The words do not stand in the sentence.
    Object,
    /// A password, PIN or card number.
    Secret,
    /// It is a fact or a suggestion already, or was one and holds no more.
    Known,
    /// The owner had it forgotten, or dropped it before.
    Forgotten,
    /// Two people are called so.
    Ambiguous,
}

impl Verdict {
    /// The word for it in files and figures.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Suggested => "suggested",
            Self::Refused(Refusal::Malformed) => "malformed",
            Self::Refused(Refusal::Predicate) => "predicate",
            Self::Refused(Refusal::Subject) => "subject",
            Self::Refused(Refusal::Object) => "object",
            Self::Refused(Refusal::Secret) => "secret",
            Self::Refused(Refusal::Known) => "known",
            Self::Refused(Refusal::Forgotten) => "forgotten",
            Self::Refused(Refusal::Ambiguous) => "ambiguous",
        }
    }
}

/// What a model may propose: what a sentence says outright, without a name, a date, a place or a relation in it, which the
/// grammar reads better. The words beside each tell the model what it is.
pub(crate) const PROPOSED: &[(Predicate, &str)] = &[
    (Predicate::Role, "job"),
    (Predicate::Studies, "subject studied"),
    (Predicate::Owns, "possession"),
    (Predicate::Likes, "liked thing"),
    (Predicate::Dislikes, "disliked thing"),
    (Predicate::Hobby, "pastime"),
    (Predicate::Plays, "sport or instrument"),
    (Predicate::Collects, "collected things"),
    (Predicate::Speaks, "language"),
    (Predicate::Learning, "skill being learnt"),
    (Predicate::AllergicTo, "allergy or intolerance"),
    (Predicate::Avoids, "food or drink avoided"),
    (Predicate::Health, "illness"),
    (Predicate::Medication, "medicine"),
    (Predicate::Habit, "habit"),
    (Predicate::Goal, "plan"),
];

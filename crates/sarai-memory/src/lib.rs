//! What SARAi remembers of its owner: dated facts, found again in either language, forgotten exactly.
//!
//! A message of the owner becomes statements by grammar and tables, without a model; statements become facts once it is
//! clear whom they mean; a question finds facts by what it asks for, and a short answer is made from templates. Text of
//! anybody else (a tool, a web page, the assistant) becomes nothing.
//!
//! Nothing here reads a clock, a file or a socket: the time comes with each message, and facts live in a [`Store`].
//!
//! # Key types
//! - [`Memory`]: takes messages in, answers, forgets. [`InMemory`] is the simplest store, and the model of all others.
//! - [`Fact`]: subject, predicate, object, since when, until when, and the words that say so.
//! - [`extract()`]: the pure way from a [`Message`] to an [`Extraction`]; [`Reason`] says why something was not kept.
//! - [`Request`] and [`Report`]: what to forget, and what was erased.
//! - [`Embedding`] and [`Unembedded`]: what a model for vectors is asked, where the owner has one.
//! - [`Unread`] and [`Suggestion`]: what a model may be asked when nothing else runs, and what the owner decides.
//! - [`Replay`]: plays a conversation, for tests from outside.
//!
//! # How to use it
//! 1. `Memory::new(store)`; `say` with each message of the owner, with its time.
//! 2. `ask` with a question; `facts_block` for a prompt.
//! 3. `forget` with a request; hand the report's texts to whoever keeps copies.
//!
//! # Never
//! Passwords, PINs and card numbers are not kept, not even word by word. No similarity decides who is who: names and
//! relations do, and where two people answer to a name, nothing is stored.

mod embedding;
mod enrich;
mod extract;
mod fact;
mod grammar;
#[cfg(test)]
mod heard;
mod memory;
mod recall;
mod replay;
mod text;
mod time;
mod words;

pub use embedding::Embedding;
pub use enrich::{Looked, Proposal, ReadTo, Refusal, SUGGESTIONS_MAX, Suggestion, SuggestionId, Unread, Verdict};
pub use extract::{
    Act, Command, Context, Extraction, Keeping, MESSAGE_BYTES_MAX, Manner, Message, Object, Reason, STATEMENTS_MAX,
    Skipped, Speaker, Statement, extract,
};
pub use fact::{
    Arity, Entity, EntityId, EntityKind, Episode, EpisodeId, Evidence, Fact, FactId, Predicate, Source, Value, verb,
};
pub use grammar::Mention;
pub use memory::{
    Answer, Change, EPISODE_BYTES_MAX, Embedded, FACTS_MAX, Filter, Imported, InMemory, Memory, MemoryError, Near,
    NextIds, PASSAGE_BYTES_MAX, Part, Recollection, Record, Report, Request, States, Store, TERM_BYTES_MAX, ToEmbed,
    Told, Triple, TripleError, Unembedded, name_keys, search_words,
};
pub use recall::{HINTS_MAX, Quotation, Ranked, Why, facts_block};
pub use replay::{Played, Replay, Step};
pub use text::{clip, fold};
pub use time::{Date, Moment, PartialDate};
pub use words::key;

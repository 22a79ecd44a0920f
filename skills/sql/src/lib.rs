//! Answers questions from the owner's databases, which it can only read.
//!
//! A question becomes one SELECT: the model writes it, held to a grammar that knows only the tables and columns there
//! are; SQLite runs it under an authoriser that lets nothing through but reading, with limits on time, memory and size.
//!
//! # Modules, in the order in which a question meets them
//! - [`registry`]: which databases there are.
//! - [`guard`] opens one, [`schema`] says what is in it.
//! - [`structure`]: whether it is about what there is to ask, which needs no query.
//! - [`choose`]: which database a question is about, and which of its tables.
//! - [`prompt`] and [`grammar`]: what the model is asked, and what it may answer; `when` says which days words mean.
//! - [`ground`]: texts of the query as the database spells them.
//! - [`query`] runs it, [`answer`] says what came out.
//! - [`skill`] leads from one to the next.
//!
//! # Never
//! It writes nothing, and reads nothing but the files in its data folder.

pub mod answer;
pub mod choose;
pub mod fold;
pub mod grammar;
pub mod ground;
pub mod guard;
mod inspect;
pub mod prompt;
pub mod query;
pub mod registry;
pub mod schema;
pub mod sentences;
pub mod skill;
pub mod structure;
mod when;

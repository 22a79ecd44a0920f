//! Words to rules, without a model: «avísame cada lunes a las nueve de sacar la basura».
//!
//! A small grammar over tokens reads Spanish and English. The words of a language are tables ([`es`], [`en`]); the
//! grammar reads clock times, days, recurrences, stretches of time and events by asking the tables. Nothing is guessed in
//! silence: what may mean two things comes back as a choice, what does not exist is said, and the defaults (nine in the
//! morning for a day without a time, and those of [`clock`]) are visible in the sentence that is read back.
//!
//! # Key types
//! - [`parse`]: a text, a moment and a zone in; a [`Parsed`] out.
//! - [`Proposal`]: a rule that the words may mean, its next times, and the sentence that asks whether it is right.

mod asked;
mod build;
mod choose;
mod clock;
mod dates;
mod day;
mod en;
mod es;
mod event;
mod frame;
mod lexicon;
mod message;
mod parse;
mod picks;
mod piece;
mod plan;
mod reader;
mod recur;
mod repeats;
mod sift;
mod token;

pub use parse::{Context, NEXT_SHOWN, Parsed, Proposal, parse};

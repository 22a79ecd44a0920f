//! What a model does, without the model.
//!
//! Everything around the arithmetic of a language model that can be decided from values alone. The worker hands in
//! tokens, bytes and logits and gets back pieces of prompt, text, tool calls and the next token. The same input gives
//! the same output, on every platform.
//!
//! # Modules, in the order in which a request meets them
//! - [`template`]: a conversation becomes a prompt, by the model's own chat template.
//! - [`schedule`]: which conversation's tokens go into the next batch, and what the cache already holds.
//! - [`snapshot`]: what of a conversation's cache outlives the process, as bytes.
//! - [`speculate`]: tokens guessed ahead, and how many guesses are worth a batch.
//! - [`grammar`]: which tokens may come next.
//! - [`sample`]: logits become the next token.
//! - [`text`]: token bytes become whole characters, up to a stop text.
//! - [`tools`]: text becomes tool calls, while it streams.
//! - [`threads`]: how many threads to compute all this with, beside other programs.
//! - [`weights`]: how the weights lie in memory, by what was measured.
//!
//! Nothing here waits, reads a clock, opens a file or a socket, or starts a thread.

pub mod grammar;
pub mod sample;
pub mod schedule;
pub mod snapshot;
pub mod speculate;
pub mod template;
pub mod text;
pub mod threads;
pub mod tools;
pub mod weights;

//! The front door: everything that comes in over HTTP, and the client that comes in by it.
//!
//! A request is admitted, read, checked and turned into one [`Command`]; the daemon performs it; what comes back is
//! written in the shape of the OpenAI API. This crate sees only the vocabulary and the messages: it knows neither
//! models nor workers nor configuration.
//!
//! # Key types
//! - [`Command`], [`Handle`]: what is asked of the daemon, and the bounded way to it.
//! - [`Front`], [`router`]: one listener's routes.
//! - [`Auth`], [`Pairing`]: who may come in.
//! - [`memory`], [`rules`]: what can be asked of the memory and of the rules besides conversations.
//! - [`client::Client`]: the same door from outside, for the command line and for benchmarks.
//!
//! # Usage
//! 1. `let (handle, commands) = Handle::channel()`; give `commands` to the task that performs them.
//! 2. Make one [`Pairing`] and one [`Ambient`], and a [`Front`] for each listener.
//! 3. Serve `router(front)`.
//!
//! It never reads a clock or draws randomness but through [`Ambient`], never takes a token from a URL, never truncates a
//! prompt, and never tells a client what the log says.

mod auth;
mod body;
pub mod client;
mod command;
mod error;
mod headers;
pub mod memory;
mod messages;
mod openai;
mod openapi;
mod operations;
mod page;
pub mod rules;
mod skills;
mod state;
mod upkeep;

pub use auth::{Auth, Code, Hook, Pairing, PairingError, SESSIONS_MAX};
pub use command::{
    COMMANDS_MAX, Command, Component, Embedded, Handle, Health, Loaded, ModelCard, Status, TURN_EVENTS_MAX,
};
pub use messages::{LoopAsk, LoopReply, MessageBody, MessageMark};
pub use openai::{ASSISTANT, assistant_with};
pub use state::{Ambient, Front, Randomness, router};
pub use upkeep::Upkeep;

//! What a Rust skill links: a server of skill.v1 that reloads, drains and asks the host.
//!
//! A skill is a type that implements [`Skill`]: it reads its files, which lie in the folder that it is started in, and
//! answers requests. [`serve`] does all else, so that every skill behaves alike towards the daemon: the socket, health,
//! beats, signals, limits, deadlines, streaming, panics.
//!
//! # Key types
//! - [`Skill`]: what to implement. [`Folder`]: where it reads its files from.
//! - [`Request`], [`Outcome`], [`Failure`]: what is asked, what comes of it, and why nothing did.
//! - [`Call`]: one request while it is being answered: says pieces, knows the deadline, has the [`Host`].
//! - [`Generate`], [`Generation`]: words of the model, for a skill that was granted them.
//! - [`testing::Rig`]: the skill on a real socket inside a test, with a host that follows a script.
//!
//! # Usage
//! ```no_run
//! use std::process::ExitCode;
//!
//! use sarai_skill_sdk::{Call, Failure, Folder, LoadError, Outcome, Request, Skill, serve};
//!
//! struct Greeter {
//!     greeting: String,
//! }
//!
//! impl Skill for Greeter {
//!     const NAME: &'static str = "greeter";
//!     const VERSION: &'static str = env!("CARGO_PKG_VERSION");
//!
//!     fn load(folder: &Folder) -> Result<Self, LoadError> {
//!         Ok(Self { greeting: folder.text("greeting.txt")? })
//!     }
//!
//!     async fn infer(&self, request: Request, _call: &mut Call) -> Result<Outcome, Failure> {
//!         Ok(Outcome::text(format!("{}, {}", self.greeting.trim(), request.text)))
//!     }
//! }
//!
//! fn main() -> ExitCode {
//!     serve::<Greeter>()
//! }
//! ```
//!
//! # Never
//! It opens no network, writes nothing but its socket and lines on stderr, and keeps nothing of what it was asked.

mod answering;
mod blocking;
mod call;
mod deadline;
mod folder;
mod host;
mod limits;
mod peers;
mod serve;
mod service;
mod shelf;
mod skill;
pub mod testing;

pub use blocking::blocking;
pub use call::{Call, Stop};
pub use folder::{Folder, LoadError};
pub use host::{End, Generate, Generated, Generation, Host, HostError, HostMessage, HostRole};
pub use limits::{
    ANSWER_BYTES_MAX, ARGUMENTS_BYTES_MAX, BLOCKING_MAX, CALL_TIME_MAX, CALLS_MAX, FILE_BYTES_MAX, GENERATED_BYTES_MAX,
    MESSAGE_BYTES_MAX, TEXT_BYTES_MAX,
};
pub use sarai_types::{Grammar, GrammarKind, Language};
pub use serve::{ServeError, serve};
pub use skill::{Answer, Arguments, DeclineReason, Declined, Failure, Outcome, Request, Skill};

//! The proactive loop as a process: reads rules, watches time and events, performs what the agenda decides.
//!
//! What to do is [`sarai_proactive::agenda`]'s business, and what survives is [`sarai_proactive_sqlite`]'s. Here are the
//! clock, the readings, the door and the actions. Between two moments that somebody waits for, the loop sleeps; it calls
//! no model but for an action that the gate has let through, and then it asks `serve` like any other client.
//!
//! # Key types
//! - [`run`]: the whole life of `sarai loop`.
//! - [`door`]: the Unix socket where others ask how the loop is, and by that wake it up.
//!
//! # Order
//! Every step is stored before anything of it is performed. When the store cannot be written, what is in memory is
//! thrown away and taken up again from the store, as after a crash.

pub mod clock;
pub mod door;
mod error;
mod measure;
mod outbox;
mod perform;
mod running;
mod say;
mod upkeep;
mod words;

pub use error::{LoopError, store_notice};
pub use measure::readings;
pub use running::{LoopOptions, run};

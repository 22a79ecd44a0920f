//! Decides what the assistant does next in one turn of a conversation.
//!
//! Nothing here waits, reads a clock or touches a disk: [`Turn::step`] takes an [`Event`] and returns the [`Effect`]s
//! that the shell performs. The same events give the same effects.
//!
//! # Key types
//! - [`Turn`]: what is known so far. At most one generation is open at a time.
//! - [`Event`], [`Effect`]: closed lists; adding to them means teaching the shell.
//! - [`TurnError`]: what a turn can refuse by itself.
//! - [`warm_up`]: what a model reads before the first turn.
//!
//! # Usage
//! 1. `Turn::new(request, facts)`, then `step(Event::Begin)`; perform the effects in their order.
//! 2. Hand in what the engine sends, and [`Event::ClientGone`] when nobody listens any more, until [`Turn::done`].
//!
//! # Never
//! After the turn is done it has no effect. To a client that is gone nothing is said; every other turn ends with exactly
//! one of `Emit(TurnEvent::Finished)` and `Fail`.

mod answer;
mod clock;
mod error;
mod form;
mod language;
mod prompt;
mod select;
mod thought;
mod turn;
mod words;

pub use error::{TOOLS_MAX, TurnError};
pub use prompt::warm_up;
pub use turn::{Effect, Event, Grammars, ModelFacts, Turn};

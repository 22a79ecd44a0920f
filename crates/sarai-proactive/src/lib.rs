//! When to act unasked: rules, times, the gate and its reasons. Pure.

pub mod agenda;
pub mod decided;
pub mod form;
pub mod gate;
pub mod mention;
mod reading;
pub mod rule;
mod rulebook;
pub mod say;
mod sentence;
pub mod simulate;
pub mod time;
pub mod words;

pub use reading::{Capacity, Readings};
pub use rulebook::{Known, Origin, OwnRule, Rulebook};
pub use sentence::Sentence;

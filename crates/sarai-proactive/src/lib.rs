//! When to act unasked: rules, times, the gate and its reasons. Pure.

pub mod rule;
pub mod say;
mod sentence;
pub mod time;
pub mod words;

pub use sentence::Sentence;

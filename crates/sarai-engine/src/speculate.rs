//! Speculation: guessing tokens ahead, and how many guesses are worth a batch.
//!
//! A batch of several tokens takes less time than as many batches of one, so a guess that turns out right saves time and
//! one that turns out wrong costs some. What is said does not depend on it: each guess is compared with what the model
//! says at that place, and the first one that differs ends the round.
//!
//! # Key types
//! - [`Suffixes`] and [`Earlier`]: guesses from what was said before, which cost nothing to make.
//! - [`Staircase`]: what batches take on this computer, measured.
//! - [`Controller`]: how many tokens to guess, for one answer. None is a good number.
//! - [`Luck`]: what the controllers of one worker learn, from answer to answer.
//! - [`forecast()`]: what speculation can gain on a computer of which only the staircase is known.
//!
//! # Usage, for each batch of an answer
//! 1. [`Controller::ask`] how many tokens a [`Source`] is to guess, and have it guess them.
//! 2. [`Controller::keep`] as many of the [`Draft`] as pay; verify them in one batch.
//! 3. Report with [`Controller::verified`], or [`Controller::plain`] when nothing was guessed; [`Staircase::observe`] what
//!    the batch took; [`Suffixes::push`] what was said.
//! 4. When the answer ends: [`Controller::teach`], [`Earlier::add`].

mod controller;
mod follow;
mod forecast;
mod luck;
pub mod session;
mod staircase;
mod suffix;
mod text;

pub use controller::Controller;
pub use forecast::{Forecast, forecast};
pub use luck::Luck;
pub use staircase::Staircase;
pub use suffix::{Earlier, Suffixes};
pub use text::TEXT_TOKENS_MAX;

/// Who guesses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Source {
    /// What was said before.
    Suffix,
    /// A smaller model.
    Model,
}

/// A guess how the text goes on.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub source: Source,
    pub tokens: Vec<u32>,
    /// For each token how likely it seems to be right, given that all before it are: 0 to 1.
    pub confidence: Vec<f32>,
}

/// What a draft model would cost.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DraftCost {
    pub ms_per_token: f64,
    /// Beside the tokens, for asking.
    pub ms_per_call: f64,
    /// For what it has to read first. That is paid for, but not held against the guess before which it is done: it serves
    /// all that follow.
    pub ms_to_read: f64,
}

//! Days, moments and what people call them. No clock: whoever asks says what time it is.

mod civil;
mod clock;
mod expression;
mod number;

pub use civil::{Date, Moment, PartialDate};
pub(crate) use clock::clock;
pub(crate) use expression::{Direction, Lookup, When, count_of_units, date, weekday};
pub(crate) use number::{cardinal, number};

//! Finding what is remembered: by subject, verb, object, free text and time, in either language, and a short answer.

mod answer;
mod block;
pub(crate) mod question;
mod rank;

pub(crate) use answer::{compose, fact_text, facts_text, report_text};
pub use block::facts_block;
pub use rank::{Ranked, Why};
pub(crate) use rank::{alike, find};

//! Finding what is remembered: by subject, verb, object, free text and time, in either language, and a short answer.

mod agree;
mod answer;
mod aspect;
mod block;
mod debt;
mod follow;
mod form;
mod hint;
mod judge;
mod kind;
mod meant;
mod named;
mod near;
mod newer;
mod over;
mod peel;
mod pieces;
pub(crate) mod question;
mod quote;
mod rank;
mod reason;
mod rest;
mod wanted;
mod whose;

pub(crate) use answer::{compose, fact_text, facts_text, quoted_text, report_text};
pub use block::facts_block;
pub(crate) use follow::whole;
pub use hint::HINTS_MAX;
pub(crate) use hint::hints;
pub(crate) use judge::{alike, family};
pub(crate) use pieces::told;
pub use quote::Quotation;
pub(crate) use quote::still_so;
pub(crate) use rank::find;
pub use rank::{Ranked, Why};

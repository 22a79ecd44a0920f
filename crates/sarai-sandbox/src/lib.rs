//! A [`Policy`] becomes a jail that a program runs in.
//!
//! What a program may do is said once, as a value; two back ends enforce it, and both report what really holds. A jail
//! that cannot enforce everything its policy says does not start. Nothing here knows what a skill is.

mod policy;

pub use policy::{Access, Limits, Mount, Policy, Root};

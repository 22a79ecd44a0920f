//! The crate at its boundary: the pool in stories and in simulated worlds, and the router on labelled requests.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod pool_simulation;
mod pool_stories;
mod routing;

//! The pool at its boundary: told stories line by line, and simulated computers with their own clock.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod pool_simulation;
mod pool_stories;

//! The supervisor at its boundary: told stories line by line, and simulated worlds with their own clock.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on has failed")]

mod simulation;
mod stories;

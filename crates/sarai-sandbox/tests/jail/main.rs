//! Real jails, by bubblewrap: what goes in, what comes out, and that nothing stays behind.
//!
//! They need the static program `sarai-jail`, which `make jail` builds and `SARAI_JAIL_BIN` names, bubblewrap, and write
//! access to cgroups. Where something is missing the tests fail and say what; none is skipped.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod limits;
mod passing;
mod refusals;
mod support;
mod tree;

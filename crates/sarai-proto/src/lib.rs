//! The gRPC contracts, as Rust.
//!
//! The code under `generated/` comes from `proto/` by `cargo xtask gen` and is committed; `cargo xtask gen --check`
//! fails when the two differ. This crate decides nothing and opens no socket.
//!
//! # Key types
//! - [`engine::v1`]: what a model worker offers, client and server.
//! - [`skill::v1`]: what a skill offers. [`host::v1`]: what a skill may ask of the daemon.
//! - [`WireError`]: why what came over the wire cannot be meant.

mod convert;

pub use convert::{LOGPROBS_MAX, STOP_MAX, WireError, finished, priority};

/// What a model worker offers (`proto/sarai/engine/v1/engine.proto`).
pub mod engine {
    /// Version 1. Fields may be added; none changes its meaning.
    #[allow(clippy::all, clippy::pedantic, clippy::restriction, reason = "generated code")]
    pub mod v1 {
        include!("generated/sarai.engine.v1.rs");
    }
}

/// What a skill offers (`proto/sarai/skill/v1/skill.proto`).
pub mod skill {
    /// Version 1. Fields may be added; none changes its meaning.
    #[allow(clippy::all, clippy::pedantic, clippy::restriction, reason = "generated code")]
    pub mod v1 {
        include!("generated/sarai.skill.v1.rs");
    }
}

/// What the daemon offers to a skill that was granted it (`proto/sarai/host/v1/host.proto`).
pub mod host {
    /// Version 1. Fields may be added; none changes its meaning.
    #[allow(clippy::all, clippy::pedantic, clippy::restriction, reason = "generated code")]
    pub mod v1 {
        include!("generated/sarai.host.v1.rs");
    }
}

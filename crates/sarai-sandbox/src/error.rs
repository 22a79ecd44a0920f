//! Why a program was not started, for the one who can do something about it.

use serde::{Deserialize, Serialize};

/// Each says what to do, as far as anybody knows. It crosses from the launcher to its caller in the report.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[serde(tag = "kind", content = "detail", rename_all = "kebab-case")]
pub enum SandboxError {
    /// The caller asked for something that cannot be: flags, names, limits, paths.
    #[error("{0}")]
    Policy(String),
    /// A mount's source is missing, a symlink or a device, or its mount point is not there.
    #[error("{0}")]
    Mount(String),
    /// `sarai-jail` is not there.
    #[error("{0} is missing; `make jail` builds it")]
    NoLauncher(String),
    #[error("bubblewrap is missing: install the package `bubblewrap` (looked for {0})")]
    NoBubblewrap(String),
    /// The kernel or a security module forbids unprivileged user namespaces.
    #[error("{0}")]
    Namespaces(String),
    /// Memory or processes cannot be limited.
    #[error("{0}")]
    Cgroup(String),
    #[error("{0}")]
    Landlock(String),
    /// No Docker or Podman answers.
    #[error("{0}")]
    Docker(String),
    /// A jail was made, but something it promises does not hold; the program was not started.
    #[error("{layer} does not hold: {why}")]
    NotHeld { layer: String, why: String },
    /// Anything else that went wrong on the way.
    #[error("{0}")]
    Start(String),
}

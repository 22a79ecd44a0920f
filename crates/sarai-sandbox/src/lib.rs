//! A [`Policy`] becomes a jail that a program runs in.
//!
//! What a program may do is said once, as a value; two back ends enforce it, and both report what really holds. A jail
//! that cannot enforce everything its policy says does not start. Nothing here knows what a skill is.
//!
//! The work is done by one small static program, `sarai-jail`, in two places. As *launcher* it runs outside: one
//! process, one jail, with the jail's exit code as its own; signals go through it, and the jail ends when it does. As
//! *init* it is the first process inside, which takes away its own powers one by one, looks whether they are gone, and
//! only then starts the program.
//!
//! # Key types
//! - [`Policy`], [`CheckedPolicy`]: what a program may see, take and do; the second is one that can be kept.
//! - [`Launcher`]: turns a policy into the [`Command`](std::process::Command) that runs the jail.
//! - [`Report`], [`Effective`], [`Layer`], [`State`]: what holds.
//! - [`SandboxError`]: why a program was not started.
//! - [`ProgramImage`], [`Containers`]: a program as a container image, and running that without a launcher.
//!
//! # Usage
//! 1. [`Policy::checked`], or [`CheckedPolicy::from_toml`].
//! 2. [`Launcher::find`], then [`Launcher::command`]; spawn it as any other command and look after it.
//! 3. [`Launcher::read_report`] says what holds; [`Launcher::examine`] tries a back end with a program that does nothing.
//!
//! # Never
//! A jail with less than its policy says: there is no best effort, but for [`Backend::Disabled`], which says so aloud.

mod backend;
mod calls;
mod cgroup;
mod check;
mod control;
mod docker;
mod error;
mod filter;
mod form;
mod init;
mod launch;
mod launcher;
mod local;
mod mountinfo;
mod policy;
pub mod program;
mod report;
mod source;
#[allow(unsafe_code, reason = "system calls that no safe library offers")]
mod sys;

pub use backend::Backend;
pub use check::{
    CheckedPolicy, FILE_BYTES, INIT, JailName, MEMORY_BYTES, MOUNTS_MAX, OPEN_FILES, PIDS, PolicyError, Problem,
    TMP_BYTES,
};
pub use docker::{Container, Containers, ProgramImage, Tar, system_calls};
pub use error::SandboxError;
pub use form::POLICY_BYTES_MAX;
pub use launcher::{Jail, Launcher, LogLimit, Unfit, sweep};
pub use policy::{Access, Limits, Mount, Policy, Root};
pub use report::{Effective, Layer, Report, State};

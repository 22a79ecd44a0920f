//! The program `sarai-jail`, in its roles.
//!
//! ```text
//! sarai-jail launch --backend local|docker|disabled --name NAME --policy FILE|- [--report FILE]
//!                   [--log-bytes N] [--parent PID] -- PROGRAM [ARGUMENT]…
//! sarai-jail init [--report-to-stdout]    the first process inside; only the launcher starts it
//! sarai-jail nothing                      ends at once; what `examine` runs
//! ```
//!
//! `launch` ends as the program ends: with its exit code, or 128 and the signal's number. 125 means that the program was
//! not started, 126 that it cannot be run, 127 that it is not there.

use std::ffi::OsString;
use std::io::Write;
use std::process::ExitCode;

use rustix::process::WaitStatus;

use crate::{init, launch};

/// The jail could not be made, or does not keep its promises.
pub(crate) const NOT_STARTED: u8 = 125;
/// The program cannot be run, and: it is not there. As shells say it.
pub(crate) const NOT_RUNNABLE: u8 = 126;
pub(crate) const NOT_FOUND: u8 = 127;
/// What is added to the number of the signal that ended the program.
pub(crate) const BY_SIGNAL: u8 = 128;

const USAGE: &str = "usage: sarai-jail launch --backend local|docker|disabled --name NAME --policy FILE|- \
                     [--report FILE] [--log-bytes N] [--parent PID] -- PROGRAM [ARGUMENT]...";

/// Runs the role that the first argument names.
#[must_use]
pub fn main(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    // The first is the program's own name.
    let role = arguments.nth(1);
    match role.as_ref().and_then(|role| role.to_str()) {
        Some("launch") => launch::run(arguments),
        Some("init") => init::run(arguments),
        Some("nothing") => ExitCode::SUCCESS,
        _ => {
            complain(USAGE);
            ExitCode::from(NOT_STARTED)
        }
    }
}

/// How a process ended, as shells say it.
pub(crate) fn exit_code(status: WaitStatus) -> u8 {
    let by_signal = status.terminating_signal().map(|signal| i32::from(BY_SIGNAL) + signal);
    status.exit_status().or(by_signal).and_then(|code| u8::try_from(code).ok()).unwrap_or(u8::MAX)
}

/// One line for whoever reads the log. If nobody can, there is nobody to tell.
pub(crate) fn complain(what: &str) {
    let _ = writeln!(std::io::stderr(), "sarai-jail: {what}");
}

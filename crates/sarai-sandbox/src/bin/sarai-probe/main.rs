//! Tries to get out of a jail, in one way for each name.
//!
//! ```text
//! sarai-probe ATTEMPT [ARGUMENT]…    0: it worked, 3: it was blocked, 4: the attempt itself is broken
//! sarai-probe list                   the names of all attempts
//! sarai-probe help-outside FOLDER MARK   whom attempts try to reach, see `outside`
//! ```
//!
//! Each attempt does the forbidden thing itself, needs no other program, and looks whether it had its effect: a call that
//! merely came back without an error is not a success, and a call that is missing is not a block where a control outside
//! has shown that it is there. One line says what happened, with the error of the step that was refused.
//!
//! # Key types
//! - [`Outcome`]: what an attempt gives; [`End`] is how it ends otherwise.
//! - [`Arguments`]: what the attempt was given, taken one by one.
//!
//! # Never
//! Harm to the computer that it is tried on: values are written back as they were read, requests are malformed behind the
//! point where privileges are checked, and what is changed belongs to the caller's scratch folder or to this process.

mod files;
mod help;
mod kernel;
mod limits;
mod links;
mod mounts;
mod namespaces;
mod neighbours;
mod outcome;
mod outside;
mod privileges;
mod programs;
mod ring;
mod sockets;
mod survivors;
#[allow(unsafe_code, reason = "system calls that no safe library offers")]
mod sys;

use std::io::Write;
use std::process::ExitCode;

use outcome::{Arguments, End, Outcome};

/// A name and what it does.
type Attempt = (&'static str, fn(&mut Arguments) -> Outcome);

const BLOCKED: u8 = 3;
const BROKEN: u8 = 4;

/// Every attempt, by what it is aimed at.
const ATTEMPTS: [&[Attempt]; 12] = [
    files::ATTEMPTS,
    links::ATTEMPTS,
    neighbours::ATTEMPTS,
    namespaces::ATTEMPTS,
    mounts::ATTEMPTS,
    sockets::ATTEMPTS,
    ring::ATTEMPTS,
    programs::ATTEMPTS,
    privileges::ATTEMPTS,
    kernel::ATTEMPTS,
    limits::ATTEMPTS,
    survivors::ATTEMPTS,
];

fn main() -> ExitCode {
    let mut arguments = Arguments::new(std::env::args().skip(1));
    let name = arguments.text("attempt").unwrap_or_default();
    if name == "list" {
        for (name, _) in ATTEMPTS.iter().copied().flatten() {
            say(name);
        }
        return ExitCode::SUCCESS;
    }
    if let Some(code) = help::run(&name, &mut arguments) {
        return ExitCode::from(code);
    }
    let attempt = ATTEMPTS.iter().copied().flatten().find(|(own, _)| *own == name);
    let outcome = match attempt {
        Some((_, attempt)) => attempt(&mut arguments),
        None => Err(End::Broken(format!("there is no attempt {name:?}"))),
    };
    ExitCode::from(match outcome {
        Ok(what) => {
            say(&format!("escaped: {what}"));
            0
        }
        Err(End::Blocked(why)) => {
            say(&format!("blocked: {why}"));
            BLOCKED
        }
        Err(End::Broken(why)) => {
            say(&format!("broken: {why}"));
            BROKEN
        }
    })
}

/// One line on standard output. If nobody reads it, the exit code says as much.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout(), "{line}");
}

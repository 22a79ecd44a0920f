//! Init: the first process inside.
//!
//! It begins with just the powers that it needs to close the jail around itself, closes it, looks from inside whether
//! everything promised holds, reports, and only then starts the program as its child. From then on it passes signals on
//! and buries orphans, under the same restrictions as they. When it ends, the kernel ends everything in the jail.

mod container;
mod files;
mod look;
mod mounts;
mod powers;
mod serve;

use std::ffi::OsString;
use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::process::ExitCode;

use crate::backend::Backend;
use crate::control::{self, Setup};
use crate::error::SandboxError;
use crate::filter;
use crate::program::{NOT_STARTED, complain};
use crate::report::{Effective, Layer, Report, State};
use crate::sys;

/// The flag for [`ReportTo::StandardOutput`].
pub(crate) const REPORT_TO_STDOUT: &str = "--report-to-stdout";

/// Where the report goes. The launcher is always heard by standard input.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum ReportTo {
    /// Standard input is a socket that goes both ways.
    Socket,
    /// In a container: before anything that the program writes.
    StandardOutput,
}

pub(crate) fn run(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let report_to = match arguments.next() {
        None => ReportTo::Socket,
        Some(flag) if flag == REPORT_TO_STDOUT => ReportTo::StandardOutput,
        Some(flag) => {
            complain(&format!("init: {} is no flag of this", flag.display()));
            return ExitCode::from(NOT_STARTED);
        }
    };
    match start(report_to) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            complain(&format!("init: {error}"));
            ExitCode::from(NOT_STARTED)
        }
    }
}

fn start(report_to: ReportTo) -> Result<u8, SandboxError> {
    sys::close_others().map_err(|error| SandboxError::Start(format!("open files: {error}")))?;
    let signals = serve::listen()?;
    let (message, inbox) = control::receive(Stream(io::stdin()))?;
    let setup = Setup::decode(&message)?;
    let mut effective = Effective::default();
    let closed = close(&setup, &mut effective);
    let error = closed.as_ref().err().cloned();
    let report = Report { backend: setup.backend, name: setup.name.clone(), effective: effective.clone(), error };
    match report_to {
        ReportTo::Socket => control::send_report(Stream(io::stdin()), &report)?,
        ReportTo::StandardOutput => control::send_report(Stream(io::stdout()), &report)?,
    }
    closed?;
    // The launcher answers for two more. Whatever else does not hold stops the start here, whatever the launcher says.
    if let Some((layer, why)) = effective.broken_but(&[Layer::Memory, Layer::Pids]) {
        return Err(SandboxError::NotHeld { layer: layer.name().to_owned(), why });
    }
    let early = control::await_go(Stream(io::stdin()), inbox.rest())?;
    // What is ours had precedence; the program has none.
    sys::take_turns(None).map_err(|error| SandboxError::Start(format!("the program would not take turns: {error}")))?;
    serve::run(&setup, &signals, &early)
}

/// A standard stream without a buffer, which would keep what others are to read.
struct Stream<F: AsFd>(F);

impl<F: AsFd> Read for Stream<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        Ok(rustix::io::read(&self.0, buffer)?)
    }
}

impl<F: AsFd> Write for Stream<F> {
    fn write(&mut self, buffer: &[u8]) -> io::Result<usize> {
        Ok(rustix::io::write(&self.0, buffer)?)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Gives up one power after the other, and looks whether they are gone. What cannot be given up is an error.
fn close(setup: &Setup, effective: &mut Effective) -> Result<(), SandboxError> {
    match setup.backend {
        Backend::Local => mounts::restrict(&setup.policy)?,
        Backend::Docker => container::restrict(&setup.policy)?,
        Backend::Disabled => return Err(SandboxError::Start("there is no init without a jail".to_owned())),
    }
    powers::limit(&setup.policy.limits)?;
    powers::drop_all()?;
    let landlock = files::restrict(&setup.policy)?;
    effective.set(Layer::LandlockFiles, State::Held);
    effective.set(Layer::LandlockNetwork, landlock.network);
    effective.set(Layer::LandlockScope, landlock.scope);
    filter::apply()?;
    look::around(setup, effective)
}

//! Runs the program and looks after it until it ends.

use std::io;
use std::os::fd::{AsFd, OwnedFd};
use std::process::{Command, Stdio};

use rustix::event::{PollFd, PollFlags, poll};
use rustix::process::{Pid, Signal, WaitOptions, kill_process, wait};

use crate::control::Setup;
use crate::error::SandboxError;
use crate::program::{BY_SIGNAL, NOT_FOUND, NOT_RUNNABLE, complain, exit_code};
use crate::sys;

/// What is passed on to the program, whether it comes by the control stream or, in a container, as a signal.
const PASSED_ON: [Signal; 4] = [Signal::TERM, Signal::INT, Signal::HUP, Signal::USR1];

pub(super) fn listen() -> Result<OwnedFd, SandboxError> {
    let all: Vec<Signal> = PASSED_ON.into_iter().chain([Signal::CHILD]).collect();
    sys::signal_file(&all).map_err(|error| SandboxError::Start(format!("signals cannot be heard: {error}")))
}

/// Gives the program's exit code. `early` are signals that came before it was started.
pub(super) fn run(setup: &Setup, signals: &OwnedFd, early: &[u8]) -> Result<u8, SandboxError> {
    let Some((program, arguments)) = setup.program.split_first() else {
        return Err(SandboxError::Policy("no program".to_owned()));
    };
    let null = fs_err::File::open("/dev/null").map_err(|error| SandboxError::Start(error.to_string()))?;
    std::env::set_current_dir(&setup.policy.working_dir).map_err(|error| {
        SandboxError::Policy(format!("working_dir {}: {error}", setup.policy.working_dir.display()))
    })?;
    let mut command = Command::new(program);
    command
        .args(arguments)
        .env_clear()
        .envs(setup.policy.environment.iter().map(|(name, value)| (name, value)))
        .stdin(Stdio::from(null.into_parts().0));
    sys::unblock_signals(&mut command);
    let child = match command.spawn() {
        Ok(child) => child,
        Err(error) => {
            complain(&format!("{}: {program}: {error}", setup.name));
            return Ok(if error.kind() == io::ErrorKind::NotFound { NOT_FOUND } else { NOT_RUNNABLE });
        }
    };
    let Some(program) = i32::try_from(child.id()).ok().and_then(Pid::from_raw) else {
        return Err(SandboxError::Start("a process without a number".to_owned()));
    };
    pass_on(program, early);
    attend(program, signals)
}

fn attend(program: Pid, signals: &OwnedFd) -> Result<u8, SandboxError> {
    let launcher = io::stdin();
    loop {
        let mut files = [
            PollFd::from_borrowed_fd(signals.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(launcher.as_fd(), PollFlags::IN),
        ];
        match poll(&mut files, None) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(SandboxError::Start(format!("nothing can be waited for: {errno}"))),
        }
        let [from_kernel, from_launcher] = files.map(|file| !file.revents().is_empty());
        if from_launcher {
            let mut bytes = [0; 64];
            match rustix::io::read(&launcher, &mut bytes) {
                Ok(count) if count > 0 => pass_on(program, &bytes[..count]),
                Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
                // The launcher is gone: so is the jail, as soon as this process has ended.
                Ok(_) | Err(_) => return Ok(BY_SIGNAL + 9),
            }
        }
        while let Some(signal) = from_kernel.then(|| sys::next_signal(signals)).flatten() {
            if signal == Signal::CHILD.as_raw() {
                if let Some(code) = bury(program) {
                    return Ok(code);
                }
            } else {
                send(program, signal);
            }
        }
    }
}

fn pass_on(program: Pid, signals: &[u8]) {
    for &signal in signals {
        send(program, i32::from(signal));
    }
}

fn send(program: Pid, signal: i32) {
    if let Some(signal) = PASSED_ON.into_iter().find(|own| own.as_raw() == signal) {
        // If it has just ended, it has no use for the signal.
        let _ = kill_process(program, signal);
    }
}

/// Takes note of all that have ended; gives the exit code if the program is among them.
fn bury(program: Pid) -> Option<u8> {
    let mut code = None;
    while let Ok(Some((pid, status))) = wait(WaitOptions::NOHANG) {
        if pid == program {
            code = Some(exit_code(status));
        }
    }
    code
}

//! Signals, as things that are read from a file.

use std::os::fd::{AsFd, BorrowedFd, OwnedFd};

use rustix::process::{Pid, Signal, getppid, set_parent_process_death_signal};

use crate::error::SandboxError;
use crate::sys;

/// What is passed on to the program.
pub(crate) const PASSED_ON: [Signal; 4] = [Signal::TERM, Signal::INT, Signal::HUP, Signal::USR1];
/// The kernel sends it when the thread that started this process has ended; nobody else has a use for it.
const PARENT_ENDED: Signal = Signal::USR2;

/// What a signal means to the launcher.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum News {
    PassOn(i32),
    ChildChanged,
    ParentEnded,
}

#[derive(Debug)]
pub(crate) struct Signals {
    file: OwnedFd,
    parent: Option<Pid>,
}

impl Signals {
    /// From now on signals wait to be read. Fails if the parent is not `expected` any more.
    pub(crate) fn listen(expected: Option<Pid>) -> Result<Self, SandboxError> {
        let odd = |error: std::io::Error| SandboxError::Start(format!("signals cannot be heard: {error}"));
        let all: Vec<Signal> = PASSED_ON.into_iter().chain([PARENT_ENDED, Signal::CHILD]).collect();
        let file = sys::signal_file(&all).map_err(odd)?;
        set_parent_process_death_signal(Some(PARENT_ENDED)).map_err(|errno| odd(errno.into()))?;
        let parent = getppid();
        if expected.is_some() && expected != parent {
            return Err(SandboxError::Start("the process that asked for this jail has ended".to_owned()));
        }
        Ok(Self { file, parent })
    }

    /// The next one that means something.
    pub(crate) fn next(&self) -> Option<News> {
        while let Some(signal) = sys::next_signal(&self.file) {
            if PASSED_ON.iter().any(|own| own.as_raw() == signal) {
                return Some(News::PassOn(signal));
            }
            if signal == Signal::CHILD.as_raw() {
                return Some(News::ChildChanged);
            }
            // A thread of the parent may end while the parent lives on.
            if getppid() != self.parent {
                return Some(News::ParentEnded);
            }
        }
        None
    }
}

impl AsFd for Signals {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

//! What can be checked: something that starts, takes signals and ends.

use std::fmt;
use std::io;
use std::os::unix::net::UnixListener;
use std::os::unix::process::ExitStatusExt as _;
use std::path::{Path, PathBuf};
use std::process::ExitStatus;

use rustix::process::{Pid, kill_process};
use tokio::process::{Child, Command};

/// What a skill is told without words.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Signal {
    /// SIGUSR1: read the files again.
    Reload,
    /// SIGTERM: finish, and end.
    Terminate,
    /// SIGKILL.
    Kill,
}

/// How it ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) enum Exit {
    Code(i32),
    Signal(i32),
}

impl From<ExitStatus> for Exit {
    fn from(status: ExitStatus) -> Self {
        // A process that was waited for has one of the two.
        status.code().map_or_else(|| Self::Signal(status.signal().unwrap_or_default()), Self::Code)
    }
}

impl fmt::Display for Exit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(code) => write!(f, "exit code {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}"),
        }
    }
}

/// Makes the command line of one start.
type MakeCommand = dyn Fn(&Path) -> io::Result<Command> + Send + Sync;

/// A skill, however it is run; it ends with this value. In a jail the process is the launcher, which hands signals on.
pub struct Subject {
    socket: PathBuf,
    command: Box<MakeCommand>,
    child: Option<Child>,
}

impl Subject {
    /// `command` makes the command line, for the socket that the skill shall listen on.
    #[must_use]
    pub fn new(socket: PathBuf, command: impl Fn(&Path) -> io::Result<Command> + Send + Sync + 'static) -> Self {
        Self { socket, command: Box::new(command), child: None }
    }

    /// Starts it. Whatever ran before has ended. Does not wait until it serves.
    pub(crate) fn start(&mut self) -> io::Result<()> {
        self.child = Some((self.command)(&self.socket)?.kill_on_drop(true).spawn()?);
        Ok(())
    }

    /// The same where the socket of a dead predecessor lies, whether whoever makes the command has taken it away or not.
    pub(crate) fn start_over_a_dead_socket(&mut self) -> io::Result<()> {
        let mut command = (self.command)(&self.socket)?;
        match UnixListener::bind(&self.socket) {
            // A socket that nobody listens on any more is what is left of one that is dropped.
            Ok(listener) => drop(listener),
            Err(error) if error.kind() == io::ErrorKind::AddrInUse => {}
            Err(error) => return Err(error),
        }
        self.child = Some(command.kill_on_drop(true).spawn()?);
        Ok(())
    }

    /// Where it will listen, as seen from here.
    pub(crate) fn socket(&self) -> &Path {
        &self.socket
    }

    /// Fails when it no longer runs.
    pub(crate) fn signal(&self, signal: Signal) -> io::Result<()> {
        let pid = self.child.as_ref().and_then(Child::id).and_then(|pid| Pid::from_raw(i32::try_from(pid).ok()?));
        let signal = match signal {
            Signal::Reload => rustix::process::Signal::USR1,
            Signal::Terminate => rustix::process::Signal::TERM,
            Signal::Kill => rustix::process::Signal::KILL,
        };
        Ok(kill_process(pid.ok_or(io::ErrorKind::NotFound)?, signal)?)
    }

    /// How it ended; none while it runs.
    pub(crate) fn exit(&mut self) -> io::Result<Option<Exit>> {
        match &mut self.child {
            Some(child) => Ok(child.try_wait()?.map(Exit::from)),
            None => Ok(None),
        }
    }
}

impl fmt::Debug for Subject {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Subject").field("socket", &self.socket).field("child", &self.child).finish_non_exhaustive()
    }
}

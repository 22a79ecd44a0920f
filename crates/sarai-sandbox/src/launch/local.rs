//! A jail by bubblewrap.
//!
//! Bubblewrap is started at once, and while it works its monitor is put into the cgroup; the kernel may take ten
//! milliseconds for the first process that is moved, and next to nothing for the second, which is init. Init does nothing
//! until it is told what to do, which it is when it is in the cgroup.

use std::collections::BTreeMap;
use std::io::Write;
use std::os::fd::OwnedFd;
use std::os::unix::net::UnixStream;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};

use fs_err as fs;
use rustix::net::sockopt::set_socket_passcred;
use rustix::process::Pid;

use super::signals::{News, Signals};
use super::watch::{Event, Watch};
use super::{Ended, Failure, Order, write_report};
use crate::cgroup::Cgroup;
use crate::check::CheckedPolicy;
use crate::control::{HELLO, Inbox, Setup};
use crate::error::SandboxError;
use crate::local::{BUBBLEWRAP, arguments, pieces};
use crate::program::{BY_SIGNAL, complain};
use crate::report::{Layer, Report, State};
use crate::source;

/// From bubblewrap's start to init's report. A good deal more than a loaded computer needs.
const START_MS: u64 = 20_000;
/// What Linux calls the namespaces that a jail must not share with its launcher.
const NAMESPACES: [&str; 7] = ["user", "mnt", "pid", "ipc", "uts", "net", "cgroup"];

pub(super) fn run(order: &Order, policy: CheckedPolicy, signals: Signals) -> Result<Ended, Failure> {
    let identities = source::identify(&policy.mounts)?;
    let bubblewrap = BUBBLEWRAP.into_iter().find(|path| Path::new(path).exists());
    let bubblewrap = bubblewrap.ok_or_else(|| SandboxError::NoBubblewrap(BUBBLEWRAP.join(", ")))?;
    let cgroup = Cgroup::make(&order.name, &policy.limits)?;
    let setup = Setup {
        backend: order.backend,
        name: order.name.clone(),
        program: order.program.clone(),
        identities,
        outside: own_namespaces(),
        policy,
    };
    let ended = Jail::start(order, setup, bubblewrap, signals, &cgroup).and_then(Jail::run);
    if let Ok(Ended { .. }) = &ended
        && cgroup.memory_kills() > 0
    {
        complain(&format!("{}: the memory was full, and the kernel ended a process", order.name));
    }
    for folder in cgroup.remove() {
        complain(&format!("{}: {} cannot be removed", order.name, folder.display()));
    }
    ended
}

/// `/proc/self/ns`, as init reads its own.
fn own_namespaces() -> BTreeMap<String, String> {
    let link = |name: &str| fs::read_link(format!("/proc/self/ns/{name}")).ok()?.into_os_string().into_string().ok();
    NAMESPACES.into_iter().filter_map(|name| Some((name.to_owned(), link(name)?))).collect()
}

/// How far it has come.
#[derive(Debug)]
enum Stage {
    /// Bubblewrap is at work.
    Making,
    /// Init knows what to do, and does it.
    Closing(Inbox),
    Running,
}

struct Jail<'a> {
    order: &'a Order,
    cgroup: &'a Cgroup,
    setup: Vec<u8>,
    watch: Watch,
    stage: Stage,
    /// Signals that came before there was anybody to pass them on to.
    early: Vec<u8>,
}

impl<'a> Jail<'a> {
    fn start(
        order: &'a Order,
        setup: Setup,
        bubblewrap: &str,
        signals: Signals,
        cgroup: &'a Cgroup,
    ) -> Result<Self, Failure> {
        let odd = |what: &str| {
            let what = what.to_owned();
            move |error: std::io::Error| SandboxError::Start(format!("{what}: {error}"))
        };
        let launcher = std::env::current_exe().map_err(odd("this program's own file"))?;
        let (ours, theirs) = UnixStream::pair().map_err(odd("no socket for init"))?;
        set_socket_passcred(&ours, true).map_err(|errno| odd("no socket for init")(errno.into()))?;
        let child = Command::new(bubblewrap)
            .args(arguments(&setup.policy, &pieces(setup.policy.root), &launcher))
            .env_clear()
            .current_dir("/")
            // Signals from a terminal reach the launcher alone, which decides what becomes of them.
            .process_group(0)
            .stdin(OwnedFd::from(theirs))
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(odd(bubblewrap))?;
        let watch = Watch::new(child, Some(ours.into()), signals, order.log)?;
        let jail = Self { order, cgroup, setup: setup.encode()?, watch, stage: Stage::Making, early: Vec::new() };
        jail.admit(jail.watch.pid())?;
        Ok(jail)
    }

    fn admit(&self, pid: Option<Pid>) -> Result<(), SandboxError> {
        let pid = pid.ok_or_else(|| SandboxError::Start("a process without a number".to_owned()))?;
        self.cgroup.admit(pid)
    }

    fn run(mut self) -> Result<Ended, Failure> {
        let ended = self.attend();
        if ended.is_err() {
            // Init dies with bubblewrap, and all others with init.
            let _ = self.watch.child.kill();
            let _ = self.watch.child.wait();
        }
        ended
    }

    fn attend(&mut self) -> Result<Ended, Failure> {
        loop {
            let deadline = match self.stage {
                Stage::Making | Stage::Closing(_) => Some(START_MS),
                Stage::Running => None,
            };
            match self.watch.next(deadline)? {
                Event::Heard { bytes, from } => self.hear(&bytes, from)?,
                Event::Signal(News::PassOn(signal)) => self.pass_on(signal),
                Event::Signal(News::ParentEnded) => self.end_at_once(),
                Event::Signal(News::ChildChanged) | Event::HungUp => {}
                Event::Ended { code } => match self.stage {
                    Stage::Running => return Ok(Ended { code }),
                    Stage::Making | Stage::Closing(_) => return Err(self.no_jail(code).into()),
                },
                Event::Deadline => {
                    return Err(SandboxError::Start(format!(
                        "no jail after {START_MS} ms: {}",
                        self.watch.first_words()
                    ))
                    .into());
                }
            }
        }
    }

    fn hear(&mut self, bytes: &[u8], from: Option<Pid>) -> Result<(), Failure> {
        match &mut self.stage {
            Stage::Making if bytes == [HELLO] => {
                self.admit(from)?;
                self.tell(&self.setup)?;
                self.tell(&self.early)?;
                self.stage = Stage::Closing(Inbox::default());
            }
            Stage::Closing(inbox) => {
                if let Some(message) = inbox.take(bytes)? {
                    self.judge(Report::from_toml(&message)?)?;
                    self.stage = Stage::Running;
                }
            }
            // The program has no hold of this socket, so nobody is there who could say this.
            Stage::Making | Stage::Running => {
                return Err(SandboxError::Start("init says what nobody asked".to_owned()).into());
            }
        }
        Ok(())
    }

    /// Looks at what init found, adds what only the launcher knows, and tells the caller.
    fn judge(&mut self, found: Report) -> Result<(), Failure> {
        let mut effective = found.effective;
        if let Some(error) = found.error {
            return Err(Failure { error, effective });
        }
        // Both are as they were read back when the cgroup was made, and init was put in before it knew what to do.
        effective.set(Layer::Memory, State::Held);
        effective.set(Layer::Pids, State::Held);
        if let Some((layer, why)) = effective.broken() {
            let error = SandboxError::NotHeld { layer: layer.name().to_owned(), why };
            return Err(Failure { error, effective });
        }
        let report = Report { backend: self.order.backend, name: self.order.name.clone(), effective, error: None };
        write_report(self.order.report.as_deref(), &report).map_err(Failure::from)
    }

    fn tell(&self, bytes: &[u8]) -> Result<(), SandboxError> {
        let Some(control) = self.watch.control() else {
            return Err(SandboxError::Start("init is gone".to_owned()));
        };
        let control = control.try_clone().map_err(|error| SandboxError::Start(error.to_string()))?;
        UnixStream::from(control).write_all(bytes).map_err(|error| SandboxError::Start(format!("init: {error}")))
    }

    fn pass_on(&mut self, signal: i32) {
        let Ok(byte) = u8::try_from(signal) else { return };
        match self.stage {
            Stage::Making => self.early.push(byte),
            // If init is gone, so is the program.
            Stage::Closing(_) | Stage::Running => drop(self.tell(&[byte])),
        }
    }

    fn end_at_once(&mut self) {
        // Its end is an event like any other.
        let _ = self.watch.child.kill();
    }

    /// Why bubblewrap or init ended before there was a report.
    fn no_jail(&self, code: u8) -> SandboxError {
        let words = self.watch.first_words();
        let namespaces = ["new namespace", "uid map", "user namespace", "unprivileged"];
        if namespaces.iter().any(|mark| words.contains(mark)) {
            return SandboxError::Namespaces(format!(
                "user namespaces are off or forbidden ({words}): set the sysctls kernel.unprivileged_userns_clone and \
                 user.max_user_namespaces, and where AppArmor forbids them give bwrap a profile with `userns,`"
            ));
        }
        if code >= BY_SIGNAL {
            return SandboxError::Start(format!("ended by signal {} before it was closed", code - BY_SIGNAL));
        }
        SandboxError::Start(format!("no jail (exit code {code}): {words}"))
    }
}

impl std::fmt::Debug for Watch {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Watch").field("child", &self.child).finish_non_exhaustive()
    }
}

//! A jail by bubblewrap.
//!
//! Bubblewrap begins its life in the jail's cgroup, so that everything of the jail is in it from the first moment. What
//! init is to do waits for it in a socket, which is the only thing that the launcher and the jail have in common.

use std::io::Write;
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::path::Path;

use rustix::pipe::{PipeFlags, pipe_with};

use super::signals::{News, Signals};
use super::watch::{Event, Watch};
use super::{Ended, Failure, Order, forget_report, own_namespaces, write_report};
use crate::cgroup::Cgroup;
use crate::check::CheckedPolicy;
use crate::control::{GO, Inbox, Setup};
use crate::error::SandboxError;
use crate::local::{BUBBLEWRAP, arguments, pieces};
use crate::program::{BY_SIGNAL, complain};
use crate::report::{Layer, Report, State};
use crate::source;
use crate::sys::{self, Start};

/// From bubblewrap's start to init's report. A good deal more than a loaded computer needs.
const START_MS: u64 = 20_000;

pub(super) fn run(order: &Order, policy: CheckedPolicy, signals: Signals) -> Result<Ended, Failure> {
    // Making a jail is a dozen processes' turns one after the other. Where every core is busy each of them would wait for
    // its turn, and the person for all of them. What hurries is ours alone, and takes milliseconds.
    sys::hurry();
    let identities = source::identify(&policy.mounts)?;
    let bubblewrap = BUBBLEWRAP.into_iter().map(Path::new).find(|path| path.exists());
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
    let ended = Jail::start(order, &setup, bubblewrap, signals, &cgroup).and_then(Jail::run);
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

/// How far it has come.
#[derive(Debug)]
enum Stage {
    /// Bubblewrap and init are at work.
    Closing(Inbox),
    Running,
}

struct Jail<'a> {
    order: &'a Order,
    cgroup: &'a Cgroup,
    watch: Watch,
    stage: Stage,
}

impl<'a> Jail<'a> {
    fn start(
        order: &'a Order,
        setup: &Setup,
        bubblewrap: &Path,
        signals: Signals,
        cgroup: &'a Cgroup,
    ) -> Result<Self, Failure> {
        let odd = |error: std::io::Error| SandboxError::Start(format!("bubblewrap cannot be started: {error}"));
        let launcher = std::env::current_exe().map_err(odd)?;
        let (mut ours, theirs) = UnixStream::pair().map_err(odd)?;
        ours.write_all(&setup.encode()?).map_err(odd)?;
        let pipe = || pipe_with(PipeFlags::CLOEXEC).map_err(|errno| odd(errno.into()));
        let ((out, to_out), (err, to_err)) = (pipe()?, pipe()?);
        let child = Start {
            program: bubblewrap,
            arguments: &arguments(&setup.policy, &pieces(setup.policy.root), &launcher),
            cradle: &cgroup.cradle()?,
            streams: [theirs.as_fd(), to_out.as_fd(), to_err.as_fd()],
        }
        .run()
        .map_err(odd)?;
        // The launcher's copies of the child's ends are closed here, so that the streams end when the jail does.
        drop((theirs, to_out, to_err));
        forget_report(order.report.as_deref())?;
        let watch = Watch::new(child, [out, err], Some(ours.into()), signals, order.log);
        Ok(Self { order, cgroup, watch, stage: Stage::Closing(Inbox::default()) })
    }

    fn run(mut self) -> Result<Ended, Failure> {
        let ended = self.attend();
        if ended.is_err() {
            // Init dies with bubblewrap, and all others with init.
            self.watch.kill();
            self.watch.bury();
        }
        ended
    }

    fn attend(&mut self) -> Result<Ended, Failure> {
        loop {
            let deadline = match self.stage {
                Stage::Closing(_) => Some(START_MS),
                Stage::Running => None,
            };
            match self.watch.next(deadline)? {
                Event::Heard(bytes) => self.hear(&bytes)?,
                Event::Signal(News::PassOn(signal)) => self.pass_on(signal),
                Event::Signal(News::ParentEnded) => self.watch.kill(),
                Event::Signal(News::ChildChanged) | Event::HungUp => {}
                Event::Ended { code } => match self.stage {
                    Stage::Running => return Ok(Ended { code }),
                    Stage::Closing(_) => return Err(self.no_jail(code).into()),
                },
                Event::Deadline => {
                    let words = self.watch.first_words();
                    return Err(SandboxError::Start(format!("no jail after {START_MS} ms: {words}")).into());
                }
            }
        }
    }

    fn hear(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let Stage::Closing(inbox) = &mut self.stage else {
            // The program has no hold of this socket, so nobody is there who could say this.
            return Err(SandboxError::Start("init says what nobody asked".to_owned()).into());
        };
        if let Some(message) = inbox.take(bytes)? {
            self.judge(Report::from_toml(&message)?)?;
            self.tell(&[GO])?;
            self.stage = Stage::Running;
            self.take_turns()?;
        }
        Ok(())
    }

    /// The jail is made, and nobody waits for the launcher and for bubblewrap any more. Init does the same by itself.
    fn take_turns(&self) -> Result<(), SandboxError> {
        for pid in [None, Some(self.watch.child())] {
            match sys::take_turns(pid) {
                // It has ended already.
                Err(error) if error.raw_os_error() == Some(libc::ESRCH) => {}
                other => {
                    other.map_err(|error| SandboxError::Start(format!("the jail would not take turns: {error}")))?
                }
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
        // The limits are as they were read back when the cgroup was made.
        let inside = State::of(self.cgroup.has(self.watch.child()));
        effective.set(Layer::Memory, inside.clone());
        effective.set(Layer::Pids, inside);
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

    fn pass_on(&self, signal: i32) {
        if let Ok(byte) = u8::try_from(signal) {
            // If init is gone, so is the program.
            drop(self.tell(&[byte]));
        }
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

//! Runs one child process as its supervisor decides.
//!
//! The decisions are `sarai-supervisor`'s; here they become processes, signals and probes. A child is started in a
//! process group of its own and killed with it. What a child supervises in turn is in other groups, and is told to end
//! with its parent.
//!
//! # Usage
//! [`Child::start`] with a [`ChildSpec`]; read [`Child::watch`]; [`Child::drain`] ends it.

use std::collections::VecDeque;
use std::fmt;
use std::future::Future;
use std::os::unix::process::ExitStatusExt as _;
use std::pin::Pin;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process, kill_process_group};
use sarai_sandbox::{self as sandbox, Backend};
use sarai_supervisor::{Action, Event, Health, Incarnation, Moment, Policy, ProbeId, State, Supervisor};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, BufReader};
use tokio::process::{self, Command};
use tokio::sync::{Notify, oneshot, watch};
use tokio::task::{JoinHandle, JoinSet};

/// How long the end of a child waits for what its jail has left to be removed.
const SWEEP_MAX: Duration = Duration::from_secs(10);
/// The longest line of a child's log that is passed on; a longer one becomes several.
const LOG_LINE_MAX: u64 = 4096;

type Probe = dyn Fn() -> Pin<Box<dyn Future<Output = Health> + Send>> + Send + Sync;

/// How to start a child and how to ask for its health.
pub struct ChildSpec {
    /// For logs and metrics.
    pub name: String,
    pub policy: Policy,
    /// Makes the command anew for each start; its standard input is its own business.
    pub command: Box<dyn Fn() -> std::io::Result<Command> + Send + Sync>,
    pub probe: Box<Probe>,
    /// What happens to each line that the child writes to its standard error.
    pub log: fn(&str),
    /// Who jails it, if the process is a jail's launcher.
    pub jail: Option<Backend>,
}

impl fmt::Debug for ChildSpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildSpec").field("name", &self.name).finish_non_exhaustive()
    }
}

/// What is known of a child from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    pub state: State,
    pub serving: bool,
    pub restarts: u32,
    pub pid: Option<u32>,
}

/// Asks for one more attempt at a child that was left alone after its crashes. A cheap handle.
#[derive(Debug, Clone)]
pub struct Retry {
    seen: watch::Receiver<Seen>,
    asked: Arc<Notify>,
}

impl Retry {
    /// False where it was not left alone, and nothing is to be done.
    #[must_use]
    pub fn ask(&self) -> bool {
        let is_left_alone = matches!(self.seen.borrow().state, State::Quarantined { .. });
        if is_left_alone {
            self.asked.notify_one();
        }
        is_left_alone
    }
}

/// A supervised child. Dropping it drains it, without waiting for its end.
#[derive(Debug)]
pub struct Child {
    seen: watch::Receiver<Seen>,
    retry: Arc<Notify>,
    drain: oneshot::Sender<()>,
    task: JoinHandle<()>,
}

impl Child {
    /// Starts it, and keeps it going until [`Child::drain`].
    #[must_use]
    pub fn start(spec: ChildSpec, seed: u64) -> Self {
        let supervisor = Supervisor::new(spec.policy, seed);
        let first = Seen { state: *supervisor.state(), serving: false, restarts: 0, pid: None };
        let (publish, seen) = watch::channel(first);
        let (drain, drained) = oneshot::channel();
        let retry = Arc::new(Notify::new());
        let driver = Driver {
            spec,
            supervisor,
            process: None,
            probes: JoinSet::new(),
            clock: clock(),
            publish,
            retry: Arc::clone(&retry),
            drained: Some(drained),
        };
        Self { seen, retry, drain, task: tokio::spawn(driver.run()) }
    }

    #[must_use]
    pub fn watch(&self) -> watch::Receiver<Seen> {
        self.seen.clone()
    }

    #[must_use]
    pub fn retry(&self) -> Retry {
        Retry { seen: self.seen.clone(), asked: Arc::clone(&self.retry) }
    }

    /// Lets it finish what it does, and ends it. Returns when it is gone.
    pub async fn drain(self) {
        // Neither can fail before this: the driver runs until it is told to stop, here.
        let _ = self.drain.send(());
        let _ = self.task.await;
    }
}

struct Driver {
    spec: ChildSpec,
    supervisor: Supervisor,
    process: Option<(Incarnation, process::Child)>,
    probes: JoinSet<(ProbeId, Health)>,
    clock: Instant,
    publish: watch::Sender<Seen>,
    retry: Arc<Notify>,
    /// Heard once; a [`Child`] that is dropped counts as drained.
    drained: Option<oneshot::Receiver<()>>,
}

impl Driver {
    async fn run(mut self) {
        let mut events = VecDeque::from([Event::Start]);
        loop {
            while let Some(event) = events.pop_front() {
                for action in self.supervisor.step(self.now(), event) {
                    events.extend(self.perform(action));
                }
            }
            self.show();
            if matches!(self.supervisor.state(), State::Stopped) {
                return;
            }
            events.push_back(self.next().await);
        }
    }

    /// After a launcher that could not clean up: a child has ended only when nothing of its jail is left, or when an
    /// engine does not come to remove it.
    async fn sweep(&self, backend: Backend) {
        let swept = tokio::task::spawn_blocking(move || sandbox::sweep(backend));
        let error = match tokio::time::timeout(SWEEP_MAX, swept).await {
            Ok(Ok(Ok(()))) => return,
            Ok(Ok(Err(error))) => error.to_string(),
            Ok(Err(error)) => error.to_string(),
            Err(error) => error.to_string(),
        };
        tracing::warn!(child = %self.spec.name, error, "what a killed jail has left stays until the next start");
    }

    fn show(&self) {
        let seen = Seen {
            state: *self.supervisor.state(),
            serving: self.supervisor.serving(),
            restarts: self.supervisor.restarts(),
            pid: self.process.as_ref().and_then(|(_, p)| p.id()),
        };
        let before = self.publish.send_replace(seen);
        if std::mem::discriminant(&before.state) != std::mem::discriminant(&seen.state) {
            tracing::info!(child = %self.spec.name, state = ?seen.state, restarts = seen.restarts, "child");
        }
    }

    async fn next(&mut self) -> Event {
        let wake = self.supervisor.wake_at().map(|at| at.since(self.now()));
        let (process, drained) = (&mut self.process, &mut self.drained);
        let exit = async {
            match process {
                Some((incarnation, child)) => (*incarnation, child.wait().await),
                None => std::future::pending().await,
            }
        };
        let drain = async {
            match drained {
                Some(signal) => drop(signal.await),
                None => std::future::pending().await,
            }
        };
        tokio::select! {
            biased;
            (incarnation, status) = exit => {
                tracing::info!(child = %self.spec.name, %incarnation, ?status, "child ended");
                self.process = None;
                if let (Some(backend), true) = (self.spec.jail, status.is_ok_and(|status| status.signal().is_some())) {
                    self.sweep(backend).await;
                }
                Event::Exited(incarnation)
            }
            Some(probe) = self.probes.join_next(), if !self.probes.is_empty() => match probe {
                Ok((id, health)) => Event::Probed(id, health),
                // A probe that panicked found nothing; its deadline passes.
                Err(_) => Event::Deadline,
            },
            () = drain => {
                self.drained = None;
                Event::Drain
            }
            () = self.retry.notified() => Event::Retry,
            () = sleep(wake) => Event::Deadline,
        }
    }

    /// Performs one action. A spawn is followed by its outcome.
    fn perform(&mut self, action: Action) -> Option<Event> {
        match action {
            Action::Spawn(incarnation) => Some(match self.spawn() {
                Ok(child) => {
                    self.process = Some((incarnation, child));
                    Event::Spawned(incarnation)
                }
                Err(error) => {
                    tracing::error!(child = %self.spec.name, %error, "the child cannot be started");
                    Event::SpawnFailed(incarnation)
                }
            }),
            Action::Probe(id) => {
                let health = (self.spec.probe)();
                self.probes.spawn(async move { (id, health.await) });
                None
            }
            Action::Terminate(incarnation) => {
                self.signal(incarnation, |pid| kill_process(pid, Signal::TERM));
                None
            }
            Action::Kill(incarnation, reason) => {
                tracing::warn!(child = %self.spec.name, %incarnation, ?reason, "child is killed");
                self.signal(incarnation, |pid| kill_process_group(pid, Signal::KILL));
                None
            }
        }
    }

    fn spawn(&self) -> std::io::Result<process::Child> {
        let mut command = (self.spec.command)()?;
        command.process_group(0).stdout(Stdio::null()).stderr(Stdio::piped()).kill_on_drop(true);
        let mut child = command.spawn()?;
        if let Some(stderr) = child.stderr.take() {
            tokio::spawn(forward(stderr, self.spec.log));
        }
        Ok(child)
    }

    fn signal(&self, incarnation: Incarnation, send: impl Fn(Pid) -> rustix::io::Result<()>) {
        let pid = self.process.as_ref().filter(|(i, _)| *i == incarnation).and_then(|(_, p)| p.id());
        if let Some(pid) = pid.and_then(|pid| i32::try_from(pid).ok()).and_then(Pid::from_raw)
            && let Err(error) = send(pid)
        {
            tracing::warn!(child = %self.spec.name, %error, "the signal was not delivered");
        }
    }

    fn now(&self) -> Moment {
        Moment::from_millis(u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX))
    }
}

async fn sleep(wake: Option<Duration>) {
    match wake {
        Some(wait) => tokio::time::sleep(wait).await,
        None => std::future::pending().await,
    }
}

/// Passes a child's log on, line by line, until it closes it.
async fn forward(stderr: impl AsyncRead + Unpin, log: fn(&str)) {
    let mut reader = BufReader::new(stderr);
    let mut line = Vec::new();
    loop {
        line.clear();
        let read = (&mut reader).take(LOG_LINE_MAX).read_until(b'\n', &mut line).await;
        match read {
            Ok(0) | Err(_) => return,
            Ok(_) => log(String::from_utf8_lossy(&line).trim_end()),
        }
    }
}

#[expect(clippy::disallowed_methods, reason = "the daemon is the shell that reads the clock")]
fn clock() -> Instant {
    Instant::now()
}

//! The launcher's part of a container's life.

use std::io::{self, Read, Write};
use std::os::fd::AsFd;
use std::os::unix::net::UnixStream;
use std::time::Instant;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use serde_json::Value;

use super::config::{self, Hold, Plan};
use super::engine::Engine;
use super::http::Answer;
use super::image::Image;
use super::packed::ceilings;
use super::rights;
use super::seccomp::{Callers, Profile};
use super::stream::{Frames, Output};
use crate::cgroup::Owner;
use crate::check::CheckedPolicy;
use crate::control::{GO, Inbox, Setup};
use crate::error::SandboxError;
use crate::launch::pump::Allowance;
use crate::launch::signals::{News, Signals};
use crate::launch::{Ended, Failure, Order, write_report};
use crate::launcher::LogLimit;
use crate::local::pieces;
use crate::policy::Limits;
use crate::program::{BY_SIGNAL, complain};
use crate::report::{Layer, Report, State};
use crate::source;

/// From the container's start to init's report. A good deal more than a loaded computer needs.
const START_MS: u64 = 60_000;
/// How long output may still take to get rid of when the program has ended and nobody reads.
const FLUSH_MS: u64 = 2_000;
/// How much is read and written at once.
const CHUNK: usize = 4096;
/// What is kept of the first words on standard error: they say why a jail did not come to be.
const FIRST_WORDS_MAX: usize = 4096;
/// The answer that holds an exit code.
const EXIT_BYTES_MAX: usize = 64 << 10;

pub(crate) fn run(order: &Order, policy: CheckedPolicy, signals: Signals) -> Result<Ended, Failure> {
    let identities = source::identify(&policy.mounts)?;
    rights::check(&policy.mounts)?;
    let engine = Engine::find(|name| std::env::var(name).ok())?;
    let owner = Owner::this().map_err(|error| SandboxError::Start(error.to_string()))?;
    sweep(&engine, &owner)?;
    let id = create(&engine, order, &policy, &owner)?;
    let setup = Setup {
        backend: order.backend,
        name: order.name.clone(),
        program: order.program.clone(),
        identities,
        outside: crate::launch::own_namespaces(),
        policy,
    };
    let ended = Jail::start(order, &engine, &id, &setup, signals).and_then(Jail::run);
    if ended.as_ref().is_ok_and(|ended| ended.code == BY_SIGNAL + 9) && out_of_memory(&engine, &id) {
        complain(&format!("{}: the memory was full, and the kernel ended a process", order.name));
    }
    if let Err(error) = engine.remove(&id) {
        complain(&format!("{}: {error}", order.name));
    }
    ended
}

/// Removes the containers of launchers that were killed, from the engine that a launcher would ask.
pub(crate) fn sweep_all() -> Result<(), SandboxError> {
    let owner = Owner::this().map_err(|error| SandboxError::Start(error.to_string()))?;
    sweep(&Engine::find(|name| std::env::var(name).ok())?, &owner)
}

/// The same, where the engine is known.
pub(super) fn sweep(engine: &Engine, owner: &Owner) -> Result<(), SandboxError> {
    for container in engine.list()? {
        if owner.is_orphan(&container.owner) {
            engine.remove(&container.id)?;
        }
    }
    Ok(())
}

fn create(engine: &Engine, order: &Order, policy: &CheckedPolicy, owner: &Owner) -> Result<String, SandboxError> {
    let pieces = pieces(policy.root);
    let launcher = std::env::current_exe().map_err(|error| SandboxError::Start(error.to_string()))?;
    let launcher =
        launcher.to_str().ok_or_else(|| SandboxError::Start("this program's path is not UTF-8".to_owned()))?;
    let image = Image::of(&pieces)?;
    let profile = Profile::for_engine(engine.kind, Callers::Init)?;
    let plan = Plan {
        hold: Hold { policy, kind: engine.kind, profile: profile.option(), ceilings: ceilings() },
        pieces: &pieces,
        launcher,
        image: &image.name,
        owner: &owner.folder_name(&order.name),
    };
    engine.create(&image, &config::body(&plan))
}

fn out_of_memory(engine: &Engine, id: &str) -> bool {
    engine.inspect(id).is_ok_and(|container| container["State"]["OOMKilled"] == true)
}

/// How far it has come.
#[derive(Debug)]
enum Stage {
    /// The engine and init are at work.
    Closing(Inbox),
    Running,
}

/// One of the launcher's own two outputs.
#[derive(Debug)]
struct Outlet {
    allowance: Allowance,
    /// Read and not yet written.
    waiting: Vec<u8>,
}

impl Outlet {
    fn new(limit: LogLimit) -> Self {
        Self { allowance: Allowance::new(limit, 0), waiting: Vec::new() }
    }

    fn take(&mut self, bytes: &[u8], now_ms: u64) {
        let verdict = self.allowance.judge(now_ms, bytes.len());
        self.waiting.extend_from_slice(&bytes[..verdict.pass]);
        if verdict.say {
            self.waiting.extend_from_slice(self.allowance.complaint().as_bytes());
        }
    }

    /// Writes no more than what a pipe takes without blocking once it says that it takes anything.
    fn write(&mut self, to: impl AsFd) {
        match rustix::io::write(to, &self.waiting[..self.waiting.len().min(CHUNK)]) {
            Ok(count) => drop(self.waiting.drain(..count)),
            Err(rustix::io::Errno::INTR | rustix::io::Errno::AGAIN) => {}
            // Nobody reads any more; the program goes on all the same.
            Err(_) => self.waiting.clear(),
        }
    }
}

struct Jail<'a> {
    order: &'a Order,
    engine: &'a Engine,
    id: &'a str,
    stage: Stage,
    signals: Signals,
    /// The container's streams; `None` when they have ended.
    streams: Option<UnixStream>,
    frames: Frames,
    out: Outlet,
    err: Outlet,
    first_words: Vec<u8>,
    limits: Limits,
    /// Where the exit code will come, and what of it has come.
    end: UnixStream,
    end_bytes: Vec<u8>,
    clock: Instant,
}

impl<'a> Jail<'a> {
    fn start(
        order: &'a Order,
        engine: &'a Engine,
        id: &'a str,
        setup: &Setup,
        signals: Signals,
    ) -> Result<Self, Failure> {
        let odd = |error: io::Error| SandboxError::Docker(format!("init cannot be reached: {error}"));
        let (mut streams, early) = engine.attach(id)?;
        engine.start(id)?;
        streams.write_all(&setup.encode()?).map_err(odd)?;
        let end = engine.wait(id)?;
        end.set_nonblocking(true).map_err(odd)?;
        #[expect(clippy::disallowed_methods, reason = "the launcher is a shell: it waits")]
        let clock = Instant::now();
        let mut jail = Self {
            order,
            engine,
            id,
            stage: Stage::Closing(Inbox::default()),
            signals,
            streams: Some(streams),
            frames: Frames::default(),
            out: Outlet::new(order.log),
            err: Outlet::new(order.log),
            first_words: Vec::new(),
            limits: setup.policy.limits,
            end,
            end_bytes: Vec::new(),
            clock,
        };
        jail.hear(&early)?;
        Ok(jail)
    }

    fn now_ms(&self) -> u64 {
        u64::try_from(self.clock.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn run(mut self) -> Result<Ended, Failure> {
        loop {
            let ready = self.wait()?;
            if ready.signals {
                self.obey()?;
            }
            if ready.out {
                self.out.write(io::stdout());
            }
            if ready.err {
                self.err.write(io::stderr());
            }
            if ready.streams {
                self.listen()?;
            }
            if ready.end
                && let Some(code) = self.ended()?
            {
                return self.finish(code);
            }
            if matches!(self.stage, Stage::Closing(_)) && self.now_ms() >= START_MS {
                return Err(SandboxError::Docker(format!("no jail after {START_MS} ms: {}", self.words())).into());
            }
        }
    }

    /// Waits for news, or for room for what is to be passed on; then nothing more is read.
    fn wait(&self) -> Result<Ready, SandboxError> {
        let (stdout, stderr) = (io::stdout(), io::stderr());
        let mut files = vec![
            PollFd::from_borrowed_fd(self.signals.as_fd(), PollFlags::IN),
            PollFd::from_borrowed_fd(self.end.as_fd(), PollFlags::IN),
        ];
        let mut push = |wanted: bool, file, flags| {
            wanted.then(|| {
                files.push(PollFd::from_borrowed_fd(file, flags));
                files.len() - 1
            })
        };
        let out = push(!self.out.waiting.is_empty(), stdout.as_fd(), PollFlags::OUT);
        let err = push(!self.err.waiting.is_empty(), stderr.as_fd(), PollFlags::OUT);
        let idle = out.is_none() && err.is_none();
        let streams = self.streams.as_ref().and_then(|streams| push(idle, streams.as_fd(), PollFlags::IN));
        let timeout = match self.stage {
            Stage::Closing(_) => Some(milliseconds(START_MS.saturating_sub(self.now_ms()))),
            Stage::Running => None,
        };
        match poll(&mut files, timeout.as_ref()) {
            Ok(_) | Err(rustix::io::Errno::INTR) => {}
            Err(errno) => return Err(SandboxError::Start(format!("nothing can be waited for: {errno}"))),
        }
        let is = |at: usize| !files[at].revents().is_empty();
        Ok(Ready {
            signals: is(0),
            end: is(1),
            out: out.is_some_and(is),
            err: err.is_some_and(is),
            streams: streams.is_some_and(is),
        })
    }

    fn obey(&mut self) -> Result<(), SandboxError> {
        match self.signals.next() {
            Some(News::PassOn(signal)) => {
                if let Ok(byte) = u8::try_from(signal) {
                    self.tell(byte);
                }
                Ok(())
            }
            // Its end is news like any other.
            Some(News::ParentEnded) => self.engine.remove(self.id),
            Some(News::ChildChanged) | None => Ok(()),
        }
    }

    /// One byte for init. If it is gone, so is the program, and that is news like any other.
    fn tell(&mut self, byte: u8) {
        if let Some(streams) = &mut self.streams {
            let _ = streams.write_all(&[byte]);
        }
    }

    fn listen(&mut self) -> Result<(), Failure> {
        let mut bytes = [0; CHUNK];
        let Some(streams) = &mut self.streams else { return Ok(()) };
        match streams.read(&mut bytes) {
            Ok(count) if count > 0 => self.hear(&bytes[..count]),
            Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(()),
            Ok(_) | Err(_) => {
                self.streams = None;
                Ok(())
            }
        }
    }

    /// Takes what the container's streams have brought.
    fn hear(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        let now = self.now_ms();
        let mut pieces = Vec::new();
        self.frames
            .cut(bytes, |output, piece| pieces.push((output, piece)))
            .ok_or_else(|| SandboxError::Docker("the engine's stream cannot be read".to_owned()))?;
        for (output, piece) in pieces {
            match (output, &mut self.stage) {
                (Output::Error, _) => {
                    let room = FIRST_WORDS_MAX - self.first_words.len();
                    self.first_words.extend_from_slice(&piece[..piece.len().min(room)]);
                    self.err.take(piece, now);
                }
                (Output::Standard, Stage::Running) => self.out.take(piece, now),
                (Output::Standard, Stage::Closing(inbox)) => {
                    if let Some(message) = inbox.take(piece)? {
                        self.judge(Report::from_toml(&message)?)?;
                        self.tell(GO);
                        if let Stage::Closing(inbox) = std::mem::replace(&mut self.stage, Stage::Running) {
                            self.out.take(&inbox.rest(), now);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    /// Looks at what init found, adds what only the engine knows, and tells the caller.
    fn judge(&self, found: Report) -> Result<(), Failure> {
        let mut effective = found.effective;
        if let Some(error) = found.error {
            return Err(Failure { error, effective });
        }
        let container = self.engine.inspect(self.id)?;
        effective
            .set(Layer::Memory, State::of(limited(&container, &["Memory", "MemorySwap"], self.limits.memory_bytes)));
        effective.set(Layer::Pids, State::of(limited(&container, &["PidsLimit"], config::pids(self.limits.pids))));
        if let Some((layer, why)) = effective.broken() {
            let error = SandboxError::NotHeld { layer: layer.name().to_owned(), why };
            return Err(Failure { error, effective });
        }
        let report = Report { backend: self.order.backend, name: self.order.name.clone(), effective, error: None };
        write_report(self.order.report.as_deref(), &report).map_err(Failure::from)
    }

    fn words(&self) -> String {
        String::from_utf8_lossy(&self.first_words).trim().to_owned()
    }

    /// The exit code, when all of the answer is there.
    fn ended(&mut self) -> Result<Option<u8>, SandboxError> {
        let odd = |what: &str| SandboxError::Docker(format!("the container's end: {what}"));
        let mut bytes = [0; CHUNK];
        match self.end.read(&mut bytes) {
            Ok(count) if count > 0 => {
                self.end_bytes.extend_from_slice(&bytes[..count]);
                if self.end_bytes.len() > EXIT_BYTES_MAX { Err(odd("the answer is too long")) } else { Ok(None) }
            }
            Err(error) if matches!(error.kind(), io::ErrorKind::WouldBlock | io::ErrorKind::Interrupted) => Ok(None),
            Err(error) => Err(odd(&error.to_string())),
            Ok(_) => {
                let answer = Answer::parse(&self.end_bytes).map_err(|error| odd(&error.to_string()))?;
                // Who removed it has ended it.
                if answer.status == 404 {
                    return Ok(Some(BY_SIGNAL + 9));
                }
                let said: Value = serde_json::from_slice(&answer.body).unwrap_or_default();
                let code = said["StatusCode"].as_u64().and_then(|code| u8::try_from(code).ok());
                code.map(Some).ok_or_else(|| odd(&String::from_utf8_lossy(&answer.body)))
            }
        }
    }

    /// Lets through what the container has left.
    fn finish(mut self, code: u8) -> Result<Ended, Failure> {
        let until = self.now_ms() + FLUSH_MS;
        while self.now_ms() < until {
            let idle = self.out.waiting.is_empty() && self.err.waiting.is_empty();
            if idle && self.streams.is_none() {
                break;
            }
            let (stdout, stderr) = (io::stdout(), io::stderr());
            let mut files: Vec<PollFd<'_>> = Vec::new();
            if idle {
                files.extend(
                    self.streams.as_ref().map(|streams| PollFd::from_borrowed_fd(streams.as_fd(), PollFlags::IN)),
                );
            } else {
                files.push(PollFd::from_borrowed_fd(stdout.as_fd(), PollFlags::OUT));
                files.push(PollFd::from_borrowed_fd(stderr.as_fd(), PollFlags::OUT));
            }
            let _ = poll(&mut files, Some(&milliseconds(until.saturating_sub(self.now_ms()))));
            let ready: Vec<bool> = files.iter().map(|file| !file.revents().is_empty()).collect();
            match ready[..] {
                [true] => self.listen()?,
                [out, err] => {
                    if out {
                        self.out.write(&stdout);
                    }
                    if err {
                        self.err.write(&stderr);
                    }
                }
                _ => {}
            }
        }
        match self.stage {
            Stage::Running => Ok(Ended { code }),
            Stage::Closing(_) => {
                Err(SandboxError::Docker(format!("no jail (exit code {code}): {}", self.words())).into())
            }
        }
    }
}

/// Whether the engine has taken the limits as they were given to it.
fn limited(container: &Value, fields: &[&str], most: u64) -> Result<(), String> {
    let other = fields.iter().find(|&&field| container["HostConfig"][field].as_u64() != Some(most));
    other.map_or(Ok(()), |field| Err(format!("the engine has made {field} {}", container["HostConfig"][field])))
}

struct Ready {
    signals: bool,
    end: bool,
    out: bool,
    err: bool,
    streams: bool,
}

fn milliseconds(count: u64) -> Timespec {
    let seconds = i64::try_from(count / 1000).unwrap_or(i64::MAX);
    Timespec { tv_sec: seconds, tv_nsec: i64::try_from(count % 1000).unwrap_or(0) * 1_000_000 }
}

//! `sarai serve`: the front door, the turn machine and the model behind it, in one process without a model in it.
//!
//! Lock → bind → start the model → serve → drain. Whatever is wrong with the config or the port is said before the
//! model is touched.

use std::io::ErrorKind;
use std::net::SocketAddr;
use std::os::unix::fs::FileTypeExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use sarai_agent::Grammars;
use sarai_api::{Ambient, Auth, Front, Handle, Pairing, PairingError, router};
use sarai_config::{
    Config, Draft, Embedding, FolderError, Folders, Loaded, LockError, LogLevel, Sources, StateLock, Switch, reload,
    write_atomic,
};
use sarai_messages::language_from_env;
use sarai_sandbox::{Backend, Launcher, SandboxError};
use sarai_types::{Language, Notice};
use secrecy::SecretString;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::activity::Activity;
use crate::arrange::Arranger;
use crate::brain::BrainSpec;
use crate::clock;
use crate::desk::Desk;
use crate::listen::{self, Stop};
use crate::loop_view::LoopView;
use crate::memory::{Embedder, Idle, IdleKeeper, MemoryKeeper, Remembrance};
use crate::metrics::Metrics;
use crate::pool::PoolKeeper;
use crate::reload::FileWatch;
use crate::room;
use crate::skills::{self, SkillPlaces, SkillsKeeper, SkillsSpec};
use crate::token;

/// The owner's socket, in the state folder's `run`.
pub const SOCKET: &str = "sarai.sock";
/// The TCP port that is bound, in the same folder.
pub const PORT_FILE: &str = "port";
/// How long answers under way may take to finish after SIGTERM.
const DRAIN_DEADLINE: Duration = Duration::from_secs(30);

/// What `serve` needs to know.
#[derive(Debug)]
pub struct ServeOptions {
    pub folders: Folders,
    pub sources: Sources,
    pub loaded: Loaded,
    /// The model worker's program.
    pub worker: PathBuf,
    /// Who makes jails, or why nobody does: then nothing that needs one starts.
    pub launcher: Result<Launcher, SandboxError>,
    /// Where skills lie.
    pub skills: SkillPlaces,
    /// Told when the config's log level changes.
    pub log_level: fn(LogLevel),
}

/// Why `serve` did not start.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error("cannot listen on {address}")]
    Bind { address: SocketAddr, source: std::io::Error },
    #[error("{0} is an address of the network, and server.insecure is not set")]
    Exposed(SocketAddr),
    #[error(transparent)]
    Pairing(#[from] PairingError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
    #[error("the metrics contradict each other")]
    Metrics(#[from] prometheus::Error),
    #[error("the config cannot be watched")]
    Watch(#[from] notify::Error),
}

impl ServeError {
    /// The sentence for the person.
    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::Folder(error) => error.notice(),
            Self::Lock(LockError::Held { pid }) => Notice::new("daemon-state-held").arg("pid", pid),
            Self::Bind { address, source } if source.kind() == ErrorKind::AddrInUse => {
                Notice::new("daemon-port-in-use").arg("port", address.port())
            }
            Self::Bind { address, source } => {
                Notice::new("daemon-bind-failed").arg("address", address).arg("cause", source)
            }
            Self::Exposed(address) => Notice::new("daemon-exposed").arg("address", address.ip()),
            Self::Pairing(error) => error.notice(),
            Self::Lock(LockError::Io(error)) | Self::Io(error) => Notice::new("daemon-io").arg("cause", error),
            Self::Metrics(_) => Notice::new("daemon-internal"),
            Self::Watch(error) => Notice::new("daemon-watch-failed").arg("cause", error),
        }
    }
}

/// Serves until SIGTERM or SIGINT, and drains.
///
/// # Errors
/// What stands in the way of starting; afterwards nothing does.
pub async fn serve(options: ServeOptions) -> Result<(), ServeError> {
    let ServeOptions { folders, sources, loaded, worker, launcher, skills, log_level } = options;
    let _lock = StateLock::take(&folders.run(), "serve.lock")?;
    let config = &loaded.config;
    let tcp = bind(config).await?;
    let unix = listen::unix(&folders.socket(SOCKET)?)?;
    let signals = Signals::new()?;
    let files = FileWatch::new(&[folders.config_file(), folders.overrides_file()])?;

    let metrics = Metrics::new()?;
    let (handle, commands) = Handle::channel();
    let doors = Doors {
        handle,
        token: token::read_or_make(&token::path(&folders))?,
        port: tcp.local_addr()?.port(),
        pairing: Arc::new(Pairing::open(folders.sessions_file())?),
    };
    let memory = MemoryKeeper::start(config.phoenix.entity_memory_skill, &folders);
    let models = PoolKeeper::start(brain_spec(worker, &launcher, config, &folders, memory.handle()));
    let skills = SkillsKeeper::start(skills_spec(skills, launcher, config), models.watch(), metrics.clone());
    let (activity, idle) = idle(config, &memory, &models, metrics.clone());
    let (stop, stopped) = watch::channel(Stop::NotYet);
    let loop_view = LoopView::new(folders.clone());
    let desk = Desk {
        brain: models.watch(),
        pool: models.handle(),
        drafter: models.watch_drafter(),
        skills: skills.handle(),
        memory: memory.handle(),
        arranger: arranger(config, &loop_view),
        loop_view,
        grammars: grammars(config),
        metrics: metrics.clone(),
        activity,
        stop: stopped.clone(),
        started: clock::unix_ms() / 1000,
    };
    let mut desk = tokio::spawn(desk.run(commands));

    let (to_port, port_routes) = watch::channel(doors.port_router(config));
    let (to_socket, socket_routes) = watch::channel(doors.socket_router(config));
    announce(&folders, tcp.local_addr()?)?;
    let mut listeners = JoinSet::new();
    listeners.spawn(listen::serve_tcp(tcp, port_routes, stopped.clone()));
    listeners.spawn(listen::serve_unix(unix, socket_routes, stopped));

    let watcher = ConfigWatcher { sources, loaded, log_level, metrics };
    watcher
        .run(signals, files, |config| {
            // Connections that are open keep the routes that they came in by.
            drop(to_port.send_replace(doors.port_router(config)));
            drop(to_socket.send_replace(doors.socket_router(config)));
        })
        .await;

    tracing::info!("draining");
    stop.send_replace(Stop::Now);
    idle.drain().await;
    let drained = async {
        while listeners.join_next().await.is_some() {}
        // The routes hold the last handles; without them the desk has nothing left to receive.
        drop((doors, to_port, to_socket));
        let _ = (&mut desk).await;
    };
    if tokio::time::timeout(DRAIN_DEADLINE, drained).await.is_err() {
        tracing::warn!("some answers did not finish in time and are cut off");
        listeners.shutdown().await;
        desk.abort();
    }
    // Skills ask the model, so they end first.
    skills.drain().await;
    models.drain().await;
    memory.drain().await;
    close_doors(&folders);
    tracing::info!("stopped");
    Ok(())
}

/// With `server.port: 0` only this says which port it became.
fn announce(folders: &Folders, address: SocketAddr) -> Result<(), FolderError> {
    let (file, port) = (folders.run().join(PORT_FILE), address.port().to_string());
    // After a crash it says so already, and on a full disk it could not be written again.
    if !fs_err::read_to_string(&file).is_ok_and(|told| told == port) {
        write_atomic(&file, port.as_bytes())?;
    }
    tracing::info!(%address, "listening");
    Ok(())
}

/// Removes the sockets that nobody listens at any more. One that stays is replaced by the next start.
fn close_doors(folders: &Folders) {
    let run = folders.run();
    let _ = fs_err::remove_file(run.join(SOCKET));
    // Beside ours is the loop's, which may go on without us; in folders are those of models and skills.
    for entry in fs_err::read_dir(run).into_iter().flatten().flatten() {
        remove_sockets(&entry.path());
    }
}

fn remove_sockets(folder: &Path) {
    let Ok(entries) = fs_err::read_dir(folder) else { return };
    for entry in entries.flatten() {
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => remove_sockets(&entry.path()),
            Ok(kind) if kind.is_socket() => drop(fs_err::remove_file(entry.path())),
            Ok(_) | Err(_) => {}
        }
    }
}

async fn bind(config: &Config) -> Result<TcpListener, ServeError> {
    let address = config.server.address();
    if !address.ip().is_loopback() && config.server.insecure == Switch::Off {
        return Err(ServeError::Exposed(address));
    }
    TcpListener::bind(address).await.map_err(|source| ServeError::Bind { address, source })
}

/// What the routers are made of, again with each config.
struct Doors {
    handle: Handle,
    token: SecretString,
    port: u16,
    pairing: Arc<Pairing>,
}

impl Doors {
    fn port_router(&self, config: &Config) -> Router {
        let allowed_hosts = config.server.allowed_hosts.as_slice().iter().map(ToString::to_string);
        let own = (!config.server.bind.is_unspecified()).then(|| config.server.bind.to_string());
        self.router(
            config,
            Auth::Port {
                token: self.token.clone(),
                port: self.port,
                allowed_hosts: allowed_hosts.chain(own).collect(),
            },
        )
    }

    fn socket_router(&self, config: &Config) -> Router {
        self.router(config, Auth::Socket)
    }

    fn router(&self, config: &Config, auth: Auth) -> Router {
        router(Front {
            handle: self.handle.clone(),
            auth,
            pairing: Arc::clone(&self.pairing),
            ambient: ambient(),
            language: language(config),
            speculation: config.runtime.speculation,
        })
    }
}

fn language(config: &Config) -> Language {
    config.language.set().unwrap_or_else(|| language_from_env(|name| std::env::var(name).ok()))
}

/// The draft model, where the switch for it is on.
fn draft(config: &Config) -> Draft {
    match config.phoenix.speculative_draft_skill {
        Switch::On => config.model.draft.clone(),
        Switch::Off => Draft::None,
    }
}

fn brain_spec(
    program: PathBuf,
    launcher: &Result<Launcher, SandboxError>,
    config: &Config,
    folders: &Folders,
    memory: Remembrance,
) -> BrainSpec {
    BrainSpec {
        program,
        model: config.model.default.clone().set(),
        draft: draft(config),
        embedding: config.model.embedding.clone(),
        runtime: config.runtime.clone(),
        folders: folders.clone(),
        launcher: jailed(config).then(|| launcher.clone()),
        language: language(config),
        memory,
        reserved: Arc::default(),
    }
}

/// Reminders in conversations, where rules are kept at all.
fn arranger(config: &Config, loop_view: &LoopView) -> Arranger {
    Arranger::new((config.phoenix.proactive_loop_enabled == Switch::On).then(|| loop_view.clone()))
}

fn skills_spec(places: SkillPlaces, launcher: Result<Launcher, SandboxError>, config: &Config) -> SkillsSpec {
    let memory_bytes = room::left_for_skills(&config.runtime);
    SkillsSpec { places, launcher, backend: skills::backend(config), memory_bytes, language: language(config) }
}

/// Whether anything is jailed at all.
fn jailed(config: &Config) -> bool {
    let jailed = skills::backend(config) != Backend::Disabled;
    if !jailed {
        tracing::warn!("phoenix.skill_runtime is disabled: model workers and skills run without a jail");
    }
    jailed
}

/// Reads messages again when nothing else runs, and gives them vectors, where either is wanted. An answer that nothing
/// holds in form is not worth asking for.
fn idle(config: &Config, memory: &MemoryKeeper, models: &PoolKeeper, metrics: Metrics) -> (Activity, IdleKeeper) {
    let wanted =
        [config.phoenix.entity_memory_skill, config.phoenix.memory_enrichment, config.phoenix.grammar_constraints]
            .iter()
            .all(|switch| *switch == Switch::On);
    let activity = Activity::default();
    let idle = || Idle { memory: memory.handle(), brain: models.watch(), activity: activity.clone(), metrics };
    let embedder = || Embedder { memory: memory.handle(), brain: models.watch(), activity: activity.clone() };
    let keeper = IdleKeeper::start(wanted.then(idle), (config.model.embedding != Embedding::None).then(embedder));
    (activity, keeper)
}

const fn grammars(config: &Config) -> Grammars {
    match config.phoenix.grammar_constraints {
        Switch::On => Grammars::On,
        Switch::Off => Grammars::Off,
    }
}

fn ambient() -> Ambient {
    Ambient {
        unix_ms: Arc::new(clock::unix_ms),
        random: Arc::new(|bytes| {
            if let Err(error) = token::random(bytes) {
                // Zeros instead of a key would be worse than no program.
                tracing::error!(%error, "the kernel gives no randomness");
                std::process::abort();
            }
        }),
        local_time: Arc::new(clock::local_time),
    }
}

/// What ends or changes a running program from outside.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
    hangup: Signal,
}

impl Signals {
    fn new() -> std::io::Result<Self> {
        Ok(Self {
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }
}

struct ConfigWatcher {
    sources: Sources,
    loaded: Loaded,
    log_level: fn(LogLevel),
    metrics: Metrics,
}

impl ConfigWatcher {
    /// Takes over changed configs until the program is to end.
    async fn run(mut self, mut signals: Signals, mut files: FileWatch, apply: impl Fn(&Config)) {
        self.metrics.configured();
        loop {
            tokio::select! {
                _ = signals.terminate.recv() => return,
                _ = signals.interrupt.recv() => return,
                _ = signals.hangup.recv() => self.reload(&apply),
                () = files.changed() => self.reload(&apply),
            }
        }
    }

    /// An invalid config changes nothing, and says so.
    fn reload(&mut self, apply: &impl Fn(&Config)) {
        let change = match self.sources.reread().and_then(|sources| {
            let change = reload(&self.loaded, &sources)?;
            self.sources = sources;
            Ok(change)
        }) {
            Ok(change) => change,
            Err(errors) => return tracing::error!(%errors, "the changed config is invalid; the old one stays"),
        };
        tracing::info!(live = ?change.live, needs_restart = ?change.restart, "config taken over");
        self.loaded = change.loaded;
        (self.log_level)(self.loaded.config.log.level);
        apply(&self.loaded.config);
        self.metrics.configured();
    }
}

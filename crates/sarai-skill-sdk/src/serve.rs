//! A skill as a process: from the environment to a socket, and from SIGTERM to the end.

use std::env;
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{FileTypeExt as _, PermissionsExt as _};
use std::os::unix::net as std_net;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use sarai_proto::skill::v1::skill_server::SkillServer;
use sarai_types::{SkillName, SkillNameError};
use tokio::net::UnixListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::{Notify, watch};
use tokio::time::{MissedTickBehavior, interval, sleep};
use tonic::transport::Server;
use tonic_health::ServingStatus;
use tonic_health::server::{HealthReporter, health_reporter};

use crate::host::Link;
use crate::limits::{
    BEAT, BLOCKING_MAX, DRAIN_TIME_MAX, FLUSH_TIME_MAX, HEADER_BYTES_MAX, MESSAGE_BYTES_MAX, PING_AFTER, PONG_TIME_MAX,
    STREAMS_MAX,
};
use crate::service::{Service, Shared};
use crate::shelf::{Shelf, read};
use crate::{Folder, LoadError, Skill, peers};

/// Where to listen.
const SOCKET: &str = "SARAI_SKILL_SOCKET";
/// Where the daemon listens, for a skill that may ask it.
const HOST_SOCKET: &str = "SARAI_HOST_SOCKET";
/// The user of a container is not the user who calls; the socket's folder is what keeps others out.
const SOCKET_MODE: u32 = 0o666;
/// What it was told to do makes no sense; another start would not help.
const EXIT_CONFIG: u8 = 64;
/// The names that health is asked by: this service's, and the whole process's.
const HEALTH_NAMES: [&str; 2] = ["sarai.skill.v1.Skill", ""];

/// Why a skill does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("{SOCKET} names no socket: a skill is started by `sarai`, which says where to listen")]
    NoSocket,
    #[error("its name is wrong: {0}")]
    Name(#[from] SkillNameError),
    #[error("it cannot read its files: {0}")]
    Load(#[from] LoadError),
    #[error("another process listens on {0}")]
    Taken(PathBuf),
    #[error("{0} is there already and is no socket")]
    NoSocketFile(PathBuf),
    #[error(transparent)]
    Io(#[from] io::Error),
    #[error("the gRPC server failed: {0}")]
    Server(#[from] tonic::transport::Error),
}

/// Runs a skill in the folder that it was started in, until SIGTERM. `main` returns what this returns.
#[must_use]
pub fn serve<S: Skill>() -> ExitCode {
    match start::<S>() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            log(&format!("{}: {error}", S::NAME));
            let is_config = matches!(error, ServeError::NoSocket | ServeError::Name(_));
            if is_config { ExitCode::from(EXIT_CONFIG) } else { ExitCode::FAILURE }
        }
    }
}

fn start<S: Skill>() -> Result<(), ServeError> {
    let socket = env::var_os(SOCKET).map(PathBuf::from).ok_or(ServeError::NoSocket)?;
    let host = env::var_os(HOST_SOCKET).map(PathBuf::from);
    let place = Place { folder: Folder::new(env::current_dir()?), socket, host };
    // One thread: a skill waits far more than it computes, and idle threads cost memory.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().max_blocking_threads(BLOCKING_MAX).build()?;
    let result = runtime.block_on(async {
        // Before anything is read: until then, SIGUSR1 would end the process.
        let signals = Signals::listen()?;
        let orders = Arc::new(Orders::default());
        tokio::select! {
            result = run::<S>(place, Arc::clone(&orders)) => result,
            () = signals.obey(&orders) => Ok(()),
        }
    });
    // A closure on another thread that does not end must not keep the process.
    runtime.shutdown_background();
    result
}

/// Where a skill finds what it needs.
#[derive(Debug)]
pub(crate) struct Place {
    pub folder: Folder,
    pub socket: PathBuf,
    pub host: Option<PathBuf>,
}

/// What a skill may be told from outside.
#[derive(Debug, Default)]
pub(crate) struct Orders {
    /// Read the files again. Orders that come while it reads are one order.
    pub reload: Notify,
    /// How many reloads are done, well or badly.
    pub reloads: watch::Sender<u64>,
    /// Finish, and end.
    pub drain: Notify,
}

/// What a skill is told by its supervisor.
struct Signals {
    reload: Signal,
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn listen() -> io::Result<Self> {
        Ok(Self {
            reload: signal(SignalKind::user_defined1())?,
            terminate: signal(SignalKind::terminate())?,
            interrupt: signal(SignalKind::interrupt())?,
        })
    }

    /// Never ends.
    async fn obey(mut self, orders: &Orders) {
        loop {
            tokio::select! {
                _ = self.reload.recv() => orders.reload.notify_one(),
                _ = self.terminate.recv() => orders.drain.notify_one(),
                _ = self.interrupt.recv() => orders.drain.notify_one(),
            }
        }
    }
}

/// Serves until it is told to drain.
pub(crate) async fn run<S: Skill>(place: Place, orders: Arc<Orders>) -> Result<(), ServeError> {
    let Place { folder, socket, host } = place;
    S::NAME.parse::<SkillName>()?;
    let first = read::<S>(&folder)?;
    let shared = Arc::new(Shared::new(Shelf::new(folder, first), host.map(Link::new)));
    let listener = bind(&socket)?;

    let (health, health_service) = health_reporter();
    report(&health, ServingStatus::Serving).await;
    let service = SkillServer::new(Service(Arc::clone(&shared)))
        .max_decoding_message_size(MESSAGE_BYTES_MAX)
        .max_encoding_message_size(MESSAGE_BYTES_MAX);
    let close = Notify::new();
    let server = Server::builder()
        .max_concurrent_streams(STREAMS_MAX)
        .http2_max_header_list_size(HEADER_BYTES_MAX)
        .http2_keepalive_interval(Some(PING_AFTER))
        .http2_keepalive_timeout(Some(PONG_TIME_MAX))
        .add_service(health_service)
        .add_service(service)
        .serve_with_incoming_shutdown(peers::accept(listener), close.notified());
    log(&format!("{} {}: serving", S::NAME, S::VERSION));
    let result = tokio::select! {
        result = server => result.map_err(ServeError::from),
        () = beat(&shared) => Ok(()),
        () = reload_on_order(&shared, &orders) => Ok(()),
        () = drain_on_order(&shared, &orders, &health, &close) => Ok(()),
    };
    // Whoever comes next would remove it too.
    let _ = fs_err::remove_file(&socket);
    result
}

/// Shows that the loop runs. Never ends.
async fn beat<S>(shared: &Shared<S>) {
    let mut ticks = interval(BEAT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        shared.beats.fetch_add(1, Ordering::Relaxed);
    }
}

/// Never ends.
async fn reload_on_order<S: Skill>(shared: &Shared<S>, orders: &Orders) {
    loop {
        orders.reload.notified().await;
        match shared.shelf.reload().await {
            Ok(generation) => log(&format!("{}: reloaded, generation {generation}", S::NAME)),
            Err(error) => log(&format!("{}: keeps what it had: {error}", S::NAME)),
        }
        orders.reloads.send_modify(|count| *count += 1);
    }
}

/// Ends when everybody is out, or the time is over.
async fn drain_on_order<S: Skill>(shared: &Shared<S>, orders: &Orders, health: &HealthReporter, close: &Notify) {
    orders.drain.notified().await;
    report(health, ServingStatus::NotServing).await;
    shared.drain(DRAIN_TIME_MAX).await;
    // The server closes its connections in good order and is then done before this is, unless somebody does not read.
    close.notify_one();
    sleep(FLUSH_TIME_MAX).await;
}

async fn report(health: &HealthReporter, status: ServingStatus) {
    for name in HEALTH_NAMES {
        health.set_service_status(name, status).await;
    }
}

/// Listens where nobody else does. A socket that a dead predecessor left is replaced.
fn bind(path: &Path) -> Result<UnixListener, ServeError> {
    match fs_err::symlink_metadata(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(error.into()),
        Ok(found) if !found.file_type().is_socket() => return Err(ServeError::NoSocketFile(path.to_owned())),
        Ok(_) if std_net::UnixStream::connect(path).is_ok() => return Err(ServeError::Taken(path.to_owned())),
        Ok(_) => fs_err::remove_file(path)?,
    }
    let listener = std_net::UnixListener::bind(path)
        .map_err(|e| io::Error::new(e.kind(), format!("cannot listen on {}: {e}", path.display())))?;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(SOCKET_MODE))?;
    listener.set_nonblocking(true)?;
    Ok(UnixListener::from_std(listener)?)
}

/// One line for the log. Where nobody reads it, there is nobody to tell.
fn log(line: &str) {
    let _ = writeln!(io::stderr(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sockets_of_others() {
        let temp = tempfile::tempdir().unwrap();
        let path = temp.path().join("skill.sock");
        let first = bind(&path).unwrap();
        let mode = fs_err::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, SOCKET_MODE);
        assert!(matches!(bind(&path), Err(ServeError::Taken(_))), "a living one is left alone");
        drop(first);
        drop(bind(&path).expect("a dead one is replaced"));

        fs_err::remove_file(&path).unwrap();
        fs_err::write(&path, "a file").unwrap();
        assert!(matches!(bind(&path), Err(ServeError::NoSocketFile(_))));
        let missing = bind(&temp.path().join("missing/skill.sock")).unwrap_err().to_string();
        assert!(missing.contains("missing/skill.sock"), "{missing}");
    }
}

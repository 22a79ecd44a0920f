//! The listeners: TCP for programs and browsers, a Unix socket for the owner's command line.

use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::serve::{Listener, ListenerExt as _};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, UnixListener};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tower::ServiceExt as _;

/// Connections at once, on each listener. The next one waits in the kernel.
const CONNECTIONS_MAX: usize = 256;
/// How long a client may take to send the head of a request.
const HEAD_TIMEOUT: Duration = Duration::from_secs(15);

/// Routes that may be replaced while connections are served: each new connection takes the newest.
pub(crate) type Routes = watch::Receiver<Router>;

/// Binds the Unix socket, for its owner alone.
///
/// # Errors
/// The path cannot be used.
pub(crate) fn unix(path: &Path) -> std::io::Result<UnixListener> {
    bind(path, 0o600)
}

/// Binds a Unix socket for everybody who can see its folder: whoever sits in a jail may have another user id.
///
/// # Errors
/// The path cannot be used.
pub(crate) fn unix_in_own_folder(path: &Path) -> std::io::Result<UnixListener> {
    bind(path, 0o666)
}

fn bind(path: &Path, mode: u32) -> std::io::Result<UnixListener> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    let listener = UnixListener::bind(path)?;
    fs_err::set_permissions(path, std::fs::Permissions::from_mode(mode))?;
    Ok(listener)
}

/// Serves a TCP listener until `stop`, then lets open requests finish.
pub(crate) async fn serve_tcp(listener: TcpListener, routes: Routes, stop: watch::Receiver<Stop>) {
    let listener = listener.tap_io(|stream| {
        // Tokens are small, and each should leave at once; a socket that cannot do that works all the same.
        let _ = stream.set_nodelay(true);
    });
    serve(listener, |peer| Some(*peer), routes, stop).await;
}

/// Serves the Unix socket until `stop`, then lets open requests finish.
pub(crate) async fn serve_unix(listener: UnixListener, routes: Routes, stop: watch::Receiver<Stop>) {
    serve(listener, |_| None, routes, stop).await;
}

/// Whether the listeners go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stop {
    NotYet,
    Now,
}

/// Waits until the listeners are to stop. Whoever could tell them is gone only when everything ends.
async fn told(stop: &mut watch::Receiver<Stop>) {
    let _ = stop.wait_for(|s| *s == Stop::Now).await;
}

async fn serve<L: Listener>(
    mut listener: L,
    peer: fn(&L::Addr) -> Option<SocketAddr>,
    routes: Routes,
    mut stop: watch::Receiver<Stop>,
) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            biased;
            () = told(&mut stop) => break,
            Some(_) = connections.join_next(), if !connections.is_empty() => {}
            (stream, address) = listener.accept(), if connections.len() < CONNECTIONS_MAX => {
                connections.spawn(connection(stream, peer(&address), routes.borrow().clone(), stop.clone()));
            }
        }
    }
    while connections.join_next().await.is_some() {}
}

async fn connection<S>(stream: S, peer: Option<SocketAddr>, routes: Router, mut stop: watch::Receiver<Stop>)
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let service = TowerToHyperService::new(routes.map_request(move |mut request: http::Request<_>| {
        if let Some(peer) = peer {
            request.extensions_mut().insert(ConnectInfo(peer));
        }
        request
    }));
    let mut builder = hyper::server::conn::http1::Builder::new();
    builder.timer(TokioTimer::new()).header_read_timeout(HEAD_TIMEOUT);
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = told(&mut stop) => {
            // Finishes the request that is under way and takes no more.
            connection.as_mut().graceful_shutdown();
            connection.await
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection broke");
    }
}

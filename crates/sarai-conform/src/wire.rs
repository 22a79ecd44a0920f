//! A connection to the skill that does nothing on its own: no deadline of the client's, no second attempt.

use std::io;
use std::path::Path;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use http::Uri;
use hyper::body::Incoming;
use hyper::client::conn::http2::{self, SendRequest};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use sarai_proto::skill::v1::skill_client::SkillClient;
use tokio::net::UnixStream;
use tokio::task::JoinHandle;
use tonic::body::Body;
use tonic_health::pb::health_client::HealthClient;

/// Never looked up.
const ORIGIN: &str = "http://skill.local";
/// What the skill may send before it is read, on a connection that shall become full soon.
const NARROW_BYTES: u32 = 1 << 14;
/// Answers that are read; a skill may send no larger ones.
const MESSAGE_BYTES_MAX: usize = 4 << 20;

/// How much the skill may send before it is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Window {
    Usual,
    Narrow,
}

/// One HTTP/2 connection over a Unix socket.
#[derive(Debug, Clone)]
pub(crate) struct Wire {
    sender: SendRequest<Body>,
    _connection: Arc<Connection>,
}

/// The task that moves the bytes; it ends with the last [`Wire`].
#[derive(Debug)]
struct Connection(JoinHandle<()>);

impl Drop for Connection {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl Wire {
    pub(crate) async fn connect(socket: &Path, window: Window) -> io::Result<Self> {
        let stream = UnixStream::connect(socket).await?;
        let mut builder = http2::Builder::new(TokioExecutor::new());
        builder.timer(TokioTimer::new());
        if window == Window::Narrow {
            builder.initial_stream_window_size(NARROW_BYTES).initial_connection_window_size(NARROW_BYTES);
        }
        let (sender, connection) = builder.handshake(TokioIo::new(stream)).await.map_err(io::Error::other)?;
        let task = tokio::spawn(async {
            // What ends a connection shows in the calls on it.
            let _ = connection.await;
        });
        Ok(Self { sender, _connection: Arc::new(Connection(task)) })
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.sender.is_closed()
    }

    pub(crate) fn skill(&self) -> SkillClient<Self> {
        SkillClient::with_origin(self.clone(), Uri::from_static(ORIGIN))
            .max_decoding_message_size(MESSAGE_BYTES_MAX)
            .max_encoding_message_size(usize::MAX)
    }

    pub(crate) fn health(&self) -> HealthClient<Self> {
        HealthClient::with_origin(self.clone(), Uri::from_static(ORIGIN))
    }
}

impl tower::Service<http::Request<Body>> for Wire {
    type Response = http::Response<Incoming>;
    type Error = hyper::Error;
    type Future = Pin<Box<dyn Future<Output = hyper::Result<Self::Response>> + Send>>;

    fn poll_ready(&mut self, cx: &mut Context<'_>) -> Poll<hyper::Result<()>> {
        self.sender.poll_ready(cx)
    }

    fn call(&mut self, request: http::Request<Body>) -> Self::Future {
        Box::pin(self.sender.send_request(request))
    }
}

//! Who is connected: counted, and given little time to say that they speak HTTP/2.
//!
//! Without this, peers that connect and say nothing would be kept for ever, and enough of them would take every file
//! descriptor of the process.

use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::Stream;
use futures_util::stream::unfold;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Sleep, sleep};
use tonic::transport::server::Connected;

use crate::limits::{CONNECTIONS_MAX, GREETING_TIME_MAX};

/// Bytes that every HTTP/2 connection begins with (RFC 9113, section 3.4).
const PREFACE_BYTES: usize = 24;
/// Until the next attempt, when a connection could not be accepted: files may be free again then.
const ACCEPT_PAUSE: Duration = Duration::from_millis(50);

/// Everybody who connects, as long as there is room.
pub(crate) fn accept(listener: UnixListener) -> impl Stream<Item = io::Result<Peer>> {
    let room = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    unfold((listener, room), |(listener, room)| async move {
        // The semaphore is never closed.
        let place = Arc::clone(&room).acquire_owned().await.ok()?;
        let accepted = listener.accept().await;
        if accepted.is_err() {
            sleep(ACCEPT_PAUSE).await;
        }
        let peer = accepted.map(|(stream, _)| Peer::new(stream, place));
        Some((peer, (listener, room)))
    })
}

/// A connection; holds its place until it is dropped.
#[derive(Debug)]
pub(crate) struct Peer {
    stream: UnixStream,
    greeting: Option<Greeting>,
    _place: OwnedSemaphorePermit,
}

/// What of the preface has not come yet, and until when.
#[derive(Debug)]
struct Greeting {
    missing: usize,
    until: Pin<Box<Sleep>>,
}

impl Peer {
    fn new(stream: UnixStream, place: OwnedSemaphorePermit) -> Self {
        let greeting = Greeting { missing: PREFACE_BYTES, until: Box::pin(sleep(GREETING_TIME_MAX)) };
        Self { stream, greeting: Some(greeting), _place: place }
    }
}

impl Connected for Peer {
    type ConnectInfo = ();

    fn connect_info(&self) {}
}

impl AsyncRead for Peer {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let peer = &mut *self;
        let before = buffer.filled().len();
        let read = Pin::new(&mut peer.stream).poll_read(cx, buffer);
        let Some(greeting) = &mut peer.greeting else { return read };
        if read.is_pending() {
            return greeting.until.as_mut().poll(cx).map(|()| Err(io::ErrorKind::TimedOut.into()));
        }
        greeting.missing = greeting.missing.saturating_sub(buffer.filled().len() - before);
        if greeting.missing == 0 {
            peer.greeting = None;
        }
        read
    }
}

impl AsyncWrite for Peer {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write_vectored(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }
}

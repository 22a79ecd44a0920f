//! Requests over a Unix socket, as far as a container engine needs them.
//!
//! Each has a connection of its own and speaks HTTP/1.0, where an answer ends with the connection: there are no chunks
//! and nothing is kept open. The exception is [`upgrade`], after which the connection carries a container's streams.

use std::io::{self, Read, Write};
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::time::Duration;

/// Longer than anything takes an engine on a busy computer.
const PATIENCE: Duration = Duration::from_secs(60);
const ANSWER_BYTES_MAX: u64 = 8 << 20;
const HEAD_BYTES_MAX: usize = 16 << 10;

/// What is asked.
#[derive(Debug, Clone, Copy)]
pub(super) struct Request<'a> {
    pub(super) method: &'a str,
    /// The path, with its query.
    pub(super) target: &'a str,
    pub(super) kind: &'a str,
    pub(super) body: &'a [u8],
}

impl<'a> Request<'a> {
    pub(super) fn plain(method: &'a str, target: &'a str) -> Self {
        Self { method, target, kind: "application/json", body: &[] }
    }
}

/// What is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Answer {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
}

impl Answer {
    /// From all bytes of a connection.
    pub(super) fn parse(bytes: &[u8]) -> io::Result<Self> {
        let end = head_end(bytes).ok_or_else(|| odd("its head has no end"))?;
        Ok(Self { status: status(&bytes[..end])?, body: bytes[end..].to_vec() })
    }
}

fn odd(what: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("the engine's answer cannot be read: {what}"))
}

/// Where the body begins.
fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map(|at| at + 4)
}

fn status(head: &[u8]) -> io::Result<u16> {
    let line = String::from_utf8_lossy(head);
    let code = line.split(' ').nth(1).and_then(|code| code.parse().ok());
    code.filter(|_| line.starts_with("HTTP/1.")).ok_or_else(|| odd("it has no status"))
}

/// Asks, and waits for the whole answer.
pub(super) fn ask(socket: &Path, request: Request<'_>) -> io::Result<Answer> {
    let stream = begin(socket, request)?;
    let mut bytes = Vec::new();
    stream.take(ANSWER_BYTES_MAX).read_to_end(&mut bytes)?;
    Answer::parse(&bytes)
}

/// Asks, and leaves it to the caller to read the answer to its end.
pub(super) fn begin(socket: &Path, request: Request<'_>) -> io::Result<UnixStream> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let Request { method, target, kind, body } = request;
    let length = body.len();
    let head = format!(
        "{method} {target} HTTP/1.0\r\nHost: engine\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    stream.write_all(body)?;
    Ok(stream)
}

/// Turns a connection into a container's streams. Gives what has come of them already, too.
pub(super) fn upgrade(socket: &Path, target: &str) -> io::Result<(UnixStream, Vec<u8>)> {
    let mut stream = UnixStream::connect(socket)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.set_write_timeout(Some(PATIENCE))?;
    let head = format!(
        "POST {target} HTTP/1.1\r\nHost: engine\r\nConnection: Upgrade\r\nUpgrade: tcp\r\nContent-Length: 0\r\n\r\n"
    );
    stream.write_all(head.as_bytes())?;
    let mut bytes = Vec::new();
    let mut chunk = [0; 4096];
    loop {
        let count = stream.read(&mut chunk)?;
        bytes.extend_from_slice(&chunk[..count]);
        if let Some(end) = head_end(&bytes) {
            // Docker says 101; older Podman says 200 and upgrades all the same.
            return match status(&bytes[..end])? {
                101 | 200 => Ok((stream, bytes.split_off(end))),
                code => Err(odd(&format!("status {code} instead of a stream"))),
            };
        }
        if count == 0 || bytes.len() > HEAD_BYTES_MAX {
            return Err(odd("its head has no end"));
        }
    }
}

//! Where others ask how the loop is: a Unix socket that answers each connection with one line of JSON.
//!
//! The line comes from the loop's own turn, so that a loop that hangs does not answer. Whoever has changed something in
//! the store connects too, and by that wakes the loop.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sarai_config::{FolderError, Folders};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{UnixListener, UnixStream};

/// The name of the socket in the folder of what runs now.
pub const SOCKET: &str = "loop.sock";
/// The longest answer, in bytes.
const ANSWER_MAX: u64 = 4096;
/// How long to wait for an answer.
const WAIT: Duration = Duration::from_secs(2);

/// How the loop is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Standing {
    /// Grows with each answer.
    pub generation: u64,
    /// `ready` or `degraded`.
    pub status: String,
    /// Why it is not ready, for logs.
    pub detail: String,
    pub rules: usize,
    /// Tasks that have not ended.
    pub tasks: usize,
    /// When the next rule is due.
    pub next: Option<String>,
}

/// Where the socket is.
///
/// # Errors
/// Its path is too long.
pub fn path(folders: &Folders) -> Result<PathBuf, FolderError> {
    folders.socket(SOCKET)
}

/// Asks how the loop is, and wakes it.
///
/// # Errors
/// Nobody answers, or not in time, or nonsense.
pub async fn ask(path: &Path) -> io::Result<Standing> {
    let asking = async {
        let stream = UnixStream::connect(path).await?;
        let mut line = String::new();
        stream.take(ANSWER_MAX).read_to_string(&mut line).await?;
        serde_json::from_str(&line).map_err(io::Error::other)
    };
    tokio::time::timeout(WAIT, asking).await.unwrap_or_else(|_| Err(io::ErrorKind::TimedOut.into()))
}

/// Opens the door; a socket that was left behind is replaced.
pub(crate) fn open(path: &Path) -> io::Result<UnixListener> {
    match fs_err::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        Ok(()) | Err(_) => {}
    }
    UnixListener::bind(path)
}

/// Answers one who asks. One that does not listen is its own loss.
pub(crate) async fn answer(mut stream: UnixStream, standing: &Standing) {
    if let Ok(line) = serde_json::to_string(standing) {
        let _ = tokio::time::timeout(Duration::from_millis(200), stream.write_all(line.as_bytes())).await;
    }
}

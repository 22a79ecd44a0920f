//! Runs a program with the computer's Python, as a child in the skill's own jail.
//!
//! The jail is the wall: no network, no files of the person's, a bounded number of processes and amount of memory. What
//! stands here keeps one program from taking all of that from the next: limits on its own processor time, memory, files
//! and processes, a deadline, and a bound on what it prints.
//!
//! # Key types
//! - [`Run`]: what came of a program.

use std::ffi::OsStr;
use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// How long a program may take, from start to end.
pub const TIME_MAX: Duration = Duration::from_secs(10);
/// Processor time, in seconds. Less than the deadline helps nobody; more is never used.
const CPU_SECONDS_MAX: u32 = 10;
/// Address space of the program, interpreter included.
const MEMORY_BYTES_MAX: u64 = 256 << 20;
/// The largest file that it may write, in the jail's own `/tmp`.
const FILE_BYTES_MAX: u64 = 1 << 20;
/// What it may print, and what it may say of an error.
pub const OUTPUT_BYTES_MAX: usize = 32 << 10;
/// After a program was stopped, for its pipes to close.
const DRAIN_TIME_MAX: Duration = Duration::from_millis(500);

/// Isolated from the environment and the person's folders, without `site`, without writing compiled files, and with each
/// line printed at once, so that a program that is stopped has said what it had to say.
const FLAGS: [&str; 4] = ["-I", "-S", "-B", "-u"];
const PRELUDE: &str = include_str!("prelude.py");
const INTERPRETER: &str = "python3";

/// What came of a program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Run {
    pub end: End,
    /// What it printed, at most [`OUTPUT_BYTES_MAX`].
    pub output: String,
    /// What it said of its errors, likewise.
    pub error: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum End {
    Done,
    /// With an exception, an exit code, or by a signal.
    Failed,
    OutOfTime,
    /// It printed more than is kept.
    TooMuch,
}

#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("the interpreter does not start: {0}")]
    Start(#[source] std::io::Error),
    #[error("the program is not taken: {0}")]
    Feed(#[source] std::io::Error),
    #[error("waiting for the program failed: {0}")]
    Wait(#[source] std::io::Error),
}

/// The interpreter, if there is one in these folders, as in `PATH`.
#[must_use]
pub fn interpreter(path: &OsStr) -> Option<PathBuf> {
    std::env::split_paths(path)
        .filter(|folder| folder.is_absolute())
        .map(|folder| folder.join(INTERPRETER))
        .find(|file| file.is_file())
}

/// Runs a program. It is killed when the future is dropped.
///
/// # Errors
/// The interpreter could not be used at all; what a program does wrong is a [`Run`].
pub async fn run(interpreter: &std::path::Path, program: &str, time_max: Duration) -> Result<Run, RunError> {
    let mut child = Command::new(interpreter)
        .args(FLAGS)
        .args(["-c", PRELUDE, &CPU_SECONDS_MAX.to_string(), &MEMORY_BYTES_MAX.to_string(), &FILE_BYTES_MAX.to_string()])
        .env_clear()
        .env("LANG", "C.UTF-8")
        .current_dir("/")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .map_err(RunError::Start)?;
    let (Some(mut stdin), Some(stdout), Some(stderr)) = (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(RunError::Start(std::io::ErrorKind::BrokenPipe.into()));
    };
    let (mut output, mut error) = (Kept::default(), Kept::default());
    let work = async {
        // An interpreter that ends before it has read says why on standard error.
        match stdin.write_all(program.as_bytes()).await {
            Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => return Err(RunError::Feed(error)),
            Ok(()) | Err(_) => drop(stdin),
        }
        let both = async { tokio::join!(output.read(stdout), error.read(stderr)) };
        let too_much = both.await;
        if too_much.0 == Bound::Passed || too_much.1 == Bound::Passed {
            return Ok(End::TooMuch);
        }
        let status = child.wait().await.map_err(RunError::Wait)?;
        Ok(if status.success() { End::Done } else { End::Failed })
    };
    let end = match timeout(time_max, work).await {
        Ok(end) => end?,
        Err(_) => End::OutOfTime,
    };
    stop(&mut child).await;
    Ok(Run { end, output: output.text(), error: error.text() })
}

/// Sees to it that the child is gone, whatever it was doing.
async fn stop(child: &mut Child) {
    // It may have ended already, which is as good.
    let _ = child.start_kill();
    let _ = timeout(DRAIN_TIME_MAX, child.wait()).await;
}

/// What is kept of a stream.
#[derive(Debug, Default)]
struct Kept(Vec<u8>);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bound {
    Kept,
    Passed,
}

impl Kept {
    /// Reads to the end, or until there is more than is kept.
    async fn read(&mut self, mut stream: impl AsyncRead + Unpin) -> Bound {
        let mut piece = [0; 4096];
        loop {
            match stream.read(&mut piece).await {
                Ok(0) | Err(_) => return Bound::Kept,
                Ok(count) => {
                    let room = OUTPUT_BYTES_MAX - self.0.len();
                    self.0.extend_from_slice(&piece[..count.min(room)]);
                    if count > room {
                        return Bound::Passed;
                    }
                }
            }
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }
}

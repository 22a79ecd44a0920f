//! The file where `sarai up` writes down what `serve` says: at most [`BYTES_MAX`] bytes, with [`KEPT`] older ones.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};

use fs_err::os::unix::fs::OpenOptionsExt;
use fs_err::{File, OpenOptions};

const NAME: &str = "serve.log";
const BYTES_MAX: u64 = 5_000_000;
/// `serve.log.1` is the newest of them.
const KEPT: u32 = 3;

/// Where [`line`] writes; the daemon takes a function, which has nothing else to remember it by.
static LOG: OnceLock<Mutex<LogFile>> = OnceLock::new();

/// Opens the log for [`line`] and [`last_line`].
///
/// # Errors
/// The file cannot be written.
pub(crate) fn open(folder: &Path) -> io::Result<()> {
    // This runs once in a process.
    let _ = LOG.set(Mutex::new(LogFile::open(folder.join(NAME), BYTES_MAX)?));
    Ok(())
}

/// Writes one line. A disk that is full loses log lines, never the program.
pub(crate) fn line(text: &str) {
    if let Some(log) = LOG.get() {
        let _ = log.lock().unwrap_or_else(PoisonError::into_inner).line(text);
    }
}

/// The same for what runs beside `serve`: its last line is not the reason why `serve` ended.
pub(crate) fn other_line(text: &str) {
    if let Some(log) = LOG.get() {
        let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
        let last = log.last.clone();
        let _ = log.line(text);
        log.last = last;
    }
}

/// The newest line.
pub(crate) fn last_line() -> Option<String> {
    LOG.get().map(|log| log.lock().unwrap_or_else(PoisonError::into_inner).last.clone())
}

#[derive(Debug)]
struct LogFile {
    path: PathBuf,
    file: File,
    bytes: u64,
    bytes_max: u64,
    last: String,
}

impl LogFile {
    fn open(path: PathBuf, bytes_max: u64) -> io::Result<Self> {
        let file = OpenOptions::new().create(true).append(true).mode(0o600).open(&path)?;
        let bytes = file.metadata()?.len();
        Ok(Self { path, file, bytes, bytes_max, last: String::new() })
    }

    fn line(&mut self, text: &str) -> io::Result<()> {
        text.clone_into(&mut self.last);
        let bytes = text.len() as u64 + 1;
        if self.bytes > 0 && self.bytes + bytes > self.bytes_max {
            self.rotate()?;
        }
        self.bytes += bytes;
        self.file.write_all(format!("{text}\n").as_bytes())
    }

    /// Renames each file to the next older name; the oldest goes.
    fn rotate(&mut self) -> io::Result<()> {
        let name = |age: u32| match age {
            0 => self.path.clone(),
            age => self.path.with_added_extension(age.to_string()),
        };
        for age in (0..KEPT).rev() {
            match fs_err::rename(name(age), name(age + 1)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
                Ok(()) | Err(_) => {}
            }
        }
        let last = std::mem::take(&mut self.last);
        *self = Self { last, ..Self::open(self.path.clone(), self.bytes_max)? };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_log_never_grows_beyond_its_files() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(NAME);
        let mut log = LogFile::open(path.clone(), 10).unwrap();
        for number in 0..12 {
            log.line(&format!("{number:04}")).unwrap();
        }
        let read = |age: &str| fs_err::read_to_string(folder.path().join(format!("{NAME}{age}"))).unwrap();
        assert_eq!(["", ".1", ".2", ".3"].map(read), ["0010\n0011\n", "0008\n0009\n", "0006\n0007\n", "0004\n0005\n"]);
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 4);
        assert_eq!(log.last, "0011");

        // What was there at the start counts.
        let mut log = LogFile::open(path, 10).unwrap();
        log.line("más larga que el límite").unwrap();
        assert_eq!(read(""), "más larga que el límite\n");
        assert_eq!(read(".1"), "0010\n0011\n");
    }
}

//! One program of a kind on one state folder. A lock that the kernel gives back needs no lease to run out.

use std::io::{Read, Seek, Write};
use std::path::Path;

use fs_err::os::unix::fs::OpenOptionsExt;
use fs_err::{File, OpenOptions};
use rustix::fs::{FlockOperation, flock};

/// The kernel gives the lock back when the process ends, however it ends.
#[derive(Debug)]
pub struct StateLock {
    _file: File,
}

/// Why the folder is not ours.
#[derive(Debug, thiserror::Error)]
pub enum LockError {
    #[error("process {pid} holds the state folder")]
    Held { pid: String },
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl StateLock {
    /// Takes the lock `name` in `folder` and writes down who has it.
    ///
    /// # Errors
    /// [`LockError::Held`] names the process that was first.
    pub fn take(folder: &Path, name: &str) -> Result<Self, LockError> {
        let path = folder.join(name);
        let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(0o600).open(path)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => {
                file.set_len(0)?;
                file.rewind()?;
                write!(file, "{}", std::process::id())?;
                Ok(Self { _file: file })
            }
            Err(rustix::io::Errno::WOULDBLOCK) => {
                let mut pid = String::new();
                file.take(16).read_to_string(&mut pid)?;
                Err(LockError::Held { pid: pid.trim().to_owned() })
            }
            Err(error) => Err(std::io::Error::from(error).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_learns_who_was_first() {
        let folder = tempfile::tempdir().unwrap();
        let first = StateLock::take(folder.path(), "up.lock").unwrap();
        match StateLock::take(folder.path(), "up.lock") {
            Err(LockError::Held { pid }) => assert_eq!(pid, std::process::id().to_string()),
            other => panic!("{other:?}"),
        }
        drop(first);
        StateLock::take(folder.path(), "up.lock").unwrap();
    }
}

//! One program of a kind on one state folder. A lock that the kernel gives back needs no lease to run out.

use std::io::{Read, Seek, Write};
use std::path::Path;
use std::thread;
use std::time::Duration;

use fs_err::os::unix::fs::OpenOptionsExt;
use fs_err::{File, OpenOptions};
use rustix::fs::{FlockOperation, flock};

/// A process that was killed holds its files until its last thread is gone, a moment after it has been reported dead. Who
/// kills SARAi and starts it at once must not be turned away by that moment.
const STEP: Duration = Duration::from_millis(10);
const STEPS_MAX: u32 = 200;

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
    /// Takes the lock `name` in `folder` and writes down who has it; waits 2 s for one who is on the way out.
    ///
    /// # Errors
    /// [`LockError::Held`] names the process that was first.
    pub fn take(folder: &Path, name: &str) -> Result<Self, LockError> {
        let path = folder.join(name);
        let mut file = OpenOptions::new().create(true).truncate(false).read(true).write(true).mode(0o600).open(path)?;
        let mut steps = 0;
        while let Err(error) = flock(&file, FlockOperation::NonBlockingLockExclusive) {
            if error != rustix::io::Errno::WOULDBLOCK {
                return Err(std::io::Error::from(error).into());
            }
            if steps == STEPS_MAX {
                let mut pid = String::new();
                file.take(16).read_to_string(&mut pid)?;
                return Err(LockError::Held { pid: pid.trim().to_owned() });
            }
            thread::sleep(STEP);
            steps += 1;
        }
        file.set_len(0)?;
        file.rewind()?;
        write!(file, "{}", std::process::id())?;
        Ok(Self { _file: file })
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

    #[test]
    fn one_on_the_way_out_is_waited_for() {
        let folder = tempfile::tempdir().unwrap();
        let first = StateLock::take(folder.path(), "up.lock").unwrap();
        let leaving = thread::spawn(move || {
            thread::sleep(10 * STEP);
            drop(first);
        });
        StateLock::take(folder.path(), "up.lock").unwrap();
        leaving.join().unwrap();
    }
}

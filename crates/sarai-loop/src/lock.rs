//! One loop on one state folder. The kernel gives the lock back when the process ends, however it ends, so that the next
//! one need not wait for a lease to run out.

use std::io::{Read, Seek, Write};
use std::path::Path;

use fs_err::os::unix::fs::OpenOptionsExt;
use fs_err::{File, OpenOptions};
use rustix::fs::{FlockOperation, flock};

use crate::LoopError;

const NAME: &str = "loop.lock";

#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// # Errors
    /// Another loop holds it.
    pub(crate) fn take(folder: &Path) -> Result<Self, LoopError> {
        let path = folder.join(NAME);
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
                Err(LoopError::Running { pid: pid.trim().to_owned() })
            }
            Err(error) => Err(std::io::Error::from(error).into()),
        }
    }
}

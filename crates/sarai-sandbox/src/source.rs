//! What a mount's source really is.
//!
//! A jailed program that may write somewhere could put a symlink where the next jail's mount is looked for, and so be
//! given another folder. Therefore no part of a source may be a symlink (callers give real paths, resolving what they
//! trust themselves), a mount point inside an earlier mount must be there already, and each file's device and inode are
//! written down here and compared from inside when the jail is made.

use std::fmt;
use std::path::Path;

use rustix::fd::OwnedFd;
use rustix::fs::{CWD, FileType, Mode, OFlags, ResolveFlags, fstat, openat2};
use rustix::io::Errno;

use crate::error::SandboxError;
use crate::policy::Mount;

/// Which file it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) device: u64,
    pub(crate) inode: u64,
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.device, self.inode)
    }
}

impl Identity {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (device, inode) = text.split_once(':')?;
        Some(Self { device: device.parse().ok()?, inode: inode.parse().ok()? })
    }

    /// Of what is at `path` now; symlinks are not followed.
    pub(crate) fn at(path: &Path) -> rustix::io::Result<Self> {
        let found = rustix::fs::lstat(path)?;
        Ok(Self { device: found.st_dev, inode: found.st_ino })
    }
}

/// Looks at every source, in the order of `mounts`.
pub(crate) fn identify(mounts: &[Mount]) -> Result<Vec<Identity>, SandboxError> {
    mounts.iter().enumerate().map(|(index, mount)| look(mount, &mounts[..index])).collect()
}

fn look(mount: &Mount, earlier: &[Mount]) -> Result<Identity, SandboxError> {
    let file = open_plain(&mount.source).map_err(|errno| refuse(&mount.source, errno))?;
    let (identity, kind) = describe(&file, &mount.source)?;
    let Some(outer) = earlier
        .iter()
        .filter(|outer| mount.target.starts_with(&outer.target))
        .max_by_key(|outer| outer.target.as_os_str().len())
    else {
        return Ok(identity);
    };
    // The folder that this one is seen in is not the jail's own: nothing is created in it.
    let inner = mount.target.strip_prefix(&outer.target).unwrap_or_else(|_| Path::new(""));
    let place = outer.source.join(inner);
    let point = open_plain(&place).map_err(|errno| refuse(&place, errno))?;
    let (_, kind_of_point) = describe(&point, &place)?;
    if (kind == FileType::Directory) == (kind_of_point == FileType::Directory) {
        Ok(identity)
    } else {
        let text = format!("{} cannot be mounted on {}: one is a folder", mount.source.display(), place.display());
        Err(SandboxError::Mount(text))
    }
}

fn open_plain(path: &Path) -> rustix::io::Result<OwnedFd> {
    openat2(CWD, path, OFlags::PATH | OFlags::CLOEXEC, Mode::empty(), ResolveFlags::NO_SYMLINKS)
}

fn describe(file: &OwnedFd, path: &Path) -> Result<(Identity, FileType), SandboxError> {
    let found = fstat(file).map_err(|errno| refuse(path, errno))?;
    let kind = FileType::from_raw_mode(found.st_mode);
    match kind {
        FileType::Directory | FileType::RegularFile | FileType::Socket | FileType::Fifo => {
            Ok((Identity { device: found.st_dev, inode: found.st_ino }, kind))
        }
        FileType::CharacterDevice | FileType::BlockDevice | FileType::Symlink | FileType::Unknown => {
            Err(SandboxError::Mount(format!("{} is a device: a jail gets none", path.display())))
        }
    }
}

fn refuse(path: &Path, errno: Errno) -> SandboxError {
    let path = path.display();
    SandboxError::Mount(match errno {
        Errno::LOOP => format!("{path} is a symlink or lies behind one: name the real path"),
        Errno::NOENT => format!("{path} is not there"),
        other => format!("{path} cannot be looked at: {other}"),
    })
}

#[cfg(test)]
mod tests;

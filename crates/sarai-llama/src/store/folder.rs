//! The files of the prefix cache: `<model>-<content>.kv`, both sixteen hexadecimal digits, and temporary ones while they
//! are written.
//!
//! A file counts as one of ours by its name and its first bytes together. Everything else in the folder is left alone.
//! What is ours stands in a folder that nobody else can write to, because a snapshot is trusted once it is undamaged.

use std::fs::TryLockError;
use std::io::{self, ErrorKind, Read, Write};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use fs_err::File;
use fs_err::os::unix::fs::OpenOptionsExt;
use rustix::fs::{OFlags, Timestamps, UTIME_NOW};
use sarai_engine::snapshot::{
    DIGEST_BYTES, Encoded, Extent, FIXED_BYTES, Head, Identity, Index, MAGIC, SNAPSHOTS_MAX, SUFFIX, SnapshotError,
    SnapshotId,
};

/// Entries of the folder that are looked at.
const FILES_MAX: usize = 4096;
/// What stays free on the disk, whichever is more.
const FREE_BYTES_MIN: u64 = 500_000_000;
const FREE_PERCENT_MIN: u64 = 5;
/// Others may write, by group or by everybody's right.
const WRITABLE_BY_OTHERS: u32 = 0o022;
const TEMPORARY: &str = ".tmp";

/// What a disk has, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Space {
    pub free: u64,
    pub total: u64,
}

impl Space {
    /// Whether enough stays free when `bytes` more are taken.
    pub(super) fn holds(self, bytes: u64) -> bool {
        let reserve = FREE_BYTES_MIN.max(self.total / 100 * FREE_PERCENT_MIN);
        self.free >= bytes.saturating_add(reserve)
    }
}

/// Asks the disk under a folder; a test asks something else.
pub(super) type Probe = fn(&Path) -> io::Result<Space>;

/// What an ordinary user may take on the file system of `folder`.
pub(super) fn space(folder: &Path) -> io::Result<Space> {
    let stat = rustix::fs::statvfs(folder)?;
    let bytes = |blocks: u64| blocks.saturating_mul(stat.f_frsize);
    Ok(Space { free: bytes(stat.f_bavail), total: bytes(stat.f_blocks) })
}

/// Why a file gave no snapshot.
#[derive(Debug, thiserror::Error)]
pub(super) enum ReadError {
    #[error("{0}")]
    Snapshot(#[from] SnapshotError),
    #[error("its name belongs to other tokens")]
    Misnamed,
    #[error("{0}")]
    Io(#[from] io::Error),
    #[error("{0} bytes do not fit into memory")]
    Memory(u64),
}

impl ReadError {
    /// The file is gone.
    pub(super) fn is_absence(&self) -> bool {
        matches!(self, Self::Io(error) if error.kind() == ErrorKind::NotFound)
    }
}

/// A file with a name of ours.
#[derive(Debug)]
struct Listed {
    id: SnapshotId,
    bytes: u64,
    used: SystemTime,
}

/// Where the snapshots are. Cheap to clone: it holds no file open.
#[derive(Debug, Clone)]
pub(super) struct Folder {
    path: PathBuf,
    space: Probe,
}

impl Folder {
    pub(super) fn new(path: &Path, space: Probe) -> Self {
        Self { path: path.to_owned(), space }
    }

    /// Creates the folder if need be, and refuses one that somebody else could put files into.
    pub(super) fn prepare(&self) -> io::Result<()> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.path)?;
        let found = fs_err::metadata(&self.path)?;
        let own = rustix::process::geteuid().as_raw();
        if found.uid() != own {
            return Err(io::Error::other(format!("the folder belongs to user {}, not to {own}", found.uid())));
        }
        match found.mode() & 0o777 {
            mode if mode & WRITABLE_BY_OTHERS != 0 => {
                Err(io::Error::other(format!("the folder has mode {mode:03o}: others can write in it")))
            }
            _ => Ok(()),
        }
    }

    pub(super) fn has_space_for(&self, bytes: u64) -> bool {
        // A disk that does not say how full it is will say so when it is written to.
        (self.space)(&self.path).map_or(true, |space| space.holds(bytes))
    }

    /// Puts what is there into the index, oldest use first, and removes what is of no use to anybody. Returns how many
    /// files of this model were refused.
    pub(super) fn scan(&self, identity: &Identity, index: &mut Index) -> io::Result<u64> {
        let mut listed = self.list()?;
        listed.sort_by_key(|file| file.used);
        let surplus = listed.len().saturating_sub(SNAPSHOTS_MAX);
        for file in listed.drain(..surplus) {
            self.remove_or_say(file.id);
        }
        let mut refused = 0;
        for Listed { id, bytes, .. } in listed {
            match self.look_at(id, identity) {
                Ok(tokens) => index.insert(id, tokens, bytes),
                Err(ReadError::Snapshot(SnapshotError::Foreign)) => {}
                Err(error) => {
                    self.refuse(id, &error);
                    refused += 1;
                }
            }
        }
        Ok(refused)
    }

    /// Snapshots in the folder by now, with their sizes.
    pub(super) fn sizes(&self) -> io::Result<Vec<(SnapshotId, u64)>> {
        Ok(self.list()?.into_iter().map(|file| (file.id, file.bytes)).collect())
    }

    /// Files with a name of ours that are plain files of ours. Removes temporary ones whose writer is dead.
    fn list(&self) -> io::Result<Vec<Listed>> {
        let mut listed = Vec::new();
        for entry in fs_err::read_dir(&self.path)?.take(FILES_MAX).filter_map(Result::ok) {
            let name = entry.file_name();
            let Some(name) = name.to_str() else { continue };
            if let Some(id) = name.strip_suffix(SUFFIX).and_then(SnapshotId::parse) {
                // One that vanishes just now is as good as never seen.
                let Ok(found) = fs_err::symlink_metadata(entry.path()) else { continue };
                if found.is_file() {
                    listed.push(Listed { id, bytes: found.len(), used: found.modified()? });
                }
            } else if is_temporary(name) {
                self.remove_if_abandoned(name);
            }
        }
        Ok(listed)
    }

    /// The tokens of a snapshot by its head; none for one of another model.
    fn look_at(&self, id: SnapshotId, identity: &Identity) -> Result<Vec<u32>, ReadError> {
        let mut file = self.open(id)?;
        if !id.is_of_model(identity) {
            let mut magic = Vec::with_capacity(MAGIC.len());
            file.take(MAGIC.len() as u64).read_to_end(&mut magic)?;
            return if MAGIC.starts_with(&magic) { Ok(Vec::new()) } else { Err(SnapshotError::Foreign.into()) };
        }
        Ok(read_head(&mut file, id, identity)?.tokens)
    }

    /// A whole snapshot, checked, which counts as used now.
    pub(super) fn read(&self, id: SnapshotId, identity: &Identity) -> Result<(Vec<u32>, Vec<u8>), ReadError> {
        let mut file = self.open(id)?;
        let head = read_head(&mut file, id, identity)?;
        let bytes = head.extent.payload_bytes;
        let too_large = || ReadError::Memory(bytes);
        let mut payload = Vec::new();
        payload.try_reserve_exact(usize::try_from(bytes).map_err(|_| too_large())?).map_err(|_| too_large())?;
        (&mut file).take(bytes).read_to_end(&mut payload)?;
        let mut end = Vec::with_capacity(DIGEST_BYTES);
        (&mut file).take(DIGEST_BYTES as u64).read_to_end(&mut end)?;
        head.check(&payload, &end)?;
        let now = rustix::fs::Timespec { tv_sec: 0, tv_nsec: UTIME_NOW };
        // Without it this snapshot only seems older than it is.
        let _ = rustix::fs::futimens(&file, &Timestamps { last_access: now, last_modification: now });
        Ok((head.tokens, payload))
    }

    /// Says what is wrong with a file, and removes it if its bytes are what is wrong.
    pub(super) fn refuse(&self, id: SnapshotId, error: &ReadError) {
        tracing::warn!(snapshot = %id, "snapshot refused: {error}");
        match error {
            ReadError::Snapshot(_) | ReadError::Misnamed => self.remove_or_say(id),
            ReadError::Io(_) | ReadError::Memory(_) => {}
        }
    }

    pub(super) fn remove_or_say(&self, id: SnapshotId) {
        if let Err(error) = self.remove(id) {
            tracing::warn!(snapshot = %id, "a snapshot cannot be removed: {error}");
        }
    }

    /// Removes a file if it is one of ours by its first bytes, or is too short to have them; one that is gone is well.
    pub(super) fn remove(&self, id: SnapshotId) -> io::Result<()> {
        let file = match self.open(id) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(()),
            other => other?,
        };
        let mut magic = Vec::with_capacity(MAGIC.len());
        file.take(MAGIC.len() as u64).read_to_end(&mut magic)?;
        if !MAGIC.starts_with(&magic) {
            return Err(io::Error::other("it is none by its first bytes"));
        }
        match fs_err::remove_file(self.path_of(id)) {
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
            other => other,
        }
    }

    /// Writes a snapshot so that it is there whole or not at all, also after a power cut.
    pub(super) fn write(&self, id: SnapshotId, encoded: &Encoded<'_>) -> io::Result<()> {
        let temporary = self.path.join(format!("{id}{SUFFIX}.{}{TEMPORARY}", std::process::id()));
        let mut options = fs_err::OpenOptions::new();
        let file = options.write(true).create_new(true).mode(0o600).open(&temporary)?;
        let written = Self::fill(file, encoded).and_then(|_locked| {
            fs_err::rename(&temporary, self.path_of(id))?;
            File::open(&self.path)?.sync_all()
        });
        if written.is_err() {
            // It is not there when the renaming succeeded, and the next start removes it when this fails.
            let _ = fs_err::remove_file(&temporary);
        }
        written
    }

    /// The lock says that the writer lives; it ends with the process, however that ends.
    fn fill(mut file: File, encoded: &Encoded<'_>) -> io::Result<File> {
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => io::Error::from(ErrorKind::WouldBlock),
            TryLockError::Error(error) => error,
        })?;
        encoded.pieces().into_iter().try_for_each(|piece| file.write_all(piece))?;
        file.sync_all()?;
        Ok(file)
    }

    fn remove_if_abandoned(&self, name: &str) {
        let path = self.path.join(name);
        let Ok(mut file) = open_plain(&path) else { return };
        let mut magic = Vec::with_capacity(MAGIC.len());
        let ours = (&mut file).take(MAGIC.len() as u64).read_to_end(&mut magic).is_ok() && MAGIC.starts_with(&magic);
        if ours && file.try_lock().is_ok() {
            match fs_err::remove_file(&path) {
                Ok(()) => tracing::info!(file = name, "removed what a dead writer left"),
                Err(error) => tracing::warn!("what a dead writer left cannot be removed: {error}"),
            }
        }
    }

    fn open(&self, id: SnapshotId) -> io::Result<File> {
        open_plain(&self.path_of(id))
    }

    fn path_of(&self, id: SnapshotId) -> PathBuf {
        self.path.join(format!("{id}{SUFFIX}"))
    }
}

/// `<model>-<content>.kv.<process>.tmp`
fn is_temporary(name: &str) -> bool {
    let parts = name.strip_suffix(TEMPORARY).and_then(|name| name.rsplit_once('.'));
    parts.is_some_and(|(name, process)| {
        !process.is_empty()
            && process.bytes().all(|b| b.is_ascii_digit())
            && name.strip_suffix(SUFFIX).and_then(SnapshotId::parse).is_some()
    })
}

/// A plain file of this user, opened without following a link or waiting for a pipe.
fn open_plain(path: &Path) -> io::Result<File> {
    let flags = (OFlags::NOFOLLOW | OFlags::NONBLOCK).bits().cast_signed();
    let file = fs_err::OpenOptions::new().read(true).custom_flags(flags).open(path)?;
    let found = file.metadata()?;
    if !found.is_file() || found.uid() != rustix::process::geteuid().as_raw() {
        return Err(io::Error::other("it is no plain file of this user"));
    }
    Ok(file)
}

/// The head of a snapshot of this identity, with the file's length and name checked against it.
fn read_head(file: &mut File, id: SnapshotId, identity: &Identity) -> Result<Head, ReadError> {
    let len = file.metadata()?.len();
    let mut head = Vec::with_capacity(FIXED_BYTES);
    file.take(FIXED_BYTES as u64).read_to_end(&mut head)?;
    let extent = Extent::read(&head)?;
    extent.require(len)?;
    file.take((extent.head_bytes - FIXED_BYTES) as u64).read_to_end(&mut head)?;
    let head = Head::read(&head)?;
    head.require(identity)?;
    if SnapshotId::of(identity, &head.tokens) == id { Ok(head) } else { Err(ReadError::Misnamed) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_a_gigabyte_or_a_twentieth_of_the_disk_stays_free() {
        const GB: u64 = 1_000_000_000;
        for (bytes, free, total, holds) in [
            (0, GB / 2, 4 * GB, true),
            (1, GB / 2, 4 * GB, false),
            (GB, GB + 5 * GB, 100 * GB, true),
            (GB + 1, GB + 5 * GB, 100 * GB, false),
            (u64::MAX, u64::MAX - 1, 4 * GB, false),
        ] {
            assert_eq!(Space { free, total }.holds(bytes), holds, "{bytes} of {free} free");
        }
    }

    #[test]
    fn only_names_that_a_writer_gives_are_temporary_files_of_ours() {
        let id = "0123456789abcdef-0123456789abcdef";
        assert!(is_temporary(&format!("{id}.kv.17.tmp")));
        for other in
            ["a.kv.17.tmp".to_owned(), format!("{id}.kv.tmp"), format!("{id}.kv.x.tmp"), format!("{id}.17.tmp")]
        {
            assert!(!is_temporary(&other), "{other}");
        }
    }
}

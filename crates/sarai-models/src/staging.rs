//! The folder in which a model grows: `<models folder>/<file name>.part/`.
//!
//! One folder below it for each source, because the bytes of one source are not the beginning of another's file. In it:
//! `model` (what has arrived), and what that source needs to go on after a kill at any moment. A lock keeps a second
//! pull of the same model out; it dies with the process that holds it.

use std::fs::TryLockError;
use std::io::{self, Read};
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use fs_err::os::unix::fs::OpenOptionsExt;

use crate::catalog::{FileName, Source};
use crate::error::PullError;

/// Rounds in which a lock that vanished under our hand is tried again.
const LOCK_ROUNDS_MAX: usize = 8;
/// A source's folder name, in characters.
const SLUG_LEN_MAX: usize = 100;
/// Files and folders of one staging folder that are counted.
const WALK_MAX: usize = 4096;

/// The locked staging folder of one model.
#[derive(Debug)]
pub(crate) struct Staging {
    folder: PathBuf,
    /// Held until this is dropped.
    _lock: fs_err::File,
}

impl Staging {
    /// Creates and locks the staging folder of `file`.
    ///
    /// # Errors
    /// [`PullError::InUse`] if another pull holds it.
    pub(crate) fn lock(models: &Path, file: &FileName) -> Result<Self, PullError> {
        let folder = path_of(models, file);
        let lock_path = folder.join("lock");
        for _ in 0..LOCK_ROUNDS_MAX {
            create_private_folder(&folder)?;
            let mut options = fs_err::OpenOptions::new();
            let lock = match options.write(true).create(true).truncate(false).mode(0o600).open(&lock_path) {
                Ok(lock) => lock,
                // The pull that held it finished and removed the folder in between.
                Err(error) if error.kind() == io::ErrorKind::NotFound => continue,
                Err(error) => return Err(error.into()),
            };
            match lock.try_lock() {
                Ok(()) => {}
                Err(TryLockError::WouldBlock) => return Err(PullError::InUse(file.to_string())),
                Err(TryLockError::Error(error)) => return Err(error.into()),
            }
            let ours = lock.metadata()?;
            match fs_err::metadata(&lock_path) {
                Ok(there) if there.ino() == ours.ino() && there.dev() == ours.dev() => {
                    return Ok(Self { folder, _lock: lock });
                }
                // A lock on a removed file keeps nobody out.
                Ok(_) | Err(_) => {}
            }
        }
        Err(PullError::InUse(file.to_string()))
    }

    /// The folder of one source, created if need be.
    pub(crate) fn of_source(&self, source: &Source) -> io::Result<PathBuf> {
        let folder = self.folder.join(slug(source));
        create_private_folder(&folder)?;
        Ok(folder)
    }

    /// Removes everything, lock last.
    pub(crate) fn discard(self) -> io::Result<()> {
        fs_err::remove_dir_all(&self.folder)
    }
}

/// Where the model of `file` grows.
pub(crate) fn path_of(models: &Path, file: &FileName) -> PathBuf {
    models.join(format!("{file}.part"))
}

/// Creates a folder, and those above it, that only their owner may enter.
pub(crate) fn create_private_folder(folder: &Path) -> io::Result<()> {
    std::fs::DirBuilder::new().recursive(true).mode(0o700).create(folder)
}

/// Writes a small file so that it is there whole or not at all, also after a power cut.
pub(crate) fn write_atomically(path: &Path, text: &str) -> io::Result<()> {
    use std::io::Write;
    let fresh = path.with_added_extension("new");
    let mut file = fs_err::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&fresh)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs_err::rename(&fresh, path)
}

/// Reads a small file of ours; nothing if it is absent, too long or no text.
pub(crate) fn read_small(path: &Path, bytes_max: u64) -> Option<String> {
    let mut text = String::new();
    fs_err::File::open(path).ok()?.take(bytes_max).read_to_string(&mut text).ok()?;
    Some(text)
}

/// A readable folder name for a source.
pub(crate) fn slug(source: &Source) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-') { c } else { '_' };
    let text: String = source.to_string().chars().map(safe).collect();
    // The end tells files of one place apart.
    let skip = text.len().saturating_sub(SLUG_LEN_MAX);
    text[skip..].trim_start_matches('.').to_owned()
}

/// Bytes that have arrived for `file` from the source that brought most; none if nobody is or was pulling it.
pub(crate) fn arrived(models: &Path, file: &FileName) -> Option<u64> {
    let sources = fs_err::read_dir(path_of(models, file)).ok()?;
    let folders = sources.take(WALK_MAX).filter_map(Result::ok).filter(|entry| entry.path().is_dir());
    let sums = folders.map(|folder| {
        let files = fs_err::read_dir(folder.path()).into_iter().flatten().take(WALK_MAX).filter_map(Result::ok);
        files.filter_map(|entry| entry.metadata().ok()).map(|metadata| metadata.len()).sum::<u64>()
    });
    Some(sums.max().unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_pull_at_a_time_and_the_next_after_it() {
        let models = tempfile::tempdir().unwrap();
        let file: FileName = "m.gguf".parse().unwrap();
        let first = Staging::lock(models.path(), &file).unwrap();
        assert!(matches!(Staging::lock(models.path(), &file), Err(PullError::InUse(_))));
        first.discard().unwrap();
        assert!(!path_of(models.path(), &file).exists());
        let second = Staging::lock(models.path(), &file).unwrap();
        drop(second);
        Staging::lock(models.path(), &file).unwrap();
    }

    #[test]
    fn each_source_has_a_folder_of_its_own_with_a_plain_name() {
        let source = |path: &str| Source::File { path: PathBuf::from(path) };
        assert_eq!(slug(&source("/a b/ñ.gguf")), "_a_b__.gguf");
        assert_eq!(slug(&source(&format!("/{}", "x".repeat(300)))).len(), SLUG_LEN_MAX);
        assert_ne!(slug(&source("/models/a.gguf")), slug(&source("/models/b.gguf")));
        assert!(!slug(&source("/..")).contains('/'));
    }

    #[test]
    fn folders_are_private() {
        use std::os::unix::fs::PermissionsExt;
        let models = tempfile::tempdir().unwrap();
        let folder = models.path().join("a/b");
        create_private_folder(&folder).unwrap();
        for path in [folder.clone(), models.path().join("a")] {
            assert_eq!(fs_err::metadata(path).unwrap().permissions().mode() & 0o777, 0o700);
        }
        write_atomically(&folder.join("state"), "x").unwrap();
        assert_eq!(fs_err::metadata(folder.join("state")).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(read_small(&folder.join("state"), 10).as_deref(), Some("x"));
    }
}

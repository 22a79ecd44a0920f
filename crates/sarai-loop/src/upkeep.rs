//! Actions that need no model: logs, databases, backups.

use std::path::Path;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use sarai_config::Folders;
use sarai_proactive_sqlite::{LoopStore, StoreError};

/// Deletes logs that nobody has written to for so many days; says how many.
///
/// # Errors
/// The folder cannot be read, or a file not deleted.
pub(crate) fn rotate_logs(folder: &Path, days: u16, now: Timestamp) -> std::io::Result<usize> {
    let age = Duration::from_secs(u64::from(days) * 86_400);
    let Some(before) = SystemTime::from(now).checked_sub(age) else { return Ok(0) };
    let mut deleted = 0;
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let meta = entry.metadata()?;
        if meta.is_file() && meta.modified()? < before {
            fs_err::remove_file(entry.path())?;
            deleted += 1;
        }
    }
    Ok(deleted)
}

/// Writes the loop's own database anew; says how many bytes that saved.
///
/// # Errors
/// As [`LoopStore::vacuum`].
pub(crate) fn vacuum(folders: &Folders) -> Result<u64, StoreError> {
    LoopStore::open(&folders.db())?.0.vacuum()
}

/// Copies the loop's own database; says where.
///
/// # Errors
/// As [`LoopStore::backup`].
pub(crate) fn backup(folders: &Folders, now: Timestamp) -> Result<String, StoreError> {
    Ok(LoopStore::open(&folders.db())?.0.backup(now)?.display().to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn old_logs_go() {
        let folder = tempfile::tempdir().unwrap();
        let now = crate::clock::now();
        for (name, days) in [("new", 0_u64), ("old", 40), ("older", 400)] {
            let path = folder.path().join(name);
            fs_err::write(&path, "x").unwrap();
            let file = fs_err::OpenOptions::new().write(true).open(&path).unwrap();
            file.set_modified(SystemTime::from(now) - Duration::from_secs(days * 86_400)).unwrap();
        }
        assert_eq!(rotate_logs(folder.path(), 30, now).unwrap(), 2);
        let left: Vec<_> = fs_err::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert_eq!(left, ["new"]);
    }
}

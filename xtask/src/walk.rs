//! Finds files.

use std::path::{Path, PathBuf};

use anyhow::{Result, ensure};
use fs_err as fs;

/// The deepest folder looked into; the repository is flat, so that more means a mistake.
const DEPTH_MAX: usize = 16;
/// Not part of the repository: Git's own (a file where the checkout is a further work tree), what was built, and what a
/// person's containers are told.
const SKIPPED: [&str; 3] = [".git", "target", ".env"];

/// Every file under `folder`, sorted by path. Links are not followed.
pub(crate) fn all(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    visit(folder, DEPTH_MAX, &mut found)?;
    found.sort();
    Ok(found)
}

/// Those of [`all`] with the extension.
pub(crate) fn files(folder: &Path, extension: &str) -> Result<Vec<PathBuf>> {
    let mut found = all(folder)?;
    found.retain(|path| path.extension().is_some_and(|found| found == extension));
    Ok(found)
}

fn visit(folder: &Path, depth: usize, found: &mut Vec<PathBuf>) -> Result<()> {
    ensure!(depth > 0, "{} is nested deeper than {DEPTH_MAX} folders", folder.display());
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let kind = entry.file_type()?;
        if SKIPPED.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if kind.is_dir() {
            visit(&entry.path(), depth - 1, found)?;
        } else if kind.is_file() {
            found.push(entry.path());
        }
    }
    Ok(())
}

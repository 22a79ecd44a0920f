//! Which databases the owner has registered: the files in the data folder.
//!
//! A grant of the manifest makes a file or a folder appear there. A file counts if it begins like an SQLite database, or
//! is called like one: then what is wrong with it is worth a sentence.

use std::io::Read;
use std::path::{Path, PathBuf};

use fs_err as fs;

/// Databases at most; what comes behind in order of names is left out.
pub const DATABASES_MAX: usize = 64;
/// How far down folders are looked into.
const DEPTH_MAX: usize = 3;
/// Files looked at in all.
const FILES_MAX: usize = 2_000;
/// How every SQLite database begins. Source: sqlite.org/fileformat.html.
const HEADER: &[u8; 16] = b"SQLite format 3\0";
const ENDINGS: [&str; 5] = ["db", "db3", "sqlite", "sqlite3", "s3db"];
/// Endings of what SQLite keeps beside a database.
const BESIDE: [&str; 3] = ["-wal", "-shm", "-journal"];

/// A registered database.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What the person calls it: the file's name without its ending.
    pub name: String,
    pub path: PathBuf,
}

/// The databases in a folder, by name. A folder that is not there has none.
#[must_use]
pub fn databases(folder: &Path) -> Vec<Entry> {
    let mut found = Vec::new();
    let mut looked_at = 0;
    gather(folder, 0, &mut looked_at, &mut found);
    found.sort_by(|a, b| (&a.name, &a.path).cmp(&(&b.name, &b.path)));
    found.truncate(DATABASES_MAX);
    found
}

fn gather(folder: &Path, depth: usize, looked_at: &mut usize, found: &mut Vec<Entry>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for path in entries.filter_map(|entry| Some(entry.ok()?.path())) {
        *looked_at += 1;
        if *looked_at > FILES_MAX {
            return;
        }
        // What a link points to is either in the folder already or not granted.
        match fs::symlink_metadata(&path) {
            Ok(data) if data.is_dir() && depth < DEPTH_MAX => gather(&path, depth + 1, looked_at, found),
            Ok(data) if data.is_file() && is_database(&path) => found.extend(entry(path)),
            _ => {}
        }
    }
}

fn entry(path: PathBuf) -> Option<Entry> {
    let name = path.file_stem()?.to_str()?.to_owned();
    Some(Entry { name, path })
}

fn is_database(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    if BESIDE.iter().any(|ending| name.ends_with(ending)) {
        return false;
    }
    let ending = path.extension().and_then(|ending| ending.to_str()).unwrap_or_default().to_ascii_lowercase();
    ENDINGS.contains(&ending.as_str()) || begins_like_one(path)
}

fn begins_like_one(path: &Path) -> bool {
    let mut start = [0; HEADER.len()];
    fs::File::open(path).and_then(|mut file| file.read_exact(&mut start)).is_ok() && start == *HEADER
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_in_folders() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        fs::create_dir_all(at("casa/a/b/too-deep")).unwrap();
        fs::write(at("gastos.db"), "not one, but called so").unwrap();
        fs::write(at("casa/libros"), [HEADER.as_slice(), &[0; 84]].concat()).unwrap();
        fs::write(at("casa/gastos.db-wal"), HEADER).unwrap();
        fs::write(at("casa/a/b/too-deep/x.db"), "").unwrap();
        fs::write(at("notas.txt"), "SQLite format").unwrap();
        std::os::unix::fs::symlink(at("gastos.db"), at("enlace.db")).unwrap();
        let names: Vec<String> = databases(folder.path()).into_iter().map(|entry| entry.name).collect();
        assert_eq!(names, ["gastos", "libros"]);
        assert!(databases(&at("nowhere")).is_empty());
    }
}

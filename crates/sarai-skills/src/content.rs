//! One number for all that lies in a skill's folder, so that a change of its program is seen.

use std::fmt;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::problem::Problem;

/// Files of a folder that is pinned. Build output belongs elsewhere.
const FILES_MAX: usize = 4096;
/// Bytes of all of them.
const BYTES_MAX: u64 = 512 << 20;
const DEPTH_MAX: usize = 16;

/// BLAKE3 over the names, kinds and bytes of everything in a folder. Nothing is left out: what lies there can run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ContentDigest([u8; 32]);

impl ContentDigest {
    /// From 64 hexadecimal digits, as `Display` prints it.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        blake3::Hash::from_hex(text).ok().map(|hash| Self(*hash.as_bytes()))
    }

    /// Reads a folder. Links are not followed: where they lead counts, not what is there.
    ///
    /// # Errors
    /// Something cannot be read, is neither a file, a folder nor a link, or there is too much of it.
    pub fn of(folder: &Path) -> Result<Self, Problem> {
        let mut walk = Walk { hasher: blake3::Hasher::new(), files: 0, bytes: 0, folder };
        walk.folder(folder, 0)?;
        Ok(Self(*walk.hasher.finalize().as_bytes()))
    }
}

impl fmt::Display for ContentDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&blake3::Hash::from_bytes(self.0).to_hex())
    }
}

struct Walk<'a> {
    hasher: blake3::Hasher,
    files: usize,
    bytes: u64,
    folder: &'a Path,
}

impl Walk<'_> {
    fn too_big(&self) -> Problem {
        Problem::TooBig { path: self.folder.to_owned(), bytes_max: BYTES_MAX }
    }

    /// Each piece is preceded by its length, so that no two folders read alike.
    fn piece(&mut self, bytes: &[u8]) {
        self.hasher.update(&(bytes.len() as u64).to_le_bytes());
        self.hasher.update(bytes);
    }

    fn folder(&mut self, folder: &Path, depth: usize) -> Result<(), Problem> {
        let unreadable = |error: io::Error| Problem::Unreadable { path: folder.to_owned(), cause: error.kind() };
        let mut paths: Vec<PathBuf> = Vec::new();
        for entry in fs_err::read_dir(folder).map_err(unreadable)? {
            self.files += 1;
            if self.files > FILES_MAX || depth > DEPTH_MAX {
                return Err(self.too_big());
            }
            paths.push(entry.map_err(unreadable)?.path());
        }
        paths.sort();
        for path in paths {
            let name = path.file_name().map(|name| name.as_encoded_bytes().to_owned()).unwrap_or_default();
            self.piece(&name);
            self.entry(&path, depth)?;
        }
        self.piece(b"..");
        Ok(())
    }

    fn entry(&mut self, path: &Path, depth: usize) -> Result<(), Problem> {
        let unreadable = |error: io::Error| Problem::Unreadable { path: path.to_owned(), cause: error.kind() };
        let metadata = fs_err::symlink_metadata(path).map_err(unreadable)?;
        if metadata.is_dir() {
            self.piece(b"folder");
            return self.folder(path, depth + 1);
        }
        if metadata.is_symlink() {
            self.piece(b"link");
            let target = fs_err::read_link(path).map_err(unreadable)?;
            self.piece(target.as_os_str().as_encoded_bytes());
            return Ok(());
        }
        if !metadata.is_file() {
            return Err(Problem::Unreadable { path: path.to_owned(), cause: io::ErrorKind::Unsupported });
        }
        let runs = metadata.permissions().mode() & 0o111 != 0;
        self.piece(if runs { b"program" } else { b"file" });
        self.hasher.update(&metadata.len().to_le_bytes());
        self.bytes = self.bytes.saturating_add(metadata.len());
        if self.bytes > BYTES_MAX {
            return Err(self.too_big());
        }
        // One that grows meanwhile is not read beyond its length.
        let mut file = fs_err::File::open(path).map_err(unreadable)?.take(metadata.len());
        let mut block = vec![0; 64 << 10];
        loop {
            match file.read(&mut block).map_err(unreadable)? {
                0 => return Ok(()),
                read => self.hasher.update(&block[..read]),
            };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_change_is_seen_and_the_same_is_the_same() {
        let home = tempfile::tempdir().unwrap();
        let folder = home.path().join("s");
        fs_err::create_dir_all(folder.join("bin")).unwrap();
        fs_err::write(folder.join("bin/a"), "one").unwrap();
        fs_err::write(folder.join("b"), "").unwrap();
        let mut seen = vec![ContentDigest::of(&folder).unwrap()];
        assert_eq!(ContentDigest::of(&folder).unwrap(), seen[0]);
        assert_eq!(ContentDigest::from_hex(&seen[0].to_string()), Some(seen[0]));

        type Change = fn(&Path);
        let changes: [(&str, Change); 8] = [
            ("a byte", |f| fs_err::write(f.join("bin/a"), "two").unwrap()),
            ("a byte moves", |f| {
                fs_err::write(f.join("bin/a"), "").unwrap();
                fs_err::write(f.join("b"), "two").unwrap();
            }),
            ("may run", |f| {
                fs_err::set_permissions(f.join("b"), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
            }),
            ("a name", |f| fs_err::rename(f.join("b"), f.join("c")).unwrap()),
            ("a file moves", |f| fs_err::rename(f.join("c"), f.join("bin/c")).unwrap()),
            ("an empty folder", |f| fs_err::create_dir(f.join("d")).unwrap()),
            ("a link", |f| std::os::unix::fs::symlink("/etc/passwd", f.join("l")).unwrap()),
            ("hidden", |f| fs_err::write(f.join(".x"), "").unwrap()),
        ];
        for (what, change) in changes {
            change(&folder);
            let digest = ContentDigest::of(&folder).unwrap();
            assert!(!seen.contains(&digest), "{what}");
            seen.push(digest);
        }
    }

    #[test]
    fn too_much_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let big = fs_err::File::create(home.path().join("big")).unwrap();
        big.set_len(BYTES_MAX + 1).unwrap();
        assert!(matches!(ContentDigest::of(home.path()), Err(Problem::TooBig { .. })));
        fs_err::remove_file(home.path().join("big")).unwrap();
        let deep = home.path().join(["d"; DEPTH_MAX + 2].join("/"));
        fs_err::create_dir_all(deep).unwrap();
        fs_err::write(home.path().join("d/d/a"), "").unwrap();
        assert!(matches!(ContentDigest::of(home.path()), Err(Problem::TooBig { .. })));
    }
}

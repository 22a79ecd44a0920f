//! The folder of a skill, read-only.

use std::io::{ErrorKind, Read as _};
use std::path::{Component, Path, PathBuf};

use crate::limits::FILE_BYTES_MAX;

/// Why a skill did not take over its files.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// Names the file.
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error("{0} lies outside of the skill's folder")]
    Outside(PathBuf),
    #[error("{0} has more than {FILE_BYTES_MAX} bytes")]
    TooLong(PathBuf),
    #[error("{0} is not UTF-8")]
    NotText(PathBuf),
    /// For the skill's own complaints: what is wrong, and where.
    #[error("{0}")]
    Invalid(String),
}

/// Where a skill has its files. In a jail nobody can write there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder(PathBuf);

impl Folder {
    #[must_use]
    pub const fn new(path: PathBuf) -> Self {
        Self(path)
    }

    #[must_use]
    pub fn path(&self) -> &Path {
        &self.0
    }

    /// A file of text, at most [`FILE_BYTES_MAX`].
    ///
    /// # Errors
    /// All of [`LoadError`] but `Invalid`.
    pub fn text(&self, name: impl AsRef<Path>) -> Result<String, LoadError> {
        String::from_utf8(self.bytes(&name)?).map_err(|_| LoadError::NotText(name.as_ref().to_owned()))
    }

    /// The same, or what the skill has built in where there is no such file.
    ///
    /// # Errors
    /// Those of [`Folder::text`] for a file that is there.
    pub fn text_or(&self, name: impl AsRef<Path>, built_in: &str) -> Result<String, LoadError> {
        match self.text(name) {
            Err(LoadError::File(error)) if error.kind() == ErrorKind::NotFound => Ok(built_in.to_owned()),
            text => text,
        }
    }

    /// A file of any kind, at most [`FILE_BYTES_MAX`]. `name` is relative and has no `..`.
    ///
    /// # Errors
    /// `File`, `Outside` and `TooLong`.
    pub fn bytes(&self, name: impl AsRef<Path>) -> Result<Vec<u8>, LoadError> {
        let name = name.as_ref();
        if !name.components().all(|part| matches!(part, Component::Normal(_) | Component::CurDir)) {
            return Err(LoadError::Outside(name.to_owned()));
        }
        let mut bytes = Vec::new();
        fs_err::File::open(self.0.join(name))?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(LoadError::TooLong(name.to_owned()));
        }
        Ok(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_at_their_boundary() {
        let temp = tempfile::tempdir().unwrap();
        let write = |name: &str, bytes: &[u8]| fs_err::write(temp.path().join(name), bytes).unwrap();
        fs_err::create_dir(temp.path().join("prompts")).unwrap();
        let largest = usize::try_from(FILE_BYTES_MAX).unwrap();
        write("prompts/es.md", "Añade".as_bytes());
        write("latin", &[0xf1]);
        write("largest", &vec![b'a'; largest]);
        write("larger", &vec![b'a'; largest + 1]);
        let folder = Folder::new(temp.path().to_owned());
        assert_eq!(folder.text("./prompts/es.md").unwrap(), "Añade");
        assert_eq!(folder.text("largest").unwrap().len(), largest);
        for (name, expect) in [
            ("latin", "latin is not UTF-8"),
            ("larger", "larger has more than 8388608 bytes"),
            ("../etc/passwd", "../etc/passwd lies outside of the skill's folder"),
            ("prompts/../../x", "prompts/../../x lies outside of the skill's folder"),
            ("/etc/passwd", "/etc/passwd lies outside of the skill's folder"),
        ] {
            assert_eq!(folder.text(name).unwrap_err().to_string(), expect);
        }
        assert_eq!(folder.text_or("missing", "built in").unwrap(), "built in");
        assert_eq!(folder.text_or("./prompts/es.md", "built in").unwrap(), "Añade");
        assert!(folder.text_or("latin", "built in").is_err(), "a file that is wrong is not passed over");
        assert!(folder.text("missing").unwrap_err().to_string().contains("missing"), "the error names the file");
    }
}

//! The texts that a config is made of, and where each value stood.

use std::fmt;
use std::io::Read;
use std::path::{Path, PathBuf};

use sarai_types::Notice;

use crate::error::{ConfigError, ConfigErrors};
use crate::folders::Folders;

/// The largest config file, in bytes.
pub const FILE_BYTES_MAX: u64 = 1 << 20;

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    Default,
    /// A line of a file, counted from 1.
    File {
        path: PathBuf,
        line: usize,
    },
    /// An environment variable, by its name.
    Environment(String),
    /// A flag that sets this key.
    Flag(String),
}

impl Origin {
    /// The words for a person.
    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::Default => Notice::new("config-origin-default"),
            Self::File { .. } => Notice::new("config-origin-file").arg("place", self),
            Self::Environment(name) => Notice::new("config-origin-environment").arg("variable", name),
            Self::Flag(_) => Notice::new("config-origin-flag").arg("place", self),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Default => f.write_str("default"),
            Self::File { path, line } => write!(f, "{}:{line}", path.display()),
            Self::Environment(name) => f.write_str(name),
            Self::Flag(key) => write!(f, "--set {key}"),
        }
    }
}

/// A config file, as text. One that does not exist reads as an empty one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    pub path: PathBuf,
    pub text: String,
}

impl SourceFile {
    /// # Errors
    /// The file exists and cannot be read, is larger than [`FILE_BYTES_MAX`], or is not UTF-8.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let unreadable = |source| ConfigError::Unreadable { path: path.to_owned(), source };
        let mut bytes = Vec::new();
        match fs_err::File::open(path) {
            Ok(file) => file.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreadable)?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => 0,
            Err(error) => return Err(unreadable(error)),
        };
        if bytes.len() as u64 > FILE_BYTES_MAX {
            return Err(ConfigError::TooBig { path: path.to_owned() });
        }
        let text = String::from_utf8(bytes).map_err(|_| ConfigError::NotText { path: path.to_owned() })?;
        Ok(Self { path: path.to_owned(), text })
    }
}

/// Everything that says something about the config, weakest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sources {
    /// `sarai.yaml`, then `overrides.yaml`.
    pub files: Vec<SourceFile>,
    /// Variables of the environment. Only those that start with `SARAI__` are looked at, and of these only those that
    /// are not empty: `SARAI__SERVER__PORT` is `server.port`.
    pub environment: Vec<(String, String)>,
    /// Dotted keys with their values; a later one overrules an earlier one.
    pub flags: Vec<(String, String)>,
}

impl Sources {
    /// Reads the files of these folders. `std::env::vars` panics at a variable that is not UTF-8; take `vars_os` and
    /// leave such variables out.
    ///
    /// # Errors
    /// As [`SourceFile::read`], for each file.
    pub fn read(
        folders: &Folders,
        environment: Vec<(String, String)>,
        flags: Vec<(String, String)>,
    ) -> Result<Self, ConfigErrors> {
        let files = read_all([folders.config_file(), folders.overrides_file()].iter().map(PathBuf::as_path))?;
        Ok(Self { files, environment, flags })
    }

    /// The same sources, with the files as they are now.
    ///
    /// # Errors
    /// As [`SourceFile::read`], for each file.
    pub fn reread(&self) -> Result<Self, ConfigErrors> {
        let files = read_all(self.files.iter().map(|file| file.path.as_path()))?;
        Ok(Self { files, ..self.clone() })
    }
}

fn read_all<'a>(paths: impl Iterator<Item = &'a Path>) -> Result<Vec<SourceFile>, ConfigErrors> {
    let mut errors = Vec::new();
    let files = paths.filter_map(|path| SourceFile::read(path).map_err(|error| errors.push(error)).ok()).collect();
    ConfigErrors::unless_empty(errors, files)
}

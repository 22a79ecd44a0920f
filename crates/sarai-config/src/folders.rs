//! Where everything lives, and how it is written there: folders 0700, files 0600, each file whole or not at all.

use std::ffi::OsString;
use std::fs::Metadata;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt};
use std::path::{Path, PathBuf};

use rustix::fs::{Access, access};
use sarai_types::Notice;

/// The longest path of a Unix socket, in bytes: `sun_path` of unix(7), less its final NUL.
pub const SOCKET_PATH_MAX: usize = 107;

/// How a file is called while it is written.
const TEMPORARY: &str = ".sarai-";

/// Others may write, by group or by everybody's right.
const WRITABLE_BY_OTHERS: u32 = 0o022;

/// What stands in the way.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    #[error("neither SARAI_HOME nor HOME is an absolute path")]
    NoHome,
    #[error("{} cannot be created or looked at", path.display())]
    Create { path: PathBuf, source: std::io::Error },
    #[error("{} is not a folder", path.display())]
    NotAFolder { path: PathBuf },
    #[error("{} belongs to user {owner}, not to this program's user {own}", path.display())]
    Foreign { path: PathBuf, owner: u32, own: u32 },
    #[error("{} has mode {mode:03o}: others can write in it", path.display())]
    WritableByOthers { path: PathBuf, mode: u32 },
    #[error("socket path {} has {len} bytes, {SOCKET_PATH_MAX} fit", path.display())]
    SocketPathTooLong { path: PathBuf, len: usize },
    #[error("{} cannot be written", path.display())]
    Write { path: PathBuf, source: std::io::Error },
}

impl FolderError {
    /// The sentence for a person.
    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::NoHome => Notice::new("config-folder-no-home"),
            Self::Create { path, source } => {
                Notice::new("config-folder-create").arg("folder", path.display()).arg("cause", source.kind())
            }
            Self::NotAFolder { path } => Notice::new("config-folder-not-a-folder").arg("path", path.display()),
            Self::Foreign { path, owner, own } => {
                Notice::new("config-folder-foreign").arg("folder", path.display()).arg("owner", owner).arg("own", own)
            }
            Self::WritableByOthers { path, .. } => {
                Notice::new("config-folder-writable-by-others").arg("folder", path.display())
            }
            Self::SocketPathTooLong { path, len } => Notice::new("config-folder-socket-path-too-long")
                .arg("path", path.display())
                .arg("len", len)
                .arg("max", SOCKET_PATH_MAX),
            Self::Write { path, source } => {
                Notice::new("config-file-write").arg("file", path.display()).arg("cause", source.kind())
            }
        }
    }
}

/// The program's folders. Making one touches nothing; [`Folders::create`] does.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folders {
    /// `sarai.yaml`.
    pub config: PathBuf,
    /// Model files.
    pub models: PathBuf,
    /// Everything that the program itself keeps: `db`, `kv`, `logs`, `audit`, `run`, and `overrides.yaml`.
    pub state: PathBuf,
}

impl Folders {
    const STATE_PARTS: [&str; 5] = ["db", "kv", "logs", "audit", "run"];
    const STATE_FILES: [&str; 7] = [
        "overrides.yaml",
        "trust.json",
        "sessions",
        "chat-history",
        "rules.good.yaml",
        "recall-rate",
        "supervisord.conf",
    ];
    /// How names in the state folder begin that last as long as a process.
    const STATE_PREFIXES: [&str; 2] = [TEMPORARY, "bench-"];

    /// By the XDG Base Directory Specification (a relative path in a variable counts as none), or all under
    /// `SARAI_HOME`. At the rim, `get` is `|name| std::env::var_os(name)`.
    ///
    /// # Errors
    /// [`FolderError::NoHome`]: a folder is wanted that only `HOME` could place, and it is no absolute path; or
    /// `SARAI_HOME` is not one.
    pub fn from_env(get: impl Fn(&str) -> Option<OsString>) -> Result<Self, FolderError> {
        let absolute = |name: &str| get(name).map(PathBuf::from).filter(|path| path.is_absolute());
        if get("SARAI_HOME").is_some_and(|value| !value.is_empty()) {
            return absolute("SARAI_HOME").map(|home| Self::under(&home)).ok_or(FolderError::NoHome);
        }
        let base = |variable: &str, below_home: &str| {
            absolute(variable)
                .or_else(|| absolute("HOME").map(|home| home.join(below_home)))
                .map(|base| base.join("sarai"))
                .ok_or(FolderError::NoHome)
        };
        Ok(Self {
            config: base("XDG_CONFIG_HOME", ".config")?,
            models: base("XDG_DATA_HOME", ".local/share")?.join("models"),
            state: base("XDG_STATE_HOME", ".local/state")?,
        })
    }

    /// All under one folder, as `SARAI_HOME` says it.
    #[must_use]
    pub fn under(home: &Path) -> Self {
        Self { config: home.join("config"), models: home.join("models"), state: home.join("state") }
    }

    #[must_use]
    pub fn config_file(&self) -> PathBuf {
        self.config.join("sarai.yaml")
    }

    /// What SARAi does unasked.
    #[must_use]
    pub fn rules_file(&self) -> PathBuf {
        self.config.join("rules.yaml")
    }

    /// The one line that opens the mail server.
    #[must_use]
    pub fn smtp_password_file(&self) -> PathBuf {
        self.config.join("smtp-password")
    }

    /// The only config that the program itself may write.
    #[must_use]
    pub fn overrides_file(&self) -> PathBuf {
        self.state.join("overrides.yaml")
    }

    /// Browsers that were let in.
    #[must_use]
    pub fn sessions_file(&self) -> PathBuf {
        self.state.join("sessions")
    }

    /// What was typed in conversations.
    #[must_use]
    pub fn chat_history(&self) -> PathBuf {
        self.state.join("chat-history")
    }

    /// The owner's rules as they were when they were right last.
    #[must_use]
    pub fn good_rules_file(&self) -> PathBuf {
        self.state.join("rules.good.yaml")
    }

    /// How often recalled facts were of use, as `sarai bench memory` found it.
    #[must_use]
    pub fn recall_rate_file(&self) -> PathBuf {
        self.state.join("recall-rate")
    }

    /// What supervisord reads, where it keeps the program going.
    #[must_use]
    pub fn supervisord_file(&self) -> PathBuf {
        self.state.join("supervisord.conf")
    }

    /// Databases.
    #[must_use]
    pub fn db(&self) -> PathBuf {
        self.state.join("db")
    }

    /// Snapshots of what models have read.
    #[must_use]
    pub fn kv(&self) -> PathBuf {
        self.state.join("kv")
    }

    #[must_use]
    pub fn logs(&self) -> PathBuf {
        self.state.join("logs")
    }

    #[must_use]
    pub fn audit(&self) -> PathBuf {
        self.state.join("audit")
    }

    /// The owner's own skills: beside the models.
    #[must_use]
    pub fn skills(&self) -> PathBuf {
        self.models.with_file_name("skills")
    }

    /// What the owner has agreed that skills may do.
    #[must_use]
    pub fn trust_file(&self) -> PathBuf {
        self.state.join("trust.json")
    }

    /// Touched whenever the owner asks something: the proactive loop wants to know whether anybody is there.
    #[must_use]
    pub fn asked_file(&self) -> PathBuf {
        self.run().join("asked")
    }

    /// Sockets, locks and tokens of what runs now.
    #[must_use]
    pub fn run(&self) -> PathBuf {
        self.state.join("run")
    }

    /// The path of a Unix socket in [`Folders::run`].
    ///
    /// # Errors
    /// [`FolderError::SocketPathTooLong`]: longer than [`SOCKET_PATH_MAX`], which the system would refuse with less to
    /// say about it.
    pub fn socket(&self, name: &str) -> Result<PathBuf, FolderError> {
        let path = self.run().join(name);
        let len = path.as_os_str().as_bytes().len();
        if len > SOCKET_PATH_MAX { Err(FolderError::SocketPathTooLong { path, len }) } else { Ok(path) }
    }

    /// Creates what is missing, for this user alone, and looks at what is there.
    ///
    /// # Errors
    /// A folder that cannot be made, belongs to somebody else, or lets others write.
    pub fn create(&self) -> Result<(), FolderError> {
        let parts = Self::STATE_PARTS.map(|part| self.state.join(part));
        [&self.config, &self.models, &self.state].into_iter().chain(&parts).try_for_each(|path| own_folder(path))
    }

    /// Looks whether [`Folders::create`] could do it and files could be written then. Makes nothing.
    ///
    /// # Errors
    /// As [`Folders::create`].
    pub fn examine(&self) -> Result<(), FolderError> {
        [&self.config, &self.models, &self.state].into_iter().try_for_each(|path| {
            let failed = |source| FolderError::Create { path: path.to_owned(), source };
            if path.exists() {
                own_folder(path)?;
            }
            let there = path.ancestors().find(|path| path.exists()).unwrap_or(path);
            if !there.is_dir() {
                return Err(FolderError::NotAFolder { path: there.to_owned() });
            }
            access(there, Access::WRITE_OK | Access::EXEC_OK).map_err(|error| failed(error.into()))
        })
    }

    /// What the program itself has made in the folders of config and state, by their names there; models are the
    /// library's business. What somebody else put there, or a link, is not among it.
    ///
    /// # Errors
    /// What the file system says; a folder that does not exist is empty.
    pub fn made(&self) -> std::io::Result<Vec<PathBuf>> {
        let of_config = |name: &str| matches!(name, "sarai.yaml" | "rules.yaml") || name.starts_with(TEMPORARY);
        let of_state = |name: &str| {
            Self::STATE_PARTS.contains(&name)
                || Self::STATE_FILES.contains(&name)
                || Self::STATE_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
        };
        let mut made = named(&self.config, of_config)?;
        made.extend(named(&self.state, of_state)?);
        Ok(made)
    }
}

/// What lies in a folder under a name of some kind. Links are left out, and a folder that is one leads elsewhere.
fn named(folder: &Path, wanted: impl Fn(&str) -> bool) -> std::io::Result<Vec<PathBuf>> {
    if folder.is_symlink() {
        return Ok(Vec::new());
    }
    let entries = match fs_err::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(error),
    };
    let mut found = Vec::new();
    for entry in entries {
        let entry = entry?;
        if entry.file_name().to_str().is_some_and(&wanted) && !entry.file_type()?.is_symlink() {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// Creates a folder for this user alone, or looks at the one that is there.
///
/// # Errors
/// It cannot be made, belongs to somebody else, or lets others write.
pub fn own_folder(path: &Path) -> Result<(), FolderError> {
    let failed = |source| FolderError::Create { path: path.to_owned(), source };
    if !path.exists() {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path).map_err(failed)?;
    }
    // What a link points to is what counts: models may lie on another disk.
    let metadata = fs_err::metadata(path).map_err(failed)?;
    refuse_shared(path, &metadata, rustix::process::geteuid().as_raw())
}

/// Only a folder that belongs to user `own`, and in which nobody else may write, is fit for secrets.
fn refuse_shared(path: &Path, metadata: &Metadata, own: u32) -> Result<(), FolderError> {
    let path = path.to_owned();
    let mode = metadata.mode() & 0o777;
    if !metadata.is_dir() {
        return Err(FolderError::NotAFolder { path });
    }
    if metadata.uid() != own {
        return Err(FolderError::Foreign { path, owner: metadata.uid(), own });
    }
    if mode & WRITABLE_BY_OTHERS != 0 {
        return Err(FolderError::WritableByOthers { path, mode });
    }
    Ok(())
}

/// Writes a file so that a reader sees the old bytes or the new ones, whatever happens in between, and so that they are
/// on the disk when this returns. Its mode is 0600.
///
/// # Errors
/// [`FolderError::Write`]; the old file is as it was.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), FolderError> {
    let write = || {
        let folder = path.parent().ok_or(std::io::ErrorKind::InvalidInput)?;
        // In the same folder, because a rename cannot cross file systems. It is created with mode 0600.
        let mut file = tempfile::Builder::new().prefix(TEMPORARY).tempfile_in(folder)?;
        file.write_all(bytes)?;
        file.as_file().sync_all()?;
        file.persist(path)?;
        fs_err::File::open(folder)?.sync_all()
    };
    write().map_err(|source| FolderError::Write { path: path.to_owned(), source })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_made_here_is_known_by_name_and_nothing_else_is() {
        let home = tempfile::tempdir().unwrap();
        let folders = Folders::under(home.path());
        folders.examine().unwrap();
        assert!(folders.made().unwrap().is_empty() && !folders.state.exists());
        folders.create().unwrap();
        let own = [
            folders.config_file(),
            folders.rules_file(),
            folders.overrides_file(),
            folders.trust_file(),
            folders.sessions_file(),
            folders.chat_history(),
            folders.good_rules_file(),
            folders.recall_rate_file(),
            folders.supervisord_file(),
            folders.state.join(".sarai-x1"),
        ];
        own.iter().for_each(|file| fs_err::write(file, "").unwrap());
        for other in [folders.config.join("models.toml"), folders.config.join("trust.json"), folders.state.join("mine")]
        {
            fs_err::write(other, "").unwrap();
        }
        fs_err::remove_dir(folders.audit()).unwrap();
        std::os::unix::fs::symlink("/etc", folders.audit()).unwrap();
        let mut expected: Vec<PathBuf> = own.to_vec();
        expected.extend([folders.db(), folders.kv(), folders.logs(), folders.run()]);
        expected.sort();
        assert_eq!(folders.made().unwrap(), expected);
    }

    #[test]
    fn a_folder_that_could_not_be_made_is_found_before() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("file");
        fs_err::write(&file, "").unwrap();
        let examined = Folders::under(&file.join("home")).examine();
        assert!(matches!(&examined, Err(FolderError::NotAFolder { path }) if *path == file), "{examined:?}");
        fs_err::create_dir(folder.path().join("config")).unwrap();
        fs_err::set_permissions(folder.path().join("config"), std::os::unix::fs::PermissionsExt::from_mode(0o777))
            .unwrap();
        let examined = Folders::under(folder.path()).examine();
        assert!(matches!(examined, Err(FolderError::WritableByOthers { .. })), "{examined:?}");
    }

    #[test]
    fn a_folder_of_somebody_else_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let metadata = fs_err::metadata(folder.path()).unwrap();
        let owner = metadata.uid();
        assert!(refuse_shared(folder.path(), &metadata, owner).is_ok());
        let error = refuse_shared(folder.path(), &metadata, owner + 1).unwrap_err();
        assert!(matches!(error, FolderError::Foreign { own, .. } if own == owner + 1), "{error}");
    }
}

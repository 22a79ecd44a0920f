//! The file as a file: opening, looking over, setting aside, backing up, scrubbing.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err as fs;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension};
use sarai_memory::Moment;

use crate::StoreError;
use crate::schema;

/// How many backups are kept.
pub const BACKUPS_MAX: usize = 7;
/// How long a writer waits for another program that holds the file.
const BUSY_MS: u64 = 2000;
/// Pages that one step of a backup copies.
const BACKUP_PAGES: i32 = 4096;
/// A file up to this size is written anew after something was forgotten; a larger one is overwritten in place.
const REWRITE_BYTES_MAX: u64 = 256 << 20;
const NAME: &str = "memory.db";
const BACKUPS: &str = "backups";

/// In what state the file was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    Created,
    Healthy,
    /// It was of an older version; a backup of that was made before.
    Migrated {
        from: i64,
    },
    /// It was damaged. The damaged file is kept under another name; a backup took its place, and what was stored after
    /// that is lost.
    Restored {
        set_aside: PathBuf,
        backup: PathBuf,
        facts: u64,
    },
    /// It was damaged and there was no good backup.
    Lost {
        set_aside: PathBuf,
    },
}

/// How large the memory is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stats {
    pub facts: u64,
    pub entities: u64,
    pub episodes: u64,
    pub suggestions: u64,
    pub buried: u64,
    pub file_bytes: u64,
}

/// Facts in one SQLite file.
#[derive(Debug)]
pub struct SqliteStore {
    pub(crate) connection: Connection,
    pub(crate) salt: [u8; 32],
    folder: PathBuf,
}

impl SqliteStore {
    /// Opens the memory in a folder, and makes it where there is none.
    ///
    /// # Errors
    /// Another program holds the file, it is of a newer version, or the folder cannot be written.
    pub fn open(folder: &Path) -> Result<(Self, Opening), StoreError> {
        fs::create_dir_all(folder.join(BACKUPS))?;
        restrict(folder)?;
        let path = folder.join(NAME);
        let found = fs::metadata(&path).is_ok_and(|meta| meta.len() > 0);
        let (mut connection, mut opening) = match Self::sound(&path) {
            Ok(connection) => (connection, if found { Opening::Healthy } else { Opening::Created }),
            Err(StoreError::Damaged) => Self::restore(folder, &path)?,
            Err(error) => return Err(error),
        };
        let version = schema::version(&connection)?;
        if version > schema::VERSION {
            return Err(StoreError::Newer { found: version, known: schema::VERSION });
        }
        if version < schema::VERSION {
            if version > 0 {
                copy(&connection, &folder.join(BACKUPS).join(format!("before-version-{}.db", schema::VERSION)))?;
                opening = match opening {
                    Opening::Healthy => Opening::Migrated { from: version },
                    other => other,
                };
            }
            schema::migrate(&mut connection, version)?;
        }
        restrict_file(&path)?;
        let salt: Vec<u8> = connection.query_row("SELECT value FROM meta WHERE name = 'salt'", [], |row| row.get(0))?;
        let salt = <[u8; 32]>::try_from(salt).map_err(|_| StoreError::Damaged)?;
        Ok((Self { connection, salt, folder: folder.to_owned() }, opening))
    }

    /// A connection to a file that is whole.
    fn sound(path: &Path) -> Result<Connection, StoreError> {
        let looked_over = || {
            let connection = connect(path)?;
            let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
            if verdict == "ok" { Ok(connection) } else { Err(StoreError::Damaged) }
        };
        looked_over().map_err(|error| match error {
            // Of a broken header SQLite says only that it makes no sense.
            StoreError::Sqlite(rusqlite::Error::SqliteFailure(cause, _)) if cause.code == ErrorCode::Unknown => {
                StoreError::Damaged
            }
            other => other,
        })
    }

    /// Sets a damaged file aside and puts the newest good backup in its place, or an empty file.
    fn restore(folder: &Path, path: &Path) -> Result<(Connection, Opening), StoreError> {
        let set_aside = (1..).map(|n| folder.join(format!("damaged-{n}.db"))).find(|free| !free.exists());
        let set_aside = set_aside.unwrap_or_else(|| folder.join("damaged.db"));
        fs::rename(path, &set_aside)?;
        for tail in ["-wal", "-shm"] {
            let beside = folder.join(format!("{NAME}{tail}"));
            if beside.exists() {
                fs::rename(&beside, set_aside.with_extension(format!("db{tail}")))?;
            }
        }
        for backup in backups(folder)? {
            if Self::sound(&backup).is_ok() {
                fs::copy(&backup, path)?;
                let connection = Self::sound(path)?;
                let facts = count(&connection, "entity_memory")?;
                return Ok((connection, Opening::Restored { set_aside, backup, facts }));
            }
        }
        Ok((Self::sound(path)?, Opening::Lost { set_aside }))
    }

    /// How many rows this connection has changed.
    #[must_use]
    pub fn changes(&self) -> u64 {
        self.connection.total_changes()
    }

    /// Copies the file while it is in use, in place of an earlier copy of the day, and keeps the newest [`BACKUPS_MAX`].
    ///
    /// # Errors
    /// The copy could not be written; the older ones stay.
    pub fn backup(&self, at: Moment) -> Result<PathBuf, StoreError> {
        let stamp: String = at.to_string().chars().filter(char::is_ascii_digit).take(8).collect();
        let path = self.folder.join(BACKUPS).join(format!("memory-{stamp}.db"));
        copy(&self.connection, &path)?;
        for old in backups(&self.folder)?.into_iter().skip(BACKUPS_MAX) {
            fs::remove_file(old)?;
        }
        Ok(path)
    }

    /// Makes sure that what was erased stands in no file of the folder any more: the log is emptied, the file written
    /// anew, and a new backup takes the place of all others, and of damaged files that were set aside.
    ///
    /// # Errors
    /// Something could not be overwritten: what was erased may still be found. Call it again.
    pub fn scrub(&self, at: Moment) -> Result<(), StoreError> {
        for table in ["fact_words", "episode_words"] {
            self.connection.execute_batch(&format!("INSERT INTO {table}({table}) VALUES ('optimize')"))?;
        }
        if fs::metadata(self.folder.join(NAME))?.len() <= REWRITE_BYTES_MAX {
            self.connection.execute_batch("VACUUM")?;
        }
        self.checkpoint()?;
        let new = self.backup(at)?;
        for old in backups(&self.folder)?.into_iter().filter(|old| *old != new) {
            fs::remove_file(old)?;
        }
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with("damaged")) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    fn checkpoint(&self) -> Result<(), StoreError> {
        let busy: i64 = self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
        if busy == 0 { Ok(()) } else { Err(StoreError::Locked) }
    }

    /// Writes the file anew without its gaps, and returns how many bytes that saved.
    ///
    /// # Errors
    /// There is no room for the copy, or another program holds the file.
    pub fn vacuum(&self) -> Result<u64, StoreError> {
        let path = self.folder.join(NAME);
        let before = fs::metadata(&path)?.len();
        self.connection.execute_batch("VACUUM; PRAGMA optimize")?;
        self.checkpoint()?;
        Ok(before.saturating_sub(fs::metadata(&path)?.len()))
    }

    /// The file and its log.
    #[must_use]
    pub fn file_bytes(&self) -> u64 {
        let bytes = |name: &str| fs::metadata(self.folder.join(name)).map_or(0, |meta| meta.len());
        bytes(NAME) + bytes(&format!("{NAME}-wal"))
    }

    /// # Errors
    /// The file cannot be read.
    pub fn stats(&self) -> Result<Stats, StoreError> {
        Ok(Stats {
            facts: count(&self.connection, "entity_memory")?,
            entities: count(&self.connection, "entity")?,
            episodes: count(&self.connection, "episode")?,
            suggestions: count(&self.connection, "suggestion")?,
            buried: count(&self.connection, "buried")?,
            file_bytes: self.file_bytes(),
        })
    }

    /// Whether the whole file is sound, indexes included; none if it is, else SQLite's words.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn integrity(&self) -> Result<Option<String>, StoreError> {
        let verdict: Option<String> =
            self.connection.query_row("PRAGMA integrity_check(1)", [], |row| row.get(0)).optional()?;
        Ok(verdict.filter(|verdict| verdict != "ok"))
    }

    /// Never lets the file grow beyond so many pages; for tests of a full disk.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn limit_pages(&self, pages: u32) -> Result<(), StoreError> {
        self.connection.query_row(&format!("PRAGMA max_page_count = {pages}"), [], |row| row.get::<_, i64>(0))?;
        Ok(())
    }
}

fn connect(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(Duration::from_millis(BUSY_MS))?;
    // Deleted content is overwritten with zeros. An acknowledged write survives a power cut.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA secure_delete = ON; PRAGMA foreign_keys = OFF;
         PRAGMA trusted_schema = OFF; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -8192;
         PRAGMA journal_size_limit = 4194304",
    )?;
    connection.set_prepared_statement_cache_capacity(64);
    // Otherwise SQLite plans a kept statement anew for each value that is bound: a fifth of all its time.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    Ok(connection)
}

/// A whole copy takes its name only when it is whole.
fn copy(from: &Connection, path: &Path) -> Result<(), StoreError> {
    let half = path.with_extension("db.part");
    if half.exists() {
        fs::remove_file(&half)?;
    }
    let mut to = Connection::open(&half)?;
    let backup = Backup::new(from, &mut to)?;
    loop {
        match backup.step(BACKUP_PAGES)? {
            StepResult::Done => break,
            StepResult::More => {}
            _ => return Err(StoreError::Locked),
        }
    }
    drop(backup);
    to.execute_batch("PRAGMA journal_mode = DELETE")?;
    drop(to);
    restrict_file(&half)?;
    fs::File::open(&half)?.sync_all()?;
    fs::rename(&half, path)?;
    Ok(())
}

/// The backups, newest first.
fn backups(folder: &Path) -> Result<Vec<PathBuf>, StoreError> {
    let mut out = Vec::new();
    for entry in fs::read_dir(folder.join(BACKUPS))? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "db") {
            out.push(path);
        }
    }
    // Copies from before a migration are older than any of the days.
    out.sort_by_key(|path| std::cmp::Reverse(path.file_name().map(std::ffi::OsStr::to_owned)));
    Ok(out)
}

fn count(connection: &Connection, table: &str) -> Result<u64, StoreError> {
    let rows: i64 = connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0))?;
    Ok(u64::try_from(rows).unwrap_or(0))
}

#[cfg(unix)]
fn restrict(folder: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    for folder in [folder.to_owned(), folder.join(BACKUPS)] {
        fs::set_permissions(folder, std::fs::Permissions::from_mode(0o700))?;
    }
    Ok(())
}

#[cfg(unix)]
fn restrict_file(path: &Path) -> Result<(), StoreError> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, std::fs::Permissions::from_mode(0o600))?;
    Ok(())
}

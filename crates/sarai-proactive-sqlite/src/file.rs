//! The file as a file: opening, looking over, setting aside, backing up.

use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err as fs;
use jiff::Timestamp;
use rusqlite::backup::{Backup, StepResult};
use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::StoreError;
use crate::schema::{self, VERSION, version};

/// How many backups are kept.
pub const BACKUPS_MAX: usize = 7;
/// How long a writer waits for another program that writes.
const BUSY: Duration = Duration::from_secs(5);
/// How often a file that others are just making is tried again, and after which pause.
const OPEN_TRIES: u32 = 40;
const OPEN_PAUSE: Duration = Duration::from_millis(25);
/// Pages that one step of a backup copies.
const BACKUP_PAGES: i32 = 1024;
const NAME: &str = "rules.db";
const BACKUPS: &str = "rules-backups";
/// What the names of files begin with that were set aside.
const DAMAGED: &str = "rules-damaged";
/// What may hold words of the memory: answers of a model or a skill to a rule, and what an earlier version of this program
/// kept of facts. A fact itself stands here only by its number.
const FORGET_FACTS: &str = "
    DELETE FROM letter WHERE kind = 'fact' AND about NOT GLOB '[0-9]*';
    UPDATE task SET subject = '' WHERE subject GLOB '*[^0-9]*'
        AND rule IN (SELECT rule FROM rule_state WHERE trigger_text LIKE 'fact added%');
    DELETE FROM message WHERE kind <> 'report' AND (
        NOT EXISTS (SELECT 1 FROM task WHERE task.id = message.task AND task.detail = '')
        OR instr(text, char(57344)) = 0
            AND rule IN (SELECT rule FROM rule_state WHERE trigger_text LIKE 'fact added%'));
    DELETE FROM delivery WHERE message NOT IN (SELECT id FROM message);";

/// In what state the file was found.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Opening {
    Created,
    Healthy,
    /// It was damaged. The damaged file is kept under another name; a backup took its place.
    Restored {
        set_aside: PathBuf,
        backup: PathBuf,
    },
    /// It was damaged and there was no good backup: rules that were made in words are lost.
    Lost {
        set_aside: PathBuf,
    },
}

/// Tasks, decisions, messages and rules in one SQLite file.
#[derive(Debug)]
pub struct LoopStore {
    pub(crate) connection: Connection,
    folder: PathBuf,
}

impl LoopStore {
    /// Opens the file in a folder, and makes it where there is none.
    ///
    /// # Errors
    /// The file is of a newer version, or the folder cannot be written.
    pub fn open(folder: &Path) -> Result<(Self, Opening), StoreError> {
        // Of two programs that make the file at the same moment, SQLite turns one away without letting it wait.
        for _ in 1..OPEN_TRIES {
            match Self::open_now(folder) {
                Err(StoreError::Locked) => std::thread::sleep(OPEN_PAUSE),
                opened => return opened,
            }
        }
        Self::open_now(folder)
    }

    fn open_now(folder: &Path) -> Result<(Self, Opening), StoreError> {
        let backups = folder.join(BACKUPS);
        if !backups.exists() {
            std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&backups)?;
        }
        let path = folder.join(NAME);
        let found = fs::metadata(&path).is_ok_and(|meta| meta.len() > 0);
        let (mut connection, opening) = match sound(&path) {
            Ok(connection) => (connection, if found { Opening::Healthy } else { Opening::Created }),
            Err(StoreError::Damaged) => restore(folder, &path)?,
            Err(error) => return Err(error),
        };
        schema::migrate(&mut connection)?;
        fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
        Ok((Self { connection, folder: folder.to_owned() }, opening))
    }

    /// Where the file is in a folder.
    #[must_use]
    pub fn path(folder: &Path) -> PathBuf {
        folder.join(NAME)
    }

    /// Copies the file while it is in use, and keeps the newest [`BACKUPS_MAX`] copies.
    ///
    /// # Errors
    /// The copy could not be written; the older ones stay.
    pub fn backup(&self, at: Timestamp) -> Result<PathBuf, StoreError> {
        let path = self.folder.join(BACKUPS).join(format!("rules-{:015}.db", at.as_millisecond().max(0)));
        let half = path.with_extension("part");
        if half.exists() {
            fs::remove_file(&half)?;
        }
        let mut to = Connection::open(&half)?;
        let backup = Backup::new(&self.connection, &mut to)?;
        loop {
            match backup.step(BACKUP_PAGES)? {
                StepResult::Done => break,
                StepResult::More => {}
                _ => return Err(StoreError::Locked),
            }
        }
        drop(backup);
        // What is remembered is no business of a copy that is kept for a week.
        to.execute_batch(&format!("PRAGMA journal_mode = DELETE; {FORGET_FACTS}; VACUUM"))?;
        drop(to);
        fs::set_permissions(&half, std::fs::Permissions::from_mode(0o600))?;
        fs::File::open(&half)?.sync_all()?;
        // A whole copy takes its name only when it is whole.
        fs::rename(&half, &path)?;
        for old in backups(&self.folder)?.into_iter().skip(BACKUPS_MAX) {
            fs::remove_file(old)?;
        }
        Ok(path)
    }

    /// Writes the file anew without its gaps, and returns how many bytes that saved.
    ///
    /// # Errors
    /// There is no room for the copy, or another program writes.
    pub fn vacuum(&self) -> Result<u64, StoreError> {
        let path = self.folder.join(NAME);
        let before = fs::metadata(&path)?.len();
        self.connection.execute_batch("VACUUM; PRAGMA optimize")?;
        self.connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))?;
        Ok(before.saturating_sub(fs::metadata(&path)?.len()))
    }

    /// Makes sure that no file of the folder holds words of what was forgotten: what may is thrown away, and the file is
    /// written anew. Files that were damaged and set aside go, and copies that an earlier version made.
    ///
    /// # Errors
    /// Something could not be written: what was forgotten may still be found. Call it again.
    pub fn forget_facts(&self) -> Result<(), StoreError> {
        self.connection.execute_batch(FORGET_FACTS)?;
        self.vacuum()?;
        for old in backups(&self.folder)? {
            if !Connection::open(&old)
                .map_err(StoreError::from)
                .and_then(|copy| version(&copy))
                .is_ok_and(|version| version >= VERSION)
            {
                fs::remove_file(old)?;
            }
        }
        for entry in fs::read_dir(&self.folder)? {
            let path = entry?.path();
            if path.file_name().is_some_and(|name| name.to_string_lossy().starts_with(DAMAGED)) {
                fs::remove_file(path)?;
            }
        }
        Ok(())
    }

    /// Whether another program has changed the file since this was asked last.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn version_of_others(&self) -> Result<i64, StoreError> {
        Ok(self.connection.query_row("PRAGMA data_version", [], |row| row.get(0))?)
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

/// A connection to a file that is whole.
fn sound(path: &Path) -> Result<Connection, StoreError> {
    look_over(path).map_err(|error| match error {
        // Of a broken header SQLite says only that it makes no sense.
        StoreError::Sqlite(rusqlite::Error::SqliteFailure(cause, _)) if cause.code == ErrorCode::Unknown => {
            StoreError::Damaged
        }
        other => other,
    })
}

fn look_over(path: &Path) -> Result<Connection, StoreError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags)?;
    connection.busy_timeout(BUSY)?;
    // An acknowledged write survives a power cut.
    connection.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY; PRAGMA cache_size = -1024; PRAGMA journal_size_limit = 1048576",
    )?;
    connection.set_prepared_statement_cache_capacity(32);
    // Otherwise SQLite plans a kept statement anew for each value that is bound.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    let verdict: String = connection.query_row("PRAGMA quick_check(1)", [], |row| row.get(0))?;
    if verdict == "ok" { Ok(connection) } else { Err(StoreError::Damaged) }
}

/// Sets a damaged file aside and puts the newest good backup in its place, or an empty file.
fn restore(folder: &Path, path: &Path) -> Result<(Connection, Opening), StoreError> {
    let set_aside = (1..).map(|n| folder.join(format!("{DAMAGED}-{n}.db"))).find(|free| !free.exists());
    let set_aside = set_aside.unwrap_or_else(|| folder.join(format!("{DAMAGED}.db")));
    fs::rename(path, &set_aside)?;
    for tail in ["-wal", "-shm"] {
        let beside = folder.join(format!("{NAME}{tail}"));
        if beside.exists() {
            fs::rename(&beside, set_aside.with_extension(format!("db{tail}")))?;
        }
    }
    for backup in backups(folder)? {
        if sound(&backup).is_ok() {
            fs::copy(&backup, path)?;
            return Ok((sound(path)?, Opening::Restored { set_aside, backup }));
        }
    }
    Ok((sound(path)?, Opening::Lost { set_aside }))
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
    out.sort_unstable_by(|a, b| b.cmp(a));
    Ok(out)
}

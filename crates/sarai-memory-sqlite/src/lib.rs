//! Where memories are kept: one SQLite file, its versions, its backups, and what happens when it is damaged.
//!
//! The file has one writer. It is looked over when it is opened; a damaged one is set aside, the last good backup takes
//! its place, and the loss is told, never hidden. What is forgotten is overwritten in the file, its index and its log,
//! and no backup that held it stays.
//!
//! # Key types
//! - [`SqliteStore`]: a [`sarai_memory::Store`]. [`SqliteStore::open`] says by [`Opening`] in what state it found things.
//! - [`StoreError`]: for the one who can act: somebody else holds the file, the disk is full, the file is newer.
//! - [`eval`]: scores a memory on the sets of `evals/memory`, without a model.
//! - [`lines`]: facts as lines of JSON, out and in, and conversations for [`sarai_memory::Replay`].
//!
//! # How to use it
//! 1. `SqliteStore::open(folder)`, then `Memory::new(store)`.
//! 2. After [`sarai_memory::Memory::forget`] has erased something, [`SqliteStore::scrub`] before the report is shown.
//! 3. Once a day [`SqliteStore::backup`], and [`SqliteStore::vacuum`] when nothing else runs.

pub mod eval;
mod file;
pub mod lines;
mod schema;
mod store;
mod vectors;

pub use file::{BACKUPS_MAX, Opening, SqliteStore, Stats};

/// Why the store did not do something. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("another program holds the memory file")]
    Locked,
    #[error("the disk is full")]
    Full,
    #[error("the memory file is damaged")]
    Damaged,
    #[error("the memory file is of version {found}, and this program knows {known}")]
    Newer { found: i64, known: i64 },
    #[error("a row of the memory file is no fact")]
    Row,
    #[error(transparent)]
    File(#[from] std::io::Error),
    #[error(transparent)]
    Sqlite(rusqlite::Error),
}

impl From<rusqlite::Error> for StoreError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Locked,
            Some(ErrorCode::DiskFull) => Self::Full,
            Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase) => Self::Damaged,
            _ => Self::Sqlite(error),
        }
    }
}

//! Why the loop cannot run.

use sarai_config::{FolderError, LockError};
use sarai_proactive_sqlite::StoreError;
use sarai_types::Notice;

/// Why the loop cannot run, or ended.
#[derive(Debug, thiserror::Error)]
pub enum LoopError {
    #[error(transparent)]
    Lock(#[from] LockError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Folder(#[from] FolderError),
    #[error(transparent)]
    Io(#[from] std::io::Error),
}

impl LoopError {
    /// The sentence for a person.
    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::Lock(LockError::Held { pid }) => Notice::new("rules-loop-running").arg("pid", pid),
            Self::Store(error) => store_notice(error),
            Self::Folder(error) => error.notice(),
            Self::Lock(LockError::Io(error)) | Self::Io(error) => Notice::new("rules-loop-io").arg("cause", error),
        }
    }
}

/// What the store's trouble is to a person.
#[must_use]
pub fn store_notice(error: &StoreError) -> Notice {
    match error {
        StoreError::Locked => Notice::new("rules-store-locked"),
        StoreError::Superseded => Notice::new("rules-store-superseded"),
        StoreError::Full => Notice::new("rules-store-full"),
        StoreError::Damaged => Notice::new("rules-store-damaged"),
        StoreError::Newer { found, known } => Notice::new("rules-store-newer").arg("found", found).arg("known", known),
        StoreError::Many(what) => Notice::new("rules-store-many").arg("what", what),
        StoreError::File(error) => Notice::new("rules-loop-io").arg("cause", error),
        StoreError::Sqlite(error) => Notice::new("rules-loop-io").arg("cause", error),
    }
}

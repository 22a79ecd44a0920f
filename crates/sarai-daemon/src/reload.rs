//! Takes over a changed config: on SIGHUP, and when a file in its folder changes.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{RecursiveMode, Watcher};
use tokio::sync::mpsc;

/// Editors write a file in several steps; the last one counts.
const SETTLE: Duration = Duration::from_millis(300);

/// Watches folders for as long as it lives.
#[derive(Debug)]
pub(crate) struct FileWatch {
    _watcher: notify::RecommendedWatcher,
    changes: mpsc::Receiver<()>,
}

impl FileWatch {
    /// Watches the folders of these files, since an editor replaces a file rather than writes it.
    ///
    /// # Errors
    /// The kernel has no watch left.
    pub(crate) fn new(files: &[PathBuf]) -> notify::Result<Self> {
        let (sender, changes) = mpsc::channel(1);
        let watched = files.to_vec();
        let mut watcher = notify::recommended_watcher(move |event: notify::Result<notify::Event>| {
            if event.is_ok_and(|e| !e.kind.is_access() && e.paths.iter().any(|p| watched.contains(p))) {
                // Full means that a change is known already.
                let _ = sender.try_send(());
            }
        })?;
        for folder in files.iter().filter_map(|f| f.parent()).collect::<std::collections::BTreeSet<&Path>>() {
            watcher.watch(folder, RecursiveMode::NonRecursive)?;
        }
        Ok(Self { _watcher: watcher, changes })
    }

    /// Waits for the next change, and until the files are left alone.
    pub(crate) async fn changed(&mut self) {
        if self.changes.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
        while tokio::time::timeout(SETTLE, self.changes.recv()).await.is_ok() {}
    }
}

//! Notices what changes on disk: the config's files, and the folders of skills.

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

/// Watches folders and all that lies below them, also those that are not there yet.
#[derive(Debug)]
pub(crate) struct FolderWatch {
    paths: Vec<PathBuf>,
    watcher: Option<notify::RecommendedWatcher>,
    changes: mpsc::Receiver<()>,
}

impl FolderWatch {
    /// Folders that are missing are watched by the next one above them. What the kernel has no watch for is not watched.
    pub(crate) fn new(paths: Vec<PathBuf>) -> Self {
        let (sender, changes) = mpsc::channel(1);
        let watched = paths.clone();
        let told = move |event: notify::Result<notify::Event>| {
            let concerns = |path: &PathBuf| watched.iter().any(|w| path.starts_with(w) || w.starts_with(path));
            if event.is_ok_and(|e| !e.kind.is_access() && e.paths.iter().any(concerns)) {
                // Full means that a change is known already.
                let _ = sender.try_send(());
            }
        };
        let watcher = notify::recommended_watcher(told);
        let mut watch = Self { paths, watcher: watcher.ok(), changes };
        watch.renew();
        watch
    }

    /// Waits for the next change, and until the folders are left alone.
    pub(crate) async fn changed(&mut self) {
        if self.changes.recv().await.is_none() {
            std::future::pending::<()>().await;
        }
        while tokio::time::timeout(SETTLE, self.changes.recv()).await.is_ok() {}
        // Folders may have come that were not there to be watched.
        self.renew();
    }

    fn renew(&mut self) {
        let Some(watcher) = &mut self.watcher else { return };
        for path in &self.paths {
            let watched = if path.is_dir() {
                watcher.watch(path, RecursiveMode::Recursive)
            } else {
                let above = path.ancestors().skip(1).find(|folder| folder.is_dir());
                above.map_or(Ok(()), |folder| watcher.watch(folder, RecursiveMode::NonRecursive))
            };
            if let Err(error) = watched {
                tracing::warn!(%error, "a folder cannot be watched; its changes count from the next start");
            }
        }
    }
}

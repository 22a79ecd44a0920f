//! Notices what changes on disk: the config's files, and the folders of skills.

use std::path::{Path, PathBuf};
use std::time::Duration;

use notify::{RecursiveMode, Watcher};
use tokio::sync::mpsc;
use tokio::time::Instant;

/// Editors write a file in several steps; the last one counts.
const SETTLE: Duration = Duration::from_millis(300);

/// News that count once they have stopped coming. May be waited for in pieces: what was heard is not lost when somebody
/// stops waiting.
#[derive(Debug)]
struct Settling {
    news: mpsc::Receiver<()>,
    /// When what was heard has settled; none while nothing was.
    due: Option<Instant>,
}

impl Settling {
    const fn new(news: mpsc::Receiver<()>) -> Self {
        Self { news, due: None }
    }

    async fn settled(&mut self) {
        loop {
            let heard = match self.due {
                None => self.news.recv().await,
                Some(due) => match tokio::time::timeout_at(due, self.news.recv()).await {
                    Ok(heard) => heard,
                    Err(_) => break,
                },
            };
            match heard {
                Some(()) => self.due = Some(Instant::now() + SETTLE),
                None => std::future::pending().await,
            }
        }
        self.due = None;
    }
}

/// Watches folders for as long as it lives.
#[derive(Debug)]
pub(crate) struct FileWatch {
    _watcher: notify::RecommendedWatcher,
    changes: Settling,
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
        Ok(Self { _watcher: watcher, changes: Settling::new(changes) })
    }

    /// Waits for the next change, and until the files are left alone.
    pub(crate) async fn changed(&mut self) {
        self.changes.settled().await;
    }
}

/// Watches folders and all that lies below them, also those that are not there yet.
#[derive(Debug)]
pub(crate) struct FolderWatch {
    paths: Vec<PathBuf>,
    watcher: Option<notify::RecommendedWatcher>,
    changes: Settling,
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
        let mut watch = Self { paths, watcher: watcher.ok(), changes: Settling::new(changes) };
        watch.renew();
        watch
    }

    /// Waits for the next change, and until the folders are left alone.
    pub(crate) async fn changed(&mut self) {
        self.changes.settled().await;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_change_is_not_lost_though_somebody_keeps_interrupting() {
        let (tell, news) = mpsc::channel(1);
        let mut settling = Settling::new(news);
        tell.send(()).await.unwrap();
        let mut waits = 0;
        while tokio::time::timeout(SETTLE / 10, settling.settled()).await.is_err() {
            waits += 1;
            assert!(waits < 20, "it settles, however often it is interrupted");
        }
        assert!(tokio::time::timeout(SETTLE * 10, settling.settled()).await.is_err(), "once for each change");
    }
}

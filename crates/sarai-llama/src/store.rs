//! The prefix cache on disk: conversations' caches as files, for the next start.
//!
//! Nothing depends on it. Whatever is wrong with the folder, the disk or a file costs a cold start and a line in the log,
//! one for each cause; an answer never differs. What the files hold and which of them matter is decided in
//! [`sarai_engine::snapshot`]; here they are read, written and removed.
//!
//! # Key types
//! - [`Store`]: held by the engine's thread. Reading is its own business; writing happens on a thread beside it.
//! - [`folder::Folder`]: the files, and nobody else's.
//!
//! # Usage
//! 1. [`Store::open`] once the model is loaded.
//! 2. [`Store::best`] before a prompt is read; [`Store::read`] what it names; [`Store::refuse`] if llama.cpp does not
//!    take it.
//! 3. [`Store::wants`] before the state of a conversation is asked for, then [`Store::write`].

mod folder;
mod writer;

use std::fmt;
use std::path::Path;
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use sarai_engine::snapshot::{Found, Identity, Index, SnapshotId};

use crate::handle::SnapshotCounters;
use folder::Folder;
use writer::{Complaint, Task, Writer};

/// How long the end of the process waits for a snapshot that is being written.
const DRAIN: Duration = Duration::from_secs(2);
/// A writer that is waited for is looked at so often, and so many times.
const BUSY_POLL: Duration = Duration::from_millis(5);
const BUSY_POLLS: u32 = 400;
/// After so many failures one after another nothing more is written until the next start.
const FAILURES_MAX: u32 = 3;

/// The snapshots of one folder, for one model. Without a folder it is empty and stays so.
#[derive(Debug)]
pub(crate) struct Store {
    disk: Option<Disk>,
    restored: u64,
}

#[derive(Debug)]
struct Disk {
    folder: Folder,
    identity: Identity,
    books: Arc<Mutex<Books>>,
    /// Taken when the store is dropped, which ends the writer.
    tasks: Option<SyncSender<Task>>,
    /// Closed when the writer has ended.
    ended: Receiver<()>,
}

/// What the store and its writer both know.
#[derive(Debug)]
struct Books {
    index: Index,
    refused: u64,
    /// A snapshot is on its way to the disk.
    busy: bool,
    /// What went wrong with writing so far, each once.
    complaints: Vec<Complaint>,
    failures: u32,
    /// The fewest tokens whose snapshot exceeded the bound: no use to ask for the state of so many again.
    too_many_tokens: usize,
}

fn lock(books: &Mutex<Books>) -> MutexGuard<'_, Books> {
    books.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Store {
    /// Looks at what is there, and removes what an earlier version, build or template of this model left behind. Without a
    /// folder, or with one that cannot be trusted or used, there is no cache on disk.
    pub(crate) fn open(folder: Option<&Path>, bytes_max: u64, identity: Identity) -> Self {
        Self::open_with(folder, bytes_max, identity, folder::space)
    }

    fn open_with(path: Option<&Path>, bytes_max: u64, identity: Identity, space: folder::Probe) -> Self {
        let disk = path.and_then(|path| match Disk::open(path, bytes_max, identity, space) {
            Ok(disk) => Some(disk),
            Err(error) => {
                tracing::warn!(folder = %path.display(), "no prefix cache on disk: {error}");
                None
            }
        });
        Self { disk, restored: 0 }
    }

    /// The snapshot that saves most of a prompt beyond the `held` tokens that memory has.
    pub(crate) fn best(&self, prompt: &[u32], held: usize) -> Option<Found> {
        self.disk.as_ref().and_then(|disk| lock(&disk.books).index.best(prompt, held))
    }

    /// The tokens of a snapshot and the state behind them, checked to the last byte. A damaged file is removed.
    pub(crate) fn read(&mut self, id: SnapshotId) -> Option<(Vec<u32>, Vec<u8>)> {
        let disk = self.disk.as_ref()?;
        match disk.folder.read(id, &disk.identity) {
            Ok(snapshot) => {
                self.restored += 1;
                lock(&disk.books).index.touch(id);
                Some(snapshot)
            }
            Err(error) => {
                let mut books = lock(&disk.books);
                books.index.remove(id);
                // One that is gone was removed to make room, here or by another worker.
                if !error.is_absence() {
                    books.refused += 1;
                    disk.folder.refuse(id, &error);
                }
                None
            }
        }
    }

    /// llama.cpp did not take what was read: it is not offered again. The file stays, since perhaps only the room for it
    /// was missing.
    pub(crate) fn refuse(&mut self, id: SnapshotId) {
        let Some(disk) = &self.disk else { return };
        let mut books = lock(&disk.books);
        books.index.remove(id);
        books.refused += 1;
        self.restored = self.restored.saturating_sub(1);
        tracing::warn!(snapshot = %id, "snapshot refused: llama.cpp does not take it, or has no room for it");
    }

    /// Whether a snapshot of these tokens would help, and could be written now.
    pub(crate) fn wants(&self, tokens: &[u32]) -> bool {
        self.disk.as_ref().is_some_and(|disk| disk.wants(tokens))
    }

    /// Hands a state over to be written, unless the writer is busy; then it is dropped.
    pub(crate) fn write(&mut self, tokens: Vec<u32>, state: Vec<u8>) {
        let Some(Disk { books, tasks: Some(tasks), .. }) = &self.disk else { return };
        if tokens.is_empty() || state.is_empty() {
            return;
        }
        if std::mem::replace(&mut lock(books).busy, true) {
            tracing::debug!("a snapshot is dropped: another is being written");
        } else if tasks.try_send(Task { tokens, state }).is_err() {
            // The writer is gone; `busy` stays, so that nobody asks again.
            tracing::debug!("a snapshot is dropped: nobody writes any more");
        }
    }

    /// Removes every snapshot in the folder, other models' too. A snapshot that is being written is waited for, and goes as
    /// well.
    pub(crate) fn clear(&mut self) {
        let Some(disk) = &self.disk else { return };
        for _ in 0..BUSY_POLLS {
            if !lock(&disk.books).busy {
                break;
            }
            thread::sleep(BUSY_POLL);
        }
        let mut books = lock(&disk.books);
        match disk.folder.sizes() {
            Ok(listed) => {
                for (id, _) in listed {
                    books.index.remove(id);
                    disk.folder.remove_or_say(id);
                }
            }
            Err(error) => tracing::warn!("the snapshots cannot be removed: {error}"),
        }
        books.index.reconcile(&[]);
    }

    /// `count` is of this worker's identity; `bytes` are all that the bound is about, other models' snapshots included.
    pub(crate) fn figures(&self) -> SnapshotCounters {
        let Some(disk) = &self.disk else { return SnapshotCounters::default() };
        let books = lock(&disk.books);
        SnapshotCounters {
            count: books.index.count() as u64,
            bytes: books.index.bytes(),
            restored: self.restored,
            refused: books.refused,
        }
    }
}

impl Disk {
    fn open(path: &Path, bytes_max: u64, identity: Identity, space: folder::Probe) -> std::io::Result<Self> {
        let folder = Folder::new(path, space);
        folder.prepare()?;
        let mut index = Index::new(identity.rewind());
        let refused = folder.scan(&identity, &mut index)?;
        for id in index.evict(bytes_max) {
            folder.remove_or_say(id);
        }
        let books = Arc::new(Mutex::new(Books {
            index,
            refused,
            busy: false,
            complaints: Vec::new(),
            failures: 0,
            too_many_tokens: usize::MAX,
        }));
        let (tasks, receiver) = sync_channel(1);
        let (alive, ended) = sync_channel(1);
        let writer = Writer::new(folder.clone(), identity, bytes_max, Arc::clone(&books));
        thread::Builder::new().name("snapshots".into()).spawn(move || {
            writer.run(&receiver);
            drop(alive);
        })?;
        Ok(Self { folder, identity, books, tasks: Some(tasks), ended })
    }

    fn wants(&self, tokens: &[u32]) -> bool {
        let books = lock(&self.books);
        let able = !books.busy && books.failures < FAILURES_MAX && tokens.len() < books.too_many_tokens;
        let wanted = able && books.index.wants(tokens);
        drop(books);
        if wanted && !self.folder.has_space_for(0) {
            lock(&self.books).say_once(Complaint::Space, &writer::NEARLY_FULL);
            return false;
        }
        wanted
    }
}

impl Books {
    fn say_once(&mut self, complaint: Complaint, detail: &dyn fmt::Display) {
        if !self.complaints.contains(&complaint) {
            self.complaints.push(complaint);
            tracing::warn!("a snapshot is not written: {detail}");
        }
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        self.tasks = None;
        // Nothing is ever sent: closing is the signal. What is unfinished then is a temporary file, which the next start
        // removes.
        if self.ended.recv_timeout(DRAIN) == Err(RecvTimeoutError::Timeout) {
            tracing::warn!("a snapshot could not be written before the end");
        }
    }
}

#[cfg(test)]
mod tests;

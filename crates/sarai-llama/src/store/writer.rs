//! The thread that writes snapshots, one at a time, so that nobody waits for the disk.

use std::fmt;
use std::io::{self, ErrorKind};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex};

use sarai_engine::snapshot::{Identity, SnapshotId, encode};

use super::folder::Folder;
use super::{Books, FAILURES_MAX, lock};

/// What is said of [`Complaint::Space`].
pub(super) const NEARLY_FULL: &str = "the disk is nearly full, or would be";

/// A conversation to keep.
#[derive(Debug)]
pub(super) struct Task {
    pub tokens: Vec<u32>,
    pub state: Vec<u8>,
}

/// A cause for not writing, which is told once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Complaint {
    /// The disk would be too full.
    Space,
    /// One snapshot alone exceeds the bound.
    TooLarge,
    /// The disk or the folder refused.
    Io(ErrorKind),
}

#[derive(Debug)]
pub(super) struct Writer {
    folder: Folder,
    identity: Identity,
    bytes_max: u64,
    books: Arc<Mutex<Books>>,
}

impl Writer {
    pub(super) fn new(folder: Folder, identity: Identity, bytes_max: u64, books: Arc<Mutex<Books>>) -> Self {
        Self { folder, identity, bytes_max, books }
    }

    /// Writes until the store is dropped.
    pub(super) fn run(&self, tasks: &Receiver<Task>) {
        for task in tasks {
            let outcome = self.keep(&task);
            let mut books = lock(&self.books);
            books.busy = false;
            match outcome {
                Ok(()) => books.failures = 0,
                Err((complaint, detail)) => Self::complain(&mut books, complaint, &detail, task.tokens.len()),
            }
        }
    }

    fn complain(books: &mut Books, complaint: Complaint, detail: &dyn fmt::Display, tokens: usize) {
        match complaint {
            Complaint::Space => {}
            Complaint::TooLarge => books.too_many_tokens = books.too_many_tokens.min(tokens),
            Complaint::Io(_) => books.failures += 1,
        }
        books.say_once(complaint, detail);
        if books.failures == FAILURES_MAX && matches!(complaint, Complaint::Io(_)) {
            tracing::warn!("no more snapshots are written until the next start");
        }
    }

    fn keep(&self, task: &Task) -> Result<(), (Complaint, String)> {
        let io = |error: io::Error| (Complaint::Io(error.kind()), error.to_string());
        let too_large =
            |bytes: u64| (Complaint::TooLarge, format!("{bytes} bytes of {} that are allowed", self.bytes_max));
        let id = SnapshotId::of(&self.identity, &task.tokens);
        let encoded = encode(&self.identity, &task.tokens, &task.state);
        let encoded = encoded.map_err(|error| (Complaint::TooLarge, error.to_string()))?;
        let bytes = encoded.bytes();
        // Somebody may have cleared the folder away.
        self.folder.prepare().map_err(io)?;
        if !self.folder.has_space_for(bytes) {
            return Err((Complaint::Space, NEARLY_FULL.to_owned()));
        }
        self.take_stock().map_err(io)?;
        let room = lock(&self.books).index.make_room(id, &task.tokens, bytes, self.bytes_max);
        let room = room.ok_or_else(|| too_large(bytes))?;
        for earlier in room.before {
            self.folder.remove(earlier).map_err(io)?;
        }
        self.folder.write(id, &encoded).map_err(io)?;
        lock(&self.books).index.insert(id, task.tokens.clone(), bytes);
        for earlier in room.after {
            lock(&self.books).index.remove(earlier);
            self.folder.remove(earlier).map_err(io)?;
        }
        tracing::debug!(snapshot = %id, tokens = task.tokens.len(), bytes, "snapshot written");
        Ok(())
    }

    /// Another worker may use the folder too: what it wrote counts against the bound, what it removed is gone.
    fn take_stock(&self) -> io::Result<()> {
        let sizes = self.folder.sizes()?;
        let mut books = lock(&self.books);
        books.index.reconcile(&sizes);
        Ok(())
    }
}

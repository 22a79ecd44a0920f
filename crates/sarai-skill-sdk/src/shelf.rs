//! What a skill has read, and its successors.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;

use tokio::sync::oneshot;

use crate::limits::RELOAD_ERROR_BYTES_MAX;
use crate::{Folder, LoadError, Skill};

/// A skill as it was read the `generation`-th time.
#[derive(Debug)]
pub(crate) struct Loaded<S> {
    pub skill: S,
    pub generation: u64,
}

/// Holds the newest; whoever took an older one keeps it until their call is over.
#[derive(Debug)]
pub(crate) struct Shelf<S> {
    folder: Folder,
    now: Mutex<Now<S>>,
}

#[derive(Debug)]
struct Now<S> {
    loaded: Arc<Loaded<S>>,
    reload_error: String,
}

impl<S: Skill> Shelf<S> {
    pub(crate) fn new(folder: Folder, first: S) -> Self {
        let loaded = Arc::new(Loaded { skill: first, generation: 1 });
        Self { folder, now: Mutex::new(Now { loaded, reload_error: String::new() }) }
    }

    pub(crate) fn newest(&self) -> Arc<Loaded<S>> {
        Arc::clone(&self.lock().loaded)
    }

    /// Why the last reload failed; empty if it did not.
    pub(crate) fn reload_error(&self) -> String {
        self.lock().reload_error.clone()
    }

    /// Reads the files again, on a thread of its own, and takes them over if that goes well. Returns the generation
    /// that answers now.
    pub(crate) async fn reload(&self) -> Result<u64, String> {
        let (report, reported) = oneshot::channel();
        let folder = self.folder.clone();
        let read = move || {
            // The receiver is gone only when the process ends.
            let _ = report.send(read::<S>(&folder));
        };
        // Not tokio's thread, whose panic on a full process table would take the server along.
        let result = match thread::Builder::new().name("reload".into()).spawn(read) {
            Ok(_) => reported.await.unwrap_or_else(|_| Err(LoadError::Invalid("reading the files panicked".into()))),
            Err(error) => Err(error.into()),
        };
        let mut now = self.lock();
        match result {
            Ok(skill) => {
                let generation = now.loaded.generation + 1;
                *now = Now { loaded: Arc::new(Loaded { skill, generation }), reload_error: String::new() };
                Ok(generation)
            }
            Err(error) => {
                let mut text = error.to_string();
                text.truncate(text.floor_char_boundary(RELOAD_ERROR_BYTES_MAX));
                now.reload_error.clone_from(&text);
                Err(text)
            }
        }
    }

    fn lock(&self) -> MutexGuard<'_, Now<S>> {
        // Each change is one assignment, so nothing is ever half done.
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Reads a skill and checks what it says of itself.
pub(crate) fn read<S: Skill>(folder: &Folder) -> Result<S, LoadError> {
    let skill = S::load(folder)?;
    let schema = skill.arguments_schema();
    if !schema.is_empty() {
        serde_json::from_str::<serde_json::Map<String, serde_json::Value>>(schema)
            .map_err(|e| LoadError::Invalid(format!("the schema of the arguments is no JSON object: {e}")))?;
    }
    Ok(skill)
}

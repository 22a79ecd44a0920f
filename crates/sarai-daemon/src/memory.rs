//! What is remembered of the owner, behind one thread that owns the file.
//!
//! SQLite waits for disks, so it lives on a thread of its own; everybody else asks over a bounded queue and waits at most
//! as long as a person would. A turn whose memory is late or broken goes on without it, and says so.
//!
//! # Modules
//! - [`perform`]: one request of `/v1/memory` to its reply; the command line does the same where nothing is running.
//! - `recollect`: a turn's part.
//! - `idle`: reading again, with a model, what was not understood.
//! - `embed`: vectors of messages, where there is a model for them.

mod embed;
mod idle;
mod perform;
mod recollect;

use std::time::Duration;

use sarai_api::memory::{MemoryReply, MemoryRequest};
use sarai_api::{Component, Status};
use sarai_config::{Folders, Switch};
use sarai_engine::snapshot::{SUFFIX, SnapshotId};
use sarai_memory::{Date, HINTS_MAX, Looked, Memory, PASSAGE_BYTES_MAX, ToEmbed, Unembedded, Unread, Verdict, clip};
use sarai_memory_sqlite::{Opening, SqliteStore, StoreError};
use sarai_proactive_sqlite::LoopStore;
use sarai_types::{
    FactLine, FactRole, Failure, FailureKind, Language, MemoryPart, MemoryShare, ModelId, Notice, Priority,
    Recollection, Said,
};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinHandle;

use crate::clock;
use crate::metrics::MemorySize;
use crate::worker::Worker;
pub(crate) use embed::Embedder;
pub(crate) use idle::{Idle, IdleKeeper};
pub use perform::{perform, trouble};
use recollect::Recollector;

/// Requests that wait at most.
const ASKS_MAX: usize = 64;
/// How long a turn waits for its memory. It takes milliseconds unless something is wrong.
const TURN_WAIT: Duration = Duration::from_secs(3);

/// How long the metrics wait for it.
const SIZE_WAIT: Duration = Duration::from_millis(500);
/// How long the end of the program waits for what was asked last.
const DRAIN_WAIT: Duration = Duration::from_secs(5);

/// Where the memory lies, below the databases.
pub const FOLDER: &str = "memory";

enum Ask {
    Size { reply: oneshot::Sender<Result<MemorySize, Notice>> },
    Turn { said: Said, reply: oneshot::Sender<Remembered> },
    Near { question: Vec<f32>, language: Language, reply: oneshot::Sender<Vec<FactLine>> },
    Unembedded { model: ModelId, reply: oneshot::Sender<ToEmbed> },
    Embed { asked: Unembedded, vectors: Vec<Vec<f32>>, reply: oneshot::Sender<bool> },
    Known { language: Language, reply: oneshot::Sender<String> },
    Look { reply: oneshot::Sender<Looked> },
    Judge { asked: Box<Unread>, answer: String, reply: oneshot::Sender<Vec<Verdict>> },
    Request { request: MemoryRequest, language: Language, reply: oneshot::Sender<Result<MemoryReply, Failure>> },
}

/// A turn's part, and whether it was asked for something that nothing answers.
#[derive(Debug, Default)]
struct Remembered {
    recollection: Recollection,
    open: bool,
}

/// The memory. A cheap handle; none where the owner wants no memory.
#[derive(Debug, Clone)]
pub(crate) struct Remembrance {
    asks: Option<mpsc::Sender<Ask>>,
    /// How often something was erased.
    erased: watch::Receiver<u64>,
}

/// Keeps the memory's thread until everybody has let go of it.
#[derive(Debug)]
pub(crate) struct MemoryKeeper {
    memory: Remembrance,
    task: Option<JoinHandle<()>>,
}

impl MemoryKeeper {
    /// Opens the memory; with [`Switch::Off`] there is none.
    #[must_use]
    pub(crate) fn start(wanted: Switch, folders: &Folders) -> Self {
        let (announce, erased) = watch::channel(0);
        if wanted == Switch::Off {
            return Self { memory: Remembrance { asks: None, erased }, task: None };
        }
        let (asks, asked) = mpsc::channel(ASKS_MAX);
        let thread = Thread::new(folders.clone(), announce);
        let task = tokio::task::spawn_blocking(move || thread.run(asked));
        Self { memory: Remembrance { asks: Some(asks), erased }, task: Some(task) }
    }

    #[must_use]
    pub(crate) fn handle(&self) -> Remembrance {
        self.memory.clone()
    }

    /// Waits until what was asked for is done. Every other handle must be gone.
    pub(crate) async fn drain(self) {
        drop(self.memory);
        if let Some(task) = self.task
            && tokio::time::timeout(DRAIN_WAIT, task).await.is_err()
        {
            tracing::warn!("the memory is still being asked");
        }
    }
}

impl Remembrance {
    /// Returns when something was erased, so that whoever keeps copies drops them. False when nothing will be any more.
    pub(crate) async fn until_erased(&mut self) -> bool {
        self.erased.changed().await.is_ok()
    }

    /// The memory's part in a turn. It never fails: without a memory there is an answer too. What nothing answers is
    /// looked for by the worker's vectors too, where there are any.
    pub(crate) async fn turn(&self, said: Said, worker: &Worker) -> Recollection {
        let Some(asks) = &self.asks else { return Recollection::default() };
        let question = worker.vectors_alone().map(|_| clip(&said.text, PASSAGE_BYTES_MAX).to_owned());
        let language = said.language;
        let (reply, answer) = oneshot::channel();
        if asks.try_send(Ask::Turn { said, reply }).is_err() {
            return broken(Notice::new("memory-behind"));
        }
        let Ok(Ok(Remembered { mut recollection, open })) = tokio::time::timeout(TURN_WAIT, answer).await else {
            return broken(Notice::new("memory-behind"));
        };
        if let Some(question) = question.filter(|_| open) {
            let near = tokio::time::timeout(TURN_WAIT, self.near(question, language, worker)).await;
            add(near.ok().flatten().unwrap_or_default(), &mut recollection);
        }
        recollection
    }

    /// What the owner said that means nearly the same; none where it cannot be told now.
    async fn near(&self, question: String, language: Language, worker: &Worker) -> Option<Vec<FactLine>> {
        let (vectors, _) = worker.embed(vec![question], Priority::Interactive).await.ok()?;
        let (reply, answer) = oneshot::channel();
        let question = vectors.into_iter().next()?;
        self.asks.as_ref()?.try_send(Ask::Near { question, language, reply }).ok()?;
        answer.await.ok()
    }

    /// What is left to read for its vectors by this model; none where there is no memory.
    async fn unembedded(&self, model: &ModelId) -> Option<ToEmbed> {
        let (reply, answer) = oneshot::channel();
        match self.asks.as_ref()?.try_send(Ask::Unembedded { model: model.clone(), reply }) {
            Ok(()) => answer.await.ok(),
            Err(_) => Some(ToEmbed::More),
        }
    }

    /// Keeps the vectors of a message. False where they could not be kept; then it is found again.
    async fn embed(&self, asked: Unembedded, vectors: Vec<Vec<f32>>) -> bool {
        let Some(asks) = &self.asks else { return false };
        let (reply, kept) = oneshot::channel();
        asks.send(Ask::Embed { asked, vectors, reply }).await.is_ok() && kept.await.unwrap_or(false)
    }

    /// What is known of the owner, for the prompt that is read before the first question.
    pub(crate) async fn known(&self, language: Language) -> String {
        let Some(asks) = &self.asks else { return String::new() };
        let (reply, answer) = oneshot::channel();
        if asks.try_send(Ask::Known { language, reply }).is_err() {
            return String::new();
        }
        answer.await.unwrap_or_default()
    }

    /// The next sentence to ask a model about; none where there is no memory.
    async fn look(&self) -> Option<Looked> {
        let (reply, answer) = oneshot::channel();
        match self.asks.as_ref()?.try_send(Ask::Look { reply }) {
            Ok(()) => answer.await.ok(),
            Err(_) => Some(Looked::More),
        }
    }

    /// What became of the answer of a model. Without an answer from the memory the sentence is found again.
    async fn judge(&self, asked: Unread, answer: String) -> Vec<Verdict> {
        let Some(asks) = &self.asks else { return Vec::new() };
        let (reply, verdicts) = oneshot::channel();
        if asks.send(Ask::Judge { asked: Box::new(asked), answer, reply }).await.is_err() {
            return Vec::new();
        }
        verdicts.await.unwrap_or_default()
    }

    /// How large it is, or why it cannot be used; none where it is switched off, or busy with something long.
    async fn looked_at(&self) -> Option<Result<MemorySize, Notice>> {
        let (reply, answer) = oneshot::channel();
        self.asks.as_ref()?.try_send(Ask::Size { reply }).ok()?;
        tokio::time::timeout(SIZE_WAIT, answer).await.ok()?.ok()
    }

    /// For the metrics.
    pub(crate) async fn size(&self) -> Option<MemorySize> {
        self.looked_at().await?.ok()
    }

    /// How it is. Part of the list, never of the whole's standing: answers do not need it.
    pub(crate) async fn component(&self) -> Option<Component> {
        let (status, detail) = match self.looked_at().await? {
            Ok(size) => (Status::Ready, Notice::new("memory-ready").arg("size", size.file_bytes.div_ceil(1000))),
            Err(notice) => (Status::Degraded, notice),
        };
        Some(Component { name: "memory".to_owned(), status, detail, restarts: 0, resident_bytes: None })
    }

    /// # Errors
    /// There is no memory, it is behind, or what [`perform`] says.
    pub(crate) async fn request(&self, request: MemoryRequest, language: Language) -> Result<MemoryReply, Failure> {
        let off = || Failure::new(FailureKind::Unavailable, Notice::new("memory-off"), "the memory is switched off");
        let behind = || Failure::new(FailureKind::Unavailable, Notice::new("memory-behind"), "the memory is behind");
        let asks = self.asks.as_ref().ok_or_else(off)?;
        let (reply, answer) = oneshot::channel();
        asks.try_send(Ask::Request { request, language, reply }).map_err(|_| behind())?;
        answer.await.map_err(|_| behind())?
    }
}

/// Has the model decide about messages that are nearly alike, before those that only share words with the question.
fn add(mut near: Vec<FactLine>, recollection: &mut Recollection) {
    if near.is_empty() {
        return;
    }
    let used = std::mem::take(&mut recollection.share.used);
    let (by_words, mut others): (Vec<_>, Vec<_>) = used.into_iter().partition(|line| line.role == FactRole::Said);
    for line in by_words {
        if near.len() < HINTS_MAX && near.iter().all(|shown| shown.id != line.id) {
            near.push(line);
        }
    }
    let lines: Vec<&str> = near.iter().map(|line| line.text.as_str()).collect();
    recollection.part = MemoryPart::Hints(lines.join(" "));
    others.extend(near);
    recollection.share.used = others;
}

fn broken(notice: Notice) -> Recollection {
    Recollection { share: MemoryShare { trouble: Some(notice), ..MemoryShare::default() }, ..Recollection::default() }
}

/// What the newest backup holds, as far as the thread knows.
#[derive(Default)]
struct BackedUp {
    day: Option<Date>,
    /// As [`SqliteStore::changes`] was.
    changes: u64,
}

/// The thread.
struct Thread {
    folders: Folders,
    /// None while the file cannot be opened.
    open: Option<Recollector>,
    backed_up: BackedUp,
    announce: watch::Sender<u64>,
}

impl Thread {
    fn new(folders: Folders, announce: watch::Sender<u64>) -> Self {
        Self { folders, open: None, backed_up: BackedUp::default(), announce }
    }

    fn run(mut self, mut asked: mpsc::Receiver<Ask>) {
        // What is wrong with the file is said at once, not at the first question.
        if let Err(error) = opened(&self.folders, &mut self.open) {
            tracing::error!(%error, "the memory cannot be opened");
        }
        while let Some(ask) = asked.blocking_recv() {
            self.answer(ask);
            if self.backed_up.day != Some(clock::moment().date()) {
                self.back_up();
            }
        }
        // The last day's words should not be those that a damaged file takes with it.
        self.back_up();
    }

    /// Whoever asked may be gone when the answer is ready; that is no fault.
    fn answer(&mut self, ask: Ask) {
        let at = clock::moment();
        let recollector = match opened(&self.folders, &mut self.open) {
            Ok(recollector) => recollector,
            Err(error) => return unopened(ask, &error),
        };
        let before = recollector.erased();
        let answer: Box<dyn FnOnce()> = match ask {
            Ask::Turn { said, reply } => {
                let remembered = recollector.turn(&said, at).unwrap_or_else(|error| {
                    tracing::warn!(%error, "the memory failed in a turn");
                    Remembered { recollection: broken(trouble(&error)), open: false }
                });
                Box::new(move || drop(reply.send(remembered)))
            }
            Ask::Near { question, language, reply } => {
                let near = recollector.near(&question, language, at.date());
                Box::new(move || drop(reply.send(near)))
            }
            Ask::Unembedded { model, reply } => {
                let wanted = recollector.unembedded(&model);
                Box::new(move || drop(reply.send(wanted)))
            }
            Ask::Embed { asked, vectors, reply } => {
                let kept = recollector.embed(&asked, &vectors);
                Box::new(move || {
                    let _ = reply.send(kept);
                })
            }
            Ask::Size { reply } => {
                let size = recollector.size(&self.folders);
                Box::new(move || drop(reply.send(Ok(size))))
            }
            Ask::Known { language, reply } => {
                let known = recollector.known(language, at.date()).unwrap_or_default();
                Box::new(move || drop(reply.send(known)))
            }
            Ask::Look { reply } => {
                let looked = recollector.look();
                Box::new(move || drop(reply.send(looked)))
            }
            Ask::Judge { asked, answer, reply } => {
                let verdicts = recollector.judge(&asked, &answer);
                Box::new(move || drop(reply.send(verdicts)))
            }
            Ask::Request { request, language, reply } => {
                let done = recollector.request(&request, language, at);
                Box::new(move || drop(reply.send(done)))
            }
        };
        if recollector.erased() != before {
            drop_copies(&self.folders);
            self.announce.send_modify(|count| *count += 1);
        }
        // Whoever hears that something is forgotten finds it nowhere.
        answer();
    }

    /// Once a day and at the end, if anything has changed since.
    fn back_up(&mut self) {
        let at = clock::moment();
        let Some(recollector) = &self.open else { return };
        let changes = recollector.changes();
        if self.backed_up.changes != changes
            && let Err(error) = recollector.back_up(at)
        {
            return tracing::warn!(%error, "the memory was not backed up");
        }
        self.backed_up = BackedUp { day: Some(at.date()), changes };
    }
}

/// The open memory, which is opened where it is not.
fn opened<'a>(folders: &Folders, open: &'a mut Option<Recollector>) -> Result<&'a mut Recollector, StoreError> {
    if open.is_none() {
        let (store, opening) = SqliteStore::open(&folders.db().join(FOLDER))?;
        report(&opening);
        *open = Some(Recollector::new(Memory::new(store)));
    }
    open.as_mut().ok_or(StoreError::Locked)
}

/// Removes what others keep of what was remembered: a conversation's cache holds its words, and a letter to the rules a
/// fact.
pub fn drop_copies(folders: &Folders) {
    drop_snapshots(folders);
    if LoopStore::path(&folders.db()).exists()
        && let Err(error) = LoopStore::open(&folders.db()).and_then(|(store, _)| store.forget_facts())
    {
        tracing::error!(%error, "the rules may still hold what was forgotten");
    }
}

fn drop_snapshots(folders: &Folders) {
    let Ok(entries) = fs_err::read_dir(folders.kv()) else { return };
    for entry in entries.filter_map(Result::ok) {
        let name = entry.file_name();
        let is_snapshot =
            name.to_str().and_then(|name| name.strip_suffix(SUFFIX)).and_then(SnapshotId::parse).is_some();
        // A worker may be removing it just now.
        if is_snapshot && let Err(error) = fs_err::remove_file(entry.path()) {
            tracing::warn!(%error, "a snapshot stays");
        }
    }
}

fn report(opening: &Opening) {
    match opening {
        Opening::Created => tracing::info!("a new memory"),
        Opening::Healthy => tracing::info!("the memory is sound"),
        Opening::Migrated { from } => tracing::info!(from, "the memory was brought to this version; a backup was made"),
        Opening::Restored { set_aside, backup, facts } => {
            tracing::error!(set_aside = %set_aside.display(), backup = %backup.display(), facts,
                "the memory was damaged; a backup took its place, and what came after that is lost");
        }
        Opening::Lost { set_aside } => {
            tracing::error!(set_aside = %set_aside.display(), "the memory was damaged, and there was no backup");
        }
    }
}

fn unopened(ask: Ask, error: &StoreError) {
    match ask {
        Ask::Turn { reply, .. } => {
            drop(reply.send(Remembered { recollection: broken(trouble(error)), open: false }));
        }
        Ask::Near { reply, .. } => drop(reply.send(Vec::new())),
        Ask::Unembedded { reply, .. } => drop(reply.send(ToEmbed::Nothing)),
        Ask::Embed { reply, .. } => {
            let _ = reply.send(false);
        }
        Ask::Size { reply } => drop(reply.send(Err(trouble(error)))),
        Ask::Known { reply, .. } => drop(reply.send(String::new())),
        Ask::Look { reply } => drop(reply.send(Looked::Nothing)),
        Ask::Judge { reply, .. } => drop(reply.send(Vec::new())),
        Ask::Request { reply, .. } => {
            let failure = Failure::new(FailureKind::Unavailable, trouble(error), error.to_string());
            drop(reply.send(Err(failure)));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(id: u64, role: FactRole) -> FactLine {
        FactLine { id, text: format!("{id}."), role }
    }

    #[test]
    fn what_is_near_comes_before_what_shares_words_and_no_more_than_a_few_are_shown() {
        let share = MemoryShare {
            used: vec![line(1, FactRole::Said), line(2, FactRole::Said), line(9, FactRole::Known)],
            ..MemoryShare::default()
        };
        let by_words = MemoryPart::Hints("1. 2.".to_owned());
        let mut recollection = Recollection { part: by_words, share, ..Recollection::default() };
        let before = recollection.clone();
        add(Vec::new(), &mut recollection);
        assert_eq!(recollection, before, "nothing is near");
        add(vec![line(5, FactRole::Said), line(2, FactRole::Said)], &mut recollection);
        assert_eq!(recollection.part, MemoryPart::Hints("5. 2. 1.".to_owned()));
        let ids: Vec<u64> = recollection.share.used.iter().map(|line| line.id).collect();
        assert_eq!(ids, [9, 5, 2, 1]);
        add([6, 7, 8].map(|id| line(id, FactRole::Said)).to_vec(), &mut recollection);
        assert_eq!(recollection.part, MemoryPart::Hints("6. 7. 8.".to_owned()));
    }
}

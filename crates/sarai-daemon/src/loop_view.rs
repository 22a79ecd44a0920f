//! What `serve` shows of the proactive loop: its messages, how it is, and what it has decided.
//!
//! The loop is a process of its own and `serve`'s client. What it stores outlives it, so that messages come also while
//! it is away; `serve` reads them there, marks them, and leaves letters.

mod rules;

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sarai_api::{Component, LoopAsk, LoopReply, MessageBody, MessageMark, Status};
use sarai_config::Folders;
use sarai_proactive::rule::{Rule, Trigger, Watch};
use sarai_proactive::{Known, Rulebook};
use sarai_proactive_sqlite::{Letter, LoopStore, Mark, Message, StoreError};
use sarai_types::{FactLine, Failure, FailureKind, Notice};
use tokio::io::AsyncReadExt;
use tokio::net::UnixStream;
use tokio::time::Instant;

use crate::clock;
pub(crate) use rules::sentence;

/// The loop's door, in the folder of what runs now.
const DOOR: &str = "loop.sock";
/// How long the loop may take to say how it is.
const DOOR_WAIT: Duration = Duration::from_millis(300);
/// The longest answer of the loop, in bytes.
const ANSWER_MAX: u64 = 4096;
/// How often somebody who waits for messages looks whether the store has changed.
const LOOK: Duration = Duration::from_millis(500);
/// Messages that one answer holds at most.
const MESSAGES_MAX: usize = 50;

/// The loop, seen from `serve`. A clone is the same.
#[derive(Debug, Clone)]
pub(crate) struct LoopView(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    folders: Folders,
    /// Opened when it is first needed, and only if the loop or its owner has made it.
    store: Mutex<Option<LoopStore>>,
}

impl LoopView {
    #[must_use]
    pub(crate) fn new(folders: Folders) -> Self {
        Self(Arc::new(Inner { folders, store: Mutex::new(None) }))
    }

    /// # Errors
    /// The store cannot be read or written.
    pub(crate) async fn perform(&self, ask: LoopAsk) -> Result<LoopReply, Failure> {
        match ask {
            LoopAsk::Unread { after, wait } => self.unread(after, wait).await.map(LoopReply::Messages),
            LoopAsk::Mark { id, mark } => {
                let mark = match mark {
                    MessageMark::Seen => Mark::Seen,
                    MessageMark::Dismissed => Mark::Dismissed,
                };
                let marked = self.with(move |store| store.mark(id, mark, clock::now())).await?;
                self.wake().await;
                Ok(LoopReply::Done(marked.unwrap_or(false)))
            }
            LoopAsk::Hook { name } => {
                let posted = self.with(move |store| store.post(&Letter::Webhook(name))).await?;
                self.wake().await;
                Ok(LoopReply::Done(posted.is_some()))
            }
            LoopAsk::Rules { request, language } => self.rules(request, language).await.map(LoopReply::Rules),
        }
    }

    /// Adds a rule of the owner's, and wakes the loop.
    ///
    /// # Errors
    /// There are too many, or the store cannot be written.
    pub(crate) async fn add_rule(&self, rule: Rule) -> Result<(), Failure> {
        // A store is made here if the loop has not made it yet.
        let folder = self.0.folders.db();
        let made = tokio::task::spawn_blocking(move || LoopStore::open(&folder).map(drop)).await;
        made.map_err(|panic| broken(&panic.to_string()))?.map_err(|error| broken(&error.to_string()))?;
        self.with(move |store| store.add_rule(&rule, clock::now())).await?;
        self.wake().await;
        Ok(())
    }

    /// Tells the rules that wait for them that facts were added to the memory. Their words stay in the memory.
    pub(crate) async fn facts_added(&self, facts: &[FactLine]) {
        if facts.is_empty() {
            return;
        }
        let posted = async {
            let book = self.rules_in_force().await?;
            let letters: Vec<Letter> = facts
                .iter()
                .filter_map(|fact| Some(Letter::FactAdded { fact: fact.id, about: awaited(&book, &fact.text)? }))
                .collect();
            if letters.is_empty() {
                return Ok(None);
            }
            self.with(move |store| letters.iter().try_for_each(|letter| store.post(letter))).await
        };
        match posted.await {
            Ok(Some(())) => self.wake().await,
            Ok(None) => {}
            Err(failure) => tracing::warn!(%failure, "no letter was left for the loop"),
        }
    }

    /// Lets the loop know that somebody is there. That it does not is no reason to answer later.
    pub(crate) fn owner_asks(&self) {
        let file = self.0.folders.asked_file();
        tokio::task::spawn_blocking(move || {
            if let Err(error) = fs_err::write(file, "") {
                tracing::debug!(%error, "the loop does not hear that somebody is there");
            }
        });
    }

    async fn unread(&self, after: i64, wait: Duration) -> Result<Vec<MessageBody>, Failure> {
        let until = Instant::now() + wait;
        let mut version = None;
        loop {
            let seen = self.with(|store| store.version_of_others()).await?;
            // Marks that this process makes are no news to it.
            if seen != version || version.is_none() {
                version = seen;
                let messages = self.with(move |store| store.unread(after, MESSAGES_MAX)).await?.unwrap_or_default();
                if !messages.is_empty() {
                    return Ok(messages.into_iter().map(body).collect());
                }
            }
            if Instant::now() + LOOK > until {
                return Ok(Vec::new());
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Works with the store, on a thread that may wait for the disk. None while there is no store.
    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut LoopStore) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<Option<T>, Failure> {
        let view = self.clone();
        let worked = move || {
            let mut store = view.0.store.lock().unwrap_or_else(PoisonError::into_inner);
            if store.is_none() {
                let folder = view.0.folders.db();
                if !LoopStore::path(&folder).exists() {
                    return Ok(None);
                }
                *store = Some(LoopStore::open(&folder)?.0);
            }
            store.as_mut().map(work).transpose()
        };
        match tokio::task::spawn_blocking(worked).await {
            Ok(Ok(done)) => Ok(done),
            Ok(Err(error @ StoreError::Many(_))) => {
                let kind = FailureKind::Busy { retry_after_ms: 1000 };
                Err(Failure::new(kind, Notice::new("daemon-loop-busy"), error.to_string()))
            }
            Ok(Err(error)) => Err(broken(&error.to_string())),
            Err(panic) => Err(broken(&panic.to_string())),
        }
    }

    fn door(&self) -> PathBuf {
        self.0.folders.run().join(DOOR)
    }

    /// A loop that is away reads its letters when it is back.
    async fn wake(&self) {
        let _ = tokio::time::timeout(DOOR_WAIT, UnixStream::connect(self.door())).await;
    }

    /// How the loop is; none if none was ever started here. Part of the list, never of the whole's standing: answers do
    /// not need it.
    pub(crate) async fn component(&self) -> Option<Component> {
        let door = self.door();
        if !door.exists() {
            return None;
        }
        let asking = async {
            let stream = UnixStream::connect(&door).await.ok()?;
            let pid = stream.peer_cred().ok()?.pid();
            let mut line = String::new();
            stream.take(ANSWER_MAX).read_to_string(&mut line).await.ok()?;
            Some((serde_json::from_str::<serde_json::Value>(&line).ok()?, pid))
        };
        let answer = tokio::time::timeout(DOOR_WAIT, asking).await.ok().flatten();
        let (status, detail, pid) = match &answer {
            Some((standing, pid)) if standing["status"] == "ready" => {
                let notice = Notice::new("daemon-loop-ready").arg("rules", &standing["rules"]);
                (Status::Ready, notice, *pid)
            }
            Some((standing, pid)) => {
                let detail = standing["detail"].as_str().unwrap_or_default();
                (Status::Degraded, Notice::new("daemon-loop-degraded").arg("detail", detail), *pid)
            }
            None => (Status::Degraded, Notice::new("daemon-loop-silent"), None),
        };
        let pid = pid.and_then(|pid| u32::try_from(pid).ok());
        Some(Component {
            name: "loop".to_owned(),
            status,
            detail,
            restarts: 0,
            resident_bytes: pid.map(crate::resident::tree_bytes),
        })
    }

    /// Prometheus's text: what was decided ever, by rule and word, and what waits for the owner.
    pub(crate) async fn metrics(&self) -> String {
        let component = self.component().await;
        let counted = self.with(|store| Ok((store.tally()?, store.unread(0, usize::MAX)?.len()))).await;
        let Ok(Some((tally, unread))) = counted else { return String::new() };
        let mut text = String::new();
        let mut family = |name: &str, kind: &str, help: &str| {
            text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
        };
        family("sarai_loop_decisions_total", "counter", "What the proactive loop decided, by rule and word.");
        for counted in tally {
            let (rule, word, times) = (counted.rule, counted.word, counted.times);
            text.push_str(&format!("sarai_loop_decisions_total{{rule=\"{rule}\",word=\"{word}\"}} {times}\n"));
        }
        let up = u8::from(component.is_some_and(|loop_| loop_.status == Status::Ready));
        text.push_str("# HELP sarai_loop_up Whether the proactive loop is well.\n# TYPE sarai_loop_up gauge\n");
        text.push_str(&format!("sarai_loop_up {up}\n"));
        text.push_str("# HELP sarai_loop_unread_messages Messages that nobody has seen.\n");
        text.push_str(&format!("# TYPE sarai_loop_unread_messages gauge\nsarai_loop_unread_messages {unread}\n"));
        text
    }
}

/// The words of rules that stand in a new fact; none if no rule waits for it.
fn awaited(book: &Rulebook, text: &str) -> Option<Vec<String>> {
    let waits = |known: &Known| match &known.rule.trigger {
        Trigger::Watch(watch @ Watch::FactAdded { about }) if watch.waits_for_fact(text) => Some(about.clone()),
        Trigger::Watch(_) | Trigger::Times(_) => None,
    };
    let mut waiting = book.rules.iter().filter_map(waits).peekable();
    waiting.peek()?;
    Some(waiting.flatten().collect::<BTreeSet<_>>().into_iter().collect())
}

fn body(message: Message) -> MessageBody {
    MessageBody {
        id: message.id,
        rule: message.rule,
        kind: message.kind.name().to_owned(),
        at: message.at.to_string(),
        language: message.language.tag().to_owned(),
        text: message.text,
    }
}

fn broken(detail: &str) -> Failure {
    Failure::new(FailureKind::Unavailable, Notice::new("daemon-loop-store"), detail)
}

#[cfg(test)]
mod tests {
    use sarai_config::RulesFile;
    use sarai_types::FactRole;

    use super::*;

    #[tokio::test]
    async fn a_house_without_a_loop() {
        let folder = tempfile::tempdir().unwrap();
        let view = LoopView::new(Folders::under(folder.path()));
        assert_eq!(view.component().await, None);
        assert_eq!(view.metrics().await, "");
        let ask = LoopAsk::Unread { after: 0, wait: Duration::ZERO };
        assert_eq!(view.perform(ask).await.unwrap(), LoopReply::Messages(Vec::new()));
        let hook = LoopAsk::Hook { name: "x".to_owned() };
        assert_eq!(view.perform(hook).await.unwrap(), LoopReply::Done(false));
        assert!(!folder.path().join("state/db").exists());
    }

    #[tokio::test]
    async fn a_rule_is_told_of_a_fact_by_its_number() {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::under(folder.path());
        folders.create().unwrap();
        let (store, _) = LoopStore::open(&folders.db()).unwrap();
        let view = LoopView::new(folders.clone());
        let yaml = "rules:\n  prima:\n    when: fact added about prima\n    tell: ''\n";
        fs_err::write(folders.rules_file(), yaml).unwrap();
        RulesFile::keep_good(&folders).unwrap();
        // Nobody waits yet; then somebody does, for one of the two, and goes on when the file is wrong.
        for (rules, fact, text, expected) in [
            ("rules: {}\n", 6, "Tu prima vive en Zarzalejo.", None),
            (yaml, 7, "Tu hermano vive en Zarzalejo.", None),
            ("rules: [", 7, "Tu hermano vive en Zarzalejo.", None),
            ("rules: [", 8, "Tu prima vive en Zarzalejo.", Some(vec!["prima".to_owned()])),
        ] {
            fs_err::write(folders.rules_file(), rules).unwrap();
            view.facts_added(&[FactLine { id: fact, text: text.to_owned(), role: FactRole::Asked }]).await;
            let letter = store.letters().unwrap().into_iter().find_map(|(_, letter)| letter);
            assert_eq!(letter, expected.map(|about| Letter::FactAdded { fact, about }), "{text}");
        }
        for entry in fs_err::read_dir(folders.db()).unwrap().map(|entry| entry.unwrap().path()) {
            let holds = |bytes: Vec<u8>| bytes.windows(9).any(|part| part == b"Zarzalejo");
            assert!(!entry.is_file() || !holds(fs_err::read(&entry).unwrap()), "{}", entry.display());
        }
    }

    #[tokio::test]
    async fn letters_and_counts() {
        let folder = tempfile::tempdir().unwrap();
        let folders = Folders::under(folder.path());
        folders.create().unwrap();
        let (store, _) = LoopStore::open(&folders.db()).unwrap();
        let view = LoopView::new(folders.clone());
        let hook = || LoopAsk::Hook { name: "x".to_owned() };
        assert_eq!(view.perform(hook()).await.unwrap(), LoopReply::Done(true));
        assert_eq!(store.letters().unwrap().len(), 1);
        for _ in 1..sarai_proactive_sqlite::LETTERS_MAX {
            view.perform(hook()).await.unwrap();
        }
        let full = view.perform(hook()).await.unwrap_err();
        assert!(matches!(full.kind, FailureKind::Busy { .. }));
        assert!(view.metrics().await.contains("sarai_loop_unread_messages 0\n"));
        // A socket that nobody answers at any more.
        std::os::unix::net::UnixListener::bind(folders.run().join(DOOR)).unwrap();
        assert_eq!(view.component().await.unwrap().status, Status::Degraded);
    }
}

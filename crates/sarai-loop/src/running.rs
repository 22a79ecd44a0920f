//! The loop while it runs.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::time::Duration;

use jiff::Timestamp;
use sarai_api::client::Client;
use sarai_config::{Channels, Folders, RulesFile, StateLock, Switch};
use sarai_messages::Messages;
use sarai_proactive::agenda::{Agenda, Attempt, Changes, Event, Happening, Now, TaskId};
use sarai_proactive::rule::{Action, Channel, Rule, Status, Trigger};
use sarai_proactive::time::Zone;
use sarai_proactive_sqlite::{
    Batch, Delivered, Delivery, Kind, Lease, Letter, LoopStore, NewMessage, Opening, StoreError,
};
use sarai_types::{Language, Notice};
use tokio::net::UnixListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::task::JoinSet;

use crate::door::{self, Standing};
use crate::measure::{Seen, Wanted, expand};
use crate::outbox::{self, Outbox};
use crate::perform::{self, Done, Job};
use crate::words::Words;
use crate::{LoopError, clock, say};

/// How often levels, idleness and files are looked at.
const LOOK: Duration = Duration::from_secs(10);
/// How often to look whether the clock was set or the computer slept, where nothing is watched.
const LOOK_AT_CLOCK: Duration = Duration::from_secs(30);
/// How long to wait after the store could not be written.
const TROUBLE: Duration = Duration::from_secs(5);
/// How often the lease is renewed while something is being done.
const RENEW: Duration = Duration::from_secs(10);
/// How often what is old is forgotten.
const PRUNE: Duration = Duration::from_secs(24 * 3600);
/// Nothing that is to be sent waits longer, unless the clock was set back.
const COURIER_FAR: jiff::SignedDuration = jiff::SignedDuration::from_hours(24);
/// Answers at the door without a look at the store in between at most.
const WARM_UP: Duration = Duration::from_millis(50);

/// What the loop needs to know.
#[derive(Debug)]
pub struct LoopOptions {
    pub folders: Folders,
    /// The way to `serve`.
    pub client: Client,
    /// The owner's language, for rules that have none.
    pub language: Language,
    /// Where messages go besides this computer.
    pub channels: Channels,
    /// Whether `serve` remembers anything.
    pub memory: Switch,
}

/// Runs until SIGTERM or SIGINT.
///
/// # Errors
/// Another loop runs on this state folder, or the store cannot be opened.
pub async fn run(options: LoopOptions) -> Result<(), LoopError> {
    let folders = options.folders.clone();
    let _lock = StateLock::take(&folders.run(), "loop.lock")?;
    let place = door::path(&folders)?;
    let door = door::open(&place)?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut interrupt = signal(SignalKind::interrupt())?;
    let mut running = Running::start(options)?;
    loop {
        tokio::select! {
            _ = terminate.recv() => break,
            _ = interrupt.recv() => break,
            ended = running.turn(&door) => ended?,
        }
    }
    // One that stays is replaced by the next start.
    let _ = fs_err::remove_file(place);
    tracing::info!("the loop ends");
    Ok(())
}

struct Running {
    options: LoopOptions,
    home: Zone,
    store: LoopStore,
    lease: Lease,
    /// None after the store could not be written: what is in memory is not what is stored.
    agenda: Option<Agenda>,
    wanted: Wanted,
    files: BTreeMap<String, Option<Seen>>,
    rules_file: FileRules,
    store_version: i64,
    work: JoinSet<Done>,
    /// Questions to `serve` which skills are ill; none if it does not answer.
    sick_calls: JoinSet<Option<BTreeSet<String>>>,
    sick: BTreeSet<String>,
    outbox: Outbox,
    courier: JoinSet<(Delivery, std::io::Result<()>)>,
    /// When there is something to send.
    courier_at: Option<Timestamp>,
    /// Channels whose failure was told.
    down: BTreeSet<&'static str>,
    generation: u64,
    trouble: Option<String>,
    pruned: Option<Timestamp>,
}

/// The rules of the file, as it was read last.
struct FileRules {
    path: PathBuf,
    seen: Option<Seen>,
    rules: RulesFile,
    /// Why the file's newest state does not count.
    wrong: Option<String>,
}

impl FileRules {
    fn new(folders: &Folders, home: &Zone) -> Self {
        let path = folders.rules_file();
        let rules = RulesFile::fallback(folders, home);
        // Something that no file looks like, so that it is read at once.
        Self { path, seen: None, rules, wrong: None }
    }

    /// Reads the file if it is another than before; says whether there are new rules. A mistake keeps the old ones.
    fn refresh(&mut self, folders: &Folders, home: &Zone, force: bool) -> bool {
        let seen = Seen::of(&self.path);
        if seen == self.seen && !force {
            return false;
        }
        self.seen = seen;
        match RulesFile::of(folders, home) {
            Ok(rules) => {
                self.wrong = None;
                if !rules.is_builtin
                    && let Err(error) = RulesFile::keep_good(folders)
                {
                    tracing::warn!(%error, "rules.yaml is not kept for a time when it is wrong");
                }
                let is_new = rules != self.rules;
                self.rules = rules;
                is_new
            }
            Err(errors) => {
                let messages = Messages::new(Language::English);
                let lines: Vec<String> = errors.iter().map(|error| messages.text(&error.notice())).collect();
                tracing::warn!(errors = %lines.join("; "), "rules.yaml is wrong; the old rules stay");
                self.wrong = Some(lines.join("; "));
                false
            }
        }
    }
}

impl Running {
    fn start(options: LoopOptions) -> Result<Self, LoopError> {
        let home = clock::home();
        let (mut store, opening) = LoopStore::open(&options.folders.db())?;
        match &opening {
            Opening::Created | Opening::Healthy => {}
            Opening::Restored { set_aside, backup } => {
                tracing::error!(set_aside = %set_aside.display(), backup = %backup.display(), "the store was damaged");
            }
            Opening::Lost { set_aside } => {
                tracing::error!(set_aside = %set_aside.display(), "the store was damaged, and there is no backup");
            }
        }
        // The lock says that whoever held the lease is gone.
        let lease = store.claim_from_dead(&clock::boot())?;
        let mut rules_file = FileRules::new(&options.folders, &home);
        rules_file.refresh(&options.folders, &home, true);
        let outbox = Outbox { channels: options.channels.clone(), smtp_password: options.folders.smtp_password_file() };
        let mut running = Self {
            options,
            home,
            store,
            lease,
            agenda: None,
            wanted: Wanted::default(),
            files: BTreeMap::new(),
            rules_file,
            store_version: 0,
            work: JoinSet::new(),
            sick_calls: JoinSet::new(),
            sick: BTreeSet::new(),
            outbox,
            courier: JoinSet::new(),
            courier_at: None,
            down: BTreeSet::new(),
            generation: 0,
            trouble: None,
            pruned: None,
        };
        running.take_up()?;
        tracing::info!(rules = running.agenda.as_ref().map_or(0, |agenda| agenda.rules().count()), "the loop runs");
        Ok(running)
    }

    /// Everything as it is stored.
    fn take_up(&mut self) -> Result<(), StoreError> {
        self.work.abort_all();
        self.work = JoinSet::new();
        let now = clock::now();
        // No version that there is: letters that came while nobody ran are read below.
        self.store_version = i64::MIN;
        let book = self.rules_file.rules.clone().with(self.store.own_rules()?);
        let (agenda, changes) = Agenda::restore(book.house.clone(), book.given(), self.store.past(now)?, now);
        self.agenda = Some(agenda);
        self.courier_at = self.store.next_delivery()?;
        self.watch();
        self.keep(now, changes, Vec::new(), None)?;
        self.look_at_store()
    }

    /// What has to be measured from now on.
    fn watch(&mut self) {
        let Some(agenda) = &self.agenda else { return };
        self.wanted = Wanted::of(agenda.rules());
        self.files.retain(|path, _| self.wanted.files.contains(path));
        for path in &self.wanted.files {
            self.files.entry(path.clone()).or_insert_with(|| Seen::of(&expand(path)));
        }
    }

    /// Waits for whatever comes first, and deals with it.
    async fn turn(&mut self, door: &UnixListener) -> Result<(), LoopError> {
        let wait = self.wait();
        let event = tokio::select! {
            asked = door.accept() => {
                if let Ok((stream, _)) = asked {
                    self.generation += 1;
                    // Whoever asks may have changed something.
                    let dealt = self.look_at_store();
                    door::answer(stream, &self.standing()).await;
                    return self.survive(dealt);
                }
                // Out of file handles, perhaps; that passes.
                tokio::time::sleep(WARM_UP).await;
                None
            }
            Some(done) = self.work.join_next(), if !self.work.is_empty() => done.ok(),
            Some(sick) = self.sick_calls.join_next(), if !self.sick_calls.is_empty() => {
                let dealt = sick.ok().flatten().map_or(Ok(()), |sick| self.learn_sick(sick));
                return self.survive(dealt);
            }
            Some(sent) = self.courier.join_next(), if !self.courier.is_empty() => {
                let dealt = sent.map_or(Ok(()), |(delivery, sent)| self.sent(&delivery, sent));
                return self.survive(dealt);
            }
            () = tokio::time::sleep(wait) => None,
        };
        let dealt = match event {
            Some(done) => self.finished(done),
            None => self.look(),
        };
        self.survive(dealt)
    }

    /// Trouble with the store is waited out; another loop is not.
    fn survive(&mut self, dealt: Result<(), StoreError>) -> Result<(), LoopError> {
        match dealt {
            Ok(()) => {
                self.trouble = None;
                Ok(())
            }
            Err(StoreError::Superseded) => Err(StoreError::Superseded.into()),
            Err(error) => {
                if self.trouble.is_none() {
                    tracing::error!(%error, "the store cannot be written; trying again");
                }
                self.trouble = Some(error.to_string());
                self.agenda = None;
                Ok(())
            }
        }
    }

    fn wait(&self) -> Duration {
        let Some(agenda) = &self.agenda else { return TROUBLE };
        let now = clock::now();
        let due = agenda.wake_at(now).map(|at| {
            // A moment later, so that the moment has come for certain.
            Duration::try_from(at.duration_since(now)).unwrap_or_default() + Duration::from_millis(1)
        });
        let look = match (self.work.is_empty(), self.wanted.is_watching()) {
            (false, _) => RENEW,
            (true, true) => LOOK,
            (true, false) => LOOK_AT_CLOCK,
        };
        let send = self
            .courier_at
            .filter(|_| self.courier.is_empty())
            .map(|at| Duration::try_from(at.duration_since(now)).unwrap_or_default());
        [due, send].into_iter().flatten().min().map_or(look, |soonest| soonest.min(look))
    }

    fn standing(&self) -> Standing {
        let now = clock::now();
        let trouble = self.trouble.clone().or_else(|| self.rules_file.wrong.clone());
        let agenda = self.agenda.as_ref();
        Standing {
            generation: self.generation,
            status: if trouble.is_some() { "degraded" } else { "ready" }.to_owned(),
            detail: trouble.unwrap_or_default().chars().take(1000).collect(),
            rules: agenda.map_or(0, |agenda| agenda.rules().count()),
            tasks: agenda.map_or(0, |agenda| agenda.tasks().count()),
            next: agenda.and_then(|agenda| agenda.wake_at(now)).map(|at| at.to_string()),
        }
    }

    /// The clock, the levels, the files, and what others have stored.
    fn look(&mut self) -> Result<(), StoreError> {
        if self.agenda.is_none() {
            return self.take_up();
        }
        if !self.work.is_empty() {
            self.store.renew(self.lease, &clock::boot())?;
        }
        if self.rules_file.refresh(&self.options.folders, &self.home, false) {
            self.take_rules()?;
        }
        self.look_at_store()?;
        for path in self.changed_files() {
            self.step(Event::Happened(Happening::FileChanged { path }), None)?;
        }
        if self.wanted.skills && self.sick_calls.is_empty() {
            let client = self.options.client.clone();
            self.sick_calls
                .spawn(async move { client.health().await.ok().map(|health| perform::sick_skills(&health)) });
        }
        self.step(Event::Tick, None)?;
        self.send_next()?;
        self.prune()
    }

    /// A skill that fell ill since the last look is news.
    fn learn_sick(&mut self, sick: BTreeSet<String>) -> Result<(), StoreError> {
        let news: Vec<String> = sick.difference(&self.sick).cloned().collect();
        self.sick = sick;
        news.into_iter().try_for_each(|skill| self.step(Event::Happened(Happening::SkillUnhealthy { skill }), None))
    }

    /// The owner's own rules and letters, if somebody has changed the store. A letter may be about a rule just written.
    fn look_at_store(&mut self) -> Result<(), StoreError> {
        if self.agenda.is_none() {
            return Ok(());
        }
        let version = self.store.version_of_others()?;
        if version == self.store_version {
            return Ok(());
        }
        self.store_version = version;
        self.rules_file.refresh(&self.options.folders, &self.home, false);
        self.take_rules()?;
        for (id, letter) in self.store.letters()? {
            let event = match letter {
                Some(Letter::Run(rule)) => Event::Asked(rule),
                Some(Letter::Seen(task)) => Event::Seen(task),
                Some(Letter::Dismissed(task)) => Event::Dismissed(task),
                Some(Letter::Webhook(name)) => Event::Happened(Happening::Webhook { name }),
                Some(Letter::FactAdded { fact, about }) => {
                    Event::Happened(Happening::FactAdded { fact, text: about.join("\n") })
                }
                Some(Letter::SkillUnhealthy(skill)) => Event::Happened(Happening::SkillUnhealthy { skill }),
                Some(Letter::FileChanged(path)) => Event::Happened(Happening::FileChanged { path }),
                None => Event::Tick,
            };
            self.step(event, Some(id))?;
        }
        Ok(())
    }

    fn take_rules(&mut self) -> Result<(), StoreError> {
        let book = self.rules_file.rules.clone().with(self.store.own_rules()?);
        let Some(agenda) = &mut self.agenda else { return Ok(()) };
        let same = agenda.house() == &book.house && agenda.rules().eq(book.rules.iter().map(|known| &known.rule));
        if same {
            return Ok(());
        }
        agenda.set_house(book.house.clone());
        tracing::info!(rules = book.rules.len(), "the rules are new");
        self.step(Event::Rules(book.given()), None)?;
        self.watch();
        // What is watched anew may be the case already.
        self.step(Event::Tick, None)
    }

    fn changed_files(&mut self) -> Vec<String> {
        let mut changed = Vec::new();
        for (path, before) in &mut self.files {
            let seen = Seen::of(&expand(path));
            if seen != *before {
                *before = seen;
                changed.push(path.clone());
            }
        }
        changed
    }

    fn prune(&mut self) -> Result<(), StoreError> {
        let now = clock::now();
        let is_due = self.pruned.is_none_or(|last| now.duration_since(last).unsigned_abs() >= PRUNE);
        if is_due {
            self.store.prune(self.lease, now)?;
            self.forget_over(now)?;
            self.pruned = Some(now);
        }
        Ok(())
    }

    /// Rules in words whose last time has long come and gone.
    fn forget_over(&mut self, now: Timestamp) -> Result<(), StoreError> {
        let Some(agenda) = &self.agenda else { return Ok(()) };
        for own in self.store.own_rules()? {
            let Trigger::Times(times) = &own.rule.trigger else { continue };
            let day_ago = now.saturating_sub(jiff::SignedDuration::from_hours(24)).unwrap_or(now).max(own.since);
            let is_open = agenda.tasks().any(|task| *task.id.rule() == own.rule.id);
            if own.rule.status == Status::Active && times.next(day_ago).is_none() && !is_open {
                tracing::info!(rule = %own.rule.id, "its time does not come again; the rule is forgotten");
                self.store.remove_rule(&own.rule.id, now)?;
            }
        }
        Ok(())
    }

    fn step(&mut self, event: Event, letter: Option<i64>) -> Result<(), StoreError> {
        self.step_with(event, Vec::new(), letter)
    }

    fn step_with(&mut self, event: Event, said: Vec<NewMessage>, letter: Option<i64>) -> Result<(), StoreError> {
        let now = clock::now();
        let readings = self.wanted.measure(&self.options.folders, now);
        let Some(agenda) = &mut self.agenda else { return Ok(()) };
        let changes = agenda.step(Now { at: now, readings: &readings, history: &self.store }, event);
        self.keep(now, changes, said, letter)?;
        Ok(())
    }

    /// Stores, then performs.
    fn keep(
        &mut self,
        now: Timestamp,
        changes: Changes,
        mut messages: Vec<NewMessage>,
        letter: Option<i64>,
    ) -> Result<(), StoreError> {
        if changes.is_empty() && messages.is_empty() && letter.is_none() {
            return Ok(());
        }
        for (task, what) in &changes.says {
            if let Some((rule, language)) = self.rule_of(task) {
                let text = say::told(rule, what, &self.home, language);
                messages.push(NewMessage {
                    task: task.clone(),
                    kind: Kind::Report,
                    channel: rule.channel,
                    language,
                    text,
                    outside: Vec::new(),
                });
            }
        }
        let configured = self.outbox.configured();
        for message in &mut messages {
            message.outside = outbox::ways(message.channel, &configured);
        }
        self.store.keep(self.lease, Batch { at: now, changes: &changes, messages: &messages, letter })?;
        if messages.iter().any(|message| !message.outside.is_empty()) {
            self.courier_at = Some(now);
        }
        for task in changes.starts {
            self.begin(task, now)?;
        }
        Ok(())
    }

    /// Sends the next message that is to leave this computer; one at a time.
    fn send_next(&mut self) -> Result<(), StoreError> {
        let now = clock::now();
        // A clock that was set back has put the moment far away.
        let is_due = self.courier_at.is_some_and(|at| at <= now || at.duration_since(now) > COURIER_FAR);
        if !is_due || !self.courier.is_empty() {
            return Ok(());
        }
        match self.store.delivery(now)? {
            Some(delivery) => {
                let (outbox, words) = (self.outbox.clone(), self.words());
                self.courier.spawn(outbox::carry(outbox, words, delivery));
            }
            None => self.courier_at = self.store.next_delivery()?,
        }
        Ok(())
    }

    fn words(&self) -> Words {
        Words { client: self.options.client.clone(), memory: self.options.memory, language: self.options.language }
    }

    /// A channel that is down is said once, until it works again.
    fn sent(&mut self, delivery: &Delivery, sent: std::io::Result<()>) -> Result<(), StoreError> {
        let now = clock::now();
        let how = match &sent {
            Ok(()) => Delivered::Taken,
            Err(error) => {
                tracing::warn!(channel = delivery.channel.name(), %error, "a message is not taken");
                Delivered::Failed
            }
        };
        let given_up = self.store.delivered(self.lease, delivery, how, now)?;
        if sent.is_ok() {
            self.down.remove(delivery.channel.name());
        }
        if given_up && self.down.insert(delivery.channel.name()) {
            let language = self.options.language;
            let notice = Notice::new("rules-told-undelivered")
                .arg("channel", delivery.channel.name())
                .arg("detail", sent.err().map_or_else(String::new, |error| error.to_string()));
            if let Ok(rule) = delivery.rule.parse() {
                let message = NewMessage {
                    task: TaskId::new(rule, now),
                    kind: Kind::Report,
                    channel: Channel::Page,
                    language,
                    text: say::notice(notice, language),
                    outside: Vec::new(),
                };
                self.keep(now, Changes::default(), vec![message], None)?;
            }
        }
        self.courier_at = Some(now);
        self.send_next()
    }

    fn rule_of(&self, task: &TaskId) -> Option<(&Rule, Language)> {
        let rule = self.agenda.as_ref()?.rule(task.rule())?;
        Some((rule, rule.language.unwrap_or(self.options.language)))
    }

    fn begin(&mut self, id: TaskId, now: Timestamp) -> Result<(), StoreError> {
        let Some((rule, language)) = self.rule_of(&id) else { return Ok(()) };
        let kind = match &rule.action {
            Action::Tell { .. } => Some(Kind::Tell),
            Action::Suggest { .. } => Some(Kind::Suggest),
            Action::RunSkill { .. }
            | Action::Ask { .. }
            | Action::FreeMemory
            | Action::RotateLogs { .. }
            | Action::Vacuum
            | Action::Backup
            | Action::HealthSweep
            | Action::WarmSkill { .. } => None,
        };
        let Some(kind) = kind else {
            let job = Job {
                rule: rule.clone(),
                language,
                task: id,
                client: self.options.client.clone(),
                folders: self.options.folders.clone(),
                memory: self.options.memory,
                now,
            };
            self.work.spawn(job.perform());
            return Ok(());
        };
        let Some(task) = self.agenda.as_ref().and_then(|agenda| agenda.task(&id)) else { return Ok(()) };
        let text = say::reminder(rule, task, now, &self.home, language);
        let message = say::message(rule, task, kind, text, language);
        // The message is stored together with the end of its task: both, or neither.
        self.step_with(Event::Finished(id, Attempt::Done { detail: String::new() }), vec![message], None)
    }

    fn finished(&mut self, done: Done) -> Result<(), StoreError> {
        let Done { task, attempt, message } = done;
        let messages = match (self.rule_of(&task), message) {
            (Some((rule, language)), Some((kind, text))) if !self.was_said(&task, kind, &text) => {
                vec![NewMessage {
                    task: task.clone(),
                    kind,
                    channel: rule.channel,
                    language,
                    text,
                    outside: Vec::new(),
                }]
            }
            (Some(_) | None, _) => Vec::new(),
        };
        self.step_with(Event::Finished(task, attempt), messages, None)
    }

    /// A report that says the same as the one that its rule made within a day is noise.
    fn was_said(&self, task: &TaskId, kind: Kind, text: &str) -> bool {
        let day_ago = clock::now().saturating_sub(jiff::SignedDuration::from_hours(24)).unwrap_or_default();
        kind == Kind::Report
            && self.store.latest(100).is_ok_and(|latest| {
                latest.iter().any(|said| said.rule == task.rule().as_str() && said.text == text && said.at > day_ago)
            })
    }
}

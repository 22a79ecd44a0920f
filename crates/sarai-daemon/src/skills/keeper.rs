//! The task that owns the skills' processes.
//!
//! Who is started, kept and ended is the pool's to decide (`sarai-skills`); here it is performed. The shelves are read
//! again when they change: a skill that is no longer as it was goes on with its open calls, and the next one finds the
//! new files.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sarai_sandbox::SandboxError;
use sarai_skills::{
    Action, ChildName, ChildSpec, Database, Event, Granted, Hour, LeaseId, Now, Pool, Predictor, Refusal, Skill, Stay,
    View,
};
use sarai_types::{Failure, FailureKind, Notice, SkillName};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior};

use super::host::{HostSocket, OpenCalls, Speaker};
use super::launch::Launch;
use super::process::SkillProcess;
use super::shelf::Table;
use super::survey::keep_surveyed;
use super::{Running, SkillsSpec};
use crate::brain::{self, Brain};
use crate::child::Child;
use crate::reload::FolderWatch;
use crate::{clock, resident};

/// A process that nobody has asked for so long is ended.
const IDLE_MAX: Duration = Duration::from_secs(10 * 60);
/// How long a request waits for room.
const PATIENCE: Duration = Duration::from_secs(20);
/// Calls of one skill at once; the SDK's own limit is the same.
const LEASES_MAX: u32 = 32;
/// How often memory is measured, and the pool asked for what is due.
const TICK: Duration = Duration::from_secs(5);

/// No skill has such a name.
const SURVEY_FOLDER: &str = ".survey";

/// What is asked of the keeper.
#[derive(Debug)]
pub(super) enum Ask {
    Lease {
        skill: SkillName,
        reply: oneshot::Sender<Result<Lease, Failure>>,
    },
    /// Ends what nobody uses; the reply is how many bytes that took.
    Free {
        reply: oneshot::Sender<u64>,
    },
    /// A lease has ended.
    Returned(LeaseId),
    /// A process serves, or will not.
    Came(SkillName, Result<(), Failure>),
    /// A process that was to end has ended.
    Ended(SkillName),
    /// What is in the owner's databases now.
    Surveyed(Vec<Database>),
}

/// The right to ask a process, which is not ended meanwhile. It ends when it is dropped.
#[derive(Debug)]
pub(super) struct Lease {
    id: LeaseId,
    process: SkillProcess,
    keeper: mpsc::WeakSender<Ask>,
}

impl Lease {
    pub(super) const fn process(&self) -> &SkillProcess {
        &self.process
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        tell(&self.keeper, Ask::Returned(self.id));
    }
}

/// Tells the keeper something that it must hear, without waiting here.
fn tell(keeper: &mpsc::WeakSender<Ask>, ask: Ask) {
    let Some(keeper) = keeper.upgrade() else { return };
    if let Err(mpsc::error::TrySendError::Full(ask)) = keeper.try_send(ask) {
        tokio::spawn(async move { drop(keeper.send(ask).await) });
    }
}

/// A process.
struct Slot {
    process: SkillProcess,
    child: Child,
    /// Served for as long as the process is kept.
    _host: Option<HostSocket>,
    /// Its files have changed: it ends with its last lease.
    outdated: bool,
}

/// Somebody who waits for a lease.
struct Waiting {
    skill: SkillName,
    reply: oneshot::Sender<Result<Lease, Failure>>,
}

/// See the module's head.
pub(super) struct Keeper {
    spec: SkillsSpec,
    brain: watch::Receiver<Brain>,
    table: watch::Sender<Arc<Table>>,
    show: watch::Sender<Vec<Running>>,
    /// For news of processes and leases to come back by.
    asks: mpsc::WeakSender<Ask>,
    pool: Pool,
    born: Instant,
    leases: u64,
    waiting: BTreeMap<LeaseId, Waiting>,
    slots: BTreeMap<SkillName, Slot>,
    /// Why a process did not come up, for those who wait for it.
    failures: BTreeMap<SkillName, Failure>,
    ending: JoinSet<()>,
    /// What is in the databases, as far as somebody has looked, and who looks.
    surveyed: Vec<Database>,
    survey: JoinSet<()>,
}

impl Keeper {
    pub(super) fn new(
        spec: SkillsSpec,
        brain: watch::Receiver<Brain>,
        table: watch::Sender<Arc<Table>>,
        show: watch::Sender<Vec<Running>>,
        asks: mpsc::WeakSender<Ask>,
    ) -> Self {
        let pool = Pool::new(spec.memory_bytes, Predictor::new());
        let (waiting, slots, failures) = (BTreeMap::new(), BTreeMap::new(), BTreeMap::new());
        let (born, ending) = (Instant::now(), JoinSet::new());
        let (surveyed, survey) = (Vec::new(), JoinSet::new());
        Self {
            spec,
            brain,
            table,
            show,
            asks,
            pool,
            born,
            leases: 0,
            waiting,
            slots,
            failures,
            ending,
            surveyed,
            survey,
        }
    }

    pub(super) async fn run(mut self, mut asked: mpsc::Receiver<Ask>, drained: oneshot::Receiver<()>) {
        tokio::pin!(drained);
        let mut tick = tokio::time::interval(TICK);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut shelves = FolderWatch::new(self.spec.places.watched());
        self.read().await;
        loop {
            tokio::select! {
                // A keeper that is dropped counts as drained.
                _ = &mut drained => break,
                () = shelves.changed() => self.read().await,
                Some(ask) = asked.recv() => self.hear(ask),
                _ = tick.tick() => self.measure(),
                Some(_) = self.ending.join_next(), if !self.ending.is_empty() => {}
            }
            self.show();
        }
        for slot in std::mem::take(&mut self.slots).into_values() {
            self.ending.spawn(slot.child.drain());
        }
        while self.ending.join_next().await.is_some() {}
    }

    /// Reads the shelves.
    async fn read(&mut self) {
        let (places, surveyed) = (self.spec.places.clone(), self.surveyed.clone());
        let read = move || {
            let reading = places.read();
            reading.log();
            Table::new(reading, &places, &surveyed)
        };
        let Ok(table) = tokio::task::spawn_blocking(read).await else { return };
        let (old, table) = (self.table.borrow().clone(), Arc::new(table));
        for (name, slot) in &mut self.slots {
            slot.outdated |= old.granted(name).map(fingerprint) != table.granted(name).map(fingerprint);
        }
        self.table.send_replace(Arc::clone(&table));
        for skill in old.processes().filter(|skill| table.granted(skill.name()).is_none()) {
            self.step(Event::Gone(ChildName::Skill(skill.name().clone())));
        }
        for skill in table.processes() {
            let Some(process) = skill.process() else { continue };
            let stay = Stay::While { idle_max: IDLE_MAX };
            let estimate_bytes = process.limits.jail.memory_bytes;
            let spec = ChildSpec { estimate_bytes, stay, leases_max: LEASES_MAX };
            self.step(Event::Known(ChildName::Skill(skill.name().clone()), spec));
        }
        self.end_outdated();
        self.look_into_databases();
    }

    /// Has somebody look into the databases, who goes on until he is replaced.
    fn look_into_databases(&mut self) {
        self.survey = JoinSet::new();
        let table = self.table.borrow().clone();
        let (Some(skill), Ok(launcher)) = (table.surveyor(), &self.spec.launcher) else { return };
        let folder = self.spec.places.folders.run().join("s").join(SURVEY_FOLDER);
        let keeper = self.asks.clone();
        let say = move |databases| tell(&keeper, Ask::Surveyed(databases));
        self.survey.spawn(keep_surveyed(skill.clone(), launcher.clone(), self.spec.backend, folder, say));
    }

    /// The next questions are routed with what the databases hold.
    fn learn(&mut self, databases: Vec<Database>) {
        let table = Table::clone(&self.table.borrow()).knowing(&self.spec.places, &databases);
        self.table.send_replace(Arc::new(table));
        self.surveyed = databases;
    }

    fn hear(&mut self, ask: Ask) {
        match ask {
            Ask::Lease { skill, reply } => {
                self.leases += 1;
                let lease = LeaseId(self.leases);
                self.waiting.insert(lease, Waiting { skill: skill.clone(), reply });
                let patience = self.born.elapsed() + PATIENCE;
                self.step(Event::Asked { lease, child: ChildName::Skill(skill), patience });
            }
            Ask::Free { reply } => {
                // Whoever asked may be gone; what was freed stays free.
                let _ = reply.send(self.free());
            }
            Ask::Returned(lease) => {
                self.step(Event::Returned(lease));
                self.end_outdated();
            }
            Ask::Came(skill, Ok(())) => self.step(Event::Started(ChildName::Skill(skill))),
            Ask::Came(skill, Err(failure)) => {
                self.failures.insert(skill.clone(), failure);
                self.end(&skill);
                self.step(Event::Failed(ChildName::Skill(skill)));
            }
            Ask::Surveyed(databases) => self.learn(databases),
            Ask::Ended(skill) => self.step(Event::Stopped(ChildName::Skill(skill))),
        }
    }

    /// For a moment there is no room for anything that is idle. While somebody waits for room, there is none to give.
    fn free(&mut self) -> u64 {
        if self.pool.waiting() > 0 {
            return 0;
        }
        let bytes = |slot: &Slot| slot.process.seen().pid.map_or(0, resident::tree_bytes);
        let before: BTreeMap<SkillName, u64> =
            self.slots.iter().map(|(name, slot)| (name.clone(), bytes(slot))).collect();
        self.step(Event::Budget(0));
        self.step(Event::Budget(self.spec.memory_bytes));
        before.into_iter().filter(|(name, _)| !self.slots.contains_key(name)).map(|(_, bytes)| bytes).sum()
    }

    fn measure(&mut self) {
        let measured = |(name, slot): (&SkillName, &Slot)| Some((name.clone(), slot.process.seen().pid?));
        for (name, pid) in self.slots.iter().filter_map(measured).collect::<Vec<_>>() {
            self.step(Event::Measured(ChildName::Skill(name), resident::tree_bytes(pid)));
        }
        self.step(Event::Deadline);
    }

    /// Lets the pool decide, and does what it decides.
    fn step(&mut self, event: Event) {
        let hour = Hour::of_day(clock::local_hour());
        for action in self.pool.step(Now { uptime: self.born.elapsed(), hour }, event) {
            match action {
                Action::Start(ChildName::Skill(skill)) => self.start(skill),
                Action::Stop(ChildName::Skill(skill)) => self.end(&skill),
                // The one model is its own keeper's.
                Action::Start(ChildName::Model(_)) | Action::Stop(ChildName::Model(_)) => {}
                Action::Grant(lease) => self.grant(lease),
                Action::Refuse(lease, refusal) => self.refuse(lease, &refusal),
                // Whoever holds it hears from the process itself.
                Action::Revoke(_) => {}
            }
        }
    }

    fn start(&mut self, skill: SkillName) {
        let table = self.table.borrow().clone();
        let slot = table
            .granted(&skill)
            .ok_or_else(|| super::missing(&skill, "daemon-skill-unknown"))
            .and_then(|granted| start(&self.spec, granted, &self.brain));
        match slot {
            Ok(slot) => {
                let (process, keeper) = (slot.process.clone(), self.asks.clone());
                self.slots.insert(skill.clone(), slot);
                tokio::spawn(async move {
                    let came = process.until_serving().await;
                    tell(&keeper, Ask::Came(skill, came));
                });
            }
            Err(failure) => tell(&self.asks, Ask::Came(skill, Err(failure))),
        }
    }

    /// Lets a process finish and end. Its end is told.
    fn end(&mut self, skill: &SkillName) {
        let Some(slot) = self.slots.remove(skill) else { return };
        let (skill, keeper) = (skill.clone(), self.asks.clone());
        self.ending.spawn(async move {
            slot.child.drain().await;
            tell(&keeper, Ask::Ended(skill));
        });
    }

    fn end_outdated(&mut self) {
        let idle = |name: &SkillName| self.pool.leases(&ChildName::Skill(name.clone())) == 0;
        let outdated = self.slots.iter().filter(|(name, slot)| slot.outdated && idle(name));
        for name in outdated.map(|(name, _)| name.clone()).collect::<Vec<_>>() {
            self.end(&name);
            // As if it had ended by itself: the next request starts it anew.
            self.step(Event::Stopped(ChildName::Skill(name)));
        }
    }

    fn grant(&mut self, id: LeaseId) {
        let Some(Waiting { skill, reply }) = self.waiting.remove(&id) else { return };
        let answer = match self.slots.get(&skill) {
            Some(slot) => Ok(Lease { id, process: slot.process.clone(), keeper: self.asks.clone() }),
            None => Err(super::missing(&skill, "daemon-skill-died")),
        };
        // Whoever asked may be gone; the lease then comes back at once.
        let _ = reply.send(answer);
    }

    fn refuse(&mut self, id: LeaseId, refusal: &Refusal) {
        let Some(Waiting { skill, reply }) = self.waiting.remove(&id) else { return };
        let failure = match refusal {
            Refusal::Failed => self.failures.get(&skill).cloned(),
            Refusal::Unknown | Refusal::TooBig { .. } | Refusal::Busy | Refusal::Crowded => None,
        };
        let failure = failure.unwrap_or_else(|| {
            let wait = refusal.retry_after().and_then(|wait| u32::try_from(wait.as_millis()).ok());
            let kind = wait.map_or(FailureKind::Unavailable, |retry_after_ms| FailureKind::Busy { retry_after_ms });
            Failure::new(kind, refusal.notice(&ChildName::Skill(skill)), format!("{refusal:?}"))
        });
        let _ = reply.send(Err(failure));
    }

    fn show(&self) {
        let running =
            self.slots.iter().map(|(name, slot)| Running { name: name.clone(), process: slot.process.clone() });
        self.show.send_replace(running.collect());
    }
}

/// What a running process was made of; another one is made when this is not what it was.
fn fingerprint(skill: &Skill<Granted>) -> (PathBuf, Vec<String>, String) {
    let jail = format!("{:?} {:?} {:?}", skill.process(), skill.data(), skill.version());
    (skill.folder().to_owned(), skill.command(View::Jailed), jail)
}

/// Starts a skill's process, with the folders that it needs.
fn start(spec: &SkillsSpec, skill: &Skill<Granted>, brain: &watch::Receiver<Brain>) -> Result<Slot, Failure> {
    let broken = |notice: Notice| Failure::new(FailureKind::Unavailable, notice, "the skill cannot be started");
    let no_jail = |error: SandboxError| {
        broken(Notice::new("daemon-skill-no-jail").arg("skill", skill.name()).arg("detail", error))
    };
    let folder = spec.folder_of(skill.name());
    let launcher = spec.launcher.clone().map_err(no_jail)?;
    let launch = Launch::new(skill, launcher, spec.backend, &folder).map_err(broken)?;
    let calls = OpenCalls::default();
    let host = launch.host(skill, &Speaker::Model(brain.clone()), &calls);
    let host = host.map_err(|error| broken(Notice::new("daemon-io").arg("cause", error)))?;
    let (process, child) = SkillProcess::start(skill, launch, calls, brain::seed().map_err(broken)?);
    Ok(Slot { process, child, _host: host, outdated: false })
}

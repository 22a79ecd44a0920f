//! Which models answer: one by default, and whichever of the library somebody names.
//!
//! Whoever wants one leases it. A model that is named is loaded when it is first wanted, and stays while there is room.
//! Where room is needed, the one goes that nobody has leased for longest; the default one too, which the next question
//! wakes up. One that is leased is never ended for another: whoever wants its place waits, and not for ever.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use sarai_types::{Failure, FailureKind, ModelId, Notice};
use tokio::sync::{Notify, watch};
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::{Instant, timeout_at};

use crate::brain::{self, Bed, Brain, BrainKeeper, BrainSpec};
use crate::child::Child;
use crate::drafter::Drafter;
use crate::resident;
use crate::room::{self, DefaultNeeds, Named};
use crate::worker::{self, Worker};

/// How long to wait for a place that others hold.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long the default model may take to be found again once there is room for it: its keeper looks each two seconds.
const FOUND_MAX: Duration = Duration::from_secs(6);
/// Between two looks at a default model that falls and comes back.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

/// Keeps the models going until it is drained.
#[derive(Debug)]
pub(crate) struct PoolKeeper {
    pool: Pool,
    brain: BrainKeeper,
}

impl PoolKeeper {
    #[must_use]
    pub(crate) fn start(spec: BrainSpec) -> Self {
        let brain = BrainKeeper::start(spec.clone());
        let (watched, bed) = (brain.watch(), brain.bed());
        let inner = Inner {
            spec,
            brain: watched,
            bed,
            shelf: Mutex::default(),
            returned: Notify::new(),
            loading: tokio::sync::Mutex::default(),
            default_bytes: AtomicU64::new(0),
        };
        Self { pool: Pool(Arc::new(inner)), brain }
    }

    #[must_use]
    pub(crate) fn handle(&self) -> Pool {
        self.pool.clone()
    }

    /// The one that answers by default.
    #[must_use]
    pub(crate) fn watch(&self) -> watch::Receiver<Brain> {
        self.brain.watch()
    }

    #[must_use]
    pub(crate) fn watch_drafter(&self) -> watch::Receiver<Drafter> {
        self.brain.watch_drafter()
    }

    /// Ends the workers. Returns when they are gone.
    pub(crate) async fn drain(self) {
        self.pool.end_named().await;
        self.brain.drain().await;
    }
}

/// The models that may answer. A clone is the same.
#[derive(Debug, Clone)]
pub(crate) struct Pool(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    spec: BrainSpec,
    brain: watch::Receiver<Brain>,
    bed: Bed,
    shelf: Mutex<Shelf>,
    /// Told of each lease that ends.
    returned: Notify,
    /// Held while a model is loaded, so that no two count on the same memory.
    loading: tokio::sync::Mutex<()>,
    /// What the default model was last known to take.
    default_bytes: AtomicU64,
}

/// What is loaded, and who uses it.
#[derive(Debug, Default)]
struct Shelf {
    /// Counts leases.
    clock: u64,
    default: Use,
    /// The default model is about to rest.
    leaving: bool,
    named: BTreeMap<ModelId, Guest>,
}

/// How much something is wanted.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Use {
    leases: u32,
    /// When the last lease began or ended, by the shelf's clock.
    last: u64,
}

/// A model that was loaded because somebody named it.
#[derive(Debug)]
struct Guest {
    worker: Worker,
    child: Child,
    /// Ends with the worker, at the latest.
    warming: JoinHandle<()>,
    seat: usize,
    bytes: u64,
    usage: Use,
}

/// A worker that is not ended for another model while this lives.
#[derive(Debug)]
pub(crate) struct Lease {
    worker: Worker,
    _held: Held,
}

/// Counts as one lease; of the default model where there is no name.
#[derive(Debug)]
struct Held {
    pool: Pool,
    model: Option<ModelId>,
}

impl Lease {
    pub(crate) const fn worker(&self) -> &Worker {
        &self.worker
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        self.pool.shelf().end(self.model.as_ref());
        self.pool.0.returned.notify_waiters();
    }
}

impl Pool {
    /// The worker of this model, or of the one that answers by default; loads it where it is not.
    ///
    /// # Errors
    /// `ModelNotFound` where it is not on this computer, `Busy` where others hold its place for too long, `Unavailable`
    /// where there is no room or it does not start.
    pub(crate) async fn lease(&self, model: Option<&ModelId>) -> Result<Lease, Failure> {
        let named = match model {
            Some(model) if !self.is_default(model) => Some(model),
            Some(_) | None => None,
        };
        match named {
            None => self.lease_default().await,
            Some(model) => self.lease_named(model).await,
        }
    }

    async fn lease_default(&self) -> Result<Lease, Failure> {
        let deadline = Instant::now() + PATIENCE;
        if let Some(held) = self.hold_default() {
            return self.awake(held).await;
        }
        // What it waits for is said at once, unless it is that others go.
        let waits = match &*self.0.brain.borrow() {
            Brain::Checking => true,
            Brain::Waiting(_) => self.shelf().named.is_empty(),
            Brain::Up(_) | Brain::Resting { .. } => false,
        };
        if waits {
            return self.awake(self.hold_the_default()).await;
        }
        let _loading = self.loading(deadline).await?;
        if let Some(held) = self.hold_default() {
            return self.awake(held).await;
        }
        if !self.shelf().named.is_empty() {
            let DefaultNeeds { model, alone, .. } = self.default_needs().await.map_err(unavailable)?;
            self.make_room(&model, alone, deadline).await?;
            // It may have waited for that.
            let mut brain = self.0.brain.clone();
            let found = brain.wait_for(|brain| !matches!(brain, Brain::Waiting(_)));
            // If not, it says what it waits for.
            let _ = timeout_at(Instant::now() + FOUND_MAX, found).await.is_ok();
        }
        self.awake(self.hold_the_default()).await
    }

    /// The right to load, which whoever waits too long for it does not get.
    async fn loading(&self, deadline: Instant) -> Result<tokio::sync::MutexGuard<'_, ()>, Failure> {
        timeout_at(deadline, self.0.loading.lock()).await.map_err(|_| busy("another model is being loaded"))
    }

    async fn awake(&self, held: Held) -> Result<Lease, Failure> {
        Ok(Lease { worker: brain::awake(self.0.brain.clone()).await?, _held: held })
    }

    async fn lease_named(&self, model: &ModelId) -> Result<Lease, Failure> {
        let deadline = Instant::now() + PATIENCE;
        if let Some(lease) = self.lease_loaded(model)
            && lease.worker.check_serving().is_ok()
        {
            return self.settled(lease).await;
        }
        let _loading = self.loading(deadline).await?;
        if let Some(lease) = self.lease_loaded(model) {
            return self.settled(lease).await;
        }
        let named = self.look_for(model).await?;
        let bytes = named.bytes;
        self.make_room(model, bytes, deadline).await?;
        let lease = self.load(model, named).map_err(unavailable)?;
        self.0.spec.reserved.coming.store(bytes, Ordering::Relaxed);
        let lease = self.settled(lease).await;
        self.0.spec.reserved.coming.store(0, Ordering::Relaxed);
        lease
    }

    /// A lease of a model once it serves. One that does not come up, or does no more, is put away, so that the next try
    /// is a new one.
    async fn settled(&self, lease: Lease) -> Result<Lease, Failure> {
        let mut worker = lease.worker.clone();
        worker.until_settled().await;
        let Err(failure) = worker.check_serving() else { return Ok(lease) };
        let guest = self.shelf().take_of_one(worker.model());
        drop(lease);
        if let Some(guest) = guest {
            self.end(guest).await;
        }
        Err(failure)
    }

    fn load(&self, model: &ModelId, named: Named) -> Result<Lease, Notice> {
        let Inner { spec, .. } = &*self.0;
        let bytes = named.bytes;
        let seat = self.shelf().free_seat();
        let (worker, child) = brain::start_named(spec, model, named, seat)?;
        tracing::info!(%model, bytes, "a model was named and is loaded");
        let warming = tokio::spawn(brain::warm(worker.clone(), spec.language, spec.memory.clone()));
        let guest = Guest { worker: worker.clone(), child, warming, seat, bytes, usage: Use::default() };
        let mut shelf = self.shelf();
        shelf.named.insert(model.clone(), guest);
        shelf.begin(Some(model));
        spec.reserved.named.store(shelf.bytes(), Ordering::Relaxed);
        drop(shelf);
        Ok(Lease { worker, _held: Held { pool: self.clone(), model: Some(model.clone()) } })
    }

    /// Puts models away until this one fits, whichever was wanted longest ago first.
    async fn make_room(&self, model: &ModelId, needed: u64, deadline: Instant) -> Result<(), Failure> {
        let Inner { spec, returned, .. } = &*self.0;
        self.until_default_settles(deadline).await?;
        loop {
            let back = returned.notified();
            let default = self.default_takes().await;
            let taken = self.shelf().bytes().saturating_add(default.unwrap_or(0));
            let Err(notice) = room::check(spec, model, needed, taken) else { return Ok(()) };
            room::check_at_best(spec, model, needed, taken).map_err(unavailable)?;
            let leaver = self.shelf().pick(default.is_some());
            match leaver {
                Leaver::Named(guest) => drop(self.end(*guest).await),
                Leaver::Default => {
                    if self.rest_default().await.is_none() {
                        // It fell just now, and comes back by itself.
                        self.until_default_settles(deadline).await?;
                        tokio::time::sleep(LOOK_AGAIN).await;
                    }
                }
                Leaver::InUse => {
                    timeout_at(deadline, back).await.map_err(|_| busy("every model that could go is in use"))?;
                }
                Leaver::Nobody => return Err(unavailable(notice)),
            }
            if Instant::now() >= deadline {
                return Err(busy("no room was made in time"));
            }
        }
    }

    /// A default model that is just being loaded takes what nobody can see yet.
    async fn until_default_settles(&self, deadline: Instant) -> Result<(), Failure> {
        let loading = match &*self.0.brain.borrow() {
            Brain::Up(worker) if !worker.seen().serving => Some(worker.clone()),
            Brain::Up(_) | Brain::Checking | Brain::Resting { .. } | Brain::Waiting(_) => None,
        };
        let Some(mut worker) = loading else { return Ok(()) };
        timeout_at(deadline, worker.until_settled()).await.map_err(|_| busy("the default model is being loaded"))
    }

    /// What the default model takes and could give back, if it is loaded.
    async fn default_takes(&self) -> Option<u64> {
        let worker = match &*self.0.brain.borrow() {
            Brain::Up(worker) if worker.seen().serving => worker.clone(),
            Brain::Up(_) | Brain::Checking | Brain::Resting { .. } | Brain::Waiting(_) => return None,
        };
        let known = &self.0.default_bytes;
        if let Ok(needs) = self.default_needs().await {
            known.store(needs.with_helpers, Ordering::Relaxed);
        }
        // By its own choice it may take more than is reckoned.
        Some(known.load(Ordering::Relaxed).max(worker.seen().pid.map_or(0, resident::tree_bytes)))
    }

    /// Puts all models to rest that nobody uses; says how many bytes they took.
    pub(crate) async fn rest(&self) -> u64 {
        // While one is loaded there is nothing to give.
        let Ok(_loading) = self.0.loading.try_lock() else { return 0 };
        let mut freed = 0;
        loop {
            let is_up = matches!(&*self.0.brain.borrow(), Brain::Up(worker) if worker.seen().serving);
            let leaver = self.shelf().pick(is_up);
            match leaver {
                Leaver::Named(guest) => freed += self.end(*guest).await,
                Leaver::Default => match self.rest_default().await {
                    Some(bytes) => freed += bytes,
                    None => return freed,
                },
                Leaver::InUse | Leaver::Nobody => return freed,
            }
        }
    }

    /// The default model has been marked as leaving; whoever wants it now waits until it rests.
    async fn rest_default(&self) -> Option<u64> {
        let freed = self.0.bed.rest().await;
        self.shelf().leaving = false;
        freed
    }

    /// All at once: each may have an answer to finish.
    async fn end_named(&self) {
        let _loading = self.0.loading.lock().await;
        let all = std::mem::take(&mut self.shelf().named);
        let mut ending: JoinSet<u64> = JoinSet::new();
        for guest in all.into_values() {
            let pool = self.clone();
            ending.spawn(async move { pool.end(guest).await });
        }
        while ending.join_next().await.is_some() {}
    }

    /// Ends a model that is on the shelf no more; says how many bytes it took.
    async fn end(&self, guest: Guest) -> u64 {
        let Guest { worker, child, warming, .. } = guest;
        let freed_bytes = worker.seen().pid.map_or(0, resident::tree_bytes);
        tracing::info!(model = %worker.model(), freed_bytes, "a model that was named goes");
        warming.abort();
        child.drain().await;
        self.0.spec.reserved.named.store(self.shelf().bytes(), Ordering::Relaxed);
        freed_bytes
    }

    /// The workers of models that were named, in the order of their names.
    pub(crate) fn named(&self) -> Vec<Worker> {
        self.shelf().named.values().map(|guest| guest.worker.clone()).collect()
    }

    /// The models that are not loaded and would be if somebody named them.
    pub(crate) async fn nameable(&self) -> Vec<ModelId> {
        let spec = self.0.spec.clone();
        let found = tokio::task::spawn_blocking(move || room::nameable(&spec)).await.unwrap_or_default();
        let shelf = self.shelf();
        found.into_iter().filter(|model| !shelf.named.contains_key(model)).collect()
    }

    /// How many tokens prompt and answer of a model share that is not loaded.
    pub(crate) fn context_tokens(&self) -> u32 {
        self.0.spec.runtime.n_ctx.get()
    }

    fn is_default(&self, model: &ModelId) -> bool {
        match &*self.0.brain.borrow() {
            Brain::Up(worker) | Brain::Resting { worker, .. } => worker.model() == model,
            Brain::Checking | Brain::Waiting(_) => room::default_model(&self.0.spec).as_ref() == Some(model),
        }
    }

    async fn default_needs(&self) -> Result<DefaultNeeds, Notice> {
        let spec = self.0.spec.clone();
        let found = tokio::task::spawn_blocking(move || room::default_needs(&spec)).await;
        found.map_err(|_| Notice::new("daemon-internal"))?
    }

    async fn look_for(&self, model: &ModelId) -> Result<Named, Failure> {
        let (spec, model) = (self.0.spec.clone(), model.clone());
        let found = tokio::task::spawn_blocking(move || room::find_named(&spec, &model)).await;
        found.map_err(|_| unavailable(Notice::new("daemon-internal")))?
    }

    /// A lease of the default model, unless it has to be woken up.
    fn hold_default(&self) -> Option<Held> {
        let mut shelf = self.shelf();
        if shelf.leaving || !matches!(&*self.0.brain.borrow(), Brain::Up(_)) {
            return None;
        }
        shelf.begin(None);
        drop(shelf);
        Some(Held { pool: self.clone(), model: None })
    }

    fn hold_the_default(&self) -> Held {
        self.shelf().begin(None);
        Held { pool: self.clone(), model: None }
    }

    fn lease_loaded(&self, model: &ModelId) -> Option<Lease> {
        let mut shelf = self.shelf();
        let worker = shelf.named.get(model)?.worker.clone();
        shelf.begin(Some(model));
        drop(shelf);
        Some(Lease { worker, _held: Held { pool: self.clone(), model: Some(model.clone()) } })
    }

    fn shelf(&self) -> MutexGuard<'_, Shelf> {
        self.0.shelf.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Who goes for another.
enum Leaver {
    /// It is on the shelf no more.
    Named(Box<Guest>),
    /// It is marked as leaving.
    Default,
    /// Whoever could go is in use.
    InUse,
    Nobody,
}

impl Shelf {
    fn usage(&mut self, model: Option<&ModelId>) -> Option<&mut Use> {
        match model {
            None => Some(&mut self.default),
            Some(model) => self.named.get_mut(model).map(|guest| &mut guest.usage),
        }
    }

    fn begin(&mut self, model: Option<&ModelId>) {
        self.clock += 1;
        let last = self.clock;
        if let Some(usage) = self.usage(model) {
            *usage = Use { leases: usage.leases + 1, last };
        }
    }

    fn end(&mut self, model: Option<&ModelId>) {
        self.clock += 1;
        let last = self.clock;
        if let Some(usage) = self.usage(model) {
            *usage = Use { leases: usage.leases.saturating_sub(1), last };
        }
    }

    /// Takes off the shelf whichever has to go first.
    fn pick(&mut self, default_is_up: bool) -> Leaver {
        let named = self.named.iter().map(|(model, guest)| (Some(model.clone()), guest.usage));
        match first_to_go(named.chain(default_is_up.then_some((None, self.default)))) {
            First::Goes(Some(model)) => {
                self.named.remove(&model).map_or(Leaver::Nobody, |guest| Leaver::Named(Box::new(guest)))
            }
            First::Goes(None) => {
                self.leaving = true;
                Leaver::Default
            }
            First::InUse => Leaver::InUse,
            First::Nobody => Leaver::Nobody,
        }
    }

    /// Takes one off the shelf that has this one lease.
    fn take_of_one(&mut self, model: &ModelId) -> Option<Guest> {
        self.named.get(model).filter(|guest| guest.usage.leases == 1)?;
        self.named.remove(model)
    }

    /// What the models that were named take.
    fn bytes(&self) -> u64 {
        self.named.values().map(|guest| guest.bytes).sum()
    }

    /// The lowest that nobody sits on, from 1.
    fn free_seat(&self) -> usize {
        let taken = |seat: &usize| self.named.values().any(|guest| guest.seat == *seat);
        (1..).find(|seat| !taken(seat)).unwrap_or(usize::MAX)
    }
}

/// Which of several goes first.
#[derive(Debug, Clone, PartialEq, Eq)]
enum First<T> {
    Goes(T),
    InUse,
    Nobody,
}

/// The one that nobody has leased for longest, of those that nobody leases now.
fn first_to_go<T>(all: impl Iterator<Item = (T, Use)>) -> First<T> {
    let mut in_use = false;
    let mut first: Option<(T, u64)> = None;
    for (one, usage) in all {
        if usage.leases > 0 {
            in_use = true;
        } else if first.as_ref().is_none_or(|(_, last)| usage.last < *last) {
            first = Some((one, usage.last));
        }
    }
    match (first, in_use) {
        (Some((one, _)), _) => First::Goes(one),
        (None, true) => First::InUse,
        (None, false) => First::Nobody,
    }
}

fn busy(detail: &str) -> Failure {
    let (kind, notice) = worker::busy(worker::BUSY_RETRY_MS);
    Failure::new(kind, notice, detail)
}

fn unavailable(notice: Notice) -> Failure {
    Failure::new(FailureKind::Unavailable, notice, "the model cannot be had")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_one_that_was_wanted_longest_ago_goes_first_and_never_one_in_use() {
        let first = |all: &[(&'static str, u32, u64)]| {
            first_to_go(all.iter().map(|(name, leases, last)| (*name, Use { leases: *leases, last: *last })))
        };
        assert_eq!(first(&[]), First::Nobody);
        assert_eq!(first(&[("a", 1, 1)]), First::InUse);
        assert_eq!(first(&[("a", 0, 5), ("b", 0, 3), ("c", 0, 4)]), First::Goes("b"));
        assert_eq!(first(&[("a", 0, 5), ("b", 1, 3), ("c", 2, 4)]), First::Goes("a"));
        assert_eq!(first(&[("a", 1, 5), ("b", 2, 3)]), First::InUse);
    }

    #[test]
    fn leases_are_counted_and_what_is_gone_counts_nothing() {
        let mut shelf = Shelf::default();
        let gone: ModelId = "gone".parse().unwrap();
        shelf.begin(None);
        shelf.begin(None);
        shelf.begin(Some(&gone));
        assert!(matches!(shelf.pick(true), Leaver::InUse));
        shelf.end(None);
        shelf.end(Some(&gone));
        assert!(matches!(shelf.pick(true), Leaver::InUse));
        shelf.end(None);
        assert!(matches!(shelf.pick(false), Leaver::Nobody));
        assert!(!shelf.leaving);
        assert!(matches!(shelf.pick(true), Leaver::Default) && shelf.leaving);
        assert_eq!((shelf.default, shelf.free_seat()), (Use { leases: 0, last: 6 }, 1));
    }
}

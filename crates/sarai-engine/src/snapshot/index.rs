//! Which snapshots exist, and what each of them is worth.
//!
//! The longest use of a snapshot is the beginning that all conversations share: it is read at the first turn after every
//! start. Nobody marks that beginning. It shows by itself, as the *trunk*: a snapshot that at least one other continues.
//! A trunk outlives the conversations that grow from it, and outlasts them when room is short.

use super::SnapshotId;
use crate::schedule::Rewind;

/// A snapshot is worth reading, or writing, when it saves at least this many tokens. Reading fewer anew takes about as
/// long as opening a file.
pub const MARGIN_TOKENS: usize = 32;
/// Snapshots of one folder at most.
pub const SNAPSHOTS_MAX: usize = 128;
/// A snapshot this many times as long as what is wanted of it costs too much memory and time to stand in for it.
const STAND_IN_LENGTH: usize = 2;

/// A snapshot that helps a prompt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    pub id: SnapshotId,
    /// How many of the prompt's tokens it holds. The last of a prompt is always read again and does not count.
    pub tokens: usize,
    /// How many tokens it has itself: cells that must be free while it is restored. What goes beyond `tokens` is then to
    /// be forgotten; it is nothing where a cache cannot be taken back.
    pub cells: usize,
}

/// What goes when a new snapshot comes.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Room {
    /// Before it is written, or the folder outgrows its bound. The index has forgotten them.
    pub before: Vec<SnapshotId>,
    /// Only once it is written: what it continues. The index still has them.
    pub after: Vec<SnapshotId>,
}

#[derive(Debug, Clone)]
struct Entry {
    id: SnapshotId,
    /// Empty for a snapshot of another model, which takes room and helps nobody here.
    tokens: Vec<u32>,
    bytes: u64,
    /// Larger is later.
    used: u64,
}

/// The snapshots of one folder.
#[derive(Debug, Clone)]
pub struct Index {
    entries: Vec<Entry>,
    uses: u64,
    rewind: Rewind,
}

impl Index {
    #[must_use]
    pub const fn new(rewind: Rewind) -> Self {
        Self { entries: Vec::new(), uses: 0, rewind }
    }

    /// A snapshot of this worker's identity, or with no tokens one of another model. It counts as just used. One with the
    /// same name takes its place.
    pub fn insert(&mut self, id: SnapshotId, tokens: Vec<u32>, bytes: u64) {
        self.remove(id);
        self.uses += 1;
        self.entries.push(Entry { id, tokens, bytes, used: self.uses });
    }

    pub fn remove(&mut self, id: SnapshotId) {
        self.entries.retain(|entry| entry.id != id);
    }

    /// It was just used.
    pub fn touch(&mut self, id: SnapshotId) {
        self.uses += 1;
        if let Some(entry) = self.entries.iter_mut().find(|entry| entry.id == id) {
            entry.used = self.uses;
        }
    }

    /// Takes over what the folder really holds: forgets what is gone, and counts what somebody else wrote as another
    /// model's.
    pub fn reconcile(&mut self, folder: &[(SnapshotId, u64)]) {
        self.entries.retain(|entry| folder.iter().any(|(id, _)| *id == entry.id));
        for (id, bytes) in folder {
            if !self.entries.iter().any(|entry| entry.id == *id) {
                self.insert(*id, Vec::new(), *bytes);
            }
        }
    }

    /// Snapshots of this worker's identity.
    #[must_use]
    pub fn count(&self) -> usize {
        self.own().count()
    }

    /// Bytes of all snapshots, other models' included: what the bound is about.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.entries.iter().map(|entry| entry.bytes).sum()
    }

    /// The snapshot that saves most of a prompt, if it saves [`MARGIN_TOKENS`] more than the `held` tokens that memory has
    /// already. Among equals the smallest, then the one used last.
    #[must_use]
    pub fn best(&self, prompt: &[u32], held: usize) -> Option<Found> {
        let wanted = &prompt[..prompt.len().saturating_sub(1)];
        self.own()
            .map(|entry| (self.offers(entry, wanted), entry))
            .filter(|(offered, _)| *offered >= held.saturating_add(MARGIN_TOKENS))
            .max_by_key(|(offered, entry)| (*offered, std::cmp::Reverse(entry.bytes), entry.used))
            .map(|(tokens, entry)| Found { id: entry.id, tokens, cells: entry.tokens.len() })
    }

    /// Whether a snapshot of these tokens would help somebody whom no other helps nearly as much.
    #[must_use]
    pub fn wants(&self, tokens: &[u32]) -> bool {
        let stands_in = |entry: &Entry| {
            let offered = self.offers(entry, tokens);
            offered + MARGIN_TOKENS > tokens.len()
                && entry.tokens.len() <= STAND_IN_LENGTH * tokens.len() + MARGIN_TOKENS
        };
        (MARGIN_TOKENS..=super::TOKENS_MAX).contains(&tokens.len()) && !self.own().any(stands_in)
    }

    /// Makes room for a new snapshot, which replaces the earlier ones of the same conversation. `None` when it alone
    /// exceeds the bound; then nothing is forgotten.
    pub fn make_room(&mut self, id: SnapshotId, tokens: &[u32], bytes: u64, bytes_max: u64) -> Option<Room> {
        if bytes > bytes_max {
            return None;
        }
        let is_earlier =
            |entry: &&Entry| entry.id == id || (self.continues(tokens, &entry.tokens) && !self.is_trunk(entry, id));
        let ids: Vec<SnapshotId> = self.entries.iter().filter(is_earlier).map(|entry| entry.id).collect();
        let (earlier, rest): (Vec<Entry>, Vec<Entry>) =
            std::mem::take(&mut self.entries).into_iter().partition(|entry| ids.contains(&entry.id));
        let earlier_bytes: u64 = earlier.iter().map(|entry| entry.bytes).sum();
        self.entries = rest;
        let mut before = self.shrink(bytes_max - bytes, SNAPSHOTS_MAX - 1, tokens);
        let mut after = Vec::new();
        if self.bytes().saturating_add(earlier_bytes).saturating_add(bytes) <= bytes_max {
            after.extend(earlier.iter().map(|entry| entry.id).filter(|earlier| *earlier != id));
            self.entries.extend(earlier);
        } else {
            before.extend(earlier.iter().map(|entry| entry.id));
        }
        Some(Room { before, after })
    }

    /// Forgets snapshots until the bounds hold, and says which: least recently used first, trunks last.
    pub fn evict(&mut self, bytes_max: u64) -> Vec<SnapshotId> {
        self.shrink(bytes_max, SNAPSHOTS_MAX, &[])
    }

    /// `newcomer` is what will stand beside the rest.
    fn shrink(&mut self, bytes_max: u64, count_max: usize, newcomer: &[u32]) -> Vec<SnapshotId> {
        let is_trunk = |entry: &Entry| self.continues(newcomer, &entry.tokens) || self.is_trunk(entry, entry.id);
        let mut order: Vec<(bool, u64, SnapshotId, u64)> =
            self.entries.iter().map(|entry| (is_trunk(entry), entry.used, entry.id, entry.bytes)).collect();
        order.sort_unstable();
        let (mut bytes, mut count) = (self.bytes(), self.entries.len());
        let mut gone = Vec::new();
        for (_, _, id, size) in order {
            if bytes <= bytes_max && count <= count_max {
                break;
            }
            bytes -= size;
            count -= 1;
            self.remove(id);
            gone.push(id);
        }
        gone
    }

    fn own(&self) -> impl Iterator<Item = &Entry> {
        self.entries.iter().filter(|entry| !entry.tokens.is_empty())
    }

    /// How many of these tokens the cache holds once the snapshot is restored.
    fn offers(&self, entry: &Entry, tokens: &[u32]) -> usize {
        let shared = shared_prefix(&entry.tokens, tokens);
        match self.rewind {
            Rewind::Anywhere => shared,
            Rewind::Never if shared == entry.tokens.len() => shared,
            Rewind::Never => 0,
        }
    }

    /// Whether `longer` is the same conversation, later. The end may differ a little where that does not matter: what a
    /// model said is sometimes split into other tokens when it is read again.
    fn continues(&self, longer: &[u32], earlier: &[u32]) -> bool {
        let shared = shared_prefix(longer, earlier);
        let slack = match self.rewind {
            Rewind::Anywhere => MARGIN_TOKENS,
            Rewind::Never => 0,
        };
        !earlier.is_empty() && longer.len() >= earlier.len() && shared + slack >= earlier.len()
    }

    /// Whether a snapshot continues this one, leaving aside the one named `newcomer`.
    fn is_trunk(&self, entry: &Entry, newcomer: SnapshotId) -> bool {
        let others = self.own().filter(|other| other.id != entry.id && other.id != newcomer);
        others.into_iter().any(|other| self.continues(&other.tokens, &entry.tokens))
    }
}

fn shared_prefix(a: &[u32], b: &[u32]) -> usize {
    a.iter().zip(b).take_while(|(a, b)| a == b).count()
}

#[cfg(test)]
mod tests;

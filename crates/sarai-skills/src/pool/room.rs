//! Who gets the memory: grants, starts, and the children that go for it.

use std::collections::BTreeSet;

use super::{Action, ChildName, ChildState, LeaseId, Now, Pool, Refusal, Stay};

/// What the first request that cannot be served has a claim on.
#[derive(Debug, Default)]
struct Claim {
    /// What it will take.
    needs_bytes: u64,
    /// Children that were set aside for it; they take no new leases.
    set_aside: BTreeSet<ChildName>,
}

impl Pool {
    /// Does everything that can be done now. Called after each event.
    pub(super) fn settle(&mut self, now: Now, actions: &mut Vec<Action>) {
        self.drop_gone(actions);
        // More is used than there is: whoever made it so, idle children go first.
        let mut claim = self.claim(0, None);
        self.stop_idle(&claim, actions);
        let mut claimed = !claim.set_aside.is_empty();
        let mut index = 0;
        while let Some(waiting) = self.waiting.get(index) {
            let (lease, name) = (waiting.lease, waiting.child.clone());
            let Some(child) = self.children.get(&name) else {
                // It went in this very step; `gone` refuses its requests, so there is none.
                self.waiting.remove(index);
                actions.push(Action::Refuse(lease, Refusal::Unknown));
                continue;
            };
            let is_free = self.leases(&name) < child.spec.leases_max as usize;
            match child.state {
                ChildState::Ready if is_free && !claim.set_aside.contains(&name) => {
                    self.waiting.remove(index);
                    self.grant(lease, &name, now, actions);
                    continue;
                }
                ChildState::Absent => {
                    if let Some(refusal) = self.hopeless(child) {
                        self.waiting.remove(index);
                        actions.push(Action::Refuse(lease, refusal));
                        continue;
                    }
                    if self.fits_beside(&claim, child.needs_bytes()) {
                        self.start(&name, now, actions);
                    } else if !claimed {
                        claim = self.claim(child.needs_bytes(), Some(&name));
                        claimed = true;
                        self.stop_idle(&claim, actions);
                    }
                }
                ChildState::Ready | ChildState::Starting | ChildState::Stopping => {}
            }
            index += 1;
        }
    }

    /// The least recently used children that have to go before `needs_bytes` fit: idle ones before busy ones, and what
    /// was loaded on a guess before what somebody used. What was started beside the claim for somebody who waits comes
    /// last: the claim was enough without it, and stopping it before it was used would start it again for ever.
    fn claim(&self, needs_bytes: u64, for_child: Option<&ChildName>) -> Claim {
        let mut claim = Claim { needs_bytes, set_aside: BTreeSet::new() };
        let going = |state| state == ChildState::Stopping;
        let mut used = self
            .children
            .values()
            .filter(|child| !going(child.state))
            .fold(0_u64, |sum, child| sum.saturating_add(child.takes_bytes()));
        let is_loaded = |state| matches!(state, ChildState::Ready | ChildState::Starting);
        let mut candidates: Vec<_> = self
            .children
            .iter()
            .filter(|(name, child)| {
                is_loaded(child.state) && child.spec.stay != Stay::Pinned && Some(*name) != for_child
            })
            .collect();
        let order = |name: &ChildName| {
            let is_leased = self.leases.values().any(|child| child == name);
            let is_awaited = self.waiting.iter().any(|waiting| waiting.child == *name);
            (is_awaited && !is_leased, is_leased)
        };
        candidates.sort_by_key(|(name, child)| (order(name), child.used, child.used_at, *name));
        for (name, child) in candidates {
            if used.saturating_add(needs_bytes) <= self.budget_bytes {
                break;
            }
            used = used.saturating_sub(child.takes_bytes());
            claim.set_aside.insert(name.clone());
        }
        claim
    }

    /// Whether something can be started now without delaying whoever has the claim.
    fn fits_beside(&self, claim: &Claim, needs_bytes: u64) -> bool {
        let used = self.used_bytes();
        let coming = self
            .children
            .iter()
            .filter(|(name, child)| child.state == ChildState::Stopping || claim.set_aside.contains(*name));
        let coming = coming.fold(0_u64, |sum, (_, child)| sum.saturating_add(child.takes_bytes()));
        let after_claim = used.saturating_sub(coming).saturating_add(claim.needs_bytes);
        used.max(after_claim).saturating_add(needs_bytes) <= self.budget_bytes
    }

    /// Busy for the purpose of stopping: somebody uses it, or waits for it to start.
    pub(super) fn is_busy(&self, name: &ChildName) -> bool {
        let starts_for_somebody = || {
            self.state(name) == Some(ChildState::Starting) && self.waiting.iter().any(|waiting| waiting.child == *name)
        };
        self.leases.values().any(|child| child == name) || starts_for_somebody()
    }

    fn stop_idle(&mut self, claim: &Claim, actions: &mut Vec<Action>) {
        for name in &claim.set_aside {
            if !self.is_busy(name) {
                self.stop(name, actions);
            }
        }
    }

    fn drop_gone(&mut self, actions: &mut Vec<Action>) {
        let gone: Vec<ChildName> =
            self.children.iter().filter(|(_, child)| child.gone).map(|(name, _)| name.clone()).collect();
        for name in gone {
            if !self.is_busy(&name) {
                self.stop(&name, actions);
            }
            self.forget_if_gone(&name);
        }
    }

    fn grant(&mut self, lease: LeaseId, name: &ChildName, now: Now, actions: &mut Vec<Action>) {
        if let Some(child) = self.children.get_mut(name) {
            (child.used_at, child.used) = (now.uptime, true);
        }
        self.leases.insert(lease, name.clone());
        actions.push(Action::Grant(lease));
        if let Some(next) = self.predictor.next_after(name, now.hour) {
            self.prefetch(&next, now, actions);
        }
    }

    fn start(&mut self, name: &ChildName, now: Now, actions: &mut Vec<Action>) {
        if let Some(child) = self.children.get_mut(name) {
            (child.state, child.used_at, child.used) = (ChildState::Starting, now.uptime, false);
            actions.push(Action::Start(name.clone()));
        }
    }

    pub(super) fn stop(&mut self, name: &ChildName, actions: &mut Vec<Action>) {
        if let Some(child) = self.children.get_mut(name)
            && matches!(child.state, ChildState::Ready | ChildState::Starting)
        {
            child.state = ChildState::Stopping;
            actions.push(Action::Stop(name.clone()));
        }
    }

    /// Loads a child on a guess: only into memory that nobody has or waits for.
    pub(super) fn prefetch(&mut self, name: &ChildName, now: Now, actions: &mut Vec<Action>) {
        let Some(child) = self.children.get(name) else { return };
        let nobody_waits = self.waiting.iter().all(|waiting| waiting.child == *name);
        let fits = self.used_bytes().saturating_add(child.needs_bytes()) <= self.budget_bytes;
        if child.state == ChildState::Absent && !child.gone && nobody_waits && fits {
            self.start(name, now, actions);
        }
    }
}

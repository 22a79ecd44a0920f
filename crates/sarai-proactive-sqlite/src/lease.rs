//! Who may write as the loop: the one who claimed last.
//!
//! A lease is measured on a clock that nobody can set: milliseconds since the computer started, with the name of that
//! start. A lease of another start is over. Whoever knows for certain that the holder is dead, by a lock of the system,
//! need not wait for the end of its lease.

use rusqlite::{OptionalExtension, Transaction, TransactionBehavior, params};

use crate::{LoopStore, StoreError};

/// How long a lease lasts without being renewed, in milliseconds.
pub const LEASE_MS: u64 = 30_000;

/// When it is, since the computer was started.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Boot {
    /// Another one after each start.
    pub id: String,
    /// Since then, sleep included.
    pub ms: u64,
}

/// The right to write as the loop.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Lease {
    epoch: i64,
}

/// What is known of the holder before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Holder {
    Dead,
    Unknown,
}

impl LoopStore {
    /// Takes over from a holder that is dead for certain.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn claim_from_dead(&mut self, boot: &Boot) -> Result<Lease, StoreError> {
        self.claim_as(boot, Holder::Dead)
    }

    /// Takes the right to write if nobody holds it, or if its holder has let it run out.
    ///
    /// # Errors
    /// [`StoreError::Superseded`]: somebody holds it. Or the file cannot be written.
    pub fn claim(&mut self, boot: &Boot) -> Result<Lease, StoreError> {
        self.claim_as(boot, Holder::Unknown)
    }

    fn claim_as(&mut self, boot: &Boot, holder: Holder) -> Result<Lease, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let (epoch, name, until): (i64, String, i64) = transaction
            .query_row("SELECT epoch, boot, until_ms FROM holder", [], |row| {
                Ok((row.get(0)?, row.get(1)?, row.get(2)?))
            })
            .optional()?
            .ok_or(StoreError::Damaged)?;
        if holder == Holder::Unknown && name == boot.id && until > millis(boot.ms) {
            return Err(StoreError::Superseded);
        }
        let lease = Lease { epoch: epoch + 1 };
        set(&transaction, lease, boot)?;
        transaction.commit()?;
        Ok(lease)
    }

    /// Goes on holding it.
    ///
    /// # Errors
    /// [`StoreError::Superseded`]: somebody else holds it now.
    pub fn renew(&mut self, lease: Lease, boot: &Boot) -> Result<(), StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        check(&transaction, lease)?;
        set(&transaction, lease, boot)?;
        transaction.commit()?;
        Ok(())
    }
}

pub(crate) fn check(transaction: &Transaction<'_>, lease: Lease) -> Result<(), StoreError> {
    let epoch: i64 = transaction.prepare_cached("SELECT epoch FROM holder")?.query_row([], |row| row.get(0))?;
    if epoch == lease.epoch { Ok(()) } else { Err(StoreError::Superseded) }
}

fn set(transaction: &Transaction<'_>, lease: Lease, boot: &Boot) -> Result<(), StoreError> {
    let until = millis(boot.ms.saturating_add(LEASE_MS));
    transaction
        .execute("UPDATE holder SET epoch = ?1, boot = ?2, until_ms = ?3", params![lease.epoch, boot.id, until])?;
    Ok(())
}

fn millis(ms: u64) -> i64 {
    i64::try_from(ms).unwrap_or(i64::MAX)
}

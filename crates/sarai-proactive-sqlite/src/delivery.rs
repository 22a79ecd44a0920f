//! Messages on their way out of this computer: each waits until its channel has taken it, or was tried often enough.

use jiff::{SignedDuration, Timestamp};
use rusqlite::{OptionalExtension, TransactionBehavior, params};
use sarai_proactive::rule::Channel;

use crate::lease::{Lease, check};
use crate::read::moment;
use crate::{LoopStore, StoreError};

/// How often a channel is tried with one message.
pub const ATTEMPTS_MAX: u32 = 6;
/// How long to wait after so many attempts, in minutes.
const BACKOFF_MINUTES: [i64; 5] = [1, 5, 30, 120, 360];

/// A message that a channel is to take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    pub message: i64,
    pub channel: Channel,
    pub rule: String,
    pub kind: String,
    pub at: Timestamp,
    pub text: String,
}

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delivered {
    Taken,
    /// Later again, unless it was tried often enough.
    Failed,
}

impl LoopStore {
    /// The delivery that has waited longest and whose time has come.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn delivery(&self, now: Timestamp) -> Result<Option<Delivery>, StoreError> {
        let mut statement = self.connection.prepare_cached(
            "SELECT d.message, d.channel, m.rule, m.kind, m.at_ms, m.text FROM delivery AS d
             JOIN message AS m ON m.id = d.message WHERE d.state = 'open' AND d.next_ms <= ?1
             ORDER BY d.next_ms LIMIT 1",
        )?;
        let found = statement
            .query_row([now.as_millisecond()], |row| {
                let channel: String = row.get(1)?;
                Ok(Delivery {
                    message: row.get(0)?,
                    channel: Channel::ALL.into_iter().find(|known| known.name() == channel).unwrap_or_default(),
                    rule: row.get(2)?,
                    kind: row.get(3)?,
                    at: moment(row.get(4)?).unwrap_or_default(),
                    text: row.get(5)?,
                })
            })
            .optional()?;
        Ok(found)
    }

    /// When the next delivery wants to be tried.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn next_delivery(&self) -> Result<Option<Timestamp>, StoreError> {
        let next: Option<i64> = self
            .connection
            .prepare_cached("SELECT min(next_ms) FROM delivery WHERE state = 'open'")?
            .query_row([], |row| row.get(0))?;
        Ok(next.and_then(moment))
    }

    /// Records how a delivery went. Says whether it is given up.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn delivered(
        &mut self,
        lease: Lease,
        delivery: &Delivery,
        how: Delivered,
        now: Timestamp,
    ) -> Result<bool, StoreError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        check(&transaction, lease)?;
        let key = params![delivery.message, delivery.channel.name()];
        let attempts: u32 = transaction
            .query_row("SELECT attempts FROM delivery WHERE message = ?1 AND channel = ?2", key, |row| row.get(0))
            .optional()?
            .unwrap_or(ATTEMPTS_MAX);
        let attempts = attempts + 1;
        let (state, wait) = match how {
            Delivered::Taken => ("sent", 0),
            Delivered::Failed if attempts >= ATTEMPTS_MAX => ("failed", 0),
            Delivered::Failed => {
                let at = usize::try_from(attempts - 1).unwrap_or(usize::MAX).min(BACKOFF_MINUTES.len() - 1);
                ("open", BACKOFF_MINUTES[at])
            }
        };
        let next = now.saturating_add(SignedDuration::from_mins(wait)).unwrap_or(now).as_millisecond();
        transaction.execute(
            "UPDATE delivery SET attempts = ?3, state = ?4, next_ms = ?5 WHERE message = ?1 AND channel = ?2",
            params![delivery.message, delivery.channel.name(), attempts, state, next],
        )?;
        transaction.commit()?;
        Ok(state == "failed")
    }
}

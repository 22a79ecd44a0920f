//! Decides when a child process is started, probed, restarted, quarantined and stopped.
//!
//! One [`Supervisor`] looks after one child, in the manner of an OTP supervisor: a child that dies is started again
//! after a pause that grows, and one that dies too often is left alone for a while instead of burning the machine.
//! Beyond OTP, a child that is alive but stands still is found too: it is healthy only if its health service says
//! SERVING, **and** the generation number that its own loop counts up has grown since the probe before, **and** the
//! answer came in time. Two misses in a row end it with SIGKILL, because a stopped process never sees a SIGTERM. A child
//! that is short of processor time answers late and moves on all the same: a good answer that comes before the second
//! miss takes the first one back.
//!
//! Nothing here waits, reads a clock or touches a process: [`Supervisor::step`] takes the time and an [`Event`] and
//! returns the [`Action`]s that the shell performs. The same seed, times and events give the same actions.
//!
//! # Key types
//! - [`Policy`]: the deadlines and limits, made from [`Limits`] and checked.
//! - [`Event`]: what happened. [`Action`]: what to do about it. Both are closed lists.
//! - [`State`]: where the child is now, for health pages and for whoever wants to send it work.
//! - [`Incarnation`], [`ProbeId`]: which spawn and which probe something is about, so that late news is recognised.
//!
//! # Usage
//! 1. `Supervisor::new(policy, seed)`, then `step(now, Event::Start)`; perform the actions.
//! 2. Report each outcome with `step`, with the incarnation or probe that it is about, exits always.
//! 3. When [`Supervisor::wake_at`] has come, `step(now, Event::Deadline)`. Ask for it anew after each step.
//! 4. To stop: `step(now, Event::Drain)` and go on until the state is [`State::Stopped`].
//!
//! # Never
//! Two children at once: a spawn is asked for only when the exit of the one before was reported, or its spawn failed.

mod history;
mod moment;
mod policy;
mod pulse;
mod supervisor;

pub use moment::Moment;
pub use policy::{Limits, Policy, PolicyError};
pub use pulse::{Health, ProbeId};
pub use supervisor::{Action, Event, Incarnation, KillReason, State, Supervisor};

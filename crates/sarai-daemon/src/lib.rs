//! The shell that performs effects: everything that waits, reads a clock, opens a socket or starts a process.
//!
//! Decisions are made elsewhere: what a turn does next in `sarai-agent`, when a child is restarted in
//! `sarai-supervisor`, what a request means in `sarai-api`. Here they are carried out.
//!
//! # Modules, from the outside in
//! - [`up`]: `sarai up`, which keeps `serve` going.
//! - [`serve`]: `sarai serve`: lock, bind, start, serve, drain.
//! - `listen`: TCP and the Unix socket. `desk`: performs the commands that come in. `turn`: performs a turn's effects.
//! - `pool`: which models answer, and which give way. `brain`: the one that answers by default; `drafter`: the one that
//!   guesses ahead; `room`: their files, and what they need. [`worker`]: one model worker, asked over gRPC. [`child`]: one
//!   supervised process.
//! - `arrange`: reminders that are asked for in a conversation. `loop_view`: what is seen of the proactive loop.
//! - [`memory`]: what is remembered of the owner, on a thread of its own.
//! - [`skills`]: the skills, their processes, and what they may ask of the model.
//! - `reload`, `lock`, `resident`, [`token`], `metrics`, `clock`, `activity`: what their names say.
//!
//! It never links llama.cpp: a model that crashes costs one process, never the assistant.

mod activity;
mod arrange;
mod brain;
pub mod child;
mod clock;
mod desk;
mod drafter;
mod listen;
mod loop_view;
pub mod memory;
mod metrics;
mod pool;
mod reload;
mod resident;
mod room;
pub mod serve;
pub mod skills;
mod thinking;
pub mod token;
mod turn;
pub mod up;
pub mod worker;

//! A jail by Docker or Podman, which answer the same API.
//!
//! The policy becomes a container ([`config`]) of an image that is made on the spot and holds nothing but links
//! ([`image`]); nothing is ever pulled. Its first process is init, as in every jail: the container's standard input
//! carries what the launcher says, its standard output begins with init's report. The engine is asked by six requests
//! over its Unix socket ([`http`], [`engine`]), so no client library is needed, and no runtime for one: this program is
//! the first process of every jail, and small.
//!
//! What the engine is told is only the first half. Init then enters namespaces of its own and makes every mount as the
//! policy says (`init::container`), because Docker cannot mount without execution and does not tell what it has mounted
//! besides.
//!
//! When the launcher is killed, its connection ends, the container's standard input with it, and so init and all others.
//! The remains are labelled with their launcher and removed by the next launch, or by [`sweep`](crate::sweep).
//!
//! A program can also become an image of its own and run without launcher ([`packed`]), for whoever has an engine and
//! nothing else of ours.

mod config;
mod engine;
mod http;
mod image;
mod names;
mod packed;
mod rights;
mod run;
mod seccomp;
mod stream;
mod tar;
#[cfg(test)]
mod tests;

pub(crate) use engine::ENGINE_VARIABLES;
pub use image::ProgramImage;
pub use packed::{Container, Containers};
pub(crate) use run::{run, sweep_all};
pub use seccomp::system_calls;
pub use tar::Tar;

//! The model catalogue: where models come from, how they are fetched, checked, installed and removed, and what memory
//! they need.
//!
//! # Key types
//! - [`Catalog`], [`Entry`]: what can be had, and from which [`Source`]s, tried in order.
//! - [`Library`]: the models folder. A model lies at `<folder>/<file name>` once it is whole and right, never before.
//! - [`Progress`]: a closed list of what a pull reports on its way.
//! - [`Header`]: the facts that a GGUF file states about itself.
//! - [`MemoryEstimate`]: what a model will take once it is loaded; [`available`] is what the computer can still give.
//!
//! # Usage
//! 1. `Catalog::builtin()`, perhaps `.with_user_file(path)`.
//! 2. `Library::new(folder, catalog)`.
//! 3. `library.pull(&id, &Network::from_env(), &mut |progress| …)`, then `library.verified(&id, …)` gives the path.
//!
//! A pull that is killed at any moment goes on where it was when it is started again.
//!
//! Nothing here loads a model, prints, or logs. A password in an address and the Hugging Face token never reach an
//! error text. A file with a wrong checksum is put aside, not deleted, and never takes a model's name.

mod catalog;
mod digest;
mod error;
mod gguf;
mod http;
mod library;
mod memory;
mod network;
mod pull;
mod simple_index;
mod space;
mod staging;
mod text;
mod wheels;

#[cfg(test)]
mod fake_server;
#[cfg(test)]
mod pull_tests;

pub use catalog::{
    Catalog, CatalogError, Entry, FileName, GoodFor, Licence, MemberPattern, Provenance, Role, Source, Terms,
};
pub use digest::Sha256;
pub use error::{PullError, SourceError};
pub use gguf::{GgufError, Header, TensorType};
pub use library::{Info, Library, LibraryError, Listed, Removed, State};
pub use memory::{Fit, LoadPlan, MemoryEstimate, WeightLayout, available, estimate, fits, guess, guessed_bytes};
pub use network::{HuggingFace, Network, PackageIndex, Patience};
pub use pull::{Progress, Pulled};

//! What the owner decides: `sarai.yaml`, what may overrule it, and the folders where everything lives.
//!
//! The config says, then means: text from up to five places becomes one checked [`Config`], and every complaint names
//! the place, the key, the value and what would be right.
//!
//! # Key types
//! - [`Config`]: what the settings mean, in domain types. The table in `keys.rs` is the only definition of a key; the
//!   structs, the defaults, the checks, the JSON schema and the commented example all come from it.
//! - [`Sources`]: the texts, in order of precedence: built-in defaults < `sarai.yaml` < `overrides.yaml` in the state
//!   folder < environment `SARAI__SECTION__KEY` < flags.
//! - [`Loaded`]: a [`Config`] that knows where each of its values came from. [`reload`] makes the next generation.
//! - [`Folders`]: config, models and state; [`write_atomic`] is how every file in them is written.
//!
//! # Use
//! 1. `Folders::from_env(|name| std::env::var_os(name))?`, then `folders.create()?`.
//! 2. `Sources::read(&folders, environment, flags)?`.
//! 3. `load(&sources)?`; hand each part of the program its section of `loaded.config`.
//! 4. When a file changes: `reload(&loaded, &sources.reread()?)`. On an error the old generation simply stays.
//!
//! [`SourceFile::with`] changes keys in a file and leaves its comments alone. [`RulesFile`] is the same for `rules.yaml`: what SARAi does unasked.
//!
//! It never watches anything, never keeps a secret, and never guesses: what it does not know, it refuses.

mod docs;
mod edit;
mod error;
mod folders;
mod keys;
mod load;
mod lock;
mod rules;
mod source;
mod value;
mod yaml;

pub use docs::{example, json_schema, template};
pub use error::{ConfigError, ConfigErrors};
pub use folders::{FolderError, Folders, SOCKET_PATH_MAX, own_folder, write_atomic};
pub use keys::{Channels, Config, Effect, KEYS, Key, Log, Model, Phoenix, Rag, Reload, Runtime, Server};
pub use load::{Change, Loaded, load, reload};
pub use lock::{LockError, StateLock};
pub use rules::{BUILTIN_RULES, RulesFile};
pub use source::{FILE_BYTES_MAX, Origin, SourceFile, Sources};
pub use value::{
    Auto, Draft, Embedding, Expects, HostNames, LogLevel, MailServer, Mailbox, Paths, Security, Size, SkillRuntime,
    Switch, Target, Time, Url, Weights, Whole,
};

#[cfg(test)]
mod tests;

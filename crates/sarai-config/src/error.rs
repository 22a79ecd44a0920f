//! Complaints about the config: where, what, and what would be right.

use std::fmt;
use std::path::PathBuf;

use sarai_types::Notice;

use crate::source::{FILE_BYTES_MAX, Origin};
use crate::value::Expects;

/// One thing that is wrong.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    #[error("{} cannot be read", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{} is larger than {FILE_BYTES_MAX} bytes", path.display())]
    TooBig { path: PathBuf },
    #[error("{} is not UTF-8 text", path.display())]
    NotText { path: PathBuf },
    #[error("{place}: not YAML: {detail}")]
    Syntax { place: Origin, detail: String },
    /// Anchors, aliases, tags, deep nesting and second documents: YAML that a list of settings has no use for.
    #[error("{place}: {feature} is not allowed here")]
    Feature { place: Origin, feature: &'static str },
    #[error("{place}: {key} is set already in line {first_line}")]
    Twice { place: Origin, key: String, first_line: usize },
    #[error("{place}: there is no key {key}{}", nearest.map(|name| format!(", did you mean {name}?")).unwrap_or_default())]
    UnknownKey { place: Origin, key: String, nearest: Option<&'static str> },
    #[error("{place}: {key} is {value:?} but expects {expects}")]
    WrongValue { place: Origin, key: &'static str, value: String, expects: Expects },
    /// A rule, or what holds for all rules.
    #[error("{place}: {error}")]
    Rule { place: Origin, error: sarai_proactive::form::FormError },
    /// An address that others reach, without encryption, and nobody said that this is wanted.
    #[error("{place}: server.bind {address} is open to the network and server.insecure is not true")]
    OpenToNetwork { place: Origin, address: std::net::IpAddr },
}

impl ConfigError {
    /// The sentence for a person.
    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::Unreadable { path, source } => {
                Notice::new("config-unreadable").arg("file", path.display()).arg("cause", source.kind())
            }
            Self::TooBig { path } => {
                Notice::new("config-too-big").arg("file", path.display()).arg("max", FILE_BYTES_MAX >> 20)
            }
            Self::NotText { path } => Notice::new("config-not-text").arg("file", path.display()),
            Self::Syntax { place, .. } => Notice::new("config-syntax").arg("place", place),
            Self::Feature { place, feature } => {
                Notice::new("config-feature").arg("place", place).arg("feature", feature)
            }
            Self::Twice { place, key, first_line } => {
                Notice::new("config-twice").arg("place", place).arg("key", key).arg("line", first_line)
            }
            Self::UnknownKey { place, key, nearest: Some(nearest) } => {
                Notice::new("config-unknown-key-nearest").arg("place", place).arg("key", key).arg("nearest", nearest)
            }
            Self::UnknownKey { place, key, nearest: None } => {
                Notice::new("config-unknown-key").arg("place", place).arg("key", key)
            }
            Self::WrongValue { place, key, value, expects } => {
                expects.complaint().arg("place", place).arg("key", key).arg("value", value)
            }
            Self::Rule { place, error } => error.notice(place),
            Self::OpenToNetwork { place, address } => {
                Notice::new("config-open-to-network").arg("place", place).arg("address", address)
            }
        }
    }
}

/// Everything that is wrong, so that it can be mended in one go: at least one, at most [`Self::COUNT_MAX`].
#[derive(Debug)]
pub struct ConfigErrors(Vec<ConfigError>);

impl ConfigErrors {
    /// More than this helps nobody.
    pub const COUNT_MAX: usize = 20;

    /// The value if nothing is wrong.
    pub(crate) fn unless_empty<T>(mut errors: Vec<ConfigError>, value: T) -> Result<T, Self> {
        if errors.is_empty() {
            return Ok(value);
        }
        errors.truncate(Self::COUNT_MAX);
        Err(Self(errors))
    }

    /// In the order of the sources, and of the lines in each.
    pub fn iter(&self) -> impl Iterator<Item = &ConfigError> {
        self.0.iter()
    }
}

impl From<ConfigError> for ConfigErrors {
    fn from(error: ConfigError) -> Self {
        Self(vec![error])
    }
}

impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.0.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            error.fmt(f)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

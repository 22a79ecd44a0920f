//! `sarai.skill.toml`: what a skill runs, what it asks for, how much it may take, and what speaks for asking it.
//!
//! ```toml
//! version = "1.0.0"                    # the only key that must be there
//! command = ["bin/skill-sql"]          # a path inside of the folder, or a program of the computer; none: a prompt skill
//! root = "empty"                       # or "system": the computer's programs and libraries are there, read-only
//!
//! [grants]                             # what is not granted is not there
//! network = []                         # none; nothing else is accepted, because no jail has a network
//! read = ["~/Documentos/cuentas.db"]   # seen inside as /data/cuentas.db
//! write = [{ path = "~/Notas", as = "notes" }]                   # seen inside as /data/notes
//! generate = { tokens_per_call = 512, calls_per_minute = 30 }    # may ask the model
//!
//! [limits]                             # these are the defaults
//! memory = "64 MB"                     # 8 MB to 8 GB, all of its processes and its /tmp together
//! pids = 16                            # 1 to 512 processes and threads
//! open_files = 64                      # 16 to 4096
//! tmp = "16 MB"                        # 0 B to 1 GB, at most `memory`
//! file = "16 MB"                       # 0 B to 8 GB, the largest file that it may write
//! start = "5 s"                        # 10 ms to 2 min, from spawn to serving
//! call = "30 s"                        # 100 ms to 10 min, the longest answer
//!
//! [grammar]                            # prompt skills only
//! file = "note.gbnf"                   # inside of the folder; .gbnf, .lark, .json (JSON Schema) or .regex
//!
//! [image]                              # for `sarai skill image`
//! programs = ["python3"]               # what of root = "system" a container image of the skill has to hold
//!
//! [routing]
//! signs = ["databases"]                # what else speaks for it: see `Sign`
//! keywords = { es = ["tabla"], en = ["table"] }
//! examples = { es = ["¿Cuánto vendimos en mayo?"], en = ["How much did we sell in May?"] }
//! avoid = { es = ["tabla de planchar"], en = ["ironing board"] }
//! ```

mod reader;

use std::fmt;
use std::path::{Component, Path, PathBuf};
use std::time::Duration;

use sarai_sandbox::{Access, Root};
use sarai_types::{GrammarKind, Language};

use crate::problem::{Expects, Misuse, Problem};
use crate::route::Sign;
use reader::Reader;

/// The largest manifest, in bytes.
pub const MANIFEST_BYTES_MAX: usize = 64 << 10;
/// What a manifest's file is called.
pub const MANIFEST_FILE: &str = "sarai.skill.toml";

const COMMAND_WORDS_MAX: usize = 32;
const WORD_CHARS_MAX: usize = 1024;
/// Paths that one skill may be given, reading and writing apart.
const PATHS_MAX: usize = 16;
const IMAGE_PROGRAMS_MAX: usize = 8;
const KEYWORDS_MAX: usize = 64;
const KEYWORD_CHARS_MAX: usize = 64;
const EXAMPLES_MAX: usize = 64;
const EXAMPLE_CHARS_MAX: usize = 300;

/// Every key there is, dotted; each is read in exactly one place below.
const KEYS: &[&str] = &[
    "command",
    "grammar.file",
    "grants.generate.calls_per_minute",
    "grants.generate.tokens_per_call",
    "grants.network",
    "grants.read",
    "grants.write",
    "image.programs",
    "limits.call",
    "limits.file",
    "limits.memory",
    "limits.open_files",
    "limits.pids",
    "limits.start",
    "limits.tmp",
    "root",
    "routing.avoid.en",
    "routing.avoid.es",
    "routing.examples.en",
    "routing.examples.es",
    "routing.keywords.en",
    "routing.keywords.es",
    "routing.signs",
    "version",
];

/// A checked manifest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manifest {
    pub version: Version,
    pub kind: ManifestKind,
    pub routing: Routing,
}

/// What a skill is made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ManifestKind {
    /// The model answers, held to the grammar in this file.
    Prompt { grammar: Option<(InnerPath, GrammarKind)> },
    /// A program answers.
    Process(Process),
}

/// A program, what it asks for, and how much it may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Process {
    pub program: Program,
    /// What follows the program's name.
    pub arguments: Vec<String>,
    pub root: Root,
    pub grants: Grants,
    pub limits: Limits,
    /// Programs of the computer that it cannot do without, by name; only with [`Root::System`].
    pub image_programs: Vec<String>,
}

/// The first word of a command.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Program {
    /// A file of the skill.
    Own(InnerPath),
    /// A program of the computer, looked up in its `PATH`.
    System(String),
}

/// What a skill may touch besides its own folder.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Grants {
    /// No two have the same name.
    pub data: Vec<Data>,
    /// None: it may not ask the model.
    pub generate: Option<Generate>,
}

impl Grants {
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.data.is_empty() && self.generate.is_none()
    }
}

/// A file or folder of the computer that a skill sees as `/data/<name>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Data {
    pub path: DataPath,
    pub name: DataName,
    pub access: Access,
}

/// How much a skill may ask of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Generate {
    /// 1 to 4096.
    pub tokens_per_call: u32,
    /// 1 to 600.
    pub calls_per_minute: u32,
}

/// How much of the computer, and of the person's patience, a skill may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    pub jail: sarai_sandbox::Limits,
    /// From spawn to serving.
    pub start: Duration,
    /// The longest answer.
    pub call: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            jail: sarai_sandbox::Limits {
                memory_bytes: 64_000_000,
                pids: 16,
                open_files: 64,
                tmp_bytes: 16_000_000,
                file_bytes: 16_000_000,
            },
            start: Duration::from_secs(5),
            call: Duration::from_secs(30),
        }
    }
}

/// What speaks for asking a skill.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Routing {
    pub signs: Vec<Sign>,
    pub spanish: Phrases,
    pub english: Phrases,
}

impl Routing {
    #[must_use]
    pub const fn phrases(&self, language: Language) -> &Phrases {
        match language {
            Language::Spanish => &self.spanish,
            Language::English => &self.english,
        }
    }
}

/// The words of one language.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Phrases {
    /// Words and short phrases.
    pub keywords: Vec<String>,
    /// Whole requests as a person would say them.
    pub examples: Vec<String>,
    /// Words and short phrases of requests that the skill is not for, though they resemble its own.
    pub avoid: Vec<String>,
}

/// Three numbers, and perhaps a word after a dash: `1.0.0`, `2.1.0-beta.1` (semver.org, without build metadata).
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version(String);

impl Version {
    const CHARS_MAX: usize = 64;

    fn read(text: &str) -> Option<Self> {
        let (numbers, pre) = text.split_once('-').map_or((text, None), |(numbers, pre)| (numbers, Some(pre)));
        let is_number = |part: &str| part.parse::<u32>().is_ok_and(|number| number.to_string() == part);
        let parts: Vec<&str> = numbers.split('.').collect();
        let is_word = |pre: &str| {
            pre.split('.').all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_alphanumeric() || c == '-'))
        };
        let good = parts.len() == 3 && parts.iter().all(|part| is_number(part)) && pre.is_none_or(is_word);
        (good && text.len() <= Self::CHARS_MAX).then(|| Self(text.to_owned()))
    }

    /// What a skill without a manifest has.
    #[must_use]
    pub fn unknown() -> Self {
        Self("0.0.0".to_owned())
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A relative path with plain names only: as text, it never leaves the folder that it is joined to. (A link on the way
/// may; whoever opens it looks.)
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InnerPath(PathBuf);

impl InnerPath {
    pub(crate) fn read(text: &str) -> Option<Self> {
        let path = Path::new(text);
        let plain = path.components().all(|part| match part {
            Component::Normal(_) | Component::CurDir => true,
            Component::ParentDir | Component::RootDir | Component::Prefix(_) => false,
        });
        let path: PathBuf = path.components().filter(|part| *part != Component::CurDir).collect();
        (plain && is_one_line(text) && path.file_name().is_some()).then_some(Self(path))
    }

    #[must_use]
    pub fn as_path(&self) -> &Path {
        &self.0
    }
}

/// A path of the computer as a manifest or the owner's config names it: absolute, or below the home folder by `~/`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DataPath(String);

impl DataPath {
    /// None if it is neither absolute nor begins with `~/`, or has `..` in it.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let (start, rest) = if let Some(rest) = text.strip_prefix("~/") {
            ("~/", rest)
        } else if text == "~" {
            ("~/", "")
        } else {
            ("/", text.strip_prefix('/')?)
        };
        let mut parts = Vec::new();
        for part in rest.split('/') {
            match part {
                "" | "." => {}
                ".." => return None,
                name => parts.push(name),
            }
        }
        (is_one_line(text) && text.chars().count() <= WORD_CHARS_MAX)
            .then(|| Self(format!("{start}{}", parts.join("/"))))
    }

    #[must_use]
    pub fn under(&self, home: &Path) -> PathBuf {
        self.0.strip_prefix("~/").map_or_else(|| PathBuf::from(&self.0), |rest| home.join(rest))
    }

    /// As it is written, without what says nothing (`//`, `/./`, a slash at the end).
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether the other path is this one, or lies below it.
    #[must_use]
    pub fn holds(&self, other: &Self) -> bool {
        Path::new(&other.0).starts_with(&self.0)
    }
}

impl fmt::Display for DataPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a granted path is called inside, below `/data`: 1 to 64 characters, no slash, no leading dot.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct DataName(String);

impl DataName {
    const CHARS_MAX: usize = 64;

    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let plain = !text.is_empty() && !text.starts_with('.') && !text.contains('/') && is_one_line(text);
        (plain && text.chars().count() <= Self::CHARS_MAX).then(|| Self(text.to_owned()))
    }

    /// The last part of a path.
    #[must_use]
    pub fn of(path: &DataPath) -> Option<Self> {
        let last = path.0.rsplit('/').next().unwrap_or_default();
        Self::read(last)
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DataName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

fn is_one_line(text: &str) -> bool {
    !text.is_empty() && !text.chars().any(char::is_control)
}

/// Reads a manifest. `path` is for the problems; nothing is opened.
///
/// # Errors
/// Everything that is wrong with it, so that it can be mended in one go: 1 to [`Manifest::PROBLEMS_MAX`] problems.
pub fn parse(path: &Path, text: &str) -> Result<Manifest, Vec<Problem>> {
    let mut reader = Reader::new(path, text).map_err(|problem| vec![problem])?;
    reader.check_keys(KEYS);
    let version = reader.text("version", Expects::Version, Version::read);
    let manifest = Manifest {
        kind: kind(&mut reader),
        routing: routing(&mut reader),
        version: version.unwrap_or_else(|| {
            reader.require("version", Expects::Version);
            Version::unknown()
        }),
    };
    reader.finish(manifest)
}

impl Manifest {
    /// More than this helps nobody.
    pub const PROBLEMS_MAX: usize = 20;
}

fn kind(reader: &mut Reader<'_>) -> ManifestKind {
    if !reader.has("command") {
        reader.misplace(&["root", "grants.", "limits.", "image."], Misuse::NeedsCommand);
        return ManifestKind::Prompt { grammar: reader.text("grammar.file", Expects::GrammarFile, grammar_file) };
    }
    reader.misplace(&["grammar."], Misuse::NeedsNoCommand);
    let root = reader.text("root", Expects::Choice(&["empty", "system"]), |word| match word {
        "empty" => Some(Root::Empty),
        "system" => Some(Root::System),
        _ => None,
    });
    let root = root.unwrap_or_default();
    let (program, arguments) = command(reader, root);
    let (grants, limits, image_programs) = (grants(reader), limits(reader), image_programs(reader, root));
    ManifestKind::Process(Process { program, arguments, root, grants, limits, image_programs })
}

fn grammar_file(text: &str) -> Option<(InnerPath, GrammarKind)> {
    let path = InnerPath::read(text)?;
    let kind = match path.as_path().extension()?.to_str()? {
        "gbnf" => GrammarKind::Gbnf,
        "lark" => GrammarKind::Lark,
        "json" => GrammarKind::JsonSchema,
        "regex" => GrammarKind::Regex,
        _ => return None,
    };
    Some((path, kind))
}

fn command(reader: &mut Reader<'_>, root: Root) -> (Program, Vec<String>) {
    let expects = Expects::Command { words_max: COMMAND_WORDS_MAX };
    let mut words = reader
        .list("command", &expects, COMMAND_WORDS_MAX, &expects, |item| {
            let word = item.as_str()?;
            (!word.contains('\0') && word.chars().count() <= WORD_CHARS_MAX).then(|| word.to_owned())
        })
        .unwrap_or_default()
        .into_iter();
    let nothing = Program::System(String::new());
    let Some(first) = words.next() else {
        reader.complain_once("command", expects);
        return (nothing, Vec::new());
    };
    let program = if first.contains('/') {
        InnerPath::read(&first).map(Program::Own).ok_or(Expects::InnerPath)
    } else if first.is_empty() || first.starts_with(['.', '-', '~']) {
        Err(expects)
    } else if root == Root::System {
        Ok(Program::System(first))
    } else {
        Err(Expects::SystemRoot)
    };
    let program = program.unwrap_or_else(|expects| {
        reader.complain_once("command", expects);
        nothing
    });
    (program, words.collect())
}

fn image_programs(reader: &mut Reader<'_>, root: Root) -> Vec<String> {
    let list = Expects::Texts { count_max: IMAGE_PROGRAMS_MAX, chars_max: WORD_CHARS_MAX };
    let item = Expects::Text { chars_max: WORD_CHARS_MAX };
    let programs = reader.list("image.programs", &list, IMAGE_PROGRAMS_MAX, &item, |item| {
        let word = item.as_str()?;
        let is_name = !word.is_empty() && !word.starts_with(['.', '-', '~']) && !word.contains(['/', '\0']);
        (is_name && word.chars().count() <= WORD_CHARS_MAX).then(|| word.to_owned())
    });
    if root == Root::Empty {
        reader.misplace(&["image."], Misuse::NeedsSystemRoot);
    }
    programs.unwrap_or_default()
}

fn grants(reader: &mut Reader<'_>) -> Grants {
    let _: Option<Vec<()>> = reader.list("grants.network", &Expects::NoNetwork, 0, &Expects::NoNetwork, |_| None);
    let mut data: Vec<Data> = Vec::new();
    for (key, access) in [("grants.read", Access::ReadOnly), ("grants.write", Access::ReadWrite)] {
        let expects = Expects::Paths { count_max: PATHS_MAX };
        let items = reader.list(key, &expects, PATHS_MAX, &Expects::DataPath, |item| data_item(item, access));
        for item in items.unwrap_or_default() {
            if data.iter().any(|other| other.name == item.name) {
                reader.misplace_named(key, item.name.as_str(), Misuse::NameTaken);
            } else {
                data.push(item);
            }
        }
    }
    let [tokens, calls] =
        [("grants.generate.tokens_per_call", 4096), ("grants.generate.calls_per_minute", 600)].map(|(key, max)| {
            let value = reader.whole(key, 1, max);
            (key, max, value)
        });
    let generate = match (tokens, calls) {
        ((.., Some(tokens_per_call)), (.., Some(calls_per_minute))) => {
            Some(Generate { tokens_per_call, calls_per_minute })
        }
        ((_, _, None), (_, _, None)) if !reader.has_section("grants.generate") => None,
        (tokens, calls) => {
            // Half a grant is a question, not an answer.
            for (key, max, _) in [tokens, calls].into_iter().filter(|(.., value)| value.is_none()) {
                reader.require(key, Expects::Whole { min: 1, max });
            }
            None
        }
    };
    Grants { data, generate }
}

/// `"~/a/b.db"`, or `{ path = "~/a/b.db", as = "b" }`.
fn data_item(item: &toml::de::DeValue<'_>, access: Access) -> Option<Data> {
    let (path, name) = match item {
        toml::de::DeValue::String(path) => (path.as_ref(), None),
        toml::de::DeValue::Table(table) => {
            if table.keys().any(|key| !matches!(key.get_ref().as_ref(), "path" | "as")) {
                return None;
            }
            let name = match table.get("as") {
                Some(name) => Some(name.get_ref().as_str()?),
                None => None,
            };
            (table.get("path")?.get_ref().as_str()?, name)
        }
        _ => return None,
    };
    let path = DataPath::read(path)?;
    let name = match name {
        Some(name) => DataName::read(name)?,
        None => DataName::of(&path)?,
    };
    Some(Data { path, name, access })
}

fn limits(reader: &mut Reader<'_>) -> Limits {
    let d = Limits::default();
    let memory_bytes = reader.size("limits.memory", 8_000_000, 8_000_000_000).unwrap_or(d.jail.memory_bytes);
    let ms = Duration::from_millis;
    Limits {
        jail: sarai_sandbox::Limits {
            memory_bytes,
            pids: reader.whole("limits.pids", 1, 512).unwrap_or(d.jail.pids),
            open_files: reader.whole("limits.open_files", 16, 4096).unwrap_or(d.jail.open_files),
            // What lies in /tmp counts as memory: a larger one could never be filled.
            tmp_bytes: reader
                .size("limits.tmp", 0, memory_bytes.min(1_000_000_000))
                .unwrap_or_else(|| d.jail.tmp_bytes.min(memory_bytes)),
            file_bytes: reader.size("limits.file", 0, 8_000_000_000).unwrap_or(d.jail.file_bytes),
        },
        start: reader.time("limits.start", ms(10), ms(120_000)).unwrap_or(d.start),
        call: reader.time("limits.call", ms(100), ms(600_000)).unwrap_or(d.call),
    }
}

fn routing(reader: &mut Reader<'_>) -> Routing {
    let choice = Expects::Choice(Sign::WORDS);
    let signs =
        reader.list("routing.signs", &choice, Sign::WORDS.len(), &choice, |item| Sign::from_word(item.as_str()?));
    let mut texts = |key, count_max, chars_max| {
        let list = Expects::Texts { count_max, chars_max };
        let item = Expects::Text { chars_max };
        let texts = reader.list(key, &list, count_max, &item, |item| {
            let text = item.as_str()?.trim();
            (!text.is_empty() && text.chars().count() <= chars_max).then(|| text.to_owned())
        });
        texts.unwrap_or_default()
    };
    let spanish = Phrases {
        keywords: texts("routing.keywords.es", KEYWORDS_MAX, KEYWORD_CHARS_MAX),
        examples: texts("routing.examples.es", EXAMPLES_MAX, EXAMPLE_CHARS_MAX),
        avoid: texts("routing.avoid.es", KEYWORDS_MAX, KEYWORD_CHARS_MAX),
    };
    let english = Phrases {
        keywords: texts("routing.keywords.en", KEYWORDS_MAX, KEYWORD_CHARS_MAX),
        examples: texts("routing.examples.en", EXAMPLES_MAX, EXAMPLE_CHARS_MAX),
        avoid: texts("routing.avoid.en", KEYWORDS_MAX, KEYWORD_CHARS_MAX),
    };
    Routing { signs: signs.unwrap_or_default(), spanish, english }
}

#[cfg(test)]
mod tests;

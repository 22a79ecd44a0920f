//! What a setting can be: each type reads itself from text, prints the same text again, and says what it accepts.

mod lists;
mod mail;
mod target;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use sarai_types::{DRAFT_TOKENS_MAX, Language, ModelId, Notice, Speculation};

pub use lists::{HostNames, Paths};
pub use mail::{MailServer, Mailbox, Security};
pub use target::{Target, Url};

/// The longest piece of a wrong value that an error repeats, in characters.
const SHOWN_MAX: usize = 60;

/// A value as it stands in its source, before it means anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Given {
    Text(String),
    List(Vec<String>),
    /// A key without a value.
    Nothing,
    /// A list with something other than texts in it, which no key takes.
    Nested,
}

impl Given {
    /// The value for an error message: one line, not too long.
    pub(crate) fn shown(&self) -> String {
        match self {
            Self::Text(text) => shorten(text),
            Self::List(items) => shorten(&format!("[{}]", items.join(", "))),
            Self::Nothing => String::new(),
            Self::Nested => "[…]".to_owned(),
        }
    }

    fn text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text.trim()),
            Self::List(_) | Self::Nothing | Self::Nested => None,
        }
    }
}

/// One line of at most [`SHOWN_MAX`] characters, without control characters.
pub(crate) fn shorten(text: &str) -> String {
    let mut line: String = text.chars().take(SHOWN_MAX).map(|c| if c.is_control() { ' ' } else { c }).collect();
    if text.chars().nth(SHOWN_MAX).is_some() {
        line.push('…');
    }
    line
}

/// What a key accepts, for errors, the schema and the example.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Expects {
    /// An IPv4 or IPv6 address.
    Address,
    /// A whole number, both ends included.
    Whole { min: u32, max: u32 },
    /// A number of bytes with its unit, both ends included.
    Size { min_bytes: u64, max_bytes: u64 },
    /// A length of time with its unit, both ends included.
    Time { min_ms: u64, max_ms: u64 },
    /// One of these words.
    Choice(&'static [&'static str]),
    /// The id of a model.
    ModelId,
    /// The id of a model, `auto` or `none`.
    Draft,
    /// The id of a model, or `none`.
    Embedding,
    /// A way to guess ahead.
    Speculation { tokens_max: u8 },
    /// A list of host names.
    Hosts { count_max: usize },
    /// An address of the web, or `none`.
    Target,
    /// An address of e-mail, or `none`.
    Mailbox,
    /// A server that takes e-mail.
    MailServer,
    /// A list of paths.
    Paths { count_max: usize },
    /// What the box holds, or the word `auto`.
    Auto(Box<Expects>),
    /// A section: keys, not a value.
    Section,
}

impl Expects {
    /// The sentence of the complaint about a value that is none of this. The caller adds place, key and value. By
    /// `$auto` the sentences select whether they offer that word too.
    pub(crate) fn complaint(&self) -> Notice {
        let auto = if matches!(self, Self::Auto(_)) { "yes" } else { "no" };
        self.shape_complaint().arg("auto", auto)
    }

    fn shape_complaint(&self) -> Notice {
        match self {
            Self::Auto(inner) => inner.shape_complaint(),
            Self::Address => Notice::new("config-wrong-address"),
            Self::Whole { min, max } => Notice::new("config-wrong-whole").arg("min", min).arg("max", max),
            Self::Size { min_bytes, max_bytes } => Notice::new("config-wrong-size")
                .arg("min", quantity_text(*min_bytes, SIZE_UNITS))
                .arg("max", quantity_text(*max_bytes, SIZE_UNITS)),
            Self::Time { min_ms, max_ms } => Notice::new("config-wrong-time")
                .arg("min", quantity_text(*min_ms, TIME_UNITS))
                .arg("max", quantity_text(*max_ms, TIME_UNITS)),
            Self::Choice(words) => Notice::new("config-wrong-choice").arg("choices", words.join(", ")),
            Self::ModelId => Notice::new("config-wrong-model").arg("max", ModelId::LEN_MAX),
            Self::Draft => Notice::new("config-wrong-draft").arg("max", ModelId::LEN_MAX),
            Self::Embedding => Notice::new("config-wrong-embedding").arg("max", ModelId::LEN_MAX),
            Self::Speculation { tokens_max } => Notice::new("config-wrong-speculation").arg("max", tokens_max),
            Self::Hosts { count_max } => Notice::new("config-wrong-hosts").arg("max", count_max),
            Self::Paths { count_max } => Notice::new("config-wrong-paths").arg("max", count_max),
            Self::Target => Notice::new("config-wrong-target"),
            Self::Mailbox => Notice::new("config-wrong-mailbox"),
            Self::MailServer => Notice::new("config-wrong-mail-server"),
            Self::Section => Notice::new("config-wrong-section"),
        }
    }
}

impl fmt::Display for Expects {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Address => f.write_str("an IP address"),
            Self::Whole { min, max } => write!(f, "a whole number from {min} to {max}"),
            Self::Size { min_bytes, max_bytes } => {
                let [min, max] = [min_bytes, max_bytes].map(|bytes| quantity_text(*bytes, SIZE_UNITS));
                write!(f, "a size from {min} to {max}")
            }
            Self::Time { min_ms, max_ms } => {
                let [min, max] = [min_ms, max_ms].map(|ms| quantity_text(*ms, TIME_UNITS));
                write!(f, "a time from {min} to {max}")
            }
            Self::Choice(words) => f.write_str(&words.join(" | ")),
            Self::ModelId => write!(f, "a model id of at most {} characters", ModelId::LEN_MAX),
            Self::Draft => write!(f, "none | auto | a model id of at most {} characters", ModelId::LEN_MAX),
            Self::Embedding => write!(f, "none | a model id of at most {} characters", ModelId::LEN_MAX),
            Self::Speculation { tokens_max } => write!(f, "auto | off | acceptance | fixed:1 to fixed:{tokens_max}"),
            Self::Hosts { count_max } => write!(f, "a list of at most {count_max} host names"),
            Self::Paths { count_max } => write!(f, "a list of at most {count_max} paths"),
            Self::Target => f.write_str("none | an address that starts with http:// or https://"),
            Self::Mailbox => f.write_str("none | an address of e-mail"),
            Self::MailServer => f.write_str("smtp://[USER@]HOST[:PORT] or smtps://[USER@]HOST[:PORT]"),
            Self::Auto(inner) => write!(f, "auto | {inner}"),
            Self::Section => f.write_str("keys, indented below it"),
        }
    }
}

/// A type of a setting. `Display` prints what `read` reads: the example, the schema and [`crate::reload`] rely on it.
pub(crate) trait Setting: Sized + Clone + fmt::Display {
    fn expects() -> Expects;
    /// The value, or none if it is not what [`Setting::expects`] says.
    fn read(given: &Given) -> Option<Self>;
}

/// A value, or the program's own choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Auto<T> {
    Auto,
    Is(T),
}

impl<T> Auto<T> {
    /// The value that was set; none where the program chooses.
    pub fn set(self) -> Option<T> {
        match self {
            Self::Auto => None,
            Self::Is(value) => Some(value),
        }
    }
}

impl<T: Setting> Setting for Auto<T> {
    fn expects() -> Expects {
        Expects::Auto(Box::new(T::expects()))
    }

    fn read(given: &Given) -> Option<Self> {
        if given.text() == Some("auto") { Some(Self::Auto) } else { T::read(given).map(Self::Is) }
    }
}

impl<T: fmt::Display> fmt::Display for Auto<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Auto => f.write_str("auto"),
            Self::Is(value) => value.fmt(f),
        }
    }
}

/// A whole number from `MIN` to `MAX`, both included.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Whole<const MIN: u32, const MAX: u32>(u32);

impl<const MIN: u32, const MAX: u32> Whole<MIN, MAX> {
    /// For defaults, which are constants: out of range does not compile.
    pub(crate) const fn of(value: u32) -> Self {
        assert!(MIN <= value && value <= MAX);
        Self(value)
    }

    #[must_use]
    pub const fn get(self) -> u32 {
        self.0
    }
}

impl<const MIN: u32, const MAX: u32> Setting for Whole<MIN, MAX> {
    fn expects() -> Expects {
        Expects::Whole { min: MIN, max: MAX }
    }

    fn read(given: &Given) -> Option<Self> {
        let value = given.text()?.parse().ok()?;
        (MIN..=MAX).contains(&value).then_some(Self(value))
    }
}

impl<const MIN: u32, const MAX: u32> fmt::Display for Whole<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Units and how many of the base unit they hold; the first one that divides a value is the one it is printed in.
type Units = &'static [(&'static str, u64)];

const SIZE_UNITS: Units = &[
    ("TB", 1_000_000_000_000),
    ("GB", 1_000_000_000),
    ("MB", 1_000_000),
    ("TiB", 1 << 40),
    ("GiB", 1 << 30),
    ("MiB", 1 << 20),
];

const TIME_UNITS: Units = &[("d", 86_400_000), ("h", 3_600_000), ("m", 60_000), ("s", 1000), ("ms", 1)];

/// Reads `6GB`, `6 gb`. The unit is never left out: a bare number would leave the reader guessing.
fn quantity(text: &str, units: Units) -> Option<u64> {
    let (digits, unit) = text.split_at(text.find(|c: char| !c.is_ascii_digit())?);
    let (_, factor) = units.iter().find(|(name, _)| name.eq_ignore_ascii_case(unit.trim_start()))?;
    digits.parse::<u64>().ok()?.checked_mul(*factor)
}

fn quantity_text(value: u64, units: Units) -> String {
    let exact = units.iter().find(|(_, factor)| value != 0 && value.is_multiple_of(*factor));
    // No value smaller than the last unit can have been read.
    let (name, factor) = exact.unwrap_or(&units[units.len() - 1]);
    format!("{}{name}", value / factor)
}

/// A number of bytes from `MIN` to `MAX`, both included, written with a unit: `6GB`, `512MiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size<const MIN: u64, const MAX: u64>(u64);

impl<const MIN: u64, const MAX: u64> Size<MIN, MAX> {
    /// For defaults, which are constants: out of range does not compile.
    pub(crate) const fn of_bytes(bytes: u64) -> Self {
        assert!(MIN <= bytes && bytes <= MAX);
        Self(bytes)
    }

    #[must_use]
    pub const fn bytes(self) -> u64 {
        self.0
    }
}

impl<const MIN: u64, const MAX: u64> Setting for Size<MIN, MAX> {
    fn expects() -> Expects {
        Expects::Size { min_bytes: MIN, max_bytes: MAX }
    }

    fn read(given: &Given) -> Option<Self> {
        let bytes = quantity(given.text()?, SIZE_UNITS)?;
        (MIN..=MAX).contains(&bytes).then_some(Self(bytes))
    }
}

impl<const MIN: u64, const MAX: u64> fmt::Display for Size<MIN, MAX> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quantity_text(self.0, SIZE_UNITS))
    }
}

/// A length of time from `MIN_MS` to `MAX_MS` milliseconds, both included, written with a unit: `500ms`, `10s`, `2h`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Time<const MIN_MS: u64, const MAX_MS: u64>(u64);

impl<const MIN_MS: u64, const MAX_MS: u64> Time<MIN_MS, MAX_MS> {
    /// For defaults, which are constants: out of range does not compile.
    pub(crate) const fn of_ms(ms: u64) -> Self {
        assert!(MIN_MS <= ms && ms <= MAX_MS);
        Self(ms)
    }

    #[must_use]
    pub const fn duration(self) -> Duration {
        Duration::from_millis(self.0)
    }
}

impl<const MIN_MS: u64, const MAX_MS: u64> Setting for Time<MIN_MS, MAX_MS> {
    fn expects() -> Expects {
        Expects::Time { min_ms: MIN_MS, max_ms: MAX_MS }
    }

    fn read(given: &Given) -> Option<Self> {
        let ms = quantity(given.text()?, TIME_UNITS)?;
        (MIN_MS..=MAX_MS).contains(&ms).then_some(Self(ms))
    }
}

impl<const MIN_MS: u64, const MAX_MS: u64> fmt::Display for Time<MIN_MS, MAX_MS> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&quantity_text(self.0, TIME_UNITS))
    }
}

macro_rules! choice {
    ($(#[$meta:meta])* $name:ident { $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)* }) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$variant_meta])* $variant,)* }

        impl Setting for $name {
            fn expects() -> Expects {
                Expects::Choice(&[$($word),*])
            }

            fn read(given: &Given) -> Option<Self> {
                match given.text()? {
                    $($word => Some(Self::$variant),)*
                    _ => None,
                }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(match self { $(Self::$variant => $word,)* })
            }
        }
    };
}

choice! {
    /// Whether something is on.
    Switch {
        Off = "false",
        On = "true",
    }
}

choice! {
    /// How much the log says, from least to most.
    LogLevel {
        Error = "error",
        Warn = "warn",
        Info = "info",
        Debug = "debug",
        Trace = "trace",
    }
}

choice! {
    /// What skills run in.
    SkillRuntime {
        /// A jail of this computer's own kernel.
        Local = "local",
        /// A container of Docker or Podman.
        Docker = "docker",
        /// No skill runs.
        Disabled = "disabled",
    }
}

choice! {
    /// How a model's weights lie in memory.
    Weights {
        /// By measurement.
        Auto = "auto",
        /// As in the file.
        Stored = "stored",
        /// Interleaved for the matrix kernels.
        Repacked = "repacked",
        /// Both, each where it is faster.
        Both = "both",
    }
}

/// The model that guesses ahead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Draft {
    None,
    /// The catalogue's own choice.
    Auto,
    Is(ModelId),
}

impl Setting for Draft {
    fn expects() -> Expects {
        Expects::Draft
    }

    fn read(given: &Given) -> Option<Self> {
        match given.text()? {
            "none" => Some(Self::None),
            "auto" => Some(Self::Auto),
            id => id.parse().ok().map(Self::Is),
        }
    }
}

impl fmt::Display for Draft {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Auto => f.write_str("auto"),
            Self::Is(id) => id.fmt(f),
        }
    }
}

/// The model that turns texts into vectors.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Embedding {
    None,
    Is(ModelId),
}

impl Setting for Embedding {
    fn expects() -> Expects {
        Expects::Embedding
    }

    fn read(given: &Given) -> Option<Self> {
        match given.text()? {
            "none" => Some(Self::None),
            id => id.parse().ok().map(Self::Is),
        }
    }
}

impl fmt::Display for Embedding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::Is(id) => id.fmt(f),
        }
    }
}

impl Setting for Speculation {
    fn expects() -> Expects {
        Expects::Speculation { tokens_max: DRAFT_TOKENS_MAX }
    }

    fn read(given: &Given) -> Option<Self> {
        given.text()?.parse().ok()
    }
}

impl Setting for Language {
    fn expects() -> Expects {
        Expects::Choice(&["es", "en"])
    }

    fn read(given: &Given) -> Option<Self> {
        let text = given.text()?;
        Self::ALL.into_iter().find(|language| language.tag() == text)
    }
}

impl Setting for IpAddr {
    fn expects() -> Expects {
        Expects::Address
    }

    fn read(given: &Given) -> Option<Self> {
        given.text()?.parse().ok()
    }
}

/// A TCP port. 0 lets the system pick a free one.
impl Setting for u16 {
    fn expects() -> Expects {
        Expects::Whole { min: u32::from(Self::MIN), max: u32::from(Self::MAX) }
    }

    fn read(given: &Given) -> Option<Self> {
        given.text()?.parse().ok()
    }
}

impl Setting for ModelId {
    fn expects() -> Expects {
        Expects::ModelId
    }

    fn read(given: &Given) -> Option<Self> {
        given.text()?.parse().ok()
    }
}

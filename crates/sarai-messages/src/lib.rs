//! Every sentence that a person reads, in Spanish and in English.
//!
//! The sentences live in `messages/{es,en}/<area>.ftl` (Project Fluent) and are compiled in, so that a message can
//! never be missing on disk. An id starts with its area (`models-checksum-wrong`); both languages have the same ids with
//! the same variables, and this crate's tests hold them to it.
//!
//! # Key types
//! - [`Messages`]: the sentences of one language. It is a tag; copy it freely.
//! - [`Area`]: one message file. Adding one means adding a row to its table.
//!
//! # Use
//! 1. At the rim, find out the person's language: [`language_from_env`], or `Language::from_accept_language`.
//! 2. `Messages::new(language).text(&notice)`.
//!
//! It never fails and never panics: an unknown id reads as the id itself, a variable that was not given as `{$name}`.
//! Both are defects, which the tests look for.

use std::borrow::Cow;
use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::types::FluentNumber;
use fluent_bundle::{FluentArgs, FluentResource, FluentValue};
use fluent_syntax::ast::Entry;
use sarai_types::{Language, Notice};

/// The longest text that counts as a number, in bytes. Longer ones would lose digits as an `f64`.
const NUMBER_LEN_MAX: usize = 15;

macro_rules! areas {
    ($($variant:ident = $name:literal,)*) => {
        /// One message file, in both languages.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Area { $($variant,)* }

        impl Area {
            pub const ALL: [Self; [$($name),*].len()] = [$(Self::$variant),*];

            /// What the area's ids start with, before a dash.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)* }
            }

            const fn source(self, language: Language) -> &'static str {
                match (self, language) {
                    $(
                        (Self::$variant, Language::Spanish) => {
                            include_str!(concat!("../../../messages/es/", $name, ".ftl"))
                        }
                        (Self::$variant, Language::English) => {
                            include_str!(concat!("../../../messages/en/", $name, ".ftl"))
                        }
                    )*
                }
            }
        }
    };
}

areas! {
    Agent = "agent",
    Api = "api",
    Bench = "bench",
    Chat = "chat",
    Cli = "cli",
    Config = "config",
    Conform = "conform",
    Daemon = "daemon",
    Doctor = "doctor",
    Engine = "engine",
    Memory = "memory",
    Models = "models",
    Page = "page",
    Rules = "rules",
    Skills = "skills",
}

/// All sentences of one language, parsed once.
struct Catalogue {
    bundle: FluentBundle<FluentResource>,
    ids: Vec<(Area, String)>,
}

impl Catalogue {
    /// What does not parse, or is there twice, is left out; the tests read the same files and are stricter.
    fn new(language: Language) -> Self {
        let mut bundle = FluentBundle::new_concurrent(language.tag().parse().into_iter().collect());
        // Isolation marks are invisible characters around each value; terminals print some of them as boxes.
        bundle.set_use_isolating(false);
        let mut ids = Vec::new();
        for area in Area::ALL {
            let (Ok(resource) | Err((resource, _))) = FluentResource::try_new(area.source(language).to_owned());
            ids.extend(resource.entries().filter_map(|entry| match entry {
                Entry::Message(message) => Some((area, message.id.name.to_owned())),
                Entry::Term(_)
                | Entry::Comment(_)
                | Entry::GroupComment(_)
                | Entry::ResourceComment(_)
                | Entry::Junk { .. } => None,
            }));
            let _ = bundle.add_resource(resource);
        }
        Self { bundle, ids }
    }

    fn of(language: Language) -> &'static Self {
        static SPANISH: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::new(Language::Spanish));
        static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::new(Language::English));
        match language {
            Language::Spanish => &SPANISH,
            Language::English => &ENGLISH,
        }
    }

    fn format<'a>(&'a self, id: &'a str, args: &'a FluentArgs<'a>) -> Cow<'a, str> {
        let Some(pattern) = self.bundle.get_message(id).and_then(|message| message.value()) else {
            return Cow::Borrowed(id);
        };
        // Errors here are variables that were not given; the text shows their names.
        self.bundle.format_pattern(pattern, Some(args), &mut Vec::new())
    }
}

/// The sentences of one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Messages {
    language: Language,
}

impl Messages {
    #[must_use]
    pub const fn new(language: Language) -> Self {
        Self { language }
    }

    #[must_use]
    pub const fn language(self) -> Language {
        self.language
    }

    /// The sentence of a notice, with its values in it. A value that reads as a number selects plural forms, and is
    /// printed exactly as it was given.
    #[must_use]
    pub fn text(self, notice: &Notice) -> String {
        let args = notice.args.iter().map(|(name, value)| (*name, value_of(value))).collect();
        Catalogue::of(self.language).format(notice.id, &args).into_owned()
    }

    /// A sentence without values.
    #[must_use]
    pub fn get(self, id: &str) -> String {
        Catalogue::of(self.language).format(id, &FluentArgs::new()).into_owned()
    }

    /// All sentences of an area with their ids, in the order of the file, for a reader that fills in values by itself:
    /// where a value goes, the text says `{$name}`.
    pub fn all(self, area: Area) -> impl Iterator<Item = (&'static str, String)> {
        let ids = Catalogue::of(self.language).ids.iter();
        ids.filter(move |(of, _)| *of == area).map(move |(_, id)| (id.as_str(), self.get(id)))
    }
}

/// The sentence of a notice in a language.
#[must_use]
pub fn text(language: Language, notice: &Notice) -> String {
    Messages::new(language).text(notice)
}

/// The person's language by their environment: the first of `SARAI_LANG`, `LC_ALL`, `LC_MESSAGES` and `LANG` that is
/// set and not empty, the POSIX order. One that names neither of ours gives English.
///
/// `get` looks a variable up; at the rim it is `|name| std::env::var(name).ok()`.
#[must_use]
pub fn language_from_env(get: impl Fn(&str) -> Option<String>) -> Language {
    ["SARAI_LANG", "LC_ALL", "LC_MESSAGES", "LANG"]
        .into_iter()
        .find_map(|name| get(name).filter(|value| !value.is_empty()))
        .and_then(|value| Language::from_tag(&value))
        .unwrap_or_default()
}

/// A number if the text is one and prints as the same text again, so that `007`, `1e3` and digests stay as they are.
fn value_of(text: &str) -> FluentValue<'_> {
    let candidate = if text.len() <= NUMBER_LEN_MAX { text.parse::<FluentNumber>().ok() } else { None };
    match candidate {
        Some(number) if number.value.is_finite() && number.as_string() == text => FluentValue::Number(number),
        Some(_) | None => FluentValue::from(text),
    }
}

#[cfg(test)]
mod tests;

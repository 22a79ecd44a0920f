//! Every sentence that a person reads, in Spanish and in English.
//!
//! The sentences live in `messages/{es,en}/<area>.ftl` (Project Fluent) and are compiled in, so that a message can
//! never be missing on disk. An id starts with its area (`models-checksum-wrong`); both languages have the same ids with
//! the same variables, and this crate's tests hold them to it.
//!
//! # Key types
//! - [`Messages`]: the sentences of one language, in the letters that its reader can be shown. It is a tag; copy it
//!   freely.
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
    Setup = "setup",
    Skills = "skills",
}

/// All sentences of one language, parsed once.
struct Catalogue {
    bundle: FluentBundle<FluentResource>,
    ids: Vec<(Area, String)>,
}

impl Catalogue {
    /// What does not parse, or is there twice, is left out; the tests read the same files and are stricter.
    fn new(language: Language, letters: Letters) -> Self {
        let mut bundle = FluentBundle::new_concurrent(language.tag().parse().into_iter().collect());
        // Isolation marks are invisible characters around each value; terminals print some of them as boxes.
        bundle.set_use_isolating(false);
        bundle.set_transform(match letters {
            Letters::All => None,
            Letters::Ascii => Some(in_ascii),
        });
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

    fn of(Messages { language, letters }: Messages) -> &'static Self {
        static SPANISH: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::new(Language::Spanish, Letters::All));
        static ENGLISH: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::new(Language::English, Letters::All));
        static SPANISH_ASCII: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::new(Language::Spanish, Letters::Ascii));
        static ENGLISH_ASCII: LazyLock<Catalogue> = LazyLock::new(|| Catalogue::new(Language::English, Letters::Ascii));
        match (language, letters) {
            (Language::Spanish, Letters::All) => &SPANISH,
            (Language::English, Letters::All) => &ENGLISH,
            (Language::Spanish, Letters::Ascii) => &SPANISH_ASCII,
            (Language::English, Letters::Ascii) => &ENGLISH_ASCII,
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

/// Which letters a reader can be shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Letters {
    #[default]
    All,
    /// Sentences lose their accents; values in them, which may be paths, stay as they are.
    Ascii,
}

/// The sentences of one language.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Messages {
    language: Language,
    letters: Letters,
}

impl Messages {
    #[must_use]
    pub const fn new(language: Language) -> Self {
        Self { language, letters: Letters::All }
    }

    /// For a reader who cannot be shown all letters.
    #[must_use]
    pub const fn in_letters(self, letters: Letters) -> Self {
        Self { language: self.language, letters }
    }

    /// The same reader, in another language.
    #[must_use]
    pub const fn in_language(self, language: Language) -> Self {
        Self { language, letters: self.letters }
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
        Catalogue::of(self).format(notice.id, &args).into_owned()
    }

    /// A text of ours from elsewhere, in the letters that the reader can be shown.
    #[must_use]
    pub fn shown(self, text: &str) -> Cow<'_, str> {
        match self.letters {
            Letters::All => Cow::Borrowed(text),
            Letters::Ascii => in_ascii(text),
        }
    }

    /// A sentence without values.
    #[must_use]
    pub fn get(self, id: &str) -> String {
        Catalogue::of(self).format(id, &FluentArgs::new()).into_owned()
    }

    /// All sentences of an area with their ids, in the order of the file, for a reader that fills in values by itself:
    /// where a value goes, the text says `{$name}`.
    pub fn all(self, area: Area) -> impl Iterator<Item = (&'static str, String)> {
        let ids = Catalogue::of(self).ids.iter();
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

/// The text without what ASCII does not have; `?` stands for a letter that nobody thought of.
fn in_ascii(text: &str) -> Cow<'_, str> {
    if text.is_ascii() {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            'á' => out.push('a'),
            'é' => out.push('e'),
            'í' => out.push('i'),
            'ó' => out.push('o'),
            'ú' | 'ü' => out.push('u'),
            'ñ' => out.push('n'),
            'Á' => out.push('A'),
            'É' => out.push('E'),
            'Í' => out.push('I'),
            'Ó' => out.push('O'),
            'Ú' | 'Ü' => out.push('U'),
            'Ñ' => out.push('N'),
            '«' | '»' | '“' | '”' => out.push('"'),
            '’' => out.push('\''),
            '¿' | '¡' => {}
            '…' => out.push_str("..."),
            '–' | '·' => out.push('-'),
            '●' => out.push('*'),
            '↑' => out.push('^'),
            c if c.is_ascii() => out.push(c),
            _ => out.push('?'),
        }
    }
    Cow::Owned(out)
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

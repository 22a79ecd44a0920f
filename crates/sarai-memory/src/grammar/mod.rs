//! Enough grammar of Spanish and English to know who a sentence is about and what it says of them.
//!
//! There is no parser of everything. A [`Scan`] looks at one sentence; it finds noun phrases that name somebody of the
//! owner's world ([`noun`]), verb groups with their person, tense and polarity ([`group`]), and fits the frames of
//! `frames.txt` to them ([`frames`], [`slots`]). What fits no frame says nothing that would be remembered.

pub(crate) mod dose;
mod english;
mod family;
mod figures;
pub(crate) mod frames;
pub(crate) mod group;
pub(crate) mod health;
pub(crate) mod name;
pub(crate) mod noun;
mod people;
mod places;
pub(crate) mod slots;
mod things;
mod work;

use sarai_types::Language;

use crate::text::Token;
use crate::time::{Direction, Lookup};

/// Somebody or something, as a sentence names it.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Mention {
    Owner,
    /// «Mi hermana», «la madre de mi marido», perhaps with a name: «mi hermana Ana».
    Relative {
        of: Box<Mention>,
        kin: &'static str,
        name: Option<String>,
        plural: bool,
    },
    Animal {
        of: Box<Mention>,
        species: &'static str,
        name: Option<String>,
        plural: bool,
    },
    Named(String),
    /// «Ella», «su …», a verb without a subject: whoever the sentence before was about.
    Pronoun {
        feminine: Option<bool>,
        plural: bool,
    },
    /// A thing of somebody's; the key is that of [`crate::words::key`].
    Thing {
        of: Box<Mention>,
        key: String,
        text: String,
    },
}

impl Mention {
    pub(crate) fn relative(kin: &'static str, plural: bool) -> Self {
        Self::Relative { of: Box::new(Self::Owner), kin, name: None, plural }
    }

    /// What somebody takes, as a thing that has a place.
    pub(crate) fn medicine(of: Self, text: &str) -> Self {
        Self::Thing { of: Box::new(of), key: crate::words::key(text), text: text.to_owned() }
    }

    /// The same with a name.
    pub(crate) fn called(self, name: String) -> Self {
        match self {
            Self::Relative { of, kin, plural, .. } => Self::Relative { of, kin, name: Some(name), plural },
            Self::Animal { of, species, plural, .. } => Self::Animal { of, species, name: Some(name), plural },
            Self::Owner | Self::Named(_) | Self::Pronoun { .. } | Self::Thing { .. } => self,
        }
    }

    /// The same with the name of whoever it is of, if that has one.
    fn outermost(self) -> Self {
        match self {
            Self::Relative { of, kin, name: None, plural: false } => {
                let (of, name) = of.parted();
                Self::Relative { of: Box::new(of), kin, name, plural: false }
            }
            Self::Animal { of, species, name: None, plural: false } => {
                let (of, name) = of.parted();
                Self::Animal { of: Box::new(of), species, name, plural: false }
            }
            other => other,
        }
    }

    /// Somebody without their name, and the name.
    fn parted(self) -> (Self, Option<String>) {
        match self {
            Self::Relative { of, kin, name, plural } => (Self::Relative { of, kin, name: None, plural }, name),
            Self::Animal { of, species, name, plural } => (Self::Animal { of, species, name: None, plural }, name),
            other => (other, None),
        }
    }

    pub(crate) const fn is_person(&self) -> bool {
        !matches!(self, Self::Thing { .. })
    }
}

/// One sentence under the lens.
pub(crate) struct Scan<'a> {
    pub(crate) text: &'a str,
    pub(crate) tokens: &'a [Token],
    pub(crate) language: Language,
    /// The writer uses no capitals, so they tell nothing.
    pub(crate) lower_case: bool,
    /// Whether somebody of this folded name is known already.
    pub(crate) known: &'a dyn Fn(&str) -> bool,
    pub(crate) lookup: Lookup,
    /// The talk is of somebody's work.
    pub(crate) work: bool,
}

impl<'a> Scan<'a> {
    /// The folded word at this place; empty past the end and at marks.
    pub(crate) fn word(&self, at: usize) -> &'a str {
        self.tokens.get(at).map_or("", |token| token.fold.as_str())
    }

    pub(crate) fn is_any(&self, at: usize, words: &[&str]) -> bool {
        at < self.tokens.len() && words.contains(&self.word(at))
    }

    pub(crate) fn spanish(&self) -> bool {
        self.language == Language::Spanish
    }

    /// The text of some tokens as it stands.
    pub(crate) fn source(&self, first: usize, last: usize) -> &'a str {
        match (self.tokens.get(first), last.checked_sub(1).and_then(|last| self.tokens.get(last))) {
            (Some(a), Some(b)) if a.start <= b.end => {
                let text = &self.text[a.start..b.end];
                // The token of "key's" is cut only from its word.
                let clitic = self.tokens.get(last).is_some_and(|next| next.is("'s") && next.end == b.end);
                let bare = text.strip_suffix("'s").or_else(|| text.strip_suffix("’s"));
                bare.filter(|_| clitic && !b.is("'s")).unwrap_or(text)
            }
            _ => "",
        }
    }

    /// The same lens with dates that point this way.
    pub(crate) const fn pointing(&self, direction: Direction) -> Lookup {
        Lookup { direction, ..self.lookup }
    }
}

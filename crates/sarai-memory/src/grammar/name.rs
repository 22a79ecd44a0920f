//! What people are called, and what tells them apart: «doctora Alonso», «María de la O», «Sofía la del club».

use super::Scan;
use crate::text::Kind;
use crate::words::lists::NO_NAMES;
use crate::words::{self, Class};

use super::noun::ARTICLES;

pub(super) const TITLES: &[&str] = &[
    "doctor",
    "doctora",
    "dr",
    "dra",
    "senor",
    "senora",
    "sr",
    "sra",
    "srta",
    "profesor",
    "profesora",
    "don",
    "dona",
    "mr",
    "mrs",
    "ms",
    "miss",
    "prof",
    "padre",
    "sir",
];
/// Where colleagues are from: "Sam from work".
pub(super) const WORKPLACES: &[&str] = &["work", "office", "trabajo", "oficina", "curro", "laburo", "chamba"];

impl Scan<'_> {
    /// "My sister ana rang me": right behind a relation a name needs no capital.
    pub(super) fn small_name(&self, at: usize) -> Option<(String, usize)> {
        let token = self.tokens.get(at).filter(|token| token.is_word() && !token.capital)?;
        let other = words::senses(None, &token.fold).next().is_some()
            || !words::forms(self.language, &token.lower, &token.fold).is_empty();
        (words::is_first_name(&token.fold) && !other).then(|| (proper(self.source(at, at + 1), true), at + 1))
    }

    /// «Sofía la del club», "Pat from the GAA club": a name with what tells its bearer from others who are called so.
    pub(super) fn told_apart(&self, name: String, end: usize) -> (String, usize) {
        let close = |at: usize| {
            self.tokens.get(at).is_none_or(|token| token.is_mark() || token.is("'s"))
                || self.verb_at(at)
                || self.is_any(at, &["se", "le", "no", "ya", "me", "is", "has", "and", "y"])
        };
        let comma = usize::from(self.word(end) == ",");
        let (first, last) = if self.spanish() {
            let from = end + comma;
            let tied = self.is_any(from, &["la", "el"]) && self.word(from + 1) == "de";
            let first = from + 2 + usize::from(self.is_any(from + 2, ARTICLES));
            (first, if tied { first + 1 } else { first })
        } else {
            let tied = self.word(end) == "from" && self.is_any(end + 1, &["the", "my", "our"]);
            let first = end + 2;
            let last = (first + 1..first + 4).find(|&at| close(at)).filter(|_| tied);
            (first, last.unwrap_or(first))
        };
        let plain = |at: usize| {
            self.tokens.get(at).is_some_and(|token| token.is_word() && token.fold.len() > 2)
                && words::longest(self.language, self.tokens, at, &[Class::Kin, Class::Place]).is_none()
                && !self.is_any(at, WORKPLACES)
        };
        if last == first || !close(last) || !(first..last).all(plain) {
            return (name, end);
        }
        let closed = last + usize::from(self.spanish() && comma > 0 && self.word(last) == ",");
        (format!("{name} ({})", self.source(first, last)), closed)
    }

    /// A person's name: capitals, particles between them («María de la O»), and how far it may be trusted.
    pub(crate) fn name(&self, at: usize, trust: Trust) -> Option<(String, usize)> {
        let quoted = self.tokens.get(at).is_some_and(|t| t.is_mark() && t.quoted);
        let from = at + usize::from(quoted);
        // "Dr. Okafor", «doctora Alonso».
        let titled = self.is_any(from, TITLES);
        let behind = from + 1 + usize::from(self.word(from + 1) == ".");
        if titled && let Some((name, end)) = self.name(behind, Trust::Capital).filter(|_| trust != Trust::Strict) {
            return Some((proper(&format!("{} {name}", self.source(from, behind)), self.lower_case), end));
        }
        let first = self.tokens.get(from).filter(|token| token.kind == Kind::Word)?;
        // «Es todo L».
        let letter = first.fold.chars().count() == 1 && trust != Trust::Anything;
        let ella = first.is("ella") && first.capital && !self.spanish();
        if letter
            || NO_NAMES.contains(&first.fold.as_str())
                && !ella
                && !(quoted || trust == Trust::Anything && first.capital)
        {
            return None;
        }
        let listed = words::is_first_name(&first.fold);
        let common = [
            Class::Kin,
            Class::Food,
            Class::Colour,
            Class::Job,
            Class::Pet,
            Class::Thing,
            Class::Attribute,
            Class::Kind,
            Class::Nation,
        ];
        let clash = words::senses(Some(self.language), &first.fold).any(|sense| common.contains(&sense.class));
        // German speaks no German.
        let nation = words::senses(Some(self.language), &first.fold).any(|sense| sense.class == Class::Nation);
        let accepted = match trust {
            Trust::Strict => {
                // «¿dónde vive brooke?», where Brooke is known and the word is no other.
                let other = clash || !words::forms(self.language, &first.lower, &first.fold).is_empty();
                (self.known)(&first.fold) && (first.capital || self.lower_case && (listed || !other))
                    || listed && (first.capital && !nation || self.lower_case && !clash)
            }
            Trust::Capital => first.capital || (self.lower_case && listed && !clash) || quoted,
            Trust::Anything => true,
        };
        if !accepted {
            return None;
        }
        let mut end = from + 1;
        let mut last = end;
        while end < self.tokens.len() && end < from + 6 {
            let token = &self.tokens[end];
            let particle =
                matches!(token.fold.as_str(), "de" | "la" | "van" | "von" | "da" | "dos") || token.lower == "y";
            if token.kind == Kind::Word
                && token.capital
                && token.fold != "'s"
                && !NO_NAMES.contains(&token.fold.as_str())
            {
                last = end + 1;
            } else if !particle
                || self.tokens.get(end + 1).is_none_or(|t| !t.capital && !matches!(t.fold.as_str(), "la" | "los"))
                || token.lower == "y"
            {
                break;
            }
            end += 1;
        }
        let end =
            if quoted && self.tokens.get(last).is_some_and(|t| t.is_mark() && t.quoted) { last + 1 } else { last };
        Some((proper(self.source(from, last), self.lower_case), end))
    }
}

/// How much must speak for a name before it is taken for one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trust {
    /// A name that people have, or somebody known.
    Strict,
    /// A capital.
    Capital,
    /// The sentence says that it is a name: «se llama …».
    Anything,
}

/// A name with its capitals, if the writer uses none.
fn proper(name: &str, lower_case: bool) -> String {
    if !lower_case {
        return name.to_owned();
    }
    name.split(' ')
        .map(|word| {
            let mut chars = word.chars();
            chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
        })
        .collect::<Vec<_>>()
        .join(" ")
}

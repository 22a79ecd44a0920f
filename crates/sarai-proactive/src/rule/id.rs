//! The names of rules.

use std::fmt;
use std::str::FromStr;

/// Why a text is not the name of a rule.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error("a rule's name has 1 to {max} characters, not {len}", max = RuleId::LEN_MAX)]
    Length { len: usize },
    #[error("a rule's name has small letters, digits, `-` and `_` only, not {0:?}")]
    Character(char),
}

/// The name of a rule: 1 to 48 characters out of `a–z 0–9 - _`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RuleId(String);

impl RuleId {
    /// The longest name, in characters.
    pub const LEN_MAX: usize = 48;
    /// The longest name that is made from words; room is left for a number.
    const MADE_LEN_MAX: usize = 40;
    const NAMELESS: &'static str = "rule";

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// A name out of words: «Sacar la basura» gives `sacar-la-basura`, and `sacar-la-basura-2` if that is taken.
    #[must_use]
    pub fn from_words(words: &[String], taken: impl Fn(&str) -> bool) -> Self {
        let mut name = String::new();
        for word in words {
            let word: String = word.chars().filter(char::is_ascii_alphanumeric).collect();
            if word.is_empty() {
                continue;
            }
            if name.len() + word.len() >= Self::MADE_LEN_MAX {
                break;
            }
            if !name.is_empty() {
                name.push('-');
            }
            name.push_str(&word.to_ascii_lowercase());
        }
        if name.is_empty() {
            Self::NAMELESS.clone_into(&mut name);
        }
        let mut number = 2_u32;
        let mut candidate = name.clone();
        while taken(&candidate) && number < u32::MAX {
            candidate = format!("{name}-{number}");
            number += 1;
        }
        candidate.truncate(Self::LEN_MAX);
        Self(candidate)
    }
}

impl FromStr for RuleId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        let len = text.chars().count();
        if !(1..=Self::LEN_MAX).contains(&len) {
            return Err(IdError::Length { len });
        }
        match text.chars().find(|c| !(c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '-' | '_'))) {
            Some(c) => Err(IdError::Character(c)),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for RuleId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let made =
            |text: &str, taken: &[&str]| RuleId::from_words(&words(text), |name| taken.contains(&name)).to_string();
        assert_eq!(made("Sacar la basura", &[]), "sacar-la-basura");
        assert_eq!(made("sacar la basura", &["sacar-la-basura", "sacar-la-basura-2"]), "sacar-la-basura-3");
        assert_eq!(made("日本 …", &[]), "rule");
        assert_eq!(made(&"palabra ".repeat(30), &[]), "palabra-palabra-palabra-palabra-palabra");
        for (text, expected) in [
            ("a-b_2", Ok(())),
            ("", Err(IdError::Length { len: 0 })),
            ("../x", Err(IdError::Character('.'))),
            ("Ñu", Err(IdError::Character('Ñ'))),
        ] {
            assert_eq!(text.parse::<RuleId>().map(|_| ()), expected, "{text}");
        }
        assert!("a".repeat(49).parse::<RuleId>().is_err());
    }
}

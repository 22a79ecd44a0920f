//! Names of things. A name that exists is a name that was checked.

use std::fmt;
use std::str::FromStr;

use uuid::Uuid;

/// Why a text is not a name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdError {
    #[error("a model id is not empty")]
    Empty,
    #[error("a model id has at most {max} characters, not {len}")]
    TooLong { len: usize, max: usize },
    #[error("a model id has letters, digits, '.', '_' and '-' only, not {0:?}")]
    Character(char),
}

/// The name of a model in the catalogue, such as `qwen2.5-coder-1.5b-instruct`: 1 to 64 characters out of
/// `a–z A–Z 0–9 . _ -`, so that it is always a safe file name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ModelId(String);

impl ModelId {
    /// The longest id, in characters.
    pub const LEN_MAX: usize = 64;

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for ModelId {
    type Err = IdError;

    fn from_str(text: &str) -> Result<Self, IdError> {
        if text.is_empty() {
            return Err(IdError::Empty);
        }
        if text.len() > Self::LEN_MAX {
            return Err(IdError::TooLong { len: text.len(), max: Self::LEN_MAX });
        }
        // A leading dot would make a hidden file or a parent folder of it.
        if text.starts_with('.') {
            return Err(IdError::Character('.'));
        }
        match text.chars().find(|c| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-'))) {
            Some(c) => Err(IdError::Character(c)),
            None => Ok(Self(text.to_owned())),
        }
    }
}

impl fmt::Display for ModelId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// One turn of a conversation, from the request to the last token. Version 7, so ids sort by time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct TurnId(Uuid);

impl TurnId {
    /// Takes the id from whoever has a clock and randomness.
    #[must_use]
    pub const fn from_uuid(id: Uuid) -> Self {
        Self(id)
    }
}

impl fmt::Display for TurnId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0.simple())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn model_ids_at_their_boundary() {
        for (text, expected) in [
            ("qwen2.5-coder-1.5b-instruct", Ok(())),
            ("", Err(IdError::Empty)),
            ("../secret", Err(IdError::Character('.'))),
            ("a/b", Err(IdError::Character('/'))),
            ("modelo ñ", Err(IdError::Character(' '))),
        ] {
            assert_eq!(text.parse::<ModelId>().map(|_| ()), expected, "{text:?}");
        }
        assert!("a".repeat(64).parse::<ModelId>().is_ok());
        assert_eq!("a".repeat(65).parse::<ModelId>(), Err(IdError::TooLong { len: 65, max: 64 }));
    }
}

//! A call of a skill, and what comes back.

use std::fmt;
use std::str::FromStr;

use crate::{Grammar, Language, Notice, TurnId};

/// Why a text is not the name of a skill.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SkillNameError {
    #[error("a skill's name is not empty")]
    Empty,
    #[error("a skill's name has at most {max} characters, not {len}")]
    TooLong { len: usize, max: usize },
    #[error("a skill's name has a-z, 0-9 and '-' only, not {0:?}")]
    Character(char),
    #[error("a skill's name neither begins nor ends with '-', nor has two in a row")]
    Hyphen,
}

/// The name of a skill: 1 to 64 characters out of `a–z 0–9 -`, as the Agent Skills standard has it, so that it is always
/// a safe file name.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SkillName(String);

impl SkillName {
    /// The longest name, in characters.
    pub const LEN_MAX: usize = 64;

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for SkillName {
    type Err = SkillNameError;

    fn from_str(text: &str) -> Result<Self, SkillNameError> {
        if text.is_empty() {
            return Err(SkillNameError::Empty);
        }
        if let Some(c) = text.chars().find(|c| !matches!(c, 'a'..='z' | '0'..='9' | '-')) {
            return Err(SkillNameError::Character(c));
        }
        if text.len() > Self::LEN_MAX {
            return Err(SkillNameError::TooLong { len: text.len(), max: Self::LEN_MAX });
        }
        if text.starts_with('-') || text.ends_with('-') || text.contains("--") {
            return Err(SkillNameError::Hyphen);
        }
        Ok(Self(text.to_owned()))
    }
}

impl fmt::Display for SkillName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Whether a turn of the assistant may be answered by a skill.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum SkillWish {
    /// The skill that suits the question best, if one suits it well.
    #[default]
    Auto,
    /// The model alone.
    None,
    /// This one. `arguments` is a JSON object as text; empty where the words say it all.
    Named { name: SkillName, arguments: String },
}

/// The skill that was chosen for a question, and how it works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChosenSkill {
    pub name: SkillName,
    /// Why this one, the weightiest reason first.
    pub reasons: Vec<Notice>,
    pub kind: SkillKind,
}

/// How a skill works.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkillKind {
    /// A process of its own answers.
    Process,
    /// The model answers, with these words before the conversation.
    Prompt { instructions: String, grammar: Option<Grammar> },
}

/// One request to a skill's process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SkillCall {
    pub turn: TurnId,
    pub skill: SkillName,
    /// What the person said.
    pub text: String,
    /// A JSON object as text, or empty.
    pub arguments: String,
    /// The language to answer in.
    pub language: Language,
}

/// What a skill's process sends, in this order: any number of `Text`, then one of the others.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SkillEvent {
    Text(String),
    /// All of the text was sent. `data` is the same for programs: JSON as text, or empty.
    Answered {
        data: String,
    },
    /// The question is not for it: somebody else should answer.
    NotMine,
    /// It is, and cannot be done as asked. The sentence is the skill's own, in the language of the call.
    Declined {
        sentence: String,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_at_their_boundary() {
        for (text, expected) in [
            ("sql", Ok(())),
            ("a1-b2", Ok(())),
            ("", Err(SkillNameError::Empty)),
            ("Sql", Err(SkillNameError::Character('S'))),
            ("../sql", Err(SkillNameError::Character('.'))),
            ("año", Err(SkillNameError::Character('ñ'))),
            ("-a", Err(SkillNameError::Hyphen)),
            ("a-", Err(SkillNameError::Hyphen)),
            ("a--b", Err(SkillNameError::Hyphen)),
        ] {
            assert_eq!(text.parse::<SkillName>().map(|_| ()), expected, "{text:?}");
        }
        assert!("a".repeat(64).parse::<SkillName>().is_ok());
        assert_eq!("a".repeat(65).parse::<SkillName>(), Err(SkillNameError::TooLong { len: 65, max: 64 }));
    }
}

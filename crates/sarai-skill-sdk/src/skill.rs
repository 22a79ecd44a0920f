//! What a skill's author implements, and the values that go in and out.

use std::future::Future;

use sarai_proto::skill::v1 as wire;
use sarai_types::Language;
use serde::de::{DeserializeOwned, IgnoredAny};
use tonic::Status;

use crate::limits::{ARGUMENTS_BYTES_MAX, TEXT_BYTES_MAX};
use crate::{Call, Folder, HostError, LoadError};

/// A skill: what it has read, and how it answers.
///
/// The value is made anew at each reload; requests under way keep the one that they began with.
pub trait Skill: Sized + Send + Sync + 'static {
    /// As its folder is called: a–z, 0–9 and '-', 1 to 64 characters.
    const NAME: &'static str;
    /// By semver.org.
    const VERSION: &'static str;

    /// Reads what it needs. Called before the socket is there, and again at SIGUSR1, on a thread of its own.
    ///
    /// # Errors
    /// At the start, the process ends with it. At a reload the old value stays, and the error stands in the status.
    fn load(folder: &Folder) -> Result<Self, LoadError>;

    /// The JSON Schema of [`Request::arguments`]; empty where it takes a text alone.
    fn arguments_schema(&self) -> &str {
        ""
    }

    /// Answers one request. The future is dropped when the caller goes away or the deadline passes. It runs on the only
    /// thread there is, so what computes for more than a millisecond goes through [`crate::blocking`].
    ///
    /// # Errors
    /// Only what went wrong. What a person can mend, or another skill does better, is [`Outcome::Declined`].
    fn infer(&self, request: Request, call: &mut Call) -> impl Future<Output = Result<Outcome, Failure>> + Send;
}

/// What a skill is asked; checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    /// Names the call in logs.
    pub id: String,
    /// What the person said, as they said it. At most [`TEXT_BYTES_MAX`].
    pub text: String,
    pub arguments: Arguments,
    /// The language to answer in.
    pub language: Language,
}

impl TryFrom<wire::InferRequest> for Request {
    type Error = Status;

    fn try_from(request: wire::InferRequest) -> Result<Self, Status> {
        if request.text.len() > TEXT_BYTES_MAX {
            let len = request.text.len();
            return Err(Status::invalid_argument(format!("text has {len} bytes, at most {TEXT_BYTES_MAX} are taken")));
        }
        Ok(Self {
            id: request.id,
            text: request.text,
            arguments: Arguments::try_from(request.arguments)?,
            language: Language::from_tag(&request.language).unwrap_or_default(),
        })
    }
}

/// A JSON object as text, or nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Arguments(String);

impl Arguments {
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The arguments as a type of the skill's own; none are read as `{}`.
    ///
    /// # Errors
    /// [`Failure::Arguments`], with the place in the text.
    pub fn parse<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        let text = if self.is_empty() { "{}" } else { &self.0 };
        serde_json::from_str(text).map_err(|e| Failure::Arguments(e.to_string()))
    }
}

impl TryFrom<String> for Arguments {
    type Error = Status;

    fn try_from(text: String) -> Result<Self, Status> {
        let invalid = |detail: String| Status::invalid_argument(format!("arguments {detail}"));
        if text.len() > ARGUMENTS_BYTES_MAX {
            return Err(invalid(format!("have {} bytes, at most {ARGUMENTS_BYTES_MAX} are taken", text.len())));
        }
        if text.is_empty() {
            return Ok(Self::default());
        }
        serde_json::from_str::<IgnoredAny>(&text).map_err(|e| invalid(format!("are no JSON: {e}")))?;
        if !text.trim_start().starts_with('{') {
            return Err(invalid("are no JSON object".to_owned()));
        }
        Ok(Self(text))
    }
}

/// What came of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// An answer. Where pieces were said already, its text is the last piece.
    Answer(Answer),
    /// Understood, and not for this skill or not to be done as asked. Not after pieces were said.
    Declined(Declined),
}

impl Outcome {
    /// An answer for people alone.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Self {
        Self::Answer(Answer { text: text.into(), data: String::new() })
    }

    #[must_use]
    pub fn declined(reason: DeclineReason, sentence: impl Into<String>) -> Self {
        Self::Declined(Declined { reason, sentence: sentence.into() })
    }
}

/// At least one of the two is not empty, counting the pieces that were said; each has at most
/// [`crate::ANSWER_BYTES_MAX`].
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Answer {
    /// What the person reads: Markdown.
    pub text: String,
    /// The same for programs: a JSON value, or empty.
    pub data: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Declined {
    pub reason: DeclineReason,
    /// For the person, in the language of the request.
    pub sentence: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DeclineReason {
    /// Another skill, or the model alone, would serve better.
    NotMine,
    /// Something is missing or contradictory; the person can mend it.
    Cannot,
    /// The manifest does not grant what it would take.
    NotGranted,
}

impl From<DeclineReason> for wire::DeclineReason {
    fn from(reason: DeclineReason) -> Self {
        match reason {
            DeclineReason::NotMine => Self::NotMine,
            DeclineReason::Cannot => Self::Cannot,
            DeclineReason::NotGranted => Self::NotGranted,
        }
    }
}

/// Why there is no outcome. The text goes to the log, never to the person.
#[derive(Debug, thiserror::Error)]
pub enum Failure {
    #[error("arguments: {0}")]
    Arguments(String),
    #[error(transparent)]
    Host(#[from] HostError),
    /// The caller is gone, or the deadline has passed.
    #[error("the call is over")]
    Over,
    #[error("{0}")]
    Internal(String),
}

impl Failure {
    /// A fault of the skill or of its files.
    #[must_use]
    pub fn internal(error: impl std::fmt::Display) -> Self {
        Self::Internal(error.to_string())
    }
}

impl From<Failure> for Status {
    fn from(failure: Failure) -> Self {
        let text = failure.to_string();
        match failure {
            Failure::Arguments(_) => Self::invalid_argument(text),
            Failure::Over | Failure::Host(HostError::Deadline) => Self::deadline_exceeded(text),
            Failure::Host(HostError::NotGranted) => Self::permission_denied(text),
            Failure::Host(HostError::OverBudget { .. } | HostError::Busy { .. }) => Self::resource_exhausted(text),
            Failure::Host(HostError::Unavailable(_)) => Self::unavailable(text),
            Failure::Host(HostError::TooLong(_) | HostError::Grammar(_) | HostError::Broken(_))
            | Failure::Internal(_) => Self::internal(text),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn arguments_at_their_boundary() {
        let largest = format!(r#"{{"a":"{}"}}"#, "x".repeat(ARGUMENTS_BYTES_MAX - 8));
        for (text, expect) in [
            ("", Ok(())),
            ("{}", Ok(())),
            (" \n{\"a\": [1, {}]} ", Ok(())),
            (largest.as_str(), Ok(())),
            ("[]", Err("arguments are no JSON object")),
            ("null", Err("arguments are no JSON object")),
            ("{", Err("arguments are no JSON: EOF while parsing an object at line 1 column 1")),
            ("{} {}", Err("arguments are no JSON: trailing characters at line 1 column 4")),
            (&format!("{largest} "), Err("arguments have 1048577 bytes, at most 1048576 are taken")),
        ] {
            let found = Arguments::try_from(text.to_owned()).map(|_| ());
            assert_eq!(found.as_ref().map_err(Status::message), expect.as_ref().map_err(|e| *e), "{text:.20}");
        }
        let deep = "{\"a\":".repeat(100_000);
        assert!(Arguments::try_from(deep).is_err(), "depth is bounded");
    }

    #[test]
    fn texts_at_their_boundary() {
        let request =
            |len| wire::InferRequest { text: "a".repeat(len), language: "es-MX".into(), ..Default::default() };
        let taken = Request::try_from(request(TEXT_BYTES_MAX));
        assert_eq!(taken.ok().map(|r| r.language), Some(Language::Spanish));
        assert!(Request::try_from(request(TEXT_BYTES_MAX + 1)).is_err());
    }

    #[test]
    fn no_arguments_are_an_empty_object() {
        #[derive(Debug, PartialEq)]
        struct Optional(serde_json::Map<String, serde_json::Value>);
        let parsed: serde_json::Map<String, serde_json::Value> = Arguments::default().parse().unwrap();
        assert_eq!(Optional(parsed), Optional(serde_json::Map::new()));
        assert!(matches!(Arguments("{\"a\":1}".into()).parse::<Vec<u8>>(), Err(Failure::Arguments(_))));
    }
}

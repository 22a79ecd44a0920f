//! What the owner asks of the memory besides conversations: `POST /v1/memory`, one closed list of requests and replies.
//!
//! ```json
//! {"recall": {"subject": "Ana"}}        →  {"facts": [{"id": 7, "subject": "Ana", "verb": "lives_in", …}]}
//! {"ask": {"text": "Where do I live?"}} →  {"answer": {"text": "You live in Madrid.", "facts": [7], "hints": []}}
//! {"forget": {"person": "Javier"}}      →  {"forgotten": {"facts": 3, "messages": 2}}
//! ```
//!
//! Nothing here is for a model: what a tool or a skill says never reaches this door.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use sarai_types::{FactLine, Failure, FailureKind, MemoryShare, Notice};
use serde::{Deserialize, Serialize};

use crate::body::Body;
use crate::error::{ErrorBody, Problem, language_of};
use crate::state::Door;

/// How long the memory may take: a large one is written anew when something is forgotten.
const ANSWER_WAIT: Duration = Duration::from_secs(120);

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum MemoryRequest {
    Recall(RecallBody),
    /// Answers a question without a model.
    Ask {
        text: String,
    },
    /// One fact with the message that it came from.
    Show {
        id: u64,
    },
    /// Stores a fact by hand. A value of which there can be only one ends the one before.
    Add(AddBody),
    /// Puts another object into a fact; what stood there was a mistake, and goes.
    Correct {
        id: u64,
        object: String,
    },
    /// Erases, exactly and for good.
    Forget(ForgetBody),
    /// What a model read in the owner's words and nobody has decided about.
    Suggestions {},
    /// Makes a suggestion a fact.
    Accept {
        id: u64,
    },
    /// Drops a suggestion, which is not made again.
    Drop {
        id: u64,
    },
    Stats {},
    /// Writes the file anew without its gaps.
    Vacuum {},
    /// Copies the file, besides the copy of every day; the oldest copies go.
    Backup {},
    /// What is remembered, in lines of JSON, from this one on.
    Export {
        #[serde(default)]
        from: u64,
    },
    /// Takes lines of an export in.
    Import {
        lines: Vec<String>,
        /// Takes the others in where some are no lines of an export; without it nothing is taken in then.
        #[serde(default)]
        skip_bad: bool,
    },
}

/// Which facts are wanted; what is not given does not matter. The newest come first.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub struct RecallBody {
    /// A name; empty for the owner.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// A predicate, with its kind behind a colon where it has one: `lives_in`, `relative:sister`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verb: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub object: Option<String>,
    /// Words of the fact or of the sentence that it came from.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub words: Option<String>,
    /// What has ended or was taken back too.
    pub past: bool,
    /// At most so many, 1 to 1,000; 100 if it is not given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub limit: Option<u32>,
}

/// A fact by hand.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddBody {
    /// A name; empty for the owner.
    #[serde(default)]
    pub subject: String,
    pub verb: String,
    pub object: String,
    /// A year, a month or a day: `2019`, `2019-05`, `2019-05-03`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<String>,
}

/// What to forget.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum ForgetBody {
    Fact(u64),
    /// Everything about somebody, by name.
    Person(String),
    /// A predicate of everybody.
    Verb(String),
    /// What these words are about.
    Words(String),
    /// `said`, `entered`, `accepted`, `imported` or `proposed`.
    Source(String),
    /// What was recorded from this day on.
    Since(String),
    Everything {},
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum MemoryReply {
    Facts(Vec<FactBody>),
    Answer {
        text: String,
        /// The ids of the facts that it rests on.
        facts: Vec<u64>,
        /// Where nothing answers: what the owner said with words of the question, as sentences with their dates.
        hints: Vec<String>,
    },
    Shown {
        fact: Box<FactBody>,
        /// The whole message, where it is kept.
        message: Option<String>,
    },
    Added {
        id: u64,
    },
    Forgotten {
        facts: u64,
        messages: u64,
    },
    Suggestions(Vec<SuggestionBody>),
    Dropped {
        id: u64,
    },
    Stats(StatsBody),
    Vacuumed {
        freed_bytes: u64,
    },
    BackedUp {
        file: String,
    },
    Exported {
        lines: Vec<String>,
        /// Where the next request goes on; null after the last line.
        next: Option<u64>,
    },
    Imported(ImportedBody),
}

/// A fact as it is shown.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FactBody {
    pub id: u64,
    /// A name; empty for the owner.
    pub subject: String,
    pub verb: String,
    pub object: String,
    /// The fact as a sentence, in the client's language.
    pub text: String,
    pub from: Option<String>,
    pub to: Option<String>,
    /// RFC 3339.
    pub recorded: String,
    /// When it turned out never to have been true.
    pub retracted: Option<String>,
    pub source: String,
    /// 0 to 100.
    pub confidence: u8,
    /// The sentence that it came from, word by word; empty where it was stored by hand.
    pub sentence: String,
}

/// What a model read in a sentence of the owner, as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct SuggestionBody {
    pub id: u64,
    /// As it stands in the sentence; empty for the owner.
    pub subject: String,
    pub verb: String,
    pub object: String,
    /// What would be stored, as a sentence in the client's language.
    pub text: String,
    /// The owner's own words.
    pub sentence: String,
    /// When they were said, RFC 3339.
    pub recorded: String,
}

/// How large the memory is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct StatsBody {
    pub facts: u64,
    pub entities: u64,
    pub messages: u64,
    /// Salted hashes of what was forgotten.
    pub forgotten: u64,
    pub file_bytes: u64,
    /// Suggestions that wait for the owner.
    pub suggestions: u64,
    /// What a model proposed so far, when nothing else ran, and what became of it.
    pub proposed: u64,
    pub kept: u64,
    pub suggested: u64,
    /// By reason.
    pub refused: BTreeMap<String, u64>,
}

/// What an import did.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ImportedBody {
    pub facts: u64,
    pub messages: u64,
    /// Known already.
    pub known: u64,
    /// Forgotten before, so left out.
    pub forgotten: u64,
    /// Lines that are none of an export.
    pub bad: Vec<BadLine>,
}

/// A line that is none.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct BadLine {
    /// From 1.
    pub line: u64,
    pub why: String,
}

/// Does one thing with the memory.
#[utoipa::path(post, path = "/v1/memory", request_body = MemoryRequest, responses(
    (status = 200, body = MemoryReply), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(crate) async fn perform(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    Body(request): Body<MemoryRequest>,
) -> Result<Json<MemoryReply>, Problem> {
    let language = language_of(&headers, &door);
    let late =
        || Failure::new(FailureKind::Unavailable, Notice::new("api-not-answering"), "the memory does not answer");
    let reply = tokio::time::timeout(ANSWER_WAIT, door.handle.memory(request, language)).await;
    Ok(Json(reply.unwrap_or_else(|_| Err(late()))?))
}

/// The memory's part in an answer, beside `usage`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, utoipa::ToSchema)]
pub struct MemoryFigures {
    /// The facts that the answer rests on, and those that the model had at hand.
    #[serde(default)]
    pub facts_used: Vec<FactUsed>,
    #[serde(default)]
    pub stored: Vec<FactUsed>,
    /// Facts that no longer hold, or never did.
    #[serde(default)]
    pub ended: Vec<FactUsed>,
    /// Facts and messages that were erased.
    #[serde(default)]
    pub erased: u32,
    /// Why nothing could be looked up or kept, in the client's language.
    #[serde(default)]
    pub trouble: Option<String>,
}

/// A fact in an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct FactUsed {
    pub id: u64,
    pub text: String,
    /// `asked`: the question was about it. `known`: it stood among what is known of the owner. `said`: no fact, but a
    /// message that says what was asked; `id` is the message's.
    pub role: String,
}

impl MemoryFigures {
    pub(crate) fn new(share: &MemoryShare, language: sarai_types::Language) -> Self {
        let used = |facts: &[FactLine]| facts.iter().map(FactUsed::from).collect();
        Self {
            facts_used: used(&share.used),
            stored: used(&share.stored),
            ended: used(&share.ended),
            erased: share.erased,
            trouble: share.trouble.as_ref().map(|notice| sarai_messages::text(language, notice)),
        }
    }
}

impl From<&FactLine> for FactUsed {
    fn from(fact: &FactLine) -> Self {
        Self { id: fact.id, text: fact.text.clone(), role: fact.role.as_str().to_owned() }
    }
}

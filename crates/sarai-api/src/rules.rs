//! What SARAi does unasked, as its owner sees and changes it: `POST /v1/rules`, one closed list of requests and replies.
//!
//! ```json
//! {"list": {}}                                  →  {"rules": [{"id": "basura", "sentence": "Te avisaré: …", …}]}
//! {"read": {"text": "remind me at nine to …"}}  →  {"read": {"kind": "ambiguous", "choices": [{…}, {…}]}}
//! {"add": {"text": "remind me …", "choice": 2}} →  {"added": {"rule": "take-the-pill"}}
//! ```
//!
//! Words are read without a model, and nothing is added that was not read back: whoever adds names what was chosen. A
//! rule of the file is changed in the file.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use sarai_types::{Failure, FailureKind, Notice};
use serde::{Deserialize, Serialize};

use crate::body::Body;
use crate::error::{ErrorBody, Problem, language_of};
use crate::messages::{LoopAsk, LoopReply};
use crate::state::Door;

const ANSWER_WAIT: Duration = Duration::from_secs(30);

/// One thing to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum RulesRequest {
    /// All rules, by name.
    List {},
    /// What some words mean; nothing is kept.
    Read {
        text: String,
    },
    /// Keeps what these words mean; `choice`, from 1, is one of those that `read` gave.
    Add {
        text: String,
        choice: u32,
    },
    /// Puts what these words mean in the place of a rule; its name stays.
    Edit {
        rule: String,
        text: String,
        choice: u32,
    },
    Pause {
        rule: String,
    },
    Resume {
        rule: String,
    },
    Remove {
        rule: String,
    },
    /// Has it act now, whatever its time.
    Run {
        rule: String,
    },
    /// What was decided of it lately, and why, the newest first.
    Explain {
        rule: String,
    },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum RulesReply {
    Rules(Vec<RuleBody>),
    Read(ReadBody),
    Added { rule: String },
    Changed { rule: String },
    Decisions(Vec<DecisionBody>),
}

/// A rule as it is shown.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RuleBody {
    pub id: String,
    /// The rule read back, in its own language.
    pub sentence: String,
    /// What it was made from; null for one that was written as keys.
    pub words: Option<String>,
    /// `builtin`, `file` or `words`; the last can be changed here.
    pub origin: String,
    pub paused: bool,
    /// When its time comes next, RFC 3339; null for one that waits for something else, is paused or over.
    pub next: Option<String>,
    /// How it went last; null if it never acted.
    pub last: Option<LastBody>,
}

/// The last task of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LastBody {
    /// RFC 3339.
    pub at: String,
    /// In the client's language.
    pub text: String,
}

/// What words mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ReadBody {
    /// `rule`, `ambiguous`, `not_a_rule` or `impossible`.
    pub kind: String,
    /// What is unclear or wrong; empty for a rule.
    pub text: String,
    /// One for a rule; for what is no rule the nearest, if there is one.
    pub choices: Vec<ProposalBody>,
}

/// A rule that words may mean.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ProposalBody {
    pub sentence: String,
    /// Its next times, RFC 3339, at most five.
    pub next: Vec<String>,
}

/// What was decided of a rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DecisionBody {
    /// When last, RFC 3339.
    pub at: String,
    pub text: String,
    /// How often in a row.
    pub times: u64,
}

/// Does one thing with the rules.
#[utoipa::path(post, path = "/v1/rules", request_body = RulesRequest, responses(
    (status = 200, body = RulesReply), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(crate) async fn perform(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    Body(request): Body<RulesRequest>,
) -> Result<Json<RulesReply>, Problem> {
    let language = language_of(&headers, &door);
    let late = || Failure::new(FailureKind::Unavailable, Notice::new("api-not-answering"), "the rules do not answer");
    let asked = door.handle.ask_loop(LoopAsk::Rules { request, language });
    match tokio::time::timeout(ANSWER_WAIT, asked).await.unwrap_or_else(|_| Err(late()))? {
        LoopReply::Rules(reply) => Ok(Json(reply)),
        LoopReply::Messages(_) | LoopReply::Done(_) => Err(crate::messages::strange().into()),
    }
}

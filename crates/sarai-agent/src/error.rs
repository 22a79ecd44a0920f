//! What a turn refuses by itself.

use sarai_types::{Failure, FailureKind, Notice};

/// How many tools a request may offer.
pub const TOOLS_MAX: usize = 128;

/// Why a turn ends without help from outside.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TurnError {
    #[error("{count} tools were offered, and at most {TOOLS_MAX} may be")]
    TooManyTools { count: usize },
    #[error("the tool that must be called is not among those offered: {name:?}")]
    UnknownTool { name: String },
    #[error("a tool must be called and none was offered")]
    NoTools,
    #[error("the arguments of {tool:?} cannot be held to their schema: {detail}")]
    ToolSchema { tool: String, index: usize, detail: String },
    #[error("an answer of a given form was asked for together with tools")]
    GrammarBesideTools,
    #[error("an answer of a given form was asked for, and grammars are switched off")]
    GrammarsOff,
    #[error("{event} came out of its order")]
    OutOfOrder { event: &'static str },
}

impl TurnError {
    #[must_use]
    pub const fn kind(&self) -> FailureKind {
        match self {
            Self::TooManyTools { .. }
            | Self::UnknownTool { .. }
            | Self::NoTools
            | Self::GrammarBesideTools
            | Self::GrammarsOff => FailureKind::BadRequest,
            Self::ToolSchema { index, .. } => FailureKind::Grammar { tool: Some(*index) },
            Self::OutOfOrder { .. } => FailureKind::Internal,
        }
    }

    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::TooManyTools { count } => {
                Notice::new("agent-too-many-tools").arg("count", count).arg("max", TOOLS_MAX)
            }
            Self::UnknownTool { name } => Notice::new("agent-unknown-tool").arg("tool", name),
            Self::NoTools => Notice::new("agent-no-tools"),
            Self::ToolSchema { tool, detail, .. } => {
                Notice::new("agent-tool-schema").arg("tool", tool).arg("detail", detail)
            }
            Self::GrammarBesideTools => Notice::new("agent-grammar-beside-tools"),
            Self::GrammarsOff => Notice::new("agent-grammars-off"),
            Self::OutOfOrder { .. } => Notice::new("agent-engine-out-of-order"),
        }
    }
}

impl From<TurnError> for Failure {
    fn from(error: TurnError) -> Self {
        Self::new(error.kind(), error.notice(), error.to_string())
    }
}

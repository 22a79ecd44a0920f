//! The OpenAI API: what clients of it send, what they get back.
//!
//! Each route family has a file for what comes in and, where the answer streams, one for what goes out. Fields that
//! OpenAI's servers know and this one does not are ignored, as theirs do; a field that would change the answer and is
//! not offered is refused by name.

pub(crate) mod chat;
mod chat_reply;
pub(crate) mod embeddings;
mod form;
mod input;
pub(crate) mod models;
pub(crate) mod responses;
mod responses_reply;
mod turn;

use std::sync::Arc;

use axum::Router;
use axum::routing::{get, post};
use sarai_types::ModelId;

use crate::state::Door;

pub(crate) use chat_reply::{Chunk, ToolCallDelta};
pub use models::{ModelBody, ModelExtension, ModelList};

/// The name under which the assistant itself answers; a model's name alone is that model and nothing else.
pub const ASSISTANT: &str = "sarai";

/// The name of the assistant with a model of one's choice: `sarai:qwen3-4b`. No model's name has a colon.
#[must_use]
pub fn assistant_with(model: &ModelId) -> String {
    format!("{ASSISTANT}:{model}")
}

pub(crate) fn routes() -> Router<Arc<Door>> {
    Router::new()
        .route("/v1/chat/completions", post(chat::complete))
        .route("/v1/responses", post(responses::respond))
        .route("/v1/embeddings", post(embeddings::embed))
        .route("/v1/models", get(models::list))
        .route("/v1/models/{id}", get(models::one))
}

//! Answers that the browser kept as text, drawn again.
//!
//! The browser keeps what was said, never how it was drawn: a page that trusts stored HTML trusts whoever once wrote
//! it.

use axum::Json;
use sarai_types::Notice;
use serde::{Deserialize, Serialize};

use super::markdown;
use crate::body::Body;
use crate::error::Problem;

/// The text that one request draws, in bytes, all answers together.
pub(super) const RENDER_BYTES_MAX: usize = 2 << 20;

#[derive(Debug, Deserialize)]
pub(super) struct RenderBody {
    /// One Markdown text for each answer.
    texts: Vec<String>,
}

#[derive(Debug, Serialize)]
pub(super) struct Rendered {
    /// For each text its top-level blocks, as HTML.
    answers: Vec<Vec<String>>,
}

pub(super) async fn answers(Body(body): Body<RenderBody>) -> Result<Json<Rendered>, Problem> {
    let bytes: usize = body.texts.iter().map(String::len).sum();
    if bytes > RENDER_BYTES_MAX {
        let notice = Notice::new("page-error-render").arg("count", bytes).arg("max", RENDER_BYTES_MAX);
        return Err(Problem::invalid("texts", notice));
    }
    Ok(Json(Rendered { answers: body.texts.iter().map(|text| markdown::blocks(text)).collect() }))
}

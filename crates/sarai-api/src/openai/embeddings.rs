//! `POST /v1/embeddings`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sarai_types::Notice;
use serde::{Deserialize, Serialize};

use super::input::{self, OneOrMany};
use crate::body::Body;
use crate::error::{ErrorBody, Problem};
use crate::state::Door;

/// Texts in one request at most.
const TEXTS_MAX: usize = 2048;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct EmbeddingRequest {
    model: Option<String>,
    /// A text or a list of texts, none empty.
    input: Option<OneOrMany>,
    /// `float` or `base64`: 32-bit floats, least significant byte first.
    encoding_format: Option<String>,
    /// Not offered: the vectors are as long as the model makes them.
    dimensions: Option<u32>,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(crate) struct EmbeddingList {
    object: &'static str,
    data: Vec<EmbeddingBody>,
    model: String,
    usage: EmbeddingUsage,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EmbeddingBody {
    object: &'static str,
    index: usize,
    embedding: Vector,
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
#[serde(untagged)]
enum Vector {
    Floats(Vec<f32>),
    Base64(String),
}

#[derive(Debug, Serialize, utoipa::ToSchema)]
struct EmbeddingUsage {
    prompt_tokens: u32,
    total_tokens: u32,
}

/// Turns texts into vectors.
#[utoipa::path(post, path = "/v1/embeddings", request_body = EmbeddingRequest, responses(
    (status = 200, body = EmbeddingList), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody)))]
pub(crate) async fn embed(
    State(door): State<Arc<Door>>,
    Body(body): Body<EmbeddingRequest>,
) -> Result<Json<EmbeddingList>, Problem> {
    let (_, model) = input::responder(&body.model.unwrap_or_default())?;
    if body.dimensions.is_some() {
        return Err(Problem::unsupported("dimensions", Notice::new("api-dimensions")));
    }
    let encode = match body.encoding_format.as_deref() {
        None | Some("float") => Vector::Floats,
        Some("base64") => |floats: Vec<f32>| {
            let bytes: Vec<u8> = floats.iter().flat_map(|f| f.to_le_bytes()).collect();
            Vector::Base64(STANDARD.encode(bytes))
        },
        Some(_) => return Err(Problem::invalid("encoding_format", Notice::new("api-encoding-format"))),
    };
    let texts = body.input.ok_or_else(|| Problem::missing("input"))?.into_list();
    if texts.is_empty() || texts.len() > TEXTS_MAX || texts.iter().any(String::is_empty) {
        return Err(Problem::invalid("input", Notice::new("api-embed-input").arg("max", TEXTS_MAX)));
    }
    input::text_size(texts.iter().map(String::len).sum())?;
    let embedded = door.handle.embed(model, texts).await?;
    let data = embedded
        .vectors
        .into_iter()
        .enumerate()
        .map(|(index, floats)| EmbeddingBody { object: "embedding", index, embedding: encode(floats) })
        .collect();
    let usage = EmbeddingUsage { prompt_tokens: embedded.prompt_tokens, total_tokens: embedded.prompt_tokens };
    Ok(Json(EmbeddingList { object: "list", data, model: embedded.model.to_string(), usage }))
}

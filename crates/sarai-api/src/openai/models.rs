//! `GET /v1/models` and `/v1/models/{id}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::rejection::PathRejection;
use axum::extract::{Path, State};
use serde::{Deserialize, Serialize};

use crate::command::{Loaded, ModelCard};
use crate::error::{ErrorBody, Problem};
use crate::operations::within;
use crate::state::Door;

/// The models that a client may name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ModelList {
    pub object: String,
    pub data: Vec<ModelBody>,
}

/// One model.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ModelBody {
    pub id: String,
    #[serde(default)]
    pub object: String,
    /// Seconds since 1970.
    #[serde(default)]
    pub created: u64,
    #[serde(default)]
    pub owned_by: String,
    /// Beyond OpenAI's API; other servers do not say it.
    #[serde(default)]
    pub sarai: Option<ModelExtension>,
}

/// What SARAi says about a model beyond OpenAI's API.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ModelExtension {
    pub context_tokens: u32,
    /// Whether it answers at once.
    pub loaded: bool,
}

impl From<ModelCard> for ModelBody {
    fn from(card: ModelCard) -> Self {
        Self {
            id: card.id,
            object: "model".to_owned(),
            created: card.created,
            owned_by: "local".to_owned(),
            sarai: Some(ModelExtension {
                context_tokens: card.context_tokens,
                loaded: match card.loaded {
                    Loaded::Yes => true,
                    Loaded::No => false,
                },
            }),
        }
    }
}

#[utoipa::path(get, path = "/v1/models", responses((status = 200, body = ModelList)))]
pub(crate) async fn list(State(door): State<Arc<Door>>) -> Result<Json<ModelList>, Problem> {
    let cards = within(door.handle.models()).await?;
    Ok(Json(ModelList { object: "list".to_owned(), data: cards.into_iter().map(ModelBody::from).collect() }))
}

#[utoipa::path(get, path = "/v1/models/{id}", params(("id" = String, Path)), responses(
    (status = 200, body = ModelBody), (status = 404, body = ErrorBody)))]
pub(crate) async fn one(
    State(door): State<Arc<Door>>,
    id: Result<Path<String>, PathRejection>,
) -> Result<Json<ModelBody>, Problem> {
    // What is not UTF-8 is nobody's name.
    let Path(id) = id.map_err(|_| Problem::no_such_model("\u{fffd}"))?;
    let cards = within(door.handle.models()).await?;
    let card = cards.into_iter().find(|card| card.id == id).ok_or_else(|| Problem::no_such_model(&id))?;
    Ok(Json(card.into()))
}

//! What the proactive loop asks of the daemon besides answers: room in memory, skills that are ready beforehand, and
//! another attempt at what is broken.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::routing::post;
use axum::{Json, Router};
use sarai_types::{Failure, FailureKind, Notice, SkillName};
use serde::{Deserialize, Serialize};

use crate::body::Body;
use crate::error::{ErrorBody, Problem};
use crate::state::Door;

/// How long a skill may take to start.
const WAIT: Duration = Duration::from_secs(60);

/// One thing to look after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Upkeep {
    /// Drops what the model's process keeps only to save time. The reply is how many bytes that gave back.
    PruneCaches,
    /// Ends the processes of skills that nobody uses. The reply is how many bytes they took.
    RestSkills,
    /// The same for the models, if nobody has asked them for so long. The next question waits until one is loaded.
    RestModels { idle: Duration },
    /// Starts a skill before it is asked for. The reply is 0.
    WarmSkill(SkillName),
    /// Tries once more what was left alone after its crashes. The reply is how many parts those are.
    Revive,
}

/// Which models may rest.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RestBody {
    /// Those that nobody has asked for so long.
    pub(crate) idle_seconds: u32,
}

/// What came of it.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct UpkeepBody {
    /// Bytes of memory that were given back.
    pub(crate) freed_bytes: u64,
}

/// What was tried once more.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct RevivedBody {
    /// How many parts. Whether they work now is in `/health` a little later.
    pub(crate) parts: u64,
}

pub(crate) fn routes() -> Router<Arc<Door>> {
    Router::new()
        .route("/v1/upkeep/caches", post(prune_caches))
        .route("/v1/upkeep/revive", post(revive))
        .route("/v1/upkeep/skills", post(rest_skills))
        .route("/v1/upkeep/models", post(rest_models))
        .route("/v1/skills/{skill}/warm", post(warm))
}

/// Gives back memory that the model's process keeps only to save time. The next answers take a little longer once.
#[utoipa::path(post, path = "/v1/upkeep/caches", responses(
    (status = 200, body = UpkeepBody), (status = 503, body = ErrorBody)))]
pub(crate) async fn prune_caches(State(door): State<Arc<Door>>) -> Result<Json<UpkeepBody>, Problem> {
    freed(&door, Upkeep::PruneCaches).await
}

/// Tries once more what was left alone because it crashed too often.
#[utoipa::path(post, path = "/v1/upkeep/revive", responses(
    (status = 200, body = RevivedBody), (status = 503, body = ErrorBody)))]
pub(crate) async fn revive(State(door): State<Arc<Door>>) -> Result<Json<RevivedBody>, Problem> {
    Ok(Json(RevivedBody { parts: perform(&door, Upkeep::Revive).await? }))
}

/// Gives back the memory of skills that nobody uses. The next call of one starts it again.
#[utoipa::path(post, path = "/v1/upkeep/skills", responses(
    (status = 200, body = UpkeepBody), (status = 503, body = ErrorBody)))]
pub(crate) async fn rest_skills(State(door): State<Arc<Door>>) -> Result<Json<UpkeepBody>, Problem> {
    freed(&door, Upkeep::RestSkills).await
}

/// Gives back the memory of models that nobody has asked for so long. The next question waits until one is loaded again.
#[utoipa::path(post, path = "/v1/upkeep/models", request_body = RestBody, responses(
    (status = 200, body = UpkeepBody), (status = 400, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(crate) async fn rest_models(
    State(door): State<Arc<Door>>,
    Body(RestBody { idle_seconds }): Body<RestBody>,
) -> Result<Json<UpkeepBody>, Problem> {
    freed(&door, Upkeep::RestModels { idle: Duration::from_secs(u64::from(idle_seconds)) }).await
}

/// Starts a skill, so that the next call of it need not wait.
#[utoipa::path(post, path = "/v1/skills/{skill}/warm", params(("skill" = String, Path)), responses(
    (status = 200, body = UpkeepBody), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
    (status = 503, body = ErrorBody)))]
pub(crate) async fn warm(
    State(door): State<Arc<Door>>,
    Path(skill): Path<String>,
) -> Result<Json<UpkeepBody>, Problem> {
    let skill = skill.parse().map_err(|_| Problem::invalid("skill", Notice::new("api-skill-name")))?;
    freed(&door, Upkeep::WarmSkill(skill)).await
}

async fn freed(door: &Door, upkeep: Upkeep) -> Result<Json<UpkeepBody>, Problem> {
    Ok(Json(UpkeepBody { freed_bytes: perform(door, upkeep).await? }))
}

async fn perform(door: &Door, upkeep: Upkeep) -> Result<u64, Problem> {
    let late = || Failure::new(FailureKind::Unavailable, Notice::new("api-not-answering"), "upkeep takes too long");
    Ok(tokio::time::timeout(WAIT, door.handle.upkeep(upkeep)).await.unwrap_or_else(|_| Err(late()))?)
}

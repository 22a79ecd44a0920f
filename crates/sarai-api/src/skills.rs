//! What the owner asks of a skill besides its answers.
//!
//! What may run, and with which grants, is never decided here: that is a file of the owner's, out of reach of anybody who
//! comes in by this door.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use sarai_types::{Failure, FailureKind, Notice};
use serde::{Deserialize, Serialize};

use crate::error::{ErrorBody, Problem};
use crate::state::Door;

/// How long a skill may take to read its files.
const RELOAD_WAIT: Duration = Duration::from_secs(30);

/// A skill that has read its files again.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct ReloadedBody {
    /// How often it has done so, the start included.
    pub(crate) generation: u64,
}

/// Lets a skill read its files again. Requests under way end as they began; files that are wrong change nothing.
#[utoipa::path(post, path = "/v1/skills/{skill}/reload", params(("skill" = String, Path)), responses(
    (status = 200, body = ReloadedBody), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
    (status = 503, body = ErrorBody)))]
pub(crate) async fn reload(
    State(door): State<Arc<Door>>,
    Path(skill): Path<String>,
) -> Result<Json<ReloadedBody>, Problem> {
    let skill = skill.parse().map_err(|_| Problem::invalid("skill", Notice::new("api-skill-name")))?;
    let late = || Failure::new(FailureKind::Unavailable, Notice::new("api-not-answering"), "the skill does not reload");
    let generation =
        tokio::time::timeout(RELOAD_WAIT, door.handle.reload_skill(skill)).await.unwrap_or_else(|_| Err(late()))?;
    Ok(Json(ReloadedBody { generation }))
}

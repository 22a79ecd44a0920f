//! What supervisors, containers and Prometheus ask: health, readiness, metrics.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use sarai_types::{Failure, FailureKind, Notice};
use serde::{Deserialize, Serialize};

use crate::command::{Health, Status};
use crate::error::{Problem, language_of};
use crate::state::Door;

/// A daemon that takes longer to say how it is does not work.
const ANSWER_WAIT: Duration = Duration::from_secs(5);

/// How everything is, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct HealthBody {
    /// `ready`, `starting`, `degraded` or `stopping`.
    pub status: String,
    pub version: String,
    pub components: Vec<ComponentBody>,
}

/// How one part is, as JSON.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct ComponentBody {
    pub name: String,
    /// As in the whole.
    pub status: String,
    /// A sentence for the person, in the language of `Accept-Language`.
    pub detail: String,
    pub restarts: u32,
    pub resident_bytes: Option<u64>,
}

/// 200 while restarting the process would not help, 503 while it starts or stops.
#[utoipa::path(get, path = "/health", responses((status = 200, body = HealthBody), (status = 503, body = HealthBody)))]
pub(crate) async fn health(State(door): State<Arc<Door>>, headers: HeaderMap) -> Result<Response, Problem> {
    let health = within(door.handle.health()).await?;
    let language = language_of(&headers, &door);
    let status = match health.status {
        Status::Ready | Status::Degraded => StatusCode::OK,
        Status::Starting | Status::Stopping => StatusCode::SERVICE_UNAVAILABLE,
    };
    let Health { status: overall, version, components } = health;
    let components = components
        .into_iter()
        .map(|c| ComponentBody {
            name: c.name,
            status: word(c.status).to_owned(),
            detail: sarai_messages::text(language, &c.detail),
            restarts: c.restarts,
            resident_bytes: c.resident_bytes,
        })
        .collect();
    Ok((status, Json(HealthBody { status: word(overall).to_owned(), version, components })).into_response())
}

/// 200 when a question would be answered now.
#[utoipa::path(get, path = "/readyz", responses((status = 200), (status = 503)))]
pub(crate) async fn ready(State(door): State<Arc<Door>>) -> Result<Response, Problem> {
    let status = within(door.handle.health()).await?.status;
    let code = match status {
        Status::Ready => StatusCode::OK,
        Status::Starting | Status::Degraded | Status::Stopping => StatusCode::SERVICE_UNAVAILABLE,
    };
    Ok((code, format!("{}\n", word(status))).into_response())
}

/// Prometheus's text format 0.0.4.
#[utoipa::path(get, path = "/metrics", responses((status = 200, body = String, content_type = "text/plain")))]
pub(crate) async fn metrics(State(door): State<Arc<Door>>) -> Result<Response, Problem> {
    let text = within(door.handle.metrics()).await?;
    Ok(([(CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response())
}

/// Waits for the daemon no longer than [`ANSWER_WAIT`].
pub(crate) async fn within<T>(answer: impl Future<Output = Result<T, Failure>>) -> Result<T, Problem> {
    match tokio::time::timeout(ANSWER_WAIT, answer).await {
        Ok(answer) => Ok(answer?),
        Err(_) => {
            let notice = Notice::new("api-not-answering");
            Err(Failure::new(FailureKind::Unavailable, notice, "the daemon does not answer").into())
        }
    }
}

const fn word(status: Status) -> &'static str {
    match status {
        Status::Ready => "ready",
        Status::Starting => "starting",
        Status::Degraded => "degraded",
        Status::Stopping => "stopping",
    }
}

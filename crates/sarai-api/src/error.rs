//! Why a request is not answered, in the shape of OpenAI's error object.
//!
//! This is the one place where a [`FailureKind`] meets an HTTP status. A route returns a [`Problem`]; the outer layer
//! [`write_problems`] writes its body in the client's language, so that no route has to know it.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Request, State};
use axum::http::header::{ACCEPT_LANGUAGE, RETRY_AFTER, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sarai_types::{Failure, FailureKind, Language, Notice};
use serde::{Deserialize, Serialize};

use crate::state::Door;

/// Why a request is not answered.
#[derive(Debug, Clone, thiserror::Error)]
pub(crate) enum Problem {
    #[error("{code} in {param:?}: {}", notice.id)]
    Invalid { param: Option<String>, code: &'static str, notice: Notice },
    #[error("the body is longer than {max} bytes")]
    BodyTooLarge { max: usize },
    #[error("no such route")]
    NoRoute,
    #[error("the route does not take this method")]
    NoMethod,
    #[error("no credential, or a wrong one")]
    Unauthorized,
    #[error("refused: {}", notice.id)]
    Forbidden { code: &'static str, notice: Notice },
    #[error("too many failed attempts; again in {retry_after_s} s")]
    TooManyAttempts { retry_after_s: u64 },
    #[error(transparent)]
    Failed(#[from] Failure),
}

impl Problem {
    /// A field whose value cannot be used.
    pub(crate) fn invalid(param: impl Into<String>, notice: Notice) -> Self {
        Self::Invalid { param: Some(param.into()), code: "invalid_value", notice }
    }

    /// A field that is understood but not offered.
    pub(crate) fn unsupported(param: impl Into<String>, notice: Notice) -> Self {
        Self::Invalid { param: Some(param.into()), code: "unsupported_value", notice }
    }

    /// A field that is needed and not there.
    pub(crate) fn missing(param: impl Into<String>) -> Self {
        let param = param.into();
        let notice = Notice::new("api-param-missing").arg("param", &param);
        Self::Invalid { param: Some(param), code: "missing_required_parameter", notice }
    }

    /// With the field that a refused grammar came in: `form`, or what `tool` makes of the tool's place in the list.
    pub(crate) fn of_grammar(self, form: &str, tool: impl Fn(usize) -> String) -> Self {
        match self {
            Self::Failed(Failure { kind: FailureKind::Grammar { tool: place }, notice, .. }) => {
                let param = place.map_or_else(|| form.to_owned(), tool);
                Self::Invalid { param: Some(param), code: "invalid_grammar", notice }
            }
            other => other,
        }
    }

    /// A name that is no model's.
    pub(crate) fn no_such_model(name: &str) -> Self {
        // A name of any length may come in; a sentence has room for a short one.
        let shown: String = name.chars().take(80).collect();
        let notice = Notice::new("api-model-unknown").arg("model", shown);
        Failure::new(FailureKind::ModelNotFound, notice, "not a model id").into()
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::Invalid { .. } => StatusCode::BAD_REQUEST,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NoRoute => StatusCode::NOT_FOUND,
            Self::NoMethod => StatusCode::METHOD_NOT_ALLOWED,
            Self::Unauthorized => StatusCode::UNAUTHORIZED,
            Self::Forbidden { .. } => StatusCode::FORBIDDEN,
            Self::TooManyAttempts { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Failed(failure) => match failure.kind {
                FailureKind::BadRequest | FailureKind::TooLong | FailureKind::Grammar { .. } => StatusCode::BAD_REQUEST,
                FailureKind::ModelNotFound | FailureKind::SkillNotFound => StatusCode::NOT_FOUND,
                FailureKind::Busy { .. } => StatusCode::TOO_MANY_REQUESTS,
                // Nobody is left to read it.
                FailureKind::Cancelled | FailureKind::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
                FailureKind::Internal => StatusCode::INTERNAL_SERVER_ERROR,
            },
        }
    }

    /// The stable word for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::Invalid { code, .. } | Self::Forbidden { code, .. } => code,
            Self::BodyTooLarge { .. } => "request_too_large",
            Self::NoRoute => "unknown_url",
            Self::NoMethod => "method_not_allowed",
            Self::Unauthorized => "invalid_api_key",
            Self::TooManyAttempts { .. } => "too_many_attempts",
            Self::Failed(failure) => match failure.kind {
                FailureKind::BadRequest => "invalid_value",
                FailureKind::TooLong => "context_length_exceeded",
                FailureKind::ModelNotFound => "model_not_found",
                FailureKind::SkillNotFound => "skill_not_found",
                FailureKind::Grammar { .. } => "invalid_grammar",
                FailureKind::Busy { .. } => "rate_limit_exceeded",
                FailureKind::Unavailable => "service_unavailable",
                FailureKind::Cancelled => "cancelled",
                FailureKind::Internal => "internal_error",
            },
        }
    }

    fn class(&self) -> &'static str {
        match self.status() {
            StatusCode::UNAUTHORIZED => "authentication_error",
            StatusCode::FORBIDDEN => "permission_error",
            StatusCode::TOO_MANY_REQUESTS => "rate_limit_error",
            status if status.is_server_error() => "server_error",
            _ => "invalid_request_error",
        }
    }

    fn param(&self) -> Option<&str> {
        match self {
            Self::Invalid { param, .. } => param.as_deref(),
            Self::Failed(Failure { kind: FailureKind::ModelNotFound, .. }) => Some("model"),
            Self::Failed(Failure { kind: FailureKind::SkillNotFound, .. }) => Some("skill"),
            Self::BodyTooLarge { .. }
            | Self::NoRoute
            | Self::NoMethod
            | Self::Unauthorized
            | Self::Forbidden { .. }
            | Self::TooManyAttempts { .. }
            | Self::Failed(_) => None,
        }
    }

    /// The sentence for the person.
    pub(crate) fn notice(&self) -> Notice {
        match self {
            Self::Invalid { notice, .. } | Self::Forbidden { notice, .. } => notice.clone(),
            Self::BodyTooLarge { max } => Notice::new("api-body-too-large").arg("max", max >> 20),
            Self::NoRoute => Notice::new("api-no-route"),
            Self::NoMethod => Notice::new("api-no-method"),
            Self::Unauthorized => Notice::new("api-unauthorized"),
            Self::TooManyAttempts { retry_after_s } => {
                Notice::new("api-too-many-attempts").arg("seconds", retry_after_s)
            }
            Self::Failed(failure) => failure.notice.clone(),
        }
    }

    /// In how many seconds trying again makes sense.
    fn retry_after_s(&self) -> Option<u64> {
        match self {
            Self::TooManyAttempts { retry_after_s } => Some(*retry_after_s),
            Self::Failed(Failure { kind: FailureKind::Busy { retry_after_ms }, .. }) => {
                Some(u64::from(retry_after_ms.div_ceil(1000).max(1)))
            }
            Self::Failed(Failure { kind: FailureKind::Unavailable, .. }) => Some(3),
            Self::Invalid { .. }
            | Self::BodyTooLarge { .. }
            | Self::NoRoute
            | Self::NoMethod
            | Self::Unauthorized
            | Self::Forbidden { .. }
            | Self::Failed(_) => None,
        }
    }

    /// OpenAI's error object, in `language`.
    pub(crate) fn object(&self, language: Language) -> ErrorBody {
        ErrorBody {
            error: ErrorObject {
                message: sarai_messages::text(language, &self.notice()),
                r#type: self.class().to_owned(),
                param: self.param().map(str::to_owned),
                code: Some(self.code().to_owned()),
            },
        }
    }
}

impl IntoResponse for Problem {
    /// Status and headers; the body comes from [`write_problems`], which knows the language.
    fn into_response(self) -> Response {
        let mut response = self.status().into_response();
        if let Some(seconds) = self.retry_after_s() {
            response.headers_mut().insert(RETRY_AFTER, HeaderValue::from(seconds));
        }
        if matches!(self, Self::Unauthorized) {
            response.headers_mut().insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"sarai\""));
        }
        response.extensions_mut().insert(self);
        response
    }
}

/// The body of a reply that is an error.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct ErrorBody {
    pub(crate) error: ErrorObject,
}

/// What went wrong.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct ErrorObject {
    /// For the person, in the language of `Accept-Language`.
    pub(crate) message: String,
    /// The class of error, such as `invalid_request_error`.
    #[serde(default)]
    pub(crate) r#type: String,
    /// The field that is wrong, such as `messages[0].content`.
    #[serde(default)]
    pub(crate) param: Option<String>,
    /// For programs; stable.
    #[serde(default)]
    pub(crate) code: Option<String>,
}

/// The client's language, or the door's own.
pub(crate) fn language_of(headers: &HeaderMap, door: &Door) -> Language {
    headers
        .get(ACCEPT_LANGUAGE)
        .and_then(|value| value.to_str().ok())
        .and_then(Language::from_accept_language)
        .unwrap_or(door.language)
}

/// Writes the body of each [`Problem`] that a route or a check returned.
pub(crate) async fn write_problems(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let language = language_of(request.headers(), &door);
    let route = format!("{} {}", request.method(), request.uri().path());
    let mut response = next.run(request).await;
    let Some(problem) = response.extensions_mut().remove::<Problem>() else { return response };
    if problem.status().is_server_error() {
        tracing::warn!(%route, %problem, "request failed");
    } else {
        tracing::debug!(%route, %problem, "request refused");
    }
    let (head, _) = response.into_parts();
    (head.status, head.headers, Json(problem.object(language))).into_response()
}

pub(crate) async fn no_route() -> Problem {
    Problem::NoRoute
}

pub(crate) async fn no_method() -> Problem {
    Problem::NoMethod
}

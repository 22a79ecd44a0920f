//! `POST /pair` on every listener, `GET /pair/new` on the Unix socket.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::SET_COOKIE;
use axum::response::{IntoResponse, Response};
use sarai_types::{Failure, FailureKind};
use serde::{Deserialize, Serialize};

use super::pairing::CODE_LIFE_S;
use super::sessions::SESSION_LIFE_S;
use super::{PairingError, SESSION_COOKIE};
use crate::body::Body;
use crate::error::Problem;
use crate::state::Door;

/// What the page sends.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct RedeemBody {
    /// The code that the terminal shows; case, blanks and dashes do not matter.
    code: String,
}

/// A fresh code.
#[derive(Debug, Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct IssuedBody {
    pub(crate) code: String,
    /// How long it is valid, in seconds.
    pub(crate) expires_in_s: u64,
}

/// Exchanges a code for the session cookie.
#[utoipa::path(post, path = "/pair", request_body = RedeemBody, responses((status = 204), (status = 403)))]
pub(crate) async fn redeem(State(door): State<Arc<Door>>, Body(body): Body<RedeemBody>) -> Result<Response, Problem> {
    let (now, random) = (door.ambient.unix_s(), door.ambient.random_bytes());
    let redeemed = tokio::task::spawn_blocking(move || door.pairing.redeem(&body.code, now, random)).await;
    let redeemed = redeemed.map_err(|error| internal(PairingError::File(std::io::Error::other(error))))?;
    let token = redeemed.map_err(|error| match error {
        PairingError::WrongCode => Problem::Forbidden { code: "wrong_code", notice: error.notice() },
        PairingError::NoCode => Problem::Forbidden { code: "no_code", notice: error.notice() },
        PairingError::File(_) => internal(error),
    })?;
    let cookie = format!("{SESSION_COOKIE}={token}; Path=/; Max-Age={SESSION_LIFE_S}; HttpOnly; SameSite=Strict");
    Ok((StatusCode::NO_CONTENT, [(SET_COOKIE, cookie)]).into_response())
}

/// Issues a fresh code to the owner.
pub(crate) async fn issue(State(door): State<Arc<Door>>) -> Json<IssuedBody> {
    let code = door.pairing.issue(door.ambient.unix_s(), door.ambient.random_bytes());
    Json(IssuedBody { code: code.as_str().to_owned(), expires_in_s: CODE_LIFE_S })
}

fn internal(error: PairingError) -> Problem {
    Failure::new(FailureKind::Internal, error.notice(), format!("{error:?}")).into()
}

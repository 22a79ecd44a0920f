//! What every route shares, and the router that is made of them.
//!
//! # Usage
//! The daemon makes one [`Pairing`] and one [`Ambient`], then a [`Front`] for each listener: [`Auth::Socket`] for the
//! Unix socket, [`Auth::Port`] for TCP. It serves the port with
//! `router(front).into_make_service_with_connect_info::<SocketAddr>()`: a peer whose address is not known counts as
//! remote.

use std::fmt;
use std::sync::Arc;

use axum::Router;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::routing::{get, post};
use sarai_types::{Language, Speculation, TurnId};
use uuid::Builder;

use crate::auth::{Auth, Guard, Pairing};
use crate::{Handle, auth, error, headers, memory, messages, openai, openapi, operations, page, rules, skills, upkeep};

/// Fills a slice with random bytes fit for keys.
pub type Randomness = dyn Fn(&mut [u8]) + Send + Sync;

/// The clock, the randomness and the wording of the local time, as functions, so that a test drives them.
#[derive(Clone)]
pub struct Ambient {
    /// Milliseconds since 1970.
    pub unix_ms: Arc<dyn Fn() -> u64 + Send + Sync>,
    pub random: Arc<Randomness>,
    /// The time where the person is, in words, for [`sarai_types::TurnRequest::local_time`].
    pub local_time: Arc<dyn Fn(Language) -> String + Send + Sync>,
}

impl Ambient {
    /// Seconds since 1970.
    #[must_use]
    pub fn unix_s(&self) -> u64 {
        (self.unix_ms)() / 1000
    }

    /// `N` random bytes.
    #[must_use]
    pub fn random_bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        (self.random)(&mut bytes);
        bytes
    }

    /// A new id, later than every earlier one.
    #[must_use]
    pub fn turn_id(&self) -> TurnId {
        TurnId::from_uuid(Builder::from_unix_timestamp_millis((self.unix_ms)(), &self.random_bytes()).into_uuid())
    }
}

impl fmt::Debug for Ambient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Ambient")
    }
}

/// What one listener's routes are made of.
#[derive(Debug)]
pub struct Front {
    pub handle: Handle,
    pub auth: Auth,
    /// Shared by all listeners: a code issued on the socket is redeemed on the port.
    pub pairing: Arc<Pairing>,
    pub ambient: Ambient,
    /// The language of clients that name none.
    pub language: Language,
    /// How many tokens are guessed ahead for requests that do not say it.
    pub speculation: Speculation,
}

/// What the routes share.
#[derive(Debug)]
pub(crate) struct Door {
    pub(crate) handle: Handle,
    pub(crate) guard: Guard,
    pub(crate) pairing: Arc<Pairing>,
    pub(crate) ambient: Ambient,
    pub(crate) language: Language,
    pub(crate) speculation: Speculation,
}

/// Every route behind its checks. Outermost first: security headers, error bodies, admission.
pub fn router(front: Front) -> Router {
    let Front { handle, auth, pairing, ambient, language, speculation } = front;
    let guard = Guard::new(auth);
    let mut routes = Router::new()
        .merge(openai::routes())
        .merge(page::routes())
        .merge(upkeep::routes())
        .merge(messages::routes())
        .route("/v1/skills/{skill}/reload", post(skills::reload))
        .route("/v1/memory", post(memory::perform))
        .route("/v1/rules", post(rules::perform))
        .route("/openapi.json", get(openapi::show))
        .route("/health", get(operations::health))
        .route("/readyz", get(operations::ready))
        .route("/metrics", get(operations::metrics))
        .route("/pair", post(auth::routes::redeem));
    if guard.is_socket() {
        routes = routes.route("/pair/new", get(auth::routes::issue));
    }
    let door = Arc::new(Door { handle, guard, pairing, ambient, language, speculation });
    routes
        .fallback(error::no_route)
        .method_not_allowed_fallback(error::no_method)
        .layer(from_fn_with_state(door.clone(), auth::admit))
        .layer(from_fn_with_state(door.clone(), error::write_problems))
        .layer(from_fn(headers::secure))
        .with_state(door)
}

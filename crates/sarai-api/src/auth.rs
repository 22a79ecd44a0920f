//! Who may come in.
//!
//! The Unix socket is the owner's by its file mode. On the port, each request passes three checks: the `Host` is one of
//! ours (against DNS rebinding), the `Origin`, if a browser sent one, is the host itself, and there is a credential: the
//! token in `Authorization: Bearer`, or the cookie of a paired browser. A webhook opens to a token of its own besides.
//!
//! # Key types
//! - [`Auth`]: which kind of listener this is.
//! - [`Guard`]: the checks; [`Guard::check`] is a function of the request's head, the peer and the time.
//! - [`Hook`]: what another program needs to call one webhook.
//! - [`Pairing`]: one-time codes, and the browsers that redeemed one.
//!
//! It never reads a token from a URL, never compares secrets in a time that depends on them, and grants no other origin
//! anything.

mod attempts;
pub(crate) mod hooks;
mod pairing;
pub(crate) mod routes;
mod sessions;

use std::net::SocketAddr;
use std::sync::Arc;

use axum::extract::{ConnectInfo, Request, State};
use axum::http::header::{AUTHORIZATION, COOKIE, HOST, ORIGIN};
use axum::http::{HeaderMap, HeaderName, Method};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use sarai_types::Notice;
use secrecy::{ExposeSecret, SecretString};
use subtle::ConstantTimeEq;

use crate::error::Problem;
use crate::state::Door;
use attempts::Attempts;
pub use hooks::Hook;
pub use pairing::{Code, Pairing, PairingError};
pub use sessions::SESSIONS_MAX;

const SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// The cookie that a paired browser holds.
pub(crate) const SESSION_COOKIE: &str = "sarai_session";

/// Which kind of listener a router stands behind.
#[derive(Debug)]
pub enum Auth {
    /// A Unix socket of mode 0600: who can open it is the owner.
    Socket,
    /// A TCP port.
    Port {
        token: SecretString,
        /// The port that is bound, for the `Host` check.
        port: u16,
        /// Hosts to be known by beside `localhost`, `127.0.0.1` and `[::1]`: `name` for any port, or `name:port`.
        allowed_hosts: Vec<String>,
    },
}

/// How much a route gives away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Access {
    /// The page's shell, which holds nothing of anybody's, and the exchange of a code.
    Open,
    /// Nothing to hide from other programs of this computer.
    Loopback,
    /// Everything else.
    Credential,
}

fn access(method: &Method, path: &str) -> Access {
    match (method, path) {
        (&Method::GET | &Method::HEAD, "/" | "/favicon.ico") | (&Method::POST, "/pair") => Access::Open,
        (&Method::GET | &Method::HEAD, path) if path.starts_with("/assets/") => Access::Open,
        (&Method::GET | &Method::HEAD, "/health") => Access::Loopback,
        _ => Access::Credential,
    }
}

/// The checks of one listener.
#[derive(Debug)]
pub(crate) struct Guard {
    auth: Auth,
    attempts: Attempts,
}

impl Guard {
    pub(crate) fn new(auth: Auth) -> Self {
        Self { auth, attempts: Attempts::default() }
    }

    pub(crate) fn is_socket(&self) -> bool {
        matches!(self.auth, Auth::Socket)
    }

    /// `now` is in seconds since 1970. A peer that is not known counts as remote.
    fn check(&self, request: &Request, peer: Option<SocketAddr>, pairing: &Pairing, now: u64) -> Result<(), Problem> {
        let Auth::Port { token, port, allowed_hosts } = &self.auth else { return Ok(()) };
        let headers = request.headers();
        let host = single(headers, &HOST).filter(|host| known_host(host, *port, allowed_hosts));
        let Some(host) = host else {
            return Err(Problem::Forbidden { code: "host_not_allowed", notice: Notice::new("api-host") });
        };
        let origin = origin(headers, host);
        if origin == Origin::Foreign {
            return Err(foreign());
        }
        match access(request.method(), request.uri().path()) {
            Access::Open => return Ok(()),
            Access::Loopback if peer.is_some_and(|p| p.ip().to_canonical().is_loopback()) => return Ok(()),
            Access::Loopback | Access::Credential => {}
        }
        match credential(headers) {
            Credential::None => Err(Problem::Unauthorized),
            Credential::Bearer(given) if equal(given, token.expose_secret()) => Ok(()),
            Credential::Bearer(given) if opens_hook(request, given, token) => Ok(()),
            Credential::Cookie(given) if pairing.admits(given, now) => match origin {
                // A cookie travels by itself, so whoever changes something with it shows that the page asked.
                Origin::Unsaid if !request.method().is_safe() => Err(foreign()),
                Origin::Unsaid | Origin::Own => Ok(()),
                Origin::Foreign => Err(foreign()),
            },
            // The right token is let in even now: it cannot be guessed, and a stranger must not lock the owner out.
            Credential::Bearer(_) | Credential::Cookie(_) => Err(match self.attempts.failed(now) {
                Ok(()) => Problem::Unauthorized,
                Err(retry_after_s) => Problem::TooManyAttempts { retry_after_s },
            }),
        }
    }
}

/// Lets a request in, or answers in its stead.
pub(crate) async fn admit(State(door): State<Arc<Door>>, request: Request, next: Next) -> Response {
    let peer = request.extensions().get::<ConnectInfo<SocketAddr>>().map(|info| info.0);
    match door.guard.check(&request, peer, &door.pairing, door.ambient.unix_s()) {
        Ok(()) => next.run(request).await,
        Err(problem) => problem.into_response(),
    }
}

/// Where a browser says that a request comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Origin {
    Own,
    Foreign,
    /// Not a browser, or one that says nothing for this kind of request.
    Unsaid,
}

fn origin(headers: &HeaderMap, host: &str) -> Origin {
    if headers.contains_key(ORIGIN) {
        let own = single(headers, &ORIGIN)
            .and_then(|o| o.strip_prefix("http://").or_else(|| o.strip_prefix("https://")))
            .is_some_and(|authority| authority.eq_ignore_ascii_case(host));
        return if own { Origin::Own } else { Origin::Foreign };
    }
    match single(headers, &SEC_FETCH_SITE) {
        Some("same-origin") => Origin::Own,
        Some(_) | None => Origin::Unsaid,
    }
}

fn foreign() -> Problem {
    Problem::Forbidden { code: "origin_not_allowed", notice: Notice::new("api-origin") }
}

fn known_host(host: &str, port: u16, allowed: &[String]) -> bool {
    let (name, given_port) = split_port(host);
    let ours = ["localhost", "127.0.0.1", "[::1]"].iter().any(|h| h.eq_ignore_ascii_case(name));
    // A browser leaves out the port of plain HTTP.
    if ours && given_port.map_or(port == 80, |p| p.parse() == Ok(port)) {
        return true;
    }
    allowed.iter().any(|entry| match split_port(entry) {
        (entry_name, None) => entry_name.eq_ignore_ascii_case(name),
        (_, Some(_)) => entry.eq_ignore_ascii_case(host),
    })
}

/// The name and the port of `name:port`, `[v6]:port` or a name alone.
fn split_port(host: &str) -> (&str, Option<&str>) {
    match host.rsplit_once(':') {
        Some((name, port)) if !port.contains(']') => (name, Some(port)),
        Some(_) | None => (host, None),
    }
}

/// A header that is there once and readable. Two of them would let each reader believe another.
fn single<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Option<&'h str> {
    let mut values = headers.get_all(name).iter();
    let value = values.next()?;
    if values.next().is_some() {
        return None;
    }
    value.to_str().ok()
}

enum Credential<'h> {
    None,
    Bearer(&'h str),
    Cookie(&'h str),
}

fn credential(headers: &HeaderMap) -> Credential<'_> {
    if headers.contains_key(AUTHORIZATION) {
        let value = single(headers, &AUTHORIZATION).unwrap_or_default();
        let token = match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
            Some(_) | None => "",
        };
        return Credential::Bearer(token);
    }
    headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok())
        .flat_map(|value| value.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(name, _)| *name == SESSION_COOKIE)
        .map_or(Credential::None, |(_, value)| Credential::Cookie(value))
}

/// Whether this is a call of the webhook that `given` is the token of.
fn opens_hook(request: &Request, given: &str, owner: &SecretString) -> bool {
    request.method() == Method::POST
        && hooks::token(owner, request.uri().path()).is_some_and(|token| equal(given, token.expose_secret()))
}

/// Compares secrets in a time that depends on their length only.
fn equal(given: &str, expected: &str) -> bool {
    // An empty token would let everybody in who sends one.
    !expected.is_empty() && bool::from(given.as_bytes().ct_eq(expected.as_bytes()))
}

//! Who gets in: listener, peer, host, origin and credential against the status.

use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::Request;

use crate::house::{House, NOW_S, TOKEN, get, greets, house, post, send};

const LOCAL: &str = "127.0.0.1:5000";
const REMOTE: &str = "192.168.1.9:5000";
const HOST: &str = "localhost:8080";
const OWN: &str = "http://localhost:8080";

/// A request to the port, as far as admission looks at it.
#[derive(Clone, Debug)]
struct Knock {
    route: &'static str,
    peer: Option<&'static str>,
    headers: Vec<(&'static str, String)>,
}

fn knock(route: &'static str) -> Knock {
    Knock { route, peer: Some(LOCAL), headers: vec![("host", HOST.to_owned())] }
}

impl Knock {
    fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn host(mut self, host: &str) -> Self {
        self.headers[0].1 = host.to_owned();
        self
    }

    fn token(self) -> Self {
        self.with("authorization", format!("Bearer {TOKEN}"))
    }

    fn peer(mut self, peer: Option<&'static str>) -> Self {
        self.peer = peer;
        self
    }

    async fn at(self, house: &House) -> crate::house::Reply {
        let (method, path) = self.route.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path);
        for (name, value) in self.headers {
            request = request.header(name, value);
        }
        let body = if method == "POST" { r#"{"code": "x", "messages": []}"# } else { "" };
        let mut request = request.body(Body::from(body)).unwrap();
        if let Some(peer) = self.peer {
            request.extensions_mut().insert(ConnectInfo(peer.parse::<SocketAddr>().unwrap()));
        }
        send(&house.port, request).await
    }
}

/// Pairs a browser, and gives its `Cookie` header.
async fn pair(house: &House) -> String {
    let code = get(&house.socket, "/pair/new").await.json()["code"].as_str().unwrap().to_owned();
    let request = Request::post("/pair").header("host", HOST).header("origin", OWN);
    let reply = send(&house.port, request.body(Body::from(format!(r#"{{"code": "{code}"}}"#))).unwrap()).await;
    assert_eq!(reply.status, 204, "{}", reply.body);
    let cookie = reply.headers["set-cookie"].to_str().unwrap();
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"] {
        assert!(cookie.split("; ").any(|a| a == attribute), "{cookie}");
    }
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn the_port_admits_by_host_origin_and_credential() {
    let house = house(greets);
    let cookie = pair(&house).await;
    let cookie = |knock: Knock| knock.with("cookie", format!("other=1; {cookie}"));
    // A POST that is let in fails later, with 400.
    for (status, knock) in [
        // Credentials.
        (401, knock("GET /v1/models")),
        (200, knock("GET /v1/models").token()),
        (200, knock("GET /v1/models").with("authorization", format!("bearer {TOKEN}"))),
        (401, knock("GET /v1/models").with("authorization", format!("Basic {TOKEN}"))),
        (401, knock("GET /v1/models").with("authorization", "Bearer ")),
        (401, knock("GET /v1/models").with("authorization", format!("Bearer {TOKEN}x"))),
        (401, knock("GET /v1/models").token().token()),
        (401, knock("GET /v1/models?token=correct-horse-battery-staple")),
        (401, knock("GET /v1/models?access_token=correct-horse-battery-staple")),
        (200, cookie(knock("GET /v1/models"))),
        (401, knock("GET /v1/models").with("cookie", "sarai_session=")),
        (401, knock("GET /v1/models").with("cookie", format!("sarai_session={TOKEN}"))),
        (401, cookie(knock("GET /v1/models")).with("authorization", "Bearer wrong")),
        (401, knock("GET /metrics")),
        (401, knock("GET /readyz")),
        (401, knock("GET /nowhere")),
        (404, knock("GET /nowhere").token()),
        (405, knock("GET /v1/chat/completions").token()),
        // The page's shell has nothing to hide; what it does has.
        (200, knock("GET /").peer(Some(REMOTE))),
        (404, knock("GET /assets/none/none.js")),
        (401, knock("POST /page/turn").with("origin", OWN)),
        (401, knock("POST /")),
        // The one route that needs none, from this computer only.
        (200, knock("GET /health")),
        (200, knock("GET /health").peer(Some("[::1]:5000"))),
        (200, knock("GET /health").peer(Some("[::ffff:127.0.0.1]:5000"))),
        (401, knock("GET /health").peer(Some(REMOTE))),
        (401, knock("GET /health").peer(None)),
        (401, knock("POST /health")),
        (200, knock("GET /health").peer(Some(REMOTE)).token()),
        // Codes are issued on the socket only.
        (401, knock("GET /pair/new")),
        (404, knock("GET /pair/new").token()),
        (403, knock("POST /pair")),
        // Hosts.
        (200, knock("GET /health").host("127.0.0.1:8080")),
        (200, knock("GET /health").host("[::1]:8080")),
        (200, knock("GET /health").host("LOCALHOST:8080")),
        (200, knock("GET /health").host("casa.lan")),
        (200, knock("GET /health").host("Casa.lan:9")),
        (200, knock("GET /health").host("nube.example:444")),
        (403, knock("GET /health").host("nube.example")),
        (403, knock("GET /health").host("localhost")),
        (403, knock("GET /health").host("localhost:8081")),
        (403, knock("GET /health").host("localhost:")),
        (403, knock("GET /health").host("localhost.evil.example:8080")),
        (403, knock("GET /health").host("evil.example:8080").token()),
        (403, knock("GET /").host("evil.example:8080")),
        (403, knock("GET /health").with("host", HOST)),
        (403, knock("GET /health").host("")),
        // Origins.
        (200, knock("GET /v1/models").token().with("origin", OWN)),
        (200, knock("GET /v1/models").token().with("origin", "https://localhost:8080")),
        (403, knock("GET /v1/models").token().with("origin", "http://localhost:9090")),
        (403, knock("GET /v1/models").token().with("origin", "http://evil.example")),
        (403, knock("GET /v1/models").token().with("origin", "null")),
        (403, knock("GET /health").with("origin", "http://evil.example")),
        (403, knock("POST /pair").with("origin", "http://evil.example")),
        (403, knock("GET /v1/models").token().with("origin", OWN).with("origin", "http://evil.example")),
        // A cookie travels by itself, so changes need a page of ours.
        (403, cookie(knock("POST /v1/chat/completions"))),
        (400, cookie(knock("POST /v1/chat/completions")).with("origin", OWN)),
        (400, cookie(knock("POST /v1/chat/completions")).with("sec-fetch-site", "same-origin")),
        (403, cookie(knock("POST /v1/chat/completions")).with("sec-fetch-site", "same-site")),
        (403, cookie(knock("POST /v1/chat/completions")).with("origin", "http://127.0.0.1:8080")),
        (400, knock("POST /v1/chat/completions").token()),
        // A cross-origin preflight gets nothing.
        (403, knock("OPTIONS /v1/models").with("origin", "http://evil.example")),
    ] {
        let told = format!("{knock:?}");
        let reply = knock.at(&house).await;
        assert_eq!(reply.status.as_u16(), status, "{told}: {}", reply.body);
        assert!(!reply.headers.contains_key("access-control-allow-origin"), "{told}");
        let challenged = reply.headers.contains_key("www-authenticate");
        assert_eq!(challenged, status == 401, "{told}");
        for name in ["content-security-policy", "x-content-type-options", "referrer-policy", "cache-control"] {
            assert!(reply.headers.contains_key(name), "{told} lacks {name}");
        }
    }
}

#[tokio::test]
async fn the_socket_is_the_owner() {
    let house = house(greets);
    assert_eq!(get(&house.socket, "/v1/models").await.status, 200);
    assert_eq!(get(&house.socket, "/metrics").await.status, 200);
    let issued = get(&house.socket, "/pair/new").await.json();
    assert_eq!((issued["code"].as_str().unwrap().len(), issued["expires_in_s"].as_u64()), (8, Some(600)));
}

#[tokio::test]
async fn a_session_ends_with_its_time_and_survives_a_restart() {
    let first = house(greets);
    let cookie = pair(&first).await;
    let file = fs_err::read(first.folder.path().join("sessions")).unwrap();
    let models = |cookie: &str| knock("GET /v1/models").with("cookie", cookie);
    first.clock_ms.store((NOW_S + 30 * 24 * 3600) * 1000, Ordering::Relaxed);
    assert_eq!(models(&cookie).at(&first).await.status, 401);

    let second = house(greets);
    assert_eq!(models(&cookie).at(&second).await.status, 401, "another house");
    let mut third = house(greets);
    fs_err::write(third.folder.path().join("sessions"), file).unwrap();
    third.reopen();
    assert_eq!(models(&cookie).at(&third).await.status, 200);
}

#[tokio::test]
async fn guessing_is_slowed_down_but_the_owner_is_not() {
    let house = house(greets);
    let guess = || knock("GET /v1/models").with("authorization", "Bearer guess");
    let mut last = guess().at(&house).await;
    for _ in 0..20 {
        last = guess().at(&house).await;
    }
    assert_eq!((last.verdict().0, last.headers["retry-after"].to_str().unwrap()), (429, "60"));
    assert_eq!(knock("GET /v1/models").token().at(&house).await.status, 200);
    assert_eq!(knock("GET /v1/models").at(&house).await.status, 401, "no credential is no guess");
    house.clock_ms.fetch_add(59_000, Ordering::Relaxed);
    assert_eq!(guess().at(&house).await.status, 429);
    house.clock_ms.fetch_add(1_000, Ordering::Relaxed);
    assert_eq!(guess().at(&house).await.status, 401);
}

#[tokio::test]
async fn a_code_cannot_be_guessed() {
    let house = house(greets);
    let code = get(&house.socket, "/pair/new").await.json()["code"].as_str().unwrap().to_owned();
    for _ in 0..5 {
        assert_eq!(post(&house.socket, "/pair", r#"{"code": "ZZZZZZZZ"}"#).await.verdict().1, "wrong_code");
    }
    let reply = post(&house.socket, "/pair", format!(r#"{{"code": "{code}"}}"#)).await;
    assert_eq!(reply.verdict(), (403, "no_code".to_owned(), None));
    assert!(!reply.headers.contains_key("set-cookie"));
}

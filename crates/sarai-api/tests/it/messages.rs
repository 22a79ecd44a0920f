//! What the proactive loop says, and webhooks.

use axum::body::Body;
use axum::http::Request;
use sarai_api::Hook;
use secrecy::ExposeSecret;
use serde_json::json;
use tower::ServiceExt;

use crate::house::{TOKEN, get, greets, house, post, send};

#[tokio::test]
async fn messages_are_read_and_marked() {
    let house = house(greets);
    let first = json!({
        "id": 7, "rule": "basura", "kind": "tell", "at": "2026-11-30T08:00:00Z", "language": "es",
        "text": "sacar la basura",
    });
    assert_eq!(get(&house.socket, "/v1/messages").await.json(), json!({"data": [first]}));
    assert_eq!(get(&house.socket, "/v1/messages?after=7&wait=0").await.json(), json!({"data": []}));
    assert_eq!(get(&house.socket, "/v1/messages?after=x").await.status, 400);
    for (path, changed) in [("/v1/messages/7/seen", true), ("/v1/messages/8/dismissed", false)] {
        assert_eq!(post(&house.socket, path, "").await.json(), json!({"changed": changed}), "{path}");
    }
    assert_eq!(post(&house.socket, "/v1/messages/x/seen", "").await.status, 400);
}

#[tokio::test]
async fn a_stream_goes_on_with_what_is_new() {
    let house = house(greets);
    let request = Request::get("/v1/messages/stream").header("host", "localhost").body(Body::empty()).unwrap();
    let mut body = house.socket.clone().oneshot(request).await.unwrap().into_body().into_data_stream();
    let first = futures_util::StreamExt::next(&mut body).await.unwrap().unwrap();
    let text = String::from_utf8(first.to_vec()).unwrap();
    assert!(text.starts_with("event: message\ndata: {\"id\":7,") && text.ends_with("}\n\n"), "{text}");
}

#[tokio::test]
async fn a_webhook_needs_the_token_and_a_name() {
    let house = house(greets);
    assert_eq!(post(&house.socket, "/v1/hooks/deploy", "").await.json(), json!({"changed": true}));
    assert_eq!(post(&house.socket, &format!("/v1/hooks/{}", "x".repeat(101)), "").await.status, 400);
    assert_eq!(post(&house.socket, "/v1/hooks/a%20b", "").await.status, 400);
    // By the port, without a token and with a wrong one.
    let own = |name: &str| Hook::new(&TOKEN.into(), name).unwrap().token.expose_secret().to_owned();
    for (route, token, status) in [
        ("POST /v1/hooks/deploy", String::new(), 401),
        ("POST /v1/hooks/deploy", "wrong".to_owned(), 401),
        ("POST /v1/hooks/deploy", TOKEN.to_owned(), 200),
        // Its own token opens it, and nothing else.
        ("POST /v1/hooks/deploy", own("deploy"), 200),
        ("POST /v1/hooks/deploy", own("door"), 401),
        ("POST /v1/hooks/ca%C3%B1a", own("caña"), 200),
        ("POST /v1/hooks/d%65ploy", own("deploy"), 401),
        ("GET /v1/hooks/deploy", own("deploy"), 401),
        ("GET /v1/messages", own("deploy"), 401),
        ("POST /v1/messages/7/seen", own("deploy"), 401),
        ("POST /v1/rules", own("deploy"), 401),
    ] {
        let (method, path) = route.split_once(' ').unwrap();
        let mut request = Request::builder().method(method).uri(path).header("host", "localhost:8080");
        if !token.is_empty() {
            request = request.header("authorization", format!("Bearer {token}"));
        }
        let reply = send(&house.port, request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, status, "{route} {token}: {}", reply.body);
    }
}

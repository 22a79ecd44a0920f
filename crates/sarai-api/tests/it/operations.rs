//! Health, readiness, metrics and the list of models.

use sarai_api::{Command, Status};
use serde_json::json;

use crate::house::{get, greets, health, held, house};

#[tokio::test]
async fn health_by_status() {
    for (status, word, healthy, ready) in [
        (Status::Ready, "ready", 200, 200),
        (Status::Starting, "starting", 503, 503),
        (Status::Degraded, "degraded", 200, 503),
        (Status::Stopping, "stopping", 503, 503),
    ] {
        let (house, mut commands) = held();
        tokio::spawn(async move {
            while let Some(Command::Health { reply }) = commands.recv().await {
                let _ = reply.send(health(status));
            }
        });
        let reply = get(&house.socket, "/health").await;
        let body = json!({
            "status": word,
            "version": "0.1.0",
            "components": [{
                "name": "engine",
                "status": word,
                "detail": "Too many requests are waiting. Try again in a moment.",
                "restarts": 2,
                "resident_bytes": 1_073_741_824,
            }],
        });
        assert_eq!((reply.status.as_u16(), reply.json()), (healthy, body));
        let reply = get(&house.socket, "/readyz").await;
        assert_eq!((reply.status.as_u16(), reply.body), (ready, format!("{word}\n")));
    }
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_hangs_or_is_gone_is_not_healthy() {
    let (house, commands) = held();
    assert_eq!(get(&house.socket, "/health").await.verdict().0, 503);
    drop(commands);
    assert_eq!(get(&house.socket, "/health").await.verdict().0, 503);
    assert_eq!(get(&house.socket, "/v1/models").await.verdict().0, 503);
}

#[tokio::test]
async fn metrics_are_prometheus_text() {
    let reply = get(&house(greets).socket, "/metrics").await;
    assert_eq!(reply.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
    assert_eq!(reply.body, "# TYPE total_requests counter\n");
}

#[tokio::test]
async fn models_are_listed_and_found() {
    let router = house(greets).socket;
    let list = get(&router, "/v1/models").await.json();
    let card = json!({
        "id": "qwen", "object": "model", "created": 1_795_352_700, "owned_by": "local",
        "sarai": {"context_tokens": 8192, "loaded": false},
    });
    assert_eq!((&list["object"], &list["data"][1]), (&json!("list"), &card));
    assert_eq!(get(&router, "/v1/models/qwen").await.json(), card);
    for path in ["/v1/models/no-such", "/v1/models/%ff"] {
        let verdict = get(&router, path).await.verdict();
        assert_eq!(verdict, (404, "model_not_found".to_owned(), Some("model".to_owned())));
    }
}

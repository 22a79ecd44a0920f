//! Chat completions: what the daemon is asked, and what a client reads.

use std::time::Duration;

use axum::body::Body;
use axum::http::{Request, StatusCode};
use http_body_util::BodyExt;
use sarai_api::Command;
use sarai_types::{FailureKind, FinishReason, Persona, Priority, Role, Speculation, ToolChoice};
use serde_json::{Value, json};
use tower::ServiceExt;

use crate::house::{calls, counts, failing, finished, greets, guesses, held, house, post, send, started, text, thinks};

const CHAT: &str = "/v1/chat/completions";

fn ask(stream: serde_json::Value) -> String {
    let mut body = json!({"model": "sarai", "messages": [{"role": "user", "content": "Hola"}]});
    body.as_object_mut().unwrap().extend(stream.as_object().unwrap().clone());
    body.to_string()
}

#[tokio::test]
async fn a_whole_answer() {
    let reply = post(&house(greets).socket, CHAT, ask(json!({}))).await;
    assert_eq!(reply.status, StatusCode::OK);
    insta::assert_snapshot!(serde_json::to_string_pretty(&reply.json()).unwrap());
}

#[tokio::test]
async fn a_whole_answer_of_tool_calls() {
    let reply = post(&house(calls).socket, CHAT, ask(json!({}))).await;
    insta::assert_snapshot!(serde_json::to_string_pretty(&reply.json()["choices"]).unwrap());
}

#[tokio::test]
async fn a_streamed_answer_with_usage() {
    let body = ask(json!({"stream": true, "stream_options": {"include_usage": true}}));
    let reply = post(&house(greets).socket, CHAT, body).await;
    assert_eq!(reply.headers["content-type"], "text/event-stream");
    insta::assert_snapshot!(reply.body);
}

#[tokio::test]
async fn a_streamed_answer_of_tool_calls() {
    insta::assert_snapshot!(post(&house(calls).socket, CHAT, ask(json!({"stream": true}))).await.body);
}

#[tokio::test]
async fn a_streamed_answer_with_probabilities() {
    let body = ask(json!({"stream": true, "logprobs": true, "top_logprobs": 2}));
    insta::assert_snapshot!(post(&house(counts).socket, CHAT, body).await.body);
}

#[tokio::test]
async fn a_failure_in_the_middle_ends_the_stream() {
    for script in [
        (|_| vec![started(), text("a"), failing(FailureKind::Unavailable), text("never")]) as crate::house::Script,
        // The daemon lost the turn without a word.
        |_| vec![started(), text("a")],
    ] {
        let body = post(&house(script).socket, CHAT, ask(json!({"stream": true}))).await.body;
        let last = body.trim_end().rsplit("\n\n").next().unwrap();
        let error: serde_json::Value = serde_json::from_str(last.strip_prefix("data: ").unwrap()).unwrap();
        assert_eq!(error["error"]["code"], "service_unavailable", "{body}");
        assert!(!body.contains("[DONE]") && !body.contains("never") && !body.contains("secret"), "{body}");
    }
}

#[tokio::test]
async fn an_early_failure_is_a_status_streamed_or_not() {
    for (script, status, code, retry) in [
        ((|_| vec![failing(FailureKind::TooLong)]) as crate::house::Script, 400, "context_length_exceeded", None),
        (|_| vec![failing(FailureKind::BadRequest)], 400, "invalid_value", None),
        (|_| vec![failing(FailureKind::ModelNotFound)], 404, "model_not_found", None),
        (|_| vec![failing(FailureKind::Busy { retry_after_ms: 0 })], 429, "rate_limit_exceeded", Some("1")),
        (|_| vec![failing(FailureKind::Busy { retry_after_ms: 7001 })], 429, "rate_limit_exceeded", Some("8")),
        (|_| vec![failing(FailureKind::Unavailable)], 503, "service_unavailable", Some("3")),
        (|_| vec![failing(FailureKind::Internal)], 500, "internal_error", None),
        (|_| vec![], 503, "service_unavailable", Some("3")),
    ] {
        for stream in [true, false] {
            let reply = post(&house(script).socket, CHAT, ask(json!({"stream": stream}))).await;
            let (got, got_code, _) = reply.verdict();
            assert_eq!((got, got_code.as_str()), (status, code));
            assert_eq!(reply.headers.get("retry-after").map(|v| v.to_str().unwrap()), retry);
            assert!(!reply.body.contains("secret"), "the log's line reached a client");
        }
    }
}

#[tokio::test]
async fn every_field_reaches_the_daemon() {
    let mut house = house(greets);
    let function = json!({"name": "suma", "description": "Suma", "parameters": {"type": "object", "b": 1, "a": 2}});
    let call = json!({"id": "c1", "type": "function", "function": {"name": "suma", "arguments": "{\"x\":1}"}});
    let body = json!({
        "model": "qwen", "unknown": [1], "n": 1, "response_format": {"type": "text"},
        "messages": [
            {"role": "developer", "content": "Sé breve."},
            {"role": "user", "content": [{"type": "text", "text": "uno"}, {"type": "text", "text": "dos"}], "name": "x"},
            {"role": "assistant", "content": null, "tool_calls": [call]},
            {"role": "tool", "tool_call_id": "c1", "content": "3"},
        ],
        "tools": [{"type": "function", "function": function}],
        "tool_choice": {"type": "function", "function": {"name": "suma"}},
        "temperature": 0, "top_p": 0, "top_k": 5, "min_p": 0.5, "repeat_penalty": 1.5, "frequency_penalty": -2,
        "presence_penalty": 2, "seed": -1, "max_tokens": 5, "max_completion_tokens": 6, "stop": "FIN",
        "logprobs": true, "priority": "background", "speculation": "fixed:7",
    });
    let request = Request::post(CHAT).header("accept-language", "es-ES").body(Body::from(body.to_string())).unwrap();
    assert_eq!(send(&house.socket, request).await.status, StatusCode::OK);

    let turn = house.asked.recv().await.unwrap();
    let said: Vec<_> = turn.messages.iter().map(|m| (m.role, m.text.as_str())).collect();
    let expected = [(Role::System, "Sé breve."), (Role::User, "uno\ndos"), (Role::Assistant, ""), (Role::Tool, "3")];
    assert_eq!(said, expected);
    assert_eq!(turn.messages[2].tool_calls[0].arguments, "{\"x\":1}");
    assert_eq!(turn.messages[3].tool_call_id.as_deref(), Some("c1"));
    assert_eq!(turn.tools[0].parameters, r#"{"type":"object","b":1,"a":2}"#);
    assert_eq!(turn.tool_choice, ToolChoice::Named("suma".to_owned()));
    assert_eq!((turn.persona, turn.model.unwrap().as_str()), (Persona::Model, "qwen"));
    let s = turn.sampling;
    assert_eq!((s.temperature, s.top_k, s.top_p, s.min_p), (0.0, 5, f32::EPSILON, 0.5));
    assert_eq!((s.penalties.repeat, s.penalties.frequency, s.penalties.presence), (1.5, -2.0, 2.0));
    assert_eq!((s.seed, turn.max_tokens, turn.logprobs), (Some(u64::MAX), Some(6), Some(0)));
    assert_eq!((turn.stop, turn.priority), (vec!["FIN".to_owned()], Priority::Background));
    assert_eq!((turn.grammar, turn.speculation), (None, Speculation::Fixed(7)));
    assert_eq!(turn.language.tag(), "es");

    post(&house.socket, CHAT, ask(json!({"model": "sarai:qwen"}))).await;
    let turn = house.asked.recv().await.unwrap();
    assert_eq!((turn.persona, turn.model.unwrap().as_str()), (Persona::Assistant, "qwen"));

    post(&house.socket, CHAT, ask(json!({}))).await;
    let turn = house.asked.recv().await.unwrap();
    assert_eq!((turn.persona, turn.model, turn.tool_choice), (Persona::Assistant, None, ToolChoice::Auto));
    assert_eq!(turn.speculation, Speculation::Acceptance, "what the owner chose");
}

#[tokio::test]
async fn a_thought_stands_beside_the_answer() {
    let reply = post(&house(thinks).socket, CHAT, ask(json!({}))).await.json();
    let message = &reply["choices"][0]["message"];
    assert_eq!((&message["reasoning_content"], &message["content"]), (&json!("Uno más uno."), &json!("Dos.")));
    let body = post(&house(thinks).socket, CHAT, ask(json!({"stream": true}))).await.body;
    let deltas: Vec<Value> = body
        .lines()
        .filter_map(|line| serde_json::from_str::<Value>(line.strip_prefix("data: ")?).ok())
        .map(|chunk| chunk["choices"][0]["delta"].clone())
        .collect();
    let expected = [
        json!({"role": "assistant", "content": ""}),
        json!({"reasoning_content": "Uno más"}),
        json!({"reasoning_content": " uno."}),
        json!({"content": "Dos."}),
        json!({}),
    ];
    assert_eq!(deltas, expected);
}

#[tokio::test]
async fn figures_say_how_the_answer_was_decoded() {
    let reply = post(&house(guesses).socket, CHAT, ask(json!({}))).await.json();
    let details = json!({"accepted_prediction_tokens": 9, "rejected_prediction_tokens": 4});
    assert_eq!(reply["usage"]["completion_tokens_details"], details);
    let speculation = json!({
        "source": "suffix", "drafted": 13, "accepted": 9, "speedup": 2.0, "batches": 5,
        "suffix": {"drafted": 8, "accepted": 7}, "model": {"drafted": 5, "accepted": 2},
    });
    assert_eq!(reply["sarai"]["speculation"], speculation);
    let grammar = json!({"kind": "json-schema", "forced_tokens": 6, "complete": false});
    assert_eq!(reply["sarai"]["grammar"], grammar);
    assert_eq!(reply["choices"][0]["finish_reason"], "length");
}

#[tokio::test]
async fn a_client_that_goes_away_stops_the_turn() {
    for stream in [true, false] {
        let (house, mut commands) = held();
        let request = Request::post(CHAT).body(Body::from(ask(json!({"stream": stream})))).unwrap();
        let reply = tokio::spawn(house.socket.clone().oneshot(request));
        let Some(Command::Turn { events, .. }) = commands.recv().await else { panic!("no turn") };
        events.send(started()).await.unwrap();
        if stream {
            let mut body = reply.await.unwrap().unwrap().into_body();
            body.frame().await.unwrap().unwrap();
            drop(body);
        } else {
            reply.abort();
        }
        events.closed().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_long_prompt_keeps_the_connection_alive() {
    let (house, mut commands) = held();
    let request = Request::post(CHAT).body(Body::from(ask(json!({"stream": true})))).unwrap();
    let reply = tokio::spawn(house.socket.clone().oneshot(request));
    let Some(Command::Turn { events, .. }) = commands.recv().await else { panic!("no turn") };

    // The prompt takes its time: the client hears a status, then comments.
    let mut body = reply.await.unwrap().unwrap().into_body();
    let comment = body.frame().await.unwrap().unwrap().into_data().unwrap();
    assert!(comment.starts_with(b":"), "{comment:?}");

    for event in [started(), text("sí"), finished(FinishReason::Stop)] {
        events.send(event).await.unwrap();
    }
    let rest = body.collect().await.unwrap().to_bytes();
    assert!(rest.ends_with(b"data: [DONE]\n\n"));
}

#[tokio::test(start_paused = true)]
async fn a_daemon_that_does_not_take_commands_is_busy() {
    let (house, _commands) = held();
    let waiting: Vec<_> = (0..sarai_api::COMMANDS_MAX)
        .map(|_| tokio::spawn(house.socket.clone().oneshot(Request::get("/v1/models").body(Body::empty()).unwrap())))
        .collect();
    tokio::time::sleep(Duration::from_millis(1)).await;
    let reply = post(&house.socket, CHAT, ask(json!({}))).await;
    assert_eq!(reply.verdict().1, "rate_limit_exceeded");
    drop(waiting);
}

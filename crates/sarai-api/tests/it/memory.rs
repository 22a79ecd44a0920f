//! The memory's door, and its part in answers.

use axum::http::StatusCode;
use sarai_api::memory::{AddBody, ForgetBody, MemoryRequest, RecallBody};
use sarai_types::MemoryWish;
use serde_json::json;

use crate::house::{greets, house, post, remembers};

#[test]
fn requests_on_the_wire() {
    for (wire, request) in [
        (json!({"ask": {"text": "¿Dónde vivo?"}}), MemoryRequest::Ask { text: "¿Dónde vivo?".to_owned() }),
        (
            json!({"recall": {"subject": "Ana", "past": true}}),
            MemoryRequest::Recall(RecallBody { subject: Some("Ana".to_owned()), past: true, ..RecallBody::default() }),
        ),
        (
            json!({"add": {"subject": "", "verb": "lives_in", "object": "Lugo", "from": "2019"}}),
            MemoryRequest::Add(AddBody {
                subject: String::new(),
                verb: "lives_in".to_owned(),
                object: "Lugo".to_owned(),
                from: Some("2019".to_owned()),
                to: None,
            }),
        ),
        (json!({"forget": {"person": "Javier"}}), MemoryRequest::Forget(ForgetBody::Person("Javier".to_owned()))),
        (json!({"forget": {"everything": {}}}), MemoryRequest::Forget(ForgetBody::Everything {})),
        (json!({"stats": {}}), MemoryRequest::Stats {}),
    ] {
        assert_eq!(serde_json::to_value(&request).unwrap(), wire);
        assert_eq!(serde_json::from_value::<MemoryRequest>(wire).unwrap(), request);
    }
}

#[tokio::test]
async fn a_question_comes_back_in_the_client_s_language() {
    let house = house(greets);
    let reply = post(&house.socket, "/v1/memory", json!({"ask": {"text": "¿Dónde vivo?"}}).to_string()).await;
    assert_eq!(reply.json(), json!({"answer": {"text": "en: ¿Dónde vivo?", "facts": [7], "hints": []}}));
}

#[tokio::test]
async fn what_is_no_request_changes_nothing() {
    let house = house(greets);
    for body in [
        json!({}),
        json!({"drop": {}}),
        json!({"recall": {"sujeto": "Ana"}}),
        json!({"forget": {}}),
        json!({"forget": {"fact": "siete"}}),
        json!({"forget": {"everything": {}, "fact": 7}}),
        json!({"stats": {}, "vacuum": {}}),
    ] {
        assert_eq!(post(&house.socket, "/v1/memory", body.to_string()).await.status, StatusCode::BAD_REQUEST, "{body}");
    }
}

#[tokio::test]
async fn the_memory_s_part_reaches_programs() {
    let house = house(remembers);
    let body = json!({"model": "sarai", "messages": [{"role": "user", "content": "¿Dónde vivo?"}]});
    let memory = post(&house.socket, "/v1/chat/completions", body.to_string()).await.json()["sarai"]["memory"].clone();
    assert_eq!(memory["facts_used"][0], json!({"id": 7, "text": "Vives en Lugo", "role": "asked"}));
    assert_eq!(memory["facts_used"][1]["role"], "known");
    assert_eq!((&memory["stored"][0]["id"], &memory["erased"]), (&json!(9), &json!(3)));
    assert!(memory["trouble"].as_str().unwrap().contains(' '), "a sentence: {memory}");
}

#[tokio::test]
async fn whoever_wants_no_memory_says_so() {
    let mut house = house(greets);
    for (path, said) in [
        ("/v1/chat/completions", json!({"messages": [{"role": "user", "content": "Hola"}]})),
        ("/v1/responses", json!({"input": "Hola"})),
        ("/page/turn", json!({"messages": [{"role": "user", "content": "Hola"}]})),
    ] {
        for (wanted, expected) in [(None, MemoryWish::On), (Some(true), MemoryWish::On), (Some(false), MemoryWish::Off)]
        {
            let mut body = said.clone();
            body["model"] = json!("sarai");
            if let Some(wanted) = wanted {
                body["memory"] = json!(wanted);
            }
            post(&house.socket, path, body.to_string()).await;
            assert_eq!(house.asked.recv().await.unwrap().memory, expected, "{path} {wanted:?}");
        }
    }
}

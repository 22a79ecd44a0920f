//! The Responses API.

use axum::http::StatusCode;
use sarai_types::{FailureKind, FinishReason, Role, TurnEvent, TurnRequest};
use serde_json::{Value, json};

use crate::house::{calls, failing, finished, greets, house, post, started, text, thinks};

const RESPONSES: &str = "/v1/responses";

fn ask(stream: bool) -> String {
    let tool = json!({"type": "function", "name": "tiempo", "parameters": {"type": "object"}});
    json!({"model": "sarai", "input": "Hola", "stream": stream, "store": true, "tools": [tool]}).to_string()
}

#[tokio::test]
async fn a_whole_response() {
    let reply = post(&house(calls).socket, RESPONSES, ask(false)).await;
    assert_eq!(reply.status, StatusCode::OK);
    insta::assert_snapshot!(serde_json::to_string_pretty(&reply.json()).unwrap());
}

#[tokio::test]
async fn a_streamed_response() {
    insta::assert_snapshot!(post(&house(calls).socket, RESPONSES, ask(true)).await.body);
}

/// Name and data of each event; names and numbers are checked on the way.
async fn events(script: crate::house::Script) -> Vec<(String, Value)> {
    let body = post(&house(script).socket, RESPONSES, ask(true)).await.body;
    let events: Vec<(String, Value)> = body
        .trim_end()
        .split("\n\n")
        .map(|event| {
            let (name, data) = event.split_once('\n').unwrap();
            let data = serde_json::from_str(data.strip_prefix("data: ").unwrap()).unwrap();
            (name.strip_prefix("event: ").unwrap().to_owned(), data)
        })
        .collect();
    for (i, (name, data)) in events.iter().enumerate() {
        assert_eq!((data["type"].as_str(), data["sequence_number"].as_u64()), (Some(name.as_str()), Some(i as u64)));
    }
    events
}

#[tokio::test]
async fn the_last_event_says_how_it_ended() {
    for (script, last, status) in [
        (greets as crate::house::Script, "response.completed", "completed"),
        (|_| vec![started(), text("a"), finished(FinishReason::Length)], "response.incomplete", "incomplete"),
        (|_| vec![started(), finished(FinishReason::Stop)], "response.completed", "completed"),
        (|_| vec![started(), text("a"), failing(FailureKind::Unavailable)], "response.failed", "failed"),
    ] {
        let events = events(script).await;
        let (name, data) = events.last().unwrap();
        assert_eq!((name.as_str(), data["response"]["status"].as_str()), (last, Some(status)));
        let deltas: String = events
            .iter()
            .filter_map(|(n, d)| match n.as_str() {
                "response.output_text.delta" => d["delta"].as_str(),
                _ => None,
            })
            .collect();
        if status != "failed" {
            assert_eq!(data["response"]["output"][0]["content"][0]["text"].as_str(), Some(deltas.as_str()));
        }
    }
}

#[tokio::test]
async fn a_thought_is_an_item_of_its_own() {
    let reply = post(&house(thinks).socket, RESPONSES, ask(false)).await.json();
    let thought = json!([{"type": "reasoning_text", "text": "Uno más uno."}]);
    assert_eq!((&reply["output"][0]["type"], &reply["output"][0]["content"]), (&json!("reasoning"), &thought));
    assert_eq!(reply["output"][1]["content"][0]["text"], "Dos.");
    let events = events(thinks).await;
    let last = &events.last().unwrap().1["response"];
    assert_eq!(last["output"], reply["output"]);
    let names: Vec<&str> = events.iter().map(|(name, _)| name.trim_start_matches("response.")).collect();
    let expected = [
        "created",
        "in_progress",
        "output_item.added",
        "reasoning_text.delta",
        "reasoning_text.delta",
        "reasoning_text.done",
        "output_item.done",
        "output_item.added",
        "content_part.added",
        "output_text.delta",
        "output_text.done",
        "content_part.done",
        "output_item.done",
        "completed",
    ];
    assert_eq!(names, expected);
    // A thought without an answer is followed by an empty one.
    let script = |_: &TurnRequest| {
        vec![started(), Ok(TurnEvent::Thought { text: "a".to_owned() }), finished(FinishReason::Length)]
    };
    let whole = post(&house(script).socket, RESPONSES, ask(false)).await.json();
    let types: Vec<_> = whole["output"].as_array().unwrap().iter().map(|item| item["type"].clone()).collect();
    assert_eq!(types, ["reasoning", "message"]);
}

#[tokio::test]
async fn items_become_the_messages_that_templates_expect() {
    let mut house = house(greets);
    let body = json!({
        "model": "sarai", "instructions": "Sé breve.", "max_output_tokens": 9, "text": {"format": {"type": "text"}},
        "input": [
            {"role": "user", "content": [{"type": "input_text", "text": "¿Qué tiempo hace?"}]},
            {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Miro."}]},
            {"type": "function_call", "call_id": "c1", "name": "tiempo", "arguments": "{}"},
            {"type": "function_call", "call_id": "c2", "name": "tiempo", "arguments": "{}"},
            {"type": "function_call_output", "call_id": "c1", "output": "sol"},
            {"type": "function_call_output", "call_id": "c2", "output": [{"type": "input_text", "text": "lluvia"}]},
            {"type": "reasoning", "id": "rs_1", "summary": [], "content": [{"type": "reasoning_text", "text": "x"}]},
            {"type": "function_call", "call_id": "c3", "name": "tiempo", "arguments": "{}"},
        ],
    });
    assert_eq!(post(&house.socket, RESPONSES, body.to_string()).await.status, StatusCode::OK);
    let turn = house.asked.recv().await.unwrap();
    let said: Vec<_> = turn.messages.iter().map(|m| (m.role, m.text.as_str(), m.tool_calls.len())).collect();
    assert_eq!(
        said,
        [
            (Role::System, "Sé breve.", 0),
            (Role::User, "¿Qué tiempo hace?", 0),
            (Role::Assistant, "Miro.", 2),
            (Role::Tool, "sol", 0),
            (Role::Tool, "lluvia", 0),
            (Role::Assistant, "", 1),
        ]
    );
    assert_eq!(turn.max_tokens, Some(9));
}

//! What is refused, and how: a table of requests against status, code and field.

use axum::body::Body;
use axum::http::Request;
use serde_json::{Value, json};

use crate::house::{greets, house, post, send};

const CHAT: &str = "/v1/chat/completions";
const RESPONSES: &str = "/v1/responses";
const EMBEDDINGS: &str = "/v1/embeddings";

/// A good request with one field changed; a null takes it out.
fn with(path: &str, field: &str, value: Value) -> String {
    let mut body = match path {
        CHAT => json!({"model": "sarai", "messages": [{"role": "user", "content": "Hola"}]}),
        _ => json!({"model": "sarai", "input": "Hola"}),
    };
    match value {
        Value::Null => drop(body.as_object_mut().unwrap().remove(field)),
        value => body[field] = value,
    }
    body.to_string()
}

fn tool(name: &str) -> Value {
    json!({"type": "function", "function": {"name": name}})
}

#[tokio::test]
async fn a_wrong_field_is_named() {
    let router = house(greets).socket;
    let user = |content: Value| json!([{"role": "user", "content": content}]);
    let many: Vec<Value> = (0..17).map(|i| json!(format!("s{i}"))).collect();
    let image = json!([{"type": "text", "text": "¿Qué es?"}, {"type": "image_url", "image_url": {"url": "data:"}}]);
    for (path, field, value, status, code, param) in [
        (CHAT, "model", json!(null), 400, "missing_required_parameter", "model"),
        (CHAT, "model", json!(7), 400, "invalid_type", "model"),
        (CHAT, "model", json!("../../etc/passwd"), 404, "model_not_found", "model"),
        (CHAT, "model", json!("x".repeat(65)), 404, "model_not_found", "model"),
        (CHAT, "messages", json!(null), 400, "missing_required_parameter", "messages"),
        (CHAT, "messages", json!([]), 400, "invalid_value", "messages"),
        (CHAT, "messages", json!("hola"), 400, "invalid_type", "messages"),
        (CHAT, "messages", json!([{"content": "a"}]), 400, "missing_required_parameter", "messages[0].role"),
        (CHAT, "messages", json!([{"role": "root", "content": "a"}]), 400, "invalid_value", "messages[0].role"),
        (CHAT, "messages", user(json!(null)), 400, "missing_required_parameter", "messages[0].content"),
        (CHAT, "messages", user(json!(5)), 400, "invalid_type", "messages[0].content"),
        (CHAT, "messages", user(image), 400, "unsupported_value", "messages[0].content[1].type"),
        (
            CHAT,
            "messages",
            user(json!([{"type": "text"}])),
            400,
            "missing_required_parameter",
            "messages[0].content[0].text",
        ),
        (
            CHAT,
            "messages",
            json!([{"role": "assistant", "tool_calls": []}]),
            400,
            "missing_required_parameter",
            "messages[0].content",
        ),
        (
            CHAT,
            "messages",
            json!([{"role": "tool", "content": "3"}]),
            400,
            "missing_required_parameter",
            "messages[0].tool_call_id",
        ),
        (
            CHAT,
            "messages",
            json!([{"role": "user", "content": "a", "tool_calls": [
            {"id": "c", "function": {"name": "f", "arguments": "{}"}}]}]),
            400,
            "invalid_value",
            "messages[0].tool_calls",
        ),
        (
            CHAT,
            "messages",
            json!([{"role": "assistant", "tool_calls": [
            {"id": "c", "function": {"name": "f", "arguments": {}}}]}]),
            400,
            "invalid_type",
            "messages[0].tool_calls[0].function.arguments",
        ),
        (CHAT, "messages", user(json!("a".repeat((4 << 20) + 1))), 400, "context_length_exceeded", ""),
        (
            CHAT,
            "messages",
            json!(vec![json!({"role": "user", "content": "a"}); 4097]),
            400,
            "invalid_value",
            "messages",
        ),
        (CHAT, "n", json!(2), 400, "unsupported_value", "n"),
        (CHAT, "stream", json!("yes"), 400, "invalid_type", "stream"),
        (CHAT, "temperature", json!(2.5), 400, "invalid_value", "temperature"),
        (CHAT, "temperature", json!(1e300), 400, "invalid_value", "temperature"),
        (CHAT, "top_p", json!(-0.1), 400, "invalid_value", "top_p"),
        (CHAT, "frequency_penalty", json!(3), 400, "invalid_value", "frequency_penalty"),
        (CHAT, "max_tokens", json!(0), 400, "invalid_value", "max_tokens"),
        (CHAT, "max_tokens", json!(-1), 400, "invalid_type", "max_tokens"),
        (CHAT, "seed", json!(1.5), 400, "invalid_type", "seed"),
        (CHAT, "stop", json!(many), 400, "invalid_value", "stop"),
        (CHAT, "stop", json!(["a", ""]), 400, "invalid_value", "stop"),
        (CHAT, "stop", json!({}), 400, "invalid_type", "stop"),
        (CHAT, "top_logprobs", json!(3), 400, "invalid_value", "top_logprobs"),
        (CHAT, "priority", json!("root"), 400, "invalid_value", "priority"),
        (CHAT, "tools", json!([tool("a b")]), 400, "invalid_value", "tools[0].function.name"),
        (CHAT, "tools", json!([tool("a"), tool("a")]), 400, "invalid_value", "tools[1].function.name"),
        (CHAT, "tools", json!([{"type": "web_search"}]), 400, "unsupported_value", "tools[0].type"),
        (
            CHAT,
            "tools",
            json!([{"type": "function", "function": {"name": "a", "parameters": []}}]),
            400,
            "invalid_type",
            "tools[0].function.parameters",
        ),
        (CHAT, "tools", json!(vec![tool("a"); 129]), 400, "invalid_value", "tools"),
        (CHAT, "tool_choice", json!("required"), 400, "invalid_value", "tool_choice"),
        (CHAT, "tool_choice", json!("maybe"), 400, "invalid_value", "tool_choice"),
        (CHAT, "tool_choice", tool("absent"), 400, "invalid_value", "tool_choice"),
        (RESPONSES, "input", json!(null), 400, "missing_required_parameter", "input"),
        (RESPONSES, "input", json!([]), 400, "invalid_value", "input"),
        (RESPONSES, "input", json!([{"type": "item_reference", "id": "x"}]), 400, "unsupported_value", "input[0].type"),
        (
            RESPONSES,
            "input",
            json!([{"type": "function_call", "name": "f"}]),
            400,
            "missing_required_parameter",
            "input[0].call_id",
        ),
        (
            RESPONSES,
            "input",
            json!([{"role": "user", "content": [{"type": "input_image"}]}]),
            400,
            "unsupported_value",
            "input[0].content[0].type",
        ),
        (RESPONSES, "previous_response_id", json!("resp_1"), 400, "unsupported_value", "previous_response_id"),
        (RESPONSES, "background", json!(true), 400, "unsupported_value", "background"),
        (RESPONSES, "truncation", json!("auto"), 400, "unsupported_value", "truncation"),
        (RESPONSES, "max_output_tokens", json!(0), 400, "invalid_value", "max_output_tokens"),
        (EMBEDDINGS, "input", json!(null), 400, "missing_required_parameter", "input"),
        (EMBEDDINGS, "input", json!(["a", ""]), 400, "invalid_value", "input"),
        (EMBEDDINGS, "input", json!([1, 2]), 400, "invalid_type", "input"),
        (EMBEDDINGS, "dimensions", json!(8), 400, "unsupported_value", "dimensions"),
        (EMBEDDINGS, "encoding_format", json!("hex"), 400, "invalid_value", "encoding_format"),
    ] {
        let verdict = post(&router, path, with(path, field, value.clone())).await.verdict();
        let param = Some(param).filter(|p| !p.is_empty()).map(str::to_owned);
        let shown: String = value.to_string().chars().take(80).collect();
        assert_eq!(verdict, (status, code.to_owned(), param), "{path} {field} = {shown}");
    }
}

#[tokio::test]
async fn a_body_that_is_none_is_told_so() {
    let router = house(greets).socket;
    for (body, status, code) in [
        (&b""[..], 400, "invalid_json"),
        (b"{", 400, "invalid_json"),
        (b"{} {}", 400, "invalid_json"),
        (b"[]", 400, "invalid_type"),
        (b"7", 400, "invalid_type"),
        (b"{\"model\": \"\xff\"}", 400, "invalid_utf8"),
        (b"{\"stream\": false, \"stream\": true}", 400, "invalid_type"),
        (&[b'['; 4000], 400, "invalid_type"),
        ((r#"{"ignored": "#.to_owned() + &"[".repeat(100_000)).as_bytes(), 400, "invalid_json"),
        (&vec![b' '; (8 << 20) + 1], 413, "request_too_large"),
    ] {
        // Once with its length announced, once without.
        for announced in [true, false] {
            let mut request = Request::post(CHAT);
            if announced {
                request = request.header("content-length", body.len());
            }
            let reply = send(&router, request.body(Body::from(body.to_vec())).unwrap()).await;
            let (got, got_code, param) = reply.verdict();
            let shown = String::from_utf8_lossy(&body[..body.len().min(40)]).into_owned();
            assert_eq!((got, got_code.as_str(), param), (status, code, None), "{shown}");
        }
    }
}

#[tokio::test]
async fn sentences_are_in_the_language_that_was_asked_for() {
    let router = house(greets).socket;
    for (accepted, sentence) in [
        (Some("es-ES,es;q=0.9"), "Falta el campo «model». Añádelo a la petición."),
        (Some("de"), "The field `model` is missing. Add it to the request."),
        (None, "The field `model` is missing. Add it to the request."),
    ] {
        let mut request = Request::post(CHAT);
        if let Some(accepted) = accepted {
            request = request.header("accept-language", accepted);
        }
        let reply = send(&router, request.body(Body::from("{}")).unwrap()).await;
        assert_eq!(reply.json()["error"]["message"], sentence);
    }
}

#[tokio::test]
async fn vectors_come_as_floats_or_as_base64() {
    let router = house(greets).socket;
    let body = json!({"model": "sarai", "input": ["a", "ñu"]}).to_string();
    let floats = post(&router, EMBEDDINGS, body).await.json();
    let expected = json!({
        "object": "list",
        "data": [
            {"object": "embedding", "index": 0, "embedding": [1.0, -0.5]},
            {"object": "embedding", "index": 1, "embedding": [3.0, -0.5]},
        ],
        "model": "qwen",
        "usage": {"prompt_tokens": 7, "total_tokens": 7},
    });
    assert_eq!(floats, expected);
    let body = json!({"model": "other", "input": "a", "encoding_format": "base64"}).to_string();
    let packed = post(&router, EMBEDDINGS, body).await.json();
    assert_eq!((&packed["data"][0]["embedding"], &packed["model"]), (&json!("AACAPwAAAL8="), &json!("other")));
}

//! Whatever comes in, the front door answers with less than 500 and does not fall over.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::house::{greets, house, post};

/// JSON of any shape, with the words of the API in it so that it gets far.
fn any_json() -> impl Strategy<Value = Value> {
    let word = prop::sample::select(&[
        "text",
        "user",
        "assistant",
        "tool",
        "function",
        "message",
        "function_call",
        "sarai",
        "auto",
        "",
        "\u{0}",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word.prop_map(Value::from),
        ".{0,8}".prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 6, |inner| {
        let key = prop::sample::select(&[
            "role",
            "content",
            "type",
            "text",
            "tool_calls",
            "tool_call_id",
            "id",
            "function",
            "name",
            "arguments",
            "parameters",
            "call_id",
            "output",
            "format",
            "include_usage",
        ]);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::vec((key, inner), 0..6).prop_map(|pairs| pairs
                .into_iter()
                .map(|(k, v)| (k.to_owned(), v))
                .collect::<Map<_, _>>()
                .into()),
        ]
    })
}

fn any_request() -> impl Strategy<Value = (&'static str, Value)> {
    let path = prop::sample::select(&["/v1/chat/completions", "/v1/responses", "/v1/embeddings", "/pair"]);
    let field = prop::sample::select(&[
        "model",
        "messages",
        "input",
        "instructions",
        "tools",
        "tool_choice",
        "stop",
        "seed",
        "temperature",
        "top_p",
        "top_k",
        "max_tokens",
        "n",
        "logprobs",
        "top_logprobs",
        "stream",
        "stream_options",
        "response_format",
        "text",
        "metadata",
        "encoding_format",
        "code",
        "priority",
    ]);
    (path, prop::collection::vec((field, any_json()), 0..3)).prop_map(|(path, fields)| {
        let mut body = json!({
            "model": "sarai", "messages": [{"role": "user", "content": "a"}], "input": "a", "code": "x",
        });
        for (name, value) in fields {
            body[name] = value;
        }
        (path, body)
    })
}

fn check(path: &str, body: Vec<u8>) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let reply = runtime.block_on(async { post(&house(greets).socket, path, body).await });
    if reply.status != 200 {
        prop_assert!((400..500).contains(&reply.status.as_u16()), "{}: {}", reply.status, reply.body);
        reply.verdict();
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_json_is_answered((path, body) in any_request()) {
        check(path, body.to_string().into_bytes())?;
    }

    #[test]
    fn any_bytes_are_answered(body in prop::collection::vec(any::<u8>(), 0..64)) {
        check("/v1/chat/completions", body)?;
    }
}

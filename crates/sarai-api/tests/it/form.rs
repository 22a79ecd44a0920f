//! What an answer must look like: what clients may say, what the daemon is asked, and what is refused.

use axum::body::Body;
use axum::http::Request;
use sarai_types::{FailureKind, Grammar, GrammarKind, Strictness};
use serde_json::{Value, json};

use crate::house::{Script, failing, greets, house, post, send};

const CHAT: &str = "/v1/chat/completions";
const RESPONSES: &str = "/v1/responses";

/// A good request with more fields.
fn with(path: &str, more: &Value) -> String {
    let mut body = match path {
        CHAT => json!({"model": "sarai", "messages": [{"role": "user", "content": "Hola"}]}),
        _ => json!({"model": "sarai", "input": "Hola"}),
    };
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body.to_string()
}

fn schema(inner: &Value) -> Value {
    json!({"response_format": {"type": "json_schema", "json_schema": inner}})
}

#[tokio::test]
async fn every_form_reaches_the_daemon() {
    let mut house = house(greets);
    let object = json!({"type": "object", "properties": {"ñ": {"type": "integer"}, "a": true}, "required": ["ñ"]});
    let source = object.to_string();
    let lark = json!({"kind": "lark", "source": "start: \"a\""});
    for (path, more, kind, source) in [
        (CHAT, json!({"response_format": {"type": "json_object"}}), GrammarKind::JsonSchema, r#"{"type":"object"}"#),
        (CHAT, schema(&json!({"name": "a_-1", "schema": object})), GrammarKind::JsonSchema, source.as_str()),
        (
            CHAT,
            schema(&json!({"name": "a", "schema": object, "strict": true, "description": "x"})),
            GrammarKind::JsonSchema,
            &source,
        ),
        (CHAT, json!({"grammar": "root ::= \"a\""}), GrammarKind::Gbnf, "root ::= \"a\""),
        (CHAT, json!({"grammar": lark, "response_format": {"type": "text"}}), GrammarKind::Lark, "start: \"a\""),
        (CHAT, json!({"grammar": {"kind": "regex", "source": "a+"}}), GrammarKind::Regex, "a+"),
        (
            RESPONSES,
            json!({"text": {"format": {"type": "json_object"}}}),
            GrammarKind::JsonSchema,
            r#"{"type":"object"}"#,
        ),
        (
            RESPONSES,
            json!({"text": {"format": {"type": "json_schema", "name": "a", "schema": object}}}),
            GrammarKind::JsonSchema,
            &source,
        ),
        (RESPONSES, json!({"grammar": {"kind": "gbnf", "source": "x"}}), GrammarKind::Gbnf, "x"),
    ] {
        assert_eq!(post(&house.socket, path, with(path, &more)).await.status, 200, "{more}");
        let turn = house.asked.recv().await.unwrap();
        assert_eq!(turn.grammar, Some(Grammar { kind, source: source.to_owned() }), "{more}");
    }
    let format = json!({"type": "json_schema", "name": "a", "schema": {}, "description": "x", "strict": true});
    let reply = post(&house.socket, RESPONSES, with(RESPONSES, &json!({"text": {"format": format}}))).await.json();
    assert_eq!(reply["text"]["format"], format);
}

#[tokio::test]
async fn strict_tools_are_told_from_others() {
    let mut house = house(greets);
    let names = ["a", "b", "c"];
    let stricts = [json!(true), json!(false), json!(null)];
    let chat: Vec<Value> = names
        .iter()
        .zip(&stricts)
        .map(|(name, strict)| json!({"type": "function", "function": {"name": name, "strict": strict}}))
        .collect();
    let flat: Vec<Value> = names
        .iter()
        .zip(&stricts)
        .map(|(name, strict)| json!({"type": "function", "name": name, "strict": strict}))
        .collect();
    for (path, tools) in [(CHAT, chat), (RESPONSES, flat)] {
        // Tools that may not be called leave room for a form.
        let more = json!({"tools": tools, "tool_choice": "none", "grammar": "x"});
        let reply = post(&house.socket, path, with(path, &more)).await;
        assert_eq!(reply.status, 200, "{}", reply.body);
        let strictness: Vec<_> = house.asked.recv().await.unwrap().tools.iter().map(|t| t.strictness).collect();
        assert_eq!(strictness, [Strictness::Strict, Strictness::Lenient, Strictness::Lenient]);
        if path == RESPONSES {
            assert_eq!(reply.json()["tools"][0]["strict"], true);
        }
    }
}

#[tokio::test]
async fn a_form_that_is_none_is_refused_by_name() {
    let router = house(greets).socket;
    let missing = "missing_required_parameter";
    let tool = json!([{"type": "function", "function": {"name": "a"}}]);
    let flat = json!([{"type": "function", "name": "a"}]);
    let long = "x".repeat((1 << 20) + 1);
    for (path, more, code, param) in [
        (CHAT, json!({"response_format": "json"}), "invalid_type", "response_format"),
        (CHAT, json!({"response_format": {}}), missing, "response_format.type"),
        (CHAT, json!({"response_format": {"type": "yaml"}}), "unsupported_value", "response_format.type"),
        (CHAT, json!({"response_format": {"type": 7}}), "invalid_type", "response_format.type"),
        (CHAT, json!({"response_format": {"type": "json_schema"}}), missing, "response_format.json_schema"),
        (CHAT, schema(&json!({"schema": {}})), missing, "response_format.json_schema.name"),
        (CHAT, schema(&json!({"name": "a"})), missing, "response_format.json_schema.schema"),
        (CHAT, schema(&json!({"name": "", "schema": {}})), "invalid_value", "response_format.json_schema.name"),
        (CHAT, schema(&json!({"name": "a b", "schema": {}})), "invalid_value", "response_format.json_schema.name"),
        (
            CHAT,
            schema(&json!({"name": "x".repeat(65), "schema": {}})),
            "invalid_value",
            "response_format.json_schema.name",
        ),
        (CHAT, schema(&json!({"name": "a", "schema": []})), "invalid_type", "response_format.json_schema.schema"),
        (
            CHAT,
            schema(&json!({"name": "a", "schema": {"const": long}})),
            "invalid_value",
            "response_format.json_schema.schema",
        ),
        (
            CHAT,
            schema(&json!({"name": "a", "schema": {}, "strict": "yes"})),
            "invalid_type",
            "response_format.json_schema.strict",
        ),
        (CHAT, json!({"grammar": 7}), "invalid_type", "grammar"),
        (CHAT, json!({"grammar": ""}), "invalid_value", "grammar"),
        (CHAT, json!({"grammar": long}), "invalid_value", "grammar"),
        (CHAT, json!({"grammar": {"source": "a"}}), missing, "grammar.kind"),
        (CHAT, json!({"grammar": {"kind": "gbnf"}}), missing, "grammar.source"),
        (CHAT, json!({"grammar": {"kind": "ebnf", "source": "a"}}), "invalid_value", "grammar.kind"),
        (CHAT, json!({"grammar": "a", "response_format": {"type": "json_object"}}), "invalid_value", "grammar"),
        (CHAT, json!({"grammar": "a", "tools": tool}), "invalid_value", "grammar"),
        (CHAT, json!({"response_format": {"type": "json_object"}, "tools": tool}), "invalid_value", "response_format"),
        (CHAT, json!({"speculation": "on"}), "invalid_value", "speculation"),
        (CHAT, json!({"speculation": "fixed:64"}), "invalid_value", "speculation"),
        (CHAT, json!({"speculation": true}), "invalid_type", "speculation"),
        (RESPONSES, json!({"text": {"format": {"type": "json_schema"}}}), missing, "text.format.name"),
        (RESPONSES, json!({"text": {"format": {"type": "xml"}}}), "unsupported_value", "text.format.type"),
        (
            RESPONSES,
            json!({"text": {"format": {"type": "json_object"}}, "tools": flat}),
            "invalid_value",
            "text.format",
        ),
        (RESPONSES, json!({"speculation": "fixed:0"}), "invalid_value", "speculation"),
    ] {
        let verdict = post(&router, path, with(path, &more)).await.verdict();
        let shown: String = more.to_string().chars().take(90).collect();
        assert_eq!(verdict, (400, code.to_owned(), Some(param.to_owned())), "{path} {shown}");
    }
}

#[tokio::test]
async fn a_grammar_that_the_worker_refuses_is_named() {
    let form: Script = |_| vec![failing(FailureKind::Grammar { tool: None })];
    let tool: Script = |_| vec![failing(FailureKind::Grammar { tool: Some(2) })];
    let json_object = json!({"type": "json_object"});
    for (script, path, more, param) in [
        (form, CHAT, json!({"response_format": json_object}), "response_format"),
        (form, CHAT, json!({"grammar": "root ::= root"}), "grammar"),
        (form, RESPONSES, json!({"text": {"format": json_object}}), "text.format"),
        (form, RESPONSES, json!({"grammar": "root ::= root"}), "grammar"),
        (tool, CHAT, json!({}), "tools[2].function.parameters"),
        (tool, RESPONSES, json!({}), "tools[2].parameters"),
    ] {
        for stream in [true, false] {
            let mut more = more.clone();
            more["stream"] = json!(stream);
            let verdict = post(&house(script).socket, path, with(path, &more)).await.verdict();
            assert_eq!(verdict, (400, "invalid_grammar".to_owned(), Some(param.to_owned())), "{path} {more}");
        }
    }
}

#[tokio::test]
async fn the_refusal_is_a_sentence_in_the_clients_language() {
    let body = with(CHAT, &json!({"grammar": "a", "response_format": {"type": "json_object"}}));
    let request = Request::post(CHAT).header("accept-language", "es").body(Body::from(body)).unwrap();
    let message = send(&house(greets).socket, request).await.json()["error"]["message"].clone();
    assert_eq!(message, "«grammar» y «response_format» dicen los dos cómo es la respuesta. Deja solo uno.");
}

//! The skill as the daemon sees it: on a socket, with a model that follows a script.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::too_many_lines,
    reason = "a test fails by panicking, and tables are long"
)]

use std::path::Path;

use sarai_engine::grammar::{Checker, Verdict};
use sarai_proto::host::v1::RefusalReason;
use sarai_proto::skill::v1::infer_reply::Outcome;
use sarai_skill_extract::{DEFAULT_SCHEMA, Extract};
use sarai_skill_sdk::testing::{Rig, Scripted, request};
use sarai_types::{Grammar, GrammarKind};
use serde_json::{Value, json};

const FOLDER: &str = env!("CARGO_MANIFEST_DIR");

/// Text and data of an answer, or the sentence of a refusal.
async fn ask(script: Scripted, text: &str, arguments: Value) -> Result<(String, Value), String> {
    let rig = Rig::start::<Extract>(Path::new(FOLDER), [script]).await.unwrap();
    let reply = rig.infer(request(text, arguments.to_string())).await.unwrap();
    rig.stop().await.unwrap();
    match reply.outcome.unwrap() {
        Outcome::Answer(answer) => Ok((answer.text, serde_json::from_str(&answer.data).unwrap())),
        Outcome::Declined(declined) => Err(declined.sentence),
    }
}

fn says(value: &Value) -> Scripted {
    Scripted::Says(value.to_string().split_inclusive(',').map(str::to_owned).collect())
}

#[tokio::test]
async fn people_dates_amounts_and_places() {
    let found = json!({"people": ["Ana", "Pedro"], "dates": ["el 3 de mayo"], "amounts": ["20 €"], "places": []});
    let (text, data) = ask(says(&found), "Ana me debe 20 € desde el 3 de mayo", json!({})).await.unwrap();
    assert_eq!(text, "- **Personas**: Ana\n- **Fechas**: el 3 de mayo\n- **Cantidades**: 20 €\n");
    assert_eq!(data, json!({"people": ["Ana"], "dates": ["el 3 de mayo"], "amounts": ["20 €"], "places": []}));
    let (text, data) = ask(says(&found), "Nada de nada", json!({})).await.unwrap();
    assert_eq!(text, "No he encontrado personas, fechas, cantidades ni lugares en el texto.");
    assert_eq!(data, json!({"people": [], "dates": [], "amounts": [], "places": []}));
}

#[tokio::test]
async fn by_a_schema_of_ones_own() {
    let schema = json!({"type": "object", "properties": {"total": {"type": "number"}}, "required": ["total"]});
    let arguments = json!({"schema": schema, "text": "Total: 12,5"});
    let (text, data) = ask(says(&json!({"total": 12.5})), "saca el total", arguments.clone()).await.unwrap();
    assert_eq!(text, "```json\n{\n  \"total\": 12.5\n}\n```\n");
    assert_eq!(data, json!({"total": 12.5}));
    let refused = ask(says(&json!({"total": "12"})), "", arguments).await.unwrap_err();
    assert_eq!(
        refused,
        "Los datos que han salido no siguen el esquema (#/total: type). Prueba con un esquema más sencillo."
    );
}

#[tokio::test]
async fn what_cannot_be_extracted() {
    let nothing = || says(&json!({}));
    assert_eq!(ask(nothing(), "  ", json!({})).await.unwrap_err(), "¿De qué texto quieres que saque los datos?");
    assert_eq!(
        ask(nothing(), "saca los datos", json!({"text": ""})).await.unwrap_err(),
        "¿De qué texto quieres que saque los datos?"
    );
    let grammar = ask(Scripted::Refuses(RefusalReason::Grammar, 0), "x", json!({"schema": {"type": 7}})).await;
    assert_eq!(grammar.unwrap_err(), "No puedo seguir ese esquema JSON: by the script");
    let long = ask(Scripted::Refuses(RefusalReason::TooLong, 0), "x", json!({})).await;
    assert_eq!(long.unwrap_err(), "Ese texto es demasiado largo para leerlo de una vez. Envíalo por partes.");
    let cut = ask(Scripted::CutOff(vec!["{\"people\": [\"An".into()]), "x", json!({})).await;
    assert_eq!(cut.unwrap_err(), "Los datos no caben en la respuesta. Envía el texto por partes, o pide menos.");
    let rig = Rig::start::<Extract>(Path::new(FOLDER), []).await.unwrap();
    let status = rig.infer(request("x", r#"{"esquema": 1}"#)).await.unwrap_err();
    assert_eq!(status.code(), tonic::Code::InvalidArgument);
    rig.stop().await.unwrap();
}

#[tokio::test]
async fn what_the_model_is_asked() {
    let rig = Rig::start::<Extract>(Path::new(FOLDER), [says(&json!({})), says(&json!({}))]).await.unwrap();
    let _ = rig.infer(request("Ana {text}", "")).await;
    let _ = rig.infer(request("los precios", r#"{"text": "{request}", "schema": {"type": "object"}}"#)).await;
    let asked = rig.asked();
    assert!(asked[0].messages[1].text.ends_with("Texto:\nAna {text}"), "{}", asked[0].messages[1].text);
    assert_eq!(asked[0].grammar.as_ref().unwrap().source, DEFAULT_SCHEMA);
    assert_eq!(asked[1].messages[1].text, "los precios\n\nTexto:\n{request}");
    assert_eq!(asked[1].grammar.as_ref().unwrap().source, r#"{"type":"object"}"#);
    rig.stop().await.unwrap();
}

/// The skill's own schema is one that the engine can hold a model to.
#[test]
fn the_default_schema_is_enforceable() {
    let grammar = Grammar { kind: GrammarKind::JsonSchema, source: DEFAULT_SCHEMA.to_owned() };
    let text = r#"{"people": ["Ana"], "dates": [], "amounts": [], "places": ["Sevilla"]}"#;
    assert_eq!(Checker::new().unwrap().check(&grammar, text.as_bytes()).unwrap(), Verdict::Accepted);
}

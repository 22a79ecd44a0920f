//! The door of the rules.

use axum::http::StatusCode;
use sarai_api::rules::RulesRequest;
use serde_json::json;

use crate::house::{greets, house, post};

#[test]
fn requests_on_the_wire() {
    let (rule, text) = ("basura".to_owned(), "remind me at nine to stretch".to_owned());
    for (wire, request) in [
        (json!({"list": {}}), RulesRequest::List {}),
        (json!({"read": {"text": text}}), RulesRequest::Read { text: text.clone() }),
        (json!({"add": {"text": text, "choice": 2}}), RulesRequest::Add { text: text.clone(), choice: 2 }),
        (
            json!({"edit": {"rule": rule, "text": text, "choice": 1}}),
            RulesRequest::Edit { rule: rule.clone(), text, choice: 1 },
        ),
        (json!({"explain": {"rule": rule}}), RulesRequest::Explain { rule }),
    ] {
        assert_eq!(serde_json::to_value(&request).unwrap(), wire);
        assert_eq!(serde_json::from_value::<RulesRequest>(wire).unwrap(), request);
    }
}

#[tokio::test]
async fn what_is_asked_comes_back_in_the_client_s_language() {
    let house = house(greets);
    let reply = post(&house.socket, "/v1/rules", json!({"pause": {"rule": "basura"}}).to_string()).await;
    assert_eq!(reply.json(), json!({"changed": {"rule": "en: Pause { rule: \"basura\" }"}}));
}

#[tokio::test]
async fn what_is_no_request_changes_nothing() {
    let house = house(greets);
    for body in [
        json!({}),
        json!({"list": {}, "remove": {"rule": "basura"}}),
        json!({"add": {"text": "remind me at nine to stretch"}}),
        json!({"add": {"text": "x", "choice": -1}}),
        json!({"remove": {}}),
        json!({"remove": {"regla": "basura"}}),
    ] {
        assert_eq!(post(&house.socket, "/v1/rules", body.to_string()).await.status, StatusCode::BAD_REQUEST, "{body}");
    }
}

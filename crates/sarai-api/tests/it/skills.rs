//! Skills at the front door: who may be asked to answer, what is said of it, and reading files again.

use sarai_types::SkillWish;
use serde_json::{Value, json};

use crate::house::{greets, house, looks_up, post};

const CHAT: &str = "/v1/chat/completions";

fn body(more: &Value) -> String {
    let mut body = json!({"model": "sarai", "messages": [{"role": "user", "content": "¿Cuánto gasté?"}]});
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body.to_string()
}

#[tokio::test]
async fn who_may_answer_reaches_the_daemon() {
    let named = |arguments: &str| SkillWish::Named { name: "sql".parse().unwrap(), arguments: arguments.to_owned() };
    let mut house = house(greets);
    for (more, expected) in [
        (json!({}), SkillWish::Auto),
        (json!({"skill": "auto"}), SkillWish::Auto),
        (json!({"skill": "none"}), SkillWish::None),
        (json!({"skill": "sql"}), named("")),
        (json!({"skill": "sql", "skill_arguments": {"año": 2026}}), named(r#"{"año":2026}"#)),
    ] {
        assert_eq!(post(&house.socket, CHAT, body(&more)).await.status, 200, "{more}");
        assert_eq!(house.asked.recv().await.unwrap().skill, expected, "{more}");
    }
}

#[tokio::test]
async fn a_wish_that_makes_no_sense_is_refused_with_its_field() {
    let house = house(greets);
    for (more, param) in [
        (json!({"skill": "../sql"}), "skill"),
        (json!({"skill": ""}), "skill"),
        (json!({"skill_arguments": {}}), "skill_arguments"),
        (json!({"skill": "none", "skill_arguments": {}}), "skill_arguments"),
    ] {
        let reply = post(&house.socket, CHAT, body(&more)).await;
        let error: Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!((reply.status.as_u16(), &error["error"]["param"]), (400, &json!(param)), "{more}: {}", reply.body);
    }
}

#[tokio::test]
async fn a_client_learns_which_skill_answered_and_why() {
    let house = house(looks_up);
    let reply = post(&house.socket, CHAT, body(&json!({}))).await;
    let skill = &serde_json::from_str::<Value>(&reply.body).unwrap()["sarai"]["skill"];
    assert_eq!((&skill["name"], &skill["data"]), (&json!("sql"), &json!({"rows": [[40]]})));
    assert!(!skill["reasons"][0].as_str().unwrap().is_empty());
}

#[tokio::test]
async fn a_skill_reads_its_files_again() {
    let house = house(greets);
    for (skill, status, body) in
        [("sql", 200, r#"{"generation":2}"#), ("nada", 404, "skill_not_found"), ("a--b", 400, "")]
    {
        let reply = post(&house.socket, &format!("/v1/skills/{skill}/reload"), String::new()).await;
        assert_eq!(reply.status.as_u16(), status, "{skill}");
        assert!(reply.body.contains(body), "{}", reply.body);
    }
}

//! The baseline that most memories are: a model reads each message and writes down facts, held by a grammar.

use std::time::Instant;

use anyhow::{Result, anyhow};
use sarai_memory_sqlite::eval::Readings;
use sarai_types::{
    Conversation, FinishReason, Generation, GenerationEvent, Grammar, GrammarKind, Message, Notice, Priority, Prompt,
    Role, Sampling, Speculation,
};
use serde::Deserialize;
use serde_json::json;
use tokio_stream::StreamExt as _;

use crate::bench::alone::{Alone, told};
use crate::bench::ms_between;
use crate::shell::Shell;

const INSTRUCTIONS: &str = "You keep the memory of an assistant. Each message is something that the user said. Write down \
                            the lasting facts that it states about the user and their people, as subject, relation and \
                            value, in the words of the message. Questions, requests, jokes, wishes and passing states \
                            are no facts; then the list is empty.";
/// Messages and right answers.
const SHOWN: &[(&str, &[[&str; 3]])] = &[
    ("Me llamo Irene y llevo tres años en Burgos", &[["yo", "me llamo", "Irene"], ["yo", "vivo en", "Burgos"]]),
    ("What's the weather like tomorrow?", &[]),
    (
        "My brother Tom can't stand coriander, he's a nurse",
        &[
            ["my brother", "is called", "Tom"],
            ["my brother Tom", "dislikes", "coriander"],
            ["Tom", "works as", "nurse"],
        ],
    ),
    ("Hoy estoy hecho polvo, pásame la receta esa", &[]),
    ("We moved the dentist to Friday at ten", &[["dentist", "appointment", "Friday at ten"]]),
];
const FACTS_MAX: usize = 4;
/// Four facts of the longest.
const TOKENS_MAX: u32 = 320;
/// Between two words of how far it is.
const TELL_EVERY: usize = 50;

#[derive(Deserialize)]
struct Written {
    facts: Vec<Fact>,
}

#[derive(Deserialize)]
struct Fact {
    subject: String,
    relation: String,
    value: String,
}

/// What the model writes down of each message, and how long each took.
///
/// # Errors
/// The worker does not come up, or fails.
pub(super) async fn read(alone: &Alone, said: &[&str], shell: &Shell) -> Result<(Readings, Vec<f64>)> {
    let model = alone.worker.model();
    shell.tell(&Notice::new("bench-loading").arg("model", model));
    alone.until_serving().await?;
    let (mut readings, mut times) = (Readings::new(), Vec::new());
    for (read, text) in said.iter().enumerate() {
        if read % TELL_EVERY == 0 {
            let notice = Notice::new("bench-reading-messages").arg("model", model);
            shell.tell(&notice.arg("read", read).arg("all", said.len()));
        }
        if readings.contains_key(*text) {
            continue;
        }
        let begun = now();
        let answer = answer(alone, text).await?;
        times.push(ms_between(begun, now()));
        readings.insert((*text).to_owned(), facts(&answer));
    }
    Ok((readings, times))
}

/// The facts of an answer, a line each; none of one that was cut off.
fn facts(answer: &str) -> Vec<String> {
    let written: Vec<Fact> = serde_json::from_str(answer).map(|written: Written| written.facts).unwrap_or_default();
    written.iter().map(|Fact { subject, relation, value }| format!("{subject} {relation} {value}")).collect()
}

async fn answer(alone: &Alone, text: &str) -> Result<String> {
    let mut said = String::new();
    let mut events = alone.worker.generate(&question(text)).await.map_err(told)?;
    while let Some(event) = events.next().await {
        match event.map_err(told)? {
            GenerationEvent::Started { .. } => {}
            GenerationEvent::Text { text, .. } => said.push_str(&text),
            GenerationEvent::Finished { reason: FinishReason::Stop, .. } => return Ok(said),
            GenerationEvent::Finished { .. } => return Ok(String::new()),
        }
    }
    Err(anyhow!("the worker's answer has no end"))
}

fn question(text: &str) -> Generation {
    let mut messages = vec![Message::new(Role::System, INSTRUCTIONS)];
    for (message, facts) in SHOWN {
        let facts: Vec<_> = facts
            .iter()
            .map(|[subject, relation, value]| json!({"subject": subject, "relation": relation, "value": value}))
            .collect();
        messages.push(Message::new(Role::User, *message));
        messages.push(Message::new(Role::Assistant, json!({ "facts": facts }).to_string()));
    }
    messages.push(Message::new(Role::User, text));
    Generation {
        prompt: Prompt::Chat(Conversation { messages, tools: Vec::new() }),
        sampling: Sampling::greedy(),
        max_tokens: Some(TOKENS_MAX),
        stop: Vec::new(),
        logprobs: None,
        priority: Priority::Interactive,
        grammar: Some(Grammar { kind: GrammarKind::JsonSchema, source: schema() }),
        speculation: Speculation::Auto,
    }
}

fn schema() -> String {
    let words = |length_max: usize| json!({"type": "string", "minLength": 1, "maxLength": length_max});
    let fact = json!({
        "type": "object",
        "properties": {"subject": words(40), "relation": words(40), "value": words(100)},
        "required": ["subject", "relation", "value"],
        "additionalProperties": false,
    });
    json!({
        "type": "object",
        "properties": {"facts": {"type": "array", "items": fact, "maxItems": FACTS_MAX}},
        "required": ["facts"],
        "additionalProperties": false,
    })
    .to_string()
}

#[expect(clippy::disallowed_methods, reason = "a benchmark reads the clock")]
fn now() -> Instant {
    Instant::now()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_lines_of_facts_and_a_broken_one_is_none() {
        let answer = r#"{"facts": [{"subject": "yo", "relation": "vivo en", "value": "Burgos"}]}"#;
        assert_eq!(facts(answer), ["yo vivo en Burgos"]);
        assert!(facts(r#"{"facts": []}"#).is_empty());
        assert!(facts(&answer[..40]).is_empty() && facts("").is_empty());
    }
}

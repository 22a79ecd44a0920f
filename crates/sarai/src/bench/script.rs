//! What is asked: the prompts under `prompts/`, compiled in, the same for every server and every run.
//!
//! The one thing that differs between two runs is a stamp at the very start of a system text. Without it a server that
//! still holds the prompt of an earlier run would answer from memory where the first reading is to be timed. What differs
//! soonest stands first in it.

use anyhow::{Context, Result};
use sarai_types::{Message, Role};
use serde::Deserialize;
use serde_json::Value;

/// A conversation as it will be held: the answers are whatever the server says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Script {
    pub(super) name: String,
    system: String,
    pub(super) questions: Vec<String>,
}

impl Script {
    /// The conversation before its first question.
    pub(super) fn opening(&self, stamp: &str) -> Vec<Message> {
        vec![system(stamp, &self.system)]
    }
}

/// The texts of `sarai bench decode`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DecodeTexts {
    system: String,
    /// Paragraphs of about 400 tokens together.
    reading: Vec<String>,
    question: String,
    pub(super) follow_up: String,
    /// Asks for an answer longer than is waited for.
    long: String,
}

impl DecodeTexts {
    /// A text to read, and a question about it.
    pub(super) fn reading(&self, stamp: &str) -> Vec<Message> {
        let text = format!("{}\n\n{}", self.reading.join("\n\n"), self.question);
        vec![system(stamp, &self.system), Message::new(Role::User, text)]
    }

    /// A question with a long answer; the same each time.
    pub(super) fn long(&self) -> Vec<Message> {
        vec![Message::new(Role::System, &self.system), Message::new(Role::User, &self.long)]
    }
}

/// The conversations of `sarai bench chat`.
///
/// The tools stand in the system text, so that each server reads the same tokens and answers in words: with the API's
/// own field each renders the list in its own way, and a small model may call a tool in one answer and not in the other.
///
/// # Errors
/// A file of prompts is broken; a test keeps them whole.
pub(super) fn conversations() -> Result<Vec<Script>> {
    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct File {
        name: String,
        /// The sentence that introduces the tools, where there are any.
        tools: Option<String>,
        system: String,
        questions: Vec<String>,
    }
    let tools: Vec<Value> = serde_json::from_str(include_str!("prompts/tools.json")).context("tools.json")?;
    let tools: Vec<String> = tools.iter().map(Value::to_string).collect();
    let files: Vec<File> = serde_json::from_str(include_str!("prompts/chat.json")).context("chat.json")?;
    let script = |file: File| {
        let system = match file.tools {
            None => file.system,
            Some(introduction) => format!("{}\n\n{introduction}\n{}", file.system, tools.join("\n")),
        };
        Script { name: file.name, system, questions: file.questions }
    };
    Ok(files.into_iter().map(script).collect())
}

/// The conversation of `sarai bench restart`: its system text is what an assistant with tools and a notebook reads before
/// anybody speaks, about a thousand tokens.
///
/// # Errors
/// As [`conversations`].
pub(super) fn fixed() -> Result<Script> {
    let with_tools = conversations()?.into_iter().find(|script| script.name.ends_with("-tools"));
    let mut script = with_tools.context("chat.json: no conversation with tools")?;
    script.system = format!("{}\n\n{}", script.system, decode_texts()?.reading.join("\n\n"));
    Ok(script)
}

/// The questions of `sarai bench load`, each a conversation of its own.
///
/// # Errors
/// As [`conversations`].
pub(super) fn load_questions() -> Result<Vec<String>> {
    serde_json::from_str(include_str!("prompts/load.json")).context("load.json")
}

/// # Errors
/// As [`conversations`].
pub(super) fn decode_texts() -> Result<DecodeTexts> {
    serde_json::from_str(include_str!("prompts/decode.json")).context("decode.json")
}

pub(super) fn system(stamp: &str, text: &str) -> Message {
    Message::new(Role::System, format!("[{stamp}] {text}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_file_of_prompts_is_whole() {
        let scripts = conversations().unwrap();
        let names: BTreeSet<_> = scripts.iter().map(|s| s.name.as_str()).collect();
        assert_eq!(names, BTreeSet::from(["en", "es", "es-tools"]));
        assert!(scripts.iter().all(|s| s.questions.len() == 6));
        assert!(!load_questions().unwrap().is_empty());
        assert!(decode_texts().is_ok());
    }

    #[test]
    fn one_conversation_describes_eight_tools() {
        let described = |script: &Script| {
            let lines = script.system.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
            lines.filter_map(|tool| tool["name"].as_str().map(str::to_owned)).collect::<BTreeSet<_>>().len()
        };
        let counts: Vec<_> = conversations().unwrap().iter().map(described).collect();
        assert_eq!(counts, [0, 0, 8]);
    }

    #[test]
    fn the_fixed_prompt_is_about_a_thousand_tokens() {
        let script = fixed().unwrap();
        // Three to four bytes a token.
        assert!((3000..6000).contains(&script.system.len()), "{}", script.system.len());
        assert!(script.questions.len() >= 3);
    }

    #[test]
    fn a_stamp_comes_before_anything_that_could_be_remembered() {
        for script in conversations().unwrap() {
            assert!(script.opening("now 1")[0].text.starts_with("[now 1] "));
        }
        let texts = decode_texts().unwrap();
        assert!(texts.reading("now 2")[0].text.starts_with("[now 2] "));
        assert_eq!(texts.long(), texts.long());
    }
}

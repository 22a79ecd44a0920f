//! The corpus of `sarai bench speculative` and the schemas of `sarai bench grammar`: data under `prompts/`, compiled in.
//!
//! Prompts come in classes, because how much of an answer can be guessed depends on what is asked: a copy repeats the
//! prompt, a story does not. Each class has both languages, and both temperatures.

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use sarai_types::{Language, Message, Role, Strictness, ToolSpec};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What kind of answer a prompt asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Class {
    Prose,
    Code,
    Edit,
    Quote,
    Json,
    Tools,
    Translation,
}

impl Class {
    /// In the order in which they are reported.
    pub(super) const ALL: [Self; 7] =
        [Self::Prose, Self::Code, Self::Edit, Self::Quote, Self::Json, Self::Tools, Self::Translation];

    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Prose => "prose",
            Self::Code => "code",
            Self::Edit => "edit",
            Self::Quote => "quote",
            Self::Json => "json",
            Self::Tools => "tools",
            Self::Translation => "translation",
        }
    }
}

/// One prompt of the corpus.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Prompt {
    /// Such as `edit-es-2`: the class, the language of the question, and a number from 1.
    pub(super) name: String,
    pub(super) class: Class,
    pub(super) language: Language,
    pub(super) temperature: f32,
    pub(super) max_tokens: u32,
    pub(super) messages: Vec<Message>,
    /// What the answer must look like.
    pub(super) schema: Option<Value>,
    pub(super) tools: Vec<ToolSpec>,
}

/// One task of `sarai bench grammar`.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct SchemaTask {
    pub(super) name: String,
    pub(super) kind: String,
    pub(super) language: Language,
    pub(super) ask: String,
    pub(super) schema: Value,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CorpusFile {
    /// Paragraphs by name, which several prompts may use.
    texts: BTreeMap<String, Vec<String>>,
    classes: Vec<ClassFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct ClassFile {
    name: Class,
    max_tokens: u32,
    prompts: Vec<PromptFile>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct PromptFile {
    language: String,
    temperature: f32,
    ask: String,
    /// The name of a text that stands below the question.
    text: Option<String>,
    /// The name of a schema in `schemas.json`.
    schema: Option<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SchemaFile {
    name: String,
    kind: String,
    language: String,
    ask: String,
    schema: Value,
}

/// Every prompt, class by class.
///
/// # Errors
/// A file of prompts is broken; a test keeps them whole.
pub(super) fn prompts() -> Result<Vec<Prompt>> {
    let file: CorpusFile = serde_json::from_str(include_str!("prompts/corpus.json")).context("corpus.json")?;
    let schemas: BTreeMap<String, Value> = schemas()?.into_iter().map(|task| (task.name, task.schema)).collect();
    let tools = tools()?;
    let mut prompts = Vec::new();
    for class in file.classes {
        let mut counts = BTreeMap::new();
        for prompt in class.prompts {
            let count = counts.entry(prompt.language.clone()).and_modify(|n| *n += 1).or_insert(1);
            let name = format!("{}-{}-{count}", class.name.as_str(), prompt.language);
            let text = match &prompt.text {
                None => prompt.ask,
                Some(text) => {
                    let paragraphs = file.texts.get(text).with_context(|| format!("{name}: no text {text:?}"))?;
                    format!("{}\n\n{}", prompt.ask, paragraphs.join("\n\n"))
                }
            };
            let schema = match &prompt.schema {
                None => None,
                Some(named) => {
                    Some(schemas.get(named).with_context(|| format!("{name}: no schema {named:?}"))?.clone())
                }
            };
            prompts.push(Prompt {
                class: class.name,
                language: language(&prompt.language)?,
                temperature: prompt.temperature,
                max_tokens: class.max_tokens,
                messages: vec![Message::new(Role::User, text)],
                schema,
                tools: if class.name == Class::Tools { tools.clone() } else { Vec::new() },
                name,
            });
        }
    }
    Ok(prompts)
}

/// Every schema with its question.
///
/// # Errors
/// As [`prompts`].
pub(super) fn schemas() -> Result<Vec<SchemaTask>> {
    let files: Vec<SchemaFile> = serde_json::from_str(include_str!("prompts/schemas.json")).context("schemas.json")?;
    let task = |file: SchemaFile| {
        let SchemaFile { name, kind, language: tag, ask, schema } = file;
        Ok(SchemaTask { name, kind, language: language(&tag)?, ask, schema })
    };
    files.into_iter().map(task).collect()
}

/// The tools that prompts of the class [`Class::Tools`] may call.
fn tools() -> Result<Vec<ToolSpec>> {
    #[derive(Deserialize)]
    struct Tool {
        name: String,
        description: String,
        parameters: Value,
    }
    let tools: Vec<Tool> = serde_json::from_str(include_str!("prompts/tools.json")).context("tools.json")?;
    let spec = |tool: Tool| ToolSpec {
        name: tool.name,
        description: tool.description,
        parameters: tool.parameters.to_string(),
        strictness: Strictness::Lenient,
    };
    Ok(tools.into_iter().map(spec).collect())
}

fn language(tag: &str) -> Result<Language> {
    let all = [Language::Spanish, Language::English];
    all.into_iter().find(|language| language.tag() == tag).with_context(|| format!("no language {tag:?}"))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::bench::conform;

    #[test]
    fn the_corpus_is_large_and_mixed_enough() {
        let prompts = prompts().unwrap();
        assert!(prompts.len() >= 40, "{}", prompts.len());
        let names: BTreeSet<_> = prompts.iter().map(|p| p.name.as_str()).collect();
        assert_eq!(names.len(), prompts.len());
        for class in Class::ALL {
            let of_class = || prompts.iter().filter(move |p| p.class == class);
            for language in [Language::Spanish, Language::English] {
                assert!(of_class().any(|p| p.language == language), "{class:?} in {language:?}");
            }
            for temperature in [0.0, 0.8] {
                assert!(of_class().any(|p| p.temperature == temperature), "{class:?} at {temperature}");
            }
        }
        let greedy: u32 = prompts.iter().filter(|p| p.temperature == 0.0).map(|p| p.max_tokens).sum();
        assert!(greedy >= 4000, "two thousand greedy tokens are to be compared, and answers end early: {greedy}");
        assert!(prompts.iter().all(|p| (p.class == Class::Tools) != p.tools.is_empty()));
        assert!(prompts.iter().all(|p| (p.class == Class::Json) == p.schema.is_some()));
    }

    #[test]
    fn a_copy_fits_into_its_answer() {
        // A token is at least three bytes of these texts.
        for prompt in prompts().unwrap().iter().filter(|p| p.class == Class::Edit) {
            let text = prompt.messages[0].text.split_once("\n\n").unwrap().1;
            assert!(text.len() / 3 <= 2 * prompt.max_tokens as usize, "{}: {}", prompt.name, text.len());
        }
    }

    #[test]
    fn a_few_dozen_schemas_that_the_check_understands() {
        let tasks = schemas().unwrap();
        assert!(tasks.len() >= 30, "{}", tasks.len());
        let names: BTreeSet<_> = tasks.iter().map(|t| t.name.as_str()).collect();
        assert_eq!(names.len(), tasks.len());
        for task in &tasks {
            assert_eq!(conform::unknown_keyword(&task.schema), None, "{}", task.name);
        }
    }
}

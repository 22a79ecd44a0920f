//! Makes JSON by a schema of a text.
//!
//! The schema comes in the arguments, or is the skill's own: people, dates, amounts and places. The host holds the model
//! to it; what comes back is looked at again ([`valid`]), and without a schema of the person's own only what stands in
//! the text is kept ([`found`]).

use std::fmt::Write as _;

use sarai_skill_sdk::{
    Answer, Call, DeclineReason, End, Failure, Folder, Generate, Generated, Grammar, GrammarKind, HostError, Language,
    LoadError, Outcome, Request, Skill,
};
use serde::Deserialize;
use serde_json::Value;

pub mod found;
pub mod valid;

use found::Found;

/// What is looked for without a schema of the person's own.
pub const DEFAULT_SCHEMA: &str = include_str!("../schema.json");

const ARGUMENTS_SCHEMA: &str = r#"{
  "type": "object",
  "properties": {
    "schema": {"type": "object", "description": "The JSON Schema of the result. Without it: people, dates, amounts and places."},
    "text": {"type": "string", "description": "The text to take the data from. Without it: what the person said."}
  },
  "additionalProperties": false
}"#;

#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wish {
    schema: Option<Value>,
    text: Option<String>,
}

const BUILT_IN_PROMPTS: &str = include_str!("../prompt.toml");

/// What the model and the person are told, by language.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Prompts {
    es: Words,
    en: Words,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    system: String,
    default: String,
    text: String,
    empty: String,
    schema: String,
    too_long: String,
    cut_off: String,
    invalid: String,
    nothing: String,
    people: String,
    dates: String,
    amounts: String,
    places: String,
}

impl Prompts {
    /// A file in the skill's folder takes the place of the built-in one.
    fn load(folder: &Folder) -> Result<Self, LoadError> {
        const FILE: &str = "prompt.toml";
        toml::from_str(&folder.text_or(FILE, BUILT_IN_PROMPTS)?)
            .map_err(|error| LoadError::Invalid(format!("{FILE}: {error}")))
    }
}

/// The skill with what it has read.
#[derive(Debug)]
pub struct Extract {
    prompts: Prompts,
}

impl Skill for Extract {
    const NAME: &'static str = "extract";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn load(folder: &Folder) -> Result<Self, LoadError> {
        Ok(Self { prompts: Prompts::load(folder)? })
    }

    fn arguments_schema(&self) -> &str {
        ARGUMENTS_SCHEMA
    }

    async fn infer(&self, request: Request, call: &mut Call) -> Result<Outcome, Failure> {
        let words = match request.language {
            Language::Spanish => &self.prompts.es,
            Language::English => &self.prompts.en,
        };
        let cannot = |sentence: &str| Ok(Outcome::declined(DeclineReason::Cannot, sentence));
        let wish: Wish = request.arguments.parse()?;
        let said = request.text.trim();
        let text = wish.text.as_deref().map_or(said, str::trim);
        if text.is_empty() {
            return cannot(&words.empty);
        }
        let schema = wish.schema.as_ref().map_or_else(|| DEFAULT_SCHEMA.to_owned(), Value::to_string);
        let user = question(words, said, text, wish.schema.as_ref());
        let grammar = Grammar { kind: GrammarKind::JsonSchema, source: schema };
        let generate = Generate { grammar: Some(grammar), ..Generate::new(words.system.trim(), user) };
        let generated = match generated(generate, call).await {
            Err(HostError::Grammar(reason)) => return cannot(&words.schema.replace("{reason}", &reason)),
            Err(HostError::TooLong(_)) => return cannot(&words.too_long),
            generated => generated?,
        };
        if generated.end == End::CutOff {
            return cannot(&words.cut_off);
        }
        let outcome = match &wish.schema {
            Some(schema) => of_schema(schema, &generated.text),
            None => of_default(&generated.text, text, words),
        };
        outcome.map_or_else(
            |reason| cannot(&words.invalid.replace("{reason}", &reason)),
            |answer| Ok(Outcome::Answer(answer)),
        )
    }
}

async fn generated(generate: Generate, call: &Call) -> Result<Generated, HostError> {
    call.host().generate(generate).await?.collect().await
}

/// What the model is asked: what the person wants, if that is not the text itself, and the text.
fn question(words: &Words, said: &str, text: &str, schema: Option<&Value>) -> String {
    let request = match schema {
        _ if said != text && !said.is_empty() => said,
        Some(_) => return text.to_owned(),
        None => words.default.trim(),
    };
    format!("{request}\n\n{}\n{text}", words.text)
}

fn of_schema(schema: &Value, generated: &str) -> Result<Answer, String> {
    let value: Value = serde_json::from_str(generated).map_err(|error| error.to_string())?;
    valid::check(schema, &value).map_err(|error| error.to_string())?;
    let shown = serde_json::to_string_pretty(&value).map_err(|error| error.to_string())?;
    // No line of JSON begins with a fence: a line break in a text is written as \n.
    Ok(Answer { text: format!("```json\n{shown}\n```\n"), data: value.to_string() })
}

fn of_default(generated: &str, text: &str, words: &Words) -> Result<Answer, String> {
    let found: Found = serde_json::from_str(generated).map_err(|error| error.to_string())?;
    let found = found.in_text(text);
    let data = serde_json::to_string(&found).map_err(|error| error.to_string())?;
    if found.is_empty() {
        return Ok(Answer { text: words.nothing.clone(), data });
    }
    let mut listed = String::new();
    for (title, entries) in [
        (&words.people, &found.people),
        (&words.dates, &found.dates),
        (&words.amounts, &found.amounts),
        (&words.places, &found.places),
    ] {
        if !entries.is_empty() {
            let entries: Vec<String> = entries.iter().map(|entry| inline(entry)).collect();
            let _ = writeln!(listed, "- **{title}**: {}", entries.join(", "));
        }
    }
    Ok(Answer { text: listed, data })
}

/// Text that means nothing to Markdown.
fn inline(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '!' | '&' | '$' => {
                plain.extend(['\\', c])
            }
            c if c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
    }
    plain
}

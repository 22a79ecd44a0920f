//! Writes notes and summaries whose Markdown is whole: what is opened is closed, and nothing in it is HTML.
//!
//! The model is held to `markdown.gbnf`; [`Lines`] sees to it that this also holds for an answer that was cut off.

use sarai_skill_sdk::{
    Call, DeclineReason, Failure, Folder, Generate, Grammar, GrammarKind, HostError, HostMessage, HostRole, Language,
    LoadError, Outcome, Request, Skill,
};
use serde::Deserialize;

mod lines;

pub use lines::Lines;

/// What every answer follows.
pub const GRAMMAR: &str = include_str!("../../../grammars/markdown.gbnf");

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
    empty: String,
    too_long: String,
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
pub struct Markdown {
    prompts: Prompts,
}

impl Skill for Markdown {
    const NAME: &'static str = "markdown";
    const VERSION: &'static str = env!("CARGO_PKG_VERSION");

    fn load(folder: &Folder) -> Result<Self, LoadError> {
        Ok(Self { prompts: Prompts::load(folder)? })
    }

    async fn infer(&self, request: Request, call: &mut Call) -> Result<Outcome, Failure> {
        let words = match request.language {
            Language::Spanish => &self.prompts.es,
            Language::English => &self.prompts.en,
        };
        let text = request.text.trim();
        if text.is_empty() {
            return Ok(Outcome::declined(DeclineReason::Cannot, words.empty.clone()));
        }
        let generate = Generate {
            messages: vec![
                HostMessage::new(HostRole::System, words.system.trim()),
                HostMessage::new(HostRole::User, text),
            ],
            grammar: Some(Grammar { kind: GrammarKind::Gbnf, source: GRAMMAR.to_owned() }),
            max_tokens: None,
            temperature: 0.0,
            seed: None,
        };
        match say(generate, call).await {
            Err(Failure::Host(HostError::TooLong(_))) => {
                Ok(Outcome::declined(DeclineReason::Cannot, words.too_long.clone()))
            }
            said => said.map(Outcome::text),
        }
    }
}

/// Says what the model says, line by line, up to the last piece, which it returns.
async fn say(generate: Generate, call: &mut Call) -> Result<String, Failure> {
    let mut lines = Lines::default();
    let mut generation = call.host().generate(generate).await?;
    while let Some(piece) = generation.next().await? {
        call.say(&lines.push(&piece)).await?;
    }
    Ok(lines.finish())
}

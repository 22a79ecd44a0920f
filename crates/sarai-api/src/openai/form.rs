//! What an answer must look like, as clients say it: OpenAI's `response_format` and `text.format`, and the `grammar` and
//! `speculation` and `skill` that only this API knows.

use sarai_types::{
    GRAMMAR_BYTES_MAX, Grammar, GrammarKind, MemoryWish, Notice, SkillWish, Speculation, ToolChoice, ToolSpec,
};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::input::is_name;
use crate::error::Problem;

/// The longest name of a schema, in characters.
const SCHEMA_NAME_MAX: usize = 64;

/// `{"type": "text" | "json_object"}`, or `{"type": "json_schema", "json_schema": {"name": …, "schema": …}}`.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub(super) struct ResponseFormat {
    r#type: Option<String>,
    json_schema: Option<NamedSchema>,
}

#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
struct NamedSchema {
    name: Option<String>,
    /// A JSON Schema. The answer fits it whether `strict` says so or not.
    #[schema(value_type = Option<Object>)]
    schema: Option<Map<String, Value>>,
    description: Option<String>,
    strict: Option<bool>,
}

/// The same with the schema's fields beside the type.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub(super) struct TextFormat {
    r#type: Option<String>,
    name: Option<String>,
    /// A JSON Schema. The answer fits it whether `strict` says so or not.
    #[schema(value_type = Option<Object>)]
    schema: Option<Map<String, Value>>,
    description: Option<String>,
    strict: Option<bool>,
}

/// `{"kind": "gbnf" | "lark" | "regex" | "json-schema", "source": …}`, or the source of a GBNF grammar, as llama.cpp's
/// server takes it.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(super) enum GrammarBody {
    Gbnf(String),
    Named { kind: Option<String>, source: Option<String> },
}

/// What an answer must look like, and the field that says so.
#[derive(Debug, Clone)]
pub(super) struct Form {
    pub(super) param: &'static str,
    /// None for plain text.
    pub(super) grammar: Option<Grammar>,
    /// As responses repeat it.
    pub(super) format: Value,
}

impl ResponseFormat {
    fn form(self, param: &'static str) -> Result<Form, Problem> {
        let Self { r#type, json_schema } = self;
        let kind = r#type.ok_or_else(|| Problem::missing(format!("{param}.type")))?;
        form(&kind, param, || {
            let inner = format!("{param}.json_schema");
            Ok((json_schema.ok_or_else(|| Problem::missing(&inner))?, inner))
        })
    }
}

impl TextFormat {
    fn form(self, param: &'static str) -> Result<Form, Problem> {
        let Self { r#type, name, schema, description, strict } = self;
        let kind = r#type.ok_or_else(|| Problem::missing(format!("{param}.type")))?;
        form(&kind, param, || Ok((NamedSchema { name, schema, description, strict }, param.to_owned())))
    }
}

/// `named` gives the schema and the path of its fields, where one is needed.
fn form(
    kind: &str,
    param: &'static str,
    named: impl FnOnce() -> Result<(NamedSchema, String), Problem>,
) -> Result<Form, Problem> {
    match kind {
        "text" => Ok(Form::text()),
        "json_object" => {
            let source = json!({"type": "object"}).to_string();
            let grammar = Some(Grammar { kind: GrammarKind::JsonSchema, source });
            Ok(Form { param, grammar, format: json!({"type": kind}) })
        }
        "json_schema" => {
            let (NamedSchema { name, schema, description, strict }, inner) = named()?;
            let name = name.ok_or_else(|| Problem::missing(format!("{inner}.name")))?;
            if !is_name(&name, SCHEMA_NAME_MAX) {
                let notice = Notice::new("api-schema-name").arg("max", SCHEMA_NAME_MAX);
                return Err(Problem::invalid(format!("{inner}.name"), notice));
            }
            let schema = Value::Object(schema.ok_or_else(|| Problem::missing(format!("{inner}.schema")))?);
            let grammar = Grammar { kind: GrammarKind::JsonSchema, source: schema.to_string() };
            within_limit(&grammar, &format!("{inner}.schema"))?;
            let mut format = json!({"type": kind, "name": name, "schema": schema, "strict": strict.unwrap_or(false)});
            if let Some(description) = description {
                format["description"] = json!(description);
            }
            Ok(Form { param, grammar: Some(grammar), format })
        }
        _ => Err(Problem::unsupported(format!("{param}.type"), Notice::new("api-format-type"))),
    }
}

impl GrammarBody {
    fn form(self) -> Result<Form, Problem> {
        let grammar = match self {
            Self::Gbnf(source) => Grammar { kind: GrammarKind::Gbnf, source },
            Self::Named { kind, source } => {
                let word = kind.ok_or_else(|| Problem::missing("grammar.kind"))?;
                let kind = GrammarKind::ALL.into_iter().find(|kind| kind.as_str() == word);
                let wrong = || Problem::invalid("grammar.kind", Notice::new("api-grammar-kind"));
                let source = source.ok_or_else(|| Problem::missing("grammar.source"))?;
                Grammar { kind: kind.ok_or_else(wrong)?, source }
            }
        };
        within_limit(&grammar, "grammar")?;
        Ok(Form { param: "grammar", grammar: Some(grammar), ..Form::text() })
    }
}

fn within_limit(grammar: &Grammar, param: &str) -> Result<(), Problem> {
    if grammar.source.trim().is_empty() || grammar.source.len() > GRAMMAR_BYTES_MAX {
        let notice = Notice::new("api-grammar-length").arg("param", param).arg("max", GRAMMAR_BYTES_MAX);
        return Err(Problem::invalid(param, notice));
    }
    Ok(())
}

impl Form {
    fn text() -> Self {
        Self { param: "response_format", grammar: None, format: json!({"type": "text"}) }
    }

    /// Of a chat completion.
    pub(super) fn of_chat(format: Option<ResponseFormat>, grammar: Option<GrammarBody>) -> Result<Self, Problem> {
        let format = format.map_or_else(|| Ok(Self::text()), |format| format.form("response_format"))?;
        Self::one_of(format, grammar)
    }

    /// Of a response.
    pub(super) fn of_response(format: Option<TextFormat>, grammar: Option<GrammarBody>) -> Result<Self, Problem> {
        let format = format.map_or_else(|| Ok(Self::text()), |format| format.form("text.format"))?;
        Self::one_of(format, grammar)
    }

    fn one_of(format: Self, grammar: Option<GrammarBody>) -> Result<Self, Problem> {
        match grammar.map(GrammarBody::form).transpose()? {
            None => Ok(format),
            Some(_) if format.grammar.is_some() => {
                Err(Problem::invalid("grammar", Notice::new("api-two-forms").arg("param", format.param)))
            }
            Some(grammar) => Ok(grammar),
        }
    }

    /// A tool call has a form of its own, so no other goes with tools that may be called.
    pub(super) fn beside(self, tools: &[ToolSpec], choice: &ToolChoice) -> Result<Self, Problem> {
        if self.grammar.is_some() && !tools.is_empty() && *choice != ToolChoice::None {
            return Err(Problem::invalid(self.param, Notice::new("agent-grammar-beside-tools")));
        }
        Ok(self)
    }
}

/// How many tokens are guessed ahead; what is not said is the owner's to choose.
pub(super) fn speculation(word: Option<&str>, owners: Speculation) -> Result<Speculation, Problem> {
    match word {
        None => Ok(owners),
        Some(word) => word.parse().map_err(|_| {
            let notice = Notice::new("api-speculation").arg("max", sarai_types::DRAFT_TOKENS_MAX);
            Problem::invalid("speculation", notice)
        }),
    }
}

/// Who may answer; without a word, whoever suits the question.
pub(super) fn skill(word: Option<&str>, arguments: Option<Map<String, Value>>) -> Result<SkillWish, Problem> {
    let wish = match word {
        None | Some("auto") => SkillWish::Auto,
        Some("none") => SkillWish::None,
        Some(name) => {
            let name = name.parse().map_err(|_| Problem::invalid("skill", Notice::new("api-skill-name")))?;
            let arguments = arguments.map_or_else(String::new, |arguments| Value::Object(arguments).to_string());
            return Ok(SkillWish::Named { name, arguments });
        }
    };
    match arguments {
        None => Ok(wish),
        Some(_) => Err(Problem::invalid("skill_arguments", Notice::new("api-skill-arguments"))),
    }
}

/// Whether the memory has a part in the answer.
pub(super) const fn memory(wanted: Option<bool>) -> MemoryWish {
    match wanted {
        None | Some(true) => MemoryWish::On,
        Some(false) => MemoryWish::Off,
    }
}

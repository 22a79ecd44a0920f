//! What chat completions and responses take alike: contents, tools, the sampler's settings.
//!
//! Wire structs hold what a client may send, however wrong; the functions here turn it into the vocabulary or name the
//! field that is wrong.

use sarai_types::{
    Failure, FailureKind, Language, Message, ModelId, Notice, Penalties, Persona, SEQUENCE_TEXT_MAX, Sampling,
    Speculation, Strictness, ToolChoice, ToolSpec, TurnId,
};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::ASSISTANT;
use crate::error::Problem;
use crate::state::Door;

/// Messages in one request at most.
const MESSAGES_MAX: usize = 4096;

/// Tools in one request at most.
const TOOLS_MAX: usize = 128;

/// The longest name of a tool, in characters.
const TOOL_NAME_MAX: usize = 64;

/// Texts that end an answer, at most.
const STOP_MAX: usize = 16;

/// A text, or a list of parts.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(super) enum Content {
    Text(String),
    Parts(Vec<Part>),
}

/// A part of a content. Only text is understood.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub(super) struct Part {
    /// `text`, `input_text` or `output_text`.
    r#type: String,
    text: Option<String>,
}

impl Content {
    /// Its text; parts are joined by line breaks.
    pub(super) fn into_text(self, param: &str) -> Result<String, Problem> {
        let parts = match self {
            Self::Text(text) => return Ok(text),
            Self::Parts(parts) => parts,
        };
        let mut texts = Vec::with_capacity(parts.len());
        for (i, part) in parts.into_iter().enumerate() {
            match (part.r#type.as_str(), part.text) {
                ("text" | "input_text" | "output_text", Some(text)) => texts.push(text),
                ("text" | "input_text" | "output_text", None) => {
                    return Err(Problem::missing(format!("{param}[{i}].text")));
                }
                (_, _) => {
                    return Err(Problem::unsupported(format!("{param}[{i}].type"), Notice::new("api-text-only")));
                }
            }
        }
        Ok(texts.join("\n"))
    }
}

/// One text or a list of them.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(super) enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

impl OneOrMany {
    pub(super) fn into_list(self) -> Vec<String> {
        match self {
            Self::One(text) => vec![text],
            Self::Many(texts) => texts,
        }
    }
}

/// A function that the model may call.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub(super) struct Function {
    pub(super) name: Option<String>,
    pub(super) description: Option<String>,
    /// A JSON Schema.
    #[schema(value_type = Option<Object>)]
    pub(super) parameters: Option<Map<String, Value>>,
    /// Refuse a schema that cannot be enforced. Arguments fit every other one, whether this says so or not.
    pub(super) strict: Option<bool>,
}

/// A word, or the name of a tool: `{"type": "function", "function": {"name": …}}` in chat completions,
/// `{"type": "function", "name": …}` in responses.
#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
pub(super) enum Choice {
    Word(String),
    Named { name: Option<String>, function: Option<FunctionName> },
}

#[derive(Debug, Clone, Deserialize, utoipa::ToSchema)]
pub(super) struct FunctionName {
    name: String,
}

/// The tools, each with the path of the field it came from.
pub(super) fn tools(functions: Vec<(String, Function)>) -> Result<Vec<ToolSpec>, Problem> {
    if functions.len() > TOOLS_MAX {
        return Err(Problem::invalid("tools", Notice::new("api-too-many").arg("param", "tools").arg("max", TOOLS_MAX)));
    }
    let mut specs: Vec<ToolSpec> = Vec::with_capacity(functions.len());
    for (param, function) in functions {
        let name = function.name.ok_or_else(|| Problem::missing(format!("{param}.name")))?;
        if !is_name(&name, TOOL_NAME_MAX) || specs.iter().any(|s| s.name == name) {
            let notice = Notice::new("api-tool-name").arg("param", &param).arg("max", TOOL_NAME_MAX);
            return Err(Problem::invalid(format!("{param}.name"), notice));
        }
        let parameters = match function.parameters {
            Some(schema) => Value::Object(schema).to_string(),
            None => r#"{"type":"object","properties":{}}"#.to_owned(),
        };
        let description = function.description.unwrap_or_default();
        let strictness = if function.strict == Some(true) { Strictness::Strict } else { Strictness::Lenient };
        specs.push(ToolSpec { name, description, parameters, strictness });
    }
    Ok(specs)
}

/// Whether a text is a name as OpenAI's API has them: letters, digits, `_` and `-`.
pub(super) fn is_name(text: &str, len_max: usize) -> bool {
    (1..=len_max).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-'))
}

pub(super) fn tool_choice(choice: Option<Choice>, tools: &[ToolSpec]) -> Result<ToolChoice, Problem> {
    let wrong = || Problem::invalid("tool_choice", Notice::new("api-tool-choice"));
    let named = match choice {
        None => return Ok(ToolChoice::Auto),
        Some(Choice::Word(word)) => {
            return match word.as_str() {
                "auto" => Ok(ToolChoice::Auto),
                "none" => Ok(ToolChoice::None),
                "required" if !tools.is_empty() => Ok(ToolChoice::Required),
                _ => Err(wrong()),
            };
        }
        Some(Choice::Named { name, function }) => name.or_else(|| function.map(|f| f.name)).ok_or_else(wrong)?,
    };
    match tools.iter().any(|tool| tool.name == named) {
        true => Ok(ToolChoice::Named(named)),
        false => Err(wrong()),
    }
}

/// The sampler's settings as clients name them; what is not given is ours.
#[derive(Debug, Default)]
pub(super) struct Knobs {
    pub(super) temperature: Option<f32>,
    pub(super) top_p: Option<f32>,
    pub(super) top_k: Option<u32>,
    pub(super) min_p: Option<f32>,
    pub(super) repeat_penalty: Option<f32>,
    pub(super) frequency_penalty: Option<f32>,
    pub(super) presence_penalty: Option<f32>,
    pub(super) seed: Option<i64>,
}

impl Knobs {
    pub(super) fn sampling(self) -> Result<Sampling, Problem> {
        let ours = Sampling::default();
        let sampling = Sampling {
            temperature: self.temperature.unwrap_or(ours.temperature),
            top_k: self.top_k.unwrap_or(ours.top_k),
            // OpenAI takes 0 too, which can only mean the likeliest token.
            top_p: self.top_p.map_or(ours.top_p, |p| if p == 0.0 { f32::EPSILON } else { p }),
            min_p: self.min_p.unwrap_or(ours.min_p),
            penalties: Penalties {
                repeat: self.repeat_penalty.unwrap_or(ours.penalties.repeat),
                frequency: self.frequency_penalty.unwrap_or(ours.penalties.frequency),
                presence: self.presence_penalty.unwrap_or(ours.penalties.presence),
                last_n: ours.penalties.last_n,
            },
            seed: self.seed.map(i64::cast_unsigned),
        };
        sampling.checked().map_err(|error| {
            // The smallest share of `top_p` is a rounding step, which reads as 0.
            let (min, max) = ((error.min * 100.0).round() / 100.0, error.max);
            let notice = Notice::new("api-param-range").arg("param", error.name).arg("min", min).arg("max", max);
            Problem::invalid(error.name, notice)
        })
    }
}

/// Texts that end the answer.
pub(super) fn stop(stop: Option<OneOrMany>) -> Result<Vec<String>, Problem> {
    let stop = stop.map(OneOrMany::into_list).unwrap_or_default();
    if stop.len() > STOP_MAX || stop.iter().any(String::is_empty) {
        return Err(Problem::invalid("stop", Notice::new("api-stop").arg("max", STOP_MAX)));
    }
    Ok(stop)
}

/// A limit of tokens, at least one.
pub(super) fn tokens(param: &str, tokens: Option<u32>) -> Result<Option<u32>, Problem> {
    match tokens {
        Some(0) => Err(Problem::invalid(param, Notice::new("api-param-positive").arg("param", param))),
        Some(_) | None => Ok(tokens),
    }
}

/// Who answers, and the model if one is named.
pub(super) fn responder(model: &str) -> Result<(Persona, Option<ModelId>), Problem> {
    let named = |id: &str| id.parse().map(Some).map_err(|_| Problem::no_such_model(id));
    match (model, model.strip_prefix(ASSISTANT).and_then(|rest| rest.strip_prefix(':'))) {
        ("", _) => Err(Problem::missing("model")),
        (ASSISTANT, _) => Ok((Persona::Assistant, None)),
        (_, Some(id)) => Ok((Persona::Assistant, named(id)?)),
        (id, None) => Ok((Persona::Model, named(id)?)),
    }
}

/// Checks the size of a conversation; `param` is the field that the messages came in.
pub(super) fn size(param: &str, messages: &[Message], tools: &[ToolSpec]) -> Result<(), Problem> {
    if messages.is_empty() {
        return Err(Problem::invalid(param, Notice::new("api-messages-empty").arg("param", param)));
    }
    if messages.len() > MESSAGES_MAX {
        return Err(Problem::invalid(param, Notice::new("api-too-many").arg("param", param).arg("max", MESSAGES_MAX)));
    }
    let said = messages.iter().flat_map(|message| {
        let calls = message.tool_calls.iter().map(|call| call.name.len() + call.arguments.len());
        calls.chain([message.text.len()])
    });
    let offered = tools.iter().map(|tool| tool.name.len() + tool.description.len() + tool.parameters.len());
    text_size(said.chain(offered).sum())
}

/// Refuses more text than any context holds, before anybody counts its tokens.
pub(super) fn text_size(len: usize) -> Result<(), Problem> {
    if len <= SEQUENCE_TEXT_MAX {
        return Ok(());
    }
    let notice = Notice::new("api-text-too-long").arg("len", len).arg("max", SEQUENCE_TEXT_MAX);
    Err(Failure::new(FailureKind::TooLong, notice, "more text than a prompt may have").into())
}

/// What a request carries beside its body.
#[derive(Debug)]
pub(super) struct Occasion {
    pub(super) id: TurnId,
    pub(super) language: Language,
    pub(super) local_time: String,
    /// Seconds since 1970.
    pub(super) created: u64,
    /// What the owner chose for requests that do not say it.
    pub(super) speculation: Speculation,
}

impl Occasion {
    pub(super) fn new(door: &Door, language: Language) -> Self {
        let ambient = &door.ambient;
        Self {
            id: ambient.turn_id(),
            language,
            local_time: (ambient.local_time)(language),
            created: ambient.unix_s(),
            speculation: door.speculation,
        }
    }
}

//! The form of an answer that may call tools: free text, or calls that say exactly what each tool takes.
//!
//! A model that is only told of tools forgets brackets, invents names and mistypes arguments. [`form`] writes a grammar
//! in which it cannot: text is free as long as the mark that opens a call does not stand in it, and from there on only
//! well-formed calls of offered tools follow. What the grammar lets through, [`super::ToolCallParser`] finds.

use std::fmt::Write;

use sarai_types::{Grammar, GrammarKind, Strictness, ToolChoice, ToolSpec};
use serde_json::{Value, json};

use super::ToolFormat;
use crate::grammar::{GrammarError, enforceable, literal};

/// Why there is no form for these tools.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FormError {
    /// The schema of a strict tool's arguments asks for what cannot be enforced. The reason begins with the place.
    #[error("tool \"{tool}\": {why}")]
    Schema { tool: String, why: GrammarError },
    /// A name that would have to be written with escapes.
    #[error("\"{0}\" cannot be the name of a tool")]
    Name(String),
    /// The tool to be called was not offered.
    #[error("there is no tool \"{0}\"")]
    NoSuchTool(String),
}

/// The grammar of an answer to which tools were offered, or none where every answer will do.
///
/// # Errors
/// See [`FormError`].
pub fn form(format: ToolFormat, tools: &[ToolSpec], choice: &ToolChoice) -> Result<Option<Grammar>, FormError> {
    let named: Vec<ToolSpec>;
    let (tools, required) = match choice {
        ToolChoice::None => return Ok(None),
        ToolChoice::Auto => (tools, false),
        ToolChoice::Required => (tools, true),
        ToolChoice::Named(name) => {
            let tool = tools.iter().find(|tool| &tool.name == name);
            named = vec![tool.ok_or_else(|| FormError::NoSuchTool(name.clone()))?.clone()];
            (&named[..], true)
        }
    };
    if tools.is_empty() || format == ToolFormat::Unmarked && !required {
        return Ok(None);
    }
    let mut source = layout(format, required);
    write_calls(format, tools, &mut source)?;
    Ok(Some(Grammar { kind: GrammarKind::Lark, source }))
}

/// The rules around `call`. Blanks and line ends are those that the models were trained with.
fn layout(format: ToolFormat, required: bool) -> String {
    let (open, close) = format.marks().unwrap_or_default();
    let (open_text, close) = (literal(open), literal(close));
    let (marked, bare) = match format {
        ToolFormat::Hermes => (
            format!("marked: one (\"\\n\" {open_text} one)*\none: \"\\n\" call \"\\n\" {close}\n"),
            format!("{open_text} marked"),
        ),
        ToolFormat::Mistral => ("marked: \" [\" call (\", \" call)* \"]\"\n".to_owned(), format!("{open_text} marked")),
        ToolFormat::Llama => ("marked: call (\"\\n\" call)*\n".to_owned(), "marked".to_owned()),
        ToolFormat::Unmarked => ("marked: call\n".to_owned(), "marked".to_owned()),
    };
    if required {
        return format!("start: {bare}\n{marked}");
    }
    // Llama's models call without the mark as well, at the very beginning. Such a beginning must not be text at the same
    // time: the longest text would win over the call.
    let (text, also) = match format {
        ToolFormat::Llama => ("ANY & ~(/\\s*\\{\\s*\"name\"/ ANY)", " | marked"),
        ToolFormat::Hermes | ToolFormat::Mistral | ToolFormat::Unmarked => ("ANY", ""),
    };
    format!(
        "start: \"\" | TEXT | head marked{also}\n\
         TEXT: /(?s:.+)/ & {text} & ~(ANY {open_text} ANY)\n\
         HEAD: {text}\n\
         ANY: /(?s:.*)/\n\
         head[suffix={open_text}]: HEAD\n\
         {marked}"
    )
}

fn write_calls(format: ToolFormat, tools: &[ToolSpec], source: &mut String) -> Result<(), FormError> {
    let key = match format {
        ToolFormat::Llama => "parameters",
        ToolFormat::Hermes | ToolFormat::Mistral | ToolFormat::Unmarked => "arguments",
    };
    let mut calls = Vec::with_capacity(tools.len());
    let mut arguments = String::new();
    for (number, tool) in tools.iter().enumerate() {
        let written = Value::from(tool.name.as_str()).to_string();
        if tool.name.is_empty() || written.len() != tool.name.len() + 2 || tool.name.contains('\u{7f}') {
            return Err(FormError::Name(tool.name.clone()));
        }
        let before = literal(&format!("{{\"name\": {written}, \"{key}\": "));
        calls.push(format!("{before} arguments_{number} \"}}\""));
        let schema = schema(tool)?;
        let _ = writeln!(arguments, "arguments_{number}: %json {schema}");
    }
    let _ = writeln!(source, "call: {}", calls.join(" | "));
    source.push_str(&arguments);
    Ok(())
}

/// The schema to which the arguments are held: an object in any case.
fn schema(tool: &ToolSpec) -> Result<Value, FormError> {
    let any = || json!({"type": "object"});
    if tool.parameters.trim().is_empty() {
        return Ok(any());
    }
    let enforced = match serde_json::from_str(&tool.parameters) {
        Ok(schema) => object(schema).and_then(|schema| enforceable(&schema)),
        Err(error) => Err(GrammarError(format!("#: the schema is not JSON: {error}"))),
    };
    match (enforced, tool.strictness) {
        (Ok(schema), _) => Ok(schema),
        (Err(_), Strictness::Lenient) => Ok(any()),
        (Err(why), Strictness::Strict) => Err(FormError::Schema { tool: tool.name.clone(), why }),
    }
}

/// The schema with the word that arguments are an object.
fn object(schema: Value) -> Result<Value, GrammarError> {
    let refuse =
        || GrammarError("#: the arguments of a tool must be an object, so \"type\" must be \"object\"".to_owned());
    match schema {
        Value::Bool(true) => Ok(json!({"type": "object"})),
        Value::Object(mut schema) => {
            let allows = match schema.get("type") {
                None => true,
                Some(Value::Array(types)) => types.contains(&json!("object")),
                Some(one) => one == "object",
            };
            if !allows {
                return Err(refuse());
            }
            schema.insert("type".to_owned(), json!("object"));
            Ok(Value::Object(schema))
        }
        _ => Err(refuse()),
    }
}

#[cfg(test)]
mod tests;

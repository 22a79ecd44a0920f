//! A conversation as templates expect it: the objects of the OpenAI API, in the order of its documentation.

use minijinja::Value;
use sarai_types::{Conversation, Message, Role, ToolCall, ToolSpec};
use serde_json::{Number, Value as Json};

use super::SpecialTokens;
use super::env::{LocalTime, strftime_now};
use super::shield::Marks;

/// What a template takes as the arguments of a tool call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Arguments {
    Object,
    /// The object's JSON.
    Text,
}

/// Everything in a conversation that somebody wrote.
pub(super) fn texts(conversation: &Conversation) -> impl Iterator<Item = &str> {
    let messages = conversation.messages.iter().flat_map(|message| {
        let calls = message.tool_calls.iter().flat_map(|call| [&call.id, &call.name, &call.arguments]);
        [&message.text].into_iter().chain(&message.tool_call_id).chain(calls)
    });
    let tools = conversation.tools.iter().flat_map(|tool| [&tool.name, &tool.description, &tool.parameters]);
    messages.chain(tools).map(String::as_str)
}

/// The length of all [`texts`].
pub(super) fn text_bytes(conversation: &Conversation) -> usize {
    texts(conversation).map(str::len).sum()
}

/// The variables that a template sees. Every text of the conversation has its marks.
pub(super) fn context(
    conversation: &Conversation,
    marks: &Marks<'_>,
    special: &SpecialTokens,
    arguments: Arguments,
    now: Option<LocalTime>,
) -> Value {
    let writer = Writer { marks, arguments };
    let messages: Value = conversation.messages.iter().map(|m| writer.message(m, &conversation.messages)).collect();
    let tools = match conversation.tools.as_slice() {
        // Templates ask whether there are tools by `tools is not none` as well as by `if tools`.
        [] => Value::from(()),
        tools => tools.iter().map(|tool| writer.tool(tool)).collect(),
    };
    let mut context = vec![
        ("messages", messages),
        ("tools", tools),
        ("add_generation_prompt", Value::from(true)),
        ("bos_token", Value::from(special.bos.as_str())),
        ("eos_token", Value::from(special.eos.as_str())),
    ];
    // Templates ask `strftime_now is defined`, and have a fixed date for when it is not.
    if let Some(now) = now {
        context.push(("strftime_now", strftime_now(now)));
    }
    Value::from_pairs(context)
}

struct Writer<'a> {
    marks: &'a Marks<'a>,
    arguments: Arguments,
}

impl Writer<'_> {
    fn message(&self, message: &Message, all: &[Message]) -> Value {
        let mut fields = vec![("role", Value::from(message.role.as_str())), ("content", self.text(&message.text))];
        if !message.tool_calls.is_empty() {
            fields.push(("tool_calls", message.tool_calls.iter().map(|call| self.call(call)).collect()));
        }
        if let Some(id) = &message.tool_call_id {
            fields.push(("tool_call_id", self.text(id)));
            // Some templates name the tool whose result this is, which only the call knows.
            if message.role == Role::Tool {
                let call = all.iter().flat_map(|m| &m.tool_calls).find(|call| call.id == *id);
                fields.extend(call.map(|call| ("name", self.text(&call.name))));
            }
        }
        Value::from_pairs(fields)
    }

    fn call(&self, call: &ToolCall) -> Value {
        let arguments = match self.arguments {
            Arguments::Object => self.json_text(&call.arguments),
            Arguments::Text => self.text(&call.arguments),
        };
        let function = Value::from_pairs([("name", self.text(&call.name)), ("arguments", arguments)]);
        Value::from_pairs([("id", self.text(&call.id)), ("type", Value::from("function")), ("function", function)])
    }

    fn tool(&self, tool: &ToolSpec) -> Value {
        let function = Value::from_pairs([
            ("name", self.text(&tool.name)),
            ("description", self.text(&tool.description)),
            ("parameters", self.json_text(&tool.parameters)),
        ]);
        Value::from_pairs([("type", Value::from("function")), ("function", function)])
    }

    fn text(&self, text: &str) -> Value {
        Value::from(self.marks.mark(text))
    }

    /// JSON as a value; what is not JSON stays text.
    fn json_text(&self, text: &str) -> Value {
        serde_json::from_str(text).map_or_else(|_| self.text(text), |json| self.json(&json))
    }

    /// As deep as serde_json lets JSON be, which is 128 levels.
    fn json(&self, json: &Json) -> Value {
        match json {
            Json::Null => Value::from(()),
            Json::Bool(value) => Value::from(*value),
            Json::Number(value) => number(value),
            Json::String(value) => self.text(value),
            Json::Array(values) => values.iter().map(|value| self.json(value)).collect(),
            Json::Object(fields) => {
                Value::from_pairs(fields.iter().map(|(key, value)| (self.marks.mark(key), self.json(value))))
            }
        }
    }
}

fn number(number: &Number) -> Value {
    if let Some(whole) = number.as_i64() {
        Value::from(whole)
    } else if let Some(whole) = number.as_u64() {
        Value::from(whole)
    } else {
        Value::from(number.as_f64())
    }
}

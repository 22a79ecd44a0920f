//! `POST /v1/responses`: what comes in. Nothing is stored, so a client sends the whole conversation each time.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use sarai_types::{Message, Notice, Priority, Role, ToolCall, ToolSpec, TurnRequest};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::form::{Form, GrammarBody, TextFormat, memory, skill, speculation};
use super::input::{self, Choice, Content, Function, Knobs, Occasion};
use super::responses_reply::{Frame, ResponseBody, ResponseWriter};
use super::turn;
use crate::body::Body;
use crate::error::{ErrorBody, Problem, language_of};
use crate::state::Door;

#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct ResponsesRequest {
    /// `sarai` for the assistant, `sarai:ID` for the assistant with another model, or a model's id to talk to it alone.
    model: Option<String>,
    input: Option<Input>,
    /// A system text that stands before the input.
    instructions: Option<String>,
    stream: Option<bool>,
    tools: Option<Vec<ResponsesTool>>,
    tool_choice: Option<Choice>,
    /// 0 to 2.
    temperature: Option<f32>,
    /// 0 to 1.
    top_p: Option<f32>,
    max_output_tokens: Option<u32>,
    text: Option<TextOptions>,
    /// Not offered: nothing is stored here.
    previous_response_id: Option<String>,
    /// Not offered.
    background: Option<bool>,
    /// Only `disabled`: a prompt is never cut.
    truncation: Option<String>,
    #[schema(value_type = Option<Object>)]
    metadata: Option<Map<String, Value>>,
    /// Known to this API only.
    grammar: Option<GrammarBody>,
    /// Known to this API only: `auto`, `off`, `acceptance`, or `fixed:1` to `fixed:63`.
    speculation: Option<String>,
    /// As in `/v1/chat/completions`.
    skill: Option<String>,
    /// As in chat completions.
    memory: Option<bool>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct TextOptions {
    format: Option<TextFormat>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(untagged)]
enum Input {
    Text(String),
    Items(Vec<Item>),
}

/// A message, a call of a function, or what the call gave.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct Item {
    /// `message` (also when absent), `function_call`, `function_call_output` or `reasoning`.
    r#type: Option<String>,
    role: Option<String>,
    content: Option<Content>,
    call_id: Option<String>,
    name: Option<String>,
    arguments: Option<String>,
    output: Option<Content>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ResponsesTool {
    r#type: Option<String>,
    name: Option<String>,
    description: Option<String>,
    #[schema(value_type = Option<Object>)]
    parameters: Option<Map<String, Value>>,
    strict: Option<bool>,
}

/// Answers an input, whole or in server-sent events.
#[utoipa::path(post, path = "/v1/responses", request_body = ResponsesRequest, responses(
    (status = 200, body = ResponseBody), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
    (status = 429, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(crate) async fn respond(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    Body(body): Body<ResponsesRequest>,
) -> Result<Response, Problem> {
    let occasion = Occasion::new(&door, language_of(&headers, &door));
    let language = occasion.language;
    let streamed = body.stream.unwrap_or(false);
    let (id, created) = (occasion.id, occasion.created);
    let (model, instructions) = (body.model.clone().unwrap_or_default(), body.instructions.clone());
    let (max_output_tokens, metadata) = (body.max_output_tokens, body.metadata.clone().unwrap_or_default());
    let (request, form) = body.check(occasion)?;
    let frame = Frame {
        id,
        created,
        model,
        instructions,
        max_output_tokens,
        metadata,
        sampling: request.sampling,
        tools: request.tools.clone(),
        tool_choice: request.tool_choice.clone(),
        format: form.format,
        language,
    };
    let events = door.handle.turn(request)?;
    let reply = if streamed {
        let mut writer = ResponseWriter::new(frame, language);
        turn::stream(events, move |event| writer.write(event)).await
    } else {
        turn::collect(events).await.map(|answer| Json(frame.completed(answer)).into_response())
    };
    reply.map_err(|problem| problem.of_grammar(form.param, |tool| format!("tools[{tool}].parameters")))
}

impl ResponsesRequest {
    /// The turn that is asked for and what its answer looks like, or the first field that is wrong.
    fn check(self, occasion: Occasion) -> Result<(TurnRequest, Form), Problem> {
        let (persona, model) = input::responder(&self.model.unwrap_or_default())?;
        if self.previous_response_id.is_some() {
            return Err(Problem::unsupported("previous_response_id", Notice::new("api-not-stored")));
        }
        if self.background == Some(true) {
            return Err(Problem::unsupported("background", Notice::new("api-no-background")));
        }
        if self.truncation.is_some_and(|t| t != "disabled") {
            return Err(Problem::unsupported("truncation", Notice::new("api-no-truncation")));
        }
        let said = match self.input.ok_or_else(|| Problem::missing("input"))? {
            Input::Text(text) => vec![Message::new(Role::User, text)],
            Input::Items(items) => messages(items)?,
        };
        let tools = tools(self.tools.unwrap_or_default())?;
        input::size("input", &said, &tools)?;
        let tool_choice = input::tool_choice(self.tool_choice, &tools)?;
        let format = self.text.and_then(|text| text.format);
        let form = Form::of_response(format, self.grammar)?.beside(&tools, &tool_choice)?;
        let messages: Vec<Message> =
            self.instructions.map(|text| Message::new(Role::System, text)).into_iter().chain(said).collect();
        input::size("input", &messages, &tools)?;
        let knobs = Knobs { temperature: self.temperature, top_p: self.top_p, ..Knobs::default() };
        let request = TurnRequest {
            id: occasion.id,
            persona,
            model,
            messages,
            tool_choice,
            tools,
            sampling: knobs.sampling()?,
            max_tokens: input::tokens("max_output_tokens", self.max_output_tokens)?,
            stop: Vec::new(),
            logprobs: None,
            priority: Priority::Interactive,
            grammar: form.grammar.clone(),
            speculation: speculation(self.speculation.as_deref(), occasion.speculation)?,
            skill: skill(self.skill.as_deref(), None)?,
            memory: memory(self.memory),
            language: occasion.language,
            local_time: occasion.local_time,
        };
        Ok((request, form))
    }
}

/// Calls that follow one another, or an assistant's text, are one message, as chat templates expect them.
fn messages(items: Vec<Item>) -> Result<Vec<Message>, Problem> {
    let mut messages: Vec<Message> = Vec::with_capacity(items.len());
    for (i, item) in items.into_iter().enumerate() {
        let param = format!("input[{i}]");
        match item.r#type.as_deref() {
            None | Some("message") => messages.push(item.message(&param)?),
            Some("function_call") => {
                let call = item.call(&param)?;
                match messages.last_mut() {
                    Some(last) if last.role == Role::Assistant => last.tool_calls.push(call),
                    Some(_) | None => {
                        let tool_calls = vec![call];
                        messages.push(Message { tool_calls, ..Message::new(Role::Assistant, "") });
                    }
                }
            }
            Some("function_call_output") => messages.push(item.output(&param)?),
            // What a model said to itself is not read again.
            Some("reasoning") => {}
            Some(_) => {
                return Err(Problem::unsupported(format!("{param}.type"), Notice::new("api-item-type")));
            }
        }
    }
    Ok(messages)
}

impl Item {
    fn message(self, param: &str) -> Result<Message, Problem> {
        let role = match self.role.as_deref() {
            None => return Err(Problem::missing(format!("{param}.role"))),
            Some("system" | "developer") => Role::System,
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            Some(_) => return Err(Problem::invalid(format!("{param}.role"), Notice::new("api-role"))),
        };
        let param = format!("{param}.content");
        let content = self.content.ok_or_else(|| Problem::missing(&param))?;
        Ok(Message::new(role, content.into_text(&param)?))
    }

    fn call(self, param: &str) -> Result<ToolCall, Problem> {
        Ok(ToolCall {
            id: self.call_id.ok_or_else(|| Problem::missing(format!("{param}.call_id")))?,
            name: self.name.ok_or_else(|| Problem::missing(format!("{param}.name")))?,
            arguments: self.arguments.ok_or_else(|| Problem::missing(format!("{param}.arguments")))?,
        })
    }

    fn output(self, param: &str) -> Result<Message, Problem> {
        let call = self.call_id.ok_or_else(|| Problem::missing(format!("{param}.call_id")))?;
        let param = format!("{param}.output");
        let text = self.output.ok_or_else(|| Problem::missing(&param))?.into_text(&param)?;
        Ok(Message { tool_call_id: Some(call), ..Message::new(Role::Tool, text) })
    }
}

fn tools(wire: Vec<ResponsesTool>) -> Result<Vec<ToolSpec>, Problem> {
    let functions: Result<Vec<_>, Problem> = wire
        .into_iter()
        .enumerate()
        .map(|(i, tool)| match tool.r#type.as_deref() {
            Some("function") => {
                let ResponsesTool { name, description, parameters, strict, .. } = tool;
                Ok((format!("tools[{i}]"), Function { name, description, parameters, strict }))
            }
            None => Err(Problem::missing(format!("tools[{i}].type"))),
            Some(_) => Err(Problem::unsupported(format!("tools[{i}].type"), Notice::new("api-functions-only"))),
        })
        .collect();
    input::tools(functions?)
}

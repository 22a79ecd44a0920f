//! `POST /v1/chat/completions`: what comes in.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::{IntoResponse, Response};
use sarai_types::{Message, Notice, Priority, Role, ToolCall, TurnRequest};
use serde::Deserialize;

use super::chat_reply::{ChunkWriter, Completion, Head, UsageChunk};
use super::form::{Form, GrammarBody, ResponseFormat, memory, skill, speculation};
use super::input::{self, Choice, Content, Function, Knobs, Occasion, OneOrMany};
use super::turn;
use crate::body::Body;
use crate::error::{ErrorBody, Problem, language_of};
use crate::state::Door;

/// Alternatives to report with each token, at most.
const TOP_LOGPROBS_MAX: u8 = 20;

/// A request. Beyond OpenAI's fields it knows `top_k`, `min_p`, `repeat_penalty`, `priority`, `grammar`, `speculation`,
/// `skill`, `skill_arguments` and `memory`.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
pub(crate) struct ChatRequest {
    /// `sarai` for the assistant, `sarai:ID` for the assistant with another model, or a model's id to talk to it alone.
    model: Option<String>,
    messages: Option<Vec<ChatMessage>>,
    stream: Option<bool>,
    stream_options: Option<StreamOptions>,
    tools: Option<Vec<ChatTool>>,
    tool_choice: Option<Choice>,
    stop: Option<OneOrMany>,
    seed: Option<i64>,
    /// 0 to 2.
    temperature: Option<f32>,
    /// 0 to 1.
    top_p: Option<f32>,
    /// −2 to 2.
    frequency_penalty: Option<f32>,
    /// −2 to 2.
    presence_penalty: Option<f32>,
    max_tokens: Option<u32>,
    max_completion_tokens: Option<u32>,
    /// Only 1.
    n: Option<u32>,
    logprobs: Option<bool>,
    /// 0 to 20, with `logprobs`.
    top_logprobs: Option<u8>,
    response_format: Option<ResponseFormat>,
    /// 0 keeps all.
    top_k: Option<u32>,
    /// 0 to 1.
    min_p: Option<f32>,
    /// 0.5 to 2.
    repeat_penalty: Option<f32>,
    /// `interactive`, `task` or `background`.
    priority: Option<String>,
    grammar: Option<GrammarBody>,
    /// `auto`, `off`, `acceptance`, or `fixed:1` to `fixed:63`: changes how long an answer takes, not what it says.
    speculation: Option<String>,
    /// `auto`, `none`, or the name of a skill that is to answer. Without it a skill may answer where nothing else says
    /// who does: no tools and no form.
    skill: Option<String>,
    /// A JSON object for a skill that is named.
    #[schema(value_type = Option<Object>)]
    skill_arguments: Option<serde_json::Map<String, serde_json::Value>>,
    /// False: nothing that is remembered is used, and nothing is remembered. The same goes for a request with tools or a
    /// form, and for a model by its own name.
    memory: Option<bool>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct StreamOptions {
    include_usage: Option<bool>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ChatMessage {
    /// `system`, `developer`, `user`, `assistant` or `tool`.
    role: Option<String>,
    content: Option<Content>,
    tool_calls: Option<Vec<ChatToolCall>>,
    tool_call_id: Option<String>,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ChatToolCall {
    id: String,
    function: CalledFunction,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct CalledFunction {
    name: String,
    arguments: String,
}

#[derive(Debug, Deserialize, utoipa::ToSchema)]
struct ChatTool {
    r#type: Option<String>,
    function: Option<Function>,
}

/// Answers a conversation, whole or in server-sent events.
#[utoipa::path(post, path = "/v1/chat/completions", request_body = ChatRequest, responses(
    (status = 200, body = Completion), (status = 400, body = ErrorBody), (status = 404, body = ErrorBody),
    (status = 429, body = ErrorBody), (status = 503, body = ErrorBody)))]
pub(crate) async fn complete(
    State(door): State<Arc<Door>>,
    headers: HeaderMap,
    Body(body): Body<ChatRequest>,
) -> Result<Response, Problem> {
    let occasion = Occasion::new(&door, language_of(&headers, &door));
    let language = occasion.language;
    let usage = match body.stream_options.as_ref().and_then(|o| o.include_usage) {
        Some(true) => UsageChunk::Sent,
        Some(false) | None => UsageChunk::Omitted,
    };
    let streamed = body.stream.unwrap_or(false);
    let head = Head {
        id: format!("chatcmpl-{}", occasion.id),
        created: occasion.created,
        model: body.model.clone().unwrap_or_default(),
    };
    let (request, form_param) = body.check(occasion)?;
    let events = door.handle.turn(request)?;
    let reply = if streamed {
        let mut writer = ChunkWriter::new(head, usage, language);
        turn::stream(events, move |event| writer.write(event)).await
    } else {
        turn::collect(events).await.map(|answer| Json(Completion::new(head, answer, language)).into_response())
    };
    reply.map_err(|problem| problem.of_grammar(form_param, |tool| format!("tools[{tool}].function.parameters")))
}

impl ChatRequest {
    /// The turn that is asked for and the field that says what its answer looks like, or the first field that is wrong.
    fn check(self, occasion: Occasion) -> Result<(TurnRequest, &'static str), Problem> {
        let (persona, model) = input::responder(&self.model.unwrap_or_default())?;
        if self.n.is_some_and(|n| n != 1) {
            return Err(Problem::unsupported("n", Notice::new("api-n")));
        }
        let messages = messages(self.messages.ok_or_else(|| Problem::missing("messages"))?)?;
        let tools = tools(self.tools.unwrap_or_default())?;
        input::size("messages", &messages, &tools)?;
        let tool_choice = input::tool_choice(self.tool_choice, &tools)?;
        let form = Form::of_chat(self.response_format, self.grammar)?.beside(&tools, &tool_choice)?;
        let max_tokens = input::tokens("max_tokens", self.max_tokens)?;
        let knobs = Knobs {
            temperature: self.temperature,
            top_p: self.top_p,
            top_k: self.top_k,
            min_p: self.min_p,
            repeat_penalty: self.repeat_penalty,
            frequency_penalty: self.frequency_penalty,
            presence_penalty: self.presence_penalty,
            seed: self.seed,
        };
        let request = TurnRequest {
            id: occasion.id,
            persona,
            model,
            messages,
            tool_choice,
            tools,
            sampling: knobs.sampling()?,
            max_tokens: input::tokens("max_completion_tokens", self.max_completion_tokens)?.or(max_tokens),
            stop: input::stop(self.stop)?,
            logprobs: logprobs(self.logprobs, self.top_logprobs)?,
            priority: priority(self.priority.as_deref())?,
            grammar: form.grammar,
            speculation: speculation(self.speculation.as_deref(), occasion.speculation)?,
            skill: skill(self.skill.as_deref(), self.skill_arguments)?,
            memory: memory(self.memory),
            language: occasion.language,
            local_time: occasion.local_time,
        };
        Ok((request, form.param))
    }
}

fn messages(wire: Vec<ChatMessage>) -> Result<Vec<Message>, Problem> {
    wire.into_iter().enumerate().map(|(i, message)| message.check(&format!("messages[{i}]"))).collect()
}

impl ChatMessage {
    fn check(self, param: &str) -> Result<Message, Problem> {
        let role = match self.role.as_deref() {
            None => return Err(Problem::missing(format!("{param}.role"))),
            Some("system" | "developer") => Role::System,
            Some("user") => Role::User,
            Some("assistant") => Role::Assistant,
            Some("tool") => Role::Tool,
            Some(_) => return Err(Problem::invalid(format!("{param}.role"), Notice::new("api-role"))),
        };
        let calls = self.tool_calls.unwrap_or_default();
        if !calls.is_empty() && role != Role::Assistant {
            return Err(Problem::invalid(format!("{param}.tool_calls"), Notice::new("api-tool-calls-role")));
        }
        if role == Role::Tool && self.tool_call_id.is_none() {
            return Err(Problem::missing(format!("{param}.tool_call_id")));
        }
        let content_param = format!("{param}.content");
        let text = match self.content {
            Some(content) => content.into_text(&content_param)?,
            None if !calls.is_empty() => String::new(),
            None => return Err(Problem::missing(content_param)),
        };
        let tool_calls = calls
            .into_iter()
            .map(|call| ToolCall { id: call.id, name: call.function.name, arguments: call.function.arguments })
            .collect();
        let tool_call_id = self.tool_call_id.filter(|_| role == Role::Tool);
        Ok(Message { role, text, tool_calls, tool_call_id })
    }
}

fn tools(wire: Vec<ChatTool>) -> Result<Vec<sarai_types::ToolSpec>, Problem> {
    let functions: Result<Vec<_>, Problem> = wire
        .into_iter()
        .enumerate()
        .map(|(i, tool)| match (tool.r#type.as_deref(), tool.function) {
            (Some("function"), Some(function)) => Ok((format!("tools[{i}].function"), function)),
            (Some("function"), None) => Err(Problem::missing(format!("tools[{i}].function"))),
            (None, _) => Err(Problem::missing(format!("tools[{i}].type"))),
            (Some(_), _) => Err(Problem::unsupported(format!("tools[{i}].type"), Notice::new("api-functions-only"))),
        })
        .collect();
    input::tools(functions?)
}

fn logprobs(wanted: Option<bool>, top: Option<u8>) -> Result<Option<u8>, Problem> {
    match (wanted.unwrap_or(false), top) {
        (true, top) if top.unwrap_or(0) <= TOP_LOGPROBS_MAX => Ok(Some(top.unwrap_or(0))),
        (false, None) => Ok(None),
        (true, _) | (false, Some(_)) => {
            Err(Problem::invalid("top_logprobs", Notice::new("api-top-logprobs").arg("max", TOP_LOGPROBS_MAX)))
        }
    }
}

fn priority(word: Option<&str>) -> Result<Priority, Problem> {
    match word {
        None | Some("interactive") => Ok(Priority::Interactive),
        Some("task") => Ok(Priority::Task),
        Some("background") => Ok(Priority::Background),
        Some(_) => Err(Problem::invalid("priority", Notice::new("api-priority"))),
    }
}

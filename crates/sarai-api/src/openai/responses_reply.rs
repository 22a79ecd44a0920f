//! `POST /v1/responses`: what goes out, whole or as the standard's named events.

use axum::response::sse::Event;
use sarai_types::{
    Failure, FinishReason, Language, Sampling, Strictness, ToolCall, ToolChoice, ToolSpec, TurnEvent, TurnId,
    TurnSummary, Usage,
};
use serde::Serialize;
use serde_json::{Map, Value, json};

use super::turn::{self, Answer, Extension};
use crate::error::Problem;

/// What each object of one response repeats.
#[derive(Debug, Clone)]
pub(super) struct Frame {
    pub(super) id: TurnId,
    /// Seconds since 1970.
    pub(super) created: u64,
    /// As the client named it.
    pub(super) model: String,
    pub(super) instructions: Option<String>,
    pub(super) max_output_tokens: Option<u32>,
    pub(super) metadata: Map<String, Value>,
    pub(super) sampling: Sampling,
    pub(super) tools: Vec<ToolSpec>,
    pub(super) tool_choice: ToolChoice,
    /// What the answer looks like, as the client said it.
    pub(super) format: Value,
    pub(super) language: Language,
}

/// A response.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
pub(crate) struct ResponseBody {
    id: String,
    object: &'static str,
    created_at: u64,
    /// `in_progress`, `completed`, `incomplete` or `failed`.
    status: &'static str,
    background: bool,
    error: Option<ResponseError>,
    incomplete_details: Option<IncompleteDetails>,
    instructions: Option<String>,
    max_output_tokens: Option<u32>,
    model: String,
    output: Vec<OutputItem>,
    parallel_tool_calls: bool,
    previous_response_id: Option<String>,
    /// Always false: nothing is stored.
    store: bool,
    temperature: f64,
    top_p: f64,
    #[schema(value_type = Object)]
    text: Value,
    #[schema(value_type = Object)]
    tool_choice: Value,
    #[schema(value_type = Vec<Object>)]
    tools: Vec<Value>,
    truncation: &'static str,
    usage: Option<ResponseUsage>,
    #[schema(value_type = Object)]
    metadata: Map<String, Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    sarai: Option<Extension>,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
struct ResponseError {
    code: &'static str,
    message: String,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
struct IncompleteDetails {
    reason: &'static str,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
struct ResponseUsage {
    input_tokens: u32,
    input_tokens_details: InputDetails,
    output_tokens: u32,
    output_tokens_details: OutputDetails,
    total_tokens: u32,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
struct InputDetails {
    cached_tokens: u32,
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
struct OutputDetails {
    reasoning_tokens: u32,
}

/// One item of the output.
#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
#[serde(tag = "type", rename_all = "snake_case")]
enum OutputItem {
    /// What the model said to itself before it answered. There is no shorter version of it.
    Reasoning {
        id: String,
        status: &'static str,
        #[schema(value_type = Vec<Object>)]
        summary: Vec<Value>,
        content: Vec<ReasoningText>,
    },
    Message {
        id: String,
        status: &'static str,
        role: &'static str,
        content: Vec<OutputText>,
    },
    FunctionCall {
        id: String,
        status: &'static str,
        call_id: String,
        name: String,
        arguments: String,
    },
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
struct ReasoningText {
    r#type: &'static str,
    text: String,
}

impl ReasoningText {
    fn new(text: impl Into<String>) -> Self {
        Self { r#type: "reasoning_text", text: text.into() }
    }
}

#[derive(Debug, Clone, Serialize, utoipa::ToSchema)]
struct OutputText {
    r#type: &'static str,
    text: String,
    #[schema(value_type = Vec<Object>)]
    annotations: Vec<Value>,
    #[schema(value_type = Vec<Object>)]
    logprobs: Vec<Value>,
}

impl OutputText {
    fn new(text: impl Into<String>) -> Self {
        Self { r#type: "output_text", text: text.into(), annotations: Vec::new(), logprobs: Vec::new() }
    }
}

impl From<Usage> for ResponseUsage {
    fn from(usage: Usage) -> Self {
        Self {
            input_tokens: usage.prompt_tokens,
            input_tokens_details: InputDetails { cached_tokens: usage.cached_tokens },
            output_tokens: usage.completion_tokens,
            output_tokens_details: OutputDetails { reasoning_tokens: 0 },
            total_tokens: usage.prompt_tokens.saturating_add(usage.completion_tokens),
        }
    }
}

impl Frame {
    /// The response to a whole answer.
    pub(super) fn completed(&self, answer: Answer) -> ResponseBody {
        let mut output = Vec::new();
        if !answer.thought.is_empty() {
            output.push(self.reasoning(0, "completed", vec![ReasoningText::new(answer.thought)]));
        }
        if !answer.text.is_empty() || answer.tool_calls.is_empty() {
            output.push(self.message(output.len(), "completed", vec![OutputText::new(answer.text)]));
        }
        for call in answer.tool_calls {
            output.push(self.function_call(output.len(), "completed", call));
        }
        self.finished(output, answer.summary)
    }

    fn finished(&self, output: Vec<OutputItem>, summary: TurnSummary) -> ResponseBody {
        let (status, incomplete_details) = match summary.reason {
            FinishReason::Stop | FinishReason::ToolCalls => ("completed", None),
            FinishReason::Length => ("incomplete", Some(IncompleteDetails { reason: "max_output_tokens" })),
        };
        ResponseBody {
            output,
            incomplete_details,
            sarai: Some(Extension::new(&summary, self.language)),
            usage: Some(summary.usage.into()),
            ..self.body(status)
        }
    }

    fn body(&self, status: &'static str) -> ResponseBody {
        ResponseBody {
            id: format!("resp_{}", self.id),
            object: "response",
            created_at: self.created,
            status,
            background: false,
            error: None,
            incomplete_details: None,
            instructions: self.instructions.clone(),
            max_output_tokens: self.max_output_tokens,
            model: self.model.clone(),
            output: Vec::new(),
            parallel_tool_calls: true,
            previous_response_id: None,
            store: false,
            temperature: decimal(self.sampling.temperature),
            top_p: decimal(self.sampling.top_p),
            text: json!({"format": self.format}),
            tool_choice: match &self.tool_choice {
                ToolChoice::Auto => json!("auto"),
                ToolChoice::None => json!("none"),
                ToolChoice::Required => json!("required"),
                ToolChoice::Named(name) => json!({"type": "function", "name": name}),
            },
            tools: self.tools.iter().map(tool).collect(),
            truncation: "disabled",
            usage: None,
            metadata: self.metadata.clone(),
            sarai: None,
        }
    }

    fn message(&self, index: usize, status: &'static str, content: Vec<OutputText>) -> OutputItem {
        OutputItem::Message { id: format!("msg_{}_{index}", self.id), status, role: "assistant", content }
    }

    fn reasoning(&self, index: usize, status: &'static str, content: Vec<ReasoningText>) -> OutputItem {
        OutputItem::Reasoning { id: format!("rs_{}_{index}", self.id), status, summary: Vec::new(), content }
    }

    fn function_call(&self, index: usize, status: &'static str, call: ToolCall) -> OutputItem {
        let ToolCall { id: call_id, name, arguments } = call;
        OutputItem::FunctionCall { id: format!("fc_{}_{index}", self.id), status, call_id, name, arguments }
    }
}

/// The number that was written: 0.7 as an `f32` is 0.699999988 as an `f64`.
fn decimal(number: f32) -> f64 {
    number.to_string().parse().unwrap_or_default()
}

fn tool(spec: &ToolSpec) -> Value {
    let parameters: Value = serde_json::from_str(&spec.parameters).unwrap_or_default();
    json!({
        "type": "function",
        "name": spec.name,
        "description": spec.description,
        "parameters": parameters,
        "strict": spec.strictness == Strictness::Strict,
    })
}

/// Turns the events of a turn into the standard's events. Consecutive text is one message; each tool call is an item.
#[derive(Debug)]
pub(super) struct ResponseWriter {
    frame: Frame,
    language: Language,
    sequence: u32,
    /// Items that are done.
    output: Vec<OutputItem>,
    /// The item that is being written.
    open: Option<Open>,
}

/// An item that more text may come to.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Open {
    Reasoning(String),
    Message(String),
}

impl ResponseWriter {
    pub(super) const fn new(frame: Frame, language: Language) -> Self {
        Self { frame, language, sequence: 0, output: Vec::new(), open: None }
    }

    pub(super) fn write(&mut self, event: Result<TurnEvent, Failure>) -> Vec<Event> {
        let mut events = Vec::new();
        match event {
            Ok(TurnEvent::Started { .. }) => {
                for name in ["response.created", "response.in_progress"] {
                    let fields = json!({"response": self.frame.body("in_progress")});
                    events.push(self.event(name, fields));
                }
            }
            Ok(TurnEvent::Thought { text }) => self.thought(&text, &mut events),
            Ok(TurnEvent::Text { text, .. }) => self.text(&text, &mut events),
            Ok(TurnEvent::ToolCall(call)) => {
                self.close("completed", &mut events);
                self.tool_call(call, &mut events);
            }
            Ok(TurnEvent::Finished(summary)) => self.finish(summary, &mut events),
            Err(failure) => {
                let problem = Problem::from(failure);
                let message = sarai_messages::text(self.language, &problem.notice());
                let error = Some(ResponseError { code: problem.code(), message });
                let output = std::mem::take(&mut self.output);
                let response = ResponseBody { error, output, ..self.frame.body("failed") };
                events.push(self.event("response.failed", json!({"response": response})));
            }
        }
        events
    }

    fn finish(&mut self, summary: TurnSummary, events: &mut Vec<Event>) {
        let (name, status) = match summary.reason {
            FinishReason::Stop | FinishReason::ToolCalls => ("response.completed", "completed"),
            FinishReason::Length => ("response.incomplete", "incomplete"),
        };
        self.close(status, events);
        let spoke = self.output.iter().any(|item| !matches!(item, OutputItem::Reasoning { .. }));
        if !spoke {
            self.text("", events);
            self.close(status, events);
        }
        let response = self.frame.finished(std::mem::take(&mut self.output), summary);
        events.push(self.event(name, json!({"response": response})));
    }

    fn thought(&mut self, delta: &str, events: &mut Vec<Event>) {
        let (index, id) = (self.output.len(), self.item_id("rs"));
        if self.open.is_none() {
            self.open = Some(Open::Reasoning(String::new()));
            let item = self.frame.reasoning(index, "in_progress", Vec::new());
            events.push(self.event("response.output_item.added", json!({"output_index": index, "item": item})));
        }
        if let Some(Open::Reasoning(text)) = &mut self.open {
            text.push_str(delta);
        }
        let fields = json!({"item_id": id, "output_index": index, "content_index": 0, "delta": delta});
        events.push(self.event("response.reasoning_text.delta", fields));
    }

    fn text(&mut self, delta: &str, events: &mut Vec<Event>) {
        if matches!(self.open, Some(Open::Reasoning(_))) {
            self.close("completed", events);
        }
        let (index, id) = (self.output.len(), self.item_id("msg"));
        if self.open.is_none() {
            self.open = Some(Open::Message(String::new()));
            let item = self.frame.message(index, "in_progress", Vec::new());
            events.push(self.event("response.output_item.added", json!({"output_index": index, "item": item})));
            let part = json!({
                "item_id": id, "output_index": index, "content_index": 0, "part": OutputText::new(""),
            });
            events.push(self.event("response.content_part.added", part));
        }
        if let Some(Open::Message(text)) = &mut self.open {
            text.push_str(delta);
        }
        if !delta.is_empty() {
            let fields = json!({
                "item_id": id, "output_index": index, "content_index": 0, "delta": delta, "logprobs": [],
            });
            events.push(self.event("response.output_text.delta", fields));
        }
    }

    fn close(&mut self, status: &'static str, events: &mut Vec<Event>) {
        let index = self.output.len();
        let item = match self.open.take() {
            None => return,
            Some(Open::Reasoning(text)) => {
                let id = self.item_id("rs");
                let done = json!({"item_id": id, "output_index": index, "content_index": 0, "text": text});
                events.push(self.event("response.reasoning_text.done", done));
                self.frame.reasoning(index, status, vec![ReasoningText::new(text)])
            }
            Some(Open::Message(text)) => {
                let id = self.item_id("msg");
                let done = json!({
                    "item_id": id, "output_index": index, "content_index": 0, "text": text, "logprobs": [],
                });
                events.push(self.event("response.output_text.done", done));
                let part = OutputText::new(text);
                let done = json!({"item_id": id, "output_index": index, "content_index": 0, "part": part});
                events.push(self.event("response.content_part.done", done));
                self.frame.message(index, status, vec![part])
            }
        };
        events.push(self.event("response.output_item.done", json!({"output_index": index, "item": item})));
        self.output.push(item);
    }

    fn tool_call(&mut self, call: ToolCall, events: &mut Vec<Event>) {
        let index = self.output.len();
        let id = format!("fc_{}_{index}", self.frame.id);
        let empty = ToolCall { arguments: String::new(), ..call.clone() };
        let item = self.frame.function_call(index, "in_progress", empty);
        events.push(self.event("response.output_item.added", json!({"output_index": index, "item": item})));
        let delta = json!({"item_id": id, "output_index": index, "delta": call.arguments});
        events.push(self.event("response.function_call_arguments.delta", delta));
        let done = json!({"item_id": id, "output_index": index, "name": call.name, "arguments": call.arguments});
        events.push(self.event("response.function_call_arguments.done", done));
        let item = self.frame.function_call(index, "completed", call);
        events.push(self.event("response.output_item.done", json!({"output_index": index, "item": item})));
        self.output.push(item);
    }

    /// Of the item that is being written, or comes next.
    fn item_id(&self, kind: &str) -> String {
        format!("{kind}_{}_{}", self.frame.id, self.output.len())
    }

    /// `fields` under its name, with the type and the sequence number that each event has.
    fn event(&mut self, name: &str, fields: Value) -> Event {
        let mut data = Map::new();
        data.insert("type".to_owned(), json!(name));
        data.insert("sequence_number".to_owned(), json!(self.sequence));
        self.sequence += 1;
        if let Value::Object(fields) = fields {
            data.extend(fields);
        }
        Event::default().event(name).data(turn::json(&data))
    }
}

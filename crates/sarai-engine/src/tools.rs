//! Finds tool calls in a model's text while it streams.
//!
//! # Key types
//! - [`ToolFormat`]: how a model marks its calls, told from its chat template.
//! - [`ToolCallParser`]: text in, [`Piece`]s out. One for each answer.
//!
//! # Usage
//! Make a parser with the tools that were offered, push the text as it comes, and [`ToolCallParser::finish`] it.
//!
//! # What counts as a call
//! A JSON object with a `name` that was offered and `arguments` (or `parameters`) that are an object, in one of these
//! places: after the format's own mark; inside a Markdown fence; or bare, at the beginning of a line, since small models
//! forget their marks. A list of such objects counts as well. Everything else is text and comes out as it went in: the
//! texts and sources of all pieces, joined, are the input, however it was split.
//!
//! Text waits only while it could still become a call, and never more than [`CALL_BYTES_MAX`] of it. A candidate that
//! fails is text up to the character at which it failed; no call is looked for inside it, so the work stays linear.

pub mod form;
mod scan;

use std::collections::BTreeMap;

use sarai_types::{ToolCall, ToolSpec};
use serde_json::value::RawValue;

use scan::{BodyScan, Step};

/// The longest source of calls, in bytes. Longer is text.
pub const CALL_BYTES_MAX: usize = 1 << 20;

/// How a model marks its calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolFormat {
    /// `<tool_call>{"name": …, "arguments": {…}}</tool_call>`, as Hermes and Qwen do.
    Hermes,
    /// `{"name": …, "parameters": {…}}`, perhaps after `<|python_tag|>`, as Llama 3.1 and later do.
    Llama,
    /// `[TOOL_CALLS] [{"name": …, "arguments": {…}}, …]`, as Mistral does.
    Mistral,
    /// The template says nothing of tools.
    Unmarked,
}

impl ToolFormat {
    /// Tells the format from the source of a chat template.
    #[must_use]
    pub fn detect(template_source: &str) -> Self {
        let has = |text| template_source.contains(text);
        if has("<tool_call>") {
            Self::Hermes
        } else if has("[TOOL_CALLS]") {
            Self::Mistral
        } else if has("<|python_tag|>") || has("\"parameters\":") {
            Self::Llama
        } else {
            Self::Unmarked
        }
    }

    /// What stands before and after calls. The end may be missing in an answer.
    const fn marks(self) -> Option<(&'static str, &'static str)> {
        match self {
            Self::Hermes => Some(("<tool_call>", "</tool_call>")),
            Self::Llama => Some(("<|python_tag|>", "")),
            Self::Mistral => Some(("[TOOL_CALLS]", "")),
            Self::Unmarked => None,
        }
    }
}

/// A part of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// Never empty.
    Text(String),
    /// One call or more, and the text that they were read from.
    Calls { calls: Vec<ToolCall>, source: String },
}

/// Text in, pieces out.
#[derive(Debug)]
pub struct ToolCallParser {
    format: ToolFormat,
    names: Vec<String>,
    next_id: u64,
    state: State,
    /// What is not decided yet; empty in [`State::Text`].
    pending: String,
    line: Line,
    /// The pieces of the push under way.
    out: Vec<Piece>,
}

/// Whether a call without a mark could begin here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Line {
    /// Nothing but white space stands before in this line.
    Start,
    Middle,
}

#[derive(Debug)]
enum State {
    Text,
    /// `pending` begins like the format's mark.
    Mark,
    /// `pending` begins like a fence: up to three backticks and its language.
    Fence,
    /// The objects are being read; `closing` is what should follow them.
    Body {
        scan: BodyScan,
        closing: &'static str,
    },
    /// The calls are complete; their source is the first `end` bytes of `pending`. White space and `closing` may follow.
    Closing {
        calls: Vec<ToolCall>,
        end: usize,
        closing: &'static str,
    },
}

const FENCE: &str = "```";
/// The longest language that a fence may name, in bytes.
const FENCE_LANGUAGE_MAX: usize = 16;

impl ToolCallParser {
    /// `first_id` seeds the ids of the calls: two parsers of one conversation need numbers that are far apart, such as
    /// random ones.
    #[must_use]
    pub fn new(format: ToolFormat, tools: &[ToolSpec], first_id: u64) -> Self {
        Self {
            format,
            names: tools.iter().map(|tool| tool.name.clone()).collect(),
            next_id: first_id,
            state: State::Text,
            pending: String::new(),
            line: Line::Start,
            out: Vec::new(),
        }
    }

    /// What the text decides. Adjacent text comes as one piece.
    pub fn push(&mut self, text: &str) -> Vec<Piece> {
        for c in text.chars() {
            self.take(c);
        }
        std::mem::take(&mut self.out)
    }

    /// What was undecided, now that nothing follows.
    pub fn finish(&mut self) -> Vec<Piece> {
        match std::mem::replace(&mut self.state, State::Text) {
            State::Text | State::Mark | State::Fence | State::Body { .. } => self.release(),
            State::Closing { calls, end, .. } => {
                let after = self.pending.split_off(end);
                self.emit(calls);
                self.emit_text(&after);
            }
        }
        std::mem::take(&mut self.out)
    }

    fn take(&mut self, c: char) {
        match std::mem::replace(&mut self.state, State::Text) {
            State::Text => self.take_text(c),
            State::Mark => self.take_mark(c),
            State::Fence => self.take_fence(c),
            State::Body { scan, closing } => self.take_body(c, scan, closing),
            State::Closing { calls, end, closing } => self.take_closing(c, calls, end, closing),
        }
    }

    fn take_text(&mut self, c: char) {
        let marked = self.format.marks().is_some_and(|(open, _)| open.starts_with(c));
        if marked {
            self.pending.push(c);
            self.state = State::Mark;
        } else if self.line == Line::Start && c == '`' {
            self.pending.push(c);
            self.state = State::Fence;
        } else if self.line == Line::Start && matches!(c, '{' | '[') {
            self.begin_body("");
            self.take(c);
        } else {
            self.emit_text(c.encode_utf8(&mut [0; 4]));
        }
    }

    fn take_mark(&mut self, c: char) {
        let Some((open, close)) = self.format.marks() else { return self.give_up(c) };
        if !open[self.pending.len()..].starts_with(c) {
            // `[` begins both Mistral's mark and a list without it.
            if self.pending == "[" && self.line == Line::Start {
                self.pending.clear();
                self.begin_body("");
                self.take('[');
                return self.take(c);
            }
            return self.give_up(c);
        }
        self.pending.push(c);
        if self.pending.len() == open.len() {
            self.begin_body(close);
        } else {
            self.state = State::Mark;
        }
    }

    fn take_fence(&mut self, c: char) {
        let language = self.pending.strip_prefix(FENCE);
        let fits = match language {
            None => c == '`',
            Some(language) => c == '\n' || (c.is_ascii_alphabetic() || c == '_') && language.len() < FENCE_LANGUAGE_MAX,
        };
        if !fits {
            return self.give_up(c);
        }
        self.pending.push(c);
        if c == '\n' {
            self.begin_body(FENCE);
        } else {
            self.state = State::Fence;
        }
    }

    fn begin_body(&mut self, closing: &'static str) {
        self.state = State::Body { scan: BodyScan::new(self.pending.len()), closing };
    }

    fn take_body(&mut self, c: char, mut scan: BodyScan, closing: &'static str) {
        if self.pending.len() + c.len_utf8() > CALL_BYTES_MAX {
            return self.give_up(c);
        }
        let step = scan.step(c, &self.names);
        if step == Step::Fail {
            return self.give_up(c);
        }
        self.pending.push(c);
        if step == Step::More {
            self.state = State::Body { scan, closing };
            return;
        }
        let end = self.pending.len();
        match self.parse(&scan) {
            None => self.release(),
            Some(calls) if closing.is_empty() => self.emit(calls),
            Some(calls) => self.state = State::Closing { calls, end, closing },
        }
    }

    fn take_closing(&mut self, c: char, calls: Vec<ToolCall>, end: usize, closing: &'static str) {
        let after = &self.pending[end..];
        let closer = after.trim_ascii_start();
        if closing[closer.len()..].starts_with(c) {
            let closed = closer.len() + c.len_utf8() == closing.len();
            self.pending.push(c);
            if closed {
                self.emit(calls);
            } else {
                self.state = State::Closing { calls, end, closing };
            }
        } else if closer.is_empty() && c.is_ascii_whitespace() && after.len() < CALL_BYTES_MAX {
            self.pending.push(c);
            self.state = State::Closing { calls, end, closing };
        } else {
            // The end is missing. The call stands, and what followed it may begin the next one.
            let after = self.pending.split_off(end);
            self.emit(calls);
            for c in after.chars().chain([c]) {
                self.take(c);
            }
        }
    }

    /// The calls of a complete body, or none if any of them is not one.
    fn parse(&mut self, scan: &BodyScan) -> Option<Vec<ToolCall>> {
        let objects = scan.objects().iter().map(|span| self.pending.get(span.clone()).and_then(read_call));
        let calls = objects.collect::<Option<Vec<_>>>()?;
        let calls = calls.into_iter().map(|(name, arguments)| {
            let id = call_id(self.next_id);
            self.next_id = self.next_id.wrapping_add(1);
            ToolCall { id, name, arguments }
        });
        Some(calls.collect())
    }

    /// `pending` was not a call; `c` may begin one.
    fn give_up(&mut self, c: char) {
        self.release();
        self.take(c);
    }

    fn release(&mut self) {
        let text = std::mem::take(&mut self.pending);
        self.emit_text(&text);
    }

    fn emit(&mut self, calls: Vec<ToolCall>) {
        let source = std::mem::take(&mut self.pending);
        self.line = Line::Start;
        self.out.push(Piece::Calls { calls, source });
    }

    fn emit_text(&mut self, text: &str) {
        for c in text.chars() {
            match c {
                '\n' => self.line = Line::Start,
                c if c.is_whitespace() => {}
                _ => self.line = Line::Middle,
            }
        }
        match self.out.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Text(last)) => last.push_str(text),
            Some(Piece::Calls { .. }) | None => self.out.push(Piece::Text(text.to_owned())),
        }
    }
}

/// Name and arguments of one call. The arguments stay as the model wrote them, but out of the string into which some
/// models put them.
fn read_call(source: &str) -> Option<(String, String)> {
    let fields: BTreeMap<String, Box<RawValue>> = serde_json::from_str(source).ok()?;
    let name = serde_json::from_str(fields.get("name")?.get()).ok()?;
    let arguments = fields.get("arguments").or_else(|| fields.get("parameters"))?.get();
    let arguments = match serde_json::from_str::<String>(arguments) {
        Ok(text) => text,
        Err(_) => arguments.to_owned(),
    };
    serde_json::from_str::<serde_json::Map<_, _>>(&arguments).ok()?;
    Some((name, arguments))
}

/// Nine digits and small letters: the only shape of id that every template accepts, Mistral's being the strictest.
fn call_id(number: u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    let digit = |place| char::from(DIGITS[(number / 36_u64.pow(place) % 36) as usize]);
    (0..9).rev().map(digit).collect()
}

#[cfg(test)]
mod tests;

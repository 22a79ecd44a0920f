//! An answer as it comes over the wire.

use std::collections::VecDeque;

use http_body_util::BodyExt;
use sarai_types::{Decoding, FinishReason, GrammarKind, Timings, TokenText, ToolCall, Usage};
use serde::Deserialize;
use serde_json::Value;

use super::{Call, ClientError};
use crate::error::ErrorObject;
use crate::memory::MemoryFigures;
use crate::openai::{Chunk, ToolCallDelta};

/// The longest line of a stream, in bytes.
const LINE_MAX: usize = 4 << 20;

/// Tool calls in one answer at most.
const TOOL_CALLS_MAX: usize = 128;

/// A piece of an answer.
#[derive(Debug, Clone, PartialEq)]
pub enum StreamItem {
    Text(String),
    /// The tokens of a piece of text, where they were asked for.
    Tokens(Vec<TokenText>),
    /// Whole, also where the server sends it in pieces.
    ToolCall(ToolCall),
    Finished(FinishReason),
    /// Last of all, where the server says it.
    Figures {
        usage: Usage,
        /// Said by SARAi only.
        details: Option<Details>,
    },
}

/// What SARAi says of an answer beyond OpenAI's API.
#[derive(Debug, Clone, PartialEq)]
pub struct Details {
    /// The model that answered.
    pub model: String,
    pub timings: Timings,
    pub decoding: Decoding,
    /// What the answer was held to.
    pub grammar: Option<GrammarKind>,
    /// Who answered, where it was not the model alone.
    pub skill: Option<SkillDetails>,
    pub memory: Box<MemoryFigures>,
}

/// The skill that answered.
#[derive(Debug, Clone, PartialEq)]
pub struct SkillDetails {
    pub name: String,
    /// Why this one, in the client's language.
    pub reasons: Vec<String>,
    /// What it found, for programs.
    pub data: Option<Value>,
}

/// An answer as it comes. Dropping it stops the generation.
#[derive(Debug)]
pub struct ChatStream {
    call: Call,
    lines: Lines,
    reader: Reader,
}

impl ChatStream {
    pub(super) fn new(call: Call) -> Self {
        Self { call, lines: Lines::default(), reader: Reader::default() }
    }

    /// The next piece; none after the last one or after an error. Nothing is lost if the future is dropped.
    pub async fn next(&mut self) -> Option<Result<StreamItem, ClientError>> {
        loop {
            if let Some(item) = self.reader.ready.pop_front() {
                return Some(Ok(item));
            }
            if self.reader.phase == Phase::Over {
                return None;
            }
            let step = match self.lines.next() {
                Ok(Some(line)) => self.reader.line(&line),
                Ok(None) => match self.call.reply.body_mut().frame().await {
                    Some(Ok(frame)) => {
                        self.lines.push(frame.data_ref().map_or(&[], |data| data));
                        Ok(())
                    }
                    Some(Err(error)) => Err(ClientError::broken(error)),
                    None => self.reader.end(),
                },
                Err(error) => Err(error),
            };
            if let Err(error) = step {
                self.reader.phase = Phase::Over;
                return Some(Err(error));
            }
        }
    }
}

/// Cuts bytes into lines.
#[derive(Debug, Default)]
struct Lines {
    buffer: Vec<u8>,
    /// Where looking for a line break goes on.
    seen: usize,
}

impl Lines {
    fn push(&mut self, bytes: &[u8]) {
        self.buffer.extend_from_slice(bytes);
    }

    /// The next whole line, without its end.
    fn next(&mut self) -> Result<Option<String>, ClientError> {
        let Some(len) = self.buffer[self.seen..].iter().position(|b| *b == b'\n').map(|at| self.seen + at) else {
            self.seen = self.buffer.len();
            return if self.seen > LINE_MAX { Err(strange("a line without an end")) } else { Ok(None) };
        };
        let line: Vec<u8> = self.buffer.drain(..=len).collect();
        self.seen = 0;
        let text = String::from_utf8(line).map_err(|_| strange("a line that is not UTF-8"))?;
        Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Phase {
    #[default]
    Open,
    /// The server said why the answer ended; figures may follow.
    Finished,
    Over,
}

/// Makes items out of the lines of server-sent events. Each `data:` line of these servers is a whole object.
#[derive(Debug, Default)]
struct Reader {
    phase: Phase,
    ready: VecDeque<StreamItem>,
    /// Tool calls so far, by their index.
    calls: Vec<ToolCall>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Data {
    Error { error: ErrorObject },
    Chunk(Box<Chunk>),
}

impl Reader {
    fn line(&mut self, line: &str) -> Result<(), ClientError> {
        let Some(data) = line.strip_prefix("data:").map(str::trim_start) else { return Ok(()) };
        if data == "[DONE]" {
            return self.end();
        }
        match serde_json::from_str(data) {
            Ok(Data::Chunk(chunk)) => self.chunk(*chunk),
            Ok(Data::Error { error }) => Err(ClientError::refused(0, error)),
            Err(error) => Err(strange(&error.to_string())),
        }
    }

    /// The stream is at its end; before the answer was, that is a break.
    fn end(&mut self) -> Result<(), ClientError> {
        match std::mem::replace(&mut self.phase, Phase::Over) {
            Phase::Finished | Phase::Over => Ok(()),
            Phase::Open => Err(ClientError::broken("the stream ended before the answer")),
        }
    }

    fn chunk(&mut self, chunk: Chunk) -> Result<(), ClientError> {
        for choice in chunk.choices {
            if let Some(text) = choice.delta.content.filter(|text| !text.is_empty()) {
                self.ready.push_back(StreamItem::Text(text));
            }
            if let Some(logprobs) = choice.logprobs {
                self.ready.push_back(StreamItem::Tokens(logprobs.content.into_iter().map(Into::into).collect()));
            }
            for delta in choice.delta.tool_calls.unwrap_or_default() {
                self.tool_call(delta)?;
            }
            if let Some(word) = choice.finish_reason {
                self.ready.extend(self.calls.drain(..).map(StreamItem::ToolCall));
                self.ready.push_back(StreamItem::Finished(reason(&word)?));
                self.phase = Phase::Finished;
            }
        }
        if let Some(usage) = chunk.usage.flatten() {
            let usage = Usage {
                prompt_tokens: usage.prompt_tokens,
                cached_tokens: usage.prompt_tokens_details.map_or(0, |details| details.cached_tokens),
                completion_tokens: usage.completion_tokens,
            };
            let details = chunk.sarai.map(|sarai| {
                let t = sarai.timings;
                let timings = Timings { queued_ms: t.queued_ms, prefill_ms: t.prefill_ms, decode_ms: t.decode_ms };
                let (decoding, grammar) = (sarai.decoding(), sarai.grammar_kind());
                let skill = sarai.skill.map(|s| SkillDetails { name: s.name, reasons: s.reasons, data: s.data });
                Details { model: sarai.model, timings, decoding, grammar, skill, memory: Box::new(sarai.memory) }
            });
            self.ready.push_back(StreamItem::Figures { usage, details });
        }
        Ok(())
    }

    fn tool_call(&mut self, delta: ToolCallDelta) -> Result<(), ClientError> {
        if delta.index == self.calls.len() && delta.index < TOOL_CALLS_MAX {
            let (id, name, arguments) = Default::default();
            self.calls.push(ToolCall { id, name, arguments });
        }
        let call = self.calls.get_mut(delta.index).ok_or_else(|| strange("a tool call out of its turn"))?;
        call.id.push_str(&delta.id.unwrap_or_default());
        call.name.push_str(&delta.function.name.unwrap_or_default());
        call.arguments.push_str(&delta.function.arguments.unwrap_or_default());
        Ok(())
    }
}

fn reason(word: &str) -> Result<FinishReason, ClientError> {
    match word {
        "stop" => Ok(FinishReason::Stop),
        "length" => Ok(FinishReason::Length),
        "tool_calls" => Ok(FinishReason::ToolCalls),
        other => Err(strange(&format!("finish_reason {other:?}"))),
    }
}

fn strange(what: &str) -> ClientError {
    ClientError::Strange(what.to_owned())
}

#[cfg(test)]
mod tests {
    use sarai_types::Candidate;

    use super::*;

    /// What a stream of these bytes gives, cut at every place.
    fn read(bytes: &[u8], cut: usize) -> (Vec<StreamItem>, Result<(), String>) {
        let (mut lines, mut reader, mut items) = (Lines::default(), Reader::default(), Vec::new());
        let mut feed = |reader: &mut Reader, part: &[u8]| -> Result<(), ClientError> {
            lines.push(part);
            while let Some(line) = lines.next()? {
                reader.line(&line)?;
            }
            Ok(())
        };
        let (head, tail) = bytes.split_at(cut);
        let outcome = feed(&mut reader, head).and_then(|()| feed(&mut reader, tail)).and_then(|()| reader.end());
        items.extend(reader.ready.drain(..));
        (items, outcome.map_err(|e| e.to_string()))
    }

    #[test]
    fn another_server_sends_a_tool_call_in_pieces() {
        let stream = concat!(
            ": comment\r\n\r\n",
            r#"data: {"choices":[{"delta":{"role":"assistant","content":null}}]}"#,
            "\r\n\r\n",
            r#"data: {"choices":[{"index":0,"delta":{"tool_calls":[{"index":0,"id":"c1","type":"function","#,
            r#""function":{"name":"suma","arguments":""}}]},"finish_reason":null}]}"#,
            "\n\n",
            r#"data: {"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{\"a\":"}}]}}]}"#,
            "\n",
            r#"data:{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"\"ñ\"}"}}]}}]}"#,
            "\n",
            r#"data: {"choices":[{"delta":{},"finish_reason":"tool_calls"}]}"#,
            "\n",
            r#"data: {"choices":[],"usage":{"prompt_tokens":3,"completion_tokens":5,"total_tokens":8}}"#,
            "\n\ndata: [DONE]\n\n",
        );
        let call = ToolCall { id: "c1".into(), name: "suma".into(), arguments: r#"{"a":"ñ"}"#.into() };
        let usage = Usage { prompt_tokens: 3, cached_tokens: 0, completion_tokens: 5 };
        let expected = vec![
            StreamItem::ToolCall(call),
            StreamItem::Finished(FinishReason::ToolCalls),
            StreamItem::Figures { usage, details: None },
        ];
        for cut in 0..=stream.len() {
            assert_eq!(read(stream.as_bytes(), cut), (expected.clone(), Ok(())), "cut at {cut}");
        }
    }

    #[test]
    fn probabilities_come_after_their_text() {
        let stream = concat!(
            r#"data: {"choices":[{"delta":{"content":"ñ"},"logprobs":{"content":[{"token":"ñ","logprob":-0.5,"#,
            r#""bytes":[195,177],"top_logprobs":[{"token":"n","logprob":-1.5}]}]}}]}"#,
            "\n",
            r#"data: {"choices":[{"delta":{},"logprobs":null,"finish_reason":"stop"}]}"#,
            "\ndata: [DONE]\n",
        );
        let candidate = |text: &str, logprob| Candidate { bytes: text.into(), logprob };
        let token = TokenText { chosen: candidate("ñ", -0.5), top: vec![candidate("n", -1.5)] };
        let expected = vec![
            StreamItem::Text("ñ".to_owned()),
            StreamItem::Tokens(vec![token]),
            StreamItem::Finished(FinishReason::Stop),
        ];
        assert_eq!(read(stream.as_bytes(), 0), (expected, Ok(())));
    }

    #[test]
    fn a_stream_that_is_not_one_is_an_error() {
        let far = r#"data: {"choices":[{"delta":{"tool_calls":[{"index":7}]}}]}"#.to_owned() + "\n";
        for (bytes, error) in [
            (&b""[..], "the connection broke"),
            (b"data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\ndata: [DONE]\n", "the connection broke"),
            (b"data: {\"error\":{\"message\":\"no cabe\",\"code\":\"x\"}}\n", "refused with 0, Some(\"x\"): no cabe"),
            (b"data: \xff\n", "the server answered what was not expected: a line that is not UTF-8"),
            (far.as_bytes(), "the server answered what was not expected: a tool call out of its turn"),
        ] {
            assert_eq!(read(bytes, 0).1, Err(error.to_owned()));
        }
        assert!(read(&vec![b'x'; LINE_MAX + 1], 0).1.is_err());
    }
}

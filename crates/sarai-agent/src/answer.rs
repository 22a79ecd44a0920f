//! The model's text on its way to the client.

use sarai_engine::tools::{Piece, ToolCallParser};
use sarai_types::{FinishReason, TokenText, ToolSpec, TurnEvent};

use crate::ModelFacts;
use crate::thought::{Part, Thoughts};

/// The most white space that is held back in the hope that a call follows, in bytes. A model that goes on beyond this
/// is not about to call anything.
const GAP_MAX: usize = 256;

/// Turns a generation's text into events.
#[derive(Debug)]
pub(crate) struct Answer {
    /// None for a model that does not think.
    thoughts: Option<Thoughts>,
    speech: Speech,
}

/// What of the text is no thought.
#[derive(Debug)]
enum Speech {
    /// No tools were offered: the text is the answer, whatever it looks like, and token probabilities go with it.
    Plain,
    /// Tools were offered: calls are taken out of the text.
    Parsed(Box<Parsed>),
}

/// The white space around a call belongs to the call and is dropped, except that two texts with a call between them
/// stay apart. An answer without a call comes out as it went in.
#[derive(Debug)]
struct Parsed {
    parser: ToolCallParser,
    calls: usize,
    /// How many bytes of text the client has.
    said: usize,
    /// White space that what follows decides about.
    gap: String,
}

impl Answer {
    pub(crate) fn new(facts: &ModelFacts, tools: &[ToolSpec], first_id: u64) -> Self {
        let thoughts = Thoughts::new(&facts.thinking);
        if tools.is_empty() {
            return Self { thoughts, speech: Speech::Plain };
        }
        let parser = ToolCallParser::new(facts.tool_format, tools, first_id);
        let parsed = Parsed { parser, calls: 0, said: 0, gap: String::new() };
        Self { thoughts, speech: Speech::Parsed(Box::new(parsed)) }
    }

    /// What the text decides.
    pub(crate) fn push(&mut self, text: String, tokens: Vec<TokenText>) -> Vec<TurnEvent> {
        match &mut self.thoughts {
            None => self.speech.push(text, tokens),
            Some(thoughts) => {
                let parts = thoughts.push(&text, tokens);
                self.speech.take(parts)
            }
        }
    }

    /// What was undecided, now that nothing follows, and why the answer as a whole ended, given why the generation did.
    pub(crate) fn finish(mut self, reason: FinishReason) -> (Vec<TurnEvent>, FinishReason) {
        let parts = self.thoughts.as_mut().map(Thoughts::finish).unwrap_or_default();
        let mut events = self.speech.take(parts);
        let (last, reason) = self.speech.finish(reason);
        events.extend(last);
        (events, reason)
    }
}

impl Speech {
    fn take(&mut self, parts: Vec<Part>) -> Vec<TurnEvent> {
        let mut events = Vec::new();
        for part in parts {
            match part {
                Part::Thought(text) => events.push(TurnEvent::Thought { text }),
                Part::Answer { text, tokens } => events.extend(self.push(text, tokens)),
            }
        }
        events
    }

    fn push(&mut self, text: String, tokens: Vec<TokenText>) -> Vec<TurnEvent> {
        match self {
            Self::Plain if text.is_empty() && tokens.is_empty() => Vec::new(),
            Self::Plain => vec![TurnEvent::Text { text, tokens }],
            Self::Parsed(parsed) => {
                let pieces = parsed.parser.push(&text);
                parsed.take(pieces)
            }
        }
    }

    fn finish(self, reason: FinishReason) -> (Vec<TurnEvent>, FinishReason) {
        match self {
            Self::Plain => (Vec::new(), reason),
            Self::Parsed(mut parsed) => {
                let pieces = parsed.parser.finish();
                let mut events = parsed.take(pieces);
                if parsed.calls > 0 {
                    return (events, FinishReason::ToolCalls);
                }
                events.extend(parsed.release());
                (events, reason)
            }
        }
    }
}

impl Parsed {
    fn take(&mut self, pieces: Vec<Piece>) -> Vec<TurnEvent> {
        let mut events = Vec::new();
        for piece in pieces {
            match piece {
                Piece::Text(text) => events.extend(self.text(&text)),
                Piece::Calls { calls, source: _ } => {
                    self.gap.clear();
                    self.calls += calls.len();
                    events.extend(calls.into_iter().map(TurnEvent::ToolCall));
                }
            }
        }
        events
    }

    fn text(&mut self, text: &str) -> Option<TurnEvent> {
        self.gap.push_str(text);
        let end = self.gap.trim_end().len();
        if end == 0 && self.gap.len() <= GAP_MAX {
            return None;
        }
        let undecided = if end == 0 { String::new() } else { self.gap.split_off(end) };
        let event = self.release();
        self.gap = undecided;
        event
    }

    /// Says what is held back. Directly after a call that opened the answer there is nothing to keep apart.
    fn release(&mut self) -> Option<TurnEvent> {
        let held = std::mem::take(&mut self.gap);
        let text = if self.calls > 0 && self.said == 0 { held.trim_start().to_owned() } else { held };
        self.said += text.len();
        (!text.is_empty()).then_some(TurnEvent::Text { text, tokens: Vec::new() })
    }
}

//! Between the wire and the vocabulary. What comes from the other side is checked here, once.

use sarai_types::{
    Candidate, Conversation, DRAFT_TOKENS_MAX, Decoding, Drafts, FinishReason, Form, GRAMMAR_BYTES_MAX, Generation,
    Grammar, GrammarKind, Message, Penalties, Priority, Prompt, Role, Sampling, SamplingError, Speculation, Strictness,
    Timings, TokenText, ToolCall, ToolSpec, Usage,
};

use crate::engine::v1 as wire;

/// What a peer sent that cannot be meant.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum WireError {
    #[error("{0} is missing")]
    Missing(&'static str),
    #[error("{field} has no variant {value}")]
    Unknown { field: &'static str, value: i32 },
    #[error(transparent)]
    Sampling(#[from] SamplingError),
    #[error("{field} is out of its range: {value}")]
    Range { field: &'static str, value: u64 },
}

/// Alternatives that may be asked for with each token.
pub const LOGPROBS_MAX: u32 = 20;
/// Stop texts of one request.
pub const STOP_MAX: usize = 16;

impl From<&Generation> for wire::GenerateRequest {
    fn from(g: &Generation) -> Self {
        Self {
            prompt: Some(match &g.prompt {
                Prompt::Text(text) => wire::generate_request::Prompt::Text(text.clone()),
                Prompt::Chat(chat) => wire::generate_request::Prompt::Chat(chat.into()),
            }),
            sampling: Some(g.sampling.into()),
            max_tokens: g.max_tokens,
            stop: g.stop.clone(),
            logprobs: g.logprobs.map(u32::from),
            priority: wire::Priority::from(g.priority).into(),
            grammar: g.grammar.as_ref().map(Into::into),
            speculation: Some(g.speculation.into()),
        }
    }
}

impl From<Priority> for wire::Priority {
    fn from(priority: Priority) -> Self {
        match priority {
            Priority::Interactive => Self::Interactive,
            Priority::Task => Self::Task,
            Priority::Background => Self::Background,
        }
    }
}

/// # Errors
/// It is missing, or none that is known.
pub fn priority(value: i32) -> Result<Priority, WireError> {
    match wire::Priority::try_from(value) {
        Ok(wire::Priority::Unspecified) => Err(WireError::Missing("priority")),
        Ok(wire::Priority::Interactive) => Ok(Priority::Interactive),
        Ok(wire::Priority::Task) => Ok(Priority::Task),
        Ok(wire::Priority::Background) => Ok(Priority::Background),
        Err(_) => Err(WireError::Unknown { field: "priority", value }),
    }
}

impl TryFrom<wire::GenerateRequest> for Generation {
    type Error = WireError;

    fn try_from(r: wire::GenerateRequest) -> Result<Self, WireError> {
        let priority = priority(r.priority)?;
        if r.stop.len() > STOP_MAX || r.stop.iter().any(String::is_empty) {
            return Err(WireError::Range { field: "stop", value: r.stop.len() as u64 });
        }
        let logprobs = match r.logprobs {
            Some(n) if n > LOGPROBS_MAX => return Err(WireError::Range { field: "logprobs", value: n.into() }),
            other => other.and_then(|n| u8::try_from(n).ok()),
        };
        Ok(Self {
            prompt: match r.prompt.ok_or(WireError::Missing("prompt"))? {
                wire::generate_request::Prompt::Text(text) => Prompt::Text(text),
                wire::generate_request::Prompt::Chat(chat) => Prompt::Chat(chat.try_into()?),
            },
            sampling: Sampling::try_from(r.sampling.ok_or(WireError::Missing("sampling"))?)?,
            max_tokens: r.max_tokens,
            stop: r.stop,
            logprobs,
            priority,
            grammar: r.grammar.map(TryInto::try_into).transpose()?,
            speculation: r.speculation.ok_or(WireError::Missing("speculation"))?.try_into()?,
        })
    }
}

impl From<&Grammar> for wire::Grammar {
    fn from(g: &Grammar) -> Self {
        let kind = match g.kind {
            GrammarKind::JsonSchema => wire::GrammarKind::JsonSchema,
            GrammarKind::Gbnf => wire::GrammarKind::Gbnf,
            GrammarKind::Lark => wire::GrammarKind::Lark,
            GrammarKind::Regex => wire::GrammarKind::Regex,
        };
        Self { kind: kind.into(), source: g.source.clone() }
    }
}

impl TryFrom<wire::Grammar> for Grammar {
    type Error = WireError;

    fn try_from(g: wire::Grammar) -> Result<Self, WireError> {
        let kind = match wire::GrammarKind::try_from(g.kind) {
            Ok(wire::GrammarKind::Unspecified) => Err(WireError::Missing("grammar kind")),
            Ok(wire::GrammarKind::JsonSchema) => Ok(GrammarKind::JsonSchema),
            Ok(wire::GrammarKind::Gbnf) => Ok(GrammarKind::Gbnf),
            Ok(wire::GrammarKind::Lark) => Ok(GrammarKind::Lark),
            Ok(wire::GrammarKind::Regex) => Ok(GrammarKind::Regex),
            Err(_) => Err(WireError::Unknown { field: "grammar kind", value: g.kind }),
        }?;
        if g.source.len() > GRAMMAR_BYTES_MAX {
            return Err(WireError::Range { field: "grammar source", value: g.source.len() as u64 });
        }
        Ok(Self { kind, source: g.source })
    }
}

impl From<Speculation> for wire::Speculation {
    fn from(s: Speculation) -> Self {
        let (policy, fixed_tokens) = match s {
            Speculation::Auto => (wire::SpeculationPolicy::Auto, 0),
            Speculation::Off => (wire::SpeculationPolicy::Off, 0),
            Speculation::Acceptance => (wire::SpeculationPolicy::Acceptance, 0),
            Speculation::Fixed(k) => (wire::SpeculationPolicy::Fixed, u32::from(k)),
        };
        Self { policy: policy.into(), fixed_tokens }
    }
}

impl TryFrom<wire::Speculation> for Speculation {
    type Error = WireError;

    fn try_from(s: wire::Speculation) -> Result<Self, WireError> {
        match wire::SpeculationPolicy::try_from(s.policy) {
            Ok(wire::SpeculationPolicy::Unspecified) => Err(WireError::Missing("speculation policy")),
            Ok(wire::SpeculationPolicy::Auto) => Ok(Self::Auto),
            Ok(wire::SpeculationPolicy::Off) => Ok(Self::Off),
            Ok(wire::SpeculationPolicy::Acceptance) => Ok(Self::Acceptance),
            Ok(wire::SpeculationPolicy::Fixed) => match u8::try_from(s.fixed_tokens) {
                Ok(k) if (1..=DRAFT_TOKENS_MAX).contains(&k) => Ok(Self::Fixed(k)),
                _ => Err(WireError::Range { field: "fixed_tokens", value: s.fixed_tokens.into() }),
            },
            Err(_) => Err(WireError::Unknown { field: "speculation policy", value: s.policy }),
        }
    }
}

impl From<Sampling> for wire::Sampling {
    fn from(s: Sampling) -> Self {
        Self {
            temperature: s.temperature,
            top_k: s.top_k,
            top_p: s.top_p,
            min_p: s.min_p,
            repeat_penalty: s.penalties.repeat,
            frequency_penalty: s.penalties.frequency,
            presence_penalty: s.penalties.presence,
            penalty_last_n: s.penalties.last_n,
            seed: s.seed,
        }
    }
}

impl TryFrom<wire::Sampling> for Sampling {
    type Error = WireError;

    fn try_from(s: wire::Sampling) -> Result<Self, WireError> {
        let penalties = Penalties {
            repeat: s.repeat_penalty,
            frequency: s.frequency_penalty,
            presence: s.presence_penalty,
            last_n: s.penalty_last_n,
        };
        let sampling = Self {
            temperature: s.temperature,
            top_k: s.top_k,
            top_p: s.top_p,
            min_p: s.min_p,
            penalties,
            seed: s.seed,
        };
        Ok(sampling.checked()?)
    }
}

impl From<&Conversation> for wire::Conversation {
    fn from(c: &Conversation) -> Self {
        Self { messages: c.messages.iter().map(Into::into).collect(), tools: c.tools.iter().map(Into::into).collect() }
    }
}

impl TryFrom<wire::Conversation> for Conversation {
    type Error = WireError;

    fn try_from(c: wire::Conversation) -> Result<Self, WireError> {
        Ok(Self {
            messages: c.messages.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?,
            tools: c.tools.into_iter().map(Into::into).collect(),
        })
    }
}

impl From<&Message> for wire::Message {
    fn from(m: &Message) -> Self {
        Self {
            role: match m.role {
                Role::System => wire::Role::System,
                Role::User => wire::Role::User,
                Role::Assistant => wire::Role::Assistant,
                Role::Tool => wire::Role::Tool,
            }
            .into(),
            text: m.text.clone(),
            tool_calls: m.tool_calls.iter().map(Into::into).collect(),
            tool_call_id: m.tool_call_id.clone(),
        }
    }
}

impl TryFrom<wire::Message> for Message {
    type Error = WireError;

    fn try_from(m: wire::Message) -> Result<Self, WireError> {
        let role = match wire::Role::try_from(m.role) {
            Ok(wire::Role::Unspecified) => Err(WireError::Missing("role")),
            Ok(wire::Role::System) => Ok(Role::System),
            Ok(wire::Role::User) => Ok(Role::User),
            Ok(wire::Role::Assistant) => Ok(Role::Assistant),
            Ok(wire::Role::Tool) => Ok(Role::Tool),
            Err(_) => Err(WireError::Unknown { field: "role", value: m.role }),
        }?;
        Ok(Self {
            role,
            text: m.text,
            tool_calls: m.tool_calls.into_iter().map(Into::into).collect(),
            tool_call_id: m.tool_call_id,
        })
    }
}

impl From<&ToolCall> for wire::ToolCall {
    fn from(c: &ToolCall) -> Self {
        Self { id: c.id.clone(), name: c.name.clone(), arguments: c.arguments.clone() }
    }
}

impl From<wire::ToolCall> for ToolCall {
    fn from(c: wire::ToolCall) -> Self {
        Self { id: c.id, name: c.name, arguments: c.arguments }
    }
}

impl From<&ToolSpec> for wire::ToolSpec {
    fn from(t: &ToolSpec) -> Self {
        Self {
            name: t.name.clone(),
            description: t.description.clone(),
            parameters: t.parameters.clone(),
            strict: t.strictness == Strictness::Strict,
        }
    }
}

impl From<wire::ToolSpec> for ToolSpec {
    fn from(t: wire::ToolSpec) -> Self {
        let strictness = if t.strict { Strictness::Strict } else { Strictness::Lenient };
        Self { name: t.name, description: t.description, parameters: t.parameters, strictness }
    }
}

impl From<TokenText> for wire::TokenText {
    fn from(t: TokenText) -> Self {
        Self { chosen: Some(t.chosen.into()), top: t.top.into_iter().map(Into::into).collect() }
    }
}

impl TryFrom<wire::TokenText> for TokenText {
    type Error = WireError;

    fn try_from(t: wire::TokenText) -> Result<Self, WireError> {
        Ok(Self {
            chosen: t.chosen.ok_or(WireError::Missing("chosen"))?.into(),
            top: t.top.into_iter().map(Into::into).collect(),
        })
    }
}

impl From<Candidate> for wire::Candidate {
    fn from(c: Candidate) -> Self {
        Self { bytes: c.bytes, logprob: c.logprob }
    }
}

impl From<wire::Candidate> for Candidate {
    fn from(c: wire::Candidate) -> Self {
        Self { bytes: c.bytes, logprob: c.logprob }
    }
}

/// The end of a generation, for the wire. [`FinishReason::ToolCalls`] is found above the worker; to the worker it is
/// the model's own end.
#[must_use]
pub fn finished(reason: FinishReason, usage: Usage, timings: Timings, decoding: Decoding) -> wire::Finished {
    let drafts = |d: Drafts| wire::Drafts { drafted: d.drafted, accepted: d.accepted };
    wire::Finished {
        reason: match reason {
            FinishReason::Stop | FinishReason::ToolCalls => wire::FinishReason::Stop,
            FinishReason::Length => wire::FinishReason::Length,
        }
        .into(),
        prompt_tokens: usage.prompt_tokens,
        cached_tokens: usage.cached_tokens,
        completion_tokens: usage.completion_tokens,
        queued_ms: timings.queued_ms,
        prefill_ms: timings.prefill_ms,
        decode_ms: timings.decode_ms,
        batches: decoding.batches,
        forced_tokens: decoding.forced_tokens,
        suffix: Some(drafts(decoding.suffix)),
        model: Some(drafts(decoding.model)),
        plain_ms: decoding.plain_ms,
        form: match decoding.form {
            Form::Free => wire::Form::Free,
            Form::Complete => wire::Form::Complete,
            Form::Incomplete => wire::Form::Incomplete,
        }
        .into(),
    }
}

impl TryFrom<wire::Finished> for (FinishReason, Usage, Timings, Decoding) {
    type Error = WireError;

    fn try_from(f: wire::Finished) -> Result<Self, WireError> {
        let reason = match wire::FinishReason::try_from(f.reason) {
            Ok(wire::FinishReason::Unspecified) => Err(WireError::Missing("finish reason")),
            Ok(wire::FinishReason::Stop) => Ok(FinishReason::Stop),
            Ok(wire::FinishReason::Length) => Ok(FinishReason::Length),
            Err(_) => Err(WireError::Unknown { field: "finish reason", value: f.reason }),
        }?;
        let usage = Usage {
            prompt_tokens: f.prompt_tokens,
            cached_tokens: f.cached_tokens,
            completion_tokens: f.completion_tokens,
        };
        let timings = Timings { queued_ms: f.queued_ms, prefill_ms: f.prefill_ms, decode_ms: f.decode_ms };
        let drafts = |d: Option<wire::Drafts>| {
            d.map_or_else(Drafts::default, |d| Drafts { drafted: d.drafted, accepted: d.accepted })
        };
        let decoding = Decoding {
            batches: f.batches,
            forced_tokens: f.forced_tokens,
            suffix: drafts(f.suffix),
            model: drafts(f.model),
            plain_ms: f.plain_ms,
            form: match wire::Form::try_from(f.form) {
                Ok(wire::Form::Unspecified) => Err(WireError::Missing("form")),
                Ok(wire::Form::Free) => Ok(Form::Free),
                Ok(wire::Form::Complete) => Ok(Form::Complete),
                Ok(wire::Form::Incomplete) => Ok(Form::Incomplete),
                Err(_) => Err(WireError::Unknown { field: "form", value: f.form }),
            }?,
        };
        Ok((reason, usage, timings, decoding))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generation() -> Generation {
        let mut call = Message::new(Role::Assistant, "");
        call.tool_calls = vec![ToolCall { id: "c1".into(), name: "hora".into(), arguments: "{}".into() }];
        let mut result = Message::new(Role::Tool, "14:05");
        result.tool_call_id = Some("c1".into());
        Generation {
            prompt: Prompt::Chat(Conversation {
                messages: vec![Message::new(Role::User, "¿Qué hora es?"), call, result],
                tools: vec![ToolSpec {
                    name: "hora".into(),
                    description: "la hora".into(),
                    parameters: "{}".into(),
                    strictness: Strictness::Strict,
                }],
            }),
            sampling: Sampling { seed: Some(7), ..Sampling::default() },
            max_tokens: Some(12),
            stop: vec!["\n".into()],
            logprobs: Some(3),
            priority: Priority::Task,
            grammar: Some(Grammar { kind: GrammarKind::Gbnf, source: "root ::= \"x\"".into() }),
            speculation: Speculation::Fixed(7),
        }
    }

    #[test]
    fn a_request_survives_the_wire() {
        let wire = wire::GenerateRequest::from(&generation());
        assert_eq!(Generation::try_from(wire), Ok(generation()));
    }

    #[test]
    fn what_cannot_be_meant_is_refused() {
        let broken = |change: fn(&mut wire::GenerateRequest)| {
            let mut wire = wire::GenerateRequest::from(&generation());
            change(&mut wire);
            Generation::try_from(wire).map(|_| ())
        };
        assert_eq!(broken(|r| r.prompt = None), Err(WireError::Missing("prompt")));
        assert_eq!(broken(|r| r.priority = 9), Err(WireError::Unknown { field: "priority", value: 9 }));
        assert_eq!(broken(|r| r.logprobs = Some(21)), Err(WireError::Range { field: "logprobs", value: 21 }));
        assert_eq!(broken(|r| r.stop.push(String::new())), Err(WireError::Range { field: "stop", value: 2 }));
        assert!(matches!(
            broken(|r| r.sampling.as_mut().unwrap().temperature = 9.0),
            Err(WireError::Sampling(SamplingError { name: "temperature", .. }))
        ));
    }
}

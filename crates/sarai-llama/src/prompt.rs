//! From a conversation to tokens.

use std::sync::Arc;

use sarai_engine::template::{CHATML, ChatTemplate, LocalTime, Piece, SpecialTokens, TemplateError};
use sarai_proto::engine::v1 as wire;
use sarai_types::{Prompt, SEQUENCE_TEXT_MAX};

use crate::llama::{Control, Model};

/// How a template's refusal goes over the wire.
pub(crate) fn refusal(error: &TemplateError, context_tokens: u32) -> wire::Refused {
    let (reason, prompt_tokens) = match error {
        // Not tokenised: this many tokens it has at least, since hardly any is longer than eight bytes.
        TemplateError::TooLong { bytes } => {
            (wire::RefusalReason::TooLong, u32::try_from(bytes / 8).unwrap_or(u32::MAX).max(context_tokens))
        }
        TemplateError::Syntax(_)
        | TemplateError::ControlTokens(_)
        | TemplateError::Refused(_)
        | TemplateError::Failed(_)
        | TemplateError::Exhausted => (wire::RefusalReason::Template, 0),
    };
    wire::Refused { reason: reason.into(), prompt_tokens, context_tokens, detail: error.to_string() }
}

/// The model's vocabulary with its template.
#[derive(Debug)]
pub(crate) struct Tokenizer {
    model: Arc<Model>,
    template: ChatTemplate,
    /// The token that the model wants before every text, and how it is spelt.
    bos: Option<(u32, String)>,
}

impl Tokenizer {
    /// # Errors
    /// When the file's template is not one.
    pub(crate) fn new(model: Arc<Model>) -> Result<Self, TemplateError> {
        let (bos, bos_text) = match model.bos() {
            Some((token, text, true)) => (Some((token, text.clone())), text),
            Some((_, text, false)) => (None, text),
            None => (None, String::new()),
        };
        let special = SpecialTokens { bos: bos_text, eos: model.eos(), control: model.control_tokens() };
        let template = ChatTemplate::compile(model.chat_template().as_deref().unwrap_or(CHATML), special)?;
        Ok(Self { model, template, bos })
    }

    /// # Errors
    /// What the template says, or a text that is too long to be read.
    pub(crate) fn tokens(&self, prompt: &Prompt) -> Result<Vec<u32>, TemplateError> {
        let pieces = match prompt {
            Prompt::Text(text) if text.len() > SEQUENCE_TEXT_MAX => {
                return Err(TemplateError::TooLong { bytes: text.len() });
            }
            Prompt::Text(text) => vec![Piece::Literal(text.clone())],
            Prompt::Chat(chat) => self.template.render(chat, today())?,
        };
        let mut tokens = Vec::new();
        if let Some((token, text)) = &self.bos
            && !matches!(
                pieces.first(),
                Some(Piece::Template(first)) if !text.is_empty() && first.starts_with(text.as_str())
            )
        {
            tokens.push(*token);
        }
        for piece in pieces {
            match piece {
                Piece::Template(text) => tokens.extend(self.model.tokenize(&text, Control::Parse)),
                Piece::Literal(text) => tokens.extend(self.model.tokenize(&text, Control::Literal)),
            }
        }
        Ok(tokens)
    }
}

/// The day, for templates that state it. Not the time: it would make every prompt a new one from there on.
#[expect(clippy::disallowed_methods, reason = "the worker is a shell: it reads the clock")]
fn today() -> Option<LocalTime> {
    let now = jiff::Zoned::now();
    let part = |n: i8| u8::try_from(n).ok();
    let (month, day) = (part(now.month())?, part(now.day())?);
    Some(LocalTime { year: now.year().into(), month, day, hour: 0, minute: 0, second: 0 })
}

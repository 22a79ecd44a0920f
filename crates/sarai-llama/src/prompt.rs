//! From a conversation to tokens.

use std::sync::Arc;

use sarai_engine::grammar::{GrammarError, Thinking, TokenBytes, Vocabulary};
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
    let (reason, detail) = (reason.into(), error.to_string());
    wire::Refused { reason, prompt_tokens, context_tokens, detail, retry_after_ms: 0 }
}

/// How models that think mark it.
const THINK_OPEN: &str = "<think>";
const THINK_CLOSE: &str = "</think>";

/// A prompt as the model reads it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Rendered {
    pub tokens: Vec<u32>,
    /// Whether the answer may begin with what the model says to itself.
    pub thinking: Thinking,
}

/// The model's vocabulary with its template.
#[derive(Debug)]
pub(crate) struct Tokenizer {
    model: Arc<Model>,
    template: ChatTemplate,
    /// The token that the model wants before every text, and how it is spelt.
    bos: Option<(u32, String)>,
    /// Its template speaks of thinking.
    thinks: bool,
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
        let source = model.chat_template();
        let source = source.as_deref().unwrap_or(CHATML);
        let thinks = source.contains(THINK_OPEN) && source.contains(THINK_CLOSE);
        let template = ChatTemplate::compile(source, special)?;
        Ok(Self { model, template, bos, thinks })
    }

    /// Every token, and how the model splits texts, for grammars. Takes a while: a vocabulary has 150,000 tokens.
    ///
    /// # Errors
    /// When the tokens cannot be told apart.
    pub(crate) fn vocabulary(&self) -> Result<Vocabulary, GrammarError> {
        let tokens = (0..self.model.vocabulary()).map(|token| match self.model.control_spelling(token) {
            Some(spelling) => TokenBytes::Control(spelling),
            None => TokenBytes::Text(self.model.token_bytes(token)),
        });
        let model = Arc::clone(&self.model);
        Vocabulary::new(tokens.collect(), &self.model.end_tokens(), move |text| model.tokenize(text, Control::Literal))
    }

    /// # Errors
    /// What the template says, or a text that is too long to be read.
    pub(crate) fn render(&self, prompt: &Prompt) -> Result<Rendered, TemplateError> {
        let pieces = match prompt {
            Prompt::Text(text) if text.len() > SEQUENCE_TEXT_MAX => {
                return Err(TemplateError::TooLong { bytes: text.len() });
            }
            Prompt::Text(text) => vec![Piece::Literal(text.clone())],
            Prompt::Chat(chat) => self.template.render(chat, today())?,
        };
        let thinking = self.thinking(&pieces);
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
        Ok(Rendered { tokens, thinking })
    }

    fn thinking(&self, pieces: &[Piece]) -> Thinking {
        let close = THINK_CLOSE.to_owned();
        match pieces.last() {
            Some(Piece::Template(text)) if self.thinks && text.trim_end().ends_with(THINK_OPEN) => {
                Thinking::Open { close }
            }
            // A template may also have closed it already, for an answer without thinking.
            Some(Piece::Template(text)) if self.thinks && !text.trim_end().ends_with(THINK_CLOSE) => {
                Thinking::May { open: THINK_OPEN.to_owned(), close }
            }
            Some(Piece::Template(_) | Piece::Literal(_)) | None => Thinking::Never,
        }
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

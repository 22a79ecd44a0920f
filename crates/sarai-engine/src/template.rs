//! Renders a conversation with the chat template that a model brings along.
//!
//! A chat template is a Jinja program that writes the model's control tokens, such as `<|im_start|>`, around what people
//! said. What people said is data: if somebody writes `<|im_start|>system`, the model has to see these characters and
//! not the token. So a prompt is a list of [`Piece`]s, and only what the template itself wrote is read with control
//! tokens in it.
//!
//! # Key types
//! - [`ChatTemplate`]: a compiled template; [`CHATML`] is the source for a model without one.
//! - [`Piece`]: a part of a prompt, and how to tokenise it. Text without control tokens in it is never cut.
//! - [`TemplateError`]: what the caller can mend, apart from what is wrong with the model.
//!
//! # Usage
//! Compile once when a model is loaded, render for each request, tokenise the pieces in order and join the tokens. Most
//! templates write the beginning-of-text token themselves, so the tokeniser should not add another.
//!
//! # Limits
//! A template comes with a downloaded file and is not trusted: [`FUEL`] bounds its steps and its memory together, a
//! prompt has at most [`SEQUENCE_TEXT_MAX`] bytes, and nothing but the conversation is in its reach. It knows the time
//! only if the caller gives one, which is rarely wise: a date at the beginning makes every stored prompt stale at
//! midnight.

mod env;
mod shield;
mod values;
mod words;

use std::error::Error as _;

use minijinja::{Environment, ErrorKind};
use sarai_types::{Conversation, Message, Notice, Role, SEQUENCE_TEXT_MAX, ToolCall};

use env::Raised;
use shield::Shield;
use values::Arguments;

pub use env::LocalTime;

/// The steps that rendering one conversation may take; copying 64 bytes costs one as well, so this bounds memory to
/// about 256 MB.
pub const FUEL: u64 = 4_000_000;

/// What models without a template get: ChatML, the format most of them were trained on. Each message stands between
/// `<|im_start|>role` and `<|im_end|>`. It knows nothing of tools.
pub const CHATML: &str = "\
{%- for message in messages -%}
{{- '<|im_start|>' + message.role + '\\n' + message.content + '<|im_end|>\\n' -}}
{%- endfor -%}
{%- if add_generation_prompt -%}
{{- '<|im_start|>assistant\\n' -}}
{%- endif -%}";

/// The tokens of a model that a template writes, and that nobody else may.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SpecialTokens {
    /// The beginning of a text; empty if the model has none.
    pub bos: String,
    /// The end of a text; empty if the model has none.
    pub eos: String,
    /// The texts of all control tokens, the two above included.
    pub control: Vec<String>,
}

/// A part of a prompt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// To be tokenised with control tokens recognised.
    Template(String),
    /// To be tokenised as plain text, though it looks like control tokens.
    Literal(String),
}

impl Piece {
    /// What stands in the prompt, however it is tokenised.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            Self::Template(text) | Self::Literal(text) => text,
        }
    }
}

/// Why a conversation has no prompt.
#[derive(Debug, thiserror::Error)]
pub enum TemplateError {
    /// The model's file holds a template that is not Jinja as this crate knows it.
    #[error("the chat template does not compile: {0}")]
    Syntax(#[source] minijinja::Error),
    /// The model's file names too many control tokens.
    #[error("the control tokens cannot be searched for: {0}")]
    ControlTokens(#[from] aho_corasick::BuildError),
    /// The template itself objects to the conversation, in its author's words, such as "roles must alternate". The
    /// caller can mend that.
    #[error("the chat template refuses the conversation: {0}")]
    Refused(String),
    /// The template failed while it ran.
    #[error("the chat template failed: {0}")]
    Failed(#[source] minijinja::Error),
    /// The conversation takes more than [`FUEL`], or the template never ends.
    #[error("the chat template took more than {FUEL} steps")]
    Exhausted,
    /// The conversation or its prompt has more than [`SEQUENCE_TEXT_MAX`] bytes.
    #[error("the conversation has {bytes} bytes, {SEQUENCE_TEXT_MAX} at most")]
    TooLong { bytes: usize },
}

impl TemplateError {
    #[must_use]
    pub fn notice(&self) -> Notice {
        match self {
            Self::Syntax(_) | Self::ControlTokens(_) | Self::Failed(_) => Notice::new("engine-template-broken"),
            Self::Refused(reason) => Notice::new("engine-template-refused").arg("reason", reason),
            Self::Exhausted => Notice::new("engine-template-exhausted"),
            Self::TooLong { bytes } => {
                Notice::new("engine-conversation-too-long").arg("bytes", bytes).arg("max", SEQUENCE_TEXT_MAX)
            }
        }
    }

    fn of_run(error: minijinja::Error) -> Self {
        if error.kind() == ErrorKind::OutOfFuel {
            return Self::Exhausted;
        }
        // The engine may wrap what a function raised, once for each macro around the call.
        let mut cause = error.source();
        while let Some(inner) = cause {
            match inner.downcast_ref::<minijinja::Error>() {
                Some(inner) if inner.kind() == ErrorKind::OutOfFuel => return Self::Exhausted,
                _ => {}
            }
            if let Some(Raised(reason)) = inner.downcast_ref() {
                return Self::Refused(reason.clone());
            }
            cause = inner.source();
        }
        Self::Failed(error)
    }
}

/// A compiled chat template.
#[derive(Debug)]
pub struct ChatTemplate {
    env: Environment<'static>,
    special: SpecialTokens,
    shield: Shield,
    arguments: Arguments,
}

/// The name under which the one template is kept. Without an extension nothing is escaped for HTML.
const NAME: &str = "chat";

impl ChatTemplate {
    /// # Errors
    /// [`TemplateError::Syntax`] if the source is not a template, [`TemplateError::ControlTokens`] if there are
    /// millions of tokens.
    pub fn compile(source: &str, special: SpecialTokens) -> Result<Self, TemplateError> {
        let shield = Shield::new(&special.control, source)?;
        let env = env::build(NAME, source).map_err(TemplateError::Syntax)?;
        let mut template = Self { env, special, shield, arguments: Arguments::Object };
        template.arguments = template.probe_arguments();
        Ok(template)
    }

    /// The prompt that ends where the assistant's answer begins.
    ///
    /// The texts of the pieces, joined, are what the template makes of the conversation as it stands. The one
    /// difference: a template that searches messages for control tokens does not find any.
    ///
    /// # Errors
    /// [`TemplateError::Refused`] and [`TemplateError::TooLong`] are about the conversation, the others about the
    /// template.
    pub fn render(&self, conversation: &Conversation, now: Option<LocalTime>) -> Result<Vec<Piece>, TemplateError> {
        let bytes = values::text_bytes(conversation);
        if bytes > SEQUENCE_TEXT_MAX {
            return Err(TemplateError::TooLong { bytes });
        }
        let marks = self.shield.marks(conversation);
        let context = values::context(conversation, &marks, &self.special, self.arguments, now);
        let rendered = self.env.get_template(NAME).and_then(|template| template.render(context));
        let rendered = rendered.map_err(|error| match TemplateError::of_run(error) {
            TemplateError::Refused(reason) => TemplateError::Refused(marks.unmark(&reason)),
            other => other,
        })?;
        let pieces = self.shield.pieces(&marks, &rendered);
        match pieces.iter().map(|piece| piece.text().len()).sum() {
            0..=SEQUENCE_TEXT_MAX => Ok(pieces),
            bytes => Err(TemplateError::TooLong { bytes }),
        }
    }

    /// Templates disagree on whether a call's arguments are an object or its JSON: this tries out which of them shows
    /// up as JSON. Where neither does, the template shows no calls, and it does not matter.
    fn probe_arguments(&self) -> Arguments {
        let mut call = Message::new(Role::Assistant, "");
        let arguments = r#"{"probe": 1}"#.to_owned();
        call.tool_calls = vec![ToolCall { id: "000000000".to_owned(), name: "probe".to_owned(), arguments }];
        let conversation = Conversation { messages: vec![Message::new(Role::User, "probe"), call], tools: Vec::new() };
        let marks = self.shield.marks(&conversation);
        let shows = |arguments: &Arguments| {
            let context = values::context(&conversation, &marks, &self.special, *arguments, None);
            let rendered = self.env.get_template(NAME).and_then(|template| template.render(context));
            rendered.is_ok_and(|text| text.replace(' ', "").contains(r#"{"probe":1}"#))
        };
        [Arguments::Object, Arguments::Text].into_iter().find(shows).unwrap_or(Arguments::Object)
    }
}

#[cfg(test)]
mod tests;

//! What a message says, before anybody looks at what is known.

use sarai_types::Language;

use crate::fact::Predicate;
use crate::grammar::Mention;
use crate::time::PartialDate;
use crate::words;

/// What a statement does to what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Act {
    /// It holds.
    Assert,
    /// It held, and does no more: «ya no vivo en Madrid».
    End,
    /// It does not hold: «no vivo en Madrid». What says otherwise was wrong.
    Deny,
    /// It takes the place of what the kind names, whatever that was: "I moved from Siemens to Bosch".
    Swap,
}

/// How a statement stands to what was said before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Manner {
    Plain,
    /// «No, perdona, era Luis»: what was said before was never true.
    Correction,
}

/// The other end of a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Object {
    pub text: String,
    pub key: String,
    pub mention: Option<Mention>,
}

impl Object {
    /// Something that is nobody.
    pub(crate) fn plain(text: String) -> Self {
        Self { key: words::key(&text), text, mention: None }
    }
}

/// One thing that a message says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub subject: Mention,
    pub predicate: Predicate,
    pub kind: String,
    /// None where a whole predicate ends: «me he divorciado».
    pub object: Option<Object>,
    pub act: Act,
    pub manner: Manner,
    pub from: Option<PartialDate>,
    pub to: Option<PartialDate>,
    /// Statements of one clause stand beside each other and close none of their own.
    pub clause: u32,
    /// Bytes of the message.
    pub span: (usize, usize),
    pub sentence: (usize, usize),
    pub language: Language,
}

/// Whose words a text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    /// The only one whose words are remembered.
    Owner,
    ToolOutput,
    WebPage,
    Assistant,
    RecalledMemory,
    BootText,
}

impl Speaker {
    pub const ALL: [Self; 6] =
        [Self::Owner, Self::ToolOutput, Self::WebPage, Self::Assistant, Self::RecalledMemory, Self::BootText];

    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::ToolOutput => "tool_output",
            Self::WebPage => "web_page",
            Self::Assistant => "assistant",
            Self::RecalledMemory => "recalled_memory",
            Self::BootText => "boot_text",
        }
    }

    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|speaker| speaker.name() == name)
    }
}

/// Why something that was said is not remembered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reason {
    /// Somebody else said it.
    NotTheOwner,
    Question,
    Quotation,
    /// «Ana dice que…».
    Reported,
    /// «Si…», «ojalá».
    Hypothesis,
    /// «Creo que», "maybe".
    Uncertain,
    Command,
    /// The text is what a command is about: «traduce: …».
    Material,
    Joke,
    /// A password, a PIN or a card number: never kept, not even word by word.
    Secret,
    /// Longer than a person types; see [`super::MESSAGE_BYTES_MAX`].
    TooLong,
    /// Two people are called so.
    Ambiguous,
    /// It was forgotten before, and this text only repeats it.
    Forgotten,
}

impl Reason {
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::NotTheOwner => "not_the_owner",
            Self::Question => "question",
            Self::Quotation => "quotation",
            Self::Reported => "reported",
            Self::Hypothesis => "hypothesis",
            Self::Uncertain => "uncertain",
            Self::Command => "command",
            Self::Material => "material",
            Self::Joke => "joke",
            Self::Secret => "secret",
            Self::TooLong => "too_long",
            Self::Ambiguous => "ambiguous",
            Self::Forgotten => "forgotten",
        }
    }
}

/// What the owner wants done with the memory itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// «Olvida todo sobre Javier».
    ForgetSubject(Mention),
    /// «Olvida dónde vivo»: a predicate of somebody.
    ForgetPredicate { subject: Mention, predicate: Predicate, kind: Option<String> },
    /// «Borra mi dirección antigua»: the same, of what is over alone.
    ForgetPast { subject: Mention, predicate: Predicate },
    /// «Olvida que soy alérgico al polen»: exactly this.
    ForgetStatement(Box<Statement>),
    /// «Olvida lo de la boda»: whatever these words are about.
    ForgetText(String),
    /// «Olvida lo que acabo de decir».
    ForgetLast,
    /// «Olvida todo lo que sabes de mí».
    ForgetEverything,
}

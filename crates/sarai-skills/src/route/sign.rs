//! What else than its words speaks for a skill.

/// Something about a request that is seen without knowing its language. A manifest names those that speak for its
/// skill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Sign {
    /// A database that the owner registered, or one of its tables or columns, is named.
    Databases,
    /// The answer is to be JSON by a schema.
    Schema,
    /// There is a block of code.
    Code,
    /// There is something to calculate: `17 * 23`, `2^10`.
    Formula,
    /// There is a longer text to work on, of several lines or between quotation marks.
    Passage,
}

impl Sign {
    pub(crate) const WORDS: &[&str] = &["databases", "schema", "code", "formula", "passage"];

    pub(crate) fn from_word(word: &str) -> Option<Self> {
        match word {
            "databases" => Some(Self::Databases),
            "schema" => Some(Self::Schema),
            "code" => Some(Self::Code),
            "formula" => Some(Self::Formula),
            "passage" => Some(Self::Passage),
            _ => None,
        }
    }
}

//! What else than its words speaks for a skill.

use std::collections::BTreeMap;

use sarai_types::Language;

use super::lexicon::Lexicon;
use super::text::{Token, tokens};

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

    /// The word of the manifest.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Databases => "databases",
            Self::Schema => "schema",
            Self::Code => "code",
            Self::Formula => "formula",
            Self::Passage => "passage",
        }
    }
}

/// The names in a database that the owner registered.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Database {
    pub name: String,
    /// Tables with their columns.
    pub tables: Vec<(String, Vec<String>)>,
}

/// Names that are looked at, of all databases together.
const NAMES_MAX: usize = 4096;
/// Shorter words are `id`s and abbreviations, which every text has.
const NAME_CHARS_MIN: usize = 3;
/// What the name of a database or a table says, and of a column.
const TABLE: f64 = 1.0;
const COLUMN: f64 = 0.5;
/// What is left of that for a word that everyday talk has too.
const EVERYDAY_SHARE: f64 = 0.7;

/// The words of all names, by language.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Databases {
    spanish: BTreeMap<String, f64>,
    english: BTreeMap<String, f64>,
}

impl Databases {
    pub(super) fn new(databases: &[Database], lexicons: &[Lexicon; 2]) -> Self {
        let mut all = Self::default();
        for lexicon in lexicons {
            let words = match lexicon.language {
                Language::Spanish => &mut all.spanish,
                Language::English => &mut all.english,
            };
            let everyday = lexicon.everyday_words();
            for (name, weight) in names(databases).take(NAMES_MAX) {
                for Token { stem, .. } in tokens(&apart(name), lexicon.language) {
                    let is_short = stem.chars().count() < NAME_CHARS_MIN;
                    if is_short || stem.starts_with('#') || lexicon.is_function(&stem) {
                        continue;
                    }
                    let weight = if everyday.contains(stem.as_str()) { EVERYDAY_SHARE * weight } else { weight };
                    let known = words.entry(stem).or_default();
                    *known = weight.max(*known);
                }
            }
        }
        all
    }

    /// The names in a request, with what each says; the weightiest first.
    pub(super) fn named(&self, tokens: &[Token], language: Language) -> Vec<(f64, String)> {
        let words = match language {
            Language::Spanish => &self.spanish,
            Language::English => &self.english,
        };
        let mut found: BTreeMap<&str, (f64, String)> = BTreeMap::new();
        for token in tokens {
            if let Some(weight) = words.get(&token.stem) {
                found.entry(&token.stem).or_insert_with(|| (*weight, token.word.clone()));
            }
        }
        let mut found: Vec<(f64, String)> = found.into_values().collect();
        found.sort_by(|a, b| b.0.total_cmp(&a.0));
        found
    }
}

fn names(databases: &[Database]) -> impl Iterator<Item = (&str, f64)> {
    databases.iter().flat_map(|database| {
        let tables = database.tables.iter().flat_map(|(table, columns)| {
            let columns = columns.iter().map(|column| (column.as_str(), COLUMN));
            std::iter::once((table.as_str(), TABLE)).chain(columns)
        });
        std::iter::once((database.name.as_str(), TABLE)).chain(tables)
    })
}

/// `order_items` and `orderItems` as words.
fn apart(name: &str) -> String {
    let mut out = String::new();
    let mut before = ' ';
    for c in name.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            out.push(' ');
        }
        out.push(if c.is_alphanumeric() { c } else { ' ' });
        before = c;
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_words() {
        for word in Sign::WORDS {
            assert_eq!(Sign::from_word(word).map(Sign::as_str), Some(*word));
        }
        assert_eq!(Sign::from_word("tables"), None);
    }

    #[test]
    fn names_are_known_by_their_words() {
        let lexicons = Language::ALL.map(Lexicon::new);
        let columns = ["id", "order_date", "UnitPrice"].map(str::to_owned).to_vec();
        let shop = Database { name: "tienda".to_owned(), tables: vec![("orderItems".to_owned(), columns)] };
        let all = Databases::new(&[shop], &lexicons);
        let named = |text, language| {
            all.named(&tokens(text, language), language).into_iter().map(|(_, word)| word).collect::<Vec<_>>()
        };
        assert_eq!(named("the price of each item, and its id", Language::English), ["item", "price"]);
        assert_eq!(named("las tiendas", Language::Spanish), ["tiendas"]);
        assert_eq!(named("nothing here", Language::English), [""; 0]);
    }
}

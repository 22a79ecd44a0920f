//! Questions about what there is to ask: «¿qué tablas hay?». The schema answers them, and no model has to guess.
//!
//! A question counts as one only if every word of it is one that such questions are made of, or the name of a database or
//! a table; so «¿qué tablas de multiplicar sabes?» is none, and neither is one that wants the rows of a table.

use std::collections::HashSet;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::choose::name_words;
use crate::fold::stems;
use crate::schema::Schema;
use crate::sentences::ByLanguage;

/// What a question wants to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum About {
    /// Which databases there are, with their tables.
    Tables,
    /// Which columns these tables have; none of them named: all.
    Columns(Vec<String>),
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Words {
    things: Vec<String>,
    parts: Vec<String>,
    asks: Vec<String>,
}

/// The words of both languages together, by their stems: who asks in one may ask about names of the other.
#[derive(Debug)]
struct Stems {
    things: HashSet<String>,
    parts: HashSet<String>,
    asks: HashSet<String>,
}

static STEMS: LazyLock<Stems> = LazyLock::new(|| {
    // It is part of the program, and the tests have read it.
    let words: ByLanguage<Words> =
        ByLanguage::parse(include_str!("../structure.toml")).unwrap_or_else(|error| unreachable!("{error}"));
    // The plural of a word may have another stem than the word, «tables» for one.
    let forms = |word: &String| stems(&format!("{word} {word}s"));
    let both = |list: fn(&Words) -> &Vec<String>| words.both().into_iter().flat_map(list).flat_map(forms).collect();
    Stems { things: both(|w| &w.things), parts: both(|w| &w.parts), asks: both(|w| &w.asks) }
});

/// Whether a question can be one at all: only then is it worth to open every database for it.
#[must_use]
pub fn mentions_structure(question: &str) -> bool {
    let Stems { things, parts, .. } = &*STEMS;
    stems(question).iter().any(|word| things.contains(word) || parts.contains(word))
}

/// What of the structure a question is about, over databases by their names. None if it is about what is in them.
#[must_use]
pub fn about(question: &str, databases: &[(String, Schema)]) -> Option<About> {
    let Stems { things, parts, asks } = &*STEMS;
    let words = stems(question);
    let has = |known: &HashSet<String>| words.iter().any(|word| known.contains(word));
    if !mentions_structure(question) {
        return None;
    }
    let tables = || databases.iter().flat_map(|(_, schema)| &schema.tables);
    let named: Vec<String> = tables()
        .filter(|table| {
            let mut own = name_words(&table.name).peekable();
            own.peek().is_some() && own.all(|word| words.contains(&word))
        })
        .map(|table| table.name.clone())
        .collect();
    let of_tables: HashSet<String> = named.iter().flat_map(|name| name_words(name)).collect();
    // A table may be called like one of the words; then nobody knows what is meant.
    if of_tables.iter().any(|word| things.contains(word) || parts.contains(word)) {
        return None;
    }
    let of_databases: HashSet<String> = databases.iter().flat_map(|(name, _)| name_words(name)).collect();
    let known = [things, parts, asks, &of_tables, &of_databases];
    let is_known = |word: &String| known.iter().any(|known| known.contains(word));
    if !words.iter().all(is_known) {
        return None;
    }
    match (has(parts), named.is_empty()) {
        (true, _) => Some(About::Columns(named)),
        (false, true) => Some(About::Tables),
        // «La tabla gastos»: its rows.
        (false, false) => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::Table;

    fn databases() -> Vec<(String, Schema)> {
        let table = |name: &str| Table { name: name.to_owned(), columns: Vec::new() };
        let schema =
            |names: &[&str]| Schema { tables: names.iter().map(|name| table(name)).collect(), links: Vec::new() };
        vec![
            ("casa".to_owned(), schema(&["gastos", "libros"])),
            ("club-2026".to_owned(), schema(&["meter_readings", "campos"])),
        ]
    }

    #[test]
    fn questions_about_what_there_is() {
        let columns = |names: &[&str]| Some(About::Columns(names.iter().map(ToString::to_string).collect()));
        for (question, expect) in [
            ("¿Qué tablas hay?", Some(About::Tables)),
            ("¿qué tablas tengo en casa?", Some(About::Tables)),
            ("Enséñame las bases de datos que puedes consultar, por favor", Some(About::Tables)),
            ("which tables are there?", Some(About::Tables)),
            ("What databases do you have?", Some(About::Tables)),
            ("List all the tables of the club database", Some(About::Tables)),
            ("¿Qué columnas tiene la tabla gastos?", columns(&["gastos"])),
            ("Show me the schema", columns(&[])),
            ("What are the columns of meter readings?", columns(&["meter_readings"])),
            // The rows are wanted, or something else.
            ("Enséñame la tabla gastos", None),
            ("¿Qué gastos hay?", None),
            ("¿Cuántos libros hay en la base de datos?", None),
            ("¿Qué tablas de multiplicar hay?", None),
            ("¿Qué datos hay de marzo?", None),
            ("Which tables are free tonight?", None),
            // Somebody has called a table like a part of one.
            ("¿Qué campos hay?", None),
            ("", None),
        ] {
            assert_eq!(about(question, &databases()), expect, "{question}");
        }
    }
}

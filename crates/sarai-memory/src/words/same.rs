//! Words for one thing in both languages, from `same.txt`, and what a word may agree with another by.

use std::collections::HashMap;
use std::sync::LazyLock;

use sarai_types::Language;

use super::in_words;
use crate::text::{Token, fold};

/// So many words may stand inside an expression that a verb opens: "let me go", "took it over".
const WITHIN_MAX: usize = 2;

#[derive(Default)]
struct Rows {
    rows: Vec<Vec<&'static str>>,
    /// In which of them a folded word stands.
    words: HashMap<String, Vec<usize>>,
    /// By their first word, the expressions of several and the row of each.
    expressions: HashMap<String, Vec<(Vec<String>, usize)>>,
}

static ROWS: LazyLock<Rows> = LazyLock::new(|| {
    let mut table = Rows::default();
    for line in include_str!("same.txt").lines().filter(|line| !line.starts_with('#')) {
        let Some((spanish, english)) = line.split_once('|') else { continue };
        let row: Vec<&'static str> = english.split(',').chain(spanish.split(',')).collect();
        for entry in &row {
            let words: Vec<String> = fold(&in_words(entry)).split(' ').map(stem).collect();
            match &words[..] {
                [word] => {
                    // «Me jubilé» is a form of «jubilar».
                    let plain = word.strip_suffix("se").filter(|verb| verb.ends_with('r')).map(str::to_owned);
                    for word in plain.into_iter().chain([word.clone()]) {
                        table.words.entry(word).or_default().push(table.rows.len());
                    }
                }
                [first, ..] => {
                    table.expressions.entry(first.clone()).or_default().push((words.clone(), table.rows.len()));
                }
                [] => {}
            }
        }
        table.rows.push(row);
    }
    table
});

/// Without an ending that only tells number.
fn stem(word: &str) -> String {
    if word.len() > 4 { word.strip_suffix('s').unwrap_or(word) } else { word }.to_owned()
}

/// A word as it may stand in an expression: as it is spelt, without its ending, and as infinitives.
fn spellings(language: Language, token: &Token) -> Vec<String> {
    let lemmas = super::forms(language, &token.lower, &token.fold).iter().map(|form| fold(form.lemma));
    let mut out: Vec<String> = lemmas.collect();
    out.push(stem(&token.fold));
    out
}

/// The expression of several words that begins here: its row, and where its words stand.
pub(crate) fn expression(
    language: Language,
    tokens: &[Token],
    at: usize,
) -> Option<(&'static [&'static str], Vec<usize>)> {
    let first = spellings(language, tokens.get(at)?);
    let known = first.iter().filter_map(|word| ROWS.expressions.get(word)).flatten();
    let whole = known.filter_map(|(words, row)| Some((row, places_of(words, language, tokens, at)?)));
    let (row, places) = whole.max_by_key(|(_, places)| places.len())?;
    Some((&ROWS.rows[*row], places))
}

/// By what the words of a row agree with each other.
pub(crate) fn face(row: &[&str]) -> String {
    format!("={}", row.first().unwrap_or(&""))
}

/// Where the words of an expression stand, if all do.
fn places_of(words: &[String], language: Language, tokens: &[Token], first: usize) -> Option<Vec<usize>> {
    let mut places = vec![first];
    let within = if super::forms(language, &words[0], &words[0]).is_empty() { 0 } else { WITHIN_MAX };
    for word in &words[1..] {
        let last = *places.last()?;
        let next = (last + 1..tokens.len().min(last + 2 + within))
            .take_while(|&at| !tokens[at].is_mark())
            .find(|&at| spellings(language, &tokens[at]).contains(word))?;
        places.push(next);
    }
    Some(places)
}

/// What a folded word is called, whatever the language.
fn concepts(word: &str) -> impl Iterator<Item = &'static str> {
    let found = ROWS.words.get(&stem(word)).map_or(&[][..], Vec::as_slice);
    found.iter().filter_map(|row| ROWS.rows.get(*row)?.first().copied())
}

/// Every word for the same, of both languages, folded.
pub(crate) fn others(word: &str) -> impl Iterator<Item = String> {
    let found = ROWS.words.get(&stem(word)).map_or(&[][..], Vec::as_slice);
    found.iter().filter_map(|row| ROWS.rows.get(*row)).flatten().map(|word| fold(word))
}

/// Whatever a word may agree with another by: its stem, its infinitives, and what the tables call it.
pub(crate) fn faces(language: Language, token: &Token) -> Vec<String> {
    let mut words = vec![token.fold.clone()];
    words.extend(super::forms(language, &token.lower, &token.fold).iter().map(|form| fold(form.lemma)));
    let mut out: Vec<String> = Vec::new();
    for word in &words {
        out.push(stem(word));
        out.extend(concepts(word).map(|name| face(&[name])));
        out.extend(super::senses(Some(language), word).map(|sense| format!("{:?}:{}", sense.class, sense.id)));
    }
    out.sort();
    out.dedup();
    out
}

/// The name of a word in the label of a note: the same for words that say the same.
pub(crate) fn label(word: &str) -> String {
    concepts(word).next().map_or_else(|| stem(word), str::to_owned)
}

/// Whether two words stand in one row.
pub(crate) fn share(a: &str, b: &str) -> bool {
    concepts(a).any(|one| concepts(b).any(|other| one == other))
}

/// Every word of the rows that are called so, folded.
pub(crate) fn row(name: &str) -> impl Iterator<Item = String> {
    ROWS.rows.iter().filter(move |row| row.first() == Some(&name)).flatten().map(|word| fold(word))
}

/// The words of both languages that share a face which is no word itself; none for a plain word.
pub(crate) fn behind(face: &str) -> Option<Vec<String>> {
    if let Some(name) = face.strip_prefix('=') {
        return Some(row(name).collect());
    }
    face.split_once(':').map(|(_, id)| super::labels(id).map(str::to_owned).collect())
}

/// Whether a folded word stands in a row.
pub(crate) fn is_known(word: &str) -> bool {
    concepts(word).next().is_some()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::tokens;

    #[test]
    fn expressions_of_several_words_are_found_in_any_form() {
        for (language, text, row, places) in [
            (Language::English, "gave up smoking", "quit smoking", &[0, 1, 2][..]),
            (Language::English, "they let me go", "fire", &[1, 3]),
            (Language::English, "my number plate", "plate", &[1, 2]),
            (Language::Spanish, "dejé de trabajar", "retire", &[0, 1, 2]),
        ] {
            let said = tokens(text, 50);
            let found = expression(language, &said, places[0]);
            let found = found.map(|(words, places)| (words[0], places));
            assert_eq!(found, Some((row, places.to_vec())), "{text}");
        }
        // Nothing stands between two nouns.
        assert_eq!(expression(Language::English, &tokens("number of the plate", 9), 0), None);
    }

    #[test]
    fn the_table_is_whole() {
        for line in include_str!("same.txt").lines().filter(|line| !line.starts_with('#')) {
            let sides: Vec<&str> = line.split('|').collect();
            assert!(sides.len() == 2 && !sides.iter().any(|side| side.is_empty()), "{line}");
        }
    }
}

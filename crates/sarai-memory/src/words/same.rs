//! Words for one thing in both languages, from `same.txt`, and what a word may agree with another by.

use std::collections::HashMap;
use std::sync::LazyLock;

use sarai_types::Language;

use crate::text::{Token, fold};

type Rows = (Vec<Vec<&'static str>>, HashMap<String, Vec<usize>>);

/// The rows, and in which of them a folded word stands.
static ROWS: LazyLock<Rows> = LazyLock::new(|| {
    let mut rows: Vec<Vec<&'static str>> = Vec::new();
    let mut places: HashMap<String, Vec<usize>> = HashMap::new();
    for line in include_str!("same.txt").lines().filter(|line| !line.starts_with('#')) {
        let Some((spanish, english)) = line.split_once('|') else { continue };
        let row: Vec<&'static str> = english.split(',').chain(spanish.split(',')).collect();
        for word in &row {
            places.entry(stem(&fold(word))).or_default().push(rows.len());
        }
        rows.push(row);
    }
    (rows, places)
});

/// Without an ending that only tells number.
fn stem(word: &str) -> String {
    if word.len() > 4 { word.strip_suffix('s').unwrap_or(word) } else { word }.to_owned()
}

/// What a folded word is called, whatever the language.
fn concepts(word: &str) -> impl Iterator<Item = &'static str> {
    let found = ROWS.1.get(&stem(word)).map_or(&[][..], Vec::as_slice);
    found.iter().filter_map(|row| ROWS.0.get(*row)?.first().copied())
}

/// Every word for the same, of both languages, folded.
pub(crate) fn others(word: &str) -> impl Iterator<Item = String> {
    let found = ROWS.1.get(&stem(word)).map_or(&[][..], Vec::as_slice);
    found.iter().filter_map(|row| ROWS.0.get(*row)).flatten().map(|word| fold(word))
}

/// Whatever a word may agree with another by: its stem, its infinitives, and what the tables call it.
pub(crate) fn faces(language: Language, token: &Token) -> Vec<String> {
    let mut words = vec![token.fold.clone()];
    words.extend(super::forms(language, &token.lower, &token.fold).iter().map(|form| fold(form.lemma)));
    let mut out: Vec<String> = Vec::new();
    for word in &words {
        out.push(stem(word));
        out.extend(concepts(word).map(|name| format!("={name}")));
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
    ROWS.0.iter().filter(move |row| row.first() == Some(&name)).flatten().map(|word| fold(word))
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

//! Kinds of things and what is of each, from `kinds.txt`: to a question for an instrument a flute is an answer.

use std::collections::HashMap;
use std::sync::LazyLock;

use sarai_types::Language;

use super::lists::FUNCTION;
use super::{forms, genders, plural, rows, same, senses};
use crate::text::{Token, fold};

/// Words of the longest expression in the table.
const EXPRESSION_MAX: usize = 4;

/// Kinds of which the table has nearly all that people name: what is none of them is of another.
const KNOWN: &[&str] = &[
    "sport",
    "language",
    "instrument",
    "medicine",
    "antibiotic",
    "painkiller",
    "fruit",
    "vegetable",
    "meat",
    "fish",
    "shellfish",
    "nut",
    "herb",
    "drink",
    "food",
    "pet",
    "music",
    "hobby",
];

type Ids = Vec<&'static str>;

#[derive(Default)]
struct Table {
    /// What names a kind, folded, by language.
    names: [HashMap<String, Ids>; 2],
    /// What is of one.
    members: [HashMap<String, Ids>; 2],
    /// The same by names, which both languages share.
    brands: HashMap<String, Ids>,
    /// The words of both languages for what is of a kind.
    words: HashMap<&'static str, Vec<&'static str>>,
}

static TABLE: LazyLock<Table> = LazyLock::new(|| {
    let mut table = Table::default();
    for row in rows(include_str!("kinds.txt"), '|') {
        let [id, spanish_names, english_names, spanish, english, both] = row[..] else { continue };
        for (language, names, members) in
            [(Language::Spanish, spanish_names, spanish), (Language::English, english_names, english)]
        {
            spell(&mut table.names[index(language)], language, names, id);
            spell(&mut table.members[index(language)], language, members, id);
        }
        spell(&mut table.brands, Language::English, both, id);
        let all = [spanish, english, both].into_iter().flat_map(|list| list.split(','));
        table.words.entry(id).or_default().extend(all.filter(|word| !word.is_empty()));
    }
    table
});

const fn index(language: Language) -> usize {
    matches!(language, Language::English) as usize
}

fn spell(map: &mut HashMap<String, Ids>, language: Language, list: &'static str, id: &'static str) {
    for entry in list.split(',').filter(|entry| !entry.is_empty()) {
        for form in genders(entry) {
            for spelling in [fold(&form), fold(&plural(language, &form))] {
                let ids = map.entry(spelling).or_default();
                if !ids.contains(&id) {
                    ids.push(id);
                }
            }
        }
    }
}

/// The kinds that the longest expression at this place stands for, and one past its end.
fn longest(
    language: Language,
    tokens: &[Token],
    at: usize,
    find: &dyn Fn(&str, &Token) -> Option<&'static [&'static str]>,
) -> Option<(&'static [&'static str], usize)> {
    let mut best = None;
    let mut expression = String::new();
    for (end, token) in tokens.iter().enumerate().skip(at).take(EXPRESSION_MAX) {
        if token.is_mark() {
            break;
        }
        if end > at {
            expression.push(' ');
        }
        expression.push_str(&token.fold);
        let lemma = || {
            let verbs = if end == at { forms(language, &token.lower, &token.fold) } else { &[] };
            verbs.iter().find_map(|form| find(&fold(form.lemma), token))
        };
        best = find(&expression, token).or_else(lemma).map(|ids| (ids, end + 1)).or(best);
    }
    best
}

/// The kinds that are named here: "body part", «instrumento».
pub(crate) fn named(language: Language, tokens: &[Token], at: usize) -> Option<(&'static [&'static str], usize)> {
    longest(language, tokens, at, &|words, _| TABLE.names[index(language)].get(words).map(Vec::as_slice))
}

/// The kinds of what stands here: an elbow, a flute, a Honda. What is a word as well is a name only with its capital.
pub(crate) fn of(language: Language, tokens: &[Token], at: usize) -> Option<(&'static [&'static str], usize)> {
    let is_word = |words: &str, token: &Token| {
        FUNCTION.contains(&words)
            || same::is_known(words)
            || senses(None, words).next().is_some()
            || !forms(language, &token.lower, words).is_empty()
    };
    longest(language, tokens, at, &|words, token| {
        let member = TABLE.members[index(language)].get(words);
        let brand = || TABLE.brands.get(words).filter(|_| token.capital || !is_word(words, token));
        let found = if at > 0 && token.capital { brand().or(member) } else { member.or_else(brand) };
        found.map(Vec::as_slice)
    })
}

/// The words of both languages for what is of a kind.
pub(crate) fn members(id: &str) -> &'static [&'static str] {
    TABLE.words.get(id).map_or(&[], Vec::as_slice)
}

/// Whether nearly all that people name of a kind stands in the table.
pub(crate) fn is_known(id: &str) -> bool {
    KNOWN.contains(&id)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::tokens;

    #[test]
    fn what_stands_somewhere_is_of_its_kinds() {
        let kinds = |language, text| -> Vec<&str> {
            let said = tokens(text, 50);
            let found = (0..said.len()).filter_map(|at| of(language, &said, at));
            found.flat_map(|(kinds, _)| kinds).copied().collect()
        };
        for (language, text, kind, is) in [
            (Language::Spanish, "no puedo comer piña", "fruit", true),
            (Language::Spanish, "me sientan mal las fresas", "fruit", true),
            (Language::English, "I can't eat pineapple", "fruit", true),
            (Language::English, "I play the uilleann pipes", "instrument", true),
            (Language::English, "she swims on Mondays", "sport", true),
            (Language::English, "my knee hurts", "bodypart", true),
            (Language::Spanish, "tengo netflix", "streaming", true),
            // A name that is a word as well is one only with its capital.
            (Language::Spanish, "llevo un Seat Toledo", "carmake", true),
            (Language::Spanish, "vivo en toledo", "carmake", false),
            (Language::English, "I play the violin", "fruit", false),
        ] {
            assert_eq!(kinds(language, text).contains(&kind), is, "{text}: {:?}", kinds(language, text));
        }
    }

    #[test]
    fn kinds_are_named() {
        for (language, text, kind) in [
            (Language::Spanish, "instrumento", "instrument"),
            (Language::Spanish, "frutas", "fruit"),
            (Language::English, "part of my body", "bodypart"),
            (Language::English, "martial arts", "martialart"),
        ] {
            let said = tokens(text, 50);
            let found = named(language, &said, 0);
            assert!(found.is_some_and(|(kinds, end)| kinds.contains(&kind) && end == said.len()), "{text}: {found:?}");
        }
        assert_eq!(named(Language::English, &tokens("whatever", 5), 0), None);
    }

    #[test]
    fn the_table_is_whole() {
        let mut seen = std::collections::HashSet::new();
        for row in rows(include_str!("kinds.txt"), '|') {
            assert_eq!(row.len(), 6, "{row:?}");
            assert!(seen.insert(row[0]), "twice: {}", row[0]);
            assert!(!row[1].is_empty() && !row[2].is_empty(), "nothing names it: {}", row[0]);
            assert!(!(row[3].is_empty() && row[5].is_empty()), "nothing is of it: {}", row[0]);
        }
    }
}

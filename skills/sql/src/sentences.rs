//! What the person reads, in both languages, from `sentences.toml`.
//!
//! Each sentence is a field, so that one that is missing in a language is an error when the file is read, which the tests
//! do, and one that nobody says is an unused field.

use std::sync::LazyLock;

use sarai_types::Language;
use serde::Deserialize;
use serde::de::DeserializeOwned;

/// The same in both languages.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct ByLanguage<T> {
    es: T,
    en: T,
}

impl<T: DeserializeOwned> ByLanguage<T> {
    pub(crate) fn parse(source: &str) -> Result<Self, toml::de::Error> {
        toml::from_str(source)
    }
}

impl<T> ByLanguage<T> {
    pub(crate) const fn of(&self, language: Language) -> &T {
        match language {
            Language::Spanish => &self.es,
            Language::English => &self.en,
        }
    }

    pub(crate) const fn both(&self) -> [&T; 2] {
        [&self.es, &self.en]
    }
}

/// Puts values in the place of their `{names}`. A value is never looked into.
pub(crate) fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::with_capacity(template.len() + 64);
    let mut rest = template;
    while let Some((before, behind)) = rest.split_once('{') {
        filled.push_str(before);
        let Some((name, after)) = behind.split_once('}') else { return filled + "{" + behind };
        match values.iter().find(|(known, _)| *known == name) {
            Some((_, value)) => filled.push_str(value),
            None => filled.push_str(&format!("{{{name}}}")),
        }
        rest = after;
    }
    filled + rest
}

/// Every sentence of this skill.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sentences {
    pub(crate) no_database: String,
    pub(crate) databases: String,
    pub(crate) columns: String,
    pub(crate) which_database: String,
    pub(crate) unknown_database: String,
    pub(crate) not_a_database: String,
    pub(crate) damaged: String,
    pub(crate) busy: String,
    pub(crate) half_written: String,
    pub(crate) unreadable: String,
    pub(crate) empty: String,
    pub(crate) opening_too_slow: String,

    pub(crate) refused: String,
    pub(crate) wrong: String,
    pub(crate) too_slow: String,
    pub(crate) too_large: String,
    pub(crate) not_understood: String,
    pub(crate) no_question: String,

    pub(crate) result: String,
    pub(crate) nothing: String,
    pub(crate) nothing_to_compute: String,
    pub(crate) row: String,
    pub(crate) rows: String,
    pub(crate) rows_shown: String,
    pub(crate) rows_cut: String,
    pub(crate) columns_hidden: String,
    pub(crate) query: String,
    pub(crate) none: String,
    pub(crate) bytes: String,
}

static SENTENCES: LazyLock<ByLanguage<Sentences>> = LazyLock::new(|| {
    // It is part of the program, and the tests have read it.
    ByLanguage::parse(include_str!("../sentences.toml")).unwrap_or_else(|error| unreachable!("{error}"))
});

/// The sentences of a language.
#[must_use]
pub fn sentences(language: Language) -> &'static Sentences {
    SENTENCES.of(language)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_say_the_same() {
        let file: toml::Table = toml::from_str(include_str!("../sentences.toml")).unwrap();
        let names = |text: &str| {
            let mut names: Vec<String> =
                text.split('{').skip(1).filter_map(|part| Some(part.split_once('}')?.0.to_owned())).collect();
            names.sort();
            names
        };
        let [es, en] = ["es", "en"].map(|language| file[language].as_table().unwrap());
        assert!(es.keys().eq(en.keys()));
        for (id, text) in es {
            assert_eq!(names(text.as_str().unwrap()), names(en[id].as_str().unwrap()), "{id}");
        }
        assert_eq!(sentences(Language::Spanish).none, "—");
    }

    #[test]
    fn filled() {
        assert_eq!(fill("{a} y {b}", &[("a", "{b}"), ("b", "2")]), "{b} y 2");
        assert_eq!(fill("{unknown} {open", &[]), "{unknown} {open");
    }
}

//! What is known of a language without any skill: its small words, how talk begins, and everyday requests.
//!
//! The lists stand in `words/<language>/`, one entry a line:
//! - `function.txt`: words that every sentence has, whatever it is about;
//! - `statement.txt`: how a sentence begins that tells something instead of asking for it;
//! - `wish.txt`: phrases that make a request of such a sentence after all;
//! - `talk.txt`: phrases of requests that the model answers by itself: definitions, translations, reminders, stories;
//! - `everyday.txt`: requests and remarks that no skill is for, among them many with words that skills live on.

use std::collections::BTreeSet;

use sarai_types::Language;

use super::features::{Feature, Features, Shares};
use super::stem::stem;
use super::text::{folded, tokens};

struct Lists {
    function: &'static str,
    statement: &'static str,
    wish: &'static str,
    talk: &'static str,
    everyday: &'static str,
}

const SPANISH: Lists = Lists {
    function: include_str!("words/es/function.txt"),
    statement: include_str!("words/es/statement.txt"),
    wish: include_str!("words/es/wish.txt"),
    talk: include_str!("words/es/talk.txt"),
    everyday: include_str!("words/es/everyday.txt"),
};
const ENGLISH: Lists = Lists {
    function: include_str!("words/en/function.txt"),
    statement: include_str!("words/en/statement.txt"),
    wish: include_str!("words/en/wish.txt"),
    talk: include_str!("words/en/talk.txt"),
    everyday: include_str!("words/en/everyday.txt"),
};

/// How a request is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Manner {
    /// It asks for something.
    Request,
    /// It tells something.
    Statement,
}

#[derive(Debug, Clone)]
pub(super) struct Lexicon {
    pub(super) language: Language,
    /// Stems.
    function: BTreeSet<String>,
    /// Folded words that only this language has among its function words.
    own: BTreeSet<String>,
    statement: BTreeSet<String>,
    wish: Vec<Vec<String>>,
    talk: Vec<Vec<String>>,
    pub(super) everyday: Shares,
}

impl Lexicon {
    pub(super) fn new(language: Language) -> Self {
        let (lists, other) = match language {
            Language::Spanish => (SPANISH, ENGLISH),
            Language::English => (ENGLISH, SPANISH),
        };
        let phrases = |text: &str| text.lines().map(folded).filter(|phrase| !phrase.is_empty()).collect();
        let everyday: Vec<Features> =
            lists.everyday.lines().map(|line| Features::of(&tokens(line, language))).collect();
        let theirs: BTreeSet<&str> = other.function.lines().collect();
        Self {
            language,
            function: lists.function.lines().map(|word| stem(word, language)).collect(),
            own: lists.function.lines().filter(|word| !theirs.contains(word)).map(str::to_owned).collect(),
            statement: lists.statement.lines().map(str::to_owned).collect(),
            wish: phrases(lists.wish),
            talk: phrases(lists.talk),
            everyday: Shares::of(&everyday, 0),
        }
    }

    /// The stems of everyday talk.
    pub(super) fn everyday_words(&self) -> BTreeSet<&str> {
        self.everyday.features().flat_map(Feature::stems).collect()
    }

    pub(super) fn is_function(&self, stem: &str) -> bool {
        self.function.contains(stem)
    }

    /// How many words of this language alone there are among folded ones.
    pub(super) fn own_words(&self, folded: &[String]) -> usize {
        folded.iter().filter(|word| self.own.contains(*word)).count()
    }

    pub(super) fn manner(&self, text: &str, folded: &[String]) -> Manner {
        let begins = folded.first().is_some_and(|first| self.statement.contains(first));
        let asks = text.contains(['?', '¿']) || self.wish.iter().any(|phrase| holds(folded, phrase));
        if begins && !asks { Manner::Statement } else { Manner::Request }
    }

    /// The phrase that shows that the model answers this by itself.
    pub(super) fn talk(&self, folded: &[String]) -> Option<String> {
        self.talk.iter().find(|phrase| holds(folded, phrase)).map(|phrase| phrase.join(" "))
    }
}

/// Whether a phrase stands somewhere among words.
pub(super) fn holds(words: &[String], phrase: &[String]) -> bool {
    !phrase.is_empty() && words.windows(phrase.len()).any(|window| window == phrase)
}

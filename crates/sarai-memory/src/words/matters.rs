//! What somebody pays, earns and works, from `matters.txt`: matters of everyday that no predicate tells.

use std::sync::LazyLock;

use sarai_types::Language;

use crate::text::{Token, fold};

/// What the value of a matter looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Worth {
    Money,
    Count,
    Shift,
    Days,
    Clock,
}

#[derive(Debug)]
pub(crate) struct Matter {
    pub(crate) name: &'static str,
    pub(crate) worth: Worth,
    /// Cues of Spanish and of English, each with whether only a question has it.
    cues: [Vec<(Vec<&'static str>, bool)>; 2],
}

/// A relation, and its cues of Spanish and of English.
type Service = (&'static str, [Vec<Vec<&'static str>>; 2]);

static MATTERS: LazyLock<Vec<Matter>> = LazyLock::new(|| {
    let cue = |cue: &'static str| (cue.trim_start_matches('?').split('+').collect(), cue.starts_with('?'));
    let rows = include_str!("matters.txt").lines().filter(|line| !line.starts_with('#'));
    rows.filter_map(|line| {
        let cells: Vec<&'static str> = line.split('|').collect();
        let [name, worth, spanish, english] = cells[..] else { return None };
        let worth = match worth {
            "money" => Worth::Money,
            "count" => Worth::Count,
            "shift" => Worth::Shift,
            "days" => Worth::Days,
            _ => Worth::Clock,
        };
        Some(Matter { name, worth, cues: [spanish, english].map(|cell| cell.split(',').map(cue).collect()) })
    })
    .collect()
});

/// The words that speak of a matter by themselves, in both languages: «alquiler», "rent".
pub(crate) fn named(name: &str) -> impl Iterator<Item = &'static str> {
    let matter = MATTERS.iter().find(|matter| matter.name == name);
    let cues = matter.into_iter().flat_map(|matter| matter.cues.iter().flatten());
    cues.filter_map(|(words, _)| if let [word] = words[..] { Some(word) } else { None })
}

/// The matters that words speak of, or ask for.
pub(crate) fn of(language: Language, tokens: &[Token], asks: bool) -> impl Iterator<Item = &'static Matter> {
    let said = said(language, tokens);
    MATTERS.iter().filter(move |matter| {
        let cues = &matter.cues[usize::from(language == Language::English)];
        cues.iter().any(|(words, asking)| (asks || !asking) && stand(&said, words))
    })
}

/// Who does for the owner what the words of a question for a person say, from `services.txt`.
pub(crate) fn served_by(language: Language, tokens: &[Token]) -> impl Iterator<Item = &'static str> {
    static SERVICES: LazyLock<Vec<Service>> = LazyLock::new(|| {
        let cues = |cell: &'static str| cell.split(',').map(|cue| cue.split('+').collect()).collect();
        let rows = include_str!("services.txt").lines().filter(|line| !line.starts_with('#'));
        rows.filter_map(|line| {
            let cells: Vec<&'static str> = line.split('|').collect();
            let [kin, spanish, english] = cells[..] else { return None };
            Some((kin, [cues(spanish), cues(english)]))
        })
        .collect()
    });
    let said = said(language, tokens);
    let of = usize::from(language == Language::English);
    SERVICES.iter().filter_map(move |(kin, cues)| cues[of].iter().any(|words| stand(&said, words)).then_some(*kin))
}

/// The words of a message, each with its other faces.
fn said(language: Language, tokens: &[Token]) -> Vec<Vec<String>> {
    tokens.iter().map(|token| faces(language, token)).collect()
}

/// Whether all words of a cue stand in a message.
fn stand(said: &[Vec<String>], words: &[&str]) -> bool {
    words.iter().all(|word| said.iter().any(|faces| faces.iter().any(|face| face == word)))
}

/// A word, without the ending of its plural, and the verbs that it may be a form of.
fn faces(language: Language, token: &Token) -> Vec<String> {
    let mut out = vec![token.fold.clone()];
    out.extend(token.fold.strip_suffix('s').map(str::to_owned));
    out.extend(super::forms(language, &token.lower, &token.fold).iter().map(|form| fold(form.lemma)));
    out
}

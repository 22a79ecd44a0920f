//! What was found without a schema of the person's own: people, dates, amounts and places.
//!
//! A model makes things up. What it says it has found counts only if it stands in the text.

use serde::{Deserialize, Serialize};

/// Kinds of what can be found, each as it is written in the text.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Found {
    pub people: Vec<String>,
    pub dates: Vec<String>,
    pub amounts: Vec<String>,
    pub places: Vec<String>,
}

impl Found {
    /// Only what stands in the text, each once.
    #[must_use]
    pub fn in_text(self, text: &str) -> Self {
        let text = plain(text);
        let keep = |entries: Vec<String>| {
            let mut kept: Vec<String> = Vec::new();
            for entry in entries.iter().map(|entry| entry.trim()) {
                let is_there = !entry.is_empty() && stands_in(&text, &plain(entry));
                if is_there && !kept.iter().any(|other| plain(other) == plain(entry)) {
                    kept.push(entry.to_owned());
                }
            }
            kept
        };
        Self {
            people: keep(self.people),
            dates: keep(self.dates),
            amounts: keep(self.amounts),
            places: keep(self.places),
        }
    }

    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.people.is_empty() && self.dates.is_empty() && self.amounts.is_empty() && self.places.is_empty()
    }
}

/// A text by its words: in lower case, with single blanks.
fn plain(text: &str) -> String {
    text.to_lowercase().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Whether some words stand in a text as whole words: «Ana» does not stand in «mañana», nor «12» in «2012».
fn stands_in(text: &str, words: &str) -> bool {
    let is_edge = |c: Option<char>| c.is_none_or(|c| !c.is_alphanumeric());
    text.match_indices(words).any(|(at, _)| {
        let before = text[..at].chars().next_back();
        let behind = text[at + words.len()..].chars().next();
        let [first, last] = [words.chars().next(), words.chars().next_back()];
        (is_edge(before) || is_edge(first)) && (is_edge(behind) || is_edge(last))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_stands_in_the_text() {
        let text = "Mañana 12 de mayo, Ana\nGarcía paga 25,50 € en Sevilla.";
        let list = |entries: &[&str]| entries.iter().map(ToString::to_string).collect::<Vec<_>>();
        let found = Found {
            people: list(&["Ana García", "ana garcía", "Ana", "Pedro", " "]),
            dates: list(&["12 de mayo", "2 de mayo", "mañana"]),
            amounts: list(&["25,50 €", "25"]),
            places: list(&["Sevilla.", "Sev"]),
        };
        let expect = Found {
            people: list(&["Ana García", "Ana"]),
            dates: list(&["12 de mayo", "mañana"]),
            amounts: list(&["25,50 €", "25"]),
            places: list(&["Sevilla."]),
        };
        assert_eq!(found.in_text(text), expect);
        assert!(Found::default().is_empty() && !expect.is_empty());
    }
}

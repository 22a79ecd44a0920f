//! «¿Por qué dejé de correr?», "why did they stop my statins?": the owner's own words, where they give a reason.
//!
//! No fact holds a reason, and a sentence that gives one says mostly that something is over; so here it counts whatever has
//! become of the rest.

use super::agree::Heard;
use super::pieces::{TOKENS_MAX, overlaps, unsaid};
use super::quote::Quotation;
use super::rank::{Found, Search};
use crate::fact::{EntityId, Episode, Fact};
use crate::grammar::Mention;
use crate::memory::{Filter, States, Store};
use crate::text::{Ending, Sentence, Token, sentences, tokens};

/// What a reason stands behind.
const REASONS: &[&str] =
    &["because", "cos", "cuz", "coz", "due", "thanks", "porque", "pq", "xq", "culpa", "debido", "gracias"];
/// What stands behind a reason, before whoever acts.
const SO: &[&str] = &["so", "cause"];
const ACTING: &[&str] = &["i", "we", "they", "he", "she", "it", "my", "our", "the"];
/// Verbs of beginning and ending, of which it is no matter which was said, and the question word itself.
const TURNS: &[&str] = &[
    "dejar",
    "parar",
    "quitar",
    "cambiar",
    "empezar",
    "abandonar",
    "stop",
    "quit",
    "give",
    "leave",
    "change",
    "start",
    "take",
    "get",
    "have",
    "tener",
    "hacer",
    "do",
    "go",
    "ir",
    "be",
    "ser",
    "estar",
    "switch",
    "drop",
    "pack",
    "why",
];

impl<S: Store> Search<'_, '_, S> {
    pub(super) fn reason(&self, subjects: &[EntityId]) -> Result<Found, S::Error> {
        let turns = |faces: &Vec<String>| faces.iter().any(|face| TURNS.contains(&face.as_str()));
        let content: Vec<Vec<String>> = self.question.content.iter().filter(|faces| !turns(faces)).cloned().collect();
        if content.is_empty() {
            return Ok(Found::default());
        }
        let names = self.names(subjects)?;
        let of_others = matches!(self.question.subject, Some(Mention::Relative { .. } | Mention::Named(_)));
        let mut told = self.store.search_episodes(&self.sought(), super::quote::COMPARED_MAX)?;
        told.sort_by_key(|episode| std::cmp::Reverse(episode.id));
        for episode in told {
            let mut doubtful: Option<Vec<(usize, usize)>> = None;
            for (span, text, heard) in pieces(&episode) {
                let used = heard.used(&content);
                let named = heard.said.iter().any(|token| names.contains(&token.fold));
                let whom = named || heard.covers(&self.question.about) == self.question.about.len();
                let spoken = whom && self.speaks_of(&heard, episode.language, &used, &names);
                if heard.covers(&content) == content.len()
                    && spoken
                    && gives_reason(&heard.said)
                    && !overlaps(doubtful.get_or_insert_with(|| unsaid(&episode, of_others)), span)
                    && !self.taken_back(&episode)?
                {
                    let quoted = Some(Quotation::new(&episode, &text));
                    return Ok(Found { quoted, ..Found::default() });
                }
            }
        }
        Ok(Found::default())
    }

    fn taken_back(&self, episode: &Episode) -> Result<bool, S::Error> {
        let told = Filter { episode: Some(episode.id), states: States::All, ..Filter::default() };
        Ok(self.store.facts(&told)?.iter().any(|fact: &Fact| fact.retracted.is_some()))
    }
}

/// "My knee's had enough so I …", «porque me daba tos».
fn gives_reason(said: &[Token]) -> bool {
    let word = |at: usize| said.get(at).map_or("", |token| token.fold.as_str());
    (0..said.len()).any(|at| {
        REASONS.contains(&word(at))
            || SO.contains(&word(at)) && ACTING.contains(&word(at + 1))
            || word(at) == "asi" && word(at + 1) == "que"
    })
}

/// The sentences of a message: their bytes, their text, and what their words agree by.
fn pieces(episode: &Episode) -> Vec<((usize, usize), String, Heard)> {
    let all: Vec<Token> = tokens(&episode.text, TOKENS_MAX);
    let list: Vec<Sentence> = sentences(&all, &episode.text);
    list.iter()
        .filter(|sentence| sentence.ending != Ending::Question)
        .filter_map(|sentence| {
            let said = all.get(sentence.first..sentence.last)?;
            let span = (said.first()?.start, said.last()?.end);
            let text = episode.text.get(span.0..span.1)?.trim().to_owned();
            Some((span, text, Heard::new(said.to_vec(), episode.language)))
        })
        .collect()
}

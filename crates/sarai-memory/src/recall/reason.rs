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

/// What a reason stands behind, or what stands behind one.
const REASONS: &[&str] = &[
    "because", "cause", "cos", "cuz", "coz", "since", "so", "due", "thanks", "porque", "pq", "xq", "asi", "culpa",
    "pues", "debido", "puesto", "como",
];
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
        let mut best: Option<(usize, Quotation)> = None;
        for episode in self.store.search_episodes(&self.sought(), super::quote::COMPARED_MAX)? {
            for (span, text, heard) in pieces(&episode) {
                let covered = heard.covers(&content);
                let whom = heard.said.iter().any(|token| names.contains(&token.fold))
                    || heard.covers(&self.question.about) == self.question.about.len();
                let gives = heard.said.iter().any(|token| REASONS.contains(&token.fold.as_str()));
                let better = best.as_ref().is_none_or(|(most, _)| covered > *most);
                if covered == content.len()
                    && whom
                    && gives
                    && better
                    && !overlaps(&unsaid(&episode, of_others), span)
                    && !self.taken_back(&episode)?
                {
                    best = Some((covered, Quotation { episode: episode.id, text, said: episode.recorded }));
                }
            }
        }
        Ok(Found { quoted: best.map(|(_, quoted)| quoted), ..Found::default() })
    }

    fn taken_back(&self, episode: &Episode) -> Result<bool, S::Error> {
        let told = Filter { episode: Some(episode.id), states: States::All, ..Filter::default() };
        Ok(self.store.facts(&told)?.iter().any(|fact: &Fact| fact.retracted.is_some()))
    }
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

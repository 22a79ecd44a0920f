//! What the owner said later of the same, where nobody has understood it: "I switched dentists, I see Dr Lindqvist now". An
//! old value is worse than the words that put it in doubt.

use std::collections::HashSet;

use super::agree::Heard;
use super::judge::{akin, alike};
use super::over::changes;
use super::pieces::{TOKENS_MAX, unsaid};
use super::question::Form;
use super::quote::{COMPARED_MAX, Quotation};
use super::rank::{Found, Search};
use crate::fact::{Episode, Fact, Predicate};
use crate::memory::{Filter, States, Store, search_words};
use crate::text::{Token, clip, fold, tokens};
use crate::words::lists::FUNCTION;

/// Facts of an answer whose later fate is looked for.
const FACTS_MAX: usize = 3;
/// So much is shown of a message, in bytes.
const SHOWN_BYTES_MAX: usize = 600;

impl<S: Store> Search<'_, '_, S> {
    /// The newest message behind the facts that found an answer, if it speaks of what they say and of a change, and nothing
    /// of the kind was understood in it.
    pub(super) fn newer_change(&self, found: &Found) -> Result<Option<Quotation>, S::Error> {
        let plain = matches!(self.question.form, Form::Value | Form::Who | Form::WhoIs);
        let past = self.question.past || self.question.was || self.question.when.is_some() || self.question.since;
        if !plain || past || found.count.is_some() || found.facts.is_empty() || found.facts.len() > FACTS_MAX {
            return Ok(None);
        }
        let mut newest: Option<Episode> = None;
        for fact in found.facts.iter().map(|ranked| &ranked.fact) {
            let Some(told) = fact.evidence.episode else { continue };
            let (words, named) = self.words_of(fact)?;
            for episode in self.store.search_episodes(&words.iter().cloned().collect::<Vec<_>>(), COMPARED_MAX)? {
                let later = episode.id > told && newest.as_ref().is_none_or(|known| episode.id > known.id);
                if later && self.speaks_of_it(&episode, &words, named)? && !self.understood(&episode, fact)? {
                    newest = Some(episode);
                }
            }
        }
        Ok(newest.map(|episode| {
            let text = clip(episode.text.trim(), SHOWN_BYTES_MAX).to_owned();
            Quotation { episode: episode.id, text, said: episode.recorded }
        }))
    }

    /// The words that a later message must share, and whether they are somebody's name.
    fn words_of(&self, fact: &Fact) -> Result<(HashSet<String>, bool), S::Error> {
        let who = matches!(fact.predicate, Predicate::Name | Predicate::Relative | Predicate::Pet);
        let mut text = fact.object.text.clone();
        if let Some(entity) = fact.object.entity.map(|id| self.store.entity(id)).transpose()?.flatten() {
            text = entity.names.join(" ");
        }
        let telling = |word: &String| word.len() > 2 && !FUNCTION.contains(&word.as_str());
        let mut out: HashSet<String> = search_words(&text).into_iter().filter(telling).collect();
        if who {
            out.extend(self.question.about.iter().flatten().filter(|face| face.chars().all(char::is_alphanumeric)).cloned());
        }
        Ok((out, who))
    }

    fn speaks_of_it(&self, episode: &Episode, words: &HashSet<String>, named: bool) -> Result<bool, S::Error> {
        let heard = Heard::new(tokens(&episode.text, TOKENS_MAX), episode.language);
        let shares = |token: &Token| {
            let word = token.fold.as_str();
            token.is_word() && words.iter().any(|other| alike(word, other) || akin(word, other))
        };
        let used: Vec<bool> = heard.said.iter().map(|token| shares(token)).collect();
        let told = heard.said.iter().any(|token| fold(&token.fold) == "?");
        Ok(used.contains(&true)
            && changes(&heard.said)
            && !told
            && (named || self.speaks_of(&heard, episode.language, &used, &[]))
            && unsaid(episode, false).is_empty())
    }

    /// Whether the message told something of the same subject and kind.
    fn understood(&self, episode: &Episode, fact: &Fact) -> Result<bool, S::Error> {
        let told = Filter { episode: Some(episode.id), states: States::All, ..Filter::default() };
        Ok(self.store.facts(&told)?.iter().any(|other| {
            other.predicate == fact.predicate && other.subject == fact.subject
                || other.object.entity.is_some() && other.object.entity == fact.object.entity
        }))
    }
}

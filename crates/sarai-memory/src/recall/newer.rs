//! What the owner said later of the same, where nobody has understood it: "I switched dentists, I see Dr Lindqvist now". An
//! old value is worse than the words that put it in doubt.

use std::collections::HashSet;

use sarai_types::Language;

use super::agree::Heard;
use super::judge::{akin, alike};
use super::over::{ENDINGS, changes, ends_topic, replaces};
use super::pieces::{TOKENS_MAX, unsaid};
use super::question::Form;
use super::quote::{COMPARED_MAX, Quotation};
use super::rank::{Found, Search};
use super::whose::{is_kin, speaks_of_oneself};
use crate::fact::{EntityId, Episode, Fact, Predicate};
use crate::grammar::Mention;
use crate::memory::{Filter, States, Store, search_words};
use crate::text::{Token, tokens};
use crate::time::weekday;
use crate::words;
use crate::words::lists::FUNCTION;

/// Facts of an answer whose later fate is looked for.
const FACTS_MAX: usize = 3;
/// Among so many first words of a part stands what points back.
const POINTING_MAX: usize = 3;

impl<S: Store> Search<'_, '_, S> {
    /// What was found, or what was said later of it.
    pub(super) fn unless_changed(&self, found: Found) -> Result<Found, S::Error> {
        Ok(match self.newer_change(&found)? {
            Some(quoted) => Found { quoted: Some(quoted), ..Found::default() },
            None => found,
        })
    }

    /// The newest message behind the facts that found an answer, if it speaks of what they say and of a change, and nothing
    /// of the kind was understood in it.
    fn newer_change(&self, found: &Found) -> Result<Option<Quotation>, S::Error> {
        let plain = matches!(self.question.form, Form::Value | Form::Who | Form::WhoIs);
        let past = self.question.past || self.question.was || self.question.when.is_some() || self.question.since;
        if !plain || past || found.count.is_some() || found.facts.is_empty() || found.facts.len() > FACTS_MAX {
            return Ok(None);
        }
        let mut newest: Option<Episode> = None;
        for ranked in &found.facts {
            let later = self.later_of(&ranked.fact)?;
            newest = newest.into_iter().chain(later).max_by_key(|episode| episode.id);
        }
        Ok(newest.as_ref().map(quotation))
    }

    /// Whoever took the place of one who is gone, in words that nobody understood: «he cambiado de dentista, ahora voy con la
    /// doctora Iriarte».
    pub(super) fn successor(&self) -> Result<Option<Quotation>, S::Error> {
        let Some(Mention::Relative { of, kin, name: None, .. }) = &self.question.subject else { return Ok(None) };
        let named = self.question.form == Form::WhoIs
            || self.question.topics.first().is_some_and(|topic| topic.predicate == Predicate::Name);
        if **of != Mention::Owner || !named || self.question.past || self.question.when.is_some() {
            return Ok(None);
        }
        let gone = self.no_longer(EntityId::OWNER, Predicate::Relative, kin)?.into_iter().max_by_key(|fact| fact.id);
        let later = gone.map(|fact| self.later_of(&fact)).transpose()?.flatten();
        Ok(later.filter(|episode| replaces(&tokens(&episode.text, TOKENS_MAX))).as_ref().map(quotation))
    }

    /// The newest message that speaks of what a fact says and of a change.
    fn later_of(&self, fact: &Fact) -> Result<Option<Episode>, S::Error> {
        let Some(told) = fact.evidence.episode else { return Ok(None) };
        let (words, named) = self.words_of(fact)?;
        let mut sought: Vec<String> = words.iter().cloned().collect();
        let endings = ENDINGS.iter().filter(|(of, _)| *of == fact.predicate);
        sought.extend(endings.flat_map(|(_, words)| search_words(words)));
        let mut later = self.store.search_episodes(&sought, COMPARED_MAX)?;
        later.retain(|episode| episode.id > told && self.speaks_of_it(episode, &words, named, fact.predicate));
        later.sort_by_key(|episode| std::cmp::Reverse(episode.id));
        for episode in later {
            // To read a message again takes longer than all before.
            if !self.understood(&episode, fact)? && unsaid(&episode, false).is_empty() {
                return Ok(Some(episode));
            }
        }
        Ok(None)
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
            out.extend(
                self.question.about.iter().flatten().filter(|face| face.chars().all(char::is_alphanumeric)).cloned(),
            );
        }
        Ok((out, who))
    }

    fn speaks_of_it(&self, episode: &Episode, words: &HashSet<String>, named: bool, predicate: Predicate) -> bool {
        let heard = Heard::new(tokens(&episode.text, TOKENS_MAX), episode.language);
        let asked = |face: &String| self.question.about.iter().flatten().any(|word| word == face);
        let agrees = |word: &str, other: &String| alike(word, other) || akin(word, other);
        let shares = |token: &Token| token.is_word() && words.iter().any(|other| agrees(&token.fold, other));
        let used: Vec<bool> = heard.said.iter().map(shares).collect();
        let by_name = heard.said.iter().any(|token| words.iter().any(|w| !asked(w) && agrees(&token.fold, w)));
        // "My therapist sees me on Fridays now" is about her days; with another name it is about another.
        let another = (1..heard.said.len()).any(|at| {
            let token = &heard.said[at];
            token.capital && token.is_word() && !used[at] && token.fold.len() > 2 && weekday(&token.fold).is_none()
        });
        let spoken =
            || self.speaks_of(&heard, episode.language, &used, &[]) && self.may_mean(&heard, episode.language, &used);
        let same = if named {
            used.contains(&true) && (by_name || another) && !is_kin(&heard, episode.language, &used)
        } else {
            used.contains(&true) && spoken()
        };
        // "Down to 88 kilos this morning!" names nobody.
        let own = self.question.subject == Some(Mention::Owner)
            && !is_kin(&heard, episode.language, &used)
            && !(1..heard.said.len()).any(|at| heard.said[at].capital && words::is_first_name(&heard.said[at].fold));
        (same || ends_topic(&heard.said, predicate) && (own || spoken()))
            && changes(&heard.said)
            && !heard.said.iter().any(|token| token.is("?"))
    }

    /// Whether a message that says of somebody that something changed may mean the relative who is asked about: «me he mudado
    /// a Vigo» says nothing of the sister.
    fn may_mean(&self, heard: &Heard, language: Language, used: &[bool]) -> bool {
        if !matches!(self.question.subject, Some(Mention::Relative { .. } | Mention::Animal { .. })) {
            return true;
        }
        let named = self.question.about.iter().any(|faces| heard.covers(std::slice::from_ref(faces)) > 0);
        named || !is_kin(heard, language, used) && !speaks_of_oneself(heard, language)
    }

    /// Whether the message told something of the same subject and kind.
    fn understood(&self, episode: &Episode, fact: &Fact) -> Result<bool, S::Error> {
        let told = Filter { episode: Some(episode.id), states: States::All, ..Filter::default() };
        Ok(self.store.facts(&told)?.iter().any(|other| {
            other.predicate == fact.predicate && other.subject == fact.subject
                || other.object.entity.is_some() && other.object.entity == fact.object.entity
                || Some(other.subject) == fact.object.entity
        }))
    }
}

fn quotation(episode: &Episode) -> Quotation {
    Quotation::new(episode, new_part(&episode.text))
}

/// The end of a message from where it says what there is now: "Yasmin is in charge of us now", behind "Keith's gone, …".
pub(super) fn new_part(text: &str) -> &str {
    const WORDS_MIN: usize = 3;
    let all = tokens(text, TOKENS_MAX);
    let parts = |token: &Token| {
        token.is_mark() && matches!(token.fold.as_str(), "," | ";" | "." | "!" | "\n")
            || ["so", "y", "and", "but", "pero"].contains(&token.fold.as_str())
    };
    let mut from = 0;
    let mut part = None;
    for (at, token) in all.iter().enumerate().map(|(at, token)| (at, Some(token))).chain([(all.len(), None)]) {
        if token.is_none_or(parts) {
            let said = &all[from..at];
            if said.iter().filter(|token| token.is_word()).count() >= WORDS_MIN && replaces(said) {
                part = Some(said[0].start);
            }
            from = at + 1;
        }
    }
    let part = part.and_then(|first| text.get(first..)).unwrap_or(text).trim();
    // "…, and that's my favourite film now", «desde ya esa es la que más me gusta» point back.
    let points = ["that", "it", "this", "who", "which", "eso", "ese", "esa", "esto", "quien", "cual"];
    let back = tokens(part, POINTING_MAX).iter().any(|token| points.contains(&token.fold.as_str()));
    if back { text.trim() } else { part }
}

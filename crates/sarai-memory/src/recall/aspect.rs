//! Whether facts tell the side of a thing that is asked for: with whom somebody plays, and not only that they do.

use super::agree::Heard;
use super::kind::Sight;
use super::rank::{Found, Search};
use super::wanted::Wanted;
use crate::fact::{EntityId, Fact, Predicate};
use crate::memory::Store;
use crate::text::{fold, tokens};

/// Tokens of a sentence and its fact that are looked at.
const TOKENS_MAX: usize = 200;
/// Words of coming back.
const BACK: &[&str] =
    &["back", "return", "volver", "volvemos", "vuelvo", "vuelta", "regreso", "regresar", "regresamos"];

impl<S: Store> Search<'_, '_, S> {
    /// What was found, if it tells what is asked; else the sentence behind it that does, or another message.
    pub(super) fn in_aspect(&self, found: Found, subjects: &[EntityId]) -> Result<Found, S::Error> {
        let scant = |fact: &Fact| {
            matches!(
                fact.predicate,
                Predicate::Trip
                    | Predicate::Hobby
                    | Predicate::Routine
                    | Predicate::Habit
                    | Predicate::Appointment
                    | Predicate::Plays
            )
        };
        let sided = matches!(self.question.wanted, Wanted::Person | Wanted::Place)
            || self.question.which.is_some()
            || self.asks_for_way_back();
        if !sided || found.facts.is_empty() || !found.facts.iter().all(|ranked| scant(&ranked.fact)) {
            return Ok(found);
        }
        if found.facts.iter().any(|ranked| self.tells_side(&ranked.fact, &ranked.fact.object.text)) {
            return Ok(found);
        }
        let mut found = found;
        found.facts.retain(|ranked| self.tells_side(&ranked.fact, &ranked.fact.evidence.sentence));
        match found.facts.first() {
            Some(ranked) => Ok(Found { said: Some(ranked.fact.evidence.sentence.clone()), ..found }),
            None => self.quoting(subjects),
        }
    }

    /// Whether a text tells the side of a fact that is asked for.
    fn tells_side(&self, fact: &Fact, text: &str) -> bool {
        let heard = Heard::new(tokens(text, TOKENS_MAX), fact.language);
        if self.asks_for_way_back() {
            let back = heard.said.iter().any(|token| BACK.contains(&token.fold.as_str()));
            return back || fact.from != fact.to || fact.predicate != Predicate::Trip;
        }
        // "Which hotel are we staying at?" is not after the town.
        if let Some(which) = &self.question.which
            && heard.covers(std::slice::from_ref(which)) == 0
        {
            return false;
        }
        let asked: Vec<Vec<String>> = self.question.content.iter().chain(&self.question.about).cloned().collect();
        let used = heard.used(&asked);
        let sight = Sight { heard: &heard, used: &used, language: fact.language, said_on: fact.recorded.date() };
        match self.question.wanted {
            Wanted::Place if fact.predicate == Predicate::Trip => true,
            wanted => sight.holds(self.question.form, wanted),
        }
    }

    /// "When do we fly back?"
    fn asks_for_way_back(&self) -> bool {
        self.question.wanted == Wanted::Time
            && self.question.words.iter().chain(&self.question.verbs).any(|word| BACK.contains(&fold(word).as_str()))
    }
}

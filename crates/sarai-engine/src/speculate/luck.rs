//! How often guesses come true, as far as was seen.

use super::Source;

/// Classes of confidence: guesses that are about equally sure of themselves are counted together.
pub(super) const CONFIDENCES: usize = 11;
const CONFIDENCE_BOUNDS: [f32; CONFIDENCES - 1] = [0.2, 0.35, 0.5, 0.65, 0.8, 0.9, 0.95, 0.98, 0.99, 0.995];
/// Classes of places in a draft: 1, 2–3, 4–7, 8–15, 16–31, 32 and on.
const PLACES: usize = 6;
/// The tokens that may be lost by wrong guesses beyond those that right ones won: what a draft of 15 costs on a computer on
/// which such drafts are worth most, and two hundredths of an answer of two hundred.
pub(super) const CREDIT_START: f32 = 4.0;
/// What may be borrowed beyond it.
pub(super) const LOAN_MAX: f32 = 4.0;
/// How many guesses a source's own word, and the count of it, are worth beside what was seen in the same class.
const WORD_WORTH: f32 = 6.0;
/// What is thought of a source that was not seen yet, before it has said how sure it is, and how many guesses that is
/// worth.
const HOPE: f32 = 0.95;
const HOPE_WORTH: f32 = 4.0;
/// How much is left of what was seen after each next guess of the same class, and after each round.
const MEMORY: f32 = 1.0 - 1.0 / 64.0;
const FADING: f32 = 1.0 - 1.0 / 256.0;

/// The class of a confidence.
pub(super) fn confidence_class(confidence: f32) -> usize {
    CONFIDENCE_BOUNDS.partition_point(|&bound| bound <= confidence)
}

fn place_class(place: usize) -> usize {
    ((place + 1).ilog2() as usize).min(PLACES - 1)
}

/// Guesses that came true, of those that were put to the test; old ones count less.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Rate {
    hits: f32,
    trials: f32,
}

impl Rate {
    /// `memory` is how much of what was seen before still counts.
    pub(super) fn note(&mut self, hit: bool, memory: f32) {
        self.hits = self.hits * memory + f32::from(u8::from(hit));
        self.trials = self.trials * memory + 1.0;
    }

    /// The rate, when before anything was seen it was thought to be `prior`, and that was worth so many trials.
    pub(super) fn blend(self, prior: f32, worth: f32) -> f32 {
        (prior * worth + self.hits) / (worth + self.trials)
    }

    fn fade(&mut self) {
        self.hits *= FADING;
        self.trials *= FADING;
    }
}

/// What is known of a source's luck before an answer begins. Kept by the worker from answer to answer.
///
/// Only guesses that were put to the test count: behind the first that was wrong nothing is known.
#[derive(Debug, Clone, PartialEq)]
pub struct Luck {
    suffix: Record,
    model: Record,
    /// Tokens that may still be lost.
    pub(super) credit: f32,
    /// How many of them are borrowed.
    loan: f32,
}

/// Of one source.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Record {
    by_place: [Rate; PLACES],
    /// Where in a draft a guess stands tells little beyond how sure it is, and long drafts are rare: counted by place,
    /// one that failed early would be held against them for long.
    by_word: [Rate; CONFIDENCES],
    /// Guesses that came true, and how many would have if the source's word were good.
    came_true: f32,
    promised: f32,
}

impl Default for Luck {
    fn default() -> Self {
        Self { suffix: Record::default(), model: Record::default(), credit: CREDIT_START, loan: 0.0 }
    }
}

impl Luck {
    pub(super) fn of(&self, source: Source) -> &Record {
        match source {
            Source::Suffix => &self.suffix,
            Source::Model => &self.model,
        }
    }

    pub(super) fn of_mut(&mut self, source: Source) -> &mut Record {
        match source {
            Source::Suffix => &mut self.suffix,
            Source::Model => &mut self.model,
        }
    }

    /// How much of `tokens` would be lent.
    pub(super) fn loan(&self, tokens: f32) -> f32 {
        tokens.min(LOAN_MAX - self.loan).max(0.0)
    }

    /// More credit, as far as loans go.
    pub(super) fn borrow(&mut self, tokens: f32) {
        let tokens = self.loan(tokens);
        self.credit += tokens;
        self.loan += tokens;
    }

    /// Pays loans back from what is there beyond what an answer begins with.
    pub(super) fn repay(&mut self) {
        let tokens = self.loan.min(self.credit - CREDIT_START).max(0.0);
        self.credit -= tokens;
        self.loan -= tokens;
    }

    /// A round is over. What was seen long ago is no reason never to try again.
    pub(super) fn fade(&mut self) {
        for record in [&mut self.suffix, &mut self.model] {
            record.by_place.iter_mut().chain(&mut record.by_word).for_each(Rate::fade);
            record.came_true *= FADING;
            record.promised *= FADING;
        }
    }

    /// Takes over what an answer learnt that began with `begun` and ended with `ended`. Others may have ended meanwhile:
    /// each one's losses count, of what they saw the last.
    pub(super) fn learn(&mut self, begun: f32, ended: &Self) {
        let credit = (self.credit + ended.credit - begun).min(CREDIT_START);
        *self = Self { credit, ..ended.clone() };
    }
}

impl Record {
    /// How likely a guess is right, given those before it are and the source's word.
    pub(super) fn chance(&self, word: f32) -> f32 {
        let word = if word.is_finite() { word.clamp(0.0, 1.0) } else { 0.0 };
        let trust = ((WORD_WORTH + self.came_true) / (WORD_WORTH + self.promised)).min(1.0);
        self.by_word[confidence_class(word)].blend(word * trust, WORD_WORTH)
    }

    /// The same without the source's word, at best.
    pub(super) fn hope(&self, place: usize) -> f32 {
        self.by_place[place_class(place)].blend(HOPE, HOPE_WORTH)
    }

    /// What came of a guess.
    pub(super) fn note(&mut self, place: usize, word: f32, hit: bool) {
        let word = if word.is_finite() { word.clamp(0.0, 1.0) } else { 0.0 };
        self.by_word[confidence_class(word)].note(hit, MEMORY);
        self.by_place[place_class(place)].note(hit, MEMORY);
        self.came_true = self.came_true * MEMORY + f32::from(u8::from(hit));
        self.promised = self.promised * MEMORY + word;
    }
}

//! One text in two workers: the one that verifies keeps the one that guesses in step with it.
//!
//! A guess needs what was said last more than what was said first, and reading costs the guessing worker time. So it gets
//! a [`Window`] of the text, and of that only what it does not have yet.
//!
//! # Key types
//! - [`Pool`]: the texts that the other worker holds, and which answer goes on from which.
//! - [`Tail`]: what to send.
//! - [`Vocabulary`] and [`continuation`]: how text that another vocabulary spelt becomes tokens of this one.
//! - [`Meter`]: what asking costs.

use std::fmt::Debug;
use std::ops::Range;

use super::{Draft, DraftCost, Source};

/// Tokens of one guess at most.
pub const GUESS_TOKENS_MAX: u32 = 63;
/// Bytes that the guessing worker takes of a text that is sent as text.
pub const TEXT_BYTES_MAX: usize = 16 << 10;

/// The tokens that each of `sequences` texts may have in a guessing worker with so much context; the rest is for the
/// guess itself and for the token that begins a text. 0 when that is too little to be of use.
#[must_use]
pub fn session_tokens_max(context_tokens: u32, sequences: u32) -> u32 {
    const LEAST: u32 = 64;
    let each = context_tokens.checked_div(sequences).unwrap_or(0).saturating_sub(GUESS_TOKENS_MAX + 1);
    if each < LEAST { 0 } else { each }
}

/// How many tokens of `held` still stand when the text is to be `wanted`.
#[must_use]
pub fn standing(held: &[u32], wanted: &[u32]) -> usize {
    held.iter().zip(wanted).take_while(|(a, b)| a == b).count()
}

/// How much of a text the other worker gets, in tokens or in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Window {
    /// When it would grow beyond this, it begins anew.
    pub max: usize,
    /// What it begins with at most, and what it may lack at most before it is better begun anew. At most `max`.
    pub begin: usize,
}

/// What the other worker has to do to have the text: keep so much of it, in the window's units, and append these tokens
/// of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tail {
    pub keep: usize,
    pub append: Range<usize>,
}

/// What the other worker was sent of one text.
#[derive(Debug, Clone, Default)]
struct Mirror {
    /// Where in the text it begins.
    from: usize,
    tokens: Vec<u32>,
    /// The size up to and with each token.
    ends: Vec<usize>,
}

impl Mirror {
    fn standing(&self, text: &[u32]) -> usize {
        text.get(self.from..).map_or(0, |text| standing(&self.tokens, text))
    }

    /// Where in the text begins what has to be appended, and how many of the tokens that were sent stay.
    fn lacks(&self, text: &[u32], window: Window, size: &impl Fn(u32) -> usize) -> (usize, usize) {
        let common = self.standing(text);
        let kept = common.checked_sub(1).and_then(|last| self.ends.get(last)).copied().unwrap_or(0);
        let lacking: usize = text.iter().skip(self.from + common).map(|&token| size(token)).sum();
        if common > 0 && lacking <= window.begin && kept + lacking <= window.max {
            (self.from + common, common)
        } else {
            (begin(text, window.begin, size), 0)
        }
    }

    fn follow(&mut self, text: &[u32], window: Window, size: &impl Fn(u32) -> usize) -> Tail {
        let (first, stay) = self.lacks(text, window, size);
        self.tokens.truncate(stay);
        self.ends.truncate(stay);
        if stay == 0 {
            self.from = first;
        }
        let append = first..text.len();
        let keep = self.ends.last().copied().unwrap_or(0);
        let mut end = keep;
        for &token in text.get(append.clone()).unwrap_or_default() {
            end += size(token);
            self.tokens.push(token);
            self.ends.push(end);
        }
        Tail { keep, append }
    }
}

/// Where the last part of a text begins that is no larger than `size_max`, but has one token at least.
fn begin(text: &[u32], size_max: usize, size: &impl Fn(u32) -> usize) -> usize {
    let mut left = size_max;
    let fits = text.iter().rev().take_while(|&&token| match left.checked_sub(size(token)) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    });
    text.len() - fits.count().max(1).min(text.len())
}

/// The texts that the other worker holds. One whose answer has ended stays for the next turn of the same conversation,
/// which begins with it.
#[derive(Debug)]
pub struct Pool {
    window: Window,
    slots: Vec<Slot>,
    uses: u64,
}

#[derive(Debug, Default)]
struct Slot {
    mirror: Mirror,
    /// Whose text it is; none once that answer has ended.
    user: Option<u64>,
    used: u64,
}

impl Pool {
    /// For a worker that holds so many texts; one at least.
    #[must_use]
    pub fn new(window: Window, texts: usize) -> Self {
        Self { window, slots: (0..texts.max(1)).map(|_| Slot::default()).collect(), uses: 0 }
    }

    /// Which of the other worker's texts is the one of this answer, and what it lacks. `size` is a token's in the
    /// window's units. The other worker is taken to do as it is told: see [`Pool::forget`].
    pub fn follow(&mut self, answer: u64, text: &[u32], size: impl Fn(u32) -> usize) -> (usize, Tail) {
        self.uses += 1;
        let index = self.index_for(answer, text);
        let Some(slot) = self.slots.get_mut(index) else { return (0, Tail { keep: 0, append: 0..text.len() }) };
        (slot.user, slot.used) = (Some(answer), self.uses);
        (index, slot.mirror.follow(text, self.window, &size))
    }

    /// How many tokens [`Pool::follow`] would append.
    #[must_use]
    pub fn lacks(&self, answer: u64, text: &[u32], size: impl Fn(u32) -> usize) -> usize {
        let slot = self.slots.get(self.index_for(answer, text));
        slot.map_or(0, |slot| text.len() - slot.mirror.lacks(text, self.window, &size).0)
    }

    fn index_for(&self, answer: u64, text: &[u32]) -> usize {
        let own = self.slots.iter().position(|slot| slot.user == Some(answer));
        own.unwrap_or_else(|| self.best_for(text))
    }

    /// Of those that nobody uses the one that has most of the text, else the one longest not used.
    fn best_for(&self, text: &[u32]) -> usize {
        let rank = |slot: &Slot| {
            let idle = slot.user.is_none();
            (idle, if idle { slot.mirror.standing(text) } else { 0 }, u64::MAX - slot.used)
        };
        (0..self.slots.len()).rev().max_by_key(|&index| self.slots.get(index).map(rank)).unwrap_or(0)
    }

    /// The answer has ended.
    pub fn end(&mut self, answer: u64) {
        for slot in self.slots.iter_mut().filter(|slot| slot.user == Some(answer)) {
            slot.user = None;
        }
    }

    /// Nobody knows what the other worker holds of this text: next time all of it is sent.
    pub fn forget(&mut self, index: usize) {
        if let Some(slot) = self.slots.get_mut(index) {
            slot.mirror = Mirror::default();
        }
    }
}

/// What drafting needs of the vocabulary of the model that verifies.
pub trait Vocabulary: Debug + Send + Sync {
    /// Tokens have ids below this.
    fn size(&self) -> u32;
    /// The bytes of a token, a control token's as they are written.
    fn spell(&self, token: u32) -> Vec<u8>;
    /// The tokens of a text, all of it ordinary.
    fn tokenize(&self, text: &str) -> Vec<u32>;
}

/// The tokens of a text that goes on where another one ends.
///
/// Some vocabularies begin every text with a space that it does not have. In front of such a text stands a line break
/// while it is tokenised. Empty when the tokens would spell anything else than the text.
#[must_use]
pub fn continuation(vocabulary: &dyn Vocabulary, text: &str) -> Vec<u32> {
    const ANCHOR: &str = "\n";
    let tokens = vocabulary.tokenize(text);
    if spells(vocabulary, &tokens, text) {
        return tokens;
    }
    let anchored = vocabulary.tokenize(&format!("{ANCHOR}{text}"));
    let after = (1..anchored.len()).find(|&n| {
        let (before, rest) = anchored.split_at(n);
        before.iter().flat_map(|&t| vocabulary.spell(t)).last() == Some(b'\n') && spells(vocabulary, rest, text)
    });
    after.map(|n| anchored.get(n..).unwrap_or_default().to_vec()).unwrap_or_default()
}

fn spells(vocabulary: &dyn Vocabulary, tokens: &[u32], text: &str) -> bool {
    let mut left = text.as_bytes();
    tokens.iter().all(|&token| match left.strip_prefix(vocabulary.spell(token).as_slice()) {
        Some(rest) => {
            left = rest;
            true
        }
        None => false,
    }) && left.is_empty()
}

/// What is wrong with a guess that came from outside.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum GuessError {
    #[error("{got} tokens where at most {max} were asked for")]
    TooMany { got: usize, max: usize },
    #[error("token {0} is not in the vocabulary")]
    Token(u32),
    #[error("{tokens} tokens came with {probabilities} probabilities")]
    Count { tokens: usize, probabilities: usize },
    #[error("a probability is not between 0 and 1")]
    Probability,
    #[error("the text is not UTF-8")]
    Text,
}

/// A guess in ids of this vocabulary.
///
/// # Errors
/// When it is not one.
pub fn guess_of_tokens(
    tokens: Vec<u32>,
    probabilities: Vec<f32>,
    max: usize,
    vocabulary: &dyn Vocabulary,
) -> Result<Draft, GuessError> {
    check_probabilities(&probabilities)?;
    if tokens.len() > max {
        return Err(GuessError::TooMany { got: tokens.len(), max });
    }
    if tokens.len() != probabilities.len() {
        return Err(GuessError::Count { tokens: tokens.len(), probabilities: probabilities.len() });
    }
    match tokens.iter().find(|&&token| token >= vocabulary.size()) {
        Some(&token) => Err(GuessError::Token(token)),
        None => Ok(Draft { source: Source::Model, tokens, confidence: probabilities }),
    }
}

/// A guess as text, with one probability for each token of the vocabulary that it was made in. Where those tokens begin
/// is not known here, so each of ours is as likely as it must be for the whole to be as likely as it was.
///
/// # Errors
/// When it is not one.
pub fn guess_of_text(
    text: &[u8],
    probabilities: &[f32],
    max: usize,
    vocabulary: &dyn Vocabulary,
) -> Result<Draft, GuessError> {
    check_probabilities(probabilities)?;
    if probabilities.len() > max || text.len() > TEXT_BYTES_MAX {
        return Err(GuessError::TooMany { got: probabilities.len(), max });
    }
    if probabilities.is_empty() && !text.is_empty() {
        return Err(GuessError::Count { tokens: 1, probabilities: 0 });
    }
    let text = std::str::from_utf8(text).map_err(|_| GuessError::Text)?;
    let mut tokens = continuation(vocabulary, text);
    if let Some(&token) = tokens.iter().find(|&&token| token >= vocabulary.size()) {
        return Err(GuessError::Token(token));
    }
    let whole: f32 = probabilities.iter().product();
    let each = whole.powf(1.0 / tokens.len().max(1) as f32);
    tokens.truncate(max);
    let confidence = vec![each; tokens.len()];
    Ok(Draft { source: Source::Model, tokens, confidence })
}

fn check_probabilities(probabilities: &[f32]) -> Result<(), GuessError> {
    let sound = probabilities.iter().all(|p| (0.0..=1.0).contains(p));
    sound.then_some(()).ok_or(GuessError::Probability)
}

/// Learns what asking costs, from how long each call took: so much for asking, and so much for each token. Normalised
/// least mean squares, so that calls of one length alone never make the two diverge.
#[derive(Debug, Clone, PartialEq)]
pub struct Meter {
    ms_per_token: f64,
    ms_per_call: f64,
    /// On a computer whose stalls drown everything else, tokens could seem free, and no guess too long.
    ms_per_token_min: f64,
}

impl Meter {
    /// Begins with what one token was measured to take; asking has a token to read too. No later call is taken as a
    /// sign that a token takes less than a quarter of it.
    #[must_use]
    pub const fn new(ms_per_token: f64) -> Self {
        Self { ms_per_token, ms_per_call: ms_per_token, ms_per_token_min: ms_per_token / 4.0 }
    }

    #[must_use]
    pub const fn cost(&self) -> DraftCost {
        DraftCost { ms_per_token: self.ms_per_token, ms_per_call: self.ms_per_call, ms_to_read: 0.0 }
    }

    #[must_use]
    pub fn expected_ms(&self, tokens: u32) -> f64 {
        self.ms_per_call + self.ms_per_token * f64::from(tokens)
    }

    /// A call for so many tokens took this long.
    pub fn observe(&mut self, tokens: u32, ms: f64) {
        const RATE: f64 = 0.2;
        // One stall of the computer is no reason to think that all calls are like it.
        const STALL: f64 = 3.0;
        let expected = self.expected_ms(tokens);
        let error = (ms - expected).clamp(-expected, STALL * expected);
        if !error.is_finite() {
            return;
        }
        let tokens = f64::from(tokens);
        let step = RATE * error / (1.0 + tokens * tokens);
        self.ms_per_token = (self.ms_per_token + step * tokens).max(self.ms_per_token_min);
        self.ms_per_call = (self.ms_per_call + step).max(0.0);
    }
}

#[cfg(test)]
mod tests;

//! Text with an index of its short runs, so that the places where it went as it goes now are found quickly.

use std::collections::HashMap;

/// The most tokens of one text that are remembered; beyond it the older half is forgotten. About 100 bytes for each.
pub const TEXT_TOKENS_MAX: usize = 1 << 16;
/// Divides texts that have nothing to do with each other. No vocabulary has it.
pub(super) const BOUNDARY: u32 = u32::MAX;
/// Longer matches tell no more.
pub(super) const MATCH_TOKENS_MAX: u32 = 64;
/// The lengths of the runs that are indexed. The shortest is the shortest match.
const RUNS: [usize; 3] = [8, 4, 2];
/// How many places are looked at for each length, latest first, and from how many on no shorter runs are looked at.
const PLACES_MAX: usize = 24;
const PLACES_ENOUGH: usize = 8;

/// A place before the end of a text that is preceded by the same tokens as the place where it is to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Match {
    /// Where it goes on: the index of a token that there is.
    pub(super) next: usize,
    /// How many tokens before are the same: 2 to [`MATCH_TOKENS_MAX`].
    pub(super) len: u32,
}

#[derive(Debug)]
pub(super) struct Text {
    tokens: Vec<u32>,
    tokens_max: usize,
    /// Tokens since the last boundary.
    whole: usize,
    runs: [Runs; RUNS.len()],
}

/// Where the runs of one length end.
#[derive(Debug, Default)]
struct Runs {
    /// Where a run ended last, by its digest. A digest that two runs share costs a look; the tokens are compared.
    last: HashMap<u64, u32>,
    /// For each place where it ended before that; 0 is nowhere.
    before: Vec<u32>,
}

impl Text {
    /// Remembers between half of `tokens_max` and all of it once it has seen so many.
    pub(super) fn new(tokens_max: usize) -> Self {
        let tokens_max = tokens_max.min(TEXT_TOKENS_MAX);
        Self { tokens: Vec::new(), tokens_max, whole: 0, runs: Default::default() }
    }

    pub(super) fn tokens(&self) -> &[u32] {
        &self.tokens
    }

    /// Says how many of the oldest tokens it forgot for it.
    pub(super) fn push(&mut self, token: u32) -> usize {
        if self.tokens_max == 0 {
            return 0;
        }
        let before = self.tokens.len();
        if before == self.tokens_max {
            let kept = self.tokens.split_off(self.tokens_max.div_ceil(2));
            *self = Self::new(self.tokens_max);
            self.extend(&kept);
        }
        self.tokens.push(token);
        self.whole = if token == BOUNDARY { 0 } else { self.whole + 1 };
        let end = u32::try_from(self.tokens.len()).unwrap_or(0);
        for (len, runs) in RUNS.into_iter().zip(&mut self.runs) {
            let before = if self.whole >= len { runs.last.insert(digest(&self.tokens, len), end) } else { None };
            runs.before.push(before.unwrap_or(0));
        }
        before + 1 - self.tokens.len()
    }

    /// As often [`Self::push`], but what would be forgotten at once is not looked at.
    pub(super) fn extend(&mut self, tokens: &[u32]) {
        for &token in &tokens[tokens.len().saturating_sub(self.tokens_max)..] {
            self.push(token);
        }
    }

    /// Places where this text goes on after the same tokens that `end` ends with, in no order, each once: the latest few
    /// for each length of run, longest first.
    pub(super) fn matches(&self, end: &[u32], found: &mut Vec<Match>) {
        found.clear();
        for (len, runs) in RUNS.into_iter().zip(&self.runs) {
            if end.len() < len || found.len() >= PLACES_ENOUGH {
                continue;
            }
            let mut place = runs.last.get(&digest(end, len)).copied().unwrap_or(0) as usize;
            for _ in 0..PLACES_MAX {
                if place == 0 {
                    break;
                }
                let goes_on = self.tokens.get(place).is_some_and(|&token| token != BOUNDARY);
                if goes_on && found.iter().all(|other| other.next != place) {
                    let same = common(&self.tokens[..place], end);
                    if same as usize >= len {
                        found.push(Match { next: place, len: same });
                    }
                }
                place = runs.before[place - 1] as usize;
            }
        }
    }
}

/// How many tokens before the end are the same in both, up to a boundary and [`MATCH_TOKENS_MAX`].
fn common(a: &[u32], b: &[u32]) -> u32 {
    let same = a.iter().rev().zip(b.iter().rev()).take_while(|(a, b)| a == b && **a != BOUNDARY);
    (0..MATCH_TOKENS_MAX).zip(same).map(|(n, _)| n + 1).last().unwrap_or(0)
}

/// Of the last `len` tokens.
fn digest(tokens: &[u32], len: usize) -> u64 {
    // An odd number without a pattern: the fractional part of the golden ratio.
    const SPREAD: u64 = 0x9E37_79B9_7F4A_7C15;
    tokens[tokens.len() - len..].iter().fold(len as u64, |sum, &token| {
        let mixed = (sum ^ u64::from(token)).wrapping_mul(SPREAD);
        mixed ^ (mixed >> 29)
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn text(tokens: &[u32], tokens_max: usize) -> Text {
        let mut text = Text::new(tokens_max);
        text.extend(tokens);
        text
    }

    fn found(text: &Text, end: &[u32]) -> Vec<(usize, u32)> {
        let mut matches = Vec::new();
        text.matches(end, &mut matches);
        matches.sort_by_key(|m| m.next);
        matches.iter().map(|m| (m.next, m.len)).collect()
    }

    #[test]
    fn the_same_tokens_are_found_and_counted() {
        let tokens = [1, 2, 3, 9, 2, 3, 8, 1, 2, 3];
        assert_eq!(found(&text(&tokens, 100), &tokens), [(3, 3), (6, 2)]);
        assert_eq!(found(&text(&tokens, 100), &[3]), [], "one token is no match");
        assert_eq!(found(&text(&tokens, 100), &[7, 8, 1]), [(8, 2)]);
    }

    #[test]
    fn nothing_matches_across_a_boundary_or_goes_on_behind_it() {
        let tokens = [1, 2, BOUNDARY, 3, 1, BOUNDARY, 2, 3, 4];
        assert_eq!(found(&text(&tokens, 100), &[1, 2]), []);
        assert_eq!(found(&text(&tokens, 100), &[1, BOUNDARY, 2, 3]), [(8, 2)]);
        assert_eq!(found(&text(&tokens, 100), &[2, BOUNDARY, 3]), []);
    }

    #[test]
    fn a_long_match_far_back_is_found_among_many_short_ones() {
        let mut tokens: Vec<u32> = (100..120).collect();
        for i in 0..500 {
            tokens.extend([1000 + i, 110, 111]);
        }
        let end = [107, 108, 109, 110, 111];
        assert!(found(&text(&tokens, 4000), &end).contains(&(12, 5)));
    }

    #[test]
    fn without_place_nothing_is_kept() {
        let tokens = text(&[1, 2, 1, 2], 0);
        assert_eq!((tokens.tokens().len(), found(&tokens, &[1, 2])), (0, vec![]));
    }

    proptest! {
        #[test]
        fn what_is_found_is_there_and_memory_is_bounded(
            tokens in proptest::collection::vec(prop_oneof![9 => 0_u32..5, 1 => Just(BOUNDARY)], 0..400),
            tokens_max in 1_usize..120,
        ) {
            let mut text = Text::new(tokens_max);
            for &token in &tokens {
                text.push(token);
                prop_assert!(text.tokens.len() <= tokens_max);
                for runs in &text.runs {
                    prop_assert!(runs.last.len() <= tokens_max && runs.before.len() == text.tokens.len());
                }
            }
            prop_assert!(text.tokens.len() >= tokens.len().min(tokens_max / 2));
            prop_assert!(tokens.ends_with(&text.tokens));
            let own = text.tokens.clone();
            for (next, len) in found(&text, &own) {
                let len = len as usize;
                prop_assert!(next < own.len() && own[next] != BOUNDARY);
                prop_assert_eq!(&own[next - len..next], &own[own.len() - len..]);
                let longer = next > len && own.len() > len && own[next - len - 1] == own[own.len() - len - 1];
                prop_assert!(!longer || own[next - len - 1] == BOUNDARY || len == MATCH_TOKENS_MAX as usize);
            }
        }
    }
}

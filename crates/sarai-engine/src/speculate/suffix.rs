//! Guesses from what was said before: where the text went as it goes now, it may go on as it went on there.
//!
//! All places that were preceded by the same tokens vote for what followed them, each with a weight that doubles with
//! every token more that is the same, so that a long match outvotes many short ones and equals are counted. After the
//! first guessed token those that said otherwise are silent, so a draft is always a text that did follow somewhere. The
//! idea of drafts from the frequencies of suffixes: Oliaro et al., "SuffixDecoding", 2024.
//!
//! A text that is copied with changes is followed beside that: see [`Follower`]. Where it says the same as the votes, what
//! it says goes further, because it knows which changes are made again.
//!
//! How sure a guess is follows from the length of the match and the share of the votes, and is corrected by how often
//! such guesses came true in this answer. That costs no batch: each token that is said, by whatever means, shows whether
//! the guess that could have been made was right.

use super::follow::Follower;
use super::luck::{CONFIDENCES, Rate, confidence_class};
use super::text::{BOUNDARY, MATCH_TOKENS_MAX, Match, TEXT_TOKENS_MAX, Text};
use super::{Draft, Source};

/// A draft ends where it is no likelier than this to be right as a whole: no batch is worth that.
const CHANCE_MIN: f32 = 0.02;
/// The longest draft, as it is the longest that one batch verifies.
const DRAFT_TOKENS_MAX: usize = sarai_types::DRAFT_TOKENS_MAX as usize;
/// A match of this many tokens squared is as likely right as wrong; fitted to no text in particular.
const EVEN_LEN_SQUARED: f32 = 8.0;
/// The matches beyond this length have the same vote.
const VOTE_LEN_MAX: u32 = 20;
/// How many guesses that first estimate is worth beside what was seen.
const ESTIMATE_WORTH: f32 = 4.0;
/// How much of what was seen of guesses is left after each next one.
const MEMORY: f32 = 1.0 - 1.0 / 64.0;

/// Finds what followed when the text last went as it goes now: in the prompt, in the answer so far, and in what the
/// same owner got before.
#[derive(Debug)]
pub struct Suffixes {
    text: Text,
    /// Where the text went as it goes now.
    matches: Vec<Match>,
    /// What would be guessed as the next token, and how sure that would be before it is corrected.
    next: Option<Vote>,
    seen: [Rate; CONFIDENCES],
    follower: Follower,
}

/// What the places that match say about one token.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Vote {
    token: u32,
    /// By match and share alone.
    confidence: f32,
}

impl Suffixes {
    /// For one answer. Of prompt and answer together it remembers at least the last half of [`TEXT_TOKENS_MAX`].
    #[must_use]
    pub fn new(prompt: &[u32]) -> Self {
        let mut text = Text::new(TEXT_TOKENS_MAX);
        text.extend(prompt);
        let mut suffixes =
            Self { text, matches: Vec::new(), next: None, seen: Default::default(), follower: Follower::default() };
        suffixes.look();
        suffixes
    }

    /// The text went on with this token.
    pub fn push(&mut self, token: u32) {
        if let Some(vote) = self.next {
            self.seen[confidence_class(vote.confidence)].note(vote.token == token, MEMORY);
        }
        self.follower.push(self.text.tokens(), token);
        if self.text.push(token) > 0 {
            self.follower.lose();
        }
        self.look();
        self.follower.find(&self.matches);
    }

    /// How the text may go on, at most `tokens_max` tokens; none if it never went like this. On equal chances what was
    /// said in this conversation goes before what was said in others.
    #[must_use]
    pub fn draft(&self, earlier: &Earlier, tokens_max: usize) -> Option<Draft> {
        let copy = self.copy(tokens_max);
        let own = self.voted(&self.text, &self.matches, tokens_max);
        let mut matches = Vec::new();
        earlier.text.matches(self.text.tokens(), &mut matches);
        let other = self.voted(&earlier.text, &matches, tokens_max);
        let voted = if expected(&other) > expected(&own) { other } else { own };
        let agree = copy.tokens.first().is_some_and(|first| voted.tokens.first() == Some(first));
        let best = if agree || expected(&copy) > expected(&voted) { copy } else { voted };
        (!best.tokens.is_empty()).then_some(best)
    }

    /// How the text goes on as a copy with changes.
    fn copy(&self, tokens_max: usize) -> Draft {
        let guesses = self.follower.draft(self.text.tokens(), tokens_max.min(DRAFT_TOKENS_MAX));
        let mut draft = Draft { source: Source::Suffix, tokens: Vec::new(), confidence: Vec::new() };
        let mut chance = 1.0;
        for guess in guesses {
            chance *= guess.confidence;
            if chance < CHANCE_MIN {
                break;
            }
            draft.tokens.push(guess.token);
            draft.confidence.push(guess.confidence);
        }
        draft
    }

    fn look(&mut self) {
        self.text.matches(self.text.tokens(), &mut self.matches);
        self.next = Ballot::default().vote(self.text.tokens(), &self.matches);
    }

    /// How `text` goes on from the places that match, by their votes.
    fn voted(&self, text: &Text, matches: &[Match], tokens_max: usize) -> Draft {
        let mut draft = Draft { source: Source::Suffix, tokens: Vec::new(), confidence: Vec::new() };
        let mut ballot = Ballot::default();
        let mut going = matches.to_vec();
        let mut chance = 1.0;
        while draft.tokens.len() < tokens_max.min(DRAFT_TOKENS_MAX) {
            let Some(vote) = ballot.vote(text.tokens(), &going) else { break };
            let confidence = self.corrected(vote.confidence);
            chance *= confidence;
            if chance < CHANCE_MIN {
                break;
            }
            draft.tokens.push(vote.token);
            draft.confidence.push(confidence);
            going.retain_mut(|place| {
                let follows = text.tokens()[place.next] == vote.token;
                place.next += 1;
                place.len = (place.len + 1).min(MATCH_TOKENS_MAX);
                follows && text.tokens().get(place.next).is_some_and(|&token| token != BOUNDARY)
            });
        }
        draft
    }

    fn corrected(&self, confidence: f32) -> f32 {
        self.seen[confidence_class(confidence)].blend(confidence, ESTIMATE_WORTH)
    }
}

/// How many of the draft's tokens are expected to be right.
fn expected(draft: &Draft) -> f32 {
    draft
        .confidence
        .iter()
        .scan(1.0, |chance, confidence| {
            *chance *= confidence;
            Some(*chance)
        })
        .sum()
}

/// Counts votes; keeps its buffer from count to count.
#[derive(Debug, Default)]
struct Ballot {
    tallies: Vec<Tally>,
}

#[derive(Debug, Clone, Copy)]
struct Tally {
    token: u32,
    weight: f32,
    /// The longest match, and the latest place.
    len: u32,
    latest: usize,
}

impl Ballot {
    /// The token with the most votes; of equals the one that was said last.
    fn vote(&mut self, text: &[u32], places: &[Match]) -> Option<Vote> {
        self.tallies.clear();
        for place in places {
            let token = text[place.next];
            let weight = (1_u32 << place.len.min(VOTE_LEN_MAX)) as f32;
            match self.tallies.iter_mut().find(|tally| tally.token == token) {
                Some(tally) => {
                    tally.weight += weight;
                    tally.len = tally.len.max(place.len);
                    tally.latest = tally.latest.max(place.next);
                }
                None => self.tallies.push(Tally { token, weight, len: place.len, latest: place.next }),
            }
        }
        let all: f32 = self.tallies.iter().map(|tally| tally.weight).sum();
        let best = self.tallies.iter().max_by(|a, b| a.weight.total_cmp(&b.weight).then(a.latest.cmp(&b.latest)))?;
        let len_squared = (best.len * best.len) as f32;
        // So many witnesses of the longest match's weight agree; each fourth halves the doubt.
        let witnesses = best.weight / (1_u32 << best.len.min(VOTE_LEN_MAX)) as f32;
        let doubt = EVEN_LEN_SQUARED / (len_squared + EVEN_LEN_SQUARED) / witnesses.sqrt();
        Some(Vote { token: best.token, confidence: (1.0 - doubt) * best.weight / all })
    }
}

/// Earlier answers of this owner, bounded.
#[derive(Debug)]
pub struct Earlier {
    text: Text,
    tokens_max: usize,
}

impl Earlier {
    /// Remembers at least the last half of `tokens_max` tokens of answers, [`TEXT_TOKENS_MAX`] at most; none with 0.
    #[must_use]
    pub fn new(tokens_max: usize) -> Self {
        Self { text: Text::new(tokens_max), tokens_max }
    }

    /// Call it with whole answers: texts that are added one after the other are not taken for one.
    pub fn add(&mut self, answer: &[u32]) {
        self.text.push(BOUNDARY);
        self.text.extend(answer);
    }

    /// Forgets everything.
    pub fn clear(&mut self) {
        self.text = Text::new(self.tokens_max);
    }
}

#[cfg(test)]
mod tests {
    use proptest::collection::vec;
    use proptest::prelude::*;

    use super::*;

    fn draft(prompt: &[u32], said: &[u32], earlier: &[&[u32]], tokens_max: usize) -> Option<Draft> {
        let mut before = Earlier::new(10_000);
        earlier.iter().for_each(|answer| before.add(answer));
        let mut suffixes = Suffixes::new(prompt);
        said.iter().for_each(|&token| suffixes.push(token));
        suffixes.draft(&before, tokens_max)
    }

    fn tokens(draft: Option<Draft>) -> Vec<u32> {
        draft.map(|draft| draft.tokens).unwrap_or_default()
    }

    #[test]
    fn it_goes_on_as_it_went() {
        let prompt: Vec<u32> = (1..30).collect();
        assert_eq!(tokens(draft(&prompt, &[3, 4, 5, 6], &[], 4)), [7, 8, 9, 10]);
        assert_eq!(draft(&prompt, &[50, 51], &[], 4), None);
        assert_eq!(tokens(draft(&prompt, &[26, 27, 28], &[], 9)), [29, 26, 27, 28], "up to the end of what was said");
        assert_eq!(draft(&[], &[], &[&[1, 2]], 4), None);
        assert_eq!(draft(&prompt, &[3, 4, 5], &[], 0), None);
    }

    #[test]
    fn a_longer_match_outvotes_then_the_frequent_then_the_latest() {
        assert_eq!(tokens(draft(&[1, 2, 3, 7, 5, 2, 3, 8], &[1, 2, 3], &[], 1)), [7]);
        assert_eq!(tokens(draft(&[0, 2, 3, 7, 5, 2, 3, 8, 6], &[2, 3], &[], 1)), [8]);
        assert_eq!(tokens(draft(&[0, 2, 3, 7, 5, 2, 3, 8, 6, 2, 3, 7, 4, 2, 3, 9], &[99, 2, 3], &[], 1)), [7]);
    }

    #[test]
    fn earlier_answers_help_where_this_one_cannot() {
        let earlier: &[&[u32]] = &[&[1, 2, 3, 4, 5, 6], &[9, 9, 9]];
        assert_eq!(tokens(draft(&[7], &[2, 3, 4], earlier, 9)), [5, 6]);
        assert_eq!(tokens(draft(&[2, 3, 4, 8], &[2, 3, 4], earlier, 1)), [8], "the prompt goes first");
        let mut before = Earlier::new(100);
        before.add(&[1, 2, 3]);
        before.clear();
        assert_eq!(Suffixes::new(&[1, 2]).draft(&before, 3), None);
        let mut none = Earlier::new(0);
        none.add(&[1, 2, 3]);
        assert_eq!(Suffixes::new(&[1, 2]).draft(&none, 3), None);
    }

    #[test]
    fn a_long_match_is_sure_and_a_short_one_is_not() {
        let prompt: Vec<u32> = (0..100).collect();
        let sure = |len: u32| {
            let said: Vec<u32> = std::iter::once(500).chain(40 - len..40).collect();
            // Without the guesses of this answer, which were all right.
            Suffixes::new(&[&prompt[..], &said].concat()).draft(&Earlier::new(0), 1).unwrap().confidence[0]
        };
        assert!(sure(2) < 0.4, "{}", sure(2));
        assert!(sure(12) > 0.9, "{}", sure(12));
        assert!((2..30).all(|len| sure(len) <= sure(len + 1)));
    }

    #[test]
    fn confidence_becomes_what_comes_true() {
        // So many tokens of the prompt, then something new; over and over. Of the guesses about as sure as the last one
        // of each piece, none is right when pieces have two tokens, one in two with three, and so on.
        let prompt: Vec<u32> = (0..4000).collect();
        for (len, least, most) in [(2, 0.0, 0.15), (3, 0.0, 0.3), (12, 0.6, 0.85)] {
            let mut suffixes = Suffixes::new(&prompt);
            let mut confidence = Vec::new();
            for i in 0..30 {
                (i * 50..i * 50 + len).for_each(|token| suffixes.push(token));
                confidence.push(
                    suffixes.voted(&suffixes.text, &suffixes.matches, 1).confidence.first().copied().unwrap_or(0.0),
                );
                suffixes.push(5000 + i);
            }
            let last = confidence[29];
            assert!((least..=most).contains(&last), "{len}: {confidence:?}");
        }
    }

    #[test]
    fn endless_text_and_answers_stay_bounded() {
        let mut suffixes = Suffixes::new(&vec![1; TEXT_TOKENS_MAX + 10]);
        let mut earlier = Earlier::new(1000);
        for token in 0..3000 {
            suffixes.push(token % 700);
            earlier.add(&[token, token + 1]);
            assert!(suffixes.text.tokens().len() <= TEXT_TOKENS_MAX && earlier.text.tokens().len() <= 1000);
        }
        assert_eq!(suffixes.draft(&earlier, 63).map(|draft| draft.tokens.len()), Some(63));
    }

    proptest! {
        #[test]
        fn every_vote_did_follow_what_it_follows_now(
            prompt in vec(0_u32..6, 0..150),
            said in vec(0_u32..6, 0..150),
            answers in vec(vec(0_u32..6, 0..60), 0..4),
            tokens_max in 1_usize..80,
        ) {
            let answers: Vec<&[u32]> = answers.iter().map(Vec::as_slice).collect();
            let text = [&prompt[..], &said].concat();
            let mut before = Earlier::new(10_000);
            answers.iter().for_each(|answer| before.add(answer));
            let mut suffixes = Suffixes::new(&prompt);
            said.iter().for_each(|&token| suffixes.push(token));
            let mut matches = Vec::new();
            before.text.matches(suffixes.text.tokens(), &mut matches);
            let own = suffixes.voted(&suffixes.text, &suffixes.matches, tokens_max);
            let other = suffixes.voted(&before.text, &matches, tokens_max);
            for draft in [own, other].into_iter().filter(|draft| !draft.tokens.is_empty()) {
                prop_assert!(draft.tokens.len() <= tokens_max.min(DRAFT_TOKENS_MAX));
                prop_assert_eq!(draft.tokens.len(), draft.confidence.len());
                prop_assert!(draft.confidence.iter().all(|c| (0.0..=1.0).contains(c)));
                let whole = [&text[text.len() - 2..], &draft.tokens].concat();
                let said = |text: &[u32]| text.windows(whole.len()).any(|window| window == whole);
                prop_assert!(said(&text) || answers.iter().any(|answer| said(answer)));
            }
        }
    }
}

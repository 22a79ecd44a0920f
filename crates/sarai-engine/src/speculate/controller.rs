//! How many tokens to guess before each batch of an answer.
//!
//! # What is best
//! A batch has `b` tokens anyway and takes T(b). With k guesses it takes T(b + k), and says b + E(k) tokens, where E(k) is
//! the sum, for each guess, of the chance that it and all before it are right. The best k is that with the most tokens
//! per time, (b + E(k)) / (T(b + k) + asking), and none unless it beats b / T(b) by a margin that grows with each loss.
//! With b = 1 that is the speed of this answer; with more, all that share the batch count alike, so that one answer's
//! guesses are not paid for by the others. The chances blend the source's own word with how often it was true, by how
//! sure the source was.
//!
//! # What is certain
//! Chances can be wrong, so they only choose; what may be lost is bounded by an account. It begins with a small credit in
//! tokens ([`CREDIT_START`]) and gains [`CREDIT_PER_TOKEN`] for each token said. A round books the tokens that were guessed
//! right less what the batch cost beyond a plain one, and no round begins that could overdraw the account if every guess
//! were wrong. So whatever the text, an answer never takes longer than without guesses but for that credit and share, as
//! far as the staircase is true; what was won may be risked again, up to [`CREDIT_MAX`]. Losses are carried on to the next
//! answer, gains are not.
//!
//! One wrong guess at the beginning of a long copy must not cost all of it, nor must a copy begin with short drafts only
//! because nothing was won yet. So while the account forbids all drafts that would pay, it lends a share of what they
//! promise; and where it allows one that is sure, what a longer one promises beyond that: [`LOAN_MAX`] in all, and no more
//! until that is won back.
//!
//! A source that lost lately rests, longer each time and the more it lost. What was seen of it fades, so that it is tried
//! again; the account pays for that too.

use std::collections::VecDeque;

use sarai_types::{DRAFT_TOKENS_MAX, Speculation};

use super::luck::CREDIT_START;
#[cfg(doc)]
use super::luck::LOAN_MAX;
use super::{Draft, DraftCost, Luck, Source, Staircase};

/// What guessing must promise over not guessing.
pub(super) const GAIN_MIN: f64 = 0.03;
/// By how much more for each loss in a row, and at most.
const GAIN_MAX: f64 = 0.3;
/// Tokens of credit for each token said, while there is less than an answer begins with.
const CREDIT_PER_TOKEN: f32 = 0.01;
/// What may be risked of what was won: about the cost of the longest draft.
const CREDIT_MAX: f32 = 32.0;
/// What guesses cost while nothing is measured, in tokens, for any and for each: a little more than on the computers that
/// were.
const UNKNOWN_COST: f64 = 0.6;
const UNKNOWN_COST_EACH: f64 = 0.75;
/// How much of the tokens that it prevented a draft from winning, by its word, the account lends.
const LENT: f32 = 0.1;
/// It lends all of them to a draft whose first token is this sure, if a shorter one is allowed already.
const LENT_IF_SURE: f32 = 0.95;
/// How much of a source's gains lately is left after each round.
const GAIN_MEMORY: f32 = 0.8;
/// Rounds of rest for each token lost in a round, after the first loss that makes a source rest and after the last.
const REST_FIRST: u32 = 4;
const REST_LAST: u32 = 256;
/// The seed's policy: the least acceptance, and how many rounds it looks back.
const MIN_ACCEPTANCE: f32 = 0.6;
const HIGH_ACCEPTANCE: f32 = 0.8;
const ACCEPTANCE_ROUNDS: usize = 10;

/// Decides, for one answer, how many tokens to guess before each batch.
#[derive(Debug)]
pub struct Controller {
    policy: Speculation,
    luck: Luck,
    /// The credit that the answer began with.
    begun: f32,
    suffix: State,
    model: State,
    /// What a source was asked for and has not delivered.
    asked: Option<Asked>,
    /// What is to be verified.
    kept: Option<Kept>,
    /// The shares that were right in the last rounds, for the seed's policy, and whether it gave up.
    shares: VecDeque<f32>,
    gave_up: bool,
    fallbacks: u32,
}

/// Of one source, in this answer.
#[derive(Debug, Clone, Copy, Default)]
struct State {
    lost: bool,
    /// Tokens won in a round, lately.
    gain: f32,
    /// Losses in a row.
    losses: u32,
    /// Rounds left to rest, and how many for each token lost the next time.
    rest: f32,
    next_rest: u32,
}

#[derive(Debug, Clone, Copy)]
struct Asked {
    source: Source,
    cost: Option<DraftCost>,
    tokens: u32,
    price_ms: f64,
}

#[derive(Debug)]
struct Kept {
    source: Source,
    confidence: Vec<f32>,
    /// Tokens that are lost if none is right.
    risk: f32,
}

/// What batches cost, measured in a batch of the tokens that there are anyway.
#[derive(Debug, Clone, Copy)]
struct Prices<'a> {
    costs: Option<&'a Staircase>,
    beside: u32,
}

impl Prices<'_> {
    fn new(costs: Option<&Staircase>, beside: u32) -> Prices<'_> {
        Prices { costs, beside: beside.max(1) }
    }

    /// What one token's worth of a plain batch takes, in milliseconds; 1 if that is not known.
    fn token_ms(self) -> f64 {
        self.costs.map_or(1.0, |costs| costs.ms(self.beside) / f64::from(self.beside))
    }

    /// Tokens that could have been said in the time that so many guesses add to a batch.
    fn tokens(self, guesses: u32) -> f64 {
        match self.costs {
            Some(costs) => (costs.ms(self.beside.saturating_add(guesses)) - costs.ms(self.beside)) / self.token_ms(),
            None => UNKNOWN_COST + UNKNOWN_COST_EACH * f64::from(guesses),
        }
    }

    /// The tokens that such a batch promises beyond those that would have been said in its time.
    fn won(self, guesses: u32, gain: f64) -> f64 {
        gain * (f64::from(self.beside) + self.tokens(guesses))
    }

    /// The most tokens per time, as a gain over none: the number of guesses and the gain. `chance` is that of each guess
    /// given those before it, `asking` what so many cost beside the batch, in tokens; no more than `credit` is risked.
    fn best(
        self,
        guesses_max: u32,
        credit: f32,
        chance: impl Fn(usize) -> f32,
        asking: impl Fn(u32) -> f64,
    ) -> (u32, f64) {
        let plain = f64::from(self.beside);
        let (mut best, mut all, mut expected) = ((0, 0.0), 1.0, 0.0);
        for guesses in 1..=guesses_max {
            all *= f64::from(chance(guesses as usize - 1));
            expected += all;
            let cost = self.tokens(guesses) + asking(guesses);
            let gain = (plain + expected) / (plain + cost) - 1.0;
            if gain > best.1 && cost <= f64::from(credit) {
                best = (guesses, gain);
            }
        }
        best
    }
}

impl Controller {
    #[must_use]
    pub fn new(policy: Speculation, luck: &Luck) -> Self {
        Self {
            policy,
            luck: luck.clone(),
            begun: luck.credit,
            suffix: State::default(),
            model: State::default(),
            asked: None,
            kept: None,
            shares: VecDeque::new(),
            gave_up: false,
            fallbacks: 0,
        }
    }

    /// How many tokens at most a source is to be asked for now; 0 is: do not ask. `beside` are the tokens that the batch
    /// has anyway (at least this answer's own one), `room` the most that the batch or the answer has place for.
    /// `cost` is what asking costs; none for a source that is free, and for a draft model that was not measured, which
    /// [`Speculation::Auto`] does not ask.
    pub fn ask(
        &mut self,
        source: Source,
        costs: Option<&Staircase>,
        cost: Option<DraftCost>,
        beside: u32,
        room: u32,
    ) -> u32 {
        self.settle();
        let room = room.min(u32::from(DRAFT_TOKENS_MAX));
        if self.state(source).lost {
            return 0;
        }
        let prices = Prices::new(costs, beside);
        let tokens = match self.policy {
            Speculation::Auto if self.state(source).rest >= 1.0 => 0,
            Speculation::Auto => match source {
                Source::Suffix => room,
                Source::Model => self.ask_model(prices, cost, room),
            },
            Speculation::Off => 0,
            Speculation::Acceptance => self.by_acceptance().min(room),
            Speculation::Fixed(k) => u32::from(k).min(room),
        };
        if tokens > 0 {
            self.asked = Some(Asked { source, cost, tokens, price_ms: prices.token_ms() });
        }
        tokens
    }

    /// A draft model is asked if it pays even when its word turns out as good as can be hoped.
    fn ask_model(&self, prices: Prices<'_>, cost: Option<DraftCost>, room: u32) -> u32 {
        let (Some(cost), true) = (cost, prices.costs.is_some()) else { return 0 };
        let record = self.luck.of(Source::Model);
        let asking = |tokens| cost.ms(tokens) / prices.token_ms();
        let credit = self.luck.credit - single(cost.ms_to_read / prices.token_ms());
        let (tokens, gain) = prices.best(room, credit, |place| record.hope(place), asking);
        if gain >= self.state(Source::Model).margin() { tokens } else { 0 }
    }

    /// How many tokens of a draft to verify; 0 is: none.
    pub fn keep(&mut self, draft: &Draft, costs: Option<&Staircase>, beside: u32, room: u32) -> usize {
        let tokens = draft.tokens.len().min(draft.confidence.len());
        let room = room.min(u32::from(DRAFT_TOKENS_MAX)).min(u32::try_from(tokens).unwrap_or(u32::MAX));
        let spent = self.spent(draft.source, draft.tokens.len());
        let prices = Prices::new(costs, beside);
        let kept = match self.policy {
            Speculation::Off => 0,
            Speculation::Acceptance | Speculation::Fixed(_) => self.wanted().min(room),
            Speculation::Auto => self.choose(draft, prices, room, spent),
        };
        if kept == 0 {
            if spent > 0.0 {
                self.book(draft.source, -spent);
            }
            return 0;
        }
        let kept_tokens = kept as usize;
        let risk = spent + single(prices.tokens(kept));
        self.kept = Some(Kept { source: draft.source, confidence: draft.confidence[..kept_tokens].to_vec(), risk });
        kept_tokens
    }

    /// The best number of tokens of a draft that already cost so much.
    fn choose(&mut self, draft: &Draft, prices: Prices<'_>, room: u32, spent: f32) -> u32 {
        let record = self.luck.of(draft.source);
        let margin = self.state(draft.source).margin();
        let best = |credit: f32| {
            let (tokens, gain) = prices.best(room, credit, |place| record.chance(draft.confidence[place]), |_| 0.0);
            if gain >= margin { (tokens, prices.won(tokens, gain)) } else { (0, 0.0) }
        };
        let (allowed, wins) = best(self.luck.credit - spent);
        let missed = best(f32::INFINITY).1 - wins;
        let sure = draft.confidence.first().is_some_and(|&word| word >= LENT_IF_SURE);
        let share = match allowed {
            0 => LENT,
            _ if sure => 1.0,
            _ => 0.0,
        };
        let lent = self.luck.loan(share * single(missed));
        let (kept, _) = best(self.luck.credit + lent - spent);
        self.luck.borrow(lent);
        kept
    }

    /// What came of a round: `drafted` tokens were verified, the first `accepted` were right.
    pub fn verified(&mut self, source: Source, drafted: u32, accepted: u32) {
        self.asked = None;
        let accepted = accepted.min(drafted);
        let kept = self.kept.take().filter(|kept| kept.source == source);
        if let Some(kept) = kept {
            let record = self.luck.of_mut(source);
            let tested = (accepted as usize + usize::from(accepted < drafted)).min(kept.confidence.len());
            for (place, &word) in kept.confidence.iter().enumerate().take(tested) {
                record.note(place, word, place < accepted as usize);
            }
            self.book(source, accepted as f32 - kept.risk);
        }
        if drafted > 0 {
            self.shares.push_back(accepted as f32 / drafted as f32);
            if self.shares.len() > ACCEPTANCE_ROUNDS {
                self.shares.pop_front();
            }
            if self.policy == Speculation::Acceptance && !self.gave_up {
                self.gave_up = self.shares.len() == ACCEPTANCE_ROUNDS && self.acceptance() < MIN_ACCEPTANCE;
                self.fallbacks += u32::from(self.gave_up);
            }
        }
        self.round(1.0 + accepted as f32);
    }

    /// A round without a guess.
    pub fn plain(&mut self) {
        self.settle();
        self.kept = None;
        self.round(1.0);
    }

    /// The draft model has read, and must read more before it can guess.
    pub fn reading(&mut self, source: Source) {
        if let Some(asked) = self.asked.take().filter(|asked| asked.source == source) {
            self.luck.credit -= asked.cost.map_or(0.0, |cost| single(cost.ms_to_read / asked.price_ms));
        }
    }

    /// The draft model failed or was too slow: it is not asked again in this answer.
    pub fn lost(&mut self, source: Source) {
        self.settle();
        self.kept = self.kept.take().filter(|kept| kept.source != source);
        self.state_mut(source).lost = true;
    }

    /// Takes what this answer taught into what the next one begins with.
    pub fn teach(&self, luck: &mut Luck) {
        luck.learn(self.begun, &self.luck);
    }

    /// Times that guessing was given up because it did not pay.
    #[must_use]
    pub fn fallbacks(&self) -> u32 {
        self.fallbacks
    }

    /// What was asked for and never came was asked for in vain.
    fn settle(&mut self) {
        if let Some(asked) = self.asked {
            let spent = self.spent(asked.source, asked.tokens as usize);
            if spent > 0.0 {
                self.book(asked.source, -spent);
            }
        }
    }

    /// The cost of the draft that a source was asked for, in tokens, to be booked once.
    fn spent(&mut self, source: Source, tokens: usize) -> f32 {
        let asked = self.asked.take().filter(|asked| asked.source == source);
        asked.map_or(0.0, |asked| {
            let tokens = u32::try_from(tokens).unwrap_or(u32::MAX);
            asked.cost.map_or(0.0, |cost| single((cost.ms(tokens) + cost.ms_to_read) / asked.price_ms))
        })
    }

    /// Tokens won, or lost below 0. A source whose gains of late are losses rests.
    fn book(&mut self, source: Source, gain: f32) {
        if self.policy != Speculation::Auto {
            return;
        }
        self.luck.credit = (self.luck.credit + gain).min(CREDIT_MAX);
        self.luck.repay();
        let state = self.state_mut(source);
        state.gain = state.gain * GAIN_MEMORY + gain * (1.0 - GAIN_MEMORY);
        if gain > 0.0 {
            state.losses = 0;
            state.next_rest = (state.next_rest / 2).max(REST_FIRST);
        } else if gain < 0.0 {
            state.losses = state.losses.saturating_add(1);
            if state.gain < 0.0 && state.losses > 1 {
                let for_each = state.next_rest.max(REST_FIRST);
                state.rest = -gain * for_each as f32;
                state.next_rest = (for_each * 2).min(REST_LAST);
                state.gain = 0.0;
                self.fallbacks += 1;
            }
        }
    }

    /// A round is over that said so many tokens.
    fn round(&mut self, tokens: f32) {
        self.luck.fade();
        self.suffix.rest = (self.suffix.rest - 1.0).max(0.0);
        self.model.rest = (self.model.rest - 1.0).max(0.0);
        if self.luck.credit < CREDIT_START {
            self.luck.credit += CREDIT_PER_TOKEN * tokens;
        }
    }

    /// What the policies want that do not look at costs.
    fn wanted(&self) -> u32 {
        match self.policy {
            Speculation::Fixed(k) => u32::from(k),
            Speculation::Acceptance => self.by_acceptance(),
            Speculation::Auto | Speculation::Off => 0,
        }
    }

    /// The seed's rule: 5 tokens above 0.8, 4 above 0.6 and before anything is known, else 2, by the mean of the last ten
    /// rounds. When ten rounds are below 0.6, none for the rest of the answer.
    fn by_acceptance(&self) -> u32 {
        if self.gave_up {
            0
        } else if self.shares.is_empty() {
            4
        } else if self.acceptance() > HIGH_ACCEPTANCE {
            5
        } else if self.acceptance() > MIN_ACCEPTANCE {
            4
        } else {
            2
        }
    }

    /// Rounded, so that ten times 0.6 is not below 0.6.
    fn acceptance(&self) -> f32 {
        let mean = self.shares.iter().sum::<f32>() / self.shares.len().max(1) as f32;
        (mean * 1e4).round() / 1e4
    }

    fn state(&self, source: Source) -> &State {
        match source {
            Source::Suffix => &self.suffix,
            Source::Model => &self.model,
        }
    }

    fn state_mut(&mut self, source: Source) -> &mut State {
        match source {
            Source::Suffix => &mut self.suffix,
            Source::Model => &mut self.model,
        }
    }
}

impl State {
    /// What a draft must promise: nothing beyond a gain while things go well.
    fn margin(&self) -> f64 {
        if self.gain > 0.0 && self.losses == 0 {
            return f64::MIN_POSITIVE;
        }
        (GAIN_MIN * f64::from(self.losses.saturating_add(1))).min(GAIN_MAX)
    }
}

impl DraftCost {
    fn ms(self, tokens: u32) -> f64 {
        self.ms_per_call + self.ms_per_token * f64::from(tokens)
    }
}

#[expect(clippy::cast_possible_truncation, reason = "an account in tokens needs no more than an f32")]
fn single(tokens: f64) -> f32 {
    tokens as f32
}

#[cfg(test)]
mod tests;

//! Chooses the next token from the logits of a model.
//!
//! # Key types
//! - [`Sampler`]: the settings of one request and its random numbers. The same settings, seed, logits and history give
//!   the same token on every platform: the arithmetic that decides is ours, down to the exponential function.
//! - [`Sampled`]: the token, and its probability before anything was done to it.
//! - [`top_logprobs`]: the likeliest tokens, for clients that ask.
//!
//! # Order of work
//! Penalties, top-k, top-p, min-p, temperature, draw. The truncations look at probabilities at temperature 1, so that
//! they mean the same at every temperature.
//!
//! # Cost
//! With n logits, a greedy choice reads them twice in vectorisable passes: once for the maximum and the sum of
//! exponentials together, once to find where the maximum stands. A draw adds one pass that keeps only what beats the
//! k-th best so far, O(n + k log k); nothing sorts the vocabulary, except for a nucleus that really spans it. Penalties
//! copy the logits once. Buffers live as long as the sampler.
//!
//! Logits that are NaN count as minus infinity, and a token with minus infinity is never chosen while another is left.

use std::cmp::Ordering;

use sarai_types::{Penalties, Sampling};

use crate::grammar::Mask;

/// A chosen token.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Sampled {
    pub token: u32,
    /// Natural logarithm of its probability under the logits as the model gave them: before penalties, truncation and
    /// temperature. At most 0.
    pub logprob: f32,
}

/// The settings and random numbers of one request.
#[derive(Debug, Clone)]
pub struct Sampler {
    sampling: Sampling,
    random: SplitMix64,
    /// The logits after penalties and mask. Unused while neither changes anything.
    penalised: Vec<f32>,
    /// The tokens that penalties look at, sorted.
    said: Vec<u32>,
    candidates: Vec<Choice>,
    /// What the candidates are drawn by, in their order.
    weights: Vec<f32>,
}

impl Sampler {
    /// `sampling.seed` is not looked at: whoever can draw a fresh seed has resolved it into `seed`.
    #[must_use]
    pub fn new(sampling: Sampling, seed: u64) -> Self {
        Self {
            sampling,
            random: SplitMix64 { state: seed },
            penalised: Vec::new(),
            said: Vec::new(),
            candidates: Vec::new(),
            weights: Vec::new(),
        }
    }

    /// The next token. `logits` has one value for each token of the vocabulary; `history` is what was said so far,
    /// oldest first, of which the penalties look at the last `last_n`.
    ///
    /// Without a single finite logit the choice is arbitrary but fixed, and its probability 0.
    pub fn sample(&mut self, logits: &[f32], history: &[u32]) -> Sampled {
        self.sample_within(logits, None, history)
    }

    /// The next token among those that `mask` allows. Its probability is the one among all, so that a low one shows that
    /// the model wanted something else.
    pub fn sample_within(&mut self, logits: &[f32], mask: Option<&Mask>, history: &[u32]) -> Sampled {
        let raw = Mass::of(logits);
        let token = if self.change(logits, mask, history) {
            let penalised = std::mem::take(&mut self.penalised);
            let token = self.choose(&penalised, Mass::of(&penalised));
            self.penalised = penalised;
            token
        } else {
            self.choose(logits, raw)
        };
        Sampled { token, logprob: raw.logprob(logits.get(token as usize).copied().unwrap_or(f32::NEG_INFINITY)) }
    }

    /// Draws as [`Sampler::sample`] would, for a token that needs no choice: a seed then means the same text whether or
    /// not the choice was skipped.
    pub fn skip(&mut self) {
        if self.sampling.temperature > 0.0 && self.sampling.top_k != 1 {
            self.random.next();
        }
    }

    /// Fills `penalised` and says whether mask and penalties change anything at all.
    fn change(&mut self, logits: &[f32], mask: Option<&Mask>, history: &[u32]) -> bool {
        let penalised = self.penalise(logits, history);
        if let Some(mask) = mask {
            if !penalised {
                self.penalised.clear();
                self.penalised.extend_from_slice(logits);
            }
            mask.apply(&mut self.penalised);
        }
        penalised || mask.is_some()
    }

    fn penalise(&mut self, logits: &[f32], history: &[u32]) -> bool {
        let Penalties { repeat, frequency, presence, last_n } = self.sampling.penalties;
        let recent = &history[history.len().saturating_sub(last_n as usize)..];
        if recent.is_empty() || (repeat, frequency, presence) == (1.0, 0.0, 0.0) {
            return false;
        }
        self.said.clear();
        self.said.extend_from_slice(recent);
        self.said.sort_unstable();
        self.penalised.clear();
        self.penalised.extend_from_slice(logits);
        for same in self.said.chunk_by(|a, b| a == b) {
            if let Some(logit) = self.penalised.get_mut(same[0] as usize) {
                *logit = if *logit > 0.0 { *logit / repeat } else { *logit * repeat };
                *logit -= frequency * same.len() as f32 + presence;
            }
        }
        true
    }

    fn choose(&mut self, logits: &[f32], mass: Mass) -> u32 {
        let Sampling { temperature, top_k, .. } = self.sampling;
        if temperature == 0.0 || top_k == 1 || mass.max == f32::NEG_INFINITY {
            return first_at_least(logits, mass.max);
        }
        self.keep_likeliest(logits, mass);
        self.weights.clear();
        self.weights.extend(self.candidates.iter().map(|c| exp((c.logit - mass.max) / temperature)));
        let mut left = self.random.unit() * self.weights.iter().copied().map(f64::from).sum::<f64>();
        for (candidate, &weight) in self.candidates.iter().zip(&self.weights) {
            left -= f64::from(weight);
            if left < 0.0 {
                return candidate.token;
            }
        }
        // Rounding may leave a crumb after the last candidate; the likeliest takes it.
        first_at_least(logits, mass.max)
    }

    /// Fills `candidates` with what top-k, top-p and min-p leave, which always includes the likeliest token.
    fn keep_likeliest(&mut self, logits: &[f32], mass: Mass) {
        let Sampling { top_k, top_p, min_p, .. } = self.sampling;
        let all = logits.len();
        let k = if top_k == 0 { all } else { all.min(top_k as usize) };
        // The sum over the whole vocabulary is known, so without top-k only few tokens need a look: those that min-p
        // could leave, and of these a small selection before a larger one, since a nucleus is usually small. The bar is
        // a little low because the logarithm may round differently elsewhere; `cut` decides.
        let bar = if k == all && min_p > 0.0 { mass.max + min_p.ln() - 0.01 } else { f32::MIN };
        let mut n = if k == all && top_p < 1.0 { all.min(NUCLEUS_FIRST) } else { k };
        loop {
            select_best(logits, n, bar, &mut self.candidates);
            // A selection comes in no order that one may rely on; only a whole vocabulary without a nucleus needs none.
            if n < all || top_p < 1.0 {
                self.candidates.sort_unstable_by(Choice::likelier_first);
            }
            let exhausted = n == k || self.candidates.len() < n;
            let total = if k == all { mass.sum } else { self.candidates.iter().map(|c| mass.weight(c.logit)).sum() };
            if self.cut(mass, f64::from(top_p) * total) || exhausted {
                return;
            }
            n = all.min(n * NUCLEUS_GROWTH);
        }
    }

    /// Applies top-p and min-p to the `candidates`, sorted if top-p asks for it: what lies before the first token at which the weights add up
    /// to `nucleus`, and is at least `min_p` as likely as the best. Says whether the candidates reached either end.
    fn cut(&mut self, mass: Mass, nucleus: f64) -> bool {
        let Sampling { top_p, min_p, .. } = self.sampling;
        let before = self.candidates.len();
        if min_p > 0.0 {
            self.candidates.retain(|c| mass.weight(c.logit) >= f64::from(min_p));
        }
        let min_p_cut = self.candidates.len() < before;
        if top_p >= 1.0 {
            return true;
        }
        let mut sum = 0.0;
        let end = self.candidates.iter().position(|c| {
            sum += mass.weight(c.logit);
            sum >= nucleus
        });
        self.candidates.truncate(end.map_or(usize::MAX, |last| last + 1));
        min_p_cut || end.is_some()
    }
}

/// The `n` likeliest tokens with their natural log probabilities, likeliest first, equals by token. Fewer if fewer
/// tokens have a finite logit.
#[must_use]
pub fn top_logprobs(logits: &[f32], n: usize) -> Vec<(u32, f32)> {
    let mass = Mass::of(logits);
    let mut best = Vec::new();
    select_best(logits, n, f32::MIN, &mut best);
    best.sort_unstable_by(Choice::likelier_first);
    best.iter().map(|c| (c.token, mass.logprob(c.logit))).collect()
}

/// The size of the first selection that is searched for a nucleus, and how much larger each next one is.
const NUCLEUS_FIRST: usize = 256;
const NUCLEUS_GROWTH: usize = 16;

/// A token that may be chosen.
#[derive(Debug, Clone, Copy)]
struct Choice {
    token: u32,
    logit: f32,
}

impl Choice {
    /// A total order, so that equal logits never depend on how a selection went.
    fn likelier_first(&self, other: &Self) -> Ordering {
        other.logit.total_cmp(&self.logit).then(self.token.cmp(&other.token))
    }
}

/// Leaves in `best` the `n` likeliest tokens with at least the logit `bar`: in token order when there are no more than
/// `n` tokens, else in any order.
fn select_best(logits: &[f32], n: usize, mut bar: f32, best: &mut Vec<Choice>) {
    best.clear();
    if n == 0 {
        return;
    }
    // When the buffer is full, its better half stays and raises the bar, so that almost every later token costs one
    // comparison.
    let full = n.saturating_mul(2).max(256);
    for (token, &logit) in (0..).zip(logits) {
        // A comparison with NaN is false.
        if logit >= bar {
            best.push(Choice { token, logit });
            if best.len() == full {
                best.select_nth_unstable_by(n - 1, Choice::likelier_first);
                best.truncate(n);
                bar = best[n - 1].logit;
            }
        }
    }
    if best.len() > n {
        best.select_nth_unstable_by(n - 1, Choice::likelier_first);
        best.truncate(n);
    }
}

/// The first token whose logit is at least `bar`, or token 0.
fn first_at_least(logits: &[f32], bar: f32) -> u32 {
    (0..).zip(logits).find(|&(_, &logit)| logit >= bar).map_or(0, |(token, _)| token)
}

/// What turns logits into probabilities: their maximum, and the sum of exp(logit − maximum).
#[derive(Debug, Clone, Copy)]
struct Mass {
    max: f32,
    sum: f64,
}

impl Mass {
    /// Logits that fit the first-level cache together.
    const CHUNK: usize = 4096;

    /// Maximum and sum in one pass over memory: each time the maximum grows, the sum so far is scaled down. Algorithm:
    /// Milakov and Gimelshein, "Online normalizer calculation for softmax", 2018.
    fn of(logits: &[f32]) -> Self {
        let mut mass = Self { max: f32::NEG_INFINITY, sum: 0.0 };
        for chunk in logits.chunks(Self::CHUNK) {
            let max = max(chunk);
            if max > mass.max {
                mass.sum *= f64::from(exp(mass.max - max));
                mass.max = max;
            }
            if mass.max > f32::NEG_INFINITY {
                mass.sum += sum_exp(chunk, mass.max);
            }
        }
        mass
    }

    /// The weight of a token beside the likeliest one, 0 to 1.
    fn weight(self, logit: f32) -> f64 {
        f64::from(exp(logit - self.max))
    }

    #[expect(clippy::cast_possible_truncation, reason = "a logarithm of a probability needs no more than an f32")]
    fn logprob(self, logit: f32) -> f32 {
        if self.max == f32::NEG_INFINITY || logit.is_nan() {
            return f32::NEG_INFINITY;
        }
        (f64::from(logit.min(f32::MAX) - self.max) - self.sum.ln()) as f32
    }
}

/// As many values as the widest vector registers in use hold.
const LANES: usize = 16;

/// The largest value, NaN left out and infinity taken for the largest finite one, so that differences stay defined.
fn max(values: &[f32]) -> f32 {
    let larger = |a: f32, b: f32| if b > a { b } else { a };
    let mut lanes = [f32::NEG_INFINITY; LANES];
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        for (lane, &value) in lanes.iter_mut().zip(block) {
            *lane = larger(*lane, value);
        }
    }
    lanes.iter().chain(rest).fold(f32::NEG_INFINITY, |a, &b| larger(a, b)).min(f32::MAX)
}

/// The sum of exp(value − max). Lanes are summed apart, in a fixed order, so that the result does not depend on how the
/// compiler vectorises.
fn sum_exp(values: &[f32], max: f32) -> f64 {
    let mut lanes = [0.0_f32; LANES];
    let (blocks, rest) = values.as_chunks::<LANES>();
    for block in blocks {
        for (lane, &value) in lanes.iter_mut().zip(block) {
            *lane += exp(value - max);
        }
    }
    lanes.iter().map(|&lane| f64::from(lane)).chain(rest.iter().map(|&value| f64::from(exp(value - max)))).sum()
}

/// e^x for x ≤ 0, within a few units in the last place; larger x count as 0, NaN and anything below −87 give 0.
///
/// Ours because the platforms' own differ in the last bit, which would make a seed mean different texts, and because
/// this one vectorises. With x = k·ln 2 + r and |r| ≤ ln 2 / 2, e^x is 2^k times the Taylor polynomial of e^r, whose
/// seventh degree is exact to a single-precision value; ln 2 is split in two parts so that r keeps its bits (Cody and
/// Waite, "Software Manual for the Elementary Functions", 1980).
#[inline]
fn exp(x: f32) -> f32 {
    const LOWEST: f32 = -87.0;
    const LN_2_HIGH: f32 = 0.693_359_4;
    const LN_2_LOW: f32 = -2.121_944_4e-4;
    // Adding and subtracting 1.5 · 2^23 rounds to the nearest whole number and leaves it in the low bits.
    const ROUND: f32 = 12_582_912.0;
    let inside = if x > LOWEST { x.min(0.0) } else { LOWEST };
    let rounded = inside * std::f32::consts::LOG2_E + ROUND;
    let k = rounded - ROUND;
    let r = inside - k * LN_2_HIGH - k * LN_2_LOW;
    let polynomial = [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0]
        .iter()
        .fold(1.0 / 5040.0, |sum: f32, coefficient| sum * r + coefficient);
    // The low bits of `rounded` hold k; shifted into the exponent they multiply by 2^k.
    let scaled = f32::from_bits(polynomial.to_bits().wrapping_add(rounded.to_bits() << 23));
    if x > LOWEST { scaled } else { 0.0 }
}

/// The generator of Steele, Lea and Flood, "Fast Splittable Pseudorandom Number Generators", OOPSLA 2014, with the
/// constants of Vigna's `splitmix64.c`. Every seed is as good as any other, also small ones.
#[derive(Debug, Clone)]
struct SplitMix64 {
    state: u64,
}

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.state;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in 0 (inclusive) to 1 (exclusive), with 53 bits.
    fn unit(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }
}

#[cfg(test)]
mod tests;

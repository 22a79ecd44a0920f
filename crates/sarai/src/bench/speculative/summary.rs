//! What came of the answers: speed against plain, who guessed what, and whether greedy texts stayed the same. Pure.

use sarai_types::{Decoding, Drafts, Speculation, TokenText};
use serde::{Serialize, Serializer};

use crate::bench::corpus::Class;
use crate::bench::server::Side;
use crate::bench::statistics::{Interval, interval, median, median_interval};

/// Two candidates whose log probabilities are closer than this change places when a batch of another size rounds its
/// sums in another order.
const NEAR_TIE: f64 = 0.2;
/// Of the texts around a divergence.
const CONTEXT_CHARS: usize = 24;

/// One answer.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Sample {
    pub(super) server: Side,
    /// How it was told to guess; another server was told nothing.
    #[serde(serialize_with = "as_text")]
    pub(super) policy: Speculation,
    /// The policy that took turns with plain when this was asked; its own unless it is plain's.
    #[serde(serialize_with = "as_text")]
    pub(super) beside: Speculation,
    pub(super) round: u32,
    pub(super) prompt: String,
    pub(super) class: Class,
    pub(super) temperature: f32,
    pub(super) completion_tokens: u32,
    pub(super) total_ms: f64,
    /// None for answers too short to say.
    pub(super) tokens_per_second: Option<f64>,
    pub(super) decoding: Option<Guesses>,
    #[serde(skip)]
    pub(super) text: String,
    /// What plain says with probabilities, asked where this answer left what plain said without.
    #[serde(skip)]
    pub(super) replay: Vec<TokenText>,
}

/// Where the tokens of an answer, or of many, came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(super) struct Guesses {
    pub(super) batches: u64,
    pub(super) forced: u64,
    pub(super) suffix: Counts,
    pub(super) model: Counts,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub(super) struct Counts {
    pub(super) drafted: u64,
    pub(super) accepted: u64,
}

/// One policy against plain.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct PolicySummary {
    #[serde(serialize_with = "as_text")]
    pub(super) policy: Speculation,
    pub(super) overall: Gain,
    pub(super) classes: Vec<ClassGain>,
    /// The prompt with the smallest ratio, by the median of its rounds.
    pub(super) worst: Option<PromptRatio>,
    pub(super) guesses: Guesses,
    pub(super) greedy: Equality,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct ClassGain {
    pub(super) class: Class,
    #[serde(flatten)]
    pub(super) gain: Gain,
    pub(super) guesses: Guesses,
}

/// Decoding speed over plain's, between the same prompt in the same round.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(super) struct Gain {
    /// The median over prompts and rounds.
    pub(super) ratio: Option<Interval>,
    /// All tokens over all time: long answers weigh more.
    pub(super) ratio_total: Option<Interval>,
}

#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct PromptRatio {
    pub(super) prompt: String,
    pub(super) ratio: f64,
}

/// Whether greedy answers say what plain's do.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Equality {
    pub(super) answers: usize,
    pub(super) same: usize,
    /// Up to the first difference.
    pub(super) tokens_compared: u64,
    pub(super) divergences: Vec<Divergence>,
    /// Divergences at a near-tie.
    pub(super) near_ties: usize,
}

/// Where a greedy answer leaves plain's.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Divergence {
    pub(super) prompt: String,
    pub(super) round: u32,
    /// Of plain's text.
    pub(super) byte: usize,
    /// From 0; none where plain's tokens are not known.
    pub(super) token: Option<usize>,
    /// Between plain's two likeliest tokens there.
    pub(super) logprob_gap: Option<f64>,
    pub(super) near_tie: bool,
    pub(super) plain: String,
    pub(super) other: String,
}

/// The best fixed length, and how much of it `auto` reaches.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct Search {
    /// None for all classes together.
    pub(super) class: Option<Class>,
    /// `off` counts as one of them.
    #[serde(serialize_with = "as_text")]
    pub(super) best: Speculation,
    pub(super) best_ratio: f64,
    pub(super) auto_ratio: f64,
    pub(super) share: f64,
}

impl From<Decoding> for Guesses {
    fn from(decoding: Decoding) -> Self {
        let counts = |d: Drafts| Counts { drafted: d.drafted.into(), accepted: d.accepted.into() };
        Self {
            batches: decoding.batches.into(),
            forced: decoding.forced_tokens.into(),
            suffix: counts(decoding.suffix),
            model: counts(decoding.model),
        }
    }
}

impl Guesses {
    fn and(self, other: Self) -> Self {
        let sum = |a: Counts, b: Counts| Counts { drafted: a.drafted + b.drafted, accepted: a.accepted + b.accepted };
        Self {
            batches: self.batches + other.batches,
            forced: self.forced + other.forced,
            suffix: sum(self.suffix, other.suffix),
            model: sum(self.model, other.model),
        }
    }

    fn of<'a>(samples: impl Iterator<Item = &'a Sample>) -> Self {
        samples.filter_map(|s| s.decoding).fold(Self::default(), Self::and)
    }
}

/// A sample and plain's of the same prompt and round, asked one after the other.
#[derive(Debug, Clone, Copy)]
struct Pair<'a> {
    plain: &'a Sample,
    other: &'a Sample,
}

impl Pair<'_> {
    fn ratio(&self) -> Option<f64> {
        Some(self.other.tokens_per_second? / self.plain.tokens_per_second?)
    }
}

/// Each sample of which `of` holds beside the one of which `with` holds, of the same prompt in the same round.
fn pairs(samples: &[Sample], of: impl Fn(&Sample) -> bool, with: impl Fn(&Sample) -> bool) -> Vec<Pair<'_>> {
    let twin = |one: &Sample| samples.iter().find(|s| with(s) && s.prompt == one.prompt && s.round == one.round);
    samples.iter().filter(|s| of(s)).filter_map(|other| Some(Pair { other, plain: twin(other)? })).collect()
}

fn pairs_of(samples: &[Sample], policy: Speculation) -> Vec<Pair<'_>> {
    let ours = |told| move |s: &Sample| s.server == Side::Ours && s.policy == told && s.beside == policy;
    pairs(samples, ours(policy), ours(Speculation::Off))
}

/// How one policy did.
pub(super) fn policy(samples: &[Sample], policy: Speculation) -> PolicySummary {
    let pairs = pairs_of(samples, policy);
    let of_class = |class| pairs.iter().filter(move |p| p.other.class == class).copied().collect::<Vec<_>>();
    let classes = Class::ALL.into_iter().map(|class| (class, of_class(class))).filter(|(_, pairs)| !pairs.is_empty());
    PolicySummary {
        policy,
        overall: gain(&pairs),
        classes: classes
            .map(|(class, pairs)| ClassGain {
                class,
                gain: gain(&pairs),
                guesses: Guesses::of(pairs.iter().map(|p| p.other)),
            })
            .collect(),
        worst: by_prompt(&pairs).into_iter().min_by(|a, b| a.ratio.total_cmp(&b.ratio)),
        guesses: Guesses::of(pairs.iter().map(|p| p.other)),
        greedy: equality(&pairs),
    }
}

/// The median ratio of each prompt, in the order in which they were asked.
pub(super) fn prompts(samples: &[Sample], policy: Speculation) -> Vec<PromptRatio> {
    by_prompt(&pairs_of(samples, policy))
}

/// `auto` over another server, for each class that both answered.
pub(super) fn against(samples: &[Sample]) -> Vec<ClassGain> {
    let auto = |s: &Sample| s.server == Side::Ours && s.policy == Speculation::Auto;
    let pairs = pairs(samples, auto, |s| s.server == Side::Theirs);
    let of_class = |class| pairs.iter().filter(move |p| p.other.class == class).copied().collect::<Vec<_>>();
    let classes = Class::ALL.into_iter().map(|class| (class, of_class(class))).filter(|(_, pairs)| !pairs.is_empty());
    let gain = |(class, pairs): (Class, Vec<Pair<'_>>)| ClassGain {
        class,
        gain: gain(&pairs),
        guesses: Guesses::of(pairs.iter().map(|p| p.other)),
    };
    classes.map(gain).collect()
}

/// The best of the fixed lengths that were tried, for each class and for all; nothing unless `auto` was tried too.
pub(super) fn search(policies: &[PolicySummary]) -> Vec<Search> {
    let ratio = |summary: &PolicySummary, class: Option<Class>| match class {
        None => summary.overall.ratio.map(|r| r.median),
        Some(class) => summary.classes.iter().find(|c| c.class == class)?.gain.ratio.map(|r| r.median),
    };
    let fixed: Vec<_> = policies.iter().filter(|p| matches!(p.policy, Speculation::Fixed(_))).collect();
    let auto = policies.iter().find(|p| p.policy == Speculation::Auto).filter(|_| !fixed.is_empty());
    let Some(auto) = auto else { return Vec::new() };
    let scopes = std::iter::once(None).chain(Class::ALL.into_iter().map(Some));
    let found = scopes.filter_map(|class| {
        let tried = fixed.iter().filter_map(|p| Some((p.policy, ratio(p, class)?)));
        let tried = tried.chain([(Speculation::Off, 1.0)]);
        let (best, best_ratio) = tried.max_by(|a, b| a.1.total_cmp(&b.1))?;
        let auto_ratio = ratio(auto, class)?;
        Some(Search { class, best, best_ratio, auto_ratio, share: auto_ratio / best_ratio })
    });
    found.collect()
}

fn gain(pairs: &[Pair<'_>]) -> Gain {
    let timed: Vec<Pair<'_>> = pairs.iter().filter(|pair| pair.ratio().is_some()).copied().collect();
    let ratios: Vec<f64> = timed.iter().filter_map(Pair::ratio).collect();
    Gain { ratio: median_interval(&ratios), ratio_total: interval(&timed, total) }
}

/// Plain's time over the other's, for as many tokens as plain said: answers of other lengths would be compared otherwise.
fn total(pairs: &[&Pair<'_>]) -> Option<f64> {
    let seconds = |side: fn(&Pair<'_>) -> f64| -> f64 {
        pairs.iter().map(|pair| f64::from(pair.plain.completion_tokens) / side(pair)).sum()
    };
    let plain = seconds(|pair| pair.plain.tokens_per_second.unwrap_or(f64::NAN));
    let other = seconds(|pair| pair.other.tokens_per_second.unwrap_or(f64::NAN));
    (other > 0.0).then(|| plain / other)
}

fn by_prompt(pairs: &[Pair<'_>]) -> Vec<PromptRatio> {
    let mut names: Vec<&str> = Vec::new();
    for pair in pairs {
        if !names.contains(&pair.other.prompt.as_str()) {
            names.push(&pair.other.prompt);
        }
    }
    let ratio = |name: &&str| {
        let ratios: Vec<f64> = pairs.iter().filter(|p| p.other.prompt == *name).filter_map(Pair::ratio).collect();
        Some(PromptRatio { prompt: (*name).to_owned(), ratio: median(&ratios)? })
    };
    names.iter().filter_map(ratio).collect()
}

fn equality(pairs: &[Pair<'_>]) -> Equality {
    let greedy: Vec<_> = pairs.iter().filter(|p| p.other.temperature == 0.0).collect();
    let (mut tokens_compared, mut divergences) = (0, Vec::new());
    for pair in &greedy {
        let plain = &pair.plain.text;
        let Some(byte) = divergence(plain, &pair.other.text) else {
            tokens_compared += u64::from(pair.plain.completion_tokens);
            continue;
        };
        let place = place(&pair.other.replay, plain, byte);
        let (token, logprob_gap) = place.unzip();
        // Without plain's tokens, as many of them as bytes are the same.
        let estimate = u64::from(pair.plain.completion_tokens) * byte as u64 / plain.len().max(1) as u64;
        tokens_compared += token.map_or(estimate, |token| token as u64);
        let logprob_gap = logprob_gap.flatten();
        divergences.push(Divergence {
            prompt: pair.other.prompt.clone(),
            round: pair.other.round,
            byte,
            token,
            logprob_gap,
            near_tie: logprob_gap.is_some_and(|gap| gap < NEAR_TIE),
            plain: around(plain, byte),
            other: around(&pair.other.text, byte),
        });
    }
    let near_ties = divergences.iter().filter(|d| d.near_tie).count();
    let same = greedy.len() - divergences.len();
    Equality { answers: greedy.len(), same, tokens_compared, divergences, near_ties }
}

/// Whether answers to one prompt that draw nothing say different things.
pub(super) fn part(samples: &[Sample]) -> bool {
    let greedy: Vec<&Sample> = samples.iter().filter(|s| s.temperature == 0.0).collect();
    greedy.windows(2).any(|two| two[0].text != two[1].text)
}

/// The first byte at which two texts differ, which may be the end of the shorter one.
pub(super) fn divergence(plain: &str, other: &str) -> Option<usize> {
    if plain == other {
        return None;
    }
    let same = plain.bytes().zip(other.bytes()).take_while(|(a, b)| a == b).count();
    Some(same)
}

/// The token of a replay that holds a byte of plain's text, and how far its two likeliest candidates are apart. None
/// where the replay says something else before it.
fn place(tokens: &[TokenText], plain: &str, byte: usize) -> Option<(usize, Option<f64>)> {
    let mut end = 0;
    for (index, token) in tokens.iter().enumerate() {
        let bytes = &token.chosen.bytes;
        let said = plain.as_bytes().get(end..).unwrap_or_default();
        end += bytes.len();
        if end > byte {
            let gap = match token.top.as_slice() {
                [first, second, ..] => Some(f64::from(first.logprob - second.logprob)),
                _ => None,
            };
            return Some((index, gap));
        }
        if !said.starts_with(bytes) {
            return None;
        }
    }
    // The other one goes on where plain ended.
    (byte == plain.len() && end == byte).then_some((tokens.len(), None))
}

/// What follows, in one line.
fn around(text: &str, byte: usize) -> String {
    let start = text.floor_char_boundary(byte);
    text[start..].chars().take(CONTEXT_CHARS).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn as_text<S: Serializer>(policy: &Speculation, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(policy)
}

#[cfg(test)]
mod tests;

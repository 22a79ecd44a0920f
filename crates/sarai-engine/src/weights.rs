//! Decides how a model's weights lie in memory, by what was measured on this computer.
//!
//! llama.cpp can use weights as they are stored in the file, or interleave them for its matrix kernels ("repack").
//! Interleaved ones make single tokens faster; stored ones make prompts faster, load at once, and are shared with
//! every process that maps the same file. Which matters more, and by how much, depends on the CPU and on the file's
//! number formats, so it is measured. Both can be held at once: each batch is then computed where it is faster, for
//! one more copy of what is interleaved and a second cache.
//!
//! # Usage
//! 1. Load what is to be [`expect`]ed of what an earlier run measured; then it is known what each layout takes, and
//!    [`choose`] says whether it stays.
//! 2. Measure in idle time what is loaded, and then what is not, if it is [`worth_a_trial`]; keep the [`Measured`].
//!    The next start chooses by it.
//!
//! # The rule of `auto`
//! - Nothing to interleave: as stored. Both ways are the same, and this one costs nothing.
//! - Not measured yet: repacked, because most of the time of an answer goes into single tokens.
//! - Stored is as fast for single tokens, and for everything else: stored. It saves memory and loading time.
//! - Prompts are read at least 1.5 times as fast stored, and both together take at most half of the memory that is
//!   available: both. Below that factor a second copy is not worth its memory.
//! - Else repacked.

use std::fmt;
use std::str::FromStr;

/// What the person wants.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Policy {
    /// What was measured to be best.
    #[default]
    Auto,
    Always(Layouts),
}

impl fmt::Display for Policy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Auto => "auto",
            Self::Always(layouts) => layouts.as_str(),
        })
    }
}

/// Not one of `auto`, `stored`, `repacked`, `both`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the weights are `auto`, `stored`, `repacked` or `both`")]
pub struct PolicyError;

impl FromStr for Policy {
    type Err = PolicyError;

    fn from_str(text: &str) -> Result<Self, PolicyError> {
        let all = [Layouts::Stored, Layouts::Repacked, Layouts::Both];
        match text {
            "auto" => Ok(Self::Auto),
            _ => all.into_iter().find(|l| l.as_str() == text).map(Self::Always).ok_or(PolicyError),
        }
    }
}

/// What is held in memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Layouts {
    Stored,
    Repacked,
    Both,
}

impl Layouts {
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Stored => "stored",
            Self::Repacked => "repacked",
            Self::Both => "both",
        }
    }
}

/// Tokens of the batch that prompt speed is measured with.
pub const PROMPT_TOKENS: u32 = 256;

/// How fast one layout is on this computer.
#[derive(Debug, Clone, PartialEq)]
pub struct Speeds {
    /// Tokens in a batch, each with logits, and the milliseconds it takes.
    points: Vec<(u32, f64)>,
    prompt_tokens_per_second: f64,
}

impl Speeds {
    /// Points in any order. `None` unless one of them is for a single token, all are of different sizes below
    /// [`PROMPT_TOKENS`], and every number is positive and finite.
    #[must_use]
    pub fn new(mut points: Vec<(u32, f64)>, prompt_tokens_per_second: f64) -> Option<Self> {
        points.sort_by_key(|(tokens, _)| *tokens);
        let positive = |number: f64| number.is_finite() && number > 0.0;
        let sane = points.first().is_some_and(|(tokens, _)| *tokens == 1)
            && points.last().is_some_and(|(tokens, _)| *tokens < PROMPT_TOKENS)
            && points.windows(2).all(|pair| pair[0].0 < pair[1].0)
            && points.iter().all(|(_, ms)| positive(*ms))
            && positive(prompt_tokens_per_second);
        sane.then_some(Self { points, prompt_tokens_per_second })
    }

    /// The smallest batch first.
    #[must_use]
    pub fn points(&self) -> &[(u32, f64)] {
        &self.points
    }

    #[must_use]
    pub fn prompt_tokens_per_second(&self) -> f64 {
        self.prompt_tokens_per_second
    }

    /// What a batch of this many tokens takes, in milliseconds: between two points in proportion, and as fast as a
    /// prompt from [`PROMPT_TOKENS`] on.
    #[must_use]
    pub fn ms(&self, tokens: u32) -> f64 {
        let prompt = |tokens: u32| f64::from(tokens) / self.prompt_tokens_per_second * 1e3;
        if tokens >= PROMPT_TOKENS {
            return prompt(tokens);
        }
        let above = self.points.partition_point(|(n, _)| *n < tokens);
        let (n1, ms1) = self.points.get(above).copied().unwrap_or_else(|| (PROMPT_TOKENS, prompt(PROMPT_TOKENS)));
        let Some(&(n0, ms0)) = above.checked_sub(1).and_then(|below| self.points.get(below)) else { return ms1 };
        ms0 + (ms1 - ms0) * f64::from(tokens - n0) / f64::from(n1 - n0)
    }
}

/// What is known of both layouts.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Measured {
    pub stored: Option<Speeds>,
    pub repacked: Option<Speeds>,
}

impl Measured {
    /// Takes over what the other one knows.
    #[must_use]
    pub fn or(self, older: Self) -> Self {
        Self { stored: self.stored.or(older.stored), repacked: self.repacked.or(older.repacked) }
    }

    /// What batches take when these layouts are held: for each size that was measured the better of what there is.
    /// `None` when something that is held was not measured.
    #[must_use]
    pub fn speeds(&self, held: Layouts) -> Option<Speeds> {
        match held {
            Layouts::Stored => self.stored.clone(),
            Layouts::Repacked => self.repacked.clone(),
            Layouts::Both => {
                let (stored, repacked) = (self.stored.as_ref()?, self.repacked.as_ref()?);
                let points = repacked.points.iter().map(|&(n, ms)| (n, ms.min(stored.ms(n)))).collect();
                Speeds::new(points, stored.prompt_tokens_per_second.max(repacked.prompt_tokens_per_second))
            }
        }
    }
}

/// Bytes that a model takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sizes {
    /// The file.
    pub weights: u64,
    /// The part of it that can be interleaved; 0 when repacking changes nothing.
    pub repackable: u64,
    /// What each layout needs for itself beside weights: cache and compute buffers.
    pub context: u64,
    /// Everything else.
    pub process: u64,
}

impl Sizes {
    /// Bytes in all.
    #[must_use]
    pub fn needed(&self, layouts: Layouts) -> u64 {
        let one = [self.context, self.process].into_iter().fold(self.weights, u64::saturating_add);
        match layouts {
            Layouts::Stored | Layouts::Repacked => one,
            Layouts::Both => one.saturating_add(self.repackable).saturating_add(self.context),
        }
    }
}

/// Whether what one layout read can go on in the other.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Handover {
    /// Attention over all of a text: any part of the cache can be copied.
    Possible,
    /// A recurrent state or a sliding window.
    Impossible,
}

/// Why a layout that was asked for cannot be had.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("weights {} need {needed} bytes, and {available} are available", .layouts.as_str())]
    NoRoom { layouts: Layouts, needed: u64, available: u64 },
    #[error("this kind of model cannot go on in one layout with what it read in the other")]
    NoHandover,
}

/// Prompts must be read this many times as fast for a second copy to be worth its memory.
const PROMPT_GAIN: f64 = 1.5;
/// How much slower is as fast, for single tokens and on average: measurements repeat to within that.
const SAME: f64 = 1.02;
/// And at any one size, where a single disturbance weighs more.
const SAME_POINT: f64 = 1.10;

/// What to load, or what to settle for once it was measured. `available` is what was available before anything was
/// loaded, in bytes.
///
/// # Errors
/// When what the person asked for cannot be had; under `auto` when not even one layout has room.
pub fn choose(
    policy: Policy,
    measured: &Measured,
    handover: Handover,
    sizes: &Sizes,
    available: u64,
) -> Result<Layouts, Refusal> {
    let layouts = match policy {
        Policy::Always(Layouts::Both) if handover == Handover::Impossible => return Err(Refusal::NoHandover),
        Policy::Always(layouts) => layouts,
        Policy::Auto => best(measured, handover, sizes, available),
    };
    let needed = sizes.needed(layouts);
    if needed <= available { Ok(layouts) } else { Err(Refusal::NoRoom { layouts, needed, available }) }
}

/// What [`choose`] will say, unless memory is short or the model is of a kind that rules it out. `repackable` are the
/// bytes of the file that can be interleaved.
#[must_use]
pub fn expect(policy: Policy, measured: &Measured, repackable: u64) -> Layouts {
    let nothing = Sizes { weights: 0, repackable, context: 0, process: 0 };
    match policy {
        Policy::Always(layouts) => layouts,
        Policy::Auto => best(measured, Handover::Possible, &nothing, u64::MAX),
    }
}

/// Whether to load the stored layout beside the repacked one for as long as it takes to measure it: when that may change
/// the choice, and a quarter of the memory stays free for others meanwhile.
#[must_use]
pub fn worth_a_trial(policy: Policy, measured: &Measured, sizes: &Sizes, available: u64) -> bool {
    policy == Policy::Auto
        && measured.stored.is_none()
        && sizes.repackable > 0
        && sizes.needed(Layouts::Both) <= available / 4 * 3
}

fn best(measured: &Measured, handover: Handover, sizes: &Sizes, available: u64) -> Layouts {
    if sizes.repackable == 0 {
        return Layouts::Stored;
    }
    let together = handover == Handover::Possible;
    let needed = sizes.needed(Layouts::Both);
    let (Some(stored), Some(repacked)) = (&measured.stored, &measured.repacked) else { return Layouts::Repacked };
    let prompt_gain = stored.prompt_tokens_per_second / repacked.prompt_tokens_per_second;
    if as_fast(stored, repacked) {
        Layouts::Stored
    } else if together && prompt_gain >= PROMPT_GAIN && needed <= available / 2 {
        Layouts::Both
    } else {
        Layouts::Repacked
    }
}

fn as_fast(stored: &Speeds, repacked: &Speeds) -> bool {
    let ratios: Vec<f64> = repacked.points.iter().map(|&(n, ms)| stored.ms(n) / ms).collect();
    let mean = ratios.iter().sum::<f64>() / f64::from(u32::try_from(ratios.len()).unwrap_or(u32::MAX));
    stored.ms(1) <= repacked.ms(1) * SAME
        && mean <= SAME
        && ratios.iter().all(|ratio| *ratio <= SAME_POINT)
        && stored.prompt_tokens_per_second * SAME >= repacked.prompt_tokens_per_second
}

#[cfg(test)]
mod tests {
    use super::*;

    const GB: u64 = 1_000_000_000;
    /// Both together: 2.5 GB.
    const SIZES: Sizes = Sizes { weights: GB, repackable: GB / 2, context: GB / 4, process: GB / 2 };

    /// Times of 1, 4 and 16 tokens, and prompt speed.
    fn speeds(ms: [f64; 3], prompt: f64) -> Speeds {
        Speeds::new(vec![(1, ms[0]), (4, ms[1]), (16, ms[2])], prompt).unwrap()
    }

    fn both(stored: Speeds, repacked: Speeds) -> Measured {
        Measured { stored: Some(stored), repacked: Some(repacked) }
    }

    fn repacked() -> Speeds {
        speeds([32.0, 90.0, 260.0], 100.0)
    }

    fn check(measured: &Measured, handover: Handover, sizes: Sizes, available: u64, expected: Layouts) {
        let chosen = choose(Policy::Auto, measured, handover, &sizes, available);
        assert_eq!(chosen, Ok(expected), "{measured:?}, {handover:?}, {sizes:?}, {available}");
        if (handover, available) == (Handover::Possible, 9 * GB) {
            assert_eq!(expect(Policy::Auto, measured, sizes.repackable), expected, "{measured:?}, {sizes:?}");
        }
    }

    #[test]
    fn auto_repacks_what_it_has_not_measured_and_tries_the_other_where_there_is_room() {
        let half = Measured { repacked: Some(repacked()), stored: None };
        for unknown in [Measured::default(), half] {
            check(&unknown, Handover::Possible, SIZES, 9 * GB, Layouts::Repacked);
            let same = Sizes { repackable: 0, ..SIZES };
            check(&unknown, Handover::Possible, same, 9 * GB, Layouts::Stored);
            let trial = |policy, sizes, available| worth_a_trial(policy, &unknown, sizes, available);
            assert!(trial(Policy::Auto, &SIZES, 4 * GB));
            assert!(!trial(Policy::Auto, &SIZES, 3 * GB));
            assert!(!trial(Policy::Auto, &same, 9 * GB));
            assert!(!trial(Policy::Always(Layouts::Repacked), &SIZES, 9 * GB));
        }
        assert!(!worth_a_trial(Policy::Auto, &both(repacked(), repacked()), &SIZES, 9 * GB));
    }

    #[test]
    fn auto_follows_what_was_measured() {
        use Handover::{Impossible, Possible};
        let cases = [
            // Prompts half as fast again, single tokens slower.
            (speeds([41.0, 120.0, 240.0], 150.0), Possible, 5 * GB, Layouts::Both),
            (speeds([41.0, 120.0, 240.0], 149.0), Possible, 5 * GB, Layouts::Repacked),
            (speeds([41.0, 120.0, 240.0], 150.0), Possible, 5 * GB - 2, Layouts::Repacked),
            (speeds([41.0, 120.0, 240.0], 150.0), Impossible, 9 * GB, Layouts::Repacked),
            // As fast at everything.
            (speeds([32.6, 90.0, 260.0], 100.0), Possible, 9 * GB, Layouts::Stored),
            (speeds([32.7, 90.0, 260.0], 100.0), Possible, 9 * GB, Layouts::Repacked),
            // One disturbed point is noise, many are not.
            (speeds([32.0, 95.0, 258.0], 100.0), Possible, 9 * GB, Layouts::Stored),
            (speeds([32.0, 95.0, 270.0], 100.0), Possible, 9 * GB, Layouts::Repacked),
            (speeds([32.0, 100.0, 200.0], 100.0), Possible, 9 * GB, Layouts::Repacked),
            (speeds([32.0, 90.0, 260.0], 98.0), Possible, 9 * GB, Layouts::Repacked),
            // Better at everything: a second copy would never be used.
            (speeds([20.0, 80.0, 200.0], 300.0), Possible, 9 * GB, Layouts::Stored),
            // Single tokens as fast, drafts slower.
            (speeds([32.0, 180.0, 500.0], 149.0), Possible, 9 * GB, Layouts::Repacked),
            (speeds([32.0, 180.0, 500.0], 150.0), Possible, 9 * GB, Layouts::Both),
        ];
        for (stored, handover, available, expected) in cases {
            check(&both(stored, repacked()), handover, SIZES, available, expected);
        }
    }

    #[test]
    fn what_is_asked_for_is_obeyed_or_refused() {
        let ask = |layouts, handover, available| {
            choose(Policy::Always(layouts), &Measured::default(), handover, &SIZES, available)
        };
        assert_eq!(ask(Layouts::Both, Handover::Possible, 25 * GB / 10), Ok(Layouts::Both));
        assert_eq!(
            ask(Layouts::Both, Handover::Possible, 25 * GB / 10 - 1),
            Err(Refusal::NoRoom { layouts: Layouts::Both, needed: 25 * GB / 10, available: 25 * GB / 10 - 1 })
        );
        assert_eq!(ask(Layouts::Both, Handover::Impossible, 9 * GB), Err(Refusal::NoHandover));
        for one in [Layouts::Stored, Layouts::Repacked] {
            assert_eq!(ask(one, Handover::Impossible, 175 * GB / 100), Ok(one));
            assert_eq!(expect(Policy::Always(one), &both(repacked(), repacked()), 0), one);
            assert!(ask(one, Handover::Possible, GB).is_err());
        }
        let nothing = choose(Policy::Auto, &Measured::default(), Handover::Possible, &SIZES, GB);
        assert!(matches!(nothing, Err(Refusal::NoRoom { layouts: Layouts::Repacked, .. })), "{nothing:?}");
        let huge = Sizes { weights: u64::MAX, repackable: u64::MAX, context: u64::MAX, process: u64::MAX };
        assert_eq!(huge.needed(Layouts::Both), u64::MAX);
    }

    #[test]
    fn a_policy_is_read_as_it_is_written() {
        for word in ["auto", "stored", "repacked", "both"] {
            assert_eq!(word.parse::<Policy>().unwrap().to_string(), word);
        }
        assert_eq!("".parse::<Policy>(), Err(PolicyError));
        assert_eq!("Both".parse::<Policy>(), Err(PolicyError));
    }

    #[test]
    fn times_lie_between_the_points_and_follow_prompts_beyond() {
        let speeds = Speeds::new(vec![(16, 400.0), (1, 40.0), (4, 100.0)], 64.0).unwrap();
        for (tokens, ms) in [(1, 40.0), (2, 60.0), (4, 100.0), (10, 250.0), (16, 400.0), (256, 4000.0), (512, 8000.0)] {
            assert!((speeds.ms(tokens) - ms).abs() < 1e-9, "{tokens}: {}", speeds.ms(tokens));
        }
        assert!((speeds.ms(136) - 2200.0).abs() < 1e-9, "half way from 16 to 256");
        assert!((speeds.ms(0) - 40.0).abs() < 1e-9);
    }

    #[test]
    fn senseless_measurements_are_no_measurements() {
        for points in [vec![], vec![(2, 1.0)], vec![(1, 0.0)], vec![(1, f64::NAN)], vec![(1, 1.0), (1, 2.0)]] {
            assert_eq!(Speeds::new(points, 1.0), None);
        }
        assert_eq!(Speeds::new(vec![(1, 1.0), (PROMPT_TOKENS, 2.0)], 1.0), None);
        assert_eq!(Speeds::new(vec![(1, 1.0)], 0.0), None);
        assert_eq!(Speeds::new(vec![(1, 1.0)], f64::INFINITY), None);
    }

    #[test]
    fn both_are_as_fast_as_the_better_one() {
        let measured = both(speeds([41.0, 120.0, 240.0], 150.0), repacked());
        let speeds = measured.speeds(Layouts::Both).unwrap();
        assert_eq!(speeds.points(), [(1, 32.0), (4, 90.0), (16, 240.0)]);
        assert!((speeds.prompt_tokens_per_second() - 150.0).abs() < 1e-9);
        assert_eq!(measured.speeds(Layouts::Stored), measured.stored);
        let half = Measured { stored: None, ..measured.clone() };
        assert_eq!(half.speeds(Layouts::Both), None);
        assert_eq!(half.or(measured.clone()), measured);
    }
}

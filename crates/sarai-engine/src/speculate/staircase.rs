//! What a batch takes, by its length.
//!
//! On a CPU this is a staircase: the kernels work in blocks, so that four tokens may take hardly more than three, and
//! sixteen less than twelve. It is measured when a model is loaded and follows the computer afterwards: what all
//! batches have in common (a busy machine, a long context, fewer threads) moves one scale, what remains moves the point.
//!
//! Only medians are believed, so one batch that was held up tells nothing, and three tell everything.

/// How many batches the common scale is the median of, and how much of the way it goes at each.
const RECENT: usize = 5;
const FOLLOW: f64 = 0.5;
/// The same for one point.
const RECENT_AT_POINT: usize = 3;
const FOLLOW_AT_POINT: f64 = 0.1;
/// A batch is never taken to be more than this many times slower or faster than measured, as a natural logarithm.
const LOG_MAX: f64 = 7.0;

/// What batches of n tokens take, in milliseconds: measured points, interpolated between, refreshed as batches run.
///
/// Beyond the last point it goes on as the last two points say; with a single point, in proportion to the tokens.
#[derive(Debug, Clone, PartialEq)]
pub struct Staircase {
    /// By tokens; the first is for one token.
    points: Vec<Point>,
    log_scale: f64,
    /// How much longer the last batches took than the points say without the scale.
    recent: [f64; RECENT],
}

#[derive(Debug, Clone, PartialEq)]
struct Point {
    tokens: u32,
    ms: f64,
    /// How much longer the last batches of about this length took than was expected of them.
    recent: [f64; RECENT_AT_POINT],
}

impl Staircase {
    /// Points (tokens, milliseconds), in any order; at least one for one token. None if there is nothing to go by.
    ///
    /// Points that cannot be (no tokens, no time, not a number) are left out; of several for one length, the fastest
    /// counts, since only delays are accidental.
    #[must_use]
    pub fn new(points: &[(u32, f64)]) -> Option<Self> {
        let mut points: Vec<Point> = points
            .iter()
            .filter(|(tokens, ms)| *tokens > 0 && ms.is_finite() && *ms > 0.0)
            .map(|&(tokens, ms)| Point { tokens, ms, recent: [0.0; RECENT_AT_POINT] })
            .collect();
        points.sort_by(|a, b| a.tokens.cmp(&b.tokens).then(a.ms.total_cmp(&b.ms)));
        points.dedup_by_key(|point| point.tokens);
        (points.first()?.tokens == 1).then_some(Self { points, log_scale: 0.0, recent: [0.0; RECENT] })
    }

    /// The shape of a staircase on a computer that takes `ms` for one token: points are (tokens, times that of one).
    #[must_use]
    pub fn from_shape(ms: f64, shape: &[(u32, f64)]) -> Option<Self> {
        let points: Vec<_> = shape.iter().map(|&(tokens, times)| (tokens, times * ms)).collect();
        Self::new(&points)
    }

    /// The same staircase on a computer that takes `factor` times as long. None if that is not a positive number.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Option<Self> {
        let points: Vec<_> = self.points().into_iter().map(|(tokens, ms)| (tokens, ms * factor)).collect();
        Self::new(&points)
    }

    /// What a batch of this many tokens is expected to take. No tokens count as one.
    #[must_use]
    pub fn ms(&self, tokens: u32) -> f64 {
        self.unscaled(tokens) * self.log_scale.exp()
    }

    /// A batch of this many tokens, each with logits, just took this long.
    pub fn observe(&mut self, tokens: u32, ms: f64) {
        if tokens == 0 || !ms.is_finite() || ms <= 0.0 {
            return;
        }
        let log = (ms / self.unscaled(tokens)).ln().clamp(-LOG_MAX, LOG_MAX);
        self.recent.rotate_left(1);
        self.recent[RECENT - 1] = log;
        self.log_scale += FOLLOW * (median(self.recent) - self.log_scale);
        let residual = log - self.log_scale;
        let (low, high, share) = self.around(tokens);
        for (at, weight) in [(low, 1.0 - share.min(1.0)), (high, share.min(1.0))] {
            if weight > 0.0 {
                let point = &mut self.points[at];
                point.recent.rotate_left(1);
                point.recent[RECENT_AT_POINT - 1] = residual;
                point.ms *= (FOLLOW_AT_POINT * weight * median(point.recent)).exp();
            }
        }
    }

    /// The points as they are now, by tokens.
    #[must_use]
    pub fn points(&self) -> Vec<(u32, f64)> {
        self.points.iter().map(|point| (point.tokens, self.ms(point.tokens))).collect()
    }

    fn unscaled(&self, tokens: u32) -> f64 {
        let (low, high, share) = self.around(tokens);
        let (low, high) = (&self.points[low], &self.points[high]);
        if self.points.len() == 1 {
            return low.ms * f64::from(tokens.max(1));
        }
        // More tokens never take less than the last measured point.
        if share > 1.0 {
            high.ms + (share - 1.0) * (high.ms - low.ms).max(0.0)
        } else {
            low.ms + share * (high.ms - low.ms)
        }
    }

    /// The two points that `tokens` lie between, and how far along the way from the first to the second: 0 to 1, more
    /// beyond the last point.
    fn around(&self, tokens: u32) -> (usize, usize, f64) {
        let last = self.points.len() - 1;
        if last == 0 {
            return (0, 0, 0.0);
        }
        let high = self.points.partition_point(|point| point.tokens < tokens).clamp(1, last);
        let (a, b) = (f64::from(self.points[high - 1].tokens), f64::from(self.points[high].tokens));
        (high - 1, high, ((f64::from(tokens) - a) / (b - a)).max(0.0))
    }
}

/// The middle one of an odd number of values.
fn median<const N: usize>(mut values: [f64; N]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[N / 2]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const SHAPE: [(u32, f64); 5] = [(1, 30.0), (2, 48.0), (4, 84.0), (8, 200.0), (16, 240.0)];

    fn stairs() -> Staircase {
        Staircase::new(&SHAPE).unwrap()
    }

    fn close(a: f64, b: f64) -> bool {
        (a / b - 1.0).abs() < 0.05
    }

    #[test]
    fn what_lies_between_is_interpolated_and_what_lies_beyond_goes_on() {
        let stairs = stairs();
        for (tokens, ms) in [(0, 30.0), (1, 30.0), (2, 48.0), (3, 66.0), (12, 220.0), (16, 240.0), (24, 280.0)] {
            assert!((stairs.ms(tokens) - ms).abs() < 1e-9, "{tokens}: {}", stairs.ms(tokens));
        }
        let falling = Staircase::new(&[(1, 10.0), (12, 50.0), (16, 40.0)]).unwrap();
        assert!((falling.ms(32) - 40.0).abs() < 1e-9, "it never falls below what was measured");
        let alone = Staircase::new(&[(1, 10.0)]).unwrap();
        assert!((alone.ms(7) - 70.0).abs() < 1e-9);
    }

    #[test]
    fn without_one_token_there_is_nothing_to_go_by() {
        for points in [&[][..], &[(2, 10.0)], &[(1, 0.0)], &[(1, f64::NAN)], &[(1, -3.0), (4, 9.0)]] {
            assert_eq!(Staircase::new(points), None, "{points:?}");
        }
        assert_eq!(stairs().scaled(0.0), None);
        let twice = Staircase::new(&[(4, 9.0), (1, 5.0), (1, 3.0), (0, 1.0)]).unwrap();
        assert_eq!(twice.points(), [(1, 3.0), (4, 9.0)]);
    }

    #[test]
    fn another_computer_has_the_same_shape() {
        assert!(close(stairs().scaled(2.0).unwrap().ms(12), 440.0));
        let shaped = Staircase::from_shape(500.0, &[(1, 1.0), (4, 1.5)]).unwrap();
        assert!(close(shaped.ms(4), 750.0));
    }

    #[test]
    fn one_slow_batch_changes_nothing() {
        let mut stairs = stairs();
        for tokens in [1, 4, 1, 16] {
            stairs.observe(tokens, 10.0 * stairs.ms(tokens));
            for again in [1, 2, 4, 8, 16] {
                stairs.observe(again, Staircase::new(&SHAPE).unwrap().ms(again));
            }
        }
        for (tokens, ms) in SHAPE {
            assert!(close(stairs.ms(tokens), ms), "{tokens}: {}", stairs.ms(tokens));
        }
    }

    #[test]
    fn a_computer_that_stays_slower_is_followed_everywhere() {
        let mut stairs = stairs();
        for _ in 0..40 {
            stairs.observe(1, 60.0);
        }
        for (tokens, ms) in SHAPE.into_iter().filter(|(tokens, _)| *tokens > 2) {
            assert!((stairs.ms(tokens) / ms - 2.0).abs() < 0.4, "{tokens}: {}", stairs.ms(tokens));
        }
        assert!(close(stairs.ms(1), 60.0), "{stairs:?}");
    }

    #[test]
    fn a_point_that_is_slower_alone_drifts_alone() {
        let mut stairs = stairs();
        for _ in 0..200 {
            for (tokens, ms) in SHAPE {
                stairs.observe(tokens, if tokens == 16 { 2.0 * ms } else { ms });
            }
        }
        for (tokens, ms) in SHAPE {
            let real = if tokens == 16 { 2.0 * ms } else { ms };
            assert!(close(stairs.ms(tokens), real), "{tokens}: {}", stairs.ms(tokens));
        }
    }

    proptest! {
        #[test]
        fn nothing_that_is_observed_breaks_it(
            seen in proptest::collection::vec((0_u32..100, prop_oneof![any::<f64>(), 0.001_f64..10_000.0]), 0..200),
        ) {
            let mut stairs = stairs();
            for (tokens, ms) in seen {
                stairs.observe(tokens, ms);
                for tokens in [0, 1, 5, 16, 64, 1000] {
                    let ms = stairs.ms(tokens);
                    prop_assert!(ms.is_finite() && ms > 0.0, "{ms} {stairs:?}");
                }
            }
        }
    }
}

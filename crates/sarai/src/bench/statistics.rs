//! The statistics that a benchmark of minutes needs. Pure: the same samples give the same figures.

use serde::Serialize;

/// Resamples of a bootstrap. More would move the ends of an interval by less than the next run does.
const RESAMPLES: usize = 2000;
/// Any number does, as long as it stays.
const SEED: u64 = 0x5a_7a_11;
/// The middle part of the resampled medians that counts, in percent.
const CONFIDENCE: f64 = 95.0;

/// A figure of samples, and where it would fall in 95 of 100 repetitions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub(crate) struct Interval {
    /// Of the samples as they are; where something else than their median is reported, that.
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
}

/// The value that `percent` (0 to 100) of the samples do not exceed, interpolated between neighbours (type 7 of Hyndman
/// and Fan, 1996). None without samples.
pub(super) fn percentile(samples: &[f64], percent: f64) -> Option<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    percentile_of_sorted(&sorted, percent)
}

/// None without samples.
pub(super) fn median(samples: &[f64]) -> Option<f64> {
    percentile(samples, 50.0)
}

/// The median with its interval. None without samples; one sample is its own interval.
pub(super) fn median_interval(samples: &[f64]) -> Option<Interval> {
    interval(samples, |resample| {
        let mut sorted: Vec<f64> = resample.iter().map(|&&sample| sample).collect();
        sorted.sort_by(f64::total_cmp);
        percentile_of_sorted(&sorted, 50.0)
    })
}

/// Any figure of samples with its percentile bootstrap (Efron, 1979). None where the samples have no such figure.
pub(super) fn interval<T>(samples: &[T], figure: impl Fn(&[&T]) -> Option<f64>) -> Option<Interval> {
    let median = figure(&samples.iter().collect::<Vec<_>>())?;
    let mut random = SplitMix(SEED);
    let mut figures = Vec::with_capacity(RESAMPLES);
    for _ in 0..RESAMPLES {
        let resample: Vec<&T> = samples.iter().map(|_| &samples[random.below(samples.len())]).collect();
        figures.extend(figure(&resample));
    }
    figures.sort_by(f64::total_cmp);
    let tail = (100.0 - CONFIDENCE) / 2.0;
    let low = percentile_of_sorted(&figures, tail)?;
    let high = percentile_of_sorted(&figures, 100.0 - tail)?;
    Some(Interval { median, low, high })
}

fn percentile_of_sorted(sorted: &[f64], percent: f64) -> Option<f64> {
    let last = sorted.len().checked_sub(1)?;
    #[expect(clippy::cast_precision_loss, reason = "a benchmark takes far fewer samples than 2^52")]
    let place = last as f64 * (percent / 100.0).clamp(0.0, 1.0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and the last index")]
    let below = place.floor() as usize;
    let above = (below + 1).min(last);
    Some(sorted[below] + (sorted[above] - sorted[below]) * place.fract())
}

/// SplitMix64 (Steele, Lea and Flood, 2014).
#[derive(Debug)]
struct SplitMix(u64);

impl SplitMix {
    /// A number below `bound`, which is not 0. The bias of the remainder is beyond notice for small bounds.
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^= z >> 31;
        #[expect(clippy::cast_possible_truncation, reason = "less than a usize after the remainder")]
        let number = (z % bound as u64) as usize;
        number
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_of_known_samples() {
        let four = [4.0, 1.0, 3.0, 2.0];
        for (samples, percent, expected) in [
            (&[][..], 50.0, None),
            (&[7.0], 99.0, Some(7.0)),
            (&four, 0.0, Some(1.0)),
            (&four, 50.0, Some(2.5)),
            (&four, 90.0, Some(3.7)),
            (&four, 100.0, Some(4.0)),
            (&four, 400.0, Some(4.0)),
        ] {
            let found = percentile(samples, percent);
            let near = match (found, expected) {
                (Some(found), Some(expected)) => (found - expected).abs() < 1e-12,
                (found, expected) => found == expected,
            };
            assert!(near, "{percent} % of {samples:?} is {found:?}, not {expected:?}");
        }
    }

    #[test]
    fn an_interval_holds_its_median_and_stays_within_the_samples() {
        let samples: Vec<f64> = (0..40).map(|n| f64::from(n * 7 % 40)).collect();
        let interval = median_interval(&samples).unwrap();
        assert!((interval.median - 19.5).abs() < 1e-12);
        assert!(0.0 < interval.low && interval.low < interval.median, "{interval:?}");
        assert!(interval.median < interval.high && interval.high < 39.0, "{interval:?}");
        assert_eq!(median_interval(&samples), Some(interval), "the same samples give the same interval");
    }

    #[test]
    fn more_samples_narrow_an_interval() {
        let width = |count: i32| {
            let samples: Vec<f64> = (0..count).map(|n| f64::from(n * 37 % 100)).collect();
            median_interval(&samples).map(|i| i.high - i.low).unwrap()
        };
        assert!(width(1000) < width(20) / 2.0);
    }

    #[test]
    fn other_figures_have_intervals_too() {
        let pairs = [(1.0, 2.0), (30.0, 10.0), (2.0, 2.0)];
        let total = |pairs: &[&(f64, f64)]| {
            let (a, b) = pairs.iter().fold((0.0, 0.0), |(a, b), pair| (a + pair.0, b + pair.1));
            (b > 0.0).then(|| a / b)
        };
        let found = interval(&pairs, total).unwrap();
        assert!((found.median - 33.0 / 14.0).abs() < 1e-12, "{found:?}");
        assert!(found.low < 1.1 && found.high > 2.9, "{found:?}");
        assert_eq!(interval(&[], total), None);
    }

    #[test]
    fn few_samples_are_no_trouble() {
        assert_eq!(median_interval(&[]), None);
        assert_eq!(median_interval(&[3.0]), Some(Interval { median: 3.0, low: 3.0, high: 3.0 }));
    }
}

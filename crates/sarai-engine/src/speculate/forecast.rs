//! What speculation can gain on a computer of which only the staircase is known.

use super::Staircase;
use super::controller::GAIN_MIN;

/// What to expect of drafts whose tokens are each right with the same probability.
#[derive(Debug, Clone, PartialEq)]
pub struct Forecast {
    /// How many tokens the controller would guess before each batch in the long run; 0 when guessing does not pay.
    pub best_tokens: u32,
    /// How many times as fast as without guesses that is; 1 when guessing does not pay.
    pub speedup: f64,
    pub tokens_per_s: f64,
    /// The same factor for each fixed number of tokens, from 0.
    pub by_length: Vec<(u32, f64)>,
}

/// For a source whose tokens are each right with probability `acceptance` if all before are. `draft` is the staircase of a
/// model that guesses one token after the other, and what a call to it takes, in milliseconds; none is a source that
/// costs nothing.
#[must_use]
pub fn forecast(target: &Staircase, draft: Option<(&Staircase, f64)>, acceptance: f64, tokens_max: u32) -> Forecast {
    let acceptance = if acceptance.is_finite() { acceptance.clamp(0.0, 1.0) } else { 0.0 };
    let plain_ms = target.ms(1);
    let mut said = 1.0;
    let mut chance = 1.0;
    let mut by_length = vec![(0, 1.0)];
    for tokens in 1..=tokens_max {
        chance *= acceptance;
        said += chance;
        let asking_ms = draft.map_or(0.0, |(stairs, call_ms)| call_ms + f64::from(tokens) * stairs.ms(1));
        by_length.push((tokens, said * plain_ms / (target.ms(tokens.saturating_add(1)) + asking_ms)));
    }
    let (best_tokens, speedup) = by_length
        .iter()
        .copied()
        .filter(|(_, speedup)| *speedup >= 1.0 + GAIN_MIN)
        .fold((0, 1.0), |best, next| if next.1 > best.1 { next } else { best });
    Forecast { best_tokens, speedup, tokens_per_s: 1000.0 * speedup / plain_ms, by_length }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two cores, 1.5B, repacked weights.
    fn repacked() -> Staircase {
        let shape = [
            (1, 1.0),
            (2, 1.6),
            (3, 2.3),
            (4, 2.8),
            (6, 4.1),
            (8, 6.8),
            (12, 8.3),
            (16, 8.1),
            (24, 12.1),
            (32, 13.6),
            (48, 19.1),
        ];
        Staircase::from_shape(32.0, &shape).unwrap()
    }

    #[test]
    fn free_guesses_pay_when_they_are_good() {
        let good = forecast(&repacked(), None, 0.99, 63);
        assert!(good.best_tokens >= 31 && good.speedup > 1.9, "{good:?}");
        let poor = forecast(&repacked(), None, 0.3, 63);
        assert_eq!((poor.best_tokens, poor.speedup), (0, 1.0));
        assert!((poor.tokens_per_s - 31.25).abs() < 1e-9);
        // (1 + 0.9 + 0.81 + 0.729) / 2.8
        let (tokens, factor) = forecast(&repacked(), None, 0.9, 3).by_length[3];
        assert!(tokens == 3 && (factor - 3.439 / 2.8).abs() < 1e-9, "{factor}");
    }

    #[test]
    fn a_draft_model_of_half_the_cost_does_not_pay_here_and_does_elsewhere() {
        let half = Staircase::new(&[(1, 18.0)]).unwrap();
        assert_eq!(forecast(&repacked(), Some((&half, 1.0)), 0.97, 63).best_tokens, 0);
        // A model of 10.7B beside one of 0.5B on six cores, which have arithmetic to spare.
        let large = Staircase::from_shape(500.0, &[(1, 1.0), (4, 1.3), (8, 1.9), (16, 3.4)]).unwrap();
        let small = Staircase::new(&[(1, 20.0)]).unwrap();
        let pair = forecast(&large, Some((&small, 2.0)), 0.7, 15);
        assert!(pair.best_tokens >= 2 && pair.speedup > 1.5, "{pair:?}");
    }

    #[test]
    fn no_tokens_and_no_number_are_no_gain() {
        assert_eq!(forecast(&repacked(), None, 0.9, 0).by_length, [(0, 1.0)]);
        assert_eq!(forecast(&repacked(), None, f64::NAN, 8).best_tokens, 0);
    }
}

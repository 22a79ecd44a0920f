//! The sampler against exact distributions, and against what models really hand over.

use proptest::collection::vec;
use proptest::prelude::*;
use sarai_types::{Penalties, Sampling};

use super::*;

/// Everything off: draws from the softmax itself.
fn plain() -> Sampling {
    Sampling { temperature: 1.0, top_k: 0, top_p: 1.0, min_p: 0.0, penalties: Penalties::default(), seed: None }
}

/// Exact probabilities by the definition, in double precision.
fn softmax(logits: &[f32], temperature: f64) -> Vec<f64> {
    let max = logits.iter().copied().filter(|l| !l.is_nan()).fold(f32::NEG_INFINITY, f32::max);
    let weights: Vec<f64> = logits.iter().map(|&l| (f64::from(l - max) / temperature).exp()).collect();
    let sum: f64 = weights.iter().sum();
    weights.iter().map(|w| w / sum).collect()
}

/// How often each token is drawn in `n` draws.
fn histogram(sampling: Sampling, logits: &[f32], n: usize) -> Vec<f64> {
    let mut sampler = Sampler::new(sampling, 7);
    let mut counts = vec![0.0; logits.len()];
    for _ in 0..n {
        counts[sampler.sample(logits, &[]).token as usize] += 1.0;
    }
    counts
}

/// Pearson's statistic of `counts` against `probabilities`.
fn chi_square(counts: &[f64], probabilities: &[f64]) -> f64 {
    let n: f64 = counts.iter().sum();
    counts.iter().zip(probabilities).filter(|(_, p)| **p > 0.0).map(|(c, p)| (c - n * p).powi(2) / (n * p)).sum()
}

#[test]
fn draws_follow_the_distribution() {
    let logits = [1.0, 0.5, 0.0, -0.5, -1.0, 2.0, 1.5, -2.0];
    for temperature in [0.7_f32, 1.0, 1.6] {
        let counts = histogram(Sampling { temperature, ..plain() }, &logits, 40_000);
        // The 99.9 % quantile of chi-square with 7 degrees of freedom is 24.3.
        let statistic = chi_square(&counts, &softmax(&logits, f64::from(temperature)));
        assert!(statistic < 24.3, "{statistic} at temperature {temperature}");
    }
}

#[test]
fn draws_follow_the_truncated_distribution() {
    let logits = [3.0, 2.5, 2.0, 1.0, 0.0, -1.0];
    // Probabilities 0.47 0.28 0.17 0.06 0.02 0.01: top-p 0.7 keeps two, as does min-p 0.5; top-k 3 keeps three.
    for (sampling, kept) in [
        (Sampling { top_p: 0.7, ..plain() }, 2),
        (Sampling { min_p: 0.5, ..plain() }, 2),
        (Sampling { top_k: 3, ..plain() }, 3),
        (Sampling { top_k: 3, top_p: 0.85, ..plain() }, 3),
        (Sampling { top_k: 3, top_p: 0.8, ..plain() }, 2),
        (Sampling { top_k: 3, min_p: 0.5, ..plain() }, 2),
    ] {
        let mut expected = softmax(&logits[..kept], 1.0);
        expected.resize(logits.len(), 0.0);
        let counts = histogram(sampling, &logits, 20_000);
        assert_eq!(counts.iter().filter(|c| **c > 0.0).count(), kept, "{sampling:?}");
        let statistic = chi_square(&counts, &expected);
        // The 99.9 % quantile with 2 degrees of freedom.
        assert!(statistic < 13.8, "{statistic} with {sampling:?}");
    }
}

#[test]
fn penalties_follow_their_formula() {
    let logits = [2.0, 1.9, -1.0];
    let with = |penalties: Penalties, history: &[u32]| {
        Sampler::new(Sampling { penalties, ..Sampling::greedy() }, 0).sample(&logits, history)
    };
    let neutral = Penalties::default();
    assert_eq!(with(neutral, &[0, 0]).token, 0);
    assert_eq!(with(Penalties { repeat: 1.2, ..neutral }, &[0]).token, 1);
    assert_eq!(with(Penalties { presence: 0.2, ..neutral }, &[0]).token, 1);
    assert_eq!(with(Penalties { frequency: 0.06, ..neutral }, &[0]).token, 0);
    assert_eq!(with(Penalties { frequency: 0.06, ..neutral }, &[0, 2, 0]).token, 1);
    // Further back than last_n, nothing counts; nor do tokens that the vocabulary does not have.
    assert_eq!(with(Penalties { repeat: 1.2, last_n: 1, ..neutral }, &[0, 2]).token, 0);
    assert_eq!(with(Penalties { repeat: 1.2, last_n: 0, ..neutral }, &[0]).token, 0);
    assert_eq!(with(Penalties { repeat: 1.2, ..neutral }, &[99]).token, 0);
    // The reported probability is the model's, not what the penalties made of it.
    let reported = f64::from(with(Penalties { repeat: 1.2, ..neutral }, &[0]).logprob);
    assert!((reported - softmax(&logits, 1.0)[1].ln()).abs() < 1e-5);
}

#[test]
fn a_negative_logit_is_pushed_down_by_the_repeat_penalty() {
    let penalties = Penalties { repeat: 2.0, ..Penalties::default() };
    let mut sampler = Sampler::new(Sampling { penalties, ..Sampling::greedy() }, 0);
    assert_eq!(sampler.sample(&[-1.0, -1.5], &[0]).token, 1);
}

#[test]
fn one_seed_gives_one_text_everywhere() {
    let logits: Vec<f32> = (0..1000_u16).map(|i| f32::from(i * 37 % 101) / 10.0).collect();
    let draw = |seed| {
        let mut sampler = Sampler::new(Sampling { temperature: 1.3, ..plain() }, seed);
        (0..8).map(|_| sampler.sample(&logits, &[]).token).collect::<Vec<_>>()
    };
    assert_eq!(draw(1), draw(1));
    assert_ne!(draw(1), draw(2));
    // These values are the contract: they may not change with the platform, the compiler or a release.
    assert_eq!(draw(42), [742, 161, 281, 346, 38, 868, 221, 802]);
}

#[test]
fn the_generator_is_the_published_one() {
    // The first outputs of splitmix64.c for the seed 1234567.
    let mut random = SplitMix64 { state: 1_234_567 };
    let expected = [6_457_827_717_110_365_317, 3_203_168_211_198_807_973, 9_817_491_932_198_370_423];
    assert_eq!([random.next(), random.next(), random.next()], expected);
}

#[test]
fn the_exponential_is_exact_to_a_single() {
    for i in 0..870_000_u32 {
        let x = -(i as f32) / 10_000.0;
        let (ours, exact) = (f64::from(exp(x)), f64::from(x).exp());
        assert!((ours / exact - 1.0).abs() < 3e-7, "exp({x}) = {ours:e}, not {exact:e}");
    }
    assert_eq!(exp(0.0), 1.0);
    assert_eq!([f32::NEG_INFINITY, -88.0, f32::NAN].map(exp), [0.0; 3]);
    assert_eq!(exp(f32::INFINITY), 1.0);
}

#[test]
fn a_vocabulary_of_its_real_size_is_normalised() {
    let mut random = SplitMix64 { state: 3 };
    #[expect(clippy::cast_possible_truncation, reason = "test data")]
    let logits: Vec<f32> = (0..151_936).map(|_| (random.unit() * 30.0 - 15.0) as f32).collect();
    let exact = softmax(&logits, 1.0);
    let top = top_logprobs(&logits, 20);
    assert_eq!(top.len(), 20);
    assert!(top.is_sorted_by(|a, b| a.1 >= b.1));
    for (token, logprob) in top {
        assert!((f64::from(logprob) - exact[token as usize].ln()).abs() < 1e-5);
    }
}

#[test]
fn what_is_not_a_number_is_never_chosen_while_another_is_left() {
    let (nan, inf) = (f32::NAN, f32::INFINITY);
    for sampling in [plain(), Sampling::default(), Sampling::greedy()] {
        let mut sampler = Sampler::new(sampling, 1);
        for _ in 0..50 {
            assert_eq!(sampler.sample(&[nan, -inf, 1.0, nan], &[0, 1, 2]).token, 2);
            assert_eq!(sampler.sample(&[0.0, inf, 1.0], &[]).token, 1);
        }
        for hopeless in [&[][..], &[nan], &[-inf, -inf]] {
            assert_eq!(sampler.sample(hopeless, &[]), Sampled { token: 0, logprob: -inf });
        }
    }
    assert_eq!(top_logprobs(&[nan, -inf, 0.0], 5), [(2, 0.0)]);
    assert_eq!(top_logprobs(&[1.0], 0), []);
}

/// Logits as models give them, with the odd value that they should not give.
fn logits() -> impl Strategy<Value = Vec<f32>> {
    let odd = prop_oneof![Just(f32::NAN), Just(f32::INFINITY), Just(f32::NEG_INFINITY), Just(0.0)];
    vec(prop_oneof![20 => -30.0_f32..30.0, 1 => odd], 1..600)
}

proptest! {
    #[test]
    fn any_logits_and_settings_give_a_token(
        logits in logits(), temperature in 0.0_f32..2.0, top_k in 0_u32..700, top_p in 0.01_f32..1.0,
        min_p in 0.0_f32..1.0, repeat in 0.5_f32..2.0, history in vec(0_u32..700, 0..80), seed: u64,
    ) {
        let penalties = Penalties { repeat, frequency: 0.3, presence: -0.3, last_n: 64 };
        let sampling = Sampling { temperature, top_k, top_p, min_p, penalties, seed: None };
        let sampled = Sampler::new(sampling, seed).sample(&logits, &history);
        prop_assert!((sampled.token as usize) < logits.len());
        prop_assert!(sampled.logprob <= 0.0);
    }

    #[test]
    fn the_best_of_one_is_the_greedy_choice(logits in logits(), seed: u64) {
        let best = Sampler::new(Sampling { top_k: 1, ..plain() }, seed).sample(&logits, &[]);
        prop_assert_eq!(best, Sampler::new(Sampling::greedy(), 0).sample(&logits, &[]));
        if let Some((token, _)) = top_logprobs(&logits, 1).first() {
            prop_assert_eq!(best.token, *token);
        }
    }

    #[test]
    fn nothing_outside_the_nucleus_is_drawn(
        logits in vec(-8.0_f32..8.0, 1..2000), top_p in 0.05_f32..0.999, top_k in prop_oneof![Just(0_u32), 1_u32..300],
        seed: u64,
    ) {
        // By the definition: sort all, renormalise the k best, keep until the sum reaches top_p.
        let mut order: Vec<usize> = (0..logits.len()).collect();
        order.sort_by(|&a, &b| logits[b].total_cmp(&logits[a]));
        order.truncate(if top_k == 0 { usize::MAX } else { top_k as usize });
        let kept: Vec<f32> = order.iter().map(|&i| logits[i]).collect();
        let mut sum = 0.0;
        // A hair of slack: this sum and the sampler's round differently.
        let nucleus = softmax(&kept, 1.0).iter().take_while(|p| {
            sum += **p;
            sum - **p < f64::from(top_p) + 1e-5
        }).count();
        let mut sampler = Sampler::new(Sampling { top_p, top_k, ..plain() }, seed);
        for _ in 0..20 {
            let token = sampler.sample(&logits, &[]).token as usize;
            prop_assert!(logits[token] >= kept[nucleus - 1]);
        }
    }

    #[test]
    fn log_probabilities_add_up(logits in vec(-30.0_f32..30.0, 1..5000)) {
        let sum: f64 = top_logprobs(&logits, usize::MAX).iter().map(|(_, l)| f64::from(*l).exp()).sum();
        prop_assert!((sum - 1.0).abs() < 1e-4, "{}", sum);
    }
}

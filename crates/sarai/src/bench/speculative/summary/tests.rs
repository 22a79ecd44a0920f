//! Summaries of made-up answers.

use sarai_types::Candidate;

use super::*;

fn sample(policy: Speculation, prompt: &str, class: Class, pace: f64, text: &str) -> Sample {
    Sample {
        server: Side::Ours,
        policy,
        beside: Speculation::Auto,
        round: 1,
        prompt: prompt.to_owned(),
        class,
        temperature: 0.0,
        completion_tokens: 100,
        total_ms: 1000.0,
        tokens_per_second: Some(pace),
        decoding: Some(Guesses {
            batches: 50,
            forced: 3,
            suffix: Counts { drafted: 80, accepted: 47 },
            ..Guesses::default()
        }),
        text: text.to_owned(),
        replay: Vec::new(),
    }
}

fn token(bytes: &[u8], logprobs: &[f32]) -> TokenText {
    let candidate = |logprob: &f32| Candidate { bytes: bytes.to_vec(), logprob: *logprob };
    TokenText { chosen: candidate(&logprobs[0]), top: logprobs.iter().map(candidate).collect() }
}

#[test]
fn texts_part_where_their_bytes_do() {
    for (plain, other, expected) in [
        ("", "", None),
        ("año", "año", None),
        ("año", "anno", Some(1)),
        // ñ and ò share their first byte.
        ("ñ", "ò", Some(1)),
        ("abc", "ab", Some(2)),
        ("ab", "abc", Some(2)),
        ("", "a", Some(0)),
    ] {
        assert_eq!(divergence(plain, other), expected, "{plain:?} {other:?}");
    }
}

#[test]
fn a_byte_belongs_to_the_token_that_holds_it() {
    let tokens = [token("añ".as_bytes(), &[-0.1, -4.0]), token(b"o b", &[-0.7, -0.75]), token(b"ien", &[-0.2])];
    let plain = "año bien";
    for (byte, expected) in [(0, Some(0)), (2, Some(0)), (3, Some(1)), (5, Some(1)), (6, Some(2)), (9, Some(3))] {
        assert_eq!(place(&tokens, plain, byte).map(|(token, _)| token), expected, "byte {byte}");
    }
    let gap = place(&tokens, plain, 4).unwrap().1.unwrap();
    assert!((gap - 0.05).abs() < 1e-6, "{gap}");
    assert_eq!(place(&tokens, plain, 7).unwrap().1, None, "there was only one candidate");
    assert_eq!(place(&tokens, "otra cosa", 4), None, "the replay said something else");
    assert_eq!(place(&tokens, plain, 10), None);
}

#[test]
fn a_policy_is_held_against_plain_prompt_by_prompt() {
    use Speculation::{Auto, Off};
    let mut samples = vec![
        sample(Off, "a", Class::Prose, 20.0, "uno dos"),
        sample(Auto, "a", Class::Prose, 19.0, "uno dos"),
        sample(Auto, "b", Class::Edit, 60.0, "uno tres"),
        sample(Off, "b", Class::Edit, 20.0, "uno dos"),
        // Nobody asked plain this one.
        sample(Auto, "c", Class::Edit, 1.0, ""),
    ];
    samples[2].replay = vec![token(b"uno", &[0.0, -9.0]), token(b" ", &[0.0, -9.0]), token(b"dos", &[-0.6, -0.7])];

    let summary = policy(&samples, Auto);
    assert_eq!(summary.worst, Some(PromptRatio { prompt: "a".to_owned(), ratio: 0.95 }));
    assert_eq!(summary.classes.len(), 2);
    assert_eq!(summary.classes[1].gain.ratio.unwrap().median, 3.0);
    assert_eq!(summary.guesses.suffix, Counts { drafted: 160, accepted: 94 });
    // 200 tokens in 100/19 + 100/60 seconds against 10.
    let total = summary.overall.ratio_total.unwrap().median;
    assert!((total - 10.0 / (100.0 / 19.0 + 100.0 / 60.0)).abs() < 1e-9, "{total}");
    let greedy = &summary.greedy;
    assert_eq!((greedy.answers, greedy.same, greedy.near_ties, greedy.tokens_compared), (2, 1, 1, 102));
    let divergence = &greedy.divergences[0];
    assert_eq!((divergence.byte, divergence.token), (4, Some(2)));
    assert_eq!((divergence.plain.as_str(), divergence.other.as_str()), ("dos", "tres"));

    // What is drawn may differ.
    for sample in &mut samples {
        sample.temperature = 0.8;
    }
    assert_eq!(policy(&samples, Auto).greedy.answers, 0);
}

#[test]
fn plain_is_taken_from_beside_the_policy() {
    use Speculation::{Auto, Fixed, Off};
    let mut samples = vec![
        sample(Off, "a", Class::Code, 20.0, ""),
        sample(Auto, "a", Class::Code, 30.0, ""),
        // The computer had become slower.
        sample(Off, "a", Class::Code, 10.0, ""),
        sample(Fixed(4), "a", Class::Code, 12.0, ""),
    ];
    samples[2].beside = Fixed(4);
    samples[3].beside = Fixed(4);
    for (told, expected) in [(Auto, 1.5), (Fixed(4), 1.2)] {
        assert_eq!(policy(&samples, told).overall.ratio.unwrap().median, expected, "{told}");
    }
}

#[test]
fn the_best_fixed_length_may_be_none() {
    use Speculation::{Auto, Fixed, Off};
    let paces = [(Off, 20.0, 20.0), (Auto, 19.8, 45.0), (Fixed(4), 12.0, 40.0), (Fixed(15), 8.0, 50.0)];
    let samples: Vec<Sample> = paces
        .into_iter()
        .flat_map(|(policy, prose, edit)| {
            [sample(policy, "a", Class::Prose, prose, ""), sample(policy, "b", Class::Edit, edit, "")]
        })
        .collect();
    let beside = |told: Speculation| {
        let both = |s: &&Sample| s.policy == told || s.policy == Off;
        let samples = samples.iter().filter(both).cloned().map(|s| Sample { beside: told, ..s });
        policy(&samples.collect::<Vec<_>>(), told)
    };
    let summaries = [Auto, Fixed(4), Fixed(15)].map(beside);
    let found = search(&summaries);
    let of = |class| found.iter().find(|s| s.class == class).unwrap();
    assert_eq!(of(Some(Class::Prose)).best, Off);
    assert!((of(Some(Class::Prose)).share - 0.99).abs() < 1e-9);
    assert_eq!(of(Some(Class::Edit)).best, Fixed(15));
    assert!((of(Some(Class::Edit)).share - 0.9).abs() < 1e-9);
    assert!(search(&summaries[1..]).is_empty());
}

#[test]
fn another_server_is_compared_with_auto_alone() {
    let mut theirs = sample(Speculation::Off, "a", Class::Quote, 10.0, "");
    theirs.server = Side::Theirs;
    let samples = [
        theirs,
        sample(Speculation::Off, "a", Class::Quote, 20.0, ""),
        sample(Speculation::Auto, "a", Class::Quote, 40.0, ""),
    ];
    let gains = against(&samples);
    assert_eq!(gains.len(), 1);
    assert_eq!(gains[0].gain.ratio.unwrap().median, 4.0);
}

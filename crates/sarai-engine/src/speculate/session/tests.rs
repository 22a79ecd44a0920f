//! Sessions that follow a text as it grows and is cut back, against a text kept whole.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Tokens 0 to 255 are bytes; the ones after that are `words`. Like vocabularies of the SentencePiece family it can begin
/// every text with a space.
#[derive(Debug)]
struct Words {
    words: &'static [&'static str],
    leading_space: bool,
}

impl Vocabulary for Words {
    fn size(&self) -> u32 {
        256 + u32::try_from(self.words.len()).unwrap()
    }

    fn spell(&self, token: u32) -> Vec<u8> {
        u8::try_from(token).map_or_else(|_| self.words[token as usize - 256].as_bytes().to_vec(), |byte| vec![byte])
    }

    fn tokenize(&self, text: &str) -> Vec<u32> {
        let text = if self.leading_space { format!(" {text}") } else { text.to_owned() };
        let mut left = text.as_bytes();
        let mut tokens = Vec::new();
        while let Some(&byte) = left.first() {
            let word = (256..).zip(self.words).find(|(_, word)| left.starts_with(word.as_bytes()));
            let (token, len) = word.map_or_else(|| (u32::from(byte), 1), |(token, word)| (token, word.len()));
            tokens.push(token);
            left = &left[len..];
        }
        tokens
    }
}

const WORDS: Words = Words { words: &[" sea", "the", "\n\n"], leading_space: false };

/// What the other worker has after it did as it was told.
fn obey(held: &mut Vec<u32>, tail: &Tail, text: &[u32]) {
    assert!(tail.keep <= held.len(), "it cannot keep {} of {}", tail.keep, held.len());
    held.truncate(tail.keep);
    held.extend_from_slice(&text[tail.append.clone()]);
}

#[test]
fn only_what_is_new_is_sent() {
    let mut pool = Pool::new(Window { max: 20, begin: 8 }, 2);
    let steps: [(u64, &[u32], usize, Tail); 6] = [
        (1, &[1, 2, 3], 0, Tail { keep: 0, append: 0..3 }),
        (1, &[1, 2, 3, 4, 5], 0, Tail { keep: 3, append: 3..5 }),
        (1, &[1, 2, 9], 0, Tail { keep: 2, append: 2..3 }),
        (1, &[1, 2, 9], 0, Tail { keep: 3, append: 3..3 }),
        (2, &[1, 2], 1, Tail { keep: 0, append: 0..2 }),
        (1, &[7], 0, Tail { keep: 0, append: 0..1 }),
    ];
    for (answer, text, slot, tail) in steps {
        assert_eq!(pool.lacks(answer, text, |_| 1), tail.append.len(), "{answer}: {text:?}");
        assert_eq!(pool.follow(answer, text, |_| 1), (slot, tail), "{answer}: {text:?}");
    }
    pool.forget(0);
    assert_eq!(pool.follow(1, &[7, 8], |_| 1), (0, Tail { keep: 0, append: 0..2 }), "nothing is known of it any more");
}

#[test]
fn the_next_turn_goes_on_from_the_last_one() {
    let mut pool = Pool::new(Window { max: 20, begin: 8 }, 2);
    let _ = pool.follow(1, &[1, 2, 3], |_| 1);
    let _ = pool.follow(2, &[5, 6, 7], |_| 1);
    pool.end(1);
    pool.end(2);
    assert_eq!(pool.follow(3, &[1, 2, 3, 4], |_| 1), (0, Tail { keep: 3, append: 3..4 }));
    assert_eq!(pool.follow(4, &[9], |_| 1), (1, Tail { keep: 0, append: 0..1 }), "nobody uses the other one");
    assert_eq!(pool.follow(5, &[9], |_| 1).0, 0, "both are used: the one longest not used goes");
}

#[test]
fn a_long_text_is_sent_from_near_its_end() {
    let mut pool = Pool::new(Window { max: 20, begin: 8 }, 1);
    let text: Vec<u32> = (0..100).collect();
    assert_eq!(pool.follow(1, &text, |_| 1).1, Tail { keep: 0, append: 92..100 });
    assert_eq!(pool.follow(1, &text, |_| 1).1, Tail { keep: 8, append: 100..100 });
    let grown: Vec<u32> = (0..108).collect();
    assert_eq!(pool.follow(1, &grown, |_| 1).1, Tail { keep: 8, append: 100..108 });
    let far: Vec<u32> = (0..117).collect();
    assert_eq!(pool.follow(1, &far, |_| 1).1, Tail { keep: 0, append: 109..117 }, "it lacks too much");
    for (end, tail) in [(125, Tail { keep: 8, append: 117..125 }), (130, Tail { keep: 0, append: 122..130 })] {
        let text: Vec<u32> = (0..end).collect();
        assert_eq!(pool.follow(1, &text, |_| 1).1, tail, "at most 20");
    }
    // Tokens of eleven bytes each do not fit; one is sent all the same.
    assert_eq!(pool.follow(2, &[1, 2], |_| 11).1, Tail { keep: 0, append: 1..2 });
}

#[test]
fn a_text_goes_on_without_the_space_that_a_vocabulary_begins_with() {
    let spaced = Words { leading_space: true, ..WORDS };
    for (text, tokens) in
        [("the", vec![257]), (" sea", vec![256]), ("\n\nthe", vec![258, 257]), ("é", vec![0xC3, 0xA9]), ("", vec![])]
    {
        assert_eq!(continuation(&WORDS, text), tokens, "{text:?}");
    }
    for (text, tokens) in [("the sea", vec![257, 256]), ("x", vec![u32::from(b'x')])] {
        assert_eq!(continuation(&spaced, text), tokens, "{text:?}");
    }
    // The line break in front becomes part of a token that spells more than the text.
    assert!(continuation(&spaced, "\nthe").is_empty());
}

#[test]
fn a_corrupt_guess_is_none() {
    let tokens = |tokens: &[u32], p: &[f32]| guess_of_tokens(tokens.to_vec(), p.to_vec(), 2, &WORDS);
    assert_eq!(tokens(&[1, 258], &[0.5, 1.0]).unwrap().confidence, [0.5, 1.0]);
    assert!(tokens(&[], &[]).unwrap().tokens.is_empty());
    assert_eq!(tokens(&[1, 259], &[0.5, 1.0]), Err(GuessError::Token(259)));
    assert_eq!(tokens(&[1, 2, 3], &[0.5, 0.5, 0.5]), Err(GuessError::TooMany { got: 3, max: 2 }));
    assert_eq!(tokens(&[1, 2], &[0.5]), Err(GuessError::Count { tokens: 2, probabilities: 1 }));
    for wrong in [f32::NAN, -0.1, 1.1, f32::INFINITY] {
        assert_eq!(tokens(&[1], &[wrong]), Err(GuessError::Probability));
    }
    let text = |text: &[u8], p: &[f32]| guess_of_text(text, p, 2, &WORDS);
    assert_eq!(text(b"\xFF", &[0.5]), Err(GuessError::Text));
    assert_eq!(text(b"the", &[]), Err(GuessError::Count { tokens: 1, probabilities: 0 }));
    assert_eq!(text(b"the", &[0.5, 0.5, 0.5]), Err(GuessError::TooMany { got: 3, max: 2 }));
    assert_eq!(text(&vec![b'x'; TEXT_BYTES_MAX + 1], &[0.5]), Err(GuessError::TooMany { got: 1, max: 2 }));
    assert!(text(b"", &[0.5]).unwrap().tokens.is_empty());
}

#[test]
fn a_text_is_as_likely_in_our_tokens_as_in_theirs() {
    let draft = guess_of_text(b"the sea", &[0.5, 0.5], 8, &WORDS).unwrap();
    assert_eq!(draft.tokens, [257, 256]);
    assert!(draft.confidence.iter().all(|p| (p - 0.5).abs() < 1e-6), "{draft:?}");
    let draft = guess_of_text(b"abcd", &[0.25, 0.25], 3, &WORDS).unwrap();
    assert_eq!(draft.tokens, [97, 98, 99]);
    assert!(draft.confidence.iter().all(|p| (p - 0.5).abs() < 1e-6), "{draft:?}");
}

#[test]
fn each_session_gets_its_share_of_the_context() {
    for (context, sequences, tokens) in [(8192, 4, 1984), (512, 1, 448), (512, 4, 64), (512, 5, 0), (512, 0, 0)] {
        assert_eq!(session_tokens_max(context, sequences), tokens, "{context} {sequences}");
    }
}

#[test]
fn the_meter_tells_asking_from_guessing() {
    let mut meter = Meter::new(10.0);
    for round in 0..400 {
        let tokens = round % 8;
        meter.observe(tokens, 30.0 + 18.0 * f64::from(tokens));
    }
    let DraftCost { ms_per_token, ms_per_call, .. } = meter.cost();
    assert!((ms_per_token - 18.0).abs() < 1.0 && (ms_per_call - 30.0).abs() < 3.0, "{meter:?}");
    let before = meter.expected_ms(4);
    meter.observe(4, 1e9);
    assert!(meter.expected_ms(4) < 2.0 * before, "one stall is not the rule");
    meter.observe(4, f64::NAN);
    assert!(meter.expected_ms(4).is_finite());
    for _ in 0..1000 {
        meter.observe(4, 0.0);
    }
    let DraftCost { ms_per_token, ms_per_call, .. } = meter.cost();
    assert!(ms_per_token >= 2.5 && ms_per_call >= 0.0, "{meter:?}");
}

#[test]
fn stalls_do_not_make_tokens_free() {
    let mut meter = Meter::new(20.0);
    for _ in 0..100 {
        meter.observe(0, 500.0);
        meter.observe(4, 130.0);
    }
    assert!(meter.cost().ms_per_token >= 5.0, "{meter:?}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// Whatever texts come in whatever order, each of the other worker's texts is the end of the answer's.
    #[test]
    fn the_other_worker_always_has_the_end_of_the_text(
        steps in vec((0usize..4, 0usize..3, vec(0u32..3, 0..12), any::<bool>()), 1..40),
        slots in 1usize..4,
        width in 1usize..4,
    ) {
        let window = Window { max: 24, begin: 12 };
        let size = |token: u32| 1 + token as usize % width;
        let mut pool = Pool::new(window, slots);
        let mut theirs = vec![Vec::new(); slots];
        let mut texts: Vec<Vec<u32>> = vec![Vec::new(); 4];
        for (answer, cut, more, end) in steps {
            let text = &mut texts[answer];
            text.truncate(text.len().saturating_sub(cut));
            text.extend(more);
            if text.is_empty() {
                continue;
            }
            let (slot, tail) = pool.follow(answer as u64, text, size);
            let held: &mut Vec<u32> = &mut theirs[slot];
            let kept = held.iter().scan(0, |sum, &t| { *sum += size(t); Some(*sum) });
            let keep = if tail.keep == 0 { 0 } else { 1 + kept.take_while(|&sum| sum < tail.keep).count() };
            prop_assert_eq!(held[..keep].iter().map(|&t| size(t)).sum::<usize>(), tail.keep);
            obey(held, &Tail { keep, append: tail.append }, text);
            prop_assert!(!held.is_empty() && text.ends_with(held));
            prop_assert!(held.iter().map(|&t| size(t)).sum::<usize>() <= window.max);
            if end {
                pool.end(answer as u64);
            }
        }
    }
}

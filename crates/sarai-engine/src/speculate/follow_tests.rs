//! Copies with changes, made up token by token.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// A follower of `source`, after `said` was said behind it.
fn follow(source: &[u32], said: &[u32]) -> (Follower, Vec<u32>) {
    let mut follower = Follower::default();
    let mut text = source.to_vec();
    for &token in said {
        follower.push(&text, token);
        text.push(token);
        follower.find(&matches(source, &text));
    }
    (follower, text)
}

/// The longest match within the source.
fn matches(source: &[u32], text: &[u32]) -> Vec<Match> {
    let len = |next: usize| source[..next].iter().rev().zip(text.iter().rev()).take_while(|(a, b)| a == b).count();
    let places = (0..source.len()).filter(|&next| len(next) >= 2 && next < text.len() - len(next));
    places.map(|next| Match { next, len: u32::try_from(len(next)).unwrap() }).collect()
}

fn tokens(guesses: &[Guess]) -> Vec<u32> {
    guesses.iter().map(|guess| guess.token).collect()
}

fn check(source: &[u32], said: &[u32], expected: &[u32]) {
    let (follower, text) = follow(source, said);
    assert_eq!(tokens(&follower.draft(&text, expected.len().max(1))), expected, "after {said:?}");
}

fn range(from: u32, to: u32) -> Vec<u32> {
    (from..to).collect()
}

#[test]
fn a_copy_goes_on_and_chance_is_none() {
    let source = range(1, 60);
    check(&source, &[], &[]);
    check(&source, &[10, 11, 12], &[]);
    check(&source, &[10, 11, 12, 13], &[14, 15, 16]);
    check(&source, &[10, 11, 12, 13, 30, 31, 32, 33, 34, 35, 36], &[37, 38]);
}

#[test]
fn behind_a_change_the_text_goes_on() {
    let source = range(1, 60);
    let copied = range(1, 20);
    for (change, expected) in [
        // Another token in its place, of which nobody knows yet.
        (&[500][..], [21, 22]),
        (&[500, 21], [22, 23]),
        // Two for one.
        (&[500, 501, 21], [22, 23]),
        // One put in.
        (&[500, 20], [21, 22]),
        // Two left out.
        (&[22], [23, 24]),
        (&[500, 22, 23, 24], [25, 26]),
    ] {
        check(&source, &[&copied[..], change].concat(), &expected);
    }
    check(&source, &[&copied[..], &[500, 501]].concat(), &[]);
}

#[test]
fn a_change_is_made_again() {
    // 7 and 8 come three times.
    let source =
        [&range(10, 20)[..], &[7, 8], &range(20, 30), &[7, 8], &range(30, 40), &[7, 8], &range(40, 50)].concat();
    let once = |to: &[u32]| [&range(10, 20)[..], to, &range(20, 26)].concat();
    check(&source, &once(&[70]), &[26, 27, 28, 29, 70, 30, 31]);
    check(&source, &once(&[70, 71, 72]), &[26, 27, 28, 29, 70, 71, 72, 30]);
    check(&source, &once(&[]), &[26, 27, 28, 29, 30, 31]);
    check(&source, &[&once(&[70, 71, 72])[..], &range(26, 30), &[70]].concat(), &[71, 72, 30, 31]);
    // It was not made the second and third time, so it is no longer expected.
    let mut source = source;
    source.extend([&[7, 8][..], &range(50, 60)].concat());
    let (twice, copied) =
        (&[7, 8][..], [&range(26, 30)[..], &[7, 8], &range(30, 40), &[7, 8], &range(40, 48)].concat());
    check(&source, &[&once(&[70])[..], &copied].concat(), &[&[48, 49][..], twice, &[50]].concat());
}

#[test]
fn copies_are_left_where_they_were_left_before() {
    // Sentences that end with 0, of which only some are picked.
    let source: Vec<u32> = (0..12).flat_map(|i| [&range(100 * i + 1, 100 * i + 9)[..], &[0]].concat()).collect();
    let picked = |i: u32| [&range(100 * i + 1, 100 * i + 9)[..], &[0, 5000 + i, 6000 + i]].concat();
    let said = [picked(1), picked(4), picked(7), range(901, 907)].concat();
    let (follower, text) = follow(&source, &said);
    let guesses = follower.draft(&text, 6);
    assert_eq!(tokens(&guesses), [907, 908, 0, 1001, 1002, 1003]);
    assert!(guesses[3].confidence < 0.6, "{guesses:?}");
    assert!([0, 1, 2, 4, 5].iter().all(|&i| guesses[i].confidence > 0.85), "{guesses:?}");
}

#[test]
fn long_copies_are_surer_and_broken_ones_are_not() {
    let source = range(1, 300);
    let first = |said: &[u32]| {
        let (follower, text) = follow(&source, said);
        follower.draft(&text, 1)[0].confidence
    };
    assert!(first(&range(1, 6)) < first(&range(1, 20)) && first(&range(1, 20)) < first(&range(1, 150)));
    let broken: Vec<u32> = range(1, 150).into_iter().map(|t| if t % 8 == 0 { 1000 + t } else { t }).collect();
    assert!(first(&broken) < 0.95 && first(&range(1, 150)) > 0.98, "{}", first(&broken));
}

#[test]
fn what_is_remembered_is_bounded_and_what_is_lost_is_forgotten() {
    let source = range(1, 4000);
    let said: Vec<u32> = range(1, 3000).into_iter().map(|t| if t % 8 == 0 { 9000 + t } else { t }).collect();
    let (mut follower, text) = follow(&source, &said[..2000]);
    assert_eq!(follower.changes.len(), CHANGES_MAX);
    assert!(!follower.draft(&text, 9).is_empty());
    follower.lose();
    assert_eq!(follower.draft(&text, 9), []);
    let (follower, text) = follow(&source, &[&range(1, 20)[..], &[7000; CHANGE_MAX + 1]].concat());
    assert_eq!(follower.draft(&text, 9), [], "given up");
}

proptest! {
    #[test]
    fn any_text_gives_sound_drafts(
        source in vec(0_u32..5, 0..80),
        said in vec(prop_oneof![9 => 0_u32..5, 1 => Just(BOUNDARY)], 0..120),
        tokens_max in 0_usize..70,
    ) {
        let (follower, text) = follow(&source, &said);
        let guesses = follower.draft(&text, tokens_max);
        prop_assert!(guesses.len() <= tokens_max && follower.changes.len() <= CHANGES_MAX);
        prop_assert!(guesses.iter().all(|g| (0.0..=1.0).contains(&g.confidence)), "{guesses:?}");
    }
}

//! The sets of development hold what was reached on them. What is measured are the other halves.

use std::path::Path;

use sarai_memory_sqlite::eval::{Half, Set, System};

/// Recall and abstention at least, and junk at most, in per cent.
fn check(folder: &str, half: Half, recall_min: f64, abstention_min: f64, junk_max: f64) {
    let sets = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../evals/memory").join(folder);
    let read = |name: &str| fs_err::read_to_string(sets.join(name)).unwrap();
    let set = Set::read(&read("dialogues.jsonl"), &read("no-facts.jsonl"), half).unwrap();
    let score = set.score(System::Memory);
    let percent = |rate: f64| rate * 100.0;
    assert!(percent(score.recall.share()) >= recall_min, "{folder}: {:?} {:#?}", score.recall, score.misses);
    assert!(percent(score.junk.share()) <= junk_max, "{folder}: {:?} {:#?}", score.junk, score.misses);
    assert_eq!(score.leak.hits, 0, "{folder}: {:#?}", score.misses);
    assert!(
        percent(score.abstention.share()) >= abstention_min,
        "{folder}: {:?} {:#?}",
        score.abstention,
        score.misses
    );
}

#[test]
fn the_first_half() {
    check("", Half::Development, 98.0, 98.0, 0.5);
}

#[test]
fn the_fresh_set() {
    check("fresh-dev", Half::Both, 98.0, 98.0, 0.5);
}

#[test]
fn paraphrases() {
    check("paraphrases", Half::Both, 97.0, 96.0, 1.0);
}

#[test]
fn the_second_set() {
    check("second-dev", Half::Both, 95.0, 98.0, 0.5);
}

/// The wildest: who tells a whole day in one breath is understood in half of it.
#[test]
fn the_third_set() {
    check("third-dev", Half::Both, 62.0, 91.0, 1.0);
}

#[test]
fn the_fourth_set() {
    check("fourth-dev", Half::Both, 84.5, 96.0, 0.5);
}

/// Asked as people ask later, with other words than they told: what is found is less than half.
#[test]
fn the_fifth_set() {
    check("fifth-dev", Half::Both, 46.0, 92.0, 0.5);
}

/// What ordinary people tell and ask, with questions that lean on the one before.
#[test]
fn the_sixth_set() {
    check("sixth-dev", Half::Both, 82.0, 93.0, 0.5);
}

/// Half of it are changes.
#[test]
fn the_seventh_set() {
    check("seventh-dev", Half::Both, 85.0, 94.0, 2.0);
}

/// Ordinary sentences, as an outside reviewer would write them.
#[test]
fn the_eighth_set() {
    check("eighth-dev", Half::Both, 80.0, 95.0, 0.5);
}

/// Asked about in other ordinary words, or by the kind of thing.
#[test]
fn the_ninth_set() {
    check("ninth-dev", Half::Both, 62.0, 84.0, 0.5);
}

/// As somebody from outside would test each promise.
#[test]
fn the_tenth_set() {
    check("tenth-dev", Half::Both, 70.0, 88.0, 5.0);
}

/// The most usual ways to say a thing and to say that it changed, a question each.
#[test]
fn short_cases() {
    check("short-dev", Half::Both, 64.0, 90.0, 0.5);
}

/// Nothing that was to go stays, and nothing else goes.
#[test]
fn orders_to_forget() {
    check("forgets", Half::Both, 100.0, 0.0, 0.0);
}

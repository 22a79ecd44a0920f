//! The index against brute force, and its rules as cases.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::super::{Identity, Origin};
use super::*;

fn identity() -> Identity {
    let (model, build, template) = ("m", "b", "t");
    let (vocabulary, context, kv_type) = ("v", "c", "k");
    Identity::new(&Origin { model, build, template, vocabulary, context, kv_type, rewind: Rewind::Anywhere })
}

fn id(tokens: &[u32]) -> SnapshotId {
    SnapshotId::of(&identity(), tokens)
}

/// A conversation: pairs of a token and how often it is said.
fn text(parts: &[(u32, usize)]) -> Vec<u32> {
    parts.iter().flat_map(|(token, times)| std::iter::repeat_n(*token, *times)).collect()
}

fn index(rewind: Rewind, texts: &[&[u32]]) -> Index {
    let mut index = Index::new(rewind);
    for tokens in texts {
        index.insert(id(tokens), tokens.to_vec(), tokens.len() as u64);
    }
    index
}

/// Puts a snapshot in as the worker does: one byte for each token.
fn write(index: &mut Index, tokens: &[u32], bytes_max: u64) -> Option<Room> {
    let room = index.make_room(id(tokens), tokens, tokens.len() as u64, bytes_max)?;
    room.after.iter().for_each(|earlier| index.remove(*earlier));
    index.insert(id(tokens), tokens.to_vec(), tokens.len() as u64);
    Some(room)
}

#[test]
fn what_memory_holds_must_be_beaten_by_the_margin() {
    let long = text(&[(1, 100)]);
    let index = index(Rewind::Anywhere, &[&long]);
    let found = Found { id: id(&long), tokens: 100, cells: 100 };
    let prompt = text(&[(1, 100), (2, 5)]);
    for (held, expect) in [(0, Some(found)), (68, Some(found)), (69, None), (100, None), (usize::MAX, None)] {
        assert_eq!(index.best(&prompt, held), expect, "{held} held");
    }
    // The last token of a prompt is read again whatever is held.
    assert_eq!(index.best(&long, 0).map(|f| f.tokens), Some(99));
    assert_eq!(index.best(&[], 0), None);
}

#[test]
fn a_cache_that_cannot_be_taken_back_must_fit_whole() {
    let (short, long) = (text(&[(1, 60)]), text(&[(1, 60), (2, 60)]));
    let prompt = text(&[(1, 60), (2, 59), (3, 9)]);
    let tokens = |rewind| index(rewind, &[&short, &long]).best(&prompt, 0).map(|f| f.tokens);
    assert_eq!(tokens(Rewind::Anywhere), Some(119));
    assert_eq!(tokens(Rewind::Never), Some(60));
}

#[test]
fn among_equals_the_smallest_is_read() {
    let (small, large) = (text(&[(1, 60), (2, 1)]), text(&[(1, 60), (3, 900)]));
    let index = index(Rewind::Anywhere, &[&small, &large]);
    assert_eq!(index.best(&text(&[(1, 60), (4, 9)]), 0).map(|f| f.id), Some(id(&small)));
}

#[test]
fn what_another_snapshot_gives_nearly_as_well_is_not_wanted() {
    let held = text(&[(1, 100)]);
    for (tokens, rewind, wanted) in [
        (text(&[(1, 31)]), Rewind::Anywhere, false),
        (text(&[(2, 31)]), Rewind::Anywhere, false),
        (text(&[(2, 32)]), Rewind::Anywhere, true),
        (text(&[(1, 100)]), Rewind::Anywhere, false),
        (text(&[(1, 100), (2, 31)]), Rewind::Anywhere, false),
        (text(&[(1, 100), (2, 32)]), Rewind::Anywhere, true),
        (text(&[(1, 99)]), Rewind::Anywhere, false),
        (text(&[(1, 99)]), Rewind::Never, true),
        // The beginning of something much longer is worth a file of its own.
        (text(&[(1, 34)]), Rewind::Anywhere, false),
        (text(&[(1, 33)]), Rewind::Anywhere, true),
    ] {
        assert_eq!(index(rewind, &[&held]).wants(&tokens), wanted, "{} tokens, {rewind:?}", tokens.len());
    }
    assert!(!Index::new(Rewind::Anywhere).wants(&vec![1; super::super::TOKENS_MAX + 1]));
}

#[test]
fn a_conversation_that_grew_replaces_its_earlier_snapshot() {
    let turns = [text(&[(1, 100)]), text(&[(1, 100), (2, 50)]), text(&[(1, 100), (2, 45), (3, 90)])];
    let mut index = Index::new(Rewind::Anywhere);
    for turn in &turns {
        write(&mut index, turn, 1000).unwrap();
        assert_eq!((index.count(), index.bytes()), (1, turn.len() as u64));
    }
}

#[test]
fn what_is_replaced_stays_until_the_new_one_is_written_if_there_is_room_for_both() {
    let (turn_1, turn_2) = (text(&[(1, 100)]), text(&[(1, 150)]));
    for (bytes_max, before, after) in
        [(250, vec![], vec![id(&turn_1)]), (249, vec![id(&turn_1)], vec![]), (150, vec![id(&turn_1)], vec![])]
    {
        let mut index = index(Rewind::Anywhere, &[&turn_1]);
        let room = index.make_room(id(&turn_2), &turn_2, 150, bytes_max);
        assert_eq!(room, Some(Room { before, after }), "{bytes_max}");
    }
    let mut index = index(Rewind::Anywhere, &[&turn_1]);
    assert_eq!(index.make_room(id(&turn_2), &turn_2, 150, 149), None);
    assert_eq!(index.count(), 1);
}

#[test]
fn what_several_conversations_begin_with_outlives_them() {
    let fixed = text(&[(1, 100)]);
    let (one, two) = (text(&[(1, 100), (2, 400)]), text(&[(1, 100), (3, 400)]));
    let mut index = Index::new(Rewind::Anywhere);
    write(&mut index, &one, 1100).unwrap();
    write(&mut index, &fixed, 1100).unwrap();
    // It is small, and so what a restart reads.
    assert_eq!(index.best(&two, 0), Some(Found { id: id(&fixed), tokens: 100, cells: 100 }));
    assert_eq!(write(&mut index, &two, 1100), Some(Room::default()));
    assert_eq!(index.count(), 3);
    // Each conversation goes before it, though nothing but being written was a use of it.
    let three = text(&[(4, 500)]);
    assert_eq!(write(&mut index, &three, 1100).map(|room| room.before), Some(vec![id(&one)]));
    assert_eq!(index.evict(699), vec![id(&two)]);
    // Now it is nobody's beginning, and an ordinary snapshot.
    assert_eq!(index.evict(500), vec![id(&fixed)]);
}

#[test]
fn snapshots_of_other_models_take_room_and_help_nobody() {
    let mut index = Index::new(Rewind::Anywhere);
    let stranger = SnapshotId::parse("0000000000000001-0000000000000002").unwrap();
    index.insert(stranger, Vec::new(), 600);
    let own = text(&[(1, 500)]);
    assert_eq!(index.count(), 0);
    assert!(index.wants(&own));
    assert_eq!(write(&mut index, &own, 1000).map(|room| room.before), Some(vec![stranger]));
}

#[test]
fn what_others_did_to_the_folder_is_taken_over() {
    let (kept, gone, new) = (text(&[(1, 50)]), text(&[(2, 60)]), text(&[(3, 70)]));
    let mut index = index(Rewind::Anywhere, &[&kept, &gone]);
    index.reconcile(&[(id(&kept), 50), (id(&new), 70)]);
    assert_eq!((index.count(), index.bytes()), (1, 120));
    assert_eq!(index.evict(100), vec![id(&kept)]);
}

#[test]
fn the_number_of_snapshots_is_bounded_too() {
    let mut index = Index::new(Rewind::Anywhere);
    for n in 0..2 * SNAPSHOTS_MAX {
        write(&mut index, &text(&[(u32::try_from(n).unwrap(), 40)]), u64::MAX).unwrap();
    }
    assert_eq!(index.count(), SNAPSHOTS_MAX);
}

/// Conversations that branch, of a few kinds of tokens.
fn texts(max: usize) -> impl Strategy<Value = Vec<Vec<u32>>> {
    let part = (0..3u32, 1..70usize);
    let one = proptest::collection::vec(part, 1..5).prop_map(|parts| text(&parts));
    proptest::collection::vec(one, 1..max)
}

fn rewinds() -> impl Strategy<Value = Rewind> {
    prop_oneof![Just(Rewind::Anywhere), Just(Rewind::Never)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn the_best_is_the_best_by_brute_force(
        stored in texts(12), prompts in texts(6), held in 0..200usize, rewind in rewinds(),
    ) {
        let stored: Vec<&[u32]> = stored.iter().map(Vec::as_slice).collect();
        let index = index(rewind, &stored);
        for prompt in prompts {
            let saves = |tokens: &[u32]| {
                let shared = (0..=tokens.len()).rev().find(|n| prompt.starts_with(&tokens[..*n])).unwrap_or(0);
                let usable = shared.min(prompt.len() - 1);
                if rewind == Rewind::Never && usable < tokens.len() { 0 } else { usable }
            };
            let most = stored.iter().map(|tokens| saves(tokens)).max().unwrap();
            let found = index.best(&prompt, held);
            prop_assert_eq!(found.map(|f| f.tokens), (most >= held + MARGIN_TOKENS).then_some(most));
            if let Some(found) = found {
                let tokens = stored.iter().find(|tokens| id(tokens) == found.id).unwrap();
                prop_assert_eq!((saves(tokens), tokens.len()), (found.tokens, found.cells));
                prop_assert!(stored.iter().all(|other| saves(other) < most || other.len() >= tokens.len()));
            }
        }
    }

    /// A folder that is changed as the index says, never holds more than the bound, not even between the steps.
    #[test]
    fn the_bound_holds_at_every_moment(
        written in texts(24), touched in proptest::collection::vec(0..24usize, 24),
        bytes_max in 1..600u64, rewind in rewinds(),
    ) {
        let mut index = Index::new(rewind);
        let mut folder: BTreeMap<SnapshotId, u64> = BTreeMap::new();
        for (tokens, touched) in written.iter().zip(touched) {
            if let Some(found) = written.get(touched) {
                index.touch(id(found));
            }
            let bytes = tokens.len() as u64;
            let Some(room) = index.make_room(id(tokens), tokens, bytes, bytes_max) else {
                prop_assert!(bytes > bytes_max);
                continue;
            };
            folder.retain(|id, _| !room.before.contains(id));
            // A file that takes the place of one with its name stands beside it until it is renamed.
            prop_assert!(folder.values().sum::<u64>() + bytes <= bytes_max);
            folder.insert(id(tokens), bytes);
            index.insert(id(tokens), tokens.clone(), bytes);
            for gone in room.after {
                prop_assert!(gone != id(tokens));
                folder.remove(&gone);
                index.remove(gone);
            }
            prop_assert_eq!(index.bytes(), folder.values().sum::<u64>());
            prop_assert_eq!(index.count(), folder.len());
        }
    }

    #[test]
    fn without_trunks_the_least_recently_used_goes_first(
        sizes in proptest::collection::vec(1..100usize, 1..20), touched in proptest::collection::vec(0..20u32, 0..30),
        bytes_max in 0..800u64,
    ) {
        // Conversations that share nothing: the first token differs.
        let all: Vec<Vec<u32>> = (0u32..).zip(&sizes).map(|(n, size)| text(&[(n, *size)])).collect();
        // So short that one continues another only if it shares a token.
        let all: Vec<&[u32]> = all.iter().map(Vec::as_slice).filter(|tokens| tokens.len() > MARGIN_TOKENS).collect();
        let mut index = index(Rewind::Anywhere, &all);
        let mut order: Vec<SnapshotId> = all.iter().map(|tokens| id(tokens)).collect();
        for touched in touched {
            if let Some(tokens) = all.iter().find(|tokens| tokens[0] == touched) {
                index.touch(id(tokens));
                order.retain(|other| *other != id(tokens));
                order.push(id(tokens));
            }
        }
        let gone = index.evict(bytes_max);
        prop_assert_eq!(&gone[..], &order[..gone.len()]);
        prop_assert!(index.bytes() <= bytes_max);
        let last = gone.last().and_then(|last| all.iter().find(|tokens| id(tokens) == *last));
        prop_assert!(last.is_none_or(|last| index.bytes() + last.len() as u64 > bytes_max));
    }
}

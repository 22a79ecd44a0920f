//! The books against sides that only remember, and the hand-over against the real model.

use std::path::PathBuf;
use std::sync::Arc;

use super::*;
use crate::llama::{ContextOptions, Model, Pulse, Purpose};

/// Remembers tokens in cells, as the cache does.
#[derive(Debug)]
struct Memory {
    sequences: Vec<Vec<u32>>,
    cells: usize,
    /// Stops in the middle of this many batches.
    stops: u32,
}

impl Memory {
    fn new(cells: usize) -> Self {
        Self { sequences: vec![Vec::new(); 4], cells, stops: 0 }
    }

    fn positions(&self, sequence: u32) -> u32 {
        u32::try_from(self.sequences[sequence as usize].len()).unwrap()
    }

    fn used(&self) -> usize {
        self.sequences.iter().map(Vec::len).sum()
    }
}

impl Side for Memory {
    fn decode(&mut self, entries: &[Entry]) -> Result<(), DecodeError> {
        if self.used() + entries.len() > self.cells {
            return Err(DecodeError::Full);
        }
        let stopped = self.stops > 0;
        let end = if stopped { entries.len() / 2 } else { entries.len() };
        for entry in &entries[..end] {
            let sequence = &mut self.sequences[entry.sequence as usize];
            assert_eq!(sequence.len(), entry.position as usize, "a batch begins where the side ends");
            sequence.push(entry.token);
        }
        if stopped {
            self.stops -= 1;
            return Err(DecodeError::Stopped);
        }
        Ok(())
    }

    fn truncate(&mut self, sequence: u32, from: u32) -> bool {
        self.sequences[sequence as usize].truncate(from as usize);
        true
    }

    fn share(&mut self, source: u32, to: u32, tokens: u32) {
        self.sequences[to as usize] = self.sequences[source as usize][..tokens as usize].to_vec();
    }

    fn clear(&mut self) {
        self.sequences.iter_mut().for_each(Vec::clear);
    }

    fn state(&self, sequence: u32) -> Option<Vec<u8>> {
        let tokens = &self.sequences[sequence as usize];
        (!tokens.is_empty()).then(|| tokens.iter().flat_map(|t| t.to_le_bytes()).collect())
    }

    fn restore(&mut self, sequence: u32, positions: u32, bytes: &[u8]) -> bool {
        self.sequences[sequence as usize].clear();
        self.import(sequence, bytes) && self.positions(sequence) == positions
    }

    fn export(&mut self, sequence: u32, from: u32, to: u32, bytes: &mut Vec<u8>) -> bool {
        let Some(tokens) = self.sequences[sequence as usize].get(from as usize..to as usize) else { return false };
        *bytes = tokens.iter().flat_map(|t| t.to_le_bytes()).collect();
        true
    }

    fn import(&mut self, sequence: u32, bytes: &[u8]) -> bool {
        let tokens = bytes.chunks_exact(4).map(|b| u32::from_le_bytes(b.try_into().unwrap()));
        if self.used() + tokens.len() > self.cells {
            return false;
        }
        self.sequences[sequence as usize].extend(tokens);
        true
    }
}

fn entries(sequence: u32, from: u32, tokens: &[u32]) -> Vec<Entry> {
    let entry = |(position, &token)| Entry { sequence, token, position, output: true };
    (from..).zip(tokens).map(entry).collect()
}

fn speeds(single: f64, prompt: f64) -> Speeds {
    Speeds::new(vec![(1, single), (8, single * 5.0)], prompt).unwrap()
}

fn measured() -> Measured {
    Measured { stored: Some(speeds(41.0, 280.0)), repacked: Some(speeds(32.0, 200.0)) }
}

/// A generator of numbers that are the same in each run.
struct Dice(u64);

impl Dice {
    fn below(&mut self, n: u64) -> u32 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from((self.0 >> 33) % n).unwrap()
    }
}

/// What a pair holds is what one plain cache would hold, whatever happens in whatever order; and the side that computes
/// has all of it.
#[test]
fn in_any_order_both_sides_hold_what_one_cache_would() {
    for seed in 0..300_u32 {
        let mut dice = Dice(seed.into());
        let cells = [10_000, 120][seed as usize % 2];
        let mut pair = Pair::new(Layout::Stored, Memory::new(cells), Some(Memory::new(cells)));
        let mut plain = Memory::new(usize::MAX);
        if seed % 3 > 0 {
            pair.set_speeds(&measured());
        }
        for _ in 0..80 {
            let (sequence, to) = (dice.below(4), dice.below(4));
            let held = plain.positions(sequence);
            match dice.below(12) {
                0..6 => {
                    let len = [1, 2, 9, 40, 300][dice.below(5) as usize];
                    let tokens: Vec<u32> = (0..len).map(|_| dice.below(1000)).collect();
                    let mut batch = entries(sequence, held, &tokens);
                    if to != sequence {
                        batch.extend(entries(to, plain.positions(to), &[7]));
                    }
                    if dice.below(9) == 0 {
                        pair.sides().for_each(|side| side.stops = 1);
                    }
                    if pair.decode(&batch).is_ok() {
                        plain.decode(&batch).unwrap();
                    }
                    pair.sides().for_each(|side| side.stops = 0);
                }
                6..8 => {
                    let from = dice.below(u64::from(held) + 1);
                    assert!(pair.truncate(sequence, from) && plain.truncate(sequence, from));
                }
                8 if to != sequence => {
                    assert!(pair.truncate(to, 0) && plain.truncate(to, 0));
                    let tokens = dice.below(u64::from(held) + 1);
                    pair.share(sequence, to, tokens);
                    plain.share(sequence, to, tokens);
                }
                9 => {
                    if let Some(bytes) = pair.state(sequence) {
                        let done = pair.restore(to, held, &bytes);
                        let _ = plain.restore(to, held, if done { &bytes } else { &[] });
                    }
                }
                10 if dice.below(6) == 0 => {
                    pair.clear();
                    plain.clear();
                }
                _ => {}
            }
            for sequence in 0..4 {
                let expected = plain.state(sequence);
                assert_eq!(pair.state(sequence), expected, "seed {seed}, sequence {sequence}");
                for side in [Layout::Stored, Layout::Repacked] {
                    let held = pair.books.held(side, sequence) as usize;
                    let own = &pair.side_ref(side).sequences[sequence as usize];
                    assert_eq!(own[..], plain.sequences[sequence as usize][..held], "seed {seed}, {side:?}");
                }
            }
        }
    }
}

#[test]
fn each_batch_goes_where_it_is_faster() {
    let mut pair = Pair::new(Layout::Stored, Memory::new(9000), Some(Memory::new(9000)));
    let mut position = 0;
    let mut decode = |pair: &mut Pair<Memory>, len: usize| {
        pair.decode(&entries(0, position, &vec![1; len])).unwrap();
        position += u32::try_from(len).unwrap();
        pair.last
    };
    // Nothing measured yet.
    assert_eq!(decode(&mut pair, 1), Layout::Repacked);
    assert_eq!(decode(&mut pair, 32), Layout::Stored);
    // 9 ms better for a single token, and 33 positions behind: less than a millisecond.
    pair.set_speeds(&measured());
    assert_eq!(decode(&mut pair, 1), Layout::Repacked);
    assert_eq!(decode(&mut pair, 512), Layout::Stored);
    // When a hand-over takes 30 ms, the fourth token in a row pays for it, and the first three are not moved.
    pair.ms_per_position = 30.0 / 512.0;
    let sides: Vec<Layout> = (0..5).map(|_| decode(&mut pair, 1)).collect();
    let (s, r) = (Layout::Stored, Layout::Repacked);
    assert_eq!(sides, [s, s, s, r, r]);
}

/// What a logit may differ by when the kernels of two layouts made the keys and values. As much is between a text that
/// was read at once and one that was read in two batches.
const LAYOUTS: f32 = 1.0;

fn difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

/// The test model, or another file beside it.
fn model(layout: Layout) -> Arc<Model> {
    let folder = std::env::var_os("SARAI_TEST_MODEL_DIR").expect("SARAI_TEST_MODEL_DIR: run this by `make test`");
    let file = std::env::var_os("SARAI_TEST_MODEL_FILE").unwrap_or_else(|| "SmolLM2-135M-Instruct.Q4_1.gguf".into());
    let file = PathBuf::from(folder).join(file);
    Arc::new(Model::load(&file, layout, &Pulse::default()).unwrap())
}

fn context(model: &Arc<Model>) -> Context {
    let options = ContextOptions {
        purpose: Purpose::Generate,
        context_tokens: 1024,
        sequences: 2,
        batch_tokens: 512,
        outputs: 8,
        threads: 1,
    };
    Context::new(model, options, &Pulse::default()).unwrap()
}

fn text(len: u32) -> Vec<u32> {
    (0..len).map(|i| 300 + i * 7 % 400).collect()
}

/// Reads without wanting logits but after the last token.
fn read(context: &mut Context, sequence: u32, from: u32, tokens: &[u32]) -> Vec<f32> {
    let mut batch = entries(sequence, from, tokens);
    let rows = batch.len();
    batch.iter_mut().take(rows - 1).for_each(|entry| entry.output = false);
    context.decode(&batch).unwrap();
    context.logits(rows - 1).unwrap().to_vec()
}

#[test]
fn what_is_handed_over_goes_on_bit_for_bit() {
    let model = model(Layout::Stored);
    let (mut one, mut two) = (context(&model), context(&model));
    let tokens = text(300);
    read(&mut one, 0, 0, &tokens);
    let mut bytes = Vec::new();
    for (from, to) in [(0, 100), (100, 101), (101, 300)] {
        assert!(one.export(0, from, to, &mut bytes));
        assert!(two.import(1, &bytes));
    }
    assert_eq!((two.positions(1), two.positions(0), one.positions(0)), (300, 0, 300));
    assert_eq!(difference(&read(&mut one, 0, 300, &[333]), &read(&mut two, 1, 300, &[333])), 0.0);
    // What is not there is not handed over, and nothing is left behind.
    assert!(!one.export(0, 250, 400, &mut bytes));
    assert!(!one.export(1, 0, 1, &mut bytes));
    assert!(!two.import(0, b"nonsense"));
    assert_eq!(two.positions(0), 0);
}

#[test]
fn a_state_is_taken_back_whole_or_not_at_all() {
    let model = model(Layout::Stored);
    let mut context = context(&model);
    assert_eq!(context.state(0), None);
    let tokens = text(64);
    read(&mut context, 0, 0, &tokens);
    let bytes = context.state(0).unwrap();
    assert!(context.restore(1, 64, &bytes));
    assert_eq!(context.state(1).map(|b| b.len()), Some(bytes.len()));
    // It takes the place of what was there, goes on bit for bit where it lies alone, and can be shortened.
    let mut fresh = self::context(&model);
    for at in [64, 10] {
        assert!(fresh.restore(1, 64, &bytes) && fresh.truncate(1, at) && context.truncate(0, at));
        assert_eq!(difference(&read(&mut context, 0, at, &[333]), &read(&mut fresh, 1, at, &[333])), 0.0, "at {at}");
    }
    // Damage at any place that llama.cpp checks, and any length.
    for len in [0, 3, 8, 11, 12, 200, bytes.len() / 2, bytes.len() - 1] {
        assert!(!context.restore(1, 64, &bytes[..len]), "{len} bytes");
        assert_eq!(context.positions(1), 0);
    }
    let longer = [bytes.as_slice(), &[0]].concat();
    assert!(!context.restore(1, 64, &longer));
    assert!(!context.restore(1, 63, &bytes));
    for byte in 0..16 {
        let mut bytes = bytes.clone();
        bytes[byte] ^= 0x40;
        // The sequence id of the writer is of no account.
        let expected = (4..8).contains(&byte);
        assert_eq!(context.restore(1, 64, &bytes), expected, "byte {byte}");
        assert_eq!(context.positions(1) > 0, expected);
    }
    // The context is none the worse for it.
    assert!(context.restore(1, 64, &bytes));
    assert_eq!(context.positions(1), 64);
}

#[test]
fn a_pair_answers_as_one_context_would() {
    let (stored, repacked) = (model(Layout::Stored), model(Layout::Repacked));
    let mut plain = context(&stored);
    let mut pair = Pair::both(context(&stored), context(&repacked));
    assert_eq!(pair.layouts(), Layouts::Both);
    let tokens = text(400);
    let mut from = 0;
    let mut used = Vec::new();
    for len in [200, 1, 1, 1, 60, 3, 1, 100, 1] {
        let batch = &tokens[from as usize..from as usize + len];
        let expected = read(&mut plain, 0, from, batch);
        let mut entries = entries(0, from, batch);
        entries.iter_mut().take(len - 1).for_each(|entry| entry.output = false);
        pair.decode(&entries).unwrap();
        let logits = pair.logits(len - 1).unwrap();
        let difference = difference(&expected, logits);
        println!("{len} tokens at {from} in {:?}: logits differ by {difference} at most", pair.last);
        assert!(difference <= LAYOUTS, "{difference}");
        from += u32::try_from(len).unwrap();
        used.push(pair.last);
    }
    assert!(used.contains(&Layout::Stored) && used.contains(&Layout::Repacked));
}

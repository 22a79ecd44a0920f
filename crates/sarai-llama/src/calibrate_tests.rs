//! With the real test model: what is measured, what is left behind, and what does not count.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use super::*;
use crate::llama::{ContextOptions, Model, Purpose};

fn pair(pulse: &Pulse) -> Pair {
    let folder = std::env::var_os("SARAI_TEST_MODEL_DIR").expect("SARAI_TEST_MODEL_DIR: run this by `make test`");
    let file = std::path::PathBuf::from(folder).join("SmolLM2-135M-Instruct.Q4_1.gguf");
    let model = Arc::new(Model::load(&file, Layout::Stored, pulse).unwrap());
    let options = ContextOptions {
        purpose: Purpose::Generate,
        context_tokens: 512,
        sequences: 1,
        batch_tokens: 512,
        outputs: 64,
        threads: 1,
    };
    Pair::single(Layout::Stored, Context::new(&model, options, pulse).unwrap())
}

fn calibration(waited: fn() -> Duration) -> Calibration {
    Calibration { waited, ..Calibration::new(&[Layout::Stored], 1) }
}

fn conversation(pair: &mut Pair, from: u32, to: u32) -> Vec<f32> {
    let entry = |position| Entry { sequence: 0, token: token(position), position, output: position + 1 == to };
    let entries: Vec<Entry> = (from..to).map(entry).collect();
    pair.decode(&entries).unwrap();
    pair.logits(entries.len() - 1).unwrap().to_vec()
}

fn in_use(pair: &mut Pair) -> u32 {
    let context = pair.context(Layout::Stored).unwrap();
    context.positions(context.spare())
}

fn held(pair: &mut Pair) -> u32 {
    pair.context(Layout::Stored).unwrap().positions(0)
}

#[test]
fn everything_is_measured_and_nothing_is_left_behind() {
    let pulse = Pulse::default();
    let mut pair = pair(&pulse);
    let mut calibration = calibration(|| Duration::ZERO);
    calibration.plan.retain(|batch| batch.tokens == PROMPT_TOKENS || batch.tokens <= 8);
    let before = conversation(&mut pair, 0, 40);
    let mut steps = 0;
    while calibration.step(&mut pair, &pulse).unwrap() == Progress::More {
        steps += 1;
        assert_eq!(calibration.measured(), Measured::default(), "half a measurement is none");
        if steps == 10 {
            // Somebody came.
            assert!(in_use(&mut pair) > 0);
            calibration.abandon(&mut pair);
            assert_eq!(in_use(&mut pair), 0);
        }
        assert!(steps < 200);
    }
    let speeds = calibration.measured().stored.unwrap();
    assert_eq!(speeds.points().iter().map(|(n, _)| *n).collect::<Vec<_>>(), SIZES[..6]);
    assert!(speeds.ms(PROMPT_TOKENS) > speeds.ms(1), "{speeds:?}");
    assert_eq!(calibration.measured().repacked, None);
    assert_eq!((in_use(&mut pair), held(&mut pair)), (0, 40));
    // The conversation is what it was.
    assert!(pair.truncate(0, 0));
    assert!(before == conversation(&mut pair, 0, 40));
    assert_eq!(calibration.step(&mut pair, &pulse), Ok(Progress::Done));
}

#[test]
fn a_batch_that_was_stopped_does_not_count() {
    let pulse = Pulse::default();
    let mut pair = pair(&pulse);
    let mut calibration = calibration(|| Duration::ZERO);
    assert_eq!(calibration.step(&mut pair, &pulse), Ok(Progress::More));
    pulse.stop();
    let plan = calibration.plan.len();
    assert_eq!(calibration.step(&mut pair, &pulse), Ok(Progress::More));
    assert_eq!((calibration.plan.len(), in_use(&mut pair)), (plan, 0));
    pulse.clear();
    assert_eq!(calibration.step(&mut pair, &pulse), Ok(Progress::More));
    assert_eq!(calibration.step(&mut pair, &pulse), Ok(Progress::More));
    assert_eq!(calibration.plan.len(), plan - 1);
}

static WAITED: AtomicU64 = AtomicU64::new(0);

#[test]
fn on_a_busy_computer_it_pauses_and_in_the_end_gives_up() {
    let pulse = Pulse::default();
    let mut pair = pair(&pulse);
    let mut calibration = calibration(|| Duration::from_secs(WAITED.fetch_add(1, Ordering::Relaxed)));
    assert_eq!(calibration.step(&mut pair, &pulse), Ok(Progress::More));
    let plan = calibration.plan.len();
    assert_eq!(calibration.step(&mut pair, &pulse), Ok(Progress::More));
    assert_eq!(calibration.step(&mut pair, &pulse), Ok(Progress::Paused));
    assert_eq!((calibration.plan.len(), calibration.times.len()), (plan, 0));
    calibration.tries = 0;
    calibration.paused_until = None;
    assert_eq!(calibration.step(&mut pair, &pulse), Ok(Progress::Done));
    assert_eq!((in_use(&mut pair), calibration.measured()), (0, Measured::default()));
}

#[test]
fn without_room_it_waits() {
    let pulse = Pulse::default();
    let mut pair = pair(&pulse);
    let mut calibration = calibration(|| Duration::ZERO);
    conversation(&mut pair, 0, 500);
    assert_eq!(calibration.step(&mut pair, &pulse), Ok(Progress::More));
    assert_eq!(calibration.step(&mut pair, &pulse), Ok(Progress::Paused));
    assert_eq!((in_use(&mut pair), held(&mut pair)), (0, 500));
}

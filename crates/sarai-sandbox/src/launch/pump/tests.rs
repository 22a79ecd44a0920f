//! How much output passes, and when it is said that some did not.

use proptest::prelude::*;

use super::*;

fn limit(bytes: u64) -> LogLimit {
    LogLimit::new(bytes).unwrap()
}

#[test]
fn a_flood_is_said_once_and_ends_when_it_has_calmed_down() {
    let mut allowance = Allowance::new(limit(12_000), 0);
    let mut say = |now_ms, bytes| {
        let Verdict { pass, say } = allowance.judge(now_ms, bytes);
        (pass, say)
    };
    assert_eq!(say(0, 7_000), (7_000, false));
    assert_eq!(say(0, 7_000), (5_000, true));
    assert_eq!(say(0, 7_000), (0, false));
    // A sixth of a minute later a sixth has grown back, which is too little to begin again.
    assert_eq!(say(10_000, 100), (0, false));
    assert_eq!(say(30_000, 100), (100, false));
    assert_eq!(say(30_000, 10_000), (5_900, true));
}

#[test]
fn without_a_limit_everything_passes() {
    let mut allowance = Allowance::new(LogLimit::WHOLE, 0);
    for now_ms in [0, 1, 59_999, u64::MAX] {
        assert_eq!(allowance.judge(now_ms, CHUNK), Verdict { pass: CHUNK, say: false });
    }
}

proptest! {
    /// In no minute passes more than what there was to begin with and what grew back.
    #[test]
    fn never_more_than_twice_the_allowance_in_a_minute(
        most in 4096_u64..100_000,
        chunks in prop::collection::vec((0_u64..2_000, 0_usize..20_000), 1..200),
    ) {
        let mut allowance = Allowance::new(limit(most), 0);
        let mut now_ms = 0;
        let mut passed: Vec<(u64, u64)> = Vec::new();
        for (pause, bytes) in chunks {
            now_ms += pause;
            let pass = allowance.judge(now_ms, bytes).pass;
            prop_assert!(pass <= bytes);
            passed.push((now_ms, pass as u64));
        }
        for (start, _) in &passed {
            let minute: u64 = passed.iter().filter(|(at, _)| (*start..start + 60_000).contains(at)).map(|(_, n)| n).sum();
            prop_assert!(minute <= 2 * most, "{minute} of {most}");
        }
    }
}

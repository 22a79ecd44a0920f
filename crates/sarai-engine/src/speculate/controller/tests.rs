//! The controller against scripted luck, and its account against the worst.

use proptest::collection::vec;
use proptest::prelude::*;

use super::*;

/// Two cores, 1.5B, repacked weights.
fn stairs() -> Staircase {
    let shape = [(1, 1.0), (2, 1.6), (4, 2.8), (8, 6.8), (16, 8.1), (32, 13.6), (48, 19.1)];
    Staircase::from_shape(32.0, &shape).unwrap()
}

fn draft(source: Source, tokens: usize, confidence: f32) -> Draft {
    Draft { source, tokens: vec![7; tokens], confidence: vec![confidence; tokens] }
}

/// One round of a source that would guess `wanted` tokens and is right about `right` of them. Returns what was verified.
fn round(controller: &mut Controller, stairs: &Staircase, wanted: u32, confidence: f32, right: u32) -> u32 {
    let asked = controller.ask(Source::Suffix, Some(stairs), None, 1, 63);
    let draft = draft(Source::Suffix, asked.min(wanted) as usize, confidence);
    let kept = controller.keep(&draft, Some(stairs), 1, 63);
    assert!(kept <= draft.tokens.len());
    let kept = u32::try_from(kept).unwrap();
    if kept == 0 {
        controller.plain();
    } else {
        controller.verified(Source::Suffix, kept, right.min(kept));
    }
    kept
}

#[test]
fn sure_guesses_grow_to_the_best_length() {
    let stairs = stairs();
    let mut controller = Controller::new(Speculation::Auto, &Luck::default());
    let kept: Vec<u32> = (0..20).map(|_| round(&mut controller, &stairs, 63, 0.99, 63)).collect();
    assert!((1..=17).contains(&kept[0]), "the first risk is what is there and what is lent: {kept:?}");
    assert!(kept[19] >= 31, "{kept:?}");
    assert_eq!(controller.fallbacks(), 0);
}

#[test]
fn guesses_that_are_not_sure_are_not_verified() {
    let stairs = stairs();
    let mut controller = Controller::new(Speculation::Auto, &Luck::default());
    assert!((0..50).all(|_| round(&mut controller, &stairs, 63, 0.4, 63) == 0));
}

#[test]
fn liars_are_left_alone_and_tried_again() {
    let stairs = stairs();
    let mut controller = Controller::new(Speculation::Auto, &Luck::default());
    let kept: Vec<u32> = (0..3000).map(|_| round(&mut controller, &stairs, 63, 0.99, 0)).collect();
    let lost: f64 = kept.iter().map(|&k| stairs.ms(1 + k) / stairs.ms(1) - 1.0).sum();
    assert!(lost < 8.0 + 0.01 * 3000.0, "{lost} tokens");
    assert!(kept[2000..].iter().any(|&k| k > 0), "it is never given up for good");
    assert!(controller.fallbacks() > 0);
    // And one that turns honest is believed again.
    let kept: Vec<u32> = (0..1500).map(|_| round(&mut controller, &stairs, 63, 0.99, 63)).collect();
    assert!(kept[1499] >= 31, "{kept:?}");
}

#[test]
fn losses_are_carried_on_and_gains_are_not() {
    let stairs = stairs();
    let mut luck = Luck::default();
    let mut controller = Controller::new(Speculation::Auto, &luck);
    while controller.fallbacks() == 0 {
        round(&mut controller, &stairs, 63, 0.99, 0);
    }
    controller.teach(&mut luck);
    assert!(luck.credit < 2.0, "{luck:?}");
    let mut next = Controller::new(Speculation::Auto, &luck);
    let mut fresh = Controller::new(Speculation::Auto, &Luck::default());
    let kept = [&mut next, &mut fresh].map(|controller| round(controller, &stairs, 63, 0.9, 63));
    assert!(kept[0] < kept[1], "what was learnt is known: {kept:?}");
    // Two answers at a time each add their losses.
    let (begun, ended) = (luck.credit, {
        next.luck.credit -= 1.0;
        next.luck.credit
    });
    next.teach(&mut luck);
    next.teach(&mut luck);
    assert!((luck.credit - (begun - 2.0 * (begun - ended))).abs() < 1e-4);
    let mut lucky = Controller::new(Speculation::Auto, &Luck::default());
    (0..20).for_each(|_| {
        round(&mut lucky, &stairs, 63, 0.99, 63);
    });
    let mut luck = Luck::default();
    lucky.teach(&mut luck);
    assert!(luck.credit <= super::super::luck::CREDIT_START);
}

#[test]
fn a_draft_model_is_asked_when_it_can_pay() {
    let large = Staircase::from_shape(500.0, &[(1, 1.0), (4, 1.3), (8, 1.9), (16, 3.4)]).unwrap();
    let stored = [(1, 1.0), (2, 2.2), (4, 3.3), (8, 4.1), (16, 4.6), (32, 8.1), (48, 10.0)];
    let stored = Staircase::from_shape(41.0, &stored).unwrap();
    let cost = |ms_per_token| Some(DraftCost { ms_per_token, ms_per_call: 1.0, ms_to_read: 0.0 });
    let ask = |costs: Option<&Staircase>, cost, room| {
        Controller::new(Speculation::Auto, &Luck::default()).ask(Source::Model, costs, cost, 1, room)
    };
    assert_eq!(ask(Some(&stairs()), cost(18.0), 63), 0, "half of the target's cost");
    assert_eq!(ask(Some(&stored), cost(18.0), 63), 0);
    assert!(ask(Some(&large), cost(20.0), 63) >= 3, "a 25th of it");
    assert_eq!(ask(Some(&large), cost(20.0), 2), 2);
    assert_eq!(ask(Some(&large), cost(20.0), 0), 0);
    assert_eq!((ask(None, cost(20.0), 63), ask(Some(&large), None, 63)), (0, 0), "unknown costs");
}

#[test]
fn what_is_asked_in_vain_is_paid_for() {
    let large = Staircase::from_shape(500.0, &[(1, 1.0), (4, 1.3), (8, 1.9), (16, 3.4)]).unwrap();
    let cost = DraftCost { ms_per_token: 20.0, ms_per_call: 2.0, ms_to_read: 0.0 };
    let mut controller = Controller::new(Speculation::Auto, &Luck::default());
    let asked = controller.ask(Source::Model, Some(&large), Some(cost), 1, 63);
    let before = controller.luck.credit;
    controller.plain();
    let paid = (2.0 + 20.0 * f64::from(asked)) / 500.0 - 0.01;
    assert!((f64::from(before - controller.luck.credit) - paid).abs() < 1e-3);
    controller.lost(Source::Model);
    assert_eq!(controller.ask(Source::Model, Some(&large), Some(cost), 1, 63), 0);
    assert!(controller.ask(Source::Suffix, Some(&large), None, 1, 63) > 0, "the other source goes on");
}

#[test]
fn what_a_draft_model_has_to_read_is_paid_for_once() {
    let large = Staircase::from_shape(500.0, &[(1, 1.0), (4, 1.3), (8, 1.9), (16, 3.4)]).unwrap();
    let cost = |ms_to_read| Some(DraftCost { ms_per_token: 20.0, ms_per_call: 2.0, ms_to_read });
    let mut controller = Controller::new(Speculation::Auto, &Luck::default());
    let ask =
        |ms_to_read, controller: &mut Controller| controller.ask(Source::Model, Some(&large), cost(ms_to_read), 1, 63);
    assert_eq!(ask(2000.0, &mut controller), 0, "more than may be lost");
    let without = ask(0.0, &mut controller);
    controller.plain();
    let before = controller.luck.credit;
    assert!(without > 2 && ask(400.0, &mut controller) == without, "it serves the guesses that follow too");
    controller.reading(Source::Model);
    assert!((before - controller.luck.credit - 0.8).abs() < 1e-3, "{before} {}", controller.luck.credit);
    controller.plain();
    assert_eq!(ask(0.0, &mut controller), without, "reading is no loss that it would rest for");
}

#[test]
fn others_in_the_batch_are_not_made_to_pay() {
    // Steep steps behind a full block: worth it for one answer alone that has the batch to itself, not for all.
    let steep = Staircase::from_shape(10.0, &[(1, 1.0), (8, 1.2), (9, 4.0), (16, 4.4)]).unwrap();
    let keep = |beside| {
        let mut controller = Controller::new(Speculation::Auto, &Luck::default());
        controller.keep(&draft(Source::Suffix, 6, 0.95), Some(&steep), beside, 63)
    };
    assert_eq!((keep(1), keep(4), keep(8)), (6, 4, 0));
}

#[test]
fn without_a_staircase_only_what_is_nearly_certain_is_verified() {
    let keep = |confidence| {
        let mut controller = Controller::new(Speculation::Auto, &Luck::default());
        controller.keep(&draft(Source::Suffix, 8, confidence), None, 1, 63)
    };
    assert_eq!(keep(0.85), 0);
    assert!((1..=5).contains(&keep(0.99)), "{}", keep(0.99));
}

#[test]
fn fixed_and_off_look_at_nothing() {
    let mut fixed = Controller::new(Speculation::Fixed(5), &Luck::default());
    for _ in 0..20 {
        assert_eq!(fixed.ask(Source::Model, None, None, 1, 63), 5);
        assert_eq!(fixed.keep(&draft(Source::Model, 5, 0.0), None, 1, 3), 3);
        fixed.verified(Source::Model, 3, 0);
    }
    assert_eq!(fixed.ask(Source::Suffix, None, None, 1, 4), 4);
    let mut off = Controller::new(Speculation::Off, &Luck::default());
    assert_eq!(off.ask(Source::Suffix, Some(&stairs()), None, 1, 63), 0);
    assert_eq!(off.keep(&draft(Source::Suffix, 5, 1.0), Some(&stairs()), 1, 63), 0);
}

#[test]
fn the_seeds_policy_is_as_the_seed_wrote_it() {
    // (tokens right of ten, rounds) one after the other, and what is asked for then.
    for (history, asked) in [
        (&[][..], 4),
        (&[(10, 1)], 5),
        (&[(8, 1)], 4),
        (&[(7, 1)], 4),
        (&[(6, 1)], 2),
        (&[(0, 9)], 2),
        (&[(0, 10)], 0),
        (&[(6, 10)], 2),
        (&[(10, 10), (0, 3)], 4),
        (&[(10, 10), (0, 5)], 0),
        (&[(0, 10), (10, 10)], 0),
        (&[(0, 4), (10, 10)], 5),
    ] {
        let mut controller = Controller::new(Speculation::Acceptance, &Luck::default());
        for &(right, rounds) in history {
            (0..rounds).for_each(|_| controller.verified(Source::Suffix, 10, right));
        }
        assert_eq!(controller.ask(Source::Suffix, Some(&stairs()), None, 1, 63), asked, "{history:?}");
        assert_eq!(controller.fallbacks(), u32::from(asked == 0));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Whatever a source says and whatever comes of it, at no moment is more lost than the account allows.
    #[test]
    fn no_luck_costs_more_than_the_account(
        rounds in vec((0_u32..64, 0.0_f32..=1.0, 0_u32..64), 1..300),
        one_ms in 1.0_f64..500.0,
        steps in vec(0.0_f64..3.0, 1..8),
    ) {
        let mut times = 1.0;
        let shape: Vec<(u32, f64)> = steps.iter().zip(0..).map(|(step, n)| {
            times += if n == 0 { 0.0 } else { *step };
            (1 << n, times)
        }).collect();
        let stairs = Staircase::from_shape(one_ms, &shape).unwrap();
        let mut controller = Controller::new(Speculation::Auto, &Luck::default());
        let (mut said, mut ms) = (0.0, 0.0);
        for (wanted, confidence, right) in rounds {
            let kept = round(&mut controller, &stairs, wanted, confidence, right);
            said += 1.0 + f64::from(right.min(kept));
            ms += stairs.ms(1 + kept);
            prop_assert!(ms / one_ms <= said * 1.01 + 8.01, "{} batches for {said} tokens", ms / one_ms);
        }
    }

    #[test]
    fn nothing_that_a_worker_does_breaks_it(
        calls in vec((0_u32..6, any::<bool>(), 0_u32..70, any::<f32>(), 0_u32..600), 0..100),
    ) {
        let stairs = stairs();
        let mut controller = Controller::new(Speculation::Auto, &Luck::default());
        for (call, model, n, word, beside) in calls {
            let source = if model { Source::Model } else { Source::Suffix };
            let cost = DraftCost { ms_per_token: 0.5, ms_per_call: 0.5, ms_to_read: 0.5 };
            match call {
                0 => prop_assert!(controller.ask(source, Some(&stairs), Some(cost), beside, n) <= n.min(63)),
                1 => {
                    let draft = draft(source, n as usize, word);
                    prop_assert!(controller.keep(&draft, Some(&stairs), beside, 60) <= 60.min(n as usize));
                }
                2 => controller.verified(source, n, beside),
                3 => controller.plain(),
                4 if n < 3 => controller.lost(source),
                _ => prop_assert!(controller.ask(source, None, None, beside, n) <= n),
            }
            prop_assert!(controller.luck.credit.is_finite());
        }
    }
}

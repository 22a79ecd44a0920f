//! When a cron expression comes due, across zones, gaps and leap years.

use super::*;

/// The next times after a wall-clock time, as the wall shows them; `+` where the offset is that of summer.
fn check(cron: &str, zone: &str, after: &str, expected: &[&str]) {
    let zone: Zone = zone.parse().unwrap();
    let cron: Cron = cron.parse().unwrap_or_else(|e| panic!("{cron}: {e}"));
    let mut at = zone.moment(after.parse().unwrap()).unwrap();
    for expected in expected {
        at = cron.next(at, &zone).unwrap_or_else(|| panic!("{cron}: nothing after {at}"));
        let shown = at.to_zoned(zone.time_zone().clone()).strftime("%Y-%m-%dT%H:%M:%S%:z").to_string();
        assert!(shown.starts_with(expected) || shown == *expected, "{cron}: {shown}, not {expected}");
    }
}

#[test]
fn expressions() {
    for (cron, after, expected) in [
        ("0 9 * * MON", "2026-11-26T10:00:00", &["2026-11-30T09:00:00", "2026-12-07T09:00:00"][..]),
        ("*/15 9-10 * * *", "2026-11-26T10:30:00", &["2026-11-26T10:45:00", "2026-11-27T09:00:00"]),
        ("30 0 9 * * *", "2026-11-26T09:00:00", &["2026-11-26T09:00:30", "2026-11-27T09:00:30"]),
        ("*/20 * * * * *", "2026-11-26T09:00:39", &["2026-11-26T09:00:40", "2026-11-26T09:01:00"]),
        ("0 0 L * *", "2028-02-01T00:00:00", &["2028-02-29T00:00:00", "2028-03-31T00:00:00"]),
        ("0 0 L-2 * *", "2027-02-01T00:00:00", &["2027-02-26T00:00:00", "2027-03-29T00:00:00"]),
        ("0 0 LW * *", "2027-01-01T00:00:00", &["2027-01-29T00:00:00", "2027-02-26T00:00:00"]),
        ("0 0 1W * *", "2026-07-15T00:00:00", &["2026-08-03T00:00:00", "2026-09-01T00:00:00"]),
        ("0 0 15W * *", "2026-08-01T00:00:00", &["2026-08-14T00:00:00", "2026-09-15T00:00:00"]),
        ("0 9 * * MON#1", "2026-11-26T00:00:00", &["2026-12-07T09:00:00", "2027-01-04T09:00:00"]),
        ("0 9 * * 5L", "2026-11-26T00:00:00", &["2026-11-27T09:00:00", "2026-12-25T09:00:00"]),
        ("0 9 * * FRI#L", "2026-11-27T10:00:00", &["2026-12-25T09:00:00"]),
        (
            "0 0 * * FRI-MON",
            "2026-11-26T00:00:00",
            &["2026-11-27", "2026-11-28", "2026-11-29", "2026-11-30", "2026-12-04"],
        ),
        ("0 0 * * 5-7", "2026-11-26T00:00:00", &["2026-11-27", "2026-11-28", "2026-11-29", "2026-12-04"]),
        ("0 0 * * 7", "2026-11-26T00:00:00", &["2026-11-29", "2026-12-06"]),
        (
            "0 22-1 * * *",
            "2026-11-26T21:00:00",
            &["2026-11-26T22", "2026-11-26T23", "2026-11-27T00", "2026-11-27T01", "2026-11-27T22"],
        ),
        // Either day is enough.
        ("0 0 1 * MON", "2026-11-26T00:00:00", &["2026-11-30", "2026-12-01", "2026-12-07"]),
        ("0 0 29 2 *", "2096-03-01T00:00:00", &["2104-02-29T00:00:00"]),
        ("0 0 1 JAN,jul *", "2026-11-26T00:00:00", &["2027-01-01", "2027-07-01"]),
        (
            "5/20 * * * *",
            "2026-11-26T00:00:00",
            &["2026-11-26T00:05", "2026-11-26T00:25", "2026-11-26T00:45", "2026-11-26T01:05"],
        ),
        ("@weekly", "2026-11-26T00:00:00", &["2026-11-29T00:00:00"]),
        ("@hourly", "2026-11-26T00:30:00", &["2026-11-26T01:00:00"]),
        ("0 0 ? * 1", "2026-11-26T00:00:00", &["2026-11-30"]),
    ] {
        check(cron, "Europe/Madrid", after, expected);
    }
}

type Case = (&'static str, &'static str, &'static str, &'static [&'static str]);

const CLOCK_CHANGES: &[Case] = &[
    // The gap: at its end, once.
    ("30 2 * * *", "Europe/Madrid", "2026-03-28T12:00:00", &["2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"]),
    (
        "0,30 2 * * *",
        "Europe/Madrid",
        "2026-03-28T12:00:00",
        &["2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"],
    ),
    (
        "0 2,3 * * *",
        "Europe/Madrid",
        "2026-03-28T12:00:00",
        &["2026-03-29T03:00:00+02:00", "2026-03-30T02:00:00+02:00"],
    ),
    (
        "*/20 * * * *",
        "Europe/Madrid",
        "2026-03-29T01:30:00",
        &["2026-03-29T01:40:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T03:20:00+02:00"],
    ),
    ("50 * * * *", "Europe/Madrid", "2026-03-29T01:55:00", &["2026-03-29T03:00:00+02:00", "2026-03-29T03:50:00+02:00"]),
    // The overlap: the first of both.
    ("30 2 * * *", "Europe/Madrid", "2026-10-24T12:00:00", &["2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"]),
    (
        "0 */2 * * *",
        "Europe/Madrid",
        "2026-10-25T00:00:00",
        &["2026-10-25T02:00:00+02:00", "2026-10-25T04:00:00+01:00"],
    ),
    // Every hour goes on.
    (
        "0 * * * *",
        "Europe/Madrid",
        "2026-10-25T01:00:00",
        &["2026-10-25T02:00:00+02:00", "2026-10-25T02:00:00+01:00", "2026-10-25T03:00:00+01:00"],
    ),
    (
        "*/30 * * * *",
        "Europe/Madrid",
        "2026-10-25T02:00:00",
        &[
            "2026-10-25T02:30:00+02:00",
            "2026-10-25T02:00:00+01:00",
            "2026-10-25T02:30:00+01:00",
            "2026-10-25T03:00:00+01:00",
        ],
    ),
    (
        "30 1 * * *",
        "America/New_York",
        "2026-10-31T12:00:00",
        &["2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"],
    ),
    // A midnight that does not exist.
    (
        "0 0 * * *",
        "America/Santiago",
        "2026-09-05T12:00:00",
        &["2026-09-06T01:00:00-03:00", "2026-09-07T00:00:00-03:00"],
    ),
    // A day that does not exist.
    ("0 9 * * *", "Pacific/Apia", "2011-12-29T09:00:00", &["2011-12-31T00:00:00+14:00", "2011-12-31T09:00:00+14:00"]),
    (
        "15 2 * * *",
        "Australia/Lord_Howe",
        "2026-10-03T12:00:00",
        &["2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"],
    ),
];

#[test]
fn clock_changes() {
    for (cron, zone, after, expected) in CLOCK_CHANGES {
        check(cron, zone, after, expected);
    }
}

#[test]
fn after_the_second_pass_nothing_of_the_first_comes_back() {
    let zone: Zone = "Europe/Madrid".parse().unwrap();
    let cron: Cron = "10,50 2 * * *".parse().unwrap();
    // 02:30, the second time.
    let after: Timestamp = "2026-10-25T01:30:00Z".parse().unwrap();
    assert_eq!(cron.next(after, &zone), Some("2026-10-26T01:10:00Z".parse().unwrap()));
}

#[test]
fn refused() {
    for (text, expected) in [
        ("0 0 30 2 *", "no day ever matches this expression"),
        ("0 0 31 4,6,9,11 *", "no day ever matches this expression"),
        ("0 0 30 2 ?", "no day ever matches this expression"),
        ("", "a cron expression has 5 or 6 fields, not 0"),
        ("* * * *", "a cron expression has 5 or 6 fields, not 4"),
        ("* * * * * * *", "a cron expression has 5 or 6 fields, not 7"),
        ("60 * * * *", "minute: 60 is not between 0 and 59"),
        ("0 25 * * *", "hour: 25 is not between 0 and 23"),
        ("0 0 0 * *", "day of the month: 0 is not between 1 and 31"),
        ("0 0 * 13 *", "month: 13 is not between 1 and 12"),
        ("0 0 * * 8", "day of the week: 8 is not between 0 and 7"),
        ("0 0 * * LUN", "day of the week: \"LUN\" is not what stands there"),
        ("*/0 * * * *", "minute: \"*/0\" is not what stands there"),
        ("1,,2 * * * *", "minute: \"\" is not what stands there"),
        ("+5 * * * *", "minute: \"+5\" is not what stands there"),
        ("0 0 * * MON#6", "day of the week: \"MON#6\" is not what stands there"),
        ("0 0 L-31 * *", "day of the month: \"L-31\" is not what stands there"),
        (
            "@fortnightly",
            "\"@fortnightly\" is none of @hourly, @daily, @midnight, @weekly, @monthly, @yearly, @annually",
        ),
    ] {
        assert_eq!(text.parse::<Cron>().map_err(|e| e.to_string()), Err(expected.to_owned()), "{text:?}");
    }
    assert!("* ".repeat(500).parse::<Cron>().is_err());
    // The rarest day that there is.
    assert!("0 0 * 2 MON#5".parse::<Cron>().is_ok());
}

proptest::proptest! {
    #![proptest_config(proptest::test_runner::Config { failure_persistence: None, ..Default::default() })]

    /// Against the definition: no match between `after` and the next, by looking at each minute of the clock.
    #[test]
    fn the_next_is_the_first(
        minute in 0..60_u32, hour in 0..24_u32, step in 1..5_u32, start in 0..2_000_000_i64, zone in 0..4_usize,
    ) {
        let zone: Zone = ["Europe/Madrid", "America/Santiago", "Asia/Kathmandu", "Australia/Lord_Howe"][zone].parse().unwrap();
        let cron: Cron = format!("{minute} {hour}-23/{step} * * *").parse().unwrap();
        let after = Timestamp::from_second(1_774_000_000 + start * 10).unwrap();
        let next = cron.next(after, &zone).unwrap();
        proptest::prop_assert!(next > after);
        let mut at = after;
        while at < next {
            at += SignedDuration::from_secs(1);
            let wall = zone.wall(at);
            if at < next && cron.matches(wall) {
                proptest::prop_assert!(zone.moment(wall) != Some(at), "{} is earlier than {}", at, next);
            }
            // Only whole minutes can match.
            at += SignedDuration::from_secs(59 - at.as_second().rem_euclid(60));
        }
    }

    #[test]
    fn no_text_makes_it_panic(text in ".{0,40}") {
        let _ = text.parse::<Cron>();
    }
}

use jiff::SignedDuration;

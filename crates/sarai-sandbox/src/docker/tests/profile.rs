//! The engine's profile against the list, by the rules that engines follow.

use serde_json::Value;

use super::super::names;
use super::super::seccomp::{Callers, OF_INIT, profile};
use crate::calls::{GROUPS, GROUPS_OF_PLATFORM, Test, UNKNOWN};

/// What the profile says of a call: the first rule of it whose conditions all hold, or the default.
fn answer(profile: &Value, name: &str, arguments: [u64; 6]) -> (String, Option<u64>) {
    let holds = |condition: &Value| {
        let index = usize::try_from(condition["index"].as_u64().unwrap()).unwrap();
        let (mask, wanted) = (condition["value"].as_u64().unwrap(), condition["valueTwo"].as_u64().unwrap());
        assert_eq!(condition["op"], "SCMP_CMP_MASKED_EQ");
        arguments[index] & mask == wanted
    };
    let rules = profile["syscalls"].as_array().unwrap().iter();
    let mut of_call = rules.filter(|rule| rule["names"].as_array().unwrap().iter().any(|own| own == name));
    let rule = of_call.find(|rule| rule["args"].as_array().is_none_or(|all| all.iter().all(holds)));
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    match rule {
        Some(rule) => (text(&rule["action"]), rule["errnoRet"].as_u64()),
        None => (text(&profile["defaultAction"]), profile["defaultErrnoRet"].as_u64()),
    }
}

/// Whether the list of every jail lets it through.
fn listed(number: i64, arguments: [u64; 6]) -> bool {
    let mut groups = GROUPS.iter().chain(GROUPS_OF_PLATFORM).filter(|group| group.calls.contains(&number));
    groups.any(|group| match group.only {
        None => true,
        Some((index, Test::OneOf(values))) => values.contains(&(arguments[usize::from(index)] & 0xffff_ffff)),
        Some((index, Test::Without(bits))) => arguments[usize::from(index)] & bits == 0,
    })
}

#[test]
fn the_profile_is_the_list_and_what_init_needs() {
    check(Callers::Init, OF_INIT);
}

#[test]
fn a_program_without_init_gets_the_list_alone() {
    check(Callers::Program, &[]);
}

fn check(callers: Callers, besides: &[i64]) {
    let profile = profile(callers).unwrap();
    assert_eq!(profile["defaultAction"], "SCMP_ACT_ERRNO");
    let values = [0, 1, 2, 16, 40, 0o644, 0o4755, 0o2000, 0x1000_0000, 0x0002_0000, 0x5412, 0xffff_ffff, u64::MAX];
    for number in 0..1024 {
        let Some(name) = names::of(number) else {
            assert!(!listed(number, [0; 6]), "call {number} of the list has no name");
            continue;
        };
        for value in values {
            let (action, errno) = answer(&profile, name, [value; 6]);
            let unknown = UNKNOWN.contains(&number);
            let allowed = listed(number, [value; 6]) || besides.contains(&number);
            assert_eq!(action == "SCMP_ACT_ALLOW", allowed && !unknown, "{name} with {value:#x}");
            assert_eq!(errno == Some(38), unknown, "{name}");
        }
    }
}

#[test]
fn init_gives_up_what_only_it_needs() {
    for &call in OF_INIT.iter().filter(|&&call| call != libc::SYS_prctl) {
        assert!(!listed(call, [0; 6]), "{:?} stays allowed", names::of(call));
    }
}

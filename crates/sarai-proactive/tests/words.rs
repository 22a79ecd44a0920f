//! How many sentences of each set are read as their writers meant them; what is in the sets is told in
//! evals/rules/README.md. With `--nocapture` the counts are shown, and the failures of what may be looked at.
#![allow(clippy::print_stdout, clippy::unwrap_used)]
use std::collections::BTreeMap;

use sarai_proactive::rule::{Action, Trigger};
use sarai_proactive::time::Zone;
use sarai_proactive::words::{Context, Parsed, Proposal, parse};
use serde_json::Value;

/// The sets, how many of their sentences have to be read right, and whether their failures are shown.
const SETS: [(&str, &str, usize, bool); 4] = [
    ("dev", include_str!("../../../evals/rules/dev.jsonl"), 166, true),
    ("second", include_str!("../../../evals/rules/second.jsonl"), 327, true),
    ("third", include_str!("../../../evals/rules/third.jsonl"), 365, true),
    ("test", include_str!("../../../evals/rules/test.jsonl"), 153, false),
];

#[test]
fn sentences_are_read_as_they_were_meant() {
    for (set, lines, wanted, shows) in SETS {
        let mut counts: BTreeMap<String, (usize, usize)> = BTreeMap::new();
        for line in lines.lines() {
            let case: Value = serde_json::from_str(line).unwrap();
            let wrong = wrong(&case);
            let kind = format!("{} {}", case["lang"].as_str().unwrap(), case["kind"].as_str().unwrap());
            for of in [kind, "all".to_owned()] {
                let count = counts.entry(of).or_default();
                *count = (count.0 + usize::from(wrong.is_none()), count.1 + 1);
            }
            if let Some(wrong) = wrong.filter(|_| shows) {
                println!("{line}\n    {wrong}");
            }
        }
        for (of, (right, all)) in &counts {
            println!("{set} {of}: {right} of {all}");
        }
        assert!(counts["all"].0 >= wanted, "{set}: {counts:?}");
    }
}

/// What is not as it was meant.
fn wrong(case: &Value) -> Option<String> {
    let text = |key: &str| case[key].as_str().unwrap_or_default();
    let zone: Zone = text("tz").parse().unwrap();
    let now = zone.moment(text("now").parse().unwrap()).unwrap();
    let parsed = parse(text("text"), &Context { now, zone: zone.clone(), language: None, rules: &[] });
    let (kind, proposals) = match parsed {
        Parsed::Rule(proposal) => ("rule", vec![*proposal]),
        Parsed::Ambiguous { choices, .. } => ("ambiguous", choices),
        Parsed::NotARule { .. } => ("not_a_rule", Vec::new()),
        Parsed::Impossible { .. } => ("impossible", Vec::new()),
    };
    if kind != text("kind") {
        let first =
            proposals.first().map(|proposal| format!("{:?} {:?}", shown(proposal, &zone), proposal.rule.action));
        return Some(format!("{kind} {}", first.unwrap_or_default()));
    }
    let [proposal] = &proposals[..] else { return None };
    let strings = |key: &str| -> Vec<String> {
        case[key].as_array().into_iter().flatten().map(|value| value.as_str().unwrap().to_owned()).collect()
    };
    let wanted = strings("next");
    let found = shown(proposal, &zone);
    let once = wanted.len() == 1 && found.len() > 1;
    if !wanted.is_empty() && (once || found.iter().take(wanted.len()).ne(wanted.iter())) {
        return Some(format!("at {found:?}"));
    }
    if let Trigger::Watch(watch) = &proposal.rule.trigger
        && by_what_is_left(&watch.to_string()) != by_what_is_left(text("when"))
    {
        return Some(format!("when {watch}"));
    }
    let said = match &proposal.rule.action {
        Action::Tell { text } | Action::Ask { prompt: text, .. } => text.to_lowercase(),
        _ => return None,
    };
    let holds = |word: &String| said.contains(&word.to_lowercase());
    let lacks = strings("keep").into_iter().find(|word| !holds(word));
    lacks.or_else(|| strings("drop").into_iter().find(holds)).map(|word| format!("{word}: {said}"))
}

/// What is used above a share is what is free below the rest.
fn by_what_is_left(watch: &str) -> String {
    let (resource, share) = watch.split_once(" used > ").unwrap_or((watch, ""));
    match share.strip_suffix('%').and_then(|share| share.parse::<u32>().ok()) {
        Some(share) => format!("{resource} free < {}%", 100 - share),
        None => watch.to_owned(),
    }
}

fn shown(proposal: &Proposal, zone: &Zone) -> Vec<String> {
    proposal.next.iter().map(|at| zone.wall(*at).strftime("%Y-%m-%dT%H:%M:%S").to_string()).collect()
}

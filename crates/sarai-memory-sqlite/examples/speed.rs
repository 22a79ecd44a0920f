//! How long extraction takes: every message of `evals/memory`, each many times, and one of a megabyte.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods)]
use std::hint::black_box;
use std::time::{Duration, Instant};

use sarai_memory::{Context, Message, Moment, Speaker, extract};
use serde_json::Value;

const ROUNDS: usize = 20;
const SETS: [&str; 3] = ["", "fresh-dev/", "fresh-test/"];

fn main() {
    let mut texts = Vec::new();
    for set in SETS {
        for line in fs_err::read_to_string(format!("evals/memory/{set}dialogues.jsonl")).unwrap().lines() {
            let dialogue: Value = serde_json::from_str(line).unwrap();
            let steps = dialogue["steps"].as_array().unwrap();
            texts.extend(steps.iter().filter_map(|step| step["say"].as_str().map(str::to_owned)));
        }
        for line in fs_err::read_to_string(format!("evals/memory/{set}no-facts.jsonl")).unwrap().lines() {
            let turn: Value = serde_json::from_str(line).unwrap();
            texts.push(turn["text"].as_str().unwrap().to_owned());
        }
    }
    // The tables are read once.
    time(&texts[0]);
    let mut times: Vec<Duration> = texts.iter().flat_map(|text| (0..ROUNDS).map(|_| time(text))).collect();
    times.sort();
    let at = |percent: usize| times[(times.len() - 1) * percent / 100];
    println!("{} messages: p50 {:?}, p90 {:?}, p99 {:?}, longest {:?}", texts.len(), at(50), at(90), at(99), at(100));
    let sentence = "Mi hermana Ana vive en Madrid, tiene dos gatos y los lunes va a nadar. ";
    for bytes in [1024, 8 * 1024, 1 << 20] {
        println!("{bytes} bytes: {:?}", time(&sentence.repeat(bytes / sentence.len())));
    }
}

fn time(text: &str) -> Duration {
    let at = Moment::parse("2026-03-10T10:00:00Z").unwrap();
    let begun = Instant::now();
    black_box(extract(Message { text, at, speaker: Speaker::Owner, language: None }, &Context::default(), &|_| false));
    begun.elapsed()
}

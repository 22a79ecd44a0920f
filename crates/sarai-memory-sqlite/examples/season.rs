//! Ninety days of heavy use: 500 messages a day into a store on disk, each another one, then questions. Prints the size of
//! the file and how long messages and questions took: `season [DAYS]`.
#![allow(clippy::print_stdout, clippy::unwrap_used, clippy::disallowed_methods)]
use std::time::{Duration, Instant};

use sarai_memory::{Memory, Message, Moment, Speaker, Store as _};
use sarai_memory_sqlite::SqliteStore;
use serde_json::Value;

const MESSAGES_A_DAY: usize = 500;
const DAY_MS: i64 = 24 * 60 * 60 * 1000;
const SETS: [&str; 5] = ["", "fresh-dev/", "second-dev/", "third-dev/", "fourth-dev/"];

fn main() {
    let days: usize = std::env::args().nth(1).map_or(90, |days| days.parse().unwrap());
    let (mut said, mut asked) = (Vec::new(), Vec::new());
    for set in SETS {
        let text = |file: &str| fs_err::read_to_string(format!("evals/memory/{set}{file}.jsonl")).unwrap();
        for line in text("dialogues").lines().map(|line| serde_json::from_str::<Value>(line).unwrap()) {
            let words = |field: &str| -> Vec<String> {
                let steps = line["steps"].as_array().unwrap().iter();
                steps.filter_map(|step| step[field].as_str().map(str::to_owned)).collect()
            };
            said.extend(words("say"));
            asked.extend(words("ask"));
        }
        let turns = text("no-facts");
        let turns = turns.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
        said.extend(turns.map(|turn| turn["text"].as_str().unwrap().to_owned()));
    }
    let folder = tempfile::tempdir().unwrap();
    let mut memory = Memory::new(SqliteStore::open(folder.path()).unwrap().0);
    let start = Moment::parse("2026-03-10T07:00:00Z").unwrap();
    let at = |n: usize| {
        let (day, nth) = (i64::try_from(n / MESSAGES_A_DAY).unwrap(), i64::try_from(n % MESSAGES_A_DAY).unwrap());
        Moment::new(start.utc_ms + day * DAY_MS + nth * 60_000, start.offset_minutes)
    };
    let mut told = Vec::new();
    let mut bytes = 0;
    let all = days * MESSAGES_A_DAY;
    for n in 0..all {
        // No two are the same, as no two days are.
        let text = format!("{} Recibo {n}, asunto {}.", said[n % said.len()], (n * 7919) % 100_003);
        bytes += text.len();
        let begun = Instant::now();
        memory.say(Message { text: &text, at: at(n), speaker: Speaker::Owner, language: None }).unwrap();
        told.push(begun.elapsed());
    }
    let answered: Vec<Duration> = asked
        .iter()
        .map(|question| {
            let begun = Instant::now();
            memory.ask(question, at(all), None).unwrap();
            begun.elapsed()
        })
        .collect();
    let facts = memory.store().next_ids().unwrap().fact;
    println!("{all} messages of {bytes} bytes, {facts} facts: {} bytes on disk", memory.store().file_bytes());
    for (what, mut times) in [("a message", told), ("a question", answered)] {
        times.sort();
        let percentile = |percent: usize| times[(times.len() - 1) * percent / 100];
        println!("{what}: p50 {:?}, p99 {:?}, longest {:?}", percentile(50), percentile(99), percentile(100));
    }
}

//! Shows what the memory makes of a conversation, line by line from standard input: what is said, `? …` for a question,
//! `@ …` for what a web page says. An empty line begins a new memory.
#![allow(clippy::print_stdout, clippy::unwrap_used)]
use sarai_memory::{InMemory, Memory, Moment, Played, Replay, Speaker, Step};
use sarai_memory_sqlite::lines;

fn start() -> Replay<InMemory> {
    Replay::new(InMemory::new(), Moment::parse("2026-03-10T10:00:00Z").unwrap())
}

fn main() {
    let mut replay = start();
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        if line.trim().is_empty() {
            replay = start();
            println!();
            continue;
        }
        let text = |from: usize| line[from..].trim().to_owned();
        let step = match line.as_bytes()[0] {
            b'?' => Step::Ask { text: text(1), at: None, language: None },
            b'@' => Step::Heard { text: text(1), speaker: Speaker::WebPage },
            _ => Step::Say { text: line.clone(), at: None, language: None },
        };
        println!("{line}");
        let played = replay.play(&step).unwrap();
        show(replay.memory(), &played);
    }
}

fn show(memory: &Memory<InMemory>, played: &Played) {
    match played {
        Played::Answered(answer) => println!("    = {}", answer.text),
        Played::Restarted => {}
        Played::Told(told) => {
            for (mark, facts) in [("+", &told.stored), ("x", &told.closed), ("-", &told.retracted)] {
                for fact in facts {
                    let json = lines::fact(memory, fact).unwrap();
                    let ends = format!("{}..{}", json["from"], json["to"]).replace("null", "");
                    println!("    {mark} {} {} {} {ends}", json["subject"], json["verb"], json["object"]);
                }
            }
            if let Some(report) = &told.erased {
                println!("    erased {} facts, {} messages", report.facts.len(), report.episodes.len());
            }
            for skipped in &told.skipped {
                println!("    skipped: {}", skipped.reason.name());
            }
        }
    }
}

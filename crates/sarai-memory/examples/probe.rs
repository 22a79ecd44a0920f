//! Reads `> said`, `? asked`, `< heard`, `. a turn`, `-` and shows what the memory makes of it.
#![allow(clippy::print_stdout, clippy::unwrap_used)]
use sarai_memory::*;
fn main() {
    let mut replay = Replay::new(InMemory::new(), Moment::parse("2026-03-10T10:00:00Z").unwrap());
    let mut memory = Memory::new(InMemory::new());
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        let (mark, text) = line.split_at_checked(1).unwrap_or(("", ""));
        let text = text.trim().to_owned();
        let step = match mark {
            ">" => Step::Say { text, at: None, language: None },
            "?" => Step::Ask { text, at: None, language: None },
            "<" => Step::Heard { text, speaker: Speaker::WebPage },
            "-" => {
                replay = Replay::new(InMemory::new(), Moment::parse("2026-03-10T10:00:00Z").unwrap());
                println!("{line}");
                continue;
            }
            "!" => {
                show_extraction(&line, &text);
                continue;
            }
            "." => {
                let found = memory.turn(&text, Moment::parse("2026-03-10T10:00:00Z").unwrap(), None).unwrap();
                println!("{line}\n    {:?} [{}]", found.part, found.used.len());
                continue;
            }
            "=" => Step::Restart,
            _ => continue,
        };
        println!("{line}");
        match replay.play(&step).unwrap() {
            Played::Told(told) => {
                let show = |mark: &str, facts: &[Fact]| {
                    for f in facts {
                        println!(
                            "    {mark} [{}] {} | {} | {}{}",
                            f.subject,
                            f.verb(),
                            f.object.text,
                            f.object.key,
                            match (f.from, f.to) {
                                (None, None) => String::new(),
                                (a, b) => format!(
                                    " ({}..{})",
                                    a.map_or(String::new(), |d| d.to_string()),
                                    b.map_or(String::new(), |d| d.to_string())
                                ),
                            }
                        );
                    }
                };
                show("+", &told.stored);
                show("x", &told.closed);
                show("!", &told.retracted);
                if let Some(r) = told.erased {
                    println!("    erased {} facts {} episodes", r.facts.len(), r.episodes.len());
                }
                for s in told.skipped {
                    println!("    . {}", s.reason.name());
                }
            }
            Played::Answered(a) => {
                println!("    = {}   [{}]", a.text, a.facts.len());
                a.hints.iter().for_each(|hint| println!("    ~ {}", hint.text));
            }
            Played::Restarted => {}
        }
    }
}

fn show_extraction(line: &str, text: &str) {
    let at = Moment::parse("2026-03-10T10:00:00Z").unwrap();
    let message = Message { text, at, speaker: Speaker::Owner, language: None };
    println!("{line}\n{:#?}", extract(message, &Context::default(), &|_| false));
}

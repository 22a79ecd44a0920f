//! Prints the figures of `evals/memory`: `score [dev|test|both|FOLDER] [quiet]`, where a folder is one of the further sets.
#![allow(clippy::print_stdout, clippy::unwrap_used)]
use sarai_memory_sqlite::eval::{Half, Set, System};
fn main() {
    let mut args = std::env::args().skip(1);
    let set = args.next();
    let (folder, half) = match set.as_deref() {
        None | Some("dev") => (String::new(), Half::Development),
        Some("test") => (String::new(), Half::Test),
        Some("both") => (String::new(), Half::Both),
        Some(folder) => (format!("{folder}/"), Half::Both),
    };
    let quiet = args.next().is_some();
    let dialogues = fs_err::read_to_string(format!("evals/memory/{folder}dialogues.jsonl")).unwrap();
    let no_facts = fs_err::read_to_string(format!("evals/memory/{folder}no-facts.jsonl")).unwrap();
    let set = Set::read(&dialogues, &no_facts, half).unwrap();
    for system in [System::Memory, System::Messages, System::Search] {
        let score = set.score(system);
        println!("{system:?}");
        for (name, rate) in [
            ("recall", score.recall),
            ("stale", score.stale),
            ("leak", score.leak),
            ("abstention", score.abstention),
            ("junk", score.junk),
        ] {
            println!(
                "  {name:<10} {}/{} {:.1} % [{:.1}, {:.1}]",
                rate.hits,
                rate.of,
                rate.share() * 100.0,
                rate.low * 100.0,
                rate.high * 100.0
            );
        }
        if system != System::Search && !quiet {
            for (id, question, answer) in &score.misses {
                println!("    {id}: {question} -> {answer}");
            }
        }
    }
}

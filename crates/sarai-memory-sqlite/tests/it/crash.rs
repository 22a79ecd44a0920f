//! Killed while it writes: what was acknowledged is there, and nothing is torn.

use std::io::{BufRead, BufReader, Write};
use std::path::PathBuf;
use std::process::{Command, Stdio};

use sarai_memory::{Change, EntityId, Evidence, Fact, FactId, Filter, Predicate, Source, States, Store, Value};
use sarai_memory_sqlite::SqliteStore;
use sarai_types::Language;

use super::at;

/// Tells the child where to write; without it the child's part of this file does nothing.
const FOLDER: &str = "SARAI_TEST_CRASH_FOLDER";
/// Facts that are written, so many together: as many as a message may tell, stored all or none.
const WRITES: u64 = 100_000;
const TOGETHER: u64 = 10;
/// Facts between the first two kills at most. It is killed more rarely as the file grows, which is looked over each time.
const ROUND: u64 = 120;

fn fact(number: u64) -> Fact {
    let text = format!("thing number {number}");
    Fact {
        id: FactId(number),
        subject: EntityId::OWNER,
        predicate: Predicate::Likes,
        kind: String::new(),
        object: Value { key: text.clone(), text, entity: None },
        from: None,
        to: None,
        recorded: at(0),
        retracted: None,
        source: Source::Entered,
        confidence: 90,
        language: Language::English,
        evidence: Evidence::default(),
    }
}

/// What the child runs: it writes facts for ever and names the last one that was acknowledged.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let mut store = SqliteStore::open(folder.as_ref()).unwrap().0;
    let mut out = std::io::stdout().lock();
    loop {
        let next = store.next_ids().unwrap().fact;
        let changes: Vec<Change> = (next..next + TOGETHER).map(|number| Change::AddFact(fact(number))).collect();
        store.apply(&changes).unwrap();
        writeln!(out, "stored {}", next + TOGETHER - 1).unwrap();
    }
}

/// A folder in memory where there is one: a kill loses nothing that the kernel has, so no disk need be waited for.
fn folder() -> tempfile::TempDir {
    let shared = PathBuf::from("/dev/shm");
    if shared.is_dir()
        && let Ok(folder) = tempfile::tempdir_in(shared)
    {
        return folder;
    }
    super::folder()
}

#[test]
fn every_acknowledged_write_is_there() {
    let folder = folder();
    let mut acknowledged = 0;
    // A small generator of its own: which write is the last one differs from round to round and is the same each time.
    let mut random = 88_172_645_463_325_252_u64;
    for round in 0.. {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let last = acknowledged + 1 + random % (ROUND + acknowledged / 2);
        let before = acknowledged;
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::child", "--nocapture"])
            .env(FOLDER, folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            let line = line.unwrap();
            let Some((_, number)) = line.rsplit_once("stored ") else { continue };
            acknowledged = number.parse().unwrap();
            if acknowledged >= last {
                break;
            }
        }
        // SIGKILL, in the middle of whatever it does now.
        child.kill().unwrap();
        child.wait().unwrap();
        let store = SqliteStore::open(folder.path()).unwrap().0;
        assert_eq!(store.integrity().unwrap(), None, "round {round}");
        // The round's own are looked at one by one, all of them at the end.
        let stored = store.next_ids().unwrap().fact - 1;
        assert!(stored >= acknowledged, "round {round}: {stored} of {acknowledged}");
        assert_eq!(stored % TOGETHER, 0, "round {round}: some of a message");
        for number in before + 1..=stored {
            assert_eq!(store.fact(FactId(number)).unwrap(), Some(fact(number)), "round {round}");
        }
        acknowledged = stored;
        if acknowledged >= WRITES {
            break;
        }
    }
    let store = SqliteStore::open(folder.path()).unwrap().0;
    let all = Filter { states: States::All, limit: Some(usize::MAX), ..Filter::default() };
    let numbers: Vec<u64> = store.facts(&all).unwrap().iter().rev().map(|fact| fact.id.0).collect();
    assert!(numbers.iter().copied().eq(1..=acknowledged), "{} of {acknowledged}", numbers.len());
}

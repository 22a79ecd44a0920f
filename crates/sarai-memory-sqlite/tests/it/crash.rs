//! Killed while it writes: what was acknowledged is there, and nothing is torn.

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use sarai_memory::{Memory, Source, States, Triple};
use sarai_memory_sqlite::SqliteStore;
use sarai_types::Language;

use super::at;

/// Tells the child where to write; without it the child's part of this file does nothing.
const FOLDER: &str = "SARAI_TEST_CRASH_FOLDER";
const ROUNDS: u64 = 12;

/// What the child runs: it writes facts for ever and names each one that was acknowledged.
#[test]
fn child() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let mut memory = Memory::new(SqliteStore::open(folder.as_ref()).unwrap().0);
    let mut number = memory.store().stats().unwrap().facts;
    loop {
        number += 1;
        let triple = Triple {
            subject: String::new(),
            verb: "likes".to_owned(),
            object: format!("thing number {number}"),
            confidence: 90,
            source: Source::Entered,
            from: None,
            to: None,
            language: Language::English,
        };
        memory.store_triple(&triple, at(0)).unwrap();
        println!("stored {number}");
    }
}

#[test]
fn every_acknowledged_write_is_there() {
    let folder = super::folder();
    let mut acknowledged = 0;
    // A small generator of its own: which write is the last one differs from round to round and is the same each time.
    let mut random = 88_172_645_463_325_252_u64;
    for round in 0..ROUNDS {
        random ^= random << 13;
        random ^= random >> 7;
        random ^= random << 17;
        let last = acknowledged + 1 + random % 120;
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
        let memory = Memory::new(SqliteStore::open(folder.path()).unwrap().0);
        assert_eq!(memory.store().integrity().unwrap(), None, "round {round}");
        let mut facts = memory.recall(Some(""), Some("likes"), None, States::All, usize::MAX >> 1).unwrap();
        facts.reverse();
        assert!(facts.len() as u64 >= acknowledged, "round {round}: {} of {acknowledged}", facts.len());
        for (number, fact) in (1..).zip(&facts) {
            assert_eq!(fact.object.text, format!("thing number {number}"), "round {round}");
        }
        acknowledged = facts.len() as u64;
    }
}

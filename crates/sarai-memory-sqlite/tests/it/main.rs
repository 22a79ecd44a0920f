//! The store with real files: versions, damage, full disks, other writers, kills, forgetting, and the model in memory.

#![allow(clippy::unwrap_used, clippy::print_stdout, reason = "tests")]

mod crash;
mod evaluated;
mod files;
mod forgetting;
mod hostile;
mod like_the_model;
mod transfer;

use sarai_memory::{Memory, Message, Moment, Speaker, Store, Told};
use sarai_memory_sqlite::SqliteStore;
use tempfile::TempDir;

fn at(minute: i64) -> Moment {
    let start = Moment::parse("2026-03-10T10:00:00Z").unwrap();
    Moment::new(start.utc_ms + minute * 60_000, 0)
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

fn open(folder: &TempDir) -> Memory<SqliteStore> {
    Memory::new(SqliteStore::open(folder.path()).unwrap().0)
}

fn say<S: Store>(memory: &mut Memory<S>, text: &str, minute: i64) -> Told {
    memory.say(Message { text, at: at(minute), speaker: Speaker::Owner, language: None }).unwrap()
}

fn ask<S: Store>(memory: &Memory<S>, text: &str, minute: i64) -> String {
    memory.ask(text, at(minute), None).unwrap().text
}

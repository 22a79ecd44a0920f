//! Opening: anew, again, damaged, held by somebody else, of another version, on a full disk.

use std::path::Path;

use rusqlite::Connection;
use sarai_memory::Memory;
use sarai_memory_sqlite::{BACKUPS_MAX, Opening, SqliteStore, StoreError};

use super::{ask, at, folder, open, say};

#[test]
fn a_memory_lasts() {
    let folder = folder();
    let (store, opening) = SqliteStore::open(folder.path()).unwrap();
    assert_eq!(opening, Opening::Created);
    let mut memory = Memory::new(store);
    say(&mut memory, "Mi hermana vive en Madrid", 0);
    drop(memory);
    let (store, opening) = SqliteStore::open(folder.path()).unwrap();
    assert_eq!(opening, Opening::Healthy);
    let memory = Memory::new(store);
    assert_eq!(ask(&memory, "¿Dónde vive mi hermana?", 1), "Tu hermana vive en Madrid.");
    assert_eq!(ask(&memory, "Where does my sister live?", 1), "Your sister lives in Madrid.");
    assert_eq!(memory.store().integrity().unwrap(), None);
}

#[test]
fn nobody_else_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = folder();
    open(&folder).store().backup(at(0)).unwrap();
    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(folder.path()), 0o700);
    assert_eq!(mode(&folder.path().join("memory.db")), 0o600);
    for entry in folder.path().join("backups").read_dir().unwrap() {
        assert_eq!(mode(&entry.unwrap().path()), 0o600);
    }
}

/// Overwrites the middle of the file, behind the first page.
fn damage(path: &Path) {
    let mut bytes = fs_err::read(path).unwrap();
    let middle = bytes.len() / 3;
    bytes[4096..middle.max(8192)].iter_mut().for_each(|byte| *byte = 0xa5);
    fs_err::write(path, bytes).unwrap();
}

#[test]
fn a_damaged_file_is_set_aside_and_its_backup_takes_its_place() {
    let folder = folder();
    let mut memory = open(&folder);
    say(&mut memory, "Mi hermana vive en Madrid", 0);
    memory.store().backup(at(1)).unwrap();
    say(&mut memory, "Soy alérgico al polen", 2);
    memory.store().vacuum().unwrap();
    drop(memory);
    damage(&folder.path().join("memory.db"));
    let (store, opening) = SqliteStore::open(folder.path()).unwrap();
    let Opening::Restored { set_aside, facts, .. } = opening else { panic!("{opening:?}") };
    assert!(set_aside.exists());
    assert_eq!(facts, 2);
    let memory = Memory::new(store);
    assert_eq!(ask(&memory, "¿Dónde vive mi hermana?", 3), "Tu hermana vive en Madrid.");
    assert_eq!(memory.ask("¿A qué soy alérgico?", at(3), None).unwrap().facts, []);
}

#[test]
fn without_a_backup_the_loss_is_told() {
    let folder = folder();
    let mut memory = open(&folder);
    say(&mut memory, "Mi hermana vive en Madrid", 0);
    memory.store().vacuum().unwrap();
    drop(memory);
    fs_err::write(folder.path().join("memory.db"), "no database at all, and longer than a header").unwrap();
    let (_, opening) = SqliteStore::open(folder.path()).unwrap();
    assert!(matches!(opening, Opening::Lost { set_aside } if set_aside.exists()));
    let (_, opening) = SqliteStore::open(folder.path()).unwrap();
    assert_eq!(opening, Opening::Healthy);
}

#[test]
fn a_broken_header_is_damage_wherever_it_breaks() {
    // Of the file format: page size, versions for reading and writing, schema format, text encoding.
    for byte in [16, 18, 19, 21, 44, 47, 56, 59] {
        let folder = folder();
        let mut memory = open(&folder);
        say(&mut memory, "Mi hermana vive en Madrid", 0);
        memory.store().backup(at(1)).unwrap();
        memory.store().vacuum().unwrap();
        drop(memory);
        let path = folder.path().join("memory.db");
        let mut bytes = fs_err::read(&path).unwrap();
        bytes[byte] = 0xff;
        fs_err::write(&path, bytes).unwrap();
        let (store, opening) = SqliteStore::open(folder.path()).unwrap();
        let memory = Memory::new(store);
        assert!(matches!(opening, Opening::Restored { .. } | Opening::Healthy), "{byte}: {opening:?}");
        assert_eq!(ask(&memory, "¿Dónde vive mi hermana?", 3), "Tu hermana vive en Madrid.", "byte {byte}");
    }
}

#[test]
fn only_the_newest_backups_stay() {
    let folder = folder();
    let memory = open(&folder);
    for day in 0..i64::try_from(BACKUPS_MAX).unwrap() + 3 {
        memory.store().backup(at(day * 1440)).unwrap();
    }
    assert_eq!(folder.path().join("backups").read_dir().unwrap().count(), BACKUPS_MAX);
}

#[test]
fn another_writer_is_waited_for_and_then_named() {
    let folder = folder();
    let mut memory = open(&folder);
    let other = Connection::open(folder.path().join("memory.db")).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let message = sarai_memory::Message {
        text: "Vivo en Lugo",
        at: at(0),
        speaker: sarai_memory::Speaker::Owner,
        language: None,
    };
    assert!(matches!(memory.say(message), Err(StoreError::Locked)));
    other.execute_batch("ROLLBACK").unwrap();
    assert_eq!(say(&mut memory, "Vivo en Lugo", 1).stored.len(), 1);
}

#[test]
fn a_full_disk_loses_nothing_that_was_stored() {
    let folder = folder();
    let mut memory = open(&folder);
    say(&mut memory, "Vivo en Lugo", 0);
    memory.store().limit_pages(60).unwrap();
    let long = format!("Vivo en Lugo y me gusta el mar. {}", "Nada que recordar. ".repeat(300));
    let mut refused = false;
    for minute in 0..200 {
        let message = sarai_memory::Message {
            text: &long,
            at: at(minute),
            speaker: sarai_memory::Speaker::Owner,
            language: None,
        };
        if let Err(error) = memory.say(message) {
            assert!(matches!(error, StoreError::Full), "{error:?}");
            refused = true;
            break;
        }
    }
    assert!(refused);
    assert_eq!(ask(&memory, "¿Dónde vivo?", 300), "Vives en Lugo.");
    assert_eq!(memory.store().integrity().unwrap(), None);
    memory.store().limit_pages(100_000).unwrap();
    assert_eq!(say(&mut memory, "Tengo 40 años", 301).stored.len(), 1);
}

#[test]
fn a_newer_file_is_left_alone() {
    let folder = folder();
    drop(open(&folder));
    let connection = Connection::open(folder.path().join("memory.db")).unwrap();
    connection.pragma_update(None, "user_version", 99).unwrap();
    drop(connection);
    assert!(matches!(SqliteStore::open(folder.path()), Err(StoreError::Newer { found: 99, .. })));
}

#[test]
fn text_is_data_whatever_it_looks_like() {
    let folder = folder();
    let mut memory = open(&folder);
    for text in [
        "Robert'); DROP TABLE entity_memory;--",
        "Mi hermana se llama \"x\" OR 1=1",
        "\0\u{1}\u{7f}",
        "👍🏽 אבג \u{202e} 日本語",
        "\" OR rowid:* NEAR( ^ -",
    ] {
        say(&mut memory, text, 0);
        ask(&memory, text, 1);
        memory.recall(Some(text), Some(text), Some(text), sarai_memory::States::All, 10).unwrap();
    }
    let huge = "vivo en Lugo ".repeat(90_000);
    assert_eq!(say(&mut memory, &huge, 2).stored, []);
    assert_eq!(memory.store().integrity().unwrap(), None);
}

/// What the first plan's program wrote.
const SEED: &str = "
CREATE TABLE entity_memory (
    id INTEGER PRIMARY KEY AUTOINCREMENT, subject TEXT NOT NULL, verb TEXT NOT NULL, object TEXT NOT NULL,
    timestamp DATETIME DEFAULT CURRENT_TIMESTAMP, confidence REAL DEFAULT 1.0, source TEXT
);
CREATE INDEX idx_svo ON entity_memory(subject, verb, object);
CREATE INDEX idx_timestamp ON entity_memory(timestamp DESC);
CREATE INDEX idx_confidence ON entity_memory(confidence DESC);
INSERT INTO entity_memory (subject, verb, object, timestamp, source) VALUES
    ('Javier', 'vive_en', 'Bilbao', '2025-11-10 09:00:00', 'user_input'),
    ('usuario', 'me_gusta', 'el café', '2025-11-11 09:00:00', 'user_input'),
    ('Javier', 'colecciona', 'sellos', '2025-11-12 09:00:00', 'rag');
";

#[test]
fn the_first_plans_file_is_taken_over() {
    let folder = folder();
    let connection = Connection::open(folder.path().join("memory.db")).unwrap();
    connection.execute_batch(SEED).unwrap();
    drop(connection);
    let (store, opening) = SqliteStore::open(folder.path()).unwrap();
    assert_eq!(opening, Opening::Migrated { from: 1 });
    assert_eq!(folder.path().join("backups").read_dir().unwrap().count(), 1);
    let mut memory = Memory::new(store);
    assert_eq!(ask(&memory, "¿Dónde vive Javier?", 0), "Javier vive en Bilbao.");
    assert_eq!(ask(&memory, "Do I like coffee?", 0), "Yes. You like el café (coffee).");
    assert_eq!(memory.store().stats().unwrap().facts, 3);
    say(&mut memory, "Mi primo Javier vive en Vigo", 1);
    assert_eq!(memory.store().integrity().unwrap(), None);
}

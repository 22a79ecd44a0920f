//! Statements that want something else than to read the tables, and queries that want too much. None of them may write,
//! escape, hang or eat the memory, and the file stays as it was, byte by byte.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::too_many_lines,
    reason = "a test fails by panicking, and tables are long"
)]

mod common;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use proptest::prelude::*;
use rusqlite::Connection;
use sarai_skill_sql::guard::{Guarded, OpenError, Patience};
use sarai_skill_sql::query::{COLUMNS_MAX, Cell, Extent, QueryError, ROWS_MAX};

/// How often the guard may ask for the time before it is up: the same on a slow machine as on a fast one.
const LOOKS_MAX: u64 = 30_000;

fn patience() -> Patience {
    let looks = Arc::new(AtomicU64::new(0));
    Box::new(move || looks.fetch_add(1, Ordering::Relaxed) > LOOKS_MAX)
}

struct House {
    folder: tempfile::TempDir,
    path: PathBuf,
}

impl House {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("casa.db");
        let db = common::spanish(&path);
        // What an enemy could have left in a file.
        db.execute_batch(
            "CREATE VIRTUAL TABLE busqueda USING fts5(texto);
             CREATE VIEW trampa AS SELECT load_extension('x.so') AS v;
             CREATE VIEW rota AS SELECT * FROM no_esta;
             CREATE VIEW sin_fin AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n;
             CREATE VIEW indirecta AS SELECT texto FROM busqueda;
             CREATE VIEW resumen AS SELECT categoria, SUM(importe) AS total FROM gastos GROUP BY categoria;
             CREATE TRIGGER disparo AFTER INSERT ON gastos BEGIN DELETE FROM libros; END;",
        )
        .unwrap();
        Self { folder, path }
    }

    fn open(&self) -> Guarded {
        Guarded::open(&self.path, patience()).unwrap()
    }
}

/// What stands in the way of a statement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wall {
    /// The authoriser, or a statement that is no query.
    Refused,
    /// SQLite's parser, or a limit on what a query looks like.
    Wrong,
    Time,
    Memory,
}

use Wall::{Memory, Refused, Time, Wrong};

#[rustfmt::skip]
const HOSTILE: &[(Wall, &str)] = &[
    // Writing.
    (Refused, "INSERT INTO gastos VALUES (1, 'x', 'x', 'x', 1, 1)"),
    (Refused, "INSERT INTO gastos SELECT * FROM gastos RETURNING id"),
    (Refused, "REPLACE INTO gastos (id) VALUES (1)"),
    (Refused, "UPDATE gastos SET importe = 0"),
    (Refused, "UPDATE gastos SET importe = 0 RETURNING *"),
    (Refused, "DELETE FROM gastos"),
    (Refused, "DELETE FROM gastos RETURNING id"),
    (Refused, "WITH viejos AS (SELECT id FROM gastos) DELETE FROM gastos WHERE id IN (SELECT id FROM viejos)"),
    (Refused, "WITH x AS (SELECT 1) INSERT INTO gastos SELECT 1, 1, 1, 1, 1, 1"),
    (Refused, "WITH x AS (SELECT 1) UPDATE gastos SET importe = 0 RETURNING importe"),
    (Refused, "INSERT INTO gastos (id) VALUES (1) ON CONFLICT DO UPDATE SET importe = 0"),
    (Refused, "/* SELECT */ DELETE FROM gastos"),
    (Refused, "-- SELECT\nDELETE FROM gastos"),
    (Refused, "dElEtE fRoM gastos"),
    // The shape of the database.
    (Refused, "CREATE TABLE nueva (a)"),
    (Refused, "CREATE TEMP TABLE nueva (a)"),
    (Refused, "CREATE TABLE copia AS SELECT * FROM gastos"),
    (Refused, "CREATE VIEW v AS SELECT 1"),
    (Refused, "CREATE TEMP VIEW v AS SELECT 1"),
    (Refused, "CREATE INDEX i ON gastos (fecha)"),
    (Refused, "CREATE TRIGGER t AFTER INSERT ON gastos BEGIN SELECT 1; END"),
    (Refused, "CREATE VIRTUAL TABLE f USING fts5(a)"),
    (Refused, "CREATE VIRTUAL TABLE temp.f USING dbstat"),
    (Refused, "DROP TABLE gastos"),
    (Refused, "DROP VIEW resumen"),
    (Refused, "ALTER TABLE gastos RENAME TO otros"),
    (Refused, "ALTER TABLE gastos ADD COLUMN x"),
    (Refused, "ALTER TABLE gastos DROP COLUMN concepto"),
    (Refused, "REINDEX"),
    (Refused, "ANALYZE"),
    (Refused, "VACUUM"),
    (Refused, "VACUUM INTO '/tmp/robada.db'"),
    // Settings.
    (Refused, "PRAGMA query_only = 0"),
    (Refused, "PRAGMA writable_schema = 1"),
    (Refused, "PRAGMA journal_mode = DELETE"),
    (Refused, "PRAGMA table_info(gastos)"),
    (Refused, "PRAGMA hard_heap_limit = 0"),
    (Refused, "PRAGMA temp_store_directory = '/tmp'"),
    // Other files.
    (Refused, "ATTACH '/tmp/otra.db' AS otra"),
    (Refused, "ATTACH ':memory:' AS m"),
    (Refused, "DETACH main"),
    // Transactions.
    (Refused, "BEGIN"),
    (Refused, "BEGIN IMMEDIATE"),
    (Refused, "COMMIT"),
    (Refused, "ROLLBACK"),
    (Refused, "SAVEPOINT s"),
    (Refused, "RELEASE s"),
    // Not a query.
    (Refused, "EXPLAIN SELECT * FROM gastos"),
    (Refused, "EXPLAIN QUERY PLAN SELECT * FROM gastos"),
    (Wrong, ""),
    (Wrong, "-- nada"),
    (Wrong, ";"),
    (Wrong, "hola"),
    // More than one.
    (Refused, "SELECT 1; DELETE FROM gastos"),
    (Refused, "SELECT 1; SELECT 2"),
    (Refused, "SELECT 1;; /* x */ DROP TABLE gastos"),
    (Refused, "SELECT 1 -- x\n; PRAGMA query_only = 0"),
    (Wrong, "SELECT 1 /* x */; */ DELETE FROM gastos"),
    // SQLite's own tables, and programs that look like tables.
    (Refused, "SELECT * FROM sqlite_schema"),
    (Refused, "SELECT sql FROM sqlite_master"),
    (Refused, "SELECT COUNT(*) FROM sqlite_schema"),
    (Refused, "SELECT * FROM sqlite_temp_schema"),
    (Refused, "SELECT * FROM main.sqlite_master"),
    (Refused, "SELECT * FROM pragma_database_list"),
    (Refused, "SELECT COUNT(*) FROM pragma_database_list"),
    (Refused, "SELECT * FROM pragma_table_info('gastos')"),
    (Refused, "SELECT * FROM json_each('[1]')"),
    (Refused, "SELECT * FROM json_tree('[1]')"),
    (Refused, "SELECT * FROM dbstat"),
    (Refused, "SELECT * FROM busqueda"),
    (Refused, "SELECT * FROM busqueda WHERE busqueda MATCH 'x'"),
    (Refused, "SELECT * FROM busqueda_data"),
    (Refused, "SELECT COUNT(*) FROM busqueda_content"),
    (Refused, "SELECT texto FROM indirecta"),
    // Functions that reach further than their arguments.
    (Refused, "SELECT load_extension('/tmp/x.so')"),
    (Refused, "SELECT v FROM trampa"),
    (Wrong, "SELECT readfile('/etc/passwd')"),
    (Wrong, "SELECT writefile('/tmp/x', 'x')"),
    (Wrong, "SELECT edit('x')"),
    (Refused, "SELECT fts3_tokenizer('simple')"),
    (Refused, "SELECT fts5(NULL)"),
    (Refused, "SELECT sqlite_version()"),
    (Refused, "SELECT sqlite_source_id()"),
    (Refused, "SELECT sqlite_compileoption_get(0)"),
    (Refused, "SELECT last_insert_rowid(), changes()"),
    (Refused, "SELECT sqlite_log(1, 'x')"),
    // Values made of nothing.
    (Refused, "SELECT randomblob(1000000000)"),
    (Refused, "SELECT hex(zeroblob(1000000000))"),
    (Refused, "SELECT printf('%1000000000d', 1)"),
    (Refused, "SELECT format('%.*c', 1000000000, 'x')"),
    (Refused, "SELECT random()"),
    (Refused, "SELECT json_group_array(a.id) FROM gastos a, gastos b"),
    (Memory, "SELECT replace(replace(replace(replace(replace('aaaaaaaaaaaaaaaaaaaa', 'a', 'aaaaaaaaaa'), 'a', 'aaaaaaaaaa'), 'a',
              'aaaaaaaaaa'), 'a', 'aaaaaaaaaa'), 'a', 'aaaaaaaaaa')"),
    (Memory, "SELECT group_concat(a.concepto || a.categoria || a.fecha || b.concepto || b.categoria || b.fecha) FROM gastos a, gastos b"),
    (Time, "SELECT group_concat(a.concepto) FROM gastos a, gastos b, gastos c"),
    (Memory, "WITH RECURSIVE t(x) AS (SELECT 'x' UNION ALL SELECT x || x FROM t) SELECT MAX(LENGTH(x)) FROM t"),
    // Without end.
    (Time, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT COUNT(*) FROM n"),
    (Time, "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i FROM n WHERE i < 0"),
    (Time, "SELECT COUNT(*) FROM gastos a, gastos b, gastos c, gastos d, gastos e, gastos f"),
    (Time, "SELECT MAX(a.importe * b.importe * c.importe) FROM gastos a, gastos b, gastos c, gastos d"),
    (Time, "SELECT COUNT(*) FROM gastos a JOIN gastos b ON a.concepto LIKE '%' || b.concepto || '%', gastos c, gastos d"),
    (Time, "SELECT * FROM gastos a, gastos b, gastos c, gastos d WHERE a.id + b.id + c.id + d.id < 0"),
    (Time, "SELECT COUNT(*) FROM sin_fin"),
    (Time, "SELECT (SELECT COUNT(*) FROM gastos b, gastos c, gastos d WHERE b.id <> a.id) FROM gastos a"),
    // A pattern that is longer than any that is meant.
    (Wrong, "SELECT COUNT(*) FROM gastos WHERE concepto GLOB '*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*\
             a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*\
             a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a'"),
    // Parameters, which would read as NULL.
    (Wrong, "SELECT * FROM gastos WHERE id = ?1"),
    (Wrong, "SELECT * FROM gastos WHERE id = :id"),
    (Wrong, "SELECT * FROM gastos WHERE id = ?999"),
    // Names that are texts.
    (Wrong, "SELECT * FROM gastos WHERE categoria = \"Ocio\""),
];

#[test]
fn hostile_statements() {
    assert!(HOSTILE.len() >= 100, "{}", HOSTILE.len());
    let house = House::new();
    let before = fs_err::read(&house.path).unwrap();
    for (wall, sql) in HOSTILE {
        let found = house.open().query(sql);
        let hit = match &found {
            Ok(rows) => panic!("{sql}: {rows:?}"),
            Err(QueryError::Refused(_)) => Refused,
            Err(QueryError::Wrong(_)) => Wrong,
            Err(QueryError::OutOfTime) => Time,
            Err(QueryError::TooLarge) => Memory,
            Err(QueryError::Busy | QueryError::Damaged(_)) => panic!("{sql}: {found:?}"),
        };
        assert_eq!(hit, *wall, "{sql}: {found:?}");
    }
    assert_eq!(fs_err::read(&house.path).unwrap(), before);
    let files: Vec<_> = fs_err::read_dir(house.folder.path()).unwrap().map(|file| file.unwrap().file_name()).collect();
    assert_eq!(files, ["casa.db"], "nothing was left beside it");
}

/// The walls stand only in the way of what is hostile: each of these has a hostile cousin above.
#[test]
fn what_reads_is_let_through() {
    let house = House::new();
    for (sql, expect) in [
        ("SELECT COUNT(*) FROM gastos", Cell::Integer(168)),
        ("select count(*) from GASTOS;", Cell::Integer(168)),
        ("SELECT COUNT(*) FROM gastos; -- fin", Cell::Integer(168)),
        ("/* hola */ SELECT COUNT(*) FROM gastos", Cell::Integer(168)),
        ("WITH caros AS (SELECT * FROM gastos WHERE importe > 700) SELECT COUNT(*) FROM caros", Cell::Integer(12)),
        (
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT COUNT(*) FROM n",
            Cell::Integer(9),
        ),
        ("SELECT COUNT(*) FROM (SELECT DISTINCT categoria FROM gastos)", Cell::Integer(6)),
        ("SELECT COUNT(*) FROM resumen", Cell::Integer(6)),
        ("SELECT COUNT(*) FROM libros WHERE autor LIKE '%garcia marquez%'", Cell::Integer(2)),
        ("SELECT replace('hola', 'h', 'H')", Cell::Text("Hola".to_owned())),
        (
            "SELECT titulo FROM (SELECT titulo, ROW_NUMBER() OVER (ORDER BY paginas DESC) AS n FROM libros) WHERE n = 1",
            Cell::Text("Don Quijote de la Mancha".to_owned()),
        ),
        ("VALUES (1)", Cell::Integer(1)),
    ] {
        let rows = house.open().query(sql).unwrap_or_else(|error| panic!("{sql}: {error}"));
        assert_eq!(rows.rows, [[expect]], "{sql}");
    }
}

#[test]
fn what_is_offered() {
    let house = House::new();
    let names: Vec<String> = house.open().schema().tables.iter().map(|table| table.name.clone()).collect();
    assert_eq!(names, ["gastos", "lecturas", "libros", "personas", "prestamos", "resumen", "sin_fin"]);
}

#[test]
fn answers_at_their_limits() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    let db = Connection::open(&path).unwrap();
    db.execute_batch("CREATE TABLE t (a, b)").unwrap();
    for n in 0..=i64::try_from(ROWS_MAX).unwrap() {
        db.execute("INSERT INTO t VALUES (?1, ?2)", (n, "é".repeat(400))).unwrap();
    }
    db.execute("INSERT INTO t VALUES (-1, ?1)", ["x".repeat(10_000)]).unwrap();
    db.execute("INSERT INTO t VALUES (-2, CAST(x'ff00' AS TEXT))", []).unwrap();
    db.execute("INSERT INTO t VALUES (-3, zeroblob(5000000))", []).unwrap();
    let guarded = Guarded::open(&path, patience()).unwrap();
    let rows = |sql: &str| guarded.query(sql).unwrap();

    let exact = rows(&format!("SELECT a FROM t WHERE a >= 0 LIMIT {ROWS_MAX}"));
    assert_eq!((exact.rows.len(), exact.extent), (ROWS_MAX, Extent::All));
    let cut = rows("SELECT a FROM t");
    assert_eq!((cut.rows.len(), cut.extent), (ROWS_MAX, Extent::Cut));
    let heavy = rows("SELECT b FROM t WHERE a >= 0");
    assert_eq!((heavy.rows.len(), heavy.extent), (81, Extent::Cut), "64 KiB of 800 bytes each");
    let Cell::Text(long) = &rows("SELECT b FROM t WHERE a = -1").rows[0][0] else { panic!() };
    assert!(long.ends_with("x…") && long.len() == 2048);
    assert_eq!(rows("SELECT b FROM t WHERE a = -2").rows[0][0], Cell::Text("\u{fffd}\0".to_owned()));
    assert_eq!(guarded.query("SELECT b FROM t WHERE a = -3"), Err(QueryError::TooLarge));
    assert_eq!(rows("SELECT a FROM t WHERE a = -3").rows[0][0], Cell::Integer(-3), "the rest of the row can be read");

    let columns = |count: usize| vec!["1"; count].join(", ");
    assert!(guarded.query(&format!("SELECT {}", columns(COLUMNS_MAX))).is_ok());
    assert_eq!(guarded.query(&format!("SELECT {}", columns(COLUMNS_MAX + 1))), Err(QueryError::TooLarge));
    let deep = |depth: usize| format!("SELECT {}1{}", "(1 + ".repeat(depth), ")".repeat(depth));
    assert!(guarded.query(&deep(90)).is_ok());
    assert!(matches!(guarded.query(&deep(110)), Err(QueryError::Wrong(_))));
    let union = |count: usize| vec!["SELECT 1"; count].join(" UNION ALL ");
    assert!(guarded.query(&union(8)).is_ok());
    assert!(matches!(guarded.query(&union(9)), Err(QueryError::Wrong(_))));
    assert!(guarded.query(&format!("SELECT 1 {}", " ".repeat(16_000))).is_ok());
    assert!(guarded.query(&format!("SELECT 1 {}", " ".repeat(17_000))).is_err());
}

fn refused(path: &Path) -> OpenError {
    Guarded::open(path, patience()).unwrap_err()
}

#[test]
fn files_that_are_no_database_to_ask() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let write = |name: &str, bytes: &[u8]| {
        fs_err::write(at(name), bytes).unwrap();
        at(name)
    };
    let whole = fs_err::read(&House::new().path).unwrap();

    assert!(matches!(refused(&at("missing.db")), OpenError::Unreadable(_)));
    assert!(!at("missing.db").exists(), "opening made a file");
    assert_eq!(refused(&write("text.db", &b"id,nombre\n1,Ana\n".repeat(100))), OpenError::NotADatabase);
    assert_eq!(refused(&write("noise.db", &[0xa5; 8192])), OpenError::NotADatabase);
    assert_eq!(refused(&write("empty.db", b"")), OpenError::Empty);
    assert!(matches!(refused(&write("short.db", &whole[..whole.len() / 3])), OpenError::Damaged(_)));
    let mut torn = whole.clone();
    torn[100..4096].fill(0xff);
    assert!(matches!(refused(&write("torn.db", &torn)), OpenError::Damaged(_)));
    fs_err::create_dir(at("folder.db")).unwrap();
    assert!(matches!(refused(&at("folder.db")), OpenError::Unreadable(_)));
    let never: Patience = Box::new(|| true);
    assert_eq!(Guarded::open(&write("whole.db", &whole), never).unwrap_err(), OpenError::OutOfTime);
}

#[test]
fn files_that_other_programs_use() {
    let house = House::new();
    let writer = Connection::open(&house.path).unwrap();
    writer.execute_batch("BEGIN EXCLUSIVE").unwrap();
    assert_eq!(refused(&house.path), OpenError::Busy);
    writer.execute_batch("COMMIT").unwrap();
    house.open();

    // With a write-ahead log: what is written can be read, and so can the file once the log is gone.
    writer.execute_batch("PRAGMA journal_mode = WAL; DELETE FROM gastos WHERE id > 100").unwrap();
    assert_eq!(house.open().query("SELECT COUNT(*) FROM gastos").unwrap().rows, [[Cell::Integer(100)]]);
    drop(writer);
    let before = fs_err::read(&house.path).unwrap();
    assert_eq!(house.open().query("SELECT COUNT(*) FROM gastos").unwrap().rows, [[Cell::Integer(100)]]);
    assert_eq!(fs_err::read(&house.path).unwrap(), before);
}

#[test]
fn a_write_that_was_cut_off() {
    let house = House::new();
    let writer = Connection::open(&house.path).unwrap();
    writer
        .execute_batch(
            "PRAGMA cache_size = 1; PRAGMA cache_spill = 1; BEGIN; UPDATE gastos SET concepto = hex(zeroblob(900))",
        )
        .unwrap();
    let journal = house.folder.path().join("casa.db-journal");
    let (file, log) = (fs_err::read(&house.path).unwrap(), fs_err::read(&journal).unwrap());
    drop(writer);
    fs_err::write(&house.path, file).unwrap();
    fs_err::write(&journal, log).unwrap();
    assert_eq!(refused(&house.path), OpenError::HalfWritten);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, ..ProptestConfig::default() })]

    /// Whatever is asked, put together from the words that matter: there is an answer or an error, and the file is the
    /// same as before.
    #[test]
    fn no_statement_writes(words in prop::collection::vec(prop::sample::select(WORDS), 1..14)) {
        thread_local!(static HOUSE: House = House::new());
        HOUSE.with(|house| {
            let before = fs_err::read(&house.path).unwrap();
            let sql = words.join(" ");
            let _ = house.open().query(&sql);
            prop_assert_eq!(fs_err::read(&house.path).unwrap(), before, "{}", sql);
            prop_assert_eq!(fs_err::read_dir(house.folder.path()).unwrap().count(), 1, "{}", sql);
            Ok(())
        })?;
    }

    /// A file with any bytes changed is an error or a database, never a crash.
    #[test]
    fn no_file_is_a_crash(changes in prop::collection::vec((0usize..40_000, any::<u8>()), 1..40)) {
        thread_local!(static HOUSE: House = House::new());
        HOUSE.with(|house| {
            let mut bytes = fs_err::read(&house.path).unwrap();
            for (at, byte) in changes {
                let len = bytes.len();
                bytes[at % len] = byte;
            }
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("x.db");
            fs_err::write(&path, bytes).unwrap();
            if let Ok(guarded) = Guarded::open(&path, patience()) {
                let _ = guarded.query("SELECT * FROM gastos JOIN personas ON gastos.persona_id = personas.id ORDER BY importe");
            }
        });
    }
}

const WORDS: &[&str] = &[
    "SELECT",
    "*",
    "FROM",
    "gastos",
    "WHERE",
    "importe",
    ">",
    "1",
    "INSERT INTO",
    "VALUES",
    "(",
    ")",
    ",",
    ";",
    "DELETE",
    "UPDATE",
    "SET",
    "=",
    "DROP TABLE",
    "CREATE TABLE",
    "x",
    "AS",
    "WITH",
    "RECURSIVE",
    "UNION ALL",
    "PRAGMA",
    "query_only",
    "ATTACH",
    "'/tmp/never.db'",
    "VACUUM INTO",
    "'x'",
    "--",
    "\n",
    "/*",
    "*/",
    "RETURNING",
    "id",
    "libros",
    "COUNT(*)",
    "GROUP BY",
    "ORDER BY",
    "LIMIT",
    "BEGIN",
    "COMMIT",
    "REPLACE INTO",
    "ALTER TABLE",
    "RENAME TO",
];

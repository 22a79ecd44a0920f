//! What the grammar of a database allows: only queries that SQLite runs, and those that people need.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::too_many_lines,
    reason = "a test fails by panicking, and tables are long"
)]

mod common;

use std::path::Path;

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRng, TestRunner};
use sarai_engine::grammar::{Checker, Constraint, Grammars, Thinking, Verdict, Vocabulary};
use sarai_skill_sql::grammar::gbnf;
use sarai_skill_sql::guard::Guarded;
use sarai_skill_sql::prompt::{Prompts, Speaker, messages};
use sarai_skill_sql::query::QueryError;
use sarai_skill_sql::schema::Schema;
use sarai_types::{Grammar, GrammarKind, Language};

fn open(path: &Path) -> Guarded {
    let mut looks = 0;
    Guarded::open(
        path,
        Box::new(move || {
            looks += 1;
            looks > 20_000
        }),
    )
    .unwrap()
}

fn house(make: fn(&Path) -> rusqlite::Connection) -> (tempfile::TempDir, Guarded) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("x.db");
    drop(make(&path));
    (folder, open(&path))
}

fn grammar(schema: &Schema) -> Grammar {
    Grammar { kind: GrammarKind::Gbnf, source: gbnf(schema) }
}

fn check(schema: &Schema, good: &[&str], bad: &[&str]) {
    let grammar = grammar(schema);
    let mut checker = Checker::new().unwrap();
    for query in good {
        assert_eq!(checker.check(&grammar, query.as_bytes()).unwrap(), Verdict::Accepted, "{query}");
    }
    for query in bad {
        assert_ne!(checker.check(&grammar, query.as_bytes()).unwrap(), Verdict::Accepted, "{query}");
    }
}

#[test]
fn queries_of_the_spanish_house() {
    let (_folder, house) = house(common::spanish);
    let good = [
        "SELECT COUNT(*) FROM gastos",
        "SELECT * FROM libros WHERE leido = 0;",
        "SELECT titulo, autor FROM libros WHERE autor LIKE '%Borges%' ORDER BY anio",
        "SELECT SUM(importe) FROM gastos WHERE categoria = 'Ocio' AND fecha BETWEEN '2026-03-01' AND '2026-03-31'",
        "SELECT SUM(importe) FROM gastos WHERE strftime('%Y-%m', fecha) = '2026-03'",
        "SELECT SUM(importe) FROM gastos WHERE strftime('%Y-%m', fecha) = strftime('%Y-%m', 'now', '-1 months')",
        "SELECT categoria, SUM(importe) FROM gastos GROUP BY categoria ORDER BY SUM(importe) DESC LIMIT 1",
        "SELECT strftime('%m', fecha), ROUND(AVG(importe), 2) FROM gastos GROUP BY strftime('%m', fecha)",
        "SELECT personas.nombre, SUM(gastos.importe) FROM gastos JOIN personas ON gastos.persona_id = personas.id GROUP BY \
         personas.nombre HAVING SUM(gastos.importe) > 100",
        "SELECT nombre FROM personas JOIN gastos ON gastos.persona_id = personas.id WHERE importe > 100.5",
        "SELECT nombre FROM personas LEFT JOIN prestamos ON prestamos.persona_id = personas.id WHERE libro_id IS NULL",
        "SELECT libros.titulo, personas.nombre FROM prestamos JOIN libros ON prestamos.libro_id = libros.id JOIN personas \
         ON prestamos.persona_id = personas.id WHERE prestamos.devuelto IS NULL",
        "SELECT titulo FROM libros WHERE id NOT IN (SELECT libro_id FROM prestamos)",
        "SELECT titulo FROM libros WHERE paginas > (SELECT AVG(paginas) FROM libros)",
        "SELECT titulo FROM libros WHERE paginas = (SELECT MAX(paginas) FROM libros)",
        "SELECT SUM(importe) FROM gastos WHERE persona_id = (SELECT id FROM personas WHERE nombre = 'Ana García')",
        "SELECT DISTINCT ciudad FROM personas",
        "SELECT COUNT(DISTINCT autor) FROM libros WHERE NOT (genero = 'Novela' OR genero IS NULL)",
        "SELECT SUM(CASE WHEN leido = 1 THEN 1 ELSE 0 END) * 100.0 / COUNT(*) FROM libros",
        "SELECT AVG(temperatura) FROM lecturas WHERE date(momento) = '2026-11-03' AND habitacion = 'salón'",
        "SELECT nombre, (julianday('now') - julianday(nacimiento)) / 365.25 FROM personas",
        "SELECT nombre || ' ' || ciudad FROM personas ORDER BY nacimiento DESC LIMIT 3",
        "SELECT nombre FROM personas WHERE nombre = 'O''Brien'",
        "SELECT MAX(fecha), MIN(concepto) FROM gastos WHERE fecha >= date('now', 'start of month', '-1 months')",
    ];
    let bad = [
        "DELETE FROM gastos",
        "SELECT COUNT(*) FROM gasto",
        "SELECT titulo FROM gastos",
        "SELECT importe FROM gastos WHERE titulo = 'x'",
        "SELECT SUM(categoria) FROM gastos",
        "SELECT * FROM gastos WHERE categoria = 5",
        "SELECT * FROM gastos WHERE fecha = 'ayer'",
        "SELECT id FROM gastos JOIN personas ON gastos.persona_id = personas.id",
        "SELECT nombre FROM gastos JOIN personas ON gastos.id = personas.id",
        "SELECT * FROM libros JOIN gastos",
        "SELECT * FROM gastos; DELETE FROM gastos",
        "SELECT * FROM gastos -- x",
        "SELECT COUNT(*) FROM gastos WHERE strftime('%Y', 'now') = strftime('%Y', 'now')",
        "SELECT COUNT(*) FROM gastos WHERE 1 = 1",
        "SELECT load_extension('x') FROM gastos",
        "SELECT * FROM sqlite_schema",
        "SELECT * FROM gastos ORDER BY 7",
        "SELECT concepto FROM gastos ORDER BY SUM(importe)",
        "PRAGMA query_only = 0",
        "",
    ];
    check(house.schema(), &good, &bad);
    for query in good {
        house.query(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    }
}

#[test]
fn queries_of_the_english_house() {
    let (_folder, house) = house(common::english);
    let good = [
        "SELECT films.title FROM viewings JOIN films ON viewings.film_id = films.film_id JOIN people ON \
         viewings.person_id = people.person_id WHERE people.name = 'Alice Brown'",
        "SELECT name, SUM(amount) FROM bills JOIN people ON bills.person_id = people.person_id GROUP BY name",
        "SELECT total FROM monthly_bills WHERE month = '2026-03'",
        "SELECT SUM(kwh) FROM meter_readings WHERE meter = 'night' AND strftime('%w', taken_at) IN ('0', '6')",
    ];
    check(house.schema(), &good, &["SELECT name FROM bills JOIN people ON bills.bill_id = people.person_id"]);
    for query in good {
        house.query(query).unwrap_or_else(|error| panic!("{query}: {error}"));
    }
}

/// The examples that the model is shown are queries that it may write, and that run.
#[test]
fn the_examples_keep_to_the_grammar() {
    let prompts: Prompts = include_str!("../prompt.toml").parse().unwrap();
    for make in [common::spanish as fn(&Path) -> _, common::english] {
        let (_folder, house) = house(make);
        for language in Language::ALL {
            let said = messages(&prompts, house.schema(), language, "x", "2026-11-27");
            let examples: Vec<&str> = said.iter().filter(|s| s.by == Speaker::Model).map(|s| s.text.as_str()).collect();
            assert!(examples.len() >= 8, "{examples:#?}");
            check(house.schema(), &examples, &[]);
            for query in examples {
                assert!(house.query(query).is_ok_and(|rows| !rows.rows.is_empty()), "{query}");
            }
        }
    }
}

/// Goes through a grammar at random, in single bytes. None where it has not come to an end in time.
fn walk(mut answer: Constraint, rng: &mut TestRng) -> Option<String> {
    const STEPS_MAX: usize = 700;
    let mut text = Vec::new();
    for _ in 0..STEPS_MAX {
        if answer.must_end() || (answer.may_end() && rng.random_range(0..3) == 0) {
            return Some(String::from_utf8(text).unwrap());
        }
        let mask = answer.mask().unwrap();
        let all: Vec<u32> = (0..256).filter(|byte| mask.allows(*byte)).collect();
        // In a text, soon to its end.
        let quote = all.iter().find(|byte| **byte == u32::from(b'\''));
        let byte = match quote {
            Some(quote) if all.len() > 80 && rng.random_range(0..3) == 0 => *quote,
            _ => *all.get(rng.random_range(0..all.len().max(1)))?,
        };
        answer.advance(byte).unwrap();
        text.push(u8::try_from(byte).unwrap());
    }
    None
}

/// Random texts of a grammar run, each of them.
fn all_run(house: &Guarded, walks: usize, rng: &mut TestRng) {
    let grammars = Grammars::new(&Vocabulary::bytes()).unwrap();
    let start = grammars.compile(&grammar(house.schema()), &Thinking::Never).unwrap();
    let mut done = 0;
    for _ in 0..walks {
        let Some(query) = walk(start.clone(), rng) else { continue };
        done += 1;
        match house.query(&query) {
            Ok(_) | Err(QueryError::OutOfTime) => {}
            Err(error) => panic!("{query}: {error}"),
        }
    }
    assert!(done * 3 > walks, "{done} of {walks} came to an end");
}

#[test]
fn whatever_the_grammar_says_runs() {
    let mut runner = TestRunner::new(Config::default());
    for make in [common::spanish as fn(&Path) -> _, common::english] {
        let (_folder, house) = house(make);
        all_run(&house, 150, runner.rng());
    }
}

proptest! {
    #![proptest_config(Config { cases: 12, ..Config::default() })]

    /// Names may be anything that SQLite takes.
    #[test]
    fn any_names(names in prop::collection::hash_set(NAME, 6..9), seed in any::<[u8; 32]>()) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x.db");
        let db = rusqlite::Connection::open(&path).unwrap();
        let quoted: Vec<String> = names.iter().map(|name| format!("\"{}\"", name.replace('"', "\"\""))).collect();
        let (tables, columns) = quoted.split_at(2);
        for table in tables {
            let columns: Vec<String> = columns.iter().zip(["INTEGER PRIMARY KEY", "TEXT", "REAL", "DATE", "", "BLOB"])
                .map(|(column, kind)| format!("{column} {kind}")).collect();
            // Two names may be one to SQLite.
            if db.execute_batch(&format!("CREATE TABLE {table} ({})", columns.join(", "))).is_err() {
                return Err(TestCaseError::reject("not a table"));
            }
        }
        drop(db);
        let mut rng = TestRng::from_seed(proptest::test_runner::RngAlgorithm::ChaCha, &seed);
        all_run(&open(&path), 12, &mut rng);
    }
}

/// Words, key words, signs of SQL and of grammars.
const NAME: &str = "(?i)[a-zñé_]{1,8}|order|select|group|[a-z]\"[a-z]|[a-z]\\\\[a-z]|[0-9]{1,3}|de [a-zá]{2,5}|[\\]\\[;'%(){}|*+-]{1,3}|日本";

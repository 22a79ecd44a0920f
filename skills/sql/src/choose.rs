//! Which database a question is about, and which of its tables.
//!
//! By words alone: those of the question against the names of databases, tables and columns, and the values that are
//! kept of them. The same question over the same databases always chooses the same.

use std::collections::HashSet;

use crate::fold::{fold, stem, stems};
use crate::schema::{Schema, Table};

/// What one word that fits is worth, by where it stands.
const DATABASE: u32 = 6;
const TABLE: u32 = 4;
const COLUMN: u32 = 2;
const VALUE: u32 = 3;

/// How many bytes of a schema go into a prompt. Tables that fit the question least are left out first.
pub const SCHEMA_BYTES_MAX: usize = 6_000;
/// How many tables go into a prompt and a grammar.
pub const TABLES_MAX: usize = 12;

/// How well a question fits a database.
#[must_use]
pub fn score(question: &str, database: &str, schema: &Schema) -> u32 {
    let words: HashSet<String> = stems(question).into_iter().collect();
    let named = name_words(database).filter(|word| words.contains(word)).count();
    let tables: u32 = schema.tables.iter().map(|table| table_score(&words, question, table)).sum();
    tables + DATABASE * u32::try_from(named).unwrap_or(u32::MAX)
}

/// The part of a schema that a question needs: all of it where it is small, else the tables that fit best and what
/// links them.
#[must_use]
pub fn relevant(question: &str, schema: &Schema) -> Schema {
    let words: HashSet<String> = stems(question).into_iter().collect();
    let mut ranked: Vec<(u32, usize)> =
        schema.tables.iter().enumerate().map(|(at, table)| (table_score(&words, question, table), at)).collect();
    // A table that leads to one that fits is worth something too.
    for link in &schema.links {
        let at = |name: &str| schema.tables.iter().position(|table| table.name == name);
        if let Some((child, parent)) = at(&link.child).zip(at(&link.parent)) {
            let (child_score, parent_score) = (ranked[child].0, ranked[parent].0);
            ranked[child].0 = child_score.max(parent_score / 2);
            ranked[parent].0 = parent_score.max(child_score / 2);
        }
    }
    ranked.sort_by_key(|(score, at)| (std::cmp::Reverse(*score), *at));
    let mut kept = HashSet::new();
    let mut bytes = 0;
    for (_, at) in ranked.into_iter().take(TABLES_MAX) {
        bytes += weight(&schema.tables[at]);
        if bytes > SCHEMA_BYTES_MAX && !kept.is_empty() {
            break;
        }
        kept.insert(schema.tables[at].name.clone());
    }
    schema.only(|table| kept.contains(&table.name))
}

/// About how many bytes a table takes in a prompt.
fn weight(table: &Table) -> usize {
    let values =
        |column: &crate::schema::Column| column.samples.values.iter().map(|value| value.len() + 4).sum::<usize>();
    let columns = table.columns.iter().map(|column| column.name.len() + column.declared.len() + 8 + values(column));
    table.name.len() + 24 + columns.sum::<usize>()
}

fn table_score(words: &HashSet<String>, question: &str, table: &Table) -> u32 {
    let hits = |name: &str| u32::try_from(name_words(name).filter(|word| words.contains(word)).count()).unwrap_or(0);
    let folded = format!(" {} ", stems(question).join(" "));
    let mut score = TABLE * hits(&table.name);
    for column in &table.columns {
        score += COLUMN * hits(&column.name);
        let mut values = column.samples.values.iter().filter(|value| value.chars().any(char::is_alphabetic));
        if values.any(|value| folded.contains(&format!(" {} ", stems(value).join(" ")))) {
            score += VALUE;
        }
    }
    score
}

/// The words of a name, by their stems: of `fecha_compra`, `fechaCompra` and «fecha de compra» alike. Words of one or two
/// letters say nothing.
pub(crate) fn name_words(name: &str) -> impl Iterator<Item = String> {
    let mut spaced = String::with_capacity(name.len() + 8);
    let mut before = ' ';
    for c in name.chars() {
        if c.is_uppercase() && before.is_lowercase() {
            spaced.push(' ');
        }
        spaced.push(if c.is_alphanumeric() { c } else { ' ' });
        before = c;
    }
    let words: Vec<String> = spaced.split_whitespace().map(|word| stem(&fold(word)).to_owned()).collect();
    words.into_iter().filter(|word| word.chars().count() > 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::schema::{Column, Extent, Gaps, Kind, Link, Role, Samples};

    fn table(name: &str, columns: &[&str], values: &[&str]) -> Table {
        let samples = || Samples {
            values: values.iter().map(ToString::to_string).collect(),
            extent: Extent::All,
            gaps: Gaps::None,
        };
        let column = |name: &&str| Column {
            name: (*name).to_owned(),
            declared: String::new(),
            kind: Kind::Text,
            role: Role::Plain,
            samples: samples(),
        };
        Table { name: name.to_owned(), columns: columns.iter().map(column).collect() }
    }

    #[test]
    fn words_that_fit() {
        let schema = Schema {
            tables: vec![
                table("gastos", &["fecha_compra"], &["Alimentación", "Ocio y viajes"]),
                table("libros", &[], &[]),
            ],
            links: Vec::new(),
        };
        for (question, expect) in [
            ("¿Qué hora es?", 0),
            ("¿Cuántos LIBROS hay?", TABLE),
            ("un gasto", TABLE),
            ("¿cuánto en alimentacion?", VALUE),
            ("ocio y viajes", VALUE),
            ("el ocio", 0),
            ("gastos por fecha", TABLE + COLUMN),
            ("algo de mi casa", DATABASE),
        ] {
            assert_eq!(score(question, "mi_casa-2026", &schema), expect, "{question}");
        }
        let names: Vec<String> = name_words("fechaCompra de_la NIF").collect();
        assert_eq!(names, ["fecha", "compra", "nif"]);
    }

    #[test]
    fn of_many_tables_those_that_fit() {
        let wide: Vec<String> = (0..30).map(|n| format!("columna_{n}")).collect();
        let wide: Vec<&str> = wide.iter().map(String::as_str).collect();
        let mut tables: Vec<Table> = (0..40).map(|n| table(&format!("cosas_{n}"), &wide, &[])).collect();
        tables.push(table("ventas", &["importe"], &[]));
        tables.push(table("clientes", &["nombre"], &[]));
        let columns = vec![("cliente".to_owned(), "id".to_owned())];
        let links = vec![Link { child: "ventas".to_owned(), parent: "clientes".to_owned(), columns }];
        let schema = Schema { tables, links };
        let found = relevant("¿Cuántas ventas hay?", &schema);
        assert!(found.table("ventas").is_some() && found.table("clientes").is_some());
        assert_eq!(found.links.len(), 1);
        assert!(found.tables.len() <= TABLES_MAX);
        assert!(found.tables.iter().map(weight).sum::<usize>() <= SCHEMA_BYTES_MAX);
        // A single table is kept, however wide.
        let huge = vec!["x"; 5_000];
        let schema = Schema { tables: vec![table("t", &huge, &[])], links: Vec::new() };
        assert_eq!(relevant("?", &schema).tables.len(), 1);
    }
}

//! Says what came out of a query: a sentence, a table and the query, and the same as JSON.

use std::fmt::Write as _;

use sarai_types::Language;
use serde_json::{Value, json};

use crate::query::{Cell, Extent, Rows, clip};
use crate::sentences::{Sentences, fill, sentences};

/// Rows of a table that a person reads.
const ROWS_SHOWN_MAX: usize = 20;
/// Columns of a table that a person reads.
const COLUMNS_SHOWN_MAX: usize = 8;
/// Bytes of one field of a table that a person reads.
const FIELD_BYTES_MAX: usize = 120;

/// The outcome of a query.
#[derive(Debug, Clone, Copy)]
pub struct Outcome<'a> {
    pub database: &'a str,
    pub query: &'a str,
    pub rows: &'a Rows,
}

impl Outcome<'_> {
    /// What the person reads, as Markdown.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let words = sentences(language);
        let name = inline(self.database);
        let query = fill(&words.query, &[("name", &name)]);
        let fence = "`".repeat(longest_run(self.query, '`').max(2) + 1);
        format!(
            "{}\n\n{query}\n\n{fence}sql\n{}\n{fence}\n",
            self.finding(words, language).trim_end(),
            self.query.trim()
        )
    }

    /// The same for programs.
    #[must_use]
    pub fn data(&self) -> String {
        let rows = self.rows.rows.iter().map(|row| row.iter().map(value).collect::<Vec<_>>()).collect::<Vec<_>>();
        let truncated = self.rows.extent == Extent::Cut;
        json!({
            "database": self.database, "query": self.query,
            "columns": self.rows.columns, "rows": rows, "truncated": truncated,
        })
        .to_string()
    }

    fn finding(&self, words: &Sentences, language: Language) -> String {
        let cells: Vec<&Cell> = self.rows.rows.iter().flatten().collect();
        match cells.as_slice() {
            [] => return words.nothing.clone(),
            // The sum of nothing.
            [Cell::Null] => return words.nothing_to_compute.clone(),
            [cell] => return fill(&words.result, &[("value", &field(cell, words, language))]),
            _ => {}
        }
        let (count, shown) = (self.rows.rows.len(), self.rows.rows.len().min(ROWS_SHOWN_MAX));
        let counts = [("count", &*count.to_string()), ("shown", &*shown.to_string())];
        let sentence = match (self.rows.extent, count) {
            (Extent::Cut, _) => fill(&words.rows_cut, &counts),
            (Extent::All, 1) => words.row.clone(),
            (Extent::All, _) if shown == count => fill(&words.rows, &counts),
            (Extent::All, _) => fill(&words.rows_shown, &counts),
        };
        format!("{sentence}\n\n{}{}", self.table(words, language), self.hidden(words))
    }

    fn table(&self, words: &Sentences, language: Language) -> String {
        let columns = self.rows.columns.iter().take(COLUMNS_SHOWN_MAX);
        let mut table = String::from("|");
        columns.clone().for_each(|column| {
            let _ = write!(table, " {} |", inline(column));
        });
        table.push_str("\n|");
        // Numbers stand to the right.
        for at in 0..columns.len() {
            let mut cells = self.rows.rows.iter().filter_map(|row| row.get(at));
            let is_number = cells.all(|cell| matches!(cell, Cell::Integer(_) | Cell::Real(_) | Cell::Null));
            table.push_str(if is_number { " ---: |" } else { " --- |" });
        }
        table.push('\n');
        for row in self.rows.rows.iter().take(ROWS_SHOWN_MAX) {
            table.push('|');
            row.iter().take(COLUMNS_SHOWN_MAX).for_each(|cell| {
                let _ = write!(table, " {} |", field(cell, words, language));
            });
            table.push('\n');
        }
        table
    }

    fn hidden(&self, words: &Sentences) -> String {
        let count = self.rows.columns.len();
        if count <= COLUMNS_SHOWN_MAX {
            return String::new();
        }
        let counts = [("count", &*count.to_string()), ("shown", &*COLUMNS_SHOWN_MAX.to_string())];
        format!("\n{}\n", fill(&words.columns_hidden, &counts))
    }
}

/// A value inside a line of Markdown.
fn field(cell: &Cell, words: &Sentences, language: Language) -> String {
    match cell {
        Cell::Null => words.none.clone(),
        Cell::Integer(number) => number.to_string(),
        Cell::Real(number) => decimal(*number, language),
        Cell::Text(text) => inline(&clip(text, FIELD_BYTES_MAX)),
        Cell::Blob(bytes) => fill(&words.bytes, &[("count", &bytes.to_string())]),
    }
}

/// A number with two decimals at most, or four figures where it is small.
fn decimal(number: f64, language: Language) -> String {
    let text = match number.abs() {
        size if !size.is_finite() || size >= 1e15 => format!("{number:e}"),
        size if size >= 1.0 || size == 0.0 => format!("{number:.2}"),
        size if size >= 1e-4 => {
            #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 4 and 8")]
            let places = (4.0 - size.log10().ceil()) as usize;
            format!("{number:.places$}")
        }
        _ => format!("{number:.3e}"),
    };
    let text = match text.split_once('.') {
        Some((whole, part)) if !part.contains('e') => {
            let part = part.trim_end_matches('0');
            if part.is_empty() { whole.to_owned() } else { format!("{whole}.{part}") }
        }
        _ => text,
    };
    match language {
        Language::Spanish => text.replace('.', ","),
        Language::English => text,
    }
}

/// Text that means nothing to Markdown: what it would read as a sign stands behind a backslash.
pub(crate) fn inline(text: &str) -> String {
    let mut plain = String::with_capacity(text.len() + 8);
    for c in text.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '!' | '&' | '$' => {
                plain.extend(['\\', c])
            }
            c if c.is_control() => plain.push(' '),
            c => plain.push(c),
        }
    }
    let plain = plain.trim();
    if plain.is_empty() { "\u{a0}".to_owned() } else { plain.to_owned() }
}

/// The longest run of a character.
fn longest_run(text: &str, sign: char) -> usize {
    text.split(|c| c != sign).map(|run| run.chars().count()).max().unwrap_or(0)
}

/// A cell as JSON has it; of bytes only how many.
fn value(cell: &Cell) -> Value {
    match cell {
        Cell::Null => Value::Null,
        Cell::Integer(number) => json!(number),
        Cell::Real(number) => json!(number),
        Cell::Text(text) => json!(text),
        Cell::Blob(bytes) => json!({ "bytes": bytes }),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rows(columns: &[&str], rows: Vec<Vec<Cell>>) -> Rows {
        Rows { columns: columns.iter().map(ToString::to_string).collect(), rows, extent: Extent::All }
    }

    fn text(rows: &Rows, language: Language) -> String {
        Outcome { database: "mi_casa", query: "SELECT 1", rows }.text(language)
    }

    fn words(text: &str) -> Cell {
        Cell::Text(text.to_owned())
    }

    #[test]
    fn findings() {
        let spanish = |rows: &Rows| text(rows, Language::Spanish);
        let footer = "\n\nLa consulta, en «mi\\_casa»:\n\n```sql\nSELECT 1\n```\n";
        for (found, expect) in [
            (rows(&["n"], vec![vec![Cell::Integer(2024)]]), "El resultado es **2024**."),
            (rows(&["n"], vec![vec![Cell::Real(1234.5)]]), "El resultado es **1234,5**."),
            (rows(&["n"], vec![]), "No hay ninguna fila que cumpla lo que pides."),
            (
                rows(&["n"], vec![vec![Cell::Null]]),
                "No hay ningún dato que cumpla lo que pides, así que no hay nada que calcular.",
            ),
            (
                rows(&["a", "SUM(b)"], vec![vec![words("x|y"), Cell::Real(0.1 + 0.2)]]),
                "Hay una fila:\n\n| a | SUM(b) |\n| --- | ---: |\n| x\\|y | 0,3 |",
            ),
            (
                rows(&["a"], vec![vec![Cell::Null], vec![Cell::Blob(7)]]),
                "Hay 2 filas:\n\n| a |\n| --- |\n| — |\n| 7 bytes |",
            ),
        ] {
            assert_eq!(spanish(&found), format!("{expect}{footer}"));
        }
        let many = rows(&["n"], (0..21).map(|n| vec![Cell::Integer(n)]).collect());
        assert!(spanish(&many).starts_with("Hay 21 filas. Estas son las primeras 20:"));
        let cut = Rows { extent: Extent::Cut, ..many };
        assert!(text(&cut, Language::English).starts_with("There are more than 21 rows. These are the first 20:"));
        let wide = rows(&["a"; 9], vec![vec![Cell::Integer(1); 9]]);
        assert!(text(&wide, Language::English).contains("\n8 of the 9 columns are shown.\n\nThe query"));
    }

    #[test]
    fn numbers() {
        for (number, expect) in [
            (0.0, "0"),
            (-12.0, "-12"),
            (12.345, "12.35"),
            (0.012_345_6, "0.01235"),
            (-0.5, "-0.5"),
            (1e20, "1e20"),
            (1e-9, "1.000e-9"),
            (f64::INFINITY, "inf"),
        ] {
            assert_eq!(decimal(number, Language::English), expect);
        }
    }

    #[test]
    fn data_for_programs() {
        let rows =
            rows(&["a", "b"], vec![vec![words("é"), Cell::Real(f64::NAN)], vec![Cell::Blob(3), Cell::Integer(1)]]);
        assert_eq!(
            Outcome { database: "d", query: "q", rows: &rows }.data(),
            r#"{"database":"d","query":"q","columns":["a","b"],"rows":[["é",null],[{"bytes":3},1]],"truncated":false}"#
        );
    }

    proptest! {
        /// Whatever stands in a database, it makes neither a line, nor a column, nor a fence of its own.
        #[test]
        fn values_stay_in_their_place(value in "([|`\\\\\n\r*<#]|\\PC){0,30}", query in "[`a\n]{0,20}") {
            let rows = rows(&["a", "b"], vec![vec![words(&value), Cell::Integer(1)]]);
            let text = Outcome { database: &value, query: &query, rows: &rows }.text(Language::English);
            let lines: Vec<&str> = text.lines().collect();
            prop_assert_eq!(lines[2], "| a | b |");
            let bars = lines[4].replace("\\\\", "").replace("\\|", "").matches('|').count();
            prop_assert_eq!(bars, 3, "{}", lines[4]);
            let fence = lines[8].strip_suffix("sql").unwrap();
            prop_assert!(fence.starts_with("```") && !query.contains(fence), "{}", text);
        }
    }
}

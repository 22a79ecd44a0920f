//! Reads what is in a database: its tables, columns and links, and a few values of each column.
//!
//! # Usage
//! 1. [`describe`] reads the definitions, while the connection may still read SQLite's own tables.
//! 2. [`sample`] looks at values, under the same guard as a person's query: a view may be anything.
//!
//! All of it is bounded: a table is judged by its first rows, a column by its most frequent values there.

use std::collections::HashSet;

use rusqlite::Connection;

use crate::schema::{Column, Extent, Gaps, Kind, Link, Role, Samples, Schema, Table, identifier};

/// Tables looked at; what comes behind is not offered.
const TABLES_MAX: usize = 200;
/// Columns of one table looked at.
const COLUMNS_MAX: usize = 100;
/// Rows by which a column is judged.
const ROWS_JUDGED: usize = 2_000;
/// Values kept of a column with few different ones, and of one with many.
const VALUES_MAX: usize = 12;
const VALUES_OF_MANY: usize = 3;
/// The longest value kept, in characters.
const VALUE_CHARS_MAX: usize = 40;
/// The longest name that is offered, in bytes.
const NAME_BYTES_MAX: usize = 64;

/// What was found.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) schema: Schema,
    /// Names, in lower case, of things that look like tables and may not be read: virtual tables and what they keep, and
    /// table functions.
    pub(crate) refused: HashSet<String>,
}

pub(crate) fn describe(connection: &Connection) -> rusqlite::Result<Found> {
    let mut refused: HashSet<String> = names(connection, "SELECT name FROM pragma_module_list")?.into_iter().collect();
    let mut schema = Schema::default();
    let mut list = connection.prepare(
        "SELECT name, type FROM pragma_table_list WHERE schema = 'main' ORDER BY type = 'view', name COLLATE NOCASE",
    )?;
    let entries = list.query_map([], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?)))?;
    for entry in entries {
        let (name, kind) = entry?;
        let is_readable =
            matches!(kind.as_str(), "table" | "view") && !name.to_ascii_lowercase().starts_with("sqlite_");
        if !is_readable {
            refused.insert(name.to_ascii_lowercase());
        } else if schema.tables.len() < TABLES_MAX && is_sayable(&name) {
            // A view whose tables are gone is no reason to refuse the others.
            match table(connection, &name) {
                Ok(table) if !table.columns.is_empty() => schema.tables.push(table),
                Err(error) if is_about_the_file(&error) => return Err(error),
                Ok(_) | Err(_) => {}
            }
        }
    }
    for table in 0..schema.tables.len() {
        let links = links(connection, &schema, &schema.tables[table].name)?;
        for (column, _) in links.iter().flat_map(|link| &link.columns) {
            if let Some(column) = schema.tables[table].columns.iter_mut().find(|found| found.name == *column) {
                column.role = Role::Reference;
            }
        }
        schema.links.extend(links);
    }
    schema.infer_links();
    Ok(Found { schema, refused })
}

/// Finds out what kind of values the columns hold. Leaves out tables that cannot be read under the guard, such as views of
/// what is refused.
pub(crate) fn sample(connection: &Connection, schema: &Schema) -> rusqlite::Result<Schema> {
    let mut sampled = schema.clone();
    let mut broken = HashSet::new();
    for table in &mut sampled.tables {
        for column in &mut table.columns {
            match look(connection, &table.name, &column.name, &column.declared) {
                Ok((kind, samples)) => (column.kind, column.samples) = (kind, samples),
                // One huge value; the others can be asked for.
                Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::TooBig) => {}
                Err(error) if is_about_the_file(&error) => return Err(error),
                Err(_) => {
                    broken.insert(table.name.clone());
                    break;
                }
            }
        }
    }
    Ok(sampled.only(|table| !broken.contains(&table.name)))
}

fn is_about_the_file(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseCorrupt, DatabaseLocked, NotADatabase, OperationInterrupted};
    let code = error.sqlite_error_code();
    code.is_some_and(|code| {
        matches!(code, DatabaseBusy | DatabaseCorrupt | DatabaseLocked | NotADatabase | OperationInterrupted)
    })
}

/// Whether a name can stand in a prompt and in a grammar.
fn is_sayable(name: &str) -> bool {
    !name.is_empty() && name.len() <= NAME_BYTES_MAX && !name.contains(char::is_control)
}

fn names(connection: &Connection, query: &str) -> rusqlite::Result<Vec<String>> {
    let mut statement = connection.prepare(query)?;
    statement.query_map([], |row| Ok(row.get::<_, String>(0)?.to_ascii_lowercase()))?.collect()
}

fn table(connection: &Connection, name: &str) -> rusqlite::Result<Table> {
    // Of hidden columns those that are computed can be read (2 and 3), those of a module cannot (1).
    let mut info =
        connection.prepare("SELECT name, type, pk FROM pragma_table_xinfo(?1) WHERE hidden <> 1 ORDER BY cid")?;
    let described =
        info.query_map([name], |row| Ok((row.get::<_, String>(0)?, row.get::<_, String>(1)?, row.get::<_, i64>(2)?)))?;
    let described = described.collect::<rusqlite::Result<Vec<_>>>()?;
    let keys = described.iter().filter(|(_, _, key)| *key > 0).count();
    let mut columns = Vec::new();
    for (column, declared, key) in described.into_iter().take(COLUMNS_MAX).filter(|(name, ..)| is_sayable(name)) {
        let kind = declared_kind(&declared);
        let role = if key > 0 && keys == 1 { Role::Key } else { Role::Plain };
        columns.push(Column { name: column, declared, kind, role, samples: Samples::default() });
    }
    Ok(Table { name: name.to_owned(), columns })
}

/// Looks at the values of a column.
fn look(connection: &Connection, table: &str, column: &str, declared: &str) -> rusqlite::Result<(Kind, Samples)> {
    let query = format!(
        "SELECT typeof(v), CASE WHEN typeof(v) = 'blob' OR length(v) > {VALUE_CHARS_MAX} THEN NULL ELSE v END
         FROM (SELECT {} AS v FROM {} LIMIT {ROWS_JUDGED})
         GROUP BY 1, 2 ORDER BY COUNT(*) DESC, 2",
        identifier(column),
        identifier(table)
    );
    let mut statement = connection.prepare(&query)?;
    let mut rows = statement.query([])?;
    let mut seen = Seen::default();
    while let Some(row) = rows.next()? {
        let value = match row.get_ref(1)? {
            rusqlite::types::ValueRef::Text(text) => Some(String::from_utf8_lossy(text).into_owned()),
            rusqlite::types::ValueRef::Integer(number) => Some(number.to_string()),
            rusqlite::types::ValueRef::Real(number) => Some(number.to_string()),
            _ => None,
        };
        seen.add(&row.get::<_, String>(0)?, value);
    }
    Ok(seen.judge(declared))
}

/// The values of a column, one by one.
#[derive(Debug, Default)]
struct Seen {
    numbers: usize,
    texts: usize,
    days: usize,
    moments: usize,
    blobs: usize,
    gaps: Gaps,
    values: Vec<String>,
}

impl Seen {
    fn add(&mut self, storage: &str, value: Option<String>) {
        match storage {
            "integer" | "real" => self.numbers += 1,
            "blob" => self.blobs += 1,
            "null" => self.gaps = Gaps::Some,
            _ => {
                self.texts += 1;
                let text = value.as_deref().unwrap_or_default();
                self.days += usize::from(is_day(text));
                self.moments += usize::from(is_moment(text));
            }
        }
        let plain = value.filter(|value| !value.is_empty() && !value.contains(char::is_control));
        self.values.extend(plain.filter(|_| self.values.len() <= VALUES_MAX));
    }

    fn judge(mut self, declared: &str) -> (Kind, Samples) {
        let kinds = [self.numbers, self.texts, self.blobs].iter().filter(|count| **count > 0).count();
        let kind = match kinds {
            0 => declared_kind(declared),
            1 if self.blobs > 0 => Kind::Blob,
            1 if self.numbers > 0 => Kind::Number,
            1 if self.days == self.texts => Kind::Day,
            1 if self.days + self.moments == self.texts => Kind::Moment,
            1 => Kind::Text,
            _ => Kind::Mixed,
        };
        let extent = if self.values.len() <= VALUES_MAX { Extent::All } else { Extent::Some };
        if extent == Extent::Some {
            self.values.truncate(VALUES_OF_MANY);
        }
        (kind, Samples { values: self.values, extent, gaps: self.gaps })
    }
}

/// What a column without values is for, by SQLite's own rules for declared types.
fn declared_kind(declared: &str) -> Kind {
    let declared = declared.to_ascii_uppercase();
    let has = |words: &[&str]| words.iter().any(|word| declared.contains(word));
    match () {
        () if has(&["DATETIME", "TIMESTAMP"]) => Kind::Moment,
        () if has(&["DATE"]) => Kind::Day,
        () if has(&["INT", "REAL", "FLOA", "DOUB", "NUM", "DEC", "BOOL", "MONEY"]) => Kind::Number,
        () if has(&["CHAR", "CLOB", "TEXT"]) => Kind::Text,
        () if has(&["BLOB"]) => Kind::Blob,
        () => Kind::Mixed,
    }
}

/// «2026-03-05».
fn is_day(text: &str) -> bool {
    let shape = |(index, byte): (usize, u8)| if matches!(index, 4 | 7) { byte == b'-' } else { byte.is_ascii_digit() };
    text.len() == 10 && text.bytes().enumerate().all(shape)
}

/// «2026-03-05 18:30», with or without seconds and a zone.
fn is_moment(text: &str) -> bool {
    let Some((day, rest)) = text.split_at_checked(10) else { return false };
    let time = rest.strip_prefix([' ', 'T']).unwrap_or_default();
    let digits = |range: std::ops::Range<usize>| time.get(range).is_some_and(|d| d.bytes().all(|b| b.is_ascii_digit()));
    is_day(day) && digits(0..2) && time.get(2..3) == Some(":") && digits(3..5)
}

/// The declared links of a table to tables that are offered.
fn links(connection: &Connection, schema: &Schema, child: &str) -> rusqlite::Result<Vec<Link>> {
    let mut statement = connection
        .prepare("SELECT id, \"table\", \"from\", \"to\" FROM pragma_foreign_key_list(?1) ORDER BY id DESC, seq")?;
    let mut rows = statement.query([child])?;
    let mut links: Vec<(i64, Link)> = Vec::new();
    while let Some(row) = rows.next()? {
        let (id, parent, from) = (row.get::<_, i64>(0)?, row.get::<_, String>(1)?, row.get::<_, String>(2)?);
        let Some(parent) = schema.table(&parent) else { continue };
        // Without a column it is the parent's key.
        let key = parent.columns.iter().find(|column| column.role == Role::Key);
        let Some(to) = row.get::<_, Option<String>>(3)?.or_else(|| key.map(|key| key.name.clone())) else { continue };
        let known = schema.table(child).and_then(|table| table.column(&from)).zip(parent.column(&to));
        let Some((from, to)) = known.map(|(from, to)| (from.name.clone(), to.name.clone())) else { continue };
        match links.last_mut().filter(|(last, _)| *last == id) {
            Some((_, link)) => link.columns.push((from, to)),
            None => links
                .push((id, Link { child: child.to_owned(), parent: parent.name.clone(), columns: vec![(from, to)] })),
        }
    }
    Ok(links.into_iter().map(|(_, link)| link).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_values_and_by_declaration() {
        let judge = |values: &[(&str, Option<&str>)], declared| {
            let mut seen = Seen::default();
            for (storage, value) in values {
                seen.add(storage, value.map(str::to_owned));
            }
            seen.judge(declared).0
        };
        assert_eq!(judge(&[("text", Some("2026-03-05")), ("text", Some("2025-12-31"))], "TEXT"), Kind::Day);
        assert_eq!(judge(&[("text", Some("2026-03-05")), ("text", Some("2026-03-05 08:15"))], "TEXT"), Kind::Moment);
        assert_eq!(judge(&[("text", Some("2026-03-05T08:15:00Z"))], ""), Kind::Moment);
        assert_eq!(judge(&[("text", Some("2026-03-05")), ("text", Some("ayer"))], "DATE"), Kind::Text);
        assert_eq!(judge(&[("integer", Some("1")), ("real", Some("1.5"))], "TEXT"), Kind::Number);
        assert_eq!(judge(&[("integer", Some("1")), ("text", Some("uno"))], "TEXT"), Kind::Mixed);
        assert_eq!(judge(&[("blob", None)], "TEXT"), Kind::Blob);
        assert_eq!(judge(&[("null", None), ("text", Some("2026-03-05"))], "TEXT"), Kind::Day);
        for (declared, expect) in [
            ("VARCHAR(20)", Kind::Text),
            ("decimal(10,2)", Kind::Number),
            ("DATE", Kind::Day),
            ("datetime", Kind::Moment),
            ("", Kind::Mixed),
        ] {
            assert_eq!(judge(&[], declared), expect, "{declared}");
        }
    }

    #[test]
    fn samples_of_few_and_of_many() {
        let samples = |count: usize| {
            let mut seen = Seen::default();
            (0..count).for_each(|n| seen.add("text", Some(format!("v{n}"))));
            seen.add("null", None);
            seen.judge("").1
        };
        assert_eq!((samples(0).values.len(), samples(0).gaps), (0, Gaps::Some));
        assert_eq!((samples(12).values.len(), samples(12).extent), (12, Extent::All));
        assert_eq!((samples(13).values.len(), samples(13).extent), (3, Extent::Some));
    }
}

//! What a database holds, as far as a question about it needs to know.
//!
//! # Key types
//! - [`Schema`]: the tables that may be asked, read by [`inspect`](crate::inspect).
//! - [`Column`]: a name, what kind of values it holds, and some of them.
//! - [`Link`]: two tables that belong together, and by which columns.

use crate::fold::{fold, stem};

/// What kind of values a column holds, by its declaration and by a look at them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Kind {
    Number,
    Text,
    /// Days, as «2026-03-05».
    Day,
    /// Days with a time, as «2026-03-05 18:30:00» or «2026-03-05T18:30:00Z».
    Moment,
    /// Bytes.
    Blob,
    /// Of several kinds, or none.
    Mixed,
}

/// Some values of a column, the most frequent first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Samples {
    pub values: Vec<String>,
    /// Whether these are all there are.
    pub extent: Extent,
    pub gaps: Gaps,
}

/// Whether some rows have no value.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Gaps {
    #[default]
    None,
    Some,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    All,
    #[default]
    Some,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Column {
    pub name: String,
    /// As declared; may be empty.
    pub declared: String,
    pub kind: Kind,
    pub role: Role,
    pub samples: Samples,
}

/// What a column is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// The whole primary key.
    Key,
    /// Says which row of another table this one belongs to.
    Reference,
    Plain,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Table {
    pub name: String,
    pub columns: Vec<Column>,
}

impl Table {
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name.eq_ignore_ascii_case(name))
    }

    /// The column that a person would call the row by: its first plain text, or else the first that is no reference.
    #[must_use]
    pub fn label(&self) -> Option<&Column> {
        let plain = || self.columns.iter().filter(|column| column.role == Role::Plain);
        plain().find(|column| column.kind == Kind::Text).or_else(|| plain().next())
    }
}

/// Each row of `child` belongs to the row of `parent` with the same values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Link {
    pub child: String,
    pub parent: String,
    /// Columns of the child and of the parent, in pairs; never empty.
    pub columns: Vec<(String, String)>,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Schema {
    pub tables: Vec<Table>,
    pub links: Vec<Link>,
}

impl Schema {
    #[must_use]
    pub fn table(&self, name: &str) -> Option<&Table> {
        self.tables.iter().find(|table| table.name.eq_ignore_ascii_case(name))
    }

    /// The same with these tables only, and the links among them.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&Table) -> bool) -> Self {
        let tables: Vec<Table> = self.tables.iter().filter(|table| keep(table)).cloned().collect();
        let kept = |name: &str| tables.iter().any(|table| table.name.eq_ignore_ascii_case(name));
        let links = self.links.iter().filter(|link| kept(&link.child) && kept(&link.parent)).cloned().collect();
        Self { tables, links }
    }

    /// Adds links that nobody declared but the names tell: a column that is called like the key of another table, and
    /// `persona_id` or `id_persona` beside a table `personas` with the key `id`. Marks the columns as references.
    pub fn infer_links(&mut self) {
        let mut found = Vec::new();
        for table in &self.tables {
            for column in table.columns.iter().filter(|column| column.role == Role::Plain) {
                if let Some((parent, key)) = self.referred(table, &column.name) {
                    let columns = vec![(column.name.clone(), key.to_owned())];
                    found.push(Link { child: table.name.clone(), parent: parent.to_owned(), columns });
                }
            }
        }
        for link in &found {
            let table = self.tables.iter_mut().find(|table| table.name == link.child);
            let column = table.and_then(|t| t.columns.iter_mut().find(|column| column.name == link.columns[0].0));
            if let Some(column) = column {
                column.role = Role::Reference;
            }
        }
        self.links.extend(found);
    }

    /// The table and key that a column means by its name alone.
    fn referred(&self, table: &Table, column: &str) -> Option<(&str, &str)> {
        let folded = fold(column);
        let thing = folded.strip_suffix("_id").or_else(|| folded.strip_prefix("id_"));
        let keys = self.tables.iter().filter(|other| other.name != table.name).filter_map(|other| {
            let mut keys = other.columns.iter().filter(|key| key.role == Role::Key);
            keys.next().map(|key| (other.name.as_str(), key.name.as_str()))
        });
        let mut meant = keys.filter(|(parent, key)| match fold(key).as_str() {
            "id" => thing.is_some_and(|thing| stem(&fold(parent)) == stem(thing)),
            key => key == folded,
        });
        // Two of them would be a guess.
        meant.next().filter(|_| meant.next().is_none())
    }
}

/// A name as SQL writes it: as it is, or in double quotes.
#[must_use]
pub fn identifier(name: &str) -> String {
    let letter = |c: char| c == '_' || c.is_alphabetic();
    let plain = name.starts_with(letter) && name.chars().all(|c| letter(c) || c.is_ascii_digit());
    if plain && KEYWORDS.binary_search(&name.to_ascii_uppercase().as_str()).is_err() {
        name.to_owned()
    } else {
        format!("\"{}\"", name.replace('"', "\"\""))
    }
}

/// A text as SQL writes it.
#[must_use]
pub fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// SQLite's words, which are no names, in order. Source: sqlite.org/lang_keywords.html.
#[rustfmt::skip]
const KEYWORDS: &[&str] = &[
    "ABORT", "ACTION", "ADD", "AFTER", "ALL", "ALTER", "ALWAYS", "ANALYZE", "AND", "AS", "ASC", "ATTACH",
    "AUTOINCREMENT", "BEFORE", "BEGIN", "BETWEEN", "BY", "CASCADE", "CASE", "CAST", "CHECK", "COLLATE", "COLUMN",
    "COMMIT", "CONFLICT", "CONSTRAINT", "CREATE", "CROSS", "CURRENT", "CURRENT_DATE", "CURRENT_TIME",
    "CURRENT_TIMESTAMP", "DATABASE", "DEFAULT", "DEFERRABLE", "DEFERRED", "DELETE", "DESC", "DETACH", "DISTINCT", "DO",
    "DROP", "EACH", "ELSE", "END", "ESCAPE", "EXCEPT", "EXCLUDE", "EXCLUSIVE", "EXISTS", "EXPLAIN", "FAIL", "FALSE",
    "FILTER", "FIRST", "FOLLOWING", "FOR", "FOREIGN", "FROM", "FULL", "GENERATED", "GLOB", "GROUP", "GROUPS", "HAVING",
    "IF", "IGNORE", "IMMEDIATE", "IN", "INDEX", "INDEXED", "INITIALLY", "INNER", "INSERT", "INSTEAD", "INTERSECT",
    "INTO", "IS", "ISNULL", "JOIN", "KEY", "LAST", "LEFT", "LIKE", "LIMIT", "MATCH", "MATERIALIZED", "NATURAL", "NO",
    "NOT", "NOTHING", "NOTNULL", "NULL", "NULLS", "OF", "OFFSET", "ON", "OR", "ORDER", "OTHERS", "OUTER", "OVER",
    "PARTITION", "PLAN", "PRAGMA", "PRECEDING", "PRIMARY", "QUERY", "RAISE", "RANGE", "RECURSIVE", "REFERENCES",
    "REGEXP", "REINDEX", "RELEASE", "RENAME", "REPLACE", "RESTRICT", "RETURNING", "RIGHT", "ROLLBACK", "ROW", "ROWS",
    "SAVEPOINT", "SELECT", "SET", "TABLE", "TEMP", "TEMPORARY", "THEN", "TIES", "TO", "TRANSACTION", "TRIGGER", "TRUE",
    "UNBOUNDED", "UNION", "UNIQUE", "UPDATE", "USING", "VACUUM", "VALUES", "VIEW", "VIRTUAL", "WHEN", "WHERE",
    "WINDOW", "WITH", "WITHOUT",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_sql() {
        assert!(KEYWORDS.is_sorted());
        for (name, expect) in [
            ("gastos", "gastos"),
            ("año", "año"),
            ("_id", "_id"),
            ("order", "\"order\""),
            ("2024", "\"2024\""),
            ("de quién", "\"de quién\""),
            ("a\"b", "\"a\"\"b\""),
            ("", "\"\""),
        ] {
            assert_eq!(identifier(name), expect);
        }
        assert_eq!(literal("L'Hospitalet"), "'L''Hospitalet'");
    }

    fn column(name: &str, role: Role) -> Column {
        Column { name: name.to_owned(), declared: String::new(), kind: Kind::Number, role, samples: Samples::default() }
    }

    #[test]
    fn links_that_names_tell() {
        let table = |name: &str, columns: &[(&str, Role)]| Table {
            name: name.to_owned(),
            columns: columns.iter().map(|(name, role)| column(name, *role)).collect(),
        };
        let mut schema = Schema {
            tables: vec![
                table("personas", &[("id", Role::Key), ("jefe_id", Role::Plain)]),
                table("Gastos", &[("id", Role::Key), ("id_persona", Role::Plain), ("precio_id", Role::Plain)]),
                table("notes", &[("note_id", Role::Key), ("persona_id", Role::Reference)]),
                table("tags", &[("note_id", Role::Plain)]),
            ],
            links: Vec::new(),
        };
        schema.infer_links();
        let found: Vec<_> = schema.links.iter().map(|link| (link.child.as_str(), link.parent.as_str())).collect();
        assert_eq!(found, [("Gastos", "personas"), ("tags", "notes")]);
        assert_eq!(schema.tables[1].columns[1].role, Role::Reference);
    }
}

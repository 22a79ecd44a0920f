//! What the model is asked: the tables, some questions about them with their queries, and the question.
//!
//! The tables and the examples stand first and depend on the database alone, so a second question about it finds them
//! read already. The examples are made from the database itself: a small model copies names and joins better than it
//! invents them.

use std::fmt::Write as _;
use std::str::FromStr;

use sarai_types::Language;
use serde::Deserialize;

use crate::schema::{Column, Extent, Gaps, Kind, Link, Role, Schema, Table, identifier, literal};
use crate::sentences::{ByLanguage, fill};
use crate::when::{Phrases, hints};

/// One message to the model.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    pub by: Speaker,
    pub text: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    System,
    Person,
    Model,
}

/// The words around names and queries, by what they are for.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wording {
    system: String,
    question_today: String,
    repair: String,
    count: String,
    filter: String,
    gap: String,
    total: String,
    month: String,
    monthly: String,
    each: String,
    owned: String,
    most: String,
    without: String,
    phrases: Phrases,
}

/// What the model is asked, from `prompt.toml`.
#[derive(Debug)]
pub struct Prompts(ByLanguage<Wording>);

impl FromStr for Prompts {
    type Err = toml::de::Error;

    fn from_str(file: &str) -> Result<Self, Self::Err> {
        ByLanguage::parse(file).map(Self)
    }
}

#[cfg(test)]
impl Prompts {
    pub(crate) fn phrases(&self, language: Language) -> &Phrases {
        &self.0.of(language).phrases
    }
}

/// The question to a database, with what stands before it. `today` is a day as «2026-03-05».
#[must_use]
pub fn messages(prompts: &Prompts, schema: &Schema, language: Language, question: &str, today: &str) -> Vec<Said> {
    let wording = prompts.0.of(language);
    let mut said = vec![Said { by: Speaker::System, text: wording.system.clone() + &definitions(schema) }];
    for (question, query) in examples(schema, wording) {
        said.push(Said { by: Speaker::Person, text: question });
        said.push(Said { by: Speaker::Model, text: query });
    }
    let hints = hints(question, &wording.phrases, today).join("; ");
    let text = match hints.as_str() {
        "" => question.to_owned(),
        hints => fill(&wording.question_today, &[("question", question), ("hints", hints)]),
    };
    said.push(Said { by: Speaker::Person, text });
    said
}

/// The same after an attempt that failed.
#[must_use]
pub fn repair(prompts: &Prompts, mut said: Vec<Said>, query: &str, error: &str, language: Language) -> Vec<Said> {
    let wording = prompts.0.of(language);
    said.push(Said { by: Speaker::Model, text: query.to_owned() });
    said.push(Said { by: Speaker::Person, text: fill(&wording.repair, &[("error", error)]) });
    said
}

/// The tables, as SQL defines them, with some values behind each column.
#[must_use]
pub fn definitions(schema: &Schema) -> String {
    let mut text = String::new();
    for table in &schema.tables {
        let _ = writeln!(text, "CREATE TABLE {} (", identifier(&table.name));
        for (at, column) in table.columns.iter().enumerate() {
            let comma = if at + 1 < table.columns.len() { "," } else { "" };
            let _ = write!(text, "  {} {}", identifier(&column.name), declared(column));
            if column.role == Role::Key {
                text.push_str(" PRIMARY KEY");
            }
            if let Some((parent, key)) = reference(schema, table, column) {
                let _ = write!(text, " REFERENCES {}({})", identifier(parent), identifier(key));
            }
            text.push_str(comma);
            if let Some(values) = values(column) {
                let _ = write!(text, " -- {values}");
            }
            text.push('\n');
        }
        text.push_str(");\n");
    }
    text
}

/// A type that says what is really there.
fn declared(column: &Column) -> &'static str {
    match column.kind {
        Kind::Number if column.declared.to_ascii_uppercase().contains("INT") => "INTEGER",
        Kind::Number => "REAL",
        Kind::Text | Kind::Mixed => "TEXT",
        Kind::Day => "DATE",
        Kind::Moment => "DATETIME",
        Kind::Blob => "BLOB",
    }
}

fn reference<'a>(schema: &'a Schema, table: &Table, column: &Column) -> Option<(&'a str, &'a str)> {
    let link = schema
        .links
        .iter()
        .find(|link| link.child == table.name && single(link).is_some_and(|(own, _)| own == column.name))?;
    single(link).map(|(_, key)| (link.parent.as_str(), key))
}

/// The two columns of a link that has one pair.
fn single(link: &Link) -> Option<(&str, &str)> {
    match link.columns.as_slice() {
        [(own, key)] => Some((own, key)),
        _ => None,
    }
}

/// What is worth showing of a column's values.
fn values(column: &Column) -> Option<String> {
    let samples = &column.samples;
    let is_name = column.role == Role::Plain;
    let mut shown: Vec<String> = match column.kind {
        Kind::Text | Kind::Mixed if is_name => samples.values.iter().map(|value| literal(value)).collect(),
        // Numbers are told apart only where they are names, as 0 and 1 are.
        Kind::Number if is_name && samples.extent == Extent::All && samples.values.len() <= 3 => samples.values.clone(),
        Kind::Text | Kind::Mixed | Kind::Number | Kind::Day | Kind::Moment | Kind::Blob => Vec::new(),
    };
    shown.extend((samples.extent == Extent::Some && !shown.is_empty()).then(|| "…".to_owned()));
    shown.extend((samples.gaps == Gaps::Some).then(|| "NULL".to_owned()));
    (!shown.is_empty()).then(|| shown.join(", "))
}

/// Questions about this very database, with their queries: one of each sort, as far as its columns allow.
fn examples(schema: &Schema, wording: &Wording) -> Vec<(String, String)> {
    let of_tables = |make: fn(&Table, &Wording) -> Option<(String, String)>| {
        schema.tables.iter().find_map(|table| make(table, wording))
    };
    let of_links = |make: fn(&Child<'_>, &Wording) -> Option<(String, String)>| {
        schema.links.iter().filter_map(|link| Child::of(schema, link)).find_map(|child| make(&child, wording))
    };
    // What stands last is copied most, so that is what people ask most.
    let examples = [
        of_tables(count),
        of_tables(filter),
        of_links(owned),
        of_tables(gap),
        of_links(each),
        of_links(without),
        of_tables(most),
        of_tables(total),
        of_tables(monthly),
        of_tables(month),
    ];
    examples.into_iter().flatten().collect()
}

/// A name as people write it.
fn spoken(name: &str) -> String {
    name.replace('_', " ")
}

/// A column of amounts.
fn amount(table: &Table) -> Option<&Column> {
    let many = |column: &&Column| column.samples.values.len() > 2 || column.samples.extent == Extent::Some;
    let mut amounts = table.columns.iter().filter(|c| c.role == Role::Plain && c.kind == Kind::Number).filter(many);
    // What has decimals is an amount; a whole number may be a year.
    let first = amounts.clone().find(|column| column.samples.values.iter().any(|value| value.contains('.')));
    first.or_else(|| amounts.next())
}

/// A column of few texts, other than what the rows are called by.
fn sort_of(table: &Table) -> Option<&Column> {
    let label = table.label()?;
    let few = |column: &&Column| column.samples.extent == Extent::All && column.samples.values.len() > 1;
    let mut texts = table.columns.iter().filter(|column| column.kind == Kind::Text && column.role == Role::Plain);
    texts.find(|column| column.name != label.name && few(column))
}

fn count(table: &Table, wording: &Wording) -> Option<(String, String)> {
    let question = fill(&wording.count, &[("table", &spoken(&table.name))]);
    Some((question, format!("SELECT COUNT(*) FROM {}", identifier(&table.name))))
}

fn filter(table: &Table, wording: &Wording) -> Option<(String, String)> {
    let (label, sort) = (table.label()?, sort_of(table)?);
    let value = sort.samples.values.first()?;
    let question = fill(
        &wording.filter,
        &[
            ("label", &spoken(&label.name)),
            ("table", &spoken(&table.name)),
            ("column", &spoken(&sort.name)),
            ("value", value),
        ],
    );
    let [label, from, sort] = [&label.name, &table.name, &sort.name].map(|name| identifier(name));
    Some((question, format!("SELECT {label} FROM {from} WHERE {sort} = {}", literal(value))))
}

/// Rows where something is still missing.
fn gap(table: &Table, wording: &Wording) -> Option<(String, String)> {
    let label = table.label()?;
    let with_gaps = |column: &&Column| column.samples.gaps == Gaps::Some && !column.samples.values.is_empty();
    let open = table.columns.iter().filter(with_gaps).find(|column| column.name != label.name)?;
    let names = [&label.name, &table.name, &open.name];
    let [said_label, said_table, said_open] = names.map(|name| spoken(name));
    let slots = [("label", said_label.as_str()), ("table", said_table.as_str()), ("column", said_open.as_str())];
    let [label, from, open] = names.map(|name| identifier(name));
    Some((fill(&wording.gap, &slots), format!("SELECT {label} FROM {from} WHERE {open} IS NULL")))
}

fn total(table: &Table, wording: &Wording) -> Option<(String, String)> {
    let (number, sort) = (amount(table)?, sort_of(table)?);
    let question = fill(&wording.total, &[("number", &spoken(&number.name)), ("column", &spoken(&sort.name))]);
    let [sort, number, from] = [&sort.name, &number.name, &table.name].map(|name| identifier(name));
    let query = format!("SELECT {sort}, SUM({number}) FROM {from} GROUP BY {sort} ORDER BY SUM({number}) DESC");
    Some((question, query))
}

fn monthly(table: &Table, wording: &Wording) -> Option<(String, String)> {
    let when = table.columns.iter().find(|column| matches!(column.kind, Kind::Day | Kind::Moment))?;
    let number = amount(table)?;
    let question = fill(&wording.monthly, &[("number", &spoken(&number.name))]);
    let [from, when, number] = [&table.name, &when.name, &number.name].map(|name| identifier(name));
    let month = format!("strftime('%Y-%m', {when})");
    Some((question, format!("SELECT {month}, SUM({number}) FROM {from} GROUP BY {month}")))
}

fn month(table: &Table, wording: &Wording) -> Option<(String, String)> {
    let when = table.columns.iter().find(|column| matches!(column.kind, Kind::Day | Kind::Moment))?;
    let (number, sort) = (amount(table)?, sort_of(table)?);
    let (year, value) = (when.samples.values.first()?.get(..4)?, sort.samples.values.first()?);
    let question = fill(&wording.month, &[("number", &spoken(&number.name)), ("value", value), ("year", year)]);
    let [from, when, number, sort] = [&table.name, &when.name, &number.name, &sort.name].map(|name| identifier(name));
    let month = format!("strftime('%Y-%m', {when}) = '{year}-03'");
    Some((question, format!("SELECT SUM({number}) FROM {from} WHERE {sort} = {} AND {month}", literal(value))))
}

fn most(table: &Table, wording: &Wording) -> Option<(String, String)> {
    let (label, number) = (table.label()?, amount(table)?);
    let names = [("label", label), ("number", number)].map(|(slot, column)| (slot, spoken(&column.name)));
    let table_name = spoken(&table.name);
    let slots = [(names[0].0, names[0].1.as_str()), (names[1].0, names[1].1.as_str()), ("table", table_name.as_str())];
    let [label, number, from] = [&label.name, &number.name, &table.name].map(|name| identifier(name));
    Some((fill(&wording.most, &slots), format!("SELECT {label} FROM {from} ORDER BY {number} DESC LIMIT 1")))
}

/// A table whose rows belong to those of another, by one column.
struct Child<'a> {
    child: &'a Table,
    parent: &'a Table,
    own: &'a str,
    key: &'a str,
    label: &'a Column,
}

impl<'a> Child<'a> {
    fn of(schema: &'a Schema, link: &'a Link) -> Option<Self> {
        let (own, key) = single(link)?;
        let (child, parent) = (schema.table(&link.child)?, schema.table(&link.parent)?);
        (child.name != parent.name).then_some(Self { child, parent, own, key, label: parent.label()? })
    }

    /// `FROM child JOIN parent ON …`
    fn joined(&self) -> String {
        let [child, parent, own, key] = [&self.child.name, &self.parent.name, self.own, self.key].map(identifier);
        format!("FROM {child} JOIN {parent} ON {child}.{own} = {parent}.{key}")
    }

    fn label_in_full(&self) -> String {
        format!("{}.{}", identifier(&self.parent.name), identifier(&self.label.name))
    }
}

fn each(pair: &Child<'_>, wording: &Wording) -> Option<(String, String)> {
    let names = [&pair.child.name, &pair.label.name, &pair.parent.name].map(|name| spoken(name));
    let question = fill(&wording.each, &[("child", &names[0]), ("label", &names[1]), ("parent", &names[2])]);
    let label = pair.label_in_full();
    Some((question, format!("SELECT {label}, COUNT(*) {} GROUP BY {label}", pair.joined())))
}

fn owned(pair: &Child<'_>, wording: &Wording) -> Option<(String, String)> {
    let (number, value) = (amount(pair.child)?, pair.label.samples.values.first()?);
    let question = fill(&wording.owned, &[("number", &spoken(&number.name)), ("value", value)]);
    let number = format!("{}.{}", identifier(&pair.child.name), identifier(&number.name));
    let (label, joined) = (pair.label_in_full(), pair.joined());
    (pair.label.kind == Kind::Text)
        .then(|| (question, format!("SELECT SUM({number}) {joined} WHERE {label} = {}", literal(value))))
}

fn without(pair: &Child<'_>, wording: &Wording) -> Option<(String, String)> {
    let names = [&pair.parent.name, &pair.child.name].map(|name| spoken(name));
    let question = fill(&wording.without, &[("parent", &names[0]), ("child", &names[1])]);
    let [label, parent, key, own, child] =
        [&pair.label.name, &pair.parent.name, pair.key, pair.own, &pair.child.name].map(identifier);
    Some((question, format!("SELECT {label} FROM {parent} WHERE {key} NOT IN (SELECT {own} FROM {child})")))
}

//! Brings the texts of a query in line with those in the database.
//!
//! A model that is asked about «alimentacion» writes it like that, and the database holds «Alimentación»; it writes
//! `autor = 'Borges'` where the whole name is stored. So each comparison of a column with a text is looked up before the
//! query runs: the same text in another spelling takes its place, and one that only stands inside others becomes a LIKE.
//! The person sees the query that ran.

use crate::schema::{Column, Schema, Table, literal};

/// Comparisons looked up in one query.
const LOOKUPS_MAX: usize = 8;

/// How a text stands in a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Match {
    Exact,
    /// In another spelling: this one.
    Same(String),
    /// This part of it, within longer texts.
    Inside(String),
    None,
}

/// The query with its texts as the database has them. `find` looks one up.
pub fn ground<E>(
    query: &str,
    schema: &Schema,
    mut find: impl FnMut(&Table, &Column, &str) -> Result<Match, E>,
) -> Result<String, E> {
    let tokens = split(query);
    let mut written: Vec<String> = tokens.iter().map(|token| token.source().to_owned()).collect();
    let solid: Vec<usize> = (0..tokens.len()).filter(|&at| !matches!(tokens[at], Token::Blank(_))).collect();
    for (place, comparison) in comparisons(&tokens, &solid).into_iter().take(LOOKUPS_MAX) {
        for table in tables_with(schema, &tokens, &comparison) {
            let Some(column) = table.column(&comparison.column) else { continue };
            match find(table, column, &comparison.text)? {
                Match::Exact => {}
                Match::Same(spelling) => written[place.text] = literal(&spelling),
                Match::Inside(part) if comparison.is_equality => {
                    written[place.operator] = "LIKE".to_owned();
                    written[place.text] = literal(&format!("%{part}%"));
                }
                Match::Inside(_) | Match::None => continue,
            }
            break;
        }
    }
    Ok(written.concat())
}

/// Where the parts of a comparison stand among the tokens.
struct Place {
    operator: usize,
    text: usize,
}

/// `table.column = 'text'`.
struct Comparison {
    table: Option<String>,
    column: String,
    text: String,
    is_equality: bool,
}

/// Comparisons of a column with a text, and the texts of a list behind IN. `solid` are the tokens that are no blanks.
fn comparisons(tokens: &[Token<'_>], solid: &[usize]) -> Vec<(Place, Comparison)> {
    let at = |index: usize| solid.get(index).map(|&token| &tokens[token]);
    let mut found = Vec::new();
    for index in 0..solid.len() {
        let Some(column) = at(index).and_then(Token::name) else { continue };
        let qualified = index >= 2 && at(index - 1) == Some(&Token::Sign("."));
        let table = if qualified { at(index - 2).and_then(Token::name) } else { None };
        let operator = solid.get(index + 1).map(|&token| &tokens[token]);
        let is_equality = match operator {
            Some(Token::Sign("=" | "==")) => true,
            Some(Token::Sign("<>" | "!=")) => false,
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("in") => false,
            // A LIKE without a wildcard is meant as an equality.
            Some(Token::Word(word)) if word.eq_ignore_ascii_case("like") => true,
            _ => continue,
        };
        let is_list = at(index + 2) == Some(&Token::Sign("("));
        let texts: Vec<usize> = if is_list {
            (index + 3..).step_by(2).take_while(|&text| at(text).is_some_and(|t| t.text().is_some())).collect()
        } else {
            vec![index + 2]
        };
        for text in texts {
            let Some(value) = at(text).and_then(Token::text).filter(|value| !value.contains(['%', '_'])) else {
                continue;
            };
            let place = Place { operator: solid[index + 1], text: solid[text] };
            let (table, column) = (table.clone(), column.clone());
            found.push((place, Comparison { table, column, text: value, is_equality: is_equality && !is_list }));
        }
    }
    found
}

/// The tables of the query that have the column.
fn tables_with<'a>(schema: &'a Schema, tokens: &[Token<'_>], comparison: &Comparison) -> Vec<&'a Table> {
    let named = |table: &Table| {
        let is_name = |name: &str| name.eq_ignore_ascii_case(&table.name);
        match &comparison.table {
            Some(name) if schema.table(name).is_some() => is_name(name),
            // The name is an alias, or there is none.
            _ => tokens.iter().filter_map(Token::name).any(|name| is_name(&name)),
        }
    };
    schema.tables.iter().filter(|table| table.column(&comparison.column).is_some() && named(table)).collect()
}

/// A piece of SQL, as it stands there.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token<'a> {
    /// White space or a comment.
    Blank(&'a str),
    Word(&'a str),
    /// A name in double quotes.
    Quoted(&'a str),
    /// In single quotes.
    Text(&'a str),
    Sign(&'a str),
}

impl<'a> Token<'a> {
    const fn source(&self) -> &'a str {
        match self {
            Self::Blank(s) | Self::Word(s) | Self::Quoted(s) | Self::Text(s) | Self::Sign(s) => s,
        }
    }

    fn name(&self) -> Option<String> {
        match self {
            Self::Word(word) => Some((*word).to_owned()),
            Self::Quoted(quoted) => Some(quoted.get(1..quoted.len() - 1)?.replace("\"\"", "\"")),
            Self::Blank(_) | Self::Text(_) | Self::Sign(_) => None,
        }
    }

    fn text(&self) -> Option<String> {
        match self {
            Self::Text(quoted) => Some(quoted.get(1..quoted.len() - 1)?.replace("''", "'")),
            Self::Blank(_) | Self::Word(_) | Self::Quoted(_) | Self::Sign(_) => None,
        }
    }
}

/// Cuts SQL into tokens that make up the whole. What is not closed reaches to the end.
fn split(query: &str) -> Vec<Token<'_>> {
    let mut tokens = Vec::new();
    let mut rest = query;
    while let Some(first) = rest.chars().next() {
        let length_while = |test: fn(char) -> bool| rest.find(|c| !test(c)).unwrap_or(rest.len());
        let token = match first {
            c if c.is_whitespace() => Token::Blank(&rest[..length_while(char::is_whitespace)]),
            '-' if rest.starts_with("--") => Token::Blank(&rest[..rest.find('\n').unwrap_or(rest.len())]),
            '/' if rest.starts_with("/*") => Token::Blank(&rest[..rest.find("*/").map_or(rest.len(), |end| end + 2)]),
            '\'' => Token::Text(&rest[..quoted_len(rest, '\'')]),
            '"' => Token::Quoted(&rest[..quoted_len(rest, '"')]),
            c if c == '_' || c.is_alphanumeric() => {
                Token::Word(&rest[..length_while(|c| c == '_' || c.is_alphanumeric())])
            }
            '<' | '>' | '!' | '=' if rest[1..].starts_with(['=', '>']) => Token::Sign(&rest[..2]),
            c => Token::Sign(&rest[..c.len_utf8()]),
        };
        rest = &rest[token.source().len()..];
        tokens.push(token);
    }
    tokens
}

/// The length of a text in quotes, which are doubled inside.
fn quoted_len(text: &str, quote: char) -> usize {
    let mut chars = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = chars.next() {
        if c == quote && chars.next_if(|(_, next)| *next == quote).is_none() {
            return at + 1;
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use proptest::prelude::*;

    use super::*;
    use crate::schema::{Kind, Role, Samples};

    fn schema() -> Schema {
        let column = |name: &str| Column {
            name: name.to_owned(),
            declared: String::new(),
            kind: Kind::Text,
            role: Role::Plain,
            samples: Samples::default(),
        };
        let table = |name: &str, columns: &[&str]| Table {
            name: name.to_owned(),
            columns: columns.iter().map(|name| column(name)).collect(),
        };
        Schema {
            tables: vec![table("gastos", &["categoria", "nota"]), table("libros", &["autor", "de quién"])],
            links: Vec::new(),
        }
    }

    fn grounded(query: &str) -> String {
        let find = |table: &Table, column: &Column, text: &str| {
            Ok::<_, Infallible>(match (table.name.as_str(), column.name.as_str(), text) {
                ("gastos", "categoria", "Ocio") => Match::Exact,
                ("gastos", "categoria", "alimentacion") => Match::Same("Alimentación".to_owned()),
                ("libros", "autor", "Borges") | ("libros", "de quién", "Ana") => Match::Inside(text.to_owned()),
                _ => Match::None,
            })
        };
        ground(query, &schema(), find).unwrap()
    }

    #[test]
    fn texts_as_the_database_has_them() {
        for (query, expect) in [
            (
                "SELECT * FROM gastos WHERE categoria = 'alimentacion'",
                "SELECT * FROM gastos WHERE categoria = 'Alimentación'",
            ),
            ("SELECT * FROM gastos WHERE categoria='Ocio'", "SELECT * FROM gastos WHERE categoria='Ocio'"),
            (
                "SELECT * FROM gastos WHERE categoria <> 'alimentacion'",
                "SELECT * FROM gastos WHERE categoria <> 'Alimentación'",
            ),
            ("SELECT * FROM gastos WHERE categoria = 'yates'", "SELECT * FROM gastos WHERE categoria = 'yates'"),
            (
                "SELECT * FROM gastos WHERE gastos.categoria IN ('Ocio', 'alimentacion')",
                "SELECT * FROM gastos WHERE gastos.categoria IN ('Ocio', 'Alimentación')",
            ),
            ("SELECT * FROM libros WHERE autor = 'Borges'", "SELECT * FROM libros WHERE autor LIKE '%Borges%'"),
            ("SELECT * FROM libros l WHERE l.autor = 'Borges'", "SELECT * FROM libros l WHERE l.autor LIKE '%Borges%'"),
            ("SELECT * FROM libros WHERE autor LIKE 'Borges'", "SELECT * FROM libros WHERE autor LIKE '%Borges%'"),
            ("SELECT * FROM libros WHERE autor LIKE '%Borges'", "SELECT * FROM libros WHERE autor LIKE '%Borges'"),
            ("SELECT * FROM libros WHERE autor != 'Borges'", "SELECT * FROM libros WHERE autor != 'Borges'"),
            (
                "SELECT * FROM libros WHERE \"de quién\" = 'Ana' /* 'x' */",
                "SELECT * FROM libros WHERE \"de quién\" LIKE '%Ana%' /* 'x' */",
            ),
            ("SELECT * FROM gastos WHERE autor = 'Borges'", "SELECT * FROM gastos WHERE autor = 'Borges'"),
            ("SELECT categoria = FROM gastos", "SELECT categoria = FROM gastos"),
        ] {
            assert_eq!(grounded(query), expect);
        }
    }

    proptest! {
        #[test]
        fn the_tokens_are_the_whole(query in "([a-z.='\"(), /*\n<>!-]|é|SELECT|--){0,60}") {
            let joined: String = split(&query).iter().map(Token::source).collect();
            prop_assert_eq!(joined, query.as_str());
            grounded(&query);
        }
    }
}

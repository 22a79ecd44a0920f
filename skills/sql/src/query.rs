//! Runs one query of a guarded database, and looks up texts in it.
//!
//! # Key types
//! - [`Rows`]: what a query gave, cut where it was too much.
//! - [`QueryError`]: why there is no answer; what a model could mend is [`QueryError::Wrong`].

use rusqlite::ErrorCode;
use rusqlite::types::ValueRef;

use crate::ground::Match;
use crate::guard::{Guarded, INSTRUCTIONS_BETWEEN_LOOKS, Patience};
use crate::schema::{Column, Table, identifier};

/// Rows of an answer.
pub const ROWS_MAX: usize = 200;
/// Columns of an answer.
pub const COLUMNS_MAX: usize = 50;
/// Bytes of all texts of an answer.
pub const ANSWER_BYTES_MAX: usize = 64 << 10;
/// Bytes of one text of an answer.
pub const CELL_BYTES_MAX: usize = 2 << 10;

#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    /// At most [`CELL_BYTES_MAX`] bytes; a longer one ends in «…».
    Text(String),
    /// How many bytes.
    Blob(usize),
}

#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rows {
    pub columns: Vec<String>,
    pub rows: Vec<Vec<Cell>>,
    pub extent: Extent,
}

/// Whether the rows are all that there are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Extent {
    #[default]
    All,
    /// More rows than fit.
    Cut,
}

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum QueryError {
    /// It would do something else than read the tables that were offered.
    #[error("not allowed: {0}")]
    Refused(String),
    /// SQLite's words for what is wrong with it.
    #[error("{0}")]
    Wrong(String),
    #[error("the query takes too long")]
    OutOfTime,
    #[error("the query takes too much memory")]
    TooLarge,
    #[error("another program is writing to the database")]
    Busy,
    #[error("the database is damaged: {0}")]
    Damaged(String),
}

impl QueryError {
    fn of(error: &rusqlite::Error) -> Self {
        let words = || match error {
            rusqlite::Error::SqlInputError { msg, .. } => msg.clone(),
            other => other.to_string(),
        };
        match error {
            rusqlite::Error::MultipleStatement => Self::Refused("more than one statement".to_owned()),
            rusqlite::Error::Utf8Error(..) | rusqlite::Error::FromSqlConversionFailure(..) => Self::Damaged(words()),
            // Of functions SQLite says it in words alone.
            _ if ["not authorized", "unsafe use of"].iter().any(|start| words().starts_with(start)) => {
                Self::Refused(words())
            }
            _ => match error.sqlite_error_code() {
                Some(ErrorCode::AuthorizationForStatementDenied | ErrorCode::ReadOnly) => Self::Refused(words()),
                Some(ErrorCode::OperationInterrupted) => Self::OutOfTime,
                Some(ErrorCode::OutOfMemory | ErrorCode::TooBig) => Self::TooLarge,
                Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
                Some(ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase | ErrorCode::SystemIoFailure) => {
                    Self::Damaged(words())
                }
                _ => Self::Wrong(words()),
            },
        }
    }
}

impl Guarded {
    /// Runs one query.
    ///
    /// # Errors
    /// Why there is no answer. None of them leaves a trace in the database.
    pub fn query(&self, sql: &str) -> Result<Rows, QueryError> {
        let mut statement = self.connection.prepare(sql).map_err(|error| QueryError::of(&error))?;
        // The authoriser has seen all of it; these are the same promise from another side.
        if !statement.readonly() || statement.is_explain() != 0 || statement.column_count() == 0 {
            return Err(QueryError::Refused("not a SELECT".to_owned()));
        }
        if statement.parameter_count() > 0 {
            return Err(QueryError::Wrong("the query has parameters, which nothing gives a value to".to_owned()));
        }
        if statement.column_count() > COLUMNS_MAX {
            return Err(QueryError::TooLarge);
        }
        let columns = statement.column_names().map(|name| clip(name, CELL_BYTES_MAX)).collect();
        let mut found = Rows { columns, ..Rows::default() };
        let mut bytes = 0;
        let mut rows = statement.query([]).map_err(|error| QueryError::of(&error))?;
        while let Some(row) = rows.next().map_err(|error| QueryError::of(&error))? {
            let cells = (0..found.columns.len())
                .map(|index| row.get_ref(index).map(cell))
                .collect::<Result<Vec<_>, _>>()
                .map_err(|error| QueryError::of(&error))?;
            bytes += cells.iter().map(Cell::bytes).sum::<usize>();
            if found.rows.len() == ROWS_MAX || (bytes > ANSWER_BYTES_MAX && !found.rows.is_empty()) {
                found.extent = Extent::Cut;
                break;
            }
            found.rows.push(cells);
        }
        Ok(found)
    }

    /// How a text stands in a column, from the closest match on.
    ///
    /// # Errors
    /// As [`Guarded::query`].
    pub fn find(&self, table: &Table, column: &Column, text: &str) -> Result<Match, QueryError> {
        let find = |test: &str, text: &str, most: usize| -> Result<Vec<String>, QueryError> {
            let (table, column) = (identifier(&table.name), identifier(&column.name));
            let query = format!("SELECT DISTINCT {column} FROM {table} WHERE {column} {test} LIMIT {most}");
            let mut statement = self.connection.prepare(&query).map_err(|error| QueryError::of(&error))?;
            let found = statement.query_map([text], |row| row.get_ref(0).map(|value| text_of(value)));
            found.and_then(Iterator::collect).map_err(|error| QueryError::of(&error))
        };
        if !find("= ?1", text, 1)?.is_empty() {
            return Ok(Match::Exact);
        }
        if text.contains(['%', '_']) {
            return Ok(Match::None);
        }
        if let Some(same) = find("LIKE ?1", text, 2)?.pop() {
            return Ok(Match::Same(same));
        }
        let inside = |part: &str| find("LIKE ?1", &format!("%{part}%"), 1).map(|found| !found.is_empty());
        if inside(text)? {
            return Ok(Match::Inside(text.to_owned()));
        }
        let stem = crate::fold::stem(text);
        Ok(if stem.len() < text.len() && inside(stem)? { Match::Inside(stem.to_owned()) } else { Match::None })
    }

    /// Gives the next queries another patience.
    ///
    /// # Errors
    /// None that is known.
    pub fn allow(&mut self, out_of_time: Patience) -> Result<(), QueryError> {
        self.connection
            .progress_handler(INSTRUCTIONS_BETWEEN_LOOKS, Some(out_of_time))
            .map_err(|error| QueryError::of(&error))
    }

    /// The day that it is, as queries see it: «2026-03-05».
    ///
    /// # Errors
    /// As [`Guarded::query`].
    pub fn today(&self) -> Result<String, QueryError> {
        let today = self.connection.query_row("SELECT date('now')", [], |row| row.get(0));
        today.map_err(|error| QueryError::of(&error))
    }
}

impl Cell {
    fn bytes(&self) -> usize {
        match self {
            Self::Text(text) => text.len(),
            Self::Null | Self::Integer(_) | Self::Real(_) | Self::Blob(_) => 8,
        }
    }
}

fn cell(value: ValueRef<'_>) -> Cell {
    match value {
        ValueRef::Null => Cell::Null,
        ValueRef::Integer(number) => Cell::Integer(number),
        ValueRef::Real(number) => Cell::Real(number),
        ValueRef::Text(_) => Cell::Text(clip(&text_of(value), CELL_BYTES_MAX)),
        ValueRef::Blob(bytes) => Cell::Blob(bytes.len()),
    }
}

/// Bytes that are no text, which SQLite lets a text be, are marked as such.
fn text_of(value: ValueRef<'_>) -> String {
    match value {
        ValueRef::Null => String::new(),
        ValueRef::Integer(number) => number.to_string(),
        ValueRef::Real(number) => number.to_string(),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => String::from_utf8_lossy(bytes).into_owned(),
    }
}

/// The beginning of a text, with a mark if that is not all of it.
pub(crate) fn clip(text: &str, bytes_max: usize) -> String {
    if text.len() <= bytes_max {
        return text.to_owned();
    }
    let end = (0..=bytes_max.saturating_sub('…'.len_utf8())).rev().find(|end| text.is_char_boundary(*end));
    format!("{}…", &text[..end.unwrap_or(0)])
}

//! A database that can only be read, and only so much.
//!
//! What a query may do is decided by SQLite itself while it compiles it: the authoriser lets through reading the tables
//! that were offered, and functions of a list. Everything else is refused there, whatever the spelling. What a query may
//! cost has limits: for its text, its program, its memory and its time.
//!
//! # Key types
//! - [`Guarded`]: an open database. Queries run by [`Guarded::query`](crate::query).
//! - [`OpenError`]: why a file is not one, for the person who registered it.
//! - [`Patience`]: says when the time is up. It comes in as a value; nothing here reads a clock.
//!
//! # Never
//! It writes nothing, not even beside the file, attaches nothing and loads nothing.

use std::collections::HashSet;
use std::path::Path;

use rusqlite::config::DbConfig;
use rusqlite::functions::FunctionFlags;
use rusqlite::hooks::{AuthAction, AuthContext, Authorization};
use rusqlite::limits::Limit;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use crate::fold::like;
use crate::inspect;
use crate::schema::Schema;

/// Says whether the time for the whole request is up.
pub type Patience = Box<dyn FnMut() -> bool + Send>;

/// The longest query, in bytes.
pub const QUERY_BYTES_MAX: i32 = 16 << 10;
/// The longest text or block of bytes that a query may make or read.
const VALUE_BYTES_MAX: i32 = 1 << 20;
/// All of SQLite's memory in this process.
const HEAP_BYTES_MAX: u32 = 24 << 20;
const PAGE_CACHE_KIB: u32 = 512;
const EXPRESSION_DEPTH_MAX: i32 = 100;
const COMPOUND_SELECTS_MAX: i32 = 8;
const INSTRUCTIONS_MAX: i32 = 25_000;
const FUNCTION_ARGUMENTS_MAX: i32 = 32;
const PATTERN_BYTES_MAX: i32 = 200;
/// Parameters of the skill's own queries. The person's have none.
const PARAMETERS_MAX: i32 = 2;
/// How many of SQLite's instructions may pass between two looks at the time.
pub(crate) const INSTRUCTIONS_BETWEEN_LOOKS: i32 = 200;
/// How long to wait for another program that writes.
const BUSY_MS: u64 = 300;

/// Functions that compute a value from their arguments and do nothing else. In order.
#[rustfmt::skip]
const FUNCTIONS: &[&str] = &[
    "abs", "avg", "coalesce", "concat", "concat_ws", "count", "cume_dist", "current_date", "current_time",
    "current_timestamp", "date", "datetime", "dense_rank", "first_value", "glob", "group_concat", "hex", "if", "ifnull",
    "iif", "instr", "julianday", "lag", "last_value", "lead", "length", "like", "lower", "ltrim", "max", "min",
    "nth_value", "ntile", "nullif", "percent_rank", "quote", "rank", "replace", "round", "row_number", "rtrim", "sign",
    "strftime", "string_agg", "substr", "substring", "sum", "time", "timediff", "total", "trim", "typeof", "unicode",
    "unixepoch", "upper",
];

/// Why a file cannot be asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OpenError {
    #[error("the file is not an SQLite database, or it is encrypted")]
    NotADatabase,
    #[error("the database is damaged: {0}")]
    Damaged(String),
    #[error("another program is writing to the database")]
    Busy,
    #[error("a program was interrupted while it wrote to the database")]
    HalfWritten,
    #[error("the file cannot be read: {0}")]
    Unreadable(String),
    #[error("reading the tables takes too long")]
    OutOfTime,
    #[error("there is no table in it")]
    Empty,
}

/// A database that can only be read.
pub struct Guarded {
    pub(crate) connection: Connection,
    schema: Schema,
}

impl std::fmt::Debug for Guarded {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Guarded").field("schema", &self.schema).finish_non_exhaustive()
    }
}

impl Guarded {
    /// Opens a file, reads what is in it, and closes every door but reading.
    ///
    /// # Errors
    /// Why the file cannot be asked.
    pub fn open(path: &Path, out_of_time: Patience) -> Result<Self, OpenError> {
        match Self::open_as(path, "mode=ro") {
            // A database in WAL mode whose log was tidied away can only be opened where its folder can be written, or as
            // what it is here: a file that does not change.
            Err(OpenError::Unreadable(_)) if is_settled(path) => Self::open_as(path, "mode=ro&immutable=1"),
            other => other,
        }
        .and_then(|connection| Self::read(connection, out_of_time))
    }

    /// The tables that may be asked.
    #[must_use]
    pub const fn schema(&self) -> &Schema {
        &self.schema
    }

    fn open_as(path: &Path, mode: &str) -> Result<Connection, OpenError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let uri = format!("file:{}?{mode}", escape(path));
        let connection = Connection::open_with_flags(uri, flags).map_err(|error| OpenError::of(&error))?;
        connection.busy_timeout(std::time::Duration::from_millis(BUSY_MS)).map_err(|error| OpenError::of(&error))?;
        harden(&connection).map_err(|error| OpenError::of(&error))?;
        // The first look at the file itself.
        let look = connection.query_row("SELECT COUNT(*) FROM sqlite_schema", [], |_| Ok(()));
        look.map(|()| connection).map_err(|error| OpenError::of(&error))
    }

    fn read(mut connection: Connection, out_of_time: Patience) -> Result<Self, OpenError> {
        connection
            .progress_handler(INSTRUCTIONS_BETWEEN_LOOKS, Some(out_of_time))
            .and_then(|()| teach_like(&connection))
            .map_err(|error| OpenError::of(&error))?;
        let found = inspect::describe(&connection).map_err(|error| OpenError::of(&error))?;
        let rights = Rights::new(&found.schema, found.refused);
        let schema = limit(&connection)
            .and_then(|()| connection.authorizer(Some(move |context: AuthContext<'_>| rights.judge(&context))))
            .and_then(|()| inspect::sample(&connection, &found.schema))
            .map_err(|error| OpenError::of(&error))?;
        if schema.tables.is_empty() { Err(OpenError::Empty) } else { Ok(Self { connection, schema }) }
    }
}

impl OpenError {
    pub(crate) fn of(error: &rusqlite::Error) -> Self {
        /// SQLITE_READONLY_ROLLBACK: a journal is left that only a writer may play back.
        const ROLLBACK: i32 = 776;
        match error.sqlite_error() {
            Some(sqlite) if sqlite.extended_code == ROLLBACK => Self::HalfWritten,
            Some(sqlite) => match sqlite.code {
                ErrorCode::NotADatabase => Self::NotADatabase,
                ErrorCode::DatabaseCorrupt => Self::Damaged(error.to_string()),
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy,
                ErrorCode::OperationInterrupted => Self::OutOfTime,
                _ => Self::Unreadable(error.to_string()),
            },
            None => Self::Damaged(error.to_string()),
        }
    }
}

/// Whether nothing lies beside the file that belongs to its present contents.
fn is_settled(path: &Path) -> bool {
    let beside = |ending: &str| {
        let mut name = path.as_os_str().to_owned();
        name.push(ending);
        fs_err::metadata(name).is_ok_and(|found| found.len() > 0)
    };
    !beside("-wal") && !beside("-journal")
}

/// A path inside a URI.
fn escape(path: &Path) -> String {
    let mut escaped = String::new();
    for &byte in path.as_os_str().as_encoded_bytes() {
        match byte {
            b'/' | b'.' | b'-' | b'_' | b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => escaped.push(char::from(byte)),
            other => escaped.push_str(&format!("%{other:02X}")),
        }
    }
    escaped
}

/// Shuts what a file could bring with it.
fn harden(connection: &Connection) -> rusqlite::Result<()> {
    for (door, open) in [
        (DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true),
        (DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_WRITABLE_SCHEMA, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_TRIGGER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_FTS3_TOKENIZER, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_CREATE, false),
        (DbConfig::SQLITE_DBCONFIG_ENABLE_ATTACH_WRITE, false),
        (DbConfig::SQLITE_DBCONFIG_DQS_DML, false),
    ] {
        connection.set_db_config(door, open)?;
    }
    connection.execute_batch(&format!(
        "PRAGMA query_only = 1; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -{PAGE_CACHE_KIB};
         PRAGMA mmap_size = 0; PRAGMA cell_size_check = 1; PRAGMA hard_heap_limit = {HEAP_BYTES_MAX};"
    ))
}

/// What a query may cost. Comes after the tables were read, whose definitions may be longer.
fn limit(connection: &Connection) -> rusqlite::Result<()> {
    for (limit, value) in [
        (Limit::SQLITE_LIMIT_LENGTH, VALUE_BYTES_MAX),
        (Limit::SQLITE_LIMIT_SQL_LENGTH, QUERY_BYTES_MAX),
        (Limit::SQLITE_LIMIT_EXPR_DEPTH, EXPRESSION_DEPTH_MAX),
        (Limit::SQLITE_LIMIT_COMPOUND_SELECT, COMPOUND_SELECTS_MAX),
        (Limit::SQLITE_LIMIT_VDBE_OP, INSTRUCTIONS_MAX),
        (Limit::SQLITE_LIMIT_FUNCTION_ARG, FUNCTION_ARGUMENTS_MAX),
        (Limit::SQLITE_LIMIT_LIKE_PATTERN_LENGTH, PATTERN_BYTES_MAX),
        (Limit::SQLITE_LIMIT_VARIABLE_NUMBER, PARAMETERS_MAX),
        (Limit::SQLITE_LIMIT_ATTACHED, 0),
        (Limit::SQLITE_LIMIT_TRIGGER_DEPTH, 0),
        (Limit::SQLITE_LIMIT_WORKER_THREADS, 0),
    ] {
        connection.set_limit(limit, value)?;
    }
    Ok(())
}

/// LIKE without regard to case and accents: «garcia» finds «García». SQLite's own knows only A to Z.
fn teach_like(connection: &Connection) -> rusqlite::Result<()> {
    for arguments in [2, 3] {
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
        connection.create_scalar_function("like", arguments, flags, |context| {
            let (Some(pattern), Some(text)) = (text_of(context.get_raw(0)), text_of(context.get_raw(1))) else {
                return Ok(None);
            };
            let escape = match context.len() {
                3 => text_of(context.get_raw(2)).and_then(|sign| sign.chars().next()),
                _ => None,
            };
            if pattern.len() > PATTERN_BYTES_MAX as usize {
                return Err(rusqlite::Error::UserFunctionError("LIKE pattern too long".into()));
            }
            Ok(Some(like(&pattern, &text, escape)))
        })?;
    }
    Ok(())
}

/// A value as SQLite makes text of it; nothing of NULL.
fn text_of(value: ValueRef<'_>) -> Option<String> {
    match value {
        ValueRef::Null => None,
        ValueRef::Integer(number) => Some(number.to_string()),
        ValueRef::Real(number) => Some(number.to_string()),
        ValueRef::Text(bytes) | ValueRef::Blob(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
    }
}

/// What queries may read.
#[derive(Debug)]
struct Rights {
    /// In lower case.
    readable: HashSet<String>,
    /// Names of things that look like tables and are none of the person's.
    refused: HashSet<String>,
}

impl Rights {
    fn new(schema: &Schema, refused: HashSet<String>) -> Self {
        let readable = schema.tables.iter().map(|table| table.name.to_ascii_lowercase()).collect();
        Self { readable, refused }
    }

    fn judge(&self, context: &AuthContext<'_>) -> Authorization {
        let allowed = match context.action {
            AuthAction::Select | AuthAction::Recursive => true,
            AuthAction::Read { table_name, column_name } => self.may_read(table_name, column_name),
            AuthAction::Function { function_name } => is_safe(function_name),
            // Everything that there is and that there will be.
            _ => false,
        };
        if allowed { Authorization::Allow } else { Authorization::Deny }
    }

    /// A query in a FROM or a WITH has a name too, and is asked for under it with an empty column.
    fn may_read(&self, table: &str, column: &str) -> bool {
        let table = table.to_ascii_lowercase();
        let is_foreign =
            || self.refused.contains(&table) || ["sqlite_", "pragma_"].iter().any(|p| table.starts_with(p));
        self.readable.contains(&table) || (column.is_empty() && !is_foreign())
    }
}

fn is_safe(function: &str) -> bool {
    FUNCTIONS.binary_search(&function.to_ascii_lowercase().as_str()).is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_list_is_in_order() {
        assert!(FUNCTIONS.is_sorted());
        assert!(is_safe("Count") && !is_safe("randomblob") && !is_safe("load_extension"));
    }

    #[test]
    fn paths_in_a_uri() {
        assert_eq!(escape(Path::new("/data/mis gastos?mode=rwc#%.db")), "/data/mis%20gastos%3Fmode%3Drwc%23%25.db");
    }
}

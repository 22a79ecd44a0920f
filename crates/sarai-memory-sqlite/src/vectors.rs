//! What passages of messages mean: vectors of one model, each erased with its message.

use rusqlite::{Connection, OptionalExtension, Transaction, params};
use sarai_memory::{Embedded, Embedding, EpisodeId, Near};

use crate::StoreError;
use crate::store::{place, position, sql, unsigned};

/// So many passages are held at once while the nearest are looked for.
const NEAR_ROOM: usize = 4096;

/// Of which model they are, and up to which message.
pub(crate) fn embedded(connection: &Connection) -> Result<Embedded, StoreError> {
    let mut statement = connection.prepare_cached("SELECT model, episode_id FROM embedded")?;
    let row = statement.query_row([], |row| Ok(Embedded { model: row.get(0)?, to: EpisodeId(unsigned(row, 1)?) }));
    Ok(row.optional()?.unwrap_or_default())
}

/// Each is compared: tens of thousands take milliseconds, and nothing has to be kept in order for it.
pub(crate) fn nearest(connection: &Connection, to: &Embedding, limit: usize) -> Result<Vec<Near>, StoreError> {
    let query = "SELECT episode_id, span_first, span_last, vector FROM embedding";
    let mut statement = connection.prepare_cached(query)?;
    let mut rows = statement.query([])?;
    let mut found: Vec<Near> = Vec::new();
    while let Some(row) = rows.next()? {
        let vector = row.get_ref(3)?.as_blob().map_err(|_| StoreError::Row)?;
        let Some(likeness) = to.likeness(vector) else { continue };
        found.push(Near { episode: EpisodeId(unsigned(row, 0)?), span: (place(row, 1)?, place(row, 2)?), likeness });
        // Only the best are kept, now and then, so that a long life fits into little memory.
        if found.len() >= NEAR_ROOM.max(2 * limit) {
            best(&mut found, limit);
        }
    }
    best(&mut found, limit);
    Ok(found)
}

fn best(found: &mut Vec<Near>, limit: usize) {
    found.sort_by(Near::order);
    found.truncate(limit);
}

/// From now on they are of this model.
pub(crate) fn begin(transaction: &Transaction<'_>, model: &str) -> Result<(), StoreError> {
    transaction.execute("DELETE FROM embedding", [])?;
    transaction.execute("INSERT OR REPLACE INTO embedded (id, model, episode_id) VALUES (1, ?1, 0)", [model])?;
    Ok(())
}

pub(crate) fn keep(
    transaction: &Transaction<'_>,
    episode: EpisodeId,
    passages: &[((usize, usize), Embedding)],
) -> Result<(), StoreError> {
    let query = "INSERT OR REPLACE INTO embedding (episode_id, span_first, span_last, vector) VALUES (?1, ?2, ?3, ?4)";
    let mut statement = transaction.prepare_cached(query)?;
    for ((first, last), passage) in passages {
        statement.execute(params![sql(episode.0), position(*first), position(*last), passage.bytes()])?;
    }
    transaction.execute("UPDATE embedded SET episode_id = ?1", [sql(episode.0)])?;
    Ok(())
}

pub(crate) fn erase(transaction: &Transaction<'_>, episode: EpisodeId) -> Result<(), StoreError> {
    transaction.prepare_cached("DELETE FROM embedding WHERE episode_id = ?1")?.execute([sql(episode.0)])?;
    Ok(())
}

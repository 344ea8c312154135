//! Whose database it is, and the way from its schema to ours.

use rusqlite::Connection;

use crate::error::OpenError;

/// `LyLn`, in the header of every database of this library.
const APPLICATION_ID: u32 = 0x4c79_4c6e;

/// Numbered from 1. What is released is never edited.
const MIGRATIONS: [&str; 1] = [include_str!("../migrations/0001_tasks_and_workers.sql")];

/// Says which schema a database has (0: it is empty) and refuses what is not ours. Writes nothing.
///
/// # Errors
/// [`OpenError::Foreign`], [`OpenError::NewerSchema`].
pub(crate) fn identify(conn: &Connection) -> Result<u32, OpenError> {
    // In one snapshot: another process may be making the database at this moment.
    let snapshot = conn.unchecked_transaction()?;
    let found = read_header(&snapshot)?;
    snapshot.commit()?;
    Ok(found)
}

fn read_header(conn: &Connection) -> Result<u32, OpenError> {
    let number = |pragma| conn.pragma_query_value(None, pragma, |row| row.get::<_, i32>(0));
    let application_id = number("application_id")?.cast_unsigned();
    let found = number("user_version")?.cast_unsigned();
    let objects: i64 = conn.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?;
    let known = MIGRATIONS.len() as u32;
    match application_id {
        APPLICATION_ID if found > known => Err(OpenError::NewerSchema { found, known }),
        APPLICATION_ID => Ok(found),
        0 if found == 0 && objects == 0 => Ok(0),
        other => Err(OpenError::Foreign {
            application_id: Some(other),
        }),
    }
}

/// Brings the schema up to date, in one transaction. Of processes that open one file at the same time, one does it.
pub(crate) fn migrate(conn: &Connection) -> Result<(), OpenError> {
    if identify(conn)? as usize == MIGRATIONS.len() {
        return Ok(());
    }
    conn.execute_batch("BEGIN IMMEDIATE")?;
    let migrated = apply(conn).and_then(|()| Ok(conn.execute_batch("COMMIT")?));
    if migrated.is_err() && !conn.is_autocommit() {
        conn.execute_batch("ROLLBACK")?;
    }
    migrated
}

fn apply(conn: &Connection) -> Result<(), OpenError> {
    let from = read_header(conn)? as usize;
    for (migration, number) in MIGRATIONS.iter().zip(1_usize..).skip(from) {
        tracing::info!(number, "migrates the schema");
        conn.execute_batch(migration)?;
    }
    conn.pragma_update(None, "application_id", APPLICATION_ID)?;
    conn.pragma_update(None, "user_version", MIGRATIONS.len() as i64)?;
    Ok(())
}

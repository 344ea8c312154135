//! Connections: the one that writes, and those that read.

use std::path::Path;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};

use crate::error::OpenError;
use crate::migrate;
use crate::options::{Durability, Location, SqliteOptions};

/// How far the log grows before it is copied into the database, in pages. Larger is slower: appending to a log costs
/// more than writing over one that is used again.
pub(crate) const CHECKPOINT_PAGES: i64 = 1000;

/// What is kept of a log that has grown beyond its steady size of [`CHECKPOINT_PAGES`], in bytes.
const JOURNAL_SIZE_LIMIT: u32 = 16 * 1024 * 1024;

/// More than there are statements.
const CACHED_STATEMENTS: usize = 128;

/// Opens the writing connection, and brings the schema up to date.
pub(crate) fn open_writer(options: &SqliteOptions) -> Result<Connection, OpenError> {
    let conn = match &options.location {
        Location::File(path) => open_file(path, options)?,
        Location::Memory => Connection::open_in_memory()?,
    };
    keep_statements(&conn)?;
    conn.execute_batch(
        "PRAGMA foreign_keys = ON;
         PRAGMA trusted_schema = OFF;
         PRAGMA temp_store = MEMORY;
         PRAGMA synchronous = FULL;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;",
    )?;
    // The writer copies the log by itself: what goes wrong in SQLite's own checkpoint nobody is told (invariant 3).
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    conn.pragma_update(None, "journal_size_limit", JOURNAL_SIZE_LIMIT)?;
    migrate::migrate(&conn)?;
    Ok(conn)
}

fn open_file(path: &Path, options: &SqliteOptions) -> Result<Connection, OpenError> {
    let flags =
        OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    conn.busy_timeout(options.busy_timeout)?;
    // Before anything is written, and be it the journal mode: a file of someone else stays as it is.
    migrate::identify(&conn)?;
    use_wal(&conn, options.busy_timeout)?;
    Ok(conn)
}

/// Two processes that make one database at the same time find each other busy here, and SQLite does not wait by itself.
fn use_wal(conn: &Connection, patience: Duration) -> Result<(), OpenError> {
    let until = Instant::now() + patience;
    loop {
        let mode = conn.pragma_update_and_check(None, "journal_mode", "wal", |row| row.get::<_, String>(0));
        match mode {
            Ok(mode) if mode == "wal" => return Ok(()),
            Ok(mode) => return Err(OpenError::NoWal { mode }),
            Err(error) if is_busy(&error) && Instant::now() < until => {
                std::thread::sleep(Duration::from_millis(5));
            }
            Err(error) => return Err(error.into()),
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(rusqlite::ErrorCode::DatabaseBusy | rusqlite::ErrorCode::DatabaseLocked)
    )
}

/// Opens a connection that can't write to the database.
pub(crate) fn open_reader(path: &Path, busy_timeout: Duration) -> rusqlite::Result<Connection> {
    let conn = open_beside(path, busy_timeout)?;
    conn.pragma_update(None, "query_only", true)?;
    Ok(conn)
}

/// Opens a connection beside the writer's, which leaves the log alone.
pub(crate) fn open_beside(path: &Path, busy_timeout: Duration) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    keep_statements(&conn)?;
    conn.busy_timeout(busy_timeout)?;
    conn.pragma_update(None, "wal_autocheckpoint", 0)?;
    leave_log(&conn)?;
    Ok(conn)
}

/// Opens a connection for a service's own transactions, which tasks are inserted in. SQLite's own checkpoint stays on, so
/// that the log is bounded whoever writes: the writer looks at it after commits of its own.
pub(crate) fn open_callers(
    path: &Path,
    busy_timeout: Duration,
    durability: Durability,
) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let conn = Connection::open_with_flags(path, flags)?;
    keep_statements(&conn)?;
    conn.busy_timeout(busy_timeout)?;
    conn.execute_batch(
        "PRAGMA foreign_keys = ON;
         PRAGMA fullfsync = ON;
         PRAGMA checkpoint_fullfsync = ON;",
    )?;
    let synchronous = match durability {
        Durability::Full => "FULL",
        Durability::Relaxed => "NORMAL",
    };
    conn.pragma_update(None, "synchronous", synchronous)?;
    leave_log(&conn)?;
    Ok(conn)
}

/// Each statement is prepared once. Without the planner's stability guarantee SQLite prepares many of them again at each use,
/// because a value bound to them might satisfy the predicate of a partial index: a claim then costs thirty times as much.
fn keep_statements(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_prepared_statement_cache_capacity(CACHED_STATEMENTS);
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .map(|_| ())
}

/// Keeps the last connection from copying the log into the database as it closes.
pub(crate) fn leave_log(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true)
        .map(|_| ())
}

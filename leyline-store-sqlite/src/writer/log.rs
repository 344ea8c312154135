//! The moments at which SQLite locks its log, writes it and syncs it.

use rusqlite::Connection;

/// How much is in the write-ahead log, in pages.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Pages {
    pub(crate) written: i64,
    /// How many of them are in the database too.
    pub(crate) copied: i64,
}

/// What the writer does at these moments. A test puts a disk in between that fails.
pub(crate) trait Log: Send {
    /// Opens a transaction that writes; waits for another process that does.
    fn begin(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        conn.prepare_cached("BEGIN IMMEDIATE")?.execute([]).map(|_| ())
    }

    /// Ends the open transaction.
    fn commit(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        conn.prepare_cached("COMMIT")?.execute([]).map(|_| ())
    }

    /// How large the log is.
    fn pages(&mut self, conn: &Connection) -> rusqlite::Result<Pages> {
        checkpoint(conn, "PRAGMA wal_checkpoint(NOOP)")
    }

    /// Copies the log into the database as far as no reader is in the way, and waits for nobody.
    fn checkpoint(&mut self, conn: &Connection) -> rusqlite::Result<Pages> {
        checkpoint(conn, "PRAGMA wal_checkpoint(PASSIVE)")
    }
}

/// The log itself.
pub(crate) struct Wal;

impl Log for Wal {}

/// In memory there is no log, and SQLite says -1.
fn checkpoint(conn: &Connection, pragma: &str) -> rusqlite::Result<Pages> {
    conn.prepare_cached(pragma)?.query_row([], |row| {
        Ok(Pages {
            written: row.get::<_, i64>(1)?.max(0),
            copied: row.get::<_, i64>(2)?.max(0),
        })
    })
}

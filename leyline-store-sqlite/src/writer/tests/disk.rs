//! A log on a disk that fails when it is told to.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex};

use rusqlite::{Connection, Error, ffi};

use crate::writer::log::{Log, Pages, Wal};

/// What goes wrong with one commit.
#[derive(Debug, Clone, Copy)]
pub(super) enum Fault {
    /// The commit does not happen, and fails with this code.
    Before(i32),
    /// It happens, and fails with this code all the same.
    After(i32),
}

/// Counts commits and breaks some of them. Clones are one disk.
#[derive(Clone, Default)]
pub(super) struct Disk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    begins: VecDeque<Option<i32>>,
    faults: VecDeque<Option<Fault>>,
    checkpoint: Option<i32>,
    levels: Vec<i64>,
    copies: usize,
}

/// `PRAGMA synchronous`, as a number.
pub(super) const NORMAL: i64 = 1;
/// `PRAGMA synchronous`, as a number.
pub(super) const FULL: i64 = 2;

impl Disk {
    /// Breaks the beginnings of the next transactions with these codes; `None` is one that is left alone.
    pub(super) fn break_begins(&self, codes: impl IntoIterator<Item = Option<i32>>) {
        self.0.lock().expect("not poisoned").begins.extend(codes);
    }

    /// Breaks the next commits; `None` is one that is left alone.
    pub(super) fn break_commits(&self, faults: impl IntoIterator<Item = Option<Fault>>) {
        self.0.lock().expect("not poisoned").faults.extend(faults);
    }

    /// Breaks every copy of the log into the database from now on.
    pub(super) fn break_checkpoints(&self, code: i32) {
        self.0.lock().expect("not poisoned").checkpoint = Some(code);
    }

    /// The level of durability of every commit that was tried since this was last asked.
    pub(super) fn take_levels(&self) -> Vec<i64> {
        std::mem::take(&mut self.0.lock().expect("not poisoned").levels)
    }

    /// How often the log was to be copied into the database.
    pub(super) fn copies(&self) -> usize {
        self.0.lock().expect("not poisoned").copies
    }
}

impl Log for Disk {
    fn begin(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        let code = self.0.lock().expect("not poisoned").begins.pop_front();
        match code.flatten() {
            None => Wal.begin(conn),
            Some(code) => Err(failure(code)),
        }
    }

    fn commit(&mut self, conn: &Connection) -> rusqlite::Result<()> {
        let level = conn.pragma_query_value(None, "synchronous", |row| row.get(0))?;
        let fault = {
            let mut state = self.0.lock().expect("not poisoned");
            state.levels.push(level);
            state.faults.pop_front().flatten()
        };
        match fault {
            None => Wal.commit(conn),
            Some(Fault::Before(code)) => {
                conn.execute_batch("ROLLBACK")?;
                Err(failure(code))
            }
            Some(Fault::After(code)) => {
                Wal.commit(conn)?;
                Err(failure(code))
            }
        }
    }

    fn checkpoint(&mut self, conn: &Connection) -> rusqlite::Result<Pages> {
        let fault = {
            let mut state = self.0.lock().expect("not poisoned");
            state.copies += 1;
            state.checkpoint
        };
        match fault {
            None => Wal.checkpoint(conn),
            Some(code) => Err(failure(code)),
        }
    }
}

fn failure(code: i32) -> Error {
    Error::SqliteFailure(ffi::Error::new(code), None)
}

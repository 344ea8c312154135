//! What a verb is, and what it runs in.

use std::cell::RefCell;

use leyline_core::{Status, Task, Timestamp};
use rusqlite::{CachedStatement, Connection};

/// Stands for "nothing" where a verb carries no bytes worth counting.
const SMALL: usize = 0;

/// One call of the store, as a value: it can run a second time after a rollback, and give the same answer.
pub(crate) trait Verb: Send + 'static {
    /// What the caller gets.
    type Answer: Send + 'static;

    /// Its name, for the log.
    const NAME: &'static str;

    /// Runs inside an open transaction. An `Err` undoes the transaction; what the contract calls an error of one item is
    /// part of the answer.
    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<Self::Answer>;

    /// How many bytes it carries, roughly: what bounds the queue and a group.
    fn bytes(&self) -> usize {
        SMALL
    }
}

/// An open transaction.
pub(crate) struct Tx<'a> {
    conn: &'a Connection,
    now: Timestamp,
    due: RefCell<Vec<Timestamp>>,
}

impl<'a> Tx<'a> {
    pub(crate) fn new(conn: &'a Connection, now: Timestamp) -> Self {
        Self {
            conn,
            now,
            due: RefCell::default(),
        }
    }

    /// The time of every change made in it, in whole microseconds.
    pub(crate) fn now(&self) -> Timestamp {
        self.now
    }

    /// A statement, prepared once for each connection.
    pub(crate) fn prepare(&self, sql: &str) -> rusqlite::Result<CachedStatement<'a>> {
        self.conn.prepare_cached(sql)
    }

    /// Remembers from when on a task that was just written can be claimed, so that workers are woken then.
    pub(crate) fn wrote(&self, task: &Task) {
        if task.status == Status::Pending {
            self.due.borrow_mut().push(task.run_at);
        }
    }

    /// The times that [`wrote`](Self::wrote) remembered.
    pub(crate) fn into_due(self) -> Vec<Timestamp> {
        self.due.into_inner()
    }
}

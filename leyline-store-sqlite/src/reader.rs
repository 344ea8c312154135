//! Readers: a small pool of connections on blocking threads. No statement is held across an await.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use jiff::Timestamp;
use leyline_core::store::{Error, Result};
use rusqlite::Connection;
use tokio::sync::Semaphore;

use crate::connection;
use crate::error;
use crate::verb::{Tx, Verb};

/// The pool. Connections are opened when they are first needed.
#[derive(Debug)]
pub(crate) struct Readers {
    path: PathBuf,
    busy_timeout: Duration,
    room: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(crate) fn new(path: PathBuf, busy_timeout: Duration, readers: usize) -> Self {
        Self {
            path,
            busy_timeout,
            room: Arc::new(Semaphore::new(readers.max(1))),
            idle: Mutex::default(),
        }
    }

    /// Runs a verb that only reads. Dropped, it runs to its end on its thread, for nobody.
    pub(crate) async fn call<V: Verb>(self: &Arc<Self>, verb: V, now: Timestamp) -> Result<V::Answer> {
        let room = Arc::clone(&self.room).acquire_owned().await;
        let room = room.map_err(|_| Error::unavailable("the readers have ended"))?;
        let readers = Arc::clone(self);
        let read = tokio::task::spawn_blocking(move || {
            let answer = readers.read(&verb, now);
            drop(room);
            answer
        });
        let answer = read.await.map_err(Error::unavailable)?;
        answer.map_err(|error| {
            tracing::warn!(%error, verb = V::NAME, "a read failed");
            error::undone(&Arc::new(error))
        })
    }

    /// A connection on which something failed is not used again.
    fn read<V: Verb>(&self, verb: &V, now: Timestamp) -> rusqlite::Result<V::Answer> {
        let pooled = self.idle().pop();
        let conn = match pooled {
            Some(conn) => conn,
            None => connection::open_reader(&self.path, self.busy_timeout)?,
        };
        let answer = in_one_snapshot(&conn, verb, now)?;
        self.idle().push(conn);
        Ok(answer)
    }

    /// Closes what is idle; what is busy closes when the last handle goes.
    pub(crate) fn close_idle(&self) {
        self.idle().clear();
    }

    fn idle(&self) -> std::sync::MutexGuard<'_, Vec<Connection>> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// However many statements a verb has, they see one state of the database.
fn in_one_snapshot<V: Verb>(conn: &Connection, verb: &V, now: Timestamp) -> rusqlite::Result<V::Answer> {
    conn.prepare_cached("BEGIN")?.execute([])?;
    let answer = verb.run(&Tx::new(conn, now))?;
    conn.prepare_cached("COMMIT")?.execute([])?;
    Ok(answer)
}

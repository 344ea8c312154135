//! Group commit: everything that has queued up is one transaction, and everyone is told the truth about it.

use std::sync::Arc;

use jiff::Timestamp;
use leyline_core::store::Error;
use rusqlite::Connection;

use super::job::Job;
use super::log::Log;
use crate::error::{self, Class, classify};
use crate::halt::Halt;
use crate::verb::Tx;

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Synchronous {
    Normal,
    Full,
}

/// The writing connection, and what it is about to promise.
pub(super) struct Committer {
    pub(super) conn: Connection,
    pub(super) log: Box<dyn Log>,
    pub(super) halt: Arc<Halt>,
    /// The level that the connection is at, once it is known.
    level: Option<Synchronous>,
}

/// How a transaction ended that did not simply succeed. Every job in it shares the cause.
enum Ended {
    /// Nothing of it was committed.
    Undone(Arc<rusqlite::Error>),
    /// It may have been committed.
    Unknown(Arc<rusqlite::Error>),
}

impl Committer {
    pub(super) fn new(conn: Connection, log: Box<dyn Log>, halt: Arc<Halt>) -> Self {
        Self {
            conn,
            log,
            halt,
            level: None,
        }
    }

    /// Commits the jobs as one transaction and answers them. `committed` hears, before any caller does, from when on the
    /// tasks that were written can be claimed.
    ///
    /// If one of them errs, all are undone, and each runs again in a transaction of its own: its neighbours see nothing of
    /// it. There are no savepoints, because SQLite undoes the whole transaction under them when the disk is full, and the
    /// next savepoint would commit by itself.
    ///
    /// A store that has stopped refuses them, and be it in the middle of a group: after a failed sync no commit proves
    /// anything.
    pub(super) fn commit(
        &mut self,
        mut jobs: Vec<Box<dyn Job>>,
        level: Synchronous,
        now: Timestamp,
        committed: &mut dyn FnMut(Vec<Timestamp>),
    ) {
        if self.halt.is_failed() {
            return jobs.into_iter().for_each(|job| job.failed(self.halt.error()));
        }
        match self.transact(&mut jobs, level, now) {
            Ok(due) => {
                committed(due);
                jobs.into_iter().for_each(Job::committed);
            }
            Err(Ended::Undone(error)) if jobs.len() > 1 => {
                tracing::debug!(%error, calls = jobs.len(), "a group was undone; each call runs alone");
                for job in jobs {
                    self.commit(vec![job], level, now, committed);
                }
            }
            Err(ended) => jobs.into_iter().for_each(|job| fail(job, &ended)),
        }
    }

    fn transact(
        &mut self,
        jobs: &mut [Box<dyn Job>],
        level: Synchronous,
        now: Timestamp,
    ) -> Result<Vec<Timestamp>, Ended> {
        let run = self.begin(level).and_then(|()| {
            let tx = Tx::new(&self.conn, now);
            jobs.iter_mut().try_for_each(|job| job.run(&tx))?;
            Ok(tx.into_due())
        });
        let due = run.map_err(|error| self.undo(error))?;
        match self.log.commit(&self.conn) {
            Ok(()) => Ok(due),
            Err(error) => Err(self.judge_commit(error)),
        }
    }

    /// Inside a transaction the level could not be changed any more.
    fn begin(&mut self, level: Synchronous) -> rusqlite::Result<()> {
        if self.level != Some(level) {
            self.level = None;
            let pragma = match level {
                Synchronous::Normal => "PRAGMA synchronous = NORMAL",
                Synchronous::Full => "PRAGMA synchronous = FULL",
            };
            self.conn.prepare_cached(pragma)?.execute([])?;
            self.level = Some(level);
        }
        self.conn.prepare_cached("BEGIN IMMEDIATE")?.execute([])?;
        Ok(())
    }

    /// Some errors undo the whole transaction by themselves; what is left of it is undone here.
    fn undo(&mut self, error: rusqlite::Error) -> Ended {
        self.leave();
        self.distrust(&error);
        Ended::Undone(Arc::new(error))
    }

    /// A COMMIT that failed may be found done after a crash, so its outcome is unknown. Except for want of room: then a
    /// page of the log was not written whole, the record of the commit comes last in it and is valid only with a checksum
    /// over everything before, and SQLite itself has undone the transaction.
    fn judge_commit(&mut self, error: rusqlite::Error) -> Ended {
        self.leave();
        self.distrust(&error);
        if classify(&error) == Class::Full {
            return Ended::Undone(Arc::new(error));
        }
        tracing::warn!(%error, "a commit failed: its outcome is unknown");
        Ended::Unknown(Arc::new(error))
    }

    /// Leaves the transaction, if it is still open. The next one must not find itself inside it.
    fn leave(&self) {
        if !self.conn.is_autocommit()
            && let Err(error) = self.conn.execute_batch("ROLLBACK")
        {
            self.halt
                .stop(format!("a transaction could not be undone: {error}"));
        }
    }

    /// After a failed sync the system may have dropped pages that it had said were written: what can be read then is not
    /// what is on the disk, and a second sync that succeeds proves nothing.
    pub(super) fn distrust(&self, error: &rusqlite::Error) {
        if classify(error) == Class::Sync {
            self.halt.stop(format!("a sync failed: {error}"));
        }
    }
}

fn fail(job: Box<dyn Job>, ended: &Ended) {
    let error: Error = match ended {
        Ended::Undone(error) => error::undone(error),
        Ended::Unknown(error) => error::unknown(error),
    };
    tracing::warn!(%error, verb = job.name(), "a call failed");
    job.failed(error);
}

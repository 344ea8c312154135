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
    /// The store has stopped; nothing was tried.
    Refused,
    /// It could not be opened: no job has run, and the next transaction would wait as long and in vain.
    NotBegun(Arc<rusqlite::Error>),
    /// Nothing of it was committed.
    Undone(Arc<rusqlite::Error>),
    /// It may have been committed.
    Unknown(Arc<rusqlite::Error>),
}

/// The jobs of a transaction that did not succeed. They are not answered yet.
type Failed = (Vec<Box<dyn Job>>, Ended);

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
    pub(super) fn commit(
        &mut self,
        jobs: Vec<Box<dyn Job>>,
        level: Synchronous,
        now: Timestamp,
        committed: &mut dyn FnMut(Vec<Timestamp>),
    ) {
        match self.try_commit(jobs, level, now, committed) {
            Ok(()) => {}
            Err((jobs, Ended::Undone(error))) if jobs.len() > 1 => {
                tracing::debug!(%error, calls = jobs.len(), "a group was undone; each call runs alone");
                self.commit_each(jobs, level, now, committed);
            }
            Err((jobs, ended)) => self.fail(jobs, &ended),
        }
    }

    /// Commits each job by itself. Callers may have left since the group was taken.
    fn commit_each(
        &mut self,
        jobs: Vec<Box<dyn Job>>,
        level: Synchronous,
        now: Timestamp,
        committed: &mut dyn FnMut(Vec<Timestamp>),
    ) {
        let mut jobs = jobs.into_iter().filter(|job| !job.is_abandoned());
        while let Some(job) = jobs.next() {
            if let Err((job, ended)) = self.try_commit(vec![job], level, now, committed) {
                self.fail(job, &ended);
                if matches!(ended, Ended::NotBegun(_)) {
                    return self.fail(jobs, &ended);
                }
            }
        }
    }

    /// A store that has stopped refuses: after a failed sync no commit proves anything.
    fn try_commit(
        &mut self,
        mut jobs: Vec<Box<dyn Job>>,
        level: Synchronous,
        now: Timestamp,
        committed: &mut dyn FnMut(Vec<Timestamp>),
    ) -> Result<(), Failed> {
        if self.halt.is_failed() {
            return Err((jobs, Ended::Refused));
        }
        match self.transact(&mut jobs, level, now) {
            Ok(due) => {
                committed(due);
                jobs.into_iter().for_each(Job::committed);
                Ok(())
            }
            Err(ended) => Err((jobs, ended)),
        }
    }

    fn transact(
        &mut self,
        jobs: &mut [Box<dyn Job>],
        level: Synchronous,
        now: Timestamp,
    ) -> Result<Vec<Timestamp>, Ended> {
        if let Err(error) = self.begin(level) {
            return Err(Ended::NotBegun(self.undo(error)));
        }
        let tx = Tx::new(&self.conn, now);
        let run = jobs.iter_mut().try_for_each(|job| job.run(&tx));
        let due = tx.into_due();
        if let Err(error) = run {
            return Err(Ended::Undone(self.undo(error)));
        }
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
        self.log.begin(&self.conn)
    }

    /// Some errors undo the whole transaction by themselves; what is left of it is undone here.
    fn undo(&mut self, error: rusqlite::Error) -> Arc<rusqlite::Error> {
        self.leave();
        self.distrust(&error);
        Arc::new(error)
    }

    /// A COMMIT that failed may be found done after a crash, so its outcome is unknown. Except for want of room: then a
    /// page of the log was not written whole, the record of the commit comes last in it and is valid only with a checksum
    /// over everything before, and SQLite itself has undone the transaction.
    fn judge_commit(&mut self, error: rusqlite::Error) -> Ended {
        let full = classify(&error) == Class::Full;
        let error = self.undo(error);
        if full {
            return Ended::Undone(error);
        }
        tracing::warn!(%error, "a commit failed: its outcome is unknown");
        Ended::Unknown(error)
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

    /// Answers jobs of a transaction that ended so.
    fn fail(&self, jobs: impl IntoIterator<Item = Box<dyn Job>>, ended: &Ended) {
        for job in jobs {
            let error: Error = match ended {
                Ended::Refused => self.halt.error(),
                Ended::NotBegun(error) | Ended::Undone(error) => error::undone(error),
                Ended::Unknown(error) => error::unknown(error),
            };
            tracing::warn!(%error, verb = job.name(), "a call failed");
            job.failed(error);
        }
    }
}

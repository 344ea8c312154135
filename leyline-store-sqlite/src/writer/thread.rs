//! The writer's thread: take what is queued, commit it, keep the log short, wake who waits.

use std::sync::Arc;
use std::time::{Duration, Instant};

use jiff::Timestamp;
use leyline_core::env::Clock;
use leyline_core::store::{Due, Waker};

use super::group::{Committer, Synchronous};
use super::log::Pages;
use super::queue::{Group, Limits, Queue, Taken};
use crate::connection::{CHECKPOINT_PAGES, leave_log};
use crate::error::{Class, classify};
use crate::options::Durability;

/// How long nothing has to be written before the log is copied although it is short.
const IDLE: Duration = Duration::from_secs(1);

/// Shortest wait for a task to fall due, so that a clock which stands still costs little.
const SHORTEST: Duration = Duration::from_millis(5);

pub(super) struct Thread {
    pub(super) committer: Committer,
    pub(super) queue: Arc<Queue>,
    pub(super) limits: Limits,
    pub(super) durability: Durability,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) waker: Waker,
    /// When tasks that this process wrote can be claimed.
    pub(super) due: Due<Timestamp>,
    pub(super) neighbours: Option<Neighbours>,
    /// When the log is to be copied if nothing is written until then.
    pub(super) idle_at: Option<Instant>,
}

/// Other connections to the same file: those of other processes, and those that callers have of their own.
pub(super) struct Neighbours {
    pub(super) interval: Duration,
    pub(super) next: Instant,
    pub(super) version: Option<i64>,
}

/// Whoever waits is told when the thread ends, and be it by a panic.
struct Farewell(Arc<Queue>, Arc<crate::halt::Halt>);

impl Drop for Farewell {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.1.stop("the writer's thread panicked".to_owned());
        }
        self.0.close();
        self.0.clear();
    }
}

impl Thread {
    pub(super) fn run(mut self) {
        let _farewell = Farewell(Arc::clone(&self.queue), Arc::clone(&self.committer.halt));
        loop {
            match self.queue.take(self.deadline(), self.limits) {
                Taken::Group(group) => self.commit(group),
                Taken::Errand(errand) if !self.committer.halt.is_failed() => errand(&self.committer.conn),
                Taken::Errand(refused) => drop(refused),
                Taken::Due(due) => self.due.merge(due),
                Taken::Nothing => {}
                Taken::End => break,
            }
            self.keep_house();
        }
        self.end();
    }

    fn commit(&mut self, group: Group) {
        let level = match self.durability {
            Durability::Full if !group.only_beats => Synchronous::Full,
            Durability::Full | Durability::Relaxed => Synchronous::Normal,
        };
        let now = now(&*self.clock);
        let (due, waker) = (&mut self.due, &self.waker);
        self.committer.commit(group.jobs, level, now, &mut |written| {
            for time in written.iter().filter(|time| **time > now) {
                due.add(*time);
            }
            if written.iter().any(|time| *time <= now) {
                waker.wake();
            }
        });
        if !self.committer.halt.is_failed() {
            self.idle_at = Some(Instant::now() + IDLE);
            self.bound_log();
        }
    }

    /// What is done between two groups, when it is time for it.
    fn keep_house(&mut self) {
        if self.committer.halt.is_failed() {
            return;
        }
        if self.due.take(now(&*self.clock)) {
            self.waker.wake();
        }
        if self.idle_at.is_some_and(|at| at <= Instant::now()) {
            self.idle_at = None;
            self.copy_log();
        }
        self.look_at_neighbours();
    }

    /// When [`keep_house`](Self::keep_house) has to be called at the latest.
    fn deadline(&self) -> Option<Instant> {
        if self.committer.halt.is_failed() {
            return None;
        }
        let due = self.due.next().map(|time| wait(now(&*self.clock), time));
        let due = due.and_then(|wait| Instant::now().checked_add(wait));
        let neighbours = self.neighbours.as_ref().map(|neighbours| neighbours.next);
        [due, neighbours, self.idle_at].into_iter().flatten().min()
    }

    /// Callers have their answers by now: they never wait for the log to be copied.
    fn bound_log(&mut self) {
        match self.committer.log.pages(&self.committer.conn) {
            Ok(pages) if pages.written - pages.copied >= CHECKPOINT_PAGES => self.copy_log(),
            Ok(_) => {}
            Err(error) => tracing::warn!(%error, "could not ask for the size of the log"),
        }
    }

    /// What is not copied stays in the log and is copied another time; only a failed sync is a verdict.
    fn copy_log(&mut self) {
        match self.committer.log.checkpoint(&self.committer.conn) {
            Ok(Pages { written, copied }) => tracing::trace!(written, copied, "copied the log"),
            Err(error) if classify(&error) == Class::Sync => self.committer.distrust(&error),
            Err(error) => tracing::warn!(%error, "could not copy the log into the database"),
        }
    }

    /// On the writing connection this number changes only when another connection has committed.
    fn look_at_neighbours(&mut self) {
        let Some(neighbours) = self.neighbours.as_mut().filter(|n| n.next <= Instant::now()) else {
            return;
        };
        neighbours.next = Instant::now() + neighbours.interval;
        let version = self
            .committer
            .conn
            .prepare_cached("PRAGMA data_version")
            .and_then(|mut pragma| pragma.query_row([], |row| row.get::<_, i64>(0)));
        match version {
            Ok(version) => {
                let before = neighbours.version.replace(version);
                if before.is_some_and(|before| before != version) {
                    self.waker.wake();
                }
            }
            Err(error) => tracing::warn!(%error, "could not look whether somebody else has written"),
        }
    }

    /// A store that has stopped leaves its log to whoever opens the file next: copied now, it could carry into the database
    /// what is not on the disk.
    fn end(self) {
        let conn = self.committer.conn;
        if self.committer.halt.is_failed()
            && let Err(error) = leave_log(&conn)
        {
            tracing::warn!(%error, "could not leave the log alone");
        }
        if let Err((_, error)) = conn.close() {
            tracing::warn!(%error, "could not close the database");
        }
    }
}

/// How long to wait for this time.
fn wait(now: Timestamp, time: Timestamp) -> Duration {
    let wait = Duration::try_from(time.duration_since(now)).unwrap_or_default();
    wait.max(SHORTEST)
}

/// Stores keep whole microseconds.
pub(crate) fn now(clock: &dyn Clock) -> Timestamp {
    let now = clock.now();
    Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_that_is_past_is_waited_for_shortly() {
        let at = |second| Timestamp::from_second(second).expect("a second of this century");
        assert_eq!(wait(at(7), at(10)), Duration::from_secs(3));
        assert_eq!(wait(at(5), at(1)), SHORTEST);
    }
}

//! The store itself: a lock, a clock, and the verbs.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use jiff::{SignedDuration, Timestamp};

use super::rows::{Rows, is_due};
use crate::env::Env;
use crate::store::{
    Beat, BeatReply, Changes, ClaimRequest, Claimed, Finish, Inserted, ListQuery, Page, Rescue, Rescued,
    Result, Seen, Stats, TaskStore, Waker, Wakeups, WorkerRow,
};
use crate::task::{Claim, Json, NewTask, Task, TaskId};

/// A [`TaskStore`] in memory, for tests, demos and the quickstart. It holds everything in memory, and nothing survives the
/// process.
///
/// Every call is one step under one lock and never waits: it takes effect when it is first polled or not at all. Calls
/// in the same order, at the same times, give the same answers, so a seeded run repeats.
///
/// ```
/// use leyline_core::task::Kind;
/// use leyline_core::{Env, MemoryStore, NewTask, TaskStoreExt as _};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let env = Env::system();
/// let store = MemoryStore::new(env.clone());
/// let inserted = store.insert_one(NewTask::new(env.task_id(), Kind::new("digest")?)).await?;
/// assert_eq!(inserted.task.revision, 1);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MemoryStore {
    env: Env,
    waker: Waker,
    rows: Mutex<Rows>,
}

impl MemoryStore {
    /// An empty store whose clock is that of `env`.
    pub fn new(env: Env) -> Self {
        Self {
            env,
            waker: Waker::new(),
            rows: Mutex::default(),
        }
    }

    /// Does `work` on the rows, and wakes the workers if it made a task claimable.
    pub(super) fn with<T>(&self, work: impl FnOnce(&mut Rows, Timestamp) -> T) -> T {
        // A panic leaves the rows whole: nothing between a row's change and its index entries can panic.
        let mut rows = self.rows.lock().unwrap_or_else(PoisonError::into_inner);
        // Read under the lock, so that times rise in the order of the changes.
        let answer = work(&mut rows, in_micros(self.env.now()));
        let due_arrived = rows.take_due_arrived();
        drop(rows);
        if due_arrived {
            self.waker.wake();
        }
        answer
    }

    pub(super) fn wake(&self) {
        self.waker.wake();
    }
}

#[async_trait]
impl TaskStore for MemoryStore {
    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Result<Inserted>>> {
        Ok(self.with(|rows, now| tasks.iter().map(|task| rows.insert(task, now)).collect()))
    }

    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claimed>> {
        Ok(self.with(|rows, now| rows.claim(request, now)))
    }

    async fn finish(&self, finishes: &[Finish]) -> Result<Vec<Result<Task>>> {
        Ok(self.with(|rows, now| finishes.iter().map(|finish| rows.finish(finish, now)).collect()))
    }

    async fn beat(&self, beat: &Beat) -> Result<BeatReply> {
        Ok(self.with(|rows, now| rows.beat(beat, now)))
    }

    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued> {
        Ok(self.with(|rows, now| rows.rescue(rescue, now)))
    }

    async fn checkpoint(&self, claim: &Claim, checkpoint: &Json) -> Result<()> {
        self.with(|rows, _| rows.checkpoint(claim, checkpoint))
    }

    async fn cancel(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        self.with(|rows, now| rows.cancel(id, expected, now))
    }

    async fn requeue(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        self.with(|rows, now| rows.requeue(id, expected, now))
    }

    async fn delete(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        self.with(|rows, _| rows.delete(id, expected))
    }

    async fn prune(&self, older_than: Duration, limit: u32) -> Result<Vec<Task>> {
        Ok(self.with(|rows, now| rows.prune(ago(now, older_than), limit)))
    }

    async fn get(&self, id: TaskId) -> Result<Option<Task>> {
        Ok(self.with(|rows, _| rows.get(id).cloned()))
    }

    async fn list(&self, query: &ListQuery) -> Result<Page> {
        Ok(self.with(|rows, _| rows.list(query)))
    }

    async fn changed_since(&self, seen: &[Seen]) -> Result<Changes> {
        Ok(self.with(|rows, _| rows.changed_since(seen)))
    }

    async fn workers(&self, shown: u32) -> Result<Vec<WorkerRow>> {
        Ok(self.with(|rows, _| rows.worker_rows(shown)))
    }

    async fn stats(&self, window: Duration) -> Result<Stats> {
        Ok(self.with(|rows, now| rows.stats(window, now)))
    }

    async fn ping(&self) -> Result<()> {
        Ok(())
    }

    fn wakeups(&self) -> Wakeups {
        self.waker.subscribe()
    }

    /// Nothing gets in here past the store, but wrappers and their tests can rely on it.
    fn announced(&self, tasks: &[Task]) {
        let now = self.env.now();
        if tasks.iter().any(|task| is_due(task, now)) {
            self.waker.wake();
        }
    }
}

/// Stores keep whole microseconds.
fn in_micros(time: Timestamp) -> Timestamp {
    Timestamp::from_microsecond(time.as_microsecond()).unwrap_or(time)
}

/// `now - span`, or the earliest time there is.
pub(super) fn ago(now: Timestamp, span: Duration) -> Timestamp {
    SignedDuration::try_from(span)
        .ok()
        .and_then(|span| now.checked_sub(span).ok())
        .unwrap_or(Timestamp::MIN)
}

//! The trait.

use std::time::Duration;

use async_trait::async_trait;

use super::{
    Beat, BeatReply, Changes, ClaimRequest, Claimed, Finish, Inserted, ListQuery, Page, Rescue, Rescued,
    Result, Seen, Stats, Wakeups, WorkerRow,
};
use crate::task::{Claim, Json, NewTask, Task, TaskId};

/// A place where tasks live. Used as `Arc<dyn TaskStore>`; every wrapper of a store is one too.
///
/// **Durability.** A change of status, a checkpoint and a deletion are durable when the method returns; only beats and the
/// progress they carry may be lost in a crash (invariant 3).
///
/// **Errors of every method.** [`Unavailable`](super::Error::Unavailable), [`Unknown`](super::Error::Unknown),
/// [`Full`](super::Error::Full), [`Stopped`](super::Error::Stopped) and [`Backend`](super::Error::Backend) can come from
/// any of them and stand for the whole call. Answers inside a batch are per item.
///
/// **Cancel safety of every method.** A dropped future leaves the outcome unknown: the change was made whole or not at all,
/// and sending the same call again finds out (invariant 10). Nothing else is left behind.
///
/// **Time** is the store's own clock, in whole microseconds; callers pass delays.
#[async_trait]
pub trait TaskStore: Send + Sync + 'static {
    /// Inserts tasks as pending, at revision 1. The answer has one item for each, in order.
    ///
    /// Idempotent on the id, and on (owner, idempotency key), also within one batch: where a task is there already its
    /// row is the answer (`existed`), if its request digest is equal. Calls [`NewTask::validate`] before anything else.
    ///
    /// # Errors
    /// Per item: [`IdempotencyConflict`](super::Error::IdempotencyConflict), [`Invalid`](super::Error::Invalid). An item
    /// that errs changes nothing for its neighbours.
    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Result<Inserted>>>;

    /// Hands out pending, due tasks: by priority (high first), then `run_at`, then id. No task is ever handed out twice at
    /// one revision. A worker without a row gets nothing (it has been declared dead, or has not beaten yet).
    ///
    /// # Cancel safety
    /// A claim whose reply was lost is named by the worker's next beat as a stray.
    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claimed>>;

    /// Ends claims. One item for each, in order: the row after the change.
    ///
    /// # Errors
    /// Per item: [`ClaimLost`](super::Error::ClaimLost). Sent again after an unknown outcome, a finish that took effect
    /// answers `ClaimLost` too.
    async fn finish(&self, finishes: &[Finish]) -> Result<Vec<Result<Task>>>;

    /// Stores a worker's counter (creating its row if absent) and the progress of its claims, and compares what it holds
    /// with what the store knows. An older counter or tick never replaces a newer one. May be relaxed in durability.
    ///
    /// # Errors
    /// [`WorkerRetired`](super::Error::WorkerRetired): the incarnation can't be used.
    async fn beat(&self, beat: &Beat) -> Result<BeatReply>;

    /// Removes the rows of dead workers, unless they have beaten since; then, seeing what is committed by then, frees every
    /// processing task whose worker has no row, up to the limit, in id order.
    ///
    /// A store that knows by other means that a worker is dead (an operating system's lock) removes its row here as well.
    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued>;

    /// Keeps a value for the task's next attempt, durable on return.
    ///
    /// # Errors
    /// [`ClaimLost`](super::Error::ClaimLost).
    async fn checkpoint(&self, claim: &Claim, checkpoint: &Json) -> Result<()>;

    /// Stops a pending or processing task at once; a cancelled one is answered as it is.
    ///
    /// # Errors
    /// [`NotFound`](super::Error::NotFound), [`WrongStatus`](super::Error::WrongStatus),
    /// [`WrongRevision`](super::Error::WrongRevision) where `expected` is given and differs (looked at first).
    async fn cancel(&self, id: TaskId, expected: Option<u64>) -> Result<Task>;

    /// Starts a new run of a failed or cancelled task.
    ///
    /// # Errors
    /// As for [`cancel`](Self::cancel).
    async fn requeue(&self, id: TaskId, expected: Option<u64>) -> Result<Task>;

    /// Removes a terminal task and returns it as it was, so that its blobs can follow (row first, bytes after).
    ///
    /// # Errors
    /// As for [`cancel`](Self::cancel).
    async fn delete(&self, id: TaskId, expected: Option<u64>) -> Result<Task>;

    /// Removes terminal tasks that finished at least `older_than` ago, at most `limit`, and returns them as they were.
    async fn prune(&self, older_than: Duration, limit: u32) -> Result<Vec<Task>>;

    /// The task, if it is there.
    async fn get(&self, id: TaskId) -> Result<Option<Task>>;

    /// A page of tasks, newest (highest id) first.
    async fn list(&self, query: &ListQuery) -> Result<Page>;

    /// What is different from what is known, for many tasks at once. The order of the answer is that of the question.
    async fn changed_since(&self, seen: &[Seen]) -> Result<Changes>;

    /// All worker rows, in id order, each with the first `shown` of the tasks that are processing under it, in id order.
    /// A row and its tasks are of one moment: `running` counts all of them, whatever `shown` is.
    ///
    /// Every look of every worker asks with 0, so that then no task is read; a list costs no more than what it shows.
    async fn workers(&self, shown: u32) -> Result<Vec<WorkerRow>>;

    /// Counts. Live ones are exact; terminal ones are those that ended within `window` before the store's now, which the
    /// answer tells.
    async fn stats(&self, window: Duration) -> Result<Stats>;

    /// Whether the store answers and takes writes. Writes nothing, so a full disk may show at the next write only.
    async fn ping(&self) -> Result<()>;

    /// A counter that rises when there may be something to claim. The default never rises: workers also poll.
    fn wakeups(&self) -> Wakeups {
        Wakeups::never()
    }

    /// Hears of tasks that are committed and were inserted past this store, in a transaction of a caller's own, and raises
    /// [`wakeups`](Self::wakeups) as it does for what it inserts itself: for a delayed task, when it is due. A hint. Waits
    /// for nothing. The default does nothing, as it goes with the default of `wakeups`; wrappers hand it on.
    fn announced(&self, tasks: &[Task]) {
        let _ = tasks;
    }
}

//! The contract: each method is one verb.

use std::time::Duration;

use async_trait::async_trait;
use leyline_core::store::{
    Beat, BeatReply, Changes, ClaimRequest, Claimed, Finish, Inserted, ListQuery, Page, Rescue, Rescued,
    Result, Seen, Stats, Wakeups, WorkerRow,
};
use leyline_core::{Claim, Json, NewTask, Task, TaskId, TaskStore};

use crate::PostgresStore;
use crate::verb;

#[async_trait]
impl TaskStore for PostgresStore {
    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Result<Inserted>>> {
        verb::insert(&self.0, tasks).await
    }

    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claimed>> {
        verb::claim(&self.0, request).await
    }

    async fn finish(&self, finishes: &[Finish]) -> Result<Vec<Result<Task>>> {
        verb::finish(&self.0, finishes).await
    }

    async fn beat(&self, beat: &Beat) -> Result<BeatReply> {
        verb::beat(&self.0, beat).await
    }

    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued> {
        verb::rescue(&self.0, rescue).await
    }

    async fn checkpoint(&self, claim: &Claim, checkpoint: &Json) -> Result<()> {
        verb::checkpoint(&self.0, claim, checkpoint).await
    }

    async fn cancel(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        verb::cancel(&self.0, id, expected).await
    }

    async fn requeue(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        verb::requeue(&self.0, id, expected).await
    }

    async fn delete(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        verb::delete(&self.0, id, expected).await
    }

    async fn prune(&self, older_than: Duration, limit: u32) -> Result<Vec<Task>> {
        verb::prune(&self.0, older_than, limit).await
    }

    async fn get(&self, id: TaskId) -> Result<Option<Task>> {
        verb::get(&self.0, id).await
    }

    async fn list(&self, query: &ListQuery) -> Result<Page> {
        verb::list(&self.0, query).await
    }

    async fn changed_since(&self, seen: &[Seen]) -> Result<Changes> {
        verb::changed_since(&self.0, seen).await
    }

    async fn workers(&self, shown: u32) -> Result<Vec<WorkerRow>> {
        verb::workers(&self.0, shown).await
    }

    async fn stats(&self, window: Duration) -> Result<Stats> {
        verb::stats(&self.0, window).await
    }

    async fn ping(&self) -> Result<()> {
        verb::ping(&self.0).await
    }

    fn wakeups(&self) -> Wakeups {
        self.0.waker.subscribe()
    }

    fn announced(&self, tasks: &[Task]) {
        self.0.wake_for(tasks);
    }
}

//! The contract: each method is one verb.

use std::time::Duration;

use async_trait::async_trait;
use leyline_core::store::{
    Beat, BeatReply, Changes, ClaimRequest, Claimed, Finish, Inserted, ListQuery, Page, Rescue, Rescued,
    Result, Seen, Stats, Wakeups, WorkerRow,
};
use leyline_core::{Claim, Json, NewTask, Status, Task, TaskId, TaskStore};

use crate::SqliteStore;
use crate::lock::Found;
use crate::verb::{
    Beaten, Cancel, ChangedSince, Claiming, Count, Delete, Finishes, Free, Get, Insert, Keep, List, Ping,
    Prune, Requeue, Workers,
};
use crate::writer::Lane;

#[async_trait]
impl TaskStore for SqliteStore {
    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Result<Inserted>>> {
        self.write(Insert(tasks.to_vec())).await
    }

    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claimed>> {
        self.write(Claiming(request.clone())).await
    }

    async fn finish(&self, finishes: &[Finish]) -> Result<Vec<Result<Task>>> {
        self.write(Finishes(finishes.to_vec())).await
    }

    /// The worker's lock comes before its row.
    async fn beat(&self, beat: &Beat) -> Result<BeatReply> {
        if let Some(file) = &self.0.file {
            self.0.halt.check()?;
            file.locks.hold(beat.worker).await?;
        }
        self.0.writer.call(Lane::Beats, Beaten(beat.clone())).await
    }

    /// Who is dead by its lock is dead as well, whatever the caller knows.
    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued> {
        let mut rescue = rescue.clone();
        let Some(file) = &self.0.file else {
            return Ok(self.write(Free(rescue)).await?.rescued);
        };
        let found: Found = file.locks.look(self.workers(0).await?).await;
        rescue.dead.extend(found.dead());
        let freed = self.write(Free(rescue)).await?;
        file.locks.bury(freed.buried, found).await;
        Ok(freed.rescued)
    }

    async fn checkpoint(&self, claim: &Claim, checkpoint: &Json) -> Result<()> {
        let (claim, checkpoint) = (*claim, checkpoint.clone());
        self.write(Keep { claim, checkpoint }).await?
    }

    async fn cancel(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        self.write(Cancel(id, expected)).await?
    }

    async fn requeue(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        self.write(Requeue(id, expected)).await?
    }

    async fn delete(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        self.write(Delete(id, expected)).await?
    }

    async fn prune(&self, older_than: Duration, limit: u32) -> Result<Vec<Task>> {
        self.write(Prune { older_than, limit }).await
    }

    async fn get(&self, id: TaskId) -> Result<Option<Task>> {
        self.read(Get(id)).await
    }

    async fn list(&self, query: &ListQuery) -> Result<Page> {
        self.read(List::new(query.clone())).await
    }

    async fn changed_since(&self, seen: &[Seen]) -> Result<Changes> {
        self.read(ChangedSince(seen.to_vec())).await
    }

    async fn workers(&self, shown: u32) -> Result<Vec<WorkerRow>> {
        self.read(Workers { shown }).await
    }

    async fn stats(&self, window: Duration) -> Result<Stats> {
        self.read(Count(window)).await
    }

    async fn ping(&self) -> Result<()> {
        self.write(Ping).await
    }

    fn wakeups(&self) -> Wakeups {
        self.0.waker.subscribe()
    }

    fn announced(&self, tasks: &[Task]) {
        for task in tasks.iter().filter(|task| task.status == Status::Pending) {
            self.0.writer.tell_due(task.run_at);
        }
    }
}

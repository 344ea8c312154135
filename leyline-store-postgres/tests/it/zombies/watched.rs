//! A store that tells of what it refuses, and sends no finish before it may.

use std::collections::BTreeSet;
use std::time::Duration;

use leyline_core::store::{
    Beat, BeatReply, Changes, ClaimRequest, Claimed, Finish, Inserted, ListQuery, Page, Rescue, Rescued,
    Result, Seen, Stats, Wakeups, WorkerRow,
};
use leyline_core::{Claim, Json, NewTask, Task, TaskId, TaskStore};
use leyline_store_postgres::PostgresStore;
use tokio::sync::watch;

use super::told::{Point, Told, tell};

/// The ids of tasks that may go on.
pub(super) type Go = watch::Receiver<BTreeSet<TaskId>>;

pub(super) struct Watched {
    pub(super) store: PostgresStore,
    pub(super) go: Go,
}

/// Waits until the task may go on.
pub(super) async fn may_go(go: &Go, id: TaskId) {
    let mut go = go.clone();
    let _ = go.wait_for(|ids| ids.contains(&id)).await;
}

#[async_trait::async_trait]
impl TaskStore for Watched {
    async fn finish(&self, finishes: &[Finish]) -> Result<Vec<Result<Task>>> {
        for finish in finishes {
            tell(finish.claim.id, Told::At(Point::Finish));
            may_go(&self.go, finish.claim.id).await;
        }
        let answers = self.store.finish(finishes).await?;
        for (finish, answer) in finishes.iter().zip(&answers) {
            let refused = answer
                .as_ref()
                .is_err_and(leyline_core::store::Error::is_claim_lost);
            tell(finish.claim.id, Told::Finish { refused });
        }
        Ok(answers)
    }

    async fn beat(&self, beat: &Beat) -> Result<BeatReply> {
        let reply = self.store.beat(beat).await?;
        let with_progress = beat.held.iter().filter(|held| held.progress.is_some());
        for held in with_progress.filter(|held| reply.lost.contains(&held.id)) {
            tell(held.id, Told::ProgressRefused);
        }
        Ok(reply)
    }

    async fn checkpoint(&self, claim: &Claim, checkpoint: &Json) -> Result<()> {
        self.store.checkpoint(claim, checkpoint).await
    }

    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Result<Inserted>>> {
        self.store.insert(tasks).await
    }

    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claimed>> {
        self.store.claim(request).await
    }

    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued> {
        self.store.rescue(rescue).await
    }

    async fn cancel(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        self.store.cancel(id, expected).await
    }

    async fn requeue(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        self.store.requeue(id, expected).await
    }

    async fn delete(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        self.store.delete(id, expected).await
    }

    async fn prune(&self, older_than: Duration, limit: u32) -> Result<Vec<Task>> {
        self.store.prune(older_than, limit).await
    }

    async fn get(&self, id: TaskId) -> Result<Option<Task>> {
        self.store.get(id).await
    }

    async fn list(&self, query: &ListQuery) -> Result<Page> {
        self.store.list(query).await
    }

    async fn changed_since(&self, seen: &[Seen]) -> Result<Changes> {
        self.store.changed_since(seen).await
    }

    async fn workers(&self, shown: u32) -> Result<Vec<WorkerRow>> {
        self.store.workers(shown).await
    }

    async fn stats(&self, window: Duration) -> Result<Stats> {
        self.store.stats(window).await
    }

    async fn ping(&self) -> Result<()> {
        self.store.ping().await
    }

    fn wakeups(&self) -> Wakeups {
        self.store.wakeups()
    }

    fn announced(&self, tasks: &[Task]) {
        self.store.announced(tasks);
    }
}

//! The store as one node sees it.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use leyline_core::store::{
    Beat, BeatReply, Changes, ClaimRequest, Claimed, Finish, Inserted, ListQuery, Outcome, Page, Rescue,
    Rescued, Result, Seen, Stats, Wakeups, WorkerRow,
};
use leyline_core::{Claim, Json, NewTask, Task, TaskId, TaskStore};

use super::account::Note;
use super::call::Call;
use super::node::Node;
use crate::Method;
use crate::history::Answer;

/// A node's way to the store.
pub(super) struct NodeStore(pub(super) Arc<Node>);

/// Sends a call with owned arguments.
macro_rules! call {
    ($self:ident, $method:ident, $note:expr, $answers:expr, |$store:ident| $send:expr) => {
        $self
            .0
            .call(Call {
                method: Method::$method,
                note: $note,
                send: Box::new(move |$store: Arc<dyn TaskStore>| async move { $send.await }.boxed()),
                answers: $answers,
            })
            .await
    };
}

#[async_trait::async_trait]
impl TaskStore for NodeStore {
    async fn insert(&self, tasks: &[NewTask]) -> Result<Vec<Result<Inserted>>> {
        let tasks = tasks.to_vec();
        let note = Note::Insert(tasks.iter().map(|task| task.id).collect());
        call!(self, Insert, note, none, |store| store.insert(&tasks))
    }

    async fn claim(&self, request: &ClaimRequest) -> Result<Vec<Claimed>> {
        let request = request.clone();
        call!(self, Claim, Note::Write, none, |store| store.claim(&request))
    }

    async fn finish(&self, finishes: &[Finish]) -> Result<Vec<Result<Task>>> {
        let finishes = finishes.to_vec();
        let writes = finishes
            .iter()
            .map(|finish| (verb(&finish.outcome), finish.claim));
        let note = Note::Fenced(writes.collect());
        call!(self, Finish, note, each, |store| store.finish(&finishes))
    }

    async fn beat(&self, beat: &Beat) -> Result<BeatReply> {
        let beat = beat.clone();
        call!(self, Beat, Note::Beat(beat.clone()), none, |store| store
            .beat(&beat))
    }

    async fn rescue(&self, rescue: &Rescue) -> Result<Rescued> {
        let rescue = rescue.clone();
        let note = Note::Rescue {
            dead: rescue.dead.clone(),
            asked: self.0.world.now(),
        };
        call!(self, Rescue, note, none, |store| store.rescue(&rescue))
    }

    async fn checkpoint(&self, claim: &Claim, checkpoint: &Json) -> Result<()> {
        let (claim, checkpoint) = (*claim, checkpoint.clone());
        let note = Note::Fenced(vec![("checkpoint", claim)]);
        call!(self, Checkpoint, note, one, |store| store
            .checkpoint(&claim, &checkpoint))
    }

    async fn cancel(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        call!(self, Cancel, Note::Write, none, |store| store
            .cancel(id, expected))
    }

    async fn requeue(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        call!(self, Requeue, Note::Write, none, |store| store
            .requeue(id, expected))
    }

    async fn delete(&self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        call!(self, Delete, Note::Write, none, |store| store
            .delete(id, expected))
    }

    async fn prune(&self, older_than: Duration, limit: u32) -> Result<Vec<Task>> {
        call!(self, Prune, Note::Write, none, |store| store
            .prune(older_than, limit))
    }

    async fn get(&self, id: TaskId) -> Result<Option<Task>> {
        call!(self, Get, Note::Read, none, |store| store.get(id))
    }

    async fn list(&self, query: &ListQuery) -> Result<Page> {
        let query = query.clone();
        call!(self, List, Note::Read, none, |store| store.list(&query))
    }

    async fn changed_since(&self, seen: &[Seen]) -> Result<Changes> {
        let seen = seen.to_vec();
        call!(self, ChangedSince, Note::Read, none, |store| store
            .changed_since(&seen))
    }

    async fn workers(&self, shown: u32) -> Result<Vec<WorkerRow>> {
        call!(self, Workers, Note::Read, none, |store| store.workers(shown))
    }

    async fn stats(&self, window: Duration) -> Result<Stats> {
        call!(self, Stats, Note::Read, none, |store| store.stats(window))
    }

    async fn ping(&self) -> Result<()> {
        call!(self, Ping, Note::Read, none, |store| store.ping())
    }

    fn wakeups(&self) -> Wakeups {
        if self.0.world.plan.lost_wakeups {
            self.0.world.count("wake-ups lost");
            Wakeups::never()
        } else {
            self.0.world.store.wakeups()
        }
    }

    fn announced(&self, tasks: &[Task]) {
        self.0.world.store.announced(tasks);
    }
}

fn verb(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Complete { .. } => "complete",
        Outcome::Retry { .. } => "retry",
        Outcome::Fail { .. } => "fail",
        Outcome::Release => "release",
        Outcome::Snooze { .. } => "snooze",
        _ => "finish",
    }
}

fn none<T>(_: &Result<T>) -> Vec<Answer> {
    Vec::new()
}

fn one(answer: &Result<()>) -> Vec<Answer> {
    vec![of(answer)]
}

fn each(answer: &Result<Vec<Result<Task>>>) -> Vec<Answer> {
    answer.iter().flatten().map(of).collect()
}

fn of<T>(answer: &Result<T>) -> Answer {
    match answer {
        Ok(_) => Answer::Done,
        Err(error) if error.is_claim_lost() => Answer::Lost,
        Err(_) => Answer::Unknown,
    }
}

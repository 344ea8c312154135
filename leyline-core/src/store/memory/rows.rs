//! The rows, and the one place where a row changes together with its index entries.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;
use std::time::Duration;

use jiff::Timestamp;

use super::index::Index;
use crate::status::{Status, Step};
use crate::store::{Error, Result};
use crate::task::{Claim, Task, TaskId, WorkerId};
use crate::transition::{Change, apply};

/// A worker's row.
#[derive(Debug, Clone)]
pub(super) struct Worker {
    pub(super) counter: u64,
    pub(super) period: Duration,
    pub(super) started_at: Timestamp,
    pub(super) beat_at: Timestamp,
}

/// Everything the store knows.
#[derive(Debug, Default, Clone)]
pub(super) struct Rows {
    tasks: BTreeMap<TaskId, Task>,
    keys: BTreeMap<(String, String), TaskId>,
    owners: BTreeMap<String, BTreeSet<TaskId>>,
    pub(super) workers: BTreeMap<WorkerId, Worker>,
    pub(super) index: Index,
    /// Whether a task became claimable since this was last taken.
    due_arrived: bool,
}

impl Rows {
    /// The task, if it is there.
    pub(super) fn get(&self, id: TaskId) -> Option<&Task> {
        self.tasks.get(&id)
    }

    /// The task, or that it is not there.
    pub(super) fn find(&self, id: TaskId) -> Result<&Task> {
        self.get(id).ok_or(Error::NotFound { id })
    }

    /// The task of this owner's key.
    pub(super) fn by_key(&self, owner: &str, key: &str) -> Option<&Task> {
        let id = self.keys.get(&(owner.to_owned(), key.to_owned()))?;
        self.tasks.get(id)
    }

    /// All tasks below `before`, newest first.
    pub(super) fn newest(&self, before: Bound<TaskId>) -> impl Iterator<Item = &Task> {
        self.tasks
            .range((Bound::Unbounded, before))
            .rev()
            .map(|(_, task)| task)
    }

    /// This owner's tasks below `before`, newest first.
    pub(super) fn newest_of(&self, owner: &str, before: Bound<TaskId>) -> impl Iterator<Item = &Task> {
        let ids = self.owners.get(owner);
        ids.into_iter()
            .flat_map(move |ids| ids.range((Bound::Unbounded, before)).rev())
            .filter_map(|id| self.tasks.get(id))
    }

    /// Takes in a new row.
    pub(super) fn add(&mut self, task: Task, now: Timestamp) {
        if let Some(key) = &task.idempotency_key {
            self.keys.insert((task.owner.clone(), key.clone()), task.id);
        }
        self.owners.entry(task.owner.clone()).or_default().insert(task.id);
        self.index.add(&task);
        self.due_arrived |= is_due(&task, now);
        self.tasks.insert(task.id, task);
    }

    /// Takes out a row, with all that leads to it.
    pub(super) fn remove(&mut self, id: TaskId) -> Option<Task> {
        let task = self.tasks.remove(&id)?;
        self.index.remove(&task);
        if let Some(key) = &task.idempotency_key {
            self.keys.remove(&(task.owner.clone(), key.clone()));
        }
        if let Some(ids) = self.owners.get_mut(&task.owner) {
            ids.remove(&id);
            if ids.is_empty() {
                self.owners.remove(&task.owner);
            }
        }
        Some(task)
    }

    /// Applies a change of status. The caller has checked the fence.
    pub(super) fn change(&mut self, id: TaskId, change: Change, now: Timestamp) -> Option<(Step, &Task)> {
        let task = self.tasks.get_mut(&id)?;
        self.index.remove(task);
        let step = apply(task, change, now);
        self.index.add(task);
        self.due_arrived |= is_due(task, now);
        Some((step, task))
    }

    /// The row behind a claim, for what changes no status; `None` where the fence (invariant 3) does not hold.
    pub(super) fn claimed(&mut self, claim: &Claim) -> Option<&mut Task> {
        self.tasks
            .get_mut(&claim.id)
            .filter(|task| task.claim().as_ref() == Some(claim))
    }

    /// Whether a task became claimable since this was last asked.
    pub(super) fn take_due_arrived(&mut self) -> bool {
        std::mem::take(&mut self.due_arrived)
    }
}

/// Whether it can be claimed now.
pub(super) fn is_due(task: &Task, now: Timestamp) -> bool {
    task.status == Status::Pending && task.run_at <= now
}

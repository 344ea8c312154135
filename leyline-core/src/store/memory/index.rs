//! What is found without looking at every row. Nothing here is in hash order, so that a seeded run repeats.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::status::Status;
use crate::task::{Kind, MAX_PRIORITY, Task, TaskId, WorkerId};

/// A pending task's place in the order of claims: the smallest is next.
pub(super) type Turn = (Reverse<u8>, Timestamp, TaskId);

const FIRST_ID: TaskId = TaskId::from_bytes([0; 16]);
const LAST_ID: TaskId = TaskId::from_bytes([0xff; 16]);

/// Each row is in exactly one of the three, by its status.
#[derive(Debug, Default, Clone)]
pub(super) struct Index {
    pending: BTreeMap<Kind, BTreeSet<Turn>>,
    processing: BTreeMap<WorkerId, BTreeSet<TaskId>>,
    ended: BTreeSet<(Timestamp, TaskId)>,
}

impl Index {
    /// Takes in a row as it is now.
    pub(super) fn add(&mut self, task: &Task) {
        match (task.status, task.worker) {
            (Status::Pending, _) => {
                self.pending
                    .entry(task.kind.clone())
                    .or_default()
                    .insert(turn(task));
            }
            (Status::Processing, Some(worker)) => {
                self.processing.entry(worker).or_default().insert(task.id);
            }
            _ => {
                self.ended.insert(ended_at(task));
            }
        }
    }

    /// Takes out a row; it has to be as it was when it was added.
    pub(super) fn remove(&mut self, task: &Task) {
        match (task.status, task.worker) {
            (Status::Pending, _) => take(&mut self.pending, &task.kind, &turn(task)),
            (Status::Processing, Some(worker)) => take(&mut self.processing, &worker, &task.id),
            _ => {
                self.ended.remove(&ended_at(task));
            }
        }
    }

    /// Pending tasks of this kind that are due, in the order of claims. A probe for each priority: however many wait for
    /// later, they cost nothing.
    pub(super) fn due(&self, kind: &Kind, now: Timestamp) -> impl Iterator<Item = Turn> + use<'_> {
        let turns = self.pending.get(kind);
        (0..=MAX_PRIORITY).rev().flat_map(move |priority| {
            let from = (Reverse(priority), Timestamp::MIN, FIRST_ID);
            let to = (Reverse(priority), now, LAST_ID);
            turns
                .into_iter()
                .flat_map(move |turns| turns.range(from..=to).copied())
        })
    }

    /// `run_at` of the task that has been due for longest.
    pub(super) fn oldest_due(&self, now: Timestamp) -> Option<Timestamp> {
        let of_priority = |turns: &BTreeSet<Turn>, priority| {
            let from = (Reverse(priority), Timestamp::MIN, FIRST_ID);
            turns
                .range(from..=(Reverse(priority), now, LAST_ID))
                .next()
                .map(|turn| turn.1)
        };
        self.pending
            .values()
            .flat_map(|turns| (0..=MAX_PRIORITY).filter_map(move |priority| of_priority(turns, priority)))
            .min()
    }

    /// How many tasks of each kind are pending.
    pub(super) fn pending(&self) -> impl Iterator<Item = (&Kind, usize)> {
        self.pending.iter().map(|(kind, turns)| (kind, turns.len()))
    }

    /// Every worker that tasks are processing under, with those tasks, in the order of ids.
    pub(super) fn processing(&self) -> impl Iterator<Item = (WorkerId, &BTreeSet<TaskId>)> {
        self.processing.iter().map(|(worker, ids)| (*worker, ids))
    }

    /// The tasks that are processing under this worker, in id order.
    pub(super) fn processing_under(&self, worker: WorkerId) -> impl Iterator<Item = TaskId> + use<'_> {
        self.processing.get(&worker).into_iter().flatten().copied()
    }

    /// How many tasks are processing under this worker.
    pub(super) fn running(&self, worker: WorkerId) -> usize {
        self.processing.get(&worker).map_or(0, BTreeSet::len)
    }

    /// Tasks that ended at `until` or before, the oldest first.
    pub(super) fn ended_until(&self, until: Timestamp) -> impl Iterator<Item = TaskId> + use<'_> {
        self.ended.range(..=(until, LAST_ID)).map(|(_, id)| *id)
    }

    /// Tasks that ended at `since` or after, the oldest first.
    pub(super) fn ended_since(&self, since: Timestamp) -> impl Iterator<Item = TaskId> + use<'_> {
        self.ended.range((since, FIRST_ID)..).map(|(_, id)| *id)
    }
}

/// Where a pending task stands in line.
pub(super) fn turn(task: &Task) -> Turn {
    (Reverse(task.priority), task.run_at, task.id)
}

fn ended_at(task: &Task) -> (Timestamp, TaskId) {
    (task.finished_at.unwrap_or(task.updated_at), task.id)
}

/// Takes `item` out of the set under `key`, and the set with its last item: keys don't pile up.
fn take<K: Ord, T: Ord>(sets: &mut BTreeMap<K, BTreeSet<T>>, key: &K, item: &T) {
    if let Some(set) = sets.get_mut(key) {
        set.remove(item);
        if set.is_empty() {
            sets.remove(key);
        }
    }
}

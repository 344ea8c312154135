//! Cancel, requeue, delete and prune: what is done to a task from outside.

use jiff::Timestamp;

use super::rows::Rows;
use crate::status::{Step, Verb, step};
use crate::store::{Error, Result};
use crate::task::{Task, TaskId};
use crate::transition::Change;

impl Rows {
    pub(super) fn cancel(&mut self, id: TaskId, expected: Option<u64>, now: Timestamp) -> Result<Task> {
        self.operate(id, expected, Change::Cancel, now)
    }

    pub(super) fn requeue(&mut self, id: TaskId, expected: Option<u64>, now: Timestamp) -> Result<Task> {
        self.operate(id, expected, Change::Requeue, now)
    }

    pub(super) fn delete(&mut self, id: TaskId, expected: Option<u64>) -> Result<Task> {
        let task = self.expect(id, expected)?;
        match step(task.status, Verb::Delete) {
            Step::Gone => self.remove(id).ok_or(Error::NotFound { id }),
            _ => Err(wrong_status(task)),
        }
    }

    pub(super) fn prune(&mut self, until: Timestamp, limit: u32) -> Vec<Task> {
        let ids: Vec<TaskId> = self.index.ended_until(until).take(limit as usize).collect();
        ids.into_iter().filter_map(|id| self.remove(id)).collect()
    }

    fn operate(&mut self, id: TaskId, expected: Option<u64>, change: Change, now: Timestamp) -> Result<Task> {
        self.expect(id, expected)?;
        let (step, task) = self.change(id, change, now).ok_or(Error::NotFound { id })?;
        match step {
            Step::To(_) | Step::Same => Ok(task.clone()),
            Step::Gone | Step::Refused => Err(wrong_status(task)),
        }
    }

    /// The task at the revision that the caller expects. Looked at before the status: whoever sends a verb again learns
    /// first that something has happened.
    fn expect(&self, id: TaskId, expected: Option<u64>) -> Result<&Task> {
        let task = self.find(id)?;
        match expected {
            Some(revision) if revision != task.revision => Err(Error::WrongRevision {
                task: Box::new(task.clone()),
            }),
            _ => Ok(task),
        }
    }
}

fn wrong_status(task: &Task) -> Error {
    Error::WrongStatus {
        task: Box::new(task.clone()),
    }
}

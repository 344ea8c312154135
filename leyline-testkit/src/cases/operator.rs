//! What cancel, requeue and delete have in common: a status that forbids them, and a revision that is expected.

use leyline_core::store::{Error, Result};
use leyline_core::{Status, Task, TaskId};

use crate::trial::Trial;

/// One of the operator's verbs.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Operation {
    Cancel,
    Requeue,
    Delete,
}

impl Operation {
    async fn run(self, trial: &Trial, id: TaskId, expected: Option<u64>) -> Result<Task> {
        match self {
            Self::Cancel => trial.store.cancel(id, expected).await,
            Self::Requeue => trial.store.requeue(id, expected).await,
            Self::Delete => trial.store.delete(id, expected).await,
        }
    }
}

/// In each of these statuses the verb is refused, the answer carries the task as it is, and nothing changes.
pub(crate) async fn check_refused(trial: &Trial, operation: Operation, statuses: &[Status]) {
    for &status in statuses {
        let task = trial.rich(status).await;
        for expected in [None, Some(task.revision)] {
            match operation.run(trial, task.id, expected).await {
                Err(Error::WrongStatus { task: current }) => assert_eq!(*current, task),
                other => panic!("{operation:?} of a {status} task is refused, not {other:?}"),
            }
            trial.check_unchanged(&task).await;
        }
    }
}

/// Another revision than the expected one is the answer, whatever the status, and carries the task; the right one lets the
/// verb through in each of `allowed`.
pub(crate) async fn check_expected(trial: &Trial, operation: Operation, allowed: &[Status]) {
    for status in Status::ALL {
        let task = trial.rich(status).await;
        for expected in [
            0,
            task.revision - 1,
            task.revision + 1,
            i64::MAX as u64 + 1,
            u64::MAX,
        ] {
            match operation.run(trial, task.id, Some(expected)).await {
                Err(Error::WrongRevision { task: current }) => assert_eq!(*current, task),
                other => panic!("{operation:?} of a {status} task expected at {expected}: {other:?}"),
            }
            trial.check_unchanged(&task).await;
        }
        if allowed.contains(&status) {
            let answer = operation.run(trial, task.id, Some(task.revision)).await;
            assert_eq!(answer.expect("the revision is right").id, task.id);
        }
    }
}

/// An absent task is not there, whatever is expected of it.
pub(crate) async fn check_absent(trial: &Trial, operation: Operation) {
    let id = trial.task_id();
    for expected in [None, Some(1)] {
        match operation.run(trial, id, expected).await {
            Err(Error::NotFound { id: absent }) => assert_eq!(absent, id),
            other => panic!("{operation:?} of an absent task: {other:?}"),
        }
    }
}

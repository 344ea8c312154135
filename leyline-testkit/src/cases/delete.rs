//! Delete: a terminal task goes, and its key with it.

use std::sync::Arc;

use leyline_core::Status;
use leyline_core::store::{Error, ListQuery, Seen};

use super::operator::{Operation, check_absent, check_expected, check_refused};
use crate::fixtures::rich_task;
use crate::trial::Trial;

const TERMINAL: [Status; 3] = [Status::Completed, Status::Failed, Status::Cancelled];

/// The task is returned as it was, so that its blobs can follow, and is gone from everywhere.
pub async fn a_terminal_task_goes_and_is_returned_as_it_was(trial: Trial) {
    for status in TERMINAL {
        let task = trial.rich(status).await;
        let deleted = trial
            .store
            .delete(task.id, None)
            .await
            .expect("its run has ended");
        assert_eq!(deleted, task);
        assert_eq!(trial.store.get(task.id).await.expect("get succeeds"), None);
        let seen = Seen {
            id: task.id,
            revision: task.revision,
            status,
            tick: 9,
        };
        let changes = trial
            .store
            .changed_since(&[seen])
            .await
            .expect("changed_since succeeds");
        assert_eq!((changes.tasks, changes.gone), (vec![], vec![task.id]));
    }
    let page = trial.store.list(&ListQuery::new()).await.expect("list succeeds");
    assert_eq!(page.tasks, []);
}

/// Live tasks can't be deleted: cancel them first.
pub async fn live_tasks_cant_be_deleted(trial: Trial) {
    check_refused(&trial, Operation::Delete, &[Status::Pending, Status::Processing]).await;
}

/// Where a revision is expected and differs, that is the answer, whatever the status.
pub async fn delete_looks_at_the_expected_revision_first(trial: Trial) {
    check_expected(&trial, Operation::Delete, &TERMINAL).await;
}

/// An absent task is not there.
pub async fn delete_of_an_absent_task_says_so(trial: Trial) {
    check_absent(&trial, Operation::Delete).await;
}

/// The owner's key is free again.
pub async fn a_deleted_tasks_key_is_free_again(trial: Trial) {
    for owner in ["", "ada"] {
        let mut new = rich_task(trial.task_id());
        new.owner = owner.into();
        let task = trial.insert(new.clone()).await;
        trial.store.cancel(task.id, None).await.expect("it is pending");
        trial.store.delete(task.id, None).await.expect("it is cancelled");
        let mut again = new;
        again.id = trial.task_id();
        trial.insert(again).await;
    }
}

/// Sixteen callers at once: one of them gets the task, whose bytes it removes; the others hear that it is gone.
pub async fn sixteen_callers_delete_once(trial: Trial) {
    let task = trial.in_status(Status::Completed).await;
    let answers = trial
        .race(16, |_| {
            let (store, id) = (Arc::clone(&trial.store), task.id);
            async move { store.delete(id, None).await }
        })
        .await;
    let (deleted, absent): (Vec<_>, Vec<_>) = answers.into_iter().partition(Result::is_ok);
    assert_eq!(deleted.len(), 1);
    for answer in absent {
        assert!(
            matches!(answer, Err(Error::NotFound { id }) if id == task.id),
            "{answer:?}"
        );
    }
}

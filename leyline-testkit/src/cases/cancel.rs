//! Cancel: stops a task at once.

use std::sync::Arc;

use leyline_core::Status;
use leyline_core::transition::Change;

use super::operator::{Operation, check_absent, check_expected, check_refused};
use crate::trial::Trial;

/// A pending task ends; its past stays.
pub async fn cancel_of_a_pending_task_sets_and_keeps_what_the_table_says(trial: Trial) {
    let task = trial.rich(Status::Pending).await;
    let before = trial.before(task.id).await;
    let after = trial.store.cancel(task.id, None).await.expect("it is pending");
    trial
        .check(
            &before,
            &after,
            Change::Cancel,
            &["status", "revision", "finished_at", "updated_at"],
        )
        .await;
    assert_eq!(
        (after.status, after.finished_at),
        (Status::Cancelled, Some(after.updated_at))
    );
}

/// A processing task ends at once; its worker has lost the claim.
pub async fn cancel_of_a_processing_task_sets_and_keeps_what_the_table_says(trial: Trial) {
    let task = trial.rich(Status::Processing).await;
    let before = trial.before(task.id).await;
    let after = trial.store.cancel(task.id, None).await.expect("it is processing");
    trial
        .check(
            &before,
            &after,
            Change::Cancel,
            &["status", "revision", "worker", "finished_at", "updated_at"],
        )
        .await;
    assert_eq!((after.status, after.worker), (Status::Cancelled, None));
    assert_eq!(after.attempt, before.task.attempt, "the attempt was made");
}

/// A cancelled task is answered as it is, and nothing changes.
pub async fn a_cancelled_task_is_answered_as_it_is(trial: Trial) {
    let task = trial.rich(Status::Cancelled).await;
    let before = trial.before(task.id).await;
    for expected in [None, Some(task.revision)] {
        let answer = trial
            .store
            .cancel(task.id, expected)
            .await
            .expect("it is cancelled already");
        assert_eq!(answer, before.task);
    }
    trial.check_unchanged(&before.task).await;
}

/// Completed and failed tasks can't be cancelled; the answer carries the task.
pub async fn completed_and_failed_tasks_cant_be_cancelled(trial: Trial) {
    check_refused(&trial, Operation::Cancel, &[Status::Completed, Status::Failed]).await;
}

/// Where a revision is expected and differs, that is the answer, whatever the status.
pub async fn cancel_looks_at_the_expected_revision_first(trial: Trial) {
    check_expected(&trial, Operation::Cancel, &[Status::Pending, Status::Processing]).await;
}

/// An absent task is not there.
pub async fn cancel_of_an_absent_task_says_so(trial: Trial) {
    check_absent(&trial, Operation::Cancel).await;
}

/// Sixteen callers at once: the task is cancelled once, and each of them is told so.
pub async fn sixteen_callers_cancel_once(trial: Trial) {
    let task = trial.processing().await;
    let answers = trial
        .race(16, |_| {
            let (store, id) = (Arc::clone(&trial.store), task.id);
            async move { store.cancel(id, None).await }
        })
        .await;
    let row = trial.row(task.id).await;
    assert_eq!((row.status, row.revision), (Status::Cancelled, task.revision + 1));
    for answer in answers {
        assert_eq!(answer.expect("it is or was live"), row);
    }
}

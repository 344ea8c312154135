//! Requeue: a new run of a failed or cancelled task.

use std::sync::Arc;
use std::time::Duration;

use leyline_core::store::Error;
use leyline_core::transition::Change;
use leyline_core::{Progress, Status, Task, TaskStoreExt as _};

use super::operator::{Operation, check_absent, check_expected, check_refused};
use crate::fixtures::{fail, rich_task};
use crate::trial::Trial;

const CLEARED: [&str; 11] = [
    "status",
    "revision",
    "attempt",
    "progress",
    "checkpoint",
    "failure",
    "run_at",
    "rescues",
    "started_at",
    "finished_at",
    "updated_at",
];

/// A failed task: all of its run goes, its history stays.
pub async fn requeue_of_a_failed_task_sets_clears_and_keeps_what_the_table_says(trial: Trial) {
    let after = requeued(&trial, Status::Failed, &CLEARED).await;
    assert_eq!(after.history.len(), 2, "why it failed can still be seen");
}

/// A cancelled task likewise; it had no failure to clear.
pub async fn requeue_of_a_cancelled_task_sets_clears_and_keeps_what_the_table_says(trial: Trial) {
    let columns: Vec<&str> = CLEARED
        .into_iter()
        .filter(|column| *column != "failure")
        .collect();
    let after = requeued(&trial, Status::Cancelled, &columns).await;
    assert_eq!(after.history.len(), 1);
}

/// Completed tasks are never left; live ones have nothing to start anew.
pub async fn live_and_completed_tasks_cant_be_requeued(trial: Trial) {
    check_refused(
        &trial,
        Operation::Requeue,
        &[Status::Pending, Status::Processing, Status::Completed],
    )
    .await;
}

/// Where a revision is expected and differs, that is the answer, whatever the status.
pub async fn requeue_looks_at_the_expected_revision_first(trial: Trial) {
    check_expected(&trial, Operation::Requeue, &[Status::Failed, Status::Cancelled]).await;
}

/// An absent task is not there.
pub async fn requeue_of_an_absent_task_says_so(trial: Trial) {
    check_absent(&trial, Operation::Requeue).await;
}

/// Due at once, even where the task was to wait.
pub async fn a_requeued_task_is_due_at_once(trial: Trial) {
    let mut new = trial.new_task();
    new.delay = Duration::from_hours(1);
    let task = trial.insert(new).await;
    trial.store.cancel(task.id, None).await.expect("it is pending");
    trial.store.requeue(task.id, None).await.expect("it is cancelled");
    let request = trial.request(trial.worker().await, &["alpha"]);
    assert_eq!(trial.claim_ids(&request).await, [task.id]);
}

/// The new run has all its attempts and rescues.
pub async fn a_new_run_has_all_its_attempts(trial: Trial) {
    let mut new = trial.new_task();
    new.max_attempts = 1;
    let task = trial.insert(new).await;
    let worker = trial.worker().await;
    let claimed = trial.claim(worker, &task).await.task;
    trial.finish(&claimed, fail()).await;
    trial.store.requeue(task.id, None).await.expect("it has failed");
    let again = trial.claim(worker, &task).await.task;
    assert_eq!((again.attempt, again.rescues), (1, 0));
    let rescued = trial.rescue(&[(worker, 1)], 2).await.tasks.remove(0);
    assert_eq!(rescued.status, Status::Pending);
}

/// The key stays the task's.
pub async fn a_requeued_task_keeps_its_key(trial: Trial) {
    let new = rich_task(trial.task_id());
    let task = trial.insert(new.clone()).await;
    trial.store.cancel(task.id, None).await.expect("it is pending");
    trial.store.requeue(task.id, None).await.expect("it is cancelled");
    let mut again = new;
    again.id = trial.task_id();
    let inserted = trial
        .store
        .insert_one(again)
        .await
        .expect("it is the same request");
    assert_eq!((inserted.task.id, inserted.existed), (task.id, true));
}

/// Sixteen callers at once: one new run begins.
pub async fn sixteen_callers_requeue_once(trial: Trial) {
    let task = trial.in_status(Status::Failed).await;
    let answers = trial
        .race(16, |_| {
            let (store, id) = (Arc::clone(&trial.store), task.id);
            async move { store.requeue(id, None).await }
        })
        .await;
    let row = trial.row(task.id).await;
    assert_eq!((row.status, row.revision), (Status::Pending, task.revision + 1));
    let mut begun = 0;
    for answer in answers {
        match answer {
            Ok(answer) => {
                assert_eq!(answer, row);
                begun += 1;
            }
            Err(Error::WrongStatus { task: current }) => assert_eq!(*current, row),
            Err(other) => panic!("{other:?}"),
        }
    }
    assert_eq!(begun, 1);
}

async fn requeued(trial: &Trial, status: Status, columns: &[&str]) -> Task {
    let task = trial.rich(status).await;
    let before = trial.before(task.id).await;
    let after = trial
        .store
        .requeue(task.id, None)
        .await
        .expect("its run has ended");
    trial.check(&before, &after, Change::Requeue, columns).await;
    assert_eq!(
        (after.status, after.attempt, after.rescues),
        (Status::Pending, 0, 0)
    );
    assert_eq!(after.run_at, after.updated_at);
    assert_eq!(
        (&after.failure, &after.output, &after.checkpoint),
        (&None, &None, &None)
    );
    assert_eq!((after.started_at, after.finished_at), (None, None));
    assert_eq!(after.progress, Progress::default());
    assert_eq!(after.history, before.task.history);
    after
}

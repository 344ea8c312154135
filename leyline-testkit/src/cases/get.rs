//! Get: the task, if it is there.

use leyline_core::Status;

use crate::trial::Trial;

/// A task that was never there is none, not an error.
pub async fn an_absent_task_is_none(trial: Trial) {
    trial.pending().await;
    assert_eq!(
        trial.store.get(trial.task_id()).await.expect("get succeeds"),
        None
    );
}

/// The row is the last answer of whoever changed it.
pub async fn the_row_is_what_the_last_change_answered(trial: Trial) {
    for status in Status::ALL {
        let task = trial.in_status(status).await;
        assert_eq!(task.status, status);
        trial.check_unchanged(&task).await;
    }
}

//! Checkpoint: what is kept for the next attempt.

use std::time::Duration;

use leyline_core::store::Outcome;
use leyline_core::{Json, Status};

use crate::columns::changed;
use crate::fixtures::{UNICODE, json, longest_json, retry};
use crate::trial::Trial;

/// A checkpoint changes no status and no time, only itself; a newer one replaces it.
pub async fn a_checkpoint_changes_only_itself(trial: Trial) {
    let task = trial.rich(Status::Processing).await;
    let claim = task.claim().expect("it is processing");
    let before = trial.before(task.id).await;
    for value in [json(r#"{"frame":9}"#), json(r#"{"frame":8}"#)] {
        trial
            .store
            .checkpoint(&claim, &value)
            .await
            .expect("the claim holds");
        let after = trial.row(task.id).await;
        assert_eq!(changed(&before.task, &after), ["checkpoint"]);
        assert_eq!(after.checkpoint, Some(value));
    }
}

/// It outlives the attempt: retry, release and rescue keep it, and the next claim gets it.
pub async fn the_next_attempt_gets_the_checkpoint(trial: Trial) {
    let value = json(r#"{"frame":9}"#);
    for outcome in [
        retry(Duration::ZERO),
        Outcome::Release,
        Outcome::Snooze {
            delay: Duration::ZERO,
        },
    ] {
        let worker = trial.worker().await;
        let task = trial.processing_under(worker).await;
        trial
            .store
            .checkpoint(&task.claim().expect("it is processing"), &value)
            .await
            .expect("the claim holds");
        trial.finish(&task, outcome).await;
        assert_eq!(
            trial.claim(worker, &task).await.task.checkpoint,
            Some(value.clone())
        );
        trial.rescue(&[(worker, 1)], 9).await;
        assert_eq!(
            trial.claim(trial.worker().await, &task).await.task.checkpoint,
            Some(value.clone())
        );
    }
}

/// Checkpoints come back as they were: the longest, any script, and `null`, which is not "none".
pub async fn checkpoints_come_back_as_they_were(trial: Trial) {
    let task = trial.processing().await;
    let claim = task.claim().expect("it is processing");
    assert_eq!(task.checkpoint, None);
    for value in [
        longest_json(),
        Json::new(UNICODE).expect("it is short and without NUL"),
        Json::null(),
        json("{ \"b\" : 1.0 }"),
    ] {
        trial
            .store
            .checkpoint(&claim, &value)
            .await
            .expect("the claim holds");
        assert_eq!(trial.row(task.id).await.checkpoint, Some(value));
    }
}

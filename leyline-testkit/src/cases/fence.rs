//! The fence (invariant 3): what a worker writes after its claim is lost changes nothing, and it is told.

use leyline_core::store::{Finish, Held, Outcome};
use leyline_core::{Claim, Status, Task, TaskStoreExt as _};

use crate::fixtures::{complete, fail, json, progress};
use crate::trial::Trial;

/// After a cancel.
pub async fn after_a_cancel_the_claim_writes_nothing(trial: Trial) {
    let (task, zombie) = claimed(&trial).await;
    let cancelled = trial.store.cancel(task.id, None).await.expect("it is processing");
    check_lost(&trial, zombie, Some(&cancelled)).await;
}

/// After a rescue, pending or claimed by another worker.
pub async fn after_a_rescue_the_claim_writes_nothing(trial: Trial) {
    let (task, zombie) = claimed(&trial).await;
    let counter = counter_of(&trial, zombie).await;
    let rescued = trial.rescue(&[(zombie.worker, counter)], 9).await.tasks.remove(0);
    check_lost(&trial, zombie, Some(&rescued)).await;
    let other = trial.worker().await;
    let again = trial.claim(other, &task).await.task;
    check_lost(&trial, zombie, Some(&again)).await;
}

/// After a rescue that came to the cap.
pub async fn after_a_rescue_at_the_cap_the_claim_writes_nothing(trial: Trial) {
    let (_, zombie) = claimed(&trial).await;
    let counter = counter_of(&trial, zombie).await;
    let failed = trial.rescue(&[(zombie.worker, counter)], 1).await.tasks.remove(0);
    assert_eq!(failed.status, Status::Failed);
    check_lost(&trial, zombie, Some(&failed)).await;
}

/// After a requeue: the new run is not the old claim's, even where the same worker has it.
pub async fn after_a_requeue_the_claim_writes_nothing(trial: Trial) {
    let (task, zombie) = claimed(&trial).await;
    trial.store.cancel(task.id, None).await.expect("it is processing");
    let requeued = trial.store.requeue(task.id, None).await.expect("it is cancelled");
    check_lost(&trial, zombie, Some(&requeued)).await;
    let again = trial.claim(zombie.worker, &task).await.task;
    check_lost(&trial, zombie, Some(&again)).await;
}

/// After its own end: the claim is spent.
pub async fn after_its_end_the_claim_writes_nothing(trial: Trial) {
    for outcome in [complete(), fail(), Outcome::Release] {
        let (task, zombie) = claimed(&trial).await;
        let ended = trial.finish(&task, outcome).await;
        check_lost(&trial, zombie, Some(&ended)).await;
    }
}

/// After the same worker gave it back and claimed it again: the older claim is not the newer one.
pub async fn the_same_workers_older_claim_writes_nothing(trial: Trial) {
    let (task, zombie) = claimed(&trial).await;
    trial.finish(&task, Outcome::Release).await;
    let again = trial.claim(zombie.worker, &task).await.task;
    check_lost(&trial, zombie, Some(&again)).await;
}

/// Another worker with the same revision: it never had the claim.
pub async fn another_worker_with_the_same_revision_writes_nothing(trial: Trial) {
    let (task, claim) = claimed(&trial).await;
    for worker in [trial.worker().await, trial.worker_id()] {
        check_lost(&trial, Claim { worker, ..claim }, Some(&task)).await;
    }
}

/// A revision that the task has not come to, the largest among them.
pub async fn a_revision_from_the_future_writes_nothing(trial: Trial) {
    let (task, claim) = claimed(&trial).await;
    for revision in [
        task.revision + 1,
        i64::MAX as u64,
        i64::MAX as u64 + 1,
        u64::MAX,
        0,
    ] {
        check_lost(&trial, Claim { revision, ..claim }, Some(&task)).await;
    }
}

/// After the row is gone.
pub async fn after_a_delete_the_claim_writes_nothing(trial: Trial) {
    let (task, zombie) = claimed(&trial).await;
    trial.store.cancel(task.id, None).await.expect("it is processing");
    trial.store.delete(task.id, None).await.expect("it is cancelled");
    check_lost(&trial, zombie, None).await;
}

/// A task under a claim, every field of it filled.
async fn claimed(trial: &Trial) -> (Task, Claim) {
    let task = trial.rich(Status::Processing).await;
    let claim = task.claim().expect("it is processing");
    (task, claim)
}

async fn counter_of(trial: &Trial, claim: Claim) -> u64 {
    let rows = trial.store.workers(0).await.expect("workers succeeds");
    let row = rows.into_iter().find(|row| row.worker == claim.worker);
    row.expect("the worker has a row").counter
}

/// Sends a finish of each outcome, a checkpoint and a beat with later progress: each names the claim lost, and the row stays.
async fn check_lost(trial: &Trial, claim: Claim, row: Option<&Task>) {
    for outcome in [
        complete(),
        fail(),
        crate::fixtures::retry(std::time::Duration::ZERO),
        Outcome::Release,
    ] {
        let end = Finish {
            claim,
            outcome,
            progress: Some(progress(99)),
        };
        let answer = trial.store.finish_one(end).await;
        assert!(
            answer
                .as_ref()
                .is_err_and(leyline_core::store::Error::is_claim_lost),
            "finish: {answer:?}"
        );
    }
    let answer = trial.store.checkpoint(&claim, &json(r#"{"zombie":true}"#)).await;
    assert!(
        answer
            .as_ref()
            .is_err_and(leyline_core::store::Error::is_claim_lost),
        "checkpoint: {answer:?}"
    );
    let held = Held {
        id: claim.id,
        revision: claim.revision,
        progress: Some(progress(99)),
    };
    let reply = trial.beat(claim.worker, 9, vec![held]).await;
    assert_eq!(reply.lost, [claim.id], "the beat names it lost");
    match row {
        Some(row) => trial.check_unchanged(row).await,
        None => assert_eq!(trial.store.get(claim.id).await.expect("get succeeds"), None),
    }
}

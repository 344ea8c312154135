//! Invariant 10: every verb can be sent again unchanged until the store answers, and a dropped call was made whole or not
//! at all.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt as _;
use leyline_core::store::{ClaimRequest, Dead, Error, Outcome, Rescue};
use leyline_core::{NewTask, Status, Task, TaskId, TaskStore, TaskStoreExt as _};

use crate::faulty::{Fault, FaultyStore, When};
use crate::fixtures::{complete, fail, finish, held_at, json, progress, retry};
use crate::resending::Resending;
use crate::trial::Trial;

/// A batch sent again makes nothing new.
pub async fn an_insert_sent_again_makes_nothing_new(trial: Trial) {
    let batch: Vec<NewTask> = (0..20).map(|_| trial.new_task()).collect();
    trial
        .store
        .insert(&batch[..10])
        .await
        .expect("the insert succeeds");
    for existing in [10, 20] {
        let answers = trial.store.insert(&batch).await.expect("the insert succeeds");
        let existed = answers
            .iter()
            .filter(|answer| answer.as_ref().is_ok_and(|inserted| inserted.existed));
        assert_eq!(existed.count(), existing);
        assert_eq!(
            trial
                .store
                .stats(Duration::ZERO)
                .await
                .expect("stats succeeds")
                .pending(),
            20
        );
    }
}

/// An end that took effect answers `ClaimLost` when it is sent again, and does nothing more.
pub async fn a_finish_sent_again_is_lost_and_changes_nothing(trial: Trial) {
    let later = Outcome::Snooze {
        delay: Duration::from_secs(9),
    };
    for outcome in [complete(), fail(), retry(Duration::ZERO), Outcome::Release, later] {
        let task = trial.rich(Status::Processing).await;
        let once = trial.finish(&task, outcome.clone()).await;
        trial.advance(Duration::from_secs(1)).await;
        let once = trial.row(once.id).await;
        let again = trial.store.finish_one(finish(&task, outcome)).await;
        assert!(again.expect_err("the claim is spent").is_claim_lost());
        trial.check_unchanged(&once).await;
    }
}

/// A claim sent again hands out other tasks; the first ones are named stray.
pub async fn a_claim_sent_again_takes_others_and_the_first_are_stray(trial: Trial) {
    let worker = trial.worker().await;
    let (first, second) = (trial.pending().await, trial.pending().await);
    let request = ClaimRequest {
        limit: 1,
        ..trial.request(worker, &["alpha"])
    };
    assert_eq!(trial.claim_ids(&request).await, [first.id]);
    assert_eq!(trial.claim_ids(&request).await, [second.id]);
    let second = trial.row(second.id).await;
    let stray = trial
        .beat(worker, 2, vec![crate::fixtures::held(&second)])
        .await
        .stray;
    assert_eq!(stray.iter().map(|stray| stray.id).collect::<Vec<_>>(), [first.id]);
}

/// A beat sent again is answered alike.
pub async fn a_beat_sent_again_is_answered_alike(trial: Trial) {
    let worker = trial.worker().await;
    let (task, stray) = (
        trial.processing_under(worker).await,
        trial.processing_under(worker).await,
    );
    let once = trial.beat(worker, 2, vec![held_at(&task, progress(3))]).await;
    let row = trial.row(task.id).await;
    assert_eq!(
        trial.beat(worker, 2, vec![held_at(&task, progress(3))]).await,
        once
    );
    assert_eq!(once.stray[0].id, stray.id);
    trial.check_unchanged(&row).await;
    let rows = trial.store.workers(0).await.expect("workers succeeds");
    assert_eq!((rows.len(), rows[0].counter), (1, 2));
}

/// A checkpoint sent again is kept again.
pub async fn a_checkpoint_sent_again_is_kept(trial: Trial) {
    let task = trial.processing().await;
    let claim = task.claim().expect("it is processing");
    for _ in 0..2 {
        trial
            .store
            .checkpoint(&claim, &json("[1]"))
            .await
            .expect("the claim holds");
    }
    let row = trial.row(task.id).await;
    assert_eq!((row.checkpoint, row.revision), (Some(json("[1]")), task.revision));
}

/// A rescue sent again frees nothing more, and no task a second time, also where its new worker has a row.
pub async fn a_rescue_sent_again_frees_nothing_more(trial: Trial) {
    let worker = trial.worker().await;
    let task = trial.processing_under(worker).await;
    assert_eq!(trial.rescue(&[(worker, 1)], 3).await.tasks.len(), 1);
    assert_eq!(trial.rescue(&[(worker, 1)], 3).await.tasks, []);
    let again = trial.claim(trial.worker().await, &task).await.task;
    assert_eq!(trial.rescue(&[(worker, 1)], 3).await.tasks, []);
    trial.check_unchanged(&again).await;
}

/// A cancel sent again: the cancelled task, or, where a revision was expected, that it has moved on, with the task.
pub async fn a_cancel_sent_again_changes_nothing(trial: Trial) {
    let task = trial.processing().await;
    let once = trial
        .store
        .cancel(task.id, Some(task.revision))
        .await
        .expect("it is processing");
    check_moved_on(trial.store.cancel(task.id, Some(task.revision)).await, &once);
    assert_eq!(
        trial.store.cancel(task.id, None).await.expect("it is cancelled"),
        once
    );
    trial.check_unchanged(&once).await;
}

/// A requeue sent again begins no second run, not even after the first has failed again: that is what `expected` is for.
pub async fn a_requeue_sent_again_begins_no_second_run(trial: Trial) {
    let task = trial.in_status(Status::Failed).await;
    let once = trial
        .store
        .requeue(task.id, Some(task.revision))
        .await
        .expect("it has failed");
    check_moved_on(trial.store.requeue(task.id, Some(task.revision)).await, &once);
    let again = trial
        .store
        .requeue(task.id, None)
        .await
        .expect_err("it is pending");
    assert_eq!(again.current(), Some(&once));
    let claimed = trial.claim(trial.worker().await, &task).await.task;
    let failed = trial.finish(&claimed, fail()).await;
    check_moved_on(trial.store.requeue(task.id, Some(task.revision)).await, &failed);
    trial.check_unchanged(&failed).await;
}

/// A delete sent again hears that the task is gone; a prune finds nothing more.
pub async fn a_delete_or_prune_sent_again_finds_nothing(trial: Trial) {
    let task = trial.in_status(Status::Completed).await;
    trial
        .store
        .delete(task.id, Some(task.revision))
        .await
        .expect("it is completed");
    for expected in [Some(task.revision), None] {
        let again = trial.store.delete(task.id, expected).await;
        assert!(again.expect_err("it is gone").is_not_found());
    }
    trial.in_status(Status::Completed).await;
    trial.advance(Duration::from_secs(1)).await;
    for found in [1, 0] {
        let pruned = trial
            .store
            .prune(Duration::from_secs(1), 100)
            .await
            .expect("prune succeeds");
        assert_eq!(pruned.len(), found);
    }
}

/// A whole life in which every answer is lost once, and every call is sent again, goes through the same states as one in
/// which none is; and so does one in which every call is lost once.
pub async fn every_verb_can_be_sent_again_until_the_store_answers(trial: Trial) {
    let plain = life(&trial, Arc::clone(&trial.store)).await;
    for fault in [Fault::UnknownDone, Fault::UnknownUndone, Fault::Unavailable] {
        let faulty = Arc::new(FaultyStore::new(Arc::clone(&trial.store)));
        for method in crate::Method::ALL {
            faulty.plan(method, fault, When::EveryOther);
        }
        let stormy = life(
            &trial,
            Arc::new(Resending::new(Arc::clone(&faulty) as Arc<dyn TaskStore>)),
        )
        .await;
        assert_eq!(stormy, plain, "{fault:?}");
        let used = crate::Method::ALL
            .into_iter()
            .filter(|method| faulty.faults(*method) > 0);
        assert!(used.count() >= 9, "{fault:?}: every verb failed at least once");
    }
}

/// A call that is dropped in mid-flight was made whole or not at all, and sending it again finds out.
pub async fn a_dropped_call_is_made_whole_or_not_at_all(trial: Trial) {
    let store = &trial.store;
    for _ in 0..20 {
        let new = [trial.new_task()];
        drop(store.insert(&new).now_or_never());
        store
            .insert_one(new[0].clone())
            .await
            .expect("it is the same request");
        let task = trial
            .claim(trial.worker().await, &trial.row(new[0].id).await)
            .await
            .task;
        let claim = task.claim().expect("it is processing");
        drop(store.checkpoint(&claim, &json("[1]")).now_or_never());
        store
            .checkpoint(&claim, &json("[1]"))
            .await
            .expect("the claim holds");
        let end = [finish(&task, fail())];
        drop(store.finish(&end).now_or_never());
        drop(store.finish(&end).await.expect("the call as a whole succeeds"));
        let failed = trial.row(task.id).await;
        assert_eq!(
            (failed.status, failed.revision, failed.history.len()),
            (Status::Failed, 3, 1)
        );
        drop(store.requeue(task.id, Some(3)).now_or_never());
        drop(store.requeue(task.id, Some(3)).await);
        assert_eq!(trial.row(task.id).await.revision, 4);
        drop(store.cancel(task.id, Some(4)).now_or_never());
        drop(store.cancel(task.id, Some(4)).await);
        assert_eq!(trial.row(task.id).await.revision, 5);
        drop(store.delete(task.id, Some(5)).now_or_never());
        drop(store.delete(task.id, Some(5)).await);
        assert_eq!(store.get(task.id).await.expect("get succeeds"), None);
    }
}

/// What a resent life must have in common with a plain one, at one moment.
type State = (Status, u64, u32, u32, u64, bool, usize);

/// One task through every verb, by `store`; its rows are read past it.
async fn life(trial: &Trial, store: Arc<dyn TaskStore>) -> Vec<State> {
    let mut states = Vec::new();
    let worker = trial.worker().await;
    let new = trial.new_task();
    let id = store
        .insert_one(new)
        .await
        .expect("the insert is answered")
        .task
        .id;
    let request = ClaimRequest {
        ids: vec![id],
        ..trial.request(worker, &["alpha"])
    };
    states.push(state(trial, id).await);

    store.claim(&request).await.expect("the claim is answered");
    let claimed = trial.row(id).await;
    states.push(state(trial, id).await);
    let claim = claimed.claim().expect("it was claimed");
    store
        .checkpoint(&claim, &json("[1]"))
        .await
        .expect("the claim holds");
    let mut beat = trial.beat_of(worker, 2);
    beat.held.push(held_at(&claimed, progress(4)));
    let reply = store.beat(&beat).await.expect("the beat is answered");
    assert_eq!((reply.lost, reply.stray), (vec![], vec![]));
    states.push(state(trial, id).await);

    settle(store.finish_one(finish(&claimed, retry(Duration::ZERO))).await);
    states.push(state(trial, id).await);
    store.claim(&request).await.expect("the claim is answered");
    let dead = vec![Dead { worker, counter: 2 }];
    let rescue = Rescue {
        dead,
        max_rescues: 3,
        limit: 10,
    };
    store.rescue(&rescue).await.expect("the rescue is answered");
    states.push(state(trial, id).await);
    settle(store.cancel(id, None).await);
    states.push(state(trial, id).await);
    settle(store.requeue(id, None).await);
    states.push(state(trial, id).await);

    store
        .beat(&trial.beat_of(worker, 3))
        .await
        .expect("the beat is answered");
    store.claim(&request).await.expect("the claim is answered");
    settle(store.finish_one(finish(&trial.row(id).await, complete())).await);
    states.push(state(trial, id).await);
    settle(store.delete(id, None).await);
    assert_eq!(store.get(id).await.expect("get is answered"), None);
    states
}

async fn state(trial: &Trial, id: TaskId) -> State {
    let row = trial.row(id).await;
    let kept = row.checkpoint.is_some();
    (
        row.status,
        row.revision,
        row.attempt,
        row.rescues,
        row.progress.tick,
        kept,
        row.history.len(),
    )
}

/// The answer to a call that may have been sent before: it was done now, or it had been done already.
fn settle(answer: leyline_core::store::Result<Task>) {
    match answer {
        Ok(_) | Err(Error::ClaimLost { .. } | Error::WrongStatus { .. } | Error::NotFound { .. }) => {}
        Err(other) => panic!("the store answers, not {other:?}"),
    }
}

#[track_caller]
fn check_moved_on(answer: leyline_core::store::Result<Task>, row: &Task) {
    match answer {
        Err(Error::WrongRevision { task }) => assert_eq!(*task, *row),
        other => panic!("the task has moved on, not {other:?}"),
    }
}

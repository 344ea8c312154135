//! Races: many callers, and what must hold of all their answers together.

use std::collections::BTreeSet;
use std::sync::Arc;

use leyline_core::store::{ClaimRequest, Dead, Finish, Outcome, Rescue};
use leyline_core::{Claim, NewTask, Status, TaskId, TaskStore, TaskStoreExt as _};

use crate::fixtures::{complete, finish, held, held_at, progress};
use crate::trial::Trial;

/// Sixteen workers claim in batches: no task is handed out twice, and none is left.
pub async fn sixteen_workers_never_get_a_task_twice(trial: Trial) {
    let batch: Vec<NewTask> = (0..800).map(|_| trial.new_task()).collect();
    trial.store.insert(&batch).await.expect("the insert succeeds");
    let mut requests = Vec::new();
    for _ in 0..16 {
        requests.push(ClaimRequest {
            limit: 7,
            ..trial.request(trial.worker().await, &["alpha"])
        });
    }
    let answers = trial
        .race(16, |i| {
            claim_until_empty(Arc::clone(&trial.store), requests[i].clone())
        })
        .await;
    let claims: Vec<Claim> = answers.concat();
    let ids: BTreeSet<TaskId> = claims.iter().map(|claim| claim.id).collect();
    assert_eq!((claims.len(), ids.len()), (800, 800));
    for claim in claims {
        assert_eq!(
            trial.row(claim.id).await.claim(),
            Some(claim),
            "the row is under whoever got it"
        );
    }
}

/// Claimed and given back over and over: no task is ever handed out twice at one revision.
pub async fn no_revision_is_handed_out_twice(trial: Trial) {
    let batch: Vec<NewTask> = (0..30).map(|_| trial.new_task()).collect();
    trial.store.insert(&batch).await.expect("the insert succeeds");
    let mut requests = Vec::new();
    for _ in 0..8 {
        requests.push(ClaimRequest {
            limit: 4,
            ..trial.request(trial.worker().await, &["alpha"])
        });
    }
    let answers = trial
        .race(8, |i| {
            claim_and_release(Arc::clone(&trial.store), requests[i].clone(), 25)
        })
        .await;
    let claims: Vec<(TaskId, u64)> = answers.concat();
    let unique: BTreeSet<_> = claims.iter().copied().collect();
    assert_eq!(unique.len(), claims.len());
    let revisions: u64 = claims.len() as u64 * 2 + 30;
    let mut total = 0;
    for new in &batch {
        let row = trial.row(new.id).await;
        assert_eq!((row.status, row.attempt), (Status::Pending, 0));
        total += row.revision;
    }
    assert_eq!(
        total, revisions,
        "each claim and each release raised one revision by one"
    );
}

/// A finish and a cancel at once: one of them wins, and both are told which.
pub async fn of_a_finish_and_a_cancel_one_wins(trial: Trial) {
    for _ in 0..40 {
        let task = trial.processing().await;
        let answers = trial
            .race(2, |i| {
                let (store, end) = (Arc::clone(&trial.store), finish(&task, complete()));
                async move {
                    match i {
                        0 => store.finish_one(end).await,
                        _ => store.cancel(end.claim.id, None).await,
                    }
                }
            })
            .await;
        let row = trial.row(task.id).await;
        assert_eq!(row.revision, task.revision + 1);
        match <[_; 2]>::try_from(answers).expect("there were two") {
            [Ok(finished), Err(refused)] => {
                assert_eq!((&finished, refused.current()), (&row, Some(&row)));
                assert_eq!(row.status, Status::Completed);
            }
            [Err(lost), Ok(cancelled)] => {
                assert!(lost.is_claim_lost(), "{lost:?}");
                assert_eq!((cancelled, row.status), (row.clone(), Status::Cancelled));
            }
            both => panic!("one of them wins: {both:?}"),
        }
    }
}

/// A claim and a cancel at once: the task ends cancelled, after one change or after two, and whoever claimed it learns that
/// it is lost.
pub async fn a_claim_beside_a_cancel_ends_cancelled(trial: Trial) {
    let worker = trial.worker().await;
    for counter in 2..40 {
        let task = trial.pending().await;
        let request = trial.request(worker, &["alpha"]);
        let claims = trial
            .race(2, |i| {
                let (store, request, id) = (Arc::clone(&trial.store), request.clone(), task.id);
                async move {
                    if i == 0 {
                        store.cancel(id, None).await.expect("it is live");
                        return Vec::new();
                    }
                    store.claim(&request).await.expect("the claim succeeds")
                }
            })
            .await
            .concat();
        let row = trial.row(task.id).await;
        assert_eq!((row.status, row.worker), (Status::Cancelled, None));
        assert_eq!(row.revision, 2 + claims.len() as u64);
        let held = claims.iter().map(|claimed| held(&claimed.task)).collect();
        let reply = trial.beat(worker, counter, held).await;
        assert_eq!((reply.lost.len(), reply.stray), (claims.len(), vec![]));
    }
}

/// Sixteen beats of one worker at once, in no order: the newest counter and the latest tick stay.
pub async fn of_sixteen_beats_the_newest_stays(trial: Trial) {
    for _ in 0..10 {
        let worker = trial.worker().await;
        let task = trial.processing_under(worker).await;
        trial
            .race(16, |i| {
                let store = Arc::clone(&trial.store);
                let mut beat = trial.beat_of(worker, 2 + i as u64);
                let tick = 1 + (i as u64 * 7) % 16;
                beat.held.push(held_at(&task, progress(tick)));
                async move { store.beat(&beat).await.expect("the beat succeeds") }
            })
            .await;
        let rows = trial.store.workers(0).await.expect("workers succeeds");
        let row = rows
            .iter()
            .find(|row| row.worker == worker)
            .expect("it has a row");
        assert_eq!((row.counter, row.running), (17, 1));
        assert_eq!(trial.row(task.id).await.progress, progress(16));
        trial.store.cancel(task.id, None).await.expect("it is processing");
    }
}

/// Claims beside the rescue of their worker: when both have been answered, no task is processing under a worker without a
/// row.
pub async fn a_claim_beside_a_rescue_strands_nothing(trial: Trial) {
    for _ in 0..100 {
        let worker = trial.worker().await;
        let tasks = [trial.pending().await, trial.pending().await];
        let request = trial.request(worker, &["alpha"]);
        trial
            .race(3, |i| {
                let (store, request) = (Arc::clone(&trial.store), request.clone());
                async move {
                    match i {
                        0 => drop(store.rescue(&of(worker)).await.expect("the rescue succeeds")),
                        _ => drop(store.claim(&request).await.expect("the claim succeeds")),
                    }
                }
            })
            .await;
        for task in tasks {
            let row = trial.row(task.id).await;
            assert_eq!(
                (row.status, row.worker),
                (Status::Pending, None),
                "it was freed, or never claimed"
            );
            trial.store.cancel(task.id, None).await.expect("it is pending");
        }
    }
}

/// A beat beside its own worker's rescue: either the row was kept and nothing freed, or the beat, or the next one, names
/// what is lost. Nothing is lost unsaid.
pub async fn a_beat_beside_its_own_rescue_loses_nothing_unsaid(trial: Trial) {
    for _ in 0..60 {
        let worker = trial.worker().await;
        let task = trial.processing_under(worker).await;
        trial
            .race(2, |i| {
                let store = Arc::clone(&trial.store);
                let mut beat = trial.beat_of(worker, 2);
                beat.held.push(held(&task));
                async move {
                    match i {
                        0 => drop(store.rescue(&of(worker)).await.expect("the rescue succeeds")),
                        _ => drop(store.beat(&beat).await.expect("the beat succeeds")),
                    }
                }
            })
            .await;
        let row = trial.row(task.id).await;
        let reply = trial.beat(worker, 3, vec![held(&task)]).await;
        let lost = row.claim() != task.claim();
        assert_eq!(reply.lost, if lost { vec![task.id] } else { vec![] });
        assert_eq!(reply.stray, []);
        trial.store.cancel(task.id, None).await.expect("it is live");
    }
}

fn of(worker: leyline_core::WorkerId) -> Rescue {
    Rescue {
        dead: vec![Dead { worker, counter: 1 }],
        max_rescues: 9,
        limit: 1_000,
    }
}

async fn claim_until_empty(store: Arc<dyn TaskStore>, request: ClaimRequest) -> Vec<Claim> {
    let mut claims = Vec::new();
    loop {
        let batch = store.claim(&request).await.expect("the claim succeeds");
        assert!(batch.len() <= request.limit as usize);
        if batch.is_empty() {
            return claims;
        }
        claims.extend(batch.iter().filter_map(|claimed| claimed.task.claim()));
    }
}

async fn claim_and_release(
    store: Arc<dyn TaskStore>,
    request: ClaimRequest,
    rounds: usize,
) -> Vec<(TaskId, u64)> {
    let mut claims = Vec::new();
    for _ in 0..rounds {
        let batch = store.claim(&request).await.expect("the claim succeeds");
        claims.extend(
            batch
                .iter()
                .map(|claimed| (claimed.task.id, claimed.task.revision)),
        );
        let ends: Vec<Finish> = batch
            .iter()
            .map(|claimed| finish(&claimed.task, Outcome::Release))
            .collect();
        for answer in store.finish(&ends).await.expect("the finish succeeds") {
            answer.expect("the claim holds");
        }
    }
    claims
}

//! Claim: what it sets, and who gets what.

use std::collections::BTreeSet;
use std::time::Duration;

use leyline_core::store::{ClaimRequest, Outcome};
use leyline_core::transition::Change;
use leyline_core::{Progress, Status, Task, TaskId};

use crate::columns::changed;
use crate::fixtures::{fail, kind, progress};
use crate::trial::Trial;

/// Attempt + 1, the worker is set, the progress goes (handed to the code), everything else stays.
pub async fn claim_sets_clears_and_keeps_what_the_table_says(trial: Trial) {
    let task = trial.rich_pending().await;
    let worker = trial.worker().await;
    let before = trial.before(task.id).await;
    let claimed = trial.claim(worker, &task).await;
    let columns = [
        "status",
        "revision",
        "attempt",
        "progress",
        "worker",
        "updated_at",
    ];
    trial
        .check(&before, &claimed.task, Change::Claim { worker }, &columns)
        .await;
    assert_eq!(claimed.task.status, Status::Processing);
    assert_eq!(claimed.task.attempt, before.task.attempt + 1);
    assert_eq!(claimed.task.worker, Some(worker));
    assert_eq!(claimed.task.progress, Progress::default());
    assert_eq!(claimed.previous_progress, progress(5));
    assert!(claimed.task.checkpoint.is_some() && claimed.task.started_at.is_some());
}

/// `started_at` is when the run was first claimed.
pub async fn the_first_claim_of_a_run_sets_started_at(trial: Trial) {
    let task = trial.pending().await;
    let worker = trial.worker().await;
    let before = trial.before(task.id).await;
    let claimed = trial.claim(worker, &task).await;
    let columns = [
        "status",
        "revision",
        "attempt",
        "worker",
        "started_at",
        "updated_at",
    ];
    trial
        .check(&before, &claimed.task, Change::Claim { worker }, &columns)
        .await;
    trial
        .check_time("started_at", claimed.task.started_at, &before)
        .await;
    assert_eq!(claimed.previous_progress, Progress::default());
}

/// Only pending tasks are handed out.
pub async fn only_pending_tasks_are_handed_out(trial: Trial) {
    let worker = trial.worker().await;
    for status in Status::ALL
        .into_iter()
        .filter(|status| *status != Status::Pending)
    {
        let task = trial.in_status(status).await;
        let by_kind = trial.request(worker, &["alpha"]);
        let by_id = ClaimRequest {
            ids: vec![task.id],
            ..by_kind.clone()
        };
        assert_eq!(trial.claim_ids(&by_kind).await, [], "{status}");
        assert_eq!(trial.claim_ids(&by_id).await, [], "{status}");
        trial.check_unchanged(&task).await;
    }
}

/// A task is not handed out before its `run_at`, by the store's clock, neither by kind nor by id.
pub async fn a_task_is_not_handed_out_before_it_is_due(trial: Trial) {
    let worker = trial.worker().await;
    let mut new = trial.new_task();
    new.delay = Duration::from_mins(10);
    let task = trial.insert(new).await;
    let by_kind = trial.request(worker, &["alpha"]);
    let by_id = ClaimRequest {
        ids: vec![task.id],
        ..by_kind.clone()
    };
    for seconds in [0, 300, 200] {
        trial.advance(Duration::from_secs(seconds)).await;
        assert_eq!(trial.claim_ids(&by_kind).await, []);
        assert_eq!(trial.claim_ids(&by_id).await, []);
    }
    trial.advance(Duration::from_secs(100)).await;
    assert_eq!(trial.claim_ids(&by_kind).await, [task.id]);
}

/// Delayed tasks of a higher priority don't stand in the way of one that is due.
pub async fn delayed_tasks_hold_nobody_up(trial: Trial) {
    let worker = trial.worker().await;
    for _ in 0..20 {
        let mut new = trial.new_task();
        (new.priority, new.delay) = (9, Duration::from_mins(10));
        trial.insert(new).await;
    }
    let due = trial.pending().await;
    let request = ClaimRequest {
        limit: 1,
        ..trial.request(worker, &["alpha"])
    };
    assert_eq!(trial.claim_ids(&request).await, [due.id]);
}

/// A worker without a row gets nothing, by kind or by id.
pub async fn a_worker_without_a_row_gets_nothing(trial: Trial) {
    let task = trial.pending().await;
    let stranger = trial.worker_id();
    let by_kind = trial.request(stranger, &["alpha"]);
    let by_id = ClaimRequest {
        ids: vec![task.id],
        ..by_kind.clone()
    };
    trial.worker().await;
    assert_eq!(trial.claim_ids(&by_kind).await, []);
    assert_eq!(trial.claim_ids(&by_id).await, []);
    trial.check_unchanged(&task).await;
    trial.beat(stranger, 1, Vec::new()).await;
    assert_eq!(trial.claim_ids(&by_kind).await, [task.id]);
}

/// Other kinds than the wanted ones are not taken; names are compared whole and byte by byte.
pub async fn only_wanted_kinds_are_taken(trial: Trial) {
    let worker = trial.worker().await;
    for name in ["alpha", "Alpha", "alpha.", "alph", "beta"] {
        let mut new = trial.new_task();
        new.kind = kind(name);
        trial.insert(new).await;
    }
    let beta = claimed_kinds(&trial, &trial.request(worker, &["beta", "gamma"])).await;
    assert_eq!(beta, ["beta"]);
    let alpha = claimed_kinds(&trial, &trial.request(worker, &["alpha"])).await;
    assert_eq!(alpha, ["alpha"]);
    assert_eq!(
        trial.claim_ids(&trial.request(worker, &[])).await,
        [],
        "who wants nothing gets nothing"
    );
}

/// Most tasks of each kind.
pub async fn a_kind_gets_no_more_than_its_slots(trial: Trial) {
    let worker = trial.worker().await;
    insert_of(&trial, "alpha", 5, 5).await;
    insert_of(&trial, "beta", 5, 5).await;
    insert_of(&trial, "gamma", 5, 5).await;
    let mut request = trial.request(worker, &["alpha", "beta", "gamma"]);
    for (want, slots) in request.wants.iter_mut().zip([2, 0, 9]) {
        want.slots = slots;
    }
    let kinds = claimed_kinds(&trial, &request).await;
    assert_eq!(
        kinds,
        ["alpha", "alpha", "gamma", "gamma", "gamma", "gamma", "gamma"]
    );
}

/// Most tasks in all, over several kinds: the best of them, whatever their kind.
pub async fn a_limit_over_several_kinds_takes_the_best_of_all(trial: Trial) {
    let worker = trial.worker().await;
    let middle = insert_of(&trial, "alpha", 3, 5).await;
    let low = insert_of(&trial, "beta", 3, 1).await;
    let high = insert_of(&trial, "gamma", 3, 9).await;
    let request = ClaimRequest {
        limit: 4,
        ..trial.request(worker, &["alpha", "beta", "gamma"])
    };
    assert_eq!(
        trial.claim_ids(&request).await,
        [high[0], high[1], high[2], middle[0]]
    );
    assert_eq!(
        trial.claim_ids(&request).await,
        [middle[1], middle[2], low[0], low[1]]
    );
    assert_eq!(trial.claim_ids(&request).await, [low[2]]);
    assert_eq!(trial.claim_ids(&request).await, []);
}

/// A limit of zero takes nothing.
pub async fn a_limit_of_zero_takes_nothing(trial: Trial) {
    let worker = trial.worker().await;
    let task = trial.pending().await;
    let request = ClaimRequest {
        limit: 0,
        ..trial.request(worker, &["alpha"])
    };
    assert_eq!(trial.claim_ids(&request).await, []);
    trial.check_unchanged(&task).await;
}

/// A kind that is named twice counts with its last number.
pub async fn a_kind_named_twice_counts_with_its_last_number(trial: Trial) {
    let worker = trial.worker().await;
    insert_of(&trial, "alpha", 6, 5).await;
    for (first, last) in [(5, 2), (1, 3)] {
        let mut request = trial.request(worker, &["alpha", "alpha"]);
        (request.wants[0].slots, request.wants[1].slots) = (first, last);
        assert_eq!(
            trial.claim_ids(&request).await.len(),
            last as usize,
            "{first}, then {last}"
        );
    }
}

/// Where ids are given only those are taken, each at most once, and every other bound still holds.
pub async fn of_named_tasks_only_those_are_taken(trial: Trial) {
    let worker = trial.worker().await;
    let ids = insert_of(&trial, "alpha", 6, 5).await;
    let foreign = insert_of(&trial, "beta", 1, 5).await;
    let mut delayed = trial.new_task();
    delayed.delay = Duration::from_mins(1);
    let delayed = trial.insert(delayed).await;
    let request = ClaimRequest {
        ids: vec![
            ids[4],
            foreign[0],
            ids[1],
            ids[4],
            trial.task_id(),
            delayed.id,
            ids[3],
        ],
        ..trial.request(worker, &["alpha"])
    };
    let limited = ClaimRequest {
        limit: 2,
        ..request.clone()
    };
    assert_eq!(
        trial.claim_ids(&limited).await,
        [ids[1], ids[3]],
        "in the order of claims"
    );
    assert_eq!(trial.claim_ids(&request).await, [ids[4]]);
    assert_eq!(trial.claim_ids(&request).await, []);
    let mut slotless = ClaimRequest {
        ids: vec![ids[0]],
        ..trial.request(worker, &["alpha"])
    };
    slotless.wants[0].slots = 0;
    assert_eq!(trial.claim_ids(&slotless).await, []);
}

/// A claim takes a batch whole, and each task once.
pub async fn a_large_batch_is_claimed_at_once(trial: Trial) {
    let worker = trial.worker().await;
    let ids = insert_of(&trial, "alpha", 500, 5).await;
    let claimed = trial.claim_ids(&trial.request(worker, &["alpha"])).await;
    assert_eq!(claimed, ids);
    assert_eq!(trial.claim_ids(&trial.request(worker, &["alpha"])).await, []);
}

/// The whole of a run, attempt by attempt, changes only what the single verbs do.
pub async fn a_second_run_starts_its_times_anew(trial: Trial) {
    let task = trial.processing().await;
    let failed = trial.finish(&task, fail()).await;
    trial
        .store
        .requeue(task.id, Some(failed.revision))
        .await
        .expect("it has failed");
    let worker = trial.worker().await;
    let before = trial.before(task.id).await;
    let again = trial.claim(worker, &task).await.task;
    assert_eq!(again.attempt, 1, "the first attempt of a new run");
    trial.check_time("started_at", again.started_at, &before).await;
    let released = trial.finish(&again, Outcome::Release).await;
    assert_eq!(
        changed(&before.task, &released),
        ["revision", "started_at", "updated_at"]
    );
}

async fn claimed_kinds(trial: &Trial, request: &ClaimRequest) -> Vec<String> {
    let claimed = trial.claim_all(request).await;
    let ids: BTreeSet<TaskId> = claimed.iter().map(|claimed| claimed.task.id).collect();
    assert_eq!(ids.len(), claimed.len(), "none is handed out twice");
    let mut kinds: Vec<String> = claimed
        .iter()
        .map(|claimed| claimed.task.kind.to_string())
        .collect();
    kinds.sort();
    kinds
}

/// Inserts `n` tasks of a kind; their ids, the oldest first.
async fn insert_of(trial: &Trial, name: &str, n: usize, priority: u8) -> Vec<TaskId> {
    let mut batch = Vec::with_capacity(n);
    for _ in 0..n {
        let mut new = trial.new_task();
        (new.kind, new.priority) = (kind(name), priority);
        batch.push(new);
    }
    let answers = trial.store.insert(&batch).await.expect("the insert succeeds");
    let tasks: Vec<Task> = answers
        .into_iter()
        .map(|answer| answer.expect("it is new").task)
        .collect();
    tasks.iter().map(|task| task.id).collect()
}

//! Claim: in which order.

use std::time::Duration;

use leyline_core::store::{ClaimRequest, Outcome};
use leyline_core::{NewTask, Task, TaskId};

use crate::fixtures::{kind, retry};
use crate::trial::Trial;

/// By priority, high first; then `run_at`; then id. Inserted in no such order, and over two kinds.
pub async fn order_is_by_priority_then_run_at_then_id(trial: Trial) {
    let worker = trial.worker().await;
    let mut tasks = Vec::new();
    for i in 0..60_u64 {
        let mut new = trial.new_task();
        new.kind = kind(if i % 3 == 0 { "alpha" } else { "beta" });
        new.priority = u8::try_from((i * 7) % 10).expect("it is below ten");
        new.delay = Duration::from_secs((i * 11) % 4);
        tasks.push(new);
    }
    tasks.reverse();
    let answers = trial.store.insert(&tasks).await.expect("the insert succeeds");
    let mut rows: Vec<Task> = answers
        .into_iter()
        .map(|answer| answer.expect("it is new").task)
        .collect();
    trial.advance(Duration::from_secs(4)).await;
    rows.sort_by_key(|task| (std::cmp::Reverse(task.priority), task.run_at, task.id));
    let expected: Vec<TaskId> = rows.iter().map(|task| task.id).collect();
    let mut claimed = Vec::new();
    let request = ClaimRequest {
        limit: 7,
        ..trial.request(worker, &["alpha", "beta"])
    };
    while claimed.len() < expected.len() {
        let batch = trial.claim_ids(&request).await;
        assert!(
            !batch.is_empty(),
            "{} of {} were handed out",
            claimed.len(),
            expected.len()
        );
        claimed.extend(batch);
    }
    assert_eq!(claimed, expected);
}

/// A higher priority goes first, however late it came.
pub async fn a_higher_priority_goes_first(trial: Trial) {
    let old = trial.pending().await;
    trial.advance(Duration::from_mins(1)).await;
    let high = trial.insert(with_priority(trial.new_task(), 9)).await;
    let low = trial.insert(with_priority(trial.new_task(), 0)).await;
    check_order(&trial, &[high.id, old.id, low.id]).await;
}

/// Of one priority, who has been due for longer goes first, whatever the ids say.
pub async fn an_earlier_run_at_goes_before_a_lower_id(trial: Trial) {
    let mut late = trial.new_task();
    late.delay = Duration::from_secs(30);
    let late = trial.insert(late).await;
    let early = trial.pending().await;
    trial.advance(Duration::from_mins(1)).await;
    check_order(&trial, &[early.id, late.id]).await;
}

/// Of one priority and one `run_at`, the older one by id goes first, whichever was inserted first.
pub async fn of_one_run_at_the_lower_id_goes_first(trial: Trial) {
    let tasks: Vec<NewTask> = (0..5).map(|_| trial.new_task()).collect();
    let shuffled = [3, 0, 4, 2, 1].map(|i| tasks[i].clone());
    let answers = trial.store.insert(&shuffled).await.expect("the insert succeeds");
    let rows: Vec<Task> = answers
        .into_iter()
        .map(|answer| answer.expect("it is new").task)
        .collect();
    assert!(
        rows.iter().all(|task| task.run_at == rows[0].run_at),
        "a batch is inserted at one time"
    );
    let ids: Vec<TaskId> = tasks.iter().map(|task| task.id).collect();
    check_order(&trial, &ids).await;
}

/// A task that was given back keeps its place; one that is to wait goes behind.
pub async fn a_released_task_keeps_its_place(trial: Trial) {
    let first = trial.processing().await;
    let second = trial.processing().await;
    trial.advance(Duration::from_secs(5)).await;
    let third = trial.pending().await;
    trial.finish(&first, retry(Duration::ZERO)).await;
    trial.finish(&second, Outcome::Release).await;
    trial.advance(Duration::from_secs(1)).await;
    let mut ids = [first.id, third.id];
    ids.sort();
    let claimed = trial
        .claim_ids(&trial.request(trial.worker().await, &["alpha"]))
        .await;
    assert_eq!(claimed[0], second.id, "it was due first");
    let mut rest = claimed[1..].to_vec();
    rest.sort();
    assert_eq!(rest, ids, "both became due at that later time");
}

async fn check_order(trial: &Trial, ids: &[TaskId]) {
    let request = trial.request(trial.worker().await, &["alpha"]);
    assert_eq!(trial.claim_ids(&request).await, ids);
}

fn with_priority(mut new: NewTask, priority: u8) -> NewTask {
    new.priority = priority;
    new
}

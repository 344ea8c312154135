//! Workers: all rows, in id order, and what they run.

use std::time::Duration;

use leyline_core::store::{Outcome, RunningTask, WorkerRow};
use leyline_core::{NewTask, Task, TaskId, WorkerId};

use crate::fixtures::{complete, held_at, json, kind, progress, retry};
use crate::trial::Trial;

/// Nobody has beaten: no rows.
pub async fn without_beats_there_are_no_workers(trial: Trial) {
    trial.pending().await;
    assert_eq!(rows(&trial).await, []);
}

/// All rows, in id order.
pub async fn all_rows_come_in_id_order(trial: Trial) {
    let mut workers: Vec<WorkerId> = Vec::new();
    for counter in 1..=20 {
        let worker = trial.worker_id();
        trial.beat(worker, counter, Vec::new()).await;
        workers.push(worker);
    }
    let found = rows(&trial).await;
    for (counter, worker) in (1..=20).zip(&workers) {
        assert!(
            found
                .iter()
                .any(|row| row.worker == *worker && row.counter == counter)
        );
    }
    workers.sort();
    assert_eq!(found.iter().map(|row| row.worker).collect::<Vec<_>>(), workers);
}

/// How many tasks are processing under each.
pub async fn running_counts_what_is_processing_under_it(trial: Trial) {
    let (busy, idle) = (trial.worker().await, trial.worker().await);
    let mut tasks = Vec::new();
    for _ in 0..5 {
        tasks.push(trial.processing_under(busy).await);
    }
    check_running(&trial, [(busy, 5), (idle, 0)]).await;
    trial.finish(&tasks[0], complete()).await;
    trial.finish(&tasks[1], Outcome::Release).await;
    trial
        .store
        .cancel(tasks[2].id, None)
        .await
        .expect("it is processing");
    trial.claim(idle, &tasks[1]).await;
    check_running(&trial, [(busy, 2), (idle, 1)]).await;
}

/// What runs under each is listed in id order, whatever the order of the claims: its own, with their kinds, and nothing
/// that waits or has ended.
pub async fn what_runs_is_listed_in_id_order(trial: Trial) {
    let (busy, other) = (trial.worker().await, trial.worker().await);
    let mut tasks = Vec::new();
    for name in ["gamma", "alpha", "beta"] {
        let new = NewTask::new(trial.task_id(), kind(name));
        tasks.push(trial.insert(new).await);
    }
    for i in [2, 0, 1] {
        trial.claim(busy, &tasks[i]).await;
    }
    trial.pending().await;
    let others = trial.processing_under(other).await;
    let kinds = |tasks: &[RunningTask]| {
        let shown = tasks.iter().map(|task| (task.id, task.kind.to_string()));
        shown.collect::<Vec<_>>()
    };
    let expected = |task: &Task| (task.id, task.kind.to_string());
    let listed = tasks_of(&trial, busy, 10).await;
    assert_eq!(kinds(&listed), tasks.iter().map(expected).collect::<Vec<_>>());
    assert_eq!(kinds(&tasks_of(&trial, other, 10).await), [expected(&others)]);
}

/// Since when: that of its claim, not of an earlier attempt, and neither beats nor checkpoints move it.
pub async fn a_task_runs_since_its_claim(trial: Trial) {
    let worker = trial.worker().await;
    let first = trial.processing_under(worker).await;
    trial.advance(Duration::from_secs(20)).await;
    trial.finish(&first, retry(Duration::ZERO)).await;
    trial.advance(Duration::from_secs(20)).await;
    let before = trial.now().await;
    let second = trial.claim(worker, &first).await.task;
    let after = trial.now().await;
    trial.advance(Duration::from_secs(20)).await;
    trial.beat(worker, 2, vec![held_at(&second, progress(3))]).await;
    let claim = second.claim().expect("it is processing");
    let kept = trial.store.checkpoint(&claim, &json("[1]")).await;
    kept.expect("the claim holds");
    let since = tasks_of(&trial, worker, 1).await[0].since;
    assert_eq!(since, second.updated_at);
    assert!(before <= since && since <= after);
}

/// Of many, as many as were asked for are listed, those with the lowest ids; the count is exact all the same.
pub async fn no_more_is_listed_than_was_asked_for(trial: Trial) {
    let worker = trial.worker().await;
    let mut tasks = Vec::new();
    for _ in 0..5 {
        tasks.push(trial.pending().await);
    }
    for task in tasks.iter().rev() {
        trial.claim(worker, task).await;
    }
    for shown in [0, 1, 3, 5, 100, u32::MAX] {
        let row = row_of(&trial, worker, shown).await;
        let listed = 5.min(usize::try_from(shown).unwrap_or(usize::MAX));
        assert_eq!((row.running, row.tasks.len()), (5, listed));
        assert!(
            row.tasks
                .iter()
                .zip(&tasks)
                .all(|(shown, task)| shown.id == task.id)
        );
    }
}

/// What has ended, was given back or belongs to another by now has left the list.
pub async fn what_has_ended_leaves_the_list(trial: Trial) {
    let (worker, other) = (trial.worker().await, trial.worker().await);
    let mut tasks = Vec::new();
    for _ in 0..5 {
        tasks.push(trial.processing_under(worker).await);
    }
    assert_eq!(tasks_of(&trial, worker, 10).await.len(), 5);
    trial.finish(&tasks[0], complete()).await;
    trial.finish(&tasks[1], Outcome::Release).await;
    let cancelled = trial.store.cancel(tasks[3].id, None).await;
    cancelled.expect("it is processing");
    trial.finish(&tasks[4], Outcome::Release).await;
    trial.claim(other, &tasks[4]).await;
    assert_eq!(ids_of(&trial, worker).await, [tasks[2].id]);
    assert_eq!(ids_of(&trial, other).await, [tasks[4].id]);
}

async fn ids_of(trial: &Trial, worker: WorkerId) -> Vec<TaskId> {
    let tasks = tasks_of(trial, worker, 10).await;
    tasks.into_iter().map(|task| task.id).collect()
}

async fn tasks_of(trial: &Trial, worker: WorkerId, shown: u32) -> Vec<RunningTask> {
    row_of(trial, worker, shown).await.tasks
}

async fn row_of(trial: &Trial, worker: WorkerId, shown: u32) -> WorkerRow {
    let rows = trial.store.workers(shown).await.expect("workers succeeds");
    rows.into_iter()
        .find(|row| row.worker == worker)
        .expect("it has a row")
}

async fn check_running(trial: &Trial, expected: [(WorkerId, u32); 2]) {
    let rows = rows(trial).await;
    for (worker, running) in expected {
        let row = rows
            .iter()
            .find(|row| row.worker == worker)
            .expect("it has a row");
        assert_eq!(row.running, running);
    }
}

async fn rows(trial: &Trial) -> Vec<WorkerRow> {
    trial.store.workers(0).await.expect("workers succeeds")
}

//! Workers: all rows, in id order.

use leyline_core::WorkerId;
use leyline_core::store::{Outcome, WorkerRow};

use crate::fixtures::complete;
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

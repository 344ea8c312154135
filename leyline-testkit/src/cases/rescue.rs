//! Rescue: tasks of dead workers are freed.

use std::sync::Arc;

use leyline_core::store::{Dead, Rescue};
use leyline_core::transition::Change;
use leyline_core::{Status, Task, TaskId, TaskStoreExt as _, WorkerId};

use crate::fixtures::{complete, finish, held};
use crate::trial::Trial;

/// Pending again at its old place, one rescue more, the attempt given back.
pub async fn rescue_sets_clears_and_keeps_what_the_table_says(trial: Trial) {
    let columns = ["status", "revision", "attempt", "worker", "rescues", "updated_at"];
    let (before, after) = rescued(&trial, 3, &columns).await;
    assert_eq!(
        (after.status, after.worker, after.rescues),
        (Status::Pending, None, 2)
    );
    assert_eq!(after.attempt, before.attempt - 1);
    assert_eq!(after.run_at, before.run_at);
}

/// At the cap the task fails with `worker-lost` instead.
pub async fn rescue_at_the_cap_sets_clears_and_keeps_what_the_table_says(trial: Trial) {
    let columns = [
        "status",
        "revision",
        "failure",
        "history",
        "worker",
        "rescues",
        "finished_at",
        "updated_at",
    ];
    let (before, after) = rescued(&trial, 2, &columns).await;
    assert_eq!(
        (after.status, after.worker, after.rescues),
        (Status::Failed, None, 2)
    );
    assert_eq!(
        after.failure.map(|failure| failure.code).as_deref(),
        Some("worker-lost")
    );
    assert_eq!(
        after.history.last().map(|entry| entry.code.as_str()),
        Some("worker-lost")
    );
    assert_eq!(after.finished_at, Some(after.updated_at));
    assert_eq!(after.attempt, before.attempt);
}

/// A cap of `n` lets a task be freed `n - 1` times; 0 and 1 mean that it fails at the first.
pub async fn the_cap_counts_the_rescues_of_a_run(trial: Trial) {
    for (max_rescues, freed) in [(0, 0), (1, 0), (2, 1), (3, 2), (5, 4)] {
        let task = trial.pending().await;
        let mut statuses = Vec::new();
        for _ in 0..=freed {
            let worker = trial.worker().await;
            trial.claim(worker, &task).await;
            let rescued = trial.rescue(&[(worker, 1)], max_rescues).await.tasks;
            assert_eq!(rescued.len(), 1, "{max_rescues}");
            statuses.push(rescued[0].status);
        }
        let (last, others) = statuses.split_last().expect("there was one at least");
        assert_eq!(*last, Status::Failed, "{max_rescues}");
        assert!(
            others.iter().all(|status| *status == Status::Pending),
            "{max_rescues}"
        );
    }
}

/// A worker that has beaten since keeps its row and its tasks.
pub async fn a_worker_that_has_just_beaten_is_not_rescued(trial: Trial) {
    let worker = trial.worker().await;
    let task = trial.processing_under(worker).await;
    trial.beat(worker, 2, vec![held(&task)]).await;
    let rescued = trial.rescue(&[(worker, 1)], 3).await;
    assert_eq!((rescued.tasks, rescued.more), (vec![], false));
    trial.check_unchanged(&task).await;
    assert_eq!(trial.store.workers(0).await.expect("workers succeeds").len(), 1);
    trial.finish(&task, complete()).await;
}

/// Only the dead worker's tasks are freed: no other processing, pending or ended one is touched.
pub async fn nobody_elses_tasks_are_touched(trial: Trial) {
    let mut others = Vec::new();
    for status in Status::ALL {
        others.push(trial.in_status(status).await);
    }
    let worker = trial.worker().await;
    let task = trial.processing_under(worker).await;
    let rescued = trial.rescue(&[(worker, 1)], 3).await;
    assert_eq!(ids(&rescued.tasks), [task.id]);
    for other in others {
        trial.check_unchanged(&other).await;
    }
}

/// Rows of dead workers go, with tasks or without; who is not known is no error.
pub async fn dead_workers_lose_their_rows(trial: Trial) {
    let (idle, busy, alive) = (trial.worker().await, trial.worker().await, trial.worker().await);
    trial.processing_under(busy).await;
    let unknown = trial.worker_id();
    let rescued = trial.rescue(&[(idle, 1), (unknown, 1), (busy, 1)], 3).await;
    assert_eq!(rescued.tasks.len(), 1);
    let rows = trial.store.workers(0).await.expect("workers succeeds");
    assert_eq!(rows.iter().map(|row| row.worker).collect::<Vec<_>>(), [alive]);
}

/// Every processing task whose worker has no row is freed, whoever removed the row and however long ago.
pub async fn every_task_whose_worker_has_no_row_is_freed(trial: Trial) {
    let (first, second) = (trial.worker().await, trial.worker().await);
    let mut tasks = Vec::new();
    for i in 0..6 {
        tasks.push(
            trial
                .processing_under(if i % 2 == 0 { first } else { second })
                .await
                .id,
        );
    }
    let dead = [first, second].map(|worker| Dead { worker, counter: 1 });
    let none_freed = Rescue {
        dead: dead.to_vec(),
        max_rescues: 3,
        limit: 0,
    };
    let rescued = trial
        .store
        .rescue(&none_freed)
        .await
        .expect("the rescue succeeds");
    assert_eq!(rescued.tasks, []);
    let rescued = trial.rescue(&[], 3).await;
    assert_eq!(ids(&rescued.tasks), tasks);
    assert_eq!(trial.rescue(&[], 3).await.tasks, [], "each is freed once");
}

/// At most `limit` in one call, in id order, and the answer says that there may be more.
pub async fn a_rescue_goes_in_chunks_in_id_order(trial: Trial) {
    let (first, second) = (trial.worker().await, trial.worker().await);
    let mut tasks = Vec::new();
    for i in 0..5 {
        tasks.push(
            trial
                .processing_under(if i % 2 == 0 { second } else { first })
                .await
                .id,
        );
    }
    let dead = [first, second].map(|worker| Dead { worker, counter: 1 });
    let rescue = Rescue {
        dead: dead.to_vec(),
        max_rescues: 3,
        limit: 2,
    };
    for chunk in [&tasks[0..2], &tasks[2..4], &tasks[4..5]] {
        let rescued = trial.store.rescue(&rescue).await.expect("the rescue succeeds");
        assert_eq!(ids(&rescued.tasks), chunk);
        assert_eq!(rescued.more, chunk.len() == 2, "the limit was reached, or not");
    }
}

/// A rescued worker claims nothing until it beats, and that beat tells it what it lost.
pub async fn a_rescued_worker_claims_nothing_until_it_beats(trial: Trial) {
    let worker = trial.worker().await;
    let task = trial.processing_under(worker).await;
    trial.pending().await;
    trial.rescue(&[(worker, 1)], 3).await;
    let request = trial.request(worker, &["alpha"]);
    assert_eq!(trial.claim_ids(&request).await, []);
    let reply = trial.beat(worker, 2, vec![held(&task)]).await;
    assert_eq!((reply.lost, reply.stray), (vec![task.id], vec![]));
    assert_eq!(trial.claim_ids(&request).await.len(), 2);
}

/// A rescued task is due at once, for anyone.
pub async fn a_rescued_task_can_be_claimed_at_once(trial: Trial) {
    let worker = trial.worker().await;
    let task = trial.processing_under(worker).await;
    trial.rescue(&[(worker, 1)], 3).await;
    let again = trial.claim(trial.worker().await, &task).await.task;
    assert_eq!(
        (again.attempt, again.rescues),
        (1, 1),
        "the attempt was given back"
    );
    let late = trial.store.finish_one(finish(&task, complete())).await;
    assert!(late.expect_err("the claim is lost").is_claim_lost());
    trial.check_unchanged(&again).await;
}

/// Eight look at once: each task is freed once.
pub async fn eight_rescuers_free_each_task_once(trial: Trial) {
    let worker = trial.worker().await;
    let mut tasks = Vec::new();
    for _ in 0..40 {
        tasks.push(trial.processing_under(worker).await.id);
    }
    let answers = trial
        .race(8, |_| {
            let store = Arc::clone(&trial.store);
            let dead = vec![Dead { worker, counter: 1 }];
            async move {
                store
                    .rescue(&Rescue {
                        dead,
                        max_rescues: 9,
                        limit: 1_000,
                    })
                    .await
            }
        })
        .await;
    let mut freed = Vec::new();
    for answer in answers {
        freed.extend(ids(&answer.expect("the rescue succeeds").tasks));
    }
    freed.sort();
    assert_eq!(freed, tasks);
    for id in tasks {
        let row = trial.row(id).await;
        assert_eq!((row.status, row.rescues, row.revision), (Status::Pending, 1, 3));
    }
}

/// Frees a task with every field filled, after one rescue, and checks the row.
async fn rescued(trial: &Trial, max_rescues: u32, columns: &[&str]) -> (Task, Task) {
    let task = trial.rich(Status::Processing).await;
    let worker: WorkerId = task.worker.expect("it is processing");
    let before = trial.before(task.id).await;
    let after = trial.rescue(&[(worker, 2)], max_rescues).await.tasks.remove(0);
    trial
        .check(&before, &after, Change::Rescue { max_rescues }, columns)
        .await;
    (before.task, after)
}

fn ids(tasks: &[Task]) -> Vec<TaskId> {
    tasks.iter().map(|task| task.id).collect()
}

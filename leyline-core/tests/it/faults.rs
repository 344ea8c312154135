//! The worker over a store that fails: nothing is lost, nothing runs to two results, no healthy worker is called dead.

use std::sync::Arc;
use std::time::Duration;

use leyline_core::{Json, Leyline, ProcessError, Status, TaskContext, TaskId, TaskStore as _, typed};
use leyline_testkit::{Fault, FaultyStore, Method, When};
use serde_json::json;

use crate::service::{Worker, ended, faulty, submit, until};

fn service(seed: u64) -> (Arc<FaultyStore>, Leyline) {
    let (store, builder) = faulty(seed);
    let work = typed(async |cx: TaskContext, n: u64| {
        cx.progress().units(n, 100, "parts");
        tokio::time::sleep(Duration::from_millis(10 * n)).await;
        Ok::<_, ProcessError>(n)
    });
    (store, builder.processor("work", work).build().unwrap())
}

async fn submit_many(leyline: &Leyline, count: u64) -> Vec<TaskId> {
    let mut ids = Vec::new();
    for n in 0..count {
        ids.push(submit(leyline, "work", json!(n)).await);
    }
    ids
}

/// Every task ends completed at its first attempt, whatever the fault at `method`.
async fn check(seed: u64, method: Method, fault: Fault, when: When) {
    let (store, leyline) = service(seed);
    let ids = submit_many(&leyline, 20).await;
    store.plan(method, fault, when);
    let worker = Worker::start(&leyline);
    for id in &ids {
        let task = ended(&leyline, *id).await;
        assert_eq!(
            task.status,
            Status::Completed,
            "{method:?} {fault:?} {when:?}: {:?}",
            task.failure
        );
        assert_eq!(
            (task.attempt, task.rescues),
            (1, 0),
            "{method:?} {fault:?} {when:?}"
        );
    }
    assert!(store.faults(method) > 0, "{method:?} was never called");
    store.clear();
    let drained = worker.stop().await;
    assert_eq!(drained.unsettled, 0);
}

#[tokio::test(start_paused = true)]
async fn no_fault_of_a_claim_a_finish_or_a_beat_loses_a_task_or_costs_an_attempt() {
    let faults = [
        Fault::Unavailable,
        Fault::UnknownDone,
        Fault::UnknownUndone,
        Fault::SilentDone,
        Fault::SilentUndone,
    ];
    for (seed, fault) in (60..).zip(faults) {
        for method in [Method::Claim, Method::Finish, Method::Beat] {
            for when in [When::Next(1), When::EveryOther] {
                check(seed, method, fault, when).await;
            }
        }
    }
}

#[tokio::test(start_paused = true)]
async fn no_fault_of_a_checkpoint_costs_an_attempt_and_what_was_kept_last_is_there() {
    let faults = [
        Fault::Unavailable,
        Fault::UnknownDone,
        Fault::UnknownUndone,
        Fault::SilentDone,
        Fault::SilentUndone,
    ];
    for (seed, fault) in (80..).zip(faults) {
        let (store, builder) = faulty(seed);
        let steps = typed(async |cx: TaskContext, (): ()| {
            for step in 1..=5 {
                cx.checkpoint(&Json::new(&step)?).await?;
            }
            Ok::<_, ProcessError>(())
        });
        let leyline = builder.processor("steps", steps).build().unwrap();
        store.plan(Method::Checkpoint, fault, When::Next(3));
        store.plan(Method::Checkpoint, fault, When::EveryOther);
        let _worker = Worker::start(&leyline);
        let id = submit(&leyline, "steps", json!(null)).await;
        let task = ended(&leyline, id).await;
        assert_eq!(
            (task.status, task.attempt),
            (Status::Completed, 1),
            "{fault:?}: {task:?}"
        );
        assert!(store.faults(Method::Checkpoint) > 5, "{fault:?}");
        assert_eq!(task.checkpoint.unwrap().as_str(), "5", "{fault:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_checkpoint_that_the_store_never_answers_does_not_outlast_the_drain() {
    let (store, builder) = faulty(90);
    let steps = typed(async |cx: TaskContext, (): ()| {
        cx.progress().phase("keeps");
        let kept = cx.checkpoint(&Json::new(&1)?).await;
        assert!(kept.unwrap_err().is_retryable());
        assert!(cx.is_cancelled());
        Err::<(), _>(ProcessError::retryable("told to stop"))
    });
    let leyline = builder.processor("steps", steps).build().unwrap();
    store.plan(Method::Checkpoint, Fault::Unavailable, When::Always);
    let worker = Worker::start(&leyline);
    let id = submit(&leyline, "steps", json!(null)).await;
    until(&leyline, id, Status::Processing).await;
    let drained = worker.stop().await;
    assert_eq!(drained.unsettled, 0);
    let task = leyline.get(id).await.unwrap().unwrap();
    assert_eq!((task.status, task.attempt), (Status::Pending, 0), "given back");
}

#[tokio::test(start_paused = true)]
async fn an_outage_of_three_leases_convicts_nobody() {
    let (store, leyline) = service(70);
    let workers = [
        Worker::start(&leyline),
        Worker::start(&leyline),
        Worker::start(&leyline),
    ];
    let id = {
        let mut task = leyline.new_task("work").unwrap();
        task.params = leyline_core::Json::new(&60_000).unwrap();
        leyline.submit(task).await.unwrap().task.id
    };
    until(&leyline, id, Status::Processing).await;
    store.plan_all(Fault::Unavailable, When::Always);
    tokio::time::sleep(3 * leyline.options().lease_ttl).await;
    store.clear();
    let task = ended(&leyline, id).await;
    assert_eq!(
        (task.status, task.attempt, task.rescues, task.revision),
        (Status::Completed, 1, 0, 3)
    );
    for worker in workers {
        worker.stop().await;
    }
}

#[tokio::test(start_paused = true)]
async fn without_any_wake_up_tasks_run_within_the_poll() {
    let (store, leyline) = service(71);
    store.lose_wakeups();
    let _worker = Worker::start(&leyline);
    tokio::time::sleep(Duration::from_mins(1)).await;
    let before = tokio::time::Instant::now();
    let id = submit(&leyline, "work", json!(0)).await;
    ended(&leyline, id).await;
    assert!(
        before.elapsed() <= 2 * leyline.options().poll_interval,
        "{:?}",
        before.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn a_worker_without_an_acknowledged_beat_for_a_lease_claims_nothing_and_lets_its_code_run() {
    let (store, leyline) = service(72);
    let worker = Worker::start(&leyline);
    let long = submit(&leyline, "work", json!(20_000)).await;
    until(&leyline, long, Status::Processing).await;
    store.plan(Method::Beat, Fault::Unavailable, When::Always);
    tokio::time::sleep(leyline.options().lease_ttl + Duration::from_secs(1)).await;
    let late = submit(&leyline, "work", json!(0)).await;
    tokio::time::sleep(Duration::from_mins(1)).await;
    let status = store.get(late).await.unwrap().unwrap().status;
    assert_eq!(
        status,
        Status::Pending,
        "its lease is not sure: others may have freed what it would claim"
    );
    store.clear();
    let task = ended(&leyline, long).await;
    assert_eq!(
        (task.status, task.attempt, task.rescues),
        (Status::Completed, 1, 0)
    );
    assert_eq!(ended(&leyline, late).await.status, Status::Completed);
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn random_faults_everywhere_lose_nothing() {
    for seed in 80..90 {
        let (store, leyline) = service(seed);
        let ids = submit_many(&leyline, 15).await;
        for fault in [
            Fault::Unavailable,
            Fault::UnknownDone,
            Fault::UnknownUndone,
            Fault::SilentDone,
        ] {
            store.plan_all(fault, When::Odds(0.05));
        }
        let workers = [Worker::start(&leyline), Worker::start(&leyline)];
        tokio::time::sleep(Duration::from_mins(2)).await;
        store.clear();
        for id in &ids {
            let task = ended(&leyline, *id).await;
            assert_eq!((task.status, task.attempt), (Status::Completed, 1), "seed {seed}");
        }
        for worker in workers {
            assert_eq!(worker.stop().await.unsettled, 0);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_drain_ends_though_no_finish_is_ever_answered() {
    for (seed, fault) in [(92, Fault::Unavailable), (93, Fault::SilentUndone)] {
        let (store, leyline) = service(seed);
        store.plan(Method::Finish, fault, When::Always);
        let worker = Worker::start(&leyline);
        let id = submit(&leyline, "work", json!(0)).await;
        until(&leyline, id, Status::Processing).await;
        tokio::time::sleep(Duration::from_secs(5)).await;
        let before = tokio::time::Instant::now();
        let drained = worker.stop().await;
        assert!(
            before.elapsed() < Duration::from_mins(2),
            "{:?}",
            before.elapsed()
        );
        assert_eq!(drained.unsettled, 1);
        // Its row went with it: the task is free at once.
        let task = store.get(id).await.unwrap().unwrap();
        assert_eq!((task.status, task.attempt), (Status::Pending, 0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_worker_takes_its_leave_though_its_last_beats_are_lost() {
    let (store, leyline) = service(94);
    let worker = Worker::start(&leyline);
    tokio::time::sleep(Duration::from_mins(1)).await;
    store.plan(Method::Beat, Fault::UnknownUndone, When::Always);
    worker.stop().await;
    assert!(store.workers(0).await.unwrap().is_empty());
}

//! Callers with transactions of their own, and the store meanwhile: it waits, and nobody loses anything.

use std::time::Duration;

use leyline_core::{Status, TaskStore as _, TaskStoreExt as _};

use crate::given::{self, PATIENCE, beat, task, wants, worker};
use crate::service::{NEVER, Service};

#[tokio::test]
async fn the_stores_calls_wait_for_an_open_transaction_and_then_go_through() {
    let mut service = Service::new().await;
    let store = service.store.clone();
    let worker = worker();
    store.beat(&beat(worker, 1)).await.expect("a beat");
    let prepared = service.prepare(task());
    let tx = service.begin();
    store.insert_in(&tx, &prepared).expect("inserted");
    let (submit, claim) = (task(), wants(worker, 5));
    let calls = tokio::spawn({
        let (store, submit) = (store.clone(), submit.clone());
        async move {
            store.insert_one(submit).await.expect("it waits");
            store.claim(&claim).await.expect("it waits")
        }
    });
    // Reads go on, and see nothing of what is not committed.
    assert_eq!(store.get(prepared.id()).await.expect("a read"), None);
    assert_eq!(store.get(submit.id).await.expect("a read"), None);
    assert!(!calls.is_finished());
    tx.commit().expect("commits");
    let claimed = calls.await.expect("no panic");
    let ids: Vec<_> = claimed.iter().map(|claimed| claimed.task.id).collect();
    assert_eq!(ids, [prepared.id(), submit.id]);
}

#[tokio::test]
async fn a_transaction_that_stays_open_too_long_costs_others_an_answer_and_no_data() {
    let mut service = Service::with(|sqlite, _| sqlite.busy_timeout = Duration::from_millis(20)).await;
    let store = service.store.clone();
    let prepared = service.prepare(task());
    let (worker, claimed) = given::claims(&store, 1).await;
    assert!(claimed.is_empty());
    let tx = service.begin();
    store.insert_in(&tx, &prepared).expect("inserted");
    let submitted = task();
    let busy = [
        store
            .insert_one(submitted.clone())
            .await
            .map(|_| ())
            .expect_err("busy"),
        store
            .claim(&wants(worker, 1))
            .await
            .map(|_| ())
            .expect_err("busy"),
        store.beat(&beat(worker, 2)).await.map(|_| ()).expect_err("busy"),
    ];
    for error in busy {
        assert!(error.is_retryable() && error.is_definite(), "{error:?}");
    }
    tx.commit().expect("commits");
    assert!(!store.insert_one(submitted).await.expect("the same again").existed);
    assert_eq!(store.claim(&wants(worker, 5)).await.expect("claimed").len(), 2);
    assert_eq!(service.orders(), 1);
}

#[tokio::test]
async fn a_key_that_is_submitted_meanwhile_makes_one_task() {
    for commits in [true, false] {
        let mut service = Service::new().await;
        let (store, leyline) = (service.store.clone(), service.leyline.clone());
        let mut keyed = task();
        keyed.idempotency_key = Some("order-7".to_owned());
        let prepared = service.prepare(keyed.clone());
        let tx = service.begin();
        store.insert_in(&tx, &prepared).expect("inserted");
        keyed.id = task().id;
        let submit = tokio::spawn({
            let keyed = keyed.clone();
            async move { leyline.submit(keyed).await }
        });
        assert_eq!(store.get(keyed.id).await.expect("a read"), None);
        if commits {
            tx.commit().expect("commits");
        } else {
            tx.rollback().expect("rolled back");
        }
        let submitted = submit.await.expect("no panic").expect("submitted");
        let expected = if commits { prepared.id() } else { keyed.id };
        assert_eq!((submitted.task.id, submitted.existed), (expected, commits));

        // Whoever comes second by the other way finds it too.
        let again = service.order(&prepared).expect("inserted");
        assert!(again.existed && again.task.id == expected);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_announced_task_begins_at_once() {
    let mut service = Service::with(|_, options| options.poll_interval = NEVER).await;
    let worker = service.start_worker().await;
    let prepared = service.prepare(task());
    service.order(&prepared).expect("inserted");
    service.leyline.announce(&prepared).await;
    service.ended(prepared.id()).await;

    let mut later = task();
    later.delay = Duration::from_millis(50);
    let later = service.prepare(later);
    service.order(&later).expect("inserted");
    service.leyline.announce(&later).await;
    service.ended(later.id()).await;
    worker.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_task_that_nobody_announces_is_found_by_the_poll() {
    let mut service = Service::with(|_, options| options.poll_interval = Duration::from_millis(50)).await;
    let worker = service.start_worker().await;
    let prepared = service.prepare(task());
    service.order(&prepared).expect("inserted");
    service.ended(prepared.id()).await;
    let task = service.leyline.get(prepared.id()).await.expect("a read");
    assert_eq!(task.expect("it is there").status, Status::Completed);
    worker.stop().await;
}

#[tokio::test]
async fn a_commit_that_nobody_announces_wakes_where_the_option_is_on() {
    let mut service = Service::with(|sqlite, _| {
        sqlite.cross_process_wakeups = Some(Duration::from_millis(5));
    })
    .await;
    // Behind the first answer the writer looks for the first time; the second comes after that.
    service.store.ping().await.expect("it answers");
    service.store.ping().await.expect("it answers");
    let mut wakeups = service.store.wakeups();
    let prepared = service.prepare(task());
    service.order(&prepared).expect("inserted");
    tokio::time::timeout(PATIENCE, wakeups.changed())
        .await
        .expect("woken");
}

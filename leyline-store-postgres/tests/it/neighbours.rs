//! Strangers' transactions: who waits for them, and for how long.

use std::time::{Duration, Instant};

use leyline_core::task::Kind;
use leyline_core::{Env, NewTask, TaskStore as _, TaskStoreExt as _};

use crate::given;

fn task(key: Option<&str>) -> NewTask {
    let mut task = NewTask::new(Env::system().task_id(), Kind::new("alpha").expect("it is a kind"));
    task.idempotency_key = key.map(str::to_owned);
    task
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insert_that_waits_for_a_strangers_transaction_is_told_so_and_nobody_else_waits() {
    let store = given::store(|_| {}).await;
    let mut stranger = given::connection().await;
    let taken = task(Some("taken"));
    given::run(&mut stranger, "BEGIN").await;
    given::run(&mut stranger, &given::raw_insert(&store.schema, &taken)).await;

    let began = Instant::now();
    let blocked = tokio::spawn({
        let (store, task) = (store.clone(), task(Some("taken")));
        async move { store.insert_one(task).await }
    });
    let mut others = Vec::new();
    for n in 0..64 {
        let (store, task) = (store.clone(), task((n % 2 == 0).then_some(&*format!("key {n}"))));
        others.push(tokio::spawn(async move { store.insert_one(task).await }));
    }
    for other in others {
        let inserted = other.await.expect("it does not panic").expect("it is inserted");
        assert!(!inserted.existed);
    }
    assert!(
        !blocked.is_finished(),
        "the others did not wait for it: {:?}",
        began.elapsed()
    );
    let refused = blocked.await.expect("it does not panic").unwrap_err();
    assert!(refused.is_retryable() && !refused.is_unknown(), "{refused:?}");

    // The stranger goes on: the key is theirs, and a second try is told.
    given::run(&mut stranger, "COMMIT").await;
    let second = store.insert_one(task(Some("taken"))).await.expect("it is there");
    assert!(second.existed);
    assert_eq!(second.task.id, taken.id);
}

#[tokio::test(flavor = "multi_thread")]
async fn however_many_wait_for_a_stranger_nobody_else_does() {
    let store = given::store(|_| {}).await;
    let mut stranger = given::connection().await;
    given::run(&mut stranger, "BEGIN").await;
    for key in ["a", "b", "c"] {
        given::run(&mut stranger, &given::raw_insert(&store.schema, &task(Some(key)))).await;
    }
    let mut blocked = Vec::new();
    for key in ["a", "b", "c"].repeat(10) {
        let (blocks, blocked_task) = (store.clone(), task(Some(key)));
        blocked.push(tokio::spawn(async move { blocks.insert_one(blocked_task).await }));
        // Each comes in a statement of its own, with a free one beside it.
        let free = store.insert_one(task(None)).await;
        assert!(!free.expect("it is inserted").existed);
    }
    assert!(
        blocked.iter().any(|blocked| !blocked.is_finished()),
        "the free ones were in front"
    );
    for blocked in blocked {
        let refused = blocked.await.expect("it does not panic").unwrap_err();
        assert!(refused.is_retryable() && refused.is_definite(), "{refused:?}");
    }
    given::run(&mut stranger, "ROLLBACK").await;
    let made = store.insert_one(task(Some("a"))).await.expect("it is inserted");
    assert!(!made.existed);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_insert_that_waited_for_a_strangers_rollback_is_made() {
    let store = given::store(|_| {}).await;
    let mut stranger = given::connection().await;
    given::run(&mut stranger, "BEGIN").await;
    given::run(
        &mut stranger,
        &given::raw_insert(&store.schema, &task(Some("key"))),
    )
    .await;
    let waiting = tokio::spawn({
        let store = store.clone();
        async move { store.insert_one(task(Some("key"))).await }
    });
    given::until(async || given::number("SELECT count(*) FROM pg_locks WHERE NOT granted").await > 0).await;
    given::run(&mut stranger, "ROLLBACK").await;
    let inserted = waiting.await.expect("it does not panic").expect("it is made");
    assert!(!inserted.existed);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dropped_call_gives_its_connection_up() {
    let store = given::store(|options| options.max_connections = 1).await;
    let inserted = store.insert_one(task(None)).await.expect("it is inserted");
    let mut stranger = given::connection().await;
    given::run(&mut stranger, "BEGIN").await;
    let lock = format!("SELECT 1 FROM {}.task FOR UPDATE", store.schema);
    given::run(&mut stranger, &lock).await;
    // The only connection waits for the stranger; then nobody waits for it any more.
    let cancel = tokio::time::timeout(Duration::from_millis(200), store.cancel(inserted.task.id, None));
    assert!(cancel.await.is_err(), "it waits");
    let again = tokio::time::timeout(Duration::from_secs(5), store.get(inserted.task.id));
    let row = again
        .await
        .expect("a new connection is made")
        .expect("it is read");
    assert!(row.is_some());
    given::run(&mut stranger, "ROLLBACK").await;
}

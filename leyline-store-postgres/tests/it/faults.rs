//! Sessions that are ended from outside, at any moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use leyline_core::task::{Kind, TaskId};
use leyline_core::{Env, NewTask, TaskStore as _, TaskStoreExt as _};

use crate::given;

/// Ends every session of this store's.
fn terminate(schema: &str) -> String {
    format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'leyline' AND query LIKE '%\"{schema}\"%'"
    )
}

/// Inserts tasks, each again and again until the store answers, until enough calls were hit.
async fn insert_until_hit(store: given::Store, hits: Arc<AtomicU32>) -> Vec<TaskId> {
    let mut ids = Vec::new();
    while hits.load(Ordering::Relaxed) < 100 && ids.len() < 20_000 {
        let task = NewTask::new(Env::system().task_id(), Kind::new("alpha").expect("it is a kind"));
        ids.push(task.id);
        while let Err(error) = store.insert_one(task.clone()).await {
            assert!(error.is_retryable(), "{error:?}");
            hits.fetch_add(1, Ordering::Relaxed);
        }
    }
    ids
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_is_sent_again_until_the_store_answers_is_made_once() {
    let store = given::store(|_| {}).await;
    let ended = Arc::new(AtomicBool::new(false));
    let mut connection = given::connection().await;
    let killer = tokio::spawn({
        let (schema, ended) = (store.schema.clone(), Arc::clone(&ended));
        async move {
            let mut rounds = 0;
            while !ended.load(Ordering::Relaxed) {
                given::run(&mut connection, &terminate(&schema)).await;
                rounds += 1;
            }
            rounds
        }
    });
    let hits = Arc::new(AtomicU32::new(0));
    let callers: Vec<_> = (0..8)
        .map(|_| tokio::spawn(insert_until_hit(store.clone(), Arc::clone(&hits))))
        .collect();
    let mut ids = Vec::new();
    for caller in callers {
        ids.extend(caller.await.expect("no caller panics"));
    }
    ended.store(true, Ordering::Relaxed);
    let rounds: u32 = killer.await.expect("it does not panic");
    assert!(
        hits.load(Ordering::Relaxed) > 0,
        "in {rounds} rounds no call was hit"
    );
    // Sessions that were ended a moment ago fail once more.
    let stats = loop {
        match store.stats(Duration::ZERO).await {
            Ok(stats) => break stats,
            Err(error) => assert!(error.is_retryable(), "{error:?}"),
        }
    };
    assert_eq!(stats.pending(), u64::try_from(ids.len()).expect("it is a count"));
    assert_eq!(made(&store, &ids).await, ids.len());
}

/// How many of these tasks the store has.
async fn made(store: &given::Store, ids: &[TaskId]) -> usize {
    let mut made = 0;
    for some in ids.chunks(500) {
        made += store.get_many(some).await.expect("they are read").len();
    }
    made
}

#[tokio::test]
async fn a_session_that_was_ended_while_idle_costs_no_call_after_a_second() {
    let store = given::store(|_| {}).await;
    store.ping().await.expect("it answers");
    given::execute(&terminate(&store.schema)).await;
    // A connection that was used less than a second ago is trusted; afterwards it is asked for a sign of life.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    store.ping().await.expect("it answers on a new one");
}

#[tokio::test]
async fn a_closed_store_is_stopped() {
    let store = given::store(|_| {}).await;
    store.close().await;
    let refused = store.ping().await.unwrap_err();
    assert!(refused.is_stopped(), "{refused:?}");
}

#[tokio::test]
async fn a_server_that_is_not_there_is_unavailable_and_nothing_is_unknown() {
    let store = given::store(|_| {}).await;
    let network = given::network();
    let far = given::by_way_of(&network, &store, |_| {}).await;
    far.ping().await.expect("it answers");
    network.cut();
    let task = NewTask::new(Env::system().task_id(), Kind::new("alpha").expect("it is a kind"));
    // By a connection that was used a moment ago it may have been sent; once none can be made, nothing was.
    let refused = loop {
        let refused = far.insert_one(task.clone()).await.unwrap_err();
        if !refused.is_unknown() {
            break refused;
        }
    };
    assert!(refused.is_retryable() && refused.is_definite(), "{refused:?}");
    network.heal();
    far.insert_one(task).await.expect("it is inserted");
}

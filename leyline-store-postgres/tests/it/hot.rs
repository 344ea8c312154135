//! Beats stay on their page: what they change is in no index (heap-only tuples).

use std::time::Duration;

use leyline_core::store::{Beat, ClaimRequest, Held, Want};
use leyline_core::task::Kind;
use leyline_core::{Env, NewTask, Progress, TaskStore as _};
use leyline_store_postgres::{PostgresOptions, PostgresStore};

use crate::given;

#[tokio::test]
async fn beats_are_hot_updates_of_worker_and_task() {
    let server = given::own_server();
    let database = server.database();
    let options = PostgresOptions::url(database.url()).expect("it is a URL");
    let options = given::in_test(options);
    let store = PostgresStore::open(options).await.expect("it opens");
    let kind = Kind::new("alpha").expect("it is a kind");
    let tasks: Vec<NewTask> = (0..20)
        .map(|_| NewTask::new(Env::system().task_id(), kind.clone()))
        .collect();
    store.insert(&tasks).await.expect("they are inserted");
    let worker = Env::system().worker_id();
    let mut beat = Beat {
        worker,
        counter: 1,
        period: Duration::from_secs(10),
        held: Vec::new(),
    };
    store.beat(&beat).await.expect("it beats");
    let request = ClaimRequest {
        worker,
        limit: 20,
        wants: vec![Want { kind, slots: 20 }],
        suspects: 0,
        max_rescues: 3,
        ids: Vec::new(),
    };
    let claimed = store.claim(&request).await.expect("it claims");
    for round in 1..=50 {
        beat.counter += 1;
        beat.held = claimed
            .iter()
            .map(|claimed| Held {
                id: claimed.task.id,
                revision: claimed.task.revision,
                progress: Some(Progress {
                    tick: round,
                    fraction: Some(0.5),
                    phase: Some("reading".to_owned()),
                    ..Progress::default()
                }),
            })
            .collect();
        store.beat(&beat).await.expect("it beats");
    }
    // Sessions report what they did when they end.
    store.close().await;
    let of = |column: &str, table: &str| -> i64 {
        let text = format!("SELECT {column} FROM pg_stat_user_tables WHERE relname = '{table}'");
        database.query(&text)[0][0].parse().expect("it is a number")
    };
    given::until(async || of("n_tup_upd", "task") == 1_020).await;
    assert_eq!(of("n_tup_upd", "worker"), 50);
    let (hot_worker, hot_task) = (of("n_tup_hot_upd", "worker"), of("n_tup_hot_upd", "task"));
    // One that finds its page full moves to another; claims, 20 of the updates, change what is in an index.
    assert!(
        hot_worker >= 48,
        "of 50 updates of the worker {hot_worker} were hot"
    );
    assert!(hot_task >= 950, "of 1020 updates of tasks {hot_task} were hot");
}

//! What a claim reads: nothing of what it can't take, however much there is.

use std::time::Duration;

use leyline_core::store::{Beat, ClaimRequest, Want};
use leyline_core::task::Kind;
use leyline_core::{Env, NewTask, TaskStore as _};

use crate::given;

/// Tasks that this worker can't take. Enough for a scan of them to stand out, few enough to be made in a second.
const CROWD: u32 = 30_000;

#[tokio::test]
async fn neither_foreign_kinds_nor_delayed_tasks_are_read_by_a_claim() {
    let store = given::store(|_| {}).await;
    let worker = Env::system().worker_id();
    let beat = Beat {
        worker,
        counter: 1,
        period: Duration::from_secs(10),
        held: Vec::new(),
    };
    store.beat(&beat).await.expect("it beats");
    given::execute(&given::crowd(&store.schema, "foreign", "now()", CROWD)).await;
    given::execute(&given::crowd(
        &store.schema,
        "alpha",
        "now() + INTERVAL '1 day'",
        CROWD,
    ))
    .await;
    let kind = Kind::new("alpha").expect("it is a kind");
    let due = NewTask::new(Env::system().task_id(), kind.clone());
    store
        .insert(std::slice::from_ref(&due))
        .await
        .expect("it is inserted");
    let request = ClaimRequest {
        worker,
        limit: 10,
        wants: vec![Want { kind, slots: 10 }],
        suspects: 1,
        max_rescues: 3,
        ids: Vec::new(),
    };
    // Sessions report what they did when they end.
    given::until(async || given::of_table("n_tup_ins", &store.schema).await >= 2 * i64::from(CROWD)).await;
    let before = given::tuples_read(&store.schema).await;
    let claimed = store.claim(&request).await.expect("it claims");
    assert_eq!(claimed.len(), 1);
    assert_eq!(claimed[0].task.id, due.id);
    for _ in 0..20 {
        assert!(store.claim(&request).await.expect("it claims").is_empty());
    }
    store.close().await;
    given::until(async || given::of_table("n_tup_upd", &store.schema).await >= 1).await;
    let read = given::tuples_read(&store.schema).await - before;
    assert!(read < 200, "21 claims have read {read} rows and entries");
}

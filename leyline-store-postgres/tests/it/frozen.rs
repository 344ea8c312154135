//! Sessions that hold locks and say nothing more: what they keep from others, and for how long.

use std::fmt::Display;
use std::time::{Duration, Instant};

use leyline_core::store::{Beat, ClaimRequest, Dead, Finish, Held, Outcome, Rescue, Want};
use leyline_core::task::Kind;
use leyline_core::{
    Claim, Env, NewTask, Output, Progress, Status, TaskId, TaskStore, TaskStoreExt as _, WorkerId,
};
use leyline_store_postgres::sqlx;
use sqlx::postgres::PgConnection;
use sqlx::{Executor as _, Row as _};

use crate::given::{self, Store};

/// A worker's beat period, and so how long the server bears with its silence.
const PERIOD: Duration = Duration::from_millis(600);

fn kind() -> Kind {
    Kind::new("alpha").expect("it is a kind")
}

fn beat(worker: WorkerId, counter: u64, held: Vec<Held>) -> Beat {
    Beat {
        worker,
        counter,
        period: PERIOD,
        held,
    }
}

/// A claim of a task of its own by a worker of its own, which has beaten once.
async fn claim(store: &Store) -> Claim {
    claim_with(store, PERIOD).await
}

/// One whose worker has this period.
async fn claim_with(store: &Store, period: Duration) -> Claim {
    let worker = Env::system().worker_id();
    let mut beat = beat(worker, 1, Vec::new());
    beat.period = period;
    store.beat(&beat).await.expect("it beats");
    let task = NewTask::new(Env::system().task_id(), kind());
    let id = task.id;
    store.insert_one(task).await.expect("it is inserted");
    let request = ClaimRequest {
        worker,
        limit: 1,
        wants: vec![Want {
            kind: kind(),
            slots: 1,
        }],
        suspects: 1,
        max_rescues: 3,
        ids: vec![id],
    };
    let claimed = store.claim(&request).await.expect("it claims");
    claimed[0].task.claim().expect("it is processing")
}

/// The tasks that are freed when these claims' workers are found dead.
async fn rescue(store: &Store, dead: &[Claim]) -> Vec<TaskId> {
    let rescue = Rescue {
        dead: dead
            .iter()
            .map(|claim| Dead {
                worker: claim.worker,
                counter: 1,
            })
            .collect(),
        max_rescues: 3,
        limit: 100,
    };
    let rescued = store.rescue(&rescue).await.expect("it is answered");
    rescued.tasks.iter().map(|task| task.id).collect()
}

/// A stranger's open transaction, with a lock on one row.
struct Stranger {
    connection: PgConnection,
    pid: i32,
}

impl Stranger {
    async fn locks(store: &Store, table: &str, id: impl Display) -> Self {
        let mut connection = given::connection().await;
        given::run(&mut connection, "BEGIN").await;
        let text = format!(
            "SELECT FROM {}.{table} WHERE id = '{id}' FOR UPDATE",
            store.schema
        );
        given::run(&mut connection, &text).await;
        let pid = connection.fetch_one("SELECT pg_backend_pid()").await;
        let pid = pid.expect("it is told").get(0);
        Self { connection, pid }
    }

    /// How many sessions wait for it.
    async fn keeps_waiting(&self) -> i64 {
        let pid = self.pid;
        given::number(&format!(
            "SELECT count(*) FROM pg_stat_activity WHERE {pid} = ANY (pg_blocking_pids(pid))"
        ))
        .await
    }

    async fn until_it_keeps_somebody_waiting(&self) {
        given::until(async || self.keeps_waiting().await > 0).await;
    }

    async fn lets_go(mut self) {
        given::run(&mut self.connection, "ROLLBACK").await;
    }
}

/// Whether the row is locked.
async fn is_locked(store: &Store, table: &str, id: impl Display) -> bool {
    let free = format!(
        "SELECT count(*) FROM (SELECT FROM {}.{table} WHERE id = '{id}' FOR UPDATE SKIP LOCKED) AS free",
        store.schema
    );
    given::number(&free).await == 0
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_workers_row_that_somebody_holds_keeps_no_other_from_being_rescued() {
    let store = given::store(|_| {}).await;
    let (held, free) = (claim(&store).await, claim(&store).await);
    let stranger = Stranger::locks(&store, "worker", held.worker).await;
    assert_eq!(rescue(&store, &[held, free]).await, [free.id]);
    // It is answered before a worker of that period gives it up. The machine may be busy, but not each time.
    let mut quickest = Duration::MAX;
    for _ in 0..5 {
        let began = Instant::now();
        assert_eq!(rescue(&store, &[held]).await, []);
        quickest = quickest.min(began.elapsed());
    }
    assert!(quickest < PERIOD, "{quickest:?}");
    stranger.lets_go().await;
    assert_eq!(rescue(&store, &[held]).await, [held.id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dead_workers_task_that_somebody_holds_keeps_no_other_from_being_rescued() {
    let store = given::store(|_| {}).await;
    let (held, free) = (claim(&store).await, claim(&store).await);
    let stranger = Stranger::locks(&store, "task", held.id).await;
    assert_eq!(rescue(&store, &[held, free]).await, [free.id]);
    stranger.lets_go().await;
    // Its worker has no row any more: every look finds it.
    assert_eq!(rescue(&store, &[]).await, [held.id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rescue_that_waits_for_an_ordinary_transaction_misses_nothing() {
    let store = given::store(|_| {}).await;
    let held = claim_with(&store, PERIOD * 10).await;
    let stranger = Stranger::locks(&store, "worker", held.worker).await;
    let rescued = tokio::spawn({
        let store = store.clone();
        async move { rescue(&store, &[held]).await }
    });
    stranger.until_it_keeps_somebody_waiting().await;
    stranger.lets_go().await;
    assert_eq!(rescued.await.expect("it does not panic"), [held.id]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_falls_silent_amid_its_beat_holds_its_row_for_a_period() {
    let store = given::store(|_| {}).await;
    let network = given::network();
    let far = given::by_way_of(&network, &store, |_| {}).await;
    let (held, free) = (claim(&store).await, claim(&store).await);
    // Its beat has the worker's row and waits for the task's. Then it goes on, and its worker does not hear of that.
    let stranger = Stranger::locks(&store, "task", held.id).await;
    let silent = tokio::spawn(async move {
        let progress = Held {
            id: held.id,
            revision: held.revision,
            progress: Some(Progress {
                tick: 1,
                ..Progress::default()
            }),
        };
        far.beat(&beat(held.worker, 2, vec![progress])).await
    });
    stranger.until_it_keeps_somebody_waiting().await;
    network.black_hole();
    stranger.lets_go().await;
    let silence = Instant::now();
    assert!(
        is_locked(&store, "worker", held.worker).await,
        "the beat is not over"
    );
    assert_eq!(rescue(&store, &[free]).await, [free.id]);
    given::until(async || !is_locked(&store, "worker", held.worker).await).await;
    let held_for = silence.elapsed();
    assert!(held_for < PERIOD * 5, "{held_for:?}");
    // Nothing of that beat has come to be.
    assert_eq!(rescue(&store, &[held]).await, [held.id]);
    network.heal();
    let answer = silent.await.expect("it does not panic").unwrap_err();
    assert!(answer.is_retryable(), "{answer:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_beat_that_waits_for_a_lock_is_given_up_by_the_server_after_a_period() {
    let store = given::store(|_| {}).await;
    let held = claim(&store).await;
    let stranger = Stranger::locks(&store, "worker", held.worker).await;
    for counter in 2..5 {
        // As the engine does it: it waits for a period and then turns away.
        let beat = beat(held.worker, counter, Vec::new());
        let answer = tokio::time::timeout(PERIOD / 2, store.beat(&beat)).await;
        assert!(answer.is_err(), "it waits: {answer:?}");
    }
    given::until(async || stranger.keeps_waiting().await == 0).await;
    stranger.lets_go().await;
    let reply = store
        .beat(&beat(held.worker, 5, Vec::new()))
        .await
        .expect("it beats");
    assert_eq!(reply.stray.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_pooler_too_a_silent_worker_holds_its_tasks_for_seconds_only() {
    let store = given::store(|_| {}).await;
    let network = given::network();
    let far = given::by_way_of(&network, &store, |options| options.pooled = true).await;
    let held = claim(&store).await;
    // Its finish goes through, and it does not hear of that: so it never says COMMIT.
    let stranger = Stranger::locks(&store, "task", held.id).await;
    let silent = tokio::spawn(async move {
        let finish = Finish {
            claim: held,
            outcome: Outcome::Complete {
                output: Output::default(),
            },
            progress: None,
        };
        far.finish_one(finish).await
    });
    stranger.until_it_keeps_somebody_waiting().await;
    network.black_hole();
    stranger.lets_go().await;
    assert!(
        is_locked(&store, "task", held.id).await,
        "the finish is not committed"
    );
    given::until(async || !is_locked(&store, "task", held.id).await).await;
    assert_eq!(rescue(&store, &[held]).await, [held.id]);
    network.heal();
    let answer = silent.await.expect("it does not panic").unwrap_err();
    assert!(answer.is_retryable() && !answer.is_claim_lost(), "{answer:?}");
    let row = store
        .get(held.id)
        .await
        .expect("it is read")
        .expect("it is there");
    assert_eq!(row.status, Status::Pending);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_call_that_was_given_up_leaves_nobody_behind_where_the_server_looks_for_its_client() {
    let store = given::store(|_| {}).await;
    let role = given::role_with("client_connection_check_interval", "100ms").await;
    let far = given::another(&store, &role.url, |_| {}).await;
    let held = claim(&store).await;
    let stranger = Stranger::locks(&store, "task", held.id).await;
    let cancel = tokio::time::timeout(PERIOD, far.cancel(held.id, None));
    assert!(cancel.await.is_err(), "it waits");
    given::until(async || stranger.keeps_waiting().await == 0).await;
    stranger.lets_go().await;
    let row = store
        .get(held.id)
        .await
        .expect("it is read")
        .expect("it is there");
    assert_eq!(row.status, Status::Processing);
}

//! Sixteen connections at once.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use leyline_core::store::{Beat, ClaimRequest, Dead, Finish, Held, Outcome, Rescue, Want};
use leyline_core::task::Kind;
use leyline_core::{Claim, Env, NewTask, Progress, Status, Task, TaskStore, TaskStoreExt as _, WorkerId};

use crate::given::{self, Store};

const CALLERS: usize = 16;
const TASKS: usize = 800;

fn kind() -> Kind {
    Kind::new("alpha").expect("it is a kind")
}

async fn with_tasks(count: usize) -> (Store, Vec<Task>) {
    let store = given::store(|options| options.max_connections = CALLERS as u32).await;
    let tasks: Vec<NewTask> = (0..count)
        .map(|_| NewTask::new(Env::system().task_id(), kind()))
        .collect();
    let inserted = store.insert(&tasks).await.expect("they are inserted");
    let tasks = inserted
        .into_iter()
        .map(|task| task.expect("it is").task)
        .collect();
    (store, tasks)
}

async fn worker(store: &Store) -> WorkerId {
    let worker = Env::system().worker_id();
    beat(store, worker, 1, &[], 0).await;
    worker
}

async fn beat(store: &Store, worker: WorkerId, counter: u64, held: &[Claim], tick: u64) -> usize {
    let held = held.iter().map(|claim| Held {
        id: claim.id,
        revision: claim.revision,
        progress: (tick > 0).then(|| Progress {
            tick,
            ..Progress::default()
        }),
    });
    let beat = Beat {
        worker,
        counter,
        period: Duration::from_secs(10),
        held: held.collect(),
    };
    store.beat(&beat).await.expect("it beats").lost.len()
}

async fn claim(store: &Store, worker: WorkerId, limit: u32) -> Vec<Claim> {
    let request = ClaimRequest {
        worker,
        limit,
        wants: vec![Want {
            kind: kind(),
            slots: limit,
        }],
        suspects: 1,
        max_rescues: 3,
        ids: Vec::new(),
    };
    let claimed = store.claim(&request).await.expect("it claims");
    claimed
        .iter()
        .map(|claimed| claimed.task.claim().expect("it is processing"))
        .collect()
}

fn complete(claim: Claim) -> Finish {
    Finish {
        claim,
        outcome: Outcome::Complete {
            output: leyline_core::Output::default(),
        },
        progress: None,
    }
}

/// What the server says of deadlocks in this database, ever.
async fn deadlocks() -> i64 {
    given::number("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()").await
}

#[tokio::test(flavor = "multi_thread")]
async fn sixteen_workers_drain_a_queue_and_each_task_ends_once() {
    let (store, tasks) = with_tasks(TASKS).await;
    let mut drains = Vec::new();
    for _ in 0..CALLERS {
        let store = store.clone();
        drains.push(tokio::spawn(async move {
            let worker = worker(&store).await;
            let mut done = Vec::new();
            loop {
                let claims = claim(&store, worker, 7).await;
                if claims.is_empty() {
                    return done;
                }
                let finishes: Vec<Finish> = claims.iter().copied().map(complete).collect();
                for ended in store.finish(&finishes).await.expect("it finishes") {
                    done.push(ended.expect("nobody else held it").id);
                }
            }
        }));
    }
    let mut done = Vec::new();
    for drain in drains {
        done.extend(drain.await.expect("no worker panics"));
    }
    let once: BTreeSet<_> = done.iter().copied().collect();
    assert_eq!((done.len(), once.len()), (TASKS, TASKS));
    assert_eq!(once, tasks.iter().map(|task| task.id).collect());
}

#[tokio::test(flavor = "multi_thread")]
async fn opposed_orders_never_deadlock() {
    let before = deadlocks().await;
    let (store, _) = with_tasks(200).await;
    let worker = worker(&store).await;
    let claims = Arc::new(claim(&store, worker, 200).await);
    let mut callers = Vec::new();
    for caller in 0..CALLERS {
        let (store, claims) = (store.clone(), Arc::clone(&claims));
        callers.push(tokio::spawn(async move {
            let mut mine: Vec<Claim> = claims.to_vec();
            if caller % 2 == 0 {
                mine.reverse();
            }
            match caller % 4 {
                0 | 1 => {
                    beat(&store, worker, 2 + caller as u64, &mine, 1 + caller as u64).await;
                }
                _ => {
                    let finishes: Vec<Finish> = mine.iter().copied().map(complete).collect();
                    store.finish(&finishes).await.expect("it is answered");
                }
            }
        }));
    }
    for caller in callers {
        caller.await.expect("nobody fails");
    }
    assert_eq!(deadlocks().await, before);
    let ids: Vec<_> = claims.iter().map(|claim| claim.id).collect();
    let rows = store.get_many(&ids).await.expect("they are there");
    assert!(rows.iter().all(|task| task.status == Status::Completed));
}

#[tokio::test(flavor = "multi_thread")]
async fn claims_beside_beats_and_rescues_strand_nothing() {
    let before = deadlocks().await;
    let (store, tasks) = with_tasks(300).await;
    for round in 0..20_u64 {
        let doomed = worker(&store).await;
        let rescue = Rescue {
            dead: vec![Dead {
                worker: doomed,
                counter: 1,
            }],
            max_rescues: u32::MAX,
            limit: 1_000,
        };
        let (claims, rescued, late) = tokio::join!(
            claim(&store, doomed, 10),
            store.rescue(&rescue),
            claim(&store, doomed, 10),
        );
        let freed = rescued.expect("it rescues").tasks.len();
        // Whatever was claimed after the rescue, or beside it, a second look finds.
        let again = store.rescue(&rescue).await.expect("it rescues").tasks.len();
        assert!(again + freed <= claims.len() + late.len(), "round {round}");
        let held = format!("SELECT count(*) FROM {}.task WHERE status = 1", store.schema);
        assert_eq!(
            given::number(&held).await,
            0,
            "round {round}: nothing is left with a worker without a row"
        );
    }
    assert_eq!(deadlocks().await, before);
    let stats = store.stats(Duration::ZERO).await.expect("it counts");
    assert_eq!(stats.pending(), tasks.len() as u64);
}

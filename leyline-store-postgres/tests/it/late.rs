//! What was said into a black hole and comes through when nobody waits for it any more.

use std::time::Duration;

use leyline_core::store::{Beat, ClaimRequest, Dead, Finish, Held, Outcome, Rescue, Stray, Want};
use leyline_core::task::Kind;
use leyline_core::{Claim, Env, Json, NewTask, Output, Status, TaskStore as _, TaskStoreExt as _, WorkerId};
use test_servers::Proxy;

use crate::audit::{self, What};
use crate::given::{self, Role, Store};

/// A handle whose network fails, with one connection on which everything has been prepared.
struct Far {
    store: Store,
    network: Proxy,
    role: Role,
}

impl Far {
    async fn of(store: &Store) -> Self {
        let (network, role) = (given::network(), given::role().await);
        let url = network.url(&role.url);
        let store = given::another(store, &url, |options| options.max_connections = 1).await;
        Self { store, network, role }
    }

    /// Says this into the black hole and turns away; then it comes through, and the server has done what it did about it.
    async fn says_late<T: std::fmt::Debug>(
        &self,
        call: impl Future<Output = T>,
        meanwhile: impl Future<Output = ()>,
    ) {
        self.network.black_hole();
        // The call is on its way when it has been polled; nothing tells how far it has come.
        let answer = tokio::time::timeout(Duration::from_millis(300), call).await;
        assert!(answer.is_err(), "no answer comes through: {answer:?}");
        meanwhile.await;
        self.network.heal();
        let sessions = format!(
            "SELECT count(*) FROM pg_stat_activity WHERE usename = '{}'",
            self.role.name
        );
        self.store.close().await;
        given::until(async || given::number(&sessions).await == 0).await;
    }
}

fn kind() -> Kind {
    Kind::new("alpha").expect("it is a kind")
}

async fn beat(store: &Store, worker: WorkerId, counter: u64, held: &[Claim]) -> (usize, Vec<Stray>) {
    let held = held.iter().map(|claim| Held {
        id: claim.id,
        revision: claim.revision,
        progress: None,
    });
    let beat = Beat {
        worker,
        counter,
        period: Duration::from_secs(10),
        held: held.collect(),
    };
    let reply = store.beat(&beat).await.expect("it beats");
    (reply.lost.len(), reply.stray)
}

fn request(worker: WorkerId) -> ClaimRequest {
    ClaimRequest {
        worker,
        limit: 1,
        wants: vec![Want {
            kind: kind(),
            slots: 1,
        }],
        suspects: 1,
        max_rescues: 3,
        ids: Vec::new(),
    }
}

async fn submit(store: &Store) {
    let task = NewTask::new(Env::system().task_id(), kind());
    store.insert_one(task).await.expect("it is inserted");
}

async fn claim(store: &Store, worker: WorkerId) -> Claim {
    let claimed = store.claim(&request(worker)).await.expect("it claims");
    claimed[0].task.claim().expect("it is processing")
}

async fn worker(store: &Store) -> WorkerId {
    let worker = Env::system().worker_id();
    beat(store, worker, 1, &[]).await;
    worker
}

/// A claim by the far handle, which another takes over.
async fn take_over(store: &Store, claim: Claim) -> Claim {
    let rescue = Rescue {
        dead: vec![Dead {
            worker: claim.worker,
            counter: 1,
        }],
        max_rescues: 3,
        limit: 10,
    };
    let rescued = store.rescue(&rescue).await.expect("it rescues");
    assert_eq!(rescued.tasks.len(), 1);
    let worker = worker(store).await;
    self::claim(store, worker).await
}

fn complete(claim: Claim) -> Finish {
    Finish {
        claim,
        outcome: Outcome::Complete {
            output: Output::default(),
        },
        progress: None,
    }
}

fn json(text: &str) -> Json {
    Json::new(&text).expect("a text is JSON")
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_checkpoint_replaces_no_other_workers() {
    let store = given::store(|_| {}).await;
    audit::begin(&store).await;
    let far = Far::of(&store).await;
    submit(&store).await;
    let old = claim(&far.store, worker(&far.store).await).await;
    far.store
        .checkpoint(&old, &json("early"))
        .await
        .expect("it is kept");
    let meanwhile = async {
        let new = take_over(&store, old).await;
        store.checkpoint(&new, &json("new")).await.expect("it is kept");
    };
    far.says_late(far.store.checkpoint(&old, &json("late")), meanwhile)
        .await;
    let row = store.get(old.id).await.expect("it is read").expect("it is there");
    assert_eq!(row.checkpoint, Some(json("new")));
    let changes = audit::of(&store, old.id).await;
    let by_far = changes.iter().filter(|change| change.by == far.role.name);
    let early = What::Checkpoint {
        revision: 2,
        value: "\"early\"".to_owned(),
    };
    let expected = [
        What::Status {
            revision: 2,
            status: 1,
        },
        early,
    ];
    assert!(by_far.map(|change| &change.what).eq(&expected), "{changes:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_finish_ends_no_other_workers_claim() {
    let store = given::store(|_| {}).await;
    let far = Far::of(&store).await;
    let worker = worker(&far.store).await;
    for _ in 0..2 {
        submit(&store).await;
    }
    let first = claim(&far.store, worker).await;
    far.store.finish_one(complete(first)).await.expect("it is held");
    let old = claim(&far.store, worker).await;
    let new = async {
        take_over(&store, old).await;
    };
    far.says_late(far.store.finish(&[complete(old)]), new).await;
    let row = store.get(old.id).await.expect("it is read").expect("it is there");
    assert_eq!((row.status, row.revision), (Status::Processing, 4));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_finish_that_nobody_overtook_counts_and_is_found_when_it_is_sent_again() {
    let store = given::store(|_| {}).await;
    let far = Far::of(&store).await;
    let worker = worker(&far.store).await;
    for _ in 0..2 {
        submit(&store).await;
    }
    let first = claim(&far.store, worker).await;
    far.store.finish_one(complete(first)).await.expect("it is held");
    let claim = claim(&far.store, worker).await;
    far.says_late(far.store.finish(&[complete(claim)]), async {})
        .await;
    let again = store.finish_one(complete(claim)).await.unwrap_err();
    assert!(again.is_claim_lost(), "{again:?}");
    let row = store
        .get(claim.id)
        .await
        .expect("it is read")
        .expect("it is there");
    assert_eq!((row.status, row.revision), (Status::Completed, 3));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_late_claim_is_named_by_the_next_beat_and_one_of_the_dead_takes_nothing() {
    for dies in [false, true] {
        let store = given::store(|_| {}).await;
        let far = Far::of(&store).await;
        let worker = worker(&far.store).await;
        for _ in 0..2 {
            submit(&store).await;
        }
        let held = claim(&far.store, worker).await;
        let request = request(worker);
        let meanwhile = async {
            if dies {
                take_over(&store, held).await;
            }
        };
        far.says_late(far.store.claim(&request), meanwhile).await;
        let (lost, stray) = beat(&store, worker, 2, &[held]).await;
        assert_eq!((lost, stray.len()), if dies { (1, 0) } else { (0, 1) });
    }
}

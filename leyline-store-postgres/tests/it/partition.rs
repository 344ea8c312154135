//! Networks that fail: for everyone, for one worker, for the connections there are. Time is the subject here, so these tests
//! take some; whatever can be waited for is waited for.

use std::time::{Duration, Instant};

use leyline_core::store::Beat;
use leyline_core::{Env, Json, LOOKS, NewTask, Status, TaskId, TaskStore as _, TaskStoreExt as _};
use test_servers::Proxy;

use crate::audit::{self, What};
use crate::given::{self, Store};
use crate::worker::{
    ALONE, BESIDE, TTL, Worker, incarnations, options, row, until_all_have_beaten, until_begun,
    until_there_are,
};

/// Three workers with a task each, and then the network fails for all of them.
async fn an_outage_for_everyone(fails: fn(&Proxy), meanwhile: usize) {
    let store = given::store(|_| {}).await;
    let network = given::network();
    let mut workers = Vec::new();
    let mut ids = Vec::new();
    for nth in 0..3 {
        let worker = Worker::start(&store, |url| network.url(url), |builder| builder).await;
        until_there_are(&store, workers.len() + 1).await;
        ids.push(worker.submit(ALONE).await);
        workers.push(worker);
        let begun = || workers.iter().map(|worker| worker.code.begun()).sum::<u32>();
        given::until(async || begun() > nth).await;
    }
    // Each has seen the others beat, and their newest counters.
    until_all_have_beaten(&store, 3).await;
    let before = incarnations(&store).await;
    fails(&network);
    let began = Instant::now();
    // What comes to be due is claimed by nobody; what a claim has taken whose words come through late is given back.
    let mut late = Vec::new();
    for _ in 0..meanwhile {
        let kind = leyline_core::Kind::new(BESIDE).expect("it is a kind");
        let task = NewTask::new(Env::system().task_id(), kind);
        late.push(store.insert_one(task).await.expect("it is inserted").task.id);
    }
    // The length of the outage is what is tried here.
    tokio::time::sleep(TTL * 3).await;
    network.heal();
    let outage = began.elapsed();
    // By then every worker would have convicted the others, had the outage counted.
    until_all_have_beaten(&store, u64::from(LOOKS) + 2).await;
    let after = incarnations(&store).await;
    for (worker, (since, counter)) in &before {
        assert_eq!(after[worker].0, *since, "its row was removed, and made anew");
        assert!(after[worker].1 > *counter);
    }
    for id in &ids {
        let task = row(&store, *id).await;
        assert_eq!((task.status, task.revision), (Status::Processing, 2));
    }
    for worker in &workers {
        worker.code.let_go(usize::from(u8::MAX));
    }
    for id in ids.iter().chain(&late) {
        given::until(async || row(&store, *id).await.status == Status::Completed).await;
        let task = row(&store, *id).await;
        assert_eq!((task.attempt, task.rescues), (1, 0), "{task:?}");
    }
    let mut stopped = 0;
    for worker in workers {
        stopped += worker.code.stopped();
        let drained = worker.end().await;
        assert_eq!((drained.unsettled, drained.stuck), (0, 0));
    }
    assert_eq!(stopped, 0, "no code was disturbed");
    let strays = given_back(&store, &late).await;
    eprintln!(
        "an outage of {outage:?}: {} tasks, {strays} claims given back",
        ids.len() + late.len()
    );
}

/// How many of these were claimed more than once, each time but the last for nobody.
async fn given_back(store: &Store, ids: &[TaskId]) -> u64 {
    let mut count = 0;
    for id in ids {
        count += (row(store, *id).await.revision - 3) / 2;
    }
    count
}

#[tokio::test(flavor = "multi_thread")]
async fn a_store_that_nobody_reached_for_three_leases_convicts_nobody() {
    an_outage_for_everyone(Proxy::cut, 3).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_black_hole_around_the_store_for_three_leases_convicts_nobody() {
    an_outage_for_everyone(Proxy::black_hole, 3).await;
}

/// One of two workers is cut off for longer than its lease.
async fn one_is_cut_off(fails: fn(&Proxy)) {
    let store = given::store(|_| {}).await;
    audit::begin(&store).await;
    let network = given::network();
    let far = Worker::start(&store, |url| network.url(url), |builder| builder).await;
    let id = far.submit(ALONE).await;
    until_begun(&far, 1).await;
    let near = Worker::start(&store, str::to_owned, |builder| builder).await;
    until_there_are(&store, 2).await;
    fails(&network);
    far.code.keeps();
    until_begun(&near, 1).await;
    near.code.keeps();
    given::until(async || near.code.kept() == [Ok(())]).await;
    assert_eq!(
        (far.code.kept(), far.code.stopped()),
        (vec![], 0),
        "who can't be told goes on"
    );
    network.heal();
    given::until(async || far.code.stopped() == 1).await;
    let kept = far.code.kept();
    assert!(matches!(kept[..], [Err(_)]), "{kept:?}");
    // It beats again, and what it said before comes late.
    until_there_are(&store, 2).await;
    until_all_have_beaten(&store, u64::from(LOOKS) + 2).await;
    near.code.let_go(1);
    given::until(async || row(&store, id).await.status == Status::Completed).await;
    let task = row(&store, id).await;
    assert_eq!((task.attempt, task.rescues, task.revision), (1, 1, 5));
    let output = task.output.expect("it is completed");
    let near_json = format!("{:?}", near.role.name);
    assert_eq!(output.value.as_str(), near_json);
    assert_eq!(task.checkpoint.as_ref().map(Json::as_str), Some(&*near_json));
    assert_nothing_stale(&store, id, &far, &near).await;
    // It is a worker as before.
    assert_eq!(near.end().await.unsettled, 0);
    far.code.let_go(1);
    let next = far.submit(ALONE).await;
    given::until(async || row(&store, next).await.status == Status::Completed).await;
    assert_eq!(far.end().await.unsettled, 0);
}

/// Whoever was rescued has changed nothing since.
async fn assert_nothing_stale(store: &Store, id: TaskId, rescued: &Worker, successor: &Worker) {
    let changes = audit::of(store, id).await;
    let (old, new) = (&*rescued.role.name, &*successor.role.name);
    assert_eq!(
        audit::statuses(&changes),
        [(old, 2, 1), (new, 3, 0), (new, 4, 1), (new, 5, 2)]
    );
    for change in &changes {
        let by = if change.what.revision() == 2 { old } else { new };
        assert_eq!(change.by, by, "{change}");
        if let What::Progress { message: text, .. } = &change.what {
            assert_eq!(text, by, "{change}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_that_alone_is_cut_off_is_rescued_and_told_when_it_is_back() {
    one_is_cut_off(Proxy::cut).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_worker_said_into_a_black_hole_changes_nothing_when_it_comes_through() {
    one_is_cut_off(Proxy::black_hole).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_worker_whose_connections_all_fall_silent_goes_on_with_new_ones() {
    let store = given::store(|_| {}).await;
    let network = given::network();
    let far = Worker::start(&store, |url| network.url(url), |builder| builder).await;
    let id = far.submit(ALONE).await;
    until_begun(&far, 1).await;
    let near = Worker::start(&store, str::to_owned, |builder| builder).await;
    until_there_are(&store, 2).await;
    let before = incarnations(&store).await;
    for _ in 0..3 {
        network.strand();
        until_all_have_beaten(&store, 3).await;
    }
    assert!(incarnations(&store).await.keys().eq(before.keys()));
    far.code.let_go(1);
    given::until(async || row(&store, id).await.status == Status::Completed).await;
    let task = row(&store, id).await;
    assert_eq!((task.attempt, task.rescues, task.revision), (1, 0, 3));
    assert_eq!(
        (far.code.begun(), far.code.stopped(), near.code.begun()),
        (1, 0, 0)
    );
    assert_eq!((far.end().await.unsettled, near.end().await.unsettled), (0, 0));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_beat_whose_connection_died_while_it_was_idle_goes_on_a_new_one() {
    let store = given::store(|_| {}).await;
    let network = given::network();
    let far = given::by_way_of(&network, &store, |_| {}).await;
    let mut beat = Beat {
        worker: Env::system().worker_id(),
        counter: 1,
        period: options().beat_period(),
        held: Vec::new(),
    };
    far.beat(&beat).await.expect("it beats");
    network.strand();
    // A connection is asked whether it lives when it was idle for a second.
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    beat.counter = 2;
    let answer = tokio::time::timeout(Duration::from_secs(10), far.beat(&beat)).await;
    answer.expect("it goes on a new one").expect("it beats");
}

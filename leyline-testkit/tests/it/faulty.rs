//! The decorators pass the suite, and fail exactly as planned.

use std::sync::Arc;

use futures_util::FutureExt as _;
use leyline_core::store::Error;
use leyline_core::{NewTask, TaskId, TaskStore as _, TaskStoreExt as _};
use leyline_testkit::{Fault, FaultyStore, ManualSubject, Method, Resending, Subject, When, fixtures};

use crate::memory;

mod without_faults {
    //! With no faults planned it is the store it stands around.
    use super::*;

    async fn make() -> impl Subject {
        let (store, clock) = memory::store();
        ManualSubject::new(Arc::new(FaultyStore::new(store)), clock)
    }

    leyline_testkit::conformance!(make);
}

mod sent_again {
    //! Calls of which many fail, sent again until they are answered, are as good as calls of which none does.
    use super::*;

    async fn make() -> impl Subject {
        let (store, clock) = memory::store();
        let faulty = FaultyStore::seeded(store, 11);
        faulty.plan_all(Fault::Unavailable, When::Odds(0.3));
        faulty.plan_all(Fault::UnknownUndone, When::Odds(0.3));
        ManualSubject::new(Arc::new(Resending::new(Arc::new(faulty))), clock)
    }

    leyline_testkit::conformance!(make);
}

fn store() -> FaultyStore {
    FaultyStore::new(memory::store().0)
}

fn new_task() -> NewTask {
    NewTask::new(TaskId::from_bytes([7; 16]), fixtures::kind("alpha"))
}

#[tokio::test]
async fn an_unavailable_store_has_done_nothing() {
    let store = store();
    store.plan(Method::Insert, Fault::Unavailable, When::Always);
    let error = store.insert_one(new_task()).await.expect_err("it was planned");
    assert!(matches!(error, Error::Unavailable { .. }), "{error:?}");
    assert_eq!(store.get(new_task().id).await.expect("only inserts fail"), None);
}

#[tokio::test]
async fn an_unknown_outcome_may_be_either() {
    for (fault, done) in [(Fault::UnknownDone, true), (Fault::UnknownUndone, false)] {
        let store = store();
        store.plan(Method::Insert, fault, When::Next(1));
        let error = store.insert_one(new_task()).await.expect_err("it was planned");
        assert!(error.is_unknown(), "{error:?}");
        assert_eq!(
            store.get(new_task().id).await.expect("get succeeds").is_some(),
            done
        );
        assert_eq!(
            store
                .insert_one(new_task())
                .await
                .expect("only the first fails")
                .existed,
            done
        );
    }
}

#[tokio::test]
async fn a_silent_call_may_be_done_or_not_and_never_answers() {
    for (fault, done) in [(Fault::SilentDone, true), (Fault::SilentUndone, false)] {
        let store = store();
        store.plan(Method::Insert, fault, When::Nth(1));
        assert!(
            store.insert(&[new_task()]).now_or_never().is_none(),
            "no answer comes"
        );
        assert_eq!(
            store.get(new_task().id).await.expect("get succeeds").is_some(),
            done
        );
    }
}

#[tokio::test]
async fn faults_come_when_they_are_planned() {
    #[track_caller]
    fn check(pattern: &[bool], expected: [u8; 6]) {
        assert_eq!(pattern, expected.map(|failed| failed == 1));
    }
    check(&failures(When::Always).await, [1, 1, 1, 1, 1, 1]);
    check(&failures(When::Next(2)).await, [1, 1, 0, 0, 0, 0]);
    check(&failures(When::Nth(3)).await, [0, 0, 1, 0, 0, 0]);
    check(&failures(When::EveryOther).await, [1, 0, 1, 0, 1, 0]);
    check(&failures(When::Odds(0.0)).await, [0, 0, 0, 0, 0, 0]);
    check(&failures(When::Odds(1.0)).await, [1, 1, 1, 1, 1, 1]);
}

/// Which of six pings fail.
async fn failures(when: When) -> Vec<bool> {
    let store = store();
    store.plan(Method::Ping, Fault::Unavailable, when);
    let mut failures = Vec::new();
    for _ in 0..6 {
        failures.push(store.ping().await.is_err());
    }
    failures
}

#[tokio::test]
async fn a_seed_decides_the_odds() {
    let mut patterns = Vec::new();
    for seed in [1, 1, 2] {
        let store = FaultyStore::seeded(memory::store().0, seed);
        store.plan_all(Fault::Unavailable, When::Odds(0.5));
        let mut pattern = Vec::new();
        for _ in 0..64 {
            pattern.push(store.ping().await.is_err());
        }
        patterns.push(pattern);
    }
    assert_eq!(patterns[0], patterns[1]);
    assert_ne!(patterns[0], patterns[2]);
    assert!(patterns[0].contains(&true) && patterns[0].contains(&false));
}

#[tokio::test]
async fn calls_and_faults_are_counted_by_method() {
    let store = store();
    store.plan(Method::Ping, Fault::Unavailable, When::Nth(2));
    store.plan_all(Fault::Unavailable, When::Nth(4));
    for _ in 0..3 {
        drop(store.ping().await);
    }
    assert!(store.workers(0).await.is_err(), "it was the fourth call of all");
    assert!(store.workers(0).await.is_ok());
    assert_eq!((store.calls(Method::Ping), store.faults(Method::Ping)), (3, 1));
    assert_eq!(
        (store.calls(Method::Workers), store.faults(Method::Workers)),
        (2, 1)
    );
    assert_eq!((store.calls(Method::Claim), store.faults(Method::Claim)), (0, 0));
}

#[tokio::test]
async fn a_plan_can_be_taken_back() {
    let store = store();
    store.plan_all(Fault::Unavailable, When::Always);
    store.lose_wakeups();
    assert!(store.ping().await.is_err());
    let mut deaf = store.wakeups();
    store.clear();
    let mut awake = store.wakeups();
    store.insert_one(new_task()).await.expect("nothing is planned");
    assert_eq!(deaf.changed().now_or_never(), None);
    assert_eq!(awake.changed().now_or_never(), Some(1));
}

//! A task in a transaction of the caller's own: what it answers, and what it refuses.

use std::time::Duration;

use leyline_core::store::Error;
use leyline_core::{Json, TaskStoreExt as _};
use leyline_store_sqlite::rusqlite::{Connection, TransactionBehavior};
use leyline_store_sqlite::{ConnectionError, Durability, SqliteOptions, SqliteStore};
use leyline_testkit::ManualClock;

use crate::given::task;
use crate::service::{Service, begin, count, make_orders};

#[tokio::test]
async fn the_callers_rows_and_the_task_are_there_together_or_not_at_all() {
    let mut service = Service::new().await;
    let store = service.store.clone();
    let prepared = service.prepare(task());
    let tx = service.begin();
    let inserted = store.insert_in(&tx, &prepared).expect("inserted");
    assert!(!inserted.existed);
    tx.rollback().expect("rolled back");
    assert_eq!(service.orders(), 0);
    assert!(!service.is_there(&prepared).await);

    let inserted = service.order(&prepared).expect("inserted");
    assert!(!inserted.existed, "nothing was left of the first time");
    assert_eq!(service.orders(), 1);
    let stored = service.leyline.get(prepared.id()).await.expect("a read");
    assert_eq!(stored, Some(inserted.task));
}

#[tokio::test]
async fn every_field_and_the_stores_clock_are_kept() {
    let clock = ManualClock::new();
    clock.advance(Duration::from_hours(1000));
    let mut service = Service::with(|sqlite, _| sqlite.clock = std::sync::Arc::new(clock.clone())).await;
    let mut full = task();
    full.owner = "alice".to_owned();
    full.params = Json::parse(r#"{"deep": [1, 2]}"#).expect("json");
    full.priority = 9;
    full.delay = Duration::from_mins(1);
    full.max_attempts = 7;
    full.idempotency_key = Some("order-7".to_owned());
    full.trace_context = Some("00-trace".to_owned());
    // The one store says what another would: the fields have a case of their own in its suite.
    let other = SqliteStore::open({
        let mut options = SqliteOptions::memory();
        options.clock = std::sync::Arc::new(clock);
        options
    });
    let other = other.await.expect("opens");
    let expected = other.insert_one(full.clone()).await.expect("inserted").task;
    let prepared = service.prepare(full);
    assert_eq!(service.order(&prepared).expect("inserted").task, expected);
    let stored = service.leyline.get(prepared.id()).await.expect("a read");
    assert_eq!(stored, Some(expected));
}

#[tokio::test]
async fn the_same_again_is_the_task_that_is_there() {
    let mut service = Service::new().await;
    let mut keyed = task();
    keyed.idempotency_key = Some("order-7".to_owned());
    let first = service.prepare(keyed.clone());
    service.order(&first).expect("inserted");
    let again = service.order(&first).expect("the same id");
    assert!(again.existed && again.task.id == first.id());

    keyed.id = task().id;
    let by_key = service.prepare(keyed.clone());
    let again = service.order(&by_key).expect("the same key");
    assert!(again.existed && again.task.id == first.id());

    keyed.params = Json::parse("[1]").expect("json");
    let other = service.prepare(keyed);
    let conflict = service.order(&other).expect_err("another request");
    assert!(matches!(conflict, Error::IdempotencyConflict { id } if id == first.id()));
    assert_eq!(
        service.orders(),
        4,
        "a conflict leaves the transaction to the caller"
    );
    assert_eq!(count(&service.conn, "task"), 1);
}

#[tokio::test]
async fn one_transaction_takes_several_tasks_and_knows_what_it_wrote() {
    let mut service = Service::new().await;
    let store = service.store.clone();
    let (one, other) = (service.prepare(task()), service.prepare(task()));
    let tx = service.begin();
    assert!(!store.insert_in(&tx, &one).expect("inserted").existed);
    assert!(!store.insert_in(&tx, &other).expect("inserted").existed);
    assert!(store.insert_in(&tx, &one).expect("inserted").existed);
    tx.commit().expect("commits");
    assert!(service.is_there(&one).await && service.is_there(&other).await);
}

#[tokio::test]
async fn what_fails_half_way_leaves_nothing_for_the_caller_to_commit() {
    let mut service = Service::new().await;
    let refuse =
        "CREATE TEMP TRIGGER refuse BEFORE INSERT ON main.detail BEGIN SELECT RAISE(ABORT, 'no'); END";
    service.conn.execute_batch(refuse).expect("a trigger");
    let prepared = service.prepare(task());
    let failed = service.order(&prepared).expect_err("the second statement fails");
    assert!(matches!(failed, Error::Backend { .. }), "{failed:?}");
    assert_eq!((service.orders(), count(&service.conn, "task")), (1, 0));

    service
        .conn
        .execute_batch("DROP TRIGGER refuse")
        .expect("dropped");
    service.order(&prepared).expect("inserted");
    assert_eq!((service.orders(), count(&service.conn, "task")), (2, 1));
}

#[tokio::test]
async fn a_full_disk_undoes_the_transaction_and_nothing_is_committed_behind_it() {
    let mut service = Service::new().await;
    let store = service.store.clone();
    let mut large = task();
    large.params = Json::parse(&format!("\"{}\"", "x".repeat(60_000))).expect("json");
    let prepared = service.prepare(large);
    let pages: u32 = service
        .conn
        .pragma_query_value(None, "page_count", |row| row.get(0))
        .expect("a number");
    let limit = |conn: &Connection, pages: u32| {
        conn.pragma_update_and_check(None, "max_page_count", pages, |_| Ok(()))
            .expect("set");
    };
    limit(&service.conn, pages);
    let tx = service.begin();
    let full = store.insert_in(&tx, &prepared).expect_err("there is no room");
    assert!(full.is_full() && full.is_retryable(), "{full:?}");
    let after = store
        .insert_in(&tx, &prepared)
        .expect_err("the transaction may be gone");
    let over = matches!(refusal(&after), Some(ConnectionError::RolledBack));
    assert!(over || after.is_full(), "{after:?}");
    drop(tx);
    limit(&service.conn, u32::MAX / 2);
    assert_eq!((service.orders(), count(&service.conn, "task")), (0, 0));
    service.order(&prepared).expect("there is room");
}

#[tokio::test]
async fn a_transaction_that_sqlite_has_undone_takes_nothing() {
    let mut service = Service::new().await;
    let store = service.store.clone();
    let prepared = service.prepare(task());
    let tx = service.begin();
    let undone = tx.execute("INSERT OR ROLLBACK INTO orders (id) SELECT id FROM orders", []);
    undone.expect_err("the id is taken");
    let refused = store.insert_in(&tx, &prepared).expect_err("it is over");
    assert!(matches!(refusal(&refused), Some(ConnectionError::RolledBack)));
    drop(tx);
    assert!(!service.is_there(&prepared).await);
}

#[tokio::test]
async fn a_connection_that_is_less_durable_than_the_store_is_refused() {
    let mut service = Service::new().await;
    let prepared = service.prepare(task());
    for (level, number) in [("OFF", 0), ("NORMAL", 1)] {
        service
            .conn
            .pragma_update(None, "synchronous", level)
            .expect("set");
        let refused = service.order(&prepared).expect_err("it would not be durable");
        let found = refusal(&refused);
        assert!(
            matches!(found, Some(ConnectionError::NotDurable { pragma: "synchronous", found, .. }) if *found == number)
        );
        assert!(!refused.is_retryable());
    }
    assert!(!service.is_there(&prepared).await);
    service
        .conn
        .pragma_update(None, "synchronous", "EXTRA")
        .expect("set");
    service.order(&prepared).expect("more is as good");

    let mut relaxed = Service::with(|sqlite, _| sqlite.durability = Durability::Relaxed).await;
    relaxed
        .conn
        .pragma_update(None, "synchronous", "NORMAL")
        .expect("set");
    let prepared = relaxed.prepare(task());
    relaxed.order(&prepared).expect("as durable as the store");
}

#[tokio::test]
async fn a_connection_to_another_database_is_refused() {
    let service = Service::new().await;
    let prepared = service.prepare(task());
    let elsewhere = service.folder.path().join("elsewhere.db");
    let others = [
        Connection::open(&elsewhere).expect("opens"),
        Connection::open_in_memory().expect("opens"),
        Service::new().await.conn,
    ];
    for mut conn in others {
        make_orders(&conn);
        let tx = begin(&mut conn);
        let refused = service
            .store
            .insert_in(&tx, &prepared)
            .expect_err("another database");
        assert!(matches!(
            refusal(&refused),
            Some(ConnectionError::OtherDatabase { .. })
        ));
    }

    let memory = SqliteStore::open(SqliteOptions::memory()).await.expect("opens");
    let mut conn = Connection::open_in_memory().expect("opens");
    make_orders(&conn);
    let refused = memory
        .insert_in(&begin(&mut conn), &prepared)
        .expect_err("it has one connection");
    assert!(matches!(refusal(&refused), Some(ConnectionError::InMemory)));
    let refused = memory.connect().expect_err("it has one connection");
    assert!(matches!(refusal(&refused), Some(ConnectionError::InMemory)));
}

#[cfg(unix)]
#[tokio::test]
async fn a_connection_that_the_service_opened_by_another_name_will_do() {
    let mut service = Service::new().await;
    let link = service.folder.path().join("link.db");
    std::os::unix::fs::symlink(service.folder.path().join("service.db"), &link).expect("a link");
    service.conn = Connection::open(&link).expect("opens");
    service
        .conn
        .pragma_update(None, "synchronous", "FULL")
        .expect("set");
    let prepared = service.prepare(task());
    service.order(&prepared).expect("inserted");
    assert!(service.is_there(&prepared).await);
}

#[tokio::test]
async fn a_transaction_that_reads_an_old_state_has_to_begin_again() {
    let mut service = Service::new().await;
    let store = service.store.clone();
    let prepared = service.prepare(task());
    let tx = service
        .conn
        .transaction_with_behavior(TransactionBehavior::Deferred)
        .expect("begins");
    assert_eq!(count(&tx, "orders"), 0);
    store.insert_one(task()).await.expect("inserted");
    let stale = store
        .insert_in(&tx, &prepared)
        .expect_err("what it has read is not so any more");
    assert!(stale.is_retryable() && stale.is_definite(), "{stale:?}");
    tx.rollback().expect("rolled back");
    service.order(&prepared).expect("inserted");
}

#[tokio::test]
async fn a_store_that_is_closed_takes_nothing() {
    let mut service = Service::new().await;
    let prepared = service.prepare(task());
    service.store.close().await;
    assert!(service.order(&prepared).expect_err("closed").is_stopped());
    assert!(service.store.connect().expect_err("closed").is_stopped());
}

fn refusal(error: &Error) -> Option<&ConnectionError> {
    std::error::Error::source(error)?.downcast_ref()
}

//! Tasks that are inserted together with rows of the service's own.

use std::sync::Arc;
use std::time::Duration;

use leyline_core::task::Kind;
use leyline_core::{Env, Leyline, NewTask, Prepared, TaskStore as _};
use leyline_store_postgres::sqlx::{Connection as _, PgConnection};

use crate::given::{self, Store};

struct Service {
    store: Store,
    leyline: Leyline,
}

async fn service() -> Service {
    let store = given::store(|_| {}).await;
    let leyline = Leyline::builder(Arc::new((*store).clone()))
        .kind("alpha", leyline_core::KindOptions::default())
        .build()
        .expect("it is whole");
    given::execute(&format!("CREATE TABLE {}.orders (id uuid)", store.schema)).await;
    Service { store, leyline }
}

impl Service {
    fn prepare(&self, key: Option<&str>) -> Prepared {
        let mut task = NewTask::new(Env::system().task_id(), Kind::new("alpha").expect("it is a kind"));
        task.idempotency_key = key.map(str::to_owned);
        self.leyline.prepare(task).expect("it can be inserted")
    }

    async fn order(&self, connection: &mut PgConnection, prepared: &Prepared) {
        let order = format!(
            "INSERT INTO {}.orders VALUES ('{}')",
            self.store.schema,
            prepared.id()
        );
        given::run(connection, &order).await;
    }

    async fn orders(&self) -> i64 {
        given::number(&format!("SELECT count(*) FROM {}.orders", self.store.schema)).await
    }
}

#[tokio::test]
async fn the_order_and_its_task_are_there_together() {
    let service = service().await;
    let prepared = service.prepare(None);
    let mut connection = given::connection().await;
    let mut transaction = connection.begin().await.expect("it begins");
    service.order(&mut transaction, &prepared).await;
    let inserted = service
        .store
        .insert_in(&mut transaction, &prepared)
        .await
        .expect("it is inserted");
    assert!(!inserted.existed);
    assert!(
        service
            .store
            .get(prepared.id())
            .await
            .expect("it is read")
            .is_none()
    );
    transaction.commit().await.expect("it commits");
    let row = service
        .store
        .get(prepared.id())
        .await
        .expect("it is read")
        .expect("it is there");
    assert_eq!(row, inserted.task);
    assert_eq!(service.orders().await, 1);
}

#[tokio::test]
async fn a_rollback_leaves_neither() {
    let service = service().await;
    let prepared = service.prepare(Some("key"));
    let mut connection = given::connection().await;
    let mut transaction = connection.begin().await.expect("it begins");
    service.order(&mut transaction, &prepared).await;
    service
        .store
        .insert_in(&mut transaction, &prepared)
        .await
        .expect("it is inserted");
    transaction.rollback().await.expect("it is rolled back");
    assert!(
        service
            .store
            .get(prepared.id())
            .await
            .expect("it is read")
            .is_none()
    );
    assert_eq!(service.orders().await, 0);
    // The key is free again, and what was announced in vain did nothing.
    service.leyline.announce(&prepared).await;
    let second = service
        .leyline
        .submit(service.prepare(Some("key")).task().clone())
        .await;
    assert!(!second.expect("it is inserted").existed);
}

#[tokio::test]
async fn the_same_key_answers_the_task_that_is_there_within_and_without() {
    let service = service().await;
    let (first, second, other) = (
        service.prepare(Some("key")),
        service.prepare(Some("key")),
        service.prepare(Some("key")).task().clone(),
    );
    let mut connection = given::connection().await;
    let mut transaction = connection.begin().await.expect("it begins");
    service
        .store
        .insert_in(&mut transaction, &first)
        .await
        .expect("it is inserted");
    let within = service
        .store
        .insert_in(&mut transaction, &second)
        .await
        .expect("it is there");
    assert!(within.existed);
    assert_eq!(within.task.id, first.id());
    transaction.commit().await.expect("it commits");
    let without = service.leyline.submit(other).await.expect("it is there");
    assert_eq!((without.existed, without.task.id), (true, first.id()));
}

#[tokio::test]
async fn a_conflict_leaves_the_transaction_as_it_was() {
    let service = service().await;
    let first = service.prepare(Some("key"));
    service
        .leyline
        .submit(first.task().clone())
        .await
        .expect("it is inserted");
    let mut different = first.task().clone();
    different.id = Env::system().task_id();
    different.params = leyline_core::Json::new(&1).expect("it is JSON");
    let different = service.leyline.prepare(different).expect("it can be inserted");
    let mut connection = given::connection().await;
    let mut transaction = connection.begin().await.expect("it begins");
    let refused = service
        .store
        .insert_in(&mut transaction, &different)
        .await
        .unwrap_err();
    assert!(matches!(refused, leyline_core::store::Error::IdempotencyConflict { id } if id == first.id()));
    service.order(&mut transaction, &different).await;
    transaction.commit().await.expect("it commits");
    assert_eq!(service.orders().await, 1);
}

#[tokio::test]
async fn an_announced_task_wakes_this_processs_workers() {
    let service = service().await;
    let mut wakeups = service.store.wakeups();
    let prepared = service.prepare(None);
    let mut connection = given::connection().await;
    let mut transaction = connection.begin().await.expect("it begins");
    service
        .store
        .insert_in(&mut transaction, &prepared)
        .await
        .expect("it is inserted");
    transaction.commit().await.expect("it commits");
    service.leyline.announce(&prepared).await;
    tokio::time::timeout(Duration::from_secs(10), wakeups.changed())
        .await
        .expect("it wakes");
}

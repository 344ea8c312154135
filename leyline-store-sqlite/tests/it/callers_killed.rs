//! A service that is killed while it writes orders and their tasks: there is never one without the other.

use leyline_core::TaskStore as _;
use leyline_core::store::ListQuery;
use leyline_store_sqlite::rusqlite::{Connection, params};
use tempfile::tempdir;

use crate::given::{self, Process, open, task};
use crate::service::{count, make_orders};

/// How often it is killed.
const KILLS: u32 = 12;

#[tokio::test]
#[ignore = "runs as a child of the other tests"]
async fn a_service_that_takes_orders() {
    let store = open(&given::database()).await;
    let digest = leyline_core::KindOptions::default();
    let leyline = leyline_core::Leyline::builder(std::sync::Arc::new(store.clone())).kind("digest", digest);
    let leyline = leyline.build().expect("builds");
    let mut conn = store.connect().expect("a connection");
    make_orders(&conn);
    for n in 0.. {
        let prepared = leyline.prepare(task()).expect("it is fit");
        let tx = conn.transaction().expect("begins");
        // Which of the two comes first changes nothing.
        let order = || {
            tx.execute(
                "INSERT INTO orders (task) VALUES (?1)",
                params![prepared.id().as_bytes()],
            )
        };
        if n % 2 == 0 {
            order().expect("an order");
        }
        store.insert_in(&tx, &prepared).expect("inserted");
        if n % 2 == 1 {
            order().expect("an order");
        }
        tx.commit().expect("commits");
        if n == 20 {
            given::say("ready");
        }
    }
}

#[tokio::test]
async fn a_service_that_is_killed_leaves_no_order_without_its_task() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("service.db");
    let mut orders = 0;
    for kill in 1..=KILLS {
        let mut process = Process::start("callers_killed::a_service_that_takes_orders", &path);
        process.kill();
        let conn = Connection::open(&path).expect("opens");
        let before = std::mem::replace(&mut orders, count(&conn, "orders"));
        assert!(orders > before + 20, "what was committed is there");
        assert_eq!(count(&conn, "task"), orders, "kill {kill}");
        assert_eq!(
            count(&conn, "orders JOIN task_row ON orders.task = task_row.id"),
            orders
        );
    }
    println!("survived {KILLS} kills with {orders} orders");
    let store = open(&path).await;
    assert!(
        !store
            .list(&ListQuery::new())
            .await
            .expect("a read")
            .tasks
            .is_empty()
    );
}

//! A shop that keeps its orders beside its tasks: an order and the task that writes its invoice are committed in one
//! transaction, so there is never one without the other, whenever the process dies.
//!
//! `cargo run -p leyline-outbox` takes three orders, of which one is refused half-way, and shows what became of them. The
//! Postgres store has the same `insert_in`, for a transaction on a connection of the service's own.

use std::error::Error;
use std::sync::{Arc, Mutex, PoisonError};

use leyline_core::{
    CancellationToken, Json, Leyline, Prepared, ProcessError, TaskContext, TaskId, Update, typed,
};
use leyline_store_sqlite::rusqlite::{Connection, TransactionBehavior, params};
use leyline_store_sqlite::{SqliteOptions, SqliteStore};
use serde::{Deserialize, Serialize};

type Failure = Box<dyn Error + Send + Sync>;

/// The shop's own table. A lamp costs something; the database insists.
const ORDERS: &str = "CREATE TABLE IF NOT EXISTS shop_orders (
    id INTEGER PRIMARY KEY,
    item TEXT NOT NULL,
    cents INTEGER NOT NULL CONSTRAINT costs_something CHECK (cents > 0),
    invoice_task TEXT NOT NULL
) STRICT";

#[derive(Clone, Serialize, Deserialize)]
struct Order {
    item: String,
    cents: i64,
}

/// The work on one order. It may run twice, as all work may.
async fn write_invoice(cx: TaskContext, order: Order) -> Result<String, ProcessError> {
    cx.progress().message("writing the invoice");
    let (whole, cents) = (order.cents / 100, order.cents % 100);
    Ok(format!("{}: {whole}.{cents:02}", order.item))
}

struct Shop {
    leyline: Leyline,
    store: SqliteStore,
    conn: Arc<Mutex<Connection>>,
}

impl Shop {
    /// Takes an order. When this returns, the order and its task are durable, both; if it errs, neither is there.
    async fn take(&self, order: Order) -> Result<TaskId, Failure> {
        let mut task = self.leyline.new_task("invoice")?;
        task.params = Json::new(&order)?;
        let prepared = self.leyline.prepare(task)?;
        let (store, conn, row) = (self.store.clone(), Arc::clone(&self.conn), prepared.clone());
        // SQLite blocks, so it does not belong on a thread of the async runtime.
        tokio::task::spawn_blocking(move || {
            let mut conn = conn.lock().unwrap_or_else(PoisonError::into_inner);
            commit(&store, &mut conn, &order, &row)
        })
        .await??;
        // Only a hint: without it a worker finds the task by its poll.
        self.leyline.announce(&prepared).await;
        Ok(prepared.id())
    }
}

/// The one transaction. Dropped on an error, it is rolled back.
fn commit(store: &SqliteStore, conn: &mut Connection, order: &Order, task: &Prepared) -> Result<(), Failure> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    store.insert_in(&tx, task)?;
    tx.execute(
        "INSERT INTO shop_orders (item, cents, invoice_task) VALUES (?1, ?2, ?3)",
        params![order.item, order.cents, task.id().to_string()],
    )?;
    Ok(tx.commit()?)
}

/// Follows the task of an order to its end.
async fn show(leyline: &Leyline, id: TaskId) -> Result<(), Failure> {
    println!("taken: invoice {id}");
    let mut watch = leyline.watch(id).await?;
    while let Some(Update::Event(event)) = watch.next().await {
        match &event.output {
            Some(invoice) => println!("    {} {}", event.status, invoice.value.as_str()),
            None => println!("    {}", event.status),
        }
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let path = std::env::args().nth(1).unwrap_or("data/outbox.db".to_owned());
    let store = SqliteStore::open(SqliteOptions::file(path)).await?;
    let conn = store.connect()?;
    conn.execute_batch(ORDERS)?;
    let leyline = Leyline::builder(Arc::new(store.clone()))
        .processor("invoice", typed(write_invoice))
        .build()?;
    let shutdown = CancellationToken::new();
    let worker = {
        let (leyline, shutdown) = (leyline.clone(), shutdown.clone());
        tokio::spawn(async move { leyline.run_worker(shutdown).await })
    };
    let shop = Shop {
        leyline,
        store,
        conn: Arc::new(Mutex::new(conn)),
    };
    for (item, cents) in [("a lamp", 4_950), ("a gift", 0), ("a chair", 12_900)] {
        let item = item.to_owned();
        match shop.take(Order { item, cents }).await {
            Err(error) => println!("refused: {error}"),
            Ok(id) => show(&shop.leyline, id).await?,
        }
    }
    shutdown.cancel();
    worker.await?;
    Ok(())
}

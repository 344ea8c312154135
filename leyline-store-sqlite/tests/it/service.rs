//! A service with rows of its own in the store's file.

use std::sync::Arc;
use std::time::Duration;

use leyline_core::store::{Inserted, Result};
use leyline_core::{
    CancellationToken, Drained, Json, KindOptions, Leyline, NewTask, Options, Prepared, ProcessError,
    TaskContext, Update, typed,
};
use leyline_store_sqlite::rusqlite::{Connection, Transaction, TransactionBehavior};
use leyline_store_sqlite::{SqliteOptions, SqliteStore};
use tempfile::TempDir;
use tokio::task::JoinHandle;

use crate::given::{self, PATIENCE};

/// A store, a service over it, and the service's own connection with its table of orders.
pub(crate) struct Service {
    pub(crate) store: SqliteStore,
    pub(crate) leyline: Leyline,
    pub(crate) conn: Connection,
    pub(crate) folder: TempDir,
}

impl Service {
    pub(crate) async fn new() -> Self {
        Self::with(|_, _| {}).await
    }

    pub(crate) async fn with(set: impl FnOnce(&mut SqliteOptions, &mut Options)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut sqlite = SqliteOptions::file(folder.path().join("service.db"));
        let mut options = Options::default();
        set(&mut sqlite, &mut options);
        let store = SqliteStore::open(sqlite).await.expect("opens");
        let processor = typed(async |_: TaskContext, _: Json| Ok::<_, ProcessError>(42));
        let leyline = Leyline::builder(Arc::new(store.clone()))
            .options(options)
            .processor("digest", processor)
            .kind("digest", KindOptions::default())
            .build();
        let conn = store.connect().expect("a connection");
        make_orders(&conn);
        Self {
            leyline: leyline.expect("builds"),
            store,
            conn,
            folder,
        }
    }

    pub(crate) fn prepare(&self, task: NewTask) -> Prepared {
        self.leyline.prepare(task).expect("it is fit")
    }

    /// Begins, and writes an order.
    pub(crate) fn begin(&mut self) -> Transaction<'_> {
        begin(&mut self.conn)
    }

    /// An order and its task, committed.
    pub(crate) fn order(&mut self, prepared: &Prepared) -> Result<Inserted> {
        let store = self.store.clone();
        let tx = self.begin();
        let inserted = store.insert_in(&tx, prepared);
        tx.commit().expect("commits");
        inserted
    }

    pub(crate) fn orders(&self) -> u32 {
        count(&self.conn, "orders")
    }

    pub(crate) async fn is_there(&self, prepared: &Prepared) -> bool {
        self.leyline.get(prepared.id()).await.expect("a read").is_some()
    }

    /// Runs a worker once it has looked for work and found none.
    pub(crate) async fn start_worker(&self) -> Worker {
        let shutdown = CancellationToken::new();
        let (leyline, token) = (self.leyline.clone(), shutdown.clone());
        let run = tokio::spawn(async move { leyline.run_worker(token).await });
        let first = self.leyline.submit(given::task()).await.expect("submitted");
        self.ended(first.task.id).await;
        Worker { shutdown, run }
    }

    /// Waits for the end of a task.
    pub(crate) async fn ended(&self, id: leyline_core::TaskId) {
        let mut watch = self.leyline.watch(id).await.expect("it is there");
        let ended = async { while let Some(Update::Event(_)) = watch.next().await {} };
        tokio::time::timeout(PATIENCE, ended).await.expect("it ends");
    }
}

pub(crate) struct Worker {
    shutdown: CancellationToken,
    run: JoinHandle<Drained>,
}

impl Worker {
    pub(crate) async fn stop(self) {
        self.shutdown.cancel();
        self.run.await.expect("no panic");
    }
}

pub(crate) fn make_orders(conn: &Connection) {
    conn.execute_batch("CREATE TABLE IF NOT EXISTS orders (id INTEGER PRIMARY KEY, task BLOB) STRICT")
        .expect("a table");
}

pub(crate) fn begin(conn: &mut Connection) -> Transaction<'_> {
    let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate);
    let tx = tx.expect("begins");
    tx.execute("INSERT INTO orders DEFAULT VALUES", [])
        .expect("an order");
    tx
}

pub(crate) fn count(conn: &Connection, table: &str) -> u32 {
    let sql = format!("SELECT count(*) FROM {table}");
    conn.query_row(&sql, [], |row| row.get(0)).expect("a count")
}

/// A poll that never comes: only a wake-up makes a worker look.
pub(crate) const NEVER: Duration = Duration::from_hours(24);

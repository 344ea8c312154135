//! LeyLine on PostgreSQL: one task store for any number of processes, and a feed of events between them.
//!
//! ```no_run
//! use std::sync::Arc;
//!
//! use leyline_core::{CancellationToken, Json, Leyline, ProcessError, TaskContext, typed};
//! use leyline_store_postgres::{PostgresOptions, PostgresStore};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let add = typed(async |_: TaskContext, (a, b): (u64, u64)| Ok::<_, ProcessError>(a + b));
//!     let store = PostgresStore::open(PostgresOptions::url("postgres://localhost/app")?).await?;
//!     let leyline = Leyline::builder(Arc::new(store.clone()))
//!         .sink(Arc::new(store.sink()))
//!         .processor("add", add)
//!         .build()?;
//!     let shutdown = CancellationToken::new();
//!     tokio::spawn(store.feed(leyline.hub().clone()).run(shutdown.clone()));
//!     let mut task = leyline.new_task("add")?;
//!     task.params = Json::parse("[1, 2]")?;
//!     leyline.submit(task).await?;
//!     leyline.run_worker(shutdown).await;
//!     Ok(())
//! }
//! ```
//!
//! **One statement for each verb.** A verb is a file in `sql/` and, by itself, a transaction: one round trip. Only a beat and a rescue
//! take several statements, because the later ones have to see what was committed while the first one waited. Locks are taken
//! in one order everywhere, the worker's row first and then tasks by their ids; claims pass by what others hold
//! (`SKIP LOCKED`). A change of status is committed to the disk before anyone is told; beats and notifications are not waited for.
//!
//! **Batching.** What queues up while inserts are under way goes into the next statement, whoever asked: no timers, and no delay when
//! nothing waits. One that has to wait for a stranger's transaction is taken out, so that its neighbours do not. Claims, finishes,
//! beats and rescues are batches from the start.
//!
//! **Errors.** Restarts, failovers, deadlocks, lack of connections and silence are
//! [`Unavailable`](leyline_core::store::Error::Unavailable) if certainly nothing was changed, and
//! [`Unknown`](leyline_core::store::Error::Unknown) if the answer to a change was lost: either is sent again unchanged. A full disk is
//! [`Full`](leyline_core::store::Error::Full). [`OpenError`] is what keeps a store from being opened, among it a server whose settings
//! could lose what it acknowledged. No error and no log shows a password.
//!
//! **Several processes.** The store is all they need. The [`sink`](PostgresStore::sink) and the [feed](PostgresStore::feed) make them
//! quick: progress, changes of status and new tasks reach the others by NOTIFY. If all of that is lost, workers and
//! watchers learn from the store, within the poll interval. All times are the server's.
//!
//! **PgBouncer** in transaction mode: nothing depends on the state of a session.
//! [`pooled`](PostgresOptions::pooled) is for one that does not keep prepared statements (before 1.21, or with
//! `max_prepared_statements` 0), and [`listen_url`](PostgresOptions::listen_url) leads the feed past it.
//!
//! **A service's own rows** may lie in the same database. [`PostgresStore::insert_in`] inserts a task in a transaction of the
//! service's.

mod options;
mod store;

mod contract;
mod insert_in;
mod verb;

mod pool;
mod session;
mod statements;

mod alarm;
mod feed;

mod check;
mod error;
pub mod metrics;
mod migrate;
mod row;
mod value;

pub use error::OpenError;
#[cfg(fuzzing)]
#[doc(hidden)]
pub use feed::hostile;
pub use feed::{Feed, PostgresSink};
pub use migrate::Plan;
pub use options::PostgresOptions;
/// The driver, in the version that the store uses: connections for [`PostgresStore::insert_in`] are of it.
pub use sqlx;
pub use store::PostgresStore;

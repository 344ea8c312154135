//! Insert in a transaction of the caller's own: the row of a task and the rows of a service, together or not at all.

use std::path::Path;
use std::sync::Arc;

use leyline_core::Prepared;
use leyline_core::store::{Error, Inserted, Result};
use rusqlite::{Connection, Transaction};

use crate::SqliteStore;
use crate::connection;
use crate::error::{ConnectionError, undone};
use crate::options::Durability;
use crate::store::FileParts;
use crate::verb::{Tx, insert};
use crate::writer::now;

/// SQLite's number for `PRAGMA synchronous = FULL`.
const FULL: i64 = 2;

impl SqliteStore {
    /// Opens another connection to the database, set up for [`insert_in`](Self::insert_in): as durable as the store, with
    /// its `busy_timeout`, and with foreign keys enforced. Blocks.
    ///
    /// What else the service keeps on it is its own, but the file is this library's: `application_id` and `user_version`
    /// stay as they are, and tables get names that are not ours (a prefix of the service's does it).
    ///
    /// # Errors
    /// A database in memory has no second connection: [`Backend`](Error::Backend) with
    /// [`ConnectionError::InMemory`] as its source.
    pub fn connect(&self) -> Result<Connection> {
        self.0.halt.check()?;
        let file = self.file()?;
        connection::open_callers(&file.path, file.busy_timeout, self.0.durability)
            .map_err(|error| undone(&error.into()))
    }

    /// Inserts a task in a transaction of the caller's own, on a connection of its own to this database
    /// ([`connect`](Self::connect) opens one). The task is there when the caller has committed, together with whatever else
    /// was written, and is told of by [`Leyline::announce`](leyline_core::Leyline::announce). Blocks.
    ///
    /// As idempotent as [`insert`](leyline_core::TaskStore::insert), on the id and on (owner, idempotency key); what the
    /// transaction itself has written counts. Times in the row are the store's, as of this call.
    ///
    /// SQLite has one writer at a time. The store's own writes wait while the transaction is open, at most its
    /// `busy_timeout` (then they answer [`Unavailable`](Error::Unavailable), and can be sent again): keep it short, and
    /// wait for nothing in it. Begin it with [`TransactionBehavior::Immediate`](rusqlite::TransactionBehavior::Immediate):
    /// one that reads first and writes later is refused, and without waiting, if another wrote in between.
    ///
    /// Afterwards `last_insert_rowid` is that of a row of ours.
    ///
    /// # Errors
    /// [`IdempotencyConflict`](Error::IdempotencyConflict); the transaction can go on, nothing was written for the task.
    /// [`Unavailable`](Error::Unavailable) and [`Full`](Error::Full): roll back, and begin the whole transaction again.
    /// [`Backend`](Error::Backend) with a [`ConnectionError`] as its source: the connection is not fit for it.
    /// Where the caller's COMMIT errs, its outcome may be unknown (invariant 10): the same [`Prepared`] inserted again
    /// makes one task of both.
    ///
    /// ```
    /// use std::sync::Arc;
    ///
    /// use leyline_core::Leyline;
    /// use leyline_store_sqlite::{SqliteOptions, SqliteStore, rusqlite::TransactionBehavior};
    ///
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// # let folder = tempfile::tempdir()?;
    /// # let path = folder.path().join("service.db");
    /// let store = SqliteStore::open(SqliteOptions::file(path)).await?;
    /// let leyline = Leyline::builder(Arc::new(store.clone())).kind("invoice", Default::default()).build()?;
    /// let mut conn = store.connect()?;
    /// conn.execute_batch("CREATE TABLE orders (id INTEGER PRIMARY KEY, item TEXT NOT NULL) STRICT")?;
    ///
    /// let prepared = leyline.prepare(leyline.new_task("invoice")?)?;
    /// let tx = conn.transaction_with_behavior(TransactionBehavior::Immediate)?;
    /// tx.execute("INSERT INTO orders (item) VALUES ('a lamp')", [])?;
    /// store.insert_in(&tx, &prepared)?;
    /// tx.commit()?;
    /// leyline.announce(&prepared).await;
    /// assert!(leyline.get(prepared.id()).await?.is_some());
    /// # Ok(())
    /// # }
    /// ```
    pub fn insert_in(&self, tx: &Transaction<'_>, prepared: &Prepared) -> Result<Inserted> {
        self.0.halt.check()?;
        check(tx, self.file()?, self.0.durability)?;
        let new = std::slice::from_ref(prepared.task());
        let ours = Tx::new(tx, now(&*self.0.clock));
        let answer = whole(tx, || insert(&ours, new)).map_err(|error| undone(&Arc::new(error)))?;
        let only = answer.into_iter().next();
        only.unwrap_or_else(|| Err(Error::backend("a batch of one was answered with nothing")))
    }

    fn file(&self) -> Result<&FileParts> {
        let file = self.0.file.as_ref();
        file.ok_or_else(|| Error::backend(ConnectionError::InMemory))
    }
}

/// Whether a task that is committed on this connection is as good as one that the store has committed.
fn check(tx: &Transaction<'_>, file: &FileParts, durability: Durability) -> Result<()> {
    // SQLite undoes a transaction by itself when the disk is full. What is written then is committed at once, and alone.
    if tx.is_autocommit() {
        return Err(Error::backend(ConnectionError::RolledBack));
    }
    let path = tx.path().unwrap_or_default();
    if Path::new(path) != file.path && std::fs::canonicalize(path).ok().as_ref() != Some(&file.path) {
        return Err(Error::backend(ConnectionError::OtherDatabase {
            path: path.into(),
            store: file.path.clone(),
        }));
    }
    if durability == Durability::Full {
        check_durable(tx)?;
    }
    Ok(())
}

fn check_durable(tx: &Transaction<'_>) -> Result<()> {
    let number = |pragma: &str| {
        let mut pragma = tx.prepare_cached(pragma)?;
        pragma.query_row([], |row| row.get::<_, i64>(0))
    };
    let read = |pragma| number(pragma).map_err(|error| undone(&error.into()));
    let synchronous = read("PRAGMA main.synchronous")?;
    if synchronous < FULL {
        return Err(Error::backend(ConnectionError::NotDurable {
            pragma: "synchronous",
            found: synchronous,
            least: FULL,
        }));
    }
    // Elsewhere it changes nothing.
    if cfg!(target_vendor = "apple") && read("PRAGMA fullfsync")? == 0 {
        return Err(Error::backend(ConnectionError::NotDurable {
            pragma: "fullfsync",
            found: 0,
            least: 1,
        }));
    }
    Ok(())
}

/// Does all of it or nothing, inside a transaction that goes on: the caller may commit it in spite of an error.
fn whole<T>(tx: &Transaction<'_>, work: impl FnOnce() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let run = |sql| tx.prepare_cached(sql)?.execute([]);
    run("SAVEPOINT leyline_insert_in")?;
    let worked = work();
    if worked.is_ok() {
        run("RELEASE leyline_insert_in")?;
    } else if !tx.is_autocommit() {
        // Where the disk was full the transaction is undone already, and the savepoint with it.
        run("ROLLBACK TO leyline_insert_in")?;
        run("RELEASE leyline_insert_in")?;
    }
    worked
}

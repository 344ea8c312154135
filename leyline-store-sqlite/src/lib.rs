//! LeyLine's embedded default: tasks in one SQLite file, nothing to install.
//!
//! ```
//! use leyline_store_sqlite::{SqliteOptions, SqliteStore};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), Box<dyn std::error::Error>> {
//! # let folder = tempfile::tempdir()?;
//! # let data = folder.path();
//! let store = SqliteStore::open(SqliteOptions::file(data.join("leyline.db"))).await?;
//! store.backup_to(data.join("leyline.backup.db")).await?;
//! store.close().await;
//! # Ok(())
//! # }
//! ```
//!
//! **Group commit.** One thread owns the only writing connection. What has queued up while it was committing is its next
//! transaction, so the cost of making a change durable is shared by all who wait, and nobody waits when it is idle. If a
//! call errs, its group is undone and each of its calls runs alone: a neighbour never pays. Beats go first, and a group of
//! nothing but beats is not waited for.
//!
//! **Errors.** A full disk is [`Full`](leyline_core::store::Error::Full) and passes; another process that writes for too
//! long is [`Unavailable`](leyline_core::store::Error::Unavailable); a commit that failed is
//! [`Unknown`](leyline_core::store::Error::Unknown). After a failed sync the store is
//! [`Stopped`](leyline_core::store::Error::Stopped) until the process restarts: what can be read then is not what is on the
//! disk.
//!
//! **A service's own rows** may lie in the same file. [`SqliteStore::insert_in`] inserts a task in a transaction of the
//! service's, on a connection that [`SqliteStore::connect`] opens.
//!
//! **Several processes** may open one file on one machine. Each worker holds a lock file in `<database>.workers/`, so that
//! the tasks of a process that was killed are free at the next one's first look.

mod options;
mod store;

mod contract;
mod halt;
mod insert_in;
mod verb;

mod reader;
mod writer;

mod connection;
mod migrate;
mod row;

mod backup;
mod error;
mod lock;

pub use error::{BackupError, ConnectionError, OpenError};
pub use options::{Durability, SqliteOptions};
/// SQLite, in the version that the store uses: connections for [`SqliteStore::insert_in`] are of it.
pub use rusqlite;
pub use store::SqliteStore;

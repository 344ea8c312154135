//! Options of the store.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use leyline_core::env::{Clock, SystemClock};

/// What a commit waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Durability {
    /// A change of status, a checkpoint and a deletion are on the disk before they are acknowledged (`synchronous=FULL`, and
    /// `fullfsync` where the platform has it). Only beats, and the progress they carry, are not waited for.
    #[default]
    Full,
    /// Nothing is waited for (`synchronous=NORMAL`). A crash of the process loses nothing. **A crash of the machine loses the
    /// last acknowledged changes**: accepted tasks are gone, finished ones run again, deleted ones are back without their
    /// bytes. The database itself stays whole. For data that can be made again.
    Relaxed,
}

/// Where the database lies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Location {
    File(PathBuf),
    Memory,
}

/// How to open a [`SqliteStore`](crate::SqliteStore).
///
/// ```
/// use std::time::Duration;
/// use leyline_store_sqlite::SqliteOptions;
///
/// let mut options = SqliteOptions::file("data/leyline.db");
/// options.readers = 8;
/// options.cross_process_wakeups = Some(Duration::from_millis(100));
/// ```
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct SqliteOptions {
    pub(crate) location: Location,
    /// What a commit waits for; default [`Durability::Full`]. Means nothing in memory.
    pub durability: Durability,
    /// How many reads run at once, each on a connection of its own and a blocking thread; default 4, 0 means 1. In memory
    /// there is one connection, and reads take turns with writes.
    pub readers: usize,
    /// How many calls wait for the writer before the next caller has to wait for room; default 1,024, 0 means 1. A call
    /// counts once, and once more for every 16 KiB that it carries. Beats wait in a lane of their own, of 64.
    pub queue: usize,
    /// Most calls in one commit; default 512, 0 means 1.
    pub group_calls: usize,
    /// Most bytes in one commit, roughly, as long as there is more than one call in it; default 4 MiB.
    pub group_bytes: usize,
    /// How long to wait for another process that is writing before a call is answered with
    /// [`Unavailable`](leyline_core::store::Error::Unavailable); default 5 s, at most a day, zero
    /// means not at all.
    pub busy_timeout: Duration,
    /// The store's clock; default the operating system's. Every time in a row is written and compared by it.
    pub clock: Arc<dyn Clock>,
    /// How often to look whether *another process*, or a caller on a connection of its own, has changed the database, so
    /// that workers here are woken by tasks from there; default never: they find them by their poll. Only for processes that share one file in split roles; 100 ms
    /// cost next to nothing. Zero means never.
    pub cross_process_wakeups: Option<Duration>,
}

impl SqliteOptions {
    /// A database in a file, which is made if it is not there, with the folders that lead to it. Beside it SQLite keeps
    /// `<file>-wal` and `<file>-shm`, and the store keeps the lock files of workers in `<file>.workers/`. The file system
    /// has to be a local one.
    pub fn file(path: impl AsRef<Path>) -> Self {
        Self::at(Location::File(path.as_ref().to_owned()))
    }

    /// A database in memory, gone with the last handle.
    pub fn memory() -> Self {
        Self::at(Location::Memory)
    }

    fn at(location: Location) -> Self {
        Self {
            location,
            durability: Durability::default(),
            readers: 4,
            queue: 1024,
            group_calls: 512,
            group_bytes: 4 * 1024 * 1024,
            busy_timeout: Duration::from_secs(5),
            clock: Arc::new(SystemClock),
            cross_process_wakeups: None,
        }
    }
}

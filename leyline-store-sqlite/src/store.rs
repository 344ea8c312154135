//! The store: opening, backing up, closing.

use std::fmt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use leyline_core::env::Clock;
use leyline_core::store::{Error, Result, Waker};

use crate::backup;
use crate::connection;
use crate::error::{BackupError, OpenError};
use crate::halt::Halt;
use crate::lock::Locks;
use crate::options::{Durability, Location, SqliteOptions};
use crate::reader::Readers;
use crate::verb::Verb;
use crate::writer::{Lane, Log, Wal, Writer};

/// As long as SQLite can be told to wait.
const LONGEST_BUSY: Duration = Duration::from_hours(24);

/// A [`TaskStore`](leyline_core::TaskStore) in an SQLite database. Clones share one store.
///
/// Needs a tokio runtime: reads and files are handled on its blocking threads. The writer is a thread of its own, which
/// ends with the last handle; dropping that waits until the commit under way has ended (see [`close`](Self::close)).
///
/// ```
/// use leyline_core::task::Kind;
/// use leyline_core::{Env, NewTask, TaskStore as _, TaskStoreExt as _};
/// use leyline_store_sqlite::{SqliteOptions, SqliteStore};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let store = SqliteStore::open(SqliteOptions::memory()).await?;
/// let id = Env::system().task_id();
/// store.insert_one(NewTask::new(id, Kind::new("digest")?)).await?;
/// assert!(store.get(id).await?.is_some());
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct SqliteStore(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) durability: Durability,
    pub(crate) waker: Waker,
    pub(crate) halt: Arc<Halt>,
    /// What there is beside the writer, if the database lies in a file.
    pub(crate) file: Option<FileParts>,
    pub(crate) writer: Writer,
    location: Location,
}

pub(crate) struct FileParts {
    pub(crate) path: PathBuf,
    pub(crate) busy_timeout: Duration,
    readers: Arc<Readers>,
    pub(crate) locks: Arc<Locks>,
}

impl SqliteStore {
    /// Opens the database, makes it if it is not there, and brings its schema up to date.
    ///
    /// # Errors
    /// [`OpenError::NewerSchema`] and [`OpenError::Foreign`] leave the file as it was.
    ///
    /// # Cancel safety
    /// Dropped, it leaves at most a database that is as good as one that was opened and closed.
    pub async fn open(options: SqliteOptions) -> Result<Self, OpenError> {
        Self::open_on(options, Box::new(Wal)).await
    }

    /// Opens it on a log that may be one that fails.
    pub(crate) async fn open_on(options: SqliteOptions, log: Box<dyn Log>) -> Result<Self, OpenError> {
        let opened = tokio::task::spawn_blocking(move || open(options, log)).await;
        opened.map_err(|error| OpenError::Sqlite { source: error.into() })?
    }

    /// Copies the database, as it is at one moment, to a file: under a temporary name beside it, made durable, and renamed.
    /// What is at `path` is replaced; nobody may have it open. Writers go on meanwhile, except in memory.
    ///
    /// The copy is a database that can be opened by itself, or put in the place of a lost one while nothing runs. It knows
    /// nothing of what was acknowledged after it began.
    ///
    /// # Errors
    /// [`BackupError`]; what was at `path` is still there.
    ///
    /// # Cancel safety
    /// Dropped, the copy is completed in the background or not made.
    pub async fn backup_to(&self, path: impl AsRef<Path>) -> Result<(), BackupError> {
        self.0.halt.check()?;
        let to = absolute(path.as_ref())?;
        let Some(file) = &self.0.file else {
            return self.0.writer.errand(move |conn| backup::write(conn, &to)).await?;
        };
        let (from, busy_timeout) = (file.path.clone(), file.busy_timeout);
        let written = tokio::task::spawn_blocking(move || {
            if std::fs::canonicalize(&to).is_ok_and(|to| to == from) {
                return Err(BackupError::Itself);
            }
            let conn = connection::open_beside(&from, busy_timeout);
            let conn = conn.map_err(|error| crate::error::undone(&error.into()))?;
            backup::write(&conn, &to)
        });
        written.await.map_err(Error::unavailable)?
    }

    /// Ends the store in good order: what was called is still done, later calls of any handle are answered with
    /// [`Stopped`](Error::Stopped), and the database is closed when this returns. Locks of workers are let go; a worker
    /// that did not take its leave is dead to others from then on.
    ///
    /// Optional: dropping the last handle does the same, but makes the dropping thread wait.
    ///
    /// # Cancel safety
    /// Dropped, it goes on in the background.
    pub async fn close(&self) {
        self.0.halt.close();
        let inner = Arc::clone(&self.0);
        // Fails only if the runtime is about to end; the last handle closes it then.
        let _ = tokio::task::spawn_blocking(move || inner.close()).await;
    }

    /// Runs a verb that writes.
    pub(crate) async fn write<V: Verb>(&self, verb: V) -> Result<V::Answer> {
        self.0.writer.call(Lane::Calls, verb).await
    }

    /// Runs a verb that reads. It sees what was acknowledged before it began.
    pub(crate) async fn read<V: Verb>(&self, verb: V) -> Result<V::Answer> {
        let Some(file) = &self.0.file else {
            return self.write(verb).await;
        };
        self.0.halt.check()?;
        let answer = file.readers.call(verb, crate::writer::now(&*self.0.clock)).await;
        // What was read while the store stopped may not be on the disk.
        self.0.halt.check()?;
        answer
    }
}

impl Drop for Inner {
    fn drop(&mut self) {
        self.close();
    }
}

impl Inner {
    /// The writer ends before the locks of workers are let go: nobody finds a worker dead whose beat is being written.
    fn close(&self) {
        if let Some(file) = &self.file {
            file.readers.close_idle();
        }
        self.writer.close();
        if let Some(file) = &self.file {
            file.locks.let_go();
        }
    }
}

impl fmt::Debug for SqliteStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SqliteStore")
            .field("location", &self.0.location)
            .field("halt", &self.0.halt)
            .finish_non_exhaustive()
    }
}

fn open(mut options: SqliteOptions, log: Box<dyn Log>) -> Result<SqliteStore, OpenError> {
    let mut file = None;
    options.busy_timeout = options.busy_timeout.min(LONGEST_BUSY);
    if let Location::File(path) = &options.location {
        options.location = Location::File(make_way(path)?);
    }
    let conn = connection::open_writer(&options)?;
    if let Location::File(path) = &mut options.location {
        // One name for all who come by links, so that they find each other's lock files.
        *path = std::fs::canonicalize(&*path).map_err(|source| io(path, source))?;
        file = Some(FileParts {
            path: path.clone(),
            busy_timeout: options.busy_timeout,
            readers: Arc::new(Readers::new(path.clone(), options.busy_timeout, options.readers)),
            locks: Arc::new(Locks::beside(path)),
        });
    }
    let (halt, waker) = (Arc::new(Halt::default()), Waker::new());
    let writer = Writer::start(conn, log, &options, Arc::clone(&halt), waker.clone());
    let writer = writer.map_err(|source| io(Path::new("the writer's thread"), source))?;
    tracing::debug!(location = ?options.location, durability = ?options.durability, "opened the store");
    Ok(SqliteStore(Arc::new(Inner {
        clock: options.clock,
        durability: options.durability,
        waker,
        halt,
        file,
        writer,
        location: options.location,
    })))
}

/// Makes the folders that lead to the database, durable as the database will be.
fn make_way(path: &Path) -> Result<PathBuf, OpenError> {
    let path = std::path::absolute(path).map_err(|source| io(path, source))?;
    let folder = path.parent().unwrap_or(&path);
    let missing: Vec<&Path> = folder.ancestors().take_while(|folder| !folder.exists()).collect();
    for folder in missing.into_iter().rev() {
        match std::fs::create_dir(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => {}
            made => made
                .and_then(|()| backup::sync_folder_of(folder))
                .map_err(|source| io(folder, source))?,
        }
    }
    Ok(path)
}

fn io(path: &Path, source: std::io::Error) -> OpenError {
    OpenError::Io {
        path: path.to_owned(),
        source,
    }
}

fn absolute(path: &Path) -> Result<PathBuf, BackupError> {
    std::path::absolute(path).map_err(|source| BackupError::Io {
        path: path.to_owned(),
        source,
    })
}

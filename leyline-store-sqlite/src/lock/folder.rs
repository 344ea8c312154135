//! The locks that this store holds for its own workers.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use leyline_core::WorkerId;
use leyline_core::store::{Error, Result};

use super::file::LockFile;
use super::look::Found;

/// The folder beside the database, and what is held in it.
#[derive(Debug)]
pub(crate) struct Locks {
    pub(super) folder: PathBuf,
    /// One for each worker that beats through this store; `None` where the file system has no locks.
    held: Mutex<BTreeMap<WorkerId, Option<LockFile>>>,
    /// One worker takes its lock at a time, so that it is not refused by itself.
    taking: Arc<tokio::sync::Mutex<()>>,
    /// Whether the first look has been taken.
    pub(super) looked: AtomicBool,
}

impl Locks {
    /// The locks beside this database. Makes nothing yet.
    pub(crate) fn beside(database: &Path) -> Self {
        let mut folder = database.as_os_str().to_owned();
        folder.push(".workers");
        Self {
            folder: folder.into(),
            held: Mutex::default(),
            taking: Arc::default(),
            looked: AtomicBool::new(false),
        }
    }

    /// Whether the worker is one of this store's own.
    pub(crate) fn is_own(&self, worker: WorkerId) -> bool {
        self.held().contains_key(&worker)
    }

    /// Takes the worker's lock, unless it is held already. Comes before the worker's row is first written.
    ///
    /// # Errors
    /// [`Error::WorkerRetired`]: the name is someone's, or was. A name is never used twice.
    ///
    /// # Cancel safety
    /// Dropped, the lock is taken or not; the next call finds out.
    pub(crate) async fn hold(self: &Arc<Self>, worker: WorkerId) -> Result<()> {
        if self.is_own(worker) {
            return Ok(());
        }
        let turn = Arc::clone(&self.taking).lock_owned().await;
        let locks = Arc::clone(self);
        let taken = tokio::task::spawn_blocking(move || {
            let _turn = turn;
            locks.take(worker)
        });
        taken.await.map_err(Error::unavailable)?
    }

    fn take(&self, worker: WorkerId) -> Result<()> {
        if self.is_own(worker) {
            return Ok(());
        }
        let path = self.path(worker);
        let lock = match std::fs::create_dir_all(&self.folder).and_then(|()| LockFile::create(&path)) {
            Ok(lock) => Some(lock),
            Err(error) if error.kind() == io::ErrorKind::Unsupported => {
                tracing::warn!(%worker, %error, "no lock file: a death of this process is noticed by its lease only");
                let _ = std::fs::remove_file(&path);
                None
            }
            Err(error) => return Err(refusal(error, worker)),
        };
        self.held().insert(worker, lock);
        Ok(())
    }

    /// Ends what is known of workers that have no row any more: our own have taken their leave, others were found dead.
    /// Their files go while their locks are held.
    pub(crate) async fn bury(self: &Arc<Self>, buried: Vec<WorkerId>, mut found: Found) {
        let own: Vec<LockFile> = {
            let mut held = self.held();
            buried
                .iter()
                .filter_map(|worker| held.remove(worker).flatten())
                .collect()
        };
        let dead = buried.iter().filter_map(|worker| found.take(*worker));
        let locks: Vec<LockFile> = own.into_iter().chain(dead).collect();
        if locks.is_empty() && found.is_empty() {
            return;
        }
        let removed = tokio::task::spawn_blocking(move || {
            drop(found);
            for lock in locks {
                if let Err(error) = lock.remove() {
                    tracing::warn!(%error, "could not remove the lock file of a worker that is gone");
                }
            }
        });
        if removed.await.is_err() {
            tracing::debug!("lock files of workers that are gone stay until the next look");
        }
    }

    /// Lets go of all locks, and leaves the files: workers that did not take their leave are dead to others now.
    pub(crate) fn let_go(&self) {
        self.held().clear();
    }

    pub(super) fn path(&self, worker: WorkerId) -> PathBuf {
        self.folder.join(format!("{worker}.lock"))
    }

    fn held(&self) -> MutexGuard<'_, BTreeMap<WorkerId, Option<LockFile>>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn refusal(error: io::Error, worker: WorkerId) -> Error {
    match error.kind() {
        io::ErrorKind::AlreadyExists => Error::WorkerRetired { worker },
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Error::Full { source: error.into() },
        _ => Error::unavailable(error),
    }
}

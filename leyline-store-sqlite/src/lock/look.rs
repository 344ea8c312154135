//! A look at the lock files of other workers.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use leyline_core::WorkerId;
use leyline_core::store::{Dead, WorkerRow};

use super::file::{Attempt, LockFile};
use super::folder::Locks;

/// How long the first look tries again: a child process of a dead one holds its locks between fork and exec. At most 8 ms
/// were seen.
const PATIENCE: Duration = Duration::from_millis(50);

/// Pause between two tries.
const PAUSE: Duration = Duration::from_millis(2);

/// Age of a file, by its time of change, from which on it is looked at although it has no row: its worker may just be about
/// to write one. It holds the lock by then, so this only saves it the trouble of a second start.
const STALE: Duration = Duration::from_mins(1);

/// Workers that are dead by their locks, which are held here until their rows are gone.
#[derive(Debug, Default)]
pub(crate) struct Found(BTreeMap<WorkerId, (u64, LockFile)>);

impl Found {
    /// The dead, with the counter that was seen before their lock was taken.
    pub(crate) fn dead(&self) -> impl Iterator<Item = Dead> + '_ {
        self.0
            .iter()
            .map(|(&worker, &(counter, _))| Dead { worker, counter })
    }

    pub(super) fn take(&mut self, worker: WorkerId) -> Option<LockFile> {
        self.0.remove(&worker).map(|(_, lock)| lock)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl Locks {
    /// Looks at the lock of every worker that is not our own, and removes files that no row belongs to.
    ///
    /// # Cancel safety
    /// Dropped, it has changed nothing.
    pub(crate) async fn look(self: &Arc<Self>, rows: Vec<WorkerRow>) -> Found {
        let locks = Arc::clone(self);
        let look = tokio::task::spawn_blocking(move || {
            let patience = if locks.looked.swap(true, Ordering::Relaxed) {
                Duration::ZERO
            } else {
                PATIENCE
            };
            let found = locks.find_dead(&rows, patience);
            locks.remove_stale(&rows);
            found
        });
        look.await.unwrap_or_default()
    }

    fn find_dead(&self, rows: &[WorkerRow], patience: Duration) -> Found {
        let until = Instant::now() + patience;
        let mut found = Found::default();
        let mut open: Vec<&WorkerRow> = rows.iter().filter(|row| !self.is_own(row.worker)).collect();
        loop {
            open.retain(|row| match LockFile::look(&self.path(row.worker)) {
                Ok(Attempt::Taken(lock)) => {
                    tracing::info!(worker = %row.worker, "a worker is dead: its process has let go of its lock");
                    found.0.insert(row.worker, (row.counter, lock));
                    false
                }
                Ok(Attempt::Held) => true,
                Ok(Attempt::Absent) => false,
                Err(error) => {
                    tracing::warn!(worker = %row.worker, %error, "could not look at a worker's lock");
                    false
                }
            });
            if open.is_empty() || Instant::now() >= until {
                return found;
            }
            std::thread::sleep(PAUSE);
        }
    }

    /// Files of workers that died before they had a row, or whose row was removed by someone who died then.
    fn remove_stale(&self, rows: &[WorkerRow]) {
        let Ok(entries) = std::fs::read_dir(&self.folder) else {
            return;
        };
        for path in entries.flatten().map(|entry| entry.path()) {
            let worker = worker_of(&path);
            let is_known =
                |worker: WorkerId| self.is_own(worker) || rows.iter().any(|row| row.worker == worker);
            if worker.is_none_or(is_known) || !is_stale(&path) {
                continue;
            }
            if let Ok(Attempt::Taken(lock)) = LockFile::look(&path)
                && let Err(error) = lock.remove()
            {
                tracing::warn!(%error, path = %path.display(), "could not remove a stale lock file");
            }
        }
    }
}

fn worker_of(path: &Path) -> Option<WorkerId> {
    let name = path.file_name()?.to_str()?;
    name.strip_suffix(".lock")?.parse().ok()
}

fn is_stale(path: &Path) -> bool {
    let changed = std::fs::metadata(path).and_then(|metadata| metadata.modified());
    changed.is_ok_and(|changed| changed.elapsed().is_ok_and(|age| age >= STALE))
}

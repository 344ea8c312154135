//! A store whose writer can be held still, so that a group is what a test wants it to be.

use std::sync::mpsc;
use std::time::Duration;

use leyline_core::store::Beat;
use leyline_core::task::Kind;
use leyline_core::{Env, NewTask, TaskId, TaskStore as _, WorkerId};
use tempfile::TempDir;

use super::disk::Disk;
use crate::verb::{Tx, Verb};
use crate::{SqliteOptions, SqliteStore};

/// A store in a folder of its own, on a disk that can be broken.
pub(super) struct Rig {
    pub(super) store: SqliteStore,
    pub(super) disk: Disk,
    pub(super) folder: TempDir,
}

impl Rig {
    pub(super) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(super) async fn with(set: impl FnOnce(&mut SqliteOptions)) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let mut options = SqliteOptions::file(folder.path().join("leyline.db"));
        set(&mut options);
        let disk = Disk::default();
        let store = SqliteStore::open_on(options, Box::new(disk.clone())).await;
        Self {
            store: store.expect("opens"),
            disk,
            folder,
        }
    }

    /// Holds the writer still until the gate opens: what is called meanwhile is one group.
    pub(super) async fn hold(&self) -> Gate {
        let (open, opened) = mpsc::channel::<()>();
        let (stands, standing) = tokio::sync::oneshot::channel();
        let store = self.store.clone();
        tokio::spawn(async move {
            let wait = move |_: &_| {
                let _ = stands.send(());
                let _ = opened.recv();
            };
            store.0.writer.errand(wait).await
        });
        standing.await.expect("the writer comes to the gate");
        Gate(open)
    }

    pub(super) async fn is_there(&self, id: TaskId) -> bool {
        self.store.get(id).await.expect("a read").is_some()
    }
}

/// Opens when it is told to, or dropped.
pub(super) struct Gate(mpsc::Sender<()>);

impl Gate {
    #[allow(clippy::unused_async)]
    pub(super) async fn open(self) {
        drop(self.0);
    }
}

pub(super) fn task() -> NewTask {
    NewTask::new(Env::system().task_id(), Kind::new("digest").expect("a kind"))
}

pub(super) fn beat_of(worker: WorkerId, counter: u64) -> Beat {
    Beat {
        worker,
        counter,
        period: Duration::from_secs(10),
        held: Vec::new(),
    }
}

/// The row of a worker that stands for "something was written".
pub(super) const TRACE: [u8; 16] = [7; 16];

/// Writes something, then breaks a constraint.
pub(super) struct Errs;

impl Verb for Errs {
    type Answer = ();
    const NAME: &'static str = "errs";

    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<()> {
        let mut insert = tx.prepare("INSERT INTO worker VALUES (?1, 1, 1, 1, 1)")?;
        insert.execute([TRACE])?;
        insert.execute([[0_u8; 3]])?;
        Ok(())
    }
}

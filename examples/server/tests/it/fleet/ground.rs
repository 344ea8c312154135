//! What the processes of a fleet share: a server with a database, and a folder.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use leyline_store_postgres::{PostgresOptions, PostgresStore};
use tempfile::TempDir;
use test_servers::{Database, Mode, Postgres};
use tokio::sync::{Mutex, MutexGuard};
use tokio::task::block_in_place;

use super::{Node, audit};
use crate::load::Accepted;
use crate::verdict::{self, Found};

/// The machine bears one fleet.
static TURN: Mutex<()> = Mutex::const_new(());

pub(crate) struct Fleet {
    // In the order in which they go.
    pub(crate) database: Database,
    pub(crate) postgres: Postgres,
    folder: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Fleet {
    /// An empty database that keeps what it acknowledges, with an account of every change; `None` where PostgreSQL is
    /// missing.
    pub(crate) async fn open() -> Option<Self> {
        let turn = TURN.lock().await;
        let options = test_servers::PostgresOptions::default().durable();
        let postgres = block_in_place(|| Postgres::start(options))?;
        let fleet = Self {
            database: block_in_place(|| postgres.database()),
            postgres,
            folder: tempfile::tempdir().unwrap(),
            _turn: turn,
        };
        fleet.store().await.close().await;
        block_in_place(|| audit::begin(&fleet.database));
        Some(fleet)
    }

    /// The store as the processes have it.
    pub(crate) async fn store(&self) -> PostgresStore {
        let options = PostgresOptions::url(self.database.url()).unwrap();
        PostgresStore::open(options).await.unwrap()
    }

    /// A process that does not run yet.
    pub(crate) fn node(&self, roles: &str, more: &[&str]) -> Node {
        let arguments = [&["--roles", roles, "--log", "warn,leyline_server=info"], more].concat();
        Node::new(
            self.folder.path().to_owned(),
            self.database.url().to_owned(),
            &arguments,
        )
    }

    /// A process that runs.
    pub(crate) async fn start(&self, roles: &str, more: &[&str]) -> Node {
        let mut node = self.node(roles, more);
        node.start().await;
        node
    }

    pub(crate) fn blobs(&self) -> PathBuf {
        self.folder.path().join("data/blobs")
    }

    /// Rows of a statement. Panics where the server is not there.
    pub(crate) fn query(&self, sql: &str) -> Vec<Vec<String>> {
        block_in_place(|| self.database.query(sql))
    }

    /// The incarnations of workers that have a row.
    pub(crate) fn workers(&self) -> BTreeSet<String> {
        let rows = self.query("SELECT id FROM leyline.worker");
        rows.into_iter().map(|mut row| row.remove(0)).collect()
    }

    /// As [`workers`](Self::workers), as soon as there are so many.
    pub(crate) async fn workers_when(&self, count: usize) -> BTreeSet<String> {
        let began = Instant::now();
        loop {
            let workers = self.workers();
            if workers.len() == count {
                return workers;
            }
            assert!(
                began.elapsed() < crate::client::PATIENCE,
                "{count} workers: {workers:?}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    pub(crate) fn restart(&self, mode: Mode) {
        block_in_place(|| self.postgres.restart(mode));
    }

    /// Looks at every row, blob and change, once all processes have ended.
    pub(crate) async fn judge(&self, accepted: &[Accepted], aside: &[&str]) -> Found {
        let store = Arc::new(self.store().await);
        let found = verdict::judge(store, &self.blobs(), accepted, aside).await;
        block_in_place(|| audit::judge(&self.database)).unwrap();
        found
    }
}

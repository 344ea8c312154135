//! Every sentence of the contract, on a file and in memory.

use std::sync::Arc;
use std::time::Duration;

use leyline_core::TaskStore;
use leyline_store_sqlite::{SqliteOptions, SqliteStore};
use leyline_testkit::{ManualClock, Subject};
use tempfile::TempDir;

/// A store on a clock that is moved by hand. Its folder goes with it.
struct OnManualClock {
    store: Arc<SqliteStore>,
    clock: ManualClock,
    _folder: Option<TempDir>,
}

#[async_trait::async_trait]
impl Subject for OnManualClock {
    fn store(&self) -> Arc<dyn TaskStore> {
        Arc::clone(&self.store) as Arc<dyn TaskStore>
    }

    async fn advance(&self, by: Duration) {
        self.clock.advance(by);
    }
}

async fn open(mut options: SqliteOptions, folder: Option<TempDir>) -> impl Subject {
    let clock = ManualClock::new();
    options.clock = Arc::new(clock.clone());
    let store = SqliteStore::open(options).await.expect("opens");
    OnManualClock {
        store: Arc::new(store),
        clock,
        _folder: folder,
    }
}

mod file {
    use super::*;

    async fn make() -> impl Subject {
        let folder = tempfile::tempdir().expect("a folder");
        open(
            SqliteOptions::file(folder.path().join("leyline.db")),
            Some(folder),
        )
        .await
    }

    leyline_testkit::conformance!(make);
}

mod memory {
    use super::*;

    async fn make() -> impl Subject {
        open(SqliteOptions::memory(), None).await
    }

    leyline_testkit::conformance!(make);
}

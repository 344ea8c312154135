//! Wake-ups that no other store has: by time, and across processes.

use std::time::Duration;

use leyline_core::store::Wakeups;
use leyline_core::{TaskStore as _, TaskStoreExt as _};
use leyline_store_sqlite::{SqliteOptions, SqliteStore};
use tempfile::tempdir;

use crate::given::{self, PATIENCE, open, task};

#[tokio::test]
async fn a_task_that_becomes_due_wakes() {
    let store = SqliteStore::open(SqliteOptions::memory()).await.expect("opens");
    let mut wakeups = store.wakeups();
    let mut later = task();
    later.delay = Duration::from_millis(30);
    store.insert_one(later).await.expect("inserted");
    woken(&mut wakeups).await;
    let (_, claimed) = given::claims(&store, 1).await;
    assert_eq!(claimed.len(), 1, "it is due by then");
}

#[tokio::test]
async fn a_task_from_another_process_wakes_where_the_option_is_on() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("leyline.db");
    let mut options = SqliteOptions::file(&path);
    options.cross_process_wakeups = Some(Duration::from_millis(5));
    let (here, there) = (
        SqliteStore::open(options).await.expect("opens"),
        open(&path).await,
    );
    // What it writes itself is no news: its own insert wakes once, as everywhere.
    let mut wakeups = here.wakeups();
    here.insert_one(task()).await.expect("inserted");
    woken(&mut wakeups).await;
    let generation = wakeups.mark_seen();
    there.insert_one(task()).await.expect("inserted");
    woken(&mut wakeups).await;
    assert!(wakeups.mark_seen() > generation);
}

async fn woken(wakeups: &mut Wakeups) {
    tokio::time::timeout(PATIENCE, wakeups.changed())
        .await
        .expect("woken");
}

//! Two processes on one file.

use std::collections::BTreeSet;
use std::time::Duration;

use leyline_core::store::{Finish, Outcome};
use leyline_core::{Output, Status, TaskStore as _, TaskStoreExt as _};
use leyline_store_sqlite::{SqliteOptions, SqliteStore};
use tempfile::tempdir;

use crate::given::{self, Process, open, task, tasks};

const EACH: usize = 300;

/// Inserts its share, and works until there is nothing left to claim. Says how many tasks it completed.
async fn inserts_and_works(store: &SqliteStore) -> BTreeSet<leyline_core::TaskId> {
    for chunk in tasks(EACH).chunks(7) {
        for inserted in store.insert(chunk).await.expect("inserted") {
            inserted.expect("inserted");
        }
    }
    let (worker, mut claimed) = given::claims(store, 5).await;
    let mut done = BTreeSet::new();
    while !claimed.is_empty() {
        for claimed in claimed {
            let finish = Finish {
                claim: claimed.task.claim().expect("it is processing"),
                outcome: Outcome::Complete {
                    output: Output::default(),
                },
                progress: None,
            };
            let completed = store.finish_one(finish).await.expect("nobody else has it");
            assert_eq!(completed.revision, 3, "claimed once, completed once");
            assert!(done.insert(completed.id));
        }
        claimed = store.claim(&given::wants(worker, 5)).await.expect("claimed");
    }
    done
}

#[tokio::test]
#[ignore = "runs as a child of the other tests"]
async fn a_process_that_works() {
    let store = open(&given::database()).await;
    given::say("ready");
    inserts_and_works(&store).await;
    store.close().await;
}

#[tokio::test]
async fn two_processes_share_the_work_and_no_task_is_done_twice() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("leyline.db");
    let store = open(&path).await;
    let process = Process::start("neighbours::a_process_that_works", &path);
    inserts_and_works(&store).await;
    process.end();
    inserts_and_works(&store).await;
    let stats = store.stats(Duration::from_hours(1)).await.expect("a read");
    assert_eq!(stats.kinds.len(), 1);
    let kind = &stats.kinds[0];
    assert_eq!((kind.pending, kind.processing, kind.failed), (0, 0, 0));
    assert_eq!(kind.completed, 3 * EACH as u64);
}

#[tokio::test]
async fn two_stores_make_one_database_at_the_same_time() {
    for _ in 0..20 {
        let folder = tempdir().expect("a folder");
        let path = folder.path().join("leyline.db");
        let (one, other) = tokio::join!(open(&path), open(&path));
        let new = task();
        one.insert_one(new.clone()).await.expect("inserted");
        let seen = other.get(new.id).await.expect("a read").expect("it is there");
        assert_eq!(seen.status, Status::Pending);
    }
}

#[tokio::test]
async fn another_process_that_writes_for_too_long_is_passing() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("leyline.db");
    let mut options = SqliteOptions::file(&path);
    options.busy_timeout = Duration::ZERO;
    let store = SqliteStore::open(options).await.expect("opens");
    let other = rusqlite::Connection::open(&path).expect("opens");
    other.execute_batch("BEGIN IMMEDIATE").expect("it writes");
    let new = task();
    let busy = store.insert_one(new.clone()).await.expect_err("it is busy");
    assert!(busy.is_retryable() && busy.is_definite());
    assert_eq!(store.get(new.id).await.expect("reads go on"), None);
    other.execute_batch("COMMIT").expect("it ends");
    assert!(!store.insert_one(new).await.expect("inserted").existed);
}

//! A sync that fails: what can be read then is not what is on the disk.

use leyline_core::{Json, NewTask, TaskStore as _, TaskStoreExt as _};
use rusqlite::ffi::{SQLITE_FULL, SQLITE_IOERR_DIR_FSYNC, SQLITE_IOERR_FSYNC, SQLITE_IOERR_WRITE};

use super::disk::Fault;
use super::rig::{Rig, beat_of, task};
use crate::verb::Ping;

#[tokio::test]
async fn a_failed_sync_stops_the_store() {
    for code in [SQLITE_IOERR_FSYNC, SQLITE_IOERR_DIR_FSYNC] {
        let rig = Rig::new().await;
        let known = task();
        rig.store.insert_one(known.clone()).await.expect("inserted");
        rig.disk.break_commits([Some(Fault::After(code))]);
        let unsure = rig.store.insert_one(task()).await.expect_err("the sync fails");
        assert!(unsure.is_unknown(), "{unsure}");
        assert!(
            rig.store
                .insert_one(task())
                .await
                .expect_err("refused")
                .is_stopped()
        );
        assert!(rig.store.get(known.id).await.expect_err("refused").is_stopped());
        assert!(rig.store.ping().await.expect_err("refused").is_stopped());
        let worker = leyline_core::Env::system().worker_id();
        assert!(
            rig.store
                .beat(&beat_of(worker, 1))
                .await
                .expect_err("refused")
                .is_stopped()
        );
        assert!(
            rig.store
                .backup_to(rig.folder.path().join("copy.db"))
                .await
                .is_err()
        );
    }
}

#[tokio::test]
async fn what_was_queued_behind_a_failed_sync_is_refused() {
    let rig = Rig::with(|options| options.group_calls = 1).await;
    let gate = rig.hold().await;
    rig.disk.break_commits([Some(Fault::After(SQLITE_IOERR_FSYNC))]);
    let (first, second, ()) = tokio::join! { biased;
        rig.store.insert_one(task()),
        rig.store.insert_one(task()),
        gate.open(),
    };
    assert!(first.expect_err("unknown").is_unknown());
    assert!(second.expect_err("refused").is_stopped());
}

#[tokio::test]
async fn nothing_of_a_group_is_committed_behind_a_failed_sync() {
    let rig = Rig::new().await;
    let last = task();
    let gate = rig.hold().await;
    // The group finds no room; alone, the first fails to sync. The third would "succeed".
    rig.disk.break_commits([
        Some(Fault::Before(SQLITE_FULL)),
        Some(Fault::After(SQLITE_IOERR_FSYNC)),
        None,
    ]);
    let (first, second, third, ()) = tokio::join! { biased;
        rig.store.insert_one(task()),
        rig.store.insert_one(task()),
        rig.store.insert_one(last.clone()),
        gate.open(),
    };
    assert!(first.expect_err("unknown").is_unknown());
    assert!(second.expect_err("refused").is_stopped());
    assert!(third.expect_err("refused").is_stopped());
    assert_eq!(rig.disk.take_levels().len(), 2, "no commit was tried behind it");
    rig.store.close().await;
    let options = crate::SqliteOptions::file(rig.folder.path().join("leyline.db"));
    let store = crate::SqliteStore::open(options).await.expect("opens");
    assert!(store.get(last.id).await.expect("a read").is_none());
}

#[tokio::test]
async fn a_long_log_is_not_copied_behind_a_failed_sync() {
    let rig = Rig::new().await;
    rig.disk.break_commits([Some(Fault::After(SQLITE_IOERR_FSYNC))]);
    rig.store
        .insert(&large_tasks())
        .await
        .expect_err("the sync fails");
    rig.store.close().await;
    assert_eq!(rig.disk.copies(), 0);
}

#[tokio::test]
async fn a_stopped_store_leaves_its_log_to_whoever_opens_the_file_next() {
    let rig = Rig::new().await;
    let known = task();
    rig.store.insert_one(known.clone()).await.expect("inserted");
    rig.disk.break_commits([Some(Fault::Before(SQLITE_IOERR_FSYNC))]);
    rig.store.insert_one(task()).await.expect_err("the sync fails");
    rig.store.close().await;
    let log = rig.folder.path().join("leyline.db-wal");
    assert!(log.metadata().expect("it is still there").len() > 0);
    let options = crate::SqliteOptions::file(rig.folder.path().join("leyline.db"));
    let store = crate::SqliteStore::open(options).await.expect("opens");
    assert!(store.get(known.id).await.expect("a read").is_some());
}

#[tokio::test]
async fn a_failed_sync_while_the_log_is_copied_stops_the_store() {
    let rig = Rig::new().await;
    rig.disk.break_checkpoints(SQLITE_IOERR_FSYNC);
    fill_the_log(&rig).await;
    // The commit was acknowledged before the log was copied; the writer comes to the next call after that.
    assert!(rig.store.write(Ping).await.expect_err("refused").is_stopped());
}

#[tokio::test]
async fn anything_else_that_fails_while_the_log_is_copied_is_tried_again() {
    for code in [SQLITE_FULL, SQLITE_IOERR_WRITE] {
        let rig = Rig::new().await;
        rig.disk.break_checkpoints(code);
        fill_the_log(&rig).await;
        rig.store.ping().await.expect("it goes on");
    }
}

/// Writes more pages than the log may have before it is copied.
async fn fill_the_log(rig: &Rig) {
    for inserted in rig.store.insert(&large_tasks()).await.expect("inserted") {
        inserted.expect("inserted");
    }
}

fn large_tasks() -> Vec<NewTask> {
    let large = || {
        let mut task = task();
        task.params = Json::new(&"x".repeat(60_000)).expect("within bounds");
        task
    };
    (0..100).map(|_| large()).collect()
}

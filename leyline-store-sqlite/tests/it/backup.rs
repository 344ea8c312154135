//! Backup: a whole database at the path, or nothing.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use leyline_core::{TaskId, TaskStore as _, TaskStoreExt as _};
use leyline_store_sqlite::{BackupError, SqliteOptions, SqliteStore};
use tempfile::tempdir;

use crate::given::{open, task};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_backup_under_writes_is_whole_and_holds_what_was_acknowledged_before() {
    let folder = tempdir().expect("a folder");
    let store = open(&folder.path().join("leyline.db")).await;
    let stop = Arc::new(AtomicBool::new(false));
    let (first, mut firsts) = tokio::sync::mpsc::channel::<TaskId>(64);
    let writers: Vec<_> = (0..4)
        .map(|_| {
            let (store, stop, first) = (store.clone(), Arc::clone(&stop), first.clone());
            tokio::spawn(async move {
                while !stop.load(Ordering::Relaxed) {
                    let id = store.insert_one(task()).await.expect("inserted").task.id;
                    let _ = first.try_send(id);
                }
            })
        })
        .collect();
    let mut acknowledged = Vec::new();
    for _ in 0..32 {
        acknowledged.push(firsts.recv().await.expect("a writer"));
    }
    let copy = folder.path().join("copy.db");
    store.backup_to(&copy).await.expect("a backup");
    stop.store(true, Ordering::Relaxed);
    for writer in writers {
        writer.await.expect("no panic");
    }

    let conn = rusqlite::Connection::open(&copy).expect("opens");
    let verdict: String = conn
        .query_row("PRAGMA integrity_check", [], |row| row.get(0))
        .expect("a verdict");
    assert_eq!(verdict, "ok");
    drop(conn);
    let copy = open(&copy).await;
    for id in acknowledged {
        let (kept, original) = (
            copy.get(id).await.expect("a read"),
            store.get(id).await.expect("a read"),
        );
        assert!(kept.is_some() && kept == original);
    }
    copy.insert_one(task())
        .await
        .expect("it is a store like any other");
}

#[tokio::test]
async fn a_backup_takes_the_place_of_an_older_one() {
    let folder = tempdir().expect("a folder");
    let store = open(&folder.path().join("leyline.db")).await;
    let copy = folder.path().join("copy.db");
    store.backup_to(&copy).await.expect("a backup");
    let id = store.insert_one(task()).await.expect("inserted").task.id;
    store.backup_to(&copy).await.expect("a backup");
    assert_eq!(
        names(folder.path()),
        ["copy.db", "leyline.db", "leyline.db-shm", "leyline.db-wal"]
    );
    assert!(open(&copy).await.get(id).await.expect("a read").is_some());
}

#[cfg(unix)]
#[tokio::test]
async fn a_link_to_the_database_is_the_database() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("leyline.db");
    let store = open(&path).await;
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(&path, &link).expect("a link");
    assert!(matches!(store.backup_to(&link).await, Err(BackupError::Itself)));
}

#[tokio::test]
async fn a_store_in_memory_can_be_kept() {
    let folder = tempdir().expect("a folder");
    let copy = folder.path().join("copy.db");
    let store = SqliteStore::open(SqliteOptions::memory()).await.expect("opens");
    let id = store.insert_one(task()).await.expect("inserted").task.id;
    store.backup_to(&copy).await.expect("a backup");
    assert!(open(&copy).await.get(id).await.expect("a read").is_some());
}

#[tokio::test]
async fn a_backup_that_cant_be_made_leaves_nothing_behind() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("leyline.db");
    let store = open(&path).await;
    assert!(
        store
            .backup_to(folder.path().join("absent/copy.db"))
            .await
            .is_err()
    );
    assert!(matches!(store.backup_to(&path).await, Err(BackupError::Itself)));
    std::fs::write(folder.path().join("copy.db-wal"), "of an older one").expect("a file");
    let in_use = store.backup_to(folder.path().join("copy.db")).await;
    assert!(matches!(in_use, Err(BackupError::InUse { .. })));
    // A folder stands where the copy is to be: the rename fails after the copy was made.
    std::fs::create_dir(folder.path().join("taken")).expect("a folder");
    let taken = store.backup_to(folder.path().join("taken")).await;
    assert!(matches!(taken, Err(BackupError::Io { .. })));
    let names = names(folder.path());
    assert_eq!(
        names,
        [
            "copy.db-wal",
            "leyline.db",
            "leyline.db-shm",
            "leyline.db-wal",
            "taken"
        ]
    );
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("a folder");
    let name = |entry: std::io::Result<std::fs::DirEntry>| entry.expect("an entry").file_name();
    let mut names: Vec<String> = entries
        .map(|entry| name(entry).to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

//! Lock files, seen from one process with several stores on one file: each store is to the others like another process.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use leyline_core::store::{Dead, Error, Rescue};
use leyline_core::{TaskStore as _, TaskStoreExt as _, WorkerId};
use tempfile::{TempDir, tempdir};

use crate::given::{self, open, task};

fn database() -> (TempDir, PathBuf) {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("leyline.db");
    (folder, path)
}

fn folder_of(database: &Path) -> PathBuf {
    let mut folder = database.as_os_str().to_owned();
    folder.push(".workers");
    folder.into()
}

fn lock_of(database: &Path, worker: WorkerId) -> PathBuf {
    folder_of(database).join(format!("{worker}.lock"))
}

fn buries(worker: WorkerId, counter: u64) -> Rescue {
    Rescue {
        dead: vec![Dead { worker, counter }],
        max_rescues: 3,
        limit: 100,
    }
}

#[tokio::test]
async fn a_worker_holds_its_lock_from_its_first_beat_to_its_leave() {
    let (_folder, path) = database();
    let store = open(&path).await;
    let worker = given::worker();
    store.beat(&given::beat(worker, 1)).await.expect("a beat");
    let lock = lock_of(&path, worker);
    let file = File::open(&lock).expect("it is there");
    assert!(file.try_lock().is_err(), "it is held");
    store.beat(&given::beat(worker, 2)).await.expect("a beat");
    // It has beaten since: not its leave.
    store.rescue(&buries(worker, 1)).await.expect("a rescue");
    assert!(lock.exists());
    store.rescue(&buries(worker, 2)).await.expect("a rescue");
    assert!(!lock.exists());
    assert_eq!(store.workers(0).await.expect("a read"), []);
}

#[tokio::test]
async fn a_worker_that_was_declared_dead_may_beat_again() {
    let (_folder, path) = database();
    let (store, other) = (open(&path).await, open(&path).await);
    let worker = given::worker();
    store.beat(&given::beat(worker, 1)).await.expect("a beat");
    // By its counter, while its process lives and holds its lock.
    other.rescue(&buries(worker, 1)).await.expect("a rescue");
    assert_eq!(store.workers(0).await.expect("a read"), []);
    store.beat(&given::beat(worker, 2)).await.expect("a beat");
    assert_eq!(given::look(&other).await.tasks, []);
    assert_eq!(
        store.workers(0).await.expect("a read").len(),
        1,
        "its lock is still held"
    );
    // Taken its leave, it takes a new lock.
    store.rescue(&buries(worker, 2)).await.expect("a rescue");
    store.beat(&given::beat(worker, 3)).await.expect("a beat");
    assert!(lock_of(&path, worker).exists());
}

#[tokio::test]
async fn a_lock_that_is_held_is_not_dead_and_one_that_is_free_is() {
    let (_folder, path) = database();
    let (store, other) = (open(&path).await, open(&path).await);
    store.insert_one(task()).await.expect("inserted");
    let (worker, claimed) = given::claims(&store, 1).await;
    assert_eq!(claimed.len(), 1);
    assert_eq!(given::look(&other).await.tasks, []);
    store.close().await;
    let rescued = given::look(&other).await;
    assert_eq!(rescued.tasks.len(), 1);
    assert_eq!(rescued.tasks[0].id, claimed[0].task.id);
    assert!(!lock_of(&path, worker).exists());
}

#[tokio::test]
async fn a_missing_file_is_no_verdict() {
    let (_folder, path) = database();
    let (store, other) = (open(&path).await, open(&path).await);
    let worker = given::worker();
    store.beat(&given::beat(worker, 1)).await.expect("a beat");
    std::fs::remove_file(lock_of(&path, worker)).expect("it was there");
    given::look(&other).await;
    assert_eq!(
        other.workers(0).await.expect("a read").len(),
        1,
        "the counter decides"
    );
    store
        .beat(&given::beat(worker, 2))
        .await
        .expect("its worker goes on");
}

#[tokio::test]
async fn a_name_that_is_taken_or_was_is_refused() {
    let (_folder, path) = database();
    let (store, other) = (open(&path).await, open(&path).await);
    let worker = given::worker();
    store.beat(&given::beat(worker, 1)).await.expect("a beat");
    let refused = other
        .beat(&given::beat(worker, 2))
        .await
        .expect_err("it is someone's");
    assert!(matches!(refused, Error::WorkerRetired { worker: named } if named == worker));
    assert_eq!(store.workers(0).await.expect("a read")[0].counter, 1);
    store.close().await;
    let refused = other
        .beat(&given::beat(worker, 2))
        .await
        .expect_err("it was someone's");
    assert!(matches!(refused, Error::WorkerRetired { .. }));
}

#[tokio::test]
async fn many_first_beats_of_one_worker_take_one_lock() {
    let (_folder, path) = database();
    let store = open(&path).await;
    let worker = given::worker();
    let beats = (1..=16).map(|counter| {
        let store = store.clone();
        tokio::spawn(async move { store.beat(&given::beat(worker, counter)).await })
    });
    for beat in beats.collect::<Vec<_>>() {
        beat.await.expect("no panic").expect("a beat");
    }
    assert_eq!(store.workers(0).await.expect("a read")[0].counter, 16);
}

#[tokio::test]
async fn stale_files_without_a_row_go_and_others_stay() {
    let (_folder, path) = database();
    let store = open(&path).await;
    let live = given::worker();
    store.beat(&given::beat(live, 1)).await.expect("a beat");
    let (stale, young, held) = (given::worker(), given::worker(), given::worker());
    let made = |worker| File::create(lock_of(&path, worker)).expect("a file");
    let an_hour_ago = SystemTime::now() - Duration::from_hours(1);
    made(stale).set_modified(an_hour_ago).expect("a time");
    made(young);
    let holder = made(held);
    holder.set_modified(an_hour_ago).expect("a time");
    holder.lock().expect("it is free");
    let foreign = folder_of(&path).join("notes.txt");
    File::create(&foreign)
        .and_then(|file| file.set_modified(an_hour_ago))
        .expect("a file");

    given::look(&store).await;
    assert!(!lock_of(&path, stale).exists());
    for worker in [live, young, held] {
        assert!(lock_of(&path, worker).exists());
    }
    assert!(foreign.exists());
}

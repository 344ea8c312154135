//! A real disk that is really full: a small file system in memory, and a copy of it as a crash would leave it.

use std::path::Path;
use std::process::Command;

use leyline_core::{Json, NewTask, Task, TaskStore as _, TaskStoreExt as _};
use leyline_store_sqlite::SqliteStore;
use tempfile::{TempDir, tempdir};

use crate::given::{open, task};

/// A file system of a few MiB. Needs root.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempdir().expect("a folder");
        let mount = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=4m", "tmpfs"])
            .arg(folder.path())
            .output();
        mount
            .is_ok_and(|mount| mount.status.success())
            .then_some(Self(folder))
    }

    fn path(&self) -> &Path {
        self.0.path()
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).status();
    }
}

#[tokio::test]
async fn nothing_that_was_refused_comes_back_after_a_crash_and_nothing_acknowledged_is_lost() {
    let Some(disk) = SmallDisk::mount() else {
        eprintln!("SKIPPED: a small disk can't be mounted here (not root)");
        return;
    };
    let store = open(&disk.path().join("leyline.db")).await;
    let ballast = disk.path().join("ballast");
    std::fs::write(&ballast, vec![1; 2 * 1024 * 1024]).expect("there is room");
    let (kept, refused) = fill(&store).await;
    assert!(!kept.is_empty() && refused.len() >= 20);

    let copy = tempdir().expect("a folder");
    for name in ["leyline.db", "leyline.db-wal"] {
        std::fs::copy(disk.path().join(name), copy.path().join(name)).expect("a copy");
    }
    let after_crash = open(&copy.path().join("leyline.db")).await;
    for task in &kept {
        assert_eq!(
            after_crash.get(task.id).await.expect("a read").as_ref(),
            Some(task)
        );
    }
    for task in &refused {
        assert_eq!(after_crash.get(task.id).await.expect("a read"), None);
        assert_eq!(store.get(task.id).await.expect("a read"), None);
    }

    // There is room again: the same store takes the same calls.
    std::fs::remove_file(&ballast).expect("it was there");
    store.insert_one(refused[0].clone()).await.expect("inserted");
}

/// Inserts, many at a time and of all sizes, until the disk has been full for a while.
async fn fill(store: &SqliteStore) -> (Vec<Task>, Vec<NewTask>) {
    let (mut kept, mut refused) = (Vec::new(), Vec::new());
    while refused.len() < 20 {
        let round = (0..8).map(|size| {
            let store = store.clone();
            let mut new = task();
            new.params = Json::new(&"x".repeat(size * size * 1000)).expect("within bounds");
            tokio::spawn(async move { (store.insert_one(new.clone()).await, new) })
        });
        for insert in round.collect::<Vec<_>>() {
            match insert.await.expect("no panic") {
                (Ok(inserted), _) => kept.push(inserted.task),
                (Err(error), new) => {
                    assert!(error.is_full(), "{error:?}");
                    refused.push(new);
                }
            }
        }
    }
    (kept, refused)
}

//! A process that is killed, stopped, or goes its way: what its neighbours learn from its lock, at once.

use leyline_core::{Status, TaskStore as _};
use tempfile::tempdir;

use crate::given::{self, Process, open, tasks};

#[tokio::test]
#[ignore = "runs as a child of the other tests"]
async fn a_process_with_two_tasks() {
    let store = open(&given::database()).await;
    store.insert(&tasks(2)).await.expect("inserted");
    let (_, claimed) = given::claims(&store, 2).await;
    assert_eq!(claimed.len(), 2);
    given::say("ready");
    given::stand();
}

#[tokio::test]
async fn the_tasks_of_a_killed_process_are_free_at_the_first_look() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("leyline.db");
    let mut process = Process::start("killed::a_process_with_two_tasks", &path);
    process.kill();

    let store = open(&path).await;
    let rescued = given::look(&store).await;
    assert_eq!(rescued.tasks.len(), 2);
    for task in &rescued.tasks {
        assert_eq!((task.status, task.rescues, task.attempt), (Status::Pending, 1, 0));
    }
    assert_eq!(store.workers(0).await.expect("a read"), []);
    assert_eq!(lock_files(&path), 0, "its file is gone with its row");
}

#[tokio::test]
async fn a_stopped_process_is_not_dead() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("leyline.db");
    let mut process = Process::start("killed::a_process_with_two_tasks", &path);
    process.signal("STOP");

    let store = open(&path).await;
    for _ in 0..3 {
        assert_eq!(given::look(&store).await.tasks, []);
    }
    assert_eq!(store.workers(0).await.expect("a read").len(), 1);
    assert_eq!(lock_files(&path), 1);
    process.signal("CONT");
    process.kill();
    assert_eq!(given::look(&store).await.tasks.len(), 2, "now it is");
}

#[tokio::test]
async fn a_process_that_ends_without_taking_its_leave_is_dead() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("leyline.db");
    let process = Process::start("killed::a_process_with_two_tasks", &path);
    let store = open(&path).await;
    assert_eq!(given::look(&store).await.tasks, []);
    process.end();
    assert_eq!(given::look(&store).await.tasks.len(), 2);
}

#[tokio::test]
async fn of_several_that_look_at_once_one_rescues() {
    let folder = tempdir().expect("a folder");
    let path = folder.path().join("leyline.db");
    let mut process = Process::start("killed::a_process_with_two_tasks", &path);
    let (one, other) = (open(&path).await, open(&path).await);
    process.kill();
    let (first, second) = tokio::join!(given::look(&one), given::look(&other));
    assert_eq!(first.tasks.len() + second.tasks.len(), 2);
    // Whoever came second may have found the lock held by the first; by now nothing is left.
    assert_eq!(given::look(&other).await.tasks, []);
    assert_eq!(one.workers(0).await.expect("a read"), []);
}

fn lock_files(database: &std::path::Path) -> usize {
    let mut folder = database.as_os_str().to_owned();
    folder.push(".workers");
    std::fs::read_dir(folder).expect("a folder").count()
}

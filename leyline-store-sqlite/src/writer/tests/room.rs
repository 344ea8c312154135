//! A database that may not grow: the disk is full in the middle of a group.

use leyline_core::{Json, NewTask, TaskStore as _, TaskStoreExt as _};

use super::rig::{Rig, task};

#[tokio::test]
async fn a_full_disk_in_the_middle_of_a_group_answers_each_call_truthfully() {
    let rig = Rig::new().await;
    // Room for a few small tasks, and by far not for the large batch.
    limit_pages(&rig, 20).await;
    let (before, after) = (task(), task());
    let large: Vec<NewTask> = (0..50).map(|_| large_task()).collect();
    let gate = rig.hold().await;
    let (first, full, last, ()) = tokio::join! { biased;
        rig.store.insert_one(before.clone()),
        rig.store.insert(&large),
        rig.store.insert_one(after.clone()),
        gate.open(),
    };
    assert!(!first.expect("there is room").existed && !last.expect("there is room").existed);
    let full = full.expect_err("there is no room");
    assert!(full.is_full() && full.is_definite() && full.is_retryable());
    assert!(rig.is_there(before.id).await && rig.is_there(after.id).await);
    for task in &large {
        assert!(!rig.is_there(task.id).await, "nothing of a refused call is there");
    }
    recovers(&rig, &large).await;
}

#[tokio::test]
async fn a_full_disk_is_told_to_each_call_of_the_group_that_finds_no_room() {
    let rig = Rig::new().await;
    limit_pages(&rig, 20).await;
    let batches: Vec<Vec<NewTask>> = (0..3).map(|_| (0..50).map(|_| large_task()).collect()).collect();
    let gate = rig.hold().await;
    let (a, b, c, ()) = tokio::join! { biased;
        rig.store.insert(&batches[0]),
        rig.store.insert(&batches[1]),
        rig.store.insert(&batches[2]),
        gate.open(),
    };
    for refused in [a, b, c] {
        assert!(refused.expect_err("there is no room").is_full());
    }
    rig.store.ping().await.expect("it is not stopped");
    recovers(&rig, &batches[1]).await;
}

/// Without a restart, as soon as there is room.
async fn recovers(rig: &Rig, batch: &[NewTask]) {
    limit_pages(rig, 100_000).await;
    for inserted in rig.store.insert(batch).await.expect("there is room again") {
        assert!(!inserted.expect("inserted").existed);
    }
}

async fn limit_pages(rig: &Rig, more: i64) {
    let limit = move |conn: &rusqlite::Connection| {
        let pages: i64 = conn.pragma_query_value(None, "page_count", |row| row.get(0))?;
        conn.pragma_update_and_check(None, "max_page_count", pages + more, |row| row.get::<_, i64>(0))
    };
    rig.store
        .0
        .writer
        .errand(limit)
        .await
        .expect("an errand")
        .expect("a limit");
}

fn large_task() -> NewTask {
    let mut task = task();
    task.params = Json::new(&"x".repeat(60_000)).expect("within bounds");
    task
}

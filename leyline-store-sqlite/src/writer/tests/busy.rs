//! Another process that holds the database: callers wait for it once, not one behind the other.

use leyline_core::TaskStoreExt as _;
use rusqlite::ffi::SQLITE_BUSY;

use super::rig::{Errs, Rig, task};

#[tokio::test]
async fn a_group_waits_for_another_process_only_once() {
    let rig = Rig::new().await;
    let gate = rig.hold().await;
    rig.disk.break_begins([Some(SQLITE_BUSY)]);
    let (first, second, third, ()) = tokio::join! { biased;
        rig.store.insert_one(task()),
        rig.store.insert_one(task()),
        rig.store.insert_one(task()),
        gate.open(),
    };
    for refused in [first, second, third] {
        let refused = refused.expect_err("nobody tried a second time");
        assert!(refused.is_definite() && refused.is_retryable(), "{refused}");
    }
    rig.store.insert_one(task()).await.expect("it is free again");
}

#[tokio::test]
async fn calls_that_run_alone_wait_for_another_process_only_once() {
    let rig = Rig::new().await;
    let gate = rig.hold().await;
    // The group is undone for the one that errs; another process comes in between behind the first.
    rig.disk.break_begins([None, None, Some(SQLITE_BUSY)]);
    let (first, erred, last, ()) = tokio::join! { biased;
        rig.store.insert_one(task()),
        rig.store.write(Errs),
        rig.store.insert_one(task()),
        gate.open(),
    };
    first.expect("it was before the other process");
    assert!(erred.expect_err("busy").is_retryable());
    assert!(last.expect_err("busy").is_retryable());
}

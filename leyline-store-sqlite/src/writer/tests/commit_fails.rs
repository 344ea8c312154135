//! A COMMIT that fails: nobody knows whether it was made.

use leyline_core::TaskStoreExt as _;
use rusqlite::ffi::{SQLITE_FULL, SQLITE_IOERR_WRITE};

use super::disk::Fault;
use super::rig::{Rig, task};

#[tokio::test]
async fn a_failed_commit_is_unknown_to_everyone_in_the_group() {
    for (fault, made) in [
        (Fault::Before(SQLITE_IOERR_WRITE), false),
        (Fault::After(SQLITE_IOERR_WRITE), true),
    ] {
        let rig = Rig::new().await;
        let (one, other) = (task(), task());
        let gate = rig.hold().await;
        rig.disk.break_commits([Some(fault)]);
        let (first, second, ()) = tokio::join! { biased;
            rig.store.insert_one(one.clone()),
            rig.store.insert_one(other.clone()),
            gate.open(),
        };
        assert!(first.expect_err("unknown").is_unknown());
        assert!(second.expect_err("unknown").is_unknown());
        assert_eq!(rig.disk.take_levels().len(), 1, "nobody runs again by itself");
        assert_eq!(rig.is_there(one.id).await, made);
        // Sent again unchanged, each finds out (invariant 10).
        let again = rig.store.insert_one(one).await.expect("inserted");
        assert_eq!(again.existed, made);
        let again = rig.store.insert_one(other).await.expect("inserted");
        assert_eq!(again.existed, made);
    }
}

#[tokio::test]
async fn want_of_room_at_the_commit_is_definite_and_the_small_ones_go_through() {
    let rig = Rig::new().await;
    let (one, large) = (task(), task());
    let gate = rig.hold().await;
    // The group finds no room; alone, the first does and the second does not.
    rig.disk.break_commits([
        Some(Fault::Before(SQLITE_FULL)),
        None,
        Some(Fault::Before(SQLITE_FULL)),
    ]);
    let (first, second, ()) = tokio::join! { biased;
        rig.store.insert_one(one.clone()),
        rig.store.insert_one(large.clone()),
        gate.open(),
    };
    assert!(first.is_ok());
    let full = second.expect_err("no room");
    assert!(full.is_full() && full.is_definite());
    assert!(rig.is_there(one.id).await && !rig.is_there(large.id).await);
    assert!(
        !rig.store
            .insert_one(large)
            .await
            .expect("there is room again")
            .existed
    );
}

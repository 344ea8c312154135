//! Neighbours in a group, one of which errs.

use leyline_core::{TaskStore as _, TaskStoreExt as _};

use super::rig::{Errs, Rig, task};

#[tokio::test]
async fn a_call_that_errs_changes_nothing_for_its_neighbours() {
    let rig = Rig::new().await;
    let (before, after) = (task(), task());
    let gate = rig.hold().await;
    let (first, erred, last, ()) = tokio::join! { biased;
        rig.store.insert_one(before.clone()),
        rig.store.write(Errs),
        rig.store.insert_one(after.clone()),
        gate.open(),
    };
    assert!(!first.expect("inserted").existed && !last.expect("inserted").existed);
    assert!(erred.expect_err("it errs").to_string().contains("failed"));
    assert!(rig.is_there(before.id).await && rig.is_there(after.id).await);
    assert_eq!(
        rig.store.workers(0).await.expect("a read"),
        [],
        "what it wrote is undone"
    );
    // The group never came to its commit; each neighbour had one of its own.
    assert_eq!(rig.disk.take_levels().len(), 2);
}

#[tokio::test]
async fn a_call_that_errs_alone_runs_once_and_the_store_goes_on() {
    let rig = Rig::new().await;
    let erred = rig.store.write(Errs).await.expect_err("it errs");
    assert!(!erred.is_retryable() && !erred.is_stopped());
    let new = task();
    rig.store.insert_one(new.clone()).await.expect("inserted");
    assert!(rig.is_there(new.id).await);
}

#[tokio::test]
async fn a_refusal_is_an_answer_and_undoes_nobody() {
    let rig = Rig::new().await;
    let (one, other) = (task(), task());
    let gate = rig.hold().await;
    let (inserted, refused, ()) = tokio::join! { biased;
        rig.store.insert_one(one),
        rig.store.cancel(other.id, None),
        gate.open(),
    };
    assert!(inserted.is_ok());
    assert!(refused.expect_err("it is not there").is_not_found());
    assert_eq!(rig.disk.take_levels().len(), 1, "one commit for both");
}

//! What is in a group, and what it waits for.

use leyline_core::store::ClaimRequest;
use leyline_core::{Env, TaskStore as _, TaskStoreExt as _};

use super::disk::{FULL, NORMAL};
use super::rig::{Rig, beat_of, task};
use crate::Durability;

#[tokio::test]
async fn what_queued_up_is_one_commit() {
    let rig = Rig::new().await;
    let gate = rig.hold().await;
    let (a, b, c, ()) = tokio::join! { biased;
        rig.store.insert_one(task()),
        rig.store.insert_one(task()),
        rig.store.ping(),
        gate.open(),
    };
    assert!(a.is_ok() && b.is_ok() && c.is_ok());
    assert_eq!(rig.disk.take_levels(), [FULL]);
}

#[tokio::test]
async fn a_group_of_nothing_but_beats_is_not_waited_for() {
    let rig = Rig::new().await;
    let worker = Env::system().worker_id();
    rig.store.beat(&beat_of(worker, 1)).await.expect("a beat");
    assert_eq!(rig.disk.take_levels(), [NORMAL]);
    rig.store.insert_one(task()).await.expect("inserted");
    assert_eq!(rig.disk.take_levels(), [FULL]);
    let gate = rig.hold().await;
    let (inserted, beaten, ()) = tokio::join! { biased;
        rig.store.insert_one(task()),
        async { rig.store.beat(&beat_of(worker, 2)).await },
        gate.open(),
    };
    assert!(inserted.is_ok() && beaten.is_ok());
    assert_eq!(
        rig.disk.take_levels(),
        [FULL],
        "beside a change of status a beat waits with it"
    );
}

#[tokio::test]
async fn beats_go_first() {
    let rig = Rig::new().await;
    let worker = Env::system().worker_id();
    rig.store.beat(&beat_of(worker, 1)).await.expect("a beat");
    let dead = leyline_core::store::Dead { worker, counter: 1 };
    let rescue = leyline_core::store::Rescue {
        dead: vec![dead],
        max_rescues: 3,
        limit: 10,
    };
    // The rescue was called first, but the beat that it was to miss is in the same group.
    let gate = rig.hold().await;
    let (rescued, beaten, ()) = tokio::join! { biased;
        rig.store.write(crate::verb::Free(rescue)),
        async { rig.store.beat(&beat_of(worker, 2)).await },
        gate.open(),
    };
    assert!(beaten.is_ok());
    assert!(rescued.expect("a rescue").buried.is_empty());
    assert_eq!(rig.store.workers(0).await.expect("a read").len(), 1);
}

#[tokio::test]
async fn relaxed_durability_waits_for_nothing() {
    let rig = Rig::with(|options| options.durability = Durability::Relaxed).await;
    rig.store.insert_one(task()).await.expect("inserted");
    assert_eq!(rig.disk.take_levels(), [NORMAL]);
}

#[tokio::test]
async fn a_finish_and_the_claim_that_refills_it_are_one_commit() {
    let rig = Rig::new().await;
    let worker = Env::system().worker_id();
    let first = task();
    let request = ClaimRequest {
        worker,
        limit: 1,
        wants: vec![leyline_core::store::Want {
            kind: first.kind.clone(),
            slots: 1,
        }],
        suspects: 1,
        max_rescues: 3,
        ids: Vec::new(),
    };
    rig.store.beat(&beat_of(worker, 1)).await.expect("a beat");
    rig.store.insert(&[first, task()]).await.expect("inserted");
    let claimed = rig.store.claim(&request).await.expect("claimed");
    let finish = leyline_core::store::Finish {
        claim: claimed[0].task.claim().expect("it is processing"),
        outcome: leyline_core::store::Outcome::Release,
        progress: None,
    };
    rig.disk.take_levels();
    let gate = rig.hold().await;
    let (finished, refilled, ()) = tokio::join! { biased;
        rig.store.finish_one(finish),
        rig.store.claim(&request),
        gate.open(),
    };
    // What was released is claimable within the group.
    let refilled = refilled.expect("claimed");
    assert_eq!(refilled[0].task.id, finished.expect("finished").id);
    assert_eq!(rig.disk.take_levels(), [FULL]);
}

#[tokio::test]
async fn a_group_is_bounded_in_calls_and_in_bytes() {
    let bounds: [fn(&mut crate::SqliteOptions); 2] = [
        |options| options.group_calls = 2,
        |options| options.group_bytes = 1200,
    ];
    for set in bounds {
        let rig = Rig::with(set).await;
        let gate = rig.hold().await;
        let (a, b, c, ()) = tokio::join! { biased;
            rig.store.insert_one(task()),
            rig.store.insert_one(task()),
            rig.store.insert_one(task()),
            gate.open(),
        };
        assert!(a.is_ok() && b.is_ok() && c.is_ok());
        assert_eq!(rig.disk.take_levels().len(), 2);
    }
}

#[tokio::test]
async fn a_call_larger_than_a_group_may_be_goes_alone() {
    let rig = Rig::with(|options| options.group_bytes = 0).await;
    rig.store.insert_one(task()).await.expect("inserted");
}

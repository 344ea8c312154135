//! The thread and its queue: bounded, and never the reason why someone waits for ever.

use std::pin::pin;
use std::sync::{Arc, Weak};
use std::task::Poll;

use leyline_core::{TaskStore as _, TaskStoreExt as _};
use rusqlite::Connection;
use tokio::sync::mpsc;

use super::rig::{Rig, task};
use crate::verb::{Tx, Verb};
use crate::writer::log::{Log, Wal};
use crate::{SqliteOptions, SqliteStore};

/// Polls a call once.
async fn poll_once<F: Future + Unpin>(call: &mut F) -> Poll<F::Output> {
    std::future::poll_fn(|cx| Poll::Ready(std::pin::Pin::new(&mut *call).poll(cx))).await
}

#[tokio::test]
async fn a_full_queue_makes_the_next_caller_wait() {
    let rig = Rig::with(|options| options.queue = 1).await;
    let gate = rig.hold().await;
    // The errand at the gate was taken out of the queue: there is room for one.
    let (queued, waiting) = (task(), task());
    let mut first = pin!(rig.store.insert_one(queued.clone()));
    let mut second = Box::pin(rig.store.insert_one(waiting.clone()));
    assert!(poll_once(&mut first).await.is_pending());
    assert!(poll_once(&mut second).await.is_pending());
    drop(second);
    gate.open().await;
    first.await.expect("inserted");
    rig.store.ping().await.expect("answered");
    assert!(rig.is_there(queued.id).await);
    assert!(!rig.is_there(waiting.id).await, "it was never handed over");
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_any_more_is_not_begun() {
    let rig = Rig::new().await;
    let gate = rig.hold().await;
    let dropped = task();
    let mut call = Box::pin(rig.store.insert_one(dropped.clone()));
    assert!(poll_once(&mut call).await.is_pending());
    drop(call);
    gate.open().await;
    rig.store.ping().await.expect("answered");
    assert!(!rig.is_there(dropped.id).await);
}

#[tokio::test]
async fn a_call_that_nobody_waits_for_any_more_is_not_run_again_alone() {
    /// Tells that it runs, waits, and errs.
    struct Stalls(mpsc::UnboundedSender<()>, std::sync::mpsc::Receiver<()>);
    impl Verb for Stalls {
        type Answer = ();
        const NAME: &'static str = "stalls";
        fn run(&self, _: &Tx<'_>) -> rusqlite::Result<()> {
            let _ = self.0.send(());
            let _ = self.1.recv();
            Err(rusqlite::Error::InvalidQuery)
        }
    }
    let rig = Rig::new().await;
    let (runs, mut running) = mpsc::unbounded_channel();
    let (go_on, goes_on) = std::sync::mpsc::channel();
    let gate = rig.hold().await;
    let dropped = task();
    let mut call = Box::pin(rig.store.insert_one(dropped.clone()));
    assert!(poll_once(&mut call).await.is_pending());
    let mut stalls = Box::pin(rig.store.write(Stalls(runs, goes_on)));
    assert!(poll_once(&mut stalls).await.is_pending());
    gate.open().await;
    running.recv().await.expect("the group runs");
    drop(call);
    drop(go_on);
    stalls.await.expect_err("it errs");
    assert!(!rig.is_there(dropped.id).await);
}

#[tokio::test]
async fn close_does_what_was_called_before_and_refuses_what_comes_after() {
    let rig = Rig::new().await;
    let gate = rig.hold().await;
    let before = task();
    let (inserted, (), ()) = tokio::join! { biased;
        rig.store.insert_one(before.clone()),
        rig.store.close(),
        gate.open(),
    };
    inserted.expect("inserted");
    assert!(
        rig.store
            .insert_one(task())
            .await
            .expect_err("closed")
            .is_stopped()
    );
    assert!(rig.store.get(before.id).await.expect_err("closed").is_stopped());
    let log = rig.folder.path().join("leyline.db-wal");
    assert!(!log.exists(), "the log is in the database, and gone");
}

#[tokio::test]
async fn the_last_handle_ends_the_thread() {
    struct Watched(#[allow(dead_code)] Arc<()>);
    impl Log for Watched {
        fn commit(&mut self, conn: &Connection) -> rusqlite::Result<()> {
            Wal.commit(conn)
        }
    }
    let alive = Arc::new(());
    let thread: Weak<()> = Arc::downgrade(&alive);
    let store = SqliteStore::open_on(SqliteOptions::memory(), Box::new(Watched(alive)))
        .await
        .expect("opens");
    let clone = store.clone();
    drop(store);
    clone.insert_one(task()).await.expect("one handle is left");
    drop(clone);
    assert!(
        thread.upgrade().is_none(),
        "the thread owns the log until it ends"
    );
}

#[tokio::test]
async fn a_panic_of_the_writer_answers_everyone_and_stops_the_store() {
    struct Panics;
    impl Verb for Panics {
        type Answer = ();
        const NAME: &'static str = "panics";
        fn run(&self, _: &Tx<'_>) -> rusqlite::Result<()> {
            panic!("a defect");
        }
    }
    let rig = Rig::with(|options| options.group_calls = 1).await;
    let gate = rig.hold().await;
    let (panicked, behind, ()) = tokio::join! { biased;
        rig.store.write(Panics),
        rig.store.insert_one(task()),
        gate.open(),
    };
    assert!(!panicked.expect_err("no answer").is_definite());
    assert!(behind.expect_err("no answer").is_stopped());
    assert!(rig.store.ping().await.expect_err("refused").is_stopped());
}

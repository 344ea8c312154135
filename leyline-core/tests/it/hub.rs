//! Watching: early, late, twice, slow, through lost events, a restored store and a deleted task.

use std::sync::Arc;
use std::time::Duration;

use leyline_core::hub::ListScope;
use leyline_core::{
    Json, KindOptions, Leyline, ProcessError, Progress, Status, TaskContext, TaskEvent, TaskId,
    TaskStore as _, Update, typed,
};
use leyline_testkit::{Fault, Method, When};
use serde_json::json;
use tokio::time::Instant;

use crate::service::{Worker, faulty, get, memory, submit, until, watch_to_end};

/// A service whose tasks take ten seconds and tell progress every tenth of one.
fn counting(seed: u64) -> (Arc<leyline_core::MemoryStore>, Leyline) {
    let (store, builder) = memory(seed);
    let count = typed(async |cx: TaskContext, (): ()| {
        for n in 0..100u32 {
            cx.progress().units(u64::from(n), 100, "steps");
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        Ok::<_, ProcessError>(())
    });
    (store, builder.processor("count", count).build().unwrap())
}

#[tokio::test(start_paused = true)]
async fn a_late_watcher_gets_the_terminal_snapshot_and_then_the_end() {
    let (_store, leyline) = counting(40);
    let _worker = Worker::start(&leyline);
    let id = submit(&leyline, "count", json!(null)).await;
    watch_to_end(&leyline, id).await;
    let seen = watch_to_end(&leyline, id).await;
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0].status, Status::Completed);
    assert_eq!(
        leyline.hub().slot_count(),
        0,
        "nothing is kept for a task that nobody watches"
    );
}

#[tokio::test(start_paused = true)]
async fn many_watchers_of_one_task_cost_the_store_one_read() {
    let (faulty, builder) = faulty(41);
    let leyline = builder.kind("idle", KindOptions::default()).build().unwrap();
    let id = submit(&leyline, "idle", json!(null)).await;
    let begun: Vec<_> = (0..100).map(|_| leyline.watch(id)).collect();
    let watches = futures_util::future::join_all(begun).await;
    assert!(watches.iter().all(Result::is_ok));
    assert_eq!(faulty.calls(Method::Get), 1);
}

#[tokio::test(start_paused = true)]
async fn a_slow_watcher_sees_fewer_snapshots_never_older_ones_and_the_end() {
    let (_store, leyline) = counting(42);
    let _worker = Worker::start(&leyline);
    let id = submit(&leyline, "count", json!(null)).await;
    let mut watch = leyline.watch(id).await.unwrap();
    let mut seen = Vec::new();
    while let Some(Update::Event(event)) = watch.next().await {
        seen.push((event.version(), event.status));
        tokio::time::sleep(Duration::from_secs(3)).await;
    }
    assert!(seen.len() < 10, "conflated: {seen:?}");
    assert!(seen.windows(2).all(|pair| pair[0].0 < pair[1].0));
    assert_eq!(seen.last().unwrap().1, Status::Completed);
}

#[tokio::test(start_paused = true)]
async fn a_watcher_learns_the_end_within_the_poll_interval_though_every_event_is_lost() {
    let (store, leyline) = counting(43);
    let id = submit(&leyline, "count", json!(null)).await;
    let mut watch = leyline.watch(id).await.unwrap();
    assert!(matches!(watch.next().await, Some(Update::Event(event)) if event.status == Status::Pending));
    // Straight to the store: no event is published in this process.
    store.cancel(id, None).await.unwrap();
    let before = Instant::now();
    assert!(matches!(watch.next().await, Some(Update::Event(event)) if event.status == Status::Cancelled));
    assert!(before.elapsed() <= leyline.options().poll_interval);
    assert_eq!(watch.next().await, None);
}

#[tokio::test(start_paused = true)]
async fn a_failed_comparison_ends_no_watch() {
    let (faulty, builder) = faulty(44);
    let leyline = builder.kind("idle", KindOptions::default()).build().unwrap();
    let id = submit(&leyline, "idle", json!(null)).await;
    let mut watch = leyline.watch(id).await.unwrap();
    watch.next().await.unwrap();
    faulty.plan(Method::ChangedSince, Fault::Unavailable, When::Next(3));
    faulty.cancel(id, None).await.unwrap();
    let before = Instant::now();
    assert!(matches!(watch.next().await, Some(Update::Event(event)) if event.status == Status::Cancelled));
    let polls = before.elapsed().div_duration_f64(leyline.options().poll_interval);
    assert!(
        (3.0..=4.0).contains(&polls),
        "three comparisons failed, the fourth told: {polls}"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_that_never_comes_blinds_no_watcher() {
    let (faulty, builder) = faulty(51);
    let leyline = builder.kind("idle", KindOptions::default()).build().unwrap();
    let id = submit(&leyline, "idle", json!(null)).await;
    faulty.plan(Method::Get, Fault::SilentUndone, When::Next(1));
    let error = leyline.watch(id).await.unwrap_err();
    assert!(error.is_retryable(), "{error}");
    let mut watch = leyline.watch(id).await.unwrap();
    watch.next().await.unwrap();
    faulty.plan(Method::ChangedSince, Fault::SilentUndone, When::Next(1));
    faulty.cancel(id, None).await.unwrap();
    let before = Instant::now();
    assert!(matches!(watch.next().await, Some(Update::Event(event)) if event.status == Status::Cancelled));
    assert!(before.elapsed() <= 3 * leyline.options().poll_interval);
}

#[tokio::test(start_paused = true)]
async fn a_task_deleted_under_its_watcher_is_gone() {
    let (_store, leyline) = counting(45);
    let id = submit(&leyline, "count", json!(null)).await;
    let mut watch = leyline.watch(id).await.unwrap();
    watch.next().await.unwrap();
    // Behind the hub's back, so that the watch does not end by the terminal snapshot first.
    leyline.store().cancel(id, None).await.unwrap();
    leyline.store().delete(id, None).await.unwrap();
    assert_eq!(watch.next().await, Some(Update::Gone(id)));
    assert_eq!(watch.next().await, None);
    assert!(leyline.watch(id).await.unwrap_err().is_not_found());
}

#[tokio::test(start_paused = true)]
async fn older_events_from_a_feed_change_nothing_and_newer_ones_are_told() {
    let (_store, leyline) = counting(46);
    let _worker = Worker::start(&leyline);
    let id = submit(&leyline, "count", json!(null)).await;
    until(&leyline, id, Status::Processing).await;
    let mut watch = leyline.watch(id).await.unwrap();
    tokio::time::sleep(Duration::from_secs(2)).await;
    let Some(Update::Event(now)) = watch.next().await else {
        panic!("a snapshot")
    };
    let old = now.with_progress(&progress(1));
    leyline.hub().publish(&[old]);
    let new = now.with_progress(&progress(1_000_000));
    leyline.hub().publish(std::slice::from_ref(&new));
    assert_eq!(watch.next().await, Some(Update::Event(new)));
}

fn progress(tick: u64) -> Progress {
    Progress {
        tick,
        ..Progress::default()
    }
}

#[tokio::test(start_paused = true)]
async fn after_a_restored_backup_watchers_follow_what_the_store_says() {
    let (_store, leyline) = counting(47);
    let id = submit(&leyline, "count", json!(null)).await;
    let mut watch = leyline.watch(id).await.unwrap();
    watch.next().await.unwrap();
    // A later history that the store has forgotten: an event of a revision that its row no longer has.
    let mut task = get(&leyline, id).await;
    task.revision = 9;
    leyline.hub().publish(&[TaskEvent::of(&task)]);
    assert!(matches!(watch.next().await, Some(Update::Event(event)) if event.revision == 9));
    assert!(matches!(watch.next().await, Some(Update::Event(event)) if event.revision == 1));
}

#[tokio::test(start_paused = true)]
async fn list_hints_rise_for_the_owner_and_for_all_and_for_nobody_else() {
    let (_store, leyline) = counting(48);
    let mut all = leyline.hub().list_changes(ListScope::All);
    let mut ann = leyline.hub().list_changes(ListScope::Owner("ann".into()));
    let mut bob = leyline.hub().list_changes(ListScope::Owner("bob".into()));
    let mut task = leyline.new_task("count").unwrap();
    task.owner = "ann".into();
    task.params = Json::null();
    leyline.submit(task).await.unwrap();
    all.changed().await;
    ann.changed().await;
    // Until the comparison with the store, which tells everyone.
    let within = leyline.options().poll_interval / 2;
    let nothing = tokio::time::timeout(within, bob.changed()).await;
    assert!(nothing.is_err(), "bob hears nothing of ann's tasks");
}

#[tokio::test(start_paused = true)]
async fn a_list_hears_within_the_poll_of_what_another_process_did() {
    let (store, leyline) = counting(50);
    let mut hints = leyline.hub().list_changes(ListScope::Owner("ann".into()));
    let poll = leyline.options().poll_interval;
    // The first comparison has nothing to compare with, and tells.
    hints.changed().await;
    let quiet = tokio::time::timeout(10 * poll, hints.changed()).await;
    assert!(quiet.is_err(), "nothing changed, and nothing is told");
    // Straight to the store: no event is published in this process.
    let new = leyline.new_task("count").unwrap();
    let id = new.id;
    leyline_core::TaskStoreExt::insert_one(&*store, new)
        .await
        .unwrap();
    let before = Instant::now();
    hints.changed().await;
    assert!(before.elapsed() <= poll);
    store.cancel(id, None).await.unwrap();
    let before = Instant::now();
    hints.changed().await;
    assert!(before.elapsed() <= poll);
}

#[tokio::test(start_paused = true)]
async fn a_feed_can_ask_what_is_known_here_and_whether_it_is_behind() {
    let (_store, leyline) = counting(51);
    let hub = leyline.hub();
    let id = submit(&leyline, "count", json!(null)).await;
    assert_eq!(hub.current(id), None, "nobody watches");
    assert!(!hub.is_behind(id, 2, 0), "and nobody cares");
    let watch = leyline.watch(id).await.unwrap();
    assert_eq!(hub.current(id).as_ref(), Some(watch.first()));
    for (revision, tick, behind) in [(1, 0, false), (1, 1, true), (2, 0, true), (0, 9, false)] {
        assert_eq!(hub.is_behind(id, revision, tick), behind, "{revision}.{tick}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_feed_tells_the_lists_of_one_owner_or_all() {
    let (_store, leyline) = counting(52);
    let mut ann = leyline.hub().list_changes(ListScope::Owner("ann".into()));
    let mut bob = leyline.hub().list_changes(ListScope::Owner("bob".into()));
    leyline.hub().lists_changed(Some("ann"));
    ann.changed().await;
    let within = leyline.options().poll_interval / 2;
    assert!(tokio::time::timeout(within, bob.changed()).await.is_err());
    leyline.hub().lists_changed(None);
    ann.changed().await;
    bob.changed().await;
}

#[tokio::test(start_paused = true)]
async fn an_unknown_id_can_not_be_watched() {
    let (_store, leyline) = counting(49);
    let error = leyline.watch(TaskId::from_bytes([9; 16])).await.unwrap_err();
    assert!(error.is_not_found());
    assert_eq!(leyline.hub().slot_count(), 0);
}

//! Events and wake-ups between processes. Polls and beats are an hour apart, so that whatever comes soon came by the feed.

use std::sync::Arc;
use std::time::Duration;

use leyline_core::hub::ListScope;
use leyline_core::{NewTask, ProgressSink as _, Status, TaskEvent, Update};
use leyline_store_postgres::PostgresOptions;
use tokio::sync::Semaphore;

use crate::given;
use crate::node::{NEVER, Node, holds, soon, until, waits_for};

#[tokio::test(flavor = "multi_thread")]
async fn progress_and_the_end_reach_a_watcher_on_another_node() {
    let options = given::options();
    let go = Arc::new(Semaphore::new(0));
    let works = Node::start(&options, NEVER, waits_for(&go)).await.worker();
    let watches = Node::gateway(&options, NEVER).await.feed();
    let id = works.submit().await;
    let mut watch = watches.leyline.watch(id).await.unwrap();
    let says_begun = |update: &Update| matches!(update, Update::Event(event) if event.progress.message.as_deref() == Some("begun") && event.tick > 0);
    soon(async { while !says_begun(&watch.next().await.expect("it runs")) {} }).await;
    go.add_permits(1);
    soon(until(&mut watch, Status::Completed)).await;
    assert_eq!(watch.next().await, None);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_submit_wakes_an_idle_worker_on_another_node() {
    let options = given::options();
    let go = Arc::new(Semaphore::new(2));
    let works = Node::start(&options, NEVER, waits_for(&go)).await.worker().feed();
    let submits = Node::gateway(&options, NEVER).await.feed();
    // The first one may be found by the worker's first look; when it has ended, the worker is idle.
    for _ in 0..2 {
        let id = submits.submit().await;
        let mut watch = submits.watch(id).await;
        soon(until(&mut watch, Status::Completed)).await;
    }
    drop(works);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_delayed_task_wakes_workers_when_it_falls_due_here_and_elsewhere() {
    for on_another in [false, true] {
        let options = given::options();
        let go = Arc::new(Semaphore::new(2));
        let works = Node::start(&options, NEVER, waits_for(&go)).await.worker();
        let works = if on_another { works.feed() } else { works };
        let other = Node::gateway(&options, NEVER).await.feed();
        let mut first = other.watch(other.submit().await).await;
        if !on_another {
            // Nothing tells this worker of others' tasks.
            works.submit().await;
        }
        soon(until(&mut first, Status::Completed)).await;
        let submits = if on_another { &other } else { &works };
        let mut task = submits.leyline.new_task("any").unwrap();
        task.delay = Duration::from_millis(300);
        let id = submits.leyline.submit(task).await.unwrap().task.id;
        go.add_permits(1);
        let mut watch = other.watch(id).await;
        soon(until(&mut watch, Status::Completed)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_cancel_stops_a_task_that_runs_on_another_node() {
    let options = given::options();
    let go = Arc::new(Semaphore::new(0));
    let works = Node::start(&options, NEVER, waits_for(&go)).await.worker().feed();
    let cancels = Node::gateway(&options, NEVER).await.feed();
    let id = works.submit().await;
    let mut watch = cancels.watch(id).await;
    soon(until(&mut watch, Status::Processing)).await;
    // The only beat for an hour, because there is progress, has been; the next would tell of the loss too.
    let stored = async || works.leyline.get(id).await.unwrap().unwrap().progress.tick > 0;
    soon(holds(stored)).await;
    assert_eq!(works.leyline.hub().slot_count(), 1, "the worker holds its claim");
    cancels.cancel(id).await;
    // It does until the code has ended, and only the loss of the claim ends that.
    soon(holds(async || works.leyline.hub().slot_count() == 0)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn with_every_notification_lost_a_watcher_learns_the_end_by_its_poll() {
    let options = given::options();
    let acts = Node::gateway(&options, NEVER).await;
    let watches = Node::gateway(&options, Duration::from_millis(200)).await;
    let id = acts.submit().await;
    let mut watch = watches.watch(id).await;
    acts.cancel(id).await;
    soon(until(&mut watch, Status::Cancelled)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_happened_before_the_feed_listened_is_read() {
    let options = given::options();
    let acts = Node::gateway(&options, NEVER).await;
    let go = Arc::new(Semaphore::new(1));
    let late = Node::start(&options, NEVER, waits_for(&go)).await;
    let id = acts.submit().await;
    let mut watch = late.watch(id).await;
    let mut list = late
        .leyline
        .hub()
        .list_changes(ListScope::Owner("ann".to_owned()));
    acts.cancel(id).await;
    let late = late.feed();
    soon(until(&mut watch, Status::Cancelled)).await;
    soon(list.changed()).await;
    drop(late);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_moves_with_its_owners_tasks_on_another_node() {
    let options = given::options();
    let acts = Node::gateway(&options, NEVER).await;
    let looks = Node::gateway(&options, NEVER).await.feed();
    let hub = looks.leyline.hub();
    let [mut ann, mut bob, mut cat] =
        ["ann", "bob", "cat"].map(|owner| hub.list_changes(ListScope::Owner(owner.to_owned())));
    // Everyone is told once, when the feed begins to listen.
    for list in [&mut ann, &mut bob, &mut cat] {
        soon(list.changed()).await;
    }
    let submit = async |owner: &str| {
        let mut task = acts.leyline.new_task("any").unwrap();
        task.owner = owner.to_owned();
        acts.leyline.submit(task).await.unwrap();
    };
    let before = bob.mark_seen();
    submit("ann").await;
    soon(ann.changed()).await;
    submit("cat").await;
    soon(cat.changed()).await;
    assert_eq!(bob.mark_seen(), before, "bob hears nothing of others");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_storm_of_changes_reaches_every_watcher() {
    let options = given::options();
    let acts = Node::gateway(&options, NEVER).await;
    let watches = Node::gateway(&options, NEVER).await.feed();
    // More than one read, and more than one payload, holds.
    let tasks: Vec<NewTask> = (0..1_200)
        .map(|_| acts.leyline.new_task("any").unwrap())
        .collect();
    acts.leyline.submit_many(&tasks).await.unwrap();
    let mut watching = Vec::new();
    for task in &tasks {
        watching.push(watches.watch(task.id).await);
    }
    let mut ended = Vec::new();
    for task in &tasks {
        ended.push(TaskEvent::of(
            &acts.leyline.store().cancel(task.id, None).await.unwrap(),
        ));
    }
    acts.store.sink().publish(&ended).await.unwrap();
    for mut watch in watching {
        soon(until(&mut watch, Status::Cancelled)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn strangers_and_later_versions_on_the_channel_change_nothing() {
    let options = given::options();
    let acts = Node::gateway(&options, NEVER).await;
    let watches = Node::gateway(&options, NEVER).await.feed();
    let id = acts.submit().await;
    let mut watch = watches.watch(id).await;
    let claims = format!(r#"{{"v":1,"from":"x","entries":[{{"c":{{"id":"{id}","r":7,"s":2}}}}]}}"#);
    for payload in ["", "hello", "{", r#"{"v":2,"entries":[]}"#, &claims] {
        given::execute(&format!("NOTIFY {}_events, '{payload}'", options.schema)).await;
    }
    acts.cancel(id).await;
    let told = soon(watch.next()).await;
    assert!(
        matches!(&told, Some(Update::Event(event)) if (event.status, event.revision) == (Status::Cancelled, 2)),
        "the store is asked, and nobody believes the channel: {told:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn the_sink_works_where_every_statement_is_a_transaction() {
    let mut options = given::options();
    options.pooled = true;
    let options = options.listen_url(&given::url()).unwrap();
    tells_of_a_cancel(&options).await;
}

async fn tells_of_a_cancel(options: &PostgresOptions) {
    let acts = Node::gateway(options, NEVER).await;
    let watches = Node::gateway(options, NEVER).await.feed();
    let mut watch = watches.watch(acts.submit().await).await;
    acts.cancel(watch.id()).await;
    soon(until(&mut watch, Status::Cancelled)).await;
}

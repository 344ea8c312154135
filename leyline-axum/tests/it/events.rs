//! Watching over server-sent events.

use std::time::Duration;

use serde_json::Value;

use crate::app::App;
use crate::client::Request;
use crate::processors::Command;
use crate::sse::{Event, Events};
use crate::ws::check_ordered;

fn request(app: &App, id: &str) -> Request {
    app.request("GET", &format!("/api/tasks/{id}/events"))
}

fn snapshots(events: &[Event]) -> Vec<Value> {
    events.iter().map(|event| event.data.clone()).collect()
}

#[track_caller]
fn check_whole(events: &[Event], status: &str) {
    for event in events {
        let (revision, tick) = (&event.data["revision"], &event.data["tick"]);
        assert_eq!(event.id, format!("{revision}.{tick}"));
        assert_eq!(event.name, "");
    }
    check_ordered(&snapshots(events));
    assert_eq!(events.last().unwrap().data["status"], status);
}

#[tokio::test]
async fn an_early_watcher_sees_ordered_snapshots_up_to_the_terminal_one() {
    let app = App::start().await;
    let id = app.running("e").await;
    let mut events = Events::open(request(&app, &id)).await;
    let mut seen = vec![events.next().await.unwrap()];
    for n in 1..=5 {
        app.steps.tell("e", Command::Progress(f64::from(n) / 10.0));
        seen.push(events.next().await.unwrap());
    }
    app.steps.tell("e", Command::Finish);
    seen.extend(events.all().await);
    assert_eq!(seen[5].data["progress"]["percent"], 50);
    check_whole(&seen, "completed");
}

#[tokio::test]
async fn a_late_watcher_gets_the_terminal_event_alone() {
    let app = App::start().await;
    let id = app.task("misbehaves", "1").await;
    app.finished(&id).await;
    let events = Events::open(request(&app, &id)).await.all().await;
    assert_eq!(events.len(), 1);
    check_whole(&events, "failed");
}

#[tokio::test]
async fn two_watchers_see_the_same_end() {
    let app = App::start().await;
    let id = app.running("two").await;
    let (first, second) = (
        Events::open(request(&app, &id)).await,
        Events::open(request(&app, &id)).await,
    );
    app.steps.tell("two", Command::Finish);
    let (first, second) = tokio::join!(first.all(), second.all());
    check_whole(&first, "completed");
    assert_eq!(first.last(), second.last());
}

#[tokio::test]
async fn a_watcher_that_comes_back_is_told_only_what_is_newer() {
    let app = App::start().await;
    let id = app.running("back").await;
    let mut events = Events::open(request(&app, &id)).await;
    events.next().await.unwrap();
    app.steps.tell("back", Command::Progress(0.25));
    let last = events.next().await.unwrap();
    drop(events);
    let back = Events::open(request(&app, &id).header("last-event-id", &last.id)).await;
    app.steps.tell("back", Command::Finish);
    let told = back.all().await;
    check_whole(&told, "completed");
    let mut whole = vec![last.data];
    whole.extend(snapshots(&told));
    check_ordered(&whole);
}

#[tokio::test]
async fn a_watcher_that_missed_the_end_is_told_it_and_one_that_has_it_gets_204() {
    let app = App::start().await;
    let id = app.running("missed").await;
    let seen = Events::open(request(&app, &id)).await.next().await.unwrap();
    app.steps.tell("missed", Command::Finish);
    app.finished(&id).await;
    let told = Events::open(request(&app, &id).header("last-event-id", &seen.id))
        .await
        .all()
        .await;
    check_whole(&told, "completed");
    let answer = request(&app, &id)
        .header("last-event-id", &told[0].id)
        .send()
        .await;
    assert_eq!((answer.status, answer.body.len()), (204, 0));
}

#[tokio::test]
async fn an_id_that_is_none_is_passed_over() {
    let app = App::start().await;
    let id = app.task("value", "1").await;
    app.finished(&id).await;
    for known in ["", "x", "1", "99999999999999999999.1", "2.0.0"] {
        let events = Events::open(request(&app, &id).header("last-event-id", known))
            .await
            .all()
            .await;
        assert_eq!(events.len(), 1, "{known}");
    }
}

/// It comes from before a backup was restored, where the same revision was a claim that went further.
#[tokio::test]
async fn a_watcher_that_has_a_later_progress_than_the_end_is_told_the_end() {
    let app = App::with(|setup| setup.worker = false).await;
    let id = app.task("value", "1").await;
    app.post(&format!("/api/tasks/{id}/cancel")).await;
    let told = Events::open(request(&app, &id).header("last-event-id", "2.7"))
        .await
        .all()
        .await;
    check_whole(&told, "cancelled");
}

#[tokio::test]
async fn a_requeued_task_is_followed_from_the_terminal_event_that_the_client_has() {
    let app = App::start().await;
    let id = app.running("again").await;
    app.steps.tell("again", Command::Fail);
    app.finished(&id).await;
    let failed = Events::open(request(&app, &id)).await.all().await.remove(0);
    app.post(&format!("/api/tasks/{id}/requeue")).await;
    let back = Events::open(request(&app, &id).header("last-event-id", &failed.id)).await;
    app.steps.tell("again", Command::Finish);
    let told = back.all().await;
    check_whole(&told, "completed");
    assert!(told[0].data["revision"].as_u64() > failed.data["revision"].as_u64());
}

#[tokio::test]
async fn a_task_deleted_under_its_watcher_ends_the_stream_with_gone() {
    let app = App::with(|setup| {
        setup.worker = false;
        setup.core.poll_interval = Duration::from_millis(30);
    })
    .await;
    let id = app.task("value", "1").await;
    let mut events = Events::open(request(&app, &id)).await;
    events.next().await.unwrap();
    app.vanish(&id).await;
    let gone = events.next().await.unwrap();
    assert_eq!(
        (gone.name.as_str(), &gone.data),
        ("gone", &serde_json::json!({ "gone": id }))
    );
    assert_eq!(events.next().await, None);
    request(&app, &id)
        .send()
        .await
        .check_problem(404, "task-not-found");
}

#[tokio::test]
async fn a_silent_stream_is_kept_alive_with_comments() {
    let app = App::with(|setup| setup.http.ping_interval = Duration::from_millis(20)).await;
    let id = app.running("silent").await;
    let mut events = Events::open(request(&app, &id)).await;
    events.block().await.unwrap();
    assert_eq!(events.block().await.as_deref(), Some(":\n\n"));
    assert_eq!(events.block().await.as_deref(), Some(":\n\n"));
}

#[tokio::test]
async fn no_proxy_is_to_hold_events_back() {
    let app = App::start().await;
    let id = app.running("proxy").await;
    let opened = request(&app, &id).open().await;
    assert_eq!(opened.response.headers()["x-accel-buffering"], "no");
}

//! `GET /ws/{task_id}`: what a watcher sees.

use std::time::Duration;

use serde_json::Value;

use crate::app::App;
use crate::processors::Command;
use crate::ws::{Socket, check_ordered};

async fn open(app: &App, id: &str) -> Socket {
    Socket::open(app.addr, &format!("/ws/{id}")).await
}

#[track_caller]
fn check_whole(snapshots: &[Value], status: &str, close: u16) {
    check_ordered(snapshots);
    assert_eq!(
        (&snapshots.last().unwrap()["status"], close),
        (&status.into(), 1000)
    );
}

#[tokio::test]
async fn an_early_watcher_sees_ordered_snapshots_up_to_the_terminal_one() {
    let app = App::with(|setup| setup.worker = false).await;
    let id = app.task("step", "\"e\"").await;
    let mut socket = open(&app, &id).await;
    let mut seen = vec![socket.next().await];
    assert_eq!(
        (&seen[0]["status"], &seen[0]["revision"]),
        (&"pending".into(), &1.into())
    );
    let _worker = app.work();
    seen.push(socket.next().await);
    assert_eq!(seen[1]["status"], "processing");
    for n in 1..=5 {
        app.steps.tell("e", Command::Progress(f64::from(n) / 10.0));
        seen.push(socket.next().await);
    }
    assert_eq!(seen[6]["progress"]["percent"], 50);
    app.steps.tell("e", Command::Finish);
    let (rest, close) = socket.all().await;
    seen.extend(rest);
    check_whole(&seen, "completed", close);
}

#[tokio::test]
async fn a_late_watcher_gets_the_terminal_snapshot_and_a_clean_close() {
    let app = App::start().await;
    let id = app.task("value", "1").await;
    let finished = app.finished(&id).await;
    let (seen, close) = open(&app, &id).await.all().await;
    assert_eq!((seen.len(), &seen[0]["updated_at"]), (1, &finished["updated_at"]));
    check_whole(&seen, "completed", close);
}

#[tokio::test]
async fn one_who_watches_twice_sees_the_same_end_twice() {
    let app = App::start().await;
    let id = app.running("twice").await;
    let (first, second) = (open(&app, &id).await, open(&app, &id).await);
    app.steps.tell("twice", Command::Progress(0.5));
    app.steps.tell("twice", Command::Finish);
    let ((first, close), (second, other)) = tokio::join!(first.all(), second.all());
    check_whole(&first, "completed", close);
    check_whole(&second, "completed", other);
    assert_eq!(first.last(), second.last());
}

#[tokio::test]
async fn a_watcher_that_comes_back_begins_no_earlier_than_it_left() {
    let app = App::start().await;
    let id = app.running("back").await;
    let mut socket = open(&app, &id).await;
    let mut seen = vec![socket.next().await];
    app.steps.tell("back", Command::Progress(0.5));
    seen.push(socket.next().await);
    drop(socket);
    app.steps.tell("back", Command::Progress(0.6));
    app.until(&id, |task| task["progress"]["fraction"] == 0.6).await;
    let back = open(&app, &id).await;
    app.steps.tell("back", Command::Finish);
    let (rest, close) = back.all().await;
    assert_eq!(rest[0]["progress"]["percent"], 60);
    seen.extend(rest);
    check_whole(&seen, "completed", close);
}

#[tokio::test]
async fn a_watcher_of_a_requeued_task_sees_the_next_run() {
    let app = App::start().await;
    let id = app.running("r").await;
    app.steps.tell("r", Command::Fail);
    app.finished(&id).await;
    assert_eq!(app.post(&format!("/api/tasks/{id}/requeue")).await.status, 200);
    let socket = open(&app, &id).await;
    app.steps.tell("r", Command::Finish);
    let (seen, close) = socket.all().await;
    assert_ne!(seen[0]["status"], "failed");
    check_whole(&seen, "completed", close);
}

#[tokio::test]
async fn a_watcher_learns_the_end_though_every_event_is_lost() {
    let app = App::with(|setup| {
        setup.worker = false;
        setup.core.poll_interval = Duration::from_millis(30);
    })
    .await;
    let id = app.task("value", "1").await;
    let mut socket = open(&app, &id).await;
    socket.next().await;
    // The store alone is told, as if another process had done it and its event had not come through.
    app.leyline
        .store()
        .cancel(id.parse().unwrap(), None)
        .await
        .unwrap();
    let (seen, close) = socket.all().await;
    check_whole(&seen, "cancelled", close);
}

#[tokio::test]
async fn a_task_deleted_under_its_watcher_gets_a_gone_frame_and_a_clean_close() {
    let app = App::with(|setup| {
        setup.worker = false;
        setup.core.poll_interval = Duration::from_millis(30);
    })
    .await;
    let id = app.task("value", "1").await;
    let mut socket = open(&app, &id).await;
    socket.next().await;
    app.vanish(&id).await;
    assert_eq!(
        socket.all().await,
        (vec![serde_json::json!({ "gone": id })], 1000)
    );
}

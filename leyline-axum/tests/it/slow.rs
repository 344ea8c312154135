//! Watchers that read nothing for a long time.

use leyline_core::event::TaskEvent;
use leyline_core::task::Progress;
use serde_json::Value;
use tokio::net::{TcpSocket, TcpStream};

use crate::app::App;
use crate::sse::Events;
use crate::ws::{Socket, check_ordered};

/// A connection for which our kernel keeps little.
async fn connect(app: &App) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    socket.connect(app.addr).await.unwrap()
}

/// How many snapshots are published, and how long each is: far more than all buffers between server and client hold.
const FLOOD: u64 = 2000;
const MESSAGE: usize = 20_000;

/// Publishes snapshots of the task, and gives the socket its turn after each.
async fn flood(app: &App, id: &str) {
    let event = TaskEvent::of(&app.stored(id).await);
    let mut progress = Progress {
        message: Some("m".repeat(MESSAGE)),
        ..Progress::default()
    };
    for tick in 1..=FLOOD {
        progress.tick = tick;
        app.leyline.hub().publish(&[event.with_progress(&progress)]);
        for _ in 0..5 {
            tokio::task::yield_now().await;
        }
    }
}

/// Checks that snapshots were skipped, and neither order nor end were lost.
#[track_caller]
fn check_conflated(seen: &[Value]) {
    assert!(
        seen.len() > 1 && (seen.len() as u64) < FLOOD / 2,
        "{} of {FLOOD}",
        seen.len()
    );
    check_ordered(seen);
    assert_eq!(seen.last().unwrap()["status"], "cancelled");
}

async fn waiting() -> (App, String) {
    let app = App::with(|setup| setup.worker = false).await;
    let id = app.task("value", "1").await;
    (app, id)
}

async fn cancel(app: &App, id: &str) {
    assert_eq!(app.post(&format!("/api/tasks/{id}/cancel")).await.status, 200);
}

#[tokio::test]
async fn a_slow_watcher_on_a_socket_skips_snapshots_and_still_sees_order_and_end() {
    let (app, id) = waiting().await;
    let socket = Socket::over(connect(&app).await, app.addr, &format!("/ws/{id}"), &[])
        .await
        .unwrap();
    flood(&app, &id).await;
    cancel(&app, &id).await;
    let (seen, close) = socket.all().await;
    check_conflated(&seen);
    assert_eq!(close, 1000);
}

#[tokio::test]
async fn a_slow_watcher_of_many_tasks_skips_snapshots_and_still_sees_order_and_end() {
    let (app, id) = waiting().await;
    let mut socket = Socket::over(connect(&app).await, app.addr, "/ws", &[])
        .await
        .unwrap();
    socket.say(format!(r#"{{"watch":["{id}"]}}"#)).await;
    let mut seen = vec![socket.next().await];
    flood(&app, &id).await;
    cancel(&app, &id).await;
    while seen.last().unwrap()["status"] != "cancelled" {
        seen.push(socket.next().await);
    }
    check_conflated(&seen);
}

#[tokio::test]
async fn a_slow_watcher_of_an_event_stream_skips_snapshots_and_still_sees_order_and_end() {
    let (app, id) = waiting().await;
    let request = app.request("GET", &format!("/api/tasks/{id}/events"));
    let opened = request.open_over(connect(&app).await).await;
    flood(&app, &id).await;
    cancel(&app, &id).await;
    let events = Events::of(opened).all().await;
    let seen: Vec<Value> = events.into_iter().map(|event| event.data).collect();
    check_conflated(&seen);
}

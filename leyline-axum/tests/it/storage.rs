//! Disks that are full, stores that fail.

use std::time::Duration;

use leyline_core::{Blobs, Env};

use crate::app::App;
use crate::client::{Answer, NOBODY};
use crate::troubled::{FullBlobs, Switch, Trouble, TroubledStore};
use crate::ws::Socket;

async fn upload(app: &App, bytes: usize) -> Answer {
    app.request("POST", "/api/upload?kind=copy")
        .body(vec![7; bytes])
        .send()
        .await
}

#[tokio::test]
async fn a_full_disk_gets_507_loses_nothing_and_recovers_without_a_restart() {
    let (store, room) = FullBlobs::new();
    let app = App::with(|setup| setup.blobs = Some(Blobs::new(store, Env::system()))).await;
    let kept = upload(&app, 20_000_000).await;
    app.finished(&kept.id()).await;
    // In the first part, between two parts, and in a file that is one call.
    for (left, size) in [(0, 20_000_000), (10_000_000, 20_000_000), (10, 1000)] {
        *room.lock().unwrap() = left;
        let refused = upload(&app, size).await;
        refused.check_problem(507, "storage-full");
        assert_eq!(refused.header("retry-after"), "30");
        assert_eq!((app.task_count().await, app.uploads().await.len()), (1, 1));
        let input = app.get(&format!("/api/tasks/{}/input", kept.id())).await;
        assert_eq!((input.status, input.body.len()), (200, 20_000_000));
    }
    *room.lock().unwrap() = usize::MAX;
    let id = upload(&app, 20_000_000).await.id();
    assert_eq!(app.finished(&id).await["status"], "completed");
}

async fn troubled() -> (App, Switch) {
    let (store, switch) = TroubledStore::new(Env::system());
    let app = App::with(|setup| {
        setup.worker = false;
        setup.store = Some(store);
        setup.core.poll_interval = Duration::from_millis(20);
    })
    .await;
    (app, switch)
}

#[tokio::test]
async fn a_full_store_gets_507_and_the_bytes_just_written_are_removed() {
    let (app, switch) = troubled().await;
    let kept = upload(&app, 10).await.id();
    switch.set(Trouble::Full);
    upload(&app, 2_000_000).await.check_problem(507, "storage-full");
    app.request("POST", "/api/tasks")
        .json(r#"{"kind":"value"}"#)
        .send()
        .await
        .check_problem(507, "storage-full");
    app.post(&format!("/api/tasks/{kept}/cancel"))
        .await
        .check_problem(507, "storage-full");
    assert_eq!((app.task_count().await, app.uploads().await.len()), (1, 1));
    switch.set(Trouble::None);
    assert_eq!(upload(&app, 10).await.status, 202);
    assert_eq!(app.post(&format!("/api/tasks/{kept}/cancel")).await.status, 200);
}

#[tokio::test]
async fn after_an_unknown_outcome_the_bytes_stay_and_the_same_request_finds_its_task() {
    let (app, switch) = troubled().await;
    let send = async || {
        let request = app
            .request("POST", "/api/upload?kind=copy")
            .header("idempotency-key", "k");
        request.body("file").send().await
    };
    switch.set(Trouble::Unknown);
    let unknown = send().await;
    unknown.check_problem(503, "unavailable");
    assert_eq!(unknown.header("retry-after"), "5");
    switch.set(Trouble::None);
    let accepted = send().await;
    assert_eq!(
        (accepted.status, app.task_count().await, app.uploads().await.len()),
        (202, 1, 1)
    );
    let input = app.get(&format!("/api/tasks/{}/input", accepted.id())).await;
    assert_eq!((input.status, &*input.body), (200, &b"file"[..]));
}

#[tokio::test]
async fn an_outage_of_the_store_gets_503_and_what_is_inside_stays_inside() {
    let (app, switch) = troubled().await;
    let id = app.task("value", "1").await;
    for (trouble, status, word) in [
        (Trouble::Unavailable, 503, "unavailable"),
        (Trouble::Stopped, 503, "unavailable"),
        (Trouble::Broken, 500, "internal"),
    ] {
        switch.set(trouble);
        let answers = [
            upload(&app, 10).await,
            app.get(&format!("/api/tasks/{id}")).await,
            app.get(&format!("/api/tasks/{NOBODY}/events")).await,
            app.get("/api/tasks").await,
            app.post(&format!("/api/tasks/{id}/cancel")).await,
            app.request("GET", &format!("/ws/{id}")).upgrade().send().await,
            app.get("/readyz").await,
        ];
        for answer in answers {
            answer.check_problem(status, word);
            assert!(
                !String::from_utf8_lossy(&answer.body).contains("secret"),
                "{answer:?}"
            );
        }
        assert_eq!(app.get("/healthz").await.status, 200);
    }
    switch.set(Trouble::None);
    assert_eq!(app.get("/readyz").await.status, 200);
}

#[tokio::test]
async fn watchers_outlive_an_outage_of_the_store() {
    let (app, switch) = troubled().await;
    let id = app.task("value", "1").await;
    let mut socket = Socket::open(app.addr, &format!("/ws/{id}")).await;
    socket.next().await;
    switch.set(Trouble::Unavailable);
    let mut many = Socket::open(app.addr, "/ws").await;
    many.say(format!(r#"{{"watch":["{NOBODY}"]}}"#)).await;
    assert_eq!(
        many.next().await,
        serde_json::json!({ "error": "unavailable", "id": NOBODY })
    );
    switch.comparisons_failed(3).await;
    switch.set(Trouble::None);
    app.leyline
        .store()
        .cancel(id.parse().unwrap(), None)
        .await
        .unwrap();
    let (seen, close) = socket.all().await;
    assert_eq!(
        (seen.len(), &seen[0]["status"], close),
        (1, &"cancelled".into(), 1000)
    );
}

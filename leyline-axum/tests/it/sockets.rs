//! `GET /ws`: many tasks on one socket.

use std::time::Duration;

use serde_json::{Value, json};

use crate::app::App;
use crate::client::NOBODY;
use crate::processors::Command;
use crate::users::users;
use crate::ws::{Socket, check_ordered};

async fn open(app: &App) -> Socket {
    Socket::open(app.addr, "/ws").await
}

async fn watch(socket: &mut Socket, ids: &[&str]) {
    socket.say(json!({ "watch": ids }).to_string()).await;
}

/// Reads what was sent up to now: the answer to a question asked last.
async fn settle(socket: &mut Socket) -> Vec<Value> {
    watch(socket, &["end"]).await;
    let mut texts = Vec::new();
    loop {
        match socket.next().await {
            text if text["id"] == "end" => return texts,
            text => texts.push(text),
        }
    }
}

#[tokio::test]
async fn many_tasks_on_one_socket_each_show_ordered_snapshots_and_their_end() {
    let app = App::start().await;
    let mut ids = Vec::new();
    for n in 0..8 {
        ids.push(app.task("step", &format!("\"t{n}\"")).await);
    }
    let mut socket = open(&app).await;
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    watch(&mut socket, &names).await;
    for n in 0..8 {
        for fraction in [0.25, 0.5, 0.75] {
            app.steps.tell(&format!("t{n}"), Command::Progress(fraction));
        }
        app.steps.tell(
            &format!("t{n}"),
            if n % 2 == 0 {
                Command::Finish
            } else {
                Command::Fail
            },
        );
    }
    let (mut seen, mut ends) = (Vec::new(), 0);
    while ends < 8 {
        let snapshot = socket.next().await;
        ends += usize::from(matches!(
            snapshot["status"].as_str(),
            Some("completed" | "failed")
        ));
        seen.push(snapshot);
    }
    for id in &ids {
        let of_task: Vec<Value> = seen
            .iter()
            .filter(|snapshot| snapshot["id"] == *id)
            .cloned()
            .collect();
        check_ordered(&of_task);
        assert_eq!(of_task.last().unwrap()["links"], Value::Null);
    }
    assert_eq!(settle(&mut socket).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_late_watch_gets_the_terminal_snapshot_and_the_socket_stays_open() {
    let app = App::start().await;
    let id = app.task("value", "1").await;
    app.finished(&id).await;
    let mut socket = open(&app).await;
    for _ in 0..2 {
        watch(&mut socket, &[&id]).await;
        assert_eq!(socket.next().await["status"], "completed");
    }
}

#[tokio::test]
async fn unwatched_tasks_are_not_told_of_and_one_watched_again_begins_anew() {
    let app = App::start().await;
    let (kept, left) = (app.running("kept").await, app.running("left").await);
    let mut socket = open(&app).await;
    watch(&mut socket, &[&kept, &left]).await;
    assert_eq!(settle(&mut socket).await.len(), 2);
    socket
        .say(json!({ "unwatch": [left, NOBODY, "x"] }).to_string())
        .await;
    assert_eq!(settle(&mut socket).await, Vec::<Value>::new());
    app.steps.tell("left", Command::Finish);
    app.finished(&left).await;
    app.steps.tell("kept", Command::Progress(0.5));
    assert_eq!(socket.next().await["id"], kept);
    watch(&mut socket, &[&kept, &left]).await;
    let told = settle(&mut socket).await;
    assert_eq!(told.len(), 2, "{told:?}");
    let end = told.iter().find(|snapshot| snapshot["id"] == left);
    assert_eq!(end.unwrap()["status"], "completed");
}

#[tokio::test]
async fn an_unknown_or_malformed_id_gets_an_error_and_the_others_are_watched() {
    let app = App::start().await;
    let id = app.running("known").await;
    let mut socket = open(&app).await;
    watch(&mut socket, &[NOBODY, "x", &id]).await;
    assert_eq!(
        socket.next().await,
        json!({ "error": "task-not-found", "id": NOBODY })
    );
    assert_eq!(
        socket.next().await,
        json!({ "error": "task-not-found", "id": "x" })
    );
    assert_eq!(socket.next().await["id"], id);
}

#[tokio::test]
async fn more_than_may_be_watched_get_an_error_and_an_end_makes_room() {
    let app = App::with(|setup| setup.http.max_watched = 2).await;
    let ids = [
        app.running("a").await,
        app.running("b").await,
        app.running("c").await,
    ];
    let mut socket = open(&app).await;
    watch(&mut socket, &[&ids[0], &ids[1], &ids[2], &ids[0]]).await;
    let told = settle(&mut socket).await;
    let refused: Vec<_> = told
        .iter()
        .filter(|text| text["error"] == "too-many-watched")
        .collect();
    assert_eq!(refused, [&json!({ "error": "too-many-watched", "id": ids[2] })]);
    app.steps.tell("a", Command::Finish);
    socket
        .until(|text| text["id"] == ids[0] && text["status"] == "completed")
        .await;
    watch(&mut socket, &[&ids[2]]).await;
    assert_eq!(socket.next().await["id"], ids[2]);
}

#[tokio::test]
async fn a_message_of_256_ids_fits_and_256_are_watched() {
    let app = App::with(|setup| setup.worker = false).await;
    let tasks: Vec<_> = (0..256).map(|_| app.leyline.new_task("value").unwrap()).collect();
    app.leyline.submit_many(&tasks).await.unwrap();
    let ids: Vec<String> = tasks.iter().map(|task| task.id.to_string()).collect();
    let names: Vec<&str> = ids.iter().map(String::as_str).collect();
    let mut socket = open(&app).await;
    watch(&mut socket, &names).await;
    let told = settle(&mut socket).await;
    assert_eq!(
        told.iter().filter(|text| text["status"] == "pending").count(),
        256
    );
}

#[tokio::test]
async fn a_task_deleted_under_its_watch_gets_a_gone_frame_and_the_socket_stays_open() {
    let app = App::with(|setup| {
        setup.worker = false;
        setup.core.poll_interval = Duration::from_millis(30);
    })
    .await;
    let (id, other) = (app.task("value", "1").await, app.task("value", "2").await);
    let mut socket = open(&app).await;
    watch(&mut socket, &[&id, &other]).await;
    assert_eq!(settle(&mut socket).await.len(), 2);
    app.vanish(&id).await;
    assert_eq!(socket.next().await, json!({ "gone": id }));
    app.leyline.cancel(other.parse().unwrap(), None).await.unwrap();
    assert_eq!(socket.next().await["status"], "cancelled");
}

#[tokio::test]
async fn a_list_view_is_told_at_once_and_then_of_every_change() {
    let app = App::start().await;
    let mut socket = open(&app).await;
    socket.say(r#"{"list":true}"#).await;
    let first = socket.next().await["list_changed"].as_u64().unwrap();
    app.task("value", "1").await;
    assert!(socket.next().await["list_changed"].as_u64().unwrap() > first);
    socket.say(r#"{"list":false}"#).await;
    settle(&mut socket).await;
    app.finished(&app.task("value", "1").await).await;
    assert_eq!(settle(&mut socket).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_list_view_is_told_of_progress_never_and_of_a_deletion_too() {
    let app = App::with(|setup| setup.http.list_interval = Duration::from_millis(1)).await;
    let id = app.running("p").await;
    let mut socket = open(&app).await;
    socket.say(r#"{"list":true}"#).await;
    socket.next().await;
    app.steps.tell("p", Command::Progress(0.5));
    app.until(&id, |task| task["progress"]["fraction"] == 0.5).await;
    assert_eq!(settle(&mut socket).await, Vec::<Value>::new());
    app.steps.tell("p", Command::Finish);
    app.finished(&id).await;
    socket.next().await;
    settle(&mut socket).await;
    assert_eq!(
        app.request("DELETE", &format!("/api/tasks/{id}"))
            .send()
            .await
            .status,
        204
    );
    assert!(socket.next().await["list_changed"].is_u64());
}

#[tokio::test]
async fn many_changes_of_a_list_are_told_as_few() {
    let app = App::with(|setup| {
        setup.worker = false;
        setup.http.list_interval = Duration::from_millis(300);
    })
    .await;
    let mut socket = open(&app).await;
    socket.say(r#"{"list":true}"#).await;
    socket.next().await;
    let start = tokio::time::Instant::now();
    for _ in 0..100 {
        app.leyline
            .submit(app.leyline.new_task("value").unwrap())
            .await
            .unwrap();
    }
    socket.next().await;
    assert!(
        start.elapsed() >= Duration::from_millis(200),
        "{:?}",
        start.elapsed()
    );
    assert_eq!(settle(&mut socket).await, Vec::<Value>::new());
}

#[tokio::test]
async fn a_user_is_told_only_of_what_the_user_may_see() {
    let app = App::with(|setup| {
        setup.worker = false;
        setup.http = users();
        setup.http.list_interval = Duration::from_millis(1);
    })
    .await;
    let mut alice = Socket::try_open(app.addr, "/ws", &[("x-user", "alice")])
        .await
        .unwrap();
    let mut operator = Socket::try_open(app.addr, "/ws", &[("x-user", "operator")])
        .await
        .unwrap();
    for socket in [&mut alice, &mut operator] {
        socket.say(r#"{"list":true}"#).await;
        socket.next().await;
    }
    let request = app
        .request("POST", "/api/tasks")
        .user("bob")
        .json(r#"{"kind":"value"}"#);
    let id = request.send().await.id();
    assert!(operator.next().await["list_changed"].is_u64());
    assert_eq!(settle(&mut alice).await, Vec::<Value>::new());
    watch(&mut alice, &[&id]).await;
    assert_eq!(alice.next().await, json!({ "error": "task-not-found", "id": id }));
    watch(&mut operator, &[&id]).await;
    assert_eq!(operator.next().await["id"], id);
    app.request("POST", "/api/tasks")
        .user("alice")
        .json(r#"{"kind":"value"}"#)
        .send()
        .await;
    assert!(alice.next().await["list_changed"].is_u64());
}

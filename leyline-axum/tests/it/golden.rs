//! Every message of the wire, as files. `LEYLINE_BLESS=1` writes them anew; a diff of them is a change of the protocol.

use std::path::PathBuf;

use leyline_axum::schema;
use leyline_core::env::Clock;
use leyline_core::{Env, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::app::App;
use crate::client::{Answer, NOBODY};
use crate::processors::Command;
use crate::sse::Events;
use crate::ws::Socket;

/// Stands for the task where another id stands for its worker.
const TASK: &str = "01890a5d-ac96-774b-bcce-b302099a8058";

/// A clock that stands still, so that times are the same in every run.
#[derive(Debug)]
struct Still;

impl Clock for Still {
    fn now(&self) -> Timestamp {
        "2026-01-02T03:04:05.678Z".parse().unwrap()
    }
}

async fn still() -> App {
    App::with(|setup| setup.env = Env::seeded(Still, 7)).await
}

pub(crate) fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/golden")
}

/// Compares text with the file, or writes the file.
fn check_text(name: &str, text: &str) {
    let path = folder().join(name);
    if std::env::var_os("LEYLINE_BLESS").is_some() {
        std::fs::write(&path, text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(golden == text, "{name} is\n{golden}\nand the wire says\n{text}");
}

/// Compares JSON with the file. It has to be exactly what `T` documents: what `T` does not know is lost in it and so tells.
fn check<T: DeserializeOwned + Serialize>(name: &str, json: &Value, id: &str) {
    let json: Value = serde_json::from_str(&json.to_string().replace(id, NOBODY)).unwrap();
    let documented: T =
        serde_json::from_value(json.clone()).unwrap_or_else(|error| panic!("{name}: {error} in {json}"));
    assert_eq!(
        serde_json::to_value(&documented).unwrap(),
        json,
        "{name} holds more than is documented"
    );
    check_text(name, &(serde_json::to_string_pretty(&documented).unwrap() + "\n"));
}

async fn upload(app: &App, path: &str) -> Answer {
    let request = app
        .request("POST", path)
        .header("content-disposition", "attachment; filename=\"cat.png\"");
    request.body(b"\x89PNG\r\n\x1a\n".as_slice()).send().await
}

/// Adds a member to every object but the one whose members are names of artifacts.
fn extend(json: &mut Value) {
    match json {
        Value::Object(members) => {
            members.insert("newer".to_owned(), Value::from("more"));
            let inner = members
                .iter_mut()
                .filter(|(name, member)| *name != "artifacts" || member.is_array());
            inner.for_each(|(_, member)| extend(member));
        }
        Value::Array(items) => items.iter_mut().for_each(extend),
        _ => {}
    }
}

#[track_caller]
fn check_reads_newer<T: DeserializeOwned + Serialize>(name: &str) {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    let golden: Value = serde_json::from_str(&text).unwrap();
    let mut newer = golden.clone();
    extend(&mut newer);
    assert_ne!(newer, golden);
    let read: T = serde_json::from_value(newer).unwrap_or_else(|error| panic!("{name}: {error}"));
    assert_eq!(serde_json::to_value(&read).unwrap(), golden, "{name}");
}

#[test]
fn members_that_a_client_does_not_know_are_ignored() {
    check_reads_newer::<schema::Task>("task_completed.json");
    check_reads_newer::<schema::Task>("event_failed.json");
    check_reads_newer::<schema::TaskPage>("task_page.json");
    check_reads_newer::<schema::ProblemDetails>("problem_wrong_status.json");
    check_reads_newer::<schema::ServiceStats>("stats.json");
    check_reads_newer::<schema::Health>("health.json");
}

#[tokio::test]
async fn tasks() {
    let app = still().await;
    let waiting = upload(&app, "/api/upload?kind=elsewhere").await;
    check::<schema::Task>("task_accepted.json", &waiting.json(), &waiting.id());
    let page = app.get("/api/tasks").await;
    check::<schema::TaskPage>("task_page.json", &page.json(), &waiting.id());
    let id = upload(&app, "/api/upload?kind=copy&params=%7B%22result%22%3Atrue%7D")
        .await
        .id();
    check::<schema::Task>("task_completed.json", &app.finished(&id).await, &id);
}

#[tokio::test]
async fn events() {
    let app = still().await;
    let id = app.running("e").await;
    let mut socket = Socket::open(app.addr, &format!("/ws/{id}")).await;
    let claimed = socket.next().await;
    assert_eq!(claimed["status"], "processing");
    app.steps.tell("e", Command::Report);
    check::<schema::Task>("event_processing.json", &socket.next().await, &id);
    app.steps.tell("e", Command::Fail);
    let failed = socket.until(|event| event["status"] == "failed").await;
    check::<schema::Task>("event_failed.json", &failed, &id);
    let id = upload(&app, "/api/upload?kind=copy").await.id();
    app.finished(&id).await;
    let (texts, _) = Socket::open(app.addr, &format!("/ws/{id}")).await.all().await;
    check::<schema::Task>("event_completed.json", &texts[0], &id);
}

#[tokio::test]
async fn an_event_stream() {
    let app = still().await;
    let id = app.task("value", r#"{"answer":42}"#).await;
    app.finished(&id).await;
    let mut events = Events::open(app.request("GET", &format!("/api/tasks/{id}/events"))).await;
    let text = events.block().await.unwrap().replace(&id, NOBODY);
    assert_eq!(events.block().await, None);
    check_text("event_stream.txt", &text);
}

#[tokio::test]
async fn frames_that_are_no_events() {
    let app = App::with(|setup| {
        setup.worker = false;
        setup.core.poll_interval = std::time::Duration::from_millis(30);
    })
    .await;
    let mut socket = Socket::open(app.addr, "/ws").await;
    socket.say(r#"{"list":true}"#).await;
    check::<Value>("frame_list_changed.json", &socket.next().await, NOBODY);
    socket.say(format!(r#"{{"watch":["{NOBODY}"]}}"#)).await;
    check::<Value>("frame_error.json", &socket.next().await, NOBODY);
    let id = app.task("value", "1").await;
    let mut socket = Socket::open(app.addr, &format!("/ws/{id}")).await;
    socket.next().await;
    app.vanish(&id).await;
    check::<Value>("frame_gone.json", &socket.next().await, &id);
}

#[tokio::test]
async fn what_clients_say_is_understood() {
    let app = App::start().await;
    let mut socket = Socket::open(app.addr, "/ws").await;
    for name in ["say_watch.json", "say_unwatch.json", "say_list.json"] {
        socket
            .say(std::fs::read_to_string(folder().join(name)).unwrap())
            .await;
    }
    let refused = socket.until(|text| text["error"] == "task-not-found").await;
    assert_eq!(refused["id"], NOBODY);
    assert!(socket.next().await["list_changed"].is_u64());
}

#[tokio::test]
async fn problems() {
    let app = still().await;
    let unknown = app
        .request("POST", "/api/tasks")
        .json(r#"{"kind":"nonsense"}"#)
        .send()
        .await;
    check::<schema::ProblemDetails>("problem_unknown_kind.json", &unknown.json(), NOBODY);
    let id = app.task("value", "1").await;
    app.finished(&id).await;
    let refused = app.post(&format!("/api/tasks/{id}/cancel")).await;
    check::<schema::ProblemDetails>("problem_wrong_status.json", &refused.json(), &id);
    let missing = app.get(&format!("/api/tasks/{NOBODY}")).await;
    check::<schema::ProblemDetails>("problem_task_not_found.json", &missing.json(), NOBODY);
}

#[tokio::test]
async fn counts_and_health() {
    let app = still().await;
    let id = app.task("value", "1").await;
    app.finished(&id).await;
    app.task("elsewhere", "1").await;
    let running = app.running("s").await;
    let stats = app.get("/api/stats").await.json();
    let worker = stats["workers"][0]["id"].as_str().unwrap().to_owned();
    let stats = serde_json::from_str(&stats.to_string().replace(&running, TASK)).unwrap();
    check::<schema::ServiceStats>("stats.json", &stats, &worker);
    check::<schema::Health>("health.json", &app.get("/readyz").await.json(), NOBODY);
}

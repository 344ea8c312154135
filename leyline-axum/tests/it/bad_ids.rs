//! Ids that name nothing.

use crate::app::App;
use crate::client::{NOBODY, Request};

/// Every route of one task.
pub(crate) fn routes(id: &str) -> Vec<(&'static str, String)> {
    [
        ("GET", "/api/tasks/{id}"),
        ("DELETE", "/api/tasks/{id}"),
        ("POST", "/api/tasks/{id}/cancel"),
        ("POST", "/api/tasks/{id}/requeue"),
        ("GET", "/api/tasks/{id}/input"),
        ("GET", "/api/tasks/{id}/result"),
        ("GET", "/api/tasks/{id}/artifacts/first.txt"),
        ("GET", "/api/tasks/{id}/events"),
        ("GET", "/ws/{id}"),
    ]
    .map(|(method, path)| (method, path.replace("{id}", id)))
    .into()
}

/// The request, as a WebSocket handshake where the path is one's.
pub(crate) fn request(app: &App, method: &str, path: &str) -> Request {
    let request = app.request(method, path);
    if path.starts_with("/ws") {
        request.upgrade()
    } else {
        request
    }
}

/// What everyone gets who asks for what is not there or not theirs.
pub(crate) const NOT_FOUND: &str =
    r#"{"type":"urn:leyline:problem:task-not-found","title":"There is no such task","status":404}"#;

#[tokio::test]
async fn an_unknown_or_malformed_id_gets_the_same_404_on_every_route() {
    let app = App::start().await;
    let upper = NOBODY.to_uppercase();
    let braced = format!("%7B{NOBODY}%7D");
    let simple = NOBODY.replace('-', "");
    for id in [
        NOBODY,
        &upper,
        &braced,
        &simple,
        "x",
        "..%2f..%2fetc",
        "%00",
        "%ff",
        "0",
        &"9".repeat(4000),
    ] {
        for (method, path) in routes(id) {
            let answer = request(&app, method, &path).send().await;
            assert_eq!(
                (answer.status, &*answer.body),
                (404, NOT_FOUND.as_bytes()),
                "{method} {path}"
            );
            assert_eq!(answer.header("content-type"), "application/problem+json");
        }
    }
}

#[tokio::test]
async fn an_id_in_another_writing_is_not_the_task() {
    let app = App::start().await;
    let id = app.task("value", "1").await;
    assert_eq!(app.get(&format!("/api/tasks/{id}")).await.status, 200);
    for id in [id.to_uppercase(), id.replace('-', ""), format!("urn:uuid:{id}")] {
        app.get(&format!("/api/tasks/{id}"))
            .await
            .check_problem(404, "task-not-found");
    }
}

#[tokio::test]
async fn waiting_for_what_is_not_there_gets_404_at_once() {
    let app = App::start().await;
    let request = app
        .request("GET", &format!("/api/tasks/{NOBODY}"))
        .header("prefer", "wait=60");
    request.send().await.check_problem(404, "task-not-found");
}

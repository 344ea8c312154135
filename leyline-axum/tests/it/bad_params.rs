//! Params that are malformed, too many, too deep, or not what the processor wants.

use serde_json::json;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::app::App;
use crate::client::{Answer, Form};

/// Sends the same params in every way there is, and checks that all get the same answer.
async fn check_all(params: &str, status: u16, word: &str) {
    let app = App::start().await;
    let form = Form::new()
        .field("kind", "value")
        .field("params", params)
        .file("a", "a");
    app.request("POST", "/api/upload")
        .form(form)
        .send()
        .await
        .check_problem(status, word);
    let body = format!(r#"{{"kind":"value","params":{params}}}"#);
    app.request("POST", "/api/tasks")
        .json(body)
        .send()
        .await
        .check_problem(status, word);
    // A query of that length is over the header limit.
    if params.len() < 10_000 {
        let encoded = utf8_percent_encode(params, NON_ALPHANUMERIC);
        let path = format!("/api/upload?kind=value&params={encoded}");
        app.request("POST", &path)
            .body("a")
            .send()
            .await
            .check_problem(status, word);
    }
    assert_eq!((app.task_count().await, app.uploads().await), (0, vec![]));
}

#[tokio::test]
async fn params_that_are_not_json_get_400() {
    for params in ["{", "nul", "{\"a\":}", "'a'"] {
        check_all(params, 400, "invalid-json").await;
    }
}

#[tokio::test]
async fn params_over_64_kib_get_413() {
    let text = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2));
    check_all(&text(65_537), 413, "params-too-large").await;
    let app = App::start().await;
    app.task("value", &text(65_536)).await;
}

#[tokio::test]
async fn params_nested_deeper_than_32_get_422() {
    let nested = |depth: usize| format!("{}{}", "[".repeat(depth), "]".repeat(depth));
    check_all(&nested(33), 422, "invalid-params").await;
    check_all(&nested(2000), 422, "invalid-params").await;
    let app = App::start().await;
    app.task("value", &nested(32)).await;
}

#[tokio::test]
async fn params_with_a_nul_get_422() {
    check_all(r#"{"a":"\u0000"}"#, 422, "invalid-params").await;
}

#[tokio::test]
async fn params_that_the_typed_processor_rejects_are_accepted_and_fail_the_task_with_their_json_path() {
    let app = App::start().await;
    let id = app.task("strict", r#"{"size":{"width":"wide"}}"#).await;
    let task = app.finished(&id).await;
    assert_eq!((&task["status"], &task["attempt"]), (&json!("failed"), &json!(1)));
    assert_eq!(task["failure"]["code"], "invalid-params");
    let message = task["failure"]["message"].as_str().unwrap();
    assert!(message.contains("size.width"), "{message}");
}

#[tokio::test]
async fn a_panic_fails_its_task_and_its_neighbours_finish() {
    let app = App::start().await;
    let neighbour = app.running("n").await;
    let task = app.finished(&app.task("misbehaves", "1").await).await;
    assert_eq!(
        (&task["status"], &task["failure"]["code"]),
        (&json!("failed"), &json!("panic"))
    );
    app.steps.tell("n", crate::processors::Command::Finish);
    assert_eq!(app.finished(&neighbour).await["status"], "completed");
}

#[tokio::test]
async fn code_that_never_ends_fails_its_task_past_its_timeout_and_its_neighbours_finish() {
    let app = App::start().await;
    let neighbour = app.running("n").await;
    let task = app.finished(&app.task("misbehaves", "\"forever\"").await).await;
    assert_eq!(
        (&task["status"], &task["failure"]["code"]),
        (&json!("failed"), &json!("timeout"))
    );
    app.steps.tell("n", crate::processors::Command::Finish);
    assert_eq!(app.finished(&neighbour).await["status"], "completed");
}

async fn post(body: impl Into<Vec<u8>>) -> Answer {
    let app = App::start().await;
    let answer = app.request("POST", "/api/tasks").json(body.into()).send().await;
    assert_eq!(app.task_count().await, 0);
    answer
}

#[tokio::test]
async fn a_body_that_is_no_request_is_refused() {
    post("").await.check_problem(400, "invalid-json");
    post("{").await.check_problem(400, "invalid-json");
    post(b"\xff\xfe".as_slice())
        .await
        .check_problem(400, "invalid-json");
    post("[]").await.check_problem(422, "invalid-value");
    post(r#"{"kind":7}"#).await.check_problem(422, "invalid-value");
    post(r#"{"kind":"value","parms":{}}"#)
        .await
        .check_problem(422, "invalid-value");
    post("{}").await.check_problem(422, "unknown-kind");
    post(vec![b' '; 80_000]).await.check_problem(413, "too-large");
}

#[tokio::test]
async fn a_body_that_is_not_said_to_be_json_gets_415() {
    let app = App::start().await;
    let body = r#"{"kind":"value"}"#;
    for content_type in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=b",
    ] {
        let request = app
            .request("POST", "/api/tasks")
            .header("content-type", content_type);
        request
            .body(body)
            .send()
            .await
            .check_problem(415, "unsupported-media-type");
    }
    app.request("POST", "/api/tasks")
        .body(body)
        .send()
        .await
        .check_problem(415, "unsupported-media-type");
    let request = app
        .request("POST", "/api/tasks")
        .header("content-type", "Application/JSON; charset=utf-8");
    assert_eq!(request.body(body).send().await.status, 202);
}

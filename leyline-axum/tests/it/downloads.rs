//! Inputs, results and artifacts.

use axum::http::HeaderMap;
use leyline_core::Blobs;
use object_store::ObjectStoreExt as _;
use object_store::path::Path;

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::app::App;
use crate::client::{Answer, raw};
use crate::processors::Command;

/// Uploads a file, waits for its end, and gives the task's path.
async fn done(app: &App, file: &'static [u8], params: &str) -> String {
    let encoded = utf8_percent_encode(params, NON_ALPHANUMERIC);
    let request = app.request("POST", &format!("/api/upload?kind=copy&params={encoded}"));
    let request = request.header("content-disposition", "attachment; filename=\"my cat.bin\"");
    let id = request.body(file).send().await.id();
    assert_eq!(app.finished(&id).await["status"], "completed");
    format!("/api/tasks/{id}")
}

const FILE: &[u8] = b"0123456789";

#[tokio::test]
async fn a_file_comes_with_headers_that_keep_browsers_from_running_it() {
    let app = App::start().await;
    let task = done(&app, b"<script>alert(1)</script>", "{}").await;
    let answer = app.get(&format!("{task}/input")).await;
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("x-content-type-options"), "nosniff");
    assert_eq!(
        answer.header("content-disposition"),
        "attachment; filename=\"my cat.bin\""
    );
    assert!(
        answer.header("content-security-policy").starts_with("sandbox;"),
        "{answer:?}"
    );
    assert_eq!(
        answer.header("cache-control"),
        "private, max-age=31536000, immutable"
    );
    assert_eq!(answer.header("accept-ranges"), "bytes");
    let digest = app.get(&task).await.json()["input"]["sha256"].clone();
    assert_eq!(answer.header("etag"), digest.to_string());
}

#[tokio::test]
async fn only_listed_media_types_are_shown_inline() {
    let app = App::start().await;
    for (media_type, disposition) in [
        ("image/png", "inline"),
        ("Image/PNG; q=1", "inline"),
        ("text/html", "attachment"),
        ("image/svg+xml", "attachment"),
        ("application/pdf", "attachment"),
    ] {
        let task = done(
            &app,
            FILE,
            &format!(r#"{{"result":true,"content_type":"{media_type}"}}"#),
        )
        .await;
        let answer = app.get(&format!("{task}/result")).await;
        assert_eq!(answer.header("content-type"), media_type);
        assert_eq!(
            answer.header("content-disposition").split(';').next(),
            Some(disposition),
            "{media_type}"
        );
    }
}

#[tokio::test]
async fn the_result_is_the_artifact_of_that_name_else_the_first_else_the_value() {
    let app = App::start().await;
    let named = done(&app, FILE, r#"{"result":true}"#).await;
    assert_eq!(app.get(&format!("{named}/result")).await.body, FILE);
    assert_eq!(
        app.get(&format!("{named}/artifacts/first.txt")).await.body,
        "first"
    );
    let first = done(&app, FILE, "{}").await;
    assert_eq!(app.get(&format!("{first}/result")).await.body, "first");
    let id = app.task("value", r#"{"answer":42}"#).await;
    app.finished(&id).await;
    let value = app.get(&format!("/api/tasks/{id}/result")).await;
    assert_eq!(
        (value.header("content-type"), &*value.body),
        ("application/json", &br#"{"answer":42}"#[..])
    );
    let again = app
        .request("GET", &format!("/api/tasks/{id}/result"))
        .header("if-none-match", value.header("etag"));
    assert_eq!(again.send().await.status, 304);
}

#[tokio::test]
async fn a_range_gets_206_and_one_outside_416() {
    let app = App::start().await;
    let path = done(&app, FILE, "{}").await + "/input";
    let get = async |range: &str| app.request("GET", &path).header("range", range).send().await;
    let check = |answer: Answer, body: &str, range: &str| {
        assert_eq!((answer.status, &*answer.body), (206, body.as_bytes()));
        assert_eq!(answer.header("content-range"), range);
        assert_eq!(answer.header("content-length"), body.len().to_string());
    };
    check(get("bytes=2-4").await, "234", "bytes 2-4/10");
    check(get("bytes=7-").await, "789", "bytes 7-9/10");
    check(get("bytes=-2").await, "89", "bytes 8-9/10");
    check(get("bytes=0-100").await, "0123456789", "bytes 0-9/10");
    let outside = get("bytes=10-").await;
    outside.check_problem(416, "range-not-satisfiable");
    assert_eq!(outside.header("content-range"), "bytes */10");
    for whole in ["bytes=0-1,3-4", "lines=1-2", "bytes=4-2"] {
        assert_eq!(
            (get(whole).await.status, get(whole).await.body.len()),
            (200, 10),
            "{whole}"
        );
    }
}

#[tokio::test]
async fn a_range_is_given_only_of_the_file_that_the_client_has_the_beginning_of() {
    let app = App::start().await;
    let path = done(&app, FILE, "{}").await + "/input";
    let tag = app.get(&path).await.header("etag").to_owned();
    for (if_range, status) in [
        (tag.as_str(), 206),
        ("\"other\"", 200),
        ("Sat, 29 Oct 1994 19:43:31 GMT", 200),
    ] {
        let request = app
            .request("GET", &path)
            .header("range", "bytes=5-")
            .header("if-range", if_range);
        assert_eq!(request.send().await.status, status, "{if_range}");
    }
}

#[tokio::test]
async fn whoever_has_the_file_gets_304() {
    let app = App::start().await;
    let path = done(&app, FILE, "{}").await + "/input";
    let tag = app.get(&path).await.header("etag").to_owned();
    let answer = app
        .request("GET", &path)
        .header("if-none-match", &format!("\"x\", W/{tag}"))
        .send()
        .await;
    assert_eq!(
        (answer.status, answer.body.len(), answer.header("etag")),
        (304, 0, tag.as_str())
    );
}

#[tokio::test]
async fn head_says_what_get_would_say_and_sends_nothing() {
    let app = App::start().await;
    let task = done(&app, FILE, "{}").await;
    let value = app.task("value", "[1,2,3]").await;
    app.finished(&value).await;
    let paths = [
        format!("{task}/input"),
        format!("{task}/result"),
        format!("{task}/artifacts/first.txt"),
        format!("/api/tasks/{value}/result"),
        task,
        "/api/tasks".to_owned(),
        "/api/openapi.json".to_owned(),
        "/healthz".to_owned(),
        "/readyz".to_owned(),
    ];
    let told = |headers: &HeaderMap| {
        let names = [
            "content-length",
            "content-type",
            "etag",
            "cache-control",
            "content-disposition",
        ];
        names.map(|name| headers.get(name).cloned())
    };
    for path in paths {
        let get = app.get(&path).await;
        let head = app
            .request("HEAD", &path)
            .header("range", "bytes=1-2")
            .send()
            .await;
        assert_eq!((head.status, head.body.len()), (200, 0), "{path}");
        assert_eq!(told(&head.headers), told(&get.headers), "{path}");
    }
}

#[tokio::test]
async fn the_result_of_an_unfinished_or_failed_task_gets_409_with_the_task() {
    let app = App::start().await;
    let id = app.running("r").await;
    for path in ["result", "artifacts/first.txt"] {
        let answer = app.get(&format!("/api/tasks/{id}/{path}")).await;
        answer.check_problem(409, "no-result");
        assert_eq!(answer.json()["task"]["status"], "processing");
        assert_eq!(answer.json()["task"]["id"], id);
    }
    app.steps.tell("r", Command::Fail);
    app.finished(&id).await;
    let answer = app.get(&format!("/api/tasks/{id}/result")).await;
    answer.check_problem(409, "no-result");
    assert_eq!(answer.json()["task"]["failure"]["code"], "told-to");
}

#[tokio::test]
async fn what_a_task_does_not_have_gets_404() {
    let app = App::start().await;
    let id = app.task("value", "1").await;
    app.finished(&id).await;
    app.get(&format!("/api/tasks/{id}/input"))
        .await
        .check_problem(404, "file-not-found");
    let task = done(&app, FILE, "{}").await;
    for name in ["second.txt", "..%2finput", "first.txt%00"] {
        app.get(&format!("{task}/artifacts/{name}"))
            .await
            .check_problem(404, "file-not-found");
    }
}

#[tokio::test]
async fn the_result_of_a_deleted_task_gets_404_and_its_files_are_gone() {
    let app = App::start().await;
    let task = done(&app, FILE, r#"{"result":true}"#).await;
    assert_eq!(app.request("DELETE", &task).send().await.status, 204);
    for path in ["input", "result", "artifacts/first.txt"] {
        app.get(&format!("{task}/{path}"))
            .await
            .check_problem(404, "task-not-found");
    }
    assert_eq!(app.uploads().await, Vec::<String>::new());
}

async fn overwrite(blobs: &Blobs, key: &str, bytes: &'static [u8]) {
    blobs
        .object_store()
        .put(&Path::from(key), bytes.into())
        .await
        .unwrap();
}

#[tokio::test]
async fn a_damaged_file_is_never_given_whole() {
    let app = App::start().await;
    let task = done(&app, FILE, "{}").await;
    let key = app
        .stored(task.rsplit('/').next().unwrap())
        .await
        .input
        .unwrap()
        .key;
    let path = format!("{task}/input");
    for damaged in [&b"0123456x89"[..], b"01234"] {
        overwrite(app.leyline.blobs().unwrap(), &key, damaged).await;
        // The connection is cut before the last bytes, which for a small file is before the head.
        let request = format!("GET {path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let answer = raw(app.addr, request).await;
        assert!(
            !answer.ends_with(std::str::from_utf8(damaged).unwrap()),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn a_large_file_that_is_damaged_is_cut_before_its_last_bytes() {
    let app = App::start().await;
    let file: &'static [u8] = vec![7; 1_000_000].leak();
    let task = done(&app, file, "{}").await;
    let key = app
        .stored(task.rsplit('/').next().unwrap())
        .await
        .input
        .unwrap()
        .key;
    let mut damaged = file.to_vec();
    damaged[0] = 8;
    overwrite(app.leyline.blobs().unwrap(), &key, damaged.leak()).await;
    let ranged = app
        .request("GET", &format!("{task}/input"))
        .header("range", "bytes=1-3")
        .send()
        .await;
    assert_eq!(
        (ranged.status, &*ranged.body),
        (206, &[7; 3][..]),
        "a part can't be verified"
    );
    let request = format!("GET {task}/input HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
    assert!(raw(app.addr, request).await.len() < 1_000_000);
}

#[tokio::test]
async fn a_file_that_is_missing_though_its_task_is_there_gets_404() {
    let app = App::start().await;
    let task = done(&app, FILE, "{}").await;
    let key = app
        .stored(task.rsplit('/').next().unwrap())
        .await
        .input
        .unwrap()
        .key;
    app.leyline
        .blobs()
        .unwrap()
        .object_store()
        .delete(&Path::from(key.as_str()))
        .await
        .unwrap();
    app.get(&format!("{task}/input"))
        .await
        .check_problem(404, "file-not-found");
}

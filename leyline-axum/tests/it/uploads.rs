//! `POST /api/upload` as it should go.

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;

use crate::app::App;
use crate::client::Form;

const PNG: &[u8] = b"\x89PNG\r\n\x1a\n rest of a picture";

#[tokio::test]
async fn a_form_becomes_a_durable_task_and_its_result_is_byte_identical() {
    let app = App::start().await;
    let file: Vec<u8> = (0..3_000_000u32).flat_map(u32::to_le_bytes).collect();
    let form = Form::new()
        .field("kind", "copy")
        .field("params", r#"{"result":true}"#)
        .file("numbers.bin", &file);
    let answer = app.request("POST", "/api/upload").form(form).send().await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let id = answer.id();
    assert_eq!(answer.header("location"), format!("/api/tasks/{id}"));
    assert_eq!(answer.header("etag"), "\"1.0\"");
    assert_eq!(answer.json()["input"]["name"], "numbers.bin");
    assert_eq!(answer.json()["input"]["size"], file.len());
    assert_eq!(app.finished(&id).await["status"], "completed");
    for path in ["input", "result"] {
        let answer = app.get(&format!("/api/tasks/{id}/{path}")).await;
        assert!(
            answer.status == 200 && answer.body == file,
            "{path}: {}",
            answer.status
        );
    }
}

#[tokio::test]
async fn a_raw_body_is_the_file_and_the_rest_is_in_the_query_and_the_headers() {
    let app = App::start().await;
    let request = app.request("POST", "/api/upload?kind=copy&params=%7B%22result%22%3Atrue%7D");
    let request = request.header("content-type", "text/csv").body("a,b\n");
    let request = request.header(
        "content-disposition",
        "attachment; filename*=UTF-8''na%C3%AFve.csv",
    );
    let answer = request.send().await;
    assert_eq!(answer.status, 202, "{answer:?}");
    let input = &answer.json()["input"];
    assert_eq!(
        (&input["name"], &input["content_type"]),
        (&"naïve.csv".into(), &"text/csv".into())
    );
    app.finished(&answer.id()).await;
    assert_eq!(
        app.get(&format!("/api/tasks/{}/result", answer.id())).await.body,
        "a,b\n"
    );
}

#[tokio::test]
async fn a_body_of_unknown_length_is_taken() {
    let app = App::start().await;
    let chunks = (0..100).map(|n| Ok::<_, std::io::Error>(Bytes::from(vec![n; 10_000])));
    let body = Body::from_stream(stream::iter(chunks));
    let answer = app
        .request("POST", "/api/upload?kind=copy")
        .body(body)
        .send()
        .await;
    assert_eq!(
        (answer.status, &answer.json()["input"]["size"]),
        (202, &1_000_000.into())
    );
}

#[tokio::test]
async fn the_first_bytes_count_for_more_than_the_declared_media_type() {
    let app = App::start().await;
    let request = app
        .request("POST", "/api/upload?kind=copy")
        .header("content-type", "text/html");
    let answer = request.body(PNG).send().await;
    assert_eq!(answer.json()["input"]["content_type"], "image/png");
}

#[tokio::test]
async fn the_kind_may_follow_from_the_media_type() {
    let app = App::with(|setup| {
        let kinds = [("image/*", "copy"), ("*/*", "value")];
        setup.http.default_kinds = kinds
            .map(|(range, kind)| (range.parse().unwrap(), kind.to_owned()))
            .into();
    })
    .await;
    for (file, kind) in [(PNG, "copy"), (b"text", "value"), (b"", "value")] {
        let raw = app.request("POST", "/api/upload").body(file).send().await;
        assert_eq!(raw.json()["kind"], kind, "{raw:?}");
        let form = app
            .request("POST", "/api/upload")
            .form(Form::new().file("a", file))
            .send()
            .await;
        assert_eq!(form.json()["kind"], kind, "{form:?}");
        assert_eq!(form.json()["input"]["size"], file.len());
    }
    let asked = app
        .request("POST", "/api/upload?kind=step")
        .body(PNG)
        .send()
        .await;
    assert_eq!(asked.json()["kind"], "step");
}

#[tokio::test]
async fn fields_that_nobody_asked_for_are_passed_over() {
    let app = App::start().await;
    let form = Form::new()
        .field("csrf", "x")
        .field("kind", "copy")
        .field("params", "")
        .file("a.txt", "a");
    let answer = app.request("POST", "/api/upload").form(form).send().await;
    assert_eq!(answer.status, 202, "{answer:?}");
    assert_eq!(app.stored(&answer.id()).await.params.as_str(), "{}");
}

#[tokio::test]
async fn an_empty_file_is_accepted_by_default() {
    let app = App::start().await;
    for answer in [
        app.post("/api/upload?kind=copy").await,
        app.request("POST", "/api/upload")
            .form(Form::new().field("kind", "copy").file("e", ""))
            .send()
            .await,
    ] {
        assert_eq!(
            (answer.status, &answer.json()["input"]["size"]),
            (202, &0.into()),
            "{answer:?}"
        );
        assert_eq!(app.finished(&answer.id()).await["status"], "completed");
        let input = app.get(&format!("/api/tasks/{}/input", answer.id())).await;
        assert_eq!(
            (input.status, input.body.len(), input.header("content-length")),
            (200, 0, "0")
        );
    }
}

#[tokio::test]
async fn the_same_key_and_request_get_the_first_answer_again_and_one_file() {
    let app = App::with(|setup| setup.worker = false).await;
    let send = async |key: &'static str, file: &'static str, kind: &str| {
        let request = app.request("POST", &format!("/api/upload?kind={kind}"));
        request.header("idempotency-key", key).body(file).send().await
    };
    let first = send("\"k1\"", "file", "copy").await;
    let again = send("k1", "file", "copy").await;
    assert_eq!((first.status, again.status), (202, 202));
    assert_eq!(
        (first.json(), first.header("location")),
        (again.json(), again.header("location"))
    );
    assert_eq!(app.uploads().await.len(), 1);
    send("k1", "other file", "copy")
        .await
        .check_problem(422, "idempotency-conflict");
    send("k1", "file", "value")
        .await
        .check_problem(422, "idempotency-conflict");
    assert_eq!(app.uploads().await.len(), 1);
    assert_eq!(send("k2", "file", "copy").await.status, 202);
    assert_eq!(app.task_count().await, 2);
}

#[tokio::test]
async fn a_key_makes_tasks_without_a_file_safe_to_send_again_too() {
    let app = App::with(|setup| setup.worker = false).await;
    let send = async |body: &'static str| {
        app.request("POST", "/api/tasks")
            .header("idempotency-key", "k")
            .json(body)
            .send()
            .await
    };
    let first = send(r#"{"kind":"value","params":1}"#).await;
    assert_eq!(
        (first.status, send(r#"{"kind":"value","params":1}"#).await.id()),
        (202, first.id())
    );
    send(r#"{"kind":"value","params":2}"#)
        .await
        .check_problem(422, "idempotency-conflict");
    assert_eq!(app.task_count().await, 1);
}

#[tokio::test]
async fn the_trace_of_the_request_stays_with_the_task() {
    let app = App::with(|setup| setup.worker = false).await;
    let parent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    for (sent, kept) in [(parent, Some(parent)), ("garbage", None)] {
        let request = app
            .request("POST", "/api/upload?kind=copy")
            .header("traceparent", sent);
        let id = request.body("x").send().await.id();
        assert_eq!(app.stored(&id).await.trace_context.as_deref(), kept);
    }
}

#[tokio::test]
async fn one_connection_carries_upload_after_upload() {
    let app = App::with(|setup| setup.worker = false).await;
    let one = "POST /api/upload?kind=copy HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc";
    let last = "GET /healthz HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";
    let answer = crate::client::raw(app.addr, [one, one, last].concat()).await;
    assert_eq!(answer.matches("HTTP/1.1 202 ").count(), 2, "{answer}");
    assert_eq!(app.task_count().await, 2);
}

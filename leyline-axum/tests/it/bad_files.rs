//! Files that are too large, empty, oddly named, or for nobody.

use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use futures_util::stream;
use leyline_axum::EmptyFile;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::app::App;
use crate::client::{Form, raw};

async fn small() -> App {
    App::with(|setup| setup.http.max_upload = 1000).await
}

async fn check_nothing_is_left(app: &App) {
    assert_eq!((app.task_count().await, app.uploads().await), (0, vec![]));
}

#[tokio::test]
async fn a_declared_body_over_the_limit_gets_413_before_it_is_read() {
    let app = small().await;
    for (content_type, length) in [
        ("application/octet-stream", 1001),
        ("multipart/form-data; boundary=XX", 2 << 20),
    ] {
        let head = format!(
            "POST /api/upload?kind=copy HTTP/1.1\r\nHost: a\r\nContent-Type: {content_type}\r\nContent-Length: \
             {length}\r\nExpect: 100-continue\r\n\r\n"
        );
        let answer = raw(app.addr, head).await;
        assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
        assert!(answer.contains("connection: close\r\n"), "{answer}");
        assert!(answer.contains("urn:leyline:problem:too-large"), "{answer}");
    }
    check_nothing_is_left(&app).await;
}

#[tokio::test]
async fn a_file_at_the_limit_is_taken_and_one_byte_more_gets_413() {
    let app = small().await;
    for form in [false, true] {
        let send = async |length: usize| {
            let file = vec![0; length];
            let request = app.request("POST", "/api/upload?kind=copy");
            let request = if form {
                request.form(Form::new().field("kind", "copy").file("a", file))
            } else {
                request.body(file)
            };
            request.send().await
        };
        assert_eq!(send(1000).await.status, 202);
        send(1001).await.check_problem(413, "too-large");
    }
    assert_eq!(app.uploads().await.len(), 2);
}

#[tokio::test]
async fn an_undeclared_body_over_the_limit_gets_413_that_a_client_sees_who_sends_it_to_its_end() {
    let app = small().await;
    let chunks = (0..90).map(|_| Ok::<_, std::io::Error>(Bytes::from_static(&[0; 10_000])));
    let body = Body::from_stream(stream::iter(chunks));
    let answer = app
        .request("POST", "/api/upload?kind=copy")
        .body(body)
        .send()
        .await;
    answer.check_problem(413, "too-large");
    check_nothing_is_left(&app).await;
}

#[tokio::test]
async fn an_endless_body_gets_413_and_is_not_read_for_ever() {
    let app = App::with(|setup| {
        setup.http.max_upload = 1000;
        setup.serve.linger = Duration::from_millis(100);
    })
    .await;
    let mut stream = TcpStream::connect(app.addr).await.unwrap();
    let head = "POST /api/upload?kind=copy HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let (mut reader, mut writer) = stream.into_split();
    let sender = tokio::spawn(async move {
        let chunk = [b"10000\r\n".as_slice(), &vec![b'x'; 0x10000], b"\r\n"].concat();
        while writer.write_all(&chunk).await.is_ok() {}
    });
    let mut answer = Vec::new();
    // The sender never stops, so the end may be a reset; the answer comes before it.
    let _ = reader.read_to_end(&mut answer).await;
    let answer = String::from_utf8_lossy(&answer);
    assert!(
        answer.starts_with("HTTP/1.1 413 ") && answer.contains("connection: close\r\n"),
        "{answer}"
    );
    sender.await.unwrap();
    check_nothing_is_left(&app).await;
}

#[tokio::test]
async fn an_empty_file_is_refused_with_422_where_the_option_says_so() {
    let app = App::with(|setup| setup.http.empty_file = EmptyFile::Refuse).await;
    app.post("/api/upload?kind=copy")
        .await
        .check_problem(422, "empty-file");
    let form = Form::new().field("kind", "copy").file("e", "");
    app.request("POST", "/api/upload")
        .form(form)
        .send()
        .await
        .check_problem(422, "empty-file");
    check_nothing_is_left(&app).await;
    assert_eq!(
        app.request("POST", "/api/upload?kind=copy")
            .body("x")
            .send()
            .await
            .status,
        202
    );
}

#[tokio::test]
async fn an_unknown_kind_gets_422_that_names_the_known_ones() {
    let app = App::start().await;
    let long = format!("/api/upload?kind={}", "k".repeat(1000));
    for path in [
        "/api/upload?kind=nonsense",
        "/api/upload?kind=No%20Kind%00",
        "/api/upload",
        &long,
    ] {
        let answer = app.request("POST", path).body("x").send().await;
        answer.check_problem(422, "unknown-kind");
        let known = answer.json()["known"].clone();
        assert_eq!(
            known,
            serde_json::json!(["copy", "elsewhere", "misbehaves", "step", "strict", "value"])
        );
    }
    let form = Form::new().field("kind", "nonsense").file("a", "a");
    app.request("POST", "/api/upload")
        .form(form)
        .send()
        .await
        .check_problem(422, "unknown-kind");
    let task = app
        .request("POST", "/api/tasks")
        .json(r#"{"kind":"nonsense"}"#)
        .send()
        .await;
    task.check_problem(422, "unknown-kind");
    check_nothing_is_left(&app).await;
}

#[tokio::test]
async fn a_file_name_is_kept_only_as_a_cleaned_label() {
    let app = App::with(|setup| setup.worker = false).await;
    let long = "é".repeat(2048) + ".jpeg";
    let cut = "é".repeat(125) + ".jpeg";
    for (name, label) in [
        ("../../etc/passwd", "passwd"),
        (r"C:\fakepath\cat.jpg", "cat.jpg"),
        ("a\0b\x01c\x7f.txt", "abc.txt"),
        ("..", "file"),
        ("gpj\u{202e}.exe", "gpj.exe"),
        (&long, &cut),
    ] {
        let form = Form::new().field("kind", "copy").file(name, "x");
        let answer = app.request("POST", "/api/upload").form(form).send().await;
        assert_eq!(
            (answer.status, &answer.json()["input"]["name"]),
            (202, &label.into()),
            "{name}"
        );
        let key = app.stored(&answer.id()).await.input.unwrap().key;
        assert!(key.starts_with(&format!("uploads/{}/", answer.id())), "{key}");
        let rest = key.rsplit('/').next().unwrap();
        assert!(rest.bytes().all(|b| b.is_ascii_hexdigit()), "{key}");
        let input = app.get(&format!("/api/tasks/{}/input", answer.id())).await;
        assert!(
            input
                .header("content-disposition")
                .starts_with("attachment; filename=\""),
            "{input:?}"
        );
    }
}

#[tokio::test]
async fn a_key_that_is_none_gets_400() {
    let app = App::start().await;
    for key in ["", "\"open", &"k".repeat(256)] {
        let request = app
            .request("POST", "/api/upload?kind=copy")
            .header("idempotency-key", key);
        request
            .body("x")
            .send()
            .await
            .check_problem(400, "invalid-header");
    }
    check_nothing_is_left(&app).await;
}

#[tokio::test]
async fn a_service_without_a_blob_store_takes_no_files() {
    let app = App::with(|setup| setup.no_blobs = true).await;
    app.request("POST", "/api/upload?kind=copy")
        .body("x")
        .send()
        .await
        .check_problem(501, "no-files");
    assert_eq!(
        app.finished(&app.task("value", "1").await).await["status"],
        "completed"
    );
}

//! What is refused before its body.

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

use crate::app::App;
use crate::client::{raw, until_closed};

const HEAD: &str = "POST /api/upload?kind=copy HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nConnection: close\r\n\
    Expect: 100-continue\r\n\r\n";

/// Begins an upload and waits until its body is asked for.
async fn begin(app: &App) -> TcpStream {
    let mut stream = TcpStream::connect(app.addr).await.unwrap();
    stream.write_all(HEAD.as_bytes()).await.unwrap();
    let mut go_on = [0; 25];
    stream.read_exact(&mut go_on).await.unwrap();
    assert_eq!(&go_on, b"HTTP/1.1 100 Continue\r\n\r\n");
    stream
}

#[tokio::test]
async fn too_many_uploads_at_once_get_429_with_retry_after_before_the_body() {
    let app = App::with(|setup| setup.http.max_concurrent_uploads = 2).await;
    let mut first = begin(&app).await;
    let second = begin(&app).await;
    let refused = raw(app.addr, HEAD).await;
    assert!(refused.starts_with("HTTP/1.1 429 "), "{refused}");
    assert!(refused.contains("retry-after: 1\r\n"), "{refused}");
    assert!(
        refused.contains("urn:leyline:problem:too-many-uploads"),
        "{refused}"
    );
    assert_eq!(app.get("/api/tasks").await.status, 200, "other requests go on");
    first.write_all(b"file").await.unwrap();
    assert!(until_closed(&mut first).await.starts_with("HTTP/1.1 202 "));
    let third = begin(&app).await;
    drop((second, third));
    assert_eq!(app.task_count().await, 1);
}

#[tokio::test]
async fn too_many_pending_tasks_get_503_with_retry_after_before_the_body() {
    let app = App::with(|setup| {
        setup.worker = false;
        setup.core.max_pending = 3;
    })
    .await;
    for _ in 0..3 {
        app.leyline
            .submit(app.leyline.new_task("value").unwrap())
            .await
            .unwrap();
    }
    let refused = raw(app.addr, HEAD).await;
    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert!(refused.contains("retry-after: 5\r\n"), "{refused}");
    assert!(
        refused.contains("urn:leyline:problem:too-many-pending"),
        "{refused}"
    );
    let task = app
        .request("POST", "/api/tasks")
        .json(r#"{"kind":"value"}"#)
        .send()
        .await;
    task.check_problem(503, "too-many-pending");
    assert_eq!(app.task_count().await, 3);
}

const GET: &str = "GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";

/// A request and its answer, on a connection that stays.
async fn round_trip(stream: &mut TcpStream) {
    stream.write_all(GET.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    while !answer.ends_with(br#"{"status":"ok"}"#) {
        assert_ne!(stream.read_buf(&mut answer).await.unwrap(), 0);
    }
}

#[tokio::test]
async fn connections_over_the_limit_wait_for_a_place() {
    let app = App::with(|setup| setup.serve.max_connections = 1).await;
    let mut held = TcpStream::connect(app.addr).await.unwrap();
    round_trip(&mut held).await;
    let mut waiting = TcpStream::connect(app.addr).await.unwrap();
    waiting.write_all(GET.as_bytes()).await.unwrap();
    // So often would the other have been answered too, were there a place for it.
    for _ in 0..20 {
        round_trip(&mut held).await;
    }
    let unanswered = waiting.try_read(&mut [0]).unwrap_err();
    assert_eq!(unanswered.kind(), std::io::ErrorKind::WouldBlock);
    drop(held);
    let mut status = [0; 13];
    waiting.read_exact(&mut status).await.unwrap();
    assert_eq!(&status, b"HTTP/1.1 200 ");
}

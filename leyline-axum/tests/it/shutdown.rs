//! The orderly end of the server.

use std::time::Duration;

use axum::Extension;
use leyline_axum::Shutdown;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::{Instant, timeout};
use tokio_util::sync::CancellationToken;

use crate::app::App;
use crate::client::until_closed;
use crate::sse::Events;
use crate::ws::Socket;

async fn end(app: App) {
    let server = app.into_server();
    timeout(Duration::from_secs(20), server)
        .await
        .expect("the server ends")
        .unwrap()
        .unwrap();
}

#[tokio::test]
async fn sockets_close_with_1001_spread_over_a_time() {
    let spread = Duration::from_millis(800);
    let app = App::with(|setup| setup.serve.close_spread = spread).await;
    let id = app.running("s").await;
    let mut sockets = Vec::new();
    for n in 0..30 {
        let path = if n % 2 == 0 {
            format!("/ws/{id}")
        } else {
            "/ws".to_owned()
        };
        let socket = Socket::open(app.addr, &path).await;
        sockets.push(tokio::spawn(async move {
            let (_, code) = socket.all().await;
            (code, Instant::now())
        }));
    }
    app.shutdown.cancel();
    let mut times = Vec::new();
    for socket in sockets {
        let (code, at) = socket.await.unwrap();
        assert_eq!(code, 1001);
        times.push(at);
    }
    let (first, last) = (times.iter().min().unwrap(), times.iter().max().unwrap());
    // Thirty draws are all within a quarter of the range once in 10^16 runs.
    assert!(
        last.duration_since(*first) > spread / 4,
        "{:?}",
        last.duration_since(*first)
    );
    end(app).await;
}

#[tokio::test]
async fn event_streams_and_waits_end_too() {
    let app = App::with(|setup| setup.serve.close_spread = Duration::from_millis(10)).await;
    let id = app.running("e").await;
    let mut events = Events::open(app.request("GET", &format!("/api/tasks/{id}/events"))).await;
    events.next().await.unwrap();
    let waiting = app
        .request("GET", &format!("/api/tasks/{id}"))
        .header("prefer", "wait=60");
    let waiting = waiting.dispatch().await;
    // Connections are accepted in order: when this one is answered, the wait has begun.
    assert_eq!(app.get("/healthz").await.status, 200);
    app.shutdown.cancel();
    assert_eq!(events.next().await, None);
    assert_eq!(waiting.await.unwrap().status(), 200);
    end(app).await;
}

#[tokio::test]
async fn an_upload_that_runs_is_finished_and_nothing_new_is_accepted() {
    let app = App::start().await;
    let mut stream = TcpStream::connect(app.addr).await.unwrap();
    let mut idle = TcpStream::connect(app.addr).await.unwrap();
    let head =
        "POST /api/upload?kind=copy HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\nExpect: 100-continue\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    stream.read_exact(&mut [0; 25]).await.unwrap();
    stream.write_all(b"half").await.unwrap();
    app.shutdown.cancel();
    assert_eq!(
        until_closed(&mut idle).await,
        "",
        "a connection on which nothing is asked is closed"
    );
    drop(idle);
    while TcpStream::connect(app.addr).await.is_ok() {
        tokio::task::yield_now().await;
    }
    stream.write_all(b"half").await.unwrap();
    let answer = until_closed(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    drop(stream);
    let leyline = app.leyline.clone();
    end(app).await;
    assert_eq!(
        leyline
            .list(&leyline_core::store::ListQuery::new())
            .await
            .unwrap()
            .tasks
            .len(),
        1
    );
}

#[tokio::test]
async fn whoever_has_just_connected_is_answered_once_and_whoever_idles_is_closed_at_once() {
    let app = App::start().await;
    let request = b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n";
    let mut idle = TcpStream::connect(app.addr).await.unwrap();
    idle.write_all(request).await.unwrap();
    assert_ne!(idle.read(&mut [0; 1024]).await.unwrap(), 0);
    let mut fresh = TcpStream::connect(app.addr).await.unwrap();
    // Connections are accepted in order: when this one is answered, the one before is known.
    assert_eq!(app.get("/healthz").await.status, 200);
    let mut queued = Vec::new();
    for _ in 0..20 {
        queued.push(TcpStream::connect(app.addr).await.unwrap());
    }
    let began = Instant::now();
    app.shutdown.cancel();
    assert_eq!(until_closed(&mut idle).await, "");
    assert!(
        began.elapsed() < Duration::from_millis(500),
        "{:?}",
        began.elapsed()
    );
    for stream in queued.iter_mut().chain([&mut fresh]) {
        stream.write_all(request).await.unwrap();
        let answer = until_closed(stream).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer:?}");
        assert!(answer.contains("connection: close"), "{answer:?}");
    }
    drop((idle, fresh, queued));
    end(app).await;
}

#[tokio::test]
async fn a_handshake_while_the_server_ends_is_told_to_come_again() {
    let app = App::start().await;
    let id = app.running("late").await;
    let mut late = TcpStream::connect(app.addr).await.unwrap();
    assert_eq!(app.get("/healthz").await.status, 200);
    app.shutdown.cancel();
    let handshake = format!(
        "GET /ws/{id} HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    late.write_all(handshake.as_bytes()).await.unwrap();
    let answer = until_closed(&mut late).await;
    assert!(answer.starts_with("HTTP/1.1 503 "), "{answer}");
    assert!(answer.contains("\r\nretry-after: 1\r\n"), "{answer}");
    assert!(answer.contains("urn:leyline:problem:unavailable"), "{answer}");
    drop(late);
    end(app).await;
}

#[tokio::test]
async fn what_does_not_end_in_time_is_cut() {
    let app = App::with(|setup| {
        setup.serve.drain_timeout = Duration::from_millis(100);
        setup.serve.close_spread = Duration::from_hours(1);
    })
    .await;
    let id = app.running("cut").await;
    let mut socket = Socket::open(app.addr, &format!("/ws/{id}")).await;
    socket.next().await;
    let mut upload = TcpStream::connect(app.addr).await.unwrap();
    let head =
        "POST /api/upload?kind=copy HTTP/1.1\r\nHost: a\r\nContent-Length: 8\r\nExpect: 100-continue\r\n\r\n";
    upload.write_all(head.as_bytes()).await.unwrap();
    upload.read_exact(&mut [0; 25]).await.unwrap();
    app.shutdown.cancel();
    let leyline = app.leyline.clone();
    end(app).await;
    assert_eq!(upload.read(&mut [0]).await.unwrap_or(0), 0);
    assert_eq!(
        leyline
            .list(&leyline_core::store::ListQuery::new())
            .await
            .unwrap()
            .tasks
            .len(),
        1
    );
}

#[tokio::test]
async fn sockets_under_another_server_learn_of_its_shutdown_too() {
    let app = App::start().await;
    let id = app.running("other").await;
    let token = CancellationToken::new();
    let shutdown = Shutdown::new(token.clone(), Duration::from_millis(10));
    let router = leyline_axum::router(app.leyline.clone()).layer(Extension(shutdown.clone()));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let addr = listener.local_addr().unwrap();
    let stop = token.clone().cancelled_owned();
    let server = tokio::spawn(
        axum::serve(listener, router)
            .with_graceful_shutdown(stop)
            .into_future(),
    );
    let one = Socket::open(addr, &format!("/ws/{id}")).await;
    let many = Socket::open(addr, "/ws").await;
    token.cancel();
    assert_eq!((one.all().await.1, many.all().await.1), (1001, 1001));
    server.await.unwrap().unwrap();
    shutdown.sockets_closed().await;
}

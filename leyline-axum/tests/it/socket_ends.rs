//! How WebSockets begin, stay alive, and end, on both routes.

use std::time::Duration;

use async_trait::async_trait;
use axum::http::request::Parts;
use futures_util::{SinkExt as _, StreamExt as _};
use leyline_axum::{Action, Authorizer, Denied, HttpOptions, Principal, Subject};
use leyline_core::Timestamp;
use tokio::io::AsyncWriteExt as _;
use tokio_tungstenite::tungstenite::{Bytes, Message};

use crate::app::{App, Setup};
use crate::ws::Socket;

/// A service with a task that stays as it is, and the paths of both routes.
async fn idle(change: impl FnOnce(&mut Setup)) -> (App, [String; 2]) {
    let app = App::with(change).await;
    let id = app.task("elsewhere", "1").await;
    (app, [format!("/ws/{id}"), "/ws".to_owned()])
}

#[tokio::test]
async fn a_plain_get_gets_426() {
    let (app, paths) = idle(|_| {}).await;
    for path in paths {
        let answer = app.get(&path).await;
        answer.check_problem(426, "upgrade-required");
        assert_eq!(
            (answer.header("upgrade"), answer.header("connection")),
            ("websocket", "upgrade")
        );
        let old = app
            .request("GET", &path)
            .header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "7")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==");
        old.send().await.check_problem(426, "upgrade-required");
    }
}

/// The code that a socket closes with after this message; snapshots before it are passed over.
async fn closes(app: &App, path: &str, message: Message) -> u16 {
    let mut socket = Socket::open(app.addr, path).await;
    socket.0.send(message).await.unwrap();
    socket.all().await.1
}

#[tokio::test]
async fn a_message_that_is_too_long_closes_with_1009() {
    let (app, [one, many]) = idle(|_| {}).await;
    for (path, limit) in [(one, 4 * 1024), (many, 16 * 1024)] {
        assert_eq!(
            closes(&app, &path, Message::text("x".repeat(limit))).await,
            1003,
            "{path}"
        );
        assert_eq!(
            closes(&app, &path, Message::text("x".repeat(limit + 1))).await,
            1009,
            "{path}"
        );
        assert_eq!(
            closes(&app, &path, Message::binary(vec![0; limit + 1])).await,
            1009,
            "{path}"
        );
        assert_eq!(
            closes(&app, &path, Message::text("x".repeat(60_000))).await,
            1009,
            "{path}"
        );
    }
}

/// More than this side reads of it: the rest must not turn the close frame into a reset.
#[tokio::test]
async fn a_client_that_sends_a_huge_message_still_sees_why_it_is_closed() {
    let (app, paths) = idle(|_| {}).await;
    for path in paths {
        let mut socket = Socket::open(app.addr, &path).await;
        let sent = socket.0.send(Message::text("x".repeat(4 << 20))).await;
        assert!(sent.is_ok(), "{path}: {sent:?}");
        assert_eq!(socket.all().await.1, 1009, "{path}");
    }
}

#[tokio::test]
async fn a_message_that_is_not_understood_closes_with_1003() {
    let (app, [one, many]) = idle(|_| {}).await;
    for (path, text) in [
        (&one, "{}"),
        (&one, "hello"),
        (&many, "hello"),
        (&many, "{}"),
        (&many, r#"{"watch":"x"}"#),
    ] {
        assert_eq!(
            closes(&app, path, Message::text(text)).await,
            1003,
            "{path} {text}"
        );
    }
    for path in [one, many] {
        assert_eq!(
            closes(&app, &path, Message::binary(vec![1])).await,
            1003,
            "{path}"
        );
    }
}

/// The code that a socket closes with after these bytes on the wire.
async fn closes_raw(app: &App, path: &str, bytes: &[u8]) -> u16 {
    let mut socket = Socket::open(app.addr, path).await;
    socket.0.get_mut().write_all(bytes).await.unwrap();
    socket.all().await.1
}

#[tokio::test]
async fn a_text_that_is_not_utf8_closes_with_1007() {
    let (app, paths) = idle(|_| {}).await;
    for path in paths {
        assert_eq!(
            closes_raw(&app, &path, b"\x81\x81\0\0\0\0\xff").await,
            1007,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_frame_that_breaks_the_protocol_closes_with_1002() {
    let (app, paths) = idle(|_| {}).await;
    for path in paths {
        for (what, frame) in [
            ("unmasked", &b"\x81\x01x"[..]),
            ("reserved opcode", b"\x83\x80\0\0\0\0"),
        ] {
            assert_eq!(closes_raw(&app, &path, frame).await, 1002, "{path} {what}");
        }
    }
}

#[tokio::test]
async fn a_close_is_answered() {
    let (app, paths) = idle(|_| {}).await;
    for path in paths {
        let mut socket = Socket::open(app.addr, &path).await;
        socket.0.close(None).await.unwrap();
        while let Some(Ok(frame)) = socket.0.next().await {
            assert!(matches!(frame, Message::Close(_) | Message::Text(_)), "{frame:?}");
        }
    }
}

#[tokio::test]
async fn a_socket_is_pinged() {
    let (app, paths) = idle(|setup| setup.http.ping_interval = Duration::from_millis(20)).await;
    for path in paths {
        let mut socket = Socket::open(app.addr, &path).await;
        let mut pings = 0;
        while pings < 3 {
            if let Message::Ping(_) = socket.0.next().await.unwrap().unwrap() {
                pings += 1;
            }
        }
    }
}

#[tokio::test]
async fn a_ping_is_answered_and_keeps_its_payload() {
    let (app, paths) = idle(|_| {}).await;
    for path in paths {
        let mut socket = Socket::open(app.addr, &path).await;
        socket
            .0
            .send(Message::Ping(Bytes::from_static(b"are you there")))
            .await
            .unwrap();
        let pong = Message::Pong(Bytes::from_static(b"are you there"));
        while socket.0.next().await.unwrap().unwrap() != pong {}
    }
}

#[tokio::test]
async fn a_peer_that_is_silent_for_too_long_is_cut() {
    let (app, paths) = idle(|setup| {
        setup.http.ping_interval = Duration::from_millis(30);
        setup.http.peer_timeout = Duration::from_millis(90);
    })
    .await;
    for path in paths {
        let socket = Socket::open(app.addr, &path).await;
        // The raw stream answers no ping.
        let mut stream = socket.0.into_inner();
        let mut rest = Vec::new();
        let _ = tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest).await;
    }
    while app.leyline.hub().slot_count() > 0 {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

#[tokio::test]
async fn a_peer_that_answers_pings_is_never_cut() {
    let (app, paths) = idle(|setup| setup.worker = false).await;
    for path in paths {
        let mut socket = Socket::open(app.addr, &path).await;
        // Jumps to the next ping whenever nothing is left to do: both sides run on this one thread.
        tokio::time::pause();
        let start = tokio::time::Instant::now();
        while start.elapsed() < 20 * HttpOptions::default().peer_timeout {
            let frame = socket.0.next().await.unwrap().unwrap();
            assert!(
                matches!(frame, Message::Ping(_) | Message::Text(_)),
                "{path}: {frame:?}"
            );
        }
        tokio::time::resume();
    }
}

/// Lets everyone in for a moment.
struct Briefly;

#[async_trait]
impl Authorizer for Briefly {
    async fn authorize(&self, _: &Parts, _: Action, _: Option<Subject<'_>>) -> Result<Principal, Denied> {
        let moment = Duration::from_millis(200);
        Ok(Principal::all("").expires_at(Timestamp::now().checked_add(moment).unwrap()))
    }
}

#[tokio::test]
async fn a_socket_closes_with_4401_when_its_permission_ends() {
    let (app, paths) = idle(|setup| setup.http = HttpOptions::authorized_by(Briefly)).await;
    for path in paths {
        assert_eq!(Socket::open(app.addr, &path).await.all().await.1, 4401, "{path}");
    }
}

#[tokio::test]
async fn an_event_stream_ends_when_its_permission_does() {
    let (app, [path, _]) = idle(|setup| setup.http = HttpOptions::authorized_by(Briefly)).await;
    let id = path.rsplit('/').next().unwrap();
    let events = crate::sse::Events::open(app.request("GET", &format!("/api/tasks/{id}/events"))).await;
    assert_eq!(events.all().await.len(), 1);
}

#[tokio::test]
async fn a_token_may_travel_among_the_subprotocols() {
    let app = App::start().await;
    let request = app
        .request("GET", "/ws")
        .upgrade()
        .header("sec-websocket-protocol", "leyline, secret-token");
    let opened = request.open().await;
    assert_eq!(opened.response.status(), 101);
    assert_eq!(opened.response.headers()["sec-websocket-protocol"], "leyline");
}

//! A small HTTP client: one connection for each request, and answers that can be asked.

use std::net::SocketAddr;

use axum::body::Body;
use axum::http::{self, HeaderMap};
use bytes::Bytes;
use http_body_util::BodyExt as _;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::task::JoinHandle;
use tokio_util::task::AbortOnDropHandle;

/// A task id that nobody has.
pub(crate) const NOBODY: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

pub(crate) struct Request {
    addr: SocketAddr,
    builder: http::request::Builder,
    body: Body,
}

impl Request {
    pub(crate) fn new(addr: SocketAddr, method: &str, path: &str) -> Self {
        let builder = http::Request::builder()
            .method(method)
            .uri(path)
            .header("host", addr.to_string());
        Self {
            addr,
            builder,
            body: Body::empty(),
        }
    }

    pub(crate) fn header(mut self, name: &str, value: &str) -> Self {
        self.builder = self.builder.header(name, value);
        self
    }

    pub(crate) fn user(self, user: &str) -> Self {
        self.header("x-user", user)
    }

    /// Asks for a WebSocket.
    pub(crate) fn upgrade(self) -> Self {
        self.header("connection", "upgrade")
            .header("upgrade", "websocket")
            .header("sec-websocket-version", "13")
            .header("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ==")
    }

    pub(crate) fn body(mut self, body: impl Into<Body>) -> Self {
        self.body = body.into();
        self
    }

    pub(crate) fn json(self, body: impl Into<Body>) -> Self {
        self.header("content-type", "application/json").body(body)
    }

    pub(crate) fn form(self, form: Form) -> Self {
        self.header("content-type", "multipart/form-data; boundary=XX")
            .body(form.finish())
    }

    /// The answer as it comes, with its body unread.
    pub(crate) async fn open(self) -> Opened {
        let stream = TcpStream::connect(self.addr).await.unwrap();
        self.open_over(stream).await
    }

    /// The same over a connection that is there.
    pub(crate) async fn open_over(self, stream: TcpStream) -> Opened {
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        let connection = AbortOnDropHandle::new(tokio::spawn(async move { drop(connection.await) }));
        let request = self.builder.body(self.body).unwrap();
        let response = sender.send_request(request).await.unwrap();
        Opened {
            response,
            _connection: connection,
        }
    }

    /// Sends the head over a connection of its own and leaves the answer to come.
    pub(crate) async fn dispatch(self) -> JoinHandle<http::Response<()>> {
        let stream = TcpStream::connect(self.addr).await.unwrap();
        let (mut sender, connection) = http1::handshake(TokioIo::new(stream)).await.unwrap();
        let answer = sender.send_request(self.builder.body(self.body).unwrap());
        tokio::spawn(async move {
            let connection = AbortOnDropHandle::new(tokio::spawn(async move { drop(connection.await) }));
            let answer = answer.await.unwrap().map(drop);
            drop(connection);
            answer
        })
    }

    pub(crate) async fn send(self) -> Answer {
        let Opened {
            response,
            _connection,
        } = self.open().await;
        let (parts, body) = response.into_parts();
        let body = body.collect().await.unwrap().to_bytes();
        Answer {
            status: parts.status.as_u16(),
            headers: parts.headers,
            body,
        }
    }
}

pub(crate) struct Opened {
    pub(crate) response: http::Response<hyper::body::Incoming>,
    _connection: AbortOnDropHandle<()>,
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Bytes,
}

impl Answer {
    pub(crate) fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    #[track_caller]
    pub(crate) fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    #[track_caller]
    pub(crate) fn id(&self) -> String {
        self.json()["id"].as_str().unwrap().to_owned()
    }

    pub(crate) fn is_terminal(&self) -> bool {
        matches!(
            self.json()["status"].as_str(),
            Some("completed" | "failed" | "cancelled")
        )
    }

    /// Checks that it is a problem of this status and type.
    #[track_caller]
    pub(crate) fn check_problem(&self, status: u16, word: &str) {
        assert_eq!(self.status, status, "{self:?}");
        assert_eq!(
            self.header("content-type"),
            "application/problem+json",
            "{self:?}"
        );
        let problem = self.json();
        assert_eq!(problem["type"], format!("urn:leyline:problem:{word}"), "{self:?}");
        assert_eq!(problem["status"], status, "{self:?}");
    }
}

/// A form with the boundary `XX`.
#[derive(Default)]
pub(crate) struct Form(Vec<u8>);

impl Form {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    pub(crate) fn field(self, name: &str, value: impl AsRef<[u8]>) -> Self {
        self.part(format!("form-data; name=\"{name}\"").as_bytes(), value.as_ref())
    }

    pub(crate) fn file(self, name: &str, bytes: impl AsRef<[u8]>) -> Self {
        self.part(
            format!("form-data; name=\"file\"; filename=\"{name}\"").as_bytes(),
            bytes.as_ref(),
        )
    }

    pub(crate) fn part(mut self, disposition: &[u8], bytes: &[u8]) -> Self {
        for piece in [
            b"--XX\r\nContent-Disposition: ",
            disposition,
            b"\r\n\r\n",
            bytes,
            b"\r\n",
        ] {
            self.0.extend_from_slice(piece);
        }
        self
    }

    pub(crate) fn finish(mut self) -> Vec<u8> {
        self.0.extend_from_slice(b"--XX--\r\n");
        self.0
    }

    /// Without its closing boundary.
    pub(crate) fn unfinished(self) -> Vec<u8> {
        self.0
    }
}

/// Sends these bytes and reads until the server closes.
pub(crate) async fn raw(addr: SocketAddr, bytes: impl AsRef<[u8]>) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(bytes.as_ref()).await.unwrap();
    until_closed(&mut stream).await
}

/// The same, and says with a half-closed connection that nothing will follow.
pub(crate) async fn raw_half(addr: SocketAddr, bytes: impl AsRef<[u8]>) -> String {
    let mut stream = TcpStream::connect(addr).await.unwrap();
    stream.write_all(bytes.as_ref()).await.unwrap();
    stream.shutdown().await.unwrap();
    until_closed(&mut stream).await
}

pub(crate) async fn until_closed(stream: &mut TcpStream) -> String {
    let mut answer = Vec::new();
    let read = stream.read_to_end(&mut answer).await;
    assert!(
        read.is_ok(),
        "{read:?} after {}",
        String::from_utf8_lossy(&answer)
    );
    String::from_utf8_lossy(&answer).into_owned()
}

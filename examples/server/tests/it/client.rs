//! What a browser does, in a few lines each.

use std::error::Error;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bytes::Bytes;
use futures_util::StreamExt as _;
use http_body_util::{BodyExt as _, Full};
use hyper::{Method, Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::{WebSocketStream, client_async};

/// How long a task or an answer may take, on a busy machine.
pub(crate) const PATIENCE: Duration = Duration::from_mins(3);

/// What may go wrong where the server is killed meanwhile.
pub(crate) type Failed = Box<dyn Error + Send + Sync>;

pub(crate) fn request(
    method: Method,
    path: &str,
    headers: &[(&str, &str)],
    body: &[u8],
) -> Request<Full<Bytes>> {
    let mut request = Request::builder()
        .method(method)
        .uri(path)
        .header("host", "localhost");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    request.body(Full::new(Bytes::copy_from_slice(body))).unwrap()
}

/// Sends one request over a connection of its own.
pub(crate) async fn send(
    address: SocketAddr,
    request: Request<Full<Bytes>>,
) -> Result<Response<Bytes>, Failed> {
    let exchange = async {
        let stream = TcpStream::connect(address).await?;
        let (mut sender, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream)).await?;
        let connection = tokio::spawn(connection);
        let (head, body) = sender.send_request(request).await?.into_parts();
        let body = body.collect().await?.to_bytes();
        connection.abort();
        Ok(Response::from_parts(head, body))
    };
    timeout(PATIENCE, exchange).await?
}

pub(crate) async fn get(address: SocketAddr, path: &str) -> Response<Bytes> {
    send(address, request(Method::GET, path, &[], b"")).await.unwrap()
}

pub(crate) fn json(response: &Response<Bytes>) -> Value {
    serde_json::from_slice(response.body()).unwrap_or_else(|error| panic!("{error}: {response:?}"))
}

/// Uploads a file and gives the accepted task. `query` begins with `?` where it is not empty.
pub(crate) async fn upload(address: SocketAddr, query: &str, file: &[u8]) -> Value {
    let response = send(
        address,
        request(Method::POST, &format!("/api/upload{query}"), &[], file),
    )
    .await
    .unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED, "{response:?}");
    json(&response)
}

/// Asks for work without a file.
pub(crate) async fn submit(address: SocketAddr, task: &Value) -> Value {
    let headers = [("content-type", "application/json")];
    let request = request(Method::POST, "/api/tasks", &headers, task.to_string().as_bytes());
    let response = send(address, request).await.unwrap();
    assert_eq!(response.status(), StatusCode::ACCEPTED, "{response:?}");
    json(&response)
}

/// Asks for a task until it is as wanted.
pub(crate) async fn task_when(address: SocketAddr, id: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let task = json(&get(address, &format!("/api/tasks/{id}")).await);
        if wanted(&task) {
            return task;
        }
        assert!(began.elapsed() < PATIENCE, "{task}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

pub(crate) fn is_terminal(task: &Value) -> bool {
    ["completed", "failed", "cancelled"]
        .iter()
        .any(|status| task["status"] == *status)
}

/// A socket that watches one task.
pub(crate) struct Socket(WebSocketStream<TcpStream>);

impl Socket {
    pub(crate) async fn open(address: SocketAddr, id: &str) -> Result<Self, Failed> {
        let stream = TcpStream::connect(address).await?;
        let opening = client_async(format!("ws://localhost/ws/{id}"), stream);
        let (socket, _) = timeout(PATIENCE, opening).await??;
        Ok(Self(socket))
    }

    /// The next snapshot, or the code of the close.
    pub(crate) async fn next(&mut self) -> Result<Result<Value, CloseCode>, Failed> {
        loop {
            match timeout(PATIENCE, self.0.next()).await? {
                Some(Ok(Message::Text(text))) => return Ok(Ok(serde_json::from_str(text.as_str())?)),
                Some(Ok(Message::Close(Some(frame)))) => return Ok(Err(frame.code)),
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(other)) => return Err(format!("an unexpected message: {other:?}").into()),
                Some(Err(error)) => return Err(error.into()),
                None => return Err("the connection is gone".into()),
            }
        }
    }
}

//! A WebSocket client.

use std::net::SocketAddr;
use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::Value;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderName, HeaderValue};
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// Longest wait for a frame: a test that hits it has failed.
const PATIENCE: Duration = Duration::from_secs(30);

pub(crate) struct Socket(pub(crate) WebSocketStream<TcpStream>);

impl Socket {
    pub(crate) async fn open(addr: SocketAddr, path: &str) -> Self {
        Self::try_open(addr, path, &[]).await.unwrap()
    }

    /// The status of the refusal is the error.
    pub(crate) async fn try_open(
        addr: SocketAddr,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, u16> {
        let stream = TcpStream::connect(addr).await.unwrap();
        Self::over(stream, addr, path, headers).await
    }

    /// The handshake on a connection that is there.
    pub(crate) async fn over(
        stream: TcpStream,
        addr: SocketAddr,
        path: &str,
        headers: &[(&str, &str)],
    ) -> Result<Self, u16> {
        let mut request = format!("ws://{addr}{path}").into_client_request().unwrap();
        for (name, value) in headers {
            let name = HeaderName::from_bytes(name.as_bytes()).unwrap();
            request
                .headers_mut()
                .insert(name, HeaderValue::from_str(value).unwrap());
        }
        match client_async(request, stream).await {
            Ok((socket, _)) => Ok(Self(socket)),
            Err(Error::Http(response)) => Err(response.status().as_u16()),
            Err(error) => panic!("{error}"),
        }
    }

    pub(crate) async fn say(&mut self, text: impl Into<String>) {
        self.0.send(Message::text(text.into())).await.unwrap();
    }

    async fn frame(&mut self) -> Option<Message> {
        loop {
            let frame = timeout(PATIENCE, self.0.next()).await.expect("a frame in time");
            match frame {
                Some(Ok(Message::Ping(_) | Message::Pong(_))) => {}
                Some(Ok(frame)) => return Some(frame),
                Some(Err(error)) => panic!("{error}"),
                None => return None,
            }
        }
    }

    /// The next text.
    #[track_caller]
    pub(crate) fn next(&mut self) -> impl Future<Output = Value> {
        let caller = std::panic::Location::caller();
        async move {
            match self.frame().await {
                Some(Message::Text(text)) => serde_json::from_str(&text).unwrap(),
                other => panic!("{other:?} instead of a text at {caller}"),
            }
        }
    }

    /// Reads on until a text fits.
    pub(crate) async fn until(&mut self, fits: impl Fn(&Value) -> bool) -> Value {
        loop {
            let text = self.next().await;
            if fits(&text) {
                return text;
            }
        }
    }

    /// All texts up to the close frame, and its code.
    pub(crate) async fn all(mut self) -> (Vec<Value>, u16) {
        let mut texts = Vec::new();
        loop {
            match self.frame().await {
                Some(Message::Text(text)) => texts.push(serde_json::from_str(&text).unwrap()),
                Some(Message::Close(Some(frame))) => return (texts, frame.code.into()),
                other => panic!("{other:?}"),
            }
        }
    }
}

/// Checks that each snapshot is newer than the one before.
#[track_caller]
pub(crate) fn check_ordered(snapshots: &[Value]) {
    let version = |snapshot: &Value| {
        (
            snapshot["revision"].as_u64().unwrap(),
            snapshot["tick"].as_u64().unwrap(),
        )
    };
    for pair in snapshots.windows(2) {
        assert!(
            version(&pair[0]) < version(&pair[1]),
            "{} then {}",
            pair[0],
            pair[1]
        );
    }
}

//! One WebSocket: its liveness, its limits and its end, whatever it carries.

use std::time::Duration;

use axum::extract::FromRequestParts as _;
use axum::extract::ws::{CloseFrame, Message, Utf8Bytes, WebSocket, WebSocketUpgrade};
use axum::http::request::Parts;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use bytes::Bytes;
use leyline_core::Timestamp;
use tokio::time::{Instant, sleep_until, timeout};
use tokio_tungstenite::tungstenite;
use tracing::{Instrument as _, Span};

use super::close::CloseCode;
use crate::auth::Principal;
use crate::gate::Api;
use crate::problem::{Problem, ProblemType};
use crate::serve::Shutdown;

/// The subprotocol to offer beside one that carries a token.
const SUBPROTOCOL: &str = "leyline";
/// Read and write buffer of a socket; a longer message gets room for itself. Tungstenite's 128 KiB would be what ten thousand
/// watchers cost most. With all else a watcher takes about 5 KiB on a socket of its own, and 7.5 KiB on one for many tasks.
const BUFFER_BYTES: usize = 1024;
/// Longest message taken off the wire at all: above the limits of the routes, so that what is a little over them is told
/// from a broken frame.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// Longest message that is sent: above any event.
const MAX_WRITE_BYTES: usize = 4 * 1024 * 1024;
/// How long the peer has to answer a close.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(5);
/// The furthest that an end of a permission is looked ahead to.
const FAR: Duration = Duration::from_hours(24 * 365);

/// How a socket ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// The peer is told why.
    Close(CloseCode),
    /// The peer closed; it only waits for the answer that the protocol gives by itself.
    Closed,
    /// The peer is gone: nobody is there to tell anything.
    Lost,
}

impl End {
    fn frame(self) -> Option<CloseFrame> {
        let Self::Close(code) = self else { return None };
        Some(CloseFrame {
            code: code.code(),
            reason: Utf8Bytes::from_static(code.reason()),
        })
    }
}

/// What a socket is held to.
pub(super) struct Terms {
    max_message: usize,
    ping_interval: Duration,
    peer_timeout: Duration,
    expires: Option<Instant>,
    shutdown: Option<Shutdown>,
    away: Duration,
}

impl Terms {
    pub(super) fn new(api: &Api, parts: &Parts, principal: &Principal, max_message: usize) -> Self {
        Self {
            max_message,
            ping_interval: api.options.ping_interval,
            peer_timeout: api.options.peer_timeout,
            expires: principal.expires_at.map(|time| expiry(api, time)),
            shutdown: parts.extensions.get().cloned(),
            away: Shutdown::draw(parts.extensions.get(), api.leyline.env()),
        }
    }
}

/// When a permission ends, on the clock that timers go by.
pub(super) fn expiry(api: &Api, time: Timestamp) -> Instant {
    let left = time.duration_since(api.leyline.env().now());
    Instant::now() + Duration::try_from(left).unwrap_or(Duration::ZERO).min(FAR)
}

/// How soon whoever comes while the server shuts down may try again: there is another one, or there will be.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The handshake, for a request that asks for one. To be the last thing that is waited for before the answer.
///
/// While the server shuts down there is none: the socket would be closed in a moment, and the answer is one after which the
/// connection ends, which an upgrade can't be.
pub(super) async fn upgrade(parts: &mut Parts) -> Result<WebSocketUpgrade, Problem> {
    let shutdown: Option<&Shutdown> = parts.extensions.get();
    if shutdown.is_some_and(Shutdown::has_begun) {
        let problem = Problem::because(ProblemType::Unavailable, "the server shuts down");
        return Err(problem.retry_after(RETRY_AFTER));
    }
    let required = |_| {
        let problem = Problem::new(ProblemType::UpgradeRequired);
        problem
            .header(header::UPGRADE, HeaderValue::from_static("websocket"))
            .header(header::CONNECTION, HeaderValue::from_static("upgrade"))
    };
    let upgrade = WebSocketUpgrade::from_request_parts(parts, &())
        .await
        .map_err(required)?;
    Ok(upgrade
        .read_buffer_size(BUFFER_BYTES)
        .write_buffer_size(BUFFER_BYTES)
        .max_write_buffer_size(MAX_WRITE_BYTES)
        .max_message_size(MAX_MESSAGE_BYTES)
        .max_frame_size(MAX_MESSAGE_BYTES)
        .protocols([SUBPROTOCOL]))
}

/// Completes the handshake and hands the socket to `carry`, whose end becomes its close frame.
pub(super) fn carry<F>(
    upgrade: WebSocketUpgrade,
    terms: Terms,
    carry: impl FnOnce(Link) -> F + Send + 'static,
) -> Response
where
    F: Future<Output = (Link, End)> + Send + 'static,
{
    let tracked = Shutdown::track(terms.shutdown.as_ref());
    let span = Span::current();
    upgrade.on_upgrade(move |socket| {
        // On the heap once: each future around it would hold room for it twice, of which ten thousand sockets have ten
        // thousand.
        tracked.run(Box::pin(
            async move {
                let now = Instant::now();
                let away = terms.away;
                let link = Link {
                    socket,
                    ping_at: now + terms.ping_interval,
                    heard: now,
                    away,
                    terms,
                };
                let (link, end) = carry(link).await;
                link.close(end).await;
            }
            .instrument(span),
        ))
    })
}

/// An open socket.
pub(super) struct Link {
    socket: WebSocket,
    terms: Terms,
    ping_at: Instant,
    /// When the peer was last heard of.
    heard: Instant,
    /// How long after the shutdown's begin this socket closes.
    away: Duration,
}

impl Link {
    /// The next message of the peer, kept alive with pings in between. An error is the socket's end.
    ///
    /// A dropped call has lost nothing.
    pub(super) async fn message(&mut self) -> Result<Utf8Bytes, End> {
        loop {
            tokio::select! {
                biased;
                () = Shutdown::closing(self.terms.shutdown.as_ref(), self.away) => return Err(End::Close(CloseCode::GoingAway)),
                () = at(self.terms.expires) => return Err(End::Close(CloseCode::Expired)),
                // Before the look at the clock: what was sent in time counts, however late this process comes to read it.
                received = self.socket.recv() => {
                    self.heard = Instant::now();
                    if let Some(text) = self.understand(received)? {
                        return Ok(text);
                    }
                }
                () = sleep_until(self.ping_at) => {
                    if self.heard.elapsed() >= self.terms.peer_timeout {
                        return Err(End::Lost);
                    }
                    self.ping_at = Instant::now() + self.terms.ping_interval;
                    self.send(Message::Ping(Bytes::new())).await?;
                }
            }
        }
    }

    fn understand(&self, received: Option<Result<Message, axum::Error>>) -> Result<Option<Utf8Bytes>, End> {
        let length = |length: usize| {
            if length > self.terms.max_message {
                Err(End::Close(CloseCode::TooLong))
            } else {
                Ok(())
            }
        };
        match received {
            Some(Ok(Message::Text(text))) => length(text.len()).map(|()| Some(text)),
            Some(Ok(Message::Binary(bytes))) => {
                length(bytes.len()).and(Err(End::Close(CloseCode::NotUnderstood)))
            }
            Some(Ok(Message::Ping(_) | Message::Pong(_))) => Ok(None),
            Some(Ok(Message::Close(_))) => Err(End::Closed),
            None => Err(End::Lost),
            Some(Err(error)) => Err(failed(error)),
        }
    }

    /// Sends JSON that others share.
    pub(super) async fn send_json(&mut self, json: Bytes) -> Result<(), End> {
        let text = Utf8Bytes::try_from(json).map_err(|_| End::Lost)?;
        self.send(Message::Text(text)).await
    }

    /// A peer that lets nothing through for too long is gone.
    async fn send(&mut self, message: Message) -> Result<(), End> {
        match timeout(self.terms.peer_timeout, self.socket.send(message)).await {
            Ok(Ok(())) => Ok(()),
            _ => Err(End::Lost),
        }
    }

    /// Says why, and waits a moment for the peer to close too, so that the reason arrives.
    async fn close(mut self, end: End) {
        if end == End::Lost {
            return;
        }
        let goodbye = async {
            if let Some(frame) = end.frame()
                && self.socket.send(Message::Close(Some(frame))).await.is_err()
            {
                return;
            }
            while let Some(Ok(_)) = self.socket.recv().await {}
        };
        // Whether the peer was still there to hear it makes no difference.
        let _ = timeout(CLOSE_TIMEOUT, goodbye).await;
    }
}

async fn at(time: Option<Instant>) {
    match time {
        Some(time) => sleep_until(time).await,
        None => std::future::pending().await,
    }
}

fn failed(error: axum::Error) -> End {
    use tungstenite::Error;
    match error.into_inner().downcast_ref() {
        Some(Error::Capacity(_)) => End::Close(CloseCode::TooLong),
        Some(Error::Protocol(_)) => End::Close(CloseCode::ProtocolError),
        Some(Error::Utf8(_)) => End::Close(CloseCode::NotUtf8),
        _ => End::Lost,
    }
}

//! One connection, from its acceptance to its end.

use std::net::SocketAddr;
use std::pin::pin;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

use super::body::{Pace, PacedBody};
use super::wire::Wire;
use super::{ServeOptions, Shutdown};

/// How long a connection that nothing was asked on yet may go on when the shutdown begins: its request is on the way.
const FIRST_REQUEST: Duration = Duration::from_secs(1);

/// A connection, whose it is, and its place among the others.
pub(super) type Accepted = (TcpStream, SocketAddr, OwnedSemaphorePermit);

/// Serves requests until the peer closes, a limit is hit, or the shutdown has ended the request that runs.
pub(super) async fn run(
    (stream, peer, place): Accepted,
    router: Router,
    options: &ServeOptions,
    shutdown: Shutdown,
) {
    // Small frames of progress must not wait for each other.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%peer, %error, "no TCP_NODELAY");
    }
    let limits = Pace::from(options);
    let announced = shutdown.clone();
    let asked = CancellationToken::new();
    let is_asked = asked.clone();
    let service = service_fn(move |request: Request<Incoming>| {
        asked.cancel();
        let mut request = request.map(|body| Body::new(PacedBody::new(body, limits)));
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(announced.clone());
        let (answer, shutdown) = (router.clone().oneshot(request), announced.clone());
        async move { answer.await.map(|answer| with_the_end(answer, &shutdown)) }
    });
    let wire = Wire::new(
        stream,
        place,
        options.write_timeout,
        options.linger,
        shutdown.clone(),
    );
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(options.header_timeout)
        .max_buf_size(options.max_header_bytes.max(8192))
        .max_header_size(options.max_header_bytes)
        .serve_connection(TokioIo::new(wire), service)
        .with_upgrades();
    let mut connection = pin!(connection);
    let served = async {
        tokio::select! {
            biased;
            ended = connection.as_mut() => return ended,
            () = last_call(&shutdown, &is_asked) => {}
        }
        connection.as_mut().graceful_shutdown();
        connection.await
    };
    let ended = tokio::select! {
        biased;
        ended = served => ended,
        () = shutdown.is_cut() => Ok(()),
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, error = &error as &dyn std::error::Error, "connection ended early");
    }
}

/// The moment from which on a connection takes no other request: the shutdown's begin, unless nothing was asked on it yet. Its
/// client has only just connected, and a request that was already sent would go unanswered.
async fn last_call(shutdown: &Shutdown, is_asked: &CancellationToken) {
    shutdown.is_begun().await;
    let _ = timeout(FIRST_REQUEST, is_asked.cancelled()).await;
}

/// An answer that was made after the shutdown's begin says that no other one follows.
fn with_the_end(mut answer: Response, shutdown: &Shutdown) -> Response {
    if shutdown.has_begun() && answer.status() != StatusCode::SWITCHING_PROTOCOLS {
        let close = HeaderValue::from_static("close");
        answer.headers_mut().insert(header::CONNECTION, close);
    }
    answer
}

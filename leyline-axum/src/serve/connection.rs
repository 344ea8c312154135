//! One connection, from its acceptance to its end.

use std::net::SocketAddr;
use std::pin::pin;

use axum::Router;
use axum::body::Body;
use axum::extract::{ConnectInfo, Request};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::TcpStream;
use tokio::sync::OwnedSemaphorePermit;
use tower::ServiceExt as _;

use super::body::{Pace, PacedBody};
use super::wire::Wire;
use super::{ServeOptions, Shutdown};

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
    let service = service_fn(move |request: Request<Incoming>| {
        let mut request = request.map(|body| Body::new(PacedBody::new(body, limits)));
        request.extensions_mut().insert(ConnectInfo(peer));
        request.extensions_mut().insert(announced.clone());
        router.clone().oneshot(request)
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
    let ended = tokio::select! {
        biased;
        ended = connection.as_mut() => ended,
        () = shutdown.is_begun() => {
            connection.as_mut().graceful_shutdown();
            tokio::select! {
                biased;
                ended = connection => ended,
                () = shutdown.is_cut() => Ok(()),
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%peer, error = &error as &dyn std::error::Error, "connection ended early");
    }
}

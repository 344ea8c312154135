//! The listener, and the end of everything that came through it.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::connection::{self, Accepted};
use super::{ServeOptions, Shutdown};

/// How long whoever stands in the listener's queue is still let in when the shutdown begins.
const LAST_ADMISSION: Duration = Duration::from_millis(20);
/// How long to wait where the process has run out of file descriptors.
const ACCEPT_PAUSE: Duration = Duration::from_millis(200);

/// Serves `router` over HTTP/1.1 until `shutdown` is cancelled, then drains: nothing new is accepted, requests that run or
/// were on the way are finished, sockets close with 1001 at random moments within [`close_spread`](ServeOptions::close_spread), and what is left
/// after [`drain_timeout`](ServeOptions::drain_timeout) is cut.
///
/// Any router will do; LeyLine's gets its limits and its orderly end from it. TLS and HTTP/2 are left to a proxy in front.
///
/// What is refused before there is a request (a malformed head, one that is too long or too slow) gets its status without a
/// problem document.
///
/// # Errors
/// The listener can't be used.
///
/// # Cancel safety
/// A dropped call cuts every connection.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    options: ServeOptions,
    shutdown: CancellationToken,
) -> io::Result<()> {
    listener.local_addr()?;
    let options = Arc::new(options);
    let shutdown = Shutdown::new(shutdown, options.close_spread);
    let cut = CutOnDrop(shutdown.clone());
    let places = Arc::new(Semaphore::new(
        options.max_connections.clamp(1, Semaphore::MAX_PERMITS),
    ));
    let connections = TaskTracker::new();
    while let Some(accepted) = next(&listener, &places, &shutdown).await {
        let (router, options, shutdown) = (router.clone(), Arc::clone(&options), shutdown.clone());
        connections.spawn(async move {
            let serving = connection::run(accepted, router, &options, shutdown.clone());
            tokio::select! {
                biased;
                () = serving => {}
                () = shutdown.is_cut() => {}
            }
        });
    }
    drop(listener);
    connections.close();
    let drained = timeout(options.drain_timeout, async {
        connections.wait().await;
        shutdown.sockets_closed().await;
    });
    if drained.await.is_err() {
        tracing::warn!(connections = connections.len(), "cut what did not end in time");
    }
    drop(cut);
    connections.wait().await;
    shutdown.sockets_closed().await;
    Ok(())
}

struct CutOnDrop(Shutdown);

impl Drop for CutOnDrop {
    fn drop(&mut self) {
        self.0.cut();
    }
}

/// The next connection, once there is a place for it; `None` when the shutdown has begun and the queue had its moment: the
/// kernel resets what is left in it when the listener closes.
async fn next(listener: &TcpListener, places: &Arc<Semaphore>, shutdown: &Shutdown) -> Option<Accepted> {
    let accepting = async {
        let place = Arc::clone(places)
            .acquire_owned()
            .await
            .expect("the semaphore is never closed");
        loop {
            match listener.accept().await {
                Ok((stream, peer)) => return (stream, peer, place),
                Err(error) if of_peer(&error) => {}
                Err(error) => {
                    tracing::error!(%error, "can't accept connections");
                    sleep(ACCEPT_PAUSE).await;
                }
            }
        }
    };
    tokio::select! {
        biased;
        () = Shutdown::closing(Some(shutdown), LAST_ADMISSION) => None,
        accepted = accepting => Some(accepted),
    }
}

/// Whether one peer gave up before it was accepted.
fn of_peer(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(
        error.kind(),
        ConnectionAborted | ConnectionRefused | ConnectionReset
    )
}

//! How long-lived answers learn that the server shuts down.

use std::sync::{Arc, OnceLock};
use std::time::Duration;

use leyline_core::Env;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// A request extension that tells sockets, event streams and waiting requests of the server's shutdown, and lets the server
/// wait for sockets. [`serve`](crate::serve()) adds it by itself; with another server, add it as a layer:
///
/// ```
/// # let leyline = leyline_core::Leyline::builder(std::sync::Arc::new(leyline_core::MemoryStore::new(leyline_core::Env::system()))).build().unwrap();
/// use std::time::Duration;
///
/// let token = tokio_util::sync::CancellationToken::new();
/// let shutdown = leyline_axum::Shutdown::new(token.clone(), Duration::from_secs(5));
/// let app: axum::Router = leyline_axum::router(leyline).layer(axum::Extension(shutdown.clone()));
/// // When it is time: token.cancel(), and after the server has stopped: shutdown.sockets_closed().await
/// ```
#[derive(Debug, Clone)]
pub struct Shutdown(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    begin: CancellationToken,
    /// When it was first noticed.
    begun_at: OnceLock<Instant>,
    /// What is left is cut.
    cut: CancellationToken,
    spread: Duration,
    sockets: TaskTracker,
}

/// A socket that is waited for until this is dropped.
pub(crate) struct Tracked(Option<(TaskTrackerToken, CancellationToken)>);

impl Tracked {
    /// Runs the socket to its end, or until it is cut.
    pub(crate) async fn run(self, socket: impl Future<Output = ()>) {
        match self.0 {
            Some((_known, cut)) => {
                cut.run_until_cancelled(socket).await;
            }
            None => socket.await,
        }
    }
}

impl Shutdown {
    /// A shutdown that begins when `begin` is cancelled and closes sockets at random moments within `spread`.
    pub fn new(begin: CancellationToken, spread: Duration) -> Self {
        let cut = CancellationToken::new();
        let (begun_at, sockets) = (OnceLock::new(), TaskTracker::new());
        Self(Arc::new(Shared {
            begin,
            begun_at,
            cut,
            spread,
            sockets,
        }))
    }

    /// Waits until every socket has closed, the peers' answers to it included.
    ///
    /// # Cancel safety
    /// Safe to drop.
    pub async fn sockets_closed(&self) {
        self.0.sockets.close();
        self.0.sockets.wait().await;
    }

    /// Cuts what has not closed by itself.
    pub(super) fn cut(&self) {
        self.0.cut.cancel();
    }

    pub(super) fn is_cut(&self) -> tokio_util::sync::WaitForCancellationFuture<'_> {
        self.0.cut.cancelled()
    }

    /// Whether the server is about to end.
    pub(crate) fn has_begun(&self) -> bool {
        self.0.begin.is_cancelled()
    }

    pub(super) fn is_begun(&self) -> tokio_util::sync::WaitForCancellationFuture<'_> {
        self.0.begin.cancelled()
    }

    /// How long after the begin one socket closes.
    pub(crate) fn draw(shutdown: Option<&Self>, env: &Env) -> Duration {
        shutdown.map_or(Duration::ZERO, |shutdown| {
            shutdown.0.spread.mul_f64(env.random_fraction())
        })
    }

    /// Waits until `after` has passed since the begin; for ever where there is no shutdown. May be dropped and called again.
    pub(crate) async fn closing(shutdown: Option<&Self>, after: Duration) {
        let Some(Self(shared)) = shutdown else {
            return std::future::pending().await;
        };
        shared.begin.cancelled().await;
        sleep_until(*shared.begun_at.get_or_init(Instant::now) + after).await;
    }

    /// Makes a socket known to whoever waits for its end, from its handshake on.
    pub(crate) fn track(shutdown: Option<&Self>) -> Tracked {
        Tracked(shutdown.map(|Self(shared)| (shared.sockets.token(), shared.cut.clone())))
    }
}

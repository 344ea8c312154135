//! The process: listeners first, then everything runs until the shutdown, and ends in order.

use std::io;
use std::net::SocketAddr;

use axum::Router;
use leyline_axum::{ServeOptions, serve};
use leyline_core::{Builder, CancellationToken, Leyline};
use leyline_store_postgres::Feed;
use metrics_exporter_prometheus::PrometheusHandle;
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tracing::{info, warn};

use crate::config::{Config, Roles};
use crate::service::{self, OpenError, Opened};
use crate::{http, metrics};

/// A service that listens, but does not run yet.
pub struct App {
    leyline: Leyline,
    feed: Option<Feed>,
    router: Router,
    roles: Roles,
    listener: TcpListener,
    scrape: Option<(TcpListener, PrometheusHandle)>,
}

/// Why a server can't start.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StartError {
    /// The address can't be listened on.
    #[error("can't listen on {address}")]
    Listen {
        /// Which.
        address: SocketAddr,
        /// Why: most often that something else listens there.
        source: io::Error,
    },
    /// Metrics are recorded already.
    #[error("can't record metrics")]
    Metrics(#[from] metrics_exporter_prometheus::BuildError),
    /// The stores can't be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
}

impl App {
    /// Binds, then opens the stores. `extend` may add processors to the ones there are.
    ///
    /// # Errors
    /// [`StartError`].
    ///
    /// # Cancel safety
    /// A dropped call leaves at most new folders and a new database behind.
    pub async fn start(config: &Config, extend: impl FnOnce(Builder) -> Builder) -> Result<Self, StartError> {
        let listener = listen(config.listen).await?;
        let scrape = match config.metrics_listen {
            Some(address) => Some((listen(address).await?, metrics::install()?)),
            None => None,
        };
        let Opened { leyline, feed } = service::open(config, extend).await?;
        let router = http::router(leyline.clone(), config);
        Ok(Self {
            leyline,
            feed,
            router,
            roles: config.roles,
            listener,
            scrape,
        })
    }

    /// Serves and works until `shutdown`, then ends in order: nothing new is accepted or claimed, what runs is finished or
    /// given back, sockets are closed in a spread.
    ///
    /// # Errors
    /// A listener failed while it served.
    ///
    /// # Cancel safety
    /// A dropped run cuts every connection and leaves its tasks to be rescued.
    pub async fn run(self, shutdown: CancellationToken) -> io::Result<()> {
        self.announce()?;
        // Whatever ends first, all of it ends.
        let _ends = shutdown.clone().drop_guard();
        let mut parts = JoinSet::new();
        parts.spawn(serve(
            self.listener,
            self.router,
            ServeOptions::default(),
            shutdown.clone(),
        ));
        if let Some((listener, recorded)) = self.scrape {
            let router = metrics::router(recorded.clone());
            parts.spawn(serve(listener, router, ServeOptions::default(), shutdown.clone()));
            let stop = shutdown.clone();
            parts.spawn(async move {
                metrics::keep_up(recorded, stop).await;
                Ok(())
            });
        }
        if let Some(feed) = self.feed {
            let stop = shutdown.clone();
            parts.spawn(async move {
                feed.run(stop).await;
                Ok(())
            });
        }
        if self.roles.worker {
            let worker = self.leyline.clone();
            let stop = shutdown.clone();
            parts.spawn(async move {
                let drained = worker.run_worker(stop).await;
                if drained.stuck > 0 {
                    warn!(
                        stuck = drained.stuck,
                        "code that did not heed its signal is left behind"
                    );
                }
                Ok(())
            });
        }
        let mut result = Ok(());
        while let Some(ended) = parts.join_next().await {
            shutdown.cancel();
            let ended = ended.unwrap_or_else(|error| Err(io::Error::other(error)));
            result = result.and(ended);
        }
        result
    }

    fn announce(&self) -> io::Result<()> {
        let address = self.listener.local_addr()?;
        if !address.ip().is_loopback() {
            warn!("whoever reaches {address} may do everything: this example asks nobody who they are");
        }
        if let Some((listener, _)) = &self.scrape {
            info!("metrics on http://{}/metrics", listener.local_addr()?);
        }
        info!(roles = %self.roles, "listening on http://{address}");
        Ok(())
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    let bound = TcpListener::bind(address).await;
    bound.map_err(|source| StartError::Listen { address, source })
}

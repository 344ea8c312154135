//! The feed as a whole.

use std::fmt;
use std::time::Duration;

use leyline_core::{CancellationToken, Hub};
use tracing::warn;

use super::listen::listen;
use super::receive::Receiver;
use crate::PostgresStore;

/// How long the connection may be silent before it is asked for a sign of life.
const SILENCE: Duration = Duration::from_secs(10);

/// Brings what the other processes on the same schema tell to the [`Hub`] and the workers of this one. See
/// [`PostgresStore::feed`].
///
/// It listens on a connection of its own, at [`listen_url`](crate::PostgresOptions::listen_url) where there is one. When that is
/// lost it makes another, after a pause between 0 and 0.1 s that grows to at most 5 s, and compares everything that is watched
/// with the store, because it may have missed something. A connection that was silent for 10 s has to answer a ping within 5 s.
#[must_use = "a feed does nothing until it runs"]
pub struct Feed {
    store: PostgresStore,
    hub: Hub,
    silence: Duration,
}

impl PostgresStore {
    /// The way in for events of other processes. The other half is [`sink`](Self::sink):
    ///
    /// ```no_run
    /// use std::sync::Arc;
    /// use leyline_core::{CancellationToken, Leyline};
    /// use leyline_store_postgres::{PostgresOptions, PostgresStore};
    ///
    /// # async fn wire() -> Result<(), Box<dyn std::error::Error>> {
    /// let store = PostgresStore::open(PostgresOptions::url("postgres://localhost/app")?).await?;
    /// let leyline = Leyline::builder(Arc::new(store.clone()))
    ///     .sink(Arc::new(store.sink()))
    ///     .build()?;
    /// let shutdown = CancellationToken::new();
    /// let feed = tokio::spawn(store.feed(leyline.hub().clone()).run(shutdown.clone()));
    /// # drop(feed);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// Every process that has watchers or workers runs one, on the hub of its service. What goes out through a sink of the same
    /// store is not taken in again: two services in one process each open a store of their own.
    pub fn feed(&self, hub: Hub) -> Feed {
        Feed {
            store: self.clone(),
            hub,
            silence: SILENCE,
        }
    }
}

impl Feed {
    /// How long the connection may be silent before it has to answer a ping within as long, at most 5 s; default 10 s. For
    /// networks that forget connections sooner.
    pub fn silence(mut self, silence: Duration) -> Self {
        self.silence = silence;
        self
    }

    /// Runs until `shutdown` is cancelled; behind a pooler and without a
    /// [`listen_url`](crate::PostgresOptions::listen_url) it hears nothing, and only says so. Whatever fails meanwhile is logged, counted and tried again.
    ///
    /// # Cancel safety
    /// Dropped, it listens no more; nothing else is lost.
    pub async fn run(self, shutdown: CancellationToken) {
        let inner = &self.store.0;
        if inner.options.needs_listen_url() {
            warn!(
                "a pooler passes no notifications on: give the feed a listen_url. Until then watchers learn from the store"
            );
            // A LISTEN would stay behind on a session that others use.
            return shutdown.cancelled().await;
        }
        let receiver = Receiver::new(self.store.clone(), self.hub);
        let work = async { tokio::join!(listen(inner, &receiver, self.silence), receiver.run()) };
        tokio::select! { biased;
            () = shutdown.cancelled() => {}
            never = work => match never.0 {},
        }
    }
}

impl fmt::Debug for Feed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Feed")
            .field("schema", &self.store.0.options.schema)
            .field("silence", &self.silence)
            .finish_non_exhaustive()
    }
}

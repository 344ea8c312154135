//! The connection that listens, and how it is kept.

use std::convert::Infallible;
use std::time::Duration;

use leyline_core::RetryPolicy;
use sqlx::postgres::{PgListener, PgPoolOptions};
use sqlx::{Acquire as _, Connection as _};
use tokio::time::Instant;
use tracing::{debug, info, warn};

use super::message;
use super::receive::Receiver;
use crate::error;
use crate::metrics;
use crate::store::Inner;

/// Between connections that were lost.
const PAUSE: RetryPolicy = RetryPolicy::new(Duration::from_millis(100), Duration::from_secs(5));

/// A connection that lived this long was a good one: the pauses begin anew.
const STEADY: Duration = Duration::from_secs(1);

/// Longest wait for an answer to a ping.
const PING: Duration = Duration::from_secs(5);

/// Listens, and connects again whatever became of the connection before.
pub(super) async fn listen(inner: &Inner, receiver: &Receiver, silence: Duration) -> Infallible {
    let mut failures = 0;
    loop {
        let reason = match connect(inner).await {
            Ok(listener) => {
                let begun = Instant::now();
                let Err(reason) = hear(inner, listener, receiver, silence).await;
                if begun.elapsed() >= STEADY {
                    failures = 0;
                }
                reason
            }
            Err(reason) => reason,
        };
        failures += 1;
        if failures == 1 {
            warn!(%reason, "the feed has lost its connection; until it has another, watchers learn from the store");
        } else {
            debug!(%reason, failures, "the feed has no connection");
        }
        tokio::time::sleep(PAUSE.delay(failures, &inner.env)).await;
    }
}

/// Why a connection is given up.
#[derive(Debug, thiserror::Error)]
enum Lost {
    #[error("{}", error::reason(.0))]
    Failed(#[from] sqlx::Error),
    #[error("the server has closed it")]
    Closed,
    #[error("it does not answer")]
    Silent,
}

/// One connection, to its end. sqlx would connect again by itself, but after some errors only, and without saying so in time to
/// read again what was missed.
async fn hear(
    inner: &Inner,
    mut listener: PgListener,
    receiver: &Receiver,
    silence: Duration,
) -> Result<Infallible, Lost> {
    let mut heard = Instant::now();
    metrics::feed_connected();
    info!(
        channel = message::channel(&inner.options.schema),
        "the feed listens"
    );
    // After LISTEN: what is committed from now on is told, and what was before is found.
    receiver.listening();
    loop {
        match tokio::time::timeout_at(heard + silence, listener.try_recv()).await {
            Ok(Ok(Some(notification))) => receiver.hear(notification.payload()),
            Ok(Ok(None)) => return Err(Lost::Closed),
            Ok(Err(error)) => return Err(error.into()),
            Err(_) => ping(&mut listener, silence.min(PING)).await?,
        }
        heard = Instant::now();
    }
}

async fn connect(inner: &Inner) -> Result<PgListener, Lost> {
    let options = inner.options.listener().application_name("leyline-feed");
    // A pool is the only way to a listener with options. It makes this one connection, and ends with it.
    let pool = PgPoolOptions::new()
        .max_connections(1)
        .acquire_timeout(inner.options.acquire_timeout)
        .idle_timeout(None)
        .max_lifetime(None)
        .connect_lazy_with(options);
    let mut listener = PgListener::connect_with(&pool).await?;
    listener.eager_reconnect(false);
    let channel = message::channel(&inner.options.schema);
    let answer = tokio::time::timeout(PING, listener.listen(&channel)).await;
    answer.map_err(|_| Lost::Silent)??;
    Ok(listener)
}

/// Asks for a sign of life: one message, which is no statement.
async fn ping(listener: &mut PgListener, deadline: Duration) -> Result<(), Lost> {
    let answer = async { listener.acquire().await?.ping().await };
    let answer = tokio::time::timeout(deadline, answer).await;
    Ok(answer.map_err(|_| Lost::Silent)??)
}

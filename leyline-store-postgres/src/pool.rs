//! Connections: how they are made, and which may be used again.

use std::time::Duration;

use deadpool::Runtime;
use deadpool::managed::{self, Metrics, QueueMode, RecycleError, RecycleResult, Timeouts};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{ConnectOptions as _, Connection as _};

/// A connection that was used less than this ago is handed out without asking whether it still lives.
const TRUSTED: Duration = Duration::from_secs(1);

/// How long a connection may take to say that it lives.
const PING: Duration = Duration::from_secs(1);

/// Makes connections.
pub(crate) struct Manager(PgConnectOptions);

pub(crate) type Pool = managed::Pool<Manager>;
pub(crate) type Connection = managed::Object<Manager>;
pub(crate) type PoolError = managed::PoolError<sqlx::Error>;

/// A pool of at most `size`, whose connections are made when they are needed.
pub(crate) fn pool(connect: PgConnectOptions, size: u32, wait: Duration) -> Pool {
    managed::Pool::builder(Manager(connect))
        .max_size(size.max(1) as usize)
        .queue_mode(QueueMode::Lifo)
        .runtime(Runtime::Tokio1)
        .timeouts(Timeouts {
            wait: Some(wait),
            create: Some(wait),
            recycle: Some(PING),
        })
        .build()
        .expect("a pool with timeouts has its runtime")
}

impl managed::Manager for Manager {
    type Type = PgConnection;
    type Error = sqlx::Error;

    async fn create(&self) -> Result<PgConnection, sqlx::Error> {
        // The future of a connection that is being made is large, and rarely needed.
        Box::pin(self.0.connect()).await
    }

    async fn recycle(&self, connection: &mut PgConnection, metrics: &Metrics) -> RecycleResult<sqlx::Error> {
        if metrics.last_used() < TRUSTED {
            return Ok(());
        }
        connection.ping().await.map_err(RecycleError::Backend)
    }
}

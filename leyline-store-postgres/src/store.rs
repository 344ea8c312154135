//! The store: opening, migrating, closing.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

use leyline_core::store::{Result, Waker};
use leyline_core::{Env, Status, Task};
use sqlx::ConnectOptions as _;
use sqlx::postgres::{PgConnection, PgRow};

use crate::alarm::Alarm;
use crate::check;
use crate::error::{self, OpenError, Phase};
use crate::feed::Outbox;
use crate::migrate::{self, Plan};
use crate::options::{PostgresOptions, Schema};
use crate::pool::{self, Pool};
use crate::session::{Session, Sql};
use crate::statements::Statements;
use crate::verb::Inserts;

/// Connections for beats: while one is being given up, the next beat goes on another.
const BEAT_CONNECTIONS: u32 = 2;

/// A [`TaskStore`](leyline_core::TaskStore) in a PostgreSQL database, 13 or later. Clones share one store and its connections.
///
/// Needs a tokio runtime with IO and time. See [`PostgresOptions`] on what can be set.
#[derive(Clone)]
pub struct PostgresStore(pub(crate) Arc<Inner>);

pub(crate) struct Inner {
    pub(crate) sql: Statements,
    pub(crate) waker: Waker,
    pub(crate) alarm: Alarm,
    pub(crate) inserts: Inserts,
    /// Claims one after the other that found everything held by others.
    pub(crate) contended: AtomicU32,
    pub(crate) outbox: Outbox,
    pub(crate) env: Env,
    /// Tells this process's notifications from those of others.
    pub(crate) origin: String,
    pub(crate) options: PostgresOptions,
    pool: Pool,
    beats: Pool,
    pooled: bool,
}

impl PostgresStore {
    /// Connects, checks that the server keeps what it acknowledges, and brings the schema up to date unless the options say
    /// otherwise.
    ///
    /// # Errors
    /// [`OpenError`] says what can't be; a schema of a later version is left as it is.
    ///
    /// # Cancel safety
    /// Dropped, it leaves a schema that is as it was or up to date.
    pub async fn open(options: PostgresOptions) -> std::result::Result<Self, OpenError> {
        let schema = Schema::new(&options.schema)?;
        let mut connection = connect(&options).await?;
        in_time(&options, check::server(&mut connection, &options)).await?;
        if options.migrate {
            let done = migrate::migrate(&mut connection, &schema).await?;
            if !done.is_empty() {
                tracing::info!(schema = schema.as_str(), steps = ?done.steps(), "migrated the schema");
            }
        } else {
            migrate::check(&mut connection, &schema).await?;
        }
        drop(connection);
        let (waker, env) = (Waker::new(), Env::system());
        let inner = Inner {
            sql: Statements::new(&schema, !options.pooled),
            alarm: Alarm::new(waker.clone()),
            waker,
            inserts: Inserts::default(),
            contended: AtomicU32::new(0),
            outbox: Outbox::default(),
            origin: env.worker_id().to_string(),
            env,
            pool: pool::pool(
                options.connection(),
                options.max_connections,
                options.acquire_timeout,
            ),
            beats: pool::pool(options.connection(), BEAT_CONNECTIONS, options.acquire_timeout),
            pooled: options.pooled,
            options,
        };
        if !inner.pooled {
            in_time(&inner.options, check::pooler(&inner.pool)).await?;
        }
        tracing::debug!(options = ?inner.options, "opened the store");
        Ok(Self(Arc::new(inner)))
    }

    /// What [`migrate`](Self::migrate) would run. Prints as SQL.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    ///
    /// # Cancel safety
    /// Safe to drop.
    pub async fn plan(options: &PostgresOptions) -> std::result::Result<Plan, OpenError> {
        let schema = Schema::new(&options.schema)?;
        migrate::plan(&mut connect(options).await?, &schema).await
    }

    /// Brings the schema up to date, in one transaction, while other processes that do the same wait. Returns what was done.
    ///
    /// # Errors
    /// As for [`open`](Self::open).
    ///
    /// # Cancel safety
    /// Dropped, it leaves a schema that is as it was or up to date.
    pub async fn migrate(options: &PostgresOptions) -> std::result::Result<Plan, OpenError> {
        let schema = Schema::new(&options.schema)?;
        migrate::migrate(&mut connect(options).await?, &schema).await
    }

    /// Closes the connections. Later calls of any handle are answered with
    /// [`Stopped`](leyline_core::store::Error::Stopped); those under way come to their end. A [`Feed`](crate::Feed) has a
    /// connection of its own, and ends by its own token.
    ///
    /// # Cancel safety
    /// Nothing is waited for.
    #[expect(clippy::unused_async, reason = "the sister store waits here; so may this one")]
    pub async fn close(&self) {
        self.0.pool.close();
        self.0.beats.close();
    }
}

impl Inner {
    /// A statement that changes nothing.
    pub(crate) async fn read(&self, sql: Sql<'_>) -> Result<Vec<PgRow>> {
        self.run(sql, Phase::Before).await
    }

    /// A statement that changes something, and is a transaction of its own.
    pub(crate) async fn change(&self, sql: Sql<'_>) -> Result<Vec<PgRow>> {
        self.run(sql, Phase::Commit).await
    }

    async fn run(&self, sql: Sql<'_>, phase: Phase) -> Result<Vec<PgRow>> {
        let run = async { self.session().await?.run(sql, phase, self.pooled).await };
        self.within(phase, run).await
    }

    /// A call whose answer is not waited for without end.
    pub(crate) async fn within<T>(&self, phase: Phase, call: impl Future<Output = Result<T>>) -> Result<T> {
        let answer = tokio::time::timeout(self.options.call_timeout, call).await;
        answer.unwrap_or_else(|elapsed| Err(error::lost(elapsed, phase)))
    }

    /// A connection for several statements.
    pub(crate) async fn session(&self) -> Result<Session> {
        Session::of(&self.pool).await
    }

    /// A connection that only beats use.
    pub(crate) async fn beat_session(&self) -> Result<Session> {
        Session::of(&self.beats).await
    }

    /// Wakes the workers of this process when these tasks can be claimed.
    pub(crate) fn wake_for<'a>(&self, tasks: impl IntoIterator<Item = &'a Task>) {
        let mut waits = BTreeSet::new();
        for task in tasks.into_iter().filter(|task| task.status == Status::Pending) {
            // Both times are the store's, so their distance is that of any clock.
            let wait = Duration::try_from(task.run_at.duration_since(task.updated_at)).unwrap_or_default();
            waits.insert(wait);
        }
        for wait in waits {
            self.alarm.wake_in(wait);
        }
    }
}

async fn connect(options: &PostgresOptions) -> std::result::Result<PgConnection, OpenError> {
    let connecting = options.connection();
    let connected = tokio::time::timeout(options.acquire_timeout, connecting.connect()).await;
    match connected {
        Ok(Ok(connection)) => Ok(connection),
        Ok(Err(error)) => Err(OpenError::Connect {
            reason: error::reason(&error),
        }),
        Err(_) => Err(OpenError::Connect {
            reason: "it did not answer in time".to_owned(),
        }),
    }
}

/// What a server that has fallen silent must not hold up.
async fn in_time<T>(
    options: &PostgresOptions,
    look: impl Future<Output = std::result::Result<T, OpenError>>,
) -> std::result::Result<T, OpenError> {
    let looked = tokio::time::timeout(options.call_timeout, look).await;
    looked.unwrap_or_else(|_| {
        Err(OpenError::Connect {
            reason: "it has fallen silent".to_owned(),
        })
    })
}

impl fmt::Debug for PostgresStore {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("PostgresStore").field(&self.0.options).finish()
    }
}

//! A server of one's own with the settings it comes with, or one that is told; each measurement has a schema of its own there.

use leyline_store_postgres::sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use leyline_store_postgres::sqlx::{self, AssertSqlSafe, ConnectOptions as _, Executor as _};
use leyline_store_postgres::{PostgresOptions, PostgresStore};
use test_servers::Postgres;

use crate::Result;

/// Connections for calls: as many as the raw limit has.
pub(crate) const CONNECTIONS: u32 = 2;

/// A server that ends with its handle, unless it was there before.
pub(crate) struct Server {
    url: String,
    own: Option<Postgres>,
}

impl Server {
    /// The server at `url`, or a new one that keeps what it acknowledges.
    pub(crate) fn start(url: Option<&str>) -> Result<Self> {
        if let Some(url) = url {
            return Ok(Self {
                url: url.to_owned(),
                own: None,
            });
        }
        let options = test_servers::PostgresOptions::default().durable();
        let own = Postgres::start(options).ok_or("PostgreSQL is not installed")?;
        Ok(Self {
            url: own.url("postgres"),
            own: Some(own),
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// What it has logged, where it is our own.
    pub(crate) fn log(&self) -> Result<String> {
        let own = self
            .own
            .as_ref()
            .ok_or("only a server of its own shows its log")?;
        Ok(own.log())
    }

    /// A store in an empty schema.
    pub(crate) async fn store(&self, schema: &str) -> Result<PostgresStore> {
        self.execute(&format!("DROP SCHEMA IF EXISTS {schema} CASCADE"))
            .await?;
        self.store_over(schema, CONNECTIONS).await
    }

    /// A store over what is there.
    pub(crate) async fn store_over(&self, schema: &str, connections: u32) -> Result<PostgresStore> {
        let mut options = PostgresOptions::url(&self.url)?;
        schema.clone_into(&mut options.schema);
        options.max_connections = connections;
        Ok(PostgresStore::open(options).await?)
    }

    pub(crate) async fn connect(&self) -> Result<PgConnection> {
        let options: PgConnectOptions = self.url.parse()?;
        Ok(options.disable_statement_logging().connect().await?)
    }

    /// Runs statements, each for itself, as an operator would.
    pub(crate) async fn execute(&self, sql: &str) -> Result {
        let mut connection = self.connect().await?;
        for statement in sql.split(';').filter(|statement| !statement.trim().is_empty()) {
            connection
                .execute(sqlx::raw_sql(AssertSqlSafe(statement.to_owned())))
                .await?;
        }
        Ok(())
    }

    /// The one row of a statement.
    pub(crate) async fn row(&self, sql: &str) -> Result<PgRow> {
        let mut connection = self.connect().await?;
        Ok(sqlx::query(AssertSqlSafe(sql.to_owned()))
            .fetch_one(&mut connection)
            .await?)
    }
}

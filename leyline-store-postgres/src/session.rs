//! One connection while a call uses it.

use leyline_core::store::Result;
use sqlx::postgres::{PgArguments, PgConnection, PgRow, Postgres};
use sqlx::query::Query;
use sqlx::{Executor as _, raw_sql};

use crate::error::{self, Phase};
use crate::pool::{Connection, Pool};

pub(crate) type Sql<'q> = Query<'q, Postgres, PgArguments>;

/// Whoever falls silent between a statement and its COMMIT does not keep its locks: nobody else could rescue what they are on.
const BEGIN: &str =
    "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL idle_in_transaction_session_timeout = '5s'";

/// A connection on loan. Whoever drops it amid a statement has closed it: what the server still says is nobody's answer.
pub(crate) struct Session {
    connection: Option<Connection>,
    /// Every answer has been read, and no transaction is open.
    clean: bool,
}

impl Session {
    /// A free connection, or a new one.
    pub(crate) async fn of(pool: &Pool) -> Result<Self> {
        let connection = Box::pin(pool.get()).await.map_err(error::of_pool)?;
        Ok(Self {
            connection: Some(connection),
            clean: true,
        })
    }

    fn connection(&mut self) -> &mut PgConnection {
        self.connection
            .as_mut()
            .expect("the connection is there until the session is dropped")
    }

    /// One statement that is a transaction of its own. With `pooled` the transaction is spelled out, so that a pooler keeps
    /// the statement and what prepares it together.
    pub(crate) async fn run(&mut self, sql: Sql<'_>, phase: Phase, pooled: bool) -> Result<Vec<PgRow>> {
        if !pooled {
            return self.fetch(sql, phase, true).await;
        }
        self.command(BEGIN, Phase::Before).await?;
        let mut transaction = Transaction(self);
        let rows = transaction.run(sql).await?;
        transaction.commit(phase).await?;
        Ok(rows)
    }

    /// Begins a transaction of several statements, each of which sees what is committed when it begins.
    pub(crate) async fn begin(&mut self) -> Result<Transaction<'_>> {
        self.command(BEGIN, Phase::Before).await?;
        Ok(Transaction(self))
    }

    /// Ends a transaction in which the server has refused a statement: everything it had locked is free.
    pub(crate) async fn roll_back(&mut self) -> Result<()> {
        self.command("ROLLBACK", Phase::Before).await?;
        self.clean = true;
        Ok(())
    }

    /// Runs a statement; afterwards the session is as clean as `clean` says, if the server has answered.
    async fn fetch(&mut self, sql: Sql<'_>, phase: Phase, clean: bool) -> Result<Vec<PgRow>> {
        self.clean = false;
        let answer = sql.fetch_all(self.connection()).await;
        self.settle(answer, phase, clean)
    }

    async fn command(&mut self, text: &'static str, phase: Phase) -> Result<()> {
        self.clean = false;
        let answer = self.connection().execute(raw_sql(text)).await;
        self.settle(answer.map(|_| ()), phase, false)
    }

    fn settle<T>(&mut self, answer: sqlx::Result<T>, phase: Phase, clean: bool) -> Result<T> {
        match answer {
            Ok(value) => {
                self.clean = clean;
                Ok(value)
            }
            Err(error) => {
                // After a refusal the connection is as good as before; within a transaction it is given up.
                self.clean = clean && error::is_refusal(&error);
                Err(error::of(error, phase))
            }
        }
    }
}

impl Drop for Session {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && !self.clean
        {
            // Closes the socket; the pool makes another when it needs one.
            drop(Connection::take(connection));
        }
    }
}

/// A transaction. Dropped before its end, it is rolled back with its connection.
pub(crate) struct Transaction<'a>(&'a mut Session);

impl Transaction<'_> {
    /// One of its statements: nothing is committed yet, so whatever fails here has changed nothing.
    pub(crate) async fn run(&mut self, sql: Sql<'_>) -> Result<Vec<PgRow>> {
        self.0.fetch(sql, Phase::Before, false).await
    }

    pub(crate) async fn commit(self, phase: Phase) -> Result<()> {
        self.0.command("COMMIT", phase).await?;
        self.0.clean = true;
        Ok(())
    }
}

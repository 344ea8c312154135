//! Insert within a transaction of the caller's own.

use leyline_core::Prepared;
use leyline_core::store::{Error, Inserted, Result};
use leyline_core::transition;
use sqlx::postgres::PgConnection;

use crate::PostgresStore;
use crate::error::{self, Phase};
use crate::verb::{insert, there};

impl PostgresStore {
    /// Inserts a task in a transaction that the caller began on a connection of its own to the same database, and commits
    /// together with rows of its own. Nobody sees the task before; afterwards call
    /// [`Leyline::announce`](leyline_core::Leyline::announce), so that it is begun at once.
    ///
    /// Idempotent as [`insert`](leyline_core::TaskStore::insert) is: where the id or the owner's key is taken, the task that
    /// is there is the answer. An insert of the same key elsewhere waits for this transaction for a second, and is then told
    /// to come again; so commit soon.
    ///
    /// The commit is as durable as the caller's session makes it: with `synchronous_commit` off it may be lost in a crash.
    ///
    /// ```no_run
    /// # use leyline_core::{Leyline, NewTask};
    /// # use leyline_store_postgres::{PostgresStore, sqlx};
    /// # async fn order(
    /// #     leyline: &Leyline, store: &PostgresStore, pool: &sqlx::PgPool, task: NewTask,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// let prepared = leyline.prepare(task)?;
    /// let mut transaction = pool.begin().await?;
    /// sqlx::query("INSERT INTO orders (task) VALUES ($1::uuid)")
    ///     .bind(prepared.id().to_string())
    ///     .execute(&mut *transaction)
    ///     .await?;
    /// store.insert_in(&mut transaction, &prepared).await?;
    /// transaction.commit().await?;
    /// leyline.announce(&prepared).await;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`IdempotencyConflict`](Error::IdempotencyConflict) leaves the transaction as it was. After any other error PostgreSQL
    /// takes nothing but a rollback; if [`is_retryable`](Error::is_retryable), all of it may be tried again.
    ///
    /// # Cancel safety
    /// A dropped call may or may not have inserted the task within the transaction: roll it back.
    pub async fn insert_in(&self, transaction: &mut PgConnection, prepared: &Prepared) -> Result<Inserted> {
        let failed = |error| error::of(error, Phase::Before);
        let task = prepared.task();
        for _ in 0..insert::LOOKS {
            let sql = insert::statement(&self.0, std::iter::once(task), None).map_err(failed)?;
            let rows = sql.fetch_all(&mut *transaction).await.map_err(failed)?;
            if let Some(now) = insert::written(&rows).map_err(failed)?.remove(&task.id) {
                let task = transition::insert(task, now);
                return Ok(Inserted { task, existed: false });
            }
            let sql = there::statement(&self.0, &[task]);
            let rows = sql.fetch_all(&mut *transaction).await.map_err(failed)?;
            let mut found = there::answers(&rows, &[task]).map_err(failed)?;
            if let Some(answer) = found.pop().flatten() {
                return answer;
            }
        }
        Err(Error::unavailable("the task that has the key comes and goes"))
    }
}

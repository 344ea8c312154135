//! The raw limit: an expert's jobs table and the statements on it, over the same driver with the same durability.

use leyline_core::{Env, NewTask};
use leyline_store_postgres::sqlx::encode::IsNull;
use leyline_store_postgres::sqlx::error::BoxDynError;
use leyline_store_postgres::sqlx::postgres::types::Oid;
use leyline_store_postgres::sqlx::postgres::{
    PgArgumentBuffer, PgConnection, PgHasArrayType, PgTypeInfo, PgValueRef, Postgres,
};
use leyline_store_postgres::sqlx::{Decode, Encode, Row as _, Type, query};

use super::Server;
use crate::Result;

/// One of its connections.
pub(crate) struct Raw {
    connection: PgConnection,
    worker: Uuid,
}

/// A claimed job.
pub(crate) struct Job {
    pub(crate) id: Uuid,
    pub(crate) revision: i64,
    pub(crate) params: String,
}

/// What the table can be asked for quickly.
#[derive(Clone, Copy)]
pub(crate) enum Indexes {
    /// The id, the key, and what can be claimed.
    Few,
    /// Also one owner's and one kind's tasks, what a dead worker held, and what ended when: all that LeyLine answers.
    Same,
}

impl Raw {
    /// An empty table.
    pub(crate) async fn create(server: &Server, indexes: Indexes) -> Result {
        server.execute(include_str!("scripts/schema.sql")).await?;
        match indexes {
            Indexes::Few => Ok(()),
            Indexes::Same => server.execute(include_str!("scripts/indexes.sql")).await,
        }
    }

    pub(crate) async fn connect(server: &Server) -> Result<Self> {
        Ok(Self {
            connection: server.connect().await?,
            worker: Uuid(*Env::system().worker_id().as_bytes()),
        })
    }

    /// Says how many there were not before.
    pub(crate) async fn insert(&mut self, tasks: &[NewTask]) -> Result<usize> {
        let column = |of: fn(&NewTask) -> &str| tasks.iter().map(of).collect::<Vec<_>>();
        let rows = query(include_str!("sql/insert.sql"))
            .bind(
                tasks
                    .iter()
                    .map(|task| Uuid(*task.id.as_bytes()))
                    .collect::<Vec<_>>(),
            )
            .bind(column(|task| task.kind.as_str()))
            .bind(column(|task| &task.owner))
            .bind(
                tasks
                    .iter()
                    .map(|task| i16::from(task.priority))
                    .collect::<Vec<_>>(),
            )
            .bind(
                tasks
                    .iter()
                    .map(|task| task.max_attempts.cast_signed())
                    .collect::<Vec<_>>(),
            )
            .bind(column(|task| task.params.as_str()))
            .bind(
                tasks
                    .iter()
                    .map(|task| task.idempotency_key.as_deref())
                    .collect::<Vec<_>>(),
            )
            .bind(digests(tasks))
            .fetch_all(&mut self.connection)
            .await?;
        Ok(rows.len())
    }

    pub(crate) async fn claim(&mut self, kind: &str, limit: usize) -> Result<Vec<Job>> {
        let rows = query(include_str!("sql/claim.sql"))
            .bind(self.worker)
            .bind(kind)
            .bind(limit as i64)
            .fetch_all(&mut self.connection)
            .await?;
        let job = |row| -> Result<Job> {
            let row: &leyline_store_postgres::sqlx::postgres::PgRow = row;
            Ok(Job {
                id: row.try_get(0)?,
                revision: row.try_get(1)?,
                params: row.try_get(2)?,
            })
        };
        rows.iter().map(job).collect()
    }

    /// Says for how many the fence held.
    pub(crate) async fn finish(&mut self, ends: &[(String, Job)]) -> Result<usize> {
        let rows = query(include_str!("sql/finish.sql"))
            .bind(ends.iter().map(|(_, job)| job.id).collect::<Vec<_>>())
            .bind(ends.iter().map(|(_, job)| job.revision).collect::<Vec<_>>())
            .bind(ends.iter().map(|(output, _)| output.as_str()).collect::<Vec<_>>())
            .bind(self.worker)
            .fetch_all(&mut self.connection)
            .await?;
        Ok(rows.len())
    }
}

fn digests(tasks: &[NewTask]) -> Vec<Vec<u8>> {
    tasks
        .iter()
        .map(|task| task.request_digest().as_bytes().to_vec())
        .collect()
}

/// A `uuid`, which the driver knows only with a feature that the rest of the workspace must not have.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Uuid([u8; 16]);

impl Type<Postgres> for Uuid {
    fn type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(2950))
    }
}

impl PgHasArrayType for Uuid {
    fn array_type_info() -> PgTypeInfo {
        PgTypeInfo::with_oid(Oid(2951))
    }
}

impl Encode<'_, Postgres> for Uuid {
    fn encode_by_ref(&self, buf: &mut PgArgumentBuffer) -> std::result::Result<IsNull, BoxDynError> {
        buf.extend_from_slice(&self.0);
        Ok(IsNull::No)
    }
}

impl Decode<'_, Postgres> for Uuid {
    fn decode(value: PgValueRef<'_>) -> std::result::Result<Self, BoxDynError> {
        Ok(Self(value.as_bytes()?.try_into()?))
    }
}

//! Workers: all incarnations that have a row.

use leyline_core::store::{Result, WorkerRow};
use sqlx::postgres::PgRow;
use sqlx::postgres::types::PgInterval;

use crate::error::{self, Phase};
use crate::row::Cells;
use crate::store::Inner;
use crate::value;

pub(crate) async fn workers(inner: &Inner) -> Result<Vec<WorkerRow>> {
    let rows = inner.read(inner.sql.query(&inner.sql.workers)).await?;
    let workers: sqlx::Result<_> = rows.iter().map(worker).collect();
    workers.map_err(|error| error::of(error, Phase::Before))
}

fn worker(row: &PgRow) -> sqlx::Result<WorkerRow> {
    let mut cells = Cells::of(row);
    Ok(WorkerRow {
        worker: cells.worker_id()?,
        counter: cells.number()?,
        period: value::span(&cells.read::<PgInterval>()?),
        started_at: cells.time()?,
        beat_at: cells.time()?,
        running: u32::try_from(cells.number()?).unwrap_or(u32::MAX),
    })
}

//! Workers: all incarnations that have a row, and what they run.

use leyline_core::TaskId;
use leyline_core::store::{Result, RunningTask, WorkerRow};
use sqlx::postgres::PgRow;
use sqlx::postgres::types::PgInterval;

use crate::error::{self, Phase};
use crate::row::Cells;
use crate::store::Inner;
use crate::value::{self, Uuid};

pub(crate) async fn workers(inner: &Inner, shown: u32) -> Result<Vec<WorkerRow>> {
    let sql = inner.sql.query(&inner.sql.workers).bind(i64::from(shown));
    let rows = inner.read(sql).await?;
    gather(&rows).map_err(|error| error::of(error, Phase::Before))
}

/// A worker's rows stand one after the other, one for each of its tasks.
fn gather(rows: &[PgRow]) -> sqlx::Result<Vec<WorkerRow>> {
    let mut workers = Vec::<WorkerRow>::new();
    for row in rows {
        let mut cells = Cells::of(row);
        let worker = worker(&mut cells)?;
        if workers.last().is_none_or(|last| last.worker != worker.worker) {
            workers.push(worker);
        }
        if let (Some(last), Some(task)) = (workers.last_mut(), running(&mut cells)?) {
            last.tasks.push(task);
        }
    }
    Ok(workers)
}

fn worker(cells: &mut Cells<'_>) -> sqlx::Result<WorkerRow> {
    Ok(WorkerRow {
        worker: cells.worker_id()?,
        counter: cells.number()?,
        period: value::span(&cells.read::<PgInterval>()?),
        started_at: cells.time()?,
        beat_at: cells.time()?,
        running: u32::try_from(cells.number()?).unwrap_or(u32::MAX),
        tasks: Vec::new(),
    })
}

fn running(cells: &mut Cells<'_>) -> sqlx::Result<Option<RunningTask>> {
    let Some(id) = cells.read::<Option<Uuid>>()? else {
        return Ok(None);
    };
    Ok(Some(RunningTask {
        id: TaskId::from_bytes(id.0),
        kind: cells.kind()?,
        since: cells.time()?,
    }))
}

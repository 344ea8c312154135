//! Workers: their rows, in id order, and what they run.

use std::time::Duration;

use leyline_core::store::{RunningTask, WorkerRow};
use leyline_core::{TaskId, WorkerId};
use rusqlite::{Row, params};

use super::{Tx, Verb};
use crate::row::{Micros, Name};

pub(crate) struct Workers {
    /// At most so many tasks of each worker.
    pub(crate) shown: u32,
}

impl Verb for Workers {
    type Answer = Vec<WorkerRow>;
    const NAME: &'static str = "workers";

    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<Self::Answer> {
        let mut workers: Vec<WorkerRow> = tx
            .prepare(include_str!("../sql/workers.sql"))?
            .query_map([], worker)?
            .collect::<rusqlite::Result<_>>()?;
        if self.shown > 0 {
            for worker in workers.iter_mut().filter(|worker| worker.running > 0) {
                worker.tasks = running(tx, worker.worker, self.shown)?;
            }
        }
        Ok(workers)
    }
}

fn worker(row: &Row<'_>) -> rusqlite::Result<WorkerRow> {
    Ok(WorkerRow {
        worker: WorkerId::from_bytes(row.get(0)?),
        counter: row.get::<_, i64>(1)?.cast_unsigned(),
        period: Duration::from_micros(row.get::<_, i64>(2)?.cast_unsigned()),
        started_at: row.get::<_, Micros>(3)?.0,
        beat_at: row.get::<_, Micros>(4)?.0,
        running: row.get(5)?,
        tasks: Vec::new(),
    })
}

fn running(tx: &Tx<'_>, worker: WorkerId, shown: u32) -> rusqlite::Result<Vec<RunningTask>> {
    tx.prepare(include_str!("../sql/workers_running.sql"))?
        .query_map(params![worker.as_bytes(), shown], |row| {
            Ok(RunningTask {
                id: TaskId::from_bytes(row.get(0)?),
                kind: row.get::<_, Name>(1)?.0,
                since: row.get::<_, Micros>(2)?.0,
            })
        })?
        .collect()
}

//! Workers: their rows, in id order.

use std::time::Duration;

use leyline_core::WorkerId;
use leyline_core::store::WorkerRow;

use super::{Tx, Verb};
use crate::row::Micros;

pub(crate) struct Workers;

impl Verb for Workers {
    type Answer = Vec<WorkerRow>;
    const NAME: &'static str = "workers";

    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<Self::Answer> {
        tx.prepare(include_str!("../sql/workers.sql"))?
            .query_map([], |row| {
                Ok(WorkerRow {
                    worker: WorkerId::from_bytes(row.get(0)?),
                    counter: row.get::<_, i64>(1)?.cast_unsigned(),
                    period: Duration::from_micros(row.get::<_, i64>(2)?.cast_unsigned()),
                    started_at: row.get::<_, Micros>(3)?.0,
                    beat_at: row.get::<_, Micros>(4)?.0,
                    running: row.get(5)?,
                })
            })?
            .collect()
    }
}

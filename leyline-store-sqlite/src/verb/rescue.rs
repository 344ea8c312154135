//! Rescue: rows of dead workers go, and tasks whose worker has no row are freed.

use leyline_core::WorkerId;
use leyline_core::store::{Dead, Rescue, Rescued};
use leyline_core::transition::{Change, apply};
use leyline_core::{Status, Task};
use rusqlite::params;

use super::{Tx, Verb, finish, get, operate};
use crate::row;

pub(crate) struct Free(pub(crate) Rescue);

/// What a rescue did.
pub(crate) struct Freed {
    pub(crate) rescued: Rescued,
    /// Those of the dead that have no row now.
    pub(crate) buried: Vec<WorkerId>,
}

impl Verb for Free {
    type Answer = Freed;
    const NAME: &'static str = "rescue";

    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<Self::Answer> {
        let rescue = &self.0;
        let mut buried = Vec::new();
        for dead in &rescue.dead {
            if bury(tx, *dead)? {
                buried.push(dead.worker);
            }
        }
        let orphans = orphans(tx, rescue.limit)?;
        let more = orphans.len() == rescue.limit as usize;
        let tasks = orphans
            .into_iter()
            .map(|seq| free(tx, seq, rescue.max_rescues))
            .collect::<rusqlite::Result<_>>()?;
        let rescued = Rescued { tasks, more };
        Ok(Freed { rescued, buried })
    }
}

/// Removes the worker's row unless it has beaten since; whether it has none now.
fn bury(tx: &Tx<'_>, dead: Dead) -> rusqlite::Result<bool> {
    let worker = dead.worker.as_bytes();
    tx.prepare(include_str!("../sql/rescue_bury.sql"))?
        .execute(params![worker, row::ordered(dead.counter)])?;
    let exists = tx.prepare(include_str!("../sql/worker.sql"))?.exists([worker])?;
    Ok(!exists)
}

/// The first processing tasks, in id order, whose worker has no row.
fn orphans(tx: &Tx<'_>, limit: u32) -> rusqlite::Result<Vec<i64>> {
    let holders: Vec<[u8; 16]> = tx
        .prepare(include_str!("../sql/rescue_orphaned.sql"))?
        .query_map([], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    let mut orphans = Vec::<([u8; 16], i64)>::new();
    let mut held = tx.prepare(include_str!("../sql/rescue_held.sql"))?;
    for holder in holders {
        let rows = held.query_map(params![holder, limit], |row| Ok((row.get(0)?, row.get(1)?)))?;
        for orphan in rows {
            orphans.push(orphan?);
        }
    }
    orphans.sort_unstable();
    orphans.truncate(limit as usize);
    Ok(orphans.into_iter().map(|(_, seq)| seq).collect())
}

fn free(tx: &Tx<'_>, seq: i64, max_rescues: u32) -> rusqlite::Result<Task> {
    let mut task = get::by_seq(tx, seq)?;
    apply(&mut task, Change::Rescue { max_rescues }, tx.now());
    let written = tx.prepare(include_str!("../sql/rescue.sql"))?.execute(params![
        seq,
        task.status.code(),
        task.attempt,
        task.rescues,
        task.failure.as_ref().map(row::json).transpose()?,
        task.finished_at.map(row::micros),
        row::micros(task.updated_at),
    ])?;
    operate::exactly_one(written)?;
    if task.status == Status::Failed {
        finish::remember(tx, seq, &task)?;
    }
    tx.wrote(&task);
    Ok(task)
}

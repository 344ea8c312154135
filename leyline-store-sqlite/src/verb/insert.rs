//! Insert: idempotent on the id, and on (owner, key).

use leyline_core::store::{Error, Inserted, Result};
use leyline_core::{NewTask, Task, transition};
use rusqlite::{CachedStatement, OptionalExtension as _, params};

use super::{Tx, Verb};
use crate::row;

pub(crate) struct Insert(pub(crate) Vec<NewTask>);

impl Verb for Insert {
    type Answer = Vec<Result<Inserted>>;
    const NAME: &'static str = "insert";

    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<Self::Answer> {
        insert(tx, &self.0)
    }

    fn bytes(&self) -> usize {
        self.0.iter().map(|new| 512 + new.params.as_str().len()).sum()
    }
}

/// Inserts tasks in a transaction, be it the writer's or a caller's. One item for each, in order.
pub(crate) fn insert(tx: &Tx<'_>, tasks: &[NewTask]) -> rusqlite::Result<Vec<Result<Inserted>>> {
    let mut write = Write {
        task: tx.prepare(include_str!("../sql/insert.sql"))?,
        detail: tx.prepare(include_str!("../sql/insert_detail.sql"))?,
    };
    tasks.iter().map(|new| insert_one(tx, &mut write, new)).collect()
}

fn insert_one(tx: &Tx<'_>, write: &mut Write<'_>, new: &NewTask) -> rusqlite::Result<Result<Inserted>> {
    if let Err(invalid) = new.validate() {
        return Ok(Err(invalid.into()));
    }
    let task = transition::insert(new, tx.now());
    if !write.write(&task)? {
        return there(tx, &task);
    }
    tx.wrote(&task);
    Ok(Ok(Inserted { task, existed: false }))
}

/// The statements of a batch.
struct Write<'a> {
    task: CachedStatement<'a>,
    detail: CachedStatement<'a>,
}

impl Write<'_> {
    /// Writes the row; false where the id or the key is taken.
    fn write(&mut self, task: &Task) -> rusqlite::Result<bool> {
        let written = self.task.execute(params![
            task.id.as_bytes(),
            task.kind.as_str(),
            task.owner,
            task.status.code(),
            row::ordered(task.revision),
            task.attempt,
            task.max_attempts,
            task.rescues,
            task.priority,
            row::micros(task.run_at),
            row::ordered(task.progress.tick),
            task.idempotency_key,
            row::micros(task.created_at),
            row::micros(task.updated_at),
        ])?;
        if written == 0 {
            return Ok(false);
        }
        self.detail.execute(params![
            task.params.as_str(),
            task.input.as_ref().map(row::json).transpose()?,
            task.request_digest.as_bytes(),
            task.trace_context,
        ])?;
        Ok(true)
    }
}

/// The task that has the id or, if none, the key.
fn there(tx: &Tx<'_>, new: &Task) -> rusqlite::Result<Result<Inserted>> {
    let by_id = tx
        .prepare(include_str!("../sql/get.sql"))?
        .query_row([new.id.as_bytes()], row::task)
        .optional()?;
    let task = match by_id {
        Some(task) => task,
        None => tx
            .prepare(include_str!("../sql/get_by_key.sql"))?
            .query_row(params![new.owner, new.idempotency_key], row::task)?,
    };
    Ok(if task.request_digest == new.request_digest {
        Ok(Inserted { task, existed: true })
    } else {
        Err(Error::IdempotencyConflict { id: task.id })
    })
}

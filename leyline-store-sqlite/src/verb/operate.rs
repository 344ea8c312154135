//! Cancel, requeue and delete: what is done to a task from outside, by its id and perhaps its revision.

use leyline_core::status::{Step, Verb as Change, step};
use leyline_core::store::{Error, Result};
use leyline_core::transition::{self, apply};
use leyline_core::{Task, TaskId};
use rusqlite::{OptionalExtension as _, params};

use super::{Tx, Verb};
use crate::row;

pub(crate) struct Cancel(pub(crate) TaskId, pub(crate) Option<u64>);
pub(crate) struct Requeue(pub(crate) TaskId, pub(crate) Option<u64>);
pub(crate) struct Delete(pub(crate) TaskId, pub(crate) Option<u64>);

impl Verb for Cancel {
    type Answer = Result<Task>;
    const NAME: &'static str = "cancel";

    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<Self::Answer> {
        change(tx, self.0, self.1, transition::Change::Cancel, |task, seq| {
            tx.prepare(include_str!("../sql/cancel.sql"))?
                .execute(params![seq, row::micros(task.updated_at)])
        })
    }
}

impl Verb for Requeue {
    type Answer = Result<Task>;
    const NAME: &'static str = "requeue";

    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<Self::Answer> {
        change(tx, self.0, self.1, transition::Change::Requeue, |task, seq| {
            tx.prepare(include_str!("../sql/requeue_detail.sql"))?
                .execute([seq])?;
            tx.prepare(include_str!("../sql/requeue.sql"))?
                .execute(params![seq, row::micros(task.updated_at)])
        })
    }
}

impl Verb for Delete {
    type Answer = Result<Task>;
    const NAME: &'static str = "delete";

    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<Self::Answer> {
        let (task, seq) = match find(tx, self.0, self.1)? {
            Ok(found) => found,
            Err(refused) => return Ok(Err(refused)),
        };
        if step(task.status, Change::Delete) != Step::Gone {
            return Ok(Err(wrong_status(task)));
        }
        remove(tx, seq)?;
        Ok(Ok(task))
    }
}

/// Removes a row with all that hangs on it.
pub(super) fn remove(tx: &Tx<'_>, seq: i64) -> rusqlite::Result<()> {
    let removed = tx.prepare(include_str!("../sql/delete.sql"))?.execute([seq])?;
    exactly_one(removed)
}

/// Applies a change to the task, and writes it with `write`, which says how many rows it wrote.
fn change(
    tx: &Tx<'_>,
    id: TaskId,
    expected: Option<u64>,
    change: transition::Change,
    write: impl FnOnce(&Task, i64) -> rusqlite::Result<usize>,
) -> rusqlite::Result<Result<Task>> {
    let (mut task, seq) = match find(tx, id, expected)? {
        Ok(found) => found,
        Err(refused) => return Ok(Err(refused)),
    };
    match apply(&mut task, change, tx.now()) {
        Step::To(_) => exactly_one(write(&task, seq)?)?,
        Step::Same => {}
        Step::Gone | Step::Refused => return Ok(Err(wrong_status(task))),
    }
    tx.wrote(&task);
    Ok(Ok(task))
}

/// The task at the revision that the caller expects. Looked at before the status: whoever sends a verb again learns first
/// that something has happened.
fn find(tx: &Tx<'_>, id: TaskId, expected: Option<u64>) -> rusqlite::Result<Result<(Task, i64)>> {
    let found = tx
        .prepare(include_str!("../sql/get.sql"))?
        .query_row([id.as_bytes()], row::task_and_seq)
        .optional()?;
    Ok(match found {
        None => Err(Error::NotFound { id }),
        Some((task, _)) if expected.is_some_and(|revision| revision != task.revision) => {
            Err(Error::WrongRevision { task: Box::new(task) })
        }
        Some(found) => Ok(found),
    })
}

fn wrong_status(task: Task) -> Error {
    Error::WrongStatus { task: Box::new(task) }
}

/// The row was read in this transaction, so a write that misses it is a defect: better an error than a silent half.
pub(super) fn exactly_one(written: usize) -> rusqlite::Result<()> {
    match written {
        1 => Ok(()),
        other => Err(rusqlite::Error::StatementChangedRows(other)),
    }
}

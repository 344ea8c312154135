//! Cancel, requeue and delete: what is done to a task from outside, by its id and perhaps its revision.

use std::sync::Arc;

use leyline_core::status::{Step, Verb, step};
use leyline_core::store::{Error, Result};
use leyline_core::{Task, TaskId};

use super::get;
use crate::error::{self, Phase};
use crate::row;
use crate::store::Inner;
use crate::value::{self, Uuid};

/// How often a task may change between a refusal and the look at why.
const LOOKS: usize = 8;

pub(crate) async fn cancel(inner: &Inner, id: TaskId, expected: Option<u64>) -> Result<Task> {
    operate(inner, &inner.sql.cancel, Verb::Cancel, id, expected).await
}

pub(crate) async fn requeue(inner: &Inner, id: TaskId, expected: Option<u64>) -> Result<Task> {
    let task = operate(inner, &inner.sql.requeue, Verb::Requeue, id, expected).await?;
    inner.wake_for([&task]);
    Ok(task)
}

pub(crate) async fn delete(inner: &Inner, id: TaskId, expected: Option<u64>) -> Result<Task> {
    operate(inner, &inner.sql.delete, Verb::Delete, id, expected).await
}

/// The statement changes the task if its status and revision allow it. If it did not, the row says why; and if the row says
/// that it should have, it has changed in between.
async fn operate(
    inner: &Inner,
    text: &Arc<str>,
    verb: Verb,
    id: TaskId,
    expected: Option<u64>,
) -> Result<Task> {
    for _ in 0..LOOKS {
        let sql = inner
            .sql
            .query(text)
            .bind(Uuid(*id.as_bytes()))
            .bind(expected.map(value::ordered));
        let rows = inner.change(sql).await?;
        if let Some(row) = rows.first() {
            return row::task(row, 0).map_err(|error| error::of(error, Phase::Commit));
        }
        let task = get::get(inner, id).await?.ok_or(Error::NotFound { id })?;
        if expected.is_some_and(|expected| expected != task.revision) {
            return Err(Error::WrongRevision { task: Box::new(task) });
        }
        match step(task.status, verb) {
            Step::Same => return Ok(task),
            Step::Refused => return Err(Error::WrongStatus { task: Box::new(task) }),
            Step::To(_) | Step::Gone => {}
        }
    }
    Err(Error::unavailable(
        "the task changes faster than it can be looked at",
    ))
}

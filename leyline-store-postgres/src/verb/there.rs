//! The tasks that an insert met: under its id or, if none, under its key.

use leyline_core::NewTask;
use leyline_core::store::{Error, Inserted, Result};
use sqlx::Row as _;
use sqlx::postgres::PgRow;

use crate::error::{self, Phase};
use crate::row;
use crate::session::Sql;
use crate::store::Inner;
use crate::value::Uuid;

/// One answer for each task, in order; `None` where there is none any more.
pub(crate) async fn find<'a>(
    inner: &Inner,
    tasks: impl Iterator<Item = &'a NewTask>,
) -> Result<Vec<Option<Result<Inserted>>>> {
    let tasks: Vec<&NewTask> = tasks.collect();
    let rows = inner.read(statement(inner, &tasks)).await?;
    answers(&rows, &tasks).map_err(|error| error::of(error, Phase::Before))
}

/// The statement that looks for these.
pub(crate) fn statement<'a>(inner: &Inner, tasks: &[&'a NewTask]) -> Sql<'a> {
    let ids: Vec<Uuid> = tasks.iter().map(|task| Uuid(*task.id.as_bytes())).collect();
    let owners: Vec<&str> = tasks.iter().map(|task| task.owner.as_str()).collect();
    let keys: Vec<Option<&str>> = tasks.iter().map(|task| task.idempotency_key.as_deref()).collect();
    let sql = inner.sql.query(&inner.sql.insert_there);
    sql.bind(ids).bind(owners).bind(keys)
}

/// What the statement has found.
pub(crate) fn answers(rows: &[PgRow], tasks: &[&NewTask]) -> sqlx::Result<Vec<Option<Result<Inserted>>>> {
    let mut answers: Vec<Option<Result<Inserted>>> = tasks.iter().map(|_| None).collect();
    for row in rows {
        let nth: i64 = row.try_get(0)?;
        let at = usize::try_from(nth - 1).unwrap_or(usize::MAX);
        if let (Some(new), Some(answer)) = (tasks.get(at), answers.get_mut(at)) {
            *answer = Some(same_request(new, row::task(row, 1)?));
        }
    }
    Ok(answers)
}

fn same_request(new: &NewTask, task: leyline_core::Task) -> Result<Inserted> {
    if task.request_digest == new.request_digest() {
        Ok(Inserted { task, existed: true })
    } else {
        Err(Error::IdempotencyConflict { id: task.id })
    }
}

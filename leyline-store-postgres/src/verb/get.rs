//! Get and changed_since: tasks by their ids.

use leyline_core::store::{Changes, Result, Seen};
use leyline_core::{Task, TaskId};
use sqlx::Row as _;

use crate::error::{self, Phase};
use crate::row::{self, Cells};
use crate::store::Inner;
use crate::value::{self, Uuid};

pub(crate) async fn get(inner: &Inner, id: TaskId) -> Result<Option<Task>> {
    let sql = inner.sql.query(&inner.sql.get).bind(Uuid(*id.as_bytes()));
    let rows = inner.read(sql).await?;
    let task = rows.first().map(|row| row::task(row, 0)).transpose();
    task.map_err(|error| error::of(error, Phase::Before))
}

pub(crate) async fn changed_since(inner: &Inner, seen: &[Seen]) -> Result<Changes> {
    if seen.is_empty() {
        return Ok(Changes::default());
    }
    let ids: Vec<Uuid> = seen.iter().map(|seen| Uuid(*seen.id.as_bytes())).collect();
    let revisions: Vec<i64> = seen.iter().map(|seen| value::ordered(seen.revision)).collect();
    let statuses: Vec<i16> = seen.iter().map(|seen| i16::from(seen.status.code())).collect();
    let ticks: Vec<i64> = seen.iter().map(|seen| value::ordered(seen.tick)).collect();
    let sql = inner
        .sql
        .query(&inner.sql.changed_since)
        .bind(ids)
        .bind(revisions)
        .bind(statuses)
        .bind(ticks);
    let rows = inner.read(sql).await?;
    let mut changes = Changes::default();
    let read = rows.iter().try_for_each(|row| {
        match row.try_get::<Option<Uuid>, _>(1)? {
            Some(_) => changes.tasks.push(row::task(row, 1)?),
            None => changes.gone.push(Cells::of(row).task_id()?),
        }
        Ok(())
    });
    read.map_err(|error| error::of(error, Phase::Before))?;
    Ok(changes)
}

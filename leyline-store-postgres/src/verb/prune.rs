//! Prune: terminal tasks past their retention, the oldest first.

use std::time::Duration;

use leyline_core::Task;
use leyline_core::store::Result;

use crate::error::{self, Phase};
use crate::row;
use crate::store::Inner;
use crate::value;

pub(crate) async fn prune(inner: &Inner, older_than: Duration, limit: u32) -> Result<Vec<Task>> {
    let sql = inner
        .sql
        .query(&inner.sql.prune)
        .bind(value::back(older_than))
        .bind(i64::from(limit));
    let rows = inner.change(sql).await?;
    row::tasks(&rows).map_err(|error| error::of(error, Phase::Commit))
}

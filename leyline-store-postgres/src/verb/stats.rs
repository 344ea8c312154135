//! Stats: live tasks are counted in their indexes, ended ones within a window.

use std::collections::BTreeMap;
use std::time::Duration;

use leyline_core::store::{KindStats, Result, Stats};
use leyline_core::{Kind, Status, Timestamp};
use sqlx::postgres::PgRow;

use crate::error::{self, Phase};
use crate::row::Cells;
use crate::store::Inner;
use crate::value::{self, Time};

pub(crate) async fn stats(inner: &Inner, window: Duration) -> Result<Stats> {
    let sql = inner.sql.query(&inner.sql.stats).bind(value::back(window));
    let rows = inner.read(sql).await?;
    count(&rows, window).map_err(|error| error::of(error, Phase::Before))
}

fn count(rows: &[PgRow], window: Duration) -> sqlx::Result<Stats> {
    let mut kinds = Kinds::default();
    let (mut now, mut oldest_due) = (None, None::<Timestamp>);
    for row in rows {
        let mut cells = Cells::of(row);
        let Some(kind) = cells.maybe_kind()? else {
            cells.status()?;
            cells.number()?;
            now = Some(cells.time()?);
            continue;
        };
        kinds.add(kind, cells.status()?, cells.number()?);
        let due = cells.read::<Option<Time>>()?.map(|time| time.0);
        oldest_due = oldest_due.into_iter().chain(due).min();
    }
    Ok(Stats {
        kinds: kinds.0.into_values().collect(),
        window,
        oldest_due,
        now: now.ok_or(sqlx::Error::RowNotFound)?,
    })
}

/// Sorted by kind.
#[derive(Default)]
struct Kinds(BTreeMap<Kind, KindStats>);

impl Kinds {
    fn add(&mut self, kind: Kind, status: Status, number: u64) {
        let kind = self.0.entry(kind.clone()).or_insert(KindStats {
            kind,
            pending: 0,
            processing: 0,
            completed: 0,
            failed: 0,
            cancelled: 0,
        });
        *match status {
            Status::Pending => &mut kind.pending,
            Status::Processing => &mut kind.processing,
            Status::Completed => &mut kind.completed,
            Status::Failed => &mut kind.failed,
            Status::Cancelled => &mut kind.cancelled,
        } += number;
    }
}

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
    let live = inner.read(inner.sql.query(&inner.sql.stats_live)).await?;
    let ended = inner.sql.query(&inner.sql.stats_ended).bind(value::back(window));
    let ended = inner.read(ended).await?;
    count(&live, &ended, window).map_err(|error| error::of(error, Phase::Before))
}

fn count(live: &[PgRow], ended: &[PgRow], window: Duration) -> sqlx::Result<Stats> {
    let (mut kinds, mut oldest_due) = (Kinds::default(), None::<Timestamp>);
    for row in live {
        let mut cells = Cells::of(row);
        kinds.add(&mut cells)?;
        let due = cells.read::<Option<Time>>()?.map(|time| time.0);
        oldest_due = oldest_due.into_iter().chain(due).min();
    }
    for row in ended {
        kinds.add(&mut Cells::of(row))?;
    }
    Ok(Stats {
        kinds: kinds.0.into_values().collect(),
        window,
        oldest_due,
    })
}

/// Sorted by kind.
#[derive(Default)]
struct Kinds(BTreeMap<Kind, KindStats>);

impl Kinds {
    /// Adds a row of kind, status and number.
    fn add(&mut self, cells: &mut Cells<'_>) -> sqlx::Result<()> {
        let (kind, status, number) = (cells.kind()?, cells.status()?, cells.number()?);
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
        Ok(())
    }
}

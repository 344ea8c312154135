//! Stats: live tasks are counted in their indexes, ended ones within a window.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;
use leyline_core::store::{KindStats, Stats};
use leyline_core::{Kind, Status};
use rusqlite::params;

use super::{Tx, Verb, get};
use crate::row::{self, Code, Micros, Name};

pub(crate) struct Count(pub(crate) Duration);

impl Verb for Count {
    type Answer = Stats;
    const NAME: &'static str = "stats";

    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<Self::Answer> {
        let mut kinds = Kinds::default();
        let oldest_due = pending(tx, &mut kinds)?;
        processing(tx, &mut kinds)?;
        ended(tx, get::ago(tx.now(), self.0), &mut kinds)?;
        Ok(Stats {
            kinds: kinds.0.into_values().collect(),
            window: self.0,
            now: tx.now(),
            oldest_due,
        })
    }
}

/// Counts pending tasks, and finds `run_at` of the one that has been due for longest.
fn pending(tx: &Tx<'_>, kinds: &mut Kinds) -> rusqlite::Result<Option<Timestamp>> {
    let mut oldest = None::<Timestamp>;
    let mut due = tx.prepare(include_str!("../sql/stats_due.sql"))?;
    let mut statement = tx.prepare(include_str!("../sql/stats_pending.sql"))?;
    let mut rows = statement.query([])?;
    while let Some(found) = rows.next()? {
        let (kind, priority): (Kind, u8) = (found.get::<_, Name>(0)?.0, found.get(1)?);
        kinds.of(kind.clone()).pending += found.get::<_, i64>(2)?.cast_unsigned();
        let first = due
            .query_row(params![kind.as_str(), priority, row::micros(tx.now())], |row| {
                row.get::<_, Option<Micros>>(0)
            })?
            .map(|time| time.0);
        oldest = oldest.into_iter().chain(first).min();
    }
    Ok(oldest)
}

fn processing(tx: &Tx<'_>, kinds: &mut Kinds) -> rusqlite::Result<()> {
    let mut statement = tx.prepare(include_str!("../sql/stats_processing.sql"))?;
    let mut rows = statement.query([])?;
    while let Some(row) = rows.next()? {
        kinds.of(row.get::<_, Name>(0)?.0).processing += row.get::<_, i64>(1)?.cast_unsigned();
    }
    Ok(())
}

fn ended(tx: &Tx<'_>, since: Timestamp, kinds: &mut Kinds) -> rusqlite::Result<()> {
    let mut statement = tx.prepare(include_str!("../sql/stats_ended.sql"))?;
    let mut rows = statement.query([row::micros(since)])?;
    while let Some(row) = rows.next()? {
        let kind = kinds.of(row.get::<_, Name>(0)?.0);
        let number = match row.get::<_, Code>(1)?.0 {
            Status::Pending => &mut kind.pending,
            Status::Processing => &mut kind.processing,
            Status::Completed => &mut kind.completed,
            Status::Failed => &mut kind.failed,
            Status::Cancelled => &mut kind.cancelled,
        };
        *number += row.get::<_, i64>(2)?.cast_unsigned();
    }
    Ok(())
}

/// Sorted by kind.
#[derive(Default)]
struct Kinds(BTreeMap<Kind, KindStats>);

impl Kinds {
    fn of(&mut self, kind: Kind) -> &mut KindStats {
        self.0.entry(kind.clone()).or_insert(KindStats {
            kind,
            pending: 0,
            processing: 0,
            completed: 0,
            failed: 0,
            cancelled: 0,
        })
    }
}

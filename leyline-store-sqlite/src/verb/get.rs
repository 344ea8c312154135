//! Get and changed_since: what is known of single tasks.

use jiff::Timestamp;
use leyline_core::store::{Changes, Seen};
use leyline_core::{Task, TaskId};
use rusqlite::OptionalExtension as _;

use super::{Tx, Verb};
use crate::row;

pub(crate) struct Get(pub(crate) TaskId);

impl Verb for Get {
    type Answer = Option<Task>;
    const NAME: &'static str = "get";

    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<Self::Answer> {
        tx.prepare(include_str!("../sql/get.sql"))?
            .query_row([self.0.as_bytes()], row::task)
            .optional()
    }
}

pub(crate) struct ChangedSince(pub(crate) Vec<Seen>);

impl Verb for ChangedSince {
    type Answer = Changes;
    const NAME: &'static str = "changed_since";

    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<Self::Answer> {
        let mut look = tx.prepare(include_str!("../sql/changed_since.sql"))?;
        let mut changes = Changes::default();
        for seen in &self.0 {
            let now = look
                .query_row([seen.id.as_bytes()], |row| {
                    let number = |at| row.get::<_, i64>(at).map(i64::cast_unsigned);
                    let differs = number(1)? != seen.revision
                        || row.get::<_, row::Code>(2)?.0 != seen.status
                        || number(3)? > seen.tick;
                    Ok((row.get(0)?, differs))
                })
                .optional()?;
            match now {
                None => changes.gone.push(seen.id),
                Some((seq, true)) => changes.tasks.push(by_seq(tx, seq)?),
                Some((_, false)) => {}
            }
        }
        Ok(changes)
    }

    fn bytes(&self) -> usize {
        self.0.len() * size_of::<Seen>()
    }
}

/// The task in a row that is there.
pub(super) fn by_seq(tx: &Tx<'_>, seq: i64) -> rusqlite::Result<Task> {
    tx.prepare(include_str!("../sql/get_by_seq.sql"))?
        .query_row([seq], row::task)
}

/// `now - span`, or the earliest time there is.
pub(super) fn ago(now: Timestamp, span: std::time::Duration) -> Timestamp {
    let micros = i64::try_from(span.as_micros()).unwrap_or(i64::MAX);
    Timestamp::from_microsecond(now.as_microsecond().saturating_sub(micros)).unwrap_or(Timestamp::MIN)
}

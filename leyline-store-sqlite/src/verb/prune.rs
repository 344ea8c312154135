//! Prune: terminal tasks past their retention, the oldest first.

use std::time::Duration;

use leyline_core::Task;
use rusqlite::params;

use super::{Tx, Verb, get, operate};
use crate::row;

pub(crate) struct Prune {
    pub(crate) older_than: Duration,
    pub(crate) limit: u32,
}

impl Verb for Prune {
    type Answer = Vec<Task>;
    const NAME: &'static str = "prune";

    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<Self::Answer> {
        let until = row::micros(get::ago(tx.now(), self.older_than));
        let found: Vec<(Task, i64)> = tx
            .prepare(include_str!("../sql/prune.sql"))?
            .query_map(params![until, self.limit], row::task_and_seq)?
            .collect::<rusqlite::Result<_>>()?;
        found
            .into_iter()
            .map(|(task, seq)| operate::remove(tx, seq).map(|()| task))
            .collect()
    }
}

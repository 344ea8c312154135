//! Ping: a transaction that could write.

use super::{Tx, Verb};

pub(crate) struct Ping;

impl Verb for Ping {
    type Answer = ();
    const NAME: &'static str = "ping";

    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<()> {
        tx.prepare(include_str!("../sql/ping.sql"))?
            .query_row([], |_| Ok(()))
    }
}

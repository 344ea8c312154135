//! Ping: whether the server answers and would take a write.

use leyline_core::store::{Error, Result};
use sqlx::Row as _;

use crate::error::{self, Phase};
use crate::store::Inner;

pub(crate) async fn ping(inner: &Inner) -> Result<()> {
    let rows = inner.read(inner.sql.query(&inner.sql.ping)).await?;
    let takes_writes = rows.first().map(|row| row.try_get(0)).transpose();
    match takes_writes.map_err(|error| error::of(error, Phase::Before))? {
        Some(true) => Ok(()),
        _ => Err(Error::unavailable("PostgreSQL is read-only here")),
    }
}

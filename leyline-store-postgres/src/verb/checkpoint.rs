//! Checkpoint: a value for the next attempt, behind the fence.

use leyline_core::store::{Error, Result};
use leyline_core::{Claim, Json};

use crate::store::Inner;
use crate::value::{self, Uuid};

pub(crate) async fn checkpoint(inner: &Inner, claim: &Claim, checkpoint: &Json) -> Result<()> {
    let sql = inner
        .sql
        .query(&inner.sql.checkpoint)
        .bind(Uuid(*claim.id.as_bytes()))
        .bind(value::ordered(claim.revision))
        .bind(Uuid(*claim.worker.as_bytes()))
        .bind(checkpoint.as_str());
    if inner.change(sql).await?.is_empty() {
        return Err(Error::ClaimLost { id: claim.id });
    }
    Ok(())
}

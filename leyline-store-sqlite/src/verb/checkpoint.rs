//! Checkpoint: what the code keeps for its next attempt, behind the fence.

use leyline_core::store::{Error, Result};
use leyline_core::{Claim, Json};
use rusqlite::params;

use super::{Tx, Verb};
use crate::row;

pub(crate) struct Keep {
    pub(crate) claim: Claim,
    pub(crate) checkpoint: Json,
}

impl Verb for Keep {
    type Answer = Result<()>;
    const NAME: &'static str = "checkpoint";

    fn run(&self, tx: &Tx<'_>) -> rusqlite::Result<Self::Answer> {
        let claim = &self.claim;
        let written = tx
            .prepare(include_str!("../sql/checkpoint.sql"))?
            .execute(params![
                claim.id.as_bytes(),
                row::ordered(claim.revision),
                claim.worker.as_bytes(),
                self.checkpoint.as_str(),
            ])?;
        Ok(if written == 1 {
            Ok(())
        } else {
            Err(Error::ClaimLost { id: claim.id })
        })
    }

    fn bytes(&self) -> usize {
        self.checkpoint.as_str().len()
    }
}

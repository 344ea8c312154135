//! Finish and checkpoint: what a claim writes, behind the fence.

use jiff::Timestamp;

use super::rows::Rows;
use crate::store::{Error, Finish, Result};
use crate::task::{Claim, Json, Task};
use crate::transition::Change;

impl Rows {
    pub(super) fn finish(&mut self, finish: &Finish, now: Timestamp) -> Result<Task> {
        let id = finish.claim.id;
        if self.claimed(&finish.claim).is_none() {
            return Err(Error::ClaimLost { id });
        }
        let change = Change::Finish {
            outcome: finish.outcome.clone(),
            progress: finish.progress.clone(),
        };
        let (_, task) = self.change(id, change, now).ok_or(Error::ClaimLost { id })?;
        Ok(task.clone())
    }

    pub(super) fn checkpoint(&mut self, claim: &Claim, checkpoint: &Json) -> Result<()> {
        let task = self.claimed(claim).ok_or(Error::ClaimLost { id: claim.id })?;
        task.checkpoint = Some(checkpoint.clone());
        Ok(())
    }
}

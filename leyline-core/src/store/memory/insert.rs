//! Insert: idempotent on the id, and on (owner, key).

use jiff::Timestamp;

use super::rows::Rows;
use crate::store::{Error, Inserted, Result};
use crate::task::NewTask;
use crate::transition;

impl Rows {
    pub(super) fn insert(&mut self, new: &NewTask, now: Timestamp) -> Result<Inserted> {
        new.validate()?;
        let key = new.idempotency_key.as_deref();
        let there = self
            .get(new.id)
            .or_else(|| key.and_then(|key| self.by_key(&new.owner, key)));
        if let Some(task) = there {
            return if task.request_digest == new.request_digest() {
                Ok(Inserted {
                    task: task.clone(),
                    existed: true,
                })
            } else {
                Err(Error::IdempotencyConflict { id: task.id })
            };
        }
        let task = transition::insert(new, now);
        self.add(task.clone(), now);
        Ok(Inserted { task, existed: false })
    }
}

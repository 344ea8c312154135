//! Conveniences on every store.

use async_trait::async_trait;

use super::{Error, Finish, Inserted, Result, Seen, TaskStore};
use crate::status::Status;
use crate::task::{NewTask, Task, TaskId};

/// What can be said in terms of [`TaskStore`]'s own methods. Implemented for every store.
#[async_trait]
pub trait TaskStoreExt: TaskStore {
    /// Inserts one task.
    ///
    /// # Errors
    /// As for [`TaskStore::insert`].
    async fn insert_one(&self, task: NewTask) -> Result<Inserted> {
        only(self.insert(&[task]).await?)
    }

    /// Ends one claim.
    ///
    /// # Errors
    /// As for [`TaskStore::finish`].
    async fn finish_one(&self, finish: Finish) -> Result<Task> {
        only(self.finish(&[finish]).await?)
    }

    /// The tasks among `ids` that are there, in the order of `ids`.
    ///
    /// # Errors
    /// As for [`TaskStore::changed_since`].
    async fn get_many(&self, ids: &[TaskId]) -> Result<Vec<Task>> {
        // No row has revision 0, so every row that is there differs.
        let seen: Vec<Seen> = ids
            .iter()
            .map(|&id| Seen {
                id,
                revision: 0,
                status: Status::Pending,
                tick: 0,
            })
            .collect();
        Ok(self.changed_since(&seen).await?.tasks)
    }
}

impl<S: TaskStore + ?Sized> TaskStoreExt for S {}

fn only<T>(answers: Vec<Result<T>>) -> Result<T> {
    answers
        .into_iter()
        .next()
        .unwrap_or_else(|| Err(Error::backend("the store answered a batch of one with nothing")))
}

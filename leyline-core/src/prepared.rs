//! Tasks for a transaction of the caller's own: checked before it, told of after it.

use crate::causes::Causes;
use crate::error::Error;
use crate::leyline::Leyline;
use crate::store::deadline;
use crate::task::{NewTask, TaskId};

/// A task that [`Leyline::prepare`] has found fit to be inserted. A store's `insert_in` writes it in a transaction of the
/// caller's own, together with the caller's rows: both are there after the commit, or neither.
///
/// It can be inserted again, like the [`NewTask`] that it is: after a transaction that was rolled back, or whose outcome is
/// unknown, the same value in the next one makes one task.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared(NewTask);

impl Prepared {
    /// The task as it will be inserted.
    pub fn task(&self) -> &NewTask {
        &self.0
    }

    /// The task's id. Where the idempotency key is taken already, the task in the store has another one: `insert_in` says which.
    pub fn id(&self) -> TaskId {
        self.0.id
    }
}

impl Leyline {
    /// Checks a task as [`submit`](Self::submit) does and stores nothing: the caller inserts it, in a transaction of its own,
    /// by a store's `insert_in`, commits, and calls [`announce`](Self::announce).
    ///
    /// # Errors
    /// [`Error::UnknownKind`]; [`Error::Invalid`] for a value out of its bounds, or an input that was uploaded for another task.
    pub fn prepare(&self, task: NewTask) -> Result<Prepared, Error> {
        self.check(&task)?;
        task.validate()?;
        Ok(Prepared(task))
    }

    /// Tells workers, watchers and list views, here and behind every sink, of a task that the caller has committed. A hint
    /// (invariant 1): forgotten or failed, the task begins one poll interval later, and nothing else is different. So it
    /// never errs: the caller's transaction is committed whatever becomes of this.
    ///
    /// Only what the store says is told (invariant 2). After a rollback, or while the commit is still to come, there is no
    /// such task, and nothing happens. To be called once for each commit: the task counts as submitted each time.
    ///
    /// # Cancel safety
    /// Dropped, it has told everyone or no one. It takes no longer than the poll interval, even if the store does not answer.
    pub async fn announce(&self, prepared: &Prepared) {
        let read = self.store().get(prepared.id());
        match deadline::read(self.options().poll_interval, read).await {
            Ok(Some(task)) => {
                self.store().announced(std::slice::from_ref(&task));
                self.tell_accepted(&task);
            }
            Ok(None) => tracing::debug!(id = %prepared.id(), "announced, but not there"),
            Err(error) => {
                tracing::warn!(id = %prepared.id(), error = %Causes(&error), "could not announce a task; workers find it by their poll");
            }
        }
    }
}

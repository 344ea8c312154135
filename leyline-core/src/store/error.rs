//! What a store answers when it can't do what was asked.

use crate::task::{Invalid, Task, TaskId, WorkerId};

/// A cause, kept for the log and never shown to clients.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A store's refusal or failure. Each variant is a fact that the caller can act on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The claim is no longer the task's: it was finished, cancelled, rescued, or the task is gone. Final for this claim.
    #[error("the claim on task {id} is lost")]
    ClaimLost {
        /// The task.
        id: TaskId,
    },
    /// There is no such task.
    #[error("task {id} is not there")]
    NotFound {
        /// The task.
        id: TaskId,
    },
    /// The id, or the owner's idempotency key, belongs to a task that was asked for differently.
    #[error("the idempotency key was used for another request, task {id}")]
    IdempotencyConflict {
        /// The task that is there.
        id: TaskId,
    },
    /// The task's status forbids the verb.
    #[error("task {} is {} and does not allow this", task.id, task.status)]
    WrongStatus {
        /// The task as it is.
        task: Box<Task>,
    },
    /// The task is not at the revision that the caller expected.
    #[error("task {} is at revision {}, not at the expected one", task.id, task.revision)]
    WrongRevision {
        /// The task as it is.
        task: Box<Task>,
    },
    /// A value is out of its bounds; nothing was stored.
    #[error("invalid value: {0}")]
    Invalid(#[from] Invalid),
    /// The incarnation can't be used any more: its owner has to draw a new one.
    #[error("worker {worker} can't be used any more")]
    WorkerRetired {
        /// The incarnation.
        worker: WorkerId,
    },
    /// The store was not reached, or was too busy. Nothing was changed; the same call can be sent again.
    #[error("the store is not available")]
    Unavailable {
        /// Why.
        #[source]
        source: BoxError,
    },
    /// Whether the change was made is not known (invariant 10). The same call can be sent again, unchanged, until it is.
    #[error("the outcome in the store is unknown")]
    Unknown {
        /// Why.
        #[source]
        source: BoxError,
    },
    /// The disk, or a quota, is full. Nothing was changed; the store recovers when there is room.
    #[error("the store is full")]
    Full {
        /// Why.
        #[source]
        source: BoxError,
    },
    /// The store has stopped: it can't say any more what is durable, and refuses every call until the process restarts.
    #[error("the store has stopped")]
    Stopped {
        /// Why.
        #[source]
        source: BoxError,
    },
    /// Something that sending again will not mend: a damaged file, a foreign schema, a row that can't be read.
    #[error("the store failed")]
    Backend {
        /// Why.
        #[source]
        source: BoxError,
    },
}

impl Error {
    /// Whether the same call, sent again unchanged, may succeed: unavailable, unknown, or full.
    pub fn is_retryable(&self) -> bool {
        matches!(
            self,
            Self::Unavailable { .. } | Self::Unknown { .. } | Self::Full { .. }
        )
    }

    /// Whether the effect of the call is not known.
    pub fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown { .. })
    }

    /// Whether the claim is spent.
    pub fn is_claim_lost(&self) -> bool {
        matches!(self, Self::ClaimLost { .. })
    }

    /// Whether the task is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }

    /// Whether there was no room.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. })
    }

    /// Whether the store has stopped for good.
    pub fn is_stopped(&self) -> bool {
        matches!(self, Self::Stopped { .. })
    }

    /// Whether the call definitely had no effect, so that what was prepared for it may be thrown away.
    pub fn is_definite(&self) -> bool {
        !matches!(
            self,
            Self::Unknown { .. } | Self::Stopped { .. } | Self::Backend { .. }
        )
    }

    /// The task as it is, where the answer carries it.
    pub fn current(&self) -> Option<&Task> {
        match self {
            Self::WrongStatus { task } | Self::WrongRevision { task } => Some(task),
            _ => None,
        }
    }

    /// An [`Error::Unavailable`] with this cause.
    pub fn unavailable(source: impl Into<BoxError>) -> Self {
        Self::Unavailable {
            source: source.into(),
        }
    }

    /// An [`Error::Unknown`] with this cause.
    pub fn unknown(source: impl Into<BoxError>) -> Self {
        Self::Unknown {
            source: source.into(),
        }
    }

    /// An [`Error::Backend`] with this cause.
    pub fn backend(source: impl Into<BoxError>) -> Self {
        Self::Backend {
            source: source.into(),
        }
    }
}

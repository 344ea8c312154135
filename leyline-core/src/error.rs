//! What a service answers when it can't do what was asked.

use std::time::Duration;

use crate::blob;
use crate::store;
use crate::task::{Invalid, JsonError, Kind};

/// A refusal or failure of [`Leyline`](crate::Leyline).
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// No such kind was declared.
    #[error("unknown kind {kind:?}")]
    UnknownKind {
        /// What was asked for, cleaned and cut to 64 bytes.
        kind: String,
        /// The kinds there are.
        known: Vec<Kind>,
    },
    /// There are too many pending tasks already; nothing was taken.
    #[error("too many pending tasks")]
    TooManyPending {
        /// When to try again.
        retry_after: Duration,
    },
    /// The service was built without a blob store.
    #[error("this service takes no files")]
    NoBlobs,
    /// A value is out of its bounds.
    #[error("invalid value: {0}")]
    Invalid(#[from] Invalid),
    /// A JSON value is malformed or out of its bounds.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// The store refused or failed.
    #[error(transparent)]
    Store(#[from] store::Error),
    /// The blob store failed.
    #[error(transparent)]
    Blob(#[from] blob::Error),
}

impl Error {
    /// Whether the same call, sent again unchanged, may succeed.
    pub fn is_retryable(&self) -> bool {
        match self {
            Self::TooManyPending { .. } => true,
            Self::Store(error) => error.is_retryable(),
            Self::Blob(error) => error.is_retryable(),
            _ => false,
        }
    }

    /// Whether there was no room on a disk.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Store(error) => error.is_full(),
            Self::Blob(error) => error.is_full(),
            _ => false,
        }
    }

    /// Whether the task is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Store(error) if error.is_not_found())
    }
}

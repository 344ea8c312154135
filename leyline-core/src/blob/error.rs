//! What the blob store answers when it can't do what was asked.

use std::io;

use crate::store::BoxError;

/// A failure of the blob store.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such blob.
    #[error("the blob {key} is not there")]
    NotFound {
        /// Its key.
        key: String,
    },
    /// The bytes are not those that were written: their digest or their length differs.
    #[error("the blob {key} is damaged")]
    Corrupt {
        /// Its key.
        key: String,
    },
    /// The disk, or a quota, is full.
    #[error("the blob store is full")]
    Full {
        /// Why.
        #[source]
        source: BoxError,
    },
    /// The blob store was not reached, or was too busy. The same may succeed later.
    #[error("the blob store is not available")]
    Unavailable {
        /// Why.
        #[source]
        source: BoxError,
    },
    /// Something that trying again will not mend: a refused permission, a wrong configuration.
    #[error("the blob store failed")]
    Backend {
        /// Why.
        #[source]
        source: BoxError,
    },
}

impl Error {
    /// Whether the same call may succeed later.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Full { .. } | Self::Unavailable { .. })
    }

    /// Whether there was no room.
    pub fn is_full(&self) -> bool {
        matches!(self, Self::Full { .. })
    }

    /// Whether the blob is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::NotFound { .. })
    }
}

impl From<object_store::Error> for Error {
    fn from(error: object_store::Error) -> Self {
        use object_store::Error as Cause;
        match error {
            Cause::NotFound { path, .. } => Self::NotFound { key: path },
            error if has_io_cause(&error, is_out_of_room) => Self::Full { source: error.into() },
            error @ (Cause::Generic { .. } | Cause::JoinError { .. }) => {
                Self::Unavailable { source: error.into() }
            }
            error => Self::Backend { source: error.into() },
        }
    }
}

impl From<io::Error> for Error {
    fn from(error: io::Error) -> Self {
        if is_out_of_room(&error) {
            return Self::Full { source: error.into() };
        }
        Self::Unavailable { source: error.into() }
    }
}

fn is_out_of_room(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge
    )
}

/// Whether `holds` is true of any input/output error in the chain of causes.
fn has_io_cause(error: &(dyn std::error::Error + 'static), holds: fn(&io::Error) -> bool) -> bool {
    let mut cause = Some(error);
    while let Some(error) = cause {
        if error.downcast_ref::<io::Error>().is_some_and(holds) {
            return true;
        }
        cause = error.source();
    }
    false
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generic(kind: io::ErrorKind) -> Error {
        object_store::Error::Generic {
            store: "test",
            source: Box::new(io::Error::new(kind, "injected")),
        }
        .into()
    }

    #[test]
    fn a_full_disk_is_told_from_other_failures_however_deep_the_cause_lies() {
        assert!(generic(io::ErrorKind::StorageFull).is_full());
        assert!(generic(io::ErrorKind::QuotaExceeded).is_full());
        let other = generic(io::ErrorKind::TimedOut);
        assert!(!other.is_full() && other.is_retryable());
    }
}

//! What SQLite answers, in the words of the contract; and what opening and backing up answer.

use std::path::PathBuf;
use std::sync::Arc;

use leyline_core::store::{BoxError, Error};
use rusqlite::ErrorCode;
use rusqlite::ffi;

/// A store could not be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// A newer version of this library has written the database. It is left as it was.
    #[error("the database has schema {found}, newer than schema {known} that this version knows")]
    NewerSchema {
        /// The schema's number in the file.
        found: u32,
        /// The newest number that is known here.
        known: u32,
    },
    /// The file holds something else. It is left as it was.
    #[error("the file is not a database of this library")]
    Foreign {
        /// Its `application_id`; `None` where it is no SQLite database at all.
        application_id: Option<u32>,
    },
    /// The file system can't hold a write-ahead log (it can't share memory between processes).
    #[error("the database can't use a write-ahead log here; its journal mode stays {mode}")]
    NoWal {
        /// The journal mode that SQLite offers instead.
        mode: String,
    },
    /// A file or folder could not be made, or a thread not started.
    #[error("could not prepare {path}")]
    Io {
        /// What was to be made.
        path: PathBuf,
        /// Why it was not.
        #[source]
        source: std::io::Error,
    },
    /// SQLite refused for another reason.
    #[error("could not open the database")]
    Sqlite {
        /// Why.
        #[source]
        source: BoxError,
    },
}

impl From<rusqlite::Error> for OpenError {
    fn from(error: rusqlite::Error) -> Self {
        if error.sqlite_error_code() == Some(ErrorCode::NotADatabase) {
            return Self::Foreign { application_id: None };
        }
        Self::Sqlite { source: error.into() }
    }
}

/// A backup was not made. Nothing is left at its path that was not there before.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum BackupError {
    /// The path is the database itself.
    #[error("a database can't be backed up onto itself")]
    Itself,
    /// There is a journal beside the path: another process may be using what lies there, and the journal would be played
    /// into the new file.
    #[error("there is a journal at {path}: what the backup would replace is in use, or was left by a crash")]
    InUse {
        /// The journal.
        path: PathBuf,
    },
    /// There is no room.
    #[error("there is no room for the backup")]
    Full {
        /// Why.
        #[source]
        source: BoxError,
    },
    /// A file could not be written, made durable or renamed.
    #[error("could not write {path}")]
    Io {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: std::io::Error,
    },
    /// The store did not answer.
    #[error(transparent)]
    Store(#[from] Error),
}

/// A connection or transaction that [`SqliteStore::insert_in`](crate::SqliteStore::insert_in) refuses: the source of an
/// [`Error::Backend`]. Nothing was written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectionError {
    /// A commit on it would not be on the disk when it returns. Set the pragma before the transaction.
    #[error("the connection is not durable: PRAGMA {pragma} is {found}, and has to be {least} at least")]
    NotDurable {
        /// Which pragma.
        pragma: &'static str,
        /// Its value on the connection.
        found: i64,
        /// Its least value.
        least: i64,
    },
    /// It is to another database.
    #[error("the connection is to another database ({}) than the store ({})", path.display(), store.display())]
    OtherDatabase {
        /// Its file; empty for one in memory.
        path: PathBuf,
        /// The store's file.
        store: PathBuf,
    },
    /// SQLite has undone the transaction by itself.
    #[error("the transaction is over: SQLite has rolled it back")]
    RolledBack,
    /// The store is in memory, and has but one connection.
    #[error("a store in memory has no second connection")]
    InMemory,
}

/// What an error of SQLite means for a transaction that was not committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Class {
    /// No room. Undone.
    Full,
    /// What was written before may not be on the disk although it was said to be: nothing can be trusted any more.
    Sync,
    /// Busy, locked, out of memory or descriptors, a failed read or write. Undone; it may work the next time.
    Passing,
    /// Anything else. Undone; it will not work the next time either.
    Lasting,
}

pub(crate) fn classify(error: &rusqlite::Error) -> Class {
    let Some(error) = error.sqlite_error() else {
        return Class::Lasting;
    };
    match (error.code, error.extended_code) {
        (ErrorCode::DiskFull, _) => Class::Full,
        (_, ffi::SQLITE_IOERR_FSYNC | ffi::SQLITE_IOERR_DIR_FSYNC) => Class::Sync,
        (
            ErrorCode::DatabaseBusy
            | ErrorCode::DatabaseLocked
            | ErrorCode::OutOfMemory
            | ErrorCode::OperationInterrupted
            | ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::FileLockingProtocolFailed,
            _,
        ) => Class::Passing,
        _ => Class::Lasting,
    }
}

/// The answer where nothing was committed.
pub(crate) fn undone(error: &Arc<rusqlite::Error>) -> Error {
    let source: BoxError = Box::new(Arc::clone(error));
    match classify(error) {
        Class::Full => Error::Full { source },
        Class::Sync => Error::Stopped { source },
        Class::Passing => Error::Unavailable { source },
        Class::Lasting => Error::Backend { source },
    }
}

/// The answer where a COMMIT failed.
pub(crate) fn unknown(error: &Arc<rusqlite::Error>) -> Error {
    Error::Unknown {
        source: Box::new(Arc::clone(error)),
    }
}

//! What can go wrong, and what it means to the caller.

use leyline_core::store::Error;
use sqlx::error::DatabaseError;

use crate::pool::PoolError;

/// A store can't be opened.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OpenError {
    /// The URL is not one of PostgreSQL. It is not repeated: there may be a password in it.
    #[error("the URL of PostgreSQL can't be used: {reason}")]
    Url {
        /// What is wrong with it.
        reason: String,
    },
    /// The name of the schema can't be used.
    #[error(
        "{name:?} can't be a schema: lower-case letters, digits and _, at most 48 bytes, not beginning with a digit or pg_"
    )]
    Schema {
        /// The name.
        name: String,
    },
    /// The server was not reached, or did not let us in.
    #[error("can't connect to PostgreSQL: {reason}")]
    Connect {
        /// What it said.
        reason: String,
    },
    /// The server is too old.
    #[error("PostgreSQL {found} is too old: 13 or later is needed")]
    TooOld {
        /// Its version.
        found: String,
    },
    /// The server is a standby, or was told to take no writes.
    #[error(
        "PostgreSQL takes no writes here: it is a read-only standby, or default_transaction_read_only is on"
    )]
    ReadOnly,
    /// A setting of the server breaks what the store promises.
    #[error("PostgreSQL's setting {setting} is {value}: {reason}")]
    Setting {
        /// Which.
        setting: &'static str,
        /// What it is.
        value: String,
        /// Why that can't be.
        reason: &'static str,
    },
    /// Statements that were prepared are gone: a pooler stands in between.
    #[error("a pooler between here and PostgreSQL loses prepared statements: set the option `pooled`")]
    Pooler,
    /// The schema was made by a later version of this library.
    #[error(
        "the schema {schema} is at version {found}, this library knows up to {known}: it was made by a later version"
    )]
    Newer {
        /// Its name.
        schema: String,
        /// Its version.
        found: i32,
        /// The last version known here.
        known: i32,
    },
    /// The schema is not up to date, and opening was told not to change it.
    #[error("the schema {schema} is at version {found} of {known}: migrate it first")]
    Behind {
        /// Its name.
        schema: String,
        /// Its version; 0 where there is none.
        found: i32,
        /// The version that is needed.
        known: i32,
    },
    /// A migration failed, and changed nothing.
    #[error("the migration {name} failed: {reason}")]
    Migration {
        /// Its name.
        name: &'static str,
        /// What the server said.
        reason: String,
    },
    /// The server did not do what was asked while the store was being opened.
    #[error("PostgreSQL failed while the store was being opened: {0}")]
    Failed(#[source] Error),
}

/// How far a call had come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Nothing can have been committed: a read, or before the COMMIT was sent.
    Before,
    /// The server may have committed already.
    Commit,
}

/// Whether the server refused a statement and goes on. Otherwise the connection is of no more use.
pub(crate) fn is_refusal(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(database) = error else {
        return false;
    };
    let code = database.code();
    let code = code.as_deref().unwrap_or_default();
    // A cached plan whose table has changed since, and statements that are not there: the next connection begins anew.
    !(is_farewell(code) || matches!(code, "0A000" | "26000" | "42P05"))
}

/// Codes with which the server ends the session itself.
fn is_farewell(code: &str) -> bool {
    code.starts_with("08")
        || matches!(
            code,
            "57P01" | "57P02" | "57P03" | "57P04" | "57P05" | "25P03" | "25P04"
        )
}

/// A failed statement or commit.
pub(crate) fn of(error: sqlx::Error, phase: Phase) -> Error {
    match &error {
        sqlx::Error::Database(database) => of_database(database.as_ref(), phase),
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => lost(error, phase),
        _ => Error::backend(error),
    }
}

/// What the server said. See its manual, appendix A, on the codes.
fn of_database(database: &dyn DatabaseError, phase: Phase) -> Error {
    let code = database.code();
    let code = code.as_deref().unwrap_or_default();
    let said = Said {
        code: code.to_owned(),
        message: database.message().to_owned(),
    };
    match code {
        // The disk is full.
        "53100" => Error::Full { source: said.into() },
        // A session that was idle within its transaction has not committed it.
        "25P03" | "25P04" => Error::unavailable(said),
        // The server, or somebody, ended the session. If it was committing, it may have come to the end of that.
        _ if is_farewell(code) => lost(said, phase),
        // Serialization, deadlock, a lock not had in time, a cancelled statement, a standby, a plan of before a migration.
        "40001" | "40P01" | "55P03" | "57014" | "25006" | "0A000" => Error::unavailable(said),
        // Out of memory, connections or other resources.
        _ if code.starts_with("53") => Error::unavailable(said),
        "26000" | "42P05" => Error::backend(Pooler(said)),
        _ => Error::backend(said),
    }
}

fn lost(source: impl Into<leyline_core::store::BoxError>, phase: Phase) -> Error {
    match phase {
        Phase::Before => Error::unavailable(source),
        Phase::Commit => Error::unknown(source),
    }
}

/// No connection was to be had: nothing was sent.
pub(crate) fn of_pool(error: PoolError) -> Error {
    match error {
        PoolError::Backend(error) => Error::unavailable(reason(&error)),
        PoolError::Timeout(_) => Error::unavailable("no connection to PostgreSQL was to be had in time"),
        PoolError::Closed => Error::Stopped {
            source: "the store is closed".into(),
        },
        other => Error::backend(other.to_string()),
    }
}

/// Why a connection was not made, in one line.
pub(crate) fn reason(error: &sqlx::Error) -> String {
    match error {
        sqlx::Error::Database(database) => database.message().to_owned(),
        sqlx::Error::Io(error) => error.to_string(),
        other => other.to_string(),
    }
}

/// What the server said, without the detail lines, in which there may be values.
#[derive(Debug, thiserror::Error)]
#[error("PostgreSQL says {message} ({code})")]
struct Said {
    code: String,
    message: String,
}

/// What a pooler does to prepared statements.
#[derive(Debug, thiserror::Error)]
#[error("a pooler between here and PostgreSQL loses prepared statements: set the option `pooled`")]
pub(crate) struct Pooler(#[source] Said);

/// Whether the statement failed by a word of the server, so that it certainly changed nothing and the server goes on.
pub(crate) fn is_settled(error: &Error) -> bool {
    let source = match error {
        Error::Unavailable { source } | Error::Full { source } | Error::Backend { source } => source,
        _ => return false,
    };
    source.is::<Said>()
}

/// Whether a lock was not had in time.
pub(crate) fn is_lock_timeout(error: &Error) -> bool {
    match error {
        Error::Unavailable { source } => source
            .downcast_ref::<Said>()
            .is_some_and(|said| said.code == "55P03"),
        _ => false,
    }
}

/// A failure of a read that came after a write of the same call.
pub(crate) fn after_a_write(error: Error) -> Error {
    match error {
        Error::Unavailable { source } => Error::Unknown { source },
        other => other,
    }
}

/// The same failure for each of several callers.
pub(crate) fn shared(cause: &std::sync::Arc<Error>) -> Error {
    let source = Box::new(Shared(std::sync::Arc::clone(cause)));
    match &**cause {
        Error::Unavailable { .. } => Error::Unavailable { source },
        Error::Unknown { .. } => Error::Unknown { source },
        Error::Full { .. } => Error::Full { source },
        Error::Stopped { .. } => Error::Stopped { source },
        _ => Error::Backend { source },
    }
}

/// A failure that several callers share.
#[derive(Debug, thiserror::Error)]
#[error("{}", cause_of(.0))]
struct Shared(std::sync::Arc<Error>);

fn cause_of(error: &Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => source.to_string(),
        None => error.to_string(),
    }
}

//! What can go wrong, and what it means to the caller.

use leyline_core::store::Error;

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

/// What a code of the server means. See its manual, appendix A.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Meaning {
    /// The disk is full; nothing was changed.
    Full,
    /// Nothing was changed, and the same may succeed later: serialization, deadlock, a lock not had in time, a cancelled
    /// statement, a lack of memory or connections.
    Later,
    /// As before, but the connection is of no more use: a plan of before a migration, a server that is a standby now, a session
    /// that was idle within its transaction.
    LaterElsewhere,
    /// The server, or somebody, has ended the session. If it was committing, it may have come to the end of that.
    Farewell,
    /// A prepared statement is not where it was, or is there already: a pooler stands in between.
    Pooled,
    /// Sending it again will not mend it.
    Fault,
}

impl Meaning {
    fn of(code: &str) -> Self {
        match code {
            "53100" => Self::Full,
            "0A000" | "25006" | "25P03" | "25P04" => Self::LaterElsewhere,
            "57P01" | "57P02" | "57P03" | "57P04" | "57P05" => Self::Farewell,
            "26000" | "42P05" => Self::Pooled,
            "40001" | "40P01" | "55P03" | "57014" => Self::Later,
            _ if code.starts_with("08") => Self::Farewell,
            _ if code.starts_with("53") => Self::Later,
            _ => Self::Fault,
        }
    }
}

/// Whether the server refused a statement and goes on. Otherwise the connection is of no more use.
pub(crate) fn is_refusal(error: &sqlx::Error) -> bool {
    let sqlx::Error::Database(database) = error else {
        return false;
    };
    let code = database.code();
    let meaning = Meaning::of(code.as_deref().unwrap_or_default());
    matches!(meaning, Meaning::Full | Meaning::Later | Meaning::Fault)
}

/// A failed statement or commit.
pub(crate) fn of(error: sqlx::Error, phase: Phase) -> Error {
    match &error {
        sqlx::Error::Database(database) => {
            let code = database.code();
            let code = code.as_deref().unwrap_or_default().to_owned();
            let message = database.message().to_owned();
            said(Said { code, message }, phase)
        }
        sqlx::Error::Io(_) | sqlx::Error::Tls(_) | sqlx::Error::Protocol(_) => lost(error, phase),
        _ => Error::backend(error),
    }
}

fn said(said: Said, phase: Phase) -> Error {
    match Meaning::of(&said.code) {
        Meaning::Full => Error::Full { source: said.into() },
        Meaning::Later | Meaning::LaterElsewhere => Error::unavailable(said),
        Meaning::Farewell => lost(said, phase),
        Meaning::Pooled => Error::backend(Pooler(said)),
        Meaning::Fault => Error::backend(said),
    }
}

/// No answer came, and none will.
pub(crate) fn lost(source: impl Into<leyline_core::store::BoxError>, phase: Phase) -> Error {
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
    let (Error::Unavailable { source } | Error::Full { source } | Error::Backend { source }) = error else {
        return false;
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

/// A failure that came after a write of the same call: whatever it is by itself, the call may have changed something.
pub(crate) fn after_a_write(error: Error) -> Error {
    match error {
        Error::Unavailable { source } | Error::Full { source } => Error::Unknown { source },
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

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: &str, phase: Phase, is: fn(&Error) -> bool) {
        let said = Said {
            code: code.to_owned(),
            message: "no".to_owned(),
        };
        let error = super::said(said, phase);
        assert!(is(&error), "{code} {phase:?}: {error:?}");
    }

    #[test]
    fn what_was_refused_has_changed_nothing_even_at_the_commit() {
        for code in [
            "40001", "40P01", "55P03", "57014", "25006", "25P03", "0A000", "53200", "53300",
        ] {
            for phase in [Phase::Before, Phase::Commit] {
                check(code, phase, |error| error.is_retryable() && error.is_definite());
            }
        }
    }

    #[test]
    fn a_session_that_ended_at_the_commit_leaves_it_unknown() {
        for code in ["57P01", "57P02", "57P03", "08006", "08P01"] {
            check(code, Phase::Before, |error| {
                error.is_retryable() && error.is_definite()
            });
            check(code, Phase::Commit, Error::is_unknown);
        }
    }

    #[test]
    fn a_full_disk_and_a_fault_are_told_apart() {
        check("53100", Phase::Commit, |error| {
            error.is_full() && error.is_definite()
        });
        for code in ["42P01", "23505", "XX001", "26000", ""] {
            check(code, Phase::Commit, |error| !error.is_retryable());
        }
    }

    #[test]
    fn of_the_failures_that_settle_a_batch_all_are_words_of_the_server() {
        let by_server = Said {
            code: "40P01".to_owned(),
            message: "deadlock".to_owned(),
        };
        assert!(is_settled(&super::said(by_server, Phase::Commit)));
        assert!(!is_settled(&Error::unavailable("no connection")));
        assert!(!is_settled(&Error::unknown("no answer")));
    }

    #[test]
    fn callers_that_share_a_failure_each_hear_its_cause() {
        let cause = std::sync::Arc::new(Error::unknown("the network"));
        let told = shared(&cause);
        assert!(told.is_unknown());
        let source = std::error::Error::source(&told).expect("it has one");
        assert_eq!(source.to_string(), "the network");
    }
}

//! How user code says that it failed, and what is to follow.

use std::fmt;
use std::time::Duration;

use crate::store::BoxError;
use crate::task::Failure;

/// A failed attempt. Any [`std::error::Error`] becomes one by `?` and is retried.
///
/// Its message is shown to whoever may see the task; its [source](ProcessError::source) only goes to the log.
pub struct ProcessError {
    disposition: Disposition,
    failure: Failure,
    source: Option<BoxError>,
}

/// What follows a failed attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Disposition {
    /// Another attempt after the kind's backoff, up to `max_attempts`.
    Retry,
    /// Another attempt after this time, up to `max_attempts`.
    RetryAfter(Duration),
    /// No other attempt: trying again will not help.
    Permanent,
    /// Not a failure: run again after this time, the attempt does not count.
    Snooze(Duration),
}

impl ProcessError {
    /// Another attempt may succeed. Takes errors of every sort, boxed ones, `anyhow`'s and plain texts.
    pub fn retryable(source: impl Into<BoxError>) -> Self {
        Self::with_source(Disposition::Retry, source.into())
    }

    /// Another attempt may succeed, but not before `delay` has passed.
    pub fn retry_after(delay: Duration, source: impl Into<BoxError>) -> Self {
        Self::with_source(Disposition::RetryAfter(delay), source.into())
    }

    /// No attempt can succeed. `code` is a stable word for programs (at most 64 bytes), `message` a sentence for people (at
    /// most 512 bytes).
    pub fn permanent(code: &str, message: impl AsRef<str>) -> Self {
        let failure = Failure::new(code, message.as_ref());
        Self {
            disposition: Disposition::Permanent,
            failure,
            source: None,
        }
    }

    /// Not yet: run the task again after `delay`; the attempt does not count.
    pub fn snooze(delay: Duration) -> Self {
        let failure = Failure::new("snoozed", "asked to be run later");
        Self {
            disposition: Disposition::Snooze(delay),
            failure,
            source: None,
        }
    }

    /// The same error under this code (default `error`).
    #[must_use]
    pub fn code(mut self, code: &str) -> Self {
        self.failure = Failure::new(code, &self.failure.message);
        self
    }

    /// The same error with this message for people instead of the source's text.
    #[must_use]
    pub fn message(mut self, message: impl AsRef<str>) -> Self {
        self.failure = Failure::new(&self.failure.code, message.as_ref());
        self
    }

    /// The same error with a cause for the log.
    #[must_use]
    pub fn because(mut self, source: impl Into<BoxError>) -> Self {
        self.source = Some(source.into());
        self
    }

    /// What follows.
    pub fn disposition(&self) -> Disposition {
        self.disposition
    }

    /// Code and message as the task will show them.
    pub fn failure(&self) -> &Failure {
        &self.failure
    }

    /// The cause, for the log.
    pub fn source(&self) -> Option<&(dyn std::error::Error + Send + Sync + 'static)> {
        self.source.as_deref()
    }

    fn with_source(disposition: Disposition, source: BoxError) -> Self {
        let failure = Failure::new("error", &source.to_string());
        Self {
            disposition,
            failure,
            source: Some(source),
        }
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for ProcessError {
    fn from(error: E) -> Self {
        Self::retryable(error)
    }
}

impl fmt::Debug for ProcessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ProcessError")
            .field("disposition", &self.disposition)
            .field("failure", &self.failure)
            .field("source", &self.source)
            .finish()
    }
}

impl fmt::Display for ProcessError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.failure.code, self.failure.message)
    }
}

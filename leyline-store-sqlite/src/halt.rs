//! The end of a store: from then on it refuses every call.

use std::sync::OnceLock;

use leyline_core::store::{BoxError, Error, Result};

/// Why the store has ended, once it has. Shared by all its parts.
#[derive(Debug, Default)]
pub(crate) struct Halt(OnceLock<Reason>);

#[derive(Debug)]
enum Reason {
    Closed,
    Failed(String),
}

impl Halt {
    /// Stops the store because it can't be trusted any more (fail-stop). The first reason stays.
    pub(crate) fn stop(&self, reason: impl Into<String>) {
        let reason = reason.into();
        tracing::error!(
            reason,
            "the store has stopped; it refuses every call until the process restarts"
        );
        let _ = self.0.set(Reason::Failed(reason));
    }

    /// Ends the store in good order: it takes in nothing more.
    pub(crate) fn close(&self) {
        let _ = self.0.set(Reason::Closed);
    }

    /// Whether it has stopped, other than by being closed.
    pub(crate) fn is_failed(&self) -> bool {
        matches!(self.0.get(), Some(Reason::Failed(_)))
    }

    /// # Errors
    /// [`Error::Stopped`], once the store has ended.
    pub(crate) fn check(&self) -> Result<()> {
        let reason = match self.0.get() {
            None => return Ok(()),
            Some(Reason::Closed) => "it was closed",
            Some(Reason::Failed(reason)) => reason,
        };
        Err(Error::Stopped {
            source: BoxError::from(reason),
        })
    }

    /// The error of a call that the writer has dropped without an answer.
    pub(crate) fn error(&self) -> Error {
        self.check()
            .err()
            .unwrap_or_else(|| Error::unknown("the writer has ended"))
    }
}

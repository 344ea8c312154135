//! The end of a store: from then on it refuses every call.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};

use leyline_core::store::{BoxError, Error, Result};

/// Whether the store has ended, and why. Shared by all its parts.
#[derive(Debug, Default)]
pub(crate) struct Halt {
    closed: AtomicBool,
    failed: OnceLock<String>,
}

impl Halt {
    /// Stops the store because it can't be trusted any more (fail-stop). The first reason stays.
    pub(crate) fn stop(&self, reason: String) {
        tracing::error!(
            reason,
            "the store has stopped; it refuses every call until the process restarts"
        );
        let _ = self.failed.set(reason);
    }

    /// Ends the store in good order: it takes in nothing more.
    pub(crate) fn close(&self) {
        self.closed.store(true, Ordering::Release);
    }

    /// Whether it has stopped, be it after it was closed.
    pub(crate) fn is_failed(&self) -> bool {
        self.failed.get().is_some()
    }

    /// # Errors
    /// [`Error::Stopped`], once the store has ended.
    pub(crate) fn check(&self) -> Result<()> {
        let reason = match self.failed.get() {
            Some(reason) => reason,
            None if self.closed.load(Ordering::Acquire) => "it was closed",
            None => return Ok(()),
        };
        Err(Error::Stopped {
            source: BoxError::from(reason),
        })
    }

    /// The error of a call that the writer has dropped without an answer.
    pub(crate) fn error(&self) -> Error {
        let ended = self.check().err();
        ended.unwrap_or_else(|| Error::unknown("the writer has ended"))
    }
}

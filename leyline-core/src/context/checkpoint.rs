//! Checkpoints: what the next attempt begins with.

use std::time::Duration;

use tracing::debug;

use super::TaskContext;
use crate::causes::Causes;
use crate::metrics;
use crate::retry::RetryPolicy;
use crate::store::{Error, deadline};
use crate::task::Json;

/// The waits between two calls, while the store does not do what is asked.
const AGAIN: RetryPolicy = RetryPolicy::new(Duration::from_millis(100), Duration::from_secs(5));

impl TaskContext {
    /// Keeps a value for the next attempt, durable on return; the one kept last counts. It survives a crash of this
    /// process.
    ///
    /// While the store can't be reached or has no room the call is sent again, for as long as the attempt may go on: an
    /// outage costs time, and no attempt.
    ///
    /// # Errors
    /// The claim is lost (the code should end), the attempt is to stop and the store does not answer, or the store failed in a
    /// way that sending again does not mend; each can be returned by `?`.
    ///
    /// # Cancel safety
    /// A dropped call may or may not have kept the value.
    pub async fn checkpoint(&self, checkpoint: &Json) -> Result<(), Error> {
        let mut failures = 0;
        loop {
            let call = self.0.store.checkpoint(&self.0.claim, checkpoint);
            let answer = deadline::change(self.0.store_deadline, call).await;
            let Err(error) = answer else { return Ok(()) };
            if error.is_claim_lost() {
                self.0.stop.cancel();
                return Err(error);
            }
            metrics::store_failed("checkpoint");
            if !error.is_retryable() {
                return Err(error);
            }
            debug!(error = %Causes(&error), "a checkpoint is unsettled; will send it again");
            failures += 1;
            tokio::select! { biased;
                () = self.cancelled() => return Err(error),
                () = tokio::time::sleep(AGAIN.delay(failures, &self.0.env)) => {}
            }
        }
    }
}

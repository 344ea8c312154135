//! The code that does the work.

mod error;
mod typed;

use async_trait::async_trait;
pub use error::{Disposition, ProcessError};
pub use typed::typed;

use crate::context::TaskContext;
use crate::task::Output;

/// Does the work of one kind of task. Usually made from an async function by [`typed`].
#[async_trait]
pub trait Processor: Send + Sync + 'static {
    /// Works on one task. It may run again for the same task after a crash or a lost claim (at-least-once), so effects
    /// outside of the task should bear repetition; what must not be redone goes into a
    /// [checkpoint](TaskContext::checkpoint).
    ///
    /// It should end soon after [`TaskContext::cancelled`]; after a grace time (default 5 s) its future is dropped.
    /// A panic is a failure like any other.
    ///
    /// # Errors
    /// Whatever went wrong. By default another attempt follows; see [`ProcessError`].
    ///
    /// # Cancel safety
    /// The engine may drop the future at any await: the claim is lost, timed out, or released in a shutdown.
    async fn process(&self, cx: &TaskContext) -> Result<Output, ProcessError>;
}

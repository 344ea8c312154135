//! Where events go besides the local hub.

use async_trait::async_trait;

use crate::event::TaskEvent;
use crate::store::BoxError;

/// A way out of this process for events: a broker, a notification channel. Hints all of them (invariant 1): an event that is
/// lost is learned from the store.
///
/// The way back is a feed: a task that reads the transport and calls [`Hub::publish`](crate::Hub::publish).
#[async_trait]
pub trait ProgressSink: Send + Sync + 'static {
    /// Sends events on. A sink gets every change of status, and of each task at most
    /// [`remote_progress_per_second`](crate::Options::remote_progress_per_second) progress snapshots a second.
    ///
    /// # Errors
    /// Whatever the transport says: it is logged and counted, the events are not sent again.
    ///
    /// # Cancel safety
    /// A dropped call may have sent any of the events.
    async fn publish(&self, events: &[TaskEvent]) -> Result<(), BoxError>;
}

//! One watcher of one task.

use std::fmt;
use std::sync::Arc;

use super::Hub;
use super::slot::{Slot, View};
use crate::event::TaskEvent;
use crate::metrics;
use crate::store::{Error, Result, deadline};
use crate::task::TaskId;

/// What a watcher is told.
#[derive(Debug, Clone, PartialEq)]
pub enum Update {
    /// A snapshot, newer than the one before (or of an earlier history, if the database was restored).
    Event(TaskEvent),
    /// The task is not there any more. Nothing follows.
    Gone(TaskId),
}

/// A watch of one task. Dropping it ends the watch, never the task.
pub struct Watch {
    hub: Hub,
    slot: Arc<Slot>,
    first: TaskEvent,
    /// The slot's change that was last told; `None` before the first.
    told: Option<u64>,
    ended: bool,
}

/// Counts a watcher in, and out again when dropped.
struct Place<'a> {
    hub: &'a Hub,
    slot: Arc<Slot>,
    keep: bool,
}

impl Drop for Place<'_> {
    fn drop(&mut self) {
        if !self.keep {
            self.slot.remove_watcher();
            self.hub.leave(&self.slot);
        }
    }
}

impl Watch {
    /// Registers first, then reads the store where it must, so that nothing falls between the two.
    pub(super) async fn begin(hub: &Hub, id: TaskId) -> Result<Self> {
        let slot = hub.enter(id);
        let (view, shared) = slot.add_watcher();
        let mut place = Place {
            hub,
            slot: Arc::clone(&slot),
            keep: false,
        };
        let first = match live(view).filter(|_| shared) {
            Some(event) => event,
            None => fill(hub, &slot, shared).await?,
        };
        place.keep = true;
        hub.ensure_reconciler();
        metrics::watchers_changed(1.0);
        Ok(Self {
            hub: hub.clone(),
            slot,
            first,
            told: None,
            ended: false,
        })
    }

    /// The snapshot that the watch began with; [`next`](Self::next) gives it, or a newer one, first.
    pub fn first(&self) -> &TaskEvent {
        &self.first
    }

    /// The task.
    pub fn id(&self) -> TaskId {
        self.slot.id
    }

    /// The next thing to tell: the current snapshot at the first call, then whatever is newest whenever it changed. `None`
    /// after a terminal snapshot or [`Update::Gone`].
    ///
    /// # Cancel safety
    /// A dropped call has told nothing.
    pub async fn next(&mut self) -> Option<Update> {
        if self.ended {
            return None;
        }
        let view = loop {
            let notified = self.slot.changed.notified();
            tokio::pin!(notified);
            notified.as_mut().enable();
            let view = self.slot.view();
            if self.told != Some(view.change) {
                break view;
            }
            notified.await;
        };
        self.told = Some(view.change);
        let update = match view.event {
            Some(event) if !view.gone => Update::Event(event),
            _ => Update::Gone(self.slot.id),
        };
        self.ended = match &update {
            Update::Event(event) => event.is_terminal(),
            Update::Gone(_) => true,
        };
        Some(update)
    }
}

/// The event of a slot that others keep fresh.
fn live(view: View) -> Option<TaskEvent> {
    view.event.filter(|event| !view.gone && !event.is_terminal())
}

/// Reads the store into the slot. Whoever waited for another's read takes what that one found.
async fn fill(hub: &Hub, slot: &Arc<Slot>, shared: bool) -> Result<TaskEvent> {
    let waited = slot.filling.try_lock().is_err();
    let _filling = slot.filling.lock().await;
    if (waited || shared)
        && let Some(event) = live(slot.view())
    {
        return Ok(event);
    }
    let change = slot.view().change;
    let task = deadline::read(hub.read_deadline(), hub.0.store.get(slot.id)).await?;
    let task = task.ok_or(Error::NotFound { id: slot.id })?;
    slot.reconcile(&TaskEvent::of(&task), change);
    Ok(slot.view().event.unwrap_or_else(|| TaskEvent::of(&task)))
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.slot.remove_watcher();
        self.hub.leave(&self.slot);
        metrics::watchers_changed(-1.0);
    }
}

impl fmt::Debug for Watch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Watch")
            .field("id", &self.slot.id)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}

//! The worker's side of a slot: its own claims.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;

use super::Hub;
use super::slot::Slot;
use crate::event::TaskEvent;

/// Keeps the slot of a task that runs in this process, and tells its claim's loss as soon as any event shows it.
pub(crate) struct Hold {
    hub: Hub,
    slot: Arc<Slot>,
    revision: u64,
}

impl Hub {
    /// Enters a claim with its own snapshot. `lost` is cancelled by the first event of a higher revision. With `anew` the
    /// snapshot replaces the slot's whatever that holds: the store has handed out a task that was held here already.
    pub(crate) fn hold(&self, event: &TaskEvent, lost: CancellationToken, anew: bool) -> Hold {
        let slot = self.enter(event.id);
        if anew {
            slot.replace(event);
        } else {
            slot.offer(event);
        }
        slot.set_claim(event.revision, lost);
        self.0.lists.changed(&event.owner);
        Hold {
            hub: self.clone(),
            slot,
            revision: event.revision,
        }
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.slot.clear_claim(self.revision);
        self.hub.leave(&self.slot);
    }
}

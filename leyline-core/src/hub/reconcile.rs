//! The comparison of what is watched with the store: why nobody misses the end when events are lost.

use std::sync::{Arc, PoisonError, Weak};

use tokio::task::JoinHandle;
use tracing::{Instrument as _, debug, warn};

use super::list::Glances;
use super::slot::{Slot, View};
use super::{Hub, Shared};
use crate::causes::Causes;
use crate::event::TaskEvent;
use crate::metrics;
use crate::store::deadline;

/// The task that compares. It lives while anything is watched; the hub owns it and ends it when dropped.
#[derive(Default)]
pub(super) struct Reconciler(Option<JoinHandle<()>>);

impl Drop for Reconciler {
    fn drop(&mut self) {
        if let Some(task) = &self.0 {
            task.abort();
        }
    }
}

impl Hub {
    /// Starts the comparison if it does not run.
    pub(super) fn ensure_reconciler(&self) {
        let mut reconciler = self.0.reconciler.lock().unwrap_or_else(PoisonError::into_inner);
        if reconciler.0.as_ref().is_none_or(JoinHandle::is_finished) {
            // It outlives whoever was the first to watch, and is no part of their work.
            let run =
                run(Arc::downgrade(&self.0)).instrument(tracing::debug_span!(parent: None, "reconcile"));
            reconciler.0 = Some(tokio::spawn(run));
        }
    }

    /// One comparison of all that is watched, in one call of the store. The background task does it every
    /// `poll_interval`; a feed does it when it may have missed something.
    ///
    /// # Errors
    /// What the store answers; no watch ends because of it.
    ///
    /// # Cancel safety
    /// A dropped call has changed nothing.
    pub async fn reconcile(&self) -> crate::store::Result<()> {
        let watched: Vec<(Arc<Slot>, View)> = {
            let slots = self.slots();
            slots
                .values()
                .filter(|slot| slot.is_watched())
                .map(|slot| (Arc::clone(slot), slot.view()))
                .collect()
        };
        let live: Vec<(Arc<Slot>, u64, TaskEvent)> = watched
            .into_iter()
            .filter(|(_, view)| !view.gone)
            .filter_map(|(slot, view)| view.event.map(|event| (slot, view.change, event)))
            .collect();
        if live.is_empty() {
            return Ok(());
        }
        let seen: Vec<_> = live.iter().map(|(_, _, event)| event.seen()).collect();
        let call = self.0.store.changed_since(&seen);
        let changes = deadline::read(self.read_deadline(), call).await?;
        debug!(
            watched = seen.len(),
            changed = changes.tasks.len(),
            gone = changes.gone.len(),
            "compared"
        );
        let find = |id| {
            live.binary_search_by_key(&id, |(slot, _, _)| slot.id)
                .ok()
                .map(|at| &live[at])
        };
        for task in &changes.tasks {
            if let Some((slot, change, _)) = find(task.id) {
                slot.reconcile(&TaskEvent::of(task), *change);
            }
        }
        for id in changes.gone {
            if let Some((slot, change, _)) = find(id) {
                slot.end(*change);
            }
        }
        Ok(())
    }
}

async fn run(shared: Weak<Shared>) {
    let mut glances = Glances::default();
    loop {
        let Some(interval) = shared.upgrade().map(|shared| shared.poll_interval) else {
            return;
        };
        tokio::time::sleep(interval).await;
        let Some(hub) = shared.upgrade().map(Hub) else {
            return;
        };
        let compared = async {
            hub.reconcile().await?;
            glances.compare(&hub).await
        };
        if let Err(error) = compared.await {
            warn!(error = %Causes(&error), "could not compare what is watched with the store; will try again");
            metrics::reconcile_failed();
        }
        let mut reconciler = hub.0.reconciler.lock().unwrap_or_else(PoisonError::into_inner);
        let is_watched = hub.0.lists.is_watched() || hub.slots().values().any(|slot| slot.is_watched());
        if !is_watched {
            // Under the lock: a watcher who comes now finds no task and starts the next one.
            reconciler.0 = None;
            return;
        }
    }
}

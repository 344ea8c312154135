//! Which workers' rows a rescue has removed.

use std::collections::BTreeSet;

use leyline_core::WorkerId;

use super::account::Note;
use super::node::Node;
use super::world::World;
use crate::history::Event;

impl World {
    /// The rows before a rescue that may remove some.
    pub(super) async fn workers_before(&self, note: &Note) -> BTreeSet<WorkerId> {
        match note {
            Note::Rescue { dead, .. } if !dead.is_empty() => self.worker_ids().await,
            _ => BTreeSet::new(),
        }
    }

    pub(super) async fn buried(&self, by: &Node, note: &Note, before: &BTreeSet<WorkerId>) {
        let Note::Rescue { asked, .. } = note else { return };
        if before.is_empty() {
            return;
        }
        let after = self.worker_ids().await;
        for worker in before.difference(&after) {
            let own = by.is_own(*worker);
            self.count(if own { "leave taken" } else { "worker buried" });
            let event = Event::Buried {
                worker: *worker,
                own,
                asked: *asked,
            };
            self.record(&by.name, event);
        }
    }

    async fn worker_ids(&self) -> BTreeSet<WorkerId> {
        let rows = self.store.workers(0).await.unwrap_or_default();
        rows.into_iter().map(|row| row.worker).collect()
    }
}

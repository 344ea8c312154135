//! Rescue: rows of dead workers go, and tasks whose worker has no row are freed.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::rows::Rows;
use crate::store::{Dead, Rescue, Rescued};
use crate::task::TaskId;
use crate::transition::Change;

impl Rows {
    pub(super) fn rescue(&mut self, rescue: &Rescue, now: Timestamp) -> Rescued {
        for dead in &rescue.dead {
            self.bury(*dead);
        }
        let limit = rescue.limit as usize;
        let orphans: Vec<TaskId> = self.orphans().into_iter().take(limit).collect();
        let mut rescued = Rescued {
            tasks: Vec::with_capacity(orphans.len()),
            more: orphans.len() == limit,
        };
        for id in orphans {
            let max_rescues = rescue.max_rescues;
            if let Some((_, task)) = self.change(id, Change::Rescue { max_rescues }, now) {
                rescued.tasks.push(task.clone());
            }
        }
        rescued
    }

    /// A counter that has moved, in whichever direction, is a sign of life.
    fn bury(&mut self, dead: Dead) {
        if self
            .workers
            .get(&dead.worker)
            .is_some_and(|row| row.counter == dead.counter)
        {
            self.workers.remove(&dead.worker);
        }
    }

    fn orphans(&self) -> BTreeSet<TaskId> {
        self.index
            .processing()
            .filter(|(worker, _)| !self.workers.contains_key(worker))
            .flat_map(|(_, ids)| ids.iter().copied())
            .collect()
    }
}

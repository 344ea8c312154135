//! Stats: live tasks are counted by their indexes, ended ones within a window.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::Timestamp;

use super::rows::Rows;
use super::store::ago;
use crate::status::Status;
use crate::store::{KindStats, Stats};
use crate::task::{Kind, Task};

impl Rows {
    pub(super) fn stats(&self, window: Duration, now: Timestamp) -> Stats {
        let mut kinds = BTreeMap::new();
        for (kind, pending) in self.index.pending() {
            of_kind(&mut kinds, kind).pending = pending as u64;
        }
        let processing = self.index.processing().flat_map(|(_, ids)| ids.iter().copied());
        let ended = self.index.ended_since(ago(now, window));
        for task in processing.chain(ended).filter_map(|id| self.get(id)) {
            count(of_kind(&mut kinds, &task.kind), task);
        }
        Stats {
            kinds: kinds.into_values().collect(),
            window,
            now,
            oldest_due: self.index.oldest_due(now),
        }
    }
}

fn count(stats: &mut KindStats, task: &Task) {
    let number = match task.status {
        Status::Pending => &mut stats.pending,
        Status::Processing => &mut stats.processing,
        Status::Completed => &mut stats.completed,
        Status::Failed => &mut stats.failed,
        Status::Cancelled => &mut stats.cancelled,
    };
    *number += 1;
}

fn of_kind<'a>(kinds: &'a mut BTreeMap<Kind, KindStats>, kind: &Kind) -> &'a mut KindStats {
    kinds.entry(kind.clone()).or_insert_with(|| KindStats {
        kind: kind.clone(),
        pending: 0,
        processing: 0,
        completed: 0,
        failed: 0,
        cancelled: 0,
    })
}

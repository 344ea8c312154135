//! Beat: a worker's counter, its claims' progress, and what differs between its account and the store's.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::rows::{Rows, Worker};
use crate::store::{Beat, BeatReply, Held, RunningTask, Stray, WorkerRow};
use crate::task::{Claim, WorkerId};

impl Rows {
    pub(super) fn beat(&mut self, beat: &Beat, now: Timestamp) -> BeatReply {
        self.keep_worker(beat, now);
        let mut lost = Vec::new();
        for held in &beat.held {
            if !self.keep_progress(beat.worker, held) {
                lost.push(held.id);
            }
        }
        let named = beat.held.iter().map(|held| Stray {
            id: held.id,
            revision: held.revision,
        });
        let stray = self.strays(beat.worker, &named.collect());
        BeatReply { lost, stray }
    }

    pub(super) fn worker_rows(&self, shown: u32) -> Vec<WorkerRow> {
        let row = |(&worker, row): (&WorkerId, &Worker)| WorkerRow {
            worker,
            counter: row.counter,
            period: row.period,
            started_at: row.started_at,
            beat_at: row.beat_at,
            running: u32::try_from(self.index.running(worker)).unwrap_or(u32::MAX),
            tasks: self.running_under(worker, shown),
        };
        self.workers.iter().map(row).collect()
    }

    fn running_under(&self, worker: WorkerId, shown: u32) -> Vec<RunningTask> {
        self.index
            .processing_under(worker)
            .take(usize::try_from(shown).unwrap_or(usize::MAX))
            .filter_map(|id| self.get(id))
            .map(|task| RunningTask {
                id: task.id,
                kind: task.kind.clone(),
                since: task.updated_at,
            })
            .collect()
    }

    /// An older counter never replaces a newer one.
    fn keep_worker(&mut self, beat: &Beat, now: Timestamp) {
        let row = self.workers.entry(beat.worker).or_insert(Worker {
            counter: beat.counter,
            period: beat.period,
            started_at: now,
            beat_at: now,
        });
        if beat.counter > row.counter {
            row.counter = beat.counter;
            row.period = beat.period;
            row.beat_at = now;
        }
    }

    /// Whether the claim holds. An older tick never replaces a newer one.
    fn keep_progress(&mut self, worker: WorkerId, held: &Held) -> bool {
        let claim = Claim {
            id: held.id,
            revision: held.revision,
            worker,
        };
        let Some(task) = self.claimed(&claim) else {
            return false;
        };
        if let Some(progress) = &held.progress
            && progress.tick > task.progress.tick
        {
            task.progress = progress.clone();
        }
        true
    }

    fn strays(&self, worker: WorkerId, named: &BTreeSet<Stray>) -> Vec<Stray> {
        self.index
            .processing_under(worker)
            .filter_map(|id| self.get(id))
            .map(|task| Stray {
                id: task.id,
                revision: task.revision,
            })
            .filter(|stray| !named.contains(stray))
            .collect()
    }
}

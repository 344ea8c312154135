//! Claim: the best of each wanted kind compete, and the winner's kind puts forward its next.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::index::{Turn, turn};
use super::rows::Rows;
use crate::status::Status;
use crate::store::{ClaimRequest, Claimed};
use crate::task::{Kind, Task, TaskId};
use crate::transition::Change;

/// The due tasks of one kind, and how many more of them may be taken.
struct Lane<'a> {
    slots: u32,
    queue: Box<dyn Iterator<Item = Turn> + 'a>,
}

impl Rows {
    pub(super) fn claim(&mut self, request: &ClaimRequest, now: Timestamp) -> Vec<Claimed> {
        if !self.workers.contains_key(&request.worker) {
            return Vec::new();
        }
        let chosen = self.choose(request, now);
        chosen
            .into_iter()
            .filter_map(|id| self.take_for(request, id, now))
            .collect()
    }

    fn take_for(&mut self, request: &ClaimRequest, id: TaskId, now: Timestamp) -> Option<Claimed> {
        let previous_progress = self.get(id)?.progress.clone();
        let worker = request.worker;
        let (_, task) = self.change(id, Change::Claim { worker }, now)?;
        Some(Claimed {
            task: task.clone(),
            previous_progress,
        })
    }

    /// The tasks to take, in order. Costs O(taken · log n), and as much for each suspect that is passed over.
    fn choose(&self, request: &ClaimRequest, now: Timestamp) -> Vec<TaskId> {
        let mut suspects = request.suspects;
        let mut admit = |task: &Task| {
            if !task.is_suspect(request.max_rescues) {
                return true;
            }
            let admitted = suspects > 0;
            suspects = suspects.saturating_sub(1);
            admitted
        };
        let mut heads = BTreeMap::new();
        for lane in self.lanes(request, now) {
            line_up(&mut heads, lane);
        }
        let mut chosen = Vec::new();
        while chosen.len() < request.limit as usize {
            let Some(((_, _, id), mut lane)) = heads.pop_first() else {
                break;
            };
            if self.get(id).is_some_and(&mut admit) {
                chosen.push(id);
                lane.slots -= 1;
            }
            line_up(&mut heads, lane);
        }
        chosen
    }

    fn lanes<'a>(&'a self, request: &'a ClaimRequest, now: Timestamp) -> impl Iterator<Item = Lane<'a>> {
        // Of a kind that is named twice, the last number counts.
        let wants: BTreeMap<&Kind, u32> = request
            .wants
            .iter()
            .map(|want| (&want.kind, want.slots))
            .collect();
        wants.into_iter().map(move |(kind, slots)| Lane {
            slots,
            queue: if request.ids.is_empty() {
                Box::new(self.index.due(kind, now))
            } else {
                Box::new(self.due_among(&request.ids, kind, now).into_iter())
            },
        })
    }

    fn due_among(&self, ids: &[TaskId], kind: &Kind, now: Timestamp) -> BTreeSet<Turn> {
        ids.iter()
            .filter_map(|&id| self.get(id))
            .filter(|task| task.status == Status::Pending && task.kind == *kind && task.run_at <= now)
            .map(turn)
            .collect()
    }
}

/// Puts a lane among the others by its next task, unless it is empty or may give no more.
fn line_up<'a>(heads: &mut BTreeMap<Turn, Lane<'a>>, mut lane: Lane<'a>) {
    if lane.slots > 0
        && let Some(head) = lane.queue.next()
    {
        heads.insert(head, lane);
    }
}

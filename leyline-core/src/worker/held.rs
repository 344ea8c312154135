//! The claims that this worker holds, from the claim's reply until the outcome of its finish is known; and the strays, whose
//! reply was lost.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;

use crate::context::ProgressCell;
use crate::event::TaskEvent;
use crate::hub::Hold;
use crate::store::Stray;
use crate::task::{Progress, TaskId};

/// One held claim.
pub(crate) struct Entry {
    pub(crate) revision: u64,
    pub(crate) event: TaskEvent,
    pub(crate) cell: Arc<ProgressCell>,
    /// Cancelled when the claim is found to be lost.
    pub(crate) lost: CancellationToken,
    /// The supervisor; set as soon as it is spawned.
    pub(crate) supervisor: Option<AbortHandle>,
    /// Its finish is submitted: the answer to that decides, not a beat.
    pub(crate) finishing: bool,
    /// The last tick that a beat stored.
    pub(crate) stored_tick: u64,
    /// Keeps the slot in the hub.
    pub(crate) _hold: Hold,
}

/// Claims, strays, and which claim calls are under way.
#[derive(Default)]
pub(crate) struct Held {
    entries: BTreeMap<TaskId, Entry>,
    claims_begun: u64,
    claims_ended: u64,
    strays: Vec<(Stray, u64)>,
    /// Strays whose release is queued.
    releasing: Vec<Stray>,
}

impl Held {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether a claim is held or the release of a stray under way.
    pub(crate) fn is_busy(&self) -> bool {
        !self.entries.is_empty() || !self.releasing.is_empty()
    }

    pub(crate) fn get(&self, id: TaskId) -> Option<&Entry> {
        self.entries.get(&id)
    }

    /// The entry of exactly this claim.
    pub(crate) fn claim_mut(&mut self, id: TaskId, revision: u64) -> Option<&mut Entry> {
        self.entries
            .get_mut(&id)
            .filter(|entry| entry.revision == revision)
    }

    /// Puts a claim in; gives back what was held under the id before.
    pub(crate) fn insert(&mut self, id: TaskId, entry: Entry) -> Option<Entry> {
        self.entries.insert(id, entry)
    }

    /// Takes exactly this claim out.
    pub(crate) fn remove(&mut self, id: TaskId, revision: u64) -> Option<Entry> {
        if self.entries.get(&id)?.revision != revision {
            return None;
        }
        self.entries.remove(&id)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (TaskId, &Entry)> {
        self.entries.iter().map(|(id, entry)| (*id, entry))
    }

    /// What a beat says: every claim, with its progress where that has changed since it was last stored.
    pub(crate) fn for_beat(&self) -> Vec<crate::store::Held> {
        let progress = |entry: &Entry| -> Option<Progress> {
            (entry.cell.tick() > entry.stored_tick && !entry.finishing).then(|| entry.cell.get())
        };
        self.iter()
            .map(|(id, entry)| crate::store::Held {
                id,
                revision: entry.revision,
                progress: progress(entry),
            })
            .collect()
    }

    /// Whether any claim has progress that no beat has stored.
    pub(crate) fn has_unstored_progress(&self) -> bool {
        self.entries
            .values()
            .any(|entry| !entry.finishing && entry.cell.tick() > entry.stored_tick)
    }

    pub(crate) fn claim_begins(&mut self) {
        self.claims_begun += 1;
    }

    pub(crate) fn claim_ends(&mut self) {
        self.claims_ended += 1;
    }

    /// A beat named a stray. It is judged when every claim call that is under way now has ended: its reply may hold it.
    pub(crate) fn name_stray(&mut self, stray: Stray) {
        let known = self.strays.iter().any(|(known, _)| *known == stray) || self.releasing.contains(&stray);
        if !known {
            self.strays.push((stray, self.claims_begun));
        }
    }

    /// The strays that can be judged now and are held by nobody: they are to be released.
    pub(crate) fn take_strays(&mut self) -> Vec<Stray> {
        let ended = self.claims_ended;
        let (ready, waiting) = std::mem::take(&mut self.strays)
            .into_iter()
            .partition(|(_, begun)| *begun <= ended);
        self.strays = waiting;
        let ready: Vec<(Stray, u64)> = ready;
        let stray: Vec<Stray> = ready
            .into_iter()
            .map(|(stray, _)| stray)
            .filter(|stray| {
                self.entries
                    .get(&stray.id)
                    .is_none_or(|entry| entry.revision != stray.revision)
            })
            .collect();
        self.releasing.extend(&stray);
        stray
    }

    /// The release of a stray is settled.
    pub(crate) fn forget_stray(&mut self, id: TaskId, revision: u64) {
        self.releasing
            .retain(|stray| (stray.id, stray.revision) != (id, revision));
    }
}

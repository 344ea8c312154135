//! Slots: how many tasks run at once, and code that goes on though its claim has ended.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

use crate::metrics;
use crate::task::Kind;

/// A worker's slots.
pub(crate) struct Slots {
    total: usize,
    taken: Mutex<Taken>,
    /// A slot became free.
    pub(crate) freed: Notify,
}

#[derive(Default)]
struct Taken {
    all: usize,
    stuck: usize,
    suspects: usize,
    by_kind: BTreeMap<Kind, usize>,
}

/// A taken slot. The engine and the user's code share it; it is free when the last of them lets go.
pub(crate) struct Slot {
    slots: Arc<Slots>,
    kind: Kind,
    suspect: bool,
    stuck: Mutex<bool>,
}

impl Slots {
    pub(crate) fn new(total: usize) -> Arc<Self> {
        Arc::new(Self {
            total,
            taken: Mutex::default(),
            freed: Notify::new(),
        })
    }

    fn taken(&self) -> MutexGuard<'_, Taken> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Forgets what was freed up to now, for who is about to count the free ones.
    pub(crate) fn mark_freed_seen(&self) {
        let freed = self.freed.notified();
        tokio::pin!(freed);
        freed.as_mut().enable();
    }

    /// How many there are.
    pub(crate) fn total(&self) -> usize {
        self.total
    }

    /// How many are free.
    pub(crate) fn free(&self) -> usize {
        self.total.saturating_sub(self.taken().all)
    }

    /// How many this kind has taken.
    pub(crate) fn taken_by(&self, kind: &Kind) -> usize {
        self.taken().by_kind.get(kind).copied().unwrap_or(0)
    }

    /// How many suspects run.
    pub(crate) fn suspects(&self) -> usize {
        self.taken().suspects
    }

    /// How many are stuck.
    pub(crate) fn stuck(&self) -> usize {
        self.taken().stuck
    }

    /// Takes one. The caller has asked the store for no more than were free.
    pub(crate) fn take(slots: &Arc<Self>, kind: &Kind, suspect: bool) -> Arc<Slot> {
        let mut taken = slots.taken();
        taken.all += 1;
        taken.suspects += usize::from(suspect);
        *taken.by_kind.entry(kind.clone()).or_default() += 1;
        metrics::slots_taken_changed(1.0);
        let slots = Arc::clone(slots);
        Arc::new(Slot {
            slots,
            kind: kind.clone(),
            suspect,
            stuck: Mutex::new(false),
        })
    }
}

impl Slot {
    /// The claim has ended and the code has not.
    pub(crate) fn mark_stuck(&self) {
        let mut stuck = self.stuck.lock().unwrap_or_else(PoisonError::into_inner);
        if !std::mem::replace(&mut *stuck, true) {
            let mut taken = self.slots.taken();
            taken.stuck += 1;
            metrics::stuck_slots_changed(1.0);
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        {
            let mut taken = self.slots.taken();
            taken.all -= 1;
            taken.suspects -= usize::from(self.suspect);
            if let Some(count) = taken.by_kind.get_mut(&self.kind) {
                *count -= 1;
            }
            if *self.stuck.get_mut().unwrap_or_else(PoisonError::into_inner) {
                taken.stuck -= 1;
                metrics::stuck_slots_changed(-1.0);
            }
            metrics::slots_taken_changed(-1.0);
        }
        self.slots.freed.notify_one();
    }
}

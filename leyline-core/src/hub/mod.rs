//! The hub: from the newest event of a task to everyone in this process who watches it.
//!
//! One slot for each task that is watched or runs here, holding its newest event: conflation is the slot itself, so a slow
//! watcher costs nothing but its own lateness. Events are hints; every `poll_interval` all watched tasks are compared with
//! the store in one call, so that a watcher learns the end even if every event is lost (invariant 1).

mod hold;
mod list;
mod reconcile;
mod slot;
mod watch;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

pub(crate) use hold::Hold;
pub use list::{ListChanges, ListScope};
pub use watch::{Update, Watch};

use self::list::Lists;
use self::reconcile::Reconciler;
use self::slot::Slot;
use crate::event::TaskEvent;
use crate::metrics;
use crate::store::TaskStore;
use crate::task::TaskId;

/// A store that is merely slow is not to be taken for a silent one, however often it is asked.
const MIN_READ_DEADLINE: Duration = Duration::from_secs(5);

/// Distributes events to watchers. Clones share everything.
#[derive(Clone)]
pub struct Hub(Arc<Shared>);

struct Shared {
    store: Arc<dyn TaskStore>,
    poll_interval: Duration,
    /// In id order, so that a seeded run repeats.
    slots: Mutex<BTreeMap<TaskId, Arc<Slot>>>,
    lists: Arc<Lists>,
    reconciler: Mutex<Reconciler>,
}

impl Hub {
    /// A hub over `store` that compares what is watched with the store every `poll_interval` (default 5 s).
    pub fn new(store: Arc<dyn TaskStore>, poll_interval: Duration) -> Self {
        Self(Arc::new(Shared {
            store,
            poll_interval,
            slots: Mutex::default(),
            lists: Arc::default(),
            reconciler: Mutex::default(),
        }))
    }

    /// Takes events in, from this process or from a feed. An older one than the slot's changes nothing; one of a task that
    /// nobody watches here costs a look-up. Never blocks.
    pub fn publish(&self, events: &[TaskEvent]) {
        for event in events {
            if !event.is_progress() {
                self.0.lists.changed(&event.owner);
            }
            let slot = self.slots().get(&event.id).cloned();
            if let Some(slot) = slot {
                slot.offer(event);
            }
        }
        metrics::events_published(events.len());
    }

    /// Tells lists that a task of this owner is gone.
    pub fn removed(&self, owner: &str) {
        self.0.lists.changed(owner);
    }

    /// Tells the lists that show tasks of this owner that one has changed; where it is not known whose, all lists. For feeds.
    pub fn lists_changed(&self, owner: Option<&str>) {
        match owner {
            Some(owner) => self.0.lists.changed(owner),
            None => self.0.lists.all_changed(),
        }
    }

    /// The newest event that is known here of a task that is watched or runs here. For feeds: another progress of the same
    /// revision makes a complete snapshot of it ([`TaskEvent::with_progress`]).
    pub fn current(&self, id: TaskId) -> Option<TaskEvent> {
        let slot = self.slots().get(&id).cloned()?;
        slot.view().event
    }

    /// Whether a task is watched or runs here, and nothing as new as this revision and tick is known of it. For feeds: such a
    /// task is worth a read of the store. A watcher that is still reading counts too, because it may read what is older.
    pub fn is_behind(&self, id: TaskId, revision: u64, tick: u64) -> bool {
        let slot = self.slots().get(&id).cloned();
        slot.is_some_and(|slot| {
            let held = slot.view().event;
            held.is_none_or(|held| held.version() < (revision, tick))
        })
    }

    /// Watches a task: its current snapshot first, then newer ones, up to the terminal one.
    ///
    /// The store is read only where no other watcher keeps the slot filled with a live event, and by one watcher at a time:
    /// a storm of reconnects costs it one read for each task.
    ///
    /// # Errors
    /// [`NotFound`](crate::store::Error::NotFound), or what the store answers.
    ///
    /// # Cancel safety
    /// A dropped call leaves nothing behind.
    pub async fn watch(&self, id: TaskId) -> crate::store::Result<Watch> {
        Watch::begin(self, id).await
    }

    /// A hint for list views: rises whenever a task within `scope` was inserted, changed its status or went. Nothing is
    /// queued: who is slow sees one rise for many changes. What another process did is told within `poll_interval`, to all
    /// scopes. To be called within a tokio runtime.
    pub fn list_changes(&self, scope: ListScope) -> ListChanges {
        let changes = Lists::subscribe(&self.0.lists, scope);
        self.ensure_reconciler();
        changes
    }

    /// How many tasks have a slot.
    pub fn slot_count(&self) -> usize {
        self.slots().len()
    }

    /// How long one read of the store may take: others wait behind it.
    fn read_deadline(&self) -> Duration {
        self.0.poll_interval.max(MIN_READ_DEADLINE)
    }

    fn slots(&self) -> MutexGuard<'_, BTreeMap<TaskId, Arc<Slot>>> {
        self.0.slots.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The slot of `id`, made if absent, with one more user.
    fn enter(&self, id: TaskId) -> Arc<Slot> {
        let mut slots = self.slots();
        let slot = slots.entry(id).or_insert_with(|| Arc::new(Slot::new(id)));
        slot.enter();
        Arc::clone(slot)
    }

    /// One user less; the last one takes the slot along.
    fn leave(&self, slot: &Arc<Slot>) {
        let mut slots = self.slots();
        if slot.leave() {
            slots.remove(&slot.id);
        }
    }
}

impl fmt::Debug for Hub {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Hub")
            .field("slots", &self.slot_count())
            .finish_non_exhaustive()
    }
}

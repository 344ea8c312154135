//! Hints for list views.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Hub;
use crate::store::{KindStats, ListQuery, Result, Waker, Wakeups, deadline};
use crate::task::TaskId;

/// Whose tasks a list shows.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ListScope {
    /// Everyone's.
    All,
    /// This owner's.
    Owner(String),
}

/// The counters of the scopes that somebody looks at.
#[derive(Default)]
pub(super) struct Lists(Mutex<BTreeMap<ListScope, Entry>>);

#[derive(Default)]
struct Entry {
    waker: Waker,
    subscribers: usize,
}

impl Lists {
    fn entries(&self) -> MutexGuard<'_, BTreeMap<ListScope, Entry>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A task of this owner changed.
    pub(super) fn changed(&self, owner: &str) {
        let entries = self.entries();
        if entries.is_empty() {
            return;
        }
        for scope in [ListScope::All, ListScope::Owner(owner.to_owned())] {
            if let Some(entry) = entries.get(&scope) {
                entry.waker.wake();
            }
        }
    }

    /// Whether anybody looks at a list.
    pub(super) fn is_watched(&self) -> bool {
        !self.entries().is_empty()
    }

    /// Something changed, and nobody knows whose.
    pub(super) fn all_changed(&self) {
        for entry in self.entries().values() {
            entry.waker.wake();
        }
    }

    pub(super) fn subscribe(lists: &Arc<Self>, scope: ListScope) -> ListChanges {
        let wakeups = {
            let mut entries = lists.entries();
            let entry = entries.entry(scope.clone()).or_default();
            entry.subscribers += 1;
            entry.waker.subscribe()
        };
        ListChanges {
            lists: Arc::clone(lists),
            scope,
            wakeups,
        }
    }
}

/// What the store shows of all lists at a glance: two reads, however many tasks and subscribers there are.
#[derive(PartialEq)]
struct Glance {
    newest: Option<TaskId>,
    kinds: Vec<KindStats>,
}

impl Glance {
    /// What ended is counted over a few polls only: further back it says nothing new, and costs more.
    async fn of(hub: &Hub) -> Result<Self> {
        let newest = ListQuery {
            limit: 1,
            ..ListQuery::new()
        };
        let page = deadline::read(hub.read_deadline(), hub.0.store.list(&newest)).await?;
        let window = hub.0.poll_interval.saturating_mul(4);
        let stats = deadline::read(hub.read_deadline(), hub.0.store.stats(window)).await?;
        Ok(Self {
            newest: page.tasks.first().map(|task| task.id),
            kinds: stats.kinds,
        })
    }
}

/// The last glance, for the comparison that stands behind the hints of lists.
#[derive(Default)]
pub(super) struct Glances(Option<Glance>);

impl Glances {
    /// Tells every list if the store shows something else than at the last call: another process changed it, or an event was
    /// lost. What this process changed is told once more.
    pub(super) async fn compare(&mut self, hub: &Hub) -> Result<()> {
        if !hub.0.lists.is_watched() {
            self.0 = None;
            return Ok(());
        }
        let now = Glance::of(hub).await?;
        if self.0.as_ref() != Some(&now) {
            hub.0.lists.all_changed();
        }
        self.0 = Some(now);
        Ok(())
    }
}

/// A subscription to [`Hub::list_changes`](super::Hub::list_changes).
pub struct ListChanges {
    lists: Arc<Lists>,
    scope: ListScope,
    wakeups: Wakeups,
}

impl ListChanges {
    /// Marks everything up to now as seen and returns the counter, for who is about to read the list.
    pub fn mark_seen(&mut self) -> u64 {
        self.wakeups.mark_seen()
    }

    /// Waits for the next rise and returns the counter.
    ///
    /// # Cancel safety
    /// A dropped wait has seen nothing.
    pub async fn changed(&mut self) -> u64 {
        self.wakeups.changed().await
    }
}

impl Drop for ListChanges {
    fn drop(&mut self) {
        let mut entries = self.lists.entries();
        if let Some(entry) = entries.get_mut(&self.scope) {
            entry.subscribers -= 1;
            if entry.subscribers == 0 {
                entries.remove(&self.scope);
            }
        }
    }
}

impl std::fmt::Debug for ListChanges {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("ListChanges")
            .field("scope", &self.scope)
            .finish_non_exhaustive()
    }
}

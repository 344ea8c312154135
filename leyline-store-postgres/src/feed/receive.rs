//! The way in: what each entry does here.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use leyline_core::store::{Error, Result};
use leyline_core::{Hub, RetryPolicy, Status, TaskEvent, TaskId, TaskStoreExt as _};
use tracing::warn;

use super::inbox::{Inbox, Wanted};
use super::message::{self, Change, Entry, Step, Version};
use crate::PostgresStore;
use crate::metrics;

/// Tasks in one read of the store.
const MOST_READ: usize = 500;

/// Longest time that a read may take: others wait behind it.
const DEADLINE: Duration = Duration::from_secs(5);

/// Between reads that failed.
const PAUSE: RetryPolicy = RetryPolicy::new(Duration::from_millis(100), Duration::from_secs(5));

/// Brings what was heard to the hub and the workers of this process. Hearing never waits for a read.
pub(super) struct Receiver {
    store: PostgresStore,
    hub: Hub,
    inbox: Inbox,
    /// Whether it was said that there are payloads that can't be read.
    warned: AtomicBool,
}

impl Receiver {
    pub(super) fn new(store: PostgresStore, hub: Hub) -> Self {
        Self {
            store,
            hub,
            inbox: Inbox::default(),
            warned: AtomicBool::new(false),
        }
    }

    /// Takes a notification in. Anybody on the database may send some: it causes reads,
    /// and may show a false progress of a running task until its next change of status, but no status.
    pub(super) fn hear(&self, payload: &str) {
        match message::unpack(payload, &self.store.0.origin) {
            Ok(entries) => entries.into_iter().for_each(|entry| self.take(entry)),
            Err(reason) => {
                metrics::feed_ignored();
                if !self.warned.swap(true, Ordering::Relaxed) {
                    warn!(%reason, "ignores a notification, and from now on silently; watchers learn from the store");
                }
            }
        }
    }

    /// From now on nothing is missed; what was said before may have been.
    pub(super) fn listening(&self) {
        self.store.0.waker.wake();
        self.hub.lists_changed(None);
        self.inbox.miss();
    }

    fn take(&self, entry: Entry) {
        match entry {
            Entry::Change(change) => self.change(&change),
            Entry::Step(step) => self.step(step),
            Entry::Look(version) => self.want(version, None),
        }
    }

    fn change(&self, change: &Change) {
        self.hub.lists_changed(Some(&change.owner));
        if let Some(wait) = change.claimable_in() {
            self.store.0.alarm.wake_in(wait);
        }
        self.want(change.version, None);
    }

    fn step(&self, step: Step) {
        if !self.advance(&step) {
            self.want(step.version, Some(step));
        }
    }

    /// A progress of the claim that is known here makes a whole snapshot of what is known; says whether it was one.
    fn advance(&self, step: &Step) -> bool {
        let known = self.hub.current(step.version.id);
        let Some(known) = known.filter(|known| is_of(known, step)) else {
            return false;
        };
        if step.version.tick > known.tick {
            self.hub.publish(&[known.with_progress(&step.progress())]);
        }
        true
    }

    /// Only what somebody here waits for is read.
    fn want(&self, version: Version, step: Option<Step>) {
        if self.is_wanted(&version) {
            self.inbox.want(Wanted { version, step });
        }
    }

    fn is_wanted(&self, version: &Version) -> bool {
        self.hub.is_behind(version.id, version.revision, version.tick)
    }

    /// Reads what is wanted, as long as it is polled. What is wanted during a read goes into the next one.
    pub(super) async fn run(&self) -> Infallible {
        let mut failures = 0;
        loop {
            match self.catch_up().await {
                Ok(()) => {
                    failures = 0;
                    self.inbox.filled().await;
                }
                Err(error) => {
                    failures += 1;
                    metrics::feed_read_failed();
                    warn!(%error, "could not read what the feed has heard of; will try again");
                    tokio::time::sleep(PAUSE.delay(failures, &self.store.0.env)).await;
                }
            }
        }
    }

    async fn catch_up(&self) -> Result<()> {
        if self.inbox.take_missed() {
            self.hub.reconcile().await.inspect_err(|_| self.inbox.miss())?;
        }
        loop {
            let wanted = self.inbox.take(MOST_READ);
            if wanted.is_empty() {
                return Ok(());
            }
            self.read(wanted).await?;
        }
    }

    /// One read for all of them. Rows that are not there any more are left to the hub's own comparison.
    async fn read(&self, wanted: Vec<Wanted>) -> Result<()> {
        // Some were settled while they waited.
        let open: BTreeMap<TaskId, Wanted> = wanted
            .into_iter()
            .filter(|wanted| !wanted.step.as_ref().is_some_and(|step| self.advance(step)))
            .filter(|wanted| self.is_wanted(&wanted.version))
            .map(|wanted| (wanted.version.id, wanted))
            .collect();
        let ids: Vec<TaskId> = open.keys().copied().collect();
        let call = tokio::time::timeout(DEADLINE, self.store.get_many(&ids));
        match call
            .await
            .unwrap_or_else(|elapsed| Err(Error::unavailable(elapsed)))
        {
            Ok(tasks) => {
                let read = tasks.iter().map(TaskEvent::of);
                let events: Vec<TaskEvent> = read.map(|event| newest(event, &open)).collect();
                self.hub.publish(&events);
                Ok(())
            }
            Err(error) => {
                for wanted in open.into_values() {
                    self.inbox.want(wanted);
                }
                Err(error)
            }
        }
    }
}

fn is_of(event: &TaskEvent, step: &Step) -> bool {
    event.status == Status::Processing && event.revision == step.version.revision
}

/// The row, with the progress that came over the channel where that is newer: the store has it by the next beat.
fn newest(row: TaskEvent, wanted: &BTreeMap<TaskId, Wanted>) -> TaskEvent {
    let step = wanted.get(&row.id).and_then(|wanted| wanted.step.as_ref());
    match step {
        Some(step) if is_of(&row, step) && step.version.tick > row.tick => {
            row.with_progress(&step.progress())
        }
        _ => row,
    }
}

//! What lies between the nodes: the store with what it had made durable, the blobs, the account of all that happens, and the
//! draws.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use leyline_core::{TaskId, TaskStore};
use tokio::time::Instant;

use super::backing::{Backing, Image};
use super::blobs::Object;
use super::clock::HostClock;
use super::dice::Dice;
use super::plan::Plan;
use crate::history::{Entry, Event, Row};

/// Shared by everyone in a run.
pub(super) struct World {
    pub(super) plan: Plan,
    pub(super) dice: Dice,
    /// The clock of the store and of the blob store.
    pub(super) clock: HostClock,
    pub(super) backing: Box<dyn Backing>,
    pub(super) store: Arc<dyn TaskStore>,
    /// Held over a call's effect and its account, so that each change is told once.
    pub(super) effects: tokio::sync::Mutex<()>,
    /// The rows as the account has them.
    pub(super) rows: Mutex<BTreeMap<TaskId, Row>>,
    /// What a crash of the store goes back to: how it was before the beats that no commit followed.
    pub(super) durable: Mutex<Option<Image>>,
    pub(super) objects: Mutex<BTreeMap<String, Object>>,
    /// Which node was told of which revision by an event.
    pub(super) delivered: Mutex<BTreeSet<(u64, TaskId, u64)>>,
    pub(super) down: AtomicBool,
    /// Rises with every crash of the store: answers that were under way are lost.
    pub(super) outage: AtomicU64,
    /// No faults any more.
    pub(super) quiet: AtomicBool,
    /// Clients, operators and watchers that are not done.
    pub(super) busy: AtomicU64,
    /// Clients that are not done.
    pub(super) clients: AtomicU64,
    watches: AtomicU64,
    start: Instant,
    history: Mutex<Vec<Entry>>,
    faults: Mutex<BTreeMap<&'static str, u64>>,
}

/// Counts somebody as busy.
pub(super) struct Busy(Arc<World>);

impl Drop for Busy {
    fn drop(&mut self) {
        self.0.busy.fetch_sub(1, Ordering::Relaxed);
    }
}

impl World {
    pub(super) fn new(plan: Plan, dice: Dice, clock: HostClock, backing: Box<dyn Backing>) -> Arc<Self> {
        Arc::new(Self {
            plan,
            dice,
            clock,
            store: backing.store(),
            backing,
            effects: tokio::sync::Mutex::default(),
            rows: Mutex::default(),
            durable: Mutex::default(),
            objects: Mutex::default(),
            delivered: Mutex::default(),
            down: AtomicBool::new(false),
            outage: AtomicU64::new(0),
            quiet: AtomicBool::new(false),
            busy: AtomicU64::new(0),
            clients: AtomicU64::new(0),
            watches: AtomicU64::new(0),
            start: Instant::now(),
            history: Mutex::default(),
            faults: Mutex::default(),
        })
    }

    /// Milliseconds since the run began.
    pub(super) fn now(&self) -> u64 {
        self.start.elapsed().as_millis() as u64
    }

    pub(super) fn record(&self, who: &str, event: Event) {
        locked(&self.history).push(Entry::new(self.now(), who, event));
    }

    /// Counts a fault, or something else worth knowing that it happened.
    pub(super) fn count(&self, kind: &'static str) {
        *locked(&self.faults).entry(kind).or_default() += 1;
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.quiet.load(Ordering::Relaxed)
    }

    pub(super) fn is_down(&self) -> bool {
        self.down.load(Ordering::Relaxed)
    }

    pub(super) fn next_watch(&self) -> u64 {
        self.watches.fetch_add(1, Ordering::Relaxed) + 1
    }

    pub(super) fn busy(self: &Arc<Self>) -> Busy {
        self.busy.fetch_add(1, Ordering::Relaxed);
        Busy(Arc::clone(self))
    }

    /// True with these odds, and counted then; never when it is quiet.
    pub(super) fn strikes(&self, kind: &'static str, odds: f64) -> bool {
        let strikes = odds > 0.0 && !self.is_quiet() && self.dice.chance(odds);
        if strikes {
            self.count(kind);
        }
        strikes
    }

    /// The history and the counts.
    pub(super) fn take(&self) -> (Vec<Entry>, BTreeMap<&'static str, u64>) {
        (
            std::mem::take(&mut *locked(&self.history)),
            std::mem::take(&mut *locked(&self.faults)),
        )
    }
}

/// A lock that nobody panics under.
pub(super) fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

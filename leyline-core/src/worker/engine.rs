//! What the stages of a worker share.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use super::held::Held;
use crate::blob::Blobs;
use crate::context::{ProgressBoard, Slots};
use crate::env::Env;
use crate::metrics;
use crate::options::{KindOptions, Options};
use crate::processor::Processor;
use crate::publisher::Publisher;
use crate::store::{Finish, Result, TaskStore, deadline};
use crate::task::{Kind, WorkerId};

/// A kind that this worker serves.
#[derive(Clone)]
pub(crate) struct Registered {
    pub(crate) processor: Arc<dyn Processor>,
    pub(crate) options: KindOptions,
}

/// What a worker is made of.
pub(crate) struct Config {
    pub(crate) store: Arc<dyn TaskStore>,
    pub(crate) blobs: Option<Blobs>,
    pub(crate) env: Env,
    pub(crate) options: Options,
    pub(crate) kinds: BTreeMap<Kind, Registered>,
    pub(crate) publisher: Arc<Publisher>,
}

/// One incarnation of a worker.
pub(crate) struct Engine {
    pub(crate) config: Config,
    pub(crate) slots: Arc<Slots>,
    pub(crate) board: Arc<ProgressBoard>,
    /// The supervisors of running tasks.
    pub(crate) supervisors: TaskTracker,
    /// No more claims.
    pub(crate) stopping: CancellationToken,
    /// Running code is asked to stop; what does not end is given back.
    pub(crate) releasing: CancellationToken,
    /// The stages end.
    pub(crate) ended: CancellationToken,
    /// Progress has changed since it was last stored.
    pub(crate) progressed: Notify,
    /// Something for the next round: a finish is queued, a claim may be worth while.
    pub(crate) round_due: Notify,
    /// A claim was let go: for the drain, which waits for the last.
    pub(crate) settled: Notify,
    hungry: AtomicBool,
    state: Mutex<State>,
}

/// What changes as the worker goes.
pub(crate) struct State {
    /// The incarnation, settled by its first acknowledged beat.
    pub(crate) worker: WorkerId,
    pub(crate) counter: u64,
    /// When the last acknowledged beat was sent, and its counter.
    pub(crate) acknowledged: Option<(Instant, u64)>,
    pub(crate) held: Held,
    pub(crate) finishes: Vec<Finish>,
    /// When tasks that this worker put off come due again: no wake-up tells of that.
    due: BTreeSet<Instant>,
}

/// Most due times remembered; the poll finds the others.
const MAX_DUE: usize = 65_536;

impl Engine {
    pub(crate) fn new(config: Config) -> Arc<Self> {
        let slots = Slots::new(config.options.concurrency.max(1));
        let worker = config.env.worker_id();
        Arc::new(Self {
            slots,
            board: Arc::default(),
            supervisors: TaskTracker::new(),
            stopping: CancellationToken::new(),
            releasing: CancellationToken::new(),
            ended: CancellationToken::new(),
            progressed: Notify::new(),
            round_due: Notify::new(),
            settled: Notify::new(),
            hungry: AtomicBool::new(true),
            state: Mutex::new(State {
                worker,
                counter: 0,
                acknowledged: None,
                held: Held::default(),
                finishes: Vec::new(),
                due: BTreeSet::new(),
            }),
            config,
        })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn worker(&self) -> WorkerId {
        self.state().worker
    }

    pub(crate) fn period(&self) -> Duration {
        self.config.options.beat_period()
    }

    /// How long a call of the store may take; past it the outcome is unknown.
    pub(crate) fn store_deadline(&self) -> Duration {
        self.period()
    }

    /// Calls the store with the deadline; counts what fails.
    pub(crate) async fn call<T>(
        &self,
        verb: &'static str,
        call: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let answer = deadline::change(self.store_deadline(), call).await;
        if answer.is_err() {
            metrics::store_failed(verb);
        }
        answer
    }

    /// Whether the lease is sure enough to claim: a beat was acknowledged within the last ttl.
    pub(crate) fn may_claim(&self) -> bool {
        let acknowledged = self.state().acknowledged;
        !self.stopping.is_cancelled()
            && acknowledged.is_some_and(|(at, _)| at.elapsed() < self.config.options.lease_ttl)
    }

    /// There may be something to claim.
    pub(crate) fn make_hungry(&self) {
        self.hungry.store(true, Ordering::Release);
        self.round_due.notify_one();
    }

    /// Takes the appetite: whoever takes it claims.
    pub(crate) fn take_hunger(&self) -> bool {
        self.hungry.swap(false, Ordering::AcqRel)
    }

    /// The appetite stays, but nothing can be claimed right now.
    pub(crate) fn keep_hunger(&self) {
        self.hungry.store(true, Ordering::Release);
    }

    /// A task that this worker put off is due after `delay`.
    pub(crate) fn due_after(&self, delay: Duration) {
        let mut state = self.state();
        if state.due.len() < MAX_DUE {
            state.due.insert(Instant::now() + delay);
        }
        drop(state);
        self.round_due.notify_one();
    }

    /// When the next of them is due.
    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.state().due.first().copied()
    }

    /// Whether any of them is due by now; those are forgotten.
    pub(crate) fn take_due(&self, now: Instant) -> bool {
        let mut state = self.state();
        let later = state.due.split_off(&(now + Duration::from_nanos(1)));
        !std::mem::replace(&mut state.due, later).is_empty()
    }
}

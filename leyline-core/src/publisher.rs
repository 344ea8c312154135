//! From whoever changed a task to the local hub and the remote sinks.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::task::JoinHandle;
use tokio::time::Instant;
use tracing::{Instrument as _, warn};

use crate::causes::Causes;
use crate::event::TaskEvent;
use crate::hub::Hub;
use crate::metrics;
use crate::sink::ProgressSink;
use crate::task::TaskId;

/// Status changes that wait for a slow sink; over it the oldest goes. They are hints: watchers learn from the store.
const MAX_WAITING: usize = 10_000;
/// Events in one call of a sink.
const MAX_BATCH: usize = 500;

/// Publishes events: to the hub at once, to every sink by a lane of its own.
pub(crate) struct Publisher {
    hub: Hub,
    lanes: Vec<Lane>,
}

impl Publisher {
    pub(crate) fn new(hub: Hub, sinks: Vec<Arc<dyn ProgressSink>>, per_second: u32) -> Self {
        let spacing = Duration::from_secs(1) / per_second.max(1);
        Self {
            hub,
            lanes: sinks.into_iter().map(|sink| Lane::new(sink, spacing)).collect(),
        }
    }

    pub(crate) fn hub(&self) -> &Hub {
        &self.hub
    }

    pub(crate) fn publish(&self, event: TaskEvent) {
        for lane in &self.lanes {
            lane.push(event.clone());
        }
        self.hub.publish(&[event]);
    }

    /// For the claims of this worker, whose hold has told the hub already.
    pub(crate) fn publish_remote(&self, event: &TaskEvent) {
        for lane in &self.lanes {
            lane.push(event.clone());
        }
    }
}

/// One sink's queue and the task that empties it. The task is begun by the first event and ended with the lane.
struct Lane {
    queue: Arc<Queue>,
    sink: Arc<dyn ProgressSink>,
    pump: Mutex<Option<JoinHandle<()>>>,
}

struct Queue {
    waiting: Mutex<Waiting>,
    changed: Notify,
    /// Least time between two progress snapshots of a task.
    spacing: Duration,
}

#[derive(Default)]
struct Waiting {
    changes: VecDeque<TaskEvent>,
    /// The newest progress of each task, and when the one before was sent.
    progress: BTreeMap<TaskId, Slot>,
}

struct Slot {
    newest: Option<TaskEvent>,
    due: Instant,
}

impl Lane {
    fn new(sink: Arc<dyn ProgressSink>, spacing: Duration) -> Self {
        let queue = Queue {
            waiting: Mutex::default(),
            changed: Notify::new(),
            spacing,
        };
        Self {
            queue: Arc::new(queue),
            sink,
            pump: Mutex::default(),
        }
    }

    fn push(&self, event: TaskEvent) {
        self.queue.push(event);
        let mut pump = self.pump.lock().unwrap_or_else(PoisonError::into_inner);
        if pump.as_ref().is_none_or(JoinHandle::is_finished) {
            // It outlives whoever had the first change, and is no part of their work.
            let run = run(Arc::clone(&self.queue), Arc::clone(&self.sink));
            *pump = Some(tokio::spawn(
                run.instrument(tracing::debug_span!(parent: None, "sink")),
            ));
        }
    }
}

impl Drop for Lane {
    fn drop(&mut self) {
        if let Some(pump) = self.pump.get_mut().unwrap_or_else(PoisonError::into_inner) {
            pump.abort();
        }
    }
}

impl Queue {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn push(&self, event: TaskEvent) {
        let mut waiting = self.waiting();
        if event.is_progress() {
            let slot = waiting.progress.entry(event.id).or_insert(Slot {
                newest: None,
                due: Instant::now(),
            });
            slot.newest = Some(event);
        } else {
            waiting.progress.remove(&event.id);
            waiting.changes.push_back(event);
            if waiting.changes.len() > MAX_WAITING {
                waiting.changes.pop_front();
                metrics::sink_dropped();
            }
        }
        self.changed.notify_one();
    }

    /// What is to be sent now, or when something will be.
    fn take(&self) -> (Vec<TaskEvent>, Option<Instant>) {
        let now = Instant::now();
        let mut waiting = self.waiting();
        let count = waiting.changes.len().min(MAX_BATCH);
        let mut batch: Vec<TaskEvent> = waiting.changes.drain(..count).collect();
        let mut next = None;
        waiting.progress.retain(|_, slot| {
            if slot.due > now || batch.len() >= MAX_BATCH {
                next = Some(next.map_or(slot.due, |next: Instant| next.min(slot.due)));
                return true;
            }
            slot.due = now + self.spacing;
            let Some(event) = slot.newest.take() else {
                return false;
            };
            batch.push(event);
            next = Some(next.map_or(slot.due, |next: Instant| next.min(slot.due)));
            true
        });
        (batch, next)
    }
}

async fn run(queue: Arc<Queue>, sink: Arc<dyn ProgressSink>) {
    loop {
        let (batch, next) = queue.take();
        if !batch.is_empty() {
            if let Err(error) = sink.publish(&batch).await {
                metrics::sink_failed();
                warn!(error = %Causes(&*error), events = batch.len(), "a sink refused events; watchers learn from the store");
            }
            continue;
        }
        let wait = async {
            match next {
                Some(next) => tokio::time::sleep_until(next).await,
                None => std::future::pending().await,
            }
        };
        tokio::select! { biased;
            () = queue.changed.notified() => {}
            () = wait => {}
        }
    }
}

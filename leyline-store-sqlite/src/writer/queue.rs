//! The queue in front of the writer: bounded, with a lane for beats that goes first.

use std::collections::VecDeque;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use jiff::Timestamp;
use leyline_core::store::Due;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::job::{Errand, Job};

/// Beats that may wait.
const BEATS: usize = 64;

/// Bytes that count like a call of their own.
const UNIT: usize = 16 * 1024;

/// Which way a call takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Lane {
    /// Goes first, and alone need not be durable.
    Beats,
    /// Everything else.
    Calls,
}

/// Bounds of a group.
#[derive(Debug, Clone, Copy)]
pub(super) struct Limits {
    pub(super) calls: usize,
    pub(super) bytes: usize,
}

/// What the writer has to do next.
pub(super) enum Taken {
    Group(Group),
    Errand(Errand),
    /// Tasks that others wrote fall due then.
    Due(Due<Timestamp>),
    /// The time is up.
    Nothing,
    /// Closed, and empty.
    End,
}

/// Calls that are committed together.
pub(super) struct Group {
    pub(super) jobs: Vec<Box<dyn Job>>,
    /// Whether it holds nothing but beats.
    pub(super) only_beats: bool,
}

enum Work {
    Job(Box<dyn Job>),
    Errand(Errand),
}

struct Queued {
    work: Work,
    _room: OwnedSemaphorePermit,
}

#[derive(Default)]
struct State {
    beats: VecDeque<Queued>,
    calls: VecDeque<Queued>,
    /// What is told of tasks that others wrote.
    due: Due<Timestamp>,
    closed: bool,
}

pub(crate) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    beats: Arc<Semaphore>,
    calls: Arc<Semaphore>,
    capacity: usize,
}

/// The queue is closed.
pub(super) struct Closed;

impl Queue {
    pub(super) fn new(capacity: usize) -> Self {
        let capacity = capacity.clamp(1, Semaphore::MAX_PERMITS.min(u32::MAX as usize));
        Self {
            state: Mutex::default(),
            arrived: Condvar::new(),
            beats: Arc::new(Semaphore::new(BEATS)),
            calls: Arc::new(Semaphore::new(capacity)),
            capacity,
        }
    }

    /// Waits for room and hands over a job. Dropped while it waits, it has handed over nothing.
    pub(super) async fn send(&self, lane: Lane, job: Box<dyn Job>) -> Result<(), Closed> {
        let (room, most) = match lane {
            Lane::Beats => (&self.beats, BEATS),
            Lane::Calls => (&self.calls, self.capacity),
        };
        let units = (1 + job.bytes() / UNIT).min(most) as u32;
        let room = Arc::clone(room).acquire_many_owned(units).await;
        let room = room.map_err(|_| Closed)?;
        self.push(lane, Work::Job(job), room)
    }

    /// Hands over an errand, which waits for its turn like any call.
    pub(super) async fn send_errand(&self, errand: Errand) -> Result<(), Closed> {
        let room = Arc::clone(&self.calls).acquire_owned().await;
        self.push(Lane::Calls, Work::Errand(errand), room.map_err(|_| Closed)?)
    }

    fn push(&self, lane: Lane, work: Work, room: OwnedSemaphorePermit) -> Result<(), Closed> {
        let mut state = self.state();
        if state.closed {
            return Err(Closed);
        }
        let queued = Queued { work, _room: room };
        match lane {
            Lane::Beats => state.beats.push_back(queued),
            Lane::Calls => state.calls.push_back(queued),
        }
        drop(state);
        self.arrived.notify_one();
        Ok(())
    }

    /// Tells that a task that somebody else wrote falls due then. Never waits.
    pub(super) fn tell_due(&self, time: Timestamp) {
        self.state().due.add(time);
        self.arrived.notify_one();
    }

    /// Waits until there is something to do, or until the given time. Everything that is queued, within the limits, is one
    /// group.
    pub(super) fn take(&self, until: Option<Instant>, limits: Limits) -> Taken {
        let mut state = self.state();
        loop {
            if state.due.next().is_some() {
                return Taken::Due(std::mem::take(&mut state.due));
            }
            if let Some(taken) = state.take(limits) {
                return taken;
            }
            if state.closed {
                return Taken::End;
            }
            state = match until {
                None => self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner),
                Some(until) => {
                    let left = until.saturating_duration_since(Instant::now());
                    if left.is_zero() {
                        return Taken::Nothing;
                    }
                    let waited = self.arrived.wait_timeout(state, left);
                    waited.unwrap_or_else(PoisonError::into_inner).0
                }
            };
        }
    }

    /// Takes in nothing more. What is queued is still done.
    pub(super) fn close(&self) {
        self.state().closed = true;
        self.beats.close();
        self.calls.close();
        self.arrived.notify_one();
    }

    /// Drops what is queued: its callers learn that there will be no answer.
    pub(super) fn clear(&self) {
        let mut state = self.state();
        let dropped = (std::mem::take(&mut state.beats), std::mem::take(&mut state.calls));
        drop(state);
        drop(dropped);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Nothing in here can panic half-way.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn take(&mut self, limits: Limits) -> Option<Taken> {
        let mut jobs = Vec::new();
        let mut bytes = 0;
        for queued in self.beats.drain(..) {
            if let Work::Job(job) = queued.work {
                jobs.push(job);
            }
        }
        jobs.retain(|job| !job.is_abandoned());
        let beats = jobs.len();
        while jobs.len() - beats < limits.calls.max(1)
            && let Some(next) = self.calls.pop_front()
        {
            match next.work {
                Work::Errand(errand) if jobs.is_empty() => return Some(Taken::Errand(errand)),
                Work::Job(job) if job.is_abandoned() => {}
                Work::Job(job) if jobs.len() == beats || bytes + job.bytes() <= limits.bytes => {
                    bytes += job.bytes();
                    jobs.push(job);
                }
                work => {
                    self.calls.push_front(Queued { work, ..next });
                    break;
                }
            }
        }
        let only_beats = jobs.len() == beats;
        (!jobs.is_empty()).then_some(Taken::Group(Group { jobs, only_beats }))
    }
}

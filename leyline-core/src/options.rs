//! Every setting of a service, with its default.

use std::time::Duration;

use crate::retry::RetryPolicy;

/// Settings of a service. Start from [`Options::default`] and change what differs. Times of leases, polls, drains and graces
/// are at most 366 days.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct Options {
    /// How long a worker may be silent before others take it for dead; default 30 s, at least 30 ms. Workers beat every
    /// third of it. All workers on one store may differ: each tells its own period.
    pub lease_ttl: Duration,
    /// How often watched tasks are compared with the store, and how often an idle worker asks for tasks (jittered);
    /// default 5 s. Hints make both rarely needed.
    pub poll_interval: Duration,
    /// Tasks at once in this worker; default the number of cores, at most 65,536. Zero means 1.
    pub concurrency: usize,
    /// How often a task may be freed from a dead worker before it fails with `worker-lost`; default 3. With 0 or 1 it fails
    /// at the first death.
    pub max_rescues: u32,
    /// How long a shutdown waits for running tasks before it signals them; default 20 s.
    pub drain_wait: Duration,
    /// How long a shutdown waits after the signal before it gives the rest back; default 5 s.
    pub drain_signal: Duration,
    /// How long code has between the signal to stop and the drop of its future; default 5 s.
    pub cancel_grace: Duration,
    /// Over this many pending tasks new ones are refused; default 1,000,000. Counted at most a second late.
    pub max_pending: u64,
    /// Progress snapshots of one task that a remote sink gets in a second; default 4, at least 1.
    pub remote_progress_per_second: u32,
    /// How long terminal tasks are kept; default `None`, for ever. Pruned by any worker.
    pub retention: Option<Duration>,
    /// How long unreferenced blobs are left alone; default 24 h. Swept daily by any worker.
    pub blob_grace: Duration,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            lease_ttl: Duration::from_secs(30),
            poll_interval: Duration::from_secs(5),
            concurrency: std::thread::available_parallelism().map_or(1, usize::from),
            max_rescues: 3,
            drain_wait: Duration::from_secs(20),
            drain_signal: Duration::from_secs(5),
            cancel_grace: Duration::from_secs(5),
            max_pending: 1_000_000,
            remote_progress_per_second: 4,
            retention: None,
            blob_grace: Duration::from_hours(24),
        }
    }
}

impl Options {
    /// Time between two beats of a worker, and between its looks at the others: a third of the lease.
    pub fn beat_period(&self) -> Duration {
        (self.lease_ttl / 3).max(Duration::from_millis(10))
    }
}

/// Settings of one kind of task.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub struct KindOptions {
    /// Tasks of this kind at once in this worker; default `None`, as many as there are slots.
    pub concurrency: Option<usize>,
    /// How long one attempt may take; default `None`, as long as it likes. Past it the attempt fails with `timeout` and is
    /// retried.
    pub timeout: Option<Duration>,
    /// How many attempts a task may take; default 3, at least 1. Fixed when the task is accepted.
    pub max_attempts: u32,
    /// Priority of new tasks, 0 to 9; default 5.
    pub priority: u8,
    /// The wait between attempts.
    pub retry: RetryPolicy,
}

impl Default for KindOptions {
    fn default() -> Self {
        Self {
            concurrency: None,
            timeout: None,
            max_attempts: 3,
            priority: 5,
            retry: RetryPolicy::default(),
        }
    }
}

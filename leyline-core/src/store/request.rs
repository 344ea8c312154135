//! What the store's methods take and give.

use std::time::Duration;

use jiff::Timestamp;

use crate::status::Verb;
use crate::task::{Claim, Failure, Kind, Output, Progress, Task, TaskId, WorkerId};

/// The answer to one inserted task.
#[derive(Debug, Clone, PartialEq)]
pub struct Inserted {
    /// The task in the store: the new one, or the one that was there already under the same id or key.
    pub task: Task,
    /// Whether it was there already.
    pub existed: bool,
}

/// How many tasks of a kind a worker has room for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Want {
    /// The kind.
    pub kind: Kind,
    /// Free slots for it.
    pub slots: u32,
}

/// What a worker asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ClaimRequest {
    /// The incarnation. Without a row of its own (see [`Beat`]) it gets nothing.
    pub worker: WorkerId,
    /// Most tasks in all.
    pub limit: u32,
    /// Most tasks of each kind; other kinds are not taken. A kind named twice counts with its last number.
    pub wants: Vec<Want>,
    /// Most suspects among them: 0 or 1.
    pub suspects: u32,
    /// At which count of rescues a task fails, which decides who is a suspect.
    pub max_rescues: u32,
    /// Only these tasks, where not empty: how a transport that names a task has it claimed.
    pub ids: Vec<TaskId>,
}

/// A task that was just claimed.
#[derive(Debug, Clone, PartialEq)]
pub struct Claimed {
    /// The task, processing, with its progress cleared.
    pub task: Task,
    /// How far the attempt before had come.
    pub previous_progress: Progress,
}

/// How a claim ends.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Outcome {
    /// The work is done; its outputs are durable (invariant 2).
    Complete {
        /// What it produced.
        output: Output,
    },
    /// The attempt failed and another may follow; at the last attempt it is a `Fail`.
    Retry {
        /// Why it failed.
        failure: Failure,
        /// How long until the next attempt.
        delay: Duration,
    },
    /// The run failed.
    Fail {
        /// Why it failed.
        failure: Failure,
    },
    /// The worker gives the task back unharmed: the attempt does not count.
    Release,
    /// The code asks to be run later: the attempt does not count.
    Snooze {
        /// How long until then.
        delay: Duration,
    },
}

impl Outcome {
    /// The verb of the table for this outcome of this task.
    pub fn verb(&self, task: &Task) -> Verb {
        match self {
            Self::Complete { .. } => Verb::Complete,
            Self::Retry { .. } if task.attempt >= task.max_attempts => Verb::Fail,
            Self::Retry { .. } => Verb::Retry,
            Self::Fail { .. } => Verb::Fail,
            Self::Release => Verb::Release,
            Self::Snooze { .. } => Verb::Snooze,
        }
    }
}

/// The end of one claim.
#[derive(Debug, Clone, PartialEq)]
pub struct Finish {
    /// The claim that ends.
    pub claim: Claim,
    /// How it ended.
    pub outcome: Outcome,
    /// The claim's last progress, stored if its tick is later than the stored one.
    pub progress: Option<Progress>,
}

/// One heart-beat of a worker.
#[derive(Debug, Clone, PartialEq)]
pub struct Beat {
    /// The incarnation; its row is created if absent.
    pub worker: WorkerId,
    /// Rises with every beat. An older one never replaces a newer one.
    pub counter: u64,
    /// How often it promises to beat.
    pub period: Duration,
    /// Every claim it holds.
    pub held: Vec<Held>,
}

/// A claim that a worker holds.
#[derive(Debug, Clone, PartialEq)]
pub struct Held {
    /// The task.
    pub id: TaskId,
    /// The revision of the claim.
    pub revision: u64,
    /// Its progress, where it changed since the last acknowledged beat; stored if its tick is later than the stored one.
    pub progress: Option<Progress>,
}

/// A task that is processing under a worker which did not name it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Stray {
    /// The task.
    pub id: TaskId,
    /// The revision of the claim whose reply was lost.
    pub revision: u64,
}

/// What the store knows of a worker's claims.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct BeatReply {
    /// Held by the worker's account, but no longer this claim.
    pub lost: Vec<TaskId>,
    /// This worker's by the store's account, but not named.
    pub stray: Vec<Stray>,
}

/// A worker that was found dead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Dead {
    /// The incarnation.
    pub worker: WorkerId,
    /// The counter that did not move. If it has moved since, the worker lives.
    pub counter: u64,
}

/// A look for tasks whose worker is gone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rescue {
    /// Workers whose rows go first, unless they have beaten since.
    pub dead: Vec<Dead>,
    /// At this many rescues a task fails with `worker-lost`; 0 and 1 mean at the first.
    pub max_rescues: u32,
    /// Most tasks to free in this call.
    pub limit: u32,
}

/// What a look freed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Rescued {
    /// The tasks, pending again or failed.
    pub tasks: Vec<Task>,
    /// Whether the limit was reached, so that there may be more.
    pub more: bool,
}

/// What a watcher knows of a task.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen {
    /// The task.
    pub id: TaskId,
    /// Its revision.
    pub revision: u64,
    /// Its status.
    pub status: crate::status::Status,
    /// Its progress' tick.
    pub tick: u64,
}

/// What is different from what a watcher knows.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Changes {
    /// Tasks with another revision, another status, or a later tick.
    pub tasks: Vec<Task>,
    /// Ids that are not there.
    pub gone: Vec<TaskId>,
}

/// How many tasks of a worker are listed for people: what [`Leyline::workers`](crate::Leyline::workers) asks for.
pub const MAX_RUNNING_SHOWN: u32 = 100;

/// A task that is processing under a worker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RunningTask {
    /// The task.
    pub id: TaskId,
    /// Its kind.
    pub kind: Kind,
    /// When it was claimed, by the store's clock: its `updated_at`, which nothing but a change of status moves.
    pub since: Timestamp,
}

/// A worker as the store knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WorkerRow {
    /// The incarnation.
    pub worker: WorkerId,
    /// Its counter, as of its last beat.
    pub counter: u64,
    /// How often it promised to beat.
    pub period: Duration,
    /// Its first beat, by the store's clock. For people; nothing is decided by it (invariant 9).
    pub started_at: Timestamp,
    /// Its last beat, likewise.
    pub beat_at: Timestamp,
    /// How many tasks are processing under it; exact.
    pub running: u32,
    /// The first of them in id order, at most as many as were asked for.
    pub tasks: Vec<RunningTask>,
}

/// Counts of one kind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KindStats {
    /// The kind.
    pub kind: Kind,
    /// Waiting, due or not; exact.
    pub pending: u64,
    /// Claimed; exact.
    pub processing: u64,
    /// Ended within the window.
    pub completed: u64,
    /// Ended within the window.
    pub failed: u64,
    /// Ended within the window.
    pub cancelled: u64,
}

/// Counts of all tasks.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stats {
    /// Sorted by kind; kinds with nothing to count are left out.
    pub kinds: Vec<KindStats>,
    /// How far back terminal tasks are counted.
    pub window: Duration,
    /// When this was counted, by the store's clock: what ages of other times of the store are measured by.
    pub now: Timestamp,
    /// `run_at` of the task that has been due for longest, if any is.
    pub oldest_due: Option<Timestamp>,
}

impl Stats {
    /// Pending tasks of all kinds.
    pub fn pending(&self) -> u64 {
        self.kinds.iter().map(|kind| kind.pending).sum()
    }
}

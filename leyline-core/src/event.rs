//! Events: complete snapshots of a task, never deltas (invariant 4). `docs/wire-protocol.md` shows the JSON.

use std::fmt;
use std::ops::Deref;
use std::sync::{Arc, OnceLock};

use bytes::Bytes;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::status::Status;
use crate::store::Seen;
use crate::task::{BlobRef, Digest, Failure, Json, Kind, Output, Progress, Task, TaskId};

/// All that a watcher may know of a task: the JSON that WebSocket, SSE, sinks and `GET` share.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Snapshot {
    /// The task.
    pub id: TaskId,
    /// Which processor it is for.
    pub kind: Kind,
    /// Whose it is. Not on the wire: it decides who may see the rest.
    #[serde(skip)]
    pub owner: String,
    /// Where it stands.
    pub status: Status,
    /// Orders snapshots, together with `tick`.
    pub revision: u64,
    /// Orders the snapshots of one revision.
    pub tick: u64,
    /// Attempts begun in this run.
    pub attempt: u32,
    /// How many a run may take.
    pub max_attempts: u32,
    /// How often it was freed from a dead worker in this run.
    pub rescues: u32,
    /// How far it is.
    pub progress: ProgressView,
    /// The uploaded file.
    pub input: Option<BlobView>,
    /// What it produced.
    pub output: Option<OutputView>,
    /// Why it failed.
    pub failure: Option<Failure>,
    /// Not claimed before this time.
    pub run_at: Timestamp,
    /// When it was inserted.
    pub created_at: Timestamp,
    /// When this run was first claimed.
    pub started_at: Option<Timestamp>,
    /// When it ended.
    pub finished_at: Option<Timestamp>,
    /// When its status last changed.
    pub updated_at: Timestamp,
}

/// [`Progress`] as watchers see it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct ProgressView {
    /// From 0 to 1, or unknown.
    pub fraction: Option<f64>,
    /// Whole percent, rounded down, or unknown.
    pub percent: Option<u8>,
    /// Units done.
    pub done: Option<u64>,
    /// Units in all.
    pub total: Option<u64>,
    /// What is counted.
    pub unit: Option<String>,
    /// The stage.
    pub phase: Option<String>,
    /// A sentence.
    pub message: Option<String>,
}

/// A blob as watchers see it: without its key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct BlobView {
    /// A cleaned label.
    pub name: String,
    /// Length in bytes.
    pub size: u64,
    /// Digest of the bytes.
    pub sha256: Digest,
    /// Media type.
    pub content_type: String,
}

/// [`Output`] as watchers see it.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct OutputView {
    /// The JSON value.
    pub value: Json,
    /// The artifacts, in the order in which they were written.
    pub artifacts: Vec<BlobView>,
}

impl From<&Progress> for ProgressView {
    fn from(progress: &Progress) -> Self {
        Self {
            fraction: progress.fraction,
            percent: progress.percent(),
            done: progress.done,
            total: progress.total,
            unit: progress.unit.clone(),
            phase: progress.phase.clone(),
            message: progress.message.clone(),
        }
    }
}

impl From<&BlobRef> for BlobView {
    fn from(blob: &BlobRef) -> Self {
        Self {
            name: blob.name.clone(),
            size: blob.size,
            sha256: blob.sha256,
            content_type: blob.content_type.clone(),
        }
    }
}

impl From<&Output> for OutputView {
    fn from(output: &Output) -> Self {
        Self {
            value: output.value.clone(),
            artifacts: output.artifacts.iter().map(BlobView::from).collect(),
        }
    }
}

impl From<&Task> for Snapshot {
    fn from(task: &Task) -> Self {
        Self {
            id: task.id,
            kind: task.kind.clone(),
            owner: task.owner.clone(),
            status: task.status,
            revision: task.revision,
            tick: task.progress.tick,
            attempt: task.attempt,
            max_attempts: task.max_attempts,
            rescues: task.rescues,
            progress: ProgressView::from(&task.progress),
            input: task.input.as_ref().map(BlobView::from),
            output: task.output.as_ref().map(OutputView::from),
            failure: task.failure.clone(),
            run_at: task.run_at,
            created_at: task.created_at,
            started_at: task.started_at,
            finished_at: task.finished_at,
            updated_at: task.updated_at,
        }
    }
}

/// A shared [`Snapshot`], encoded at most once however many watchers there are. Clones are cheap.
#[derive(Clone)]
pub struct TaskEvent(Arc<Inner>);

struct Inner {
    snapshot: Snapshot,
    json: OnceLock<Bytes>,
}

impl TaskEvent {
    /// The event of this snapshot.
    pub fn new(snapshot: Snapshot) -> Self {
        Self(Arc::new(Inner {
            snapshot,
            json: OnceLock::new(),
        }))
    }

    /// The event of the task as it is in the store.
    pub fn of(task: &Task) -> Self {
        Self::new(Snapshot::from(task))
    }

    /// The same with another progress: what a worker publishes between two changes of status.
    #[must_use]
    pub fn with_progress(&self, progress: &Progress) -> Self {
        let mut snapshot = self.0.snapshot.clone();
        snapshot.tick = progress.tick;
        snapshot.progress = ProgressView::from(progress);
        Self::new(snapshot)
    }

    /// The JSON of the wire.
    pub fn json(&self) -> Bytes {
        let encode = || {
            serde_json::to_vec(&self.0.snapshot)
                .expect("a snapshot has only string keys and writes to memory")
                .into()
        };
        self.0.json.get_or_init(encode).clone()
    }

    /// Whether the run has ended.
    pub fn is_terminal(&self) -> bool {
        self.0.snapshot.status.is_terminal()
    }

    /// Whether this tells of progress within a claim, not of a change of status.
    pub fn is_progress(&self) -> bool {
        self.0.snapshot.status == Status::Processing && self.0.snapshot.tick > 0
    }

    /// (revision, tick): the greater one is the newer event of a task.
    pub fn version(&self) -> (u64, u64) {
        (self.0.snapshot.revision, self.0.snapshot.tick)
    }

    /// What a watcher who has this event knows.
    pub fn seen(&self) -> Seen {
        let Snapshot {
            id,
            revision,
            status,
            tick,
            ..
        } = self.0.snapshot;
        Seen {
            id,
            revision,
            status,
            tick,
        }
    }
}

impl Deref for TaskEvent {
    type Target = Snapshot;

    fn deref(&self) -> &Snapshot {
        &self.0.snapshot
    }
}

impl fmt::Debug for TaskEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.snapshot.fmt(f)
    }
}

impl PartialEq for TaskEvent {
    fn eq(&self, other: &Self) -> bool {
        self.0.snapshot == other.0.snapshot
    }
}

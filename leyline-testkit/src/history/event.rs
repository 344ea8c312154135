//! The vocabulary: what can be seen.

use leyline_core::{Status, TaskId, WorkerId};
use serde::{Deserialize, Serialize};

use super::{Row, Version};

/// What somebody saw.
///
/// A history need not tell everything. [`Event::Accounts`] says what it tells in full; what the other entries do not
/// tell, no promise is judged by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Event {
    /// What this history tells in full. Before everything else.
    Accounts(Accounts),

    // Clients.
    /// A request goes out. Sent again, it goes by the same name.
    Sent {
        /// Its name: in [`Row::request`] too, where the store tells it.
        request: String,
    },
    /// The request was accepted (202).
    Accepted {
        /// Its name.
        request: String,
        /// The task in the answer.
        task: TaskId,
    },
    /// The request was refused.
    Refused {
        /// Its name.
        request: String,
        /// Bytes of the body that were taken before a refusal that needs none of them (413, 429, 503); 0 for every other.
        bytes: u64,
        /// Whether the answer was a typed one, of the documented form.
        typed: bool,
    },
    /// What became of the request is not known.
    Unsure {
        /// Its name.
        request: String,
    },
    /// A cancel was acknowledged.
    Cancelled {
        /// The task.
        task: TaskId,
        /// The revision in the answer.
        revision: u64,
    },
    /// A requeue was acknowledged, which begins a new run.
    Requeued {
        /// The task.
        task: TaskId,
        /// The revision in the answer.
        revision: u64,
    },
    /// A deletion was sent. From here on the task may be gone.
    Deleting {
        /// The task.
        task: TaskId,
    },
    /// A blob of a task was read to its end, or the read failed.
    Read {
        /// The task.
        task: TaskId,
        /// `input`, or the artifact's name.
        name: String,
        /// The task's revision that the reader went by, where it knew one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        revision: Option<u64>,
        /// What was read.
        answer: Bytes,
    },
    /// Somebody tried what only the owner of the task may do.
    Trespassed {
        /// The task.
        task: TaskId,
        /// What was tried, such as `get` or `cancel`.
        verb: String,
        /// Whether the answer was what a task that is not there gets.
        denied: bool,
    },

    // The code that works.
    /// The code began to run for this claim.
    Began {
        /// The task.
        task: TaskId,
        /// The claim's revision.
        revision: u64,
        /// The claim's worker.
        worker: WorkerId,
        /// Whether the task is one death short of being convicted.
        #[serde(default)]
        suspect: bool,
    },
    /// The code ended, in whatever way; a dropped future too.
    Ended {
        /// The task.
        task: TaskId,
        /// The claim's revision.
        revision: u64,
        /// The claim's worker.
        worker: WorkerId,
    },

    // The store.
    /// A row changed; the account of the store itself (a trigger's, or the simulation's).
    Changed {
        /// The task.
        task: TaskId,
        /// Before; `None` where it was inserted.
        old: Option<Row>,
        /// After; `None` where it was removed.
        new: Option<Row>,
    },
    /// The answer to what a worker wrote behind its fence.
    Wrote {
        /// `complete`, `retry`, `fail`, `release`, `snooze` or `checkpoint`.
        verb: String,
        /// The claim's task.
        task: TaskId,
        /// The claim's revision.
        revision: u64,
        /// The claim's worker.
        worker: WorkerId,
        /// What the store said.
        answer: Answer,
    },
    /// A beat's progress reached a row.
    Progressed {
        /// The task.
        task: TaskId,
        /// The revision of the claim that the beat named, if it named the task.
        revision: Option<u64>,
        /// The worker that beat.
        worker: WorkerId,
        /// The row with the progress.
        row: Row,
    },
    /// A beat took effect; told by the node that sent it.
    Beat {
        /// The worker.
        worker: WorkerId,
        /// Its counter.
        counter: u64,
        /// How often it promised to beat, in milliseconds.
        period: u64,
    },
    /// A beat, a look or a rescue of this node failed or was never answered.
    Missed {
        /// Which.
        verb: String,
    },
    /// A worker's row was removed; told by the node that asked for it.
    Buried {
        /// The worker.
        worker: WorkerId,
        /// Whether it took leave by itself, in good order.
        own: bool,
        /// When it was asked for, in milliseconds of this history: the call may have been long under way.
        asked: u64,
    },

    // Blobs.
    /// A blob is durable.
    Stored {
        /// Its key.
        key: String,
    },
    /// A blob was removed.
    Removed {
        /// Its key.
        key: String,
        /// Its age, in milliseconds.
        age: u64,
        /// The grace time of the sweep that did it, in milliseconds; `None` where somebody else did.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grace: Option<u64>,
    },
    /// A full sweep ended, and nothing was written while it went on.
    Swept {
        /// The grace time, in milliseconds.
        grace: u64,
    },

    // Watchers. `watch` is unique within the history.
    /// A watch was asked for.
    Watched {
        /// The watch.
        watch: u64,
        /// The task.
        task: TaskId,
        /// What the watcher says it knows already.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        known: Option<Version>,
    },
    /// A watcher was told a snapshot.
    Saw {
        /// The watch.
        watch: u64,
        /// The task.
        task: TaskId,
        /// Revision and tick.
        version: Version,
        /// The status.
        status: Status,
        /// The fraction done.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        fraction: Option<f64>,
        /// The newest snapshot that was there to be told when the watcher asked, where that is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        newest: Option<Version>,
    },
    /// A watch ended.
    Closed {
        /// The watch.
        watch: u64,
        /// The task.
        task: TaskId,
        /// How.
        why: Close,
    },

    // Faults.
    /// A node was killed.
    Crashed {
        /// The node.
        node: String,
    },
    /// A node was frozen, or goes on.
    Frozen {
        /// The node.
        node: String,
        /// Whether it goes on.
        thawed: bool,
    },
    /// A node began, or began again.
    Started {
        /// The node.
        node: String,
        /// Its worker, where it has one and it is known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        worker: Option<WorkerId>,
    },
    /// A node ended in good order.
    Stopped {
        /// The node.
        node: String,
        /// Claims that it left unsettled.
        unsettled: u64,
    },
    /// The store failed for good: what it acknowledges from here on, up to a restart, is a lie.
    Failstop,
    /// The store was put back to how it was. The rows as they are now follow, up to [`Event::Audited`].
    Rewound {
        /// To when, in milliseconds of this history.
        to: u64,
    },
    /// Any other fault, for the reader and the count.
    Fault {
        /// Which.
        kind: String,
    },
    /// From here on there are no faults and no new requests: everything has to end.
    Quiet {
        /// In how many milliseconds every task has ended and every watcher knows.
        within: u64,
        /// In how many milliseconds what dead workers held is free.
        rescued: u64,
    },

    // Audits.
    /// A row, as it is.
    Row {
        /// The task.
        task: TaskId,
        /// The row.
        row: Row,
    },
    /// A blob, as it is.
    Blob {
        /// Its key.
        key: String,
        /// Its age, in milliseconds.
        age: u64,
        /// Whether its bytes have the digest that the row names; `None` where no row does, or nobody looked.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        sound: Option<bool>,
    },
    /// The rows and blobs since the last such entry are all there are.
    Audited {
        /// Whether the blobs were listed too.
        blobs: bool,
    },
}

impl Event {
    /// The task that it is about.
    pub fn task(&self) -> Option<TaskId> {
        match self {
            Self::Accepted { task, .. }
            | Self::Cancelled { task, .. }
            | Self::Requeued { task, .. }
            | Self::Deleting { task }
            | Self::Read { task, .. }
            | Self::Trespassed { task, .. }
            | Self::Began { task, .. }
            | Self::Ended { task, .. }
            | Self::Changed { task, .. }
            | Self::Wrote { task, .. }
            | Self::Progressed { task, .. }
            | Self::Watched { task, .. }
            | Self::Saw { task, .. }
            | Self::Closed { task, .. }
            | Self::Row { task, .. } => Some(*task),
            Self::Stored { key } | Self::Removed { key, .. } | Self::Blob { key, .. } => task_of(key),
            _ => None,
        }
    }
}

/// The task that a blob's key tells: its second part.
pub(crate) fn task_of(key: &str) -> Option<TaskId> {
    key.split('/').nth(1)?.parse().ok()
}

/// What a history tells in full.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[expect(clippy::struct_excessive_bools, reason = "each stands for itself")]
pub struct Accounts {
    /// Every change of a row, from an empty store on.
    #[serde(default)]
    pub rows: bool,
    /// Every blob that was stored and removed.
    #[serde(default)]
    pub blobs: bool,
    /// Every beat, and every failure of a beat, a look or a rescue.
    #[serde(default)]
    pub beats: bool,
    /// Every start of the code for a claim.
    #[serde(default)]
    pub code: bool,
    /// Entries of different witnesses are in the order in which things happened.
    #[serde(default)]
    pub order: bool,
}

/// The answer to a fenced write.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It was made.
    Done,
    /// The claim is lost.
    Lost,
    /// Not known, or another error.
    Unknown,
}

/// What a read of bytes came to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Bytes {
    /// The bytes that were accepted or produced.
    Sound,
    /// Other bytes, handed out as if they were right.
    Wrong,
    /// Refused: damaged.
    Damaged,
    /// Not there.
    Missing,
    /// Failed for another reason, such as a store that was away.
    Failed,
}

/// How a watch ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Close {
    /// In good order, after the end.
    End,
    /// The task is not there any more.
    Gone,
    /// It could not begin, because there is no such task.
    Absent,
    /// The watcher went.
    Left,
    /// The server or the connection broke.
    Broken,
}

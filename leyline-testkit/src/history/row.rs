//! A task's row, as far as the promises need it.

use leyline_core::{Snapshot, Status, Task, WorkerId};
use serde::{Deserialize, Serialize};

/// Orders the snapshots of a task: revision, then tick.
pub type Version = (u64, u64);

/// What a history keeps of a row.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Row {
    /// Where it stands.
    pub status: Status,
    /// Its revision.
    pub revision: u64,
    /// The tick of its progress.
    #[serde(default)]
    pub tick: u64,
    /// Attempts of this run.
    #[serde(default)]
    pub attempt: u32,
    /// Rescues of this run.
    #[serde(default)]
    pub rescues: u32,
    /// The incarnation that holds it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub worker: Option<WorkerId>,
    /// The client's request that made it, such as its idempotency key with its owner: of one request, one task.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<String>,
    /// The key of its input.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// The keys of its artifacts.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub artifacts: Vec<String>,
}

impl Row {
    /// A row with this status and revision, and nothing else.
    pub fn new(status: Status, revision: u64) -> Self {
        Self {
            status,
            revision,
            tick: 0,
            attempt: 0,
            rescues: 0,
            worker: None,
            request: None,
            input: None,
            artifacts: Vec::new(),
        }
    }

    /// Revision and tick.
    pub fn version(&self) -> Version {
        (self.revision, self.tick)
    }

    /// The keys of every blob that the row names.
    pub fn blobs(&self) -> impl Iterator<Item = &String> {
        self.input.iter().chain(&self.artifacts)
    }
}

impl From<&Task> for Row {
    /// The request is the owner's idempotency key, if there is one.
    fn from(task: &Task) -> Self {
        let artifacts = task.output.iter().flat_map(|output| &output.artifacts);
        Self {
            status: task.status,
            revision: task.revision,
            tick: task.progress.tick,
            attempt: task.attempt,
            rescues: task.rescues,
            worker: task.worker,
            request: task
                .idempotency_key
                .as_ref()
                .map(|key| format!("{}/{key}", task.owner)),
            input: task.input.as_ref().map(|input| input.key.clone()),
            artifacts: artifacts.map(|blob| blob.key.clone()).collect(),
        }
    }
}

impl From<&Snapshot> for Row {
    fn from(snapshot: &Snapshot) -> Self {
        Self {
            tick: snapshot.tick,
            attempt: snapshot.attempt,
            rescues: snapshot.rescues,
            ..Self::new(snapshot.status, snapshot.revision)
        }
    }
}

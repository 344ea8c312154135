//! The task: one row, one unit of work, and the values it is made of.

mod blob;
mod digest;
mod id;
mod json;
mod kind;
pub mod label;
mod new;
mod progress;

pub use blob::BlobRef;
pub use digest::{Digest, Hasher, ParseDigestError};
pub use id::{TaskId, WorkerId};
pub use jiff::Timestamp;
pub use json::{Json, JsonError, MAX_JSON_BYTES, MAX_JSON_DEPTH};
pub use kind::{Kind, MAX_KIND_BYTES, ParseKindError};
pub use new::{Invalid, MAX_IDEMPOTENCY_KEY_BYTES, MAX_OWNER_BYTES, NewTask};
pub use progress::Progress;
use serde::{Deserialize, Serialize};

use crate::status::Status;

/// Highest priority a task can have; the lowest is 0.
pub const MAX_PRIORITY: u8 = 9;

/// Most entries kept in a task's history; the oldest go first.
pub const MAX_HISTORY: usize = 32;

/// A task as the store holds it. Every time is by the store's clock, in whole microseconds.
#[derive(Debug, Clone, PartialEq)]
pub struct Task {
    /// Chosen by whoever inserts it.
    pub id: TaskId,
    /// Which processor it is for.
    pub kind: Kind,
    /// Whose it is; the empty text means nobody's.
    pub owner: String,
    /// Where it stands.
    pub status: Status,
    /// Rises by exactly one with every change of status (invariant 3); 1 when inserted.
    pub revision: u64,
    /// Attempts begun in this run, less those given back.
    pub attempt: u32,
    /// How many attempts a run may take, at least 1.
    pub max_attempts: u32,
    /// What the client asked for.
    pub params: Json,
    /// The uploaded file, if there is one.
    pub input: Option<BlobRef>,
    /// How far the newest claim is, as last stored.
    pub progress: Progress,
    /// What the code last asked to keep for its next attempt.
    pub checkpoint: Option<Json>,
    /// What a completed task produced.
    pub output: Option<Output>,
    /// Why a failed task failed.
    pub failure: Option<Failure>,
    /// Failed attempts, oldest first, at most [`MAX_HISTORY`].
    pub history: Vec<FailedAttempt>,
    /// From 0 to [`MAX_PRIORITY`], higher first; default 5.
    pub priority: u8,
    /// Not claimed before this time.
    pub run_at: Timestamp,
    /// The incarnation that holds it; set exactly while it is processing.
    pub worker: Option<WorkerId>,
    /// How many times it was freed from a dead worker in this run.
    pub rescues: u32,
    /// The client's key for safe resending, unique for each owner.
    pub idempotency_key: Option<String>,
    /// Digest of kind, params and input: what a resent request is compared with.
    pub request_digest: Digest,
    /// `traceparent` of the request (W3C Trace Context).
    pub trace_context: Option<String>,
    /// When it was inserted.
    pub created_at: Timestamp,
    /// When this run was first claimed.
    pub started_at: Option<Timestamp>,
    /// When it came to its terminal status.
    pub finished_at: Option<Timestamp>,
    /// When its status last changed.
    pub updated_at: Timestamp,
}

impl Task {
    /// Whether the next death of its worker fails it: freed at least once, and one death short of
    /// `max_rescues`. A process runs at most one suspect at a time.
    pub fn is_suspect(&self, max_rescues: u32) -> bool {
        self.rescues >= 1 && self.rescues.saturating_add(1) == max_rescues
    }

    /// The claim on it, while it is processing.
    pub fn claim(&self) -> Option<Claim> {
        self.worker.map(|worker| Claim {
            id: self.id,
            revision: self.revision,
            worker,
        })
    }
}

/// The fence (invariant 3): the revision a claim got, and the incarnation that got it. Every write made for a claim
/// compares all three.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Claim {
    /// The task.
    pub id: TaskId,
    /// The revision that the claim raised it to.
    pub revision: u64,
    /// The incarnation that claimed it.
    pub worker: WorkerId,
}

/// What a completed task produced.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Output {
    /// A JSON value, `null` unless given.
    #[serde(default)]
    pub value: Json,
    /// Named blobs, in the order in which they were written.
    #[serde(default)]
    pub artifacts: Vec<BlobRef>,
}

impl Output {
    /// An output with this value and no artifacts of its own; those written through the task's context are added.
    ///
    /// # Errors
    /// The value can't be kept as JSON (see [`Json`]).
    pub fn new<T: Serialize + ?Sized>(value: &T) -> Result<Self, JsonError> {
        Ok(Self {
            value: Json::new(value)?,
            artifacts: Vec::new(),
        })
    }
}

/// Why a task failed, for people and programs.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// A stable word, such as `worker-lost`, `timeout` or `panic`; at most 64 bytes.
    pub code: String,
    /// A sentence; at most 512 bytes.
    pub message: String,
}

impl Failure {
    /// A failure with its texts cleaned and cut to their limits.
    pub fn new(code: &str, message: &str) -> Self {
        let code = label::clean(code, MAX_KIND_BYTES);
        let code = if code.is_empty() { "error".to_owned() } else { code };
        Self {
            code,
            message: label::clean(message, label::MAX_MESSAGE_BYTES),
        }
    }

    /// The failure of a task whose worker died `max_rescues` times with it on board.
    pub fn worker_lost() -> Self {
        Self::new(
            "worker-lost",
            "the process that ran this task ended unexpectedly too many times",
        )
    }
}

/// One failed attempt in a task's history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FailedAttempt {
    /// Which attempt of its run it was.
    pub attempt: u32,
    /// The failure's code.
    pub code: String,
    /// The failure's message.
    pub message: String,
    /// When it was stored.
    pub at: Timestamp,
}

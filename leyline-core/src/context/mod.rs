//! What user code sees of its task.

mod artifact;
mod checkpoint;
mod input;
mod progress;
mod slot;

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

pub use artifact::{ArtifactError, ArtifactWriter};
pub(crate) use progress::{ProgressBoard, ProgressCell};
pub use progress::{ProgressHandle, ProgressUpdate};
use serde::de::DeserializeOwned;
pub(crate) use slot::{Slot, Slots};
use tokio_util::sync::CancellationToken;

use crate::blob::Blobs;
use crate::env::Env;
use crate::processor::ProcessError;
use crate::store::TaskStore;
use crate::task::{BlobRef, Claim, Json, Kind, Progress, Task, TaskId};

/// One attempt at one task: its data, its progress, its artifacts, its end. Clones share everything.
#[derive(Clone)]
pub struct TaskContext(Arc<Inner>);

struct Inner {
    task: Task,
    claim: Claim,
    previous_progress: Progress,
    progress: ProgressHandle,
    /// Cancelled when the attempt is to stop, whatever the reason.
    stop: CancellationToken,
    store: Arc<dyn TaskStore>,
    store_deadline: Duration,
    blobs: Option<Blobs>,
    env: Env,
    artifacts: Mutex<artifact::Artifacts>,
    input_file: tokio::sync::OnceCell<tempfile::TempPath>,
    /// Weak: a context that user code keeps for longer than its attempt holds no slot.
    slot: Weak<Slot>,
}

/// What the engine hands a context.
pub(crate) struct Parts {
    pub(crate) task: Task,
    pub(crate) claim: Claim,
    pub(crate) previous_progress: Progress,
    pub(crate) progress: ProgressHandle,
    pub(crate) stop: CancellationToken,
    pub(crate) store: Arc<dyn TaskStore>,
    pub(crate) store_deadline: Duration,
    pub(crate) blobs: Option<Blobs>,
    pub(crate) env: Env,
    pub(crate) slot: Weak<Slot>,
}

impl TaskContext {
    pub(crate) fn new(parts: Parts) -> Self {
        let Parts {
            task,
            claim,
            previous_progress,
            progress,
            stop,
            store,
            store_deadline,
            blobs,
            env,
            slot,
        } = parts;
        Self(Arc::new(Inner {
            task,
            claim,
            previous_progress,
            progress,
            stop,
            store,
            store_deadline,
            blobs,
            env,
            artifacts: Mutex::default(),
            input_file: tokio::sync::OnceCell::new(),
            slot,
        }))
    }

    /// The task as it was claimed.
    pub fn task(&self) -> &Task {
        &self.0.task
    }

    /// The task's id.
    pub fn id(&self) -> TaskId {
        self.0.task.id
    }

    /// The task's kind.
    pub fn kind(&self) -> &Kind {
        &self.0.task.kind
    }

    /// Which attempt of the run this is, from 1.
    pub fn attempt(&self) -> u32 {
        self.0.task.attempt
    }

    /// The params, read as a `P`. `{}` and `null` both mean that there are none: either is read as `()`, as an `Option`, or
    /// as a struct whose fields all have defaults.
    ///
    /// # Errors
    /// They are not a `P`: permanent, code `invalid-params`, and the message names the JSON path of the fault.
    pub fn params<P: DeserializeOwned>(&self) -> Result<P, ProcessError> {
        let text = self.0.task.params.as_str();
        let other = match text {
            "{}" => "null",
            "null" => "{}",
            _ => text,
        };
        read(text).or_else(|error| {
            read(other).map_err(|_| {
                let message = format!("params at `{}`: {}", error.path(), error.inner());
                ProcessError::permanent("invalid-params", message).because(error)
            })
        })
    }

    /// The handle that progress is told through: synchronous, never blocking, for async and for blocking code.
    pub fn progress(&self) -> &ProgressHandle {
        &self.0.progress
    }

    /// How far the attempt before had come, as last stored. All empty at the first.
    pub fn previous_progress(&self) -> &Progress {
        &self.0.previous_progress
    }

    /// What an earlier attempt of this run kept by [`checkpoint`](Self::checkpoint).
    pub fn previous_checkpoint(&self) -> Option<&Json> {
        self.0.task.checkpoint.as_ref()
    }

    /// Waits until the attempt is to stop: the task was cancelled, its claim lost, its time is up, or the worker shuts
    /// down. The code then has a grace time (default 5 s) before its future is dropped.
    ///
    /// # Cancel safety
    /// Safe to drop.
    pub async fn cancelled(&self) {
        self.0.stop.cancelled().await;
    }

    /// Whether the attempt is to stop. For loops in blocking code.
    pub fn is_cancelled(&self) -> bool {
        self.0.stop.is_cancelled()
    }

    /// Runs CPU work on a thread of its own, with this context to tell progress and see cancellation.
    ///
    /// A thread can't be stopped: when the attempt ends early the task's status changes at once, but the slot stays taken
    /// until `work` returns, and the gauge `leyline_worker_stuck_slots` shows it. Check
    /// [`is_cancelled`](Self::is_cancelled) in loops.
    ///
    /// # Errors
    /// What `work` returns. A panic in it becomes a panic here.
    ///
    /// # Cancel safety
    /// If dropped, `work` runs to its end and its result is lost.
    pub async fn blocking<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: FnOnce(&Self) -> Result<T, E> + Send + 'static,
        T: Send + 'static,
        E: Send + 'static,
    {
        let cx = self.clone();
        let slot = self.0.slot.upgrade();
        let span = tracing::Span::current();
        let run = move || {
            let _slot = slot;
            span.in_scope(|| work(&cx))
        };
        match tokio::task::spawn_blocking(run).await {
            Ok(result) => result,
            Err(error) => match error.try_into_panic() {
                Ok(panic) => std::panic::resume_unwind(panic),
                // The runtime shuts down and never ran the work: this future will not be polled again either.
                Err(_) => std::future::pending().await,
            },
        }
    }

    /// Clock and randomness, so that code under test repeats under a seed.
    pub fn env(&self) -> &Env {
        &self.0.env
    }

    /// The blobs written so far, in order; the engine adds them to the output.
    pub(crate) fn take_artifacts(&self) -> Vec<BlobRef> {
        self.0
            .artifacts
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .take()
    }
}

fn read<P: DeserializeOwned>(text: &str) -> Result<P, serde_path_to_error::Error<serde_json::Error>> {
    serde_path_to_error::deserialize(&mut serde_json::Deserializer::from_str(text))
}

impl fmt::Debug for TaskContext {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("TaskContext")
            .field("claim", &self.0.claim)
            .finish_non_exhaustive()
    }
}

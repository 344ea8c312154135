//! The shapes of the wire: what the OpenAPI document is made of, and what a client written in Rust can read answers with.
//!
//! Every answer that tells of a task is the task's event JSON (the same that WebSocket and SSE carry) with `links` added.
//! Reading one of these ignores members that it does not know: a newer server may say more.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// A task.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Task {
    /// A UUID of version 7.
    #[schema(format = "uuid")]
    pub id: String,
    /// Which processor it is for.
    pub kind: String,
    /// Where it stands.
    pub status: Status,
    /// Rises by one with every change of status. With `tick`, orders the snapshots of a task.
    pub revision: u64,
    /// Rises with every progress of one revision.
    pub tick: u64,
    /// Attempts begun in this run.
    pub attempt: u32,
    /// How many a run may take.
    pub max_attempts: u32,
    /// How often it was freed from a dead worker in this run.
    pub rescues: u32,
    /// How far it is.
    pub progress: Progress,
    /// The uploaded file.
    pub input: Option<File>,
    /// What it produced; only where completed.
    pub output: Option<Output>,
    /// Why it failed; only where failed.
    pub failure: Option<Failure>,
    /// Not begun before this time.
    #[schema(format = DateTime)]
    pub run_at: String,
    /// When it was accepted.
    #[schema(format = DateTime)]
    pub created_at: String,
    /// When this run was first begun.
    #[schema(format = DateTime)]
    pub started_at: Option<String>,
    /// When it ended.
    #[schema(format = DateTime)]
    pub finished_at: Option<String>,
    /// When its status last changed.
    #[schema(format = DateTime)]
    pub updated_at: String,
    /// Where to go from here. Absent in events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub links: Option<Links>,
}

/// Where a task stands. There will be no other: a client may rely on a task that is neither pending nor processing having
/// ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[allow(missing_docs, reason = "the words say it")]
pub enum Status {
    Pending,
    Processing,
    Completed,
    Failed,
    Cancelled,
}

/// How far a task is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Progress {
    /// From 0 to 1, or unknown.
    pub fraction: Option<f64>,
    /// Whole percent, rounded down, or unknown.
    pub percent: Option<u8>,
    /// Units done.
    pub done: Option<u64>,
    /// Units in all.
    pub total: Option<u64>,
    /// What is counted, such as `bytes`.
    pub unit: Option<String>,
    /// The stage.
    pub phase: Option<String>,
    /// A sentence.
    pub message: Option<String>,
}

/// A file of a task: its input, or an artifact.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct File {
    /// A label, never a path.
    pub name: String,
    /// Length in bytes.
    pub size: u64,
    /// SHA-256 of the bytes, in hexadecimal.
    pub sha256: String,
    /// Media type.
    pub content_type: String,
}

/// What a completed task produced.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Output {
    /// Whatever JSON the processor gave.
    pub value: Value,
    /// In the order in which they were written.
    pub artifacts: Vec<File>,
}

/// Why a task failed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Failure {
    /// A stable word.
    pub code: String,
    /// A sentence.
    pub message: String,
}

/// Where to go from a task. Paths with the prefix under which the API is mounted.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Links {
    /// The task itself.
    #[serde(rename = "self")]
    pub this: String,
    /// Its events, as server-sent events.
    pub events: String,
    /// Its events, over a WebSocket.
    pub ws: String,
    /// To stop it.
    pub cancel: String,
    /// To start it anew.
    pub requeue: String,
    /// The uploaded file, where there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<String>,
    /// The result, where it is completed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub result: Option<String>,
    /// The artifacts by name.
    pub artifacts: BTreeMap<String, String>,
}

/// A page of tasks, newest first.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskPage {
    /// The tasks.
    pub tasks: Vec<Task>,
    /// The cursor of the next page; `null` on the last one.
    pub next: Option<String>,
}

/// What to do, for work without a file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct TaskRequest {
    /// Which processor is to do it; may be left out where the service has only one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// What it is to do: any JSON of at most 64 KiB, nested at most 32 deep. Default `{}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<Value>,
}

/// The form of an upload. The file comes last.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct UploadForm {
    /// Which processor is to do it; may be left out where the service has a default for the file's media type.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// JSON of at most 64 KiB, nested at most 32 deep. Default `{}`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub params: Option<String>,
    /// The file.
    #[schema(value_type = String, format = Binary)]
    pub file: Vec<u8>,
}

/// An error (RFC 9457). Some types have members of their own: `known` (kinds), `task` (the current snapshot), `field`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ProblemDetails {
    /// `urn:leyline:problem:` and a stable word.
    #[serde(rename = "type")]
    pub kind: String,
    /// The same short text for every problem of the type.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// A sentence on this occurrence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
    /// The task as it is, where its state is what forbids the request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub task: Option<Box<Task>>,
    /// The kinds there are, where the kind is not one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub known: Option<Vec<String>>,
    /// Which value is out of bounds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
}

/// Counts and workers.
///
/// Ages are told by `now`: nobody's clock but the store's is in this answer.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct ServiceStats {
    /// The store's time at the count.
    #[schema(format = DateTime)]
    pub now: String,
    /// How far back terminal tasks are counted.
    pub window_seconds: u64,
    /// Counts by kind, sorted; kinds with nothing to count are left out.
    pub kinds: Vec<KindCounts>,
    /// Since when the task that has waited for longest has been due.
    #[schema(format = DateTime)]
    pub oldest_due: Option<String>,
    /// The workers of all processes.
    pub workers: Vec<Worker>,
}

/// Counts of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KindCounts {
    /// The kind.
    pub kind: String,
    /// Waiting; exact.
    pub pending: u64,
    /// Running; exact.
    pub processing: u64,
    /// Completed within the window.
    pub completed: u64,
    /// Failed within the window.
    pub failed: u64,
    /// Cancelled within the window.
    pub cancelled: u64,
}

/// One start of one worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct Worker {
    /// Drawn anew at every start.
    pub id: String,
    /// Tasks that run on it; exact.
    pub running: u32,
    /// The first 100 of them, in the order of their ids.
    pub tasks: Vec<RunningTask>,
    /// When it first beat.
    #[schema(format = DateTime)]
    pub started_at: String,
    /// When it last beat.
    #[schema(format = DateTime)]
    pub beat_at: String,
    /// How often it promised to.
    pub period_seconds: f64,
}

/// A task that runs on a worker.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RunningTask {
    /// The task.
    #[schema(format = "uuid")]
    pub id: String,
    /// Its kind.
    pub kind: String,
    /// Since when this attempt runs.
    #[schema(format = DateTime)]
    pub since: String,
}

/// The answer of `/healthz` and `/readyz`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// `ok`.
    pub status: String,
}

//! Every metric of this crate, by name. They go through the `metrics` facade and cost next to nothing until the process
//! installs a recorder.

use std::time::Duration;

use metrics::{counter, gauge, histogram};

use crate::status::Verb;
use crate::task::Kind;

/// Tasks accepted, by kind.
pub const TASKS_SUBMITTED: &str = "leyline_tasks_submitted_total";
/// Changes of status made by this process, by verb and kind.
pub const TRANSITIONS: &str = "leyline_task_transitions_total";
/// Seconds from `run_at` to the claim, by kind.
pub const WAIT_SECONDS: &str = "leyline_task_wait_seconds";
/// Seconds from the claim to its end, by kind.
pub const RUN_SECONDS: &str = "leyline_task_run_seconds";
/// Bytes taken in by uploads.
pub const UPLOAD_BYTES: &str = "leyline_upload_bytes_total";
/// Slots taken by the workers of this process.
pub const SLOTS_TAKEN: &str = "leyline_worker_slots_taken";
/// Slots whose code goes on though its claim has ended.
pub const STUCK_SLOTS: &str = "leyline_worker_stuck_slots";
/// Beats, by outcome (`ok`, `error`).
pub const BEATS: &str = "leyline_worker_beats_total";
/// Claims that were lost while their code ran.
pub const CLAIMS_LOST: &str = "leyline_worker_claims_lost_total";
/// Claims whose reply was lost and which were released.
pub const STRAYS: &str = "leyline_worker_strays_total";
/// Timer ticks that came late: user code blocks the runtime.
pub const LATE_TICKS: &str = "leyline_worker_late_ticks_total";
/// Store calls of the worker that failed or ran out of time, by verb.
pub const STORE_FAILURES: &str = "leyline_worker_store_failures_total";
/// Watchers of this process.
pub const WATCHERS: &str = "leyline_hub_watchers";
/// Events taken in by the hub.
pub const EVENTS: &str = "leyline_hub_events_total";
/// Comparisons of what is watched with the store that failed.
pub const RECONCILE_FAILURES: &str = "leyline_hub_reconcile_failures_total";
/// Batches that a sink refused.
pub const SINK_FAILURES: &str = "leyline_sink_failures_total";
/// Events that a sink was too slow for.
pub const SINK_DROPPED: &str = "leyline_sink_dropped_total";
/// Blobs removed by the sweeper.
pub const BLOBS_SWEPT: &str = "leyline_blobs_swept_total";

pub(crate) fn submitted(kind: &Kind, count: u64) {
    counter!(TASKS_SUBMITTED, "kind" => kind.to_string()).increment(count);
}

pub(crate) fn transition(verb: Verb, kind: &Kind) {
    counter!(TRANSITIONS, "verb" => verb.as_str(), "kind" => kind.to_string()).increment(1);
}

pub(crate) fn waited(kind: &Kind, seconds: f64) {
    histogram!(WAIT_SECONDS, "kind" => kind.to_string()).record(seconds.max(0.0));
}

pub(crate) fn ran(kind: &Kind, time: Duration) {
    histogram!(RUN_SECONDS, "kind" => kind.to_string()).record(time);
}

pub(crate) fn upload_bytes(bytes: usize) {
    counter!(UPLOAD_BYTES).increment(bytes as u64);
}

pub(crate) fn slots_taken_changed(by: f64) {
    gauge!(SLOTS_TAKEN).increment(by);
}

pub(crate) fn stuck_slots_changed(by: f64) {
    gauge!(STUCK_SLOTS).increment(by);
}

pub(crate) fn beat(ok: bool) {
    counter!(BEATS, "outcome" => if ok { "ok" } else { "error" }).increment(1);
}

pub(crate) fn claim_lost() {
    counter!(CLAIMS_LOST).increment(1);
}

pub(crate) fn stray() {
    counter!(STRAYS).increment(1);
}

pub(crate) fn late_tick() {
    counter!(LATE_TICKS).increment(1);
}

pub(crate) fn store_failed(verb: &'static str) {
    counter!(STORE_FAILURES, "verb" => verb).increment(1);
}

pub(crate) fn watchers_changed(by: f64) {
    gauge!(WATCHERS).increment(by);
}

pub(crate) fn events_published(count: usize) {
    counter!(EVENTS).increment(count as u64);
}

pub(crate) fn reconcile_failed() {
    counter!(RECONCILE_FAILURES).increment(1);
}

pub(crate) fn sink_failed() {
    counter!(SINK_FAILURES).increment(1);
}

pub(crate) fn sink_dropped() {
    counter!(SINK_DROPPED).increment(1);
}

pub(crate) fn blobs_swept(count: usize) {
    counter!(BLOBS_SWEPT).increment(count as u64);
}

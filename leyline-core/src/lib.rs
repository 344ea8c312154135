//! Accept a file, do the long work durably, show live progress, hand back the result.
//!
//! This crate is the domain: tasks and their states, the traits at the seams, the worker, the hub that feeds watchers,
//! and a store in memory. It opens no socket and knows no database driver. `leyline-store-sqlite` keeps tasks in a file,
//! `leyline-axum` puts everything behind HTTP, WebSocket and server-sent events.
//!
//! ```
//! use std::sync::Arc;
//! use leyline_core::{Blobs, CancellationToken, Env, Json, Leyline, MemoryStore, ProcessError, TaskContext, Update, typed};
//!
//! #[tokio::main]
//! async fn main() -> Result<(), Box<dyn std::error::Error>> {
//!     let count_lines = typed(async |cx: TaskContext, _params: Json| {
//!         let text = tokio::fs::read_to_string(cx.input_path().await?).await?;
//!         Ok::<_, ProcessError>(text.lines().count())
//!     });
//!     let leyline = Leyline::builder(Arc::new(MemoryStore::new(Env::system())))
//!         .blobs(Blobs::in_memory(Env::system()))
//!         .processor("count-lines", count_lines)
//!         .build()?;
//!     let worker = leyline.clone();
//!     tokio::spawn(async move { worker.run_worker(CancellationToken::new()).await });
//!
//!     let mut upload = leyline.upload(leyline.new_task("count-lines")?, "poem.txt", None)?;
//!     upload.write("Roses are red,\nviolets are blue.\n".into()).await?;
//!     let mut watch = leyline.watch(upload.finish().await?.task.id).await?;
//!     while let Some(Update::Event(event)) = watch.next().await {
//!         println!("revision {}: {}", event.revision, event.status);
//! #       if event.status.is_terminal() { assert_eq!(event.output.as_ref().unwrap().value.as_str(), "2") }
//!     }
//!     Ok(())
//! }
//! ```
//!
//! # Tasks and states
//!
//! A [`Task`] is one row and one unit of work. It is `pending`, then `processing`, then one of `completed`, `failed` and
//! `cancelled` ([`Status`]). Every change of status raises its [`revision`](Task::revision) by exactly one, and nothing
//! else does. The pure function [`status::step`] owns the table of changes, [`transition`] says what each change does to
//! a row, and every store obeys both; `docs/state-machine.md` shows them as a diagram and a table.
//!
//! A claim is the revision that it raised the task to, plus the incarnation of the worker that made it ([`Claim`]). Every
//! write for it compares both. A worker that was taken for dead, or whose task was cancelled meanwhile, changes nothing
//! and learns that its claim is lost. So work may be done twice, and a result is accepted once.
//!
//! A task is accepted when [`Leyline::submit`] or [`Upload::finish`] returns: it is durable then, and so is its file. A task's
//! id is chosen before it is inserted, so `submit` can be sent again after an unknown outcome. A client that retries
//! whole uploads gives an [idempotency key](NewTask::idempotency_key), and one task comes of them.
//!
//! A service that keeps its own rows in the same database inserts both in one transaction: [`Leyline::prepare`], the
//! `insert_in` of the store, the service's commit, [`Leyline::announce`].
//!
//! # Processors
//!
//! A [`Processor`] does the work of one kind of task. [`typed`] makes one from an async function whose params are read by
//! serde. An error is retried after a pause unless it says otherwise; [`ProcessError`] also knows `permanent`,
//! `retry_after` and `snooze`. A panic is a failure like any other. The [`TaskContext`] gives the file as a
//! [stream](TaskContext::input) or a [path](TaskContext::input_path), named [artifacts](TaskContext::artifact) to write,
//! a [checkpoint](TaskContext::checkpoint) that outlives a crash, and [a thread](TaskContext::blocking) for CPU work:
//!
//! ```
//! use leyline_core::{ProcessError, TaskContext, typed};
//!
//! #[derive(serde::Deserialize)]
//! struct Sum { numbers: Vec<u64> }
//!
//! let sum = typed(async |cx: TaskContext, Sum { numbers }: Sum| {
//!     cx.blocking(move |cx| {
//!         let mut sum = 0u64;
//!         for (done, number) in numbers.iter().enumerate() {
//!             if cx.is_cancelled() {
//!                 return Err(ProcessError::retryable("asked to stop"));
//!             }
//!             sum = sum.checked_add(*number).ok_or_else(|| ProcessError::permanent("overflow", "the sum is too large"))?;
//!             cx.progress().units(done as u64 + 1, numbers.len() as u64, "numbers");
//!         }
//!         Ok(sum)
//!     })
//!     .await
//! });
//! # let _: &dyn leyline_core::Processor = &sum;
//! ```
//!
//! Processing is *at least once*: after a crash or a lost claim the code runs again. Effects outside of the task should
//! bear that. Per-kind concurrency, timeout, attempts and pauses are [`KindOptions`].
//!
//! # Progress
//!
//! [`TaskContext::progress`] never waits and costs nanoseconds: the newest value replaces the one before, and the engine
//! takes it from there at its own pace. A fraction never falls within a claim. Progress reaches watchers of this process
//! at once, and the store with a beat, at most once a second; a crash may lose it. [`TaskContext::previous_progress`]
//! tells the next attempt how far the one before came.
//!
//! # Watching
//!
//! [`Leyline::watch`] gives the current [`Snapshot`], then newer ones, up to the terminal one. Every [`TaskEvent`] is a
//! complete snapshot, ordered by revision and tick, so a slow, late, repeated or reconnected watcher misses nothing that
//! counts.
//!
//! The [`Hub`] holds the newest event of each task that is watched or runs here. Events are hints. Whatever is watched is
//! compared with the store every [`poll_interval`](Options::poll_interval), all of it in one call, so a watcher learns
//! the end even if every event is lost. Events leave the process through a [`ProgressSink`] and come back through a feed
//! that calls [`Hub::publish`].
//!
//! # Stores
//!
//! A [`TaskStore`] is a contract of sixteen required methods, one for each verb; [`TaskStoreExt`] adds conveniences.
//! [`MemoryStore`] is the contract in its plainest form. [`store::Error`] answers the questions that matter: was the
//! claim lost, may the call be sent again, is its outcome unknown, is the disk full. `leyline-testkit` holds the suite
//! that every store and every wrapper of one must pass.
//!
//! # Blobs
//!
//! [`Blobs`] keeps uploads and artifacts in local files, in memory, or in any other [`object_store`]. Bytes are hashed as
//! they pass and made durable before a row names them. Deleting goes the other way: the row first, the bytes after. What
//! a crash leaves behind is removed by a daily sweep ([`blob::Sweeper`]) that only takes what the store says is
//! unreferenced.
//!
//! # Workers
//!
//! [`Leyline::run_worker`] runs a worker until its token is cancelled, then drains it: it waits, signals, gives the rest
//! back, and takes its leave. Any number of them, in any number of processes, may run on one store. None is the leader.
//!
//! Workers watch each other, and no lease depends on a clock: a worker's row holds a counter that rises with every beat,
//! and one whose counter stood still for [`LOOKS`] looks is dead. Its tasks go back to pending with the attempt given
//! back. A task that was on board of [`max_rescues`](Options::max_rescues) deaths fails with `worker-lost`.
//!
//! Code that does not end when it is told to is dropped after a grace time. A thread can't be: its slot stays taken, a
//! gauge shows it, and [`Leyline::ready`] fails when all slots are stuck.
//!
//! # Time and determinism
//!
//! Clock, randomness and ids come from an [`Env`], waiting is by tokio's clock, and no order is taken from a hash map.
//! Under a paused runtime and [`Env::seeded`], a seed decides a whole run.
//!
//! # Embedding
//!
//! [`Leyline`] is the handle; clones share everything. [`Builder`] takes the store, the blobs, the processors, the kinds
//! that other processes serve, sinks and [`Options`]. An api node declares kinds and runs no worker; a worker node has
//! processors and no router. Spans of the `tracing` crate carry task id, kind, attempt and revision; [`metrics`] names
//! what is counted through the `metrics` facade. Everything is bounded, and what goes over a bound is an [`Error`] before
//! bytes are taken.

pub mod blob;
mod builder;
mod causes;
mod context;
pub mod env;
mod error;
pub mod event;
pub mod hub;
mod leyline;
pub mod metrics;
mod options;
mod prepared;
mod processor;
mod publisher;
mod retry;
mod sink;
pub mod status;
pub mod store;
pub mod task;
pub mod transition;
mod upload;
mod worker;

pub use blob::Blobs;
pub use builder::{BuildError, Builder};
pub use context::{ArtifactError, ArtifactWriter, ProgressHandle, ProgressUpdate, TaskContext};
pub use env::Env;
pub use error::Error;
pub use event::{Snapshot, TaskEvent};
pub use hub::{Hub, Update, Watch};
pub use leyline::Leyline;
pub use options::{KindOptions, Options};
pub use prepared::Prepared;
pub use processor::{Disposition, ProcessError, Processor, typed};
pub use retry::RetryPolicy;
pub use sink::ProgressSink;
pub use status::Status;
pub use store::{MemoryStore, TaskStore, TaskStoreExt};
pub use task::{Claim, Json, Kind, NewTask, Output, Progress, Task, TaskId, Timestamp, WorkerId};
pub use tokio_util::sync::CancellationToken;
pub use upload::Upload;
pub use worker::{Drained, LOOKS};

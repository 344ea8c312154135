//! A service under test: a store, a hub, a worker, on a paused clock.

use std::sync::Arc;
use std::time::Duration;

use leyline_core::env::TokioClock;
use leyline_core::{
    Blobs, Builder, Env, Leyline, MemoryStore, Options, Snapshot, Status, Task, TaskId, TaskStore, Timestamp,
    Update,
};
use leyline_testkit::FaultyStore;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

/// An environment that the seed decides, on the runtime's (paused) time.
pub(crate) fn env(seed: u64) -> Env {
    let epoch: Timestamp = "2026-01-01T00:00:00Z".parse().expect("a timestamp");
    Env::seeded(TokioClock::starting_at(epoch), seed)
}

pub(crate) fn options() -> Options {
    let mut options = Options::default();
    options.concurrency = 4;
    options
}

/// A builder over a fresh in-memory store.
pub(crate) fn memory(seed: u64) -> (Arc<MemoryStore>, Builder) {
    let env = env(seed);
    let store = Arc::new(MemoryStore::new(env.clone()));
    let builder = over(Arc::clone(&store) as Arc<dyn TaskStore>, &env);
    (store, builder)
}

/// A builder over a fresh in-memory store that fails as it is told to.
pub(crate) fn faulty(seed: u64) -> (Arc<FaultyStore>, Builder) {
    let env = env(seed);
    let store = Arc::new(FaultyStore::seeded(Arc::new(MemoryStore::new(env.clone())), seed));
    let builder = over(Arc::clone(&store) as Arc<dyn TaskStore>, &env);
    (store, builder)
}

pub(crate) fn over(store: Arc<dyn TaskStore>, env: &Env) -> Builder {
    Leyline::builder(store)
        .blobs(Blobs::in_memory(env.clone()))
        .env(env.clone())
        .options(options())
}

/// A worker that runs until it is told to stop, or killed.
pub(crate) struct Worker {
    shutdown: CancellationToken,
    run: JoinHandle<leyline_core::Drained>,
}

impl Worker {
    pub(crate) fn start(leyline: &Leyline) -> Self {
        let shutdown = CancellationToken::new();
        let run = tokio::spawn({
            let (leyline, shutdown) = (leyline.clone(), shutdown.clone());
            async move { leyline.run_worker(shutdown).await }
        });
        Self { shutdown, run }
    }

    /// Stops it in order.
    pub(crate) async fn stop(self) -> leyline_core::Drained {
        self.shutdown.cancel();
        self.run.await.expect("the worker ends without a panic")
    }

    /// Ends it as a crash would: nothing more is told to the store.
    pub(crate) async fn kill(self) {
        self.run.abort();
        let _ = self.run.await;
    }
}

pub(crate) async fn submit(leyline: &Leyline, kind: &str, params: serde_json::Value) -> TaskId {
    let mut task = leyline.new_task(kind).expect("a known kind");
    task.params = leyline_core::Json::new(&params).expect("params within bounds");
    leyline.submit(task).await.expect("submitted").task.id
}

pub(crate) async fn get(leyline: &Leyline, id: TaskId) -> Task {
    leyline
        .get(id)
        .await
        .expect("the store answers")
        .expect("the task is there")
}

/// Every snapshot up to the terminal one.
pub(crate) async fn watch_to_end(leyline: &Leyline, id: TaskId) -> Vec<Snapshot> {
    let mut watch = leyline.watch(id).await.expect("a watch");
    let mut seen = Vec::new();
    let all = async {
        while let Some(update) = watch.next().await {
            match update {
                Update::Event(event) => seen.push((*event).clone()),
                Update::Gone(id) => panic!("{id} is gone"),
            }
        }
    };
    tokio::time::timeout(Duration::from_hours(24), all)
        .await
        .expect("the end within a day of paused time");
    seen
}

/// The task when it has ended.
pub(crate) async fn ended(leyline: &Leyline, id: TaskId) -> Task {
    let seen = watch_to_end(leyline, id).await;
    let task = get(leyline, id).await;
    let last = seen.last().expect("at least one snapshot");
    assert!(last.status.is_terminal());
    assert_eq!((last.status, last.revision), (task.status, task.revision));
    task
}

/// Waits until the task has this status, by watching.
pub(crate) async fn until(leyline: &Leyline, id: TaskId, status: Status) {
    let mut watch = leyline.watch(id).await.expect("a watch");
    let reached = async {
        loop {
            match watch.next().await {
                Some(Update::Event(event)) if event.status == status => return,
                Some(_) => {}
                None => panic!("the task ended without being {status}"),
            }
        }
    };
    tokio::time::timeout(Duration::from_hours(24), reached)
        .await
        .expect("the status within a day of paused time");
}

//! One process of several: a store of its own, a service over it, its sink and its feed. Two of them on one schema are two
//! processes for all that they can tell.

use std::sync::Arc;
use std::time::Duration;

use leyline_core::{
    Builder, CancellationToken, Json, Leyline, Options, ProcessError, Status, Task, TaskContext, TaskId,
    TaskStoreExt as _, Update, Watch, typed,
};
use leyline_store_postgres::{PostgresOptions, PostgresStore};
use tokio::sync::Semaphore;

/// No poll and no beat comes to help within a test.
pub(crate) const NEVER: Duration = Duration::from_hours(1);
/// What has to come comes long before; what does not fails the test.
pub(crate) const SOON: Duration = Duration::from_secs(20);

pub(crate) struct Node {
    pub(crate) store: PostgresStore,
    pub(crate) leyline: Leyline,
    stop: CancellationToken,
}

impl Node {
    /// A process whose workers and watchers ask the store every `poll`.
    pub(crate) async fn start(
        options: &PostgresOptions,
        poll: Duration,
        build: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let store = PostgresStore::open(options.clone()).await.expect("it opens");
        let mut settings = Options::default();
        settings.poll_interval = poll;
        settings.lease_ttl = NEVER;
        settings.concurrency = 2;
        let builder = Leyline::builder(Arc::new(store.clone()))
            .sink(Arc::new(store.sink()))
            .kind("any", leyline_core::KindOptions::default())
            .options(settings);
        Self {
            leyline: build(builder).build().expect("it builds"),
            store,
            stop: CancellationToken::new(),
        }
    }

    /// Without a worker.
    pub(crate) async fn gateway(options: &PostgresOptions, poll: Duration) -> Self {
        Self::start(options, poll, |builder| builder).await
    }

    pub(crate) fn feed(self) -> Self {
        let feed = self.store.feed(self.leyline.hub().clone());
        tokio::spawn(feed.run(self.stop.clone()));
        self
    }

    pub(crate) fn worker(self) -> Self {
        let (leyline, stop) = (self.leyline.clone(), self.stop.clone());
        tokio::spawn(async move { leyline.run_worker(stop).await });
        self
    }

    pub(crate) async fn submit(&self) -> TaskId {
        let task = self.leyline.new_task("any").expect("the kind is declared");
        self.leyline.submit(task).await.expect("it is accepted").task.id
    }

    /// Inserts a task, and tells nobody.
    pub(crate) async fn insert(&self) -> TaskId {
        let task = self.leyline.new_task("any").expect("the kind is declared");
        let id = task.id;
        self.store.insert_one(task).await.expect("it is inserted");
        id
    }

    /// Watches a task, and has been told what it is now.
    pub(crate) async fn watch(&self, id: TaskId) -> Watch {
        let mut watch = self.leyline.watch(id).await.expect("it is there");
        watch.next().await;
        watch
    }

    pub(crate) async fn cancel(&self, id: TaskId) -> Task {
        self.leyline.cancel(id, None).await.expect("it can be cancelled")
    }
}

impl Drop for Node {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}

/// Fails the test if it does not come soon.
#[track_caller]
pub(crate) fn soon<T>(what: impl Future<Output = T>) -> impl Future<Output = T> {
    let place = std::panic::Location::caller();
    async move {
        let answer = tokio::time::timeout(SOON, what).await;
        answer.unwrap_or_else(|_| panic!("it did not come: {place}"))
    }
}

/// Waits until something is so.
pub(crate) async fn holds(what: impl AsyncFn() -> bool) {
    while !what().await {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Reads a watch until it tells this status.
pub(crate) async fn until(watch: &mut Watch, status: Status) {
    while let Some(update) = watch.next().await {
        if matches!(&update, Update::Event(event) if event.status == status) {
            return;
        }
    }
    panic!("the watch ended before {status}");
}

/// Between two progresses: who began to listen too late for one hears the next.
const AGAIN: Duration = Duration::from_millis(50);

/// Code that says that it has begun, again and again, and ends by one permit of `go`, or when it is told to stop.
pub(crate) fn waits_for(go: &Arc<Semaphore>) -> impl FnOnce(Builder) -> Builder + use<> {
    let go = Arc::clone(go);
    move |builder| {
        let code = typed(move |cx: TaskContext, _: Json| {
            let go = Arc::clone(&go);
            async move {
                loop {
                    cx.progress().message("begun");
                    tokio::select! { biased;
                        permit = go.acquire() => {
                            permit.expect("it is never closed").forget();
                            return Ok(());
                        }
                        () = cx.cancelled() => return Err(ProcessError::permanent("stopped", "it was told to stop")),
                        () = tokio::time::sleep(AGAIN) => {}
                    }
                }
            }
        });
        builder.processor("any", code)
    }
}

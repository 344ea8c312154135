//! A worker of a process of its own, as far as it can tell, whose code goes on until it is let go.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use leyline_core::{
    Builder, CancellationToken, Drained, Json, KindOptions, Leyline, Options, ProcessError, Task,
    TaskContext, TaskId, TaskStore as _, Timestamp, WorkerId, typed,
};
use tokio::sync::{Notify, Semaphore};
use tokio::task::JoinHandle;

use crate::given::{self, Role, Store};

/// A lease that is short, and long enough for a busy machine.
pub(crate) const TTL: Duration = Duration::from_millis(1_200);
/// A worker runs one task of this kind at a time,
pub(crate) const ALONE: &str = "alone";
/// and has a place left for one of this kind.
pub(crate) const BESIDE: &str = "beside";
/// How often the code tells progress: there is always some that no beat has stored.
const STEP: Duration = Duration::from_millis(20);

pub(crate) struct Worker {
    pub(crate) role: Role,
    pub(crate) leyline: Leyline,
    pub(crate) code: Arc<Code>,
    stop: CancellationToken,
    run: JoinHandle<Drained>,
}

/// What its code has seen, and what it waits for.
pub(crate) struct Code {
    begun: AtomicU32,
    stopped: AtomicU32,
    go: Semaphore,
    keep: Notify,
    kept: Mutex<Vec<Result<(), String>>>,
}

impl Worker {
    /// Starts one that connects by `way` (given a URL of the server) as a role of its own.
    pub(crate) async fn start(
        store: &Store,
        way: impl FnOnce(&str) -> String,
        build: impl FnOnce(Builder) -> Builder,
    ) -> Self {
        let role = given::role().await;
        let store = given::another(store, &way(&role.url), |_| {}).await;
        let code = Arc::new(Code {
            begun: AtomicU32::new(0),
            stopped: AtomicU32::new(0),
            go: Semaphore::new(0),
            keep: Notify::new(),
            kept: Mutex::default(),
        });
        let builder = Leyline::builder(Arc::new(store.postgres())).options(options());
        let name = role.name.clone();
        let mut alone = KindOptions::default();
        alone.concurrency = Some(1);
        let builder = builder
            .processor(ALONE, Arc::clone(&code).processor(name.clone()))
            .kind(ALONE, alone)
            .processor(BESIDE, Arc::clone(&code).processor(name));
        let leyline = build(builder).build().expect("it builds");
        let stop = CancellationToken::new();
        let run = tokio::spawn({
            let (leyline, stop) = (leyline.clone(), stop.clone());
            async move { leyline.run_worker(stop).await }
        });
        Self {
            role,
            leyline,
            code,
            stop,
            run,
        }
    }

    pub(crate) async fn submit(&self, kind: &str) -> TaskId {
        let task = self.leyline.new_task(kind).expect("the kind is declared");
        self.leyline.submit(task).await.expect("it is accepted").task.id
    }

    /// An orderly end.
    pub(crate) async fn end(self) -> Drained {
        self.stop.cancel();
        self.run.await.expect("it does not panic")
    }
}

/// Those of every worker here.
pub(crate) fn options() -> Options {
    let mut options = Options::default();
    options.lease_ttl = TTL;
    options.poll_interval = Duration::from_millis(200);
    options.concurrency = 2;
    options
}

impl Code {
    /// How often it was begun.
    pub(crate) fn begun(&self) -> u32 {
        self.begun.load(Ordering::SeqCst)
    }

    /// How often it was told to stop.
    pub(crate) fn stopped(&self) -> u32 {
        self.stopped.load(Ordering::SeqCst)
    }

    /// Lets it end, so often.
    pub(crate) fn let_go(&self, times: usize) {
        self.go.add_permits(times);
    }

    /// Has it keep a checkpoint, and what became of each so far.
    pub(crate) fn keeps(&self) {
        self.keep.notify_one();
    }

    pub(crate) fn kept(&self) -> Vec<Result<(), String>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn processor(self: Arc<Self>, name: String) -> impl leyline_core::Processor {
        typed(move |cx: TaskContext, _: Json| {
            let (code, name) = (Arc::clone(&self), name.clone());
            async move { code.run(&cx, name).await }
        })
    }

    /// Its result is its worker's name.
    async fn run(&self, cx: &TaskContext, name: String) -> Result<String, ProcessError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        loop {
            cx.progress().message(&name);
            tokio::select! { biased;
                () = cx.cancelled() => {
                    self.stopped.fetch_add(1, Ordering::SeqCst);
                    return Err(ProcessError::permanent("stopped", "it was told to stop"));
                }
                permit = self.go.acquire() => {
                    permit.expect("it is never closed").forget();
                    return Ok(name);
                }
                () = self.keep.notified() => self.keep_checkpoint(cx, &name).await,
                () = tokio::time::sleep(STEP) => {}
            }
        }
    }

    async fn keep_checkpoint(&self, cx: &TaskContext, name: &str) {
        let value = Json::new(&name).expect("a name is JSON");
        let answer = cx.checkpoint(&value).await.map_err(|error| error.to_string());
        self.kept
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .push(answer);
    }
}

pub(crate) async fn row(store: &Store, id: TaskId) -> Task {
    store.get(id).await.expect("it is read").expect("it is there")
}

/// Who has a row, since when, and the counter.
pub(crate) async fn incarnations(store: &Store) -> BTreeMap<WorkerId, (Timestamp, u64)> {
    let rows = store.workers(0).await.expect("they are read");
    rows.into_iter()
        .map(|row| (row.worker, (row.started_at, row.counter)))
        .collect()
}

/// Waits until every worker has beaten so often, and asserts that each of them is the one it was.
pub(crate) async fn until_all_have_beaten(store: &Store, times: u64) {
    let before = incarnations(store).await;
    given::until(async || {
        let now = incarnations(store).await;
        assert!(now.keys().eq(before.keys()), "{before:?} became {now:?}");
        now.iter().all(|(worker, (since, counter))| {
            assert_eq!(*since, before[worker].0, "its row was removed, and made anew");
            *counter >= before[worker].1 + times
        })
    })
    .await;
}

pub(crate) async fn until_there_are(store: &Store, count: usize) {
    given::until(async || incarnations(store).await.len() == count).await;
}

pub(crate) async fn until_begun(worker: &Worker, times: u32) {
    given::until(async || worker.code.begun() >= times).await;
}

//! The worker that takes over, in this process.

use std::path::Path;
use std::sync::Arc;

use leyline_core::{
    Blobs, CancellationToken, Drained, Env, Json, Leyline, ProcessError, TaskContext, TaskId, typed,
};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinHandle;

use super::{KIND, PATIENCE, RESULT, options};
use crate::given::{self, Role, Store};
use crate::worker::row;

/// What it writes, wherever there is something to write.
pub(super) const NAME: &str = "successor";

/// Not running yet: it accepts tasks, and others work.
pub(super) struct Successor {
    pub(super) role: Role,
    pub(super) leyline: Leyline,
    store: Store,
    go: Arc<Semaphore>,
    begun: mpsc::UnboundedReceiver<TaskId>,
    stop: CancellationToken,
    run: Option<JoinHandle<Drained>>,
}

impl Successor {
    pub(super) async fn new(store: &Store, blobs: &Path) -> Self {
        let role = given::role().await;
        let postgres = given::another(store, &role.url, |_| {}).await.postgres();
        let env = Env::system();
        let go = Arc::new(Semaphore::new(0));
        let (begins, begun) = mpsc::unbounded_channel();
        let may_end = Arc::clone(&go);
        let code = typed(move |cx: TaskContext, _: Json| {
            let (begins, go) = (begins.clone(), Arc::clone(&may_end));
            async move { work(&cx, &begins, &go).await }
        });
        let leyline = Leyline::builder(Arc::new(postgres))
            .blobs(Blobs::local(blobs, env.clone()).expect("the folder can be used"))
            .env(env)
            .options(options())
            .processor(KIND, code)
            .build();
        Self {
            role,
            leyline: leyline.expect("it builds"),
            store: store.clone(),
            go,
            begun,
            stop: CancellationToken::new(),
            run: None,
        }
    }

    pub(super) fn run(mut self) -> Self {
        let (leyline, stop) = (self.leyline.clone(), self.stop.clone());
        self.run = Some(tokio::spawn(async move { leyline.run_worker(stop).await }));
        self
    }

    /// Waits until it is at work on so many tasks.
    pub(super) async fn until_it_has(&mut self, count: usize) {
        for _ in 0..count {
            let begun = tokio::time::timeout(PATIENCE, self.begun.recv()).await;
            begun.expect("the stopped are rescued").expect("it runs");
        }
    }

    /// Lets all of it end, and waits for that.
    pub(super) async fn finishes(&self, ids: impl Iterator<Item = &TaskId> + Clone) {
        self.go.add_permits(ids.clone().count());
        for id in ids {
            given::until(async || row(&self.store, *id).await.status.is_terminal()).await;
        }
    }

    pub(super) async fn end(self) {
        self.stop.cancel();
        let drained = self.run.expect("it was run").await.expect("it does not panic");
        assert_eq!((drained.unsettled, drained.stuck), (0, 0));
    }
}

/// It finds what the stopped one left, and leaves its own.
async fn work(
    cx: &TaskContext,
    begins: &mpsc::UnboundedSender<TaskId>,
    go: &Semaphore,
) -> Result<&'static str, ProcessError> {
    let left = cx.previous_checkpoint().map(Json::as_str);
    if (left, cx.attempt(), cx.task().rescues) != (Some("\"zombie\""), 1, 1) {
        return Err(ProcessError::permanent(
            "odd",
            format!("{left:?} {:?}", cx.task()),
        ));
    }
    cx.progress().message(NAME);
    cx.checkpoint(&Json::new(&NAME).expect("a text is JSON")).await?;
    begins.send(cx.id()).map_err(ProcessError::retryable)?;
    tokio::select! { biased;
        permit = go.acquire() => permit.map_err(ProcessError::retryable)?.forget(),
        () = cx.cancelled() => return Err(ProcessError::permanent("stopped", "nobody may stop it")),
    }
    cx.artifact_bytes(RESULT, None, NAME).await?;
    Ok(NAME)
}

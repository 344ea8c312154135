//! A service in memory with the server's processors and a worker.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use leyline_core::hub::Update;
use leyline_core::{
    Blobs, CancellationToken, Drained, Env, Json, KindOptions, Leyline, MemoryStore, RetryPolicy, Status,
    TaskEvent,
};
use leyline_server::processors;
use serde_json::Value;
use tokio::task::JoinHandle;

/// How long any of these tasks may take.
const PATIENCE: Duration = Duration::from_mins(2);

pub(crate) struct Service {
    leyline: Leyline,
    stop: CancellationToken,
    worker: JoinHandle<Drained>,
}

/// A task at its end, and what was told on the way.
pub(crate) struct Seen {
    pub(crate) events: Vec<TaskEvent>,
}

impl Service {
    pub(crate) fn start() -> Self {
        let env = Env::system();
        let store = Arc::new(MemoryStore::new(env.clone()));
        let builder = Leyline::builder(store).blobs(Blobs::in_memory(env));
        let mut at_once = KindOptions::default();
        at_once.retry = RetryPolicy::new(Duration::ZERO, Duration::ZERO);
        let builder = processors::register(builder).kind("simulate", at_once);
        let leyline = builder.build().unwrap();
        let stop = CancellationToken::new();
        let worker = tokio::spawn({
            let (leyline, stop) = (leyline.clone(), stop.clone());
            async move { leyline.run_worker(stop).await }
        });
        Self {
            leyline,
            stop,
            worker,
        }
    }

    pub(crate) fn leyline(&self) -> &Leyline {
        &self.leyline
    }

    /// Uploads the file and sees its task to the end.
    pub(crate) async fn upload(&self, kind: &str, params: Value, file: &[u8]) -> Seen {
        let mut task = self.leyline.new_task(kind).unwrap();
        task.params = Json::new(&params).unwrap();
        let mut upload = self.leyline.upload(task, "file", None).unwrap();
        upload.write(file.to_vec().into()).await.unwrap();
        let accepted = upload.finish().await.unwrap();
        self.watch(accepted.task.id).await
    }

    pub(crate) async fn submit(&self, kind: &str, params: Value) -> Seen {
        let mut task = self.leyline.new_task(kind).unwrap();
        task.params = Json::new(&params).unwrap();
        let accepted = self.leyline.submit(task).await.unwrap();
        self.watch(accepted.task.id).await
    }

    /// Sees a task to the end of its run.
    pub(crate) async fn watch(&self, id: leyline_core::TaskId) -> Seen {
        let mut watch = self.leyline.watch(id).await.unwrap();
        let mut events = Vec::new();
        let watched = async {
            while let Some(update) = watch.next().await {
                let Update::Event(event) = update else {
                    panic!("the task is gone")
                };
                events.push(event);
            }
        };
        tokio::time::timeout(PATIENCE, watched)
            .await
            .expect("the task ends");
        Seen { events }
    }

    pub(crate) async fn artifact(&self, seen: &Seen, name: &str) -> Vec<u8> {
        let task = self.leyline.get(seen.last().id).await.unwrap().unwrap();
        let output = task.output.unwrap();
        let blob = output
            .artifacts
            .iter()
            .find(|blob| blob.name == name)
            .expect("it was made");
        let mut stream = self.leyline.blobs().unwrap().read(blob, None).await.unwrap();
        let mut bytes = Vec::new();
        while let Some(chunk) = stream.chunk().await.unwrap() {
            bytes.extend_from_slice(&chunk);
        }
        bytes
    }

    pub(crate) async fn stop(self) {
        self.stop.cancel();
        self.worker.await.unwrap();
    }
}

impl Seen {
    pub(crate) fn last(&self) -> &TaskEvent {
        self.events.last().unwrap()
    }

    /// The result of a completed task.
    #[track_caller]
    pub(crate) fn value(&self) -> Value {
        let last = self.last();
        assert_eq!(last.status, Status::Completed, "{:?}", last.failure);
        serde_json::from_str(last.output.as_ref().unwrap().value.as_str()).unwrap()
    }

    /// Code and message of a failed task.
    #[track_caller]
    pub(crate) fn failure(&self) -> (&str, &str) {
        let last = self.last();
        assert_eq!(last.status, Status::Failed, "{last:?}");
        let failure = last.failure.as_ref().unwrap();
        (&failure.code, &failure.message)
    }

    pub(crate) fn artifacts(&self) -> Vec<(&str, &str)> {
        let artifacts = self.last().output.iter().flat_map(|output| &output.artifacts);
        artifacts
            .map(|blob| (blob.name.as_str(), blob.content_type.as_str()))
            .collect()
    }

    /// Within each revision progress never went back.
    #[track_caller]
    pub(crate) fn assert_monotonic(&self) {
        for pair in self.events.windows(2) {
            let (before, after) = (&pair[0], &pair[1]);
            assert!(
                (before.revision, before.tick) < (after.revision, after.tick),
                "{pair:?}"
            );
            if before.revision == after.revision {
                assert!(before.progress.fraction <= after.progress.fraction, "{pair:?}");
                assert!(before.progress.done <= after.progress.done, "{pair:?}");
            }
        }
    }
}

/// A photograph of the page's samples.
pub(crate) fn sample(name: &str) -> Vec<u8> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../frontend/tests/samples");
    std::fs::read(folder.join(name)).unwrap()
}

//! Blobs: what is written is what is read, damage is told, and the sweep removes what is unreferenced and nothing else.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use leyline_core::blob::{self, Sweeper};
use leyline_core::{
    Blobs, Leyline, MemoryStore, ProcessError, Status, TaskContext, TaskId, TaskStore, typed,
};
use tempfile::TempDir;
use tokio::sync::Notify;

use crate::service::{Worker, ended, env, options, until};

/// A service with local blobs in a folder of its own. Real time: files have the clock of the file system.
struct Local {
    folder: TempDir,
    blobs: Blobs,
    store: Arc<MemoryStore>,
    leyline: Leyline,
    gate: Arc<Notify>,
}

impl Local {
    fn new(seed: u64) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let env = env(seed);
        let blobs = Blobs::local(folder.path(), env.clone()).unwrap();
        let store = Arc::new(MemoryStore::new(env.clone()));
        let gate = Arc::new(Notify::new());
        let waits = Arc::clone(&gate);
        let fails_first = typed(move |cx: TaskContext, (): ()| {
            let waits = Arc::clone(&waits);
            async move {
                cx.artifact_bytes("result", None, format!("attempt {}", cx.attempt()))
                    .await?;
                waits.notified().await;
                if cx.attempt() == 1 {
                    return Err(ProcessError::retry_after(
                        Duration::ZERO,
                        "the first attempt fails",
                    ));
                }
                Ok(())
            }
        });
        let mut options = options();
        options.cancel_grace = Duration::from_millis(10);
        let leyline = Leyline::builder(Arc::clone(&store) as Arc<dyn TaskStore>)
            .blobs(blobs.clone())
            .env(env)
            .options(options)
            .processor("work", fails_first)
            .build()
            .unwrap();
        Self {
            folder,
            blobs,
            store,
            leyline,
            gate,
        }
    }

    async fn upload(&self, bytes: impl Into<Bytes>) -> TaskId {
        let task = self.leyline.new_task("work").unwrap();
        let mut upload = self.leyline.upload(task, "a file.txt", None).unwrap();
        upload.write(bytes.into()).await.unwrap();
        upload.finish().await.unwrap().task.id
    }

    async fn sweep(&self, grace: Duration) -> blob::Swept {
        let store = Arc::clone(&self.store) as Arc<dyn TaskStore>;
        Sweeper::new(self.blobs.clone(), store, grace)
            .sweep()
            .await
            .unwrap()
    }

    /// Every file below the folder but the sweep's own state, sorted.
    fn files(&self) -> Vec<PathBuf> {
        let mut files = Vec::new();
        collect(self.folder.path(), &mut files);
        files.retain(|file| !file.ends_with("sweep/state"));
        files.sort();
        files
    }
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), files);
        } else {
            files.push(entry.path());
        }
    }
}

fn age(file: &Path, by: Duration) {
    let file = std::fs::File::options().write(true).open(file).unwrap();
    file.set_modified(SystemTime::now() - by).unwrap();
}

const GRACE: Duration = Duration::from_hours(24);
const OLD: Duration = Duration::from_hours(25);

#[tokio::test]
async fn bytes_of_every_size_are_read_as_they_were_written_and_known_by_their_digest() {
    let local = Local::new(1);
    for size in [0, 1, 4096, 512 * 1024, 512 * 1024 + 1, 3_000_000] {
        let bytes: Bytes = (0..size)
            .map(|n: u32| (n % 251) as u8)
            .collect::<Vec<u8>>()
            .into();
        let id = local.upload(bytes.clone()).await;
        let input = local.leyline.get(id).await.unwrap().unwrap().input.unwrap();
        assert_eq!(input.size, u64::from(size));
        assert_eq!(input.sha256, leyline_core::task::Digest::of(&bytes));
        let mut stream = local.blobs.read(&input, None).await.unwrap();
        let mut read = Vec::new();
        while let Some(chunk) = stream.chunk().await.unwrap() {
            read.extend_from_slice(&chunk);
        }
        assert_eq!(read, bytes);
        let path = local.blobs.download(&input).await.unwrap();
        assert_eq!(std::fs::read(&path).unwrap(), bytes);
        if size > 10 {
            let mut part = local.blobs.read(&input, Some(3..7)).await.unwrap();
            assert_eq!(part.chunk().await.unwrap().unwrap(), bytes.slice(3..7));
            assert!(part.chunk().await.unwrap().is_none());
        }
    }
}

#[tokio::test]
async fn damage_is_told_instead_of_the_last_chunk() {
    let local = Local::new(2);
    let id = local.upload(vec![7; 1_000_000]).await;
    let input = local.leyline.get(id).await.unwrap().unwrap().input.unwrap();
    let file = local.folder.path().join(&input.key);
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[999_999] ^= 1;
    std::fs::write(&file, &bytes).unwrap();
    let mut stream = local.blobs.read(&input, None).await.unwrap();
    let mut read = 0;
    let error = loop {
        match stream.chunk().await {
            Ok(Some(chunk)) => read += chunk.len(),
            Ok(None) => panic!("the damage was not told"),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, blob::Error::Corrupt { .. }), "{error}");
    assert!(read < 1_000_000, "the last chunk is not given");
    assert!(matches!(
        local.blobs.download(&input).await,
        Err(blob::Error::Corrupt { .. })
    ));
    std::fs::write(&file, &bytes[..500_000]).unwrap();
    assert!(
        matches!(
            local.blobs.download(&input).await,
            Err(blob::Error::Corrupt { .. })
        ),
        "truncated"
    );
    std::fs::remove_file(&file).unwrap();
    assert!(local.blobs.read(&input, None).await.unwrap_err().is_not_found());
}

#[tokio::test]
async fn an_unfinished_upload_leaves_no_file_and_no_task() {
    let local = Local::new(3);
    let task = local.leyline.new_task("work").unwrap();
    let id = task.id;
    let mut upload = local.leyline.upload(task, "big.bin", None).unwrap();
    upload.write(vec![0; 2_000_000].into()).await.unwrap();
    assert_eq!(local.files().len(), 1, "a temporary file");
    upload.abort().await;
    assert!(local.files().is_empty());
    assert!(local.leyline.get(id).await.unwrap().is_none());
}

#[tokio::test]
async fn an_upload_sent_again_keeps_the_first_bytes_and_removes_its_own() {
    let local = Local::new(4);
    let send = async |bytes: &'static str| {
        let mut task = local.leyline.new_task("work").unwrap();
        task.idempotency_key = Some("key".into());
        let mut upload = local.leyline.upload(task, "x", None).unwrap();
        upload.write(bytes.into()).await.unwrap();
        upload.finish().await
    };
    let first = send("same").await.unwrap();
    let again = send("same").await.unwrap();
    assert!(again.existed && !first.existed);
    assert_eq!(first.task.id, again.task.id);
    assert!(send("other").await.is_err(), "another file under the same key");
    assert_eq!(local.files().len(), 1, "{:?}", local.files());
}

#[tokio::test]
async fn a_task_can_not_name_the_bytes_of_another() {
    let local = Local::new(11);
    let first = local.upload("mine").await;
    let input = local.leyline.get(first).await.unwrap().unwrap().input;
    let mut thief = local.leyline.new_task("work").unwrap();
    thief.input = input;
    let error = local.leyline.submit(thief.clone()).await.unwrap_err();
    assert!(error.to_string().contains("input.key"), "{error}");
    assert!(local.leyline.submit_many(&[thief]).await.is_err());
}

#[tokio::test]
async fn a_sweep_during_an_upload_and_a_run_and_after_a_retry_removes_only_garbage() {
    let local = Local::new(5);
    // During an upload: its temporary file is young.
    let task = local.leyline.new_task("work").unwrap();
    let mut upload = local.leyline.upload(task, "x", None).unwrap();
    upload.write(vec![0; 1_000_000].into()).await.unwrap();
    assert_eq!(local.sweep(GRACE).await.removed, 0);
    let id = upload.finish().await.unwrap().task.id;
    for file in local.files() {
        age(&file, OLD);
    }
    assert_eq!(local.sweep(GRACE).await.removed, 0, "old, but a row names it");
    // During a run: the artifact of the claim is not named yet.
    let _worker = Worker::start(&local.leyline);
    until(&local.leyline, id, Status::Processing).await;
    wait_for(|| local.files().len() == 2).await;
    assert_eq!(local.sweep(Duration::ZERO).await.removed, 0);
    // After a retry: the first attempt's artifact is past its revision and never named.
    local.gate.notify_one();
    wait_for(|| local.files().len() == 3).await;
    let swept = local.sweep(GRACE).await;
    assert_eq!((swept.seen, swept.removed), (3, 1));
    local.gate.notify_one();
    let task = ended(&local.leyline, id).await;
    assert_eq!(task.status, Status::Completed);
    assert_eq!(
        local.sweep(Duration::ZERO).await.removed,
        0,
        "the result is named"
    );
    let artifact = &task.output.unwrap().artifacts[0];
    let mut stream = local.blobs.read(artifact, None).await.unwrap();
    assert_eq!(stream.chunk().await.unwrap().unwrap(), "attempt 2");
    // Deleted: row first, bytes after, and the folders with them.
    local.leyline.delete(id, None).await.unwrap();
    assert!(local.files().is_empty());
    assert_eq!(
        std::fs::read_dir(local.folder.path().join("uploads"))
            .unwrap()
            .count(),
        0
    );
}

#[tokio::test]
async fn a_sweep_after_a_requeue_removes_the_results_of_the_run_before() {
    let local = Local::new(6);
    let id = local.upload("x").await;
    let worker = Worker::start(&local.leyline);
    wait_for(|| local.files().len() == 2).await;
    local.leyline.cancel(id, None).await.unwrap();
    worker.stop().await;
    local.leyline.requeue(id, None).await.unwrap();
    assert_eq!(local.sweep(GRACE).await.removed, 1);
    assert_eq!(local.files().len(), 1, "the input stays for the new run");
}

#[tokio::test]
async fn an_upload_without_a_row_goes_after_the_grace_time_and_not_before() {
    let local = Local::new(7);
    let id = local.upload("orphan").await;
    local.store.cancel(id, None).await.unwrap();
    // The row goes without its bytes, as when the process dies between the two.
    local.store.delete(id, None).await.unwrap();
    assert_eq!(local.sweep(GRACE).await.removed, 0, "young");
    age(&local.files()[0], OLD);
    assert_eq!(local.sweep(GRACE).await.removed, 1);
    assert!(local.files().is_empty());
}

#[tokio::test]
async fn a_wrong_clock_of_ours_removes_nothing_young() {
    let local = Local::new(10);
    let id = local.upload("orphan").await;
    local.store.cancel(id, None).await.unwrap();
    local.store.delete(id, None).await.unwrap();
    let far: leyline_core::Timestamp = "2126-01-01T00:00:00Z".parse().unwrap();
    let ahead = leyline_core::Env::seeded(leyline_core::env::TokioClock::starting_at(far), 10);
    let blobs = Blobs::local(local.folder.path(), ahead).unwrap();
    let store = Arc::clone(&local.store) as Arc<dyn TaskStore>;
    let swept = Sweeper::new(blobs, store, GRACE).sweep().await.unwrap();
    assert_eq!(
        (swept.seen, swept.removed),
        (1, 0),
        "the blob store's own clock judges"
    );
}

#[tokio::test]
async fn stale_temporary_files_go_and_young_ones_stay() {
    let local = Local::new(8);
    let folder = local.folder.path().join("uploads/some-task");
    std::fs::create_dir(&folder).unwrap();
    for name in ["old#1", "young#1"] {
        std::fs::write(folder.join(name), "left by a crash").unwrap();
    }
    age(&folder.join("old#1"), OLD);
    let swept = local.sweep(GRACE).await;
    assert_eq!((swept.removed, swept.leftovers), (0, 1));
    assert_eq!(
        local.files(),
        [folder.canonicalize().unwrap().join("young#1")].map(|p| relative(&local, &p))
    );
}

fn relative(local: &Local, path: &Path) -> PathBuf {
    let root = local.folder.path().canonicalize().unwrap();
    local.folder.path().join(path.strip_prefix(root).unwrap())
}

#[tokio::test]
async fn a_foreign_file_is_left_alone_and_more_than_a_page_is_swept() {
    let local = Local::new(9);
    let foreign = local.folder.path().join("uploads/readme.txt");
    std::fs::write(&foreign, "not ours").unwrap();
    age(&foreign, OLD);
    let dead = TaskId::from_bytes([9; 16]);
    let folder = local
        .folder
        .path()
        .join(format!("results/{dead}/2-0000000000000000"));
    std::fs::create_dir_all(&folder).unwrap();
    for n in 0..2_500 {
        std::fs::write(folder.join(format!("part-{n}")), "x").unwrap();
    }
    let swept = local.sweep(GRACE).await;
    assert_eq!((swept.seen, swept.removed), (2_501, 2_500));
    assert!(foreign.exists());
}

/// Polls in real time for what a file system shows.
async fn wait_for(holds: impl Fn() -> bool) {
    let poll = async {
        while !holds() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), poll)
        .await
        .expect("it holds in time");
}

//! Retention: what is old goes, rows first and bytes after, and what is young stays.

use std::time::Duration;

use bytes::Bytes;
use leyline_core::hub::ListScope;
use leyline_core::{Leyline, ProcessError, Status, TaskContext, TaskId, typed};

use crate::service::{Worker, ended, memory, options};

const RETENTION: Duration = Duration::from_hours(1);

fn keeping_an_hour(seed: u64) -> Leyline {
    let (_store, builder) = memory(seed);
    let mut options = options();
    options.retention = Some(RETENTION);
    let copy = typed(async |cx: TaskContext, (): ()| {
        cx.artifact_bytes("copy", None, "bytes").await?;
        Ok::<_, ProcessError>(())
    });
    builder.options(options).processor("copy", copy).build().unwrap()
}

async fn upload(leyline: &Leyline) -> TaskId {
    let task = leyline.new_task("copy").unwrap();
    let mut upload = leyline.upload(task, "x", None).unwrap();
    upload.write(Bytes::from_static(b"input")).await.unwrap();
    upload.finish().await.unwrap().task.id
}

#[tokio::test(start_paused = true)]
async fn old_tasks_are_pruned_with_their_bytes_and_lists_hear_of_it() {
    let leyline = keeping_an_hour(90);
    let worker = Worker::start(&leyline);
    let old = upload(&leyline).await;
    let task = ended(&leyline, old).await;
    assert_eq!(task.status, Status::Completed);
    tokio::time::sleep(RETENTION.saturating_sub(Duration::from_mins(1))).await;
    assert!(
        leyline.get(old).await.unwrap().is_some(),
        "kept as long as it is said"
    );
    let young = upload(&leyline).await;
    ended(&leyline, young).await;
    let mut lists = leyline.hub().list_changes(ListScope::All);
    lists.mark_seen();
    // Pruning comes round every ten minutes, half as much more or less.
    tokio::time::sleep(Duration::from_mins(17)).await;
    assert!(leyline.get(old).await.unwrap().is_none());
    lists.changed().await;
    let blobs = leyline.blobs().unwrap();
    let input = task.input.unwrap();
    let artifact = &task.output.unwrap().artifacts[0];
    for gone in [&input, artifact] {
        assert!(blobs.read(gone, None).await.unwrap_err().is_not_found());
    }
    let kept = leyline.get(young).await.unwrap().expect("the young one stays");
    assert!(blobs.read(&kept.input.unwrap(), None).await.is_ok());
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn more_than_a_chunk_is_pruned_in_one_round_and_live_tasks_stay_for_ever() {
    let leyline = keeping_an_hour(91);
    let tasks: Vec<_> = (0..1_200).map(|_| leyline.new_task("copy").unwrap()).collect();
    for answer in leyline.submit_many(&tasks).await.unwrap() {
        let id = answer.unwrap().task.id;
        leyline.cancel(id, None).await.unwrap();
    }
    let mut later = leyline.new_task("copy").unwrap();
    later.delay = Duration::from_hours(48);
    let waiting = leyline.submit(later).await.unwrap().task.id;
    tokio::time::sleep(RETENTION).await;
    let worker = Worker::start(&leyline);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let stats = leyline.stats().await.unwrap();
    assert_eq!(stats.kinds.iter().map(|kind| kind.cancelled).sum::<u64>(), 0);
    assert!(leyline.get(waiting).await.unwrap().is_some());
    worker.stop().await;
}

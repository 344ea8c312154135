//! A task for a transaction of the caller's own: what is checked before it, and what is told after it.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use futures_util::FutureExt as _;
use leyline_core::hub::ListScope;
use leyline_core::store::BoxError;
use leyline_core::task::{Kind, MAX_PRIORITY};
use leyline_core::{
    Error, Json, Leyline, MemoryStore, NewTask, Prepared, ProcessError, ProgressSink, Status, TaskContext,
    TaskEvent, TaskStore as _, TaskStoreExt as _, typed,
};
use leyline_testkit::{Fault, Method, When};
use tokio::time::Instant;

use crate::service::{Worker, ended, faulty, get, memory};

fn build(builder: leyline_core::Builder) -> Leyline {
    let digest = typed(async |_: TaskContext, _: Json| Ok::<_, ProcessError>(()));
    builder.processor("digest", digest).build().unwrap()
}

/// Keeps the statuses that it was told of.
#[derive(Default)]
struct Told(Mutex<Vec<(Status, u64)>>);

#[async_trait::async_trait]
impl ProgressSink for Told {
    async fn publish(&self, events: &[TaskEvent]) -> Result<(), BoxError> {
        let told = events.iter().map(|event| (event.status, event.revision));
        self.0.lock().unwrap().extend(told);
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn what_submit_would_refuse_is_not_prepared() {
    let (_store, builder) = memory(60);
    let leyline = build(builder);
    let stranger = NewTask::new(leyline.env().task_id(), Kind::new("stranger").unwrap());
    assert!(matches!(
        leyline.prepare(stranger),
        Err(Error::UnknownKind { .. })
    ));
    let mut high = leyline.new_task("digest").unwrap();
    high.priority = MAX_PRIORITY + 1;
    assert!(matches!(leyline.prepare(high), Err(Error::Invalid(invalid)) if invalid.field == "priority"));

    let upload = |task| leyline.upload(task, "a.txt", None).unwrap();
    let one = upload(leyline.new_task("digest").unwrap())
        .prepare()
        .await
        .unwrap();
    let mut other = leyline.new_task("digest").unwrap();
    other.input.clone_from(&one.task().input);
    assert!(matches!(leyline.prepare(other), Err(Error::Invalid(invalid)) if invalid.field == "input.key"));
}

#[tokio::test(start_paused = true)]
async fn an_upload_can_be_prepared_and_its_bytes_are_there_before_the_row() {
    let (store, builder) = memory(61);
    let leyline = build(builder);
    let mut upload = leyline
        .upload(leyline.new_task("digest").unwrap(), "a.txt", None)
        .unwrap();
    upload.write("bytes".into()).await.unwrap();
    let prepared = upload.prepare().await.unwrap();
    assert!(leyline.get(prepared.id()).await.unwrap().is_none());
    let input = prepared.task().input.clone().expect("an input");
    let mut bytes = leyline.blobs().unwrap().read(&input, None).await.unwrap();
    assert_eq!(bytes.chunk().await.unwrap().unwrap(), "bytes");
    store.insert_one(prepared.task().clone()).await.unwrap();
}

/// Prepares a task and puts it into the store so that nobody is woken: not due yet, and by now due.
async fn inserted_unheard(leyline: &Leyline, store: &MemoryStore) -> Prepared {
    let mut task = leyline.new_task("digest").unwrap();
    task.delay = Duration::from_secs(1);
    let prepared = leyline.prepare(task).unwrap();
    store.insert_one(prepared.task().clone()).await.unwrap();
    tokio::time::sleep(Duration::from_secs(1)).await;
    prepared
}

#[tokio::test(start_paused = true)]
async fn an_announced_task_begins_at_once_and_a_forgotten_one_with_the_poll() {
    let (store, builder) = memory(62);
    let leyline = build(builder);
    let worker = Worker::start(&leyline);
    let announced = inserted_unheard(&leyline, &store).await;
    assert_eq!(get(&leyline, announced.id()).await.status, Status::Pending);
    let began = Instant::now();
    leyline.announce(&announced).await;
    ended(&leyline, announced.id()).await;
    assert_eq!(began.elapsed(), Duration::ZERO);

    let forgotten = inserted_unheard(&leyline, &store).await;
    let began = Instant::now();
    while !get(&leyline, forgotten.id()).await.status.is_terminal() {
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(began.elapsed() > Duration::ZERO);
    assert!(began.elapsed() <= 2 * leyline.options().poll_interval);
    worker.stop().await;
}

#[tokio::test(start_paused = true)]
async fn only_what_the_store_says_is_announced() {
    let (store, builder) = memory(63);
    let told = Arc::new(Told::default());
    let leyline = build(builder.sink(Arc::clone(&told) as Arc<dyn ProgressSink>));
    let mut list = leyline.hub().list_changes(ListScope::All);
    let prepared = leyline.prepare(leyline.new_task("digest").unwrap()).unwrap();
    // Rolled back, or not committed yet.
    leyline.announce(&prepared).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(*told.0.lock().unwrap(), []);
    assert_eq!(list.changed().now_or_never(), None);

    store.insert_one(prepared.task().clone()).await.unwrap();
    // It may have gone on by the time at which it is announced.
    store.cancel(prepared.id(), None).await.unwrap();
    list.mark_seen();
    leyline.announce(&prepared).await;
    assert!(list.changed().now_or_never().is_some());
    tokio::time::sleep(Duration::from_secs(1)).await;
    assert_eq!(*told.0.lock().unwrap(), [(Status::Cancelled, 2)]);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_fails_or_is_silent_holds_up_nobody_who_announces() {
    let (store, builder) = faulty(64);
    let leyline = build(builder);
    let prepared = leyline.prepare(leyline.new_task("digest").unwrap()).unwrap();
    store.insert_one(prepared.task().clone()).await.unwrap();
    store.plan(Method::Get, Fault::Unavailable, When::Next(1));
    leyline.announce(&prepared).await;
    store.clear();
    store.plan(Method::Get, Fault::SilentUndone, When::Next(1));
    let began = Instant::now();
    leyline.announce(&prepared).await;
    assert_eq!(began.elapsed(), leyline.options().poll_interval);
    assert_eq!(store.faults(Method::Get), 2);
}

//! Remote sinks: every change of status, progress at most a few times a second, and no sink holds anything up.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use leyline_core::store::BoxError;
use leyline_core::{ProcessError, ProgressSink, Status, TaskContext, TaskEvent, typed};
use serde_json::json;
use tokio::time::Instant;

use crate::service::{Worker, ended, memory, submit};

#[derive(Default)]
struct Recorder {
    got: Mutex<Vec<(Instant, TaskEvent)>>,
}

#[async_trait]
impl ProgressSink for Recorder {
    async fn publish(&self, events: &[TaskEvent]) -> Result<(), BoxError> {
        let now = Instant::now();
        self.got
            .lock()
            .unwrap()
            .extend(events.iter().map(|event| (now, event.clone())));
        Ok(())
    }
}

/// Refuses everything, or never answers.
struct Broken {
    hangs: bool,
}

#[async_trait]
impl ProgressSink for Broken {
    async fn publish(&self, _: &[TaskEvent]) -> Result<(), BoxError> {
        if self.hangs {
            std::future::pending::<()>().await;
        }
        Err("the broker is away".into())
    }
}

#[tokio::test(start_paused = true)]
async fn a_sink_gets_every_status_and_at_most_four_snapshots_a_second() {
    let (_store, builder) = memory(30);
    let recorder = Arc::new(Recorder::default());
    let leyline = builder
        .sink(Arc::clone(&recorder) as Arc<dyn ProgressSink>)
        .sink(Arc::new(Broken { hangs: true }))
        .sink(Arc::new(Broken { hangs: false }))
        .processor(
            "busy",
            typed(async |cx: TaskContext, (): ()| {
                for n in 0..1_000u32 {
                    cx.progress().units(u64::from(n), 1_000, "steps");
                    tokio::time::sleep(Duration::from_millis(10)).await;
                }
                Ok::<_, ProcessError>(())
            }),
        )
        .build()
        .unwrap();
    let _worker = Worker::start(&leyline);
    let id = submit(&leyline, "busy", json!(null)).await;
    ended(&leyline, id).await;
    tokio::time::sleep(Duration::from_secs(1)).await;
    let got = recorder.got.lock().unwrap();
    let changes: Vec<Status> = got
        .iter()
        .filter(|(_, event)| !event.is_progress())
        .map(|(_, event)| event.status)
        .collect();
    assert_eq!(changes, [Status::Pending, Status::Processing, Status::Completed]);
    let progress = got.iter().filter(|(_, event)| event.is_progress()).count();
    assert!(
        (30..=42).contains(&progress),
        "ten seconds at four a second: {progress}"
    );
    assert!(
        got.windows(2)
            .all(|pair| pair[0].1.version() < pair[1].1.version()),
        "in order"
    );
}

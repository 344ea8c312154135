//! Made to be simulated: one seed decides a whole run of engine and hub.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use leyline_core::{ProcessError, TaskContext, Update, typed};
use serde_json::json;

use crate::service::{Worker, memory, submit};

/// Everything that a watcher of every task and the code itself see, with the paused time at which they saw it.
async fn log_of(seed: u64) -> String {
    let (_store, builder) = memory(seed);
    let start = tokio::time::Instant::now();
    let log = Arc::new(Mutex::new(String::new()));
    let leyline = builder
        .processor(
            "mixed",
            typed(async |cx: TaskContext, steps: u64| {
                for step in 0..steps {
                    cx.progress().units(step, steps, "steps");
                    let pause = 1.0 + 200.0 * cx.env().random_fraction();
                    tokio::time::sleep(Duration::from_secs_f64(pause / 1000.0)).await;
                }
                match cx.env().random_u64() % 4 {
                    0 => Err(ProcessError::retryable("unlucky")),
                    1 if cx.attempt() == 1 => panic!("very unlucky"),
                    _ => Ok(steps),
                }
            }),
        )
        .build()
        .unwrap();
    let workers = [Worker::start(&leyline), Worker::start(&leyline)];
    let mut watchers = Vec::new();
    for n in 0..12u64 {
        let id = submit(&leyline, "mixed", json!(n % 5)).await;
        let (leyline, log) = (leyline.clone(), Arc::clone(&log));
        watchers.push(tokio::spawn(async move {
            let mut watch = leyline.watch(id).await.unwrap();
            while let Some(Update::Event(event)) = watch.next().await {
                let json = String::from_utf8(event.json().to_vec()).unwrap();
                writeln!(log.lock().unwrap(), "{:?} {json}", start.elapsed()).unwrap();
            }
        }));
    }
    for watcher in watchers {
        watcher.await.unwrap();
    }
    for worker in workers {
        worker.stop().await;
    }
    Arc::into_inner(log)
        .map(|log| log.into_inner().unwrap())
        .unwrap_or_default()
}

fn run(seed: u64) -> String {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    runtime.block_on(log_of(seed))
}

#[test]
fn one_seed_gives_one_history_and_another_seed_another() {
    let first = run(7);
    assert!(first.lines().count() > 50, "a run worth comparing: {first}");
    assert_eq!(first, run(7));
    assert_ne!(first, run(8));
}

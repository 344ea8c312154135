//! `progress`: one call from user code, unwatched and watched, beside an atomic store.

use std::hint::black_box;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Instant;

use leyline_core::{CancellationToken, Env, Json, Leyline, MemoryStore, ProcessError, TaskContext, typed};

use crate::Result;
use crate::report::{Samples, figure, line, title};

const CALLS: u64 = 2_000_000;
const ROUNDS: usize = 5;

pub(crate) async fn run() -> Result {
    title("progress", "nanoseconds for one call of progress().units()");
    let (mut atomic, mut unwatched, mut watched) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        atomic.push(an_atomic_store());
        unwatched.push(calls(false).await?);
        watched.push(calls(true).await?);
    }
    let (atomic, unwatched, watched) = (
        Samples::new(atomic),
        Samples::new(unwatched),
        Samples::new(watched),
    );
    line("an atomic store", &atomic, "ns");
    line("unwatched", &unwatched, "ns");
    line("watched", &watched, "ns");
    figure(
        "unwatched / atomic store",
        unwatched.median() / atomic.median(),
        "",
        "(call under 100 ns)",
    );
    Ok(())
}

fn an_atomic_store() -> f64 {
    let cell = AtomicU64::new(0);
    let began = Instant::now();
    for n in 0..CALLS {
        black_box(&cell).store(black_box(n), Ordering::Release);
    }
    nanos_each(began)
}

fn nanos_each(began: Instant) -> f64 {
    began.elapsed().as_nanos() as f64 / CALLS as f64
}

/// The calls are made on a blocking thread, while the engine picks the values up.
async fn calls(watched: bool) -> Result<f64> {
    let taken = Arc::new(Mutex::new(0.0));
    let tells = Arc::clone(&taken);
    let processor = typed(move |cx: TaskContext, (): ()| {
        let tells = Arc::clone(&tells);
        async move {
            cx.blocking(move |cx| {
                let began = Instant::now();
                for n in 0..CALLS {
                    cx.progress().units(black_box(n), CALLS, "calls");
                }
                *tells
                    .lock()
                    .map_err(|_| ProcessError::permanent("lock", "poisoned"))? = nanos_each(began);
                Ok::<_, ProcessError>(())
            })
            .await
        }
    });
    let leyline = Leyline::builder(Arc::new(MemoryStore::new(Env::system())))
        .processor("count", processor)
        .build()?;
    let mut task = leyline.new_task("count")?;
    task.params = Json::null();
    let id = leyline.submit(task).await?.task.id;
    let shutdown = CancellationToken::new();
    let worker = tokio::spawn({
        let (leyline, shutdown) = (leyline.clone(), shutdown.clone());
        async move { leyline.run_worker(shutdown).await }
    });
    if watched {
        let mut watch = leyline.watch(id).await?;
        while watch.next().await.is_some() {}
    } else {
        while leyline
            .get(id)
            .await?
            .is_some_and(|task| !task.status.is_terminal())
        {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
    }
    shutdown.cancel();
    worker.await?;
    let nanos = *taken.lock().map_err(|_| "poisoned")?;
    Ok(nanos)
}

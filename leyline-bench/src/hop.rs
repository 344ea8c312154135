//! `hop`: from a call of `progress()` on one node to the event at a watcher on another, beside a NOTIFY and a LISTEN by hand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use leyline_core::{Leyline, ProcessError, TaskContext, TaskId, Update, typed};
use leyline_store_postgres::sqlx::postgres::PgListener;
use leyline_store_postgres::sqlx::{self};
use tokio::task::JoinSet;

use crate::Result;
use crate::node::Node;
use crate::place::Place;
use crate::postgres::Server;
use crate::report::{Samples, figure, line, title};

const SCHEMA: &str = "bench_hop";
const KIND: &str = "steps";
const TASKS: usize = 8;
const STEPS: u64 = 25;
/// Longer than what a remote sink leaves between two snapshots of a task, which is no part of the hop.
const PAUSE: Duration = Duration::from_millis(300);

/// When each step of each task was told.
type Told = Arc<Mutex<BTreeMap<(TaskId, u64), Instant>>>;

pub(crate) async fn run(place: &Place) -> Result {
    title("hop", "progress() to a watcher on another node");
    let server = place.server()?;
    server.store(SCHEMA).await?;
    let (mut by_hand, mut halves, mut worst) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..place.rounds {
        by_hand.push(notify(&server).await?);
        let delays = Samples::new(hops(&server).await?);
        halves.push(delays.median());
        worst.push(delays.quantile(0.99));
    }
    let (by_hand, halves) = (Samples::new(by_hand), Samples::new(halves));
    line("NOTIFY by hand, p50", &by_hand, "ms");
    line("leyline, p50", &halves, "ms");
    line("leyline, p99", &Samples::new(worst), "ms");
    figure("leyline p50", halves.median(), "ms", "under 30");
    Ok(())
}

/// Milliseconds of each hop.
async fn hops(server: &Server) -> Result<Vec<f64>> {
    let told = Told::default();
    let tells = Arc::clone(&told);
    let processor = typed(move |cx: TaskContext, (): ()| steps(cx, Arc::clone(&tells)));
    let mut here = Node::start(server, SCHEMA, |builder| {
        let mut options = leyline_core::Options::default();
        options.concurrency = TASKS;
        builder.options(options).processor(KIND, processor)
    })
    .await?;
    let there = Node::start(server, SCHEMA, |builder| builder).await?;
    let mut watchers = JoinSet::new();
    for _ in 0..TASKS {
        let mut task = here.leyline.new_task(KIND)?;
        task.params = leyline_core::Json::null();
        let id = here.leyline.submit(task).await?.task.id;
        watchers.spawn(watch(there.leyline.clone(), id, Arc::clone(&told)));
    }
    here.run_worker();
    let mut delays = Vec::new();
    while let Some(seen) = watchers.join_next().await {
        delays.extend(seen??);
    }
    here.end().await?;
    there.end().await?;
    Ok(delays)
}

async fn steps(cx: TaskContext, told: Told) -> std::result::Result<(), ProcessError> {
    // Tasks do not go in step.
    let phase = u32::from(cx.id().as_bytes()[15]);
    tokio::time::sleep(PAUSE * phase / 256).await;
    for step in 1..=STEPS {
        told.lock()
            .unwrap_or_else(PoisonError::into_inner)
            .insert((cx.id(), step), Instant::now());
        cx.progress().units(step, STEPS, "steps");
        tokio::time::sleep(PAUSE).await;
    }
    Ok(())
}

async fn watch(leyline: Leyline, id: TaskId, told: Told) -> Result<Vec<f64>> {
    let mut watch = leyline.watch(id).await?;
    let mut delays = Vec::new();
    while let Some(Update::Event(event)) = watch.next().await {
        let now = Instant::now();
        let step = event.progress.done.unwrap_or_default();
        // Each step counts once: the end tells the last one again.
        let told = told
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .remove(&(id, step));
        delays.extend(told.map(|told| (now - told).as_secs_f64() * 1_000.0));
    }
    Ok(delays)
}

/// Milliseconds from a NOTIFY to its arrival, at the median.
async fn notify(server: &Server) -> Result<f64> {
    let mut listener = PgListener::connect(server.url()).await?;
    listener.listen("bench_hop").await?;
    let mut connection = server.connect().await?;
    let mut delays = Vec::new();
    for _ in 0..200 {
        let began = Instant::now();
        sqlx::query("SELECT pg_notify('bench_hop', $1)")
            .bind("{\"done\":1,\"total\":25,\"unit\":\"steps\"}")
            .execute(&mut connection)
            .await?;
        listener.recv().await?;
        delays.push(began.elapsed().as_secs_f64() * 1_000.0);
    }
    Ok(Samples::new(delays).median())
}

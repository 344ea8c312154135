//! `drain`: tasks that do next to nothing through the real worker, outputs stored, beside the same claims and finishes by hand on
//! two connections.

use std::time::Instant;

use leyline_core::Leyline;
use leyline_store_postgres::PostgresStore;

use crate::Result;
use crate::callers::Callers;
use crate::place::Place;
use crate::postgres::{Indexes, Job, Raw, Server};
use crate::report::{Trio, title};
use crate::tasks::{Countdown, KIND, output, service, tasks};

const SCHEMA: &str = "bench_drain";
/// Tasks in one call when they are put in, which is not measured.
const BATCH: usize = 1_000;

pub(crate) async fn run(place: &Place, count: usize, concurrencies: &[usize]) -> Result {
    title(
        "drain",
        &format!("{count} tasks: claim, run, finish with an output"),
    );
    let server = place.server()?;
    let store = server.store(SCHEMA).await?;
    for &concurrency in concurrencies {
        let mut trio = Trio::default();
        for _ in 0..place.rounds {
            for (indexes, rates) in [(Indexes::Same, &mut trio.equal), (Indexes::Few, &mut trio.bare)] {
                rates.push(raw(&server, indexes, &store, (count, concurrency)).await?);
            }
            server
                .execute(&format!("TRUNCATE {SCHEMA}.task, {SCHEMA}.detail"))
                .await?;
            trio.leyline
                .push(drain(&server, &store, SCHEMA, count, concurrency).await?);
        }
        trio.print(&format!("concurrency {concurrency}"), "tasks/s", ">= 0.6");
    }
    Ok(())
}

/// Puts tasks in, and says how many a second the worker brings to their end; its start and its leave are counted in.
pub(crate) async fn drain(
    server: &Server,
    store: &PostgresStore,
    schema: &str,
    count: usize,
    concurrency: usize,
) -> Result<f64> {
    let (countdown, done) = Countdown::new(count);
    let leyline = service(store.clone(), concurrency, countdown)?;
    let before = left(&leyline).await?;
    for batch in tasks(&leyline, count, false)?.chunks(BATCH) {
        leyline.submit_many(batch).await?;
    }
    settled(server, &format!("{schema}.task")).await?;
    let began = Instant::now();
    leyline.run_worker(done).await;
    let seconds = began.elapsed().as_secs_f64();
    let remain = left(&leyline).await?;
    if remain == before {
        Ok(count as f64 / seconds)
    } else {
        Err(format!("{remain} tasks remain where {before} were before").into())
    }
}

/// Tasks of the kind that are not done.
async fn left(leyline: &Leyline) -> Result<u64> {
    let stats = leyline.stats().await?;
    let of_kind = stats.kinds.iter().filter(|stats| stats.kind.as_str() == KIND);
    Ok(of_kind.map(|stats| stats.pending + stats.processing).sum())
}

/// What autovacuum does before long in any case, and never in the middle of a measurement.
async fn settled(server: &Server, table: &str) -> Result {
    server
        .execute(&format!("VACUUM ANALYZE {table}; CHECKPOINT"))
        .await
}

/// So many jobs, claimed and finished in batches.
async fn raw(
    server: &Server,
    indexes: Indexes,
    store: &PostgresStore,
    (count, batch): (usize, usize),
) -> Result<f64> {
    Raw::create(server, indexes).await?;
    let names = service(store.clone(), 1, Countdown::new(0).0)?;
    let mut raws = [Raw::connect(server).await?, Raw::connect(server).await?];
    for batch in tasks(&names, count, false)?.chunks(BATCH) {
        raws[0].insert(batch).await?;
    }
    settled(server, "bench_raw.job").await?;
    let mut callers = Callers::begin();
    for raw in raws {
        callers.add(by_hand(raw, batch));
    }
    callers.rate(count).await
}

/// Claims, runs and finishes until nothing is left.
async fn by_hand(mut raw: Raw, batch: usize) -> Result<usize> {
    let mut finished = 0;
    loop {
        let jobs = raw.claim(KIND, batch).await?;
        if jobs.is_empty() {
            return Ok(finished);
        }
        let end = |job: Job| Ok((serde_json::to_string(&output(&job.params)?)?, job));
        let ends = jobs.into_iter().map(end).collect::<Result<Vec<_>>>()?;
        finished += raw.finish(&ends).await?;
    }
}

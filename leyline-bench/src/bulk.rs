//! `bulk`: tasks accepted in batches from two callers, beside an `INSERT ... SELECT FROM unnest` by hand on two connections.

use leyline_core::{Leyline, NewTask};

use crate::Result;
use crate::callers::Callers;
use crate::place::Place;
use crate::postgres::{Indexes, Raw, Server};
use crate::report::{Trio, title};
use crate::tasks::{Countdown, service, tasks};

const SCHEMA: &str = "bench_bulk";
const CALLERS: usize = 2;

pub(crate) async fn run(place: &Place, count: usize) -> Result {
    title(
        "bulk",
        &format!("{count} tasks submitted in batches by {CALLERS} callers"),
    );
    let server = place.server()?;
    let leyline = service(server.store(SCHEMA).await?, 1, Countdown::new(0).0)?;
    for (batch, keys) in [(1_000, false), (1_000, true), (100, false), (100, true)] {
        let mut trio = Trio::default();
        for _ in 0..place.rounds {
            for (indexes, rates) in [(Indexes::Same, &mut trio.equal), (Indexes::Few, &mut trio.bare)] {
                rates.push(raw(&server, indexes, tasks(&leyline, count, keys)?, batch).await?);
            }
            trio.leyline
                .push(submit(&server, &leyline, tasks(&leyline, count, keys)?, batch).await?);
        }
        let with = if keys { "with keys" } else { "without keys" };
        trio.print(&format!("batches of {batch}, {with}"), "tasks/s", ">= 0.7");
    }
    Ok(())
}

/// Tasks per second.
async fn submit(server: &Server, leyline: &Leyline, tasks: Vec<NewTask>, batch: usize) -> Result<f64> {
    server
        .execute(&format!("TRUNCATE {SCHEMA}.task, {SCHEMA}.detail; CHECKPOINT"))
        .await?;
    let count = tasks.len();
    let mut callers = Callers::begin();
    for share in shares(tasks) {
        let leyline = leyline.clone();
        callers.add(async move {
            let mut fresh = 0;
            for batch in share.chunks(batch) {
                let answers = leyline.submit_many(batch).await?;
                fresh += answers
                    .iter()
                    .filter(|answer| answer.as_ref().is_ok_and(|new| !new.existed))
                    .count();
            }
            Ok(fresh)
        });
    }
    callers.rate(count).await
}

async fn raw(server: &Server, indexes: Indexes, tasks: Vec<NewTask>, batch: usize) -> Result<f64> {
    Raw::create(server, indexes).await?;
    server.execute("CHECKPOINT").await?;
    let count = tasks.len();
    let mut connections = Vec::new();
    for _ in 0..CALLERS {
        connections.push(Raw::connect(server).await?);
    }
    let mut callers = Callers::begin();
    for (share, mut raw) in shares(tasks).into_iter().zip(connections) {
        callers.add(async move {
            let mut fresh = 0;
            for batch in share.chunks(batch) {
                fresh += raw.insert(batch).await?;
            }
            Ok(fresh)
        });
    }
    callers.rate(count).await
}

fn shares(mut tasks: Vec<NewTask>) -> [Vec<NewTask>; CALLERS] {
    let second = tasks.split_off(tasks.len() / 2);
    [tasks, second]
}

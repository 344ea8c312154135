//! `history`: a drain beside one over the same store when it is empty, with as many finished tasks, pending tasks of a kind that the
//! worker does not serve, or delayed ones of its own.

use crate::Result;
use crate::drain::drain;
use crate::place::Place;
use crate::postgres::{Past, Server};
use crate::report::{Samples, line, ratio, title};

const CONCURRENCY: usize = 100;

pub(crate) async fn run(place: &Place, count: usize, rows: usize) -> Result {
    title(
        "history",
        &format!("{count} tasks drained at concurrency {CONCURRENCY} beside {rows} others"),
    );
    let server = place.server()?;
    let pasts = [Past::None, Past::Finished, Past::Foreign, Past::Delayed];
    let mut samples = pasts.map(|_| Vec::new());
    for past in pasts {
        past.prepare(&server, rows).await?;
    }
    for _ in 0..place.rounds {
        for (past, samples) in pasts.iter().zip(&mut samples) {
            samples.push(beside(&server, *past, count).await?);
        }
    }
    let empty = samples[0].clone();
    for (past, samples) in pasts.iter().zip(samples) {
        line(past.name(), &Samples::new(samples.clone()), "tasks/s");
        if !matches!(past, Past::None) {
            ratio(past.name(), &samples, &empty, ">= 0.9");
        }
    }
    Ok(())
}

async fn beside(server: &Server, past: Past, count: usize) -> Result<f64> {
    if matches!(past, Past::None) {
        past.prepare(server, 0).await?;
    }
    let store = server
        .store_over(past.schema(), crate::postgres::CONNECTIONS)
        .await?;
    drain(server, &store, past.schema(), count, CONCURRENCY).await
}

//! `uploads`: 64 at once, each of 10 KiB, durable file and durable row, beside the same by hand.

mod by_hand;
mod http;
mod library;

use std::time::Duration;

use crate::Result;
use crate::report::{Samples, figure, line, title};

/// Clients, or threads, at once.
const AT_ONCE: usize = 64;
/// Uploads of each in one round.
const EACH: usize = 25;
const ROUNDS: usize = 5;

/// What is uploaded.
fn content() -> Vec<u8> {
    (0..10 * 1024u32).map(|n| (n % 251) as u8).collect()
}

pub(crate) async fn run() -> Result {
    title(
        "uploads",
        "10 KiB each, 64 at once, full durability; uploads a second",
    );
    let (mut by_hand, mut library, mut http) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        by_hand.push(rate(tokio::task::spawn_blocking(by_hand::round)).await?);
        library.push(rate(tokio::spawn(library::round())).await?);
        http.push(rate(tokio::spawn(http::round())).await?);
    }
    let (by_hand, library, http) = (Samples::new(by_hand), Samples::new(library), Samples::new(http));
    line("64 threads by hand, grouped commit", &by_hand, "/s");
    line("Leyline::upload, 64 tasks", &library, "/s");
    line("POST /api/upload, 64 clients", &http, "/s");
    figure("library / by hand", library.median() / by_hand.median(), "", "-");
    figure(
        "http / by hand",
        http.median() / by_hand.median(),
        "",
        "at least 0.7",
    );
    Ok(())
}

/// A round says how long it took without its set-up.
async fn rate(round: tokio::task::JoinHandle<Result<Duration>>) -> Result<f64> {
    Ok((AT_ONCE * EACH) as f64 / round.await??.as_secs_f64())
}

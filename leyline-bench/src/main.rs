//! `cargo run --release -p leyline-bench -- <workload>`: LeyLine beside a raw limit that is measured in the same run.
//!
//! Absolute numbers mean little on a shared machine; the ratios are what to read. Workloads that need the example server
//! start the binary `leyline-server` that lies beside this one: `cargo build --release -p leyline-server` makes it.

mod bulk;
mod callers;
mod drain;
mod fleet;
mod history;
mod hop;
mod hot;
mod idle;
mod large;
mod node;
mod place;
mod postgres;
mod progress;
mod report;
mod server;
mod sockets;
mod tasks;
mod uploads;

use std::error::Error;

use clap::{Parser, Subcommand};

use crate::place::Place;

type Result<T = (), E = Box<dyn Error + Send + Sync>> = std::result::Result<T, E>;

#[derive(Parser)]
#[command(about = "Measures LeyLine against the raw limit of the same machine")]
struct Arguments {
    #[command(subcommand)]
    workload: Workload,
}

#[derive(Subcommand)]
enum Workload {
    /// What one progress() call costs, beside an atomic store.
    Progress,
    /// 64 concurrent uploads of 10 KiB, beside 64 threads that do the same by hand.
    Uploads,
    /// What a WebSocket watcher costs in resident memory, beside a bare axum server.
    Sockets {
        /// How many sockets.
        #[arg(long, default_value_t = 2_000)]
        count: usize,
    },
    /// What one large upload adds to the server's peak memory.
    Large {
        /// How large, in MiB.
        #[arg(long, default_value_t = 4_096)]
        mib: u64,
    },
    /// What an idle server costs.
    Idle {
        /// For how long it is watched, in seconds.
        #[arg(long, default_value_t = 30)]
        seconds: u64,
    },
    /// Tasks accepted in batches, beside an INSERT by hand.
    Bulk {
        #[command(flatten)]
        place: Place,
        /// How many tasks in each measurement.
        #[arg(long, default_value_t = 20_000)]
        tasks: usize,
    },
    /// Tasks through the worker, beside claims and finishes by hand.
    Drain {
        #[command(flatten)]
        place: Place,
        /// How many tasks in each measurement.
        #[arg(long, default_value_t = 50_000)]
        tasks: usize,
        /// Tasks at once in the worker, and in one statement by hand.
        #[arg(long, value_delimiter = ',', default_values_t = [10, 100, 500])]
        concurrency: Vec<usize>,
    },
    /// A drain beside as many other tasks as have gathered in a long time.
    History {
        #[command(flatten)]
        place: Place,
        /// How many tasks in each measurement.
        #[arg(long, default_value_t = 50_000)]
        tasks: usize,
        /// How many others.
        #[arg(long, default_value_t = 1_000_000)]
        rows: usize,
    },
    /// How long progress takes to a watcher on another node.
    Hop {
        #[command(flatten)]
        place: Place,
    },
    /// What six nodes with nothing to do ask of the server.
    IdleFleet {
        #[command(flatten)]
        place: Place,
        /// For how long they are watched, in seconds.
        #[arg(long, default_value_t = 30)]
        seconds: u64,
    },
    /// Whether beats stay on their page.
    Hot {
        #[command(flatten)]
        place: Place,
        /// For how long tasks tell progress, in seconds.
        #[arg(long, default_value_t = 20)]
        seconds: u64,
    },
    /// What needs no PostgreSQL, one after the other.
    All,
    /// The bare axum server of `sockets`.
    #[command(hide = true)]
    BareSockets,
}

#[tokio::main]
async fn main() -> Result {
    match Arguments::parse().workload {
        Workload::Progress => progress::run().await,
        Workload::Uploads => uploads::run().await,
        Workload::Sockets { count } => sockets::run(count).await,
        Workload::Large { mib } => large::run(mib).await,
        Workload::Idle { seconds } => idle::run(seconds).await,
        Workload::Bulk { place, tasks } => bulk::run(&place, tasks).await,
        Workload::Drain {
            place,
            tasks,
            concurrency,
        } => drain::run(&place, tasks, &concurrency).await,
        Workload::History { place, tasks, rows } => history::run(&place, tasks, rows).await,
        Workload::Hop { place } => hop::run(&place).await,
        Workload::IdleFleet { place, seconds } => fleet::run(&place, seconds).await,
        Workload::Hot { place, seconds } => hot::run(&place, seconds).await,
        Workload::BareSockets => sockets::bare().await,
        Workload::All => {
            progress::run().await?;
            uploads::run().await?;
            sockets::run(2_000).await?;
            large::run(4_096).await?;
            idle::run(30).await?;
            let place = Place::default();
            bulk::run(&place, 20_000).await?;
            drain::run(&place, 50_000, &[10, 100, 500]).await?;
            history::run(&place, 50_000, 1_000_000).await?;
            hop::run(&place).await?;
            fleet::run(&place, 30).await?;
            hot::run(&place, 20).await
        }
    }
}

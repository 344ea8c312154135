//! kill -9 at random moments under load, again and again, and then a look at everything there is.
//!
//! `LEYLINE_CRASH_KILLS` (default 5) says how often, `LEYLINE_CRASH_SEED` when.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use leyline_core::Env;
use leyline_core::env::SystemClock;
use leyline_store_sqlite::{SqliteOptions, SqliteStore};
use tokio::sync::watch;

use crate::load::{Lines, Load, Places};
use crate::say::{say, variable};
use crate::server::{Server, program};
use crate::verdict;

/// How long a killed server has worked at least: until its first accepted connections.
const SHORTEST_LIFE: Duration = Duration::from_millis(50);
/// And so much longer at most.
const SPREAD: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn every_accepted_task_ends_once_however_often_the_server_is_killed() {
    let kills: u32 = variable("LEYLINE_CRASH_KILLS").unwrap_or(5);
    let seed: u64 = variable("LEYLINE_CRASH_SEED").unwrap_or_else(|| Env::system().random_u64());
    say!("crash loop: {kills} kills, LEYLINE_CRASH_SEED={seed}");
    let env = Env::seeded(SystemClock, seed);
    let folder = tempfile::tempdir().unwrap();
    let began = Instant::now();
    let (address, addresses) = watch::channel(Vec::new());
    let places = Places {
        apis: addresses.clone(),
        gateways: addresses,
    };
    let mut load = Load::begin(&places, Lines::Breaking);
    for kill in 1..=kills {
        let server = start(folder.path(), &address).await;
        let life = SPREAD.mul_f64(env.random_fraction());
        tokio::time::sleep(SHORTEST_LIFE + life).await;
        address.send_replace(Vec::new());
        server.kill().await;
        load.check();
        if kill % 10 == 0 {
            say!(
                "crash loop: {kill} kills, {} tasks, {:?}",
                load.accepted(),
                began.elapsed()
            );
        }
    }
    let server = start(folder.path(), &address).await;
    let accepted = load.settle().await;
    assert_eq!(server.terminate().await.code(), Some(0));
    let options = SqliteOptions::file(folder.path().join("data/leyline.db"));
    let store = Arc::new(SqliteStore::open(options).await.unwrap());
    let found = verdict::judge(store, &folder.path().join("data/blobs"), &accepted, &[]).await;
    say!(
        "crash loop: survived {kills} kills in {:?}: {} tasks completed once each, {} rescues, {} orphan blobs swept",
        began.elapsed(),
        accepted.len(),
        found.rescues(),
        found.swept,
    );
}

async fn start(folder: &std::path::Path, address: &watch::Sender<Vec<SocketAddr>>) -> Server {
    let mut program = program(folder);
    program.args([
        "--max-rescues",
        "1000000",
        "--concurrency",
        "8",
        "--log",
        "warn,leyline_server=info",
    ]);
    let server = Server::run(program).await;
    address.send_replace(vec![server.address]);
    server
}

//! Watchers by way of the proxy, `LEYLINE_FLEET_WATCHERS` (default 300), and what becomes of them when a gateway dies.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use leyline_core::Env;
use serde_json::{Value, json};
use test_servers::Nginx;
use tokio::task::{JoinSet, block_in_place};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::Fleet;
use super::files::allow_files;
use super::page::Pages;
use super::restored::cancel;
use crate::client::{self, PATIENCE, Socket};
use crate::say::{say, variable};

/// Tasks that are watched; two run, and the others wait for them.
const TASKS: usize = 20;
/// Files of a process beside the sockets of watchers.
const OTHER_FILES: usize = 500;

/// What the watchers have counted.
#[derive(Default)]
struct Counts {
    /// Sockets that were opened and told something.
    opened: AtomicUsize,
    /// Sockets that ended before their tasks.
    lost: AtomicUsize,
    /// Handshakes that failed.
    refused: AtomicUsize,
}

impl Counts {
    fn opened(&self) -> usize {
        self.opened.load(Ordering::Relaxed)
    }

    fn lost(&self) -> usize {
        self.lost.load(Ordering::Relaxed)
    }

    /// Waits until so many sockets are open, of which at least `lost` were lost before.
    async fn open_when(&self, sockets: usize, lost: usize) {
        let began = Instant::now();
        while self.lost() < lost || self.opened() != sockets + self.lost() {
            let (opened, lost) = (self.opened(), self.lost());
            assert!(began.elapsed() < PATIENCE, "{opened} opened, {lost} lost");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_thousand_watchers_survive_the_death_of_a_gateway() {
    let count: usize = variable("LEYLINE_FLEET_WATCHERS").unwrap_or(300);
    allow_files(count + OTHER_FILES);
    let Some(fleet) = Fleet::open().await else { return };
    let mut api = fleet.start("api", &[]).await;
    let mut gateways = [
        fleet.start("gateway", &[]).await,
        fleet.start("gateway", &[]).await,
    ];
    let mut worker = fleet.start("worker", &["--concurrency", "2"]).await;
    let addresses = [gateways[0].address, gateways[1].address];
    let configuration = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/nginx.conf");
    let servers: [(&str, &[SocketAddr]); 2] = [("api:3000", &[api.address]), ("gateway:3000", &addresses)];
    let Some(proxy) = block_in_place(|| Nginx::start(&configuration, &servers)) else {
        return;
    };
    let mut tasks = Vec::new();
    for _ in 0..TASKS {
        let task = json!({ "kind": "simulate", "params": { "seconds": 3600, "steps": 720 } });
        let id = client::submit(proxy.address(), &task).await["id"]
            .as_str()
            .unwrap()
            .to_owned();
        tasks.push(id);
    }
    let pages = Pages::open(proxy.address(), TASKS).await;
    let counts = Arc::<Counts>::default();
    let mut watchers = JoinSet::new();
    for nth in 0..count {
        let id = tasks[nth % TASKS].clone();
        watchers.spawn(watch(proxy.address(), id, Arc::clone(&counts)));
    }
    counts.open_when(count, 0).await;

    let killed = Instant::now();
    gateways[0].kill().await;
    // The proxy gives each socket to the gateway with the fewest.
    counts.open_when(count, count / 3).await;
    let back = killed.elapsed();
    let reopened = pages.back().await;

    for id in &tasks {
        cancel(proxy.address(), id).await;
    }
    for last in watchers.join_all().await {
        assert_eq!(last["status"], "cancelled", "{last}");
    }
    pages.all_ended().await;
    for node in [&mut api, &mut gateways[1], &mut worker] {
        node.check_running();
        assert_eq!(node.terminate().await.code(), Some(0));
    }
    say!(
        "watchers: {count}, of which {} lost their socket with a gateway and had another one by themselves within {back:?} \
         ({} handshakes failed on the way), and of {} clients of the page {reopened}; all saw the end of {TASKS} tasks",
        counts.lost(),
        counts.refused.load(Ordering::Relaxed),
        pages.count(),
    );
}

/// Watches a task to its end over however many sockets that takes, with pauses as the page makes them.
async fn watch(proxy: SocketAddr, id: String, counts: Arc<Counts>) -> Value {
    let env = Env::system();
    let mut failures = 0;
    loop {
        if let Some(last) = watch_once(proxy, &id, &counts, &mut failures).await {
            return last;
        }
        let full = Duration::from_millis(300).saturating_mul(1 << failures.min(10));
        let full = full.min(Duration::from_secs(5));
        failures += 1;
        tokio::time::sleep(full.mul_f64(0.25 + 0.75 * env.random_fraction())).await;
    }
}

/// The terminal snapshot, unless the socket ends before.
async fn watch_once(proxy: SocketAddr, id: &str, counts: &Counts, failures: &mut u32) -> Option<Value> {
    let Ok(mut socket) = Socket::open(proxy, id).await else {
        counts.refused.fetch_add(1, Ordering::Relaxed);
        return None;
    };
    let mut last = None;
    loop {
        match socket.next().await {
            Ok(Ok(snapshot)) => {
                if last.replace(snapshot).is_none() {
                    *failures = 0;
                    counts.opened.fetch_add(1, Ordering::Relaxed);
                }
            }
            Ok(Err(CloseCode::Normal)) => return last,
            _ => {
                let count = if last.is_some() {
                    &counts.lost
                } else {
                    &counts.refused
                };
                count.fetch_add(1, Ordering::Relaxed);
                return None;
            }
        }
    }
}

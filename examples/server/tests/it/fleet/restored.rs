//! The database goes back to an older backup while every process runs on.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::task::{JoinHandle, block_in_place};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use super::{Fleet, Node};
use crate::client::{self, PATIENCE, Socket, get, request, send};
use crate::load::{Lines, Load, Places};
use crate::say::say;

const TTL: [&str; 2] = ["--lease-ttl", "3s"];
/// How long clients go on after the restore.
const AFTERWARDS: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_older_backup_under_running_processes() {
    let Some(fleet) = Fleet::open().await else { return };
    let one_slot = [&TTL[..], &["--concurrency", "1"]].concat();
    let mut api = fleet.start("api", &TTL).await;
    let mut gateway = fleet.start("gateway", &TTL).await;
    let (at, door) = (api.address, gateway.address);

    // The backup knows of two workers: one that goes on, and one that will be dead. Each runs a task; two more wait.
    let mut goes_on = fleet.start("worker", &one_slot).await;
    let failing = submit(at, json!({ "seconds": 3000, "steps": 10_000, "fail_at": 3 })).await;
    processing(at, &failing).await;
    let mut dies = fleet.start("worker", &one_slot).await;
    let orphan = submit(at, hour()).await;
    processing(at, &orphan).await;
    let short = submit(at, json!({ "seconds": 0.2, "steps": 2 })).await;
    let waiting = submit(at, hour()).await;
    let backup = block_in_place(|| fleet.postgres.backup());

    // Everything goes on, and most of it will be forgotten.
    dies.kill().await;
    let mut newcomer = fleet
        .start("worker", &[&TTL[..], &["--concurrency", "8"]].concat())
        .await;
    client::task_when(at, &failing, |task| {
        task["attempt"] == 2 && task["status"] == "processing"
    })
    .await;
    client::task_when(at, &short, client::is_terminal).await;
    processing(at, &waiting).await;
    let forgotten = submit(at, hour()).await;
    let watched = [&failing, &orphan, &waiting];
    let mut watchers = Vec::new();
    for id in watched {
        watchers.push(Watcher::begin(door, id).await);
    }
    let lost = Watcher::begin(door, &forgotten).await;

    let began = Instant::now();
    block_in_place(|| fleet.postgres.restore(&backup));
    let away = began.elapsed();

    // What the backup does not know is gone, and its watcher is told so; what it knows goes on from there.
    let told = lost.end().await;
    assert_eq!(told.last(), Some(&json!({ "gone": forgotten })));
    assert_eq!(
        get(at, &format!("/api/tasks/{forgotten}")).await.status(),
        StatusCode::NOT_FOUND
    );
    for watcher in &watchers {
        watcher.catches_up(at).await;
    }
    let rescued = client::task_when(at, &orphan, |task| {
        task["rescues"] == 1 && task["status"] == "processing"
    });
    assert_eq!(rescued.await["attempt"], 1);
    let again = Watcher::begin(door, &short).await.end().await;
    assert_eq!(again.last().unwrap()["status"], "completed");
    let caught_up = began.elapsed();

    let mut load = Load::begin(&Places::fixed(&[at], &[door]), Lines::Steady).pressing();
    tokio::time::sleep(AFTERWARDS).await;
    load.check();
    let accepted = load.settle().await;
    for watcher in watchers {
        cancel(at, &watcher.id).await;
        let told = watcher.end().await;
        assert_eq!(told.last().unwrap()["status"], "cancelled", "{told:?}");
    }
    for node in [&mut api, &mut gateway, &mut goes_on, &mut newcomer] {
        Node::check_running(node);
        assert_eq!(get(node.address, "/readyz").await.status(), StatusCode::OK);
        assert_eq!(node.terminate().await.code(), Some(0));
    }
    fleet
        .judge(&accepted, &[&failing, &orphan, &waiting, &short])
        .await;
    say!(
        "restore: away for {away:?}, all caught up after {caught_up:?}: 3 watchers told what the store says, 1 told that its \
         task is gone, {} tasks completed once each afterwards",
        accepted.len()
    );
}

/// Params of a task that is still running when it is cancelled.
fn hour() -> Value {
    json!({ "seconds": 3600, "steps": 10_000 })
}

async fn submit(api: SocketAddr, params: Value) -> String {
    let task = client::submit(api, &json!({ "kind": "simulate", "params": params })).await;
    task["id"].as_str().unwrap().to_owned()
}

async fn processing(api: SocketAddr, id: &str) {
    client::task_when(api, id, |task| task["status"] == "processing").await;
}

pub(super) async fn cancel(api: SocketAddr, id: &str) {
    let cancel = request(Method::POST, &format!("/api/tasks/{id}/cancel"), &[], b"");
    let answer = send(api, cancel).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{answer:?}");
}

/// One socket, and everything that it was told.
struct Watcher {
    id: String,
    told: Arc<Mutex<Vec<Value>>>,
    watching: JoinHandle<()>,
}

impl Watcher {
    async fn begin(gateway: SocketAddr, id: &str) -> Self {
        let mut socket = Socket::open(gateway, id).await.unwrap();
        let told = Arc::new(Mutex::new(Vec::new()));
        let hears = Arc::clone(&told);
        let watching = tokio::spawn(async move {
            loop {
                match socket.next().await.expect("the socket stays") {
                    Ok(frame) => hears.lock().unwrap().push(frame),
                    Err(code) => return assert_eq!(code, CloseCode::Normal),
                }
            }
        });
        Self {
            id: id.to_owned(),
            told,
            watching,
        }
    }

    /// Waits until the last that was told is what the store says.
    async fn catches_up(&self, api: SocketAddr) {
        let began = Instant::now();
        loop {
            let said = client::json(&get(api, &format!("/api/tasks/{}", self.id)).await);
            let last = self.told.lock().unwrap().last().cloned().unwrap_or_default();
            let same = |name| said[name] == last[name];
            if ["revision", "status", "attempt", "rescues"].into_iter().all(same) {
                return;
            }
            assert!(
                began.elapsed() < PATIENCE,
                "the store says {said}, the watcher was told {last}"
            );
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    }

    /// Everything that was told, up to the close.
    async fn end(self) -> Vec<Value> {
        self.watching.await.unwrap();
        Arc::into_inner(self.told).unwrap().into_inner().unwrap()
    }
}

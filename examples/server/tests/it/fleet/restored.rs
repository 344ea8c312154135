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
use crate::load::{Accepted, Lines, Load, Places};
use crate::say::say;

const TTL: [&str; 2] = ["--lease-ttl", "3s"];
/// How long clients go on after the restore.
const AFTERWARDS: Duration = Duration::from_secs(2);

#[tokio::test(flavor = "multi_thread")]
async fn a_restored_older_backup_under_running_processes() {
    let Some(fleet) = Fleet::open().await else { return };
    let mut scene = Scene::before(&fleet).await;
    let backup = block_in_place(|| fleet.postgres.backup());
    let forgotten = scene.after(&fleet).await;
    let (at, door) = (scene.api.address, scene.gateway.address);
    let mut watchers = Vec::new();
    for id in [&scene.failing, &scene.orphan, &scene.waiting] {
        watchers.push(Watcher::begin(door, id).await);
    }
    let lost = Watcher::begin(door, &forgotten).await;

    let began = Instant::now();
    block_in_place(|| fleet.postgres.restore(&backup));
    let away = began.elapsed();
    let told = lost.end().await;
    assert_eq!(told.last(), Some(&json!({ "gone": forgotten })));
    // A connection of before the restore may still have to be found dead.
    let answer = loop {
        let answer = get(at, &format!("/api/tasks/{forgotten}")).await;
        if answer.status() != StatusCode::SERVICE_UNAVAILABLE {
            break answer;
        }
        assert!(began.elapsed() < PATIENCE, "it stays away");
    };
    assert_eq!(answer.status(), StatusCode::NOT_FOUND);
    for watcher in &watchers {
        watcher.catches_up(at).await;
    }
    scene.goes_on_from_the_backup().await;
    let caught_up = began.elapsed();

    let accepted = work(at, door).await;
    for watcher in watchers {
        cancel(at, &watcher.id).await;
        let told = watcher.end().await;
        assert_eq!(told.last().unwrap()["status"], "cancelled", "{told:?}");
    }
    let known = scene.end().await;
    let known: Vec<&str> = known.iter().map(String::as_str).collect();
    fleet.judge(&accepted, &known).await;
    say!(
        "restore: away for {away:?}, all caught up after {caught_up:?}: 3 watchers told what the store says, 1 told that its \
         task is gone, {} tasks completed once each afterwards",
        accepted.len()
    );
}

/// Clients who come afterwards find a service that works.
async fn work(api: SocketAddr, gateway: SocketAddr) -> Vec<Accepted> {
    let places = Places::fixed(&[api], &[gateway]);
    let mut load = Load::begin(&places, Lines::Steady).pressing();
    tokio::time::sleep(AFTERWARDS).await;
    load.check();
    load.settle().await
}

/// The processes, and the tasks that the backup knows of.
struct Scene {
    api: Node,
    gateway: Node,
    workers: Vec<Node>,
    /// Runs at the backup, fails after it, and runs once more at the restore.
    failing: String,
    /// Runs at the backup, in a worker that is dead at the restore.
    orphan: String,
    /// Pending at the backup, ended before the restore.
    short: String,
    /// Pending at the backup, running at the restore.
    waiting: String,
}

impl Scene {
    /// Two workers with one slot each have a task; two more wait.
    async fn before(fleet: &Fleet) -> Self {
        let api = fleet.start("api", &TTL).await;
        let gateway = fleet.start("gateway", &TTL).await;
        let (at, one_slot) = (api.address, [&TTL[..], &["--concurrency", "1"]].concat());
        let goes_on = fleet.start("worker", &one_slot).await;
        let failing = submit(at, json!({ "seconds": 3000, "steps": 10_000, "fail_at": 3 })).await;
        processing(at, &failing).await;
        let dies = fleet.start("worker", &one_slot).await;
        let orphan = submit(at, hour()).await;
        processing(at, &orphan).await;
        let short = submit(at, json!({ "seconds": 0.2, "steps": 2 })).await;
        let waiting = submit(at, hour()).await;
        Self {
            api,
            gateway,
            workers: vec![goes_on, dies],
            failing,
            orphan,
            short,
            waiting,
        }
    }

    /// Everything goes on, and will be forgotten. Gives a task that the backup does not know.
    async fn after(&mut self, fleet: &Fleet) -> String {
        let at = self.api.address;
        self.workers.pop().expect("the second one").kill().await;
        let slots = [&TTL[..], &["--concurrency", "8"]].concat();
        self.workers.push(fleet.start("worker", &slots).await);
        let again = |task: &Value| task["attempt"] == 2 && task["status"] == "processing";
        client::task_when(at, &self.failing, again).await;
        client::task_when(at, &self.short, client::is_terminal).await;
        processing(at, &self.waiting).await;
        submit(at, hour()).await
    }

    /// The dead worker is found dead once more, and what had ended ends once more.
    async fn goes_on_from_the_backup(&self) {
        let freed = |task: &Value| task["rescues"] == 1 && task["status"] == "processing";
        let freed = client::task_when(self.api.address, &self.orphan, freed).await;
        assert_eq!(freed["attempt"], 1);
        let told = Watcher::begin(self.gateway.address, &self.short)
            .await
            .end()
            .await;
        assert_eq!(told.last().unwrap()["status"], "completed");
    }

    /// Ends all processes and gives all tasks.
    async fn end(mut self) -> [String; 4] {
        for node in [&mut self.api, &mut self.gateway]
            .into_iter()
            .chain(&mut self.workers)
        {
            node.check_running();
            assert_eq!(get(node.address, "/readyz").await.status(), StatusCode::OK);
            assert_eq!(node.terminate().await.code(), Some(0));
        }
        [self.failing, self.orphan, self.short, self.waiting]
    }
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

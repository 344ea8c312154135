//! Every notification is lost: whoever would listen is connected to a black hole.

use std::net::SocketAddr;
use std::time::Duration;

use leyline_core::Timestamp;
use serde_json::{Value, json};
use test_servers::Proxy;
use tokio::task::{JoinSet, block_in_place};

use super::Fleet;
use crate::client::{self, Socket};
use crate::say::say;

const TASKS: usize = 24;
/// How often what is watched is compared with the store, and the longest pause between two claims of an idle worker.
const POLL: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_millis(7_500);
/// What a machine that does much else may add.
const SLACK: Duration = Duration::from_secs(5);

#[tokio::test(flavor = "multi_thread")]
async fn with_every_notification_dropped_watchers_still_learn_the_end() {
    let Some(fleet) = Fleet::open().await else { return };
    let hole = block_in_place(|| Proxy::start(fleet.postgres.port()));
    block_in_place(|| hole.black_hole());
    let listen = hole.url(fleet.database.url());
    let mut nodes = Vec::new();
    for roles in ["api", "gateway", "worker"] {
        let mut node = fleet.node(roles, &["--concurrency", "32"]);
        node.environment("LEYLINE_STORE_LISTEN", &listen);
        node.start().await;
        nodes.push(node);
    }
    let [api, gateway] = [0, 1].map(|node| nodes[node].address);
    let mut watchers = JoinSet::new();
    for _ in 0..TASKS {
        let task = json!({ "kind": "simulate", "params": { "seconds": 0.3, "steps": 3 } });
        let id = client::submit(api, &task).await["id"]
            .as_str()
            .unwrap()
            .to_owned();
        watchers.spawn(watch(gateway, id));
    }
    let (mut claimed, mut told) = (Duration::ZERO, Duration::ZERO);
    for (last, heard) in watchers.join_all().await {
        assert_eq!(last["status"], "completed", "{last}");
        told = told.max(between(time(&last, "finished_at"), heard));
        claimed = claimed.max(between(time(&last, "created_at"), time(&last, "started_at")));
    }
    say!(
        "no notification: {TASKS} tasks, claimed after {claimed:?} at most, their ends told after {told:?} at most"
    );
    assert!(told <= POLL + SLACK, "{told:?}");
    assert!(claimed <= IDLE + SLACK, "{claimed:?}");
    for node in &mut nodes {
        assert!(
            !node.server().log().contains("the feed listens"),
            "it did get through"
        );
        assert_eq!(node.terminate().await.code(), Some(0));
    }
}

/// The last snapshot, and when it was heard.
async fn watch(gateway: SocketAddr, id: String) -> (Value, Timestamp) {
    let mut socket = Socket::open(gateway, &id).await.unwrap();
    loop {
        let frame = socket.next().await.unwrap().expect("it is told the end first");
        if client::is_terminal(&frame) {
            return (frame, Timestamp::now());
        }
    }
}

fn time(task: &Value, name: &str) -> Timestamp {
    task[name].as_str().unwrap().parse().unwrap()
}

fn between(earlier: Timestamp, later: Timestamp) -> Duration {
    Duration::try_from(later.duration_since(earlier)).unwrap_or_default()
}

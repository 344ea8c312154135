//! kill -9 in the middle of a task.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::client;
use crate::server::Server;

#[tokio::test(flavor = "multi_thread")]
async fn a_restarted_server_goes_on_at_once_where_the_killed_one_was() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let task = json!({ "kind": "simulate", "params": { "seconds": 6, "steps": 12 } });
    let id = client::submit(server.address, &task).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    client::task_when(server.address, &id, |task| {
        task["progress"]["done"].as_u64() >= Some(3)
    })
    .await;
    server.kill().await;
    let server = Server::start(folder.path()).await;
    let restarted = Instant::now();
    let task = client::task_when(server.address, &id, |task| {
        task["rescues"] == 1 && task["status"] == "processing"
    })
    .await;
    // Its lease of 30 seconds is not waited for: its lock tells that it is gone.
    assert!(
        restarted.elapsed() < Duration::from_secs(20),
        "{:?}",
        restarted.elapsed()
    );
    assert_eq!(task["attempt"], 1, "a rescue gives the attempt back");
    let task = client::task_when(server.address, &id, client::is_terminal).await;
    assert_eq!(task["status"], "completed");
    assert!(
        task["output"]["value"]["resumed_at"].as_u64() >= Some(3),
        "{task}"
    );
    assert_eq!(server.terminate().await.code(), Some(0));
}

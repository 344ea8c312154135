//! The process: a whole upload, orderly and hasty ends, and what is said of a configuration that can't be.

use std::net::TcpListener;
use std::process::Output;

use hyper::header;
use leyline_core::task::Hasher;
use serde_json::json;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;

use crate::client::{self, Socket, get};
use crate::server::{Server, program};
use crate::service::sample;

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_is_watched_to_its_end_and_its_result_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let accepted = client::upload(server.address, "", &sample("rocket.jpg")).await;
    assert_eq!(
        (&accepted["kind"], &accepted["status"]),
        (&json!("image"), &json!("pending"))
    );
    let id = accepted["id"].as_str().unwrap();
    let mut socket = Socket::open(server.address, id).await.unwrap();
    let mut last = accepted.clone();
    let closed = loop {
        match socket.next().await.unwrap() {
            Ok(snapshot) => {
                assert!(place(&last) <= place(&snapshot), "{last} {snapshot}");
                last = snapshot;
            }
            Err(code) => break code,
        }
    };
    assert_eq!(
        (closed, &last["status"]),
        (CloseCode::Normal, &json!("completed"))
    );
    let result = get(server.address, &format!("/api/tasks/{id}/result")).await;
    assert_eq!(result.headers()[header::CONTENT_TYPE], "image/jpeg");
    let mut hasher = Hasher::new();
    hasher.update(result.body());
    assert_eq!(
        hasher.finish().to_string(),
        last["output"]["artifacts"][0]["sha256"].as_str().unwrap()
    );
    let input = get(server.address, &format!("/api/tasks/{id}/input")).await;
    assert_eq!(input.body(), &sample("rocket.jpg"));
    assert_eq!(server.terminate().await.code(), Some(0));
}

/// Where a snapshot stands among those of its task.
fn place(task: &serde_json::Value) -> (u64, u64) {
    (task["revision"].as_u64().unwrap(), task["tick"].as_u64().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_at_an_orderly_end_is_finished() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let task = json!({ "kind": "simulate", "params": { "seconds": 2, "steps": 4 } });
    let id = client::submit(server.address, &task).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    client::task_when(server.address, &id, |task| task["status"] == "processing").await;
    assert_eq!(server.terminate().await.code(), Some(0));
    let server = Server::start(folder.path()).await;
    let task = client::json(&get(server.address, &format!("/api/tasks/{id}")).await);
    assert_eq!(
        (&task["status"], &task["revision"]),
        (&json!("completed"), &json!(3))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_second_signal_ends_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut server = Server::start(folder.path()).await;
    let task = json!({ "kind": "simulate", "params": { "seconds": 3600, "steps": 1 } });
    let id = client::submit(server.address, &task).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    client::task_when(server.address, &id, |task| task["status"] == "processing").await;
    server.signal("INT").await;
    while !server.log().contains("SIGINT") {
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    let began = std::time::Instant::now();
    server.signal("INT").await;
    assert_eq!(server.ended().await.code(), Some(130));
    assert!(
        began.elapsed() < std::time::Duration::from_secs(15),
        "well before the drain would end"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_in_use_is_one_line_and_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let output = program(folder.path())
        .args(["--listen", &address])
        .output()
        .await
        .unwrap();
    let line = refusal(&output);
    assert!(line.contains(&address) && line.contains("in use"), "{line}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_configuration_is_one_line_and_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("file"), "").unwrap();
    for (arguments, said) in [
        (["--store", "mysql://db/leyline"], "a store is sqlite:PATH"),
        (["--blobs", "s3://bucket"], "no S3 blob store yet"),
        (["--max-upload", "huge"], "a size looks like"),
        (["--lease-ttl", "1ms"], "lease_ttl"),
        (["--store", "sqlite:file/leyline.db"], "can't use the task store"),
        (["--blobs", "file:file/blobs"], "can't use the blob store"),
        (["--log", "nonsense=loud"], "log filter"),
    ] {
        let output = program(folder.path()).args(arguments).output().await.unwrap();
        let line = refusal(&output);
        assert!(line.contains(said), "{arguments:?}: {line}");
    }
}

/// The one line that is said by a server that does not start.
#[track_caller]
pub(crate) fn refusal(output: &Output) -> String {
    let text = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{text}");
    let said: Vec<&str> = text
        .lines()
        .filter(|line| line.starts_with("leyline-server: "))
        .collect();
    assert_eq!(
        (said.len(), text.lines().last()),
        (1, said.first().copied()),
        "{text}"
    );
    said[0].to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_health_check_tells_whether_the_server_is_ready() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let everywhere = format!("0.0.0.0:{}", server.address.port());
    let check = async || {
        let mut check = program(folder.path());
        check
            .args(["--healthcheck", "--listen", &everywhere])
            .status()
            .await
            .unwrap()
            .code()
    };
    assert_eq!(check().await, Some(0));
    server.kill().await;
    assert_eq!(check().await, Some(1));
}

#[tokio::test(flavor = "multi_thread")]
async fn metrics_are_on_a_listener_of_their_own() {
    let folder = tempfile::tempdir().unwrap();
    let mut program = program(folder.path());
    program.args(["--metrics-listen", "127.0.0.1:0", "--log-format", "json"]);
    let server = Server::run(program).await;
    let log = server.log();
    let (_, rest) = log.split_once("metrics on http://").expect("it says where");
    let metrics = rest.split('/').next().unwrap().parse().unwrap();
    let id = client::upload(server.address, "?kind=digest", b"x").await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    client::task_when(server.address, &id, client::is_terminal).await;
    let text = get(metrics, "/metrics").await;
    let text = String::from_utf8_lossy(text.body()).into_owned();
    assert!(
        text.contains("leyline_tasks_submitted_total{kind=\"digest\"} 1"),
        "{text}"
    );
    assert!(text.contains("leyline_task_run_seconds_bucket"), "{text}");
    assert_eq!(get(server.address, "/metrics").await.status(), 404);
    for line in server.log().lines() {
        assert!(serde_json::from_str::<serde_json::Value>(line).is_ok(), "{line}");
    }
}

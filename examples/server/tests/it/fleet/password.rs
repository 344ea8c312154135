//! The password of the store's URL is told to nobody.

use std::time::Duration;

use hyper::Method;
use serde_json::json;
use test_servers::Mode;
use tokio::task::block_in_place;

use super::Fleet;
use crate::client::{self, get, request, send};
use crate::server::{Server, program};

/// Everything that there is to say, of every module.
const LOG: &str = "trace";

#[tokio::test(flavor = "multi_thread")]
async fn the_password_is_nowhere() {
    let Some(fleet) = Fleet::open().await else { return };
    let password = fleet.postgres.password().to_owned();
    let mut told = Vec::new();

    let folder = tempfile::tempdir().unwrap();
    let configured = || {
        let mut command = program(folder.path());
        command
            .env("LEYLINE_STORE", fleet.database.url())
            .env("LEYLINE_STORE_LISTEN", fleet.database.url());
        command
    };
    let help = configured()
        .arg("--help")
        .stdout(std::process::Stdio::piped())
        .output()
        .await
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(help.contains("LEYLINE_STORE_LISTEN"), "{help}");
    told.push(("--help", help));

    let mut command = configured();
    command.args([
        "--metrics-listen",
        "127.0.0.1:0",
        "--lease-ttl",
        "1s",
        "--log",
        LOG,
    ]);
    let server = Server::run(command).await;
    let at = server.address;
    let task = json!({ "kind": "simulate", "params": { "seconds": 0, "steps": 1 } });
    let id = client::submit(at, &task).await["id"].as_str().unwrap().to_owned();
    client::task_when(at, &id, client::is_terminal).await;
    told.push(("the statistics", text(at, "/api/stats").await));
    told.push(("the description", text(at, "/api/openapi.json").await));

    // Without its server, nothing works and everything complains.
    block_in_place(|| fleet.postgres.stop(Mode::Immediate));
    for path in [
        "/readyz",
        "/api/stats",
        "/api/tasks",
        &format!("/api/tasks/{id}"),
        &format!("/ws/{id}"),
    ] {
        told.push(("a problem", text(at, path).await));
    }
    let headers = [("content-type", "application/json")];
    let submit = request(Method::POST, "/api/tasks", &headers, task.to_string().as_bytes());
    let answer = send(at, submit).await.unwrap();
    assert_eq!(answer.status(), 503, "{answer:?}");
    told.push(("a problem", format!("{answer:?}")));
    while !server.log().contains("a beat failed") {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    block_in_place(|| fleet.postgres.start_again());
    let log = server.log();
    let (_, rest) = log.split_once("metrics on http://").expect("it says where");
    let metrics = rest.split('/').next().unwrap().parse().unwrap();
    told.push(("the metrics", text(metrics, "/metrics").await));

    // Neither who begins nor who goes on says what it was that the server does not take any more.
    fleet.query("ALTER ROLE leyline PASSWORD 'another'");
    fleet.restart(Mode::Fast);
    let refused = configured().args(["--log", LOG]).output().await.unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.contains("password authentication failed"), "{refused}");
    told.push(("a refusal", refused));
    while !server.log().contains("password authentication failed") {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    told.push(("the log", server.log()));
    assert_eq!(server.terminate().await.code(), Some(0));
    for (what, text) in told {
        assert!(!text.is_empty(), "{what} is empty");
        assert!(!text.contains(&password), "{what} tells the password: {text}");
    }
}

async fn text(at: std::net::SocketAddr, path: &str) -> String {
    let answer = get(at, path).await;
    format!(
        "{:?} {}",
        answer.headers(),
        String::from_utf8_lossy(answer.body())
    )
}

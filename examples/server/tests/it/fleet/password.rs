//! The password of the store's URL is told to nobody.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::{Duration, Instant};

use hyper::{Method, StatusCode};
use serde_json::{Value, json};
use test_servers::Mode;
use tokio::process::Command;
use tokio::task::block_in_place;

use super::Fleet;
use crate::client::{self, get, request, send};
use crate::server::{Server, program};

/// Everything that there is to say, of every module.
const LOG: &str = "trace";
/// What PostgreSQL says to a wrong password.
const REFUSED: &str = "password authentication failed";

#[tokio::test(flavor = "multi_thread")]
async fn the_password_is_nowhere() {
    let Some(fleet) = Fleet::open().await else { return };
    let folder = tempfile::tempdir().unwrap();
    let url = fleet.database.url().to_owned();
    let configured = || {
        let mut command = program(folder.path());
        command
            .env("LEYLINE_STORE", &url)
            .env("LEYLINE_STORE_LISTEN", &url);
        command
    };
    let mut told = vec![help(configured()).await];
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
    told.extend(in_good_times(&server).await);

    block_in_place(|| fleet.postgres.stop(Mode::Immediate));
    told.extend(without_its_database(&server).await);
    block_in_place(|| fleet.postgres.start_again());
    told.push(metrics(&server).await);

    // Neither who begins nor who goes on says what it was that the database does not take any more.
    fleet.query("ALTER ROLE leyline PASSWORD 'another'");
    fleet.restart(Mode::Fast);
    let mut command = configured();
    let refused = command.args(["--log", LOG]).output().await.unwrap();
    assert_eq!(refused.status.code(), Some(2));
    let refused = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(refused.contains(REFUSED), "{refused}");
    told.push(refused);
    logged(&server, REFUSED).await;
    told.push(server.log());
    assert_eq!(server.terminate().await.code(), Some(0));
    let password = fleet.postgres.password();
    for text in told {
        assert!(!text.is_empty() && !text.contains(password), "{text}");
    }
}

async fn help(mut command: Command) -> String {
    let help = command
        .arg("--help")
        .stdout(Stdio::piped())
        .output()
        .await
        .unwrap();
    let help = String::from_utf8(help.stdout).unwrap();
    assert!(help.contains("LEYLINE_STORE_LISTEN"), "{help}");
    help
}

async fn in_good_times(server: &Server) -> Vec<String> {
    let id = client::submit(server.address, &task()).await["id"]
        .as_str()
        .unwrap()
        .to_owned();
    client::task_when(server.address, &id, client::is_terminal).await;
    vec![
        text(server.address, "/api/stats").await,
        text(server.address, "/api/openapi.json").await,
    ]
}

/// Nothing works, and everything complains.
async fn without_its_database(server: &Server) -> Vec<String> {
    let mut told = Vec::new();
    let id = "01a2107f-f533-7d85-a904-e83f35656c03";
    for path in ["/readyz", "/api/stats", "/api/tasks", &format!("/api/tasks/{id}")] {
        let answer = get(server.address, path).await;
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
        told.push(format!("{answer:?}"));
    }
    let headers = [("content-type", "application/json")];
    let submit = request(
        Method::POST,
        "/api/tasks",
        &headers,
        task().to_string().as_bytes(),
    );
    told.push(format!("{:?}", send(server.address, submit).await.unwrap()));
    logged(server, "the store is not available: ").await;
    told
}

async fn metrics(server: &Server) -> String {
    let log = server.log();
    let (_, rest) = log.split_once("metrics on http://").expect("it says where");
    text(rest.split('/').next().unwrap().parse().unwrap(), "/metrics").await
}

fn task() -> Value {
    json!({ "kind": "simulate", "params": { "seconds": 0, "steps": 1 } })
}

async fn text(at: SocketAddr, path: &str) -> String {
    let answer = get(at, path).await;
    assert_eq!(answer.status(), StatusCode::OK, "{answer:?}");
    format!(
        "{:?} {}",
        answer.headers(),
        String::from_utf8_lossy(answer.body())
    )
}

/// Waits until the server has logged this.
async fn logged(server: &Server, said: &str) {
    let began = Instant::now();
    while !server.log().contains(said) {
        assert!(began.elapsed() < client::PATIENCE, "{said:?} is never said");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

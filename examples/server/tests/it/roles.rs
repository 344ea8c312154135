//! One role for each process, over one database.

use hyper::StatusCode;
use serde_json::json;

use crate::client::{self, Socket, get};
use crate::server::{Server, program};

#[tokio::test(flavor = "multi_thread")]
async fn three_processes_are_one_service() {
    let folder = tempfile::tempdir().unwrap();
    let start = async |role: &str| {
        let mut program = program(folder.path());
        program.args(["--roles", role]);
        Server::run(program).await
    };
    let api = start("api").await;
    let gateway = start("gateway").await;
    let accepted = client::upload(api.address, "?kind=digest", b"some bytes").await;
    let id = accepted["id"].as_str().unwrap();
    let mut socket = Socket::open(gateway.address, id).await.unwrap();
    let first = socket.next().await.unwrap().unwrap();
    assert_eq!(first["status"], "pending", "nobody works yet");
    let worker = start("worker").await;
    let mut last = first;
    while let Ok(snapshot) = socket.next().await.unwrap() {
        last = snapshot;
    }
    assert_eq!(last["status"], "completed");
    for (server, path) in [
        (&api, format!("/api/tasks/{id}/events")),
        (&gateway, "/api/tasks".to_owned()),
        (&worker, "/".to_owned()),
    ] {
        let response = get(server.address, &path).await;
        assert_eq!(response.status(), StatusCode::MISDIRECTED_REQUEST, "{path}");
        assert_eq!(client::json(&response)["status"], json!(421));
    }
    for server in [api, gateway, worker] {
        assert_eq!(get(server.address, "/readyz").await.status(), StatusCode::OK);
        assert_eq!(server.terminate().await.code(), Some(0));
    }
}
